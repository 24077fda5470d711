"""What stands beside a child's records: responsible authority, corrections, consent, retention.

Told by people and not by feeds, it is kept by the child's id, and what was told of a child merged
into another is the survivor's. It is read from the log itself, so that what a family takes back is
gone at once. Of a child who is not seen whole there is nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from contactpoint.telling import CONSENT, CORRECTION, RESPONSIBLE, Telling
from events.child import remaining
from events.consent import Consents, ConsentStated, is_disclosed, is_withdrawal
from events.consent import evolve as evolve_consent
from events.correction import Asserted, CorrectionRecorded, CorrectionWithdrawn
from events.message import Recorded
from events.record import RecordAmended, RecordReceived
from events.responsible import ChildAccepted, ChildDeclined, ChildOffered
from events.store.heads import RecordHead
from person.services import Involvement
from projections.authority import made_out
from projections.queries import Found, Queries
from projections.retention import Retention, Returned, of_view, returned
from projections.view import ChildView

ACCEPTED = "accepted"
UNSPECIFIED = "unspecified sensitive service"
"""All that an ordinary reader learns of one (SI 2007/2182, regulation 6)."""


class Authority(msgspec.Struct, frozen=True):
    """The local authority that is responsible for a child."""

    code: str
    by: str
    """``accepted``, or the source that makes it out; empty where nobody is known to be."""
    since: int | None = None
    """When it accepted the child, or the source last said so, in microseconds."""
    offered: str = ""
    """Another that is asked to take the child over."""


class Correction(msgspec.Struct, frozen=True):
    """What the family says is right, beside what the sources say."""

    kind: str
    says: Asserted
    stated: int


class Sensitive(msgspec.Struct, frozen=True):
    """That a sensitive service works with the child, and the one way to reach it."""

    service: str
    contact: str


class Offer(msgspec.Struct, frozen=True):
    """A child that another authority is asked to take over."""

    number: str
    offered: str
    accepted: str
    """The authority that accepted the child before; empty where none did."""
    asked: int


class Beside(msgspec.Struct, frozen=True):
    """All of it."""

    authority: Authority
    corrections: tuple[Correction, ...]
    sensitive: Sensitive | None
    returned: Returned | None
    retention: Retention


@dataclass(frozen=True, slots=True)
class BesideRecords:
    """Reads it."""

    telling: Telling
    queries: Queries
    contact: str
    """How to reach who brokers contact with sensitive services: the same for all."""

    def of(self, found: Found, today: date) -> Beside | None:
        """What stands beside a child's records; None where it is shielded, or not seen whole."""
        with self.telling.log.heads.reading():
            hidden = self.queries.guard.hidden(found.records)
            return None if hidden else self.whole(found, today)

    def of_number(self, number: str, today: date) -> tuple[Found, Beside | None] | None:
        """The child that a number answers for, and what stands beside it, of one state of the log.

        None where there is none.
        """
        return self.queries.told(number, lambda found: (found, self.whole(found, today)))

    def whole(self, found: Found, today: date) -> Beside | None:
        """What stands beside a child of whom it was seen just now that nothing hides it."""
        view = found.view
        if not isinstance(view, ChildView):
            return None
        told = self._told(found)
        return Beside(
            authority=self._authority(told[RESPONSIBLE], view, today),
            corrections=self._corrections(told[CORRECTION]),
            sensitive=self._sensitive(told[CONSENT], found, today),
            returned=returned(view),
            retention=of_view(view, today),
        )

    def offers(self, asked: Mapping[UUID, int], today: date) -> list[Offer]:
        """Of these children, those that are offered still, with when they were.

        Where a shielded child lives is nobody's to read off a list.
        """
        offers: list[Offer] = []
        for child, when in asked.items():
            found = self.queries.child(child)
            if found is None or not isinstance(found.view, ChildView):
                continue
            now = self.responsible(found, today)
            accepted = now.code if now.by == ACCEPTED else ""
            offers += [Offer(found.view.number, now.offered, accepted, when)] if now.offered else []
        return sorted(offers, key=lambda one: (one.asked, one.number))

    def responsible(self, found: Found, today: date) -> Authority:
        """Who is responsible: who accepted the child last, else whom the feeds make out."""
        view = found.view if isinstance(found.view, ChildView) else None
        return self._authority(self._told(found)[RESPONSIBLE], view, today)

    def _authority(
        self, told: Sequence[Recorded], view: ChildView | None, today: date
    ) -> Authority:
        accepted: Recorded | None = None
        offered = ""
        for message in told:
            if isinstance(message.event, ChildOffered):
                offered = message.event.to
            elif isinstance(message.event, ChildAccepted | ChildDeclined):
                offered = ""
            if isinstance(message.event, ChildAccepted):
                accepted = message
        if accepted is not None and isinstance(accepted.event, ChildAccepted):
            since = accepted.origin.recorded
            return Authority(accepted.event.authority, ACCEPTED, since, offered)
        found = made_out(view.services, today.isoformat()) if view else None
        if found is None:
            return Authority("", "", None, offered)
        return Authority(found.value, found.source, found.stated, offered)

    def _corrections(self, told: Sequence[Recorded]) -> tuple[Correction, ...]:
        standing: dict[str, Correction] = {}
        for message in told:
            event = message.event
            if isinstance(event, CorrectionRecorded | CorrectionWithdrawn):
                standing.pop(event.kind, None)
            if isinstance(event, CorrectionRecorded) and isinstance(event.asserted, Asserted):
                says = msgspec.structs.replace(event.asserted, reason="")
                standing[event.kind] = Correction(event.kind, says, message.origin.recorded)
        return tuple(standing[kind] for kind in sorted(standing))

    def _sensitive(self, told: Sequence[Recorded], found: Found, today: date) -> Sensitive | None:
        """One line, however many services there are: their number would tell of them."""
        consents = _consents(told)
        for head, service in self._services(found.records):
            lasts = not service.end or service.end >= today.isoformat()
            asked = head.state.source, service.consent
            if lasts and is_disclosed(consents, *asked):
                # What was withdrawn where the record was before goes with it.
                before = self._withdrawn(head.record, {found.child, *found.merged})
                if not before or is_disclosed(_consents([*told, *before]), *asked):
                    return Sensitive(UNSPECIFIED, self.contact)
        return None

    def _withdrawn(self, record: UUID, own: Collection[UUID]) -> list[Recorded]:
        """What was told of other children while a record was theirs: consents withdrawn."""
        log = self.telling.log
        return [
            message
            for child in self.queries.been(record) - set(own)
            for message in self.telling.told([child], CONSENT)[CONSENT]
            if isinstance(message.event, ConsentStated) and is_withdrawal(message.event)
            if record in remaining(one.event for one in _until(message, log.stream(child)))
        ]

    def _services(self, records: Sequence[UUID]) -> Iterator[tuple[RecordHead, Involvement]]:
        """The sensitive services of these records' current statements, each with its record."""
        log = self.telling.log
        for head in log.heads.sensitive(records):
            if head.state.standing != "current" or not head.state.stated:
                continue
            current: Sequence[Involvement] = ()
            for message in log.stream(head.record):
                event = message.event
                if not isinstance(event, RecordReceived | RecordAmended):
                    continue
                if event.stated.content == head.state.stated.content:
                    current = event.sensitive if isinstance(event.sensitive, tuple) else ()
            yield from ((head, service) for service in current)

    def _told(self, found: Found) -> dict[str, list[Recorded]]:
        """What was told of each kind about a child and those merged into it, as it was recorded."""
        children = [found.child, *found.merged]
        return self.telling.told(children, RESPONSIBLE, CORRECTION, CONSENT)


def _consents(told: Iterable[Recorded]) -> Consents:
    """What was said of consent, in the order in which it was."""
    consents = Consents()
    for message in sorted(told, key=lambda one: one.origin.recorded):
        if isinstance(message.event, ConsentStated):
            consents = evolve_consent(consents, message.event)
    return consents


def _until(last: Recorded, messages: Iterable[Recorded]) -> Iterator[Recorded]:
    """Those that were recorded before another, or with it."""
    return (one for one in messages if one.origin.recorded <= last.origin.recorded)
