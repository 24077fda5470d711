"""The index of one shape's records: coded rows, the runs of each rule, and the pairs they make.

Needs numba, unlike the plain path; the package alone does not load it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from linkage import blocking as children
from linkage import kernel
from linkage.compiled import declared as compiled
from linkage.declared.blocking import Filing
from linkage.declared.cells import Record
from linkage.declared.coding import Coder, Facts
from linkage.declared.model import DeclaredModel
from linkage.index import Pairs
from linkage.kernel import MARGIN
from person.declared import KINDS

Longs = npt.NDArray[np.int64]

BUFFER = 1 << 18
"""Pairs that one call of the compiled walk may keep before it hands them over."""
STRETCH = 1 << 15
"""Entries of a run that one call walks over."""
CHEAPEST_FIRST = ("exact", "date", "number", "name", "text")


class Kept(NamedTuple):
    """Pairs of rows that passed, and how many lay beyond the bound of a block."""

    left: Longs
    right: Longs
    patterns: Longs
    beyond: int


class Plan(NamedTuple):
    """A model as the compiled comparison has it."""

    kinds: Longs
    at: Longs
    exchanges: Longs
    places: Longs
    order: Longs
    """Places of the fields, the cheapest to compare first."""
    weights: npt.NDArray[np.float64]
    """By class of two persons, field and state."""
    rest: npt.NDArray[np.float64]
    """By class, the most that may follow the first n fields of the order; the prior last."""

    @classmethod
    def of(cls, model: DeclaredModel, at: Sequence[int]) -> Self:
        """The plan of a model for rows whose cells begin at these places."""
        kinds = [field.kind for field in model.shape.fields]
        order = sorted(range(len(kinds)), key=lambda place: CHEAPEST_FIRST.index(kinds[place]))
        best = model.weights.max(axis=2)[:, order]
        follows = np.cumsum(best[:, ::-1], axis=1)[:, ::-1]
        nothing = np.zeros((len(model.prior), 1))
        rest = np.concatenate([follows, nothing, model.prior[:, None]], axis=1)
        return cls(
            np.array([KINDS.index(kind) for kind in kinds]),
            np.array(at),
            np.array(model.shape.exchanges, np.int64).reshape(-1, 2),
            np.array(model.shape.places),
            np.array(order),
            model.weights,
            rest,
        )


class DeclaredIndex:
    """Records of one shape by ordinal, ready to be compared under one model."""

    def __init__(self, model: DeclaredModel, *, bound: int = children.LONGEST_BLOCK) -> None:
        self.model = model
        self._bound = bound
        self._coder = Coder(model.shape, model.rarity)
        self._count = 0
        # Rows from the count on are empty: they have no key, so that nothing meets them.
        self._rows = np.zeros((0, self._coder.width), np.int32)
        self._keys = np.zeros((0, len(model.rules)), np.uint64)
        self._sources = np.zeros(0, np.int32)
        self._ordinals = np.zeros(0, np.int64)
        self._row_of: dict[int, int] = {}
        self._runs: list[Longs] | None = None
        self._crowded = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, ordinal: int) -> bool:
        return ordinal in self._row_of

    @property
    def coder(self) -> Coder:
        """What gives the rows their meaning."""
        return self._coder

    def put(self, records: Sequence[tuple[int, int, Record]]) -> None:
        """Add records (ordinal, source, record), each in place of its ordinal's older version.

        The source is a number above 0 for a source that holds one record of a person at most.
        """
        latest = {ordinal: (source, record) for ordinal, source, record in records}
        self.remove(latest)
        if not latest:
            return
        start, stop = self._count, self._count + len(latest)
        self._grow(stop)
        rows = np.array([self._coder.row(record) for _, record in latest.values()], np.int32)
        self._rows[start:stop], self._keys[start:stop] = rows, self._keys_of(rows)
        self._sources[start:stop] = [source for source, _ in latest.values()]
        self._ordinals[start:stop] = list(latest)
        self._row_of.update(zip(latest, range(start, stop), strict=True))
        self._count, self._runs = stop, None

    def remove(self, ordinals: Iterable[int]) -> None:
        """Take records out; those that are not there are passed over."""
        gone = [row for o in ordinals if (row := self._row_of.pop(o, None)) is not None]
        if gone:
            self._rows[gone] = 0
            self._keys[gone] = 0
            self._runs = None

    def pairs_within(self, floor: float) -> Pairs:
        """All pairs that meet and weigh at least the floor."""
        kept = [
            part
            for rule, run in enumerate(self._sorted())
            for part in self._walk(compiled.within, run, rule, (), len(run), floor)
        ]
        return self._pairs(kept)

    def pairs_of(self, ordinals: Iterable[int], floor: float) -> Pairs:
        """The pairs of these records, with each other and with all others; as above."""
        asked = np.array(sorted(self._row_of[o] for o in set(ordinals) if o in self), np.int64)
        is_asked = np.zeros(len(self._rows), np.bool_)
        is_asked[asked] = True
        kept = [
            part
            for rule, run in enumerate(self._sorted())
            for part in self._walk(
                compiled.against, run, rule, (asked,), len(asked), floor, (is_asked,)
            )
        ]
        return self._pairs(kept)

    def random_patterns(self, count: int, seed: int) -> Longs:
        """The patterns of so many pairs of records drawn at random; the same for the same seed."""
        live = self._live()
        if len(live) < 2:
            return np.zeros(0, np.int64)
        drawn = live[np.random.default_rng(seed).integers(0, len(live), (count, 2))]
        drawn = drawn[drawn[:, 0] != drawn[:, 1]]
        return np.asarray(
            compiled.patterns(self._rows, drawn[:, 0], drawn[:, 1], self._plan(), self.facts())
        )

    def under(self, model: DeclaredModel) -> "DeclaredIndex":
        """The same records under another model of their shape."""
        other = DeclaredIndex(model, bound=self._bound)
        live = self._live()
        rows = self._rows[live]
        for place, column in enumerate(self._coder.at):
            kind = model.shape.fields[place].kind
            words = (self._coder.names if kind == "name" else self._coder.codes).words
            distinct, where = np.unique(rows[:, column], return_inverse=True)
            rarities = [model.rarity(place, words[code]) if code else 0 for code in distinct]
            rows[:, column + compiled.RARITY] = np.array(rarities, np.int32)[where]
        other._coder = self._coder.under(model.rarity)
        other._restore(
            {
                "rows": rows,
                "keys": other._keys_of(rows),
                "sources": self._sources[live],
                "ordinals": self._ordinals[live],
            }
        )
        return other

    def facts(self) -> Facts:
        """What is known of every value."""
        return self._coder.facts()

    def rows(self) -> npt.NDArray[np.int32]:
        """The rows of all records."""
        return self._rows[self._live()]

    def compact(self) -> None:
        """Forget every value and row that no live record uses, as erasure demands."""
        stored = self.dump()
        rows = stored["rows"]
        coder = Coder(self.model.shape, self.model.rarity)
        for columns, words, dictionary in (
            (coder.named, self._coder.names.words, coder.names),
            (coder.coded, self._coder.codes.words, coder.codes),
        ):
            used = np.unique(rows[:, columns])
            new = np.zeros(len(words), np.int32)
            new[used] = [dictionary.code(words[code]) for code in used]
            rows[:, columns] = new[rows[:, columns]]
        self._coder = coder
        self._restore(stored)

    def dump(self) -> dict[str, Any]:
        """The index as arrays and two lists of words, which hold personal data: to be sealed."""
        live = self._live()
        return {
            "rows": self._rows[live],
            "keys": self._keys[live],
            "sources": self._sources[live],
            "ordinals": self._ordinals[live],
            "names": self._coder.names.words[1:],
            "codes": self._coder.codes.words[1:],
        }

    @classmethod
    def load(cls, model: DeclaredModel, stored: Mapping[str, Any]) -> Self:
        """An index from what ``dump`` gave, under the model it was made with."""
        index = cls(model)
        index.apply(stored)
        return index

    def changes(self) -> dict[str, Any] | None:
        """What changed since it was dumped is not noted: it is dumped whole."""
        return None

    def apply(self, stored: Mapping[str, Any]) -> None:
        """Become what ``dump`` of an index under the same model gave."""
        model = self.model
        self._coder = Coder(model.shape, model.rarity, stored["names"], stored["codes"])
        self._restore(stored)

    def _grow(self, needed: int) -> None:
        """Make room; twice what there was, so that many small puts cost what one large one does."""
        more = max(needed, 2 * len(self._rows)) - len(self._rows)
        if needed > len(self._rows):
            for name in ("_rows", "_keys", "_sources", "_ordinals"):
                old = getattr(self, name)
                setattr(
                    self, name, np.concatenate([old, np.zeros((more, *old.shape[1:]), old.dtype)])
                )

    def _restore(self, stored: Mapping[str, Any]) -> None:
        self._rows, self._keys = stored["rows"].copy(), stored["keys"].copy()
        self._sources, self._ordinals = stored["sources"].copy(), stored["ordinals"].copy()
        self._row_of = {int(ordinal): row for row, ordinal in enumerate(self._ordinals)}
        self._count, self._runs = len(self._rows), None

    def _keys_of(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.uint64]:
        filing = Filing(self._coder, rows)
        keys = [filing.keys(rule, place) for place, rule in enumerate(self.model.rules)]
        return np.stack(keys, axis=1) if keys else np.zeros((len(rows), 0), np.uint64)

    def _live(self) -> Longs:
        return np.array(sorted(self._row_of.values()), np.int64)

    def _plan(self) -> Plan:
        return Plan.of(self.model, self._coder.at)

    def _sorted(self) -> list[Longs]:
        """For each rule the rows that have its key, by key and then by what they say."""
        if self._runs is None:
            alike = np.lexsort(self._rows[:, list(self._coder.at)].T[::-1])
            self._crowded = np.zeros(len(self._rows), np.int32)
            self._runs = [self._run(rule, alike) for rule in range(len(self.model.rules))]
        return self._runs

    def _run(self, rule: int, alike: Longs) -> Longs:
        keys = self._keys[alike, rule]
        filled = alike[keys != 0]
        run = filled[np.argsort(self._keys[filled, rule], kind="stable")]
        _, block, counts = np.unique(self._keys[run, rule], return_inverse=True, return_counts=True)
        self._crowded[run[counts[block] > self._bound]] |= 1 << rule
        return np.asarray(run)

    def _walk(  # noqa: PLR0913, PLR0917 - what the two walks share
        self,
        walk: Callable[..., Any],
        run: Longs,
        rule: int,
        asked: tuple[Longs, ...],
        count: int,
        floor: float,
        marks: tuple[npt.NDArray[np.bool_], ...] = (),
    ) -> list[Kept]:
        """Walk over all stretches on all threads; what is kept is in order."""
        table = (self._rows, self._keys, self._sources, self._crowded)
        plan, facts = tuple(self._plan()), self.facts()
        size = max(BUFFER, 3 * self._bound)

        def stretch(start: int) -> list[Kept]:
            out = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
            stop = min(start + STRETCH, count)
            kept = []
            while start < stop:
                found, start, beyond = walk(
                    *(run, rule, *asked, start, stop, *marks, self._bound),
                    *(table, plan, facts, floor - MARGIN, out),
                )
                left, right, codes = (part[:found].copy() for part in out)
                kept.append(Kept(left, right, codes, beyond))
            return kept

        with ThreadPoolExecutor(kernel.THREADS) as pool:
            return [part for parts in pool.map(stretch, range(0, count, STRETCH)) for part in parts]

    def _pairs(self, kept: Sequence[Kept]) -> Pairs:
        none = np.zeros(0, np.int64)
        left = self._ordinals[np.concatenate([part.left for part in kept] or [none])]
        right = self._ordinals[np.concatenate([part.right for part in kept] or [none])]
        patterns = np.concatenate([part.patterns for part in kept] or [none])
        low, high = np.minimum(left, right), np.maximum(left, right)
        order = np.lexsort((high, low))
        low, high, patterns = low[order], high[order], patterns[order]
        # A pair may come twice where it met in a block that is not compared in full.
        first = np.ones(len(low), np.bool_)
        first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        low, high, patterns = low[first], high[first], patterns[first]
        distinct, place = np.unique(patterns, return_inverse=True)
        weight = self.model.total(distinct)[place] if len(distinct) else np.zeros(0)
        return Pairs(
            low, high, weight, patterns.astype(np.uint64), sum(part.beyond for part in kept)
        )
