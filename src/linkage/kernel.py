"""The typed face of the compiled walk; importing it imports numba."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.blocking import MOST_KEYS
from linkage.compiled import judging, keys, packing, runs, walk
from linkage.compiled.layout import Facts, Hashes
from linkage.model import Weights

Rows = npt.NDArray[np.int32]
Entries = npt.NDArray[np.uint64]
Places = npt.NDArray[np.uint32]
Ordinals = npt.NDArray[np.int64]

Asked = tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]
"""Rows that are asked about, and a mark for each row of the table that is."""

THREADS = 2
ROOM = 1 << 13
"""Pairs that meet, at least, before they are judged: what fits the cache of a processor."""
STRETCH = 1 << 17
"""Entries of a run that one call walks over."""
PIECES = 32
"""Pieces that are sorted by one call."""
MANY = 1 << 14
"""Rows from which on their entries are written by all threads."""
FEW = 1 << 11
"""Asked rows that one call looks up."""
SPARSE = 16
"""Ordinals for each pair from which on it is dearer to count them all than to sort the pairs."""
MARGIN = 1e-6
"""Bits by which the walk keeps more than asked, for rounding; the exact weights decide."""


class Table(NamedTuple):
    """All records of an index, packed one behind the other."""

    heap: Places
    starts: Places
    """Where each record begins."""
    width: int
    """Columns of a row."""


class Run(NamedTuple):
    """Entries of the block index in order of their keys, and where each beginning of a key is."""

    entries: Entries
    directory: Places
    shift: int
    """Bits of a key below those that the directory knows."""


class Kept(NamedTuple):
    """Pairs of rows that passed, and how many lay beyond the bound of a block."""

    left: Places
    right: Places
    codes: Entries
    beyond: int


def keys_and_ties(rows: Rows, facts: Facts, hashes: Hashes) -> tuple[Places, Places]:
    """The keys of rows, ascending, 0 fills up; and where each row stands in a long block."""
    found, places = np.empty((len(rows), MOST_KEYS), np.uint32), np.empty(len(rows), np.uint32)
    keys.keys(rows, facts, hashes, found)
    keys.ties(rows, facts, places)
    return found, places


def packed(rows: Rows, keys: Places, sources: Ordinals, ties: Places) -> tuple[Places, Places]:
    """Rows with their keys, sources and ties: where each begins, and what they take."""
    sizes = np.empty(len(rows), np.int64)
    packing.sizes(rows, keys, sizes)
    ends = np.cumsum(sizes)
    starts = (ends - sizes).astype(np.uint32)
    heap = np.empty(int(ends[-1]) if len(ends) else 0, np.uint32)
    packing.pack(rows, keys, sources, ties, starts, heap)
    return starts, heap


def compare(left: Rows, right: Rows, facts: Facts) -> int:
    """The pattern of two rows."""
    return int(patterns(left[None], right[None], facts)[0])


def patterns(left: Rows, right: Rows, facts: Facts) -> Entries:
    """The pattern of each row on the left with the one on the right."""
    found = np.empty(len(left), np.uint64)
    judging.patterns(left, right, facts, found)
    return found


def judged(left: Rows, right: Rows, terms: judging.Terms) -> Entries:
    """The pattern of each row on the left with the one on the right; 0 where it is not kept."""
    found = np.empty(len(left), np.uint64)
    judging.judged(left, right, terms, found)
    return found


def terms(facts: Facts, weights: Weights, floor: float) -> judging.Terms:
    """On what terms the pairs of children's records are kept."""
    return judging.Terms.of(facts, weights, floor - MARGIN)


def within(run: Run, table: Table, terms: Any, bound: int) -> Kept:
    """All pairs of a run that are kept on these terms."""
    return gathered(list(each_within(run, table, terms, bound)))


def each_within(run: Run, table: Table, terms: Any, bound: int) -> Iterator[Kept]:
    """The pairs of a run that are kept, stretch by stretch."""

    def meet(start: int, stop: int, out: Any) -> Any:
        return walk.within(run.entries, start, stop, bound, table.heap, table.starts, out)

    stretches = _stretches(len(run.entries), STRETCH)
    return _each(_Walk(meet, table, terms, max(ROOM, 2 * bound)), stretches)


def against(run: Run, asked: Asked, table: Table, terms: Any, bound: int) -> Kept:
    """All pairs of the asked rows with those of a run that are kept on these terms."""
    rows, marks = asked

    def meet(start: int, stop: int, out: Any) -> Any:
        return walk.against(
            *run, rows, start, stop, marks, bound, table.heap, table.starts, out
        )  # fmt: skip

    most = (2 * bound + 1) << packing.KEYS_BITS
    walking = _Walk(meet, table, terms, max(ROOM, most))
    return gathered(list(_each(walking, _stretches(len(rows), FEW))))


def run_of(entries: Entries) -> Run:
    """A run of entries that are in order of their keys."""
    bits = max(1, (len(entries) // 8).bit_length())
    directory = np.empty((1 << bits) + 1, np.uint32)
    runs.direct(entries, bits, directory)
    return Run(entries, directory, 32 - bits)


def entries_from(table: Table, first: int) -> Entries:
    """The entries of the records from a row on, in order of their keys, those of one as they stood.

    Each is written where its first digit belongs, one row after the other: that leaves pieces which
    fit the cache, where the other digits are looked at.
    """
    heap, starts, _ = table
    rows = _shares(first, len(starts))
    counts = np.zeros((len(rows), 1 << runs.DIGIT), np.int64)

    def tally(part: int) -> None:
        begin, stop = rows[part]
        runs.tally(heap, starts, begin, stop, counts[part])

    _on_all(tally, range(len(rows)))
    ends = np.cumsum(counts.T).reshape(counts.T.shape).T  # of each digit part after part
    places, after = ends - counts, np.ascontiguousarray(ends[-1])
    found = np.empty(int(after[-1]), np.uint64)

    def write(part: int) -> None:
        begin, stop = rows[part]
        runs.entries(heap, starts, begin, stop, places[part], found)

    _on_all(write, range(len(rows)))
    pieces = [(0, 1 << runs.DIGIT)] if len(rows) == 1 else _stretches(1 << runs.DIGIT, PIECES)
    _on_all(lambda some: runs.sort_pieces(found, after, *some), pieces)
    return found


def merged(one: Entries, other: Entries, table: Table) -> Entries:
    """The entries of two runs in order of their keys, those of dead records left out."""
    out = np.empty(len(one) + len(other), np.uint64)
    return out[: runs.merge(one, other, table.starts, out)]


def put_long_blocks_in_order(entries: Entries, table: Table, bound: int) -> int:
    """Bring the blocks that outgrow the bound into the order of their ties; how many there are."""
    places = np.empty((len(entries) // (bound + 1) + 1, 2), np.int64)
    count = int(runs.long_blocks(entries, bound, places))
    for start, stop in places[:count]:
        block = entries[start:stop]
        ties = np.empty(len(block), np.uint64)
        runs.ties(table.heap, table.starts, block, ties)
        block[:] = block[np.argsort(ties)]
    return count


def in_order(low: Ordinals, high: Ordinals) -> Ordinals:
    """The places of pairs in the order of the lower ordinal and, of one, the higher."""
    if not len(low) or SPARSE * len(low) < int(high.max()):
        return np.asarray(np.argsort(low << 32 | high))
    by_high: Ordinals = runs.counted(high, np.arange(len(low)), int(high.max()))
    order: Ordinals = runs.counted(low, by_high, int(low.max()))
    return order


def gathered(kept: list[Kept]) -> Kept:
    """All of these pairs together."""
    if not kept:
        nothing = np.empty(0, np.uint32)
        return Kept(nothing, nothing, np.empty(0, np.uint64), 0)
    if len(kept) == 1:
        return kept[0]
    left, right, codes, beyond = zip(*kept, strict=True)
    return Kept(np.concatenate(left), np.concatenate(right), np.concatenate(codes), sum(beyond))


class _Walk(NamedTuple):
    """How one stretch is walked over: who meets, and on what terms pairs are kept."""

    meet: Callable[[int, int, Any], Any]
    table: Table
    terms: Any
    room: int
    """Pairs that meet in one call."""


def _shares(first: int, stop: int) -> list[tuple[int, int]]:
    """The share of each thread in some rows; one alone where they are few."""
    count = THREADS if stop - first > MANY else 1
    ends = [first + (stop - first) * part // count for part in range(count + 1)]
    return list(pairwise(ends))


def _on_all(do: Callable[[Any], object], parts: Sequence[Any]) -> None:
    """Do something for each part, on all threads where there are several."""
    if len(parts) == 1:
        do(parts[0])
        return
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(do, parts))


def _stretches(count: int, length: int) -> list[tuple[int, int]]:
    return [(start, min(start + length, count)) for start in range(0, count, length)]


def _each(walk: _Walk, stretches: list[tuple[int, int]]) -> Iterator[Kept]:
    """What is kept on all stretches, in their order; more than one are walked on all threads."""
    if len(stretches) <= 1:
        for ends in stretches:
            yield from _stretch(walk, ends)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(lambda ends: list(_stretch(walk, ends)), stretches):
            yield from found


def _stretch(walk: _Walk, ends: tuple[int, int]) -> Iterator[Kept]:
    start, stop = ends
    heap, starts, width = walk.table
    rows = np.empty((2, width), np.int32)
    left, right = np.empty(walk.room, np.uint32), np.empty(walk.room, np.uint32)
    codes = np.empty(walk.room, np.uint64)
    while start < stop:
        met, start, beyond = walk.meet(start, stop, (left, right))
        kept = judging.judge_all((left, right, codes), met, heap, starts, rows, walk.terms)
        yield Kept(left[:kept].copy(), right[:kept].copy(), codes[:kept].copy(), beyond)
