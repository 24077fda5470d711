"""Which authorities accepted children, and which are asked to: the read model of transfers."""

from collections.abc import Sequence

import sqlalchemy as sa

from events.child import ChildErased
from events.message import Event
from events.responsible import ChildAccepted, ChildDeclined, ChildOffered
from projections import rows
from projections.projection import BEFORE_FILLING, Happened, Target

__all__ = ["events", "finish", "fold", "metadata", "name", "opens"]

name = "responsible"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {ChildOffered, ChildAccepted, ChildDeclined, ChildErased}
)

RESPONSIBLE = sa.Table(
    "responsible",
    metadata,
    sa.Column("child", sa.LargeBinary(16), primary_key=True),
    sa.Column("accepted", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("offered", sa.Text, nullable=False),
    sa.Column("asked", sa.BigInteger, nullable=False),
    sa.Index("responsible_offered", "offered", info=BEFORE_FILLING),
)
"""``accepted`` since, and ``offered`` when ``asked``, in microseconds; empty and 0 for neither."""

Row = tuple[bytes, str, int, str, int]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Bring each child's row to where these events leave it."""
    standing = _standing(happened, target)
    erased: set[bytes] = set()
    for _, recorded in happened:
        now = recorded.origin.recorded
        match recorded.event:
            case ChildOffered(child=child, to=to):
                _, accepted, since, _, _ = _row(standing, child.bytes)
                standing[child.bytes] = (child.bytes, accepted, since, to, now)
            case ChildAccepted(child=child, authority=authority):
                standing[child.bytes] = (child.bytes, authority, now, "", 0)
            case ChildDeclined(child=child):
                _, accepted, since, _, _ = _row(standing, child.bytes)
                standing[child.bytes] = (child.bytes, accepted, since, "", 0)
            case ChildErased():
                erased.add(recorded.originator_id.bytes)
            case _:
                pass
    table = target[RESPONSIBLE]
    rows.delete(target.connection, table, table.c.child, sorted(erased | standing.keys()))
    rows.insert(target.connection, table, [r for c, r in standing.items() if c not in erased])


def finish(target: Target) -> None:
    """Nothing is left to do."""


def _row(standing: dict[bytes, Row], child: bytes) -> Row:
    return standing.get(child, (child, "", 0, "", 0))


def _standing(happened: Sequence[Happened], target: Target) -> dict[bytes, Row]:
    """The rows of the children that the batch speaks of, as they stand."""
    events = (recorded.event for _, recorded in happened)
    named = {
        e.child.bytes for e in events if isinstance(e, ChildOffered | ChildAccepted | ChildDeclined)
    }
    table = target[RESPONSIBLE]
    found: dict[bytes, Row] = {}
    for part in rows.parts(sorted(named)):
        for row in target.connection.execute(table.select().where(table.c.child.in_(part))):
            found[row.child] = (*row,)
    return found
