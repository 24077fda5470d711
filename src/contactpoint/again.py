"""An act that reads and then writes, tried again where another wrote what it had read."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from events.store.appending import StaleError

TRIES = 5
"""How often an act is tried before it gives up."""

T = TypeVar("T")


def again(attempt: Callable[[], T]) -> T:
    """What the attempt answers that nobody overtook. Raises StaleError where each was overtaken."""
    for _ in range(TRIES - 1):
        with suppress(StaleError):
            return attempt()
    return attempt()
