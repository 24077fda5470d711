"""The stewards' queue as one steward has it: what awaits somebody and is theirs to decide."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from contactpoint.judging.pair import Pair, stream_of
from contactpoint.linking.neighbourhoods import sure_of
from contactpoint.people.deciding import Act, Outcome, decide
from contactpoint.people.knowing import knowing
from contactpoint.tasks import Kind, Place, Task, each_record_once, kind_of, worth
from events.judgement import JudgedPair, evolve
from linkage.resolve import CROWD
from projections.workings import OpenPair

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint


def tasks_of(
    store: "Contactpoint", at: int | None = None, behind: Place | None = None
) -> Iterator[Task]:
    """The tasks of whoever acts, the worthiest first; those not theirs are not told of.

    ``at``: when their worth is looked at, else now. One moment keeps tasks in one order.
    ``behind``: only those that follow a place in it.
    """
    found = list(_all(store, store.chance.clock() if at is None else at))
    records = {id(task): sides for task, sides in found}

    def allowed(tasks: Sequence[Task]) -> list[bool]:
        about = knowing({one for task in tasks for one in records[id(task)]}, store)
        decisions = (decide(store.actor, Act.OPEN_PAIR, about(records[id(task)])) for task in tasks)
        return [decision.outcome is Outcome.ALLOWED for decision in decisions]

    return each_record_once((task for task, _ in found), allowed, behind)


def _all(store: "Contactpoint", now: int) -> Iterator[tuple[Task, tuple[UUID, ...]]]:
    yield from _pairs(store, now)
    yield from _overlays(store, now)
    yield from _crowds(store, now)


def _pairs(store: "Contactpoint", now: int) -> Iterator[tuple[Task, tuple[UUID, ...]]]:
    pairs = store.open_records.waiting(cleared=store.is_cleared)
    sources = store.workings.sources_of({side for p in pairs for side in (p.left, p.right)})
    states = _states(store, pairs)
    sure = sure_of(store.model)
    registered = store.sources.registry().sources
    claims_at = store.chance.clock()
    shaped = {name for name, source in registered.items() if source.fields}
    once = {name for name, source in registered.items() if source.one_record_each}
    for pair in pairs:
        state = states.get(Pair(pair.left, pair.right), JudgedPair())
        own = sources[pair.left], sources[pair.right]
        kind = kind_of(pair, own, of_children=own[0] not in shaped, once=own[0] in once)
        said = state.judged.verdict if state.judged else ""
        if state.judged and said == "refer" and state.judged.by == store.actor.subject:
            continue  # somebody else is to decide
        task = Task(
            kind,
            str(Pair(pair.left, pair.right)),
            (pair.left.hex[:8], pair.right.hex[:8]),
            pair.since,
            worth(kind, pair.since, now, pair.weight - sure if pair.model else None, said),
            pair,
            claimed=state.claimant if claims_at < state.until else "",
            said=said,
        )
        yield task, (pair.left, pair.right)


def _states(store: "Contactpoint", pairs: Iterable[OpenPair]) -> dict[Pair, JudgedPair]:
    """What stewards did with those of the pairs that one ever took up."""
    streams = {
        stream_of(pair, store.master): pair for pair in (Pair(p.left, p.right) for p in pairs)
    }
    touched = store.log.versions(streams)
    return {streams[one]: store.log.replay(one, JudgedPair(), evolve) for one in touched}


def _overlays(store: "Contactpoint", now: int) -> Iterator[tuple[Task, tuple[UUID, ...]]]:
    overlays = store.workings.overlays()
    shown = _shown(store, [held.record for held in overlays])
    for held in overlays:
        if held.record not in shown:
            continue
        name = f"{held.delivery}:{held.line}"
        short = held.record.hex[:8]
        value = worth(Kind.OVERLAY, held.since, now)
        yield Task(Kind.OVERLAY, name, (short,), held.since, value), (held.record,)


def _crowds(store: "Contactpoint", now: int) -> Iterator[tuple[Task, tuple[UUID, ...]]]:
    crowds = store.workings.crowds()
    shown = _shown(store, [crowd.lead for crowd in crowds])
    for crowd in crowds:
        if crowd.lead in shown:
            value = worth(Kind.SIZE, crowd.since, now)
            short = crowd.lead.hex[:8]
            task = Task(Kind.SIZE, short, (short,), crowd.since, value)
            # How many records a shielded child among them has is told to the cleared alone.
            size = crowd.records if store.is_cleared else CROWD + 1
            yield replace(task, size=size), (crowd.lead,)


def _shown(store: "Contactpoint", records: Collection[UUID]) -> Collection[UUID]:
    """Those of the records that whoever acts may know of."""
    return records if store.is_cleared else store.open_records.visible(records)
