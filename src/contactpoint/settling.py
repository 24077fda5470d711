"""Which child each resolved group of records is: numbers kept, merged, split, found again.

On a merge the number registered first stays. On a split the part with most records keeps it
(equal: the part with the record registered first). When a merge is undone, the parts get the
numbers they had; a withdrawn record that returns finds its number again.
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
        if one.id in plan.absorbed:
            into = answers[plan.absorbed[one.id]]
            settled.append(_settled(one, decide(MergeChild(into), one.child)))
        elif one.child.status == "current":
            settled.append(_settled(one, decide(CloseChild(left), one.child)))
    return [one for one in settled if one.events]


def _settled(one: KnownChild, events: Sequence[ChildEvent]) -> Settled:
    return Settled(one.id, one.child, events)


def _claim(
    groups: Sequence[Group], known: Collection[KnownChild], ordinals: Mapping[UUID, int]
) -> _Plan:
    """Current and closed children claim the group with most of their records; the merged follow.

    Records that a child took over in a merge do not speak for it where the merge is undone.
    """
    plan = _Plan()
    claims: dict[Group, list[KnownChild]] = {}
    taken_over = frozenset[UUID]().union(
        *(one.child.former for one in known if one.child.status == "merged")
    )
    for one in known:
        if one.child.status in ("current", "closed"):
            records = one.child.records or one.child.former
            group = _home(records - taken_over or records, groups, ordinals)
            if group is not None:
                claims.setdefault(group, []).append(one)
    for group, claimants in claims.items():
        first, *others = sorted(claimants, key=lambda one: one.registered)
        plan.survivor[group] = first
        plan.absorbed.update({one.id: group for one in others})
    _restore(plan, groups, known, ordinals)
    return plan


def _restore(
    plan: _Plan,
    groups: Sequence[Group],
    known: Collection[KnownChild],
    ordinals: Mapping[UUID, int],
) -> None:
    """Merged children answer again for the part that was theirs, where nobody else does."""
    merged = [one for one in known if one.child.status == "merged"]
    for one in sorted(merged, key=lambda one: one.registered):
        free = [group for group in groups if group not in plan.survivor]
        group = _home(one.child.former, free, ordinals)
        if group is not None:
            plan.survivor[group] = one


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
