"""What is asked of those who looked: alerts and investigations, raised and closed, and how far."""

from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from events.message import Erased, Event

Finding = Literal["misuse", "in-order", "unclear"]


class Suspicion(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why somebody is to be asked; sealed, for signs of kin and neighbours tell of a child."""

    topic: str
    """The sign that weighs most."""
    signs: tuple[str, ...]
    surprise: float
    """By how many powers of ten normal work shows this more seldom than not."""
    why: tuple[str, ...]


class AlertRaised(Event, frozen=True, omit_defaults=True):
    """A reader's looks are such as normal work seldom shows."""

    sealed: ClassVar[tuple[str, ...]] = ("told",)

    alert: str
    """Its id, 12 hex digits."""
    reader: str
    looked: int
    """When the look was made that raised it: microseconds since 1970-01-01 UTC."""
    children: tuple[UUID, ...] = ()
    """Those whom it is about; none where it is about the reader's day as a whole."""
    told: Suspicion | Erased | None = None


class AlertClosed(Event, frozen=True, omit_defaults=True):
    """Somebody asked, and says what was found."""

    sealed: ClassVar[tuple[str, ...]] = ("remarks",)

    alert: str
    by: str
    finding: Finding
    remarks: str | Erased | None = None


class InvestigationClosed(Event, frozen=True, omit_defaults=True):
    """It was asked whether somebody had to look through a shield, and this was found."""

    sealed: ClassVar[tuple[str, ...]] = ("remarks",)

    by: str
    finding: Finding
    remarks: str | Erased | None = None


class RecordWatched(Event, frozen=True, omit_defaults=True):
    """The record of access was watched up to here; what comes later is new."""

    upto: int
    """Position in the record of access."""


WatchingEvent = AlertRaised | AlertClosed | InvestigationClosed | RecordWatched
