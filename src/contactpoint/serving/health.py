"""Health and figures of the whole service, on a port of their own: for monitoring, not for readers.

They are answered by the process that began the workers, so that there is one place to ask, and it
answers also while none of them does.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET6
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from contactpoint.bootstrap import Contactpoint
from contactpoint.errors import ContactpointError
from contactpoint.keeping.dates import noted
from contactpoint.serving.metrics import BEAT, READY
from projections import schema

STALE = 10.0
"""Seconds without a sign of life after which a worker does not count as ready."""
LOST = 60.0
"""Seconds without a sign of life of any worker after which the service does not live."""
LAG = 10.0
"""Seconds that the read models may take to pass a shield: it is projected as a load goes on."""
TURN = 2.0
"""Seconds within which the record of access can be written to: a commit takes milliseconds."""
TEXT = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"
Answer = tuple[int, str, bytes]


class Health:
    """Says whether the service lives, whether it can answer, and what it has counted."""

    def __init__(
        self, store: Contactpoint, folder: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        """``folder`` is that in which workers count."""
        self._store, self._folder, self._clock = store, folder, clock
        self._begun = clock()
        self._draining = threading.Event()
        self._awaited = 0, self._begun
        """Position of a shield that the read models had yet to pass, and since when."""

    def drain(self) -> None:
        """Say from now on that no further requests are wanted."""
        self._draining.set()

    def live(self) -> Answer:
        """Whether any worker is at work, or has still to begin."""
        beats = self._samples().get(BEAT, {})
        latest = max([self._begun, *beats.values()])
        return _said({"workers": "ok" if self._clock() - latest < LOST else "none is at work"})

    def ready(self) -> Answer:
        """Whether an answer can be given: each thing that it needs, and how that stands."""
        return _said({name: _looked(look) for name, look in self._looks().items()})

    def metrics(self) -> Answer:
        """All figures, those of the workers together, in Prometheus' form."""
        registry = CollectorRegistry()
        self._forget_the_dead()
        MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        registry.register(self)
        return 200, TEXT, generate_latest(registry)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of the index itself; those that cannot be had now are left out."""
        draining = GaugeMetricFamily("contactpoint_draining", "Whether the service is ending.")
        draining.add_metric([], self._draining.is_set())
        yield draining
        dates = noted(self._store.settings)
        for what, at in (("backup", dates.backup), ("drill", dates.drill)):
            last = GaugeMetricFamily(
                f"contactpoint_last_{what}_seconds", f"When the last {what} was; 0 for never."
            )
            last.add_metric([], at / 1e6)
            yield last
        with suppress(Exception):  # readiness says that a database is out of reach
            yield from self._positions()

    def _positions(self) -> Iterator[GaugeMetricFamily]:
        end = self._store.log.position()
        log = GaugeMetricFamily("contactpoint_log_position", "Position of the log's last event.")
        log.add_metric([], end)
        lag = GaugeMetricFamily(
            "contactpoint_projection_lag_events",
            "Events that a read model has yet to take in.",
            labels=["projection"],
        )
        for standing in self._store.projector.standings():
            lag.add_metric([standing.name], max(0, end - standing.position))
        yield from (log, lag)

    def _looks(self) -> Mapping[str, Callable[[], str]]:
        store = self._store
        return {
            "draining": lambda: "ending" if self._draining.is_set() else "ok",
            "log": lambda: _reached(store.log.last_link()),
            "keys": lambda: _reached(store.keys.numbers([bytes(16)])),
            "record of access": self._record_of_access,
            "read models": self._read_models,
            "workers": self._workers,
        }

    def _record_of_access(self) -> str:
        """It is read, and its writer's lock taken: who holds that lets no answer be given."""
        _ = self._store.access.last_link()
        return "ok" if self._store.access.is_free(TURN) else "held by another"

    def _read_models(self) -> str:
        schema.check(self._store.read)
        now, (head, since) = self._clock(), self._awaited
        reached = min(one.position for one in self._store.projector.standings())
        if reached >= head:
            self._awaited = self._store.log.heads.act("shield"), now
            return "ok"
        return "ok" if now - since <= LAG else "behind the shields"

    def _workers(self) -> str:
        """A worker is ready when it has opened all that it answers from, and its loop turns."""
        samples, now = self._samples(), self._clock()
        ready = [
            pid
            for pid, at in samples.get(BEAT, {}).items()
            if now - at < STALE and samples.get(READY, {}).get(pid) == 1
        ]
        return "ok" if ready else "none is ready"

    def _samples(self) -> dict[str, dict[str, float]]:
        """What living workers say of themselves, by figure and process."""
        self._forget_the_dead()
        registry = CollectorRegistry()
        collector = MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call]
        found: dict[str, dict[str, float]] = {}
        for metric in collector.collect():  # type: ignore[no-untyped-call]
            for sample in metric.samples:
                if "pid" in sample.labels:
                    found.setdefault(sample.name, {})[sample.labels["pid"]] = sample.value
        return found

    def _forget_the_dead(self) -> None:
        """Take no account any more of what a worker that has ended said of itself."""
        for path in self._folder.glob("gauge_live*.db"):
            pid = int(path.stem.rpartition("_")[2])
            if not _is_alive(pid):
                mark_process_dead(pid, str(self._folder))  # type: ignore[no-untyped-call]


def _looked(look: Callable[[], str]) -> str:
    try:
        return look()
    except Exception as error:  # whatever it is, there would be no answer
        return type(error).__name__


def _reached(_: object) -> str:
    return "ok"


def _said(checks: Mapping[str, str]) -> Answer:
    good = set(checks.values()) == {"ok"}
    return 200 if good else 503, JSON, msgspec.json.encode({"ok": good, "checks": checks})


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def answering(health: Health, address: tuple[str, int]) -> Iterator[int]:
    """Answer at an address for as long as the context lasts; the port, which may be given as 0."""
    answers = {"/livez": health.live, "/readyz": health.ready, "/metrics": health.metrics}

    class Handler(BaseHTTPRequestHandler):
        """Knows three paths."""

        timeout = 10

        def do_GET(self) -> None:
            """Answer one of them."""
            status, kind, body = answers.get(self.path, _nothing)()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Monitoring asks every few seconds: that is no news."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        if ":" in address[0]:
            address_family = AF_INET6

    with _listening(Server, address, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def _listening(
    kind: type[ThreadingHTTPServer],
    address: tuple[str, int],
    handler: type[BaseHTTPRequestHandler],
) -> ThreadingHTTPServer:
    try:
        return kind(address, handler)
    except OSError as error:
        raise ContactpointError(
            f"CONTACTPOINT_METRICS: {address[0]}:{address[1]}: {error.strerror}; expected an "
            "address and a port that nobody listens at, or off"
        ) from error


def _nothing() -> Answer:
    return 404, "text/plain", b"expected /livez, /readyz or /metrics\n"
