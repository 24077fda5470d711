"""Whose work a pair is: the authorities that are responsible for the children of some records.

Asked so that a task reaches a steward of theirs; it shows nothing of anybody.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.record import Statement
from projections import rows
from projections.authority import made_out, services_of
from projections.finding import IDENTITY, current
from projections.index import CHILD, RECORD, with_statements
from projections.mergers import merged_into
from projections.projection import Target
from projections.responsible import RESPONSIBLE
from projections.retention import archived_alone
from projections.survivorship import Stated

_decode = msgspec.json.Decoder(Statement).decode


def authorities(records: Collection[UUID], today: str, target: Target) -> dict[UUID, str]:
    """The code of the authority of each record; one whose child's is not known is not in.

    ``today`` is an ISO date.
    """
    named = [record.bytes for record in records]
    child_of: dict[bytes, bytes] = {}
    alone: dict[bytes, Stated] = {}
    for part in rows.parts(named):
        query = sa.select(RECORD.c.record, RECORD.c.child).where(
            RECORD.c.record.in_(part), RECORD.c.child.is_not(None)
        )
        child_of.update((record, child) for record, child in target.connection.execute(query))
        alone |= _alone(part, target)
    children = sorted(set(child_of.values()))
    known = accepted(children, target)
    for part in rows.parts([child for child in children if child not in known]):
        groups = {child: [one.stated for one in kept] for child, kept in current(part, target)}
        known |= _made_out(groups, today)
    lone = _made_out({record: [stated] for record, stated in alone.items()}, today)
    told = lone | {record: known[child] for record, child in child_of.items() if child in known}
    return {UUID(bytes=record): code for record, code in told.items()}


def archived(records: Collection[UUID], upto: str, target: Target) -> dict[UUID, str]:
    """The day from which each record, or the child that it is of, is archived; where by ``upto``.

    Days are ISO dates.
    """
    found: dict[UUID, str] = {}
    for part in rows.parts([record.bytes for record in records]):
        query = (
            sa.select(RECORD.c.record, RECORD.c.child, IDENTITY.c.archived)
            .outerjoin(IDENTITY, IDENTITY.c.child == RECORD.c.child)
            .where(RECORD.c.record.in_(part))
        )
        told = target.connection.execute(query).all()
        lone = [row.record for row in told if row.child is None]
        days = {row.record: row.archived for row in told if row.archived is not None}
        if lone:
            days |= {
                record: archived_alone(one.particulars)
                for record, one in _alone(lone, target).items()
            }
        found.update((UUID(bytes=record), day) for record, day in days.items() if day <= upto)
    return found


class Near(NamedTuple):
    """An authority whose work is looked for."""

    authority: str
    """Its code."""
    today: str
    """An ISO date."""


def may_be_of(
    pairs: sa.FromClause, *records: sa.Column[bytes]
) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """Which of some pairs may be an authority's work, so that ``authorities`` has to be asked.

    They are not where their children's services name another today, and never name this one, and it
    accepted none of the children. Of a shielded child nothing is told here. What the condition is
    about is joined to the pairs; it is executed with the fields of a ``Near``.
    """
    authority, today = (sa.bindparam(name, type_=sa.Text) for name in Near._fields)
    own: list[sa.ColumnElement[bool]] = []
    others: list[sa.ColumnElement[bool]] = []
    for column in records:
        record, identity, merged = RECORD.alias(), IDENTITY.alias(), CHILD.alias()
        child = record.c.child
        pairs = pairs.outerjoin(record, record.c.record == column)
        pairs = pairs.outerjoin(identity, identity.c.child == child)
        accepted = sa.and_(RESPONSIBLE.c.child == child, RESPONSIBLE.c.accepted == authority)
        own += [
            # What is no child's yet says it by itself.
            child.is_(None),
            identity.c.restricted,
            identity.c.authorities.contains(authority),
            sa.exists().where(accepted),
            # Who was merged into it may have been accepted.
            sa.exists().where(merged.c.merged_into == child),
        ]
        others.append(sa.func.coalesce(identity.c.routed, "") >= today)
    return pairs, sa.or_(*own, ~sa.or_(*others))


def _made_out(groups: Mapping[bytes, Sequence[Stated]], today: str) -> dict[bytes, str]:
    """The authority of each group whose services name one."""
    told = {of: made_out(services_of(group), today) for of, group in groups.items()}
    return {of: one.value for of, one in told.items() if one is not None}


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


def _alone(records: Collection[bytes], target: Target) -> dict[bytes, Stated]:
    """What those of the records state that are no child's yet."""
    both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
    query = (
        sa.select(RECORD.c.record, RECORD.c.source, RECORD.c.key, statement.label("statement"))
        .select_from(both)
        .where(RECORD.c.record.in_(records), RECORD.c.child.is_(None), statement.is_not(None))
    )
    return {
        row.record: Stated(row.source, row.key, "", 0, 0, _decode(row.statement).particulars)
        for row in target.connection.execute(query)
    }
