"""Records of a new identity: what they say of the old one is neither shown nor searched."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from events.message import Event
from events.never_link import NeverLinkDrawn, NeverLinkGrown, NeverLinkLifted, SidesGivenBack
from person.particulars import Particulars
from projections import rows
from projections.index import RECORD, metadata
from projections.prepared import Prepared
from projections.projection import BEFORE_FILLING, Happened, Target
from projections.survivorship import IN_USE
from projections.view import in_force

GONE = ("former", "superseded")
"""Statuses of numbers that are a child's no longer."""

EVENTS: frozenset[type[Event]] = frozenset(
    {NeverLinkDrawn, NeverLinkGrown, SidesGivenBack, NeverLinkLifted}
)

RENEWED = sa.Table(
    "index_renewed",
    metadata,
    sa.Column("record", sa.LargeBinary(16), primary_key=True),
    sa.Column("never_link", sa.LargeBinary(16), primary_key=True),
    sa.Index("index_renewed_never_link", "never_link", info=BEFORE_FILLING),
)
"""The records of new identities, until each never-link that made them so is lifted."""
_ANY = Prepared(sa.select(RENEWED.c.record).limit(1))


def fold(happened: Sequence[Happened], target: Target) -> set[bytes]:
    """Note the records of new identities; returns those for whom that changed."""
    changed: set[bytes] = set()
    for _, recorded in happened:
        if type(recorded.event) in EVENTS:
            changed |= _take(recorded.originator_id.bytes, recorded.event, target)
    return changed


def _take(stream: bytes, event: Event, target: Target) -> set[bytes]:
    table = target[RENEWED]
    query = sa.select(table.c.record).where(table.c.never_link == stream)
    known = set(target.connection.execute(query).scalars())
    match event:
        case NeverLinkDrawn(renewed=True, right=right):
            fresh = {record.bytes for record in right}
        case NeverLinkGrown(right=right) if known:
            fresh = {record.bytes for record in right}
        case SidesGivenBack(records=records):
            gone = known.intersection(record.bytes for record in records)
            for part in rows.parts(sorted(gone)):
                mine = sa.and_(table.c.never_link == stream, table.c.record.in_(part))
                target.connection.execute(table.delete().where(mine))
            return gone
        case NeverLinkLifted():
            rows.delete(target.connection, table, table.c.never_link, [stream])
            return known
        case _:
            return set()
    rows.insert(target.connection, table, [(record, stream) for record in sorted(fresh - known)])
    return fresh


def children(of: Collection[bytes], target: Target) -> set[bytes]:
    """Those of the children that are a new identity: any record of theirs is of one."""
    table, record = target[RENEWED], target[RECORD]
    found: set[bytes] = set()
    if not target.beside and _ANY.first(target.connection) is None:
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
