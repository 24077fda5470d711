"""The stewards' queue as one steward has it: what awaits somebody and is theirs to decide."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from typing import TYPE_CHECKING
from uuid import UUID

from contactpoint.judging.pair import Pair, stream_of
from contactpoint.people.deciding import Act, Outcome, decide
from contactpoint.people.knowing import knowing
from contactpoint.tasks import Choosing, Place, Task, each_record_once, place
from events.judgement import JudgedPair, evolve
from linkage.resolve import CROWD
from projections.routing import Near
from projections.waiting import OpenPair, Turn
from projections.worth import Kind, turn

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint

FEWEST, MOST = 25, 200
"""Pairs read at once: few at first, for a page of tasks takes no more, then twice as many."""


def tasks_of(store: "Contactpoint", behind: Place | None = None) -> Iterator[Task]:
    """The tasks of whoever acts, the worthiest first; those not theirs are not told of.

    ``behind``: only those that follow a place. No more is read than is asked for.
    """
    return each_record_once(Queue(store), behind)


def crowd_named(store: "Contactpoint", name: str) -> UUID | None:
    """The record that leads a crowd, by the name of its task; None where it is not theirs."""
    queue = Queue(store)
    named = [task for task in queue.others if task.kind is Kind.SIZE and task.name == name]
    return next((task.ids[0] for task in Choosing(queue).choose(named)), None)


class Queue:
    """All that awaits stewards now, and what whoever acts is told of it."""

    def __init__(self, store: "Contactpoint") -> None:
        """Read what is not of pairs, and who is at which."""
        self._store = store
        at = store.workings.attended(store.chance.clock())
        self._claimed = {Pair(pair.left, pair.right): steward for pair, steward in at}
        self._attended = [_task(pair, steward) for pair, steward in at]
        self.others = [*_overlays(store), *_crowds(store)]
        """Held rows and crowds; few, and in no order."""

    def following(self, behind: Place | None) -> Iterator[Task]:
        """The tasks that follow a place, or all, in the order of their places."""
        others = sorted((*self._attended, *self.others), key=place)
        for task in merge(others, self._unclaimed(behind), key=place):
            if behind is None or place(task) > behind:
                yield task

    def _unclaimed(self, behind: Place | None) -> Iterator[Task]:
        turn, authority = _turn(behind) if behind else None, self._store.actor.authority
        near = Near(authority, self._store.today.isoformat()) if authority else None
        size = FEWEST
        while pairs := self._store.workings.next_pairs(turn, size, near):
            for pair in pairs:
                if Pair(pair.left, pair.right) not in self._claimed:
                    yield _task(pair)
            turn = (pairs[-1].turn, pairs[-1].left.bytes, pairs[-1].right.bytes)
            size = min(2 * size, MOST)

    def sharing(self, records: Iterable[UUID]) -> Iterator[Task]:
        """The tasks that are about any of these records, in no order."""
        asked = set(records)
        for pair in self._store.workings.pairs_with(asked):
            yield _task(pair, self._claimed.get(Pair(pair.left, pair.right), ""))
        yield from (task for task in self.others if not asked.isdisjoint(task.ids))

    def told(self, tasks: Sequence[Task]) -> list[Task | None]:
        """Each of these as whoever acts may be told of it; None where it is not theirs."""
        store = self._store
        records = {record for task in tasks for record in task.ids}
        shown = records if store.is_cleared else store.open_records.visible(records)
        across = store.guard.across(records)
        seen = [
            task
            for task in tasks
            if shown.issuperset(task.ids) and (task.pair is None or not across(*task.ids))
        ]
        states = _states(store, seen)
        about = knowing({record for task in seen for record in task.ids}, store)
        theirs: dict[str, Task] = {}
        for task in seen:
            judged = states.get(task.full_name, JudgedPair()).judged
            said, by = (judged.verdict, judged.by) if judged else ("", "")
            # Who referred it on has said that somebody else is to decide.
            is_open = said != "refer" or by != store.actor.subject
            decision = decide(store.actor, Act.OPEN_PAIR, about(task.ids))
            if is_open and decision.outcome is Outcome.ALLOWED:
                theirs[task.full_name] = replace(task, said=said)
        return [theirs.get(task.full_name) for task in tasks]


def _turn(behind: Place) -> Turn | None:
    """From where pairs are read that follow a place; those that do not are left out afterwards."""
    is_unclaimed, turn, name = behind
    if not is_unclaimed:
        return None
    if len(name) != _PAIR:
        return turn, b"", b""
    return turn, UUID(name[:32]).bytes, UUID(name[32:]).bytes


_PAIR = 64
"""Digits of the full name of a pair."""


def _task(pair: OpenPair, steward: str = "") -> Task:
    both = Pair(pair.left, pair.right)
    return Task(pair.kind, str(both), both, pair.since, pair.turn, pair, claimed=steward)


def _states(store: "Contactpoint", tasks: Sequence[Task]) -> dict[str, JudgedPair]:
    """What stewards did with those of the pairs that one ever took up, by the full name."""
    streams = {
        stream_of(Pair(task.pair.left, task.pair.right), store.master): task.full_name
        for task in tasks
        if task.pair
    }
    touched = store.log.versions(streams)
    return {streams[one]: store.log.replay(one, JudgedPair(), evolve) for one in touched}


def _overlays(store: "Contactpoint") -> Iterator[Task]:
    """A task for each row that is held; of rows of one delivery each has its own line."""
    for held in store.workings.overlays():
        name = f"{held.delivery}:{held.line}"
        when = turn(Kind.OVERLAY, held.since)
        yield Task(Kind.OVERLAY, name, (held.record,), held.since, when)


def _crowds(store: "Contactpoint") -> Iterator[Task]:
    for crowd in store.workings.crowds():
        when = turn(Kind.SIZE, crowd.since)
        # How many records a shielded child among them has is told to the cleared alone.
        size = crowd.records if store.is_cleared else CROWD + 1
        yield Task(Kind.SIZE, crowd.lead.hex[:8], (crowd.lead,), crowd.since, when, size=size)
