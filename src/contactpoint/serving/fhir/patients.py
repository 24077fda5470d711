"""From what a reader may see of a child to a Patient."""

from collections.abc import Iterable, Sequence

from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.elements import (
    Address,
    Coding,
    Concept,
    ContactPoint,
    Extension,
    HumanName,
    Identifier,
    Meta,
    Reference,
    period,
)
from contactpoint.serving.fhir.resources import Organization, Patient, PatientContact, PatientLink
from person.names import PersonName
from person.particulars import BirthDate
from projections.view import ChildView, Name, Parent, RestrictedView, View, Whereabouts

Numbers = Sequence[tuple[str, str, str]]
"""System, value and status of a child's identifiers, as far as the caller is entitled to them."""

_GENDER = {"F": "female", "M": "male", "X": "other"}
_USES = {
    "legal": "official",
    "usual": "usual",
    "preferred": "nickname",
    "temporary": "temp",
    "birth": "maiden",
    "former": "old",
    "alias": "nickname",
}
_ADDRESS_USES = {"home": "home", "temporary": "temp", "former": "old"}
_KIN = {
    "parent": ("PRN", "parent"),
    "mother": ("MTH", "mother"),
    "father": ("FTH", "father"),
    "guardian": ("GUARD", "guardian"),
    "foster carer": ("PRNFOST", "foster parent"),
}
_STATUS = {
    "verified": ("01", "Number present and verified"),
    "unverified": ("02", "Number present but not traced"),
}
NO_KNOWN_ADDRESS = "no known address"
BROKER = "brokers contact with the child"


def patient(view: View, numbers: Numbers = ()) -> Patient:
    """A child as a Patient; of a shielded one what the shield leaves, marked as restricted."""
    if isinstance(view, RestrictedView):
        return _shielded(view)
    practices = _practices(view)
    return Patient(
        id=view.number,
        meta=_meta("U", "unrestricted"),
        contained=practices,
        identifier=(number(view.number), *_identifiers(numbers)),
        active=True,
        name=_names(view),
        gender=_GENDER.get(view.sex.value if view.sex else "", "unknown"),
        birth_date=_birth(view.birth.value if view.birth else None),
        deceased_date_time=_died(view.died.value) if view.died else "",
        address=(_address(view.address.value),) if view.address else (),
        contact=tuple(_parent(told.value) for told in view.parents),
        general_practitioner=tuple(Reference(f"#{one.id}") for one in practices),
    )


def _shielded(view: RestrictedView) -> Patient:
    broker = PatientContact((Concept(text=BROKER),), HumanName(text=view.contact))
    parents = (PatientContact((kinship("parent"),), plain_name(parent)) for parent in view.parents)
    return Patient(
        id=view.number,
        meta=_meta("R", "restricted"),
        identifier=(number(view.number),),
        active=True,
        name=(plain_name(view.name, "official"),) if view.name else (),
        gender=_GENDER.get(view.sex, "unknown"),
        birth_date=_birth(view.birth),
        contact=(broker, *parents),
    )


def replaced(old: str, new: str) -> Patient:
    """A number that a merger took away: who answers for it, and nothing of the child."""
    other = Reference(f"Patient/{new}", "Patient", number(new))
    return Patient(
        id=old,
        meta=_meta("U", "unrestricted"),
        identifier=(number(old, "old"),),
        active=False,
        link=(PatientLink(other, "replaced-by"),),
    )


def number(value: str, use: str = "usual") -> Identifier:
    """A child's number in this index."""
    return Identifier(use=use, system=systems.NUMBER, value=value)


def identifier(system: str, value: str, status: str) -> Identifier:
    """A number that another system gave; of the NHS's, whether it was verified."""
    use = "old" if status in ("former", "superseded") else "official"
    known = _STATUS.get(status) if system == "nhs" else None
    marks: tuple[Extension, ...] = ()
    if known:
        coding = Coding(systems.VERIFICATION_CODES, *known, version="1.0.0")
        marks = (Extension(systems.VERIFICATION, value_codeable_concept=Concept((coding,))),)
    return Identifier(marks, use, systems.ADDRESSES[system], value)


def _identifiers(numbers: Numbers) -> Iterable[Identifier]:
    return (identifier(*one) for one in numbers if one[0] in systems.ADDRESSES)


def _meta(code: str, display: str) -> Meta:
    mark = Coding(systems.CONFIDENTIALITY, code=code, display=display)
    return Meta((systems.UKCORE_PATIENT,), (mark,))


def _names(view: ChildView) -> tuple[HumanName, ...]:
    borne = [_name(view.name.value, "official")] if view.name else []
    others = [told.value for told in view.other_names]
    # One name alone is in force, whatever several sources call theirs.
    return (*borne, *(_name(one, _USES[one.use].replace("official", "usual")) for one in others))


def _name(name: PersonName, use: str) -> HumanName:
    text = " ".join([*name.given, name.family]).strip()
    return HumanName(use, text, name.family, name.given, period(name.start, name.end))


def plain_name(name: Name, use: str = "") -> HumanName:
    """A name without a period."""
    return HumanName(use, " ".join([*name.given, name.family]).strip(), name.family, name.given)


def _birth(birth: BirthDate | None) -> str:
    """The day of a birth that has happened; without the day where that is a stand-in."""
    if birth is None or birth.expected:
        return ""
    return birth.value[:7] if birth.default_day else birth.value


def _died(day: str) -> str:
    return day[:10]


def _address(place: Whereabouts) -> Address:
    if place.address is None:
        absent = Extension(systems.ABSENT, value_code="not-applicable")
        return Address((absent,), text=NO_KNOWN_ADDRESS)
    told = place.address
    return Address(
        use="old" if place.last_known else _ADDRESS_USES[told.use],
        line=told.lines,
        city=told.town,
        postal_code=told.postcode,
        period=period(told.start, told.end),
    )


def _parent(parent: Parent) -> PatientContact:
    return PatientContact(
        (kinship(parent.relationship),), parent_name(parent), phones(parent.phone)
    )


def parent_name(parent: Parent) -> HumanName:
    """The name of a parent or carer."""
    return plain_name(Name((parent.given,) if parent.given else (), parent.family))


def kinship(relationship: str) -> Concept:
    """What a parent or carer is to a child: a code, and the source's own word."""
    known = _KIN.get(relationship.casefold())
    coding = (Coding(systems.ROLES, code=known[0], display=known[1]),) if known else ()
    return Concept(coding, relationship or "parent or carer")


def phones(phone: str, email: str = "") -> tuple[ContactPoint, ...]:
    """Ways to reach somebody."""
    told = (("phone", phone), ("email", email))
    return tuple(ContactPoint(system, value) for system, value in told if value)


def _practices(view: ChildView) -> tuple[Organization, ...]:
    """The general practices at which the child is registered."""
    told = [one.value for one in view.services if one.value.kind == "gp" and not one.value.end]
    return tuple(
        Organization(
            id=f"gp{place}",
            identifier=(Identifier(system=systems.ODS, value=one.organisation),)
            if one.organisation
            else (),
            name=one.name,
            telecom=phones(one.phone, one.email),
        )
        for place, one in enumerate(told, 1)
    )
