"""The matcher alone: records without a store, filed, walked over, changed and asked about."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import TypeVar

import msgspec
import numpy as np

from benchmarks.measures import MEGABYTE, Figures
from contactpoint.linking.neighbourhoods import floor_of
from contactpoint.synth import generate
from feeds.catalogue import FEEDS, recognise
from feeds.submission import Submission
from linkage.comparable import Comparable
from linkage.index import Index
from linkage.model import Model
from linkage.standardise import standardise
from person.particulars import BirthDate, Particulars
from person.places import Address

CHILDREN = 40_000
"""Invented children whose records come again and again as other children's."""
CHANGED = 10_000
CROWD = 50_000
"""Children of one default day of birth, or of one postcode."""
ASKED = 3_000
WARM = 200
EVERYTHING = -1e9
"""A floor that no pair is below."""

T = TypeVar("T")
Source = int
Records = list[tuple[Source, Particulars]]


def match(records: int, folder: Path, _processes: int) -> Figures:
    """File records, a tenth and then all; change some at either size; ask about some at the end."""
    figures = Figures(f"match, {records:,} records in the matcher alone")
    model, templates = Model.shipped(), _templates(folder / "population")
    floor = floor_of(model)
    seconds, _ = _timed(lambda: _warm(model, templates))
    figures.add("compiling, or reading compiled code", seconds, "s")
    before, index = _resident(), Index(model)
    coming = ((n, s, standardise(p)) for n, (s, p) in enumerate(_children(templates), 1))
    index.put(islice(coming, records // 10))
    small = _changing(index, templates, floor)
    seconds, _ = _timed(lambda: index.put(islice(coming, records - records // 10)))
    figures.add("standardised, coded and packed", 0.9 * records / seconds, "records/s")
    seconds, pairs = _timed(lambda: index.pairs_within(floor))
    figures.add("filed and walked over", records / seconds, "records/s")
    figures.add("memory for each record, all told", (_resident() - before) / records, "B")
    figures.add("of it in arrays", index.nbytes / records, "B")
    seconds, (_, counts) = _timed(index.patterns_within)
    figures.add("candidate pairs", counts.sum(), "")
    figures.add("candidate pairs, compared in full", counts.sum() / seconds, "pairs/s")
    seconds, _ = _timed(lambda: index.pairs_within(floor))
    figures.add("candidate pairs, above the floor or not", counts.sum() / seconds, "pairs/s")
    figures.add("pairs kept", len(pairs), "")
    _compare(figures, small, _changing(index, templates, floor), records)
    _ask(figures, index, templates, floor)
    for what, crowd in _crowds(templates):
        _crowded(figures, what, crowd, model)
    figures.add("peak memory of the filled index", _resident() / MEGABYTE, "MB")
    return figures


def _compare(
    figures: Figures, small: tuple[float, int], large: tuple[float, int], records: int
) -> None:
    """What a delta costs here, and beside one against a tenth of the records."""
    changed = min(CHANGED, records // 20)
    figures.add(f"{changed:,} changed: candidates for each", large[1] / changed, "pairs")
    figures.add("put, looked up and scored", changed / large[0], "records/s")
    figures.add("against a tenth of the records", changed / small[0], "records/s")
    figures.add("time in all, against a tenth", large[0] / small[0], "times")
    ratio = large[0] / large[1] / (small[0] / small[1]) if small[1] and large[1] else 0
    figures.add("time for each candidate, against a tenth", ratio, "times")


def _changing(index: Index, templates: Records, floor: float) -> tuple[float, int]:
    """Seconds to put other versions of some records and find their pairs; their candidates."""
    chance = Random(len(index))
    ordinals = chance.sample(range(1, len(index) + 1), min(CHANGED, len(index) // 2))
    copies = [_child(templates, ordinal - 1) for ordinal in ordinals]
    index.pairs_of(ordinals[:100], floor)

    def change() -> None:
        found = zip(ordinals, copies, strict=True)
        index.put((o, s, _amended(standardise(p))) for o, (s, p) in found)
        index.pairs_of(ordinals, floor)

    seconds, _ = _timed(change)
    return seconds, len(index.pairs_of(ordinals, EVERYTHING))


def _ask(figures: Figures, index: Index, templates: Records, floor: float) -> None:
    """Milliseconds for one record that is asked about, from its particulars on.

    Of the processor beside those of the clock, for a busy machine makes the rarest wait longest.
    """
    chance, taken = Random(1), []
    for _ in range(ASKED):
        source, particulars = _child(templates, chance.randrange(len(index)))
        start = time.perf_counter(), time.thread_time()
        index.matches(source, standardise(particulars), floor)
        taken.append((time.perf_counter() - start[0], time.thread_time() - start[1]))
    for clock, times in zip(("", "of the processor, "), zip(*taken, strict=True), strict=True):
        for percent in (50, 99):
            share = 1000 * float(np.percentile(times[WARM:], percent))
            figures.add(f"one asked, {clock}{percent} of 100 within", share, "ms")


def _crowds(templates: Records) -> Iterator[tuple[str, Records]]:
    """As many children with one default day of birth, then with one postcode."""
    some = list(islice(_children(templates), CROWD))
    day, home = BirthDate("2015-01-01", default_day=True), (Address(postcode="ZE1 0AA"),)
    yield "of one default day", [(s, msgspec.structs.replace(p, birth=day)) for s, p in some]
    yield "of one postcode", [(s, msgspec.structs.replace(p, addresses=home)) for s, p in some]


def _crowded(figures: Figures, what: str, crowd: Records, model: Model) -> None:
    """What it costs that so many records share a key, and how many pairs lie beyond the bound."""
    index, floor = Index(model), floor_of(model)
    index.put((n, s, standardise(p)) for n, (s, p) in enumerate(crowd))
    seconds, pairs = _timed(lambda: index.pairs_within(floor))
    figures.add(f"{len(crowd):,} {what}: filed and walked over", seconds, "s")
    figures.add("pairs beyond the bound, counted", pairs.beyond, "")
    seconds, _ = _timed(lambda: index.pairs_of(range(100), floor))
    figures.add("one of them looked up", 10 * seconds, "ms")


def _warm(model: Model, templates: Records) -> None:
    index = Index(model)
    index.put((n, s, standardise(p)) for n, (s, p) in enumerate(templates[:200], 1))
    index.pairs_within(0.0)
    index.pairs_of([1], 0.0)
    index.patterns_within()
    index.matches(0, standardise(templates[0][1]), 0.0)


def _templates(folder: Path) -> Records:
    """Every record of an invented population, with the number of its source."""
    generate(folder, children=CHILDREN, nights=1, seed=3)
    numbers, found = count(1), Records()
    for path in sorted((folder / "night-01").rglob("*.*")):
        feed = recognise(path)
        if feed is None:
            continue
        source = 0 if feed is FEEDS["school.census"] else next(numbers)
        rows = (row for row in feed.open([path]) if isinstance(row, Submission))
        found += [(source, row.particulars) for row in rows]
    Random(3).shuffle(found)
    return found


def _children(templates: Records) -> Iterator[tuple[Source, Particulars]]:
    """Record after record without end."""
    for number in count():
        yield _child(templates, number)


def _child(templates: Records, number: int) -> tuple[Source, Particulars]:
    """One record: of the templates' child, or, in each further round, of another born elsewhere."""
    again, place = divmod(number, len(templates))
    source, particulars = templates[place]
    return source, _moved(particulars, again) if again else particulars


def _moved(particulars: Particulars, again: int) -> Particulars:
    """Another child with the same names: other day, district and numbers."""
    birth = particulars.birth
    if birth is not None and len(birth.value) == 10:
        birth = BirthDate(_later(birth.value, again), birth.expected, birth.default_day)
    mark = f"{again:03}"
    numbers = tuple(
        msgspec.structs.replace(one, value=one.value + mark) for one in particulars.identifiers
    )
    homes = tuple(
        msgspec.structs.replace(home, postcode=_elsewhere(home.postcode, again))
        for home in particulars.addresses
        if home.postcode
    )
    return msgspec.structs.replace(
        particulars,
        birth=birth,
        identifiers=numbers,
        addresses=homes,
        phones=tuple(phone + mark for phone in particulars.phones),
        carers=tuple(
            msgspec.structs.replace(one, nhs=one.nhs and one.nhs + mark)
            for one in particulars.carers
        ),
    )


def _elsewhere(postcode: str, again: int) -> str:
    """A postcode of another area."""
    first, last = (
        chr(65 + (ord(c) - 65 + by) % 26)
        for c, by in ((postcode[0], again), (postcode[-1], again // 26))
    )
    return first + postcode[1:-1] + last


@lru_cache(1 << 16)
def _later(day: str, again: int) -> str:
    """A day that is later, and still within the nineteen years of a population of children."""
    shifted = date.fromisoformat(day) + timedelta(days=97 * again)
    return shifted.replace(
        year=2007 + (shifted.year - 2007) % 19, day=min(shifted.day, 28)
    ).isoformat()


def _amended(record: Comparable) -> Comparable:
    """Another version of a record: its second name left out or one added."""
    given = record.given[:1] if len(record.given) > 1 else (*record.given, "jo")
    return msgspec.structs.replace(record, given=given, joined="".join(given)[:32])


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds of the processors' time that some work takes, and what it returns."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def _resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
