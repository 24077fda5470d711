"""Which child each resolved group of records is: numbers kept, merged, split, found again.

What is undone gets the numbers that it had: where the groups are those of an earlier time, every
number answers as it did then, unless a steward has just said otherwise; and a group that was a
child before, record for record, is that child again. Else, on a merge the number registered first
stays, and on a split the part with most records keeps it (equal: the part with the record
registered first). A withdrawn record that returns finds its number again.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from operator import itemgetter
from uuid import UUID

from events.child import (
    AssignRecords,
    Child,
    ChildEvent,
    CloseChild,
    Evidence,
    MergeChild,
    Status,
    decide,
)

Group = frozenset[UUID]
RETIRED: tuple[Status, ...] = ("retired",)
OTHERS: tuple[Status, ...] = ("current", "closed")


@dataclass(frozen=True, slots=True)
class KnownChild:
    """A child that any record of the neighbourhood is or was a record of."""

    id: UUID
    child: Child
    registered: tuple[int, str]
    """When it was registered (microseconds) and its number; less is earlier."""
    past: Sequence[tuple[int, Child]] = ()
    """What each run of linking left it as, and when (microseconds), the first one first."""
    let_go: Group = frozenset()
    """What its last event took out of it as not its own."""

    def at(self, when: int) -> Child:
        """What it was at a time."""
        place = bisect_right(self.past, when, key=itemgetter(0))
        return self.past[place - 1][1] if place else Child()

    @property
    def claims(self) -> Group:
        """The records that speak for it: of a retired identity all that were ever of it since.

        Not those of an earlier time at which it was retired: that was taken back.
        """
        if self.child.status == "retired":
            states = (state for _, state in reversed(self.past))
            since = takewhile(lambda state: state.status == "retired", states)
            return self.child.records.union(*(state.records for state in since))
        return self.child.records or self.child.former


@dataclass(frozen=True, slots=True)
class Settled:
    """Events that follow for one child, with the state it had."""

    id: UUID
    before: Child
    events: Sequence[ChildEvent]

    @property
    def version(self) -> int:
        """Of the stream, before the events."""
        return self.before.version


@dataclass(slots=True)
class _Plan:
    """Who answers for which group, while it is being found."""

    survivor: dict[Group, KnownChild] = field(default_factory=dict)
    absorbed: dict[UUID, Group] = field(default_factory=dict)
    before: dict[UUID, Group] = field(default_factory=dict)
    """With which group a merged child answered when the groups were these before."""
    given_up: Group = frozenset()
    """Records of identities that were given up."""
    made_new: Group = frozenset()
    """Records of identities that were made for others, and are seen."""


def settle(  # noqa: PLR0913 - a pure function of all that decides it
    groups: Collection[Group],
    known: Collection[KnownChild],
    *,
    evidence: Mapping[UUID, Evidence],
    ordinals: Mapping[UUID, int],
    model: str,
    register: Callable[[Group], tuple[UUID, str]],
    gone: Collection[UUID] = frozenset(),
    given_up: Collection[UUID] = frozenset(),
    made_new: Collection[UUID] = frozenset(),
    withdrawn: Group = frozenset(),
) -> list[Settled]:
    """The events that make the children of a neighbourhood be exactly ``groups``.

    ``register`` gives the id and number of a child not known before, from its records. ``gone``
    are withdrawn: they say whose a group is, and are nobody's. ``given_up`` are of an identity that
    was given up, and never of a child that is seen; ``made_new`` are of a new identity, and never
    of one that was given up. ``withdrawn`` are stated by no source any more;
    others that are in no group of their child's have moved. Nothing follows where nothing changed.
    """
    ordered = sorted(groups, key=lambda group: _first(group, ordinals))
    plan = _Plan(given_up=frozenset(given_up), made_new=frozenset(made_new))
    _claim(ordered, known, ordinals, plan)
    settled: list[Settled] = []
    answers: dict[Group, UUID] = {}
    for group in ordered:
        keeper = plan.survivor.get(group)
        if keeper is None:
            fresh, number = register(group.difference(gone))
            keeper = KnownChild(fresh, Child(number=number), (0, number))
        answers[group] = keeper.id
        current = sorted(group.difference(gone), key=ordinals.__getitem__)
        records = tuple(evidence[record] for record in current)
        command = AssignRecords(keeper.child.number, model, records, withdrawn)
        settled.append(_settled(keeper, decide(command, keeper.child)))
    for one in known:
        if one.id in answers.values():
            continue
        home = plan.absorbed.get(one.id)
        if home is not None:
            settled.append(_settled(one, decide(MergeChild(answers[home]), one.child)))
        elif one.child.status == "current" or (one.child.status == "retired" and one.child.records):
            settled.append(_settled(one, decide(CloseChild(withdrawn), one.child)))
    return [one for one in settled if one.events]


def _settled(one: KnownChild, events: Sequence[ChildEvent]) -> Settled:
    return Settled(one.id, one.child, events)


def _claim(
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
    plan: _Plan,
) -> None:
    """Who has been a group before has it; current and closed children claim; the merged follow."""
    # What is linked to a retired identity is to be seen by nobody, whoever else it was once.
    _as_before(plan, groups, known)
    _take(plan, groups, known, ordinals, RETIRED)
    _find_again(plan, groups, known)
    _take(plan, groups, known, ordinals, OTHERS)
    _restore(plan, groups, known, ordinals)
    _follow(plan, groups, known, ordinals)


def _as_before(plan: _Plan, groups: Sequence[Group], known: Collection[KnownChild]) -> None:
    """Where the groups are those of an earlier time, everything is as it was then."""
    wanted = set(groups)
    retired = (one.claims for one in known if one.child.status == "retired")
    unseen = plan.given_up.intersection(frozenset[UUID]().union(*retired))
    nobodys = frozenset[UUID]().union(*groups).difference(*(one.child.records for one in known))
    # A split by which the smaller part keeps the number: no earlier time takes it from that part.
    parted = [one for one in known if one.let_go & nobodys and one.child.records in wanted]
    for when in sorted({when for one in known for when, _ in one.past}, reverse=True):
        then = {one.id: one.at(when) for one in known}
        if {state.records for state in then.values() if state.records} != wanted:
            continue
        if any(one.child.status == "retired" != then[one.id].status for one in known):
            continue
        if any(then[one.id].records & one.let_go for one in parted):
            continue
        if any(state.records & unseen and state.status != "retired" for state in then.values()):
            continue
        if any(
            state.records & plan.made_new and state.status == "retired" for state in then.values()
        ):
            continue
        plan.survivor.update((then[one.id].records, one) for one in known if then[one.id].records)
        for one in known:
            end = _answering(one.id, then)
            if end is not None and not then[one.id].records:
                plan.before[one.id] = end.records
        return


def _answering(child: UUID, then: Mapping[UUID, Child]) -> Child | None:
    """The child with which a merged one's number answered; None where with none of these."""
    passed: set[UUID] = set()
    while child in then and child not in passed:
        passed.add(child)
        state = then[child]
        if state.records:
            return state
        if state.into is None:
            return None
        child = state.into
    return None


def _find_again(plan: _Plan, groups: Sequence[Group], known: Collection[KnownChild]) -> None:
    """A group that was a child before, record for record, is that child; the latest of several."""
    free = set(_free(plan, groups))
    been = [
        (-when, one.registered, state.records)
        for one in known
        if one.child.status != "retired"
        for when, state in one.past
        if state.records in free
    ]
    by_number = {one.registered: one for one in known}
    for _, registered, group in sorted(been, key=lambda one: one[:2]):
        one = by_number[registered]
        if group not in plan.survivor and one not in plan.survivor.values():
            plan.survivor[group] = one


def _take(
    plan: _Plan,
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
    statuses: Collection[Status],
) -> None:
    """Children of these statuses claim the group with most of their records, the eldest first.

    Records that a child took over in a merge do not speak for it where the merge is undone, and
    others of its own are left. Who comes too late takes another group with records of theirs, if
    one is left, and is merged else; but a retired number never leads on.
    """
    merged = _taken_over(known, "merged")
    left = frozenset[UUID]().union(*groups)
    for one in sorted(known, key=lambda one: one.registered):
        if one.child.status not in statuses or one in plan.survivor.values():
            continue
        own = one.claims
        if one.child.status == "retired":
            # What an undone judgement had brought to it speaks for it no longer, nor what is of a
            # new identity.
            own = own - plan.made_new
            own = own & plan.given_up or own
            others = [other for other in known if other is not one]
            own = own - _taken_over(others, "retired") or own
            # Nor does what another old identity has by now, where others of its own are here.
            retired = (each.child for each in others if each.child.status == "retired")
            own = (own & left).difference(*(each.records for each in retired)) or own
        else:
            # A child that is current goes on with whatever is left of it.
            mine = left if one.child.status == "current" else own
            own = (own - merged) & mine or own
        home = plan.before.get(one.id) or _home(own, groups, ordinals)
        free = home if home not in plan.survivor else _home(own, _free(plan, groups), ordinals)
        if free is not None:
            plan.survivor[free] = one
        elif home is not None and one.child.status != "retired":
            plan.absorbed[one.id] = home


def _taken_over(known: Iterable[KnownChild], status: Status) -> Group:
    """The records that others have of children of this status, which have none now.

    Not what a retired one was without before it was given up: the child that it had gone into has
    that by right.
    """
    emptied = (one for one in known if one.child.status == status and not one.child.records)
    return frozenset[UUID]().union(*(one.child.former & one.claims for one in emptied))


def _free(plan: _Plan, groups: Sequence[Group]) -> list[Group]:
    return [group for group in groups if group not in plan.survivor]


def _restore(
    plan: _Plan,
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
) -> None:
    """Merged children answer again for the part that was theirs, where nobody else does."""
    merged = [one for one in known if one.child.status == "merged"]
    for one in sorted(merged, key=lambda one: one.registered):
        if one in plan.survivor.values():
            continue
        group = _home(one.child.former, _free(plan, groups), ordinals)
        if group is not None:
            plan.survivor[group] = one


def _follow(
    plan: _Plan,
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
) -> None:
    """A merged child goes where most of its records went, so that no number answers with others."""
    ids = {one.id: one for one in known}
    keepers = {one.id for one in plan.survivor.values()}
    for one in known:
        if one.child.status != "merged" or one.id in keepers:
            continue
        home = plan.before.get(one.id) or _home(one.child.former, groups, ordinals)
        if home is not None and _end(one, ids, keepers, plan) != plan.survivor.get(home):
            plan.absorbed[one.id] = home


def _end(
    one: KnownChild, ids: Mapping[UUID, KnownChild], keepers: Collection[UUID], plan: _Plan
) -> KnownChild | None:
    """The child that a merged one's number answers with, by the mergers that stand."""
    passed: set[UUID] = set()
    while one.id not in keepers:
        if one.id in passed:
            return None
        passed.add(one.id)
        group = plan.absorbed.get(one.id)
        into = None if group is not None else ids.get(one.child.into or one.id)
        following = plan.survivor.get(group) if group is not None else into
        if following is None:
            return None
        one = following
    return one


def _home(
    records: Collection[UUID], groups: Iterable[Group], ordinals: Mapping[UUID, int]
) -> Group | None:
    """The group with most of these records; of equals, the one with the earliest of them."""
    best: tuple[int, int] | None = None
    home: Group | None = None
    for group in groups:
        shared = group.intersection(records)
        if not shared:
            continue
        rank = (-len(shared), _first(shared, ordinals))
        if best is None or rank < best:
            best, home = rank, group
    return home


def _first(records: Iterable[UUID], ordinals: Mapping[UUID, int]) -> int:
    return min(ordinals[record] for record in records)
