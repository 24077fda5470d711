"""One child of the index: which records were decided to be theirs, and on what evidence."""

from uuid import UUID

import msgspec

from events.message import Event


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True, array_like=True):
    """Why a record is linked: its strongest pair within the child, under one model version.

    The weights are computed again exactly from the model version and the pattern.
    """

    record: UUID
    partner: UUID | None = None
    """None for the first record of a child, and for one linked by a judgement."""
    pattern: int = 0
    """The pair's levels of agreement as one code (``linkage.pattern``)."""
    weight: float = 0.0


class ChildRegistered(Event, frozen=True, omit_defaults=True):
    """A child not known before was given a number; the event carries its first records."""

    number: str
    model: str
    records: tuple[Evidence, ...]


class RecordsLinked(Event, frozen=True, omit_defaults=True):
    """Records were decided to be of this child."""

    model: str
    records: tuple[Evidence, ...]


class RecordsUnlinked(Event, frozen=True, omit_defaults=True):
    """Records were decided not to be of this child, or were withdrawn or erased."""

    records: tuple[UUID, ...]
    reason: str
    """``moved``, ``withdrawn``, ``erased``."""


class ChildMerged(Event, frozen=True, omit_defaults=True):
    """This child proved to be the same as another, whose number answers for it from now on."""

    into: UUID


class ChildRestored(Event, frozen=True, omit_defaults=True):
    """A merge was undone, or a closed child has records again: the number answers for itself."""

    model: str
    records: tuple[Evidence, ...]


class ChildClosed(Event, frozen=True, omit_defaults=True):
    """No current record is left; the number stays, and answers again if a record returns."""


class ChildErased(Event, frozen=True, omit_defaults=True):
    """All records of the child were erased."""

    reason: str = ""


ChildEvent = (
    ChildRegistered
    | RecordsLinked
    | RecordsUnlinked
    | ChildMerged
    | ChildRestored
    | ChildClosed
    | ChildErased
)
