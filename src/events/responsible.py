"""Which authority is responsible for one child: offered to another, accepted there or declined.

Where nothing was accepted, responsible is whom the feeds make out (``projections.authority``).
"""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

import msgspec

from events.message import Event


class ChildOffered(Event, frozen=True, omit_defaults=True):
    """The authority that was responsible asks another to take the child over."""

    child: UUID
    to: str
    """Three digits, as are all codes of authorities here."""
    responsible: str = ""
    """Who was responsible until then; empty where nobody was known to be."""


class ChildAccepted(Event, frozen=True, omit_defaults=True):
    """The authority that was asked is responsible from here on."""

    child: UUID
    authority: str


class ChildDeclined(Event, frozen=True, omit_defaults=True):
    """The authority that was asked does not take the child: who was responsible remains so."""

    child: UUID
    authority: str


ResponsibleEvent = ChildOffered | ChildAccepted | ChildDeclined


class Responsible(msgspec.Struct, frozen=True):
    """Who accepted a child, and who is asked to; folded from its events."""

    version: int = 0
    accepted: str = ""
    offered: str = ""


class OfferChild(msgspec.Struct, frozen=True):
    """Ask another authority to take the child over."""

    child: UUID
    to: str
    responsible: str = ""


class AcceptChild(msgspec.Struct, frozen=True):
    """Take the child that was offered."""

    child: UUID
    authority: str


class DeclineChild(msgspec.Struct, frozen=True):
    """Do not take the child that was offered."""

    child: UUID
    authority: str


ResponsibleCommand = OfferChild | AcceptChild | DeclineChild


class NotOfferedError(Exception):
    """An authority answers an offer that was not made to it."""

    def __init__(self, authority: str) -> None:
        self.authority = authority
        super().__init__(f"nothing is offered to authority {authority}; an offer comes first")


def decide(command: ResponsibleCommand, state: Responsible) -> Sequence[ResponsibleEvent]:
    """The events that follow from a command; none where it changes nothing."""
    match command:
        case OfferChild(child, to, responsible):
            known = state.accepted or responsible
            return [] if to in (state.offered, known) else [ChildOffered(child, to, known)]
        case AcceptChild(child, authority):
            if authority and authority == state.accepted and not state.offered:
                return []
            return [ChildAccepted(child, _offered(authority, state))]
        case DeclineChild(child, authority):
            return [ChildDeclined(child, _offered(authority, state))]
        case _:
            assert_never(command)


def _offered(authority: str, state: Responsible) -> str:
    if not authority or authority != state.offered:
        raise NotOfferedError(authority)
    return authority


def evolve(state: Responsible, event: ResponsibleEvent) -> Responsible:
    """Who is responsible after one more event."""
    version = state.version + 1
    match event:
        case ChildOffered(to=to):
            return Responsible(version, state.accepted, to)
        case ChildAccepted(authority=authority):
            return Responsible(version, authority)
        case ChildDeclined():
            return Responsible(version, state.accepted)
        case _:
            assert_never(event)
