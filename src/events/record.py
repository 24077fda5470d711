"""One agency's record of one child: received, amended, withdrawn, returned, erased.

What is current follows from the statements alone, never from the order of their arrival: the
statement with the greatest (effective time, source's own sequence, content hash), unless the
record's absence was stated later than its presence.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple, assert_never
from uuid import UUID

import msgspec

from events.message import Erased, Event
from person.particulars import Particulars
from person.services import Involvement


class Order(NamedTuple):
    """The place of a statement in the source's own time; greater is later."""

    effective: int
    sequence: int
    content: bytes


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a statement: the source's own key for the record, and the particulars."""

    key: str
    particulars: Particulars
    scope: str = ""
    former_key: str = ""
    merged_into: str = ""
    """The key of another record into which the source, as it says, has merged this one."""


Sensitive = tuple[Involvement, ...]


class RecordReceived(Event, frozen=True, omit_defaults=True):
    """A source stated a record that was not known before."""

    sealed: ClassVar[tuple[str, ...]] = ("statement", "sensitive")

    ordinal: int
    """Number of the record in this installation, from 1, in the order of first receipt."""
    source: str
    scope: str
    delivery: str
    """First 16 hex digits of the delivery's stream."""
    row: int
    stated: Order
    seen: Order
    """Place of the delivery that proved it present."""
    traits: bytes
    """Four keyed hashes of four bytes each: forename, family name, birth date, postcode."""
    other_key: bytes = b""
    """The id that another key of the source would give: it answers with this record too."""
    statement: Statement | Erased | msgspec.Raw | None = None
    sensitive: Sensitive | Erased | msgspec.Raw | None = None


class RecordAmended(Event, frozen=True, omit_defaults=True):
    """The source stated the record differently; current only if its order is the greatest."""

    sealed: ClassVar[tuple[str, ...]] = ("statement", "sensitive")

    delivery: str
    row: int
    stated: Order
    seen: Order
    traits: bytes
    other_key: bytes = b""
    """As in ``RecordReceived``."""
    scope: str | None = None
    """Named where the record is of another establishment from now on: what the snapshots of the
    one before lacked is no absence any more."""
    gone: Order | None = None
    """Named with the scope: the latest absence that no snapshot stated, which goes on to count."""
    statement: Statement | Erased | msgspec.Raw | None = None
    sensitive: Sensitive | Erased | msgspec.Raw | None = None


class RecordReturned(Event, frozen=True, omit_defaults=True):
    """A withdrawn record was stated again with what was last known of it."""

    delivery: str
    row: int
    stated: Order
    seen: Order


class RecordWithdrawn(Event, frozen=True, omit_defaults=True):
    """The source no longer holds the record: absent from a snapshot, or purged."""

    delivery: str
    absent: Order
    reason: str
    """``absent``, ``purged`` or ``rekeyed``: the source has it under another key."""
    source: str = ""
    """Named, with the scope, where a record is purged before anything was stated of it."""
    scope: str = ""


class RecordErased(Event, frozen=True, omit_defaults=True):
    """The keys of the record's particulars were destroyed; nothing brings them back."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    beside: tuple[UUID, ...] = ()
    """Records that stewards were asked about with it: they may be linked now that it is gone."""
    reason: str | Erased | None = None


RecordEvent = RecordReceived | RecordAmended | RecordReturned | RecordWithdrawn | RecordErased


Standing = Literal["unknown", "current", "withdrawn", "erased"]


class Record(msgspec.Struct, frozen=True):
    """The state of one record: what ``evolve`` makes of its events, and the store's head of it."""

    ordinal: int = 0
    source: str = ""
    scope: str = ""
    version: int = 0
    """Of the stream: the number of its events."""
    standing: Standing = "unknown"
    stated: Order | None = None
    """Place of the current statement: the greatest that stated or confirmed it."""
    stated_version: int = 0
    """Version of the event that holds the current statement."""
    statements: int = 0
    """How many events hold a statement."""
    present: Order | None = None
    """Place of the latest delivery that proved the record present."""
    absent: Order | None = None
    """Place of the latest delivery that stated its absence."""
    traits: bytes = b""
    orders: tuple[Order, ...] = ()
    """Places of all statements, where the stream was replayed; a head leaves them out."""


class StateRecord(msgspec.Struct, frozen=True):
    """A row of a delivery states the record."""

    ordinal: int
    source: str
    scope: str
    delivery: str
    row: int
    stated: Order
    seen: Order
    traits: bytes
    statement: Statement | msgspec.Raw
    sensitive: Sensitive | msgspec.Raw | None = None
    other_key: bytes = b""
    gone: Order | None = None
    """The latest absence of the record that no snapshot stated, where the row moves it."""


class WithdrawRecord(msgspec.Struct, frozen=True):
    """A delivery states that the record is absent, or purges it."""

    delivery: str
    absent: Order
    reason: str
    source: str = ""
    scope: str = ""


class EraseRecord(msgspec.Struct, frozen=True):
    """The record's particulars are to be unreadable for ever."""

    reason: str
    beside: tuple[UUID, ...] = ()
    """Records that stewards were asked about with it."""


RecordCommand = StateRecord | WithdrawRecord | EraseRecord


class RecordErasedError(Exception):
    """A row states a record whose particulars were erased; a data manager has to decide."""


def decide(command: RecordCommand, record: Record) -> Sequence[RecordEvent]:
    """The events that follow from a command; none where it changes nothing.

    Raises RecordErasedError where an erased record is stated again.
    """
    match command:
        case StateRecord():
            return _decide_statement(command, record)
        case WithdrawRecord(delivery, absent, reason):
            if not withdraws(record, absent, reason):
                return []
            if record.standing == "unknown":
                return [RecordWithdrawn(delivery, absent, reason, command.source, command.scope)]
            return [RecordWithdrawn(delivery, absent, reason)]
        case EraseRecord(reason, beside):
            if record.standing in ("unknown", "erased"):
                return []
            return [RecordErased(beside, reason or None)]
        case _:
            assert_never(command)


def receive(command: StateRecord) -> tuple[RecordReceived, Record]:
    """The first event of a record of which nothing is known yet, and the state that it makes.

    ``decide`` and ``evolve`` in one step, for bulk loading; ``orders`` is left out of the state.
    """
    event = _received(command)
    return event, begun(event)


def begun(event: RecordReceived) -> Record:
    """The state of a record that its first event begins; ``orders`` is left out."""
    return Record(
        ordinal=event.ordinal,
        source=event.source,
        scope=event.scope,
        version=1,
        standing="current",
        stated=event.stated,
        stated_version=1,
        statements=1,
        present=event.seen,
        traits=event.traits,
    )


def _received(command: StateRecord) -> RecordReceived:
    return RecordReceived(
        ordinal=command.ordinal,
        source=command.source,
        scope=command.scope,
        delivery=command.delivery,
        row=command.row,
        stated=command.stated,
        seen=command.seen,
        traits=command.traits,
        other_key=command.other_key,
        statement=command.statement,
        sensitive=command.sensitive,
    )


def _decide_statement(command: StateRecord, record: Record) -> Sequence[RecordEvent]:
    if record.standing == "erased":
        raise RecordErasedError
    if record.stated is None:
        return [_received(command)]
    if not repeats(record, command.stated):
        return [
            RecordAmended(
                delivery=command.delivery,
                row=command.row,
                stated=command.stated,
                seen=command.seen,
                traits=command.traits,
                other_key=command.other_key,
                statement=command.statement,
                sensitive=command.sensitive,
                scope=command.scope if moves(record, command.stated, command.scope) else None,
                gone=command.gone,
            )
        ]
    if record.standing == "withdrawn" and returns(record, command.seen):
        return [RecordReturned(command.delivery, command.row, command.stated, command.seen)]
    return []


def repeats(record: Record, stated: Order) -> bool:
    """Whether a statement repeats what was in force at its time, so that no event is owed.

    A statement earlier than the current one repeats what is known when the statement before it or
    after it says the same. Where the record has several, that takes their places: replay first
    (``needs_history`` says when).
    """
    assert record.stated is not None
    if stated >= record.stated or record.statements == 1:
        return stated.content == record.stated.content
    before = max((order for order in record.orders if order <= stated), default=None)
    after = min((order for order in record.orders if order > stated), default=None)
    return any(near is not None and near.content == stated.content for near in (before, after))


def moves(record: Record, stated: Order, scope: str) -> bool:
    """Whether a statement says that the record is of another establishment than it was."""
    return record.stated is not None and stated > record.stated and scope != record.scope


def needs_history(record: Record, stated: Order) -> bool:
    """Whether ``repeats`` needs the places of all statements, not only the head."""
    return (
        record.stated is not None
        and record.statements > 1
        and stated < record.stated
        and not record.orders
    )


def withdraws(record: Record, absent: Order, reason: str) -> bool:
    """Whether a stated absence owes an event.

    A snapshot need not repeat night after night that a withdrawn record is still absent: the
    store keeps the latest snapshot of each scope. A purge speaks for one record only and is kept,
    even before anything was stated of the record: an older file may still come.
    """
    if record.standing == "erased" or _at_most(absent, record.present):
        return False
    return record.standing == "current" or (
        reason == "purged" and not _at_most(absent, record.absent)
    )


def returns(record: Record, seen: Order) -> bool:
    """Whether a delivery at this place proves a withdrawn record present again."""
    return record.absent is not None and seen > record.absent


def evolve(record: Record, event: RecordEvent) -> Record:
    """The record after one more of its events."""
    match event:
        case RecordReceived():
            first = msgspec.structs.replace(
                record, ordinal=event.ordinal, source=event.source, scope=event.scope
            )
            return _state(first, event)
        case RecordAmended(scope=None):
            return _state(record, event)
        case RecordAmended(scope=scope, gone=gone):
            return _state(msgspec.structs.replace(record, scope=scope, absent=gone), event)
        case RecordReturned(stated=stated, seen=seen):
            return _stand(
                record,
                stated=_later(record.stated, stated),
                present=_later(record.present, seen),
            )
        case RecordWithdrawn(absent=absent):
            named = msgspec.structs.replace(
                record,
                source=record.source or event.source,
                scope=record.scope or event.scope,
            )
            return _stand(named, absent=_later(record.absent, absent))
        case RecordErased():
            return msgspec.structs.replace(
                record,
                version=record.version + 1,
                standing="erased",
                stated=None,
                traits=b"",
                orders=(),
            )
        case _:
            assert_never(event)


def confirm(record: Record, seen: Order, stated: Order | None = None) -> Record:
    """The record after a delivery at ``seen`` repeated its current statement.

    ``stated`` is the row's own place where it carries one. No event of the record's own: the
    chunk names it.
    """
    if record.stated is None:
        return record
    place = stated or Order(seen.effective, seen.sequence, record.stated.content)
    if place.content != record.stated.content:
        place = record.stated
    return _standing(
        msgspec.structs.replace(
            record, stated=_later(record.stated, place), present=_later(record.present, seen)
        )
    )


def prove_present(record: Record, seen: Order) -> Record:
    """The record after a row that was not taken proved it present all the same."""
    return _standing(msgspec.structs.replace(record, present=_later(record.present, seen)))


def _state(record: Record, event: RecordReceived | RecordAmended) -> Record:
    current = record.stated is None or event.stated > record.stated
    return _stand(
        record,
        stated=_later(record.stated, event.stated),
        stated_version=record.version + 1 if current else record.stated_version,
        statements=record.statements + 1,
        present=_later(record.present, event.seen),
        traits=event.traits if current else record.traits,
        orders=(*record.orders, event.stated),
    )


def _stand(record: Record, **changes: object) -> Record:
    changed = msgspec.structs.replace(record, version=record.version + 1, **changes)
    return _standing(changed)


def _standing(record: Record) -> Record:
    if record.standing == "erased" or record.stated is None:
        return record
    there = record.absent is None or (record.present is not None and record.present > record.absent)
    standing: Standing = "current" if there else "withdrawn"
    if standing == record.standing:
        return record
    return msgspec.structs.replace(record, standing=standing)


def _later(one: Order | None, other: Order) -> Order:
    return other if one is None or other > one else one


def _at_most(one: Order, other: Order | None) -> bool:
    return other is not None and one <= other
