"""What readers ask of the read models. Nothing here writes, and nothing shows more than a view.

What is for readers goes through ``projections.guard``; what linking asks does not.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.store.heads import is_across
from person.compared import Compared
from person.identifiers import Identifier
from projections import renewed, rows
from projections.deliveries import COUNTS, DELIVERY, DROPPED, NOTE
from projections.finding import IDENTIFIER, IDENTITY, NAME, POSTCODE, Kept, current
from projections.folding import compact, fold
from projections.guard import BehindError, Guard
from projections.history import CHANGING, HISTORY
from projections.household import Kin, household
from projections.index import CHILD, RECORD, with_statements
from projections.pair import PairedRecord, paired, seen
from projections.positions import Standing, standings
from projections.prepared import Prepared
from projections.projection import Target
from projections.responsible import RESPONSIBLE
from projections.review import CROWD, REVIEW_PAIR, WAITING
from projections.routing import authorities
from projections.runs import MODEL, RUN
from projections.shielded import SHIELDED, StillMarked, safe_parents, still_marked
from projections.shields import SHIELD
from projections.sources import SOURCE
from projections.survivorship import Stated
from projections.view import ChildView, Shielding, View, is_restricted, view, whole
from projections.watched import Watched, bearers, numbers, watched

T = TypeVar("T")
OVERLAID = ("DRIFT", "SWAP")
"""Rules by which a row is held because it may be of another child than its record's."""
WILDCARD = "*"
MOST_FOUND = 20
"""Children in one answer: the index is asked about a child, it is not browsed."""

Numbered = tuple[str, str]
"""System and value of an identifier."""
Row = dict[str, Any]
"""A row of a table that holds no particulars, by the names of its columns."""


class Search(msgspec.Struct, frozen=True):
    """What is known of the child looked for; empty fields ask nothing."""

    name: str = ""
    """Forename and family name in either order, or a family name alone."""
    given: str = ""
    """A forename; ``*`` behind at least three letters stands for any ending."""
    family: str = ""
    """A family name, likewise."""
    birth: str = ""
    """``YYYY-MM-DD``."""
    postcode: str = ""
    sex: str = ""
    identifier: str = ""
    """The value of an NHS number, UPN or local number."""
    after: str = ""
    """The index number after which children are listed."""


class Clearance(NamedTuple):
    """What a table may hold beyond what everybody may see."""

    shielded: bool = False
    """Records of shielded children, and withheld ones."""
    apart: bool = False
    """Records that stand on a side of a never-link, those of a retired identity too."""


NO_CLEARANCE = Clearance()


class TooBroadError(Exception):
    """A search that asks for nothing that tells one child from many."""


class Found(msgspec.Struct, frozen=True):
    """A child, what an ordinary reader sees of it, and the records that this was made from."""

    child: UUID
    view: View
    records: tuple[UUID, ...]
    merged: tuple[UUID, ...] = ()
    """The children that were merged into it, directly or through others."""
    overridden: bool = False
    """Whether it shows what a shield hides."""


class Answer(msgspec.Struct, frozen=True):
    """What a search found; ``more`` says that others answer too, and that it asks too little."""

    found: tuple[Found, ...]
    more: bool


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


class OpenPair(msgspec.Struct, frozen=True):
    """A pair that awaits a steward."""

    left: UUID
    right: UUID
    pattern: int
    weight: float
    probability: float
    model: str
    since: int


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


class OfRecord(NamedTuple):
    """What one record of a child states."""

    record: UUID
    stated: Stated
    renewed: bool
    """Whether it is of a new identity."""


class Changed(NamedTuple):
    """That a number answers otherwise than before."""

    number: str
    what: Literal["merged", "split", "restored"]
    into: str = ""


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


class Queries:
    """Reads one read database; each answer comes from one transaction."""

    def __init__(self, engine: sa.Engine, guard: Guard, contact: str = "") -> None:
        """``contact``: how to reach who brokers contact with shielded children."""
        self.engine = engine
        self.guard = guard
        self._contact = contact

    def child_by_number(self, number: str, *, override: bool = False) -> Found | None:
        """The child that a number answers for; a merged child's number answers with the survivor.

        None where there is none, or no record of it is current any more. ``override``: show what a
        shield hides, to somebody who may see it and of whose look it is recorded.
        """
        found = self.told(number, lambda found: found)
        if found is None or not override or isinstance(found.view, ChildView):
            return found
        with self._reading() as target:
            shown = list(current([found.child.bytes], target))
        views = [whole(found.view.number, [one.stated for one in kept]) for _, kept in shown]
        return msgspec.structs.replace(found, view=views[0], overridden=True) if views else None

    def told(self, number: str, tell: Callable[[Found], T]) -> T | None:
        """What ``tell`` makes of the child that a number answers for; None where there is none.

        What it asks of the log comes from the state in which the child was seen to be open.
        """
        named = compact(number)
        return self._child(lambda it: _OF_NUMBER.first(it.connection, number=named), tell)

    def identifiers(self, found: Found) -> list[tuple[str, str, str]]:
        """System, value and status of the identifiers of a child who is seen whole, sorted.

        For callers entitled to a system: no view holds them. Nothing of a shielded child.
        """

        def read(target: Target) -> tuple[set[tuple[str, str, str]], list[UUID]]:
            told: set[tuple[str, str, str]] = set()
            records: list[UUID] = []
            for _, kept in current([found.child.bytes], target):
                if is_restricted([one.stated for one in kept]):
                    continue
                records.extend(UUID(bytes=one.record) for one in kept)
                numbers = (n for one in kept for n in one.stated.particulars.identifiers)
                told.update((number.system, number.value, number.status) for number in numbers)
            return told, records

        return sorted(self.guard.answer(self.engine, read, lambda it: it[1])[0])

    def stated(self, found: Found) -> list[OfRecord]:
        """What the current records of a child state, who is seen whole; else nothing."""

        def read(target: Target) -> list[OfRecord]:
            told: list[OfRecord] = []
            for _, kept in current([found.child.bytes], target):
                if is_restricted([one.stated for one in kept]):
                    continue
                anew = renewed.among([one.record for one in kept], target)
                told += [
                    OfRecord(UUID(bytes=one.record), one.stated, one.record in anew) for one in kept
                ]
            return told

        return self.guard.answer(self.engine, read, lambda it: [one.record for one in it])

    def by_identifiers(self, wanted: Sequence[tuple[str, str]]) -> dict[Numbered, list[Found]]:
        """The children with each of these identifiers, by system and value as asked; none left out.

        Shielded children are not found so.
        """
        by_value = {(system, compact(value)): (system, value) for system, value in wanted}
        stored = sa.tuple_(IDENTIFIER.c.system, IDENTIFIER.c.value)
        query = (
            sa.select(IDENTIFIER.c.system, IDENTIFIER.c.value, IDENTIFIER.c.child)
            .join(CHILD, CHILD.c.child == IDENTIFIER.c.child)
            .where(stored.in_(list(by_value)), CHILD.c.status == "current")
            .distinct()
        )

        def read(target: Target) -> dict[Numbered, list[Found]]:
            told = target.connection.execute(query).all()
            found = _found(sorted({row.child for row in told}), target, self._contact)
            children = {one.child.bytes: one for one in found}
            answer: dict[Numbered, list[Found]] = {asked: [] for asked in wanted}
            for system, value, child in sorted(told):
                if child in children:
                    answer[by_value[system, value]].append(children[child])
            return answer

        return self.guard.answer(
            self.engine,
            read,
            lambda it: _open_records([one for found in it.values() for one in found]),
        )

    def child(self, child: UUID) -> Found | None:
        """The child of this id, or the one it was merged into."""
        return self._child(
            lambda target: _OF_ID.first(target.connection, child=child.bytes), lambda found: found
        )

    def _child(self, which: Callable[[Target], Any], tell: Callable[[Found], T]) -> T | None:
        def read(target: Target) -> list[Found]:
            lasting = _lasting(which(target), target)
            return _shown(dict([lasting]), target, self._contact) if lasting else []

        return self.guard.told(
            self.engine,
            read,
            _open_records,
            lambda found: tell(found[0]) if found else None,
            # A child that is seen whole is seen by its own records alone.
            openly=lambda found: all(isinstance(one.view, ChildView) for one in found),
        )

    def survivor(self, number: str, target: Target) -> bytes | None:
        """The child that a number answers for, within an answer; None where there is none."""
        row = _OF_NUMBER.first(target.connection, number=compact(number))
        found = _lasting(row, target)
        return found[0] if found else None

    def shown(self, children: Sequence[bytes], target: Target) -> list[Found]:
        """What an ordinary reader sees of these children, by number, within an answer.

        Whoever asks lets the guard see the records of those who are seen whole.
        """
        rows = [_OF_ID.first(target.connection, child=child) for child in children]
        known = [row for row in rows if row is not None]
        shown = [
            one
            for child, number, *_ in known
            for one in _shown({child: number}, target, self._contact)
        ]
        return sorted(shown, key=lambda one: one.view.number)

    def find(self, search: Search, limit: int = MOST_FOUND) -> Answer:
        """Children for whom all that is asked holds, by number; at most ``limit``.

        A shielded child is found by name in use, birth date and sex alone.
        Raises TooBroadError where neither name, birth date, postcode nor identifier is given.
        """
        named = search.name, search.given, search.family
        if not (any(map(fold, named)) or search.birth or search.postcode or search.identifier):
            raise TooBroadError("give a name, a birth date, a postcode or an identifier")
        query = (
            sa.select(CHILD.c.child)
            .join(IDENTITY, IDENTITY.c.child == CHILD.c.child)
            .where(CHILD.c.status == "current", *_criteria(search))
            .order_by(CHILD.c.number)
            .limit(limit + 1)
        )

        def read(target: Target) -> tuple[list[Found], bool]:
            children = list(target.connection.execute(query).scalars())
            return _found(children[:limit], target, self._contact), len(children) > limit

        found, more = self.guard.answer(self.engine, read, lambda it: _open_records(it[0]))
        return Answer(tuple(found), more=more)

    def record(self, record: UUID) -> IndexedRecord | None:
        """The record of this id; None where it is not known or was erased."""
        with self._reading() as target:
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
        with self._reading() as target:
            yield from _records(target, which)

    def records_by_ordinal(self, ordinals: Iterable[int]) -> dict[int, IndexedRecord]:
        """The records of these ordinals, whatever their standing; unknown ones are left out."""
        found: dict[int, IndexedRecord] = {}
        with self._reading() as target:
            for part in rows.parts(sorted(set(ordinals))):
                which = RECORD.c.ordinal.in_(part)
                found.update((one.ordinal, one) for one in _records(target, which))
        return found

    def ordinals_of_sources(self, sources: Collection[str]) -> set[int]:
        """All records of these sources, by ordinal, whatever their standing."""
        query = sa.select(RECORD.c.ordinal).where(RECORD.c.source.in_(sorted(sources)))
        with self._reading() as target:
            return set(target.connection.execute(query).scalars())

    def memberships(self, ordinals: Iterable[int]) -> dict[int, Membership]:
        """The records of these ordinals as linking sees them; unknown ones are left out."""
        decode = msgspec.json.Decoder(_Numbered).decode
        found: dict[int, Membership] = {}
        with self._reading() as target:
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

    def names_by_ordinal(
        self, ordinals: Iterable[int], clearance: Clearance = NO_CLEARANCE
    ) -> dict[int, tuple[str, str]]:
        """Source and key of those of these records that may be seen."""
        found: dict[int, tuple[UUID, str, str]] = {}
        with self._reading() as target:
            for part in rows.parts(sorted(set(ordinals))):
                query = _seen_names(clearance).where(RECORD.c.ordinal.in_(part))
                for ordinal, record, source, key, _ in target.connection.execute(query):
                    found[ordinal] = UUID(bytes=record), source, key
        ids = [record for record, _, _ in found.values()]
        hidden = set() if clearance.shielded else self.guard.hidden(ids)
        return {o: (source, key) for o, (record, source, key) in found.items()
                if record not in hidden}  # fmt: skip

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
        ordered = _seen_names(clearance).order_by(RECORD.c.source, RECORD.c.key)
        with self._reading() as target:
            found = target.connection.execution_options(yield_per=5000).execute(ordered)
            early = unlinked()
            for ordinal, record, source, key, number in found:
                is_early = not number and ordinal in early
                if not is_early and UUID(bytes=record) not in hidden:
                    yield source, key, number
        if self.guard.head() != head:
            raise BehindError

    def open_pairs(self) -> list[OpenPair]:
        """The pairs that await a steward, the likeliest first; those not to be seen, too."""
        with self._reading() as target:
            return _open_pairs(target)

    def shown_pairs(self) -> list[OpenPair]:
        """The pairs that await a steward and may be seen, the likeliest first."""
        return self._without_hidden(self.guard.answer(self.engine, _shown_pairs))

    def waiting(self, *, cleared: bool) -> list[OpenPair]:
        """The pairs that await a steward and may be seen; by who is ``cleared``, all of them."""
        return self.open_pairs() if cleared else self.shown_pairs()

    def _without_hidden(self, pairs: list[OpenPair]) -> list[OpenPair]:
        records = {side for pair in pairs for side in (pair.left, pair.right)}
        hidden, across = self.guard.hidden(records), self.guard.across(records)
        return [
            pair
            for pair in pairs
            if not {pair.left, pair.right} & hidden and not across(pair.left, pair.right)
        ]

    def open_pair(self, pair: tuple[UUID, UUID]) -> OpenPair | None:
        """How a pair awaits a steward; None where it does not. ``pair`` has the lesser id first."""
        left, right = (record.bytes for record in pair)
        with self._reading() as target:
            which = sa.and_(REVIEW_PAIR.c.left == left, REVIEW_PAIR.c.right == right)
            return next(iter(_open_pairs(target, which)), None)

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
            self.engine, lambda target: paired(records, target, cleared=cleared)
        )
        hidden = set() if cleared else self.guard.hidden(records)
        return {record: one for record, one in found.items() if record not in hidden}

    def visible(self, records: Iterable[UUID]) -> set[UUID]:
        """Those of the records that may be seen: current, not withheld, of no shielded child."""
        asked = {record.bytes for record in records}
        shown = self.guard.answer(self.engine, lambda target: seen(asked, target))
        found = {UUID(bytes=one) for one in shown}
        return found - self.guard.hidden(found)

    def crowds_of(self, records: Iterable[UUID]) -> set[UUID]:
        """The crowded neighbourhoods that any of these records leads, by that record."""
        found: set[UUID] = set()
        with self._reading() as target:
            for part in rows.parts([record.bytes for record in records]):
                query = sa.select(CROWD.c.lead).where(CROWD.c.lead.in_(part))
                found.update(
                    UUID(bytes=lead) for lead in target.connection.execute(query).scalars()
                )
        return found

    def crowds(self) -> list[Crowded]:
        """The neighbourhoods that are crowded, those not to be seen too."""
        with self._reading() as target:
            found = target.connection.execute(CROWD.select().order_by(CROWD.c.since, CROWD.c.lead))
            return [Crowded(UUID(bytes=lead), count, since) for lead, count, since in found]

    def sources_of(self, records: Iterable[UUID]) -> dict[UUID, str]:
        """The source of each of these records that is known."""
        found: dict[UUID, str] = {}
        with self._reading() as target:
            for part in rows.parts([record.bytes for record in records]):
                query = sa.select(RECORD.c.record, RECORD.c.source).where(RECORD.c.record.in_(part))
                for record, source in target.connection.execute(query):
                    found[UUID(bytes=record)] = source
        return found

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
        with self._reading() as target:
            for delivery, line, short, since in target.connection.execute(held).all():
                named = _beginning(short, target)
                found += [Overlay(delivery, line, one, since) for one in named]
        return found

    def beginning(self, short: str) -> list[UUID]:
        """The records whose ids begin with some hex digits, those not to be seen too."""
        with self._reading() as target:
            return _beginning(short, target)

    def hidden(self, records: Collection[UUID]) -> bool:
        """Whether any of the records is current and may not be seen, or is not known."""
        with self._reading() as target:
            ids = [record.bytes for record in records]
            query = sa.select(RECORD.c.record, RECORD.c.standing).where(RECORD.c.record.in_(ids))
            standing = {row.record: row.standing for row in target.connection.execute(query)}
        current = {UUID(bytes=record) for record, how in standing.items() if how == "current"}
        return standing.keys() != set(ids) or not current <= self.visible(current)

    def open_pairs_of(
        self, records: Iterable[UUID], states: Collection[str] = ("open",)
    ) -> list[tuple[UUID, UUID]]:
        """The pairs that await a steward and have any of these records."""
        pair = REVIEW_PAIR.c
        found: set[tuple[bytes, bytes]] = set()
        with self._reading() as target:
            for part in rows.parts([record.bytes for record in records]):
                for side in (pair.left, pair.right):
                    query = sa.select(pair.left, pair.right).where(
                        pair.state.in_(states), side.in_(part)
                    )
                    found.update((a, b) for a, b in target.connection.execute(query))
        return sorted((UUID(bytes=a), UUID(bytes=b)) for a, b in found)

    def referred_with(self, ordinals: Iterable[int]) -> set[int]:
        """The records, by ordinal, with which pairs of these await a steward."""
        found: set[int] = set()
        mine, theirs = RECORD.alias("mine"), RECORD.alias("theirs")
        sides = REVIEW_PAIR.c.left, REVIEW_PAIR.c.right
        with self._reading() as target:
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
        with self._reading() as target:
            found = _merged_into([child.bytes for child in children], target)
        return {UUID(bytes=child): UUID(bytes=into) for child, into in found.items()}

    def retired_of(self, records: Iterable[UUID]) -> set[UUID]:
        """The retired children that any of these records was ever linked to, empty ones too."""
        found: set[UUID] = set()
        with self._reading() as target:
            for part in rows.parts([record.bytes for record in records]):
                query = (
                    sa.select(CHILD.c.child)
                    .join(HISTORY, HISTORY.c.child == CHILD.c.child)
                    .where(HISTORY.c.record.in_(part), CHILD.c.status == "retired")
                )
                found.update(map(_uuid, target.connection.execute(query).scalars()))
        return found

    def ordinals_of(self, children: Iterable[UUID]) -> set[int]:
        """The current records of these children, by ordinal."""
        found: set[int] = set()
        with self._reading() as target:
            for part in rows.parts([child.bytes for child in children]):
                query = sa.select(RECORD.c.ordinal).where(
                    RECORD.c.child.in_(part), RECORD.c.standing == "current"
                )
                found.update(target.connection.execute(query).scalars())
        return found

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
        with self._reading() as target:
            deliveries, *counts = target.connection.execute(query).one()
            told = [tuple(row) for row in target.connection.execute(faults)]
        return deliveries, {n: int(c) for n, c in zip(COUNTS, counts, strict=True)}, told

    def sources(self) -> list[Row]:
        """The registered sources and their settings."""
        return self._rows(SOURCE.select().order_by(SOURCE.c.source))

    def history_of_child(self, child: UUID) -> list[Row]:
        """What happened to a child and to the current records of it, oldest first.

        Each row has the ``source`` of its record where that is a current one of the child; what
        befell a record while it was another child's is left out. Nothing of a shielded child.
        """
        held = (
            sa.select(RECORD.c.record, RECORD.c.source)
            .join(IDENTITY, IDENTITY.c.child == RECORD.c.child)
            .where(RECORD.c.child == child.bytes, RECORD.c.standing == "current")
            .where(IDENTITY.c.restricted.is_(sa.false()))
        )

        def read(target: Target) -> tuple[list[Row], list[UUID]]:
            sources = {row.record: row.source for row in target.connection.execute(held)}
            if not sources:
                return [], []
            mine = sa.or_(
                HISTORY.c.child == child.bytes,
                sa.and_(HISTORY.c.record.in_(sources), HISTORY.c.child.is_(None)),
            )
            query = HISTORY.select().where(mine).order_by(HISTORY.c.position, HISTORY.c.record)
            found = target.connection.execute(query).mappings().all()
            told = [{**row, "source": sources.get(row["record"], "")} for row in found]
            return told, [UUID(bytes=record) for record in sources]

        told, _ = self.guard.answer(self.engine, read, lambda it: it[1])
        return told

    def changes(self, after: int, limit: int) -> tuple[list[Changed], int]:
        """Which numbers answer otherwise since a position in the log, and up to which that is.

        Nothing of a child who is hidden today, nor of what a never-link stands across.
        """

        def read(target: Target) -> tuple[list[Changed], int, list[UUID]]:
            found: list[Changed] = []
            shown: list[UUID] = []
            upto = after
            while len(found) < limit:
                page = target.connection.execute(_changing(upto, limit)).all()
                for row in page:
                    upto = row.position
                    told, records = _changed(row, target)
                    if told and not self.guard.hidden(records) and not self._is_apart(records):
                        found.append(told)
                        shown.extend(records)
                    if len(found) == limit:
                        break
                if len(page) < limit:
                    break
            return found, upto, shown

        found, upto, _ = self.guard.answer(self.engine, read, lambda it: it[2])
        return found, upto

    def _is_apart(self, records: Collection[UUID]) -> bool:
        return is_across(self.guard.sides(records))

    def watched(self, children: Collection[UUID], today: str) -> dict[UUID, Watched]:
        """What the signs of misuse ask of these children; shown to nobody."""
        with self._reading() as target:
            found = watched([child.bytes for child in children], today, target)
        return {UUID(bytes=child): one for child, one in found.items()}

    def hidden_children(self, children: Collection[UUID]) -> set[UUID]:
        """Those of these children that are shielded today, or of whom a record is withheld.

        A child that is known no more, for it was erased, is none of them.
        """
        found = self.guard.answer(
            self.engine, lambda target: watched([one.bytes for one in children], "", target)
        )
        records = {record for one in found.values() for record in one.records}
        listed = self.guard.hidden(UUID(bytes=record) for record in records)
        return {
            UUID(bytes=child)
            for child, one in found.items()
            if one.restricted or not listed.isdisjoint(map(_uuid, one.records))
        }

    def numbers_of(self, children: Collection[UUID]) -> dict[UUID, str]:
        """The number that answers today for each of these children that has one."""
        with self._reading() as target:
            found = numbers([child.bytes for child in children], target)
        return {UUID(bytes=child): number for child, number in found.items()}

    def bearers(self, family: str) -> tuple[int, int]:
        """How many children bear a folded family name, and how many there are."""
        with self._reading() as target:
            return bearers(family, target)

    def household(self, child: UUID) -> list[Kin]:
        """The children, not shielded yet, who share address, mother or parent with a child.

        For officers, before they shield it.
        """
        return self.guard.answer(
            self.engine,
            lambda target: household(child.bytes, target),
            lambda found: [record for kin in found for record in kin.records],
        )

    def still_marked(self) -> list[StillMarked]:
        """The records that sources still mark after a lift. For officers alone."""
        return self.guard.answer(self.engine, still_marked, lambda it: [one.record for one in it])

    def shields(self) -> list[Row]:
        """The shields, the soonest to be reviewed first, with the ``numbers`` of their children.

        ``children`` are their ids; ``records`` and ``withheld`` count what is under each. For
        officers alone.
        """
        return self._shields(sa.true(), None)

    def standing_shields(self, behind: tuple[str, bytes] | None, limit: int) -> list[Row]:
        """Those that stand, at most ``limit``, behind the one with this ``review`` and name."""
        stands = SHIELD.c.standing == "standing"
        if behind is not None:
            stands &= sa.tuple_(SHIELD.c.review, SHIELD.c.shield) > behind
        return self._shields(stands, limit)

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

        return self.guard.answer(self.engine, read)

    def authorities(self, records: Collection[UUID], today: str) -> frozenset[str]:
        """The authorities responsible for the children of these records; ``today`` is ISO."""
        with self._reading() as target:
            return authorities(records, today, target)

    def offers(self, authority: str) -> list[Row]:
        """The children offered to an authority, or to any where none is named, the oldest first.

        Where a shielded child lives is nobody's to read off a list.
        """
        offered = RESPONSIBLE.c.offered
        query = (
            sa.select(CHILD.c.number, offered, RESPONSIBLE.c.accepted, RESPONSIBLE.c.asked)
            .join(CHILD, CHILD.c.child == RESPONSIBLE.c.child)
            .join(IDENTITY, IDENTITY.c.child == RESPONSIBLE.c.child)
            .where(offered == authority if authority else offered != "")
            .where(IDENTITY.c.restricted.is_(sa.false()))
            .order_by(RESPONSIBLE.c.asked, CHILD.c.number)
        )

        def read(target: Target) -> list[Row]:
            return [dict(row._mapping) for row in target.connection.execute(query)]

        return self.guard.answer(self.engine, read)

    def runs(self) -> list[Row]:
        """The runs of linking, the latest first."""
        return self._rows(RUN.select().order_by(RUN.c.position.desc()))

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
                records=_count(connection, _seen_names().subquery(), sa.true()),
                children=_count(connection, CHILD, CHILD.c.status == "current"),
                reviews=len(self._without_hidden(_shown_pairs(target))),
                held=_count(connection, DELIVERY, held),
                held_rows=int(connection.execute(rows_held).scalar_one()),
                model=connection.execute(model).scalar() or "",
                projections=tuple(standings(connection)),
            )

        return self.guard.answer(self.engine, read)

    def _rows(self, query: sa.Select[Any]) -> list[Row]:
        with self._reading() as target:
            return [dict(row._mapping) for row in target.connection.execute(query)]

    @contextmanager
    def _reading(self) -> Iterator[Target]:
        with self.engine.connect() as connection:
            yield Target(connection)


_WHAT: dict[str, Literal["merged", "split", "restored"]] = {
    "ChildMerged": "merged",
    "ChildRestored": "restored",
    "RecordsUnlinked": "split",
}


def _changing(after: int, limit: int) -> sa.Select[Any]:
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


def _changed(row: sa.Row[Any], target: Target) -> tuple[Changed | None, list[UUID]]:
    """What is told of such an event, and the records of the children that it is about, today's."""
    children = [child for child in (row.child, row.other) if child]
    lasting = {one for one in (_survivor(child, target) for child in children) if one}
    query = sa.select(CHILD.c.child, CHILD.c.number).where(CHILD.c.child.in_(children))
    numbers = {one.child: one.number for one in target.connection.execute(query)}
    records = sa.select(RECORD.c.record).where(RECORD.c.child.in_(sorted(lasting)))
    held = [UUID(bytes=one) for one in target.connection.execute(records).scalars()]
    if not lasting or len(numbers) < len(children):
        return None, held
    into = numbers[row.other] if row.other else ""
    return Changed(numbers[row.child], _WHAT[row.what], into), held


def _uuid(value: bytes) -> UUID:
    return UUID(bytes=value)


def _beginning(short: str, target: Target) -> list[UUID]:
    first, last = (bytes.fromhex(short.ljust(32, filling)) for filling in "0f")
    query = sa.select(RECORD.c.record).where(RECORD.c.record.between(first, last))
    return [UUID(bytes=one) for one in target.connection.execute(query).scalars()]


def _seen_names(clearance: Clearance = NO_CLEARANCE) -> sa.Select[Any]:
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


def _open_records(found: Iterable[Found]) -> list[UUID]:
    """The records of which an answer shows more than a restricted view does."""
    return [r for one in found if isinstance(one.view, ChildView) for r in one.records]


def _count(connection: sa.Connection, table: sa.FromClause, which: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(which)
    return int(connection.execute(query).scalar_one())


def _open_pairs(target: Target, *which: sa.ColumnElement[bool]) -> list[OpenPair]:
    ordered = (REVIEW_PAIR.c.weight.desc(), REVIEW_PAIR.c.left, REVIEW_PAIR.c.right)
    query = REVIEW_PAIR.select().where(REVIEW_PAIR.c.state.in_(WAITING), *which).order_by(*ordered)
    return [
        OpenPair(
            left=UUID(bytes=row.left),
            right=UUID(bytes=row.right),
            pattern=int(row.pattern),
            weight=row.weight,
            probability=row.probability,
            model=row.model,
            since=row.since,
        )
        for row in target.connection.execute(query)
    ]


def _shown_pairs(target: Target) -> list[OpenPair]:
    pairs = _open_pairs(target)
    shown = seen({side.bytes for pair in pairs for side in (pair.left, pair.right)}, target)
    return [pair for pair in pairs if {pair.left.bytes, pair.right.bytes} <= shown]


_OF_NUMBER = Prepared(CHILD.select().where(CHILD.c.number == sa.bindparam("number")))
_OF_ID = Prepared(CHILD.select().where(CHILD.c.child == sa.bindparam("child")))
_MERGED_INTO = Prepared(
    sa.select(CHILD.c.child, CHILD.c.merged_into).where(
        CHILD.c.merged_into == sa.bindparam("child")
    )
)


def _merged_into(children: Sequence[bytes], target: Target) -> dict[bytes, bytes]:
    """The children merged into any of these, directly or through others, each with that one."""
    asked = set(children)
    survivor = {child: child for child in children}
    frontier = list(survivor)
    while frontier:
        fresh = [pair for pair in _merged_next(frontier, target) if pair[0] not in survivor]
        survivor.update((child, survivor[into]) for child, into in fresh)
        frontier = [child for child, _ in fresh]
    return {child: into for child, into in survivor.items() if child not in asked}


def _merged_next(children: Sequence[bytes], target: Target) -> Iterator[Sequence[Any]]:
    """The children merged directly into any of these, each with that one."""
    if len(children) == 1:
        yield from _MERGED_INTO.all(target.connection, child=children[0])
        return
    for part in rows.parts(children):
        query = sa.select(CHILD.c.child, CHILD.c.merged_into)
        yield from target.connection.execute(query.where(CHILD.c.merged_into.in_(part))).all()


def _survivor(child: bytes, target: Target) -> bytes | None:
    """The child itself, or at the end of its mergers the one that answers for it."""
    found = _lasting(_OF_ID.first(target.connection, child=child), target)
    return found[0] if found else None


def _lasting(row: tuple[Any, ...] | None, target: Target) -> tuple[bytes, str] | None:
    """Id and number of the child that answers for the one of a row; None where none does."""
    passed: set[bytes] = set()
    while row is not None:
        child, number, status, merged_into = row
        if status == "current":
            return child, number
        if status in ("closed", "retired") or child in passed:
            return None
        passed.add(child)
        row = _OF_ID.first(target.connection, child=merged_into)
    return None


def _found(children: list[bytes], target: Target, contact: str) -> list[Found]:
    query = sa.select(CHILD.c.child, CHILD.c.number).where(CHILD.c.child.in_(children))
    numbers = {row.child: row.number for row in target.connection.execute(query)}
    return _shown(numbers, target, contact)


def _shown(numbers: Mapping[bytes, str], target: Target, contact: str) -> list[Found]:
    """These children, by their numbers, as an ordinary reader sees them."""
    merged: dict[bytes, list[UUID]] = {}
    for child, into in sorted(_merged_into(list(numbers), target).items()):
        merged.setdefault(into, []).append(UUID(bytes=child))
    found = [
        Found(
            UUID(bytes=child),
            _view(numbers[child], kept, target, contact),
            tuple(sorted(UUID(bytes=one.record) for one in kept)),
            tuple(merged.get(child, ())),
        )
        for child, kept in current(list(numbers), target)
    ]
    return sorted(found, key=lambda one: one.view.number)


def _view(number: str, kept: Sequence[Kept], target: Target, contact: str) -> View:
    stated = [one.stated for one in kept]
    if not is_restricted(stated):
        return view(number, stated)
    safe = safe_parents([one.record for one in kept], target)
    return view(number, stated, Shielding(safe, contact))


def _criteria(search: Search) -> list[sa.ColumnElement[bool]]:
    asked: list[sa.ColumnElement[bool]] = []
    if fold(search.name):
        asked.append(CHILD.c.child.in_(sa.select(NAME.c.child).where(_named(search.name))))
    if search.given or search.family:
        parts = [_like(NAME.c.given, search.given), _like(NAME.c.family, search.family)]
        asked.append(CHILD.c.child.in_(sa.select(NAME.c.child).where(*parts)))
    if search.after:
        asked.append(CHILD.c.number > search.after)
    if search.birth:
        asked.append(IDENTITY.c.birth == search.birth)
    if search.sex:
        asked.append(IDENTITY.c.sex == search.sex)
    if search.postcode:
        here = POSTCODE.c.postcode == compact(search.postcode)
        asked.append(CHILD.c.child.in_(sa.select(POSTCODE.c.child).where(here)))
    if search.identifier:
        numbered = IDENTIFIER.c.value == compact(search.identifier)
        asked.append(CHILD.c.child.in_(sa.select(IDENTIFIER.c.child).where(numbered)))
    return asked


def _like(column: sa.Column[str], name: str) -> sa.ColumnElement[bool]:
    """Whether a stored name is this one, or begins so where it ends with ``*``; any for none.

    Of a forename the first counts, as of those that are stored.
    """
    if not name:
        return sa.true()
    letters = fold(name.removesuffix(WILDCARD))
    if not letters:
        return sa.false()  # it is a name of nobody, and must not come to stand for any
    return column.startswith(letters) if name.endswith(WILDCARD) else column == letters


def _named(name: str) -> sa.ColumnElement[bool]:
    """Whether a stored name is this one: each way to part it into forename and family name.

    The forename may be shortened at its end; the family name is whole.
    """
    words = [word for word in map(fold, name.replace(",", " ").split()) if word]
    ways = [NAME.c.family == "".join(words)]
    for at in range(1, len(words)):
        for given, family in ((words[:at], words[at:]), (words[at:], words[:at])):
            ways.append(
                sa.and_(NAME.c.family == "".join(family), NAME.c.given.startswith(given[0]))
            )
    return sa.or_(*ways)


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
