"""The measures: each in a process of its own, with a store of its own; figures come back."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bare, inputs, postgres
from contactpoint.bootstrap import Contactpoint
from contactpoint.installing import initialise, open_store
from contactpoint.intake.request import Request
from contactpoint.settings import Settings, from_environment
from contactpoint.synth import generate
from feeds.catalogue import FEEDS

FEED_FILES: dict[str, Callable[[Path, int], Path]] = {
    "health.pds-fhir": inputs.patients,
    "school.census": inputs.pupils,
    "social-care.csc": inputs.cases,
}
MEGABYTE = 1 << 20
EFFECTIVE = "2026-02-01"


@dataclass(slots=True)
class Figures:
    """What one measure found: a title, and lines of (what, value, unit)."""

    title: str
    lines: list[tuple[str, float, str]] = field(default_factory=list)

    def add(self, what: str, value: float, unit: str) -> None:
        """One more figure."""
        self.lines.append((what, value, unit))


def load(feed_name: str, records: int, folder: Path, processes: int) -> Figures:
    """Load one file of a feed into an empty store, then the same rows again in other bytes."""
    figures = Figures(f"load {feed_name}, {records:,} records, {_processes(processes)}")
    feed = FEEDS[feed_name]
    path = FEED_FILES[feed_name](folder, records)
    parsing = bare.parsing(feed, path)
    settings = _settings(folder, processes)
    with open_store(settings) as store:
        spent = time.process_time()
        first, events = _timed_load(store, feed_name, path)
        spent = time.process_time() - spent
        again, repeated = _timed_load(store, feed_name, inputs.in_other_bytes(path))
    most = peak()
    log = settings.home / "log.db"
    inserting = bare.inserting(log, folder)
    figures.add("first load", records / first, "records/s")
    figures.add("of it events", events, "")
    figures.add("each second of a processor's time", records / spent, "records")
    figures.add("bare parsing", records / parsing, "records/s")
    figures.add("bare executemany of the same bytes", records / inserting, "records/s")
    figures.add("first load / (parsing + executemany)", first / (parsing + inserting), "times")
    figures.add("the same rows in other bytes", records / again, "records/s")
    figures.add("of it events", repeated, "")
    figures.add("first load / the same rows again", first / again, "times")
    figures.add("peak memory", most, "MB")
    figures.add("log, bytes for each event", log.stat().st_size / (events + repeated), "B")
    keys = settings.home / "keys.db"
    figures.add("keys, bytes for each record", keys.stat().st_size / records, "B")
    return figures


def project(records: int, folder: Path, processes: int) -> Figures:
    """Rebuild the child index of records alone; then link, and rebuild it and every read model."""
    figures = Figures(f"project, some {records:,} records")
    with open_store(loaded(folder, records, processes)) as store:
        events = store.log.position()
        seconds = _rebuilt(store, "children")
        figures.add("child index, of record events alone", events / seconds, "events/s")
        figures.add("peak memory until here", peak(), "MB")
        store.linking.run(store.origin("link"), store.model)
        events = store.log.position()
        figures.add("child index, linked", events / _rebuilt(store, "children"), "events/s")
        figures.add("all read models, linked", events / _rebuilt(store, None), "events/s")
        figures.add("events in the log", events, "")
        read = store.settings.home / "read.db"
        figures.add("read models, bytes for each event", read.stat().st_size / events, "B")
    return figures


def _rebuilt(store: Contactpoint, name: str | None) -> float:
    """Seconds to rebuild one read model, or all."""
    store.projector.catch_up()
    start = time.perf_counter()
    store.projector.rebuild(name)
    return time.perf_counter() - start


def link(records: int, folder: Path, processes: int) -> Figures:
    """Link everything that was loaded; nothing of it was linked before."""
    figures = Figures(f"link, some {records:,} records")
    with open_store(loaded(folder, records, processes)) as store:
        start = time.perf_counter()
        store.projector.catch_up()
        projecting = time.perf_counter() - start
        start = time.perf_counter()
        outcome = store.linking.run(store.origin("link"), store.model)
        seconds = time.perf_counter() - start
        figures.add("projection before it", store.log.position() / projecting, "events/s")
        figures.add("records linked", outcome.records / seconds, "records/s")
        figures.add("pairs weighed that count", outcome.pairs / seconds, "pairs/s")
        figures.add("records", outcome.records, "")
        figures.add("pairs", outcome.pairs, "")
        figures.add("referred", outcome.referred, "")
        start = time.perf_counter()
        store.linking.run(store.origin("link"), store.model)
        figures.add("a run with nothing to do", time.perf_counter() - start, "s")
    figures.add("peak memory", peak(), "MB")
    return figures


def _timed_load(store: Contactpoint, feed: str, path: Path) -> tuple[float, int]:
    """Seconds and events of one load that took every row."""
    request = Request(paths=[path], feed=FEEDS[feed], source=feed, effective=EFFECTIVE)
    start = time.perf_counter()
    outcome = store.loading.load(request, store.origin("load"))
    seconds = time.perf_counter() - start
    taken = outcome.counts.new + outcome.counts.unchanged + outcome.counts.out_of_scope
    if taken != outcome.counts.rows:
        raise ValueError(f"{path.name}: {outcome.counts}; expected every row taken")
    return seconds, outcome.events


def loaded(folder: Path, records: int, processes: int) -> Settings:
    """A store with every file of an invented population, of some so many records in all."""
    settings = _settings(folder, processes)
    made = folder / "population"
    # Each child has 1.7 records in the three feeds together.
    generate(made, children=max(100, int(records / 1.71)), nights=1, seed=3)
    with open_store(settings) as store:
        for path in sorted((made / "night-01").rglob("*.*")):
            feed = next(name for name in FEED_FILES if path.name.startswith(name))
            store.loading.load(
                Request(paths=[path], feed=FEEDS[feed], source=path.parent.name),
                store.origin("load"),
            )
    return settings


def _settings(folder: Path, processes: int) -> Settings:
    home = Path(tempfile.mkdtemp(dir=folder))
    stated = {"CONTACTPOINT_HOME": str(home), "CONTACTPOINT_PROCESSES": str(processes)}
    settings = from_environment(stated | postgres.stated())
    initialise(settings)
    return settings


def _processes(number: int) -> str:
    return "one process" if number == 1 else f"{number} processes"


def peak() -> float:
    """The most memory that this process, or a child of it, has held."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    most = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return most * unit / MEGABYTE
