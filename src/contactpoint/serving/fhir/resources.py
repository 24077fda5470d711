"""The resources of FHIR R4 with which the index answers, each with the elements that it uses."""

from contactpoint.serving.fhir.elements import (
    Address,
    Concept,
    ContactPoint,
    Element,
    Extension,
    HumanName,
    Identifier,
    Meta,
    Period,
    Reference,
)


class Organization(Element, frozen=True, tag_field="resourceType", tag="Organization"):
    """A service, by its code and name."""

    id: str
    identifier: tuple[Identifier, ...] = ()
    type: tuple[Concept, ...] = ()
    name: str = ""
    telecom: tuple[ContactPoint, ...] = ()


class Practitioner(Element, frozen=True, tag_field="resourceType", tag="Practitioner"):
    """Somebody who works with a child, as a service names them."""

    id: str
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()


Contained = Organization | Practitioner


class PatientContact(Element, frozen=True):
    """A parent or carer, or who brokers contact."""

    relationship: tuple[Concept, ...] = ()
    name: HumanName | None = None
    telecom: tuple[ContactPoint, ...] = ()


class PatientLink(Element, frozen=True):
    """That a number is another's now."""

    other: Reference
    type: str


class Patient(Element, frozen=True, tag_field="resourceType", tag="Patient"):
    """A child of the index."""

    id: str
    meta: Meta | None = None
    contained: tuple[Contained, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    active: bool | None = None
    name: tuple[HumanName, ...] = ()
    gender: str = ""
    birth_date: str = ""
    deceased_date_time: str = ""
    address: tuple[Address, ...] = ()
    contact: tuple[PatientContact, ...] = ()
    general_practitioner: tuple[Reference, ...] = ()
    link: tuple[PatientLink, ...] = ()


class RelatedPerson(Element, frozen=True, tag_field="resourceType", tag="RelatedPerson"):
    """A parent or carer of a child."""

    id: str
    patient: Reference
    meta: Meta | None = None
    active: bool | None = None
    relationship: tuple[Concept, ...] = ()
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()


class Participant(Element, frozen=True):
    """One service or person of a care team."""

    role: tuple[Concept, ...] = ()
    member: Reference | None = None
    on_behalf_of: Reference | None = None
    period: Period | None = None


class CareTeam(Element, frozen=True, tag_field="resourceType", tag="CareTeam"):
    """Who works with a child."""

    id: str
    subject: Reference
    meta: Meta | None = None
    contained: tuple[Contained, ...] = ()
    status: str = ""
    participant: tuple[Participant, ...] = ()


class Issue(Element, frozen=True):
    """What went wrong, where, and what would be right."""

    severity: str
    code: str
    details: Concept | None = None
    diagnostics: str = ""
    expression: tuple[str, ...] = ()


class OperationOutcome(Element, frozen=True, tag_field="resourceType", tag="OperationOutcome"):
    """Why there is no other answer."""

    issue: tuple[Issue, ...]


Answered = Patient | RelatedPerson | CareTeam


class SearchEntry(Element, frozen=True):
    """How an entry came to be in a Bundle."""

    mode: str
    extension: tuple[Extension, ...] = ()
    score: float | None = None


class Entry(Element, frozen=True):
    """One resource of a Bundle."""

    resource: Answered | OperationOutcome
    search: SearchEntry
    full_url: str = ""


class BundleLink(Element, frozen=True):
    """What was asked, as the server read it."""

    relation: str
    url: str


class Bundle(Element, frozen=True, tag_field="resourceType", tag="Bundle"):
    """What a search or a match found."""

    type: str
    total: int | None = None
    link: tuple[BundleLink, ...] = ()
    entry: tuple[Entry, ...] = ()


class Parameter(Element, frozen=True):
    """One value that an operation gives."""

    name: str
    value_identifier: Identifier | None = None
    value_reference: Reference | None = None


class Parameters(Element, frozen=True, tag_field="resourceType", tag="Parameters"):
    """What an operation gives."""

    parameter: tuple[Parameter, ...] = ()
