"""How much one reader may ask: requests in a second, and people in a day, by role.

An index of children is asked about a child; nobody reads a population out of it.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from contactpoint.accesses import Accesses
from contactpoint.people.actor import Actor, Role
from contactpoint.people.allowance import BURST, PEOPLE, RATE
from contactpoint.serving.problems import TooManyError

AGAIN = 2.0
"""Seconds after which it is looked again what other processes recorded of a reader's day."""
KEPT = 50_000
DAY = 86_400
HALF = (1 << 64) - 1


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True)
class _Day:
    day: int
    people: set[int] = field(default_factory=set)
    """Half of each child's id: it is told from others by it, and the set is half as large."""
    version: int = 0
    """Version of the reader's stream up to which ``people`` is known."""
    looked: float = float("-inf")


@dataclass(slots=True)
class Limits:
    """Counts what readers ask. Safe to use from several threads."""

    accesses: Accesses
    people: Mapping[Role, int] = field(default_factory=lambda: PEOPLE)
    rate: float = RATE
    burst: int = BURST
    workers: int = 1
    """Processes among which a reader's requests are spread."""
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _days: dict[str, _Day] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_one(self, reader: str) -> None:
        """Count one request. Raises TooManyError where they come too fast."""
        now, rate = self.clock(), self.rate / self.workers
        most = max(1.0, self.burst / self.workers)
        with self._lock:
            if len(self._buckets) > KEPT:
                self._buckets.clear()
            bucket = self._buckets.setdefault(reader, _Bucket(most, now))
            bucket.left = min(most, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                raise TooManyError(
                    f"more than {self.rate:g} requests in a second", int(1 / rate) + 1
                )
            bucket.left -= 1

    def admit(self, actor: Actor, children: Collection[UUID], recorded: int) -> None:
        """Count the children of an answer that was not given yet; ``recorded``: the time of it.

        Raises TooManyError where they are more people in a day than the reader's role allows.
        """
        most = max((self.people.get(role, 0) for role in actor.roles), default=0)
        second = recorded // 10**6
        known = self._known(actor.subject, second // DAY, recorded)
        fresh = _halves(children)
        with self._lock:
            if len(known.people) + len(fresh - known.people) > most:
                raise TooManyError(
                    f"more than {most} people in a day; a data manager can say why that is",
                    DAY - second % DAY,
                )
            known.people |= fresh

    def _known(self, reader: str, day: int, recorded: int) -> _Day:
        """What is known of a reader's day, other processes' answers among it."""
        with self._lock:
            if len(self._days) > KEPT:
                self._days.clear()
            known = self._days.get(reader)
            if known is None or known.day != day:
                known = self._days[reader] = _Day(day)
            due = self.clock() - known.looked > AGAIN
            known.looked = self.clock() if due else known.looked
        if due:
            people, version = self.accesses.people(reader, recorded, after=known.version)
            with self._lock:
                known.people |= _halves(people)
                known.version = max(version, known.version)
        return known


def _halves(children: Collection[UUID]) -> set[int]:
    return {child.int & HALF for child in children}
