"""Whose work a pair is: the authorities that are responsible for the children of some records.

Asked so that a task reaches a steward of theirs; it shows nothing of anybody.
"""

from collections.abc import Collection
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.record import Statement
from projections import rows
from projections.authority import made_out, services_of
from projections.finding import current
from projections.index import RECORD, with_statements
from projections.mergers import merged_into
from projections.projection import Target
from projections.responsible import RESPONSIBLE
from projections.survivorship import Stated

_decode = msgspec.json.Decoder(Statement).decode


def authorities(records: Collection[UUID], today: str, target: Target) -> frozenset[str]:
    """The codes of all of them; none where no child's, and no lone record's, is known."""
    named = [record.bytes for record in records]
    query = sa.select(RECORD.c.child).where(RECORD.c.record.in_(named), RECORD.c.child.is_not(None))
    children = sorted(set(target.connection.execute(query).scalars()))
    taken = accepted(children, target)
    others = [child for child in children if child not in taken]
    groups = [[one.stated for one in kept] for _, kept in current(others, target)]
    groups.extend(_alone(named, target))
    told = (made_out(services_of(group), today) for group in groups)
    return frozenset(taken.values()) | {one.value for one in told if one is not None}


def accepted(children: Collection[bytes], target: Target) -> dict[bytes, str]:
    """Who accepted each of these children, or one that was merged into it, the last."""
    into = merged_into(sorted(children), target) | {child: child for child in children}
    table = RESPONSIBLE.c
    found: list[tuple[int, bytes, str]] = []
    for part in rows.parts(sorted(into)):
        query = sa.select(table.since, table.child, table.accepted).where(table.accepted != "")
        told = target.connection.execute(query.where(table.child.in_(part)))
        found += [(since, into[child], code) for since, child, code in told]
    return {child: code for _, child, code in sorted(found)}


def _alone(records: Collection[bytes], target: Target) -> list[list[Stated]]:
    """Those of the records that are no child's yet, each by itself."""
    both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
    query = (
        sa.select(RECORD.c.source, RECORD.c.key, statement.label("statement"))
        .select_from(both)
        .where(RECORD.c.record.in_(records), RECORD.c.child.is_(None), statement.is_not(None))
    )
    return [
        [Stated(row.source, row.key, "", 0, 0, _decode(row.statement).particulars)]
        for row in target.connection.execute(query)
    ]
