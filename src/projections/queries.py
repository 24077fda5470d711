"""What readers ask of the read models of children. Nothing here shows more than a view.

All of it goes through ``projections.guard``. What linking asks is in ``projections.workings``.
Children who were archived too long ago for whoever asks are answered as if there were none.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.store.heads import is_across
from projections import renewed
from projections.finding import IDENTIFIER, IDENTITY, Kept, current
from projections.folding import compact, fold
from projections.guard import Guard, Under
from projections.history import HISTORY
from projections.household import Kin, household
from projections.index import CHILD, RECORD
from projections.mergers import OF_ID, lasting, merged_into
from projections.placing import children_ever
from projections.prepared import Prepared
from projections.projection import Target
from projections.reading import Row, reading
from projections.renumbered import Changed, changed, changing
from projections.retention import archived_on
from projections.search import Search, TooBroadError, criteria
from projections.shielded import safe_parents, under
from projections.survivorship import Stated
from projections.view import ChildView, Shielding, View, is_restricted, view, whole
from projections.watched import watched

T = TypeVar("T")
MOST_FOUND = 20
"""Children in one answer: the index is asked about a child, it is not browsed."""

Numbered = tuple[str, str]
"""System and value of an identifier."""


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


class OfRecord(NamedTuple):
    """What one record of a child states."""

    record: UUID
    stated: Stated
    renewed: bool
    """Whether it is of a new identity."""


class Queries:
    """Reads one read database; each answer comes from one transaction."""

    def __init__(
        self, engine: sa.Engine, guard: Guard, contact: str = "", *, archived_after: str = ""
    ) -> None:
        """``contact``: how to reach who brokers contact with shielded children.

        ``archived_after``: an ISO date; who was archived on it or before is not there for whoever
        asks. Everybody is where it is empty.
        """
        self.engine = engine
        self.guard = guard
        self._contact = contact
        self._archived_after = archived_after

    def reaching(self, archived_after: str) -> "Queries":
        """The same of another who asks."""
        return Queries(self.engine, self.guard, self._contact, archived_after=archived_after)

    def child_by_number(self, number: str, *, override: bool = False) -> Found | None:
        """The child that a number answers for; a merged child's number answers with the survivor.

        None where there is none, or no record of it is current any more. ``override``: show what a
        shield hides, to somebody who may see it and of whose look it is recorded.
        """
        found = self.told(number, lambda found: found)
        if found is None or not override or isinstance(found.view, ChildView):
            return found
        with reading(self.engine) as target:
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
        spelled: dict[Numbered, set[Numbered]] = {}
        for system, value in wanted:
            spelled.setdefault((system, compact(value)), set()).add((system, value))
        stored = sa.tuple_(IDENTIFIER.c.system, IDENTIFIER.c.value)
        query = (
            sa.select(IDENTIFIER.c.system, IDENTIFIER.c.value, IDENTIFIER.c.child)
            .join(CHILD, CHILD.c.child == IDENTIFIER.c.child)
            .where(stored.in_(list(spelled)), CHILD.c.status == "current")
            .distinct()
        )

        def read(target: Target) -> dict[Numbered, list[Found]]:
            told = target.connection.execute(query).all()
            found = self._found(sorted({row.child for row in told}), target)
            children = {one.child.bytes: one for one in found}
            answer: dict[Numbered, list[Found]] = {asked: [] for asked in wanted}
            for system, value, child in sorted(told):
                if child in children:
                    for asked in spelled[system, value]:
                        answer[asked].append(children[child])
            return answer

        return self.guard.answer(
            self.engine,
            read,
            lambda it: _open_records([one for found in it.values() for one in found]),
        )

    def child(self, child: UUID) -> Found | None:
        """The child of this id, or the one it was merged into."""
        return self._child(
            lambda target: OF_ID.first(target.connection, child=child.bytes), lambda found: found
        )

    def _child(self, which: Callable[[Target], Any], tell: Callable[[Found], T]) -> T | None:
        def read(target: Target) -> tuple[list[Found], Under | None]:
            one = lasting(which(target), target)
            found = self._shown(dict([one]), target) if one else []
            is_open = all(isinstance(one.view, ChildView) for one in found)
            return found, None if is_open else under(found[0].records, target)

        return self.guard.told(
            self.engine,
            read,
            lambda it: _open_records(it[0]),
            lambda it: tell(it[0][0]) if it[0] else None,
            # A child is seen by its own records alone, whole or behind its shields.
            openly=lambda it: it[1] is None,
            under=lambda it: it[1],
        )

    def survivor(self, number: str, target: Target) -> bytes | None:
        """The child that a number answers for, within an answer; None where there is none."""
        row = _OF_NUMBER.first(target.connection, number=compact(number))
        found = lasting(row, target)
        return found[0] if found else None

    def shown(self, children: Sequence[bytes], target: Target) -> list[Found]:
        """What an ordinary reader sees of these children, by number, within an answer.

        Whoever asks lets the guard see the records of those who are seen whole.
        """
        rows = [OF_ID.first(target.connection, child=child) for child in children]
        known = [row for row in rows if row is not None]
        shown = [one for child, number, *_ in known for one in self._shown({child: number}, target)]
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
            .where(CHILD.c.status == "current", *criteria(search))
            .where(IDENTITY.c.archived > self._archived_after)
            .order_by(CHILD.c.number)
            .limit(limit + 1)
        )

        def read(target: Target) -> tuple[list[Found], bool]:
            children = list(target.connection.execute(query).scalars())
            return self._found(children[:limit], target), len(children) > limit

        found, more = self.guard.answer(self.engine, read, lambda it: _open_records(it[0]))
        return Answer(tuple(found), more=more)

    def been(self, record: UUID) -> set[UUID]:
        """The children that a record ever was of; it shows nothing of any of them."""
        with reading(self.engine) as target:
            return children_ever(target, [record])

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
                page = target.connection.execute(changing(upto, limit)).all()
                for row in page:
                    upto = row.position
                    told, records = changed(row, target)
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
            if one.restricted or not listed.isdisjoint(UUID(bytes=each) for each in one.records)
        }

    def household(self, child: UUID) -> list[Kin]:
        """The children, not shielded yet, who share address, mother or parent with a child.

        For officers, before they shield it.
        """
        kin = self.guard.answer(
            self.engine,
            lambda target: household(child.bytes, target),
            lambda found: [record for kin in found for record in kin.records],
        )
        return [one for one in kin if self._is_there(one.view)]

    def _found(self, children: list[bytes], target: Target) -> list[Found]:
        query = sa.select(CHILD.c.child, CHILD.c.number).where(CHILD.c.child.in_(children))
        numbers = {row.child: row.number for row in target.connection.execute(query)}
        return self._shown(numbers, target)

    def _shown(self, numbers: Mapping[bytes, str], target: Target) -> list[Found]:
        found = _shown(numbers, target, self._contact)
        return [one for one in found if self._is_there(one.view)]

    def _is_there(self, shown: View) -> bool:
        return not self._archived_after or archived_on(shown) > self._archived_after


def _open_records(found: Iterable[Found]) -> list[UUID]:
    """The records of which an answer shows more than a restricted view does."""
    return [r for one in found if isinstance(one.view, ChildView) for r in one.records]


_OF_NUMBER = Prepared(CHILD.select().where(CHILD.c.number == sa.bindparam("number")))


def _shown(numbers: Mapping[bytes, str], target: Target, contact: str) -> list[Found]:
    """These children, by their numbers, as an ordinary reader sees them."""
    merged: dict[bytes, list[UUID]] = {}
    for child, into in sorted(merged_into(list(numbers), target).items()):
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
