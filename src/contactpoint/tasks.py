"""What awaits a steward, in the field's words, ordered by what a decision is worth; pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

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


AT_ONCE = 100
"""Tasks of which it is asked at once who may see them."""
Place = tuple[bool, float, str]


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
    if once and sources[0] == sources[1] and _is_of_one_number(pair.pattern):
        return Kind.IDENTIFIER
    return Kind.DUPLICATE if sources[0] == sources[1] else Kind.LINKAGE


@lru_cache(1 << 14)
def _is_of_one_number(pattern: int) -> bool:
    return Levels.of(pattern).same_national_number


@lru_cache(1 << 14)
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


def place(task: Task) -> Place:
    """Where a task stands among others: what somebody is at first, then by what it is worth."""
    return not task.claimed, -task.worth, task.name


def each_record_once(
    tasks: Iterable[Task],
    allowed: Callable[[Sequence[Task]], Sequence[bool]] = lambda some: [True] * len(some),
    behind: Place | None = None,
    *,
    at_once: int = AT_ONCE,
) -> Iterator[Task]:
    """The tasks by what they are worth, each record in one of them at a time.

    Those that somebody is at go first, so that nobody is given the same records meanwhile. What is
    not ``allowed`` takes no record from others; it is asked of as many as are read, and of those
    before them that share a record, ``at_once`` together. ``behind``: only what follows a place.
    """
    choosing = _Choosing(sorted(tasks, key=place), allowed)
    ordered = choosing.ordered
    begin = 0 if behind is None else bisect_right(ordered, behind, key=place)
    for first in range(begin, len(ordered), at_once):
        some = range(first, min(first + at_once, len(ordered)))
        choosing.choose(some)
        yield from (ordered[one] for one in some if choosing.chosen[one])


class _Choosing:
    """Which of some tasks, in order, are told of: no further than somebody reads."""

    def __init__(
        self, ordered: Sequence[Task], allowed: Callable[[Sequence[Task]], Sequence[bool]]
    ) -> None:
        self.ordered, self._allowed = ordered, allowed
        self.chosen: dict[int, bool] = {}
        self._of: dict[str, list[int]] = {}
        """The tasks in which a record stands, by their number in the order."""
        for number, task in enumerate(ordered):
            for record in task.records:
                self._of.setdefault(record, []).append(number)

    def choose(self, numbers: Iterable[int]) -> None:
        """Settle whether these are told of."""
        open_ = sorted(self._with_those_before(numbers))
        may = self._allowed([self.ordered[one] for one in open_])
        for number, is_allowed in zip(open_, may, strict=True):
            self.chosen[number] = is_allowed and not any(
                self.chosen[one] for one in self._before(number)
            )

    def _with_those_before(self, numbers: Iterable[int]) -> set[int]:
        """These, and those on which it hangs whether these are told of; none that is settled."""
        found = {one for one in numbers if one not in self.chosen}
        todo = list(found)
        while todo:
            further = {one for one in self._before(todo.pop()) if one not in self.chosen} - found
            found |= further
            todo.extend(further)
        return found

    def _before(self, number: int) -> Iterator[int]:
        """Those before it that share a record with it."""
        for record in self.ordered[number].records:
            yield from takewhile(number.__gt__, self._of[record])
