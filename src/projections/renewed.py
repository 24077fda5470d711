"""Records of a new identity: what they say of the old one is neither shown nor searched."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from events.message import Event
from events.never_link import NeverLinkDrawn, NeverLinkGrown
from person.particulars import Particulars
from projections import rows
from projections.index import RECORD, metadata
from projections.projection import BEFORE_FILLING, Happened, Target
from projections.survivorship import IN_USE
from projections.view import in_force

GONE = ("former", "superseded")
"""Statuses of numbers that are a child's no longer."""

EVENTS: frozenset[type[Event]] = frozenset({NeverLinkDrawn, NeverLinkGrown})

RENEWED = sa.Table(
    "index_renewed",
    metadata,
    sa.Column("record", sa.LargeBinary(16), primary_key=True),
    sa.Column("never_link", sa.LargeBinary(16), nullable=False),
    sa.Index("index_renewed_never_link", "never_link", info=BEFORE_FILLING),
)
"""The records of new identities. A never-link that is lifted gives no old name back."""


def fold(happened: Sequence[Happened], target: Target) -> set[bytes]:
    """Note the records of new identities; returns those that became such."""
    fresh: dict[bytes, bytes] = {}
    table = target[RENEWED]
    for _, recorded in happened:
        event, stream = recorded.event, recorded.originator_id.bytes
        if isinstance(event, NeverLinkDrawn) and event.renewed:
            fresh.update((record.bytes, stream) for record in event.right)
        elif isinstance(event, NeverLinkGrown) and event.right:
            known = sa.select(table.c.record).where(table.c.never_link == stream).limit(1)
            if stream in fresh.values() or target.connection.execute(known).first():
                fresh.update((record.bytes, stream) for record in event.right)
    rows.delete(target.connection, table, table.c.record, sorted(fresh))
    rows.insert(target.connection, table, sorted(fresh.items()))
    return set(fresh)


def children(of: Collection[bytes], target: Target) -> set[bytes]:
    """Those of the children that are a new identity: any record of theirs is of one."""
    table, record = target[RENEWED], target[RECORD]
    found: set[bytes] = set()
    if target.connection.execute(sa.select(table.c.record).limit(1)).first() is None:
        return found
    for part in rows.parts(sorted(of)):
        query = sa.select(record.c.child).join(table, table.c.record == record.c.record)
        found.update(target.connection.execute(query.where(record.c.child.in_(part))).scalars())
    return found


def among(records: Collection[bytes], target: Target) -> set[bytes]:
    """Those of the records that are of a new identity."""
    table = target[RENEWED]
    found: set[bytes] = set()
    for part in rows.parts(sorted(records)):
        query = sa.select(table.c.record).where(table.c.record.in_(part))
        found.update(target.connection.execute(query).scalars())
    return found


def without_past(particulars: Particulars) -> Particulars:
    """The particulars without names, numbers and addresses that are the child's no longer."""
    return msgspec.structs.replace(
        particulars,
        names=tuple(one for one in particulars.names if one.use in IN_USE and not one.end),
        identifiers=tuple(one for one in particulars.identifiers if one.status not in GONE),
        addresses=tuple(one for one in particulars.addresses if in_force(one)),
    )
