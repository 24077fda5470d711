"""What awaits a steward, by what a decision is worth, each record in one task at a time; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol
from uuid import UUID

from projections.waiting import OpenPair
from projections.worth import Kind

AT_ONCE = 100
"""Tasks of which it is asked at once who may see them."""
Place = tuple[bool, float, str]
"""Where a task stands among others: what somebody is at first, then those whose turn it is."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing for a steward to decide."""

    kind: Kind
    name: str
    ids: tuple[UUID, ...]
    """The records that it is about."""
    since: int
    turn: float
    """When its turn is (``projections.worth``)."""
    pair: OpenPair | None = None
    size: int = 0
    """How many records hang together at least, where that is what it is about."""
    claimed: str = ""
    """Who is at it now."""
    said: str = ""
    """What a steward said of it that decided nothing: ``unsure`` or ``refer``."""

    @property
    def records(self) -> tuple[str, ...]:
        """The first 8 hex digits of each record's id."""
        return tuple(one.hex[:8] for one in self.ids)

    @property
    def full_name(self) -> str:
        """A name that no other has; of a pair, one that orders them as the read models do."""
        return self.pair.left.hex + self.pair.right.hex if self.pair else self.name


class Waiting(Protocol):
    """All that awaits stewards, whosever it is."""

    def following(self, behind: Place | None) -> Iterator[Task]:
        """The tasks that follow a place, or all, in the order of their places."""

    def sharing(self, records: Iterable[UUID]) -> Iterable[Task]:
        """The tasks that are about any of these records, in no order."""

    def told(self, tasks: Sequence[Task]) -> Sequence[Task | None]:
        """Each of these as whoever asks may be told of it; None where it is not theirs."""


def place(task: Task) -> Place:
    """Where a task stands among others."""
    return not task.claimed, task.turn, task.full_name


def each_record_once(
    waiting: Waiting, behind: Place | None = None, *, at_once: int = AT_ONCE
) -> Iterator[Task]:
    """The tasks of whoever asks by their places, each record in one of them at a time.

    Those that somebody is at go first, so that nobody is given the same records meanwhile. What is
    not theirs takes no record from others; it is asked of as many as are read, and of those before
    them that share a record, ``at_once`` together. ``behind``: only what follows a place.
    """
    choosing = Choosing(waiting)
    following = waiting.following(behind)
    while some := list(islice(following, at_once)):
        yield from choosing.choose(some)


class Choosing:
    """Which tasks are told of, of those that were asked about and of those that these hang on."""

    def __init__(self, waiting: Waiting) -> None:
        """Nothing is asked about yet."""
        self._waiting = waiting
        self._told: dict[str, Task | None] = {}
        """Each task that was asked about, as it may be told; None where it is not theirs."""
        self._taken: set[UUID] = set()
        """The records of those that are told of."""
        self._known: dict[str, Task] = {}
        self._of: dict[UUID, list[Task]] = {}
        """The tasks about a record, of the records of theirs, the first one last; without those
        that were looked up from there: where many share one, none is looked at for each other."""

    def choose(self, tasks: Iterable[Task]) -> list[Task]:
        """Those of the tasks that are told of, as they are told, in the order of their places."""
        named = {task.full_name: self._as_known(task) for task in tasks}
        asked = {name: task for name, task in named.items() if name not in self._told}
        chosen: list[Task] = []
        for task in sorted(self._theirs_and_before(asked.values()), key=place):
            if self._taken.isdisjoint(task.ids):
                self._taken.update(task.ids)
                chosen.append(task)
        told = (self._told[task.full_name] for task in chosen if task.full_name in asked)
        return [task for task in told if task is not None]

    def _as_known(self, task: Task) -> Task:
        """A task that was read before is as it was then."""
        return self._known.setdefault(task.full_name, task)

    def _theirs_and_before(self, asked: Iterable[Task]) -> list[Task]:
        """Those that are theirs, and those on which it hangs whether these are told of."""
        found: list[Task] = []
        todo = list(asked)
        while todo:
            self._told |= {
                task.full_name: told
                for task, told in zip(todo, self._waiting.told(todo), strict=True)
            }
            theirs = [task for task in todo if self._told[task.full_name] is not None]
            self._ask({record for task in theirs for record in task.ids} - self._of.keys())
            before = {one.full_name: one for task in theirs for one in self._before(task)}
            todo = [task for name, task in before.items() if name not in self._told]
            found += theirs
        return found

    def _ask(self, records: set[UUID]) -> None:
        about: dict[UUID, list[Task]] = {record: [] for record in records}
        for task in self._waiting.sharing(records) if records else ():
            known = self._as_known(task)
            for record in records.intersection(known.ids):
                about[record].append(known)
        for tasks in about.values():
            tasks.sort(key=place, reverse=True)
        self._of |= about

    def _before(self, task: Task) -> Iterator[Task]:
        """Those before it that share a record with it, but for those that were looked up before."""
        mine = place(task)
        for about in (self._of[record] for record in task.ids):
            while about and place(about[-1]) < mine:
                yield about.pop()
