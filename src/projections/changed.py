"""Whom the latest batches changed, for those who hold a part of the child index and follow it.

It stands beside the read models and is none of them: it tells of batches, and a rebuild has others.
"""

from collections.abc import Collection

import sqlalchemy as sa

from projections import rows
from projections.projection import Target

KEPT = 100_000
"""Positions of the log for which it reaches back. Who was away for longer reads all again."""
metadata = sa.MetaData()

CHANGED = sa.Table(
    "index_changed",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.LargeBinary(16), primary_key=True),
    sqlite_with_rowid=False,
)
"""``id``: a child whose records, or what they say, changed, or a record that came to stand
otherwise under shields; ``position`` of the last event of the batch that changed it."""
ALL = bytes(16)
"""Stands for whoever there is: somebody was erased, and so their ids are kept no longer."""


def note(position: int, ids: Collection[bytes], target: Target, *, erased: bool) -> None:
    """Keep whom a batch changed, in its transaction; ``erased``: whether it erased anybody.

    A rebuild keeps nothing: it is all new.
    """
    if target.filling or target.beside:
        return
    upto = position if erased else position - KEPT
    target.connection.execute(CHANGED.delete().where(CHANGED.c.position <= upto))
    told = [ALL] if erased else sorted(ids)
    rows.insert(target.connection, CHANGED, [(position, one) for one in told])


def since(after: int, upto: int, target: Target) -> set[bytes] | None:
    """Whom batches between two places of the child index changed; None where that is not kept."""
    if not after <= upto <= after + KEPT:
        return None
    query = sa.select(CHANGED.c.id).where(CHANGED.c.position.between(after + 1, upto))
    found = set(target.connection.execute(query).scalars())
    return None if ALL in found else found
