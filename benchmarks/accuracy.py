"""How right an answer is, against the truth: pairs, clusters, twins, and what probabilities mean.

A pair is true when both records are of one person; true pairs that were never compared count as
missed.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.calibration import LEAST, reliability
from linkage.evaluation import Measures, Partition, codes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TRUTH: Final = "truth.npz"


class Truth(NamedTuple):
    """Who each record is of, in whole numbers, and what its source says of that."""

    person: npt.NDArray[np.int64]
    twins: npt.NDArray[np.int64]
    """The same number for children of one birth; -1 for one born alone."""
    once: npt.NDArray[np.int64]
    """The same number for records of a source that holds a person once; -1 for any other."""

    @classmethod
    def of(cls, folder: Path) -> "Truth":
        """Read the truth that stands beside a table."""
        with np.load(folder / TRUTH) as stored:
            return cls(stored["person"], stored["twins"], stored["once"])


class Rate(NamedTuple):
    """Precision, recall, and F1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Best(NamedTuple):
    """The best that a threshold could do, and where it stands."""

    rate: Rate
    threshold: float


class Clustered(NamedTuple):
    """What clusters are worth."""

    measures: Measures
    """By pairs of records, and by whole persons."""
    twins_merged: int
    false_links: float
    """Pairs of two persons in one cluster, for 100,000 records."""


def true_pairs(person: Ints) -> int:
    """How many pairs of records are of one person."""
    sizes = np.unique(person, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def at(linked: npt.NDArray[np.bool_], same: npt.NDArray[np.bool_], whole: int) -> Rate:
    """The rate of the pairs that are linked."""
    right = int((linked & same).sum())
    return Rate(right / max(1, int(linked.sum())), right / max(1, whole))


def best(probability: Floats, same: npt.NDArray[np.bool_], whole: int) -> Best:
    """The threshold of the highest F1; pairs of one probability are linked together."""
    if not len(probability):
        return Best(Rate(0.0, 0.0), 1.0)
    order = np.argsort(-probability, kind="stable")
    ordered, right = probability[order], np.cumsum(same[order])
    last = np.append(ordered[1:] != ordered[:-1], True)
    ordered, right, linked = ordered[last], right[last], np.flatnonzero(last) + 1
    top = int(np.argmax(2 * right / (linked + whole)))
    rate = Rate(float(right[top] / linked[top]), float(right[top] / max(1, whole)))
    return Best(rate, float(ordered[top]))


def calibration_error(probability: Floats, same: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error of the pairs that are likely enough to be looked at."""
    likely = probability >= LEAST
    return reliability(probability[likely], same[likely]).expected_error


def clustered(clusters: Ints, truth: Truth) -> Clustered:
    """What clusters are worth against the truth."""
    partition = Partition(codes(truth.person), codes(clusters))
    false = float((partition.found - partition.right).sum())
    return Clustered(
        partition.measures(), _twins_merged(clusters, truth), false / len(clusters) * 1e5
    )


def twin_births(truth: Truth) -> int:
    """How many births of several children have records of two of them."""
    return len(_several(truth.twins, truth.person, truth.twins >= 0))


def _twins_merged(clusters: Ints, truth: Truth) -> int:
    """Births of which one cluster holds two children."""
    born = truth.twins >= 0
    keys = np.stack([truth.twins, clusters], axis=1)
    _, places = np.unique(keys, axis=0, return_inverse=True)
    merged = _several(places.astype(np.int64), truth.person, born)
    births = truth.twins[born & np.isin(places, merged)]
    return len(np.unique(births))


def _several(group: Ints, person: Ints, among: npt.NDArray[np.bool_]) -> Ints:
    """The groups that hold more than one person."""
    distinct = np.unique(np.stack([group[among], person[among]], axis=1), axis=0)
    groups, persons = np.unique(distinct[:, 0], return_counts=True)
    return np.asarray(groups[persons > 1], np.int64)
