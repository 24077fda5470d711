"""The two records of a pair as one who decides on it sees them; nothing of a shielded child.

Fails closed: a record is seen only while it is current, not withheld, and neither it nor any record
of its child is shielded. Even that such a pair awaits somebody would tell what its view hides.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.record import Statement
from person.particulars import Particulars
from projections import renewed, rows
from projections.finding import IDENTITY
from projections.index import CHILD, RECORD, STATEMENT, with_statements
from projections.projection import Target
from projections.shielded import kind_of
from projections.survivorship import Stated
from projections.view import ChildView, view

_decode = msgspec.json.Decoder(Statement).decode


class PairedRecord(msgspec.Struct, frozen=True):
    """One record of a pair."""

    record: UUID
    source: str
    child: UUID | None
    view: ChildView
    """What would be seen of its child if the child had this record alone; the number is empty
    where the record belongs to no child yet."""
    numbers: tuple[str, ...]
    """Which numbers it states, ``nhs (verified)``; never the numbers themselves."""
    particulars: Particulars
    """What the matcher weighs; not for showing."""


def paired(
    records: Sequence[UUID], target: Target, *, cleared: bool = False
) -> dict[UUID, PairedRecord]:
    """Those of the records that may be seen; by who is ``cleared``, shielded and withheld ones too.

    A record of a retired identity is seen by nobody.
    """
    both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
    query = (
        sa.select(
            RECORD,
            statement.label("statement"),
            CHILD.c.number,
            CHILD.c.status,
            IDENTITY.c.restricted,
            kind_of(RECORD.c.record, target).label("under"),
        )
        .select_from(both)
        .outerjoin(CHILD, CHILD.c.child == RECORD.c.child)
        .outerjoin(IDENTITY, IDENTITY.c.child == RECORD.c.child)
        .where(RECORD.c.record.in_([record.bytes for record in records]), statement.is_not(None))
    )
    found: dict[UUID, PairedRecord] = {}
    anew = renewed.among([record.bytes for record in records], target)
    for row in target.connection.execute(query).all():
        one = _record(row, is_renewed=row.record in anew, cleared=cleared)
        if one is not None:
            found[one.record] = one
    return found


def seen(records: Collection[bytes], target: Target) -> set[bytes]:
    """The ids of those of the records that may be seen."""
    return {record for part in rows.parts(sorted(records)) for record in _seen(part, target)}


def _seen(records: Sequence[bytes], target: Target) -> Iterator[bytes]:
    named = RECORD.c.record.in_(records), RECORD.c.standing == "current"
    under = kind_of(RECORD.c.record, target)
    is_open = sa.func.coalesce(under, "lifted") == "lifted"
    of_children = (
        sa.select(RECORD.c.record)
        .join(IDENTITY, IDENTITY.c.child == RECORD.c.child)
        .where(*named, IDENTITY.c.restricted.is_(sa.false()), is_open)
    )
    yield from target.connection.execute(of_children).scalars()
    alone = (
        sa.select(RECORD.c.record, STATEMENT.c.statement, under)
        .join(STATEMENT, STATEMENT.c.ordinal == RECORD.c.ordinal)
        .where(*named, RECORD.c.child.is_(None), is_open)
    )
    for record, statement, lifted in target.connection.execute(alone):
        if lifted or not _decode(statement).particulars.restricted:
            yield record


def _record(row: Any, *, is_renewed: bool, cleared: bool) -> PairedRecord | None:
    particulars = _decode(row.statement).particulars
    if is_renewed:
        particulars = renewed.without_past(particulars)
    # A child of which the index holds no identity is not known to be free of marks.
    hidden = row.child is not None and row.restricted is not False
    stated = Stated(
        row.source,
        row.key,
        "",
        row.stated_effective,
        row.present_effective,
        particulars,
        "lifted" if cleared else row.under or "",
    )
    if row.standing != "current" or row.status == "retired":
        return None
    if not cleared and (hidden or stated.is_hidden):
        return None
    shown = view(row.number or "", [stated])
    assert isinstance(shown, ChildView)
    return PairedRecord(
        record=UUID(bytes=row.record),
        source=row.source,
        child=UUID(bytes=row.child) if row.child else None,
        view=shown,
        numbers=tuple(f"{one.system} ({one.status})" for one in particulars.identifiers),
        particulars=particulars,
    )
