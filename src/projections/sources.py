"""The sources as they are registered: feed, scope, cadence and how each behaves."""

from collections.abc import Sequence

import sqlalchemy as sa

from events.message import Event
from events.source import SourceRegistered
from projections import rows
from projections.projection import Happened, Target

name = "sources"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset({SourceRegistered})

SOURCE = sa.Table(
    "source",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("feed", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("cadence", sa.Text, nullable=False),
    sa.Column("one_record_each", sa.Boolean, nullable=False),
    sa.Column("dual_registration", sa.Boolean, nullable=False),
    sa.Column("verified", sa.Text, nullable=False),
    sa.Column("guard_share", sa.Float, nullable=False),
    sa.Column("oldest", sa.Integer),
    sa.Column("nameless", sa.Boolean, nullable=False),
    sa.Column("automatic", sa.Boolean, nullable=False),
    sa.Column("registered", sa.BigInteger, nullable=False),
)
"""``verified``: systems parted by blanks; ``registered``: when last stated, in microseconds."""


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Keep the latest statement of each source's settings."""
    latest = {}
    for _, recorded in happened:
        if isinstance(recorded.event, SourceRegistered):
            latest[recorded.event.source] = _row(recorded.event, recorded.origin.recorded)
    table = target[SOURCE]
    rows.delete(target.connection, table, table.c.source, list(latest))
    rows.insert(target.connection, table, list(latest.values()))


def finish(target: Target) -> None:
    """Nothing is left to do."""


def _row(event: SourceRegistered, recorded: int) -> tuple[object, ...]:
    return (
        event.source,
        event.feed,
        event.scope,
        event.cadence,
        event.one_record_each,
        event.dual_registration,
        " ".join(event.verified),
        event.guard_share,
        event.oldest,
        event.nameless,
        event.automatic,
        recorded,
    )
