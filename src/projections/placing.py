"""Which children a record was placed with, and how many were placed: asked of the history."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from projections import rows
from projections.finding import IDENTITY
from projections.history import HISTORY
from projections.index import RECORD
from projections.projection import Target

PLACED = ("ChildRegistered", "RecordsLinked", "ChildRestored")


def placed(target: Target, begin: int, end: int) -> int:
    """How often a record was placed with a child, from one moment to before another.

    Of records and children that may be seen today: a number that told of others would tell of them.
    """
    query = (
        sa.select(sa.func.count())
        .select_from(HISTORY)
        .join(RECORD, RECORD.c.record == HISTORY.c.record)
        .join(IDENTITY, IDENTITY.c.child == RECORD.c.child)
        .where(
            HISTORY.c.what.in_(PLACED),
            HISTORY.c.recorded >= begin,
            HISTORY.c.recorded < end,
            RECORD.c.standing == "current",
            IDENTITY.c.restricted.is_(sa.false()),
        )
    )
    return int(target.connection.execute(query).scalar_one())


def children_ever(target: Target, records: Iterable[UUID]) -> set[UUID]:
    """The children that any of these records ever was of; it shows nothing of any of them."""
    found: set[UUID] = set()
    for part in rows.parts([record.bytes for record in records]):
        query = sa.select(HISTORY.c.child).where(
            HISTORY.c.record.in_(part), HISTORY.c.child.is_not(None)
        )
        found.update(UUID(bytes=one) for one in target.connection.execute(query).scalars())
    return found


def placed_last(target: Target, records: Sequence[bytes]) -> dict[bytes, bytes]:
    """The child that each of these records was placed with last, be it there still or not."""
    found: dict[bytes, bytes] = {}
    for part in rows.parts(records):
        query = (
            sa.select(HISTORY.c.record, HISTORY.c.child)
            .where(HISTORY.c.record.in_(part), HISTORY.c.what.in_(PLACED))
            .order_by(HISTORY.c.position)
        )
        found.update((row.record, row.child) for row in target.connection.execute(query))
    return found


def child_before(target: Target, record: UUID, position: int) -> bytes | None:
    """The child that a record was with when the log stood before a position."""
    query = (
        sa.select(HISTORY.c.child, HISTORY.c.what)
        .where(
            HISTORY.c.record == record.bytes,
            HISTORY.c.child.is_not(None),
            HISTORY.c.position < position,
        )
        .order_by(HISTORY.c.position.desc())
        .limit(1)
    )
    row = target.connection.execute(query).first()
    return row.child if row is not None and row.what in PLACED else None
