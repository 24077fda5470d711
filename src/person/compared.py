"""Particulars as far as records are compared by them: what is read of many, and quickly.

These decode from what the full types encode, and pass over the rest unread. They hold no
reference to what could hold them, so the garbage collector need not look at them.
"""

import msgspec

from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer, Declared, Particulars
from person.places import Address
from person.services import Involvement


class ComparedName(msgspec.Struct, frozen=True, gc=False):
    """Of a ``PersonName``."""

    given: tuple[str, ...] = ()
    family: str = ""
    use: str = "legal"


class ComparedAddress(msgspec.Struct, frozen=True, gc=False):
    """Of an ``Address``."""

    postcode: str = ""
    use: str = "home"
    end: str = ""


class ComparedIdentifier(msgspec.Struct, frozen=True, gc=False):
    """Of an ``Identifier``: all of it."""

    system: str
    value: str
    status: str = "unverified"


class ComparedCarer(msgspec.Struct, frozen=True, gc=False):
    """Of a ``Carer``."""

    given: str = ""
    family: str = ""
    maiden: str = ""
    nhs: str = ""


class ComparedInvolvement(msgspec.Struct, frozen=True, gc=False):
    """Of an ``Involvement``."""

    kind: str
    organisation: str = ""


class Compared(msgspec.Struct, frozen=True, gc=False):
    """Of ``Particulars``."""

    names: tuple[ComparedName, ...] = ()
    birth: BirthDate | None = None
    sex: str | None = None
    addresses: tuple[ComparedAddress, ...] = ()
    identifiers: tuple[ComparedIdentifier, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    carers: tuple[ComparedCarer, ...] = ()
    births: int | None = None
    birth_order: int | None = None
    died: str = ""
    involvements: tuple[ComparedInvolvement, ...] = ()
    declared: tuple[Declared, ...] = ()


AnyName = PersonName | ComparedName
AnyAddress = Address | ComparedAddress
AnyIdentifier = Identifier | ComparedIdentifier
AnyCarer = Carer | ComparedCarer
AnyInvolvement = Involvement | ComparedInvolvement
AnyParticulars = Particulars | Compared
