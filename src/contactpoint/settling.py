"""Which child each resolved group of records is: numbers kept, merged, split, found again.

Records that were a child before, just so, are that child again: what is undone gets the numbers
that it had. Else, on a merge the number registered first stays, and on a split the part with most
records keeps it (equal: the part with the record registered first). A withdrawn record that
returns finds its number again.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from events.child import (
    AssignRecords,
    Child,
    ChildEvent,
    CloseChild,
    Evidence,
    MergeChild,
    decide,
)

Group = frozenset[UUID]


@dataclass(frozen=True, slots=True)
class KnownChild:
    """A child that any record of the neighbourhood is or was a record of."""

    id: UUID
    child: Child
    registered: tuple[int, str]
    """When it was registered (microseconds) and its number; less is earlier."""
    held: Mapping[Group, int] = field(default_factory=dict)
    """Each set of records that it has been, and when it last was (microseconds)."""


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


def settle(  # noqa: PLR0913 - a pure function of all that decides it
    groups: Collection[Group],
    known: Collection[KnownChild],
    *,
    evidence: Mapping[UUID, Evidence],
    ordinals: Mapping[UUID, int],
    model: str,
    register: Callable[[Group], tuple[UUID, str]],
    left: str = "moved",
) -> list[Settled]:
    """The events that make the children of a neighbourhood be exactly ``groups``.

    ``register`` gives the id and number of a child not known before, from its records. ``left``
    says why records that are in no group any more left their child. Nothing follows where nothing
    changed.
    """
    ordered = sorted(groups, key=lambda group: _first(group, ordinals))
    plan = _claim(ordered, known, ordinals)
    settled: list[Settled] = []
    answers: dict[Group, UUID] = {}
    for group in ordered:
        keeper = plan.survivor.get(group)
        if keeper is None:
            fresh, number = register(group)
            keeper = KnownChild(fresh, Child(number=number), (0, number))
        answers[group] = keeper.id
        records = tuple(evidence[record] for record in sorted(group, key=ordinals.__getitem__))
        command = AssignRecords(keeper.child.number, model, records, left)
        settled.append(_settled(keeper, decide(command, keeper.child)))
    for one in known:
        if one.id in answers.values():
            continue
        home = plan.absorbed.get(one.id)
        if home is not None:
            settled.append(_settled(one, decide(MergeChild(answers[home]), one.child)))
        elif one.child.status == "current":
            settled.append(_settled(one, decide(CloseChild(left), one.child)))
    return [one for one in settled if one.events]


def _settled(one: KnownChild, events: Sequence[ChildEvent]) -> Settled:
    return Settled(one.id, one.child, events)


def _claim(
    groups: Sequence[Group], known: Collection[KnownChild], ordinals: Mapping[UUID, int]
) -> _Plan:
    """Who has been a group before has it; current and closed children claim; the merged follow."""
    plan = _Plan()
    _find_again(plan, groups, known)
    _take(plan, groups, known, ordinals)
    _restore(plan, groups, known, ordinals)
    _follow(plan, groups, known, ordinals)
    return plan


def _find_again(plan: _Plan, groups: Sequence[Group], known: Collection[KnownChild]) -> None:
    """A group that was a child before, record for record, is that child; the latest of several."""
    been = [
        (one.held[group], one.registered, place)
        for place, group in enumerate(groups)
        for one in known
        if group in one.held and one.child.status in ("current", "merged", "closed")
    ]
    by_number = {one.registered: one for one in known}
    for _, registered, place in sorted(been, key=lambda b: (-b[0], b[1], b[2])):
        one = by_number[registered]
        if groups[place] not in plan.survivor and one not in plan.survivor.values():
            plan.survivor[groups[place]] = one


def _take(
    plan: _Plan,
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
) -> None:
    """Current and closed children claim the group with most of their records, the eldest first.

    Records that a child took over in a merge do not speak for it where the merge is undone. Who
    comes too late takes another group with records of theirs, if one is left, and is merged else.
    """
    taken_over = frozenset[UUID]().union(
        *(one.child.former for one in known if one.child.status == "merged")
    )
    for one in sorted(known, key=lambda one: one.registered):
        if one.child.status not in ("current", "closed") or one in plan.survivor.values():
            continue
        records = one.child.records or one.child.former
        own = records - taken_over or records
        home = _home(own, groups, ordinals)
        free = home if home not in plan.survivor else _home(own, _free(plan, groups), ordinals)
        if free is not None:
            plan.survivor[free] = one
        elif home is not None:
            plan.absorbed[one.id] = home


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
        home = _home(one.child.former, groups, ordinals)
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
