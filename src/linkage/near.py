"""Which records come near to a few that must not be missed: looser blocking, and a share of odds.

Blocking loses some pairs of one child for speed. Where the others are few, such as the records of
shielded children, records may be asked to share much less before they are compared. All is done on
the coded rows of an index, a column at a time.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage import kernel
from linkage.comparable import BirthKind
from linkage.compare.carers import Carers
from linkage.compare.places import Place
from linkage.compiled import layout
from linkage.compiled.layout import FAMILY_SOUND, FORENAME_SOUND, WORD
from linkage.decide import Levels, contradiction
from linkage.index import Index, Pairs
from linkage.kernel import Rows
from linkage.model import Model, levels_at, total
from linkage.pattern import BITS, MOST, PLACES

Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Coded = tuple[Ints, Rows]
"""Records by ordinal, and their rows as an index codes them."""
AT_ONCE = 200_000
"""Pairs that are compared at a time."""


class NearPair(NamedTuple):
    """A record that is asked about, one of the few, and how the two compare."""

    asked: int
    other: int
    weight: float
    """log2 of the odds of being one child."""
    pattern: int


class Few:
    """The records of an index that must not be missed."""

    def __init__(
        self, index: Index, ordinals: Collection[int], besides: Coded | None = None
    ) -> None:
        """Those that the index does not hold are passed over; ``besides`` it held at a time."""
        self._index = index
        self._ordinals, self._rows = index.coded_of(ordinals)
        if besides is not None:
            self._ordinals = np.concatenate([self._ordinals, besides[0]])
            self._rows = np.concatenate([self._rows, besides[1]])
        self._rows = _untold(self._rows)
        keys = loose_keys(self._rows, index)
        place, column = np.nonzero(keys)
        found = keys[place, column]
        order = np.argsort(found, kind="stable")
        self._keys, self._places = found[order], place[order]

    def pairs(self, asked: Collection[int], floor: float) -> list[NearPair]:
        """The pairs of the asked records with the few, from a weight on."""
        ordinals, rows = self._index.coded_of(asked)
        keys = loose_keys(rows, self._index)
        place, column = np.nonzero(keys)
        found = keys[place, column]
        start = np.searchsorted(self._keys, found, "left")
        count = np.searchsorted(self._keys, found, "right") - start
        left = np.repeat(place, count)
        within = np.arange(len(left)) - np.repeat(np.cumsum(count) - count, count)
        right = self._places[np.repeat(start, count) + within]
        met = np.unique(np.stack([left, right], axis=1), axis=0)
        return self._compared(ordinals, rows, met, floor)

    def against(self, asked: Collection[int], others: Collection[int]) -> list[NearPair]:
        """The pairs of the asked records with these of the few, whether they share anything."""
        ordinals, rows = self._index.coded_of(asked)
        mine = np.flatnonzero(np.isin(self._ordinals, sorted(others)))
        met = np.array([(a, b) for a in range(len(rows)) for b in mine], np.int64).reshape(-1, 2)
        return self._compared(ordinals, rows, met, float("-inf"))

    def _compared(self, ordinals: Ints, rows: Rows, met: Ints, floor: float) -> list[NearPair]:
        found: list[NearPair] = []
        rows = _untold(rows)
        facts, model = self._index.facts(), self._index.model
        terms = kernel.terms(facts, model.weights, floor)
        for start in range(0, len(met), AT_ONCE):
            left, right = met[start : start + AT_ONCE].T
            codes = kernel.judged(rows[left], self._rows[right], terms)
            judged = np.flatnonzero(codes)
            left, right, codes = left[judged], right[judged], codes[judged]
            weights = total(codes, model)
            kept = (weights >= floor) & (ordinals[left] != self._ordinals[right])
            columns = (ordinals[left], self._ordinals[right], weights, codes)
            found += map(NearPair._make, zip(*(c[kept].tolist() for c in columns), strict=True))
        return found


def untold(pairs: Pairs, model: Model) -> npt.NDArray[np.float64]:
    """The weights of pairs as if no authority were told, as those of the few are."""
    levels = levels_at(pairs.pattern, "place")
    told = np.isin(levels, (Place.KNOWN_THERE, Place.KNOWN_ELSEWHERE))
    codes = pairs.pattern.copy()
    codes[told] &= ~np.uint64(MOST << BITS * PLACES["place"])
    codes[told] |= np.uint64(int(Place.DIFFERENT) << BITS * PLACES["place"])
    return np.where(told, total(codes, model), pairs.weight)


def _untold(rows: Rows) -> Rows:
    """Rows that name no authority: whoever had to flee is known elsewhere, and is no less near."""
    untold = rows.copy()
    untold[:, layout.AUTHORITIES : layout.NHS] = 0
    return untold


def loose_keys(rows: Rows, index: Index) -> Keys:
    """What records may share to be compared, a column for each thing; 0 for nothing.

    Any one thing that errors seldom leave alone: the birth date, whichever of day and month comes
    first; the sound of a name, and the year; how both names begin to sound; a postcode; a number;
    the mother; a carer; a contact.
    """
    words, wide = index.words(), rows.astype(np.uint64)
    birth, kind = wide[:, layout.BIRTH], rows[:, layout.BIRTH_KIND]
    year, month, day = birth // 10_000, birth // 100 % 100, birth % 100
    whole = np.isin(kind, (BirthKind.FULL, BirthKind.STAND_IN))
    low, high = np.minimum(day, month), np.maximum(day, month)
    given = [layout.GIVEN, layout.GIVEN + 1, layout.OTHER_GIVEN]
    family = [layout.PARTS, layout.PARTS + 1, layout.OTHER_FAMILY]
    sounds = [words[rows[:, at], FORENAME_SOUND] * (rows[:, at] > 0) for at in given]
    sounds += [words[rows[:, at], FAMILY_SOUND] * (rows[:, at] > 0) for at in family]
    carers = [
        (words[rows[:, at], WORD], words[rows[:, at + 1], WORD], rows[:, at] * rows[:, at + 1] > 0)
        for at in range(layout.CARERS, layout.CARERS + 6, 2)
    ]
    # A forename and a family name in either order: a sum does not know which came first.
    both = [(one + other, (one > 0) & (other > 0)) for one in sounds[:2] for other in (sounds[3:5])]
    plain = [*range(layout.POSTCODES, layout.POSTCODES + 4), layout.NHS, layout.UPN]
    plain += [*range(layout.FORMER_UPNS, layout.FORMER_UPNS + 2), layout.MOTHER]
    plain += range(layout.CONTACTS, layout.CONTACTS + 3)
    columns = [_key(1, year * 10_000 + low * 100 + high, whole)]
    columns += [_key(2, sound ^ (year << np.uint64(48)), (sound > 0) & (year > 0))
                for sound in sounds]  # fmt: skip
    columns += [_key(3, value, there) for value, there in both]
    columns += [_key(4, one * np.uint64(3) + other, there) for one, other, there in carers]
    columns += [
        _key(5 + (0 if layout.POSTCODES <= at < layout.BIRTH else _kind(at)), wide[:, at],
             rows[:, at] > 0)
        for at in plain
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def _kind(column: int) -> int:
    """Numbers of one kind in several columns are equal to each other, and to no others."""
    if column in (layout.UPN, layout.FORMER_UPNS, layout.FORMER_UPNS + 1):
        return 1
    return {layout.NHS: 2, layout.MOTHER: 3}.get(column, 4)


def _key(what: int, value: Keys, there: npt.NDArray[np.bool_]) -> Keys:
    """A key of 64 bits, above 0 where there is one; things of different kinds have different."""
    mixed = (value + np.uint64(what << 60)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(what)
    return np.where(there, np.maximum(mixed, 1), 0).astype(np.uint64)


def clears(pattern: int) -> bool:
    """Whether a pair shows that the record is not the child: release at once.

    Two different verified NHS numbers, or another place in one birth of the same mother.
    """
    levels = Levels.of(pattern)
    reason = contradiction(levels)
    if reason == "different order of one birth":
        return levels.carers == Carers.MOTHER
    return reason == "two different verified NHS numbers"


def share(near: Iterable[float], rivals: Iterable[float]) -> float:
    """The probability of being one of the near children, all rivals and nobody counted.

    Each weight is that of one child: log2 of the odds that the record is theirs.

    >>> share([0.0], []), round(share([0.0], [10.0]), 4)
    (0.5, 0.001)
    """
    mine, others = _odds(list(near)), _odds(list(rivals))
    return mine / (1.0 + mine + others)


def _odds(weights: Sequence[float]) -> float:
    return float(np.sum(np.exp2(np.minimum(weights, 40.0)))) if weights else 0.0
