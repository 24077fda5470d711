"""Who works with a child, and its parents and carers, as CareTeam and RelatedPersons."""

from contactpoint.beside import Beside
from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.elements import (
    Concept,
    HumanName,
    Identifier,
    Meta,
    Period,
    Reference,
    period,
)
from contactpoint.serving.fhir.patients import (
    BROKER,
    kinship,
    number,
    parent_name,
    phones,
    plain_name,
)
from contactpoint.serving.fhir.resources import (
    CareTeam,
    Contained,
    Organization,
    Participant,
    Practitioner,
    RelatedPerson,
)
from person.services import Involvement
from projections.view import ChildView, RestrictedView, View

ASSESSMENT = "made an assessment of the child"
LEAD = "lead professional"
_CODES = {"gp": systems.ODS, "school": systems.ESTABLISHMENT, "social-work": systems.AUTHORITY}
"""Whose code a service's is, by its kind; those of other services are left as they are."""


def related(view: View) -> tuple[RelatedPerson, ...]:
    """The parents and carers of a child; of a shielded one those whose names are safe to show."""
    if isinstance(view, RestrictedView):
        told = [("parent", plain_name(one), "") for one in view.parents]
    else:
        parents = [one.value for one in view.parents]
        told = [(p.relationship, parent_name(p), p.phone) for p in parents]
    return tuple(
        RelatedPerson(
            id=f"{view.number}-{place}",
            meta=Meta((systems.UKCORE_RELATED,)),
            patient=subject(view),
            active=True,
            relationship=(kinship(kin),),
            name=(name,),
            telecom=phones(phone),
        )
        for place, (kin, name, phone) in enumerate(told, 1)
    )


def care_team(view: View, beside: Beside | None) -> CareTeam:
    """Whom to reach about a child: services, practitioners, and who brokers what is not told.

    It never says why a service is involved, and leads into no case system.
    """
    team = _Team()
    if isinstance(view, RestrictedView):
        team.broker(BROKER, view.contact)
    else:
        _tell(team, view)
        if beside is not None and beside.sensitive is not None:
            team.broker(beside.sensitive.service, beside.sensitive.contact)
    return CareTeam(
        id=view.number,
        meta=Meta((systems.UKCORE_TEAM,)),
        subject=subject(view),
        contained=tuple(team.contained),
        status="active",
        participant=tuple(team.participants),
    )


def subject(view: View) -> Reference:
    """A reference to the child itself."""
    return Reference(f"Patient/{view.number}", "Patient", number(view.number))


def _tell(team: "_Team", view: ChildView) -> None:
    for told in view.services:
        team.service(told.value)
    if view.lead_professional is not None:
        lead = view.lead_professional.value
        when = period(lead.start, lead.end)
        team.person(LEAD, lead.name, lead.organisation, lead.phone, when)
    if view.assessment is not None:
        made = view.assessment.value
        team.person(ASSESSMENT, made.name, made.organisation, made.phone, period(made.date, ""))


class _Team:
    """Participants, and the people and services that they refer to."""

    def __init__(self) -> None:
        self.participants: list[Participant] = []
        self.contained: list[Contained] = []

    def service(self, told: Involvement) -> None:
        """A service's work with the child, and who does it, where that is said."""
        when = period(told.start, told.end)
        reached = phones(told.phone, told.email)
        code = Identifier(system=_CODES.get(told.kind, ""), value=told.organisation)
        service = Organization(
            id=self._next("service"),
            identifier=(code,) if told.organisation else (),
            type=(Concept(text=told.kind),),
            name=told.name,
            telecom=reached,
        )
        self.contained.append(service)
        if told.practitioner:
            self._person(told.kind, Practitioner(
                self._next("person"), (HumanName(text=told.practitioner),), reached
            ), when, service)  # fmt: skip
        else:
            self._take(told.kind, Reference(f"#{service.id}", "Organization"), when)

    def person(
        self, role: str, name: str, organisation: str, phone: str, when: Period | None
    ) -> None:
        """Somebody who has a part of their own."""
        service = None
        if organisation:
            service = Organization(self._next("service"), name=organisation)
            self.contained.append(service)
        named = (HumanName(text=name),) if name else ()
        self._person(role, Practitioner(self._next("person"), named, phones(phone)), when, service)

    def broker(self, role: str, contact: str) -> None:
        """The one way to reach what is not told."""
        service = Organization(self._next("service"), name=contact)
        self.contained.append(service)
        self._take(role, Reference(f"#{service.id}", "Organization"), None)

    def _person(
        self, role: str, person: Practitioner, when: Period | None, service: Organization | None
    ) -> None:
        self.contained.append(person)
        behalf = Reference(f"#{service.id}", "Organization") if service else None
        self._take(role, Reference(f"#{person.id}", "Practitioner"), when, behalf)

    def _take(
        self,
        role: str,
        member: Reference,
        when: Period | None,
        behalf: Reference | None = None,
    ) -> None:
        self.participants.append(Participant((Concept(text=role),), member, behalf, when))

    def _next(self, what: str) -> str:
        return f"{what}{len(self.contained) + 1}"
