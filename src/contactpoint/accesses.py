"""The record of access: written before anything is shown; what cannot be recorded is not shown."""

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import DeniedError, UsageError
from contactpoint.intake.preparing import day_of
from events.access import AdministratorNamed, Asked, ChildrenAccessed
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.store.appending import StaleError

TRIES = 5


def current_user() -> str:
    """The operating-system user, as the record of access names readers."""
    return f"os:{getpass.getuser()}"


@dataclass(frozen=True, slots=True)
class Accesses:
    """Writes to the record of access: a stream for each reader and day."""

    log: Log
    keys: SubjectKeys
    master: MasterKey

    def record(
        self,
        origin: Origin,
        act: str,
        *,
        reason: str,
        children: Sequence[UUID],
        search: dict[str, str] | None = None,
    ) -> None:
        """Write that somebody is about to be shown these children; on the disk when it returns."""
        day = str(day_of(origin.recorded))
        stream = self.master.hashes.stream_id("access", origin.actor, day)
        event = ChildrenAccessed(
            reader=origin.actor,
            act=act,
            children=tuple(children),
            asked=Asked(reason, search or {}),
        )
        self._append(stream, origin, event, tuple(self.keys.issue([stream.bytes])))

    def name_administrator(self, origin: Origin) -> None:
        """The user who makes the store administers it; does nothing where one is named."""
        if not self._administrators():
            self._append(self._roles, origin, AdministratorNamed(origin.actor))

    def require_administrator(self, origin: Origin) -> None:
        """Raises DeniedError where the user does not administer the store."""
        if origin.actor not in self._administrators():
            raise DeniedError("only the user who ran 'contactpoint init' may do this")

    @property
    def _roles(self) -> UUID:
        return self.master.hashes.stream_id("administrators")

    def _administrators(self) -> set[str]:
        events = (message.event for message in self.log.stream(self._roles))
        return {event.reader for event in events if isinstance(event, AdministratorNamed)}

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
