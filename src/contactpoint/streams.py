"""A command to one small stream: replayed, decided, appended; again where another came between."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from contactpoint.again import again
from events.log import Log
from events.message import Event, Origin, Recorded

S = TypeVar("S")
E = TypeVar("E", bound=Event)


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
        messages = [
            Recorded(
                stream, version + n, origin, origin.recorded, event, keys if event.sealed else ()
            )
            for n, event in enumerate(events, start=1)
        ]
        log.append(messages)
        return bool(messages)

    return again(attempt)
