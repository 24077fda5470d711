"""Events as they follow in a stream, and the keys of what is sealed of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

import msgspec

from events.keys import SubjectKeys
from events.message import Event, Origin, Recorded

E = TypeVar("E", bound=Event)
Sealing = Callable[[Event], tuple[int, ...]]
"""Gives the numbers of the subject keys of an event's sealed fields."""


def recorded(
    stream: UUID,
    version: int,
    events: Iterable[Event],
    origin: Origin,
    keys: Sealing = lambda _: (),
) -> list[Recorded]:
    """Events as they follow in a stream that stands at a version."""
    return [
        Recorded(stream, number, origin, origin.recorded, event, keys(event))
        for number, event in enumerate(events, start=version + 1)
    ]


def recorded_sealed(  # noqa: PLR0913, PLR0917 - where they follow, and under whose key
    stream: UUID,
    version: int,
    events: Iterable[Event],
    origin: Origin,
    subject: bytes,
    keys: SubjectKeys,
) -> list[Recorded]:
    """Events that follow in a stream whose sealed fields are under the key of one subject.

    What would be sealed is left out where an erasure destroyed that key.
    """
    left = [_kept(event, subject, keys) for event in events]
    return recorded(stream, version, left, origin, lambda one: _sealing(one, subject, keys))


def _kept(event: E, subject: bytes, keys: SubjectKeys) -> E:
    """The event; without what is sealed of it where an erasure destroyed the subject's key."""
    stated = [name for name in event.sealed if getattr(event, name)]
    number = keys.numbers([subject]).get(subject) if stated else None
    if number is None or keys.openers([number])[number] is not None:
        return event
    return msgspec.structs.replace(event, **dict.fromkeys(stated))


def _sealing(event: Event, subject: bytes, keys: SubjectKeys) -> tuple[int, ...]:
    """The key of a subject of its own, for what is sealed of an event where there is any."""
    if not event.sealed:
        return ()
    if not any(getattr(event, name) for name in event.sealed):
        return (0,)
    return tuple(keys.issue([subject]))
