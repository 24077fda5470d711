"""Which records come near to a few that must not be missed: looser blocking, and a share of odds.

Blocking loses some pairs of one child for speed. Where the others are few, such as the records of
shielded children, records may be asked to share much less before they are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from linkage import kernel
from linkage.blocking import Filed, sound
from linkage.coding import Coder
from linkage.comparable import BirthKind, Comparable
from linkage.compare.carers import Carers
from linkage.decide import Levels, contradiction
from linkage.model import Model, total

Key = tuple[str | int, ...]
AT_ONCE = 100_000
"""Pairs that are compared at a time."""


class NearPair(NamedTuple):
    """A record that is asked about, one of the few, and how the two compare."""

    asked: int
    other: int
    weight: float
    """log2 of the odds of being one child."""
    pattern: int


class Few:
    """The records that must not be missed, by ordinal."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._records: dict[int, Comparable] = {}
        self._blocks: dict[Key, set[int]] = defaultdict(set)

    def __contains__(self, ordinal: int) -> bool:
        return ordinal in self._records

    def put(self, records: Mapping[int, Comparable]) -> None:
        """Add records, each in place of an older version of it."""
        for ordinal, record in records.items():
            self.remove([ordinal])
            self._records[ordinal] = record
            for key in self._keys(record):
                self._blocks[key].add(ordinal)

    def remove(self, ordinals: Iterable[int]) -> None:
        """Take records out; those that are not there are passed over."""
        for ordinal in ordinals:
            record = self._records.pop(ordinal, None)
            for key in self._keys(record) if record is not None else ():
                self._blocks[key].discard(ordinal)

    def pairs(self, asked: Mapping[int, Comparable], floor: float) -> list[NearPair]:
        """The pairs of the asked records with the few, from a weight on."""
        met = [
            (ordinal, other)
            for ordinal, record in asked.items()
            for other in sorted(set().union(*(self._blocks.get(k, ()) for k in self._keys(record))))
            if other != ordinal
        ]
        found: list[NearPair] = []
        for start in range(0, len(met), AT_ONCE):
            some = met[start : start + AT_ONCE]
            found += [pair for pair in self._compared(some, asked) if pair.weight >= floor]
        return found

    def _compared(
        self, met: Sequence[tuple[int, int]], asked: Mapping[int, Comparable]
    ) -> Iterator[NearPair]:
        coder = Coder(self._model.population)
        ones, others = sorted({a for a, _ in met}), sorted({b for _, b in met})
        rows = coder.rows([*(asked[a] for a in ones), *(self._records[b] for b in others)])
        place = {a: n for n, a in enumerate(ones)}
        beyond = {b: n for n, b in enumerate(others, len(ones))}
        left = rows[[place[a] for a, _ in met]]
        right = rows[[beyond[b] for _, b in met]]
        codes = kernel.patterns(left, right, coder.facts())
        weights = total(codes, self._model)
        for (one, other), weight, code in zip(met, weights.tolist(), codes.tolist(), strict=True):
            yield NearPair(one, other, weight, code)

    def _keys(self, record: Comparable) -> set[Key]:
        return set(loose_keys(record, self._model))


def loose_keys(record: Comparable, model: Model) -> Iterator[Key]:
    """What two records may share to be compared: any one thing that errors seldom leave alone."""
    filed = Filed.of(record, model.population)
    birth, year = record.birth, record.birth // 10_000
    if record.birth_kind in (BirthKind.FULL, BirthKind.STAND_IN):
        day, month = birth % 100, birth // 100 % 100
        yield "birth", year, *sorted((day, month))
    if year:
        for word in filed.sounds:
            yield "name and year", word, year
    for given, family in filed.names:
        yield "names", sound(given), sound(family)
    for postcode in record.postcodes:
        yield "postcode", postcode
    if record.nhs:
        yield "nhs", record.nhs
    for upn in (record.upn, *record.former_upns):
        if upn:
            yield "upn", upn
    if record.mother_nhs:
        yield "mother", record.mother_nhs
    for carer in record.carers:
        yield "carer", *carer
    for contact in record.contacts:
        yield "contact", contact


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
    mine = float(np.sum(np.exp2(np.minimum(list(near), 40.0)))) if near else 0.0
    others = float(np.sum(np.exp2(np.minimum(list(rivals), 40.0)))) if rivals else 0.0
    return mine / (1.0 + mine + others)
