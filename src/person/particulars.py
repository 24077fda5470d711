"""Particulars: everything that one agency may state of one child, and nothing else.

The fields are those of Schedule 1 to the Children Act 2004 Information Database (England)
Regulations 2007 (SI 2007/2182), and what a matcher needs to tell one child from another. There
is no field for case information, so none can be stored.
"""

import msgspec

from person.identifiers import Identifier
from person.names import PersonName
from person.places import Address
from person.services import Involvement


class BirthDate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A date of birth as stated: ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``."""

    value: str
    expected: bool = False
    """The date a birth is expected (an unborn child), not one that has happened."""
    default_day: bool = False
    """The source says that the day is a stand-in, as the 15th of an unknown day is in SSDA903."""

    @property
    def is_full(self) -> bool:
        """Whether day, month and year of an actual birth are all stated and none is a stand-in."""
        return len(self.value) == 10 and not self.expected and not self.default_day


class Carer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parent or carer: whom to reach, and evidence of who the child is."""

    given: str = ""
    family: str = ""
    relationship: str = ""
    """In the field's words: ``mother``, ``father``, ``guardian``, ``foster carer``, ..."""
    responsibility: bool | None = None
    """Whether the person has parental responsibility; None where it is not said."""
    phone: str = ""
    maiden: str = ""
    """The mother's family name at birth, for matching."""
    nhs: str = ""
    """The mother's NHS number, checked; for matching only, never shown."""


class LeadProfessional(msgspec.Struct, frozen=True, omit_defaults=True):
    """The one practitioner who coordinates the help for a child, and how to reach them."""

    name: str = ""
    organisation: str = ""
    phone: str = ""
    start: str = ""
    end: str = ""


class Assessment(msgspec.Struct, frozen=True, omit_defaults=True):
    """That an assessment exists, and whom to ask about it; never what it says."""

    name: str = ""
    organisation: str = ""
    phone: str = ""
    date: str = ""


class Declared(msgspec.Struct, frozen=True, array_like=True):
    """The value of one declared field, in its plain form."""

    field: str
    value: str


class Particulars(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one agency states of one child in one statement. Dates are ISO 8601 text."""

    names: tuple[PersonName, ...] = ()
    birth: BirthDate | None = None
    sex: str | None = None
    """``F``, ``M``, ``U`` (not known or not stated) or ``X`` (stated as not specified)."""
    addresses: tuple[Address, ...] = ()
    no_known_address: bool = False
    """Stated by the agency; not the same as an address that is missing."""
    identifiers: tuple[Identifier, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    carers: tuple[Carer, ...] = ()
    births: int | None = None
    """Number of children of this birth, 1 for a single birth; None where it is not said."""
    birth_order: int | None = None
    died: str = ""
    left_england: str = ""
    """Date on which residence in England ended, ``unknown`` where only the fact is stated."""
    return_intent: str = ""
    """``intends``, ``does not intend`` or ``unknown`` (Schedule 1, paragraph 2(d))."""
    restricted: bool = False
    """The source marks the person as restricted or sensitive: a candidate for a shield."""
    involvements: tuple[Involvement, ...] = ()
    """Universal and additional services; those of sensitive services stand apart."""
    assessment: Assessment | None = None
    lead_professional: LeadProfessional | None = None
    declared: tuple[Declared, ...] = ()
    """What a table of another shape states (``person.declared``); nothing in official feeds."""
