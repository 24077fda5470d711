"""The typed face of the compiled comparison; importing it imports numba."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.compiled import levels, walk
from linkage.compiled.layout import Facts
from linkage.model import Model

Rows = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

THREADS = 2
BUFFER = 1 << 18
"""Pairs that one call of the compiled walk may keep before it hands them over."""
STRETCH = 1 << 16
"""Entries of a run, or asked rows, that one call walks over."""
MARGIN = 1e-6
"""Bits by which the walk keeps more than asked, for rounding; the exact weights decide."""


class Table(NamedTuple):
    """All records of an index, one row each."""

    rows: Rows
    keys: Codes
    """Ascending; 0 fills up."""
    sources: Rows
    """Number of the source where it holds one record of a child, else 0."""


class Run(NamedTuple):
    """Entries of the block index, sorted by key and then by tie."""

    keys: Codes
    rows: Places
    ties: Codes


class Work(NamedTuple):
    """What a walk compares, and by what."""

    table: Table
    facts: Facts
    model: Model
    floor: float
    """Weight from which pairs are kept."""
    bound: int
    """Records of one block that each record is compared with, in either direction."""


class Kept(NamedTuple):
    """Pairs of rows that passed, and how many lay beyond the bound of a block."""

    left: Places
    right: Places
    patterns: Codes
    beyond: int


def compare(left: Rows, right: Rows, facts: Facts) -> int:
    """The pattern of two rows."""
    return int(levels.pattern(left, right, facts))


def within(run: Run, work: Work) -> Kept:
    """All pairs of a run at or above the floor, or with an identifier in common."""
    weights, floor = tuple(work.model.weights), work.floor - MARGIN

    def walk_over(start: int, stop: int, out: Any) -> Any:
        return walk.within(
            run.keys, run.rows, start, stop, work.bound, work.table, work.facts, weights, floor,
            out,
        )  # fmt: skip

    return _gather(walk_over, len(run.keys), work.bound)


def against(run: Run, asked: Places, ties: Codes, work: Work) -> Kept:
    """All pairs of the asked rows with those of a run, as ``within`` keeps them."""
    weights, floor = tuple(work.model.weights), work.floor - MARGIN
    is_asked = np.zeros(len(work.table.rows), np.bool_)
    is_asked[asked] = True

    def walk_over(start: int, stop: int, out: Any) -> Any:
        return walk.against(
            tuple(run), asked, start, stop, is_asked, ties, work.bound, work.table, work.facts,
            weights, floor, out,
        )  # fmt: skip

    return _gather(walk_over, len(asked), 2 * work.bound * work.table.keys.shape[1])


def _gather(walk_over: Callable[[int, int, Any], Any], count: int, most: int) -> Kept:
    """Walk over all stretches on all threads, and put together in order what they keep."""

    def stretch(start: int) -> list[Kept]:
        return list(_stretch(walk_over, start, min(start + STRETCH, count), most))

    with ThreadPoolExecutor(THREADS) as pool:
        kept = [part for parts in pool.map(stretch, range(0, count, STRETCH)) for part in parts]
    if not kept:
        return Kept(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64), 0)
    left, right, patterns, beyond = zip(*kept, strict=True)
    return Kept(np.concatenate(left), np.concatenate(right), np.concatenate(patterns), sum(beyond))


def _stretch(
    walk_over: Callable[[int, int, Any], Any], start: int, stop: int, most: int
) -> Iterator[Kept]:
    size = max(BUFFER, 2 * most)
    left, right = np.empty(size, np.int64), np.empty(size, np.int64)
    patterns = np.empty(size, np.uint64)
    while start < stop:
        found, start, beyond = walk_over(start, stop, (left, right, patterns))
        yield Kept(left[:found].copy(), right[:found].copy(), patterns[:found].copy(), beyond)
