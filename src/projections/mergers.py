"""Which child answers for another after mergers, and which were merged into it."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from projections import rows
from projections.index import CHILD
from projections.prepared import Prepared
from projections.projection import Target

OF_ID = Prepared(CHILD.select().where(CHILD.c.child == sa.bindparam("child")))
_MERGED_INTO = Prepared(
    sa.select(CHILD.c.child, CHILD.c.merged_into).where(
        CHILD.c.merged_into == sa.bindparam("child")
    )
)


def merged_into(children: Sequence[bytes], target: Target) -> dict[bytes, bytes]:
    """The children merged into any of these, directly or through others, each with that one."""
    asked = set(children)
    survivor = {child: child for child in children}
    frontier = list(survivor)
    while frontier:
        fresh = [pair for pair in _merged_next(frontier, target) if pair[0] not in survivor]
        survivor.update((child, survivor[into]) for child, into in fresh)
        frontier = [child for child, _ in fresh]
    return {child: into for child, into in survivor.items() if child not in asked}


def _merged_next(children: Sequence[bytes], target: Target) -> Iterator[Sequence[Any]]:
    """The children merged directly into any of these, each with that one."""
    if len(children) == 1:
        yield from _MERGED_INTO.all(target.connection, child=children[0])
        return
    for part in rows.parts(children):
        query = sa.select(CHILD.c.child, CHILD.c.merged_into)
        yield from target.connection.execute(query.where(CHILD.c.merged_into.in_(part))).all()


def survivor(child: bytes, target: Target) -> bytes | None:
    """The child itself, or at the end of its mergers the one that answers for it."""
    found = lasting(OF_ID.first(target.connection, child=child), target)
    return found[0] if found else None


def lasting(row: tuple[Any, ...] | None, target: Target) -> tuple[bytes, str] | None:
    """Id and number of the child that answers for the one of a row; None where none does."""
    passed: set[bytes] = set()
    while row is not None:
        child, number, status, merged_into = row
        if status == "current":
            return child, number
        if status in ("closed", "retired") or child in passed:
            return None
        passed.add(child)
        row = OF_ID.first(target.connection, child=merged_into)
    return None
