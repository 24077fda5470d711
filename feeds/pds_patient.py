"""A Patient of the Personal Demographics Service as particulars."""

import contextlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from feeds.fhir import (
    NHS,
    Contact,
    ContactPoint,
    Extension,
    FhirAddress,
    FhirIdentifier,
    HumanName,
    Observation,
    Patient,
    Period,
    Reference,
    Resource,
    read,
)
from feeds.pds_carers import NAME_APART, carer
from feeds.reading import Today
from feeds.submission import Dropped
from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    date_value,
    email_address,
    nhs_identifier,
    no_link,
    own_numbers,
    phone_number,
    real_postcode,
    remark,
    said,
    sex,
)
from person.identifiers import Identifier, IdentifierError, nhs_number
from person.names import PersonName, clean
from person.particulars import Carer, Particulars
from person.places import Address, uprn
from person.services import Involvement

_REMOVED: Final = "Extension-PDS-RemovalFromRegistration"
_DEATH: Final = "Extension-UKCore-DeathNotificationStatus"
_NAME_USES: Final = {
    "usual": "legal",  # PDS: every patient has one usual name, the name in force
    "official": "legal",
    "temp": "temporary",
    "nickname": "preferred",
    "old": "former",
    "maiden": "birth",
}
_ADDRESS_APART: Final = "line, city or postalCode: a text alone is not taken apart"
_ADDRESS_USES: Final = {"home": "home", "temp": "temporary", "old": "former"}
# Reasons of removal that mean residence in England has ended (embarked, Scotland, N. Ireland).
_LEFT: Final = frozenset({"EMB", "SCT", "NIT"})


class Patients:
    """Makes particulars of Patients; counts what it leaves out."""

    def __init__(self, dropped: Dropped, today: Today) -> None:
        """By ``today`` periods have ended and births have been."""
        self._dropped, self._today, self._latest = dropped, today, today.date

    def particulars(
        self,
        remarks: Remarks,
        patient: Patient,
        key: str,
        about: Sequence[Resource],
        *,
        restricted: bool,
    ) -> Particulars:
        """Give what a Patient, and the resources about it, say of a child; ``key`` is its id."""
        births, order = _multiple(remarks, patient)
        carers = self._carers(remarks, patient.contact) if patient.contact else ()
        identifiers = _identifiers(remarks, patient.identifier, key)
        if about:
            related, born_together = self._others(remarks, about)
            carers, births = carers + related, born_together or births
        if carers:
            identifiers = own_numbers(remarks, "identifier", identifiers, carers)
        removed, death_stands = self._extensions(remarks, patient.extension)
        died = said(remarks, "deceasedDateTime", patient.deceased)
        addresses, homeless = self._addresses(remarks, patient.address)
        phones, emails = self._reached(remarks, patient.telecom)
        born = said(remarks, "birthDate", patient.birth_date)
        return Particulars(
            names=compact([self._name(remarks, each) for each in patient.name]),
            birth=birth_date(remarks, "birthDate", born, self._latest),
            sex=sex(remarks, "gender", said(remarks, "gender", patient.gender)),
            addresses=addresses,
            no_known_address=homeless,
            identifiers=identifiers,
            phones=phones,
            emails=emails,
            carers=carers,
            births=births,
            birth_order=order,
            died=date_value(remarks, "deceasedDateTime", died, self._latest)
            if death_stands
            else "",
            left_england=removed,
            return_intent="unknown" if removed else "",
            restricted=restricted,
            involvements=compact(
                [_practice(remarks, each) for each in patient.general_practitioner]
            ),
        )

    def _others(
        self, remarks: Remarks, about: Sequence[Resource]
    ) -> tuple[tuple[Carer, ...], int | None]:
        """Give the carers among RelatedPersons, and how many Observations say were born.

        What nothing is taken of is counted.
        """
        carers: tuple[Carer, ...] = ()
        births = None
        for each in about:
            number = found = None
            if each.kind == "Observation":
                number = _foetuses(read(_OBSERVATION, each.written))
                births = number or births
            elif person := _person(each):
                found = self._carers(remarks, (person,))
                carers += found
            if not (number or found):
                self._dropped.add(each.kind)
        return carers, births

    def _carers(self, remarks: Remarks, people: Sequence[Contact]) -> tuple[Carer, ...]:
        """Give the carers among contacts or RelatedPersons whose time has not ended."""
        return compact(
            [
                carer(remarks, each)
                for each in people
                if each.active and not self._is_past(each.period)
            ]
        )

    def _name(self, remarks: Remarks, name: HumanName) -> PersonName | None:
        use = _NAME_USES.get(name.use or "usual")
        if name.prefix:
            self._dropped.add("name.prefix")
        if name.suffix:
            self._dropped.add("name.suffix")
        if use is None:
            self._dropped.add("name")
            return None
        given = tuple([text for each in name.given if (text := _said(remarks, "name.given", each))])
        family = _said(remarks, "name.family", name.family)
        if not given and not family:
            if name.text:
                remarks.append(remark("FHIR-FORM", "name", NAME_APART))
            return None
        start, end = _period(remarks, "name.period", name.period)
        return PersonName(given, family, use, start, end)

    def _addresses(
        self, remarks: Remarks, addresses: Sequence[FhirAddress]
    ) -> tuple[tuple[Address, ...], bool]:
        """Give the addresses, and whether one states that there is no fixed abode."""
        found = []
        homeless = False
        for each in addresses:
            address, none = self._address(remarks, each)
            homeless = homeless or none
            if address is not None:
                found.append(address)
        return tuple(found), homeless

    def _address(self, remarks: Remarks, address: FhirAddress) -> tuple[Address | None, bool]:
        """Give an address, and whether it states that there is no fixed abode."""
        use = _ADDRESS_USES.get(address.use or "home")
        if use is None:
            self._dropped.add("address")
            return None, False
        lines = [_plain(remarks, "address.line", each)[:200] for each in address.line]
        town = _plain(remarks, "address.city", address.city)
        if len(lines) == 5 and not town:  # PDS: the fourth of the five places is the post town
            town = lines.pop(3)
        written = said(remarks, "address.postalCode", address.postal_code)
        code, none = real_postcode(remarks, "address.postalCode", written)
        kept = tuple([line for line in lines if line])
        none = none or "NO FIXED ABODE" in "\n".join(kept).upper()
        start, end = _period(remarks, "address.period", address.period)
        if none or not (kept or town or code):
            if address.text and not none:
                remarks.append(remark("FHIR-FORM", "address", _ADDRESS_APART))
            return None, none and not self._is_past(address.period)
        number = _property(remarks, address.extension) if address.extension else ""
        return Address(kept, town, code, number, use, start, end), False

    def _extensions(self, remarks: Remarks, extensions: Sequence[Extension]) -> tuple[str, bool]:
        """Give when residence in England ended, and whether a death, if stated, stands."""
        removed, death_stands = "", True
        for each in extensions:
            kind = each.kind
            if kind == _DEATH:
                status = each.part("deathNotificationStatus")
                concept = status.value_codeable_concept if status else None
                # Notice removed: U in PDS, R in other publications.
                death_stands = not (concept and {"R", "U"} & set(concept.codes))
            elif kind == _REMOVED:
                removed = self._removed(remarks, each) or removed
            else:
                self._dropped.add(kind or "extension")
        return removed, death_stands

    def _removed(self, remarks: Remarks, extension: Extension) -> str:
        code = extension.part("removalFromRegistrationCode")
        concept = code.value_codeable_concept if code else None
        if concept is None or not _LEFT & set(concept.codes):
            return ""
        when = extension.part("effectiveTime")
        period = when.value_period if when else None
        if self._is_past(period):
            return ""
        start, _ = _period(remarks, "RemovalFromRegistration", period)
        return start or "unknown"

    def _is_past(self, period: Period | None) -> bool:
        """Whether a period has ended before today."""
        return bool(period and period.end and self._today.is_past(period.end))

    def _reached(
        self, remarks: Remarks, points: Sequence[ContactPoint]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the telephone numbers and the e-mail addresses that are still in use."""
        phones: list[str] = []
        emails: list[str] = []
        for each in points:
            check = _CHECKS.get(each.system or "")
            if check is None or self._is_past(each.period):
                continue
            value = check(remarks, "telecom", said(remarks, "telecom", each.value))
            if value:
                (emails if each.system == "email" else phones).append(value)
        return tuple(phones), tuple(emails)


def replaced_by(patient: Patient, identifiers: Sequence[Identifier]) -> str:
    """Give the id of the record that has replaced this one; empty where none has.

    Either a link says so, or the record is kept under a superseded NHS number.
    """
    for each in patient.link:
        if each.type == "replaced-by":
            return each.other.target[:64]
    if any(each.status == "superseded" for each in identifiers):
        return next(each.value for each in identifiers if each.status != "superseded")
    return ""


_PERSON: Final = msgspec.json.Decoder(Contact)
_OBSERVATION: Final = msgspec.json.Decoder(Observation)
_FOETUSES: Final = "246435002"
"""SNOMED CT: number of foetuses."""


def _person(about: Resource) -> Contact | None:
    """Give a RelatedPerson, where it can be read."""
    taken = about.taken
    return taken if isinstance(taken, Contact) else read(_PERSON, about.written)


def _foetuses(stated: Observation | None) -> int | None:
    """Give the number of children born, where that is what was observed."""
    if stated is None or stated.code is None or _FOETUSES not in stated.code.codes:
        return None
    is_number = isinstance(stated.value, int) and not isinstance(stated.value, bool)
    return stated.value if is_number and 1 <= stated.value <= 9 else None


_CHECKS: Final = {"phone": phone_number, "sms": phone_number, "email": email_address}


def _identifiers(
    remarks: Remarks, identifiers: Sequence[FhirIdentifier], key: str
) -> tuple[Identifier, ...]:
    """Give the NHS number with its status, and the superseded one by which the record is kept.

    PDS gives the record of a superseded number under the number that replaced it: where id and
    identifier differ, the id is the old number.
    """
    found = []
    for each in identifiers:
        if each.system not in (NHS, None):
            continue
        text = said(remarks, "identifier", each.value)
        status = "verified" if _is_verified(each.extension) else "unverified"
        if number := nhs_identifier(remarks, "identifier", text, status):
            found.append(number)
    if found and key not in [each.value for each in found]:
        with contextlib.suppress(IdentifierError):  # an id of another kind
            found.append(Identifier("nhs", nhs_number(key), "superseded"))
    return tuple(found)


@lru_cache(maxsize=4096)
def _is_verified(extensions: Sequence[Extension]) -> bool:
    """Whether an NHS number has the verification status 01 (number present and verified)."""
    for each in extensions:
        concept = each.value_codeable_concept
        if concept and each.url.endswith("NHSNumberVerificationStatus") and "01" in concept.codes:
            return True
    return False


def _multiple(remarks: Remarks, patient: Patient) -> tuple[int | None, int | None]:
    """Give the number of children of the birth, and the order in it.

    PDS: 1 is the first *or only* child, 2 to 7 the order, 8 not applicable, 9 not known.
    """
    births = 1 if patient.multiple_birth is False else None
    order = patient.birth_order
    if order is None or order in (8, 9):
        return births, None
    if isinstance(order, int) and not isinstance(order, bool) and 1 <= order <= 7:
        return births, order
    remarks.append(remark("BIRTH-ORDER", "multipleBirthInteger", "1 to 9"))
    return births, None


def _said(remarks: Remarks, field: str, value: object) -> str:
    return no_link(remarks, field, said(remarks, field, value))


def _plain(remarks: Remarks, field: str, text: str | None) -> str:
    return no_link(remarks, field, clean(text)) if text else ""


def _practice(remarks: Remarks, reference: Reference) -> Involvement | None:
    """Give the general practice at which the patient is registered."""
    identifier = reference.identifier
    if identifier is None or not identifier.value:
        return None
    start, end = _period(remarks, "generalPractitioner.period", identifier.period)
    code, name = (
        _plain(remarks, f"generalPractitioner.{field}", text)
        for field, text in (("identifier", identifier.value), ("display", reference.display))
    )
    return Involvement("gp", code[:20], name[:200], start=start, end=end) if code or name else None


def _property(remarks: Remarks, extensions: Sequence[Extension]) -> str:
    """Give the property number among an address's keys."""
    for each in extensions:
        kind, value = each.part("type"), each.part("value")
        coding = kind.value_coding if kind else None
        if coding and coding.code == "UPRN" and value and value.value_string:
            return checked(remarks, "address.uprn", uprn, value.value_string) or ""
    return ""


def _period(remarks: Remarks, field: str, period: Period | None) -> tuple[str, str]:
    if period is None:
        return "", ""
    start, end = period.start, period.end
    return (
        date_value(remarks, field, start) if start else "",
        date_value(remarks, field, end) if end else "",
    )
