"""What somebody has to ask after: alerts, and investigations of overrides; listed and closed.

Whoever lists them is not shown what is about themselves. What is about a shielded child is shown to
those alone who are cleared: to others it is as if it had not been raised.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from contactpoint.accesses import Entry
from contactpoint.bootstrap import Contactpoint
from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.watching.watching import queue_of
from events.access import Asked, InvestigationOpened
from events.message import Event, Origin, Recorded
from events.watching import AlertClosed, AlertRaised, Finding, InvestigationClosed, Suspicion

Kind = Literal["alert", "investigation"]
NO_SUSPICION = Suspicion("", (), 0.0, ())


class ClosedError(ContactpointError):
    """Somebody closed it before."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a matter ended."""

    at: int
    by: str
    finding: Finding
    remarks: str


@dataclass(frozen=True, slots=True)
class Matter:
    """An alert, or an investigation."""

    kind: Kind
    id: str
    stream: UUID
    raised: int
    """Microseconds since 1970-01-01 UTC; so is ``looked``."""
    reader: str
    """Who is to be asked."""
    looked: int
    children: tuple[UUID, ...]
    told: Suspicion = NO_SUSPICION
    """Of an alert: why it was raised."""
    reason: str = ""
    """Of an investigation: the reason that the reader stated."""
    closed: Closed | None = None


@dataclass(frozen=True, slots=True)
class Matters:
    """The queue, as far as whoever acts may see it."""

    store: Contactpoint

    def alerts(self) -> list[Matter]:
        """All alerts, the first one first."""
        found: dict[str, Matter] = {}
        queue = queue_of(self.store.master)
        for message in self.store.access.stream(queue):
            match message.event:
                case AlertRaised(alert):
                    found[alert] = _alert(message, message.event, queue)
                case AlertClosed(alert) as event:
                    found[alert] = _closed(found[alert], message, event)
                case _:
                    pass
        return self._shown(found.values())

    def investigations(self) -> list[Matter]:
        """All investigations, the first one first; a walk over the whole record."""
        found: dict[UUID, Matter] = {}
        for message in self._told(InvestigationOpened, InvestigationClosed):
            stream = message.originator_id
            match message.event:
                case InvestigationOpened():
                    found[stream] = _investigation(message, message.event)
                case InvestigationClosed() as event:
                    found[stream] = _closed(found[stream], message, event)
                case _:
                    pass
        return self._shown(found.values())

    def named(self, kind: Kind, name: str) -> Matter:
        """The matter whose id begins so. Raises NotFoundError where none, or more than one does."""
        every = self.alerts() if kind == "alert" else self.investigations()
        found = [one for one in every if len(name) >= 4 and one.id.startswith(name.casefold())]
        if len(found) != 1:
            raise NotFoundError(missing(kind))
        return found[0]

    def close(self, matter: Matter, finding: Finding, remarks: str, origin: Origin) -> None:
        """Write what was found. Raises ClosedError where somebody did before."""
        if matter.closed is not None:
            raise ClosedError(f"{matter.kind} {matter.id} is closed; expected an open one")
        event: Event
        if matter.kind == "alert":
            event = AlertClosed(matter.id, origin.actor, finding, remarks)
        else:
            event = InvestigationClosed(origin.actor, finding, remarks)
        self.store.accesses.write([Entry(matter.stream, origin, event, sealed=True)])

    def _told(self, *kinds: type[Event]) -> Iterator[Recorded]:
        access = self.store.access
        for rows in access.pages(*kinds):
            yield from access.decode(rows)

    def _shown(self, matters: Iterable[Matter]) -> list[Matter]:
        own = self.store.actor.subject.casefold()
        others = [one for one in matters if one.reader.casefold() != own]
        hidden = self.hidden({child for one in others for child in one.children})
        kept = [replace(one, children=tuple(set(one.children) - hidden)) for one in others]
        pairs = zip(others, kept, strict=True)
        return [new for old, new in pairs if new.children or not old.children]

    def hidden(self, children: set[UUID]) -> set[UUID]:
        """Those of the children of whom whoever acts may not know."""
        if self.store.is_cleared:
            return set()
        return self.store.queries.hidden_children(children)


def missing(kind: Kind) -> str:
    """What is said of one that there is not, and of one that may not be seen."""
    return f"no {kind} of that id; 'contactpoint audit {kind}s list' has them"


def _alert(message: Recorded, event: AlertRaised, queue: UUID) -> Matter:
    told = event.told if isinstance(event.told, Suspicion) else NO_SUSPICION
    at = message.origin.recorded
    return Matter(
        "alert", event.alert, queue, at, event.reader, event.looked, event.children, told
    )  # fmt: skip


def _investigation(message: Recorded, event: InvestigationOpened) -> Matter:
    reason = event.asked.reason if isinstance(event.asked, Asked) else ""
    stream, at = message.originator_id, message.origin.recorded
    named = stream.hex[:12]
    return Matter(
        "investigation", named, stream, at, event.reader, at, (event.child,), reason=reason
    )


def _closed(matter: Matter, message: Recorded, event: AlertClosed | InvestigationClosed) -> Matter:
    remarks = event.remarks if isinstance(event.remarks, str) else ""
    ended = Closed(message.origin.recorded, event.by, event.finding, remarks)
    return replace(matter, closed=ended)
