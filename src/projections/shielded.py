"""Which records stand under a shield, for the child index: what is shown and found obeys it.

The list that answers are checked against stands in the log's own database (``projections.guard``);
this is its copy beside the rows that depend on it.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.message import Erased, Event
from events.record import Statement
from events.shield import (
    Grounds,
    Kind,
    RecordsParted,
    RecordsReleased,
    RecordsWithheld,
    ShieldApplied,
    ShieldErased,
    ShieldInherited,
    ShieldLifted,
    ShieldReviewed,
    ShieldSpread,
)
from projections import rows
from projections.folding import fold as folded
from projections.index import CHILD, RECORD, SEALED, STATEMENT, metadata
from projections.projection import BEFORE_FILLING, Happened, Target

SHIELDED = sa.Table(
    "index_shielded",
    metadata,
    sa.Column("record", sa.LargeBinary(16), primary_key=True),
    sa.Column("shield", sa.LargeBinary(16), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Index("index_shielded_shield", "shield", info=BEFORE_FILLING),
)
"""``kind`` is ``lifted``, ``shielded`` or ``withheld``: of several the last word in the alphabet is
the one that hides most."""

SAFE = sa.Table(
    "index_safe",
    metadata,
    sa.Column("shield", sa.LargeBinary(16), primary_key=True),
    sa.Column("parents", sa.LargeBinary, nullable=False),
)
"""Of each shield on which an officer has spoken, whose names are safe to show: pairs of folded
forename and family name, as JSON."""

EVENTS: frozenset[type[Event]] = frozenset(
    {
        ShieldApplied,
        ShieldInherited,
        ShieldSpread,
        RecordsParted,
        ShieldReviewed,
        ShieldLifted,
        RecordsWithheld,
        RecordsReleased,
        ShieldErased,
    }
)


class StillMarked(msgspec.Struct, frozen=True):
    """A record that its source marks as restricted although the shield over it was lifted."""

    record: UUID
    source: str
    number: str
    """Of its child; empty where it is of none."""
    child: UUID | None
    stated: int
    """When the source last said so (microseconds)."""


Names = frozenset[tuple[str, str]]
"""Folded forenames and family names."""

_grounds = msgspec.json.Decoder(Grounds).decode
_statement = msgspec.json.Decoder(Statement).decode
_names = msgspec.json.Decoder(list[tuple[str, str]]).decode


def fold(happened: Sequence[Happened], target: Target) -> set[bytes]:
    """Bring the rows to where these events leave them; the records for whom anything changed."""
    changed: set[bytes] = set()
    for _, recorded in happened:
        if type(recorded.event) in EVENTS:
            changed |= _take(recorded.originator_id.bytes, recorded.event, target)
    return changed


def under(records: Collection[UUID], target: Target) -> dict[UUID, dict[UUID, Kind]]:
    """How each of these records stands under which shields."""
    table = target[SHIELDED]
    found: dict[UUID, dict[UUID, Kind]] = {record: {} for record in records}
    for part in rows.parts([record.bytes for record in records]):
        for record, shield, kind in target.connection.execute(
            table.select().where(table.c.record.in_(part))
        ):
            found[UUID(bytes=record)][UUID(bytes=shield)] = kind
    return found


def _take(shield: bytes, event: Event, target: Target) -> set[bytes]:
    match event:
        case ShieldApplied(records=records, by=by):
            if by == "officer":
                _speak(shield, event.grounds, target)
            return _stand(shield, [one.bytes for one in records], "shielded", target)
        case ShieldInherited(records=records) | ShieldSpread(records=records):
            return _stand(shield, [one.bytes for one in records], "shielded", target)
        case RecordsWithheld(records=records):
            return _stand(shield, [one.bytes for one in records], "withheld", target)
        case RecordsParted(records=records) | RecordsReleased(records=records):
            return _clear(shield, [one.bytes for one in records], target)
        case ShieldReviewed():
            if event.grounds is not None:
                _speak(shield, event.grounds, target)
            return _under(shield, target)
        case ShieldErased():
            safe = target[SAFE]
            target.connection.execute(safe.delete().where(safe.c.shield == shield))
            return _under(shield, target)
        case ShieldLifted():
            return _lift(shield, target)
        case _:
            return set()


def _stand(shield: bytes, records: Sequence[bytes], kind: str, target: Target) -> set[bytes]:
    _clear(shield, records, target)
    values = [(record, shield, kind) for record in records]
    rows.insert(target.connection, target[SHIELDED], values)
    return set(records)


def _clear(shield: bytes, records: Sequence[bytes], target: Target) -> set[bytes]:
    table = target[SHIELDED]
    for part in rows.parts(records):
        gone = table.delete().where(table.c.shield == shield, table.c.record.in_(part))
        target.connection.execute(gone)
    return set(records)


def _under(shield: bytes, target: Target) -> set[bytes]:
    table = target[SHIELDED]
    query = sa.select(table.c.record).where(table.c.shield == shield)
    return set(target.connection.execute(query).scalars())


def _lift(shield: bytes, target: Target) -> set[bytes]:
    changed, table, safe = _under(shield, target), target[SHIELDED], target[SAFE]
    mine = table.c.shield == shield
    target.connection.execute(table.update().where(mine).values(kind="lifted"))
    target.connection.execute(safe.delete().where(safe.c.shield == shield))
    return changed


def _speak(shield: bytes, grounds: object, target: Target) -> None:
    """Keep whose names an officer holds safe; nobody's, where that cannot be read any more."""
    if isinstance(grounds, msgspec.Raw):
        grounds = _grounds(grounds)
    safe = () if grounds is None or isinstance(grounds, Erased) else _safe_of(grounds)
    table = target[SAFE]
    target.connection.execute(table.delete().where(table.c.shield == shield))
    rows.insert(target.connection, table, [(shield, msgspec.json.encode(safe))])


def _safe_of(grounds: object) -> list[tuple[str, str]]:
    assert isinstance(grounds, Grounds)
    return sorted({(folded(one.given), folded(one.family)) for one in grounds.safe})


def set_apart(changed: set[bytes], stated: set[bytes], target: Target) -> None:
    """Let statements stand where their records' standing says: sealed or not.

    ``changed`` are records whose standing under shields changed; ``stated``, records of which a
    statement was written among those that are not sealed.
    """
    table = target[SHIELDED]
    if not target.connection.execute(sa.select(table.c.record).limit(1)).first() and not changed:
        return
    hidden: set[bytes] = set()
    for part in rows.parts(sorted(changed | stated)):
        listed = sa.select(table.c.record).where(table.c.record.in_(part), table.c.kind != "lifted")
        hidden.update(target.connection.execute(listed).scalars())
    _move(_ordinals(hidden, target), STATEMENT, SEALED, target)
    _move(_ordinals(changed - hidden, target), SEALED, STATEMENT, target)


def _ordinals(records: set[bytes], target: Target) -> list[int]:
    record = target[RECORD]
    found: list[int] = []
    for part in rows.parts(sorted(records)):
        query = sa.select(record.c.ordinal).where(record.c.record.in_(part))
        found.extend(target.connection.execute(query).scalars())
    return found


def _move(ordinals: Sequence[int], here: sa.Table, there: sa.Table, target: Target) -> None:
    one, other = target[here], target[there]
    for part in rows.parts(ordinals):
        query = sa.select(one).where(one.c.ordinal.in_(part))
        found = [tuple(row) for row in target.connection.execute(query)]
        rows.insert(target.connection, other, found)
        rows.delete(target.connection, one, one.c.ordinal, [ordinal for ordinal, _ in found])


def kind_of(record: sa.Column[Any], target: Target) -> sa.ScalarSelect[Any]:
    """How a record stands: the kind that hides most, NULL under no shield; for a query."""
    table = target[SHIELDED]
    return sa.select(sa.func.max(table.c.kind)).where(table.c.record == record).scalar_subquery()


def safe_parents(records: Iterable[bytes], target: Target) -> Names:
    """Whose names may be shown of the child with these records.

    Those that are held safe at every shield over them that an officer has laid or reviewed.
    """
    table, safe = target[SHIELDED], target[SAFE]
    query = (
        sa.select(safe.c.parents)
        .join(table, table.c.shield == safe.c.shield)
        .where(table.c.record.in_(list(records)), table.c.kind == "shielded")
    )
    spoken = [frozenset(_names(told)) for told in target.connection.execute(query).scalars()]
    return frozenset.intersection(*spoken) if spoken else frozenset()


def still_marked(target: Target) -> list[StillMarked]:
    """The current records with a restricted mark from which the shield was lifted, by source."""
    record, statement, child = target[RECORD], target[STATEMENT], target[CHILD]
    query = (
        sa.select(record.c.record, record.c.source, record.c.stated_effective,
                  child.c.number, child.c.child, statement.c.statement)
        .join(statement, statement.c.ordinal == record.c.ordinal)
        .outerjoin(child, child.c.child == record.c.child)
        .where(record.c.standing == "current", kind_of(record.c.record, target) == "lifted")
        .order_by(record.c.source, record.c.record)
    )  # fmt: skip
    return [
        StillMarked(UUID(bytes=id_), source, number or "", UUID(bytes=of) if of else None, stated)
        for id_, source, stated, number, of, said in target.connection.execute(query)
        if _statement(said).particulars.restricted
    ]
