"""Which numbers answer otherwise than before, for those who keep numbers of children."""

from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from projections.history import CHANGING, HISTORY
from projections.index import CHILD, RECORD
from projections.mergers import survivor
from projections.projection import Target


class Changed(NamedTuple):
    """That a number answers otherwise than before."""

    number: str
    what: Literal["merged", "split", "restored"]
    into: str = ""


_WHAT: dict[str, Literal["merged", "split", "restored"]] = {
    "ChildMerged": "merged",
    "ChildRestored": "restored",
    "RecordsUnlinked": "split",
}


def changing(after: int, limit: int) -> sa.Select[Any]:
    """The events, each once, after which a number answers otherwise."""
    what, note = HISTORY.c.what, HISTORY.c.note
    return (
        sa.select(HISTORY.c.position, HISTORY.c.child, HISTORY.c.other, what)
        .where(what.in_(CHANGING), HISTORY.c.position > after)
        .where(sa.or_(what != "RecordsUnlinked", note == "moved"))
        .distinct()
        .order_by(HISTORY.c.position)
        .limit(limit)
    )


def changed(row: sa.Row[Any], target: Target) -> tuple[Changed | None, list[UUID]]:
    """What is told of such an event, and the records of the children that it is about, today's."""
    children = [child for child in (row.child, row.other) if child]
    lasting = {one for one in (survivor(child, target) for child in children) if one}
    query = sa.select(CHILD.c.child, CHILD.c.number).where(CHILD.c.child.in_(children))
    numbers = {one.child: one.number for one in target.connection.execute(query)}
    records = sa.select(RECORD.c.record).where(RECORD.c.child.in_(sorted(lasting)))
    held = [UUID(bytes=one) for one in target.connection.execute(records).scalars()]
    if not lasting or len(numbers) < len(children):
        return None, held
    into = numbers[row.other] if row.other else ""
    return Changed(numbers[row.child], _WHAT[row.what], into), held
