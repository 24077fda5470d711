"""Runs the service: workers, health beside them, and an end that loses no request under way."""

import logging
import logging.config
import multiprocessing
import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.server.mp import MPServer

from contactpoint.bootstrap import Contactpoint
from contactpoint.errors import ContactpointError
from contactpoint.installing import open_store
from contactpoint.keeping.staging import in_service
from contactpoint.serving.anchoring import anchoring
from contactpoint.serving.health import Health, answering
from contactpoint.serving.keeping_up import keeping_up
from contactpoint.serving.logs import configuration
from contactpoint.serving.reading_ahead import reading_ahead
from contactpoint.serving.service import waiting_little
from contactpoint.settings import Settings

GRACE = 10
"""Seconds that requests under way have when the service is asked to end."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"

logger = logging.getLogger("contactpoint.serving")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service listens, and in how many processes."""

    host: str
    port: int
    workers: int
    certificate: Path | None = None
    key: Path | None = None


class _Draining(MPServer):
    """A server that says that it is ending before it stops to listen."""

    health: Health | None = None
    drain: float = 0.0

    def signal_handler_interrupt(self, *args: Any, **_: Any) -> None:
        """Let go of what asks for readiness first; a second signal ends at once."""
        again = self.health is None or self.interrupt_signal
        if self.health is not None:
            logger.info("ending", extra={"signal": str(args[0]) if args else ""})
            self.health.drain()
        if again:
            self._stop()
            return
        self.health = None
        timer = threading.Timer(self.drain, self._stop)
        timer.daemon = True
        timer.start()

    def _stop(self) -> None:
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]


def run(settings: Settings, listening: Listening) -> None:
    """Serve until a signal says that it is enough; then every request under way is answered.

    Raises ContactpointError where it cannot listen there.
    """
    address = free_address(listening)
    logging.config.dictConfig(configuration())
    # Workers must not inherit open databases and threads: each begins as a new program.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ["CONTACTPOINT_WORKERS"] = str(listening.workers)
    with tempfile.TemporaryDirectory(prefix="contactpoint-figures-") as folder:
        os.environ[FOLDER] = folder
        serving = in_service(settings, shared=True)
        with serving, open_store(settings) as store, _health(store, Path(folder)) as health:
            waiting_little(store)
            server = _server(listening, address)
            server.health, server.drain = health, settings.drain
            logger.info("beginning", extra={"workers": listening.workers})
            with anchoring(store), keeping_up(store), reading_ahead(settings):
                server.serve()
            logger.info("ended")


def free_address(listening: Listening) -> str:
    """The address in numbers, as granian wants it, where the service is to listen.

    Raises ContactpointError where nobody can listen, or somebody does already.

    Workers share their port, and so would the workers of another service: each would be asked what
    is meant for the other.
    """
    host, port = listening.host, listening.port
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
            return str(address[0])
    except OSError as error:
        raise ContactpointError(
            f"--host and --port: {host}:{port}: {error.strerror}; expected an address of this "
            "machine and a port that nobody listens at"
        ) from error


@contextmanager
def _health(store: Contactpoint, folder: Path) -> Iterator[Health]:
    """Health of the whole, answered where the settings say."""
    _ = store.projector, store.access, store.read
    health = Health(store, folder)
    if store.settings.metrics is None:
        yield health
        return
    with answering(health, store.settings.metrics):
        yield health


def _server(listening: Listening, address: str) -> _Draining:
    return _Draining(
        "contactpoint.serving.process:application",
        factory=True,
        address=address,
        port=listening.port,
        interface=Interfaces.ASGI,
        workers=listening.workers,
        websockets=False,
        log_access=False,
        log_dictconfig=configuration(),
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,
        ssl_cert=listening.certificate,
        ssl_key=listening.key,
    )
