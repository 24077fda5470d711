"""With whom a described person may be compared: records of children seen whole, and who is not."""

from collections.abc import Collection
from typing import Any, NamedTuple

import sqlalchemy as sa

from projections import children as child_index
from projections import rows
from projections.finding import IDENTITY
from projections.index import CHILD, RECORD
from projections.positions import PROJECTION
from projections.projection import Target
from projections.renewed import RENEWED
from projections.shielded import SHIELDED

Version = tuple[Any, ...]
"""What differs once a current record of a child came, went or says something else."""
_STATED = (RECORD.c.stated_effective, RECORD.c.stated_sequence, RECORD.c.stated_content)
_PLACE = sa.select(PROJECTION.c.position, PROJECTION.c.generation).where(
    PROJECTION.c.name == child_index.name
)


class OpenRecord(NamedTuple):
    """A current record of a child who is seen whole."""

    ordinal: int
    record: bytes


def place(target: Target) -> tuple[int, int]:
    """How far the child index has come, and in which generation."""
    found = target.connection.execute(_PLACE).one()
    return found.position, found.generation


def hidden(target: Target) -> set[int]:
    """The records that are shielded or withheld, by ordinal."""
    listed = (
        sa.select(RECORD.c.ordinal)
        .join(SHIELDED, SHIELDED.c.record == RECORD.c.record)
        .where(SHIELDED.c.kind != "lifted")
    )
    return set(target.connection.execute(listed).scalars())


def shielded(target: Target) -> set[bytes]:
    """The children over whom a shield stands."""
    return _children(SHIELDED, SHIELDED.c.kind == "shielded", target)


def renewed(target: Target) -> set[bytes]:
    """The children who are a new identity."""
    return _children(RENEWED, sa.true(), target)


def _children(table: sa.Table, which: sa.ColumnElement[bool], target: Target) -> set[bytes]:
    query = sa.select(RECORD.c.child).join(table, table.c.record == RECORD.c.record)
    found = target.connection.execute(query.where(which, RECORD.c.child.is_not(None)))
    return set(found.scalars())


def children_of(ordinals: Collection[int], target: Target) -> set[bytes]:
    """The children of those of these records that are of one."""
    found: set[bytes] = set()
    for part in rows.parts(sorted(ordinals)):
        query = sa.select(RECORD.c.child).where(RECORD.c.ordinal.in_(part))
        found.update(target.connection.execute(query.where(RECORD.c.child.is_not(None))).scalars())
    return found


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


def ordinals_of(children: Collection[bytes], target: Target) -> set[int]:
    """The records of these children, current or not."""
    found: set[int] = set()
    for part in rows.parts(sorted(children)):
        query = sa.select(RECORD.c.ordinal).where(RECORD.c.child.in_(part))
        found.update(target.connection.execute(query).scalars())
    return found


_OF_ORDINALS = sa.select(RECORD.c.child).where(
    RECORD.c.ordinal.in_(sa.bindparam("ordinals", expanding=True))
)
_OPEN = (
    sa.select(RECORD.c.child, RECORD.c.ordinal, RECORD.c.record)
    .join(CHILD, CHILD.c.child == RECORD.c.child)
    .join(IDENTITY, IDENTITY.c.child == RECORD.c.child)
    .where(RECORD.c.standing == "current", CHILD.c.status == "current")
    .where(IDENTITY.c.restricted.is_(sa.false()))
    .order_by(RECORD.c.ordinal)
)
_BY_ORDINALS = _OPEN.where(RECORD.c.child.in_(_OF_ORDINALS))
_BY_CHILDREN = _OPEN.where(RECORD.c.child.in_(sa.bindparam("children", expanding=True)))


def open_records(
    ordinals: Collection[int], children: Collection[bytes], target: Target
) -> dict[bytes, list[OpenRecord]]:
    """Those of the children, and of those of whom the records are, who are seen whole.

    Each with all its current records.
    """
    found: dict[bytes, list[OpenRecord]] = {}
    asked: list[tuple[sa.Select[Any], str, list[Any]]] = [
        (_BY_CHILDREN, "children", sorted(children)),
        (_BY_ORDINALS, "ordinals", sorted(ordinals)),
    ]
    for query, of, values in asked:
        for part in rows.parts(values):
            for child, ordinal, record in target.connection.execute(query, {of: part}):
                found.setdefault(child, []).append(OpenRecord(ordinal, record))
    return {child: list(dict.fromkeys(records)) for child, records in found.items()}
