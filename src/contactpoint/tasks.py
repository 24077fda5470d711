"""What awaits a steward, in the field's words, ordered by what a decision is worth; pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contactpoint.moments import DAY
from linkage.decide import Levels, contradiction, number_in_doubt
from projections.workings import OpenPair


class Kind(StrEnum):
    """The kinds of tasks, as systems of this kind call them."""

    DUPLICATE = "potential duplicate"
    """Two records of one source that may be one child."""
    LINKAGE = "potential linkage"
    """Two records of two sources that may be one child."""
    OVERLAY = "potential overlay"
    """A record whose new statement may be of another child; it is held, and nothing moves."""
    IDENTIFIER = "review identifier"
    """Two records share a number, and the rest says two children, or the other way round; or they
    share one and are of one source, which holds each child once."""
    SIZE = "maximum entity size"
    """So many records hang together that the machine links only what is sure."""


RISK = {
    Kind.OVERLAY: 3.0,
    Kind.IDENTIFIER: 2.5,
    Kind.SIZE: 2.0,
    Kind.DUPLICATE: 1.5,
    Kind.LINKAGE: 1.0,
}
"""What harm waits where nobody decides: a child shown with another's facts before one shown twice.
Stated, not measured."""
NEAR = 4.0
"""Bits from the threshold at which nearness counts half."""
OLD = 90.0
"""Days of waiting that count as much as the least risk."""
ASIDE = 2.0
"""What a task loses whose steward could not tell: others go first."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing for a steward to decide."""

    kind: Kind
    name: str
    records: tuple[str, ...]
    """The first 8 hex digits of each record's id."""
    since: int
    worth: float
    pair: OpenPair | None = None
    size: int = 0
    """How many records hang together at least, where that is what it is about."""
    claimed: str = ""
    """Who is at it now."""
    said: str = ""
    """What a steward said of it that decided nothing: ``unsure`` or ``refer``."""


def kind_of(
    pair: OpenPair, sources: tuple[str, str], *, of_children: bool = True, once: bool = False
) -> Kind:
    """What a referred pair is, from what agrees and from whose records they are.

    Where they are not ``of_children`` but of a table of another shape, no field is known to be an
    identifier. ``once``: whether the source of the first holds each child once.
    """
    if of_children and _is_in_doubt(pair.pattern):
        return Kind.IDENTIFIER
    if once and sources[0] == sources[1] and Levels.of(pair.pattern).same_national_number:
        return Kind.IDENTIFIER
    return Kind.DUPLICATE if sources[0] == sources[1] else Kind.LINKAGE


def _is_in_doubt(pattern: int) -> bool:
    """Whether numbers of two records of children speak against each other, or against the rest."""
    return bool(number_in_doubt(pattern) or contradiction(Levels.of(pattern)))


def worth(kind: Kind, since: int, now: int, distance: float | None = None, said: str = "") -> float:
    """What deciding it is worth: risk, nearness to the threshold, age; more goes first.

    ``distance``: bits between its weight and the threshold above which the machine links.
    """
    near = 0.0 if distance is None else NEAR / (NEAR + abs(distance))
    age = max(0.0, (now - since) / DAY / OLD)
    return RISK[kind] + near + age - (ASIDE if said == "unsure" else 0.0)


def place(task: Task) -> tuple[bool, float, str]:
    """Where a task stands among others: what somebody is at first, then by what it is worth."""
    return not task.claimed, -task.worth, task.name


def each_record_once(
    tasks: Iterable[Task], allowed: Callable[[Task], bool] = lambda _: True
) -> Iterator[Task]:
    """The tasks by what they are worth, each record in one of them at a time.

    Those that somebody is at go first, so that nobody is given the same records meanwhile. What is
    not ``allowed`` takes no record from others.
    """
    taken: set[str] = set()
    for task in sorted(tasks, key=place):
        if taken.isdisjoint(task.records) and allowed(task):
            taken.update(task.records)
            yield task
