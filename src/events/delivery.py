"""One delivery of a source: received, appended in chunks, completed; or refused, or held."""

from typing import ClassVar, Literal, assert_never

import msgspec

from events.message import Erased, Event
from events.record import Order


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
    path: str | Erased | None = None


class ChunkAppended(Event, frozen=True, omit_defaults=True):
    """Rows of the delivery were appended, in the commit that holds this event."""

    number: int
    """Of the chunk in its delivery, from 0; -1 for withdrawals, which stand in no row."""
    counts: Counts
    order: Order
    confirmed: bytes
    """Ordinals of the records that the rows confirm: a serialised roaring bitmap."""
    seen: bytes
    """Ordinals of the records that rejected or held rows prove present: a roaring bitmap."""
    restated: tuple[Restated, ...] = ()
    notes: tuple[RowNote, ...] = ()


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


DeliveryEvent = (
    DeliveryReceived
    | ChunkAppended
    | DeliveryCompleted
    | DeliveryHeld
    | DeliveryRefused
    | DeliveryApproved
    | DeliveryRejected
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


def evolve(delivery: Delivery, event: DeliveryEvent) -> Delivery:
    """The delivery after one more of its events."""
    changes: dict[str, object]
    match event:
        case DeliveryReceived(order=order, chunk=chunk, dropped=dropped):
            changes = {
                "state": "received",
                "order": order,
                "chunk": chunk,
                "dropped": dropped,
                "effective_by": event.effective_by,
                "counts": Counts(),
            }
        case ChunkAppended(number=number, counts=counts):
            chunks = delivery.chunks + (number >= 0)
            changes = {"chunks": chunks, "counts": delivery.counts + counts}
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
            changes = {"state": "rejected"}
        case _:
            assert_never(event)
    return msgspec.structs.replace(delivery, version=delivery.version + 1, **changes)
