"""Heads: what is known now of each record, child and scope, written in the append transaction.

They spare a load from replaying a stream for each row. They follow from the log alone, and
``events.verify`` checks that they do. The version of a stream is not among them: the log's own
index on stream and version answers that.
"""

# ruff: noqa: S608 - only names of tables and columns of ours are put into statements

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

import msgspec

from events.record import Order, Record, Standing
from events.shield import Kind

PAGE = 5_000


class RecordHead(msgspec.Struct, frozen=True):
    """A record: its state, the keys of its current statement, and the child that it is linked to.

    ``state.orders`` is left out. The head outlives erasure, with blank content, so that a file
    sent again cannot bring the record back unseen.
    """

    record: UUID
    state: Record
    key: int = 0
    """Number of the subject key of its particulars."""
    sensitive: int = 0
    """Number of the subject key of its sensitive services; 0 where it never had any."""
    child: UUID | None = None
    """Written by ``HeadChanges.links`` alone: linking and loading never overwrite each other."""


class ChildHead(msgspec.Struct, frozen=True):
    """A child: its number, how many events its stream has, and what became of it."""

    child: UUID
    number: str
    version: int
    merged_into: UUID | None = None
    closed: bool = False


class ScopeHead(msgspec.Struct, frozen=True):
    """The latest complete snapshot of a scope of a source; an empty scope is the whole source."""

    source: str
    scope: str
    order: Order


class KeyHead(msgspec.Struct, frozen=True):
    """Another key of a source that answers with a record: one it had before, or has since."""

    key: UUID
    """The id that the record would have by that key."""
    record: UUID


class ActHead(msgspec.Struct, frozen=True):
    """Where the last event stands that changed what people have laid upon the index.

    One head for all shields, one for all judgements: who read before it moved reads again.
    """

    act: str
    """``shield`` or ``judgement``: ``Event.moves`` of the events that move it."""
    position: int


class ShieldHead(msgspec.Struct, frozen=True):
    """How a record stands under a shield; it may stand under several."""

    record: UUID
    shield: UUID
    kind: Kind | None
    """None takes the row away, as it is written."""


class JudgementHead(msgspec.Struct, frozen=True):
    """What stewards said last of a pair of records; ``left`` is the lesser id."""

    left: UUID
    right: UUID
    verdict: str
    """Empty where the judgement was reversed."""


class SideRecord(msgspec.Struct, frozen=True):
    """A record that stands on a side of a never-link: for good, also when it is withdrawn."""

    never_link: UUID
    record: UUID
    side: str
    """``events.never_link.Side``; empty where the never-link was lifted."""


def is_across(stands: Iterable[SideRecord]) -> bool:
    """Whether records that stand so are on two sides of one never-link."""
    sides = {(one.never_link, one.side) for one in stands}
    return len({never_link for never_link, _ in sides}) < len(sides)


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


class Moved(NamedTuple):
    """A statement that a delivery repeated at a later place of the source's time."""

    record: bytes
    effective: int
    sequence: int
    content: bytes | None
    """The statement moves only if it says this; None: whatever it says."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Records of which a delivery repeats what is known: ``events.record.confirm``, set by set."""

    seen: Order
    """Place of the delivery."""
    records: Sequence[bytes]
    moved: Sequence[Moved] = ()


@dataclass(frozen=True, slots=True)
class HeadChanges:
    """Heads to be written with an append: whole rows, and links from records to children."""

    records: Sequence[RecordHead] = ()
    children: Sequence[ChildHead] = ()
    scopes: Sequence[ScopeHead] = ()
    keys: Sequence[KeyHead] = ()
    shields: Sequence[ShieldHead] = ()
    judgements: Sequence[JudgementHead] = ()
    sides: Sequence[SideRecord] = ()
    links: Mapping[UUID, UUID | None] = field(default_factory=dict)
    """The child of each record named; None where it belongs to none any more."""
    confirmed: Confirmed | None = None
    """Other records than those written whole."""
    made: Sequence[tuple[Any, ...]] = ()
    """Rows of heads of records that belong to no child yet, as ``record_row`` makes them, with
    ids as bytes."""
    unmoved: Mapping[str, int] = field(default_factory=dict)
    """The position at which the head of each act named must still stand; else nothing is written,
    and StaleError is raised."""
    moved: frozenset[str] = frozenset()
    """The acts whose heads move with this append; ``Log.append`` sees which they are."""


NO_HEADS = HeadChanges()


@dataclass(frozen=True, slots=True)
class HeadTable:
    """A table of heads, for both databases."""

    name: str
    columns: Mapping[str, str]
    """Kind of each: ``id``, ``count``, ``text`` or ``bytes``; with ``?`` it may be NULL."""
    key: tuple[str, ...]
    unique: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    """Columns that a row written again leaves as they are."""

    def create(self, prefix: str, types: Mapping[str, str]) -> list[str]:
        """Statements that make the table and its indexes where they are missing."""
        columns = [
            f"{name} {types[kind.rstrip('?')]}{'' if kind.endswith('?') else ' NOT NULL'}"
            for name, kind in self.columns.items()
        ]
        columns.append(f"PRIMARY KEY ({', '.join(self.key)})")
        columns += [f"UNIQUE ({name})" for name in self.unique]
        made = [f"CREATE TABLE IF NOT EXISTS {prefix}{self.name} ({', '.join(columns)})"]
        if self.index:
            made.append(
                f"CREATE INDEX IF NOT EXISTS {self.name}_index"
                f" ON {prefix}{self.name} ({', '.join(self.index)})"
            )
        return made

    def upsert(self, prefix: str, source: str) -> str:
        """The statement that writes rows from ``source`` (``VALUES (...)`` or a SELECT)."""
        changed = [name for name in self.columns if name not in (*self.key, *self.kept)]
        updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
        return (
            f"INSERT INTO {prefix}{self.name} ({', '.join(self.columns)}) {source}"
            f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {updates}"
        )


def _order(name: str, null: str = "") -> dict[str, str]:
    return {
        f"{name}_effective": f"count{null}",
        f"{name}_sequence": f"count{null}",
        f"{name}_content": f"bytes{null}",
    }


RECORD_HEAD = HeadTable(
    "record_head",
    {
        "record": "id",
        "ordinal": "count?",
        "source": "text",
        "scope": "text",
        "version": "count",
        "standing": "text",
        **_order("stated", "?"),
        "stated_version": "count",
        "statements": "count",
        **_order("present", "?"),
        **_order("absent", "?"),
        "traits": "bytes",
        "key_no": "count",
        "sensitive_no": "count",
        "child": "id?",
    },
    key=("record",),
    unique=("ordinal",),
    index=("source", "scope", "ordinal"),
    kept=frozenset({"child"}),
)
CHILD_HEAD = HeadTable(
    "child_head",
    {"child": "id", "number": "text", "version": "count", "merged_into": "id?", "closed": "count"},
    key=("child",),
    unique=("number",),
)
SCOPE_HEAD = HeadTable(
    "scope_head",
    {"source": "text", "scope": "text", **_order("snapshot")},
    key=("source", "scope"),
)
KEY_HEAD = HeadTable("key_head", {"key_id": "id", "record": "id"}, key=("key_id",))
ACT_HEAD = HeadTable("act_head", {"act": "text", "position": "count"}, key=("act",))
SHIELDED_RECORD = HeadTable(
    "shielded_record",
    {"record": "id", "shield": "id", "kind": "text"},
    key=("record", "shield"),
    index=("shield",),
)
JUDGEMENT_HEAD = HeadTable(
    "judgement_head",
    {"left_record": "id", "right_record": "id", "verdict": "text"},
    key=("left_record", "right_record"),
    index=("right_record",),
)
SIDE_RECORD = HeadTable(
    "side_record",
    {"never_link": "id", "record": "id", "side": "text"},
    key=("never_link", "record"),
    index=("record",),
)
TABLES = (
    RECORD_HEAD,
    CHILD_HEAD,
    SCOPE_HEAD,
    KEY_HEAD,
    ACT_HEAD,
    SHIELDED_RECORD,
    JUDGEMENT_HEAD,
    SIDE_RECORD,
)


class Ids(Protocol):
    """How a database takes ids."""

    def from_bytes(self, value: bytes) -> Any:
        """An id of 16 bytes as it goes into the database."""

    def from_id(self, value: UUID) -> Any:
        """An id as it goes into the database."""


def rows(
    changes: HeadChanges, ids: Ids, position: int
) -> list[tuple[HeadTable, list[tuple[Any, ...]]]]:
    """The rows of each table, in its columns' order, ids as the database takes them.

    ``position`` is that of the last event of the commit.
    """
    made = [(ids.from_bytes(record), *rest) for record, *rest in changes.made]
    return [
        (RECORD_HEAD, made + [record_row(head, ids.from_id) for head in changes.records]),
        (CHILD_HEAD, [_child_row(head, ids.from_id) for head in changes.children]),
        (SCOPE_HEAD, [(head.source, head.scope, *head.order) for head in changes.scopes]),
        (KEY_HEAD, [(ids.from_id(head.key), ids.from_id(head.record)) for head in changes.keys]),
        (ACT_HEAD, [(act, position) for act in sorted(changes.moved)]),
        (
            SHIELDED_RECORD,
            [
                (ids.from_id(one.record), ids.from_id(one.shield), one.kind)
                for one in changes.shields
                if one.kind is not None
            ],
        ),
        (JUDGEMENT_HEAD, [_judgement_row(head, ids.from_id) for head in changes.judgements]),
        (SIDE_RECORD, [_side_row(head, ids.from_id) for head in changes.sides]),
    ]


def taken_away(changes: HeadChanges, ids: Ids) -> list[tuple[Any, Any]]:
    """Record and shield of the rows of ``shielded_record`` that go, ids as the database's."""
    return [
        (ids.from_id(one.record), ids.from_id(one.shield))
        for one in changes.shields
        if one.kind is None
    ]


NOWHERE = (None, None, None)


def record_row(head: RecordHead, from_id: Callable[[UUID], Any]) -> tuple[Any, ...]:
    """The row of a record's head, in its table's columns."""
    state = head.state
    return (
        from_id(head.record),
        state.ordinal or None,
        state.source,
        state.scope,
        state.version,
        state.standing,
        *(state.stated or NOWHERE),
        state.stated_version,
        state.statements,
        *(state.present or NOWHERE),
        *(state.absent or NOWHERE),
        state.traits,
        head.key,
        head.sensitive,
        head.child and from_id(head.child),
    )


def _child_row(head: ChildHead, from_id: Callable[[UUID], Any]) -> tuple[Any, ...]:
    into = head.merged_into and from_id(head.merged_into)
    return (from_id(head.child), head.number, head.version, into, int(head.closed))


def _judgement_row(head: JudgementHead, from_id: Callable[[UUID], Any]) -> tuple[Any, ...]:
    return from_id(head.left), from_id(head.right), head.verdict


def _side_row(head: SideRecord, from_id: Callable[[UUID], Any]) -> tuple[Any, ...]:
    return from_id(head.never_link), from_id(head.record), head.side


class Tables(Ids, Protocol):
    """What the heads need of a recorder: queries with ``?`` marks, rows back as tuples."""

    prefix: str

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that a statement gives."""

    def among(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
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
        found = self._among(RECORD_HEAD, "record", [self._tables.from_id(one) for one in ids])
        return {head.record: head for head in map(self._record, found)}

    def sensitive(self, ids: Iterable[UUID]) -> list[RecordHead]:
        """The heads of those records that ever had a sensitive service."""
        select = f"{_select(self._tables, RECORD_HEAD)} WHERE sensitive_no <> 0 AND record"
        found = self._tables.among(select, [self._tables.from_id(one) for one in ids])
        return [self._record(row) for row in found]

    def states(self, ids: Iterable[bytes]) -> dict[bytes, Record]:
        """The states of those records that have a head, by the 16 bytes of their ids."""
        found = self._among(RECORD_HEAD, "record", list(map(self._tables.from_bytes, ids)))
        return {self._tables.to_bytes(row[0]): _state(row) for row in found}

    def links(self, ordinals: Iterable[int] | None = None) -> dict[int, UUID | None]:
        """The child of each of these records, by ordinal; of all records where none are named."""
        column = f"SELECT ordinal, child FROM {self._tables.prefix}{RECORD_HEAD.name} WHERE ordinal"
        found: Iterable[tuple[Any, ...]]
        if ordinals is None:
            found = self._tables.query(f"{column} IS NOT NULL")
        else:
            found = self._tables.among(column, list(ordinals))
        to_id = self._tables.to_id
        return {row[0]: None if row[1] is None else to_id(row[1]) for row in found}

    def children(self, ids: Iterable[UUID]) -> dict[UUID, ChildHead]:
        """The heads of those children that have one."""
        found = self._among(CHILD_HEAD, "child", [self._tables.from_id(one) for one in ids])
        return {head.child: head for head in map(self._child, found)}

    def by_numbers(self, numbers: Iterable[str]) -> dict[str, ChildHead]:
        """The heads of children by their numbers."""
        found = self._among(CHILD_HEAD, "number", list(numbers))
        return {head.number: head for head in map(self._child, found)}

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
        statement = f"{_select(self._tables, SCOPE_HEAD)} WHERE source = ? AND scope = ?"
        for row in self._tables.query(statement, (source, scope)):
            return ScopeHead(row[0], row[1], Order(row[2], row[3], bytes(row[4])))
        return None

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
        statement = f"{_select(self._tables, RECORD_HEAD)} WHERE ordinal IS NULL ORDER BY record"
        yield from map(self._record, self._tables.query(statement))

    def all_children(self) -> Iterator[ChildHead]:
        """The heads of all children, by number."""
        after = ""
        while True:
            statement = f"{_select(self._tables, CHILD_HEAD)} WHERE number > ?"
            page = self._tables.query(f"{statement} ORDER BY number LIMIT {PAGE}", (after,))
            yield from map(self._child, page)
            if len(page) < PAGE:
                return
            after = page[-1][1]

    def all_scopes(self) -> Iterator[ScopeHead]:
        """The heads of all scopes."""
        for row in self._tables.query(_select(self._tables, SCOPE_HEAD)):
            yield ScopeHead(row[0], row[1], Order(row[2], row[3], bytes(row[4])))

    def all_keys(self) -> Iterator[KeyHead]:
        """The heads of all other keys."""
        for key, record in self._tables.query(_select(self._tables, KEY_HEAD)):
            yield KeyHead(self._tables.to_id(key), self._tables.to_id(record))

    def act(self, act: str) -> int:
        """Position of the last event that moved the head of an act; 0 where none has."""
        statement = f"{_select(self._tables, ACT_HEAD)} WHERE act = ?"
        return next((int(row[1]) for row in self._tables.query(statement, (act,))), 0)

    def all_acts(self) -> Iterator[ActHead]:
        """The heads of all acts."""
        for act, position in self._tables.query(_select(self._tables, ACT_HEAD)):
            yield ActHead(act, position)

    def shielded(self, records: Iterable[UUID] | None = None) -> dict[UUID, dict[UUID, Kind]]:
        """How each of these records, or of all, stands under which shields; only those that do."""
        statement = _select(self._tables, SHIELDED_RECORD)
        found: Iterable[tuple[Any, ...]]
        if records is None:
            found = self._tables.query(statement)
        else:
            ids = [self._tables.from_id(one) for one in records]
            found = self._tables.among(f"{statement} WHERE record", ids)
        kinds: dict[UUID, dict[UUID, Kind]] = {}
        for record, shield, kind in found:
            kinds.setdefault(self._tables.to_id(record), {})[self._tables.to_id(shield)] = kind
        return kinds

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
        ids = [self._tables.from_id(record) for record in records]
        found: dict[tuple[UUID, UUID], JudgementHead] = {}
        for column in ("left_record", "right_record"):
            for head in map(self._judgement, self._among(JUDGEMENT_HEAD, column, ids)):
                found[head.left, head.right] = head
        return [found[pair] for pair in sorted(found)]

    def sides(self, records: Iterable[UUID]) -> list[SideRecord]:
        """Where any of these records stands on a side of a never-link in force."""
        ids = [self._tables.from_id(record) for record in records]
        found = map(self._side, self._among(SIDE_RECORD, "record", ids))
        return sorted(
            (one for one in found if one.side), key=lambda one: (one.never_link, one.record)
        )

    def all_judgements(self) -> Iterator[JudgementHead]:
        """The heads of all pairs that were ever judged."""
        yield from map(self._judgement, self._tables.query(_select(self._tables, JUDGEMENT_HEAD)))

    def all_sides(self) -> Iterator[SideRecord]:
        """All records that ever stood on a side of a never-link."""
        yield from map(self._side, self._tables.query(_select(self._tables, SIDE_RECORD)))

    def next_ordinal(self) -> int:
        """The ordinal of the next record to be received; only a holder of the load lock asks."""
        statement = f"SELECT MAX(ordinal) FROM {self._tables.prefix}{RECORD_HEAD.name}"
        return int(self._tables.query(statement)[0][0] or 0) + 1

    def _paged(self, where: str, source: str = "", scope: str = "") -> Iterator[RecordHead]:
        wanted = [value for value in (source, scope) if value]
        condition = f"{where} AND ordinal > ?" if where else "ordinal > ?"
        statement = f"{_select(self._tables, RECORD_HEAD)} WHERE {condition}"
        after = 0
        while True:
            page = self._tables.query(
                f"{statement} ORDER BY ordinal LIMIT {PAGE}", (*wanted, after)
            )
            yield from map(self._record, page)
            if len(page) < PAGE:
                return
            after = page[-1][1]

    def _among(self, table: HeadTable, column: str, values: list[Any]) -> Iterator[tuple[Any, ...]]:
        return self._tables.among(f"{_select(self._tables, table)} WHERE {column}", values)

    def _record(self, row: tuple[Any, ...]) -> RecordHead:
        key, sensitive, child = row[18:]
        linked = None if child is None else self._tables.to_id(child)
        return RecordHead(self._tables.to_id(row[0]), _state(row), key, sensitive, linked)

    def _child(self, row: tuple[Any, ...]) -> ChildHead:
        child, number, version, into, closed = row
        merged = None if into is None else self._tables.to_id(into)
        return ChildHead(self._tables.to_id(child), number, version, merged, bool(closed))

    def _judgement(self, row: tuple[Any, ...]) -> JudgementHead:
        left, right, verdict = row
        return JudgementHead(self._tables.to_id(left), self._tables.to_id(right), verdict)

    def _side(self, row: tuple[Any, ...]) -> SideRecord:
        never_link, record, side = row
        return SideRecord(self._tables.to_id(never_link), self._tables.to_id(record), side)


def _state(row: tuple[Any, ...]) -> Record:
    return Record(
        ordinal=row[1] or 0,
        source=row[2],
        scope=row[3],
        version=row[4],
        standing=cast(Standing, row[5]),
        stated=_place(*row[6:9]),
        stated_version=row[9],
        statements=row[10],
        present=_place(*row[11:14]),
        absent=_place(*row[14:17]),
        traits=bytes(row[17]),
    )


def _select(tables: Tables, table: HeadTable) -> str:
    return f"SELECT {', '.join(table.columns)} FROM {tables.prefix}{table.name}"


def _place(effective: Any, sequence: Any, content: Any) -> Order | None:
    return None if effective is None else Order(effective, sequence, bytes(content))
