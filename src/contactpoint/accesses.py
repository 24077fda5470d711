"""The record of access: written before anything is shown; what cannot be recorded is not shown."""

import getpass
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import UsageError
from contactpoint.intake.preparing import day_of
from events.access import (
    ActRefused,
    AdministratorNamed,
    Asked,
    ChildrenAccessed,
    InvestigationOpened,
    TokenIssued,
    TokenRevoked,
)
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.store.appending import StaleError

TRIES = 5
PAGE = 10_000


def current_user() -> str:
    """The operating-system user, as the record of access names readers."""
    return f"os:{getpass.getuser()}"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a child."""

    at: int
    """Microseconds since 1970-01-01 UTC."""
    event: ChildrenAccessed

    @property
    def reason(self) -> str:
        """Why, as it was stated; empty where that cannot be read any more."""
        return self.event.asked.reason if isinstance(self.event.asked, Asked) else ""


@dataclass(frozen=True, slots=True)
class Accesses:
    """Writes to the record of access: a stream for each reader and day."""

    log: Log
    keys: SubjectKeys
    master: MasterKey

    def record(  # noqa: PLR0913 - what is recorded of a look
        self,
        origin: Origin,
        act: str,
        *,
        reason: str,
        children: Sequence[UUID],
        search: dict[str, str] | None = None,
        behalf: str = "",
    ) -> None:
        """Write that somebody is about to be shown these children; on the disk when it returns.

        ``behalf`` names the person for whom they look, where that is another.
        """
        stream = self._day_of(origin)
        event = ChildrenAccessed(
            reader=origin.actor,
            act=act,
            children=tuple(children),
            behalf=behalf,
            asked=Asked(reason, search or {}),
        )
        self._append(stream, origin, event, tuple(self.keys.issue([stream.bytes])))

    def looks_at(self, children: Collection[UUID]) -> Iterator["Look"]:
        """The looks at any of these children, the first one first; a walk over the whole record."""
        after, upto = 0, self.log.position()
        while rows := self.log.read(after, PAGE, upto, (ChildrenAccessed,)):
            told = self.log.decode(rows, opened=False)
            mine = [
                row
                for row, message in zip(rows, told, strict=True)
                if isinstance(message.event, ChildrenAccessed)
                and not set(children).isdisjoint(message.event.children)
            ]
            for message in self.log.decode(mine):
                assert isinstance(message.event, ChildrenAccessed)
                yield Look(message.origin.recorded, message.event)
            after = rows[-1].position

    def investigate(self, origin: Origin, child: UUID, reason: str) -> None:
        """Open an investigation: somebody is about to look through this child's shield."""
        stream = self.master.hashes.stream_id("investigation", child.bytes, origin.command)
        keys = tuple(self.keys.issue([stream.bytes]))
        self._append(stream, origin, InvestigationOpened(origin.actor, child, Asked(reason)), keys)

    def refuse(self, origin: Origin, act: str) -> None:
        """Write that somebody was denied an act."""
        self._append(self._day_of(origin), origin, ActRefused(origin.actor, act))

    def issue(self, origin: Origin, issued: TokenIssued) -> None:
        """Write that a token is about to be given to somebody."""
        self._append(self._tokens, origin, issued)

    def revoke(self, origin: Origin, issued: TokenIssued) -> bool:
        """Write that a token is in force no longer; False where that is written already."""
        if self.is_revoked(issued.token):
            return False
        # A stream of its own: whether one token is revoked is asked at each act.
        self._append(self._token(issued.token), origin, TokenRevoked(issued.token, issued.subject))
        return True

    def is_revoked(self, token: str) -> bool:
        """Whether a token, by its id, was revoked."""
        return bool(self.log.versions([self._token(token)]))

    def issued(self) -> list[TokenIssued]:
        """What is known of all tokens that were issued, the latest last."""
        events = (message.event for message in self.log.stream(self._tokens))
        return [event for event in events if isinstance(event, TokenIssued)]

    @property
    def _tokens(self) -> UUID:
        return self.master.hashes.stream_id("tokens")

    def _token(self, token: str) -> UUID:
        return self.master.hashes.stream_id("token", token)

    def name_administrator(self, origin: Origin) -> None:
        """The user who makes the store administers it; does nothing where one is named."""
        if not self.administrators():
            self._append(self._roles, origin, AdministratorNamed(origin.actor))

    @property
    def _roles(self) -> UUID:
        return self.master.hashes.stream_id("administrators")

    def administrators(self) -> set[str]:
        """The operating-system users who administer the store."""
        events = (message.event for message in self.log.stream(self._roles))
        return {event.reader for event in events if isinstance(event, AdministratorNamed)}

    def _day_of(self, origin: Origin) -> UUID:
        """The stream of a reader's day."""
        day = str(day_of(origin.recorded))
        return self.master.hashes.stream_id("access", origin.actor, day)

    def _append(
        self, stream: UUID, origin: Origin, event: Event, keys: tuple[int, ...] = ()
    ) -> None:
        """Append as the stream's next; another process of the same reader may come between."""
        for attempt in range(TRIES):
            version = self.log.versions([stream]).get(stream, 0) + 1
            message = Recorded(stream, version, origin, origin.recorded, event, keys)
            try:
                self.log.append([message])
            except StaleError:
                if attempt == TRIES - 1:
                    raise
            else:
                return


def required_reason(reason: str) -> str:
    """The reason, trimmed. Raises UsageError where none is stated."""
    if not reason.strip():
        raise UsageError("--reason: expected why the record is opened; it is recorded")
    return reason.strip()
