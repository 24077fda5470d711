"""Parents, carers and emergency contacts of a Patient: its contacts and RelatedPersons."""

from collections.abc import Sequence
from typing import Final

from feeds.fhir import NHS, Contact, HumanName
from feeds.values import Remarks, checked, no_link, phone_number, remark
from person.identifiers import nhs_number
from person.names import clean
from person.particulars import Carer

NAME_APART: Final = "given and family: a text alone is not taken apart"

# HL7 v3 RoleCode, v2-0131 and UK Core roles, in the field's words.
_ROLES: Final = {
    "MTH": "mother", "NMTH": "mother", "GESTM": "mother", "FTH": "father", "NFTH": "father",
    "PRN": "parent", "NPRN": "parent", "STPPRN": "step-parent", "STPMTH": "step-mother",
    "STPFTH": "step-father", "PRNFOST": "foster carer", "ADOPTP": "adoptive parent",
    "GUARD": "guardian", "GUADLTM": "guardian", "GUARDIAN": "guardian", "CARER": "carer",
    "GRPRN": "grandparent", "GRMTH": "grandmother", "GRFTH": "grandfather", "AUNT": "aunt",
    "UNCLE": "uncle", "C": "emergency contact", "N": "next of kin",
}  # fmt: skip
# Kin who are no carers by that alone. The index links no child to brothers, sisters or children.
_KIN: Final = frozenset({"SIS", "BRO", "SIB", "CHILD", "SPS", "DOMPART", "ONESELF"})


def carer(remarks: Remarks, person: Contact) -> Carer | None:
    """Give a parent, carer or emergency contact; None for others, and where nothing names one."""
    codes = [
        each.code.upper() for concept in person.relationship for each in concept.coding if each.code
    ]
    role = next((_ROLES[code] for code in codes if code in _ROLES), "")
    if not role and not _KIN.isdisjoint(codes):
        return None
    given, family = _names(remarks, person.name)
    phones = [each.value for each in person.telecom if each.system == "phone" and each.value]
    numbers = [
        number
        for each in person.identifier
        if each.system == NHS
        and (number := checked(remarks, "RelatedPerson.identifier", nhs_number, each.value or ""))
    ]
    if not (given or family or phones or numbers):
        return None
    return Carer(
        given[:200],
        family[:200],
        role,
        phone=phone_number(remarks, "contact.telecom", phones[0]) if phones else "",
        nhs=numbers[0] if numbers and role == "mother" else "",
    )


def _names(remarks: Remarks, stated: HumanName | Sequence[HumanName] | None) -> tuple[str, str]:
    """Give forenames and family name of a contact (one) or a RelatedPerson (the first)."""
    name = stated if isinstance(stated, HumanName) else stated[0] if stated else None
    if name is None:
        return "", ""
    given, family = (
        no_link(remarks, f"contact.name.{part}", text)
        for part, text in (
            ("given", " ".join([clean(each) for each in name.given if each])),
            ("family", clean(name.family or "")),
        )
    )
    if name.text and not (given or family):
        remarks.append(remark("FHIR-FORM", "contact.name", NAME_APART))
    return given, family
