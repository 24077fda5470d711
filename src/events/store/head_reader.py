"""Reads the heads of a log, from whichever database has them."""

# ruff: noqa: S608 - only names of tables and columns of ours are put into statements

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import repeat
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from events.record import Order, Record
from events.shield import Kind
from events.store.head_tables import (
    ACT_HEAD,
    CHILD_HEAD,
    DELIVERY_HEAD,
    JUDGEMENT_HEAD,
    KEY_HEAD,
    RECORD_HEAD,
    SCOPE_HEAD,
    SHIELDED_RECORD,
    SIDE_RECORD,
    HeadTable,
    Ids,
    Row,
    ToId,
    child_of,
    delivery_of,
    judgement_of,
    record_of,
    scope_of,
    side_of,
    state_of,
)
from events.store.heads import (
    ActHead,
    ChildHead,
    DeliveryHead,
    JudgementHead,
    KeyHead,
    RecordHead,
    ScopeHead,
    ShieldHead,
    SideRecord,
)

PAGE = 5_000
T = TypeVar("T")


class Judged(NamedTuple):
    """A pair of records by ordinal, and whether a steward said that they are one child."""

    left: int
    right: int
    same: bool


class Sided(NamedTuple):
    """A record by ordinal, and where it stands."""

    never_link: UUID
    record: UUID
    ordinal: int
    side: str


class Tables(Ids, Protocol):
    """What the heads need of a recorder: queries with ``?`` marks, rows back as tuples."""

    prefix: str

    @property
    def positions_of(self) -> str:
        """The statement for the positions of events, as far as their streams."""

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows that a statement gives."""

    def among(self, statement: str, values: Sequence[Any]) -> Iterator[Row]:
        """Rows of a statement that ends in ``WHERE column``, for which it is one of the values."""

    def reading(self) -> AbstractContextManager[None]:
        """Answer all that this thread asks meanwhile from one state."""

    def to_bytes(self, value: Any) -> bytes:
        """An id as it came out of the database, as 16 bytes."""

    def to_id(self, value: Any) -> UUID:
        """An id as it came out of the database."""


class Heads:
    """Reads the heads of a log."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def reading(self) -> AbstractContextManager[None]:
        """Answer all that this thread asks of the log meanwhile from one state of it."""
        return self._tables.reading()

    def records(self, ids: Iterable[UUID]) -> dict[UUID, RecordHead]:
        """The heads of those records that have one."""
        found = self._among(RECORD_HEAD, "record", self._ids(ids))
        return {head.record: head for head in self._of(record_of, found)}

    def sensitive(self, ids: Iterable[UUID]) -> list[RecordHead]:
        """The heads of those records that ever had a sensitive service."""
        found = self._among(RECORD_HEAD, "sensitive_no <> 0 AND record", self._ids(ids))
        return list(self._of(record_of, found))

    def states(self, ids: Iterable[bytes]) -> dict[bytes, Record]:
        """The states of those records that have a head, by the 16 bytes of their ids."""
        found = self._among(RECORD_HEAD, "record", list(map(self._tables.from_bytes, ids)))
        return {self._tables.to_bytes(row[0]): state_of(row) for row in found}

    def links(self, ordinals: Iterable[int] | None = None) -> dict[int, UUID | None]:
        """The child of each of these records, by ordinal; of all records where none are named."""
        column = f"SELECT ordinal, child FROM {self._tables.prefix}{RECORD_HEAD.name} WHERE ordinal"
        found: Iterable[Row]
        if ordinals is None:
            found = self._tables.query(f"{column} IS NOT NULL")
        else:
            found = self._tables.among(column, list(ordinals))
        to_id = self._tables.to_id
        return {row[0]: None if row[1] is None else to_id(row[1]) for row in found}

    def children(self, ids: Iterable[UUID]) -> dict[UUID, ChildHead]:
        """The heads of those children that have one."""
        found = self._among(CHILD_HEAD, "child", self._ids(ids))
        return {head.child: head for head in self._of(child_of, found)}

    def by_numbers(self, numbers: Iterable[str]) -> dict[str, ChildHead]:
        """The heads of children by their numbers."""
        found = self._among(CHILD_HEAD, "number", list(numbers))
        return {head.number: head for head in self._of(child_of, found)}

    def owners(self, ids: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those of the ids that another key gave, each with the id of its record."""
        found = self._among(KEY_HEAD, "key_id", list(map(self._tables.from_bytes, ids)))
        to_bytes = self._tables.to_bytes
        return {to_bytes(key): to_bytes(record) for key, record in found}

    def owner(self, record: UUID) -> UUID:
        """The record that answers to an id: its own, or the one that another key of it gives."""
        found = self.owners([record.bytes])
        return UUID(bytes=found[record.bytes]) if found else record

    def scope(self, source: str, scope: str) -> ScopeHead | None:
        """The latest complete snapshot of a scope, if there was one."""
        statement = self._select(SCOPE_HEAD, "source = ? AND scope = ?")
        return next(map(scope_of, self._tables.query(statement, (source, scope))), None)

    def deliveries_from(self, source: str, order: Order) -> list[DeliveryHead]:
        """The deliveries of a source at a place in its time or later, in whatever order."""
        statement = self._select(
            DELIVERY_HEAD,
            "source = ? AND (received_effective, received_sequence, received_content) >= (?, ?, ?)",
        )
        found = self._tables.query(statement, (source, *order))
        return list(self._of(delivery_of, found))

    def current_in_scope(self, source: str, scope: str = "") -> Iterator[RecordHead]:
        """The current records of a source and scope, by ordinal; of all its scopes where empty."""
        return (
            head
            for head in self._paged(
                "source = ?" + (" AND scope = ?" if scope else ""), source, scope
            )
            if head.state.standing == "current"
        )

    def count_current(self, source: str, scope: str = "", before: Order | None = None) -> int:
        """How many records of a source and scope are current; of all its scopes where empty.

        With ``before``, only those that no delivery at that place or later proved present.
        """
        values: list[Any] = [source]
        where = "source = ? AND standing = 'current'"
        if scope:
            where += " AND scope = ?"
            values.append(scope)
        if before is not None:
            where += (
                " AND (present_effective IS NULL OR"
                " (present_effective, present_sequence, present_content) < (?, ?, ?))"
            )
            values.extend(before)
        statement = f"SELECT COUNT(*) FROM {self._tables.prefix}{RECORD_HEAD.name} WHERE {where}"
        return int(self._tables.query(statement, values)[0][0])

    def all_records(self) -> Iterator[RecordHead]:
        """The heads of all records, those without an ordinal last."""
        yield from self._paged("")
        statement = self._select(RECORD_HEAD, "ordinal IS NULL ORDER BY record")
        yield from self._of(record_of, self._tables.query(statement))

    def all_children(self) -> Iterator[ChildHead]:
        """The heads of all children, by number."""
        after = ""
        while True:
            statement = self._select(CHILD_HEAD, "number > ?")
            page = self._tables.query(f"{statement} ORDER BY number LIMIT {PAGE}", (after,))
            yield from self._of(child_of, page)
            if len(page) < PAGE:
                return
            after = page[-1][1]

    def all_scopes(self) -> Iterator[ScopeHead]:
        """The heads of all scopes."""
        yield from map(scope_of, self._all(SCOPE_HEAD))

    def all_deliveries(self) -> Iterator[DeliveryHead]:
        """The heads of all deliveries."""
        yield from self._of(delivery_of, self._all(DELIVERY_HEAD))

    def all_keys(self) -> Iterator[KeyHead]:
        """The heads of all other keys."""
        for key, record in self._all(KEY_HEAD):
            yield KeyHead(self._tables.to_id(key), self._tables.to_id(record))

    def act(self, act: str) -> int:
        """Position of the last event that moved the head of an act; 0 where none has."""
        statement = self._select(ACT_HEAD, "act = ?")
        return next((int(row[1]) for row in self._tables.query(statement, (act,))), 0)

    def all_acts(self) -> Iterator[ActHead]:
        """The heads of all acts."""
        for act, position in self._all(ACT_HEAD):
            yield ActHead(act, position)

    def shielded(self, records: Iterable[UUID] | None = None) -> dict[UUID, dict[UUID, Kind]]:
        """How each of these records, or of all, stands under which shields; only those that do."""
        found: Iterable[Row]
        if records is None:
            found = self._all(SHIELDED_RECORD)
        else:
            found = self._among(SHIELDED_RECORD, "record", self._ids(records))
        kinds: dict[UUID, dict[UUID, Kind]] = {}
        for record, shield, kind in found:
            kinds.setdefault(self._tables.to_id(record), {})[self._tables.to_id(shield)] = kind
        return kinds

    def moved(self, streams: Iterable[UUID], after: int) -> bool:
        """Whether any event of these streams stands behind a position of the log."""
        asked = [self._tables.from_id(stream) for stream in streams]
        rows = self._tables.among(self._tables.positions_of, asked)
        return any(position > after for (position,) in rows)

    def shields_over(self, records: Iterable[UUID] | None = None) -> dict[UUID, frozenset[UUID]]:
        """The shields that stand over each of these records, or of all; only those under any."""
        over = {
            record: frozenset(shield for shield, kind in kinds.items() if kind == "shielded")
            for record, kinds in self.shielded(records).items()
        }
        return {record: shields for record, shields in over.items() if shields}

    def all_shielded(self) -> Iterator[ShieldHead]:
        """All rows of records under shields."""
        for record, shields in self.shielded().items():
            for shield, kind in shields.items():
                yield ShieldHead(record, shield, kind)

    def judged(self) -> list[Judged]:
        """All pairs that stewards joined or kept apart, by ordinal: as many as they ever judged."""
        prefix, name = self._tables.prefix, JUDGEMENT_HEAD.name
        statement = (
            f"SELECT l.ordinal, r.ordinal, j.verdict FROM {prefix}{name} j"
            f" JOIN {prefix}{RECORD_HEAD.name} l ON l.record = j.left_record"
            f" JOIN {prefix}{RECORD_HEAD.name} r ON r.record = j.right_record"
            " WHERE j.verdict IN ('link', 'apart')"
        )
        found = self._tables.query(statement)
        return [Judged(left, right, verdict == "link") for left, right, verdict in found]

    def sided(self) -> list[Sided]:
        """All records that stand on a side of a never-link, withdrawn ones too."""
        prefix, to_id = self._tables.prefix, self._tables.to_id
        statement = (
            f"SELECT s.never_link, s.record, r.ordinal, s.side FROM {prefix}{SIDE_RECORD.name} s"
            f" JOIN {prefix}{RECORD_HEAD.name} r ON r.record = s.record WHERE s.side <> ''"
        )
        found = self._tables.query(statement)
        return [
            Sided(to_id(one), to_id(record), ordinal, side) for one, record, ordinal, side in found
        ]

    def judgements(self, records: Iterable[UUID]) -> list[JudgementHead]:
        """The pairs in which any of these records was judged, each once."""
        ids = self._ids(records)
        found: dict[tuple[UUID, UUID], JudgementHead] = {}
        for column in ("left_record", "right_record"):
            for head in self._of(judgement_of, self._among(JUDGEMENT_HEAD, column, ids)):
                found[head.left, head.right] = head
        return [found[pair] for pair in sorted(found)]

    def sides(self, records: Iterable[UUID]) -> list[SideRecord]:
        """Where any of these records stands on a side of a never-link in force."""
        found = self._of(side_of, self._among(SIDE_RECORD, "record", self._ids(records)))
        return sorted(
            (one for one in found if one.side), key=lambda one: (one.never_link, one.record)
        )

    def all_judgements(self) -> Iterator[JudgementHead]:
        """The heads of all pairs that were ever judged."""
        yield from self._of(judgement_of, self._all(JUDGEMENT_HEAD))

    def all_sides(self) -> Iterator[SideRecord]:
        """All records that ever stood on a side of a never-link."""
        yield from self._of(side_of, self._all(SIDE_RECORD))

    def next_ordinal(self) -> int:
        """The ordinal of the next record to be received; only a holder of the load lock asks."""
        statement = f"SELECT MAX(ordinal) FROM {self._tables.prefix}{RECORD_HEAD.name}"
        return int(self._tables.query(statement)[0][0] or 0) + 1

    def _paged(self, where: str, source: str = "", scope: str = "") -> Iterator[RecordHead]:
        wanted = [value for value in (source, scope) if value]
        condition = f"{where} AND ordinal > ?" if where else "ordinal > ?"
        statement = self._select(RECORD_HEAD, condition)
        after = 0
        while True:
            page = self._tables.query(
                f"{statement} ORDER BY ordinal LIMIT {PAGE}", (*wanted, after)
            )
            yield from self._of(record_of, page)
            if len(page) < PAGE:
                return
            after = page[-1][1]

    def _all(self, table: HeadTable) -> list[Row]:
        return self._tables.query(self._select(table))

    def _among(self, table: HeadTable, column: str, values: list[Any]) -> Iterator[Row]:
        return self._tables.among(self._select(table, column), values)

    def _select(self, table: HeadTable, where: str = "") -> str:
        select = f"SELECT {', '.join(table.columns)} FROM {self._tables.prefix}{table.name}"
        return f"{select} WHERE {where}" if where else select

    def _ids(self, ids: Iterable[UUID]) -> list[Any]:
        return list(map(self._tables.from_id, ids))

    def _of(self, make: Callable[[Row, ToId], T], found: Iterable[Row]) -> Iterator[T]:
        return map(make, found, repeat(self._tables.to_id))
