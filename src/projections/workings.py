"""What linking, and those who keep the index, ask of the read models.

Nothing here goes through ``projections.guard``: whoever shows any of it to somebody has to have
asked whether they may see it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from person.compared import Compared
from person.identifiers import Identifier
from projections import mergers, rows
from projections.deliveries import DELIVERY, NOTE
from projections.due import Due, due
from projections.history import HISTORY
from projections.index import CHILD, RECORD, with_statements
from projections.placing import children_ever, placed_last
from projections.projection import Target
from projections.reading import Row, plain, reading
from projections.review import CROWD, REVIEW_PAIR, WAITING
from projections.routing import Near, archived, authorities
from projections.runs import RUN
from projections.waiting import (
    OpenPair,
    Turn,
    attended,
    begins,
    following,
    of_records,
    open_pairs,
    sharing,
)
from projections.watched import Watched, bearers, numbers, watched

OVERLAID = ("DRIFT", "SWAP")
"""Rules by which a row is held because it may be of another child than its record's."""


class IndexedRecord(msgspec.Struct, frozen=True):
    """One record as the index holds it, for those who work on the index itself."""

    record: UUID
    ordinal: int
    source: str
    scope: str
    key: str
    standing: str
    child: UUID | None
    number: str | None
    compared: Compared | None
    """What it states, as far as records are compared by it."""


class Placed(NamedTuple):
    """A record, and whose it is."""

    record: UUID
    child: UUID | None


class Membership(msgspec.Struct, frozen=True):
    """What decides of which child a record may be, beside its pairs."""

    record: UUID
    ordinal: int
    source: str
    scope: str
    key: str
    standing: str
    verified: str
    """Its verified NHS number, if it states one and no other."""
    upns: frozenset[str] = frozenset()
    """Its UPN in force, unless temporary, and its former ones; none where it states none."""


class _Numbers(msgspec.Struct, frozen=True):
    identifiers: tuple[Identifier, ...] = ()


class _Numbered(msgspec.Struct, frozen=True):
    """As much of a Statement as holds the identifiers; the rest is passed over unread."""

    particulars: _Numbers = _Numbers()


class _Stated(msgspec.Struct, frozen=True, gc=False):
    """As much of a Statement as records are compared by."""

    particulars: Compared


class Crowded(msgspec.Struct, frozen=True):
    """A neighbourhood of too many records."""

    lead: UUID
    records: int
    since: int


class Overlay(msgspec.Struct, frozen=True):
    """A row that is held because it may be of another child than its record's."""

    delivery: str
    line: int
    record: UUID
    since: int


class Workings:
    """Reads one read database, unguarded; each answer comes from one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def record(self, record: UUID) -> IndexedRecord | None:
        """The record of this id; None where it is not known or was erased."""
        with reading(self.engine) as target:
            return next(_records(target, RECORD.c.record == record.bytes), None)

    def records(
        self, after: int = 0, *, current: bool = True, without: Collection[str] = ()
    ) -> Iterator[IndexedRecord]:
        """Records in the order of their ordinals, from the one that follows ``after``.

        ``without``: sources whose records are left out.
        """
        which = RECORD.c.ordinal > after
        if without:
            which = sa.and_(which, RECORD.c.source.not_in(sorted(without)))
        if current:
            which = sa.and_(which, RECORD.c.standing == "current")
        with reading(self.engine) as target:
            yield from _records(target, which)

    def records_by_ordinal(self, ordinals: Iterable[int]) -> dict[int, IndexedRecord]:
        """The records of these ordinals, whatever their standing; unknown ones are left out."""
        found: dict[int, IndexedRecord] = {}
        with reading(self.engine) as target:
            for part in rows.parts(sorted(set(ordinals))):
                which = RECORD.c.ordinal.in_(part)
                found.update((one.ordinal, one) for one in _records(target, which))
        return found

    def placed(self, ordinals: Iterable[int]) -> dict[int, Placed]:
        """The ids of these records, and of their children; unknown ones are left out."""
        found: dict[int, Placed] = {}
        with reading(self.engine) as target:
            for part in rows.parts(sorted(set(ordinals))):
                query = sa.select(RECORD.c.ordinal, RECORD.c.record, RECORD.c.child).where(
                    RECORD.c.ordinal.in_(part)
                )
                for ordinal, record, child in target.connection.execute(query):
                    found[ordinal] = Placed(UUID(bytes=record), child and UUID(bytes=child))
        return found

    def ordinals_of_sources(self, sources: Collection[str]) -> set[int]:
        """All records of these sources, by ordinal, whatever their standing."""
        query = sa.select(RECORD.c.ordinal).where(RECORD.c.source.in_(sorted(sources)))
        with reading(self.engine) as target:
            return set(target.connection.execute(query).scalars())

    def memberships(self, ordinals: Iterable[int]) -> dict[int, Membership]:
        """The records of these ordinals as linking sees them; unknown ones are left out."""
        decode = msgspec.json.Decoder(_Numbered).decode
        found: dict[int, Membership] = {}
        with reading(self.engine) as target:
            for part in rows.parts(sorted(set(ordinals))):
                both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
                query = (
                    sa.select(
                        *(RECORD.c.record, RECORD.c.ordinal, RECORD.c.source, RECORD.c.scope),
                        *(RECORD.c.key, RECORD.c.standing, statement),
                    )
                    .select_from(both)
                    .where(RECORD.c.ordinal.in_(part))
                )
                for row in target.connection.execute(query).all():
                    record, ordinal, source, scope, key, standing, stated = row
                    numbers = decode(stated).particulars.identifiers if stated else ()
                    verified = _verified_number(numbers)
                    found[ordinal] = Membership(
                        UUID(bytes=record), ordinal, source, scope, key, standing, verified,
                        _pupil_numbers(numbers),
                    )  # fmt: skip
        return found

    def open_pairs(self, *which: sa.ColumnElement[bool]) -> list[OpenPair]:
        """The pairs that await a steward, the likeliest first; those not to be seen, too."""
        with reading(self.engine) as target:
            return open_pairs(target, *which)

    def open_pair(self, pair: tuple[UUID, UUID]) -> OpenPair | None:
        """How a pair awaits a steward; None where it does not. ``pair`` has the lesser id first."""
        left, right = (record.bytes for record in pair)
        with reading(self.engine) as target:
            which = sa.and_(REVIEW_PAIR.c.left == left, REVIEW_PAIR.c.right == right)
            return next(iter(open_pairs(target, which)), None)

    def next_pairs(
        self, behind: Turn | None, limit: int, near: Near | None = None
    ) -> list[OpenPair]:
        """The pairs that await a steward, those whose turn it is first; those not to be seen, too.

        ``behind``: what follows a turn. At most ``limit``. ``near``: only pairs that may be an
        authority's; some that are not its all the same.
        """
        with reading(self.engine) as target:
            return following(target, behind, limit, near)

    def pairs_with(self, records: Iterable[UUID]) -> list[OpenPair]:
        """The pairs that await a steward and have any of these records."""
        with reading(self.engine) as target:
            return sharing(target, records)

    def attended(self, now: int) -> list[tuple[OpenPair, str]]:
        """The pairs that a steward is at, and whose lease has not ended; with the steward."""
        with reading(self.engine) as target:
            return attended(target, now)

    def open_pairs_of(
        self, records: Iterable[UUID], states: Collection[str] = ("open",)
    ) -> list[tuple[UUID, UUID]]:
        """The pairs that await a steward and have any of these records."""
        pair = REVIEW_PAIR.c
        query = sa.select(pair.left, pair.right).where(pair.state.in_(states))
        with reading(self.engine) as target:
            found = {(row.left, row.right) for row in of_records(target, query, records)}
        return sorted((UUID(bytes=a), UUID(bytes=b)) for a, b in found)

    def referred_with(self, ordinals: Iterable[int]) -> set[int]:
        """The records, by ordinal, with which pairs of these await a steward."""
        found: set[int] = set()
        mine, theirs = RECORD.alias("mine"), RECORD.alias("theirs")
        sides = REVIEW_PAIR.c.left, REVIEW_PAIR.c.right
        with reading(self.engine) as target:
            for part in rows.parts(sorted(ordinals)):
                for one, other in (sides, sides[::-1]):
                    query = (
                        sa.select(theirs.c.ordinal)
                        .select_from(mine)
                        .join(REVIEW_PAIR, one == mine.c.record)
                        .join(theirs, theirs.c.record == other)
                        .where(mine.c.ordinal.in_(part), REVIEW_PAIR.c.state.in_(WAITING))
                    )
                    found.update(target.connection.execute(query).scalars())
        return found

    def merged_into(self, children: Iterable[UUID]) -> dict[UUID, UUID]:
        """The children merged into any of these, directly or through others, each with that one."""
        with reading(self.engine) as target:
            found = mergers.merged_into([child.bytes for child in children], target)
        return {UUID(bytes=child): UUID(bytes=into) for child, into in found.items()}

    def retired_of(self, records: Iterable[UUID]) -> set[UUID]:
        """The retired children that any of these records was ever linked to, empty ones too."""
        found: set[UUID] = set()
        with reading(self.engine) as target:
            for part in rows.parts([record.bytes for record in records]):
                query = (
                    sa.select(CHILD.c.child)
                    .join(HISTORY, HISTORY.c.child == CHILD.c.child)
                    .where(HISTORY.c.record.in_(part), CHILD.c.status == "retired")
                )
                found.update(UUID(bytes=one) for one in target.connection.execute(query).scalars())
        return found

    def been(self, records: Iterable[UUID]) -> set[UUID]:
        """The children that any of these records ever was of."""
        with reading(self.engine) as target:
            return children_ever(target, records)

    def placed_last(self, records: Iterable[UUID]) -> dict[UUID, UUID]:
        """The child that each of these records was placed with last, be it there still or not."""
        with reading(self.engine) as target:
            found = placed_last(target, [record.bytes for record in records])
        return {UUID(bytes=record): UUID(bytes=child) for record, child in found.items()}

    def ordinals_of(self, children: Iterable[UUID]) -> set[int]:
        """The current records of these children, by ordinal."""
        found: set[int] = set()
        with reading(self.engine) as target:
            for part in rows.parts([child.bytes for child in children]):
                query = sa.select(RECORD.c.ordinal).where(
                    RECORD.c.child.in_(part), RECORD.c.standing == "current"
                )
                found.update(target.connection.execute(query).scalars())
        return found

    def beginning(self, short: str) -> list[UUID]:
        """The records whose ids begin with some hex digits, those not to be seen too."""
        with reading(self.engine) as target:
            return _beginning(short, target)

    def sources_of(self, records: Iterable[UUID]) -> dict[UUID, str]:
        """The source of each of these records that is known."""
        found: dict[UUID, str] = {}
        with reading(self.engine) as target:
            for part in rows.parts([record.bytes for record in records]):
                query = sa.select(RECORD.c.record, RECORD.c.source).where(RECORD.c.record.in_(part))
                for record, source in target.connection.execute(query):
                    found[UUID(bytes=record)] = source
        return found

    def crowds_of(self, records: Iterable[UUID]) -> set[UUID]:
        """The crowded neighbourhoods that any of these records leads, by that record."""
        found: set[UUID] = set()
        with reading(self.engine) as target:
            for part in rows.parts([record.bytes for record in records]):
                query = sa.select(CROWD.c.lead).where(CROWD.c.lead.in_(part))
                found.update(
                    UUID(bytes=lead) for lead in target.connection.execute(query).scalars()
                )
        return found

    def crowds(self) -> list[Crowded]:
        """The neighbourhoods that are crowded, those not to be seen too."""
        with reading(self.engine) as target:
            found = target.connection.execute(CROWD.select().order_by(CROWD.c.since, CROWD.c.lead))
            return [Crowded(UUID(bytes=lead), count, since) for lead, count, since in found]

    def overlays(self) -> list[Overlay]:
        """Rows that are held because they may be of another child than their record's.

        Those of records that may not be seen, too.
        """
        held = (
            sa.select(NOTE.c.delivery, NOTE.c.line, NOTE.c.record, DELIVERY.c.first)
            .join(DELIVERY, DELIVERY.c.delivery == NOTE.c.delivery)
            .where(NOTE.c.outcome == "held", NOTE.c.rule.in_(OVERLAID))
            .order_by(DELIVERY.c.first, NOTE.c.delivery, NOTE.c.line)
        )
        found: list[Overlay] = []
        with reading(self.engine) as target:
            for delivery, line, short, since in target.connection.execute(held).all():
                named = _beginning(short, target)
                found += [Overlay(delivery, line, one, since) for one in named]
        return found

    def watched(self, children: Collection[UUID], today: str) -> dict[UUID, Watched]:
        """What the signs of misuse ask of these children; shown to nobody."""
        with reading(self.engine) as target:
            found = watched([child.bytes for child in children], today, target)
        return {UUID(bytes=child): one for child, one in found.items()}

    def bearers(self, family: str) -> tuple[int, int]:
        """How many children bear a folded family name, and how many there are."""
        with reading(self.engine) as target:
            return bearers(family, target)

    def numbers_of(self, children: Collection[UUID]) -> dict[UUID, str]:
        """The number that answers today for each of these children that has one."""
        with reading(self.engine) as target:
            found = numbers([child.bytes for child in children], target)
        return {UUID(bytes=child): number for child, number in found.items()}

    def authorities(self, records: Collection[UUID], today: str) -> frozenset[str]:
        """The authorities responsible for the children of these records; ``today`` is ISO."""
        return frozenset(self.authority_of_each(records, today).values())

    def authority_of_each(self, records: Collection[UUID], today: str) -> dict[UUID, str]:
        """The authority responsible for the child of each of these records, where it is known."""
        with reading(self.engine) as target:
            return authorities(records, today, target)

    def archived_by(self, records: Collection[UUID], upto: str) -> dict[UUID, str]:
        """The day from which each of these is archived, itself or its child; where by ``upto``."""
        with reading(self.engine) as target:
            return archived(records, upto, target)

    def due(self, upto: str) -> Due:
        """What was archived by a day, ISO: to be purged."""
        with reading(self.engine) as target:
            return due(upto, target)

    def runs(self) -> list[Row]:
        """The runs of linking, the latest first."""
        with reading(self.engine) as target:
            return plain(RUN.select().order_by(RUN.c.position.desc()), target)


def _beginning(short: str, target: Target) -> list[UUID]:
    query = sa.select(RECORD.c.record).where(begins(RECORD.c.record, short))
    return [UUID(bytes=one) for one in target.connection.execute(query).scalars()]


def _records(target: Target, which: sa.ColumnElement[bool]) -> Iterator[IndexedRecord]:
    both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
    query = (
        sa.select(
            *(RECORD.c.record, RECORD.c.ordinal, RECORD.c.source, RECORD.c.scope, RECORD.c.key),
            *(RECORD.c.standing, RECORD.c.child, CHILD.c.number, statement),
        )
        .select_from(both)
        .outerjoin(CHILD, CHILD.c.child == RECORD.c.child)
        .where(which)
        .order_by(RECORD.c.ordinal)
    )
    decode = msgspec.json.Decoder(_Stated).decode
    result = target.connection.execution_options(yield_per=5000).execute(query)
    for part in result.partitions():
        for record, ordinal, source, scope, key, standing, child, number, statement in part:
            yield IndexedRecord(
                record=UUID(bytes=record),
                ordinal=ordinal,
                source=source,
                scope=scope,
                key=key,
                standing=standing,
                child=UUID(bytes=child) if child else None,
                number=number,
                compared=decode(statement).particulars if statement else None,
            )


def _verified_number(numbers: Sequence[Identifier]) -> str:
    verified = {one.value for one in numbers if one.system == "nhs" and one.status == "verified"}
    return verified.pop() if len(verified) == 1 else ""


def _pupil_numbers(numbers: Sequence[Identifier]) -> frozenset[str]:
    """The UPNs of a record, former ones with them; none where the one in force is temporary."""
    found = [one for one in numbers if one.system == "upn"]
    if all(one.status in ("temporary", "former") for one in found):
        return frozenset()
    return frozenset(one.value for one in found if one.status != "temporary")
