"""The pairs that await a steward, as the queue's tables have them; those not to be seen, too."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from projections import rows
from projections.projection import Target
from projections.review import ATTENDED, REVIEW_PAIR, WAITING
from projections.routing import Near, may_be_of
from projections.worth import Kind

Turn = tuple[float, bytes, bytes]
"""Where a pair stands: its turn, then the lesser record, then the other."""


class OpenPair(msgspec.Struct, frozen=True):
    """A pair that awaits a steward."""

    left: UUID
    right: UUID
    pattern: int
    weight: float
    probability: float
    model: str
    since: int
    kind: Kind
    turn: float
    """When its turn is (``projections.worth``)."""


def open_pairs(target: Target, *which: sa.ColumnElement[bool]) -> list[OpenPair]:
    """The pairs that await a steward, the likeliest first."""
    ordered = (REVIEW_PAIR.c.weight.desc(), REVIEW_PAIR.c.left, REVIEW_PAIR.c.right)
    state = REVIEW_PAIR.c.state
    # Of few, asked for by their records, the index on states would lead through all that wait.
    waits = state != "settled" if which else state.in_(WAITING)
    query = REVIEW_PAIR.select().where(waits, *which).order_by(*ordered)
    return list(map(_pair, target.connection.execute(query)))


def following(
    target: Target, behind: Turn | None, limit: int, near: Near | None = None
) -> list[OpenPair]:
    """So many of them, those whose turn it is first; of those of one turn by their records.

    ``near``: only those that may be an authority's.
    """
    query = _following(is_behind=behind is not None, is_near=near is not None)
    asked = {"most": limit, **(near._asdict() if near else {})}
    if behind is not None:
        asked |= dict(zip(_PLACE, behind, strict=True))
    return list(map(_pair, target.connection.execute(query, asked)))


_PLACE = ("turn", "lesser", "other")


@cache
def _following(*, is_behind: bool, is_near: bool) -> sa.Select[Any]:
    """Written once: to write so long a query takes as long as to answer it."""
    pair = REVIEW_PAIR.c
    place = pair.turn, pair.left, pair.right
    query = sa.select(REVIEW_PAIR).where(pair.turn.is_not(None))
    if is_near:
        joined, theirs = may_be_of(REVIEW_PAIR, pair.left, pair.right)
        query = query.select_from(joined).where(theirs)
    if is_behind:
        behind = (
            sa.bindparam(name, type_=column.type)
            for name, column in zip(_PLACE, place, strict=True)
        )
        query = query.where(sa.tuple_(*place) > sa.tuple_(*behind))
    return query.order_by(*place).limit(sa.bindparam("most", type_=sa.Integer))


def sharing(target: Target, records: Iterable[UUID]) -> list[OpenPair]:
    """Those that have any of these records, in no order."""
    query = REVIEW_PAIR.select().where(REVIEW_PAIR.c.state != "settled")
    pairs = map(_pair, of_records(target, query, records))
    return list({(pair.left, pair.right): pair for pair in pairs}.values())


def of_records(
    target: Target, query: sa.Select[Any], records: Iterable[UUID]
) -> Iterator[sa.Row[Any]]:
    """The rows of a query of pairs that have any of these records; twice where they have two."""
    for part in rows.parts(sorted(record.bytes for record in records)):
        for side in (REVIEW_PAIR.c.left, REVIEW_PAIR.c.right):
            yield from target.connection.execute(query.where(side.in_(part)))


def attended(target: Target, now: int) -> list[tuple[OpenPair, str]]:
    """Those that a steward is at, whose lease has not ended; with the steward, in no order."""
    same = ATTENDED.c.left == REVIEW_PAIR.c.left, ATTENDED.c.right == REVIEW_PAIR.c.right
    query = (
        sa.select(REVIEW_PAIR, ATTENDED.c.steward)
        .join(ATTENDED, sa.and_(*same))
        .where(ATTENDED.c.until > now, REVIEW_PAIR.c.state != "settled")
    )
    return [(_pair(row), row.steward) for row in target.connection.execute(query)]


def of_short_ids(left: str, right: str) -> sa.ColumnElement[bool]:
    """Which pairs are of records whose ids begin with these hex digits, the lesser id first."""
    return sa.and_(begins(REVIEW_PAIR.c.left, left), begins(REVIEW_PAIR.c.right, right))


def begins(column: sa.Column[bytes], short: str) -> sa.ColumnElement[bool]:
    """Which ids begin with these hex digits."""
    first, last = (bytes.fromhex(short.ljust(32, filling)) for filling in "0f")
    return column.between(first, last)


def _pair(row: sa.Row[Any]) -> OpenPair:
    return OpenPair(
        left=UUID(bytes=row.left),
        right=UUID(bytes=row.right),
        pattern=int(row.pattern),
        weight=row.weight,
        probability=row.probability,
        model=row.model,
        since=row.since,
        kind=Kind(row.kind),
        turn=row.turn,
    )
