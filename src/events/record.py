"""One agency's record of one child: received, amended, withdrawn, returned, erased.

What is current follows from the statements alone, never from the order of their arrival: the
statement with the greatest (effective time, source's own sequence, content hash), unless the
record's absence was stated later than its presence.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, assert_never

import msgspec

from events.message import Erased, Event
from person.particulars import Particulars
from person.services import Involvement


class Order(NamedTuple):
    """The place of a statement in the source's own time; greater is later."""

    effective: int
    sequence: int
    content: bytes


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a statement: the source's own key for the record, and the particulars."""

    key: str
    particulars: Particulars
    scope: str = ""
    former_key: str = ""


Sensitive = tuple[Involvement, ...]


class RecordReceived(Event, frozen=True, omit_defaults=True):
    """A source stated a record that was not known before."""

    sealed: ClassVar[tuple[str, ...]] = ("statement", "sensitive")

    ordinal: int
    """Number of the record in this installation, from 1, in the order of first receipt."""
    source: str
    scope: str
    delivery: str
    """First 16 hex digits of the delivery's stream."""
    row: int
    stated: Order
    seen: Order
    """Place of the delivery that proved it present."""
    traits: bytes
    """Four keyed hashes of four bytes each: forename, family name, birth date, postcode."""
    statement: Statement | Erased | msgspec.Raw | None = None
    sensitive: Sensitive | Erased | msgspec.Raw | None = None


class RecordAmended(Event, frozen=True, omit_defaults=True):
    """The source stated the record differently; current only if its order is the greatest."""

    sealed: ClassVar[tuple[str, ...]] = ("statement", "sensitive")

    delivery: str
    row: int
    stated: Order
    seen: Order
    traits: bytes
    statement: Statement | Erased | msgspec.Raw | None = None
    sensitive: Sensitive | Erased | msgspec.Raw | None = None


class RecordReturned(Event, frozen=True, omit_defaults=True):
    """A withdrawn record was stated again with what was last known of it."""

    delivery: str
    row: int
    stated: Order
    seen: Order


class RecordWithdrawn(Event, frozen=True, omit_defaults=True):
    """The source no longer holds the record: absent from a snapshot, or purged."""

    delivery: str
    absent: Order
    reason: str
    """``absent`` or ``purged``."""


class RecordErased(Event, frozen=True, omit_defaults=True):
    """The keys of the record's particulars were destroyed; nothing brings them back."""

    reason: str = ""


RecordEvent = RecordReceived | RecordAmended | RecordReturned | RecordWithdrawn | RecordErased
