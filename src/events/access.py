"""Who looked at whom, when and why: the events of the record of access, a log of its own."""

from typing import ClassVar
from uuid import UUID

import msgspec

from events.message import Erased, Event


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of an access: the reason given, and what was searched for, verbatim."""

    reason: str
    search: dict[str, str] = {}


class ChildrenAccessed(Event, frozen=True, omit_defaults=True):
    """Somebody was about to be shown something; written before it is shown.

    ``children`` are those that the answer holds; none where nothing was found.
    """

    sealed: ClassVar[tuple[str, ...]] = ("asked",)

    reader: str
    act: str
    """``child show``, ``child find``, ``export links``, ..."""
    children: tuple[UUID, ...]
    asked: Asked | Erased | None = None


class AdministratorNamed(Event, frozen=True, omit_defaults=True):
    """The operating-system user who made the store, and administers it."""

    reader: str


AccessEvent = ChildrenAccessed | AdministratorNamed
