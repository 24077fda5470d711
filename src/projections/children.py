"""The child index: current records and whose they are, children and numbers, and what finds them.

Sensitive services are not read at all: they stay sealed in the log, where ``contactpoint.beside``
asks for a child whether one may be told of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from events.child import (
    ChildClosed,
    ChildErased,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    ChildRetired,
    Evidence,
    RecordsLinked,
    RecordsUnlinked,
)
from events.delivery import ChunkAppended
from events.message import Erased, Event
from events.record import (
    Order,
    Record,
    RecordAmended,
    RecordErased,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
    Statement,
    begun,
    confirm,
    evolve,
    prove_present,
)
from events.source import SourceRegistered
from projections import changed, finding, renewed, rows, shielded
from projections.index import CHILD, PURGED, RECORD, SEALED, SOURCE_KIND, STATEMENT, metadata
from projections.projection import Happened, Target

__all__ = ["events", "finish", "fold", "metadata", "name", "opens"]

name = "children"
opens = True
events: frozenset[type[Event]] = frozenset(
    {
        RecordReceived,
        RecordAmended,
        RecordReturned,
        RecordWithdrawn,
        RecordErased,
        ChunkAppended,
        ChildRegistered,
        RecordsLinked,
        RecordsUnlinked,
        ChildMerged,
        ChildRestored,
        ChildClosed,
        ChildRetired,
        ChildErased,
        SourceRegistered,
        *renewed.EVENTS,
        *shielded.EVENTS,
    }
)

BESIDE = renewed.EVENTS | shielded.EVENTS
"""Events that mark records and change nothing else of them."""
CHANGING = (RecordAmended, RecordReturned, RecordWithdrawn, RecordErased)
"""Events of records for which the row has to be read first."""
PAGE = 5_000
"""Children whose search rows a rebuild makes at a time."""


@dataclass(slots=True)
class Held:
    """A record's row as the batch leaves it so far."""

    record: Record
    child: bytes | None = None
    key: str = ""
    statement: bytes | None = None
    """The current statement as JSON, where this batch holds it."""
    known: bool = True
    """Whether the table has a row of it already."""
    changed: bool = False


@dataclass(slots=True)
class Batch:
    """Everything that a batch changes, gathered before the first row is written."""

    held: dict[bytes, Held] = field(default_factory=dict)
    ordinals: dict[int, bytes] = field(default_factory=dict)
    """The records in ``held`` by their ordinals."""
    purged: dict[bytes, Order] = field(default_factory=dict)
    erased: dict[bytes, int] = field(default_factory=dict)
    confirmed: list[tuple[Order, BitMap, dict[int, Order]]] = field(default_factory=list)
    """Confirmations of records not in ``held``: place, ordinals, own places by ordinal."""
    seen: list[tuple[Order, BitMap]] = field(default_factory=list)
    cleared: set[bytes] = field(default_factory=set)
    """Children whose rows lose what the table says is theirs."""
    unlinked: list[tuple[bytes, bytes]] = field(default_factory=list)
    links: dict[bytes, bytes | None] = field(default_factory=dict)
    registered: dict[bytes, tuple[str, str, bytes | None]] = field(default_factory=dict)
    """New children: number, status, merged into."""
    moved: dict[bytes, tuple[str, bytes | None]] = field(default_factory=dict)
    """Known children: status, merged into."""
    gone: set[bytes] = field(default_factory=set)
    touched: set[bytes] = field(default_factory=set)
    kinds: dict[str, str] = field(default_factory=dict)


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Bring records, children and what finds them to where these events leave them."""
    batch = _load(happened, target)
    for _, recorded in happened:
        stream, event = recorded.originator_id.bytes, recorded.event
        if isinstance(event, ChunkAppended):
            _confirm(batch, event)
        elif isinstance(event, RecordReceived):
            _receive(batch, stream, event)
        elif isinstance(event, CHANGING):
            _change(batch, stream, event)
        elif isinstance(event, SourceRegistered):
            batch.kinds[event.source] = event.feed.partition(".")[0]
        elif type(event) not in BESIDE:
            _assign(batch, stream, event)
    left = set() if target.filling else _owners(batch, target)
    _write_records(batch, target)
    _write_confirmations(batch, target)
    _write_children(batch, target)
    kinds_changed = _write_kinds(batch, target)
    under = shielded.fold(happened, target)
    stated = {stream for stream, held in batch.held.items() if held.statement is not None}
    shielded.set_apart(under, stated, target)
    marked = renewed.fold(happened, target) | under
    if not target.filling:
        left |= _children_with(sorted(marked), target)
        touched = batch.touched | left | _contested(batch, target)
        touched |= _children_of(kinds_changed, target)
        finding.renew(sorted(touched), target)
        erased = bool(batch.erased or batch.gone)
        changed.note(happened[-1].position, touched | marked, target, erased=erased)


def finish(target: Target) -> None:
    """Make the search rows of all children, a page at a time."""
    table = target[CHILD]
    last = b""
    while True:
        query = sa.select(table.c.child).where(table.c.child > last).order_by(table.c.child)
        page = list(target.connection.execute(query.limit(PAGE)).scalars())
        if not page:
            return
        finding.add(page, target)
        last = page[-1]


def _load(happened: Sequence[Happened], target: Target) -> Batch:
    """A batch with the rows that its events change."""
    batch = Batch()
    changing: set[bytes] = set()
    again: set[bytes] = set()
    confirmed = BitMap()
    for _, recorded in happened:
        event = recorded.event
        if isinstance(event, CHANGING):
            changing.add(recorded.originator_id.bytes)
        elif isinstance(event, RecordReceived) and recorded.originator_version > 1:
            again.add(recorded.originator_id.bytes)
        elif isinstance(event, ChunkAppended):
            confirmed |= BitMap.deserialize(event.confirmed) | BitMap.deserialize(event.seen)
    table = target[RECORD]
    for part in rows.parts(sorted(changing)):
        _hold(batch, target, table.c.record.in_(part))
    # A withdrawn record that is proved present comes back; its row is changed one by one.
    for numbers in rows.parts(list(confirmed)):
        withdrawn = table.c.standing == "withdrawn"
        _hold(batch, target, sa.and_(table.c.ordinal.in_(numbers), withdrawn))
    early = target[PURGED]
    for part in rows.parts(sorted(changing | again)):
        for row in target.connection.execute(early.select().where(early.c.record.in_(part))):
            batch.purged[row.record] = Order(row.effective, row.sequence, row.content)
    return batch


def _hold(batch: Batch, target: Target, which: sa.ColumnElement[bool]) -> None:
    for row in target.connection.execute(target[RECORD].select().where(which)):
        record = Record(
            ordinal=row.ordinal,
            source=row.source,
            scope=row.scope,
            standing=row.standing,
            stated=Order(row.stated_effective, row.stated_sequence, row.stated_content),
            present=Order(row.present_effective, row.present_sequence, row.present_content),
            absent=None
            if row.absent_effective is None
            else Order(row.absent_effective, row.absent_sequence, row.absent_content),
        )
        batch.held[row.record] = Held(record, row.child, row.key)
        batch.ordinals[row.ordinal] = row.record


def _receive(batch: Batch, stream: bytes, event: RecordReceived) -> None:
    early = batch.purged.pop(stream, None)
    if early is not None:
        batch.erased[stream] = 0  # its row among the purged has done its work
    record = begun(event) if early is None else evolve(Record(absent=early), event)
    held = Held(record, known=False, changed=True)
    _state(held, event.statement)
    batch.held[stream] = held
    batch.ordinals[event.ordinal] = stream


def _change(
    batch: Batch,
    stream: bytes,
    event: RecordAmended | RecordReturned | RecordWithdrawn | RecordErased,
) -> None:
    held = batch.held.get(stream)
    if held is None:
        if isinstance(event, RecordWithdrawn):
            earlier = batch.purged.get(stream)
            batch.purged[stream] = max(earlier, event.absent) if earlier else event.absent
        return
    _touch(batch, stream, held)
    if isinstance(event, RecordErased):
        del batch.held[stream], batch.ordinals[held.record.ordinal]
        batch.erased[stream] = held.record.ordinal
        return
    before, held.record = held.record, evolve(held.record, event)
    if isinstance(event, RecordAmended) and held.record.stated != before.stated:
        _state(held, event.statement)
    held.changed = True


class _Keyed(msgspec.Struct, frozen=True):
    """What of a statement's JSON its record's row needs."""

    key: str


_keyed = msgspec.json.Decoder(_Keyed).decode


def _state(held: Held, statement: Statement | Erased | msgspec.Raw | None) -> None:
    """Take a statement as current; one whose key was destroyed says nothing any more."""
    if isinstance(statement, msgspec.Raw):
        held.key, held.statement = _keyed(statement).key, bytes(statement)
    else:
        held.key, held.statement = "", b""


def _touch(batch: Batch, stream: bytes, held: Held) -> None:
    child = batch.links.get(stream, held.child)
    if child is not None:
        batch.touched.add(child)


def _confirm(batch: Batch, event: ChunkAppended) -> None:
    confirmed = BitMap.deserialize(event.confirmed)
    seen = BitMap.deserialize(event.seen)
    own = {restated.ordinal: restated.stated for restated in event.restated}
    confirmed |= BitMap(own)
    here = BitMap(batch.ordinals)
    for ordinal in confirmed & here:
        _raise(batch, ordinal, confirm(_at(batch, ordinal), event.order, own.get(ordinal)))
    for ordinal in seen & here:
        _raise(batch, ordinal, prove_present(_at(batch, ordinal), event.order))
    batch.confirmed.append((event.order, confirmed - here, own))
    batch.seen.append((event.order, seen - here))


def _at(batch: Batch, ordinal: int) -> Record:
    return batch.held[batch.ordinals[ordinal]].record


def _raise(batch: Batch, ordinal: int, record: Record) -> None:
    stream = batch.ordinals[ordinal]
    held = batch.held[stream]
    if record != held.record:
        held.record, held.changed = record, True
        _touch(batch, stream, held)


def _assign(batch: Batch, child: bytes, event: Event) -> None:
    """Take in an event of a child: whose the named records are, and what became of the child."""
    batch.touched.add(child)
    match event:
        case ChildRegistered(number=number, records=records):
            batch.registered[child] = (number, "current", None)
            _link(batch, child, records)
        case RecordsLinked(records=records):
            _link(batch, child, records)
        case ChildRestored(records=records):
            _clear(batch, child)
            _stand(batch, child, "current")
            _link(batch, child, records)
        case RecordsUnlinked(records=records):
            for record in records:
                _unlink(batch, child, record.bytes)
        case ChildMerged(into=into):
            _clear(batch, child)
            _stand(batch, child, "merged", into.bytes)
        case ChildClosed():
            _clear(batch, child)
            _stand(batch, child, "closed")
        case ChildRetired():
            _stand(batch, child, "retired")
        case ChildErased():
            _clear(batch, child)
            batch.registered.pop(child, None)
            batch.moved.pop(child, None)
            batch.gone.add(child)
        case _:
            pass


def _link(batch: Batch, child: bytes, records: Iterable[Evidence]) -> None:
    for evidence in records:
        batch.links[evidence.record.bytes] = child


def _unlink(batch: Batch, child: bytes, record: bytes) -> None:
    if record not in batch.links:
        batch.unlinked.append((record, child))
    elif batch.links[record] == child:
        batch.links[record] = None


def _clear(batch: Batch, child: bytes) -> None:
    """Take all records from a child, those linked in this batch and those in the table."""
    if child not in batch.registered:
        batch.cleared.add(child)
    for record, owner in batch.links.items():
        if owner == child:
            batch.links[record] = None


def _stand(batch: Batch, child: bytes, status: str, into: bytes | None = None) -> None:
    if child in batch.registered:
        batch.registered[child] = (batch.registered[child][0], status, into)
    else:
        batch.moved[child] = (status, into)


def _write_records(batch: Batch, target: Target) -> None:
    """Write the records' rows, then whose they are: first what is taken away, then what is given.

    That order is right whatever the order of the events was, because ``links`` holds the last
    word on every record that was given anywhere in the batch.
    """
    connection, table = target.connection, target[RECORD]
    gone = [ordinal for ordinal in batch.erased.values() if ordinal]
    rows.delete(connection, table, table.c.ordinal, gone)
    rows.delete(connection, target[STATEMENT], target[STATEMENT].c.ordinal, gone)
    rows.delete(connection, target[SEALED], target[SEALED].c.ordinal, gone)
    _write_purged(batch, target)
    fresh = [(stream, held) for stream, held in batch.held.items() if not held.known]
    rows.insert(connection, table, [_row(stream, held) for stream, held in fresh])
    stated = [held for held in batch.held.values() if held.statement is not None]
    again = [held.record.ordinal for held in stated if held.known]
    rows.delete(connection, target[STATEMENT], target[STATEMENT].c.ordinal, again)
    rows.delete(connection, target[SEALED], target[SEALED].c.ordinal, again)
    rows.insert(
        connection,
        target[STATEMENT],
        [(held.record.ordinal, held.statement) for held in stated if held.statement],
    )
    changed = [held for held in batch.held.values() if held.known and held.changed]
    rows.update(connection, table, ("ordinal",), CHANGEABLE, [_changes(held) for held in changed])
    _write_links(batch, target)


CHANGEABLE = (
    "scope",
    "key",
    "standing",
    *(f"{what}_{part}" for what in ("stated", "present", "absent") for part in Order._fields),
)


def _row(stream: bytes, held: Held) -> tuple[Any, ...]:
    record = held.record
    _, scope, key, standing, *orders = _changes(held)
    return (record.ordinal, stream, record.source, scope, None, key, standing, *orders)


def _changes(held: Held) -> tuple[Any, ...]:
    record = held.record
    nothing = (None, None, None)
    return (
        record.ordinal,
        record.scope,
        held.key,
        record.standing,
        *(record.stated or nothing),
        *(record.present or nothing),
        *(record.absent or nothing),
    )


def _write_purged(batch: Batch, target: Target) -> None:
    table = target[PURGED]
    rows.delete(target.connection, table, table.c.record, [*batch.purged, *batch.erased])
    early = [(record, *absent) for record, absent in batch.purged.items()]
    rows.insert(target.connection, table, early)


def _write_links(batch: Batch, target: Target) -> None:
    connection, table = target.connection, target[RECORD]
    for part in rows.parts(sorted(batch.cleared)):
        connection.execute(table.update().where(table.c.child.in_(part)).values(child=None))
    taken = [(record, child, None) for record, child in batch.unlinked]
    rows.update(connection, table, ("record", "child"), ("child",), taken)
    given = list(batch.links.items())
    rows.update(connection, table, ("record",), ("child",), given)


def _write_confirmations(batch: Batch, target: Target) -> None:
    """Raise the places of records that the batch only confirmed, without reading their rows."""
    connection, table = target.connection, target[RECORD]
    for order, confirmed, own in batch.confirmed:
        for part in rows.parts(list(confirmed - BitMap(own))):
            earlier = sa.tuple_(table.c.stated_effective, table.c.stated_sequence) < sa.tuple_(
                sa.literal(order.effective), sa.literal(order.sequence)
            )
            connection.execute(
                table.update()
                .where(table.c.ordinal.in_(part), earlier)
                .values(stated_effective=order.effective, stated_sequence=order.sequence)
            )
        for ordinal, stated in own.items():
            if ordinal in confirmed:
                _restate(ordinal, stated, target)
        _prove_present(order, confirmed, target)
    for order, seen in batch.seen:
        _prove_present(order, seen, target)


def _restate(ordinal: int, stated: Order, target: Target) -> None:
    table = target[RECORD]
    earlier = sa.tuple_(table.c.stated_effective, table.c.stated_sequence) < sa.tuple_(
        sa.literal(stated.effective), sa.literal(stated.sequence)
    )
    target.connection.execute(
        table.update()
        .where(table.c.ordinal == ordinal, table.c.stated_content == stated.content, earlier)
        .values(stated_effective=stated.effective, stated_sequence=stated.sequence)
    )


def _prove_present(order: Order, ordinals: BitMap, target: Target) -> None:
    table = target[RECORD]
    present = sa.tuple_(*(table.c[f"present_{part}"] for part in Order._fields))
    for part in rows.parts(list(ordinals)):
        target.connection.execute(
            table.update()
            .where(table.c.ordinal.in_(part), present < sa.tuple_(*map(sa.literal, order)))
            .values({f"present_{name}": value for name, value in order._asdict().items()})
        )


def _owners(batch: Batch, target: Target) -> set[bytes]:
    """Children whose records the batch gives to others, or takes from them."""
    return _children_with(list(batch.links), target)


def _write_children(batch: Batch, target: Target) -> None:
    connection, table = target.connection, target[CHILD]
    rows.insert(connection, table, [(child, *row) for child, row in batch.registered.items()])
    moved = [(child, *row) for child, row in batch.moved.items()]
    rows.update(connection, table, ("child",), ("status", "merged_into"), moved)
    rows.delete(connection, table, table.c.child, sorted(batch.gone))


def _write_kinds(batch: Batch, target: Target) -> list[str]:
    """Write the kinds of the sources registered; return those whose kind was another before."""
    connection, table = target.connection, target[SOURCE_KIND]
    query = table.select().where(table.c.source.in_(sorted(batch.kinds)))
    before = {row.source: row.kind for row in connection.execute(query)} if batch.kinds else {}
    rows.delete(connection, table, table.c.source, sorted(batch.kinds))
    rows.insert(connection, table, sorted(batch.kinds.items()))
    return sorted(source for source in before if before[source] != batch.kinds[source])


def _children_with(records: Sequence[bytes], target: Target) -> set[bytes]:
    table = target[RECORD]
    found: set[bytes] = set()
    for part in rows.parts(records):
        query = sa.select(table.c.child).where(table.c.record.in_(part), table.c.child.is_not(None))
        found.update(target.connection.execute(query).scalars())
    return found


def _children_of(sources: Sequence[str], target: Target) -> set[bytes]:
    if not sources:
        return set()
    table = target[RECORD]
    query = sa.select(table.c.child).where(table.c.source.in_(sources), table.c.child.is_not(None))
    return set(target.connection.execute(query).scalars())


def _contested(batch: Batch, target: Target) -> set[bytes]:
    """Children whose records disagree, and of whom a record was confirmed.

    A confirmation changes no statement, but of two that disagree it may make the other the later.
    """
    table, identity = target[RECORD], target[finding.IDENTITY]
    confirmed = BitMap.union(BitMap(), *(ordinals for _, ordinals, _ in batch.confirmed))
    found: set[bytes] = set()
    for part in rows.parts(list(confirmed)):
        query = (
            sa.select(identity.c.child)
            .join(table, table.c.child == identity.c.child)
            .where(table.c.ordinal.in_(part), identity.c.contested)
        )
        found.update(target.connection.execute(query).scalars())
    return found
