"""One delivery of a source: received, appended in chunks, completed; or refused, or held.

A delivery that was completed may hold single rows; a data manager approves or rejects each.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple, assert_never

import msgspec

from events.message import Erased, Event
from events.record import Order

PARTLY = 3
"""Exit code of a delivery of which something was rejected or held."""
APPROVABLE = frozenset({"DRIFT", "SWAP", "KEY-TWICE"})
"""Rules that ask whether a row is right. Any other says that it cannot be taken as it is."""


class HeldRow(NamedTuple):
    """What names a row that a delivery holds."""

    line: int
    record: str
    """First 8 hex digits of the record's keyed id; empty where the row's key cannot be read."""


class RowNote(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """What was noted of one row that was not taken as it came; never a value."""

    line: int
    outcome: str
    """``rejected``, ``held`` or ``remark``."""
    rule: str
    field: str
    expected: str
    record: str = ""
    """First 8 hex digits of the record's keyed id, where its key could be read."""

    @property
    def row(self) -> HeldRow:
        """The row, as a decision on it names it."""
        return HeldRow(self.line, self.record)


class Restated(msgspec.Struct, frozen=True, array_like=True):
    """A confirmed row that carries a time or sequence of its own."""

    ordinal: int
    stated: Order


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows by what became of them; they add up to the rows read. ``withdrawn`` counts records."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    out_of_scope: int = 0
    held: int = 0
    rejected: int = 0
    withdrawn: int = 0
    remarks: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(a + b for a, b in zip(_values(self), _values(other), strict=True)))

    def turned_away(self) -> "Counts":
        """The same when every row that was held is rejected."""
        return self + Counts(held=-self.held, rejected=self.held)

    @property
    def exit_code(self) -> int:
        """That of a delivery whose rows count so."""
        return PARTLY if self.rejected or self.held else 0


def _values(counts: Counts) -> tuple[int, ...]:
    return msgspec.structs.astuple(counts)


class DeliveryReceived(Event, frozen=True, omit_defaults=True):
    """A file was read whole and found fit to be appended."""

    sealed: ClassVar[tuple[str, ...]] = ("path",)

    source: str
    feed: str
    digest: str
    """SHA-256 of the bytes, keyed, in hex."""
    reader: int
    mapping: str
    mode: str
    stated: str
    """``--effective`` as given, or empty."""
    order: Order
    """Place of the whole file in its source's time, fixed here once and for all."""
    effective_by: str
    """Who fixed the time: ``file``, ``option`` or ``loading``."""
    scopes: tuple[str, ...]
    chunk: int
    """Rows in each chunk."""
    size: int
    counts: Counts
    """As the first pass found them."""
    dropped: dict[str, int]
    mapped: bool = False
    """The last line of the path names the mapping."""
    path: str | Erased | None = None


class ChunkAppended(Event, frozen=True, omit_defaults=True):
    """Rows of the delivery were appended, in the commit that holds this event."""

    number: int
    """Of the chunk in its delivery, from 0; -1 for withdrawals, which stand in no row, and for
    held rows that were approved."""
    counts: Counts
    order: Order
    confirmed: bytes
    """Ordinals of the records that the rows confirm: a serialised roaring bitmap."""
    seen: bytes
    """Ordinals of the records that rejected or held rows prove present: a roaring bitmap."""
    restated: tuple[Restated, ...] = ()
    notes: tuple[RowNote, ...] = ()
    settled: tuple[HeldRow, ...] = ()
    """Rows that were held and are taken up again; ``counts`` says what became of them."""

    @property
    def gain(self) -> Counts:
        """What the chunk adds to the counts of its delivery."""
        before = len(self.settled)
        return self.counts + Counts(rows=-before, held=-before)


class DeliveryCompleted(Event, frozen=True, omit_defaults=True):
    """The last chunk was appended. ``snapshot`` says whether absence was stated by it."""

    counts: Counts
    scopes: tuple[str, ...]
    """Scopes for which the file was a complete snapshot; empty in a delta."""
    snapshot: bool
    exit_code: int


class DeliveryHeld(Event, frozen=True, omit_defaults=True):
    """A data manager has to look at the file before anything of it is appended."""

    sealed: ClassVar[tuple[str, ...]] = ("path",)

    source: str
    feed: str
    rule: str
    """``GUARD-WITHDRAWN``, ``GUARD-AMENDED`` or ``COLUMNS-EXCHANGED``."""
    counts: Counts
    expected: str
    size: int
    mode: str = ""
    """As it was asked for; empty: as the feed has it."""
    stated: str = ""
    """``--effective`` as given, or empty."""
    mapped: bool = False
    """The last line of the path names the mapping."""
    order: Order | None = None
    """Place of the whole file in its source's time, fixed here as by ``DeliveryReceived``."""
    effective_by: str = ""
    path: str | Erased | None = None


class DeliveryRefused(Event, frozen=True, omit_defaults=True):
    """The file could not be read as its feed says; nothing of it was stored."""

    source: str
    feed: str
    where: str
    field: str
    expected: str


class DeliveryApproved(Event, frozen=True, omit_defaults=True):
    """A data manager let a held delivery through."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    reason: str | Erased | msgspec.Raw | None = None


class DeliveryRejected(Event, frozen=True, omit_defaults=True):
    """A data manager turned a held delivery away."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    reason: str | Erased | msgspec.Raw | None = None


class RowsApproved(Event, frozen=True, omit_defaults=True):
    """A data manager let single held rows through: they are taken when the file is read again."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    rows: tuple[HeldRow, ...]
    reason: str | Erased | msgspec.Raw | None = None


class RowsRejected(Event, frozen=True, omit_defaults=True):
    """A data manager turned single held rows away."""

    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    rows: tuple[HeldRow, ...]
    """Rows that share a name stand here as often as they were held."""
    reason: str | Erased | msgspec.Raw | None = None


DeliveryEvent = (
    DeliveryReceived
    | ChunkAppended
    | DeliveryCompleted
    | DeliveryHeld
    | DeliveryRefused
    | DeliveryApproved
    | DeliveryRejected
    | RowsApproved
    | RowsRejected
)


State = Literal["unknown", "received", "completed", "held", "refused", "approved", "rejected"]


class Delivery(msgspec.Struct, frozen=True):
    """The state of one delivery, folded from its events."""

    version: int = 0
    state: State = "unknown"
    order: Order | None = None
    chunk: int = 0
    chunks: int = 0
    """How many chunks were appended."""
    counts: Counts = Counts()
    """Of the rows appended so far; of the whole file when it is completed or held."""
    approved: bool = False
    """A data manager let it through: guard and drift do not hold it again."""
    exit_code: int = 0
    effective_by: str = ""
    dropped: dict[str, int] = {}
    refusal: tuple[str, str, str] = ("", "", "")
    """Where, which field, what was expected."""
    held: DeliveryHeld | None = None
    """Why it was held, and how it was asked for."""
    received: DeliveryReceived | None = None
    rows_held: tuple[RowNote, ...] = ()
    """Rows that await a data manager, and those let through that are not taken yet."""
    let_through: frozenset[HeldRow] = frozenset()
    """Rows that were approved and are not taken yet."""
    taken: frozenset[HeldRow] = frozenset()
    """Rows that were approved and taken."""
    turned_away: frozenset[HeldRow] = frozenset()
    """Rows that were rejected by a data manager."""


class ApproveRows(msgspec.Struct, frozen=True):
    """Held rows are right as they are."""

    rows: Sequence[HeldRow]
    one_each: bool
    """Of several held rows of one record one can be right: the others are turned away with it."""
    reason: str = ""


class RejectRows(msgspec.Struct, frozen=True):
    """Held rows are not to be taken."""

    rows: Sequence[HeldRow]
    reason: str = ""


class RowDecisionError(Exception):
    """A decision that cannot be made on a row; says which row, why, and what can be done."""


def decide(
    command: ApproveRows | RejectRows, delivery: Delivery
) -> Sequence[RowsApproved | RowsRejected]:
    """The events that follow from a decision on held rows; none where it was made before.

    Raises RowDecisionError where the row was decided on otherwise, or cannot be approved.
    """
    match command:
        case ApproveRows():
            return _approve(command, delivery)
        case RejectRows(rows, reason):
            for row in rows:
                if row in delivery.taken:
                    raise RowDecisionError(f"row {row.line} was approved and taken; it stays")
            return _rejected(set(rows), delivery, reason)
        case _:
            assert_never(command)


def _approve(command: ApproveRows, delivery: Delivery) -> Sequence[RowsApproved | RowsRejected]:
    fresh = [row for row in command.rows if row not in delivery.let_through | delivery.taken]
    if not fresh:
        return []
    for row in fresh:
        if row in delivery.turned_away:
            raise RowDecisionError(f"row {row.line} was rejected; expected one that is held")
    _insist_on_rules(fresh, delivery)
    approved = RowsApproved(tuple(fresh), command.reason or None)
    rivals = _rivals(fresh, delivery) if command.one_each else set()
    return [approved, *_rejected(rivals, delivery, command.reason)]


def _insist_on_rules(rows: Sequence[HeldRow], delivery: Delivery) -> None:
    for note in delivery.rows_held:
        if note.row in rows and (note.rule not in APPROVABLE or not note.line):
            raise RowDecisionError(
                f"row {note.line}, held by {note.rule}, cannot be approved; expected "
                f"{note.expected}, so reject it or have a mended file sent"
            )


def _rivals(chosen: Sequence[HeldRow], delivery: Delivery) -> set[HeldRow]:
    """The other held rows of the records of those chosen. Raises where two of one are chosen."""
    decided = {*chosen, *delivery.let_through}
    records = {row.record for row in chosen}
    names = [note.row for note in delivery.rows_held if note.record in records]
    several = Counter(row.record for row in names if row in decided)
    for record, times in several.items():
        if times > 1:
            lines = ", ".join(str(row.line) for row in names if row.record == record)
            raise RowDecisionError(
                f"rows {lines} are of one record, {record}; expected one of them to be chosen"
            )
    return {row for row in names if row not in decided}


def _rejected(rows: set[HeldRow], delivery: Delivery, reason: str) -> Sequence[RowsRejected]:
    gone = tuple(note.row for note in delivery.rows_held if note.row in rows)
    return [RowsRejected(gone, reason or None)] if gone else []


def evolve(delivery: Delivery, event: DeliveryEvent) -> Delivery:
    """The delivery after one more of its events."""
    changes: dict[str, object]
    match event:
        case DeliveryReceived(order=order, chunk=chunk, dropped=dropped):
            changes = {
                "state": "received",
                "received": event,
                "order": order,
                "chunk": chunk,
                "dropped": dropped,
                "effective_by": event.effective_by,
                "counts": Counts(),
            }
        case ChunkAppended():
            changes = _appended(delivery, event)
        case DeliveryCompleted(counts=counts, exit_code=exit_code):
            changes = {"state": "completed", "counts": counts, "exit_code": exit_code}
        case DeliveryHeld(counts=counts):
            changes = {
                "state": "held",
                "counts": counts,
                "held": event,
                "exit_code": 3,
                "order": event.order,
                "effective_by": event.effective_by,
            }
        case DeliveryRefused(where=where, field=field, expected=expected):
            changes = {"state": "refused", "refusal": (where, field, expected), "exit_code": 1}
        case DeliveryApproved():
            changes = {"state": "approved", "approved": True}
        case DeliveryRejected():
            changes = {"state": "rejected", "counts": delivery.counts.turned_away()}
        case RowsApproved(rows=rows):
            changes = {"let_through": delivery.let_through | {*rows}}
        case RowsRejected(rows=rows):
            counts = delivery.counts + Counts(held=-len(rows), rejected=len(rows))
            changes = {
                **_without(delivery, rows),
                "turned_away": delivery.turned_away | {*rows},
                "counts": counts,
                "exit_code": counts.exit_code,
            }
        case _:
            assert_never(event)
    return msgspec.structs.replace(delivery, version=delivery.version + 1, **changes)


def _appended(delivery: Delivery, event: ChunkAppended) -> dict[str, object]:
    held = tuple(note for note in event.notes if note.outcome == "held")
    left = _without(delivery, event.settled)
    counts = delivery.counts + event.gain
    return left | {
        "rows_held": left["rows_held"] + held,
        "taken": delivery.taken | ({*event.settled} - {note.row for note in held}),
        "chunks": delivery.chunks + (event.number >= 0),
        "counts": counts,
        "exit_code": counts.exit_code,
    }


def _without(delivery: Delivery, rows: Sequence[HeldRow]) -> dict[str, Any]:
    """What is held when these rows are held no more."""
    gone = {*rows}
    return {
        "rows_held": tuple(note for note in delivery.rows_held if note.row not in gone),
        "let_through": delivery.let_through - gone,
    }
