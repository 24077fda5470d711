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
    behalf: str = ""
    """For whom they looked, where that is another person who has no way in."""
    roles: tuple[str, ...] = ()
    """What the reader was to the index at that moment; so are the two that follow."""
    authority: str = ""
    organisation: str = ""
    purpose: str = ""
    request: str = ""
    """The id of the request that asked, where it was asked over HTTP."""
    asked: Asked | Erased | None = None


class ReaderFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the issuer of a token vouches for of the reader: for finding looks at one's own."""

    family: str = ""
    """The reader's own family name."""
    postcode: str = ""
    """Of the reader's own home."""


class ReaderSeen(Event, frozen=True, omit_defaults=True):
    """Begins a reader's day, where their token says who they are at home."""

    sealed: ClassVar[tuple[str, ...]] = ("facts",)

    reader: str
    facts: ReaderFacts | Erased | None = None


class ActRefused(Event, frozen=True, omit_defaults=True):
    """Somebody was denied what their role does not allow."""

    reader: str
    act: str
    purpose: str = ""
    request: str = ""
    """The id of the request that asked, where it was asked over HTTP."""


class InvestigationOpened(Event, frozen=True, omit_defaults=True):
    """Somebody looks through a child's shield: it is asked at once whether they had to."""

    sealed: ClassVar[tuple[str, ...]] = ("asked",)

    reader: str
    child: UUID
    asked: Asked | Erased | None = None


class TokenIssued(Event, frozen=True, omit_defaults=True):
    """A token was made that names a person; the token itself is kept nowhere."""

    token: str
    """Its id."""
    subject: str
    roles: tuple[str, ...]
    expires: int
    """Seconds since 1970-01-01 UTC."""
    authority: str = ""
    organisation: str = ""
    strong: bool = False
    override: bool = False


class TokenRevoked(Event, frozen=True, omit_defaults=True):
    """A token names nobody any more, although it has not expired."""

    token: str
    """Its id; empty for all that the person has by then, whoever issued them."""
    subject: str


class AdministratorNamed(Event, frozen=True, omit_defaults=True):
    """The operating-system user who made the store, and administers it."""

    reader: str


AccessEvent = (
    ChildrenAccessed
    | ReaderSeen
    | ActRefused
    | InvestigationOpened
    | TokenIssued
    | TokenRevoked
    | AdministratorNamed
)
