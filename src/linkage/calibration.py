"""Whether probabilities mean what they say, and what each threshold would give."""

import msgspec
import numpy as np
import numpy.typing as npt

from linkage.evaluation import wilson

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

BINS = 10
LEAST = 0.01
"""Probability from which pairs are looked at: below it nearly all are two children."""


class Bin(msgspec.Struct, frozen=True):
    """Pairs of like probability."""

    pairs: float
    lowest: float
    highest: float
    predicted: float
    """Their mean probability."""
    observed: float
    """The share of them that are one child."""
    low: float
    high: float
    """95 % interval of what is observed (Wilson's), as if pairs were independent."""


class Reliability(msgspec.Struct, frozen=True):
    """A table of bins, and how far off they are."""

    bins: tuple[Bin, ...]
    """Of equally many pairs."""
    tenths: tuple[Bin, ...]
    """The same pairs by tenths of the probability: most are nearly sure, and doubt is rare."""
    expected_error: float
    """Mean distance of predicted and observed, by pairs (Naeini and others 2015)."""
    greatest_error: float


class Point(msgspec.Struct, frozen=True):
    """What linking all pairs from a weight on would give, rivals and rules left out."""

    weight: float
    precision: float
    recall: float


def reliability(probability: Floats, match: Mask, bins: int = BINS) -> Reliability:
    """Bins of equally many pairs, in order of probability.

    Pairs of one probability that a border falls on are shared out by their mean, so nothing
    depends on the order of the pairs.
    """
    if not len(probability):
        return Reliability((), (), 0.0, 0.0)
    values, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    column = _Columns(
        values, count.astype(np.float64), np.bincount(place, match).astype(np.float64)
    )
    found = column.bins(np.linspace(0, len(probability), min(bins, len(probability)) + 1))
    inner = np.searchsorted(values, np.linspace(0, 1, BINS + 1)[1:-1])
    upto = np.concatenate([[0.0], np.cumsum(count)])
    tenths = column.bins(np.unique([0.0, *upto[inner], upto[-1]]))
    off = np.array([abs(one.predicted - one.observed) for one in found])
    pairs = np.array([one.pairs for one in found])
    return Reliability(found, tenths, float(off @ pairs / pairs.sum()), float(off.max()))


class _Columns(msgspec.Struct, frozen=True):
    """Distinct probabilities, ascending: how many pairs have each, and how many are one child."""

    values: Floats
    count: Floats
    right: Floats

    def bins(self, borders: Floats) -> tuple[Bin, ...]:
        """What lies between borders, which are counts of pairs from the least probability on."""
        upto = np.concatenate([[0.0], np.cumsum(self.count)])
        predicted, observed = (
            np.diff(np.interp(borders, upto, np.concatenate([[0.0], np.cumsum(column)])))
            for column in (self.values * self.count, self.right)
        )
        pairs = np.diff(borders)
        first = np.searchsorted(upto, borders[:-1], side="right") - 1
        last = np.searchsorted(upto, borders[1:], side="left") - 1
        return tuple(
            Bin(float(n), lowest, highest, float(p / n), float(o / n), *wilson(float(o / n), n))
            for n, lowest, highest, p, o in zip(
                pairs, self.values[first].tolist(), self.values[last].tolist(), predicted, observed,
                strict=True,
            )
        )  # fmt: skip


def curve(weight: Floats, match: Mask, true: float, points: int = 200) -> tuple[Point, ...]:
    """Precision and recall from each weight on, the greatest first; at most so many points.

    ``true``: the true pairs there are, those never compared with them.
    """
    if not len(weight) or not true:
        return ()
    order = np.argsort(-weight, kind="stable")
    falling, right = weight[order], np.cumsum(match[order])
    # A threshold takes all pairs of one weight or none.
    ends = np.flatnonzero(np.diff(falling, append=-np.inf))
    kept = ends[np.unique(np.linspace(0, len(ends) - 1, points).round().astype(np.int64))]
    return tuple(
        Point(float(falling[end]), float(right[end] / (end + 1)), float(right[end] / true))
        for end in kept
    )
