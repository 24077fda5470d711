"""The deliveries of each source: how far each came, what became of its rows, and the notes."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from events.delivery import (
    ChunkAppended,
    Counts,
    DeliveryApproved,
    DeliveryCompleted,
    DeliveryHeld,
    DeliveryReceived,
    DeliveryRefused,
    DeliveryRejected,
    RowsApproved,
    RowsRejected,
)
from events.message import Erased, Event
from projections import rows
from projections.projection import BEFORE_FILLING, Happened, Target

name = "deliveries"
opens = True
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {
        DeliveryReceived,
        ChunkAppended,
        DeliveryCompleted,
        DeliveryHeld,
        DeliveryRefused,
        DeliveryApproved,
        DeliveryRejected,
        RowsApproved,
        RowsRejected,
    }
)

COUNTS = Counts.__struct_fields__

DELIVERY = sa.Table(
    "delivery",
    metadata,
    sa.Column("stream", sa.LargeBinary(16), primary_key=True),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("feed", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("effective", sa.BigInteger),
    sa.Column("effective_by", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("latest", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("chunks", sa.BigInteger, nullable=False),
    *(sa.Column(count, sa.BigInteger, nullable=False) for count in COUNTS),
    sa.Column("snapshot", sa.Boolean),
    sa.Column("exit_code", sa.Integer),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("delivery_name", "delivery", info=BEFORE_FILLING),
    sa.Index("delivery_first", "first", "delivery"),
)
"""``delivery`` is the first 16 hex digits of the stream; ``state`` is ``received``, ``completed``,
``held``, ``refused``, ``approved`` or ``rejected``; ``first`` and ``latest`` say when its first
and latest events were recorded, in microseconds; ``actor`` caused the latest; ``reason`` is the
last that was given for a decision on the delivery or on rows that it holds."""

NOTE = sa.Table(
    "delivery_note",
    metadata,
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("line", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("delivery_note_place", "delivery", "line", info=BEFORE_FILLING),
)
"""``outcome`` is ``rejected``, ``held`` or ``remark`` as the row was noted; of a row that was held,
what a data manager decided: ``approved`` until it is read again, ``taken`` or ``rejected``."""
DROPPED = sa.Table(
    "delivery_dropped",
    metadata,
    sa.Column("delivery", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)
"""Fields that the feed does not take, and how often each held a value."""

State = dict[str, Any]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Bring each delivery that the batch speaks of to its next state."""
    states = _standing(happened, target)
    notes: list[tuple[object, ...]] = []
    dropped: dict[tuple[str, str], int] = {}
    for _, recorded in happened:
        stream = recorded.originator_id.bytes
        state = states.setdefault(stream, _unknown(stream, recorded.origin.recorded))
        state |= {"latest": recorded.origin.recorded, "actor": recorded.origin.actor}
        event = recorded.event
        _evolve(state, event)
        if decided := _decided(state["delivery"], event):
            rows.insert(target.connection, target[NOTE], notes)
            rows.update(target.connection, target[NOTE], NAMED, ("outcome",), decided)
            notes = []
        if isinstance(event, ChunkAppended):
            notes.extend((state["delivery"], *msgspec.structs.astuple(n)) for n in event.notes)
        elif isinstance(event, DeliveryReceived):
            dropped |= {(state["delivery"], f): count for f, count in event.dropped.items()}
    table = target[DELIVERY]
    rows.delete(target.connection, table, table.c.stream, list(states))
    rows.insert(target.connection, table, [tuple(state.values()) for state in states.values()])
    rows.insert(target.connection, target[NOTE], notes)
    rows.insert(target.connection, target[DROPPED], [(*k, count) for k, count in dropped.items()])


def finish(target: Target) -> None:
    """Nothing is left to do."""


NAMED = ("delivery", "line", "record", "outcome")
"""What tells of a note whether a decision is about it."""


def _decided(delivery: str, event: Event) -> list[tuple[object, ...]]:
    """The notes of held rows that an event changes, as ``NAMED``, each with its new outcome."""
    match event:
        case RowsApproved(rows=held):
            return [(delivery, *row, "held", "approved") for row in dict.fromkeys(held)]
        case RowsRejected(rows=held):
            return [
                (delivery, *row, before, "rejected")
                for row in dict.fromkeys(held)
                for before in ("held", "approved")
            ]
        case ChunkAppended(settled=settled, notes=notes):
            again = {note.row for note in notes}
            return [
                (delivery, *row, "approved", "taken")
                for row in dict.fromkeys(settled)
                if row not in again
            ]
        case _:
            return []


def _standing(happened: Sequence[Happened], target: Target) -> dict[bytes, State]:
    table = target[DELIVERY]
    streams = sorted({recorded.originator_id.bytes for _, recorded in happened})
    found = {}
    for part in rows.parts(streams):
        for row in target.connection.execute(table.select().where(table.c.stream.in_(part))):
            found[row.stream] = dict(row._mapping)
    return found


def _unknown(stream: bytes, recorded: int) -> State:
    """A delivery of which nothing is known yet: a value for each column, in their order."""
    start: State = {column.name: "" for column in DELIVERY.columns}
    return start | {
        "stream": stream,
        "delivery": stream.hex()[:16],
        "effective": None,
        "size": None,
        "first": recorded,
        "chunks": 0,
        **dict.fromkeys(COUNTS, 0),
        "snapshot": None,
        "exit_code": None,
    }


def _evolve(state: State, event: Event) -> None:
    match event:
        case DeliveryReceived():
            state |= _taken(event, "source", "feed", "mode", "effective_by", "size")
            state |= {"state": "received", "effective": event.order.effective}
            state |= dict.fromkeys(COUNTS, 0)
        case ChunkAppended(settled=settled):
            state["chunks"] += 1
            _count(state, event.gain)
            if settled:
                state["exit_code"] = _counts(state).exit_code
        case DeliveryCompleted(counts=counts, snapshot=snapshot, exit_code=exit_code):
            state |= {"state": "completed", "snapshot": snapshot, "exit_code": exit_code}
            state |= msgspec.structs.asdict(counts)
        case DeliveryHeld(counts=counts):
            state |= _taken(event, "source", "feed", "rule", "expected", "size")
            state |= {"state": "held", **msgspec.structs.asdict(counts)}
            if event.order is not None:
                state |= _taken(event, "effective_by") | {"effective": event.order.effective}
        case DeliveryRefused(where=where):
            state |= _taken(event, "source", "feed", "field", "expected")
            state |= {"state": "refused", "place": where}
        case DeliveryApproved(reason=reason):
            state |= {"state": "approved", "reason": _said(reason)}
        case DeliveryRejected(reason=reason):
            state |= {"state": "rejected", "reason": _said(reason)}
            state |= msgspec.structs.asdict(_counts(state).turned_away())
        case RowsApproved(reason=reason):
            state |= {"reason": _said(reason) or state["reason"]}
        case RowsRejected(rows=held, reason=reason):
            _count(state, Counts(held=-len(held), rejected=len(held)))
            state |= {"reason": _said(reason) or state["reason"]}
            state["exit_code"] = _counts(state).exit_code
        case _:
            pass


def _count(state: State, gain: Counts) -> None:
    state |= msgspec.structs.asdict(_counts(state) + gain)


def _counts(state: State) -> Counts:
    return Counts(*(state[count] for count in COUNTS))


def _said(reason: str | Erased | msgspec.Raw | None) -> str:
    """What a data manager typed; nothing where nothing was, or where it reads as erased."""
    if isinstance(reason, msgspec.Raw):
        return msgspec.json.decode(reason, type=str)
    return reason if isinstance(reason, str) else ""


def _taken(event: Event, *fields: str) -> State:
    take: Callable[[str], Any] = event.__getattribute__
    return {field: take(field) for field in fields}
