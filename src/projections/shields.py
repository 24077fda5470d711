"""The shields that stand and stood, for officers: by whom, why, and when they are to be reviewed.

Nothing that is sealed is read: who asked for a shield, and whose names are safe, stay in the log.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from events.message import Event
from events.shield import (
    ShieldApplied,
    ShieldErased,
    ShieldInherited,
    ShieldLifted,
    ShieldReviewed,
    ShieldSpread,
)
from projections import rows
from projections.projection import Happened, Target

name = "shields"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {ShieldApplied, ShieldInherited, ShieldSpread, ShieldReviewed, ShieldLifted, ShieldErased}
)

SHIELD = sa.Table(
    "shield",
    metadata,
    sa.Column("shield", sa.LargeBinary(16), primary_key=True),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("laid_by", sa.Text, nullable=False),
    sa.Column("inherited", sa.Text, nullable=False),
    sa.Column("origin", sa.LargeBinary(16)),
    sa.Column("criterion", sa.Text, nullable=False),
    sa.Column("authority", sa.Text, nullable=False),
    sa.Column("review", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reviewed", sa.BigInteger),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("lifted", sa.BigInteger),
    sa.Column("lifted_by", sa.Text, nullable=False),
    sa.Column("second", sa.Text, nullable=False),
)
"""``standing`` is ``standing``, ``lifted`` or ``erased``; ``laid_by`` is ``officer``, ``feed`` or,
where it was inherited from ``origin``, empty; ``inherited`` is ``merge`` or ``split`` until an
officer reviews it; ``since``, ``reviewed`` and ``lifted`` are microseconds."""

Row = dict[str, object]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Bring each shield's row to where these events leave it."""
    table = target[SHIELD]
    named = sorted({recorded.originator_id.bytes for _, recorded in happened})
    known: dict[bytes, Row] = {}
    for part in rows.parts(named):
        query = table.select().where(table.c.shield.in_(part))
        for row in target.connection.execute(query).mappings():
            known[row["shield"]] = dict(row)
    for item in happened:
        shield = item.recorded.originator_id.bytes
        known[shield] = _take(known.get(shield, {"shield": shield, **BLANK}), item)
    rows.delete(target.connection, table, table.c.shield, named)
    columns = [column.name for column in table.columns]
    values = [tuple(row[column] for column in columns) for _, row in sorted(known.items())]
    rows.insert(target.connection, table, values)


def finish(target: Target) -> None:
    """Nothing is left to do."""


BLANK: Row = {
    "standing": "standing",
    "laid_by": "",
    "inherited": "",
    "origin": None,
    "criterion": "",
    "authority": "",
    "review": "",
    "since": 0,
    "actor": "",
    "reviewed": None,
    "reviewer": "",
    "lifted": None,
    "lifted_by": "",
    "second": "",
}


def _take(row: Row, item: Happened) -> Row:
    """A shield's row after one more of its events."""
    event, at = item.recorded.event, item.recorded.origin.recorded
    actor = item.recorded.origin.actor
    match event:
        case ShieldApplied(review=review, by=by, criterion=criterion, authority=authority):
            said: Row = {"laid_by": by, "criterion": criterion, "authority": authority}
            return {**row, **said, "review": review, "since": at, "actor": actor}
        case ShieldInherited(origin=origin, review=review, authority=authority):
            whence: Row = {"origin": origin.bytes, "inherited": "split", "authority": authority}
            return {**row, **whence, "review": review, "since": at, "actor": actor}
        case ShieldSpread(review=review) if review:
            return {**row, "inherited": "merge", "review": review}
        case ShieldReviewed(review=review, criterion=criterion):
            said = {"review": review, "criterion": criterion or row["criterion"]}
            return {**row, **said, "inherited": "", "reviewed": at, "reviewer": actor}
        case ShieldErased():
            return {**row, "standing": "erased"}
        case ShieldLifted(second=second):
            ended = {"standing": "lifted", "second": second}
            return {**row, **ended, "lifted": at, "lifted_by": actor}
        case _:
            return row
