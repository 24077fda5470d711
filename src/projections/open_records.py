"""Records, and pairs of them, as far as whoever asks may see them.

A record is seen while it is current, not withheld, and of no shielded child; a pair where both are,
and no never-link stands between them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from projections import rows
from projections.finding import IDENTITY
from projections.guard import BehindError, Guard
from projections.index import CHILD, RECORD
from projections.pair import PairedRecord, paired, seen
from projections.projection import Target
from projections.reading import reading
from projections.shielded import SHIELDED
from projections.waiting import OpenPair, of_short_ids, open_pairs
from projections.workings import Workings


class Clearance(NamedTuple):
    """What a table may hold beyond what everybody may see."""

    shielded: bool = False
    """Records of shielded children, and withheld ones."""
    apart: bool = False
    """Records that stand on a side of a never-link, those of a retired identity too."""


NO_CLEARANCE = Clearance()


class OpenRecords:
    """Reads one read database; each answer comes from one transaction."""

    def __init__(self, workings: Workings, guard: Guard) -> None:
        self.workings, self.guard = workings, guard
        self._engine = workings.engine

    def names_by_ordinal(
        self, ordinals: Iterable[int], clearance: Clearance = NO_CLEARANCE
    ) -> dict[int, tuple[str, str]]:
        """Source and key of those of these records that may be seen."""
        found: dict[int, tuple[UUID, str, str]] = {}
        with reading(self._engine) as target:
            for part in rows.parts(sorted(set(ordinals))):
                query = seen_names(clearance).where(RECORD.c.ordinal.in_(part))
                for ordinal, record, source, key, _ in target.connection.execute(query):
                    found[ordinal] = UUID(bytes=record), source, key
        ids = [record for record, _, _ in found.values()]
        hidden = set() if clearance.shielded else self.guard.hidden(ids)
        return {o: (source, key) for o, (record, source, key) in found.items()
                if record not in hidden}  # fmt: skip

    def ordinals(self, clearance: Clearance = NO_CLEARANCE) -> Iterator[int]:
        """The ordinals of all records that may be seen."""
        hidden = set() if clearance.shielded else {one.bytes for one in self.guard.hidden()}
        with reading(self._engine) as target:
            asked = seen_names(clearance).with_only_columns(RECORD.c.ordinal, RECORD.c.record)
            found = target.connection.execution_options(yield_per=5000).execute(asked)
            yield from (ordinal for ordinal, record in found if record not in hidden)

    def links(
        self,
        clearance: Clearance = NO_CLEARANCE,
        unlinked: Callable[[], Collection[int]] = lambda: (),
    ) -> Iterator[tuple[str, str, str]]:
        """Source, key and child's number (empty: none yet) of each record that may be seen, sorted.

        ``unlinked``, asked once the records are read, gives the ordinals of those to be left out
        where they are nobody's: whose they will be is not known yet. Raises BehindError, at the
        end, where a shield was laid or lifted meanwhile.
        """
        head = self.guard.head()
        hidden = set() if clearance.shielded else self.guard.hidden()
        ordered = seen_names(clearance).order_by(RECORD.c.source, RECORD.c.key)
        with reading(self._engine) as target:
            found = target.connection.execution_options(yield_per=5000).execute(ordered)
            early = unlinked()
            for ordinal, record, source, key, number in found:
                is_early = not number and ordinal in early
                if not is_early and UUID(bytes=record) not in hidden:
                    yield source, key, number
        if self.guard.head() != head:
            raise BehindError

    def shown_pairs(self, *which: sa.ColumnElement[bool]) -> list[OpenPair]:
        """The pairs that await a steward and may be seen, the likeliest first."""
        found = self.guard.answer(self._engine, lambda target: pairs_seen(target, *which))
        return self.without_hidden(found)

    def waiting(self, *which: sa.ColumnElement[bool], cleared: bool) -> list[OpenPair]:
        """The pairs that await a steward and may be seen; by who is ``cleared``, all of them."""
        return self.workings.open_pairs(*which) if cleared else self.shown_pairs(*which)

    def waiting_under(self, left: str, right: str, *, cleared: bool) -> list[OpenPair]:
        """Those of them whose records' ids begin with these hex digits, the lesser id first."""
        return self.waiting(of_short_ids(left, right), cleared=cleared)

    def without_hidden(self, pairs: list[OpenPair]) -> list[OpenPair]:
        """Those of the pairs that may be seen by the list of shielded and withheld records."""
        records = {side for pair in pairs for side in (pair.left, pair.right)}
        hidden, across = self.guard.hidden(records), self.guard.across(records)
        return [
            pair
            for pair in pairs
            if not {pair.left, pair.right} & hidden and not across(pair.left, pair.right)
        ]

    def paired(
        self, left: UUID, right: UUID, *, cleared: bool = False
    ) -> tuple[PairedRecord, PairedRecord] | None:
        """Two records as one who decides on them sees them; None unless both may be seen."""
        found = self.shown_records([left, right], cleared=cleared)
        return (found[left], found[right]) if {left, right} <= found.keys() else None

    def shown_records(
        self, records: Sequence[UUID], *, cleared: bool = False
    ) -> dict[UUID, PairedRecord]:
        """Those of the records that may be seen, as one who decides on them sees them.

        ``cleared``: by whom shielded and withheld ones are seen too.
        """
        found: dict[UUID, PairedRecord] = self.guard.answer(
            self._engine, lambda target: paired(records, target, cleared=cleared)
        )
        hidden = set() if cleared else self.guard.hidden(records)
        return {record: one for record, one in found.items() if record not in hidden}

    def visible(self, records: Iterable[UUID]) -> set[UUID]:
        """Those of the records that may be seen: current, not withheld, of no shielded child."""
        asked = {record.bytes for record in records}
        shown = self.guard.answer(self._engine, lambda target: seen(asked, target))
        found = {UUID(bytes=one) for one in shown}
        return found - self.guard.hidden(found)

    def hidden(self, records: Collection[UUID]) -> bool:
        """Whether any of the records is current and may not be seen, or is not known."""
        with reading(self._engine) as target:
            ids = [record.bytes for record in records]
            query = sa.select(RECORD.c.record, RECORD.c.standing).where(RECORD.c.record.in_(ids))
            standing = {row.record: row.standing for row in target.connection.execute(query)}
        current = {UUID(bytes=record) for record, how in standing.items() if how == "current"}
        return standing.keys() != set(ids) or not current <= self.visible(current)


def seen_names(clearance: Clearance = NO_CLEARANCE) -> sa.Select[Any]:
    """Ordinal, record, source, key and child's number of the current records that may be seen."""
    listed = sa.select(SHIELDED.c.record).where(SHIELDED.c.kind != "lifted")
    number = sa.func.coalesce(CHILD.c.number, "")
    query = (
        sa.select(RECORD.c.ordinal, RECORD.c.record, RECORD.c.source, RECORD.c.key, number)
        .outerjoin(CHILD, CHILD.c.child == RECORD.c.child)
        .outerjoin(IDENTITY, IDENTITY.c.child == RECORD.c.child)
        .where(RECORD.c.standing == "current")
    )
    if not clearance.shielded:
        unmarked = sa.func.coalesce(IDENTITY.c.restricted, sa.false()).is_(sa.false())
        query = query.where(unmarked, RECORD.c.record.not_in(listed))
    if not clearance.apart:
        query = query.where(sa.func.coalesce(CHILD.c.status, "") != "retired")
    return query


def pairs_seen(target: Target, *which: sa.ColumnElement[bool]) -> list[OpenPair]:
    """The pairs that await a steward, of records that the read models show."""
    pairs = open_pairs(target, *which)
    shown = seen({side.bytes for pair in pairs for side in (pair.left, pair.right)}, target)
    return [pair for pair in pairs if {pair.left.bytes, pair.right.bytes} <= shown]
