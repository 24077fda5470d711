"""The installed program, serving an index in a process of its own."""

import socket
import time
from contextlib import closing
from urllib.parse import quote

import httpx

from tests.contactpoint.serving.conftest import BRAM

REASON = "Wendlebury asked"
PATIENCE = 60


class Running:
    """The installed program, serving an index in a process of its own."""

    def __init__(self, desk, workers):
        self.desk, self.log = desk, desk.folder / "log.jsonl"
        self.port, self.health_port = free_port(), free_port()
        desk.environment |= {
            "CONTACTPOINT_METRICS": f"127.0.0.1:{self.health_port}",
            "CONTACTPOINT_DRAIN": "0",
        }
        self.number = desk.number("pds", BRAM)
        self.token = desk.reader()
        self.process = desk.start("serve", "--port", self.port, "--workers", workers)
        self.wait_for(lambda: self.figure("contactpoint_worker_ready") == workers)

    def health(self, what):
        return httpx.get(f"http://127.0.0.1:{self.health_port}/{what}", timeout=10)

    def ask(self, path, **headers):
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Contactpoint-Purpose": "enquiry",
            "Contactpoint-Reason": quote(REASON),
            **headers,
        }
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=sent, timeout=PATIENCE)

    def wait_for(self, so):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.process.poll() is None, self.process.communicate()
            try:
                if so():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError("it never came to be so")

    def figure(self, beginning):
        """The sum of the figures whose lines begin so."""
        lines = self.health("metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(beginning))


def free_port():
    with closing(socket.socket()) as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]
