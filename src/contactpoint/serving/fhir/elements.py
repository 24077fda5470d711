"""The data types of FHIR R4, as far as they are used in answers and exports."""

import msgspec


class Element(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What all of them are like: what is empty is left out."""


class Coding(Element, frozen=True):
    """FHIR Coding."""

    system: str = ""
    code: str = ""
    display: str = ""
    version: str = ""


class Concept(Element, frozen=True):
    """FHIR CodeableConcept."""

    coding: tuple[Coding, ...] = ()
    text: str = ""


class Extension(Element, frozen=True):
    """FHIR Extension with one of the values that are used."""

    url: str
    value_code: str = ""
    value_codeable_concept: Concept | None = None


class Period(Element, frozen=True):
    """FHIR Period."""

    start: str = ""
    end: str = ""


class Identifier(Element, frozen=True):
    """FHIR Identifier."""

    extension: tuple[Extension, ...] = ()
    use: str = ""
    system: str = ""
    value: str = ""


class Reference(Element, frozen=True):
    """FHIR Reference."""

    reference: str = ""
    type: str = ""
    identifier: Identifier | None = None
    display: str = ""


class HumanName(Element, frozen=True):
    """FHIR HumanName."""

    use: str = ""
    text: str = ""
    family: str = ""
    given: tuple[str, ...] = ()
    period: Period | None = None


class ContactPoint(Element, frozen=True):
    """FHIR ContactPoint."""

    system: str = ""
    value: str = ""
    use: str = ""


class Address(Element, frozen=True):
    """FHIR Address."""

    extension: tuple[Extension, ...] = ()
    use: str = ""
    text: str = ""
    line: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    period: Period | None = None


class Meta(Element, frozen=True):
    """FHIR Meta."""

    profile: tuple[str, ...] = ()
    security: tuple[Coding, ...] = ()


def period(start: str, end: str) -> Period | None:
    """A period, where either end is known."""
    return Period(start, end) if start or end else None
