"""Whole lists, for those who run the index: deliveries, sources, shields, offers, figures."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from projections import rows
from projections.deliveries import COUNTS, DELIVERY, DROPPED, NOTE
from projections.index import CHILD, RECORD
from projections.mergers import survivor
from projections.open_records import OpenRecords, pairs_seen, seen_names
from projections.positions import Standing, standings
from projections.projection import Target
from projections.reading import Row, plain, reading
from projections.responsible import RESPONSIBLE
from projections.runs import MODEL
from projections.shielded import SHIELDED, StillMarked, still_marked
from projections.shields import SHIELD
from projections.sources import SOURCE


class Figures(msgspec.Struct, frozen=True):
    """The counts of ``status``. ``held`` counts deliveries, ``held_rows`` rows of taken ones.

    ``reviews`` counts the pairs that may be seen: a number that told of others would tell of them.
    """

    records: int
    children: int
    reviews: int
    held: int
    held_rows: int
    model: str
    projections: tuple[Standing, ...]


class Lists:
    """Reads one read database; each answer comes from one transaction.

    Deliveries and sources hold nothing of a child; what tells of children goes through the guard.
    """

    def __init__(self, records: OpenRecords) -> None:
        self._records, self._guard = records, records.guard
        self._engine = records.workings.engine

    def deliveries(
        self, behind: tuple[int, str] | None = None, limit: int | None = None
    ) -> list[Row]:
        """Deliveries, the latest first: all, or at most ``limit``.

        ``behind``: only those that follow the one with this ``first`` and this name.
        """
        place = DELIVERY.c.first, DELIVERY.c.delivery
        query = DELIVERY.select().order_by(*(part.desc() for part in place)).limit(limit)
        if behind is not None:
            query = query.where(sa.tuple_(*place) < behind)
        return self._rows(query)

    def delivery(self, delivery: str, start: int = 0, limit: int | None = None) -> Row | None:
        """A delivery with its ``notes`` and ``dropped`` fields; None where it is not known.

        All its notes by line, or those from a place among them, at most ``limit``.
        """
        found = self._rows(DELIVERY.select().where(DELIVERY.c.delivery == delivery))
        if not found:
            return None
        columns = (NOTE.c.line, NOTE.c.rule, NOTE.c.field, NOTE.c.record, NOTE.c.expected)
        notes = NOTE.select().where(NOTE.c.delivery == delivery).order_by(*columns)
        dropped = DROPPED.select().where(DROPPED.c.delivery == delivery).order_by(DROPPED.c.field)
        counts = {row["field"]: row["count"] for row in self._rows(dropped)}
        some = self._rows(notes.offset(start).limit(limit))
        return found[0] | {"notes": some, "dropped": counts}

    def quality(self, source: str) -> tuple[int, dict[str, int], list[tuple[str, str, str, int]]]:
        """How often a source delivered, what its rows came to, and what was amiss in them.

        Faults are outcome, rule, field and rows, the commonest first. Deliveries that were refused
        or turned away do not count.
        """
        mine = sa.and_(
            DELIVERY.c.source == source, DELIVERY.c.state.in_(("received", "completed", "approved"))
        )
        sums = [sa.func.coalesce(sa.func.sum(DELIVERY.c[name]), 0) for name in COUNTS]
        query = sa.select(sa.func.count(), *sums).where(mine)
        what = NOTE.c.outcome, NOTE.c.rule, NOTE.c.field
        faults = (
            sa.select(*what, sa.func.count().label("rows"))
            .join(DELIVERY, DELIVERY.c.delivery == NOTE.c.delivery)
            .where(mine)
            .group_by(*what)
            .order_by(sa.desc("rows"), *what)
        )
        with reading(self._engine) as target:
            deliveries, *counts = target.connection.execute(query).one()
            told = [tuple(row) for row in target.connection.execute(faults)]
        return deliveries, {n: int(c) for n, c in zip(COUNTS, counts, strict=True)}, told

    def sources(self) -> list[Row]:
        """The registered sources and their settings."""
        return self._rows(SOURCE.select().order_by(SOURCE.c.source))

    def shields(self) -> list[Row]:
        """The shields, the soonest to be reviewed first, with the ``numbers`` of their children.

        ``children`` are their ids; ``records`` and ``withheld`` count what is under each. For
        officers alone.
        """
        return self._shields(sa.true(), None)

    def standing_shields(
        self, behind: tuple[str, bytes] | None = None, limit: int | None = None
    ) -> list[Row]:
        """Those that stand, at most ``limit``, behind the one with this ``review`` and name.

        That of an erased child is among them while it withholds records of others.
        """
        kept = sa.and_(SHIELDED.c.shield == SHIELD.c.shield, SHIELDED.c.kind == "withheld")
        erased = sa.and_(SHIELD.c.standing == "erased", sa.exists().where(kept))
        stands = sa.or_(SHIELD.c.standing == "standing", erased)
        if behind is not None:
            stands &= sa.tuple_(SHIELD.c.review, SHIELD.c.shield) > behind
        return self._shields(stands, limit)

    def still_marked(self) -> list[StillMarked]:
        """The records that sources still mark after a lift. For officers alone."""
        return self._guard.answer(self._engine, still_marked, lambda it: [one.record for one in it])

    def _shields(self, which: sa.ColumnElement[bool], limit: int | None) -> list[Row]:
        query = SHIELD.select().where(which).order_by(SHIELD.c.review, SHIELD.c.shield)
        under = (
            sa.select(SHIELDED.c.shield, SHIELDED.c.kind, CHILD.c.number, CHILD.c.child)
            .outerjoin(RECORD, RECORD.c.record == SHIELDED.c.record)
            .outerjoin(CHILD, CHILD.c.child == RECORD.c.child)
        )

        def read(target: Target) -> list[Row]:
            found = target.connection.execute(query.limit(limit))
            shields = {row.shield: dict(row._mapping) for row in found}
            for row in shields.values():
                row.update(numbers=set(), children=set(), records=0, withheld=0)
            for part in rows.parts(list(shields)):
                mine = under.where(SHIELDED.c.shield.in_(part))
                for shield, kind, number, child in target.connection.execute(mine):
                    shields[shield]["withheld" if kind == "withheld" else "records"] += 1
                    if child is not None:
                        shields[shield]["numbers"].add(number)
                        shields[shield]["children"].add(UUID(bytes=child))
            return [{**row, "numbers": sorted(row["numbers"])} for row in shields.values()]

        return self._guard.answer(self._engine, read)

    def offers(self, authority: str) -> dict[UUID, int]:
        """When children were offered to an authority, or to any where none is named.

        By the children that answer for them today; some may have been offered again since, or be
        no longer for everybody's eyes.
        """
        offered = RESPONSIBLE.c.offered
        query = (
            sa.select(RESPONSIBLE.c.child, RESPONSIBLE.c.asked)
            .where(offered == authority if authority else offered != "")
            .order_by(RESPONSIBLE.c.asked)
        )

        def read(target: Target) -> dict[UUID, int]:
            asked = target.connection.execute(query).all()
            answering = [(survivor(row.child, target), row.asked) for row in asked]
            return {UUID(bytes=child): when for child, when in answering if child is not None}

        return self._guard.answer(self._engine, read)

    def status(self) -> Figures:
        """How much there is, how much waits, and how far each projection has come.

        Records that may not be seen are not counted: a number that told of them would tell.
        """
        held = DELIVERY.c.state == "held"
        taken = DELIVERY.c.state.in_(("received", "completed"))
        rows_held = sa.select(sa.func.coalesce(sa.func.sum(DELIVERY.c.held), 0)).where(taken)
        model = sa.select(MODEL.c.model).order_by(MODEL.c.position.desc()).limit(1)

        def read(target: Target) -> Figures:
            connection = target.connection
            return Figures(
                records=_count(connection, seen_names().subquery(), sa.true()),
                children=_count(connection, CHILD, CHILD.c.status == "current"),
                reviews=len(self._records.without_hidden(pairs_seen(target))),
                held=_count(connection, DELIVERY, held),
                held_rows=int(connection.execute(rows_held).scalar_one()),
                model=connection.execute(model).scalar() or "",
                projections=tuple(standings(connection)),
            )

        return self._guard.answer(self._engine, read)

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        with reading(self._engine) as target:
            return plain(query, target)


def _count(connection: sa.Connection, table: sa.FromClause, which: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(which)
    return int(connection.execute(query).scalar_one())
