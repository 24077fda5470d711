"""Accuracy by groups: pairs of sources, age, sex and naming. A person's records share a group."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from contactpoint.evaluating.held import EXPECTED, Held
from contactpoint.evaluating.truth import Known, tells
from linkage import naming
from linkage.evaluation import Measures, Partition, Scores
from linkage.naming import Votes

NOT_STATED = "not stated"
AGES = ((1, "under 1"), (5, "1 to 4"), (11, "5 to 10"), (16, "11 to 15"))
"""Years below which a band ends, and its name."""
OLDEST = "16 and over"
UNBORN = "before birth"
FAIR = 1.5
"""Times as often as all that a group may be missed before it is served worse than others."""


class Group(msgspec.Struct, frozen=True):
    """The measures of one group of records; a pair counts half with each of its records."""

    group: str
    records: int | None
    pairs: Scores
    children: Scores | None
    """None, as of ``records``, for two sources: a child is not of two sources."""
    misses: float | None
    """How many times as often its pairs are missed as those of all."""
    behind: bool
    """Whether it is missed more than ``FAIR`` times as often, its whole interval considered."""

    @classmethod
    def of(cls, group: str, pairs: Scores, whole: Scores, measured: Measures | None = None) -> Self:
        """A group beside the whole."""
        recall, all_missed = pairs.recall, 1 - (whole.recall.value or 0.0)
        misses, behind = None, False
        if recall.value is not None and recall.high is not None and all_missed > 0:
            misses = (1 - recall.value) / all_missed
            behind = 1 - recall.high > FAIR * all_missed
        records, children = (measured.records, measured.children) if measured else (None, None)
        return cls(group, records, pairs, children, misses, behind)


def groups(held: Held, known: Mapping[str, Known], today: date) -> dict[str, tuple[Group, ...]]:
    """The measures of every group. ``today``: the day on which ages are told."""
    return {
        "sources": tuple(_by_sources(held)),
        "age": tuple(_by_age(held, known, today)),
        "sex": tuple(_by_person(held, [row.sex or NOT_STATED for row in held.rows])),
        "naming": tuple(_by_label(held.partition, _named(held, known))),
    }


def age(birth: str, today: date) -> str:
    """The age band of a birth date as stated; of a partial one at its earliest day.

    >>> age("2020-03-02", date(2025, 3, 1)), age("2020", date(2025, 3, 1))
    ('1 to 4', '5 to 10')
    """
    if birth == EXPECTED:
        return UNBORN
    parts = [int(part) for part in birth.split("-")] if birth[:4].isdigit() else []
    if not parts:
        return NOT_STATED
    born = (*parts, 1, 1)[:3]
    if born > (today.year, today.month, today.day):
        return UNBORN
    years = today.year - born[0] - ((today.month, today.day) < born[1:])
    return next((name for below, name in AGES if years < below), OLDEST)


def _by_sources(held: Held) -> list[Group]:
    """Those with most true pairs first."""
    whole = held.partition.measures().pairs
    found = [
        Group.of(f"{held.sources[a]} + {held.sources[b]}", scores, whole)
        for (a, b), scores in held.partition.by_sources(held.source).items()
    ]
    return sorted(found, key=lambda one: (-one.pairs.recall.whole, one.group))


def _by_age(held: Held, known: Mapping[str, Known], today: date) -> list[Group]:
    births = [known.get(row.person, Known()).born or row.birth for row in held.rows]
    order = [UNBORN, *(name for _, name in AGES), OLDEST, NOT_STATED]
    found = _by_person(held, [age(birth, today) for birth in births])
    return sorted(found, key=lambda one: order.index(one.group))


def _by_person(held: Held, labels: Sequence[str]) -> Iterator[Group]:
    """Groups by what most records of a person say; what is not stated has no vote."""
    names, code = np.unique(np.array(labels, str), return_inverse=True)
    person, many = held.partition.person, len(names)
    votes, strength = np.unique(person * many + code, return_counts=True)
    who, what = votes // (many or 1), votes % (many or 1)
    strength[names[what] == NOT_STATED] = 0
    order = np.lexsort((what, -strength, who))
    first = order[np.flatnonzero(np.diff(who[order], prepend=-1))]
    # Codes of persons count up from 0 without a gap, so they are places.
    return _by_label(held.partition, names[what[first]][person])


def _by_label(partition: Partition, labels: npt.NDArray[np.str_]) -> Iterator[Group]:
    whole = partition.measures().pairs
    for name in np.unique(labels).tolist():
        measured = partition.measures(labels == name)
        yield Group.of(name, measured.pairs, whole, measured)


def _named(held: Held, known: Mapping[str, Known]) -> npt.NDArray[np.str_]:
    """Each record's group: its person's in the truth, or else what all names of it tell."""
    if tells(known, "group"):
        told = [known.get(row.person, Known()).group or NOT_STATED for row in held.rows]
        return np.array(told, str)
    votes: dict[str, list[Votes]] = defaultdict(list)
    for row in held.rows:
        votes[row.person].append(row.votes)
    group = {person: naming.group(naming.together(each)) for person, each in votes.items()}
    return np.array([group[row.person] for row in held.rows], str)
