"""The record of access: written before anything is shown; what cannot be recorded is not shown."""

import getpass
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from contactpoint.again import again
from contactpoint.errors import ContactpointError, UsageError
from contactpoint.moments import day_of
from contactpoint.people.actor import Actor, folded
from events.access import (
    ActRefused,
    AdministratorNamed,
    Asked,
    ChildrenAccessed,
    InvestigationOpened,
    ReaderFacts,
    ReaderSeen,
    TokenIssued,
    TokenRevoked,
)
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded

REVOKED = "use a revoked token"
"""The act that is recorded of who tries one."""


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


class UnrecordedError(ContactpointError):
    """The record of access cannot be written, so nothing is shown."""

    def __init__(self) -> None:
        super().__init__("the record of access cannot be written, so there is no answer")


class Entry(NamedTuple):
    """An event that is to be written into the record of access, as the next of its stream."""

    stream: UUID
    origin: Origin
    event: Event
    sealed: bool = False
    """Whether the event has a sealed field; it is sealed under the key of its stream."""
    begins: Event | None = None
    """Sealed likewise, what is written first where the stream does not exist yet."""


class Capacity(NamedTuple):
    """Who looks, as what, what for, and by which request."""

    reader: Actor
    purpose: str = ""
    behalf: str = ""
    """The person for whom they look, where that is another."""
    request: str = ""


Chosen = Callable[[dict[UUID, int]], Sequence[Entry]]
"""From the versions of streams to the entries that are written to them. The versions go on as they
are written, so that whoever chose may see afterwards where they stand."""


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
        capacity: Capacity,
        *,
        reason: str,
        children: Sequence[UUID],
        search: dict[str, str] | None = None,
    ) -> None:
        """Write that somebody is about to be shown these children; on the disk when it returns."""
        asked = Asked(reason, search or {})
        self.write([self.look(origin, act, capacity, asked=asked, children=children)])

    def look(
        self,
        origin: Origin,
        act: str,
        capacity: Capacity,
        *,
        asked: Asked,
        children: Sequence[UUID],
    ) -> Entry:
        """That somebody is about to be shown these children, to be written before they are."""
        reader = capacity.reader
        event = ChildrenAccessed(
            reader=origin.actor,
            act=act,
            children=tuple(children),
            behalf=capacity.behalf,
            roles=tuple(sorted(reader.roles)),
            authority=reader.authority,
            organisation=reader.organisation,
            purpose=capacity.purpose,
            request=capacity.request,
            asked=asked,
        )
        facts = ReaderFacts(reader.family, reader.postcode)
        seen = ReaderSeen(origin.actor, facts) if facts != ReaderFacts() else None
        return Entry(self._day_of(origin), origin, event, sealed=True, begins=seen)

    def looks_at(self, children: Collection[UUID]) -> Iterator["Look"]:
        """The looks at any of these children, the first one first; a walk over the whole record."""
        for rows in self.log.pages(ChildrenAccessed):
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

    def people(
        self, day: UUID, *, after: int = 0, most: int | None = None
    ) -> tuple[set[UUID], int]:
        """The children whom a reader was shown on a day, by what is recorded after a version.

        And the version up to which they are. ``most``: how many events are read, else all.
        """
        found: set[UUID] = set()
        for message in self.log.stream(day, after=after, opened=False, limit=most):
            after = message.originator_version
            if isinstance(message.event, ChildrenAccessed):
                found.update(message.event.children)
        return found, after

    def investigate(self, origin: Origin, child: UUID, reason: str) -> None:
        """Write that an investigation is opened."""
        self.write([self.investigation(origin, child, reason)])

    def investigation(self, origin: Origin, child: UUID, reason: str) -> Entry:
        """That somebody is about to look through this child's shield: it is asked why at once."""
        stream = self.master.hashes.stream_id("investigation", child.bytes, origin.command)
        event = InvestigationOpened(origin.actor, child, Asked(reason))
        return Entry(stream, origin, event, sealed=True)

    def refuse(self, origin: Origin, act: str, purpose: str = "", request: str = "") -> None:
        """Write that somebody was denied an act."""
        self.write([self.refusal(origin, act, purpose, request)])

    def refusal(self, origin: Origin, act: str, purpose: str = "", request: str = "") -> Entry:
        """That somebody was denied an act."""
        event = ActRefused(origin.actor, act, purpose, request)
        return Entry(self._day_of(origin), origin, event)

    def refuse_revoked(self, subject: str, now: int, request: str = "") -> None:
        """Write that somebody tried a token of theirs that was revoked."""
        origin = Origin(now, subject, REVOKED)
        self.write([self.refusal(origin, REVOKED, request=request)])

    def issue(self, origin: Origin, issued: TokenIssued) -> None:
        """Write that a token is about to be given to somebody."""
        self.write([Entry(self._tokens, origin, issued)])

    def revoke(self, origin: Origin, issued: TokenIssued) -> bool:
        """Write that a token is in force no longer; False where that is written already."""
        if self.is_revoked(issued.token):
            return False
        # A stream of its own: whether one token is revoked is asked at each act.
        revoked = TokenRevoked(issued.token, issued.subject)
        self.write([Entry(self._token(issued.token), origin, revoked)])
        return True

    def is_revoked(self, token: str) -> bool:
        """Whether a token, by its id, was revoked."""
        return bool(self.log.versions([self._token(token)]))

    def revoked_before(self, subject: str) -> int:
        """The second up to which tokens of a person count no longer; 0 where none was revoked."""
        told = self.log.stream(self._subject(subject))
        return max((message.origin.recorded // 10**6 for message in told), default=0)

    def revoke_before(self, origin: Origin, subject: str) -> None:
        """Write that all tokens that a person has by now count no longer, whoever issued them."""
        self.write([Entry(self._subject(subject), origin, TokenRevoked("", subject))])

    def issued(self) -> list[TokenIssued]:
        """What is known of all tokens that were issued, the latest last."""
        events = (message.event for message in self.log.stream(self._tokens))
        return [event for event in events if isinstance(event, TokenIssued)]

    @property
    def _tokens(self) -> UUID:
        return self.master.hashes.stream_id("tokens")

    def _subject(self, subject: str) -> UUID:
        return self.master.hashes.stream_id("tokens of", folded(subject))

    def _token(self, token: str) -> UUID:
        return self.master.hashes.stream_id("token", token)

    def name_administrator(self, origin: Origin) -> None:
        """The user who makes the store administers it; does nothing where one is named."""
        if not self.administrators():
            self.write([Entry(self._roles, origin, AdministratorNamed(origin.actor))])

    @property
    def _roles(self) -> UUID:
        return self.master.hashes.stream_id("administrators")

    def administrators(self) -> set[str]:
        """The operating-system users who administer the store."""
        events = (message.event for message in self.log.stream(self._roles))
        return {event.reader for event in events if isinstance(event, AdministratorNamed)}

    def _day_of(self, origin: Origin) -> UUID:
        return self.day(origin.actor, origin.recorded)

    def day(self, reader: str, recorded: int) -> UUID:
        """The stream of a reader's day: that on which something is, or would be, recorded."""
        return self.master.hashes.stream_id("access", reader, str(day_of(recorded)))

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries, all in one commit, in their order; on the disk when this returns."""
        self._append(entries)

    def _append(self, entries: Sequence[Entry], chosen: Chosen | None = None) -> None:
        """Another process may write to the same streams meanwhile: it is tried again then.

        ``chosen`` says which of the entries are written, as their streams stand; else all are.
        Raises StaleError where others go on to be quicker.
        """
        sealed = sorted({entry.stream for entry in entries if entry.sealed})
        keys = self._keys(sealed) if sealed else {}

        def attempt() -> None:
            versions = self.log.versions({entry.stream for entry in entries})
            written = entries if chosen is None else chosen(versions)
            self.log.append(_messages(written, keys, versions))

        again(attempt)

    def _keys(self, streams: Sequence[UUID]) -> dict[UUID, int]:
        """The numbers of the keys of these streams."""
        issued = self.keys.issue([stream.bytes for stream in streams])
        return dict(zip(streams, issued, strict=True))


def _messages(
    entries: Sequence[Entry], keys: Mapping[UUID, int], versions: dict[UUID, int]
) -> list[Recorded]:
    """The entries as the next events of their streams, whose versions go on."""
    messages: list[Recorded] = []

    def add(entry: Entry, event: Event, *, sealed: bool) -> None:
        stream = entry.stream
        versions[stream] = version = versions.get(stream, 0) + 1
        key = (keys[stream],) if sealed else ()
        messages.append(Recorded(stream, version, entry.origin, entry.origin.recorded, event, key))

    for entry in entries:
        if entry.begins is not None and entry.stream not in versions:
            add(entry, entry.begins, sealed=True)
        add(entry, entry.event, sealed=entry.sealed)
    return messages


def required_reason(reason: str) -> str:
    """The reason, trimmed. Raises UsageError where none is stated."""
    if not reason.strip():
        raise UsageError("--reason: expected why the record is opened; it is recorded")
    return reason.strip()
