"""The kept index: coded records, the blocks they stand in, and the pairs they make.

Needs numba, unlike the plain path; ``import linkage`` alone does not load it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from linkage import blocking, kernel
from linkage.coding import Coder
from linkage.comparable import Comparable
from linkage.compiled import layout
from linkage.kernel import Kept, Run, Table, Work
from linkage.model import Model, total

SMALL = 0.1
"""Share of the base run that the newest entries may reach before they are sorted into it."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of records, the lower ordinal on the left, sorted by left and right; arrays."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    """log2 of the odds of being one child."""
    pattern: npt.NDArray[np.uint64]
    beyond: int = 0
    """Pairs of overlong blocks that were not compared."""

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        """Of being one child, rivals not counted."""
        return np.asarray(1 / (1 + np.exp2(-np.clip(self.weight, -60, 60))))

    def __len__(self) -> int:
        return len(self.left)


class Index:
    """Records by ordinal, ready to be compared under one model."""

    def __init__(self, model: Model, *, bound: int = blocking.LONGEST_BLOCK) -> None:
        self.model = model
        self._bound = bound
        self._coder = Coder(model.population)
        self._count = 0
        self._rows = np.zeros((0, layout.WIDTH), np.int32)
        self._keys = np.zeros((0, blocking.MOST_KEYS), np.uint64)
        self._ties = np.zeros(0, np.uint64)
        self._sources = np.zeros(0, np.int32)
        self._ordinals = np.zeros(0, np.int64)
        self._row_of: dict[int, int] = {}
        self._base = _run(self._keys, self._ties, np.zeros(0, np.int64))
        self._newest = self._base
        self._new: list[int] = []

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, ordinal: int) -> bool:
        return ordinal in self._row_of

    def put(self, records: Sequence[tuple[int, int, Comparable]]) -> None:
        """Add records (ordinal, source, record), each in place of its ordinal's older version.

        The source is a number above 0 for a source that holds one record of a child at most,
        whose records are not compared with each other; 0 for any other.
        """
        latest = {ordinal: (source, record) for ordinal, source, record in records}
        self.remove(latest)
        start = self._count
        self._grow(start + len(latest))
        stop = self._count = start + len(latest)
        if not latest:
            return
        self._ordinals[start:stop] = list(latest)
        self._sources[start:stop] = [source for source, _ in latest.values()]
        self._rows[start:stop] = [self._coder.row(record) for _, record in latest.values()]
        self._ties[start:stop] = [_tie(record) for _, record in latest.values()]
        population = self.model.population
        self._keys[start:stop] = [
            _filled_up(blocking.keys(record, population)) for _, record in latest.values()
        ]
        self._row_of.update(zip(latest, range(start, stop), strict=True))
        self._new.extend(range(start, self._count))

    def remove(self, ordinals: Iterable[int]) -> None:
        """Take records out; those that are not there are passed over."""
        gone = [row for o in ordinals if (row := self._row_of.pop(o, None)) is not None]
        if gone:
            self._keys[gone] = 0
            self._rows[gone] = 0
            dead = np.zeros(self._count, np.bool_)
            dead[gone] = True
            self._base = _without(self._base, dead)
            self._newest = _without(self._newest, dead)
            self._new = [row for row in self._new if not dead[row]]

    def pairs_within(self, floor: float) -> Pairs:
        """All pairs of the index that weigh at least the floor or share an identifier."""
        self._sort(whole=True)
        kept = kernel.within(self._base, self._work(floor))
        return self._pairs([kept])

    def pairs_of(self, ordinals: Iterable[int], floor: float) -> Pairs:
        """The pairs of these records, with each other and with all others; as above."""
        self._sort()
        asked = np.array(
            sorted(self._row_of[o] for o in set(ordinals) if o in self._row_of), np.int64
        )
        work = self._work(floor)
        runs = (run for run in (self._base, self._newest) if len(run.keys))
        kept = [kernel.against(run, asked, self._ties, work) for run in runs]
        return self._pairs(kept)

    def random_patterns(self, count: int, seed: int) -> npt.NDArray[np.uint64]:
        """The patterns of so many pairs of records drawn at random; the same for the same seed."""
        live, _ = self._live()
        if len(live) < 2:
            return np.zeros(0, np.uint64)
        drawn = np.random.default_rng(seed).integers(0, len(live), (count, 2))
        facts, rows = self._coder.facts(), self._rows
        pairs = ((live[a], live[b]) for a, b in drawn if a != b)
        return np.array([kernel.compare(rows[a], rows[b], facts) for a, b in pairs], np.uint64)

    def coded(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """The rows of all records, and the words that their name codes stand for."""
        live, words = self._live()
        return self._rows[live], words

    def _live(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        rows = np.array(sorted(self._row_of.values()), np.int64)
        return rows, self._coder.names.words

    def compact(self) -> None:
        """Forget every name, code and row that no live record uses, as erasure demands."""
        names, codes = self._coder.names.words, self._coder.codes.words
        live = np.array(sorted(self._row_of.values()), np.int64)
        rows = self._rows[live]
        coder = Coder(self.model.population)
        for columns, words, dictionary in (
            (NAMES, names, coder.names),
            (CODES, codes, coder.codes),
        ):
            used = np.unique(rows[:, columns])
            new = np.zeros(len(words), np.int32)
            new[used] = [dictionary.code(words[code]) for code in used]
            rows[:, columns] = new[rows[:, columns]]
        self._coder = coder
        self._restore(rows, self._keys[live], self._ties[live], self._sources[live],
                      self._ordinals[live])  # fmt: skip

    def dump(self) -> dict[str, Any]:
        """The index as arrays and two lists of words, which hold personal data: to be sealed."""
        self._sort(whole=True)
        live = np.array(sorted(self._row_of.values()), np.int64)
        return {
            "rows": self._rows[live],
            "keys": self._keys[live],
            "ties": self._ties[live],
            "sources": self._sources[live],
            "ordinals": self._ordinals[live],
            "names": self._coder.names.words[1:],
            "codes": self._coder.codes.words[1:],
        }

    @classmethod
    def load(cls, model: Model, stored: Mapping[str, Any]) -> Self:
        """An index from what ``dump`` gave, under the model it was made with."""
        index = cls(model)
        index._coder = Coder(model.population, stored["names"], stored["codes"])
        index._restore(
            *(stored[name].copy() for name in ("rows", "keys", "ties", "sources", "ordinals"))
        )
        return index

    def _restore(self, rows: Any, keys: Any, ties: Any, sources: Any, ordinals: Any) -> None:
        self._rows, self._keys, self._ties = rows, keys, ties
        self._sources, self._ordinals = sources, ordinals
        self._count = len(rows)
        self._row_of = {int(ordinal): row for row, ordinal in enumerate(ordinals)}
        self._base = self._newest = _run(keys[:0], ties, np.zeros(0, np.int64))
        self._new = list(range(self._count))

    def _work(self, floor: float) -> Work:
        n = self._count
        table = Table(self._rows[:n], self._keys[:n], self._sources[:n])
        return Work(table, self._coder.facts(), self.model, floor, self._bound)

    def _grow(self, needed: int) -> None:
        if needed <= len(self._rows):
            return
        more = max(needed, 2 * len(self._rows), 1024) - len(self._rows)
        for name in ("_rows", "_keys", "_ties", "_sources", "_ordinals"):
            old = getattr(self, name)
            filling = np.zeros((more, *old.shape[1:]), old.dtype)
            setattr(self, name, np.concatenate([old, filling]))

    def _sort(self, *, whole: bool = False) -> None:
        """Bring new rows into a run: their own, or the base run when they have become many."""
        if self._new:
            fresh = np.array(self._new, np.int64)
            self._newest = _merged(self._newest, _run(self._keys, self._ties, fresh))
            self._new = []
        if whole or len(self._newest.keys) > SMALL * len(self._base.keys):
            self._base = _merged(self._base, self._newest)
            self._newest = _run(self._keys, self._ties, np.zeros(0, np.int64))

    def _pairs(self, kept: Sequence[Kept]) -> Pairs:
        left = self._ordinals[np.concatenate([k.left for k in kept] or [_NONE])]
        right = self._ordinals[np.concatenate([k.right for k in kept] or [_NONE])]
        pattern = np.concatenate([k.patterns for k in kept] or [_NONE.astype(np.uint64)])
        low, high = np.minimum(left, right), np.maximum(left, right)
        distinct, place = np.unique(pattern, return_inverse=True)
        weight = total(distinct, self.model)[place]
        order = np.lexsort((high, low))
        return Pairs(
            low[order], high[order], weight[order], pattern[order], sum(k.beyond for k in kept)
        )


_NONE = np.zeros(0, np.int64)
NAMES = [*range(layout.GIVEN, layout.BIRTH), *range(layout.CARERS, layout.MOTHER), layout.MAIDEN]
CODES = [
    *range(layout.POSTCODES, layout.MOVED), layout.NHS, layout.UPN,
    *range(layout.FORMER_UPNS, layout.CARERS), layout.MOTHER,
    *range(layout.CONTACTS, layout.WIDTH),
]  # fmt: skip


def _filled_up(keys: Sequence[int]) -> list[int]:
    return [*keys, *[0] * (blocking.MOST_KEYS - len(keys))]


def _tie(record: Comparable) -> int:
    """Where a record stands in its block: alike names side by side, whatever came first."""
    text = f"{record.family[:4]:4}{record.given[0][:4] if record.given else '':4}"
    return int.from_bytes(text.encode("ascii"))


def _run(keys: Any, ties: Any, rows: npt.NDArray[np.int64]) -> Run:
    flat = keys[rows].ravel()
    owners = np.repeat(rows, keys.shape[1])
    filled = flat != 0
    flat, owners = flat[filled], owners[filled]
    order = np.lexsort((ties[owners], flat))
    return Run(flat[order], owners[order], ties[owners[order]])


def _merged(one: Run, other: Run) -> Run:
    if not len(one.keys) or not len(other.keys):
        return one if len(one.keys) else other
    keys, ties = np.concatenate([one.keys, other.keys]), np.concatenate([one.ties, other.ties])
    rows = np.concatenate([one.rows, other.rows])
    order = np.lexsort((ties, keys))
    return Run(keys[order], rows[order], ties[order])


def _without(run: Run, dead: npt.NDArray[np.bool_]) -> Run:
    alive = ~dead[run.rows]
    return run if alive.all() else Run(run.keys[alive], run.rows[alive], run.ties[alive])
