"""From a Patient as a caller sends it to what is known of a person."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from contactpoint.matching.described import Described
from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.outcomes import FhirError, invalid, missing
from feeds.fhir import FhirIdentifier, Patient, without_nulls
from feeds.pds_patient import Patients
from feeds.reading import Today
from feeds.submission import Dropped
from feeds.values import Remarks, upn_identifier
from person.identifiers import Identifier, IdentifierError, la_child_id, uln
from person.names import clean
from person.numbers import NumberError, read
from person.particulars import Carer

_SAID: Final = frozenset(
    {"resourceType", "id", "meta", "implicitRules", "language", "text", "active", "name",
     "gender", "birthDate", "identifier"}
)  # fmt: skip
"""Elements that ask nothing which a shield hides; of identifiers only the index's own number. The
narrative (``text``) says for people what the others say."""
_COMPARED: Final = _SAID | {
    "address", "telecom", "contact", "deceasedDateTime", "multipleBirthBoolean",
    "multipleBirthInteger",
}  # fmt: skip
_ELEMENTS: Final = frozenset(
    {"identifier", "contained", "extension", "deceasedBoolean", "maritalStatus", "photo",
     "communication", "generalPractitioner", "managingOrganization", "link"}
)  # fmt: skip
"""The other elements that FHIR R4 gives a Patient, and identifiers of systems not known here."""
_ELEMENTS_READ: Final = _COMPARED | {"given", "line", "extension", "relationship", "coding"}
_FORMS: Final = {
    "birthDate": (r"\d{4}(-\d\d(-\d\d)?)?", "a date as YYYY-MM-DD, YYYY-MM or YYYY"),
    "deceasedDateTime": (r"\d{4}(-\d\d(-\d\d(T.+)?)?)?", "a date as YYYY-MM-DD, or a time"),
    "gender": ("female|male|other|unknown", "female, male, other or unknown"),
}
"""How FHIR writes what files may write otherwise. Of a person 03/04/2015 is not guessed at."""
LONGEST: Final = 30
"""Items of any list: names, addresses, words of a name."""
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`")
_EXPECTED: Final = re.compile(r"Expected `([^`]+)`")
_ENGLISH: Final = {
    "str": "a text", "object": "an object", "array": "a list", "int": "a whole number",
    "bool": "true or false",
}  # fmt: skip


def described(sent: Mapping[str, Any], today: str) -> Described:
    """What a Patient says of a person. Raises FhirError where a value of it cannot be."""
    if sent.get("resourceType") != "Patient":
        raise missing("Patient", "a resource of type Patient")
    if sent.get("modifierExtension"):
        raise invalid("Patient.modifierExtension", "none: none is understood here")
    _must_be_short(sent, "Patient")
    _must_have_its_form(sent)
    patient = converted(sent, Patient, "Patient")
    ours, nhs, others = _by_system(patient.identifier)
    remarks: Remarks = []
    asked = msgspec.structs.replace(patient, identifier=nhs)
    said = Patients(Dropped(), Today(today)).particulars(remarks, asked, "", (), restricted=False)
    _must_hold(remarks)
    said = msgspec.structs.replace(
        said,
        identifiers=(*said.identifiers, *others),
        carers=(*said.carers, *_maiden(patient)),
    )
    unread = any(_is_said(sent[name]) for name in sent.keys() - _SAID)
    unread = unread or "identifier" in not_compared(sent)
    return Described(said, ours, beside=unread)


def _must_be_short(value: Any, where: str) -> None:
    """Raises FhirError where more is listed than anybody says of one person."""
    if isinstance(value, list) and len(value) > LONGEST:
        raise invalid(where, f"at most {LONGEST} of it")
    if isinstance(value, Mapping):
        for name in value.keys() & _ELEMENTS_READ:
            _must_be_short(value[name], f"{where}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            _must_be_short(one, f"{where}[{place}]")


def _must_have_its_form(sent: Mapping[str, Any]) -> None:
    """Raises FhirError where a value is not written as FHIR R4 writes it."""
    for name, (form, expected) in _FORMS.items():
        value = sent.get(name) or ""
        if value and not (isinstance(value, str) and re.fullmatch(form, value, re.ASCII)):
            raise invalid(f"Patient.{name}", expected)
    if not isinstance(sent.get("multipleBirthBoolean"), bool | None):
        raise invalid("Patient.multipleBirthBoolean", "true or false")


def not_compared(sent: Mapping[str, Any]) -> list[str]:
    """The elements of a Patient that say something and are not compared, by FHIR's names."""
    own = [one for one in sent.get("extension") or () if _get(one, "url") != systems.MAIDEN]
    told = {**sent, "extension": own}
    found = {name for name in told.keys() - _COMPARED if _is_said(told[name])}
    # A caller's own words are not repeated.
    known = (systems.NUMBER, *systems.IDENTIFIERS)
    foreign = [one for one in sent.get("identifier") or () if _get(one, "system") not in known]
    found |= {"identifier"} if any(map(_is_said, foreign)) else set()
    return [*sorted(found & _ELEMENTS), *(["others"] if found - _ELEMENTS else [])]


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _maiden(patient: Patient) -> list[Carer]:
    """The mother's family name at birth, where an extension says it."""
    found = [one.value_string for one in patient.extension if one.url == systems.MAIDEN]
    return [Carer(maiden=clean(name), relationship="mother") for name in found if name]


def converted(sent: Any, kind: type[Any], where: str) -> Any:
    """A value in the form that FHIR gives it. Raises FhirError that names the element."""
    try:
        return msgspec.convert(without_nulls(sent), kind)
    except msgspec.ValidationError as error:
        raise _malformed(str(error), where) from None


def _malformed(message: str, where: str) -> FhirError:
    """What msgspec found amiss, without the value."""
    found, wanted = _PLACE.search(message), _EXPECTED.search(message)
    place = f"{where}.{found[1]}" if found and found[1] else where
    expected = _ENGLISH.get(wanted[1].split(" | ")[0] if wanted else "", "the form of FHIR R4")
    return FhirError(
        400, "structure", f"{place}: expected {expected}", spine="INVALID_VALUE", element=place
    )


def _is_said(value: Any) -> bool:
    """Whether there is anything in a value."""
    if isinstance(value, Mapping):
        return any(map(_is_said, value.values()))
    if isinstance(value, list):
        return any(map(_is_said, value))
    return value is not None and value != ""


def _by_system(
    stated: tuple[FhirIdentifier, ...],
) -> tuple[str, tuple[FhirIdentifier, ...], list[Identifier]]:
    """The number in this index, the NHS numbers as they were sent, and the others, checked."""
    ours = ""
    nhs: list[FhirIdentifier] = []
    others: list[Identifier] = []
    for place, one in enumerate(stated):
        element = f"Patient.identifier[{place}]"
        if not one.value:
            continue
        if one.system == systems.NUMBER:
            ours = own_number(one.value, f"{element}.value")
        elif one.system == systems.NHS:
            nhs.append(one)
        elif one.system in systems.IDENTIFIERS:
            others.append(identified(one.system, one.value, f"{element}.value"))
    return ours, tuple(nhs), others


def own_number(value: str, element: str) -> str:
    """A number of this index, bare. Raises FhirError where it cannot be one."""
    try:
        return read(value)
    except NumberError as error:
        raise invalid(element, error.expected) from None


def identified(system: str, value: str, element: str) -> Identifier:
    """A number of another system than the NHS's, checked. Raises FhirError."""
    name = systems.IDENTIFIERS[system]
    try:
        if name == "la-child":
            return Identifier(name, la_child_id(*value.partition("/")[::2]))
        if name == "uln":
            return Identifier(name, uln(value))
    except IdentifierError as error:
        raise invalid(element, error.expected) from None
    remarks: Remarks = []
    number = upn_identifier(remarks, element, value)
    if number is None:
        raise invalid(element, remarks[0].expected if remarks else "a UPN")
    return number


def _must_hold(remarks: Remarks) -> None:
    if remarks:
        raise invalid(f"Patient.{remarks[0].field}", remarks[0].expected)
