"""How much one reader may ask: requests in a second, and people in a day, by role.

An index of children is asked about a child; nobody reads a population out of it.

People are counted where looks are recorded. There one commit of all processes follows the other, so
that no two of them together show more than each alone might.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contactpoint.accesses import Accesses, Entry
from contactpoint.people.actor import Actor, Role
from contactpoint.people.allowance import BURST, PEOPLE, RATE
from contactpoint.serving.people_seen import PeopleSeen
from contactpoint.serving.problems import TooManyError
from events.access import ChildrenAccessed

AGAIN = 2.0
"""Seconds after which it is looked again how much other processes recorded of a reader's day."""
FEW = 200
"""Events of a day that are read between two steps of the event loop; more are read in a thread."""
PAGE = 100
"""Events that the thread reads at once, in some two milliseconds."""
PAUSE = 0.002
"""Seconds that it leaves to the loop then."""
KEPT = 50_000
DAY = 86_400
HALF = (1 << 64) - 1


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


@dataclass(slots=True)
class Day:
    """Whom a reader was shown on a day, as far as it is known here."""

    stream: UUID
    people: PeopleSeen = field(default_factory=PeopleSeen)
    """By half of each child's id: it is told from others by it."""
    version: int = 0
    """Version of the day's stream up to which ``people`` is known."""
    looked: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new(self, children: Collection[UUID]) -> set[int]:
        """Those of the children who are not among them."""
        with self._lock:
            return self.people.without({child.int & HALF for child in children})

    def count(self) -> int:
        """How many they are."""
        with self._lock:
            return len(self.people)

    def hold(self, people: Collection[int], version: int) -> None:
        """Know these as well, and the day up to a version."""
        with self._lock:
            self.people.update(people)
            self.version = max(version, self.version)


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
    _days: dict[tuple[str, int], Day] = field(default_factory=dict)
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

    def knows(self, reader: str, recorded: int) -> bool:
        """Whether a reader's day is known here, or could be read at once.

        Else much of it is on record that has to be learned first, beside the event loop.
        """
        day, now = self.day(reader, recorded), self.clock()
        if now - day.looked <= AGAIN:
            return True
        missing = self.accesses.log.versions([day.stream]).get(day.stream, 0) - day.version
        if missing > FEW:
            return False
        if missing > 0:
            self.read(day)
        day.looked = now
        return True

    def learn(self, reader: str, recorded: int) -> None:
        """Read a reader's day, in a thread: the event loop has its turn between two pages."""
        day = self.day(reader, recorded)
        while self.read(day, PAGE):
            time.sleep(PAUSE)

    def admit(self, actor: Actor, children: Collection[UUID], recorded: int) -> None:
        """See to it that children may be shown, by what is known here, before more is done.

        They are counted when they are recorded (``Admission``). Raises TooManyError where they are
        more people in a day than the reader's role allows.
        """
        day = self.day(actor.subject, recorded)
        self.may_have(day.new(children), day, actor.roles, recorded)

    def admission(self, versions: dict[UUID, int]) -> "Admission":
        """What counts the people of one commit; ``versions``: where the streams stand."""
        return Admission(self, versions)

    def may_have(self, new: Collection[int], day: Day, roles: Iterable[str], recorded: int) -> None:
        """Raises TooManyError where these, whom a day does not have yet, are too many for it."""
        most = max((self.people.get(Role(role), 0) for role in roles), default=0)
        if new and day.count() + len(new) > most:
            raise TooManyError(
                f"more than {most} people in a day; a data manager can say why that is",
                DAY - recorded // 10**6 % DAY,
            )

    def day(self, reader: str, recorded: int) -> Day:
        """What is known of a reader's day."""
        number = recorded // 10**6 // DAY
        with self._lock:
            known = self._days.get((reader, number))
            if known is None:
                if len(self._days) > KEPT:
                    self._days.clear()
                # Yesterday's is of no use; an answer that is late at midnight reads it again.
                self._days.pop((reader, number - 1), None)
                known = self._days[reader, number] = Day(self.accesses.day(reader, recorded))
            return known

    def read(self, day: Day, most: int | None = None) -> bool:
        """Read on in a day, at most so many events; whether there were any."""
        before = day.version
        people, version = self.accesses.people(day.stream, after=before, most=most)
        day.hold([child.int & HALF for child in people], version)
        return version > before


class Admission:
    """Which looks of one commit may be recorded, and so be answered."""

    def __init__(self, limits: Limits, versions: dict[UUID, int]) -> None:
        self._limits, self._versions = limits, versions
        self._days: dict[UUID, tuple[Day, set[int]]] = {}
        """Of each stream the day, and who are new to it in this commit."""

    def refusal(self, entries: Sequence[Entry]) -> TooManyError | None:
        """Why these may not be; None where they may, and then they are counted."""
        try:
            for entry in entries:
                if isinstance(entry.event, ChildrenAccessed):
                    self._count(entry, entry.event)
        except TooManyError as error:
            return error
        return None

    def end(self) -> None:
        """They are on record: nothing of them has to be read again."""
        for stream, (day, new) in self._days.items():
            day.hold(new, self._versions.get(stream, 0))

    def _count(self, entry: Entry, look: ChildrenAccessed) -> None:
        day, before = self._caught_up(entry)
        together = before | day.new(look.children)
        if len(together) > len(before):
            self._limits.may_have(together, day, look.roles, entry.origin.recorded)
            before |= together

    def _caught_up(self, entry: Entry) -> tuple[Day, set[int]]:
        """The day of a look, other processes' looks among it, and who are new to it so far."""
        stream = entry.stream
        if stream not in self._days:
            day = self._limits.day(entry.origin.actor, entry.origin.recorded)
            if day.version < self._versions.get(stream, 0):
                self._limits.read(day)
            self._days[stream] = day, set()
        return self._days[stream]
