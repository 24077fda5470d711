"""Events that follow in a stream; and a command to a small one: replayed, decided, appended."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from contactpoint.again import again
from events.keys import SubjectKeys
from events.log import Log
from events.message import Event, Origin, Recorded

S = TypeVar("S")
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


def sealing(event: Event, subject: bytes, keys: SubjectKeys) -> tuple[int, ...]:
    """The key of a subject of its own, for what is sealed of an event where there is any."""
    if not event.sealed:
        return ()
    if not any(getattr(event, name) for name in event.sealed):
        return (0,)
    return tuple(keys.issue([subject]))


def append_decided(  # noqa: PLR0913 - the parts of an aggregate, and where it stands
    log: Log,
    stream: UUID,
    origin: Origin,
    *,
    initial: S,
    evolve: Callable[[S, E], S],
    decide: Callable[[S], Sequence[E]],
    keys: tuple[int, ...] = (),
) -> bool:
    """Append what follows from a command, deciding anew where the stream moved; whether any did.

    ``keys`` are the numbers of the subject keys of an event with sealed fields.
    """

    def attempt() -> bool:
        version = log.versions([stream]).get(stream, 0)
        events = decide(log.replay(stream, initial, evolve))
        log.append(
            recorded(stream, version, events, origin, lambda one: keys if one.sealed else ())
        )
        return bool(events)

    return again(attempt)
