"""How well records were put together: precision, recall and F1 of pairs and of whole children.

All measures are shares of sums over records, so they need no table of pairs, and those of any
groups of records add up to the whole: a pair counts half with each of its two records.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

Z = 1.959964
"""Standard normal quantile of a 95 % interval."""


class Share(msgspec.Struct, frozen=True):
    """Part of a whole, with its 95 % interval; all three are None where the whole is nothing."""

    part: float
    whole: float
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, part: Floats, whole: Floats, unit: Ints) -> Self:
        """The sum of one column over the sum of another, and how surely it is known.

        What is of one unit is not independent, so the spread is that between units: the variance
        of a ratio of sums, linearised (Cochran 1977, section 6.4), gives the number of independent
        observations that would be as telling, and Wilson's interval (1927) is that of so many, as
        Korn and Graubard (1998) do with the exact one. Where all units agree, each counts as one
        observation, so that no error found is not taken for none there.
        """
        _, place = np.unique(unit, return_inverse=True)
        parts, wholes = (np.bincount(place, column).astype(np.float64) for column in (part, whole))
        parts, wholes = parts[wholes > 0], wholes[wholes > 0]
        every, some = float(wholes.sum()), float(parts.sum())
        if not every:
            return cls(0.0, 0.0, None, None, None)
        share = some / every
        seen = _independent(parts, wholes, share)
        return cls(some, every, share, *wilson(share, seen))


def wilson(share: float, seen: float) -> tuple[float, float]:
    """The 95 % interval of a share of so many independent observations (Wilson 1927).

    >>> [round(end, 3) for end in wilson(1.0, 100)]
    [0.963, 1.0]
    """
    spread = Z * Z / seen
    centre = share + spread / 2
    half = np.sqrt(spread * (share * (1 - share) + spread / 4))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    # Rounding must not keep a share of 1 from reaching 1.
    return max(0.0, round(float(low), 12)), min(1.0, round(float(high), 12))


def _independent(parts: Floats, wholes: Floats, share: float) -> float:
    """How many independent observations tell as much as these units."""
    units = len(wholes)
    if units == 1:
        return 1.0
    every = float(wholes.sum())
    spread = float(((parts - share * wholes) ** 2).sum()) * units / (units - 1) / every**2
    if spread * every <= 1e-12:
        return float(units)
    return min(share * (1 - share) / spread, every)


class Scores(msgspec.Struct, frozen=True):
    """Precision, recall and F1 (their harmonic mean), each a share with its interval."""

    precision: Share
    recall: Share
    f1: Share


class Measures(msgspec.Struct, frozen=True):
    """Scores by pairs of records, and by whole children."""

    records: int
    pairs: Scores
    children: Scores
    """A child is right when it holds all records of one person and no other (Menestrina, Whang
    and Garcia-Molina 2010); persons with one record count too."""


@dataclass(frozen=True)
class Partition:
    """Each record's true person and the child it was put into, as codes from 0."""

    person: Ints
    child: Ints

    @cached_property
    def cell(self) -> Ints:
        """What a record's person and child make together."""
        return codes(self.person * (int(self.child.max(initial=0)) + 1) + self.child)

    @cached_property
    def unit(self) -> Ints:
        """Records reachable over persons and children: no error crosses a unit."""
        return connected(self.person, self.child)

    @cached_property
    def true(self) -> Floats:
        """Halves of true pairs at each record."""
        return (_sizes(self.person) - 1) / 2

    @cached_property
    def found(self) -> Floats:
        """Halves of the pairs that the children make, at each record."""
        return (_sizes(self.child) - 1) / 2

    @cached_property
    def right(self) -> Floats:
        """Halves of the pairs that are both, at each record."""
        return (_sizes(self.cell) - 1) / 2

    def measures(self, which: Mask | None = None) -> Measures:
        """The measures of all records, or of those that are asked for."""
        rows = np.arange(len(self.person)) if which is None else np.flatnonzero(which)
        unit, cell = self.unit[rows], _sizes(self.cell)[rows]
        persons, children = _sizes(self.person)[rows], _sizes(self.child)[rows]
        whole = ((cell == persons) & (cell == children)) / cell
        return Measures(
            len(rows),
            _scores(self.right[rows], self.found[rows], self.true[rows], unit),
            _scores(whole, 1 / children, 1 / persons, unit),
        )

    def by_sources(self, source: Ints) -> dict[tuple[int, int], Scores]:
        """The pair scores of each two sources (the lesser code first) that have a pair."""
        columns = [self._pairs_of(key, source) for key in (self.cell, self.child, self.person)]
        between = np.concatenate([column[0] for column in columns])
        unit = np.concatenate([column[1] for column in columns])
        sizes = [len(column[0]) for column in columns]
        right, found, true = (
            np.concatenate([c[2] if n == m else np.zeros(sizes[m]) for m, c in enumerate(columns)])
            for n in range(3)
        )
        order = np.argsort(between, kind="stable")
        starts = np.flatnonzero(np.diff(between[order], prepend=-1))
        many = int(source.max(initial=0)) + 1
        return {
            divmod(int(between[rows[0]]), many): _scores(
                right[rows], found[rows], true[rows], unit[rows]
            )
            for rows in np.split(order, starts[1:])
            if len(rows)
        }

    def _pairs_of(self, key: Ints, source: Ints) -> tuple[Ints, Ints, Floats]:
        """For the records of each key: two sources as one code, the unit, how many pairs."""
        many = int(source.max(initial=0)) + 1
        entry, first, count = np.unique(key * many + source, return_index=True, return_counts=True)
        owner, held, unit = entry // many, entry % many, self.unit[first]
        between, units, pairs = [held * many + held], [unit], [count * (count - 1) / 2]
        for lag in range(1, len(entry)):
            same = np.flatnonzero(owner[lag:] == owner[:-lag])
            if not len(same):
                break
            between.append(held[same] * many + held[same + lag])
            units.append(unit[same])
            pairs.append((count[same] * count[same + lag]).astype(np.float64))
        kept = np.concatenate(pairs) > 0
        return (
            np.concatenate(between)[kept],
            np.concatenate(units)[kept],
            np.concatenate(pairs)[kept],
        )

    def missed(self, most: int) -> tuple[Ints, Ints]:
        """Places of two records of one person in two children; at most so many pairs."""
        return _parted(self.person, self.child, most)

    def false(self, most: int) -> tuple[Ints, Ints]:
        """Places of two records of two persons in one child; at most so many pairs."""
        return _parted(self.child, self.person, most)


def codes(values: npt.NDArray[np.generic]) -> Ints:
    """Whole numbers from 0 in the place of values: equal for equal ones."""
    return np.asarray(np.unique(values, return_inverse=True)[1], np.int64)


def connected(one: Ints, other: Ints) -> Ints:
    """For each record the least code of ``one`` that is reachable over shared codes of either."""
    label = one.copy()
    while True:
        before = label
        for key in (one, other):
            least = np.full(int(key.max(initial=0)) + 1, len(label), np.int64)
            np.minimum.at(least, key, label)
            label = least[key]
        if np.array_equal(before, label):
            return label


def _sizes(key: Ints) -> Floats:
    return np.bincount(key)[key].astype(np.float64)


def _scores(right: Floats, found: Floats, true: Floats, unit: Ints) -> Scores:
    return Scores(
        Share.of(right, found, unit),
        Share.of(right, true, unit),
        Share.of(2 * right, found + true, unit),
    )


def _parted(together: Ints, apart: Ints, most: int) -> tuple[Ints, Ints]:
    """Places of records with the same code of one kind and different ones of the other.

    Where there are more than ``most``, those of groups drawn at random, always the same ones.
    """
    order = np.lexsort((apart, together))
    edges = np.flatnonzero(np.diff(together[order], prepend=-1, append=-1))
    groups = [
        order[start:stop]
        for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        if apart[order[start]] != apart[order[stop - 1]]
    ]
    count = sum(_across(apart[group]) for group in groups)
    drawn = (
        np.random.default_rng(0).permutation(len(groups)) if count > most else range(len(groups))
    )
    pairs = (pair for n in drawn for pair in _pairs_across(groups[n], apart))
    found = np.array(list(islice(pairs, most)), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _across(apart: Ints) -> int:
    sizes = np.unique(apart, return_counts=True)[1]
    return int((len(apart) ** 2 - (sizes**2).sum()) // 2)


def _pairs_across(group: Ints, apart: Ints) -> Iterator[tuple[int, int]]:
    places = group.tolist()
    for n, left in enumerate(places):
        for right in places[n + 1 :]:
            if apart[left] != apart[right]:
                yield left, right
