"""What the requests of a process share: the installation, the writer, whom tokens name, limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from contactpoint.bootstrap import Contactpoint
from contactpoint.chance import CHANCE, Chance
from contactpoint.installing import open_store
from contactpoint.moments import day_of
from contactpoint.serving.cursors import Cursors
from contactpoint.serving.identity import Identity, IssuerTokens, OwnTokens, Reads
from contactpoint.serving.keeping_up import waiting_for_it
from contactpoint.serving.limits import Limits
from contactpoint.serving.recording import BatchedAccesses
from contactpoint.serving.repeats import Repeats
from contactpoint.settings import Settings

if TYPE_CHECKING:
    from contactpoint.matching.person import PersonMatching

THREADS = 2
"""Slow handlers at work at once in one process."""
CONNECTING = 2.0
"""Seconds for which a request waits for a database server: it holds up others meanwhile."""
_OPENING = Lock()


@dataclass(frozen=True, slots=True)
class Service:
    """An installation that answers over HTTP."""

    store: Contactpoint
    accesses: BatchedAccesses
    identity: Identity
    limits: Limits
    cursors: Cursors
    repeats: Repeats
    _threads: dict[str, CapacityLimiter] = field(default_factory=dict)

    def threads(self) -> CapacityLimiter:
        """Lets few handlers work at once: more would only wait for each other."""
        return self._limiter("handlers", THREADS)

    def learning(self) -> CapacityLimiter:
        """Lets one reader's day be read at a time, and by one request of theirs."""
        return self._limiter("days", 1)

    def _limiter(self, name: str, most: int) -> CapacityLimiter:
        # Made when it is first asked for, since it belongs to the event loop that runs then.
        if name not in self._threads:
            self._threads[name] = CapacityLimiter(most)
        return self._threads[name]

    def short_id(self, reader: str) -> str:
        """How logs name a reader: the same for the same, and saying nothing without the key."""
        return self.store.master.hashes.stream_id("reader in logs", reader).hex[:8]

    @property
    def matching(self) -> "PersonMatching":
        """The matcher of described persons; the first who asks waits until its index is read."""
        with _OPENING:
            return self.store.person_matching

    @property
    def today(self) -> date:
        """The day in force."""
        return day_of(self.store.chance.clock())


@contextmanager
def opened(
    settings: Settings, chance: Chance = CHANCE, *, followed: bool = False
) -> Iterator[Service]:
    """The service of an installation, for as long as the context lasts.

    ``followed``: whether another process keeps the read models in step with the log.
    """
    with open_store(settings, chance, narrow=True) as store:
        if followed:
            store.__dict__["catch_up"] = waiting_for_it(store)
        turn = settings.home / "access.turn" if store.access.is_embedded else None
        accesses = BatchedAccesses(store.access, store.keys, store.master, turn=turn)
        waiting_little(store)
        # Whatever a use case records goes through the one writer.
        store.__dict__["accesses"] = accesses
        _open_all(store)
        limits = Limits(
            accesses,
            people=settings.people,
            rate=settings.rate,
            burst=settings.burst,
            workers=settings.workers,
        )
        accesses.admit_by(limits.admission)
        identity = Identity(_reads(settings, store, accesses))
        repeats = Repeats(store.read, store.master)
        repeats.prepare()
        yield Service(store, accesses, identity, limits, Cursors(store.master), repeats)
        accesses.commit()


def waiting_little(store: Contactpoint) -> None:
    """Let nobody who asks wait for a server that is away until it may be back."""
    for log in (store.log, store.access):
        log.wait_at_most(CONNECTING)


def _open_all(store: Contactpoint) -> None:
    """Open what requests share before there are any: each acts through a copy of the store."""
    store.projector.catch_up()
    _ = store.read, store.queries, store.telling, store.beside, store.sources, store.models


def _reads(settings: Settings, store: Contactpoint, accesses: BatchedAccesses) -> Reads:
    if settings.issuer is None:
        return OwnTokens(store.master, accesses.is_revoked)
    return IssuerTokens(settings.issuer, accesses.revoked_before)
