"""What people tell of a child beside its records: authority, corrections, consent; written here.

Each is a small stream of the child, and what is personal in it a subject of its own, which erasing
the child destroys with the others. Of children who are one by a merger, what was told of each is
told of the one: a command is decided by all of it. What is taken back is taken back of each of
them, so that none of it stands again where the merger is undone.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from contactpoint.again import again
from contactpoint.errors import ContactpointError
from contactpoint.streams import recorded
from events import consent, correction, responsible
from events.consent import Consents, Said, StateConsent
from events.correction import Corrections, WithdrawCorrection
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.responsible import NotOfferedError, Responsible

RESPONSIBLE, CORRECTION, CONSENT = "responsible", "correction", "consent"
SEALED = (CORRECTION, CONSENT)
"""Those of which something is sealed, each under a subject of the child's."""
S = TypeVar("S")
E = TypeVar("E", bound=Event)


def subjects_of(child: UUID, master: MasterKey) -> list[bytes]:
    """The subjects under which what people told of a child is sealed."""
    return [subject_of(what, child, master) for what in SEALED]


@dataclass(frozen=True, slots=True)
class Telling:
    """The use case of telling; the same again changes nothing.

    ``merged`` are the children merged into the one that is told of.
    """

    log: Log
    keys: SubjectKeys
    master: MasterKey

    def stream(self, what: str, child: UUID) -> UUID:
        """The stream that holds what was told of this kind about a child."""
        return self.master.hashes.stream_id(what, child.bytes)

    def told(self, children: Collection[UUID], *kinds: str) -> dict[str, list[Recorded]]:
        """What was told of each kind about children who are one, as it was recorded."""
        streams = {self.stream(kind, child): kind for kind in kinds for child in children}
        told: dict[str, list[Recorded]] = {kind: [] for kind in kinds}
        for stream in self.log.versions(streams):
            told[streams[stream]].extend(self.log.stream(stream))
        for messages in told.values():
            messages.sort(key=lambda message: message.origin.recorded)
        return told

    def authority(
        self,
        command: responsible.ResponsibleCommand,
        origin: Origin,
        merged: Collection[UUID] = (),
    ) -> bool:
        """Offer, accept or decline a child. Raises ContactpointError where none was offered."""
        try:
            return self._append(
                RESPONSIBLE,
                (command.child, *merged),
                origin,
                initial=Responsible(),
                evolve=responsible.evolve,
                decide=lambda state: responsible.decide(command, state),
            )
        except NotOfferedError as error:
            raise ContactpointError(str(error)) from None

    def correct(
        self,
        child: UUID,
        command: correction.CorrectionCommand,
        origin: Origin,
        merged: Collection[UUID] = (),
    ) -> bool:
        """Let a correction by the family stand, or stand no longer."""
        return self._append(
            CORRECTION,
            (child, *merged),
            origin,
            initial=Corrections(),
            evolve=correction.evolve,
            decide=lambda state: correction.decide(command, state),
            each=isinstance(command, WithdrawCorrection),
        )

    def consent(
        self, child: UUID, said: Said, origin: Origin, merged: Collection[UUID] = ()
    ) -> bool:
        """Let consent to sensitive services be given or withdrawn; in force when it returns."""
        return self._append(
            CONSENT,
            (child, *merged),
            origin,
            initial=Consents(),
            evolve=consent.evolve,
            decide=lambda state: consent.decide(StateConsent(said), state),
            each=said.ground == "withdrawn",
        )

    def _append(  # noqa: PLR0913 - the parts of an aggregate, and of whom it is
        self,
        what: str,
        children: Sequence[UUID],
        origin: Origin,
        *,
        initial: S,
        evolve: Callable[[S, E], S],
        decide: Callable[[S], Sequence[E]],
        each: bool = False,
    ) -> bool:
        """Append what follows from all that was told, to the first of the children.

        ``each``: append to every one of them what follows from what was told of it alone.
        """
        streams = {child: self.stream(what, child) for child in children}

        def state(of: Collection[UUID]) -> S:
            found = initial
            for message in self.told(of, what)[what]:
                found = evolve(found, message.event)  # type: ignore[arg-type]
            return found

        def attempt() -> bool:
            versions = self.log.versions(streams.values())
            read = {stream: versions.get(stream, 0) for stream in streams.values()}
            follows = (
                {child: decide(state([child])) for child in children}
                if each
                else {children[0]: decide(state(children))}
            )
            messages = [
                message
                for child, events in follows.items()
                for message in recorded(
                    streams[child], read[streams[child]], events, origin, self._sealing(what, child)
                )
            ]
            self.log.append(messages, expect=read)
            return bool(messages)

        return again(attempt)

    def _sealing(self, what: str, child: UUID) -> Callable[[Event], tuple[int, ...]]:
        def keys(event: Event) -> tuple[int, ...]:
            subject = [subject_of(what, child, self.master)]
            return tuple(self.keys.issue(subject)) if event.sealed else ()

        return keys
