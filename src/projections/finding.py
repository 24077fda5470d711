"""What finds a child: identity, names, numbers and postcodes, made anew when its records change.

Of a shielded child only the identity and the name in use are kept, so no search on anything else
can find it: what is not there cannot leak.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa

from events.record import Statement
from events.shield import Kind
from person.names import PersonName
from person.particulars import Particulars
from projections import renewed, rows
from projections.authority import named
from projections.folding import compact, fold
from projections.index import CHILD, RECORD, SOURCE_KIND, metadata, with_statements
from projections.prepared import Prepared
from projections.projection import AFTER_FINISHING, Target
from projections.retention import archived_of
from projections.shielded import kind_of
from projections.survivorship import Stated, birth, identity, name_in_use, sex
from projections.view import is_restricted

IDENTITY = sa.Table(
    "index_identity",
    metadata,
    sa.Column("child", sa.LargeBinary(16), nullable=False),
    sa.Column("birth", sa.Text, nullable=False),
    sa.Column("sex", sa.Text, nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.Column("contested", sa.Boolean, nullable=False),
    sa.Column("archived", sa.Text, nullable=False),
    sa.Column("authorities", sa.Text, nullable=False),
    sa.Column("routed", sa.Text, nullable=False),
    sa.Index("index_identity_child", "child", unique=True, info=AFTER_FINISHING),
    sa.Index("index_identity_birth", "birth", info=AFTER_FINISHING),
)
"""The believed birth date and sex of each child; ``restricted`` where it is shielded, ``contested``
where its records disagree; from ``archived`` on, an ISO date, few may read it. ``authorities`` and
``routed`` are what its services ever name and until when (``projections.authority.named``), for the
stewards' queue alone; empty of a shielded child."""

NAME = sa.Table(
    "index_name",
    metadata,
    sa.Column("child", sa.LargeBinary(16), nullable=False),
    sa.Column("family", sa.Text, nullable=False),
    sa.Column("given", sa.Text, nullable=False),
    sa.Index("index_name_child", "child", info=AFTER_FINISHING),
    sa.Index("index_name_name", "family", "given", info=AFTER_FINISHING),
)
"""Every name of a child, folded: the whole family name, and the forename."""

IDENTIFIER = sa.Table(
    "index_identifier",
    metadata,
    sa.Column("child", sa.LargeBinary(16), nullable=False),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("index_identifier_child", "child", info=AFTER_FINISHING),
    sa.Index("index_identifier_value", "value", "system", info=AFTER_FINISHING),
)
POSTCODE = sa.Table(
    "index_postcode",
    metadata,
    sa.Column("child", sa.LargeBinary(16), nullable=False),
    sa.Column("postcode", sa.Text, nullable=False),
    sa.Index("index_postcode_child", "child", info=AFTER_FINISHING),
    sa.Index("index_postcode_postcode", "postcode", info=AFTER_FINISHING),
)
KIN = sa.Table(
    "index_kin",
    metadata,
    sa.Column("child", sa.LargeBinary(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Index("index_kin_child", "child", info=AFTER_FINISHING),
    sa.Index("index_kin_value", "value", info=AFTER_FINISHING),
)
"""By what a child's parents are known: a mother's number, folded names. Nothing is searched by it;
it finds the household of a child that is to be shielded."""

FOUND_BY = (IDENTITY, NAME, IDENTIFIER, POSTCODE, KIN)

_decode = msgspec.json.Decoder(Statement).decode


class Kept(msgspec.Struct, frozen=True):
    """A current record of a child as the index keeps it."""

    record: bytes
    """Its id."""
    ordinal: int
    stated: Stated


def renew(children: Sequence[bytes], target: Target) -> None:
    """Make the search rows of these children anew."""
    for table in FOUND_BY:
        rows.delete(target.connection, target[table], target[table].c.child, children)
    for part in rows.parts(children):
        add(part, target)


def add(children: Sequence[bytes], target: Target) -> None:
    """Add the search rows of children that have none: at most ``rows.MOST_PARAMETERS``."""
    found: dict[sa.Table, list[tuple[Any, ...]]] = {table: [] for table in FOUND_BY}
    for child, kept in current(children, target):
        _add(child, [one.stated for one in kept], found)
    for table, values in found.items():
        rows.insert(target.connection, target[table], values)


def current(children: Sequence[bytes], target: Target) -> Iterator[tuple[bytes, list[Kept]]]:
    """The current records of each of these children, in the order of the children's ids."""
    if len(children) == 1 and not target.beside:
        found = _OF_ONE.all(target.connection, child=children[0])
    else:
        which = target[RECORD].c.child.in_(children)
        found = list(target.connection.execute(_current(target).where(which)).all())
    anew = renewed.children(children, target)
    for child, group in groupby(found, key=itemgetter(0)):
        kept = [_kept(*row) for row in group]
        yield child, [_without_past(one) for one in kept] if child in anew else kept


def _current(target: Target) -> sa.Select[Any]:
    """The current records, in the order of their children's ids."""
    record, kind = target[RECORD], target[SOURCE_KIND]
    both, statement = with_statements(record, record.c.ordinal, target)
    return (
        sa.select(
            record.c.child,
            record.c.record,
            record.c.ordinal,
            record.c.source,
            record.c.key,
            sa.func.coalesce(kind.c.kind, ""),
            record.c.stated_effective,
            record.c.present_effective,
            statement,
            kind_of(record.c.record, target),
        )
        .select_from(both)
        .join(target[CHILD], target[CHILD].c.child == record.c.child)
        .outerjoin(kind, kind.c.source == record.c.source)
        .where(record.c.standing == "current")
        .where(statement.is_not(None))
        .where(target[CHILD].c.status != "retired")
        .order_by(record.c.child, record.c.ordinal)
    )


_OF_ONE = Prepared(_current(Target(None)).where(RECORD.c.child == sa.bindparam("child")))  # type: ignore[arg-type]  # no connection is needed to write it


def _without_past(kept: Kept) -> Kept:
    particulars = renewed.without_past(kept.stated.particulars)
    stated = msgspec.structs.replace(kept.stated, particulars=particulars)
    return msgspec.structs.replace(kept, stated=stated)


def _kept(  # noqa: PLR0913, PLR0917 - the columns of the query, in their order
    _child: bytes,
    record: bytes,
    ordinal: int,
    source: str,
    key: str,
    kind: str,
    stated: int,
    seen: int,
    statement: bytes,
    under: Kind | None,
) -> Kept:
    particulars = _decode(statement).particulars
    return Kept(record, ordinal, Stated(source, key, kind, stated, seen, particulars, under or ""))


def _add(
    child: bytes, records: Sequence[Stated], found: dict[sa.Table, list[tuple[Any, ...]]]
) -> None:
    believed = identity(records)
    restricted = is_restricted(records)
    authorities, routed = ("", "") if restricted else named(records)
    found[IDENTITY].append(
        (
            child,
            believed.birth.value.value if believed.birth else "",
            believed.sex.value if believed.sex else "U",
            restricted,
            _is_contested(records),
            archived_of(records, believed.birth.value if believed.birth else None),
            authorities,
            routed,
        )
    )
    if restricted:
        names = {_folded(believed.name.value)} if believed.name else set()
    else:
        names = {_folded(name) for record in records for name in record.particulars.names}
        found[IDENTIFIER].extend((child, *number) for number in _numbers(records))
        found[POSTCODE].extend((child, postcode) for postcode in _postcodes(records))
        found[KIN].extend((child, value) for value in _kin(records))
    found[NAME].extend((child, *name) for name in sorted(names))


def _is_contested(records: Sequence[Stated]) -> bool:
    if len(records) == 1:
        return False
    stated = {(name_in_use(one), sex(one), birth(one)) for one in (r.particulars for r in records)}
    return len(stated) > 1


def _folded(name: PersonName) -> tuple[str, str]:
    return fold(name.family), fold(name.given[0]) if name.given else ""


def _numbers(records: Sequence[Stated]) -> list[tuple[str, str]]:
    numbers = (number for record in records for number in record.particulars.identifiers)
    return sorted({(number.system, compact(number.value)) for number in numbers})


def _kin(records: Sequence[Stated]) -> list[str]:
    return sorted({value for _, value in kin_of([one.particulars for one in records])})


def kin_of(records: Iterable[Particulars]) -> set[tuple[str, str]]:
    """By what mother and other parents are known: which of the two, and a number or a name."""
    carers = [carer for record in records for carer in record.carers]
    mothers = {("mother", f"nhs {carer.nhs}") for carer in carers if carer.nhs}
    named = {
        ("parent", f"{fold(carer.given)} {fold(carer.family)}")
        for carer in carers
        if carer.given and carer.family
    }
    return mothers | named


def _postcodes(records: Sequence[Stated]) -> list[str]:
    places = (place for record in records for place in record.particulars.addresses)
    return sorted({compact(place.postcode) for place in places if place.postcode})
