"""With whom a described person may be compared: records of children seen whole, and who is not."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from projections import children as child_index
from projections import rows
from projections.finding import IDENTITY
from projections.index import CHILD, RECORD
from projections.positions import PROJECTION
from projections.prepared import Prepared
from projections.projection import Target
from projections.renewed import RENEWED
from projections.shielded import SHIELDED

Version = tuple[Any, ...]
"""What differs once a current record of a child came, went or says something else."""
_STATED = (RECORD.c.stated_effective, RECORD.c.stated_sequence, RECORD.c.stated_content)
_PLACE = Prepared(
    sa.select(PROJECTION.c.position, PROJECTION.c.generation).where(
        PROJECTION.c.name == child_index.name
    )
)


class OpenRecord(NamedTuple):
    """A current record of a child who is seen whole."""

    ordinal: int
    record: bytes


def place(target: Target) -> tuple[int, int]:
    """How far the child index has come, and in which generation."""
    position, generation = _PLACE.first(target.connection)
    return position, generation


def hidden(target: Target, among: Collection[int] | None = None) -> set[int]:
    """The records that are shielded or withheld, by ordinal; all, or those among some."""
    listed = (
        sa.select(RECORD.c.ordinal)
        .join(SHIELDED, SHIELDED.c.record == RECORD.c.record)
        .where(SHIELDED.c.kind != "lifted")
    )
    return _all(listed, RECORD.c.ordinal, among, target)


def shielded(target: Target, among: Collection[bytes] | None = None) -> set[bytes]:
    """The children over whom a shield stands; all, or those among some."""
    return _children(SHIELDED, SHIELDED.c.kind == "shielded", among, target)


def renewed(target: Target, among: Collection[bytes] | None = None) -> set[bytes]:
    """The children who are a new identity; all, or those among some."""
    return _children(RENEWED, sa.true(), among, target)


def _children(
    table: sa.Table,
    which: sa.ColumnElement[bool],
    among: Collection[bytes] | None,
    target: Target,
) -> set[bytes]:
    query = sa.select(RECORD.c.child).join(table, table.c.record == RECORD.c.record)
    return _all(query.where(which, RECORD.c.child.is_not(None)), RECORD.c.child, among, target)


def _all(
    query: sa.Select[Any],
    column: sa.Column[Any],
    among: Collection[Any] | None,
    target: Target,
) -> set[Any]:
    """All that a query gives; where a column is among some values, if they are named."""
    if among is None:
        return set(target.connection.execute(query).scalars())
    found: set[Any] = set()
    for part in rows.parts(sorted(among)):
        found.update(target.connection.execute(query.where(column.in_(part))).scalars())
    return found


def children_of(ordinals: Collection[int], target: Target) -> set[bytes]:
    """The children of those of these records that are of one."""
    query = sa.select(RECORD.c.child).where(RECORD.c.child.is_not(None))
    return _all(query, RECORD.c.ordinal, ordinals, target)


def current_ordinals(target: Target) -> set[int]:
    """All current records."""
    query = sa.select(RECORD.c.ordinal).where(RECORD.c.standing == "current")
    return set(target.connection.execute(query).scalars())


def versions(children: Collection[bytes], target: Target) -> dict[bytes, Version]:
    """The version of each of these children who is current."""
    found: dict[bytes, list[Any]] = {}
    for part in rows.parts(sorted(children)):
        query = (
            sa.select(RECORD.c.child, RECORD.c.ordinal, *_STATED)
            .join(CHILD, CHILD.c.child == RECORD.c.child)
            .where(RECORD.c.child.in_(part), RECORD.c.standing == "current")
            .where(CHILD.c.status == "current")
            .order_by(RECORD.c.ordinal)
        )
        for child, *version in target.connection.execute(query):
            found.setdefault(child, []).append(tuple(version))
    return {child: tuple(records) for child, records in found.items()}


def ordinals_of(ids: Collection[bytes], target: Target) -> set[int]:
    """The records that are named, and those of the children that are, current or not."""
    query = sa.select(RECORD.c.ordinal)
    own = _all(query, RECORD.c.record, ids, target)
    return own | _all(query, RECORD.c.child, ids, target)


_OPEN = (
    sa.select(RECORD.c.child, RECORD.c.ordinal, RECORD.c.record)
    .join(CHILD, CHILD.c.child == RECORD.c.child)
    .join(IDENTITY, IDENTITY.c.child == RECORD.c.child)
    .where(RECORD.c.standing == "current", CHILD.c.status == "current")
    .where(IDENTITY.c.restricted.is_(sa.false()))
    .order_by(RECORD.c.ordinal)
)
_ANY = RECORD.alias()
_WHOSE = sa.select(_ANY.c.child).where(_ANY.c.ordinal == sa.bindparam("ordinal"))
_BY_ORDINAL = Prepared(_OPEN.where(RECORD.c.child == _WHOSE.scalar_subquery()))
_BY_CHILD = Prepared(_OPEN.where(RECORD.c.child == sa.bindparam("child")))


def open_records(
    ordinals: Collection[int], children: Collection[bytes], target: Target
) -> dict[bytes, list[OpenRecord]]:
    """Those of the children, and of those of whom the records are, who are seen whole.

    Each with all its current records.
    """
    found: dict[bytes, list[OpenRecord]] = {}
    known: set[int] = set()
    for ordinal in sorted(ordinals):
        if ordinal not in known:
            known |= _take(_BY_ORDINAL.all(target.connection, ordinal=ordinal), found)
    for child in sorted(children):
        if child not in found:
            _take(_BY_CHILD.all(target.connection, child=child), found)
    return found


def _take(told: Iterable[tuple[Any, ...]], found: dict[bytes, list[OpenRecord]]) -> set[int]:
    """Keep the records of a child; which they are."""
    records = [(child, OpenRecord(ordinal, record)) for child, ordinal, record in told]
    for child, _ in records[:1]:
        found[child] = [record for _, record in records]
    return {record.ordinal for _, record in records}
