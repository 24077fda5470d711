"""The kept index: coded records, the blocks they stand in, and the pairs they make.

Needs numba, unlike the plain path; ``import linkage`` alone does not load it.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from linkage import blocking, kernel
from linkage.coding import Coder
from linkage.comparable import Comparable
from linkage.compiled import layout
from linkage.compiled.layout import Facts
from linkage.decide import Levels
from linkage.distinct import numbered
from linkage.kernel import Kept, Run
from linkage.model import Model, total
from linkage.records import Ordinals, Records
from linkage.table import Table, coded, fill
from linkage.twice import sharing

GROWTH = 8
"""How many times as many entries a run has at least as the one after it."""
WASTE = 0.25
"""Share of what the records take that dead ones may take before all are packed anew."""
AT_ONCE = 5_000
"""Records that are coded at a time."""
WINDOW = 16 * AT_ONCE
"""Records of a table that are packed, at most, before they are taken in."""

_COLUMNS = np.arange(layout.WIDTH)
NAMES = _COLUMNS < layout.POSTCODES
PLACES = (layout.POSTCODES <= _COLUMNS) & (_COLUMNS < layout.BIRTH)
NUMBERS = layout.NHS <= _COLUMNS
"""Which columns hold codes of names, of postcodes, of identifiers and contacts."""


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


class Mark(NamedTuple):
    """How far an index had come at some time."""

    rows: int = 0
    names: int = 1
    places: int = 1
    numbers: int = 1


class _Last(NamedTuple):
    """On what terms pairs were last kept."""

    floor: float
    facts: Facts
    terms: Any


class Index:
    """Records by ordinal, ready to be compared under one model.

    Memory goes with the highest ordinal, 4 bytes for each, and with the records, some 250.
    """

    def __init__(self, model: Model, *, bound: int = blocking.LONGEST_BLOCK) -> None:
        self.model = model
        self._bound = bound
        self._coder = Coder(model.population)
        self._records = Records(layout.WIDTH)
        self._runs: list[Run] = []
        self._filed = 0
        """Rows whose entries stand in a run."""
        self._has_long_blocks = False
        self._asked = np.zeros(0, np.bool_)
        self._kept: Mark | None = None
        self._gone: list[int] = []
        self._last: _Last | None = None
        self._weight_of: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, ordinal: int) -> bool:
        return ordinal in self._records

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays in memory."""
        runs = sum(run.entries.nbytes + run.directory.nbytes for run in self._runs)
        return self._records.nbytes + self._coder.nbytes + self._asked.nbytes + runs

    def put(self, records: Iterable[tuple[int, int, Comparable]]) -> None:
        """Add records (ordinal, source, record), each in place of its ordinal's older version.

        The source is a number above 0 for a source that holds one record of a child at most,
        whose records are not compared with each other; 0 for any other.
        """
        coming = iter(records)
        while part := {o: (source, record) for o, source, record in islice(coming, AT_ONCE)}:
            self.remove(part)
            rows = self._coder.rows([record for _, record in part.values()])
            sources = np.array([source for source, _ in part.values()], np.int64)
            self._add(np.fromiter(part, np.int64), sources, rows)

    def put_table(self, ordinals: Ordinals, sources: Ordinals, table: Table) -> None:
        """Add the children of a table as ``put`` adds records; no ordinal stands there twice."""
        self.remove(ordinals)
        parts = coded(table, self._coder)
        facts, hashes = self._coder.facts(), self._coder.hashes()

        def prepared(start: int) -> tuple[Ordinals, kernel.Places, kernel.Places]:
            rows = np.zeros((min(AT_ONCE, len(table) - start), layout.WIDTH), np.int32)
            fill(rows, parts, start)
            place = slice(start, start + len(rows))
            own = self._packed(ordinals[place], sources[place], rows, facts, hashes)
            return ordinals[place], *own

        with ThreadPoolExecutor(kernel.THREADS) as pool:
            for first in range(0, len(table), WINDOW):
                starts = range(first, min(first + WINDOW, len(table)), AT_ONCE)
                for start, packed in zip(starts, pool.map(prepared, starts), strict=True):
                    self._records.reserve(len(table) - start)
                    self._records.take(*packed)

    def _add(self, ordinals: Ordinals, sources: Ordinals, rows: kernel.Rows) -> None:
        facts, hashes = self._coder.facts(), self._coder.hashes()
        self._records.take(ordinals, *self._packed(ordinals, sources, rows, facts, hashes))

    def _packed(
        self,
        ordinals: Ordinals,
        sources: Ordinals,
        rows: kernel.Rows,
        facts: Facts,
        hashes: layout.Hashes,
    ) -> tuple[kernel.Places, kernel.Places]:
        """Rows as they are kept, filed under their keys.

        ``ordinals`` are for an index whose records bring keys of their own, as the benchmark's do.
        """
        del ordinals
        keys, ties = kernel.keys_and_ties(rows, facts, hashes)
        return kernel.packed(rows, keys, sources, ties)

    def remove(self, ordinals: Iterable[int]) -> None:
        """Take records out; those that are not there are passed over."""
        gone = self._records.remove(ordinals)
        self._gone.extend(self._records.ordinals_of(gone).tolist())

    def pairs_within(self, floor: float) -> Pairs:
        """All pairs of the index that weigh at least the floor or share an identifier."""
        self._file(whole=True)
        return self._pairs([
            kernel.within(run, self._records.table, self._terms(floor), self._bound)
            for run in self._runs
        ])  # fmt: skip

    def patterns_within(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """The patterns of all pairs that meet, ascending, and how many pairs show each."""
        self._file(whole=True)
        found: dict[int, int] = {}
        terms = self._terms(-np.inf)
        for run in self._runs:
            for kept in kernel.each_within(run, self._records.table, terms, self._bound):
                patterns, counts = np.unique(kept.codes, return_counts=True)
                for pattern, count in zip(patterns.tolist(), counts.tolist(), strict=True):
                    found[pattern] = found.get(pattern, 0) + count
        return np.array(sorted(found), np.uint64), np.array([found[p] for p in sorted(found)])

    def pairs_of(self, ordinals: Iterable[int], floor: float) -> Pairs:
        """The pairs of these records, with each other and with all others; as above."""
        self._file()
        return self._pairs(self._against(self._records.rows_of(ordinals), floor))

    def matches(self, source: int, record: Comparable, floor: float) -> Pairs:
        """The pairs that a record would have, were it here; its ordinal is on the right.

        Nothing of it stays. One thread at a time may ask.
        """
        self._file()
        sizes, row = self._coder.sizes, self._records.rows
        try:
            rows = self._coder.rows([record])
            self._add(np.array([self._records.next]), np.array([source]), rows)
            return self._pairs(self._against(np.array([row]), floor))
        finally:
            if self._records.rows > row:
                self._records.drop_last()
            self._coder.shorten(*sizes)

    def twice(self) -> Pairs:
        """The pairs of records of a source that holds each child once that share a number."""
        left, right = sharing(self._records)
        rows, facts = self._records.unpacked, self._coder.facts()
        codes = kernel.patterns(rows(left), rows(right), facts)
        levels = map(Levels.of, codes.tolist())
        named = np.array([each.same_national_number for each in levels], np.bool_)
        one, other = (side[named].astype(np.uint32) for side in (left, right))
        return self._pairs([Kept(one, other, codes[named], 0)])

    def compared(
        self, record: Comparable, ordinals: Iterable[int]
    ) -> tuple[Ordinals, npt.NDArray[np.float64], npt.NDArray[np.uint64]]:
        """Those of these records that are here, with the weight and pattern of each beside one.

        Whether they share a key or not. Nothing of that one stays, as in ``matches``.
        """
        sizes = self._coder.sizes
        try:
            here, rows = self.coded_of(ordinals)
            asked = np.repeat(self._coder.rows([record]), len(rows), axis=0)
            codes = kernel.patterns(asked, rows, self._coder.facts())
            return here, self._weights(codes), codes
        finally:
            self._coder.shorten(*sizes)

    def random_patterns(self, count: int, seed: int) -> npt.NDArray[np.uint64]:
        """The patterns of so many pairs of records drawn at random; the same for the same seed."""
        live = self._records.live()
        if len(live) < 2:
            return np.zeros(0, np.uint64)
        drawn = np.random.default_rng(seed).integers(0, len(live), (count, 2))
        drawn = live[drawn[drawn[:, 0] != drawn[:, 1]]]
        one, other = (self._records.unpacked(side) for side in drawn.T)
        return kernel.patterns(one, other, self._coder.facts())

    def coded(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """The rows of all records, and the words that their name codes stand for."""
        return self._records.unpacked(self._records.live()), self._coder.names.texts()

    def postcodes(self) -> list[str]:
        """The postcodes that their codes stand for."""
        return self._coder.places.texts()

    def coded_of(
        self, ordinals: Iterable[int]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Those of these records that are here, and their rows."""
        rows = self._records.rows_of(ordinals)
        return self._records.ordinals_of(rows), self._records.unpacked(rows)

    def ordinals(self) -> Ordinals:
        """All records that are here."""
        return self._records.ordinals_of(self._records.live())

    def file(self) -> None:
        """File what was put and removed, so that the next question need not.

        Where a block is beyond the bound, all is filed anew: which of its records meet then depends
        on those alone that are here, and not on what came and went.
        """
        if self._has_long_blocks:
            self._gather()
        self._file()

    def facts(self) -> layout.Facts:
        """What is known of the words and codes that rows hold."""
        return self._coder.facts()

    def words(self) -> npt.NDArray[np.uint64]:
        """Hashes of each name word and of how it sounds (``layout.Hashes``)."""
        return self._coder.hashes().words

    def compact(self) -> None:
        """Forget every name, code and row that no live record uses, as erasure demands."""
        self._gather()
        old = self._coder
        names = old.names.letters.all[self._renumbered(NAMES, len(old.names))]
        places = old.places.letters.all[self._renumbered(PLACES, len(old.places))]
        numbers = old.numbers.hashes[self._renumbered(NUMBERS, len(old.numbers))]
        self._coder = Coder(self.model.population, names, places, numbers)

    def _renumbered(self, columns: npt.NDArray[np.bool_], codes: int) -> npt.NDArray[np.int64]:
        """Give the codes that are used new ones, one after the other; those codes."""
        used = np.flatnonzero(self._records.used(columns, codes))
        new = np.zeros(codes, np.uint32)
        new[used] = np.arange(1, len(used) + 1)
        self._records.recode(columns, new)
        return used

    def _gather(self) -> None:
        """Pack the live records anew, without the dead."""
        old = self._records
        packed = old.packed(old.live())
        self._records = Records(layout.WIDTH)
        self._take(packed)
        self._runs, self._filed, self._kept = [], 0, None
        self._has_long_blocks = False

    def _take(self, stored: Mapping[str, Any]) -> None:
        ordinals = stored["ordinals"].astype(np.int64)
        self._records.take(ordinals, stored["starts"], stored["heap"])

    def dump(self) -> dict[str, Any]:
        """The index as arrays, some of which hold personal data: to be sealed.

        What is put afterwards, ``changes`` gives.
        """
        if self._records.wasted:
            self._gather()
        self._mark()
        return self._since(Mark()) | {"gone": np.zeros(0, np.int64)}

    def changes(self) -> dict[str, Any] | None:
        """What came and went since it was last dumped, loaded, or asked so; nothing where unknown.

        ``apply`` of these brings an index that is loaded from the dump to where this one is.
        """
        mark, gone = self._kept, self._gone
        if mark is None:
            return None
        self._mark()
        return self._since(mark) | {"gone": np.array(gone, np.int64)}

    def apply(self, stored: Mapping[str, Any]) -> None:
        """Take in what ``dump`` or ``changes`` of another index gave, in their order."""
        self._coder.names.codes(stored["names"])
        self._coder.places.codes(stored["places"])
        self._coder.numbers.codes(stored["numbers"])
        self.remove(stored["gone"].tolist())
        self._take(stored)
        self._mark()

    @classmethod
    def load(cls, model: Model, stored: Mapping[str, Any]) -> Self:
        """An index from what ``dump`` gave, under the model it was made with."""
        index = cls(model)
        index.apply(stored)
        return index

    def _mark(self) -> None:
        self._kept, self._gone = Mark(self._records.rows, *self._coder.sizes), []

    def _since(self, mark: Mark) -> dict[str, Any]:
        coder, live = self._coder, self._records.live()
        return self._records.packed(live[live >= mark.rows]) | {
            "names": coder.names.letters.all[mark.names :].copy(),
            "places": coder.places.letters.all[mark.places :].copy(),
            "numbers": coder.numbers.hashes[mark.numbers :].copy(),
        }

    def _terms(self, floor: float) -> Any:
        """On what terms pairs are kept; made anew where the floor changed, or where facts stand."""
        facts = self._coder.facts()
        if self._last is None or self._last.floor != floor or self._last.facts is not facts:
            self._last = _Last(floor, facts, kernel.terms(facts, self.model.weights, floor))
        return self._last.terms

    def _weights(self, patterns: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """The weight of each pattern; those that were met before are at hand."""
        known, codes = self._weight_of, patterns.tolist()
        fresh = [code for code in codes if code not in known]
        if fresh:
            known.update(zip(fresh, total(np.array(fresh, np.uint64), self.model), strict=True))
        return np.fromiter(map(known.__getitem__, codes), np.float64, len(codes))

    def _against(self, rows: npt.NDArray[np.int64], floor: float) -> list[Kept]:
        """The pairs of these rows in every run."""
        if self._records.rows > len(self._asked):
            self._asked = np.zeros(self._records.rows + self._records.rows // 8, np.bool_)
        table, terms, asked = self._records.table, self._terms(floor), self._asked
        asked[rows] = True
        try:
            return [
                kernel.against(run, (rows, asked), table, terms, self._bound) for run in self._runs
            ]
        finally:
            asked[rows] = False

    def _file(self, *, whole: bool = False) -> None:
        """File new rows in a run of their own, and merge runs until each is much the longer."""
        if self._records.wasted > WASTE:
            self._gather()
        table = self._records.table
        if self._filed < self._records.rows:
            self._runs.append(Run(kernel.entries_from(table, self._filed), _NOWHERE, 0))
            self._filed = self._records.rows
        while len(self._runs) > 1 and (whole or self._is_short(self._runs[-1])):
            last, before = self._runs.pop().entries, self._runs.pop().entries
            self._runs.append(Run(kernel.merged(before, last, table), _NOWHERE, 0))
        if self._runs and not len(self._runs[-1].directory):
            entries = self._runs[-1].entries
            long = kernel.put_long_blocks_in_order(entries, table, self._bound)
            self._has_long_blocks = self._has_long_blocks or long > 0
            self._runs[-1] = kernel.run_of(entries)

    def _is_short(self, run: Run) -> bool:
        return GROWTH * len(run.entries) > len(self._runs[-2].entries)

    def _pairs(self, kept: Sequence[Kept]) -> Pairs:
        found = kernel.gathered(list(kept))
        left, right = self._records.ordinals_of(found.left), self._records.ordinals_of(found.right)
        low, high = np.minimum(left, right), np.maximum(left, right)
        which, firsts = numbered(found.codes)
        weight = self._weights(found.codes[firsts])[which]
        order = kernel.in_order(low, high)
        return Pairs(low[order], high[order], weight[order], found.codes[order], found.beyond)


_NOWHERE = np.zeros(0, np.uint32)
