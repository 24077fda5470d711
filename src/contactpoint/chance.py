"""What an installation takes from outside its log: the time, and numbers that nobody can guess.

A test that compares two installations byte for byte supplies its own.
"""

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from person.numbers import make


def _now() -> int:
    return time.time_ns() // 1000


def _run() -> str:
    return uuid4().hex[:8]


def _register(records: Collection[UUID]) -> tuple[UUID, str]:
    """The id and the number of a child not known before: both random, whoever its records are."""
    del records
    return uuid4(), make(f"{secrets.randbelow(10**11):011}")


@dataclass(frozen=True, slots=True)
class Chance:
    """Where time and random numbers come from."""

    clock: Callable[[], int] = _now
    """Microseconds since 1970-01-01 UTC."""
    run: Callable[[], str] = _run
    """Names one run of a command: 8 hex digits."""
    register: Callable[[Collection[UUID]], tuple[UUID, str]] = _register
    """Gives the id and the index number of a child not known before, from its first records."""


CHANCE = Chance()
