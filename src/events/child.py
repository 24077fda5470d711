"""One child of the index: which records were decided to be theirs, and on what evidence."""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar, Literal, assert_never
from uuid import UUID

import msgspec

from events.message import Erased, Event


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """Why a record is linked: its strongest pair within the child, under one model version.

    The weights are computed again exactly from the model version and the pattern.
    """

    record: UUID
    partner: UUID | None = None
    """None for the first record of a child, and for one linked by a judgement."""
    pattern: int = 0
    """The pair's levels of agreement as one code (``linkage.pattern``)."""
    weight: float = 0.0


class ChildRegistered(Event, frozen=True, omit_defaults=True):
    """A child not known before was given a number; the event carries its first records."""

    number: str
    model: str
    records: tuple[Evidence, ...]


class RecordsLinked(Event, frozen=True, omit_defaults=True):
    """Records were decided to be of this child."""

    model: str
    records: tuple[Evidence, ...]


class RecordsUnlinked(Event, frozen=True, omit_defaults=True):
    """Records were decided not to be of this child, or were withdrawn or erased."""

    records: tuple[UUID, ...]
    reason: str
    """``moved``; ``withdrawn`` where no source states them any more; ``erased`` with the child."""


class ChildMerged(Event, frozen=True, omit_defaults=True):
    """This child proved to be the same as another, whose number answers for it from now on."""

    into: UUID


class ChildRestored(Event, frozen=True, omit_defaults=True):
    """A merge was undone, or a closed child has records again: the number answers for itself."""

    model: str
    records: tuple[Evidence, ...]


class ChildClosed(Event, frozen=True, omit_defaults=True):
    """No current record is left; the number stays, and answers again if a record returns."""


class ChildRetired(Event, frozen=True, omit_defaults=True):
    """The identity was given up, as when a child is adopted.

    Its number answers to nobody from now on, and no other answers for it. The records that still
    speak of it stay with it, so that they make no child that could be seen. Another adoption may
    give up what one has given up: the number answers again when both were lifted.
    """

    adoption: UUID | None = None
    """The never-link by which it was given up."""


class ChildErased(Event, frozen=True, omit_defaults=True):
    """All records of the child were erased."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    reason: str | Erased | None = None


ChildEvent = (
    ChildRegistered
    | RecordsLinked
    | RecordsUnlinked
    | ChildMerged
    | ChildRestored
    | ChildClosed
    | ChildRetired
    | ChildErased
)


Status = Literal["unknown", "current", "merged", "closed", "retired", "erased"]
NONE: frozenset[UUID] = frozenset()


class Child(msgspec.Struct, frozen=True):
    """The state of one child of the index, folded from its events."""

    version: int = 0
    number: str = ""
    status: Status = "unknown"
    records: frozenset[UUID] = frozenset()
    former: frozenset[UUID] = frozenset()
    """The records it had when it was merged or closed, by which its number is found again."""
    into: UUID | None = None
    given_up_by: frozenset[UUID] = NONE
    """The adoptions that gave up the identity, those lifted since too; of retired ones alone."""


class AssignRecords(msgspec.Struct, frozen=True):
    """These records, and no others, are the child's."""

    number: str
    """For a child not known before."""
    model: str
    records: tuple[Evidence, ...]
    withdrawn: frozenset[UUID] = frozenset()
    """Those that no source states any more; others that are no longer here have moved."""


class MergeChild(msgspec.Struct, frozen=True):
    """The child is the same as another."""

    into: UUID


class CloseChild(msgspec.Struct, frozen=True):
    """No record is the child's any more."""

    withdrawn: frozenset[UUID] = frozenset()
    """Those that no source states any more; the others have moved."""


class RetireChild(msgspec.Struct, frozen=True):
    """The child has a new identity, and these records are not of the old one."""

    without: frozenset[UUID] = frozenset()
    adoption: UUID | None = None


class ReinstateChild(msgspec.Struct, frozen=True):
    """The identity was given up in error."""

    model: str


class RejoinChild(msgspec.Struct, frozen=True):
    """The identity was given up in error, and another child answers for it."""

    into: UUID


class EraseChild(msgspec.Struct, frozen=True):
    """Every record of the child is erased."""

    reason: str


ChildCommand = (
    AssignRecords
    | MergeChild
    | CloseChild
    | RetireChild
    | ReinstateChild
    | RejoinChild
    | EraseChild
)


def decide(command: ChildCommand, child: Child) -> Sequence[ChildEvent]:
    """The events that follow from a command; none where it changes nothing."""
    match command:
        case AssignRecords():
            return _decide_records(command, child)
        case MergeChild(into):
            if child.status == "merged" and child.into == into:
                return []
            return [ChildMerged(into)]
        case CloseChild(withdrawn):
            closed = [] if child.status == "retired" else [ChildClosed()]
            return [*_left(child.records, withdrawn), *closed]
        case RetireChild(without, adoption):
            known = child.status == "retired" and adoption in {None, *child.given_up_by}
            if known or child.status in ("unknown", "erased"):
                return []
            moved = frozenset() if child.status == "retired" else child.records & without
            return [*_unlinked(moved, "moved"), ChildRetired(adoption)]
        case ReinstateChild(model):
            if child.status != "retired":
                return []
            records = tuple(Evidence(record) for record in sorted(child.records))
            return [ChildRestored(model, records)] if records else [ChildClosed()]
        case RejoinChild(into):
            return [ChildMerged(into)] if child.status == "retired" else []
        case EraseChild(reason):
            if child.status in ("unknown", "erased"):
                return []
            return [*_unlinked(child.records, "erased"), ChildErased(reason or None)]
        case _:
            assert_never(command)


def _decide_records(command: AssignRecords, child: Child) -> Sequence[ChildEvent]:
    if child.status == "unknown":
        return [ChildRegistered(command.number, command.model, command.records)]
    if child.status in ("merged", "closed"):
        return [ChildRestored(command.model, command.records)]
    wanted = {evidence.record for evidence in command.records}
    joined = tuple(e for e in command.records if e.record not in child.records)
    linked = [RecordsLinked(command.model, joined)] if joined else []
    return [*_left(child.records - wanted, command.withdrawn), *linked]


def _left(records: frozenset[UUID], withdrawn: frozenset[UUID]) -> list[ChildEvent]:
    return [
        *_unlinked(records - withdrawn, "moved"),
        *_unlinked(records & withdrawn, "withdrawn"),
    ]


def _unlinked(records: Collection[UUID], reason: str) -> list[ChildEvent]:
    return [RecordsUnlinked(tuple(sorted(records)), reason)] if records else []


def evolve(child: Child, event: ChildEvent) -> Child:
    """The child after one more of its events."""
    match event:
        case ChildRegistered(number=number, records=records):
            return _with(child, number=number, status="current", records=_ids(records))
        case RecordsLinked(records=records):
            return _with(child, records=child.records | _ids(records))
        case RecordsUnlinked(records=records):
            former = child.records if len(records) == len(child.records) else child.former
            return _with(child, records=child.records - set(records), former=former)
        case ChildMerged(into=into):
            return _settled(child, "merged", child.records or child.former, into=into)
        case ChildRestored(records=records):
            return _settled(child, "current", child.former, _ids(records))
        case ChildClosed():
            return _settled(child, "closed", child.records or child.former)
        case ChildRetired(adoption=adoption):
            by = child.given_up_by | ({adoption} if adoption else set())
            # One that was merged is found again by what it had then, should the other return.
            former = child.former if child.status in ("merged", "retired") else child.records
            return _with(child, status="retired", former=former, into=None, given_up_by=by)
        case ChildErased():
            return _settled(child, "erased", NONE)
        case _:
            assert_never(event)


def before_retired(events: Iterable[Event]) -> Child:
    """What a child was until its identity was given up, by the child's events."""
    child = before = Child()
    for event in events:
        if isinstance(event, ChildEvent):
            given_up = isinstance(event, ChildRetired) and child.status != "retired"
            before = child if given_up else before
            child = evolve(child, event)
    return before


def ever(events: Iterable[Event]) -> set[UUID]:
    """Every record that was ever a child's, by the child's events."""
    child, records = Child(), set[UUID]()
    for event in events:
        if isinstance(event, ChildEvent):
            child = evolve(child, event)
            records |= child.records
    return records


def remaining(events: Iterable[Event]) -> set[UUID]:
    """Every record that was a child's and did not move away: withdrawn and erased ones too."""
    child, records = Child(), set[UUID]()
    for event in events:
        if isinstance(event, ChildEvent):
            before, child = child, evolve(child, event)
            records |= child.records
            if isinstance(event, RecordsUnlinked) and event.reason == "moved":
                records.difference_update(event.records)
            elif isinstance(event, ChildMerged):
                records -= before.records
    return records


def _with(child: Child, **changes: object) -> Child:
    return msgspec.structs.replace(child, version=child.version + 1, **changes)


def _settled(
    child: Child,
    status: Status,
    former: frozenset[UUID],
    records: frozenset[UUID] = NONE,
    into: UUID | None = None,
) -> Child:
    """A child that no adoption gives up any more."""
    return _with(child, status=status, records=records, former=former, into=into, given_up_by=NONE)


def _ids(records: Iterable[Evidence]) -> frozenset[UUID]:
    return frozenset(evidence.record for evidence in records)
