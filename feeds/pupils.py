"""A pupil as the Department's school returns write one, whichever of them: census, tables, CTF."""

from typing import Final

import msgspec

from feeds.values import (
    Remarks,
    birth_date,
    checked,
    compact,
    date_value,
    former_upn,
    no_links,
    real_postcode,
    remark,
    sex,
    upn_identifier,
)
from person.identifiers import Identifier, uln
from person.names import PersonName
from person.particulars import Particulars
from person.places import Address, uprn
from person.services import ENROLMENTS, Involvement

Leaves = dict[str, str]
"""Values by the names that the census gives its elements, each clean and not empty."""

PUPIL: Final = (
    "UPN", "FormerUPN", "UniqueLearnerNumber", "Surname", "Forename", "MiddleNames",
    "PreferredSurname", "PreferredForename", "FormerSurname", "FormerForename", "Sex", "Gender",
    "DOB",
)  # fmt: skip
"""The allow-list of a pupil."""
HOME: Final = (
    "SAON", "PAON", "Street", "Locality", "Town", "AdministrativeArea", "PostTown",
    "UniquePropertyReferenceNumber", "UPRN", "AddressLine1", "AddressLine2", "AddressLine3",
    "AddressLine4", "AddressLine5", "PostCode", "Postcode",
)  # fmt: skip
"""The allow-list of an address."""
_NAMES: Final = (
    "Surname", "Forename", "MiddleNames", "PreferredSurname", "PreferredForename",
    "FormerSurname", "FormerForename",
)  # fmt: skip
_TOWNS: Final = ("PostTown", "Town")
_LINES: Final = (
    "SAON", "PAON", "Street", "Locality", "AdministrativeArea", "AddressLine1", "AddressLine2",
    "AddressLine3", "AddressLine4", "AddressLine5",
)  # fmt: skip


def pupil(remarks: Remarks, leaves: Leaves, homes: list[Leaves], latest: str) -> Particulars:
    """Give who a pupil is and where they live, as far as stated."""
    addresses = [_address(remarks, home) for home in homes]
    learner = leaves.get("UniqueLearnerNumber")
    number = checked(remarks, "UniqueLearnerNumber", uln, learner) if learner else None
    return Particulars(
        names=_names(no_links(remarks, leaves, _NAMES)),
        birth=birth_date(remarks, "DOB", leaves.get("DOB", ""), latest),
        sex=sex(remarks, "Sex", leaves.get("Sex") or leaves.get("Gender", "")),
        addresses=compact([address for address, _ in addresses]),
        no_known_address=any(none for _, none in addresses),
        identifiers=compact(
            [
                upn_identifier(remarks, "UPN", leaves.get("UPN", "")),
                former_upn(remarks, "FormerUPN", leaves.get("FormerUPN", "")),
                Identifier("uln", number) if number else None,
            ]
        ),
    )


def former_key(particulars: Particulars, school: str = "") -> str:
    """Give the key by which a school knew a pupil before; nothing where it had no other.

    That is a temporary UPN, which a school makes up until the true one is known (and names as the
    former one then). A true UPN follows the child: a former one may be another school's.
    """
    for number in particulars.identifiers:
        if number.status == "former" and number.value[-1:].isalpha():
            return f"{school}/{number.value}" if school else number.value
    return ""


def at_school(
    remarks: Remarks, particulars: Particulars, stated: Leaves, school: str
) -> Particulars:
    """Give particulars with the pupil's time at a school added."""
    involvement = Involvement(
        "school",
        school,
        start=date_value(remarks, "EntryDate", stated.get("EntryDate", "")),
        end=date_value(remarks, "LeavingDate", stated.get("LeavingDate", "")),
        enrolment=enrolment(remarks, stated.get("EnrolStatus", "")),
    )
    return msgspec.structs.replace(particulars, involvements=(involvement,))


def enrolment(remarks: Remarks, text: str) -> str:
    """Give the code of how a pupil is enrolled, nothing with a remark where it is none."""
    code = text.strip().upper()
    if not code or code in ENROLMENTS:
        return code
    remarks.append(remark("ENROL-STATUS", "EnrolStatus", f"one of {', '.join(ENROLMENTS)}"))
    return ""


def _names(leaves: Leaves) -> tuple[PersonName, ...]:
    get = leaves.get
    forename, surname = get("Forename", ""), get("Surname", "")
    middle = tuple(get("MiddleNames", "").split())
    given = ((forename,) if forename else ()) + middle
    names = [PersonName(given, surname)] if given or surname else []
    familiar, preferred = get("PreferredForename", ""), get("PreferredSurname", "")
    if (familiar and familiar != forename) or (preferred and preferred != surname):
        called = (familiar, *given[1:]) if familiar else given
        names.append(PersonName(called, preferred or surname, "preferred"))
    first, former = get("FormerForename", ""), get("FormerSurname", "")
    if (former and former != surname) or (first and first != forename):
        names.append(PersonName((first, *middle) if first else given, former or surname, "former"))
    return tuple(names)


def _address(remarks: Remarks, home: Leaves) -> tuple[Address | None, bool]:
    """Give an address, and whether it states that there is no fixed abode."""
    written = home.get("PostCode") or home.get("Postcode", "")
    code, none = real_postcode(remarks, "PostCode", written)
    named = no_links(remarks, home, (*_LINES, *_TOWNS))
    lines = tuple(named[name] for name in _LINES if name in named)
    town = next((named[name] for name in _TOWNS if name in named), "")
    number = home.get("UniquePropertyReferenceNumber") or home.get("UPRN")
    property_number = checked(remarks, "UPRN", uprn, number) if number else None
    if none or not (code or lines or town or property_number):
        return None, none
    return Address(lines, town, code, property_number or ""), False
