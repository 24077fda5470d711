"""The service under load: reads by number, matches and searches, alone and beside a nightly load.

The generator runs on the same cores as the service, so what it takes is taken from the answers. It
asks over connections that stay open, each with a reader of its own, one request after the other.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from benchmarks import measures, postgres
from benchmarks.asking import Answers, ask, request
from benchmarks.measures import Figures
from contactpoint.bootstrap import Contactpoint
from contactpoint.installing import open_store
from contactpoint.people.actor import Actor, Role
from contactpoint.people.issuing import issue
from contactpoint.serving.searching import summary
from contactpoint.settings import Settings, from_environment
from contactpoint.synth import generate
from projections.finding import IDENTITY
from projections.index import CHILD

CONNECTIONS = 32
SECONDS = 20.0
WARM = 5.0
SOAK = 600.0
KNOWN = 100_000
"""Children who are asked about."""
MATCHES = 2_000
PROGRAM = Path(sys.executable).with_name("contactpoint")
UNLIMITED = {
    "CONTACTPOINT_RATE": "1000000",
    "CONTACTPOINT_BURST": "1000000",
    "CONTACTPOINT_PEOPLE": "practitioner=1000000000",
}
PAGE = os.sysconf("SC_PAGE_SIZE")

Requests = Callable[[int], Iterator[bytes]]


class _Served(NamedTuple):
    port: int
    process: "subprocess.Popen[bytes]"

    def memory(self) -> float:
        """Megabytes that the workers hold."""
        return sum(_resident(one) for one in _descendants(self.process.pid)) / measures.MEGABYTE


def serve(records: int, folder: Path, processes: int) -> Figures:
    """Ask a service of an invented population, of some so many records.

    ``CONTACTPOINT_BENCH_HOME`` names a home that is filled already, and is asked instead.
    """
    figures = Figures(f"serve, {CONNECTIONS} connections, {processes} workers")
    settings = _filled(records, folder, processes)
    with open_store(settings) as store:
        asks = _asks(store)
        figures.add("children", asks.children, "")
    with _serving(settings, processes) as served:
        for what, requests in asks.kinds:
            ask(served.port, requests, CONNECTIONS, WARM)
            _note(figures, what, ask(served.port, requests, CONNECTIONS, SECONDS))
        _soak(figures, served, asks.reads)
        if records:
            _beside_a_load(figures, served, settings, folder, asks.reads)
    return figures


class _Asks(NamedTuple):
    children: int
    reads: Requests
    kinds: Sequence[tuple[str, Requests]]


def _asks(store: Contactpoint) -> _Asks:
    """What is asked: numbers drawn anew each time, and descriptions of children who are there."""
    store.catch_up()
    # Readers whom nobody measured with before: a reader's day on record is read at the first look.
    tokens = [_token(store, f"reader {os.getpid()} {number}") for number in range(CONNECTIONS)]
    with store.read.connect() as connection:
        current = CHILD.c.status == "current"
        count = sa.select(sa.func.count()).select_from(CHILD).where(current)
        children = int(connection.execute(count).scalar_one())
        live = sa.select(IDENTITY.c.child).where(
            IDENTITY.c.archived > str(datetime.now(tz=UTC).date())
        )
        query = sa.select(CHILD.c.number).where(current, CHILD.c.child.in_(live)).limit(KNOWN)
        numbers = list(connection.execute(query).scalars())
    described = _described(store, random.Random(1).sample(numbers, min(MATCHES, len(numbers))))
    bodies = [_patient(one) for one in described]
    searches = [json.dumps(one).encode() for one in described]

    def reads(connection: int) -> Iterator[bytes]:
        draw = random.Random(connection)
        while True:
            yield request("GET", f"/children/{draw.choice(numbers)}", tokens[connection])

    def posts(path: str, known: Sequence[bytes], media: str) -> Requests:
        def requests(connection: int) -> Iterator[bytes]:
            draw = random.Random(connection)
            while True:
                yield request("POST", path, tokens[connection], draw.choice(known), media)

        return requests

    return _Asks(
        children,
        reads,
        (
            ("reads by number", reads),
            ("$match", posts("/fhir/R4/Patient/$match", bodies, "application/fhir+json")),
            ("search", posts("/children/search", searches, "application/json")),
        ),
    )


def _token(store: Contactpoint, reader: str) -> str:
    person = Actor(reader, frozenset({Role.PRACTITIONER}), strong=True)
    return issue(store.accesses, person, 3, store.origin("token")).token


def _described(store: Contactpoint, numbers: Sequence[str]) -> list[dict[str, str]]:
    """Name and birth date of children, as a caller would know them."""
    found: list[dict[str, str]] = []
    for number in numbers:
        child = store.queries.child_by_number(number)
        told = summary(child) if child else None
        if told and told.name and told.name.given and told.birth and told.birth.is_full:
            known = {"given": told.name.given[0], "family": told.name.family}
            found.append(known | {"birth": told.birth.value})
    return found


def _patient(known: dict[str, str]) -> bytes:
    return json.dumps(
        {
            "resourceType": "Patient",
            "name": [{"given": [known["given"]], "family": known["family"]}],
            "birthDate": known["birth"],
        }
    ).encode()


def _note(figures: Figures, what: str, answers: Answers) -> None:
    figures.add(what, answers.rate, "/s")
    for share in (0.5, 0.99, 0.999):
        figures.add(f"  p{share * 100:g}", answers.quantile(share), "ms")
    told = ", ".join(f"{count:,} with {status}" for status, count in answers.refused.items())
    figures.add("  refused", sum(answers.refused.values()), told)


def _soak(figures: Figures, served: _Served, reads: Requests) -> None:
    seconds = float(os.environ.get("CONTACTPOINT_BENCH_SOAK", SOAK))
    before = served.memory()
    answers = ask(served.port, reads, CONNECTIONS, seconds)
    after = served.memory()
    figures.add(f"reads in {seconds:.0f} s", len(answers.seconds), "")
    figures.add("  memory before", before, "MB")
    figures.add("  memory after", after, "MB")
    figures.add("  growth", (after / before - 1) * 100, "%")


def _beside_a_load(
    figures: Figures, served: _Served, settings: Settings, folder: Path, reads: Requests
) -> None:
    """Reads while one more night is loaded and linked by one process."""
    made = folder / "another"
    generate(made, children=20_000, nights=1, seed=9)
    environment = {**_environment(settings), "CONTACTPOINT_PROCESSES": "1"}
    load = subprocess.Popen(
        [PROGRAM, "nightly", str(made / "night-01")],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(2)
        begun = load.poll() is None
        answers = ask(served.port, reads, CONNECTIONS, SECONDS)
        figures.add("the load was still under way", begun and load.poll() is None, "")
        _note(figures, "reads beside a nightly load", answers)
    finally:
        load.wait()


def _filled(records: int, folder: Path, processes: int) -> Settings:
    home = os.environ.get("CONTACTPOINT_BENCH_HOME")
    if home:
        return from_environment({"CONTACTPOINT_HOME": home} | postgres.stated())
    settings = measures.loaded(folder, records, processes)
    with open_store(settings) as store:
        store.linking.run(store.origin("link"), store.model)
        store.catch_up()
    return settings


def _environment(settings: Settings) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return {**own, **UNLIMITED, **postgres.stated(), "CONTACTPOINT_HOME": str(settings.home)}


@contextmanager
def _serving(settings: Settings, workers: int) -> Iterator[_Served]:
    """The service, ready to answer; ended by its own signal."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("serve", "--port", str(port), "--workers", str(workers))
    environment = {**_environment(settings), "CONTACTPOINT_METRICS": "off"}
    process = subprocess.Popen(
        [PROGRAM, *words], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield _Served(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the service ended with {process.returncode}; expected it to serve")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    time.sleep(3)


def _descendants(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid:
            found.append(int(path.parent.name))
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0
