"""The history of records and children: what happened, when, by whom, in which delivery.

No particulars are kept here; who may see them opens them from the log.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from events.child import (
    ChildClosed,
    ChildErased,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    RecordsLinked,
    RecordsUnlinked,
)
from events.message import Event
from events.record import (
    RecordAmended,
    RecordErased,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
)
from projections import rows
from projections.projection import Happened, Target

name = "history"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {
        RecordReceived,
        RecordAmended,
        RecordReturned,
        RecordWithdrawn,
        RecordErased,
        ChildRegistered,
        RecordsLinked,
        RecordsUnlinked,
        ChildMerged,
        ChildRestored,
        ChildClosed,
        ChildErased,
    }
)

CHANGING = ("ChildMerged", "ChildRestored", "RecordsUnlinked")
"""Events after which a number answers otherwise."""
_CHANGES = sa.text(f"what IN {CHANGING}")

HISTORY = sa.Table(
    "history",
    metadata,
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("record", sa.LargeBinary(16)),
    sa.Column("child", sa.LargeBinary(16)),
    sa.Column("other", sa.LargeBinary(16)),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("effective", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("row", sa.BigInteger),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("history_record", "record", "position"),
    sa.Index("history_child", "child", "position"),
    sa.Index("history_changing", "position", sqlite_where=_CHANGES, postgresql_where=_CHANGES),
)
"""An event of a child has one row for each record that it names. ``other`` is the child it was
merged into; ``what`` the type of event; ``delivery`` the first 16 hex digits of its stream;
``note`` a reason of ours or a model version."""

Row = tuple[object, ...]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Add a row for each event and record; drop what came before of those erased."""
    fresh: list[Row] = []
    for item in happened:
        match item.recorded.event:
            case RecordErased() if not target.filling:
                fresh = _forget(fresh, item, target[HISTORY].c.record, target)
            case ChildErased() if not target.filling:
                fresh = _forget(fresh, item, target[HISTORY].c.child, target)
            case _:
                fresh.extend(_rows(item))
    rows.insert(target.connection, target[HISTORY], fresh)


def finish(target: Target) -> None:
    """Drop what was erased: while a rebuild fills the table, no index finds it."""
    table = target[HISTORY]
    for what, column in (("RecordErased", table.c.record), ("ChildErased", table.c.child)):
        erased = sa.select(column, table.c.position).where(table.c.what == what)
        for gone, position in target.connection.execute(erased).all():
            target.connection.execute(_before(column, gone, position))


def _forget(
    fresh: list[Row], item: Happened, column: sa.Column[bytes], target: Target
) -> list[Row]:
    gone = item.recorded.originator_id.bytes
    target.connection.execute(_before(column, gone, item.position))
    place = list(column.table.columns).index(column)
    return [row for row in fresh if row[place] != gone]


def _before(column: sa.Column[bytes], gone: bytes, position: int) -> sa.Delete:
    table = column.table
    assert isinstance(table, sa.Table)
    return table.delete().where(column == gone, table.c.position <= position)


def _rows(item: Happened) -> Iterable[Row]:
    record = item.recorded.originator_id.bytes
    match item.recorded.event:
        case (
            RecordReceived(delivery=delivery, row=row)
            | RecordAmended(delivery=delivery, row=row)
            | RecordReturned(delivery=delivery, row=row)
        ):
            return [_row(item, record=record, delivery=delivery, row=row)]
        case RecordWithdrawn(delivery=delivery, reason=reason):
            return [_row(item, record=record, delivery=delivery, note=reason)]
        case RecordErased():
            return [_row(item, record=record)]  # why is sealed: it may name the child
        case _:
            return _rows_of_child(item)


def _rows_of_child(item: Happened) -> Iterable[Row]:
    child = item.recorded.originator_id.bytes
    match item.recorded.event:
        case (
            ChildRegistered(model=model, records=records)
            | RecordsLinked(model=model, records=records)
            | ChildRestored(model=model, records=records)
        ):
            return [_row(item, child=child, record=e.record.bytes, note=model) for e in records]
        case RecordsUnlinked(reason="erased"):
            return []  # the records' rows are gone, and these would bring them back
        case RecordsUnlinked(records=records, reason=reason):
            return [_row(item, child=child, record=r.bytes, note=reason) for r in records]
        case ChildMerged(into=into):
            return [_row(item, child=child, other=into.bytes)]
        case ChildClosed():
            return [_row(item, child=child)]
        case ChildErased():
            return [_row(item, child=child)]
        case _:
            return []


def _row(  # noqa: PLR0913  (each is a column)
    item: Happened,
    *,
    record: bytes | None = None,
    child: bytes | None = None,
    other: bytes | None = None,
    delivery: str = "",
    row: int | None = None,
    note: str = "",
) -> Row:
    position, recorded = item
    origin = recorded.origin
    return (
        position,
        record,
        child,
        other,
        type(recorded.event).__name__,
        origin.recorded,
        recorded.effective,
        origin.actor,
        origin.command,
        delivery,
        row,
        note,
    )
