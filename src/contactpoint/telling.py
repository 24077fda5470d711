"""What people tell of a child beside its records: authority, corrections, consent; written here.

Each is a small stream of the child, and what is personal in it a subject of its own, which erasing
the child destroys with the others.
"""

from dataclasses import dataclass
from uuid import UUID

from contactpoint.errors import ContactpointError
from contactpoint.streams import append_decided
from events import consent, correction, responsible
from events.consent import Consents, Said, StateConsent
from events.correction import Corrections
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin
from events.responsible import NotOfferedError, Responsible

RESPONSIBLE, CORRECTION, CONSENT = "responsible", "correction", "consent"
SEALED = (CORRECTION, CONSENT)
"""Those of which something is sealed, each under a subject of the child's."""


def subjects_of(child: UUID, master: MasterKey) -> list[bytes]:
    """The subjects under which what people told of a child is sealed."""
    return [subject_of(what, child, master) for what in SEALED]


@dataclass(frozen=True, slots=True)
class Telling:
    """The use case of telling; the same again changes nothing."""

    log: Log
    keys: SubjectKeys
    master: MasterKey

    def stream(self, what: str, child: UUID) -> UUID:
        """The stream that holds what was told of this kind about a child."""
        return self.master.hashes.stream_id(what, child.bytes)

    def authority(self, command: responsible.ResponsibleCommand, origin: Origin) -> bool:
        """Offer, accept or decline a child. Raises ContactpointError where none was offered."""
        try:
            return append_decided(
                self.log,
                self.stream(RESPONSIBLE, command.child),
                origin,
                initial=Responsible(),
                evolve=responsible.evolve,
                decide=lambda state: responsible.decide(command, state),
            )
        except NotOfferedError as error:
            raise ContactpointError(str(error)) from None

    def correct(self, child: UUID, command: correction.CorrectionCommand, origin: Origin) -> bool:
        """Let a correction by the family stand, or stand no longer."""
        return append_decided(
            self.log,
            self.stream(CORRECTION, child),
            origin,
            initial=Corrections(),
            evolve=correction.evolve,
            decide=lambda state: correction.decide(command, state),
            keys=self._key(CORRECTION, child),
        )

    def consent(self, child: UUID, said: Said, origin: Origin) -> bool:
        """Let consent to sensitive services be given or withdrawn; in force when it returns."""
        return append_decided(
            self.log,
            self.stream(CONSENT, child),
            origin,
            initial=Consents(),
            evolve=consent.evolve,
            decide=lambda state: consent.decide(StateConsent(said), state),
            keys=self._key(CONSENT, child),
        )

    def _key(self, what: str, child: UUID) -> tuple[int, ...]:
        return tuple(self.keys.issue([subject_of(what, child, self.master)]))
