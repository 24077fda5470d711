"""The use case of watching: what is new in the record of access, once; its alerts into the queue.

How far it was watched is an event of the record itself. What is usual is kept beside it and follows
from the record: where it is lost, it is made again by walking what was watched before, silently.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from contactpoint.accesses import Entry
from contactpoint.bootstrap import Contactpoint
from contactpoint.moments import day_of
from contactpoint.watching.facts import LOOKS, WATCHED, Facts
from contactpoint.watching.keeping import KeptState
from contactpoint.watching.look import Look
from contactpoint.watching.watcher import Alert, State, Watcher
from events.master import Hashes, MasterKey
from events.message import Origin
from events.watching import AlertRaised, RecordWatched, Suspicion

PAGE = 2_000
ENGLAND = 5_000
"""Children for whom what the model knows of names counts beside those of the index: a name that one
of two hundred bears is not common for that."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a run came to."""

    looks: int
    alerts: tuple[str, ...]
    """The ids of those that were raised."""
    upto: int
    """Position in the record of access."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Watches the record of access of an installation."""

    store: Contactpoint

    def run(self, origin: Origin) -> Watched:
        """Watch what is new. Raises LockedError while another run is under way."""
        with self.store.access.lock("watching"):
            return self._run(origin)

    def _run(self, origin: Origin) -> Watched:
        access, kept = self.store.access, self._kept()
        seen, upto = self.seen(), access.position()
        if not access.read(seen, 1, upto, WATCHED):
            return Watched(0, (), seen)
        state, at = kept.load()
        if at > seen:
            state, at = State(), 0
        watcher = Watcher(state, lru_cache(4096)(self._name_share))
        for look in self._looks(state, at, seen):
            watcher.one(look)
        looks, alerts = 0, list[Alert]()
        for look in self._looks(state, seen, upto):
            looks += 1
            alerts += watcher.one(look)
        raised = self._raise(alerts, upto, origin)
        kept.save(state, upto)
        return Watched(looks, raised, upto)

    def _name_share(self, family: str) -> float:
        """Which share of children bear a name: in the index, and in England where it is small."""
        bearers, children = self.store.workings.bearers(family)
        rarity = self.store.model.population.family_rarity(family)
        return (bearers + ENGLAND * 2.0 ** -(rarity + 3)) / (children + ENGLAND)

    def seen(self) -> int:
        """Up to which position the record of access was watched."""
        last = self.store.access.versions([self._stream]).get(self._stream, 0)
        for message in self.store.access.stream(self._stream, after=last - 1) if last else ():
            if isinstance(message.event, RecordWatched):
                return message.event.upto
        return 0

    def unwatched_since(self) -> int:
        """When the first look was made that was not watched yet; 0 where there is none."""
        access = self.store.access
        rows = access.read(self.seen(), 1, access.position(), LOOKS)
        return sum(one.origin.recorded for one in access.decode(rows, opened=False))

    def _looks(self, state: State, after: int, upto: int) -> Iterator[Look]:
        store = self.store
        today = day_of(store.chance.clock()).isoformat()
        facts = Facts(
            state,
            store.master.hashes,
            lambda children: store.workings.watched(children, today),
            store.guard.hidden,
            store.relatives.of,
        )
        for rows in store.access.pages(*WATCHED, after=after, upto=upto, page=PAGE):
            yield from facts.looks(store.access.decode(rows))

    def _raise(self, alerts: list[Alert], upto: int, origin: Origin) -> tuple[str, ...]:
        """Put them into the queue, in one commit with how far was watched: so none comes twice."""
        hashes = self.store.master.hashes
        queue = queue_of(self.store.master)
        events = [_event(alert, hashes) for alert in alerts]
        entries = [Entry(queue, origin, event, sealed=True) for event in events]
        self.store.accesses.write([*entries, Entry(self._stream, origin, RecordWatched(upto))])
        return tuple(event.alert for event in events)

    @property
    def _stream(self) -> UUID:
        return self.store.master.hashes.stream_id("watching")

    def _kept(self) -> KeptState:
        work = self.store.settings.work
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        return KeptState(work, self.store.keys, self.store.master)


def queue_of(master: MasterKey) -> UUID:
    """The stream of all alerts."""
    return master.hashes.stream_id("alerts")


def _event(alert: Alert, hashes: Hashes) -> AlertRaised:
    children = tuple(UUID(bytes=child) for child in alert.children)
    told = Suspicion(alert.topic, alert.signs, alert.surprise, alert.why)
    named = hashes.stream_id(
        "alert", alert.reader, alert.topic, str(alert.at), b"".join(alert.children)
    ).hex[:12]
    return AlertRaised(named, alert.reader, alert.at, children, told)
