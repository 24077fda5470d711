"""Which child a record was placed with, and how many were placed: asked of the history."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from projections.finding import IDENTITY
from projections.history import HISTORY
from projections.index import RECORD

PLACED = ("ChildRegistered", "RecordsLinked", "ChildRestored")


@dataclass(frozen=True, slots=True)
class Placing:
    """Reads one read database."""

    engine: sa.Engine

    def count(self, begin: int, end: int) -> int:
        """How often a record was placed with a child, from one moment to before another.

        Of records and children that may be seen today: a number that told of others would tell of
        them.
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
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def child_before(self, record: UUID, position: int) -> bytes | None:
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
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return row.child if row is not None and row.what in PLACED else None
