"""What was recorded, as FHIR R4 AuditEvents: IHE Basic Audit Log Patterns (BALP 1.1), pure.

One for each patient that an answer held, one for a question that found nobody, one for a refusal,
and one for the start of an emergency override. No content of an answer is in them.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from contactpoint.people.deciding import Purpose
from contactpoint.serving.fhir.elements import (
    Coding,
    Concept,
    Element,
    Identifier,
    Meta,
    Reference,
)
from contactpoint.watching.facts import kind_of
from contactpoint.watching.look import Kind
from events.access import ActRefused, Asked, ChildrenAccessed, InvestigationOpened
from events.message import Recorded

PROFILE: Final = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
EVENT_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-event-type"
INTERACTION: Final = "http://hl7.org/fhir/restful-interaction"
DCM: Final = "http://dicom.nema.org/resources/ontology/DCM"
PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ENTITY_TYPE: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
OBJECT_ROLE: Final = "http://terminology.hl7.org/CodeSystem/object-role"
SOURCE_TYPE: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"
BALP_ENTITY: Final = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
OURS: Final = "urn:contactpoint:"

PURPOSES: Final = {
    Purpose.DUTY: ("HSYSADMIN", "health system administration"),
    Purpose.INVOLVEMENT: ("CAREMGT", "care management"),
    Purpose.ENQUIRY: ("CAREMGT", "care management"),
    Purpose.MEDIATION: ("CAREMGT", "care management"),
    Purpose.FAMILY: ("PATRQT", "patient requested"),
}
"""The nearest of FHIR's purposes of use; ours stands beside it as it was stated."""
SUCCESS, MINOR, SERIOUS = "0", "4", "8"


class Agent(msgspec.Struct, frozen=True, rename="camel"):
    """Who took part."""

    requestor: bool
    type: Concept
    who: Reference
    role: tuple[Concept, ...] | msgspec.UnsetType = msgspec.UNSET
    purpose_of_use: tuple[Concept, ...] | msgspec.UnsetType = msgspec.UNSET


class Entity(Element, frozen=True):
    """What was looked at, asked, or which request it was."""

    type: Coding
    role: Coding | None = None
    what: Reference | None = None
    query: str = ""
    """Base64."""


class Source(Element, frozen=True):
    """Who tells of it."""

    observer: Reference
    type: tuple[Coding, ...] = ()


class AuditEvent(Element, frozen=True, tag_field="resourceType", tag="AuditEvent"):
    """FHIR AuditEvent, as far as it is used."""

    id: str
    type: Coding
    recorded: str
    agent: tuple[Agent, ...]
    source: Source
    meta: Meta | None = None
    subtype: tuple[Coding, ...] = ()
    action: str = ""
    outcome: str = ""
    outcome_desc: str = ""
    entity: tuple[Entity, ...] = ()


REST: Final = Coding(EVENT_TYPE, "rest", "Restful Operation")
ALERT: Final = Coding(DCM, "110113", "Security Alert")
EXPORT: Final = Coding(DCM, "110106", "Export")
OVERRIDE: Final = Coding(DCM, "110127", "Emergency Override Started")
READ: Final = Coding(INTERACTION, "read", "read")
SEARCH: Final = Coding(INTERACTION, "search", "search")
PERSON: Final = (Coding(ENTITY_TYPE, "1", "Person"), Coding(OBJECT_ROLE, "1", "Patient"))
QUERY: Final = (Coding(ENTITY_TYPE, "2", "System Object"), Coding(OBJECT_ROLE, "24", "Query"))
DATA: Final = (
    Coding(ENTITY_TYPE, "2", "System Object"),
    Coding(OBJECT_ROLE, "4", "Domain Resource"),
)
SERVER: Final = Reference(display="contactpoint")
US: Final = Source(SERVER, (Coding(SOURCE_TYPE, "4", "Application Server"),))


def audit_events(message: Recorded, numbers: Mapping[UUID, str]) -> Iterator[AuditEvent]:
    """What one event of the record of access is told as.

    Its place in its stream names it: a place in the whole record would tell that others, of which
    whoever exports may not know, come between. ``numbers`` has those of the children who have one.
    """
    name = f"{message.originator_id.hex}-{message.originator_version}"
    at = _instant(message.origin.recorded)
    match message.event:
        case ChildrenAccessed() as event:
            yield from _accessed(event, name, at, numbers)
        case ActRefused() as event:
            yield _refused(event, name, at)
        case InvestigationOpened() as event:
            yield _overridden(event, name, at, numbers)
        case _:
            pass


def _accessed(
    event: ChildrenAccessed, name: str, at: str, numbers: Mapping[UUID, str]
) -> Iterator[AuditEvent]:
    """One for each child, or one where there was none."""
    kind = kind_of(event.act)
    agents = _agents(event, _purposes(event, kind))
    if not event.children:
        yield _of_nobody(event, name, at, agents)
    for place, child in enumerate(event.children, 1):
        patient = _patient(child, numbers)
        searched = kind is Kind.SEARCH
        entities = (
            *((_query(event),) if searched else (Entity(*DATA, patient),)),
            Entity(*PERSON, patient),
            *_request(event.request),
        )
        yield AuditEvent(
            id=name if len(event.children) == 1 else f"{name}-{place}",
            meta=Meta((f"{PROFILE}{'PatientQuery' if searched else 'PatientRead'}",)),
            type=REST,
            subtype=(SEARCH if searched else READ, _act(event.act)),
            action="E" if searched else "R",
            recorded=at,
            outcome=SUCCESS,
            agent=agents,
            source=US,
            entity=entities,
        )


def _of_nobody(
    event: ChildrenAccessed, name: str, at: str, agents: tuple[Agent, ...]
) -> AuditEvent:
    """A search that found nobody, a number that is nobody's, a table that was taken, or an act.

    Acts that are no search, as a decision on a pair, have no profile of their own.
    """
    kind = kind_of(event.act)
    if kind in (Kind.LISTED, Kind.OTHER):
        taken = kind is Kind.LISTED
        return AuditEvent(
            name, EXPORT if taken else REST, at, agents, US, subtype=(_act(event.act),),
            action="R" if taken else "E", outcome=SUCCESS,
            entity=(_query(event), *_request(event.request)),
        )  # fmt: skip
    missed = kind in (Kind.READ, Kind.OVERRIDE)
    return AuditEvent(
        id=name,
        meta=Meta((f"{PROFILE}Query",)),
        type=REST,
        subtype=(SEARCH, _act(event.act)),
        action="E",
        recorded=at,
        outcome=MINOR if missed else SUCCESS,
        outcome_desc="no child of that number" if missed else "",
        agent=agents,
        source=US,
        entity=(_query(event), *_request(event.request)),
    )


def _refused(event: ActRefused, name: str, at: str) -> AuditEvent:
    return AuditEvent(
        id=name,
        type=ALERT,
        subtype=(_act(event.act),),
        action="E",
        recorded=at,
        outcome=SERIOUS,
        outcome_desc="denied",
        agent=(_user(event.reader, (), _stated(event.purpose)), *_machines()),
        source=US,
        entity=_request(event.request),
    )


def _overridden(
    event: InvestigationOpened, name: str, at: str, numbers: Mapping[UUID, str]
) -> AuditEvent:
    reason = event.asked.reason if isinstance(event.asked, Asked) else ""
    why = Concept((Coding(REASON, "BTG", "break the glass"),), reason)
    return AuditEvent(
        id=name,
        type=ALERT,
        subtype=(OVERRIDE,),
        action="E",
        recorded=at,
        outcome=SUCCESS,
        agent=(_user(event.reader, (), (why,)), *_machines()),
        source=US,
        entity=(Entity(*PERSON, _patient(event.child, numbers)),),
    )


def _agents(event: ChildrenAccessed, purposes: tuple[Concept, ...]) -> tuple[Agent, ...]:
    """The user, for whom they looked, whom they work for, and the machines."""
    found = [_user(event.reader, event.roles, purposes)]
    if event.behalf:
        beneficiary = Concept((Coding(PARTICIPATION, "BEN", "beneficiary"),))
        found.append(Agent(requestor=False, type=beneficiary, who=Reference(display=event.behalf)))
    if event.organisation or event.authority:
        provider = Concept((Coding(ROLE_CLASS, "PROV", "healthcare provider"),))
        code = _identifier(event.authority, f"{OURS}authority") if event.authority else None
        who = Reference(identifier=code, display=event.organisation)
        found.append(Agent(requestor=False, type=provider, who=who))
    return (*found, *_machines())


def _user(reader: str, roles: tuple[str, ...], purposes: tuple[Concept, ...]) -> Agent:
    return Agent(
        requestor=True,
        type=Concept((Coding(PARTICIPATION, "IRCP", "information recipient"),)),
        who=Reference(identifier=_identifier(reader, f"{OURS}reader"), display=reader),
        role=tuple(Concept((Coding(f"{OURS}role", role),)) for role in roles) or msgspec.UNSET,
        purpose_of_use=purposes or msgspec.UNSET,
    )


def _machines() -> tuple[Agent, ...]:
    """Where it was asked is not recorded; that it was asked of this index is."""
    client, server = (
        Concept((Coding(DCM, code, display),))
        for code, display in (("110153", "Source Role ID"), ("110152", "Destination Role ID"))
    )
    return (
        Agent(requestor=False, type=client, who=Reference(display="the reader's system")),
        Agent(requestor=False, type=server, who=SERVER),
    )


def _purposes(event: ChildrenAccessed, kind: Kind) -> tuple[Concept, ...]:
    """What it was for, and the reason in the reader's own words."""
    reason = event.asked.reason if isinstance(event.asked, Asked) else ""
    if kind is Kind.OVERRIDE:
        return (Concept((Coding(REASON, "BTG", "break the glass"),), reason),)
    return _stated(event.purpose, reason)


def _stated(purpose: str, reason: str = "") -> tuple[Concept, ...]:
    near = next((told for one, told in PURPOSES.items() if one == purpose), None)
    coding = ((Coding(REASON, *near),) if near else ()) + (
        (Coding(f"{OURS}purpose", purpose),) if purpose else ()
    )
    return (Concept(coding, reason),) if coding or reason else ()


def _patient(child: UUID, numbers: Mapping[UUID, str]) -> Reference:
    """The child by the number that answers for it today; without one by what it is known by."""
    number = numbers.get(child)
    if number is None:
        return Reference(type="Patient", identifier=_identifier(child.urn, "urn:ietf:rfc:3986"))
    named = _identifier(number, f"{OURS}number")
    return Reference(f"Patient/{number}", "Patient", named)


def _query(event: ChildrenAccessed) -> Entity:
    """What was asked, as it was typed; without it where whoever exports may not know."""
    search = event.asked.search if isinstance(event.asked, Asked) else {}
    typed = urlencode({name: value for name, value in search.items() if value})
    return Entity(*QUERY, query=b64encode(typed.encode()).decode())


def _request(request: str) -> tuple[Entity, ...]:
    if not request:
        return ()
    kind = Coding(BALP_ENTITY, "XrequestId", "X-Request-Id")
    return (Entity(kind, what=Reference(identifier=_identifier(request))),)


def _identifier(value: str, system: str = "") -> Identifier:
    return Identifier(system=system, value=value)


def _act(act: str) -> Coding:
    return Coding(f"{OURS}act", act)


def _instant(moment: int) -> str:
    at = datetime.fromtimestamp(moment / 10**6, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
