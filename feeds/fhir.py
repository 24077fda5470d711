"""The shapes of FHIR R4 (UK Core) as far as the Personal Demographics Service is taken."""

from typing import Any, Final, NamedTuple, TypeVar

import msgspec

NHS: Final = "https://fhir.nhs.uk/Id/nhs-number"
Part = TypeVar("Part")


class Period(msgspec.Struct, frozen=True):
    """FHIR Period."""

    start: str | None = None
    end: str | None = None


class Coding(msgspec.Struct, frozen=True):
    """FHIR Coding, as far as it is used."""

    code: str | None = None


class Concept(msgspec.Struct, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all codings."""
        return tuple([each.code for each in self.coding if each.code])


class Extension(msgspec.Struct, frozen=True):
    """FHIR Extension with the kinds of value that are taken."""

    url: str = ""
    extension: "tuple[Extension, ...]" = ()
    value_codeable_concept: Concept | None = msgspec.field(
        default=None, name="valueCodeableConcept"
    )
    value_coding: Coding | None = msgspec.field(default=None, name="valueCoding")
    value_string: str | None = msgspec.field(default=None, name="valueString")
    value_period: Period | None = msgspec.field(default=None, name="valuePeriod")

    @property
    def kind(self) -> str:
        """The last part of the address that names it, such as ``Extension-UKCore-AddressKey``."""
        return self.url.rpartition("/")[2]

    def part(self, url: str) -> "Extension | None":
        """The extension inside it of this name."""
        return next((each for each in self.extension if each.url == url), None)


class FhirIdentifier(msgspec.Struct, frozen=True):
    """FHIR Identifier."""

    system: str | None = None
    value: str | None = None
    extension: tuple[Extension, ...] = ()
    period: Period | None = None


class HumanName(msgspec.Struct, frozen=True):
    """FHIR HumanName; prefix and suffix are read only to be counted, text to see that it is there.

    A text is not taken apart: where one name ends and the next begins, it does not say.
    """

    use: str | None = None
    given: tuple[str | None, ...] = ()
    family: str | None = None
    period: Period | None = None
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    text: Any = None


class FhirAddress(msgspec.Struct, frozen=True):
    """FHIR Address; its text is read only to see that it is there."""

    use: str | None = None
    line: tuple[str | None, ...] = ()
    city: str | None = None
    postal_code: str | None = msgspec.field(default=None, name="postalCode")
    period: Period | None = None
    extension: tuple[Extension, ...] = ()
    text: Any = None


class ContactPoint(msgspec.Struct, frozen=True):
    """FHIR ContactPoint."""

    system: str | None = None
    value: str | None = None
    period: Period | None = None


class Reference(msgspec.Struct, frozen=True):
    """FHIR Reference."""

    reference: str | None = None
    display: str | None = None
    identifier: FhirIdentifier | None = None

    @property
    def target(self) -> str:
        """The id of the resource that it points to."""
        if self.identifier is not None and self.identifier.value:
            return self.identifier.value
        return (self.reference or "").rpartition("/")[2]


class PatientLink(msgspec.Struct, frozen=True):
    """FHIR Patient.link."""

    other: Reference = Reference()
    type: str | None = None


class Contact(msgspec.Struct, frozen=True):
    """FHIR Patient.contact, and what a RelatedPerson says in the same way."""

    relationship: tuple[Concept, ...] = ()
    name: HumanName | tuple[HumanName, ...] | None = None
    """One name in a contact, several in a RelatedPerson."""
    telecom: tuple[ContactPoint, ...] = ()
    identifier: tuple[FhirIdentifier, ...] = ()
    active: bool = True
    period: Period | None = None


class RelatedPerson(Contact, frozen=True, tag_field="resourceType", tag="RelatedPerson"):
    """FHIR RelatedPerson: a contact, and whose."""

    id: str = ""
    patient: Reference | None = None


class Observation(msgspec.Struct, frozen=True):
    """FHIR Observation with a whole number."""

    code: Concept | None = None
    value: Any = msgspec.field(default=None, name="valueInteger")


class Meta(msgspec.Struct, frozen=True):
    """FHIR Meta."""

    version: Any = msgspec.field(default=None, name="versionId")
    updated: Any = msgspec.field(default=None, name="lastUpdated")
    security: tuple[Coding, ...] = ()


class Patient(msgspec.Struct, frozen=True, tag_field="resourceType", tag="Patient"):
    """The allow-list: what is taken of a Patient."""

    id: str = ""
    identifier: tuple[FhirIdentifier, ...] = ()
    meta: Meta = Meta()
    name: tuple[HumanName, ...] = ()
    address: tuple[FhirAddress, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()
    contact: tuple[Contact, ...] = ()
    link: tuple[PatientLink, ...] = ()
    extension: tuple[Extension, ...] = ()
    general_practitioner: tuple[Reference, ...] = msgspec.field(
        default=(), name="generalPractitioner"
    )
    gender: Any = None
    birth_date: Any = msgspec.field(default=None, name="birthDate")
    deceased: Any = msgspec.field(default=None, name="deceasedDateTime")
    birth_order: Any = msgspec.field(default=None, name="multipleBirthInteger")
    multiple_birth: Any = msgspec.field(default=None, name="multipleBirthBoolean")


class _WholePatient(Patient, frozen=True, forbid_unknown_fields=True):
    """A Patient of which all is taken."""


TAKEN: Final = {each.encode_name for each in msgspec.structs.fields(Patient)} - {"id"}
"""What is taken of a Patient, by FHIR's names."""


class Resource(NamedTuple):
    """A resource as it was written, and what it is."""

    written: bytes | msgspec.Raw
    kind: str
    """Its resourceType; empty where it has none."""
    id: str
    """Empty where it has none."""
    taken: Patient | RelatedPerson | None
    """What it says, where all of that is taken and has the form that FHIR gives it."""
    url: str = ""
    """The ``fullUrl`` under which a Bundle holds it."""

    @property
    def fields(self) -> dict[str, msgspec.Raw]:
        """Its fields apart."""
        return _OBJECT.decode(self.written)


_TAKEN: Final = msgspec.json.Decoder(_WholePatient | RelatedPerson)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)


def resource(written: bytes | msgspec.Raw, url: str = "") -> Resource:
    """Give a resource. Raises msgspec.DecodeError, or RecursionError, where it is no object."""
    try:
        taken = _TAKEN.decode(written)
    except (msgspec.DecodeError, RecursionError):
        fields = _OBJECT.decode(written)
        kind, id_ = (
            "" if (raw := fields.get(name)) is None else read(_TEXT, raw) or ""
            for name in ("resourceType", "id")
        )
        return Resource(written, kind, id_, None, url)
    kind = "RelatedPerson" if isinstance(taken, RelatedPerson) else "Patient"
    return Resource(written, kind, taken.id, taken, url)


def read(decoder: "msgspec.json.Decoder[Part]", raw: bytes | msgspec.Raw) -> Part | None:
    """Give what a decoder makes of a part; None where that has another form."""
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def without_nulls(value: Any) -> Any:
    """A JSON value without members and items that are null: they say nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value if each is not None]
    return value
