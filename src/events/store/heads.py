"""Heads: what is known now of each record, child and scope, written in the append transaction.

They spare a load from replaying a stream for each row. They follow from the log alone, and
``events.verify`` checks that they do. The version of a stream is not among them: the log's own
index on stream and version answers that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from events.record import Order, Record
from events.shield import Kind


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


def children_of(records: Iterable[RecordHead]) -> frozenset[UUID]:
    """The children that records are linked to."""
    return frozenset(one.child for one in records if one.child is not None)


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


class DeliveryHead(msgspec.Struct, frozen=True):
    """A delivery that was received: its source, and its place in that source's time."""

    delivery: UUID
    source: str
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


Head = (
    RecordHead
    | ChildHead
    | ScopeHead
    | DeliveryHead
    | KeyHead
    | ShieldHead
    | JudgementHead
    | SideRecord
)
"""Any head that follows from the events by themselves; that of an act needs their commits too."""


def is_across(stands: Iterable[SideRecord]) -> bool:
    """Whether records that stand so are on two sides of one never-link."""
    sides = {(one.never_link, one.side) for one in stands}
    return len({never_link for never_link, _ in sides}) < len(sides)


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
    deliveries: Sequence[DeliveryHead] = ()
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
