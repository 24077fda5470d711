"""The tables of heads in both databases, and how a head is a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from events.record import Order, Record, Standing
from events.store.heads import (
    ChildHead,
    DeliveryHead,
    HeadChanges,
    JudgementHead,
    RecordHead,
    ScopeHead,
    SideRecord,
)

Row = tuple[Any, ...]
FromId = Callable[[UUID], Any]
ToId = Callable[[Any], UUID]


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
DELIVERY_HEAD = HeadTable(
    "delivery_head",
    {"delivery": "id", "source": "text", **_order("received")},
    key=("delivery",),
    index=("source", "received_effective"),
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
    DELIVERY_HEAD,
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
        (DELIVERY_HEAD, [_delivery_row(head, ids.from_id) for head in changes.deliveries]),
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


def record_row(head: RecordHead, from_id: FromId) -> Row:
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


def _child_row(head: ChildHead, from_id: FromId) -> Row:
    into = head.merged_into and from_id(head.merged_into)
    return (from_id(head.child), head.number, head.version, into, int(head.closed))


def _delivery_row(head: DeliveryHead, from_id: FromId) -> Row:
    return (from_id(head.delivery), head.source, *head.order)


def _judgement_row(head: JudgementHead, from_id: FromId) -> Row:
    return from_id(head.left), from_id(head.right), head.verdict


def _side_row(head: SideRecord, from_id: FromId) -> Row:
    return from_id(head.never_link), from_id(head.record), head.side


def record_of(row: Row, to_id: ToId) -> RecordHead:
    """The head of a record, from its row."""
    key, sensitive, child = row[18:]
    linked = None if child is None else to_id(child)
    return RecordHead(to_id(row[0]), state_of(row), key, sensitive, linked)


def state_of(row: Row) -> Record:
    """The state of a record, from the row of its head."""
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


def _place(effective: Any, sequence: Any, content: Any) -> Order | None:
    return None if effective is None else Order(effective, sequence, bytes(content))


def child_of(row: Row, to_id: ToId) -> ChildHead:
    """The head of a child, from its row."""
    child, number, version, into, closed = row
    merged = None if into is None else to_id(into)
    return ChildHead(to_id(child), number, version, merged, bool(closed))


def scope_of(row: Row) -> ScopeHead:
    """The head of a scope, from its row."""
    source, scope, effective, sequence, content = row
    return ScopeHead(source, scope, Order(effective, sequence, bytes(content)))


def delivery_of(row: Row, to_id: ToId) -> DeliveryHead:
    """The head of a delivery, from its row."""
    delivery, source, effective, sequence, content = row
    return DeliveryHead(to_id(delivery), source, Order(effective, sequence, bytes(content)))


def judgement_of(row: Row, to_id: ToId) -> JudgementHead:
    """What was said of a pair, from its row."""
    left, right, verdict = row
    return JudgementHead(to_id(left), to_id(right), verdict)


def side_of(row: Row, to_id: ToId) -> SideRecord:
    """Where a record stands, from its row."""
    never_link, record, side = row
    return SideRecord(to_id(never_link), to_id(record), side)
