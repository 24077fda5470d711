"""A command to one small stream: replayed, decided, appended; again where another came between."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from events.log import Log
from events.message import Event, Origin, Recorded
from events.store.appending import StaleError

S = TypeVar("S")
E = TypeVar("E", bound=Event)

TRIES = 5


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
    for attempt in range(TRIES):
        version = log.versions([stream]).get(stream, 0)
        events = decide(log.replay(stream, initial, evolve))
        messages = [
            Recorded(
                stream, version + n, origin, origin.recorded, event, keys if event.sealed else ()
            )
            for n, event in enumerate(events, start=1)
        ]
        try:
            log.append(messages)
        except StaleError:
            if attempt == TRIES - 1:
                raise
        else:
            return bool(messages)
    return False
