"""The envelope of an event: which stream, which version, when, by whom, by which command."""

from typing import ClassVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all events. A subclass is a fact in the past tense; it holds no ids of its own.

    ``sealed`` names the fields that are encrypted, each under a subject's key; every other field
    is written in clear and so must never hold personal data.
    """

    sealed: ClassVar[tuple[str, ...]] = ()
    moves: ClassVar[str] = ""
    """The act whose head moves with it (``events.store.heads.ActHead``); empty: none."""


class Erased(msgspec.Struct, frozen=True):
    """Stands where a sealed field stood whose key has been destroyed."""


ERASED = Erased()


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What all events of one act have in common."""

    recorded: int
    """When it was recorded: microseconds since 1970-01-01 UTC."""
    actor: str
    """Who caused it: ``os:NAME`` in a shell, else the subject of their token."""
    command: str
    """The command that did, and the run of it: ``load 9f3c2a11``."""


class Recorded(msgspec.Struct, frozen=True):
    """An event in its stream, as appended and as read back."""

    originator_id: UUID
    originator_version: int
    origin: Origin
    effective: int
    """When it takes effect at the agency: microseconds since 1970-01-01 UTC."""
    event: Event
    keys: tuple[int, ...] = ()
    """Numbers of the subject keys of the event's sealed fields, in their order; 0: field unset."""
