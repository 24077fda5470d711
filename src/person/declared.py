"""Fields of a table of another shape: what a mapping declares of persons who are no child's record.

Their values are kept as stated, in a plain form of each kind: the digits of a date, a number
without needless noughts, words with single blanks.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, get_args

import msgspec

from person.names import clean
from person.rules import RuleError

Kind = Literal["exact", "name", "text", "date", "number"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


OWN_FIELDS: Final[dict[str, Kind]] = {
    "given": "name", "middle": "name", "family": "name", "former_family": "name",
    "preferred_family": "name", "alias": "name", "dob": "date", "expected_dob": "date",
    "sex": "exact", "postcode": "exact", "address": "text", "town": "text", "phone": "exact",
    "email": "exact", "nhs": "exact", "upn": "exact", "former_upn": "exact",
    "guardian_given": "name", "guardian_family": "name", "mother_maiden": "name",
    "mother_nhs": "exact", "births": "number", "birth_order": "number", "died": "date",
}  # fmt: skip
"""Our own columns of a child as fields, where a table of another shape has them too."""


class DeclaredField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One declared field: what it is called, and how two of its values are compared."""

    name: str
    kind: Kind
    exchanged_with: str = ""
    """Another field of kind ``name`` with which its value may have changed places."""


class DeclaredValueError(RuleError):
    """A value that is not of its field's kind."""


def declared_value(kind: Kind, text: str) -> str:
    """Give a value in the plain form of its kind; nothing for an empty cell.

    A date is given as 8, 6 or 4 digits: year, month and day as far as they are stated. Whether
    that day exists is not asked: one that never was is a typing error, and near the right one.
    Raises DeclaredValueError.

    >>> declared_value("date", "9/5/1956"), declared_value("date", "1956-05")
    ('19560509', '195605')
    >>> declared_value("number", " 1,250.50"), declared_value("name", " Anna  Maria ")
    ('1250.5', 'Anna Maria')
    """
    text = clean(text)
    if not text:
        return ""
    if kind == "date":
        return _digits_of_date(text)
    return _plain_number(text) if kind == "number" else text


_ISO: Final = re.compile(r"(\d{4})(?:[-/. ](\d{1,2})(?:[-/. ](\d{1,2}))?)?(?:[T ].*)?", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[T ].*)?", re.ASCII)
_PACKED: Final = re.compile(r"\d{8}", re.ASCII)


def _digits_of_date(text: str) -> str:
    if _PACKED.fullmatch(text):
        return text
    if found := _DAY_FIRST.fullmatch(text):
        return f"{found[3]}{found[2]:0>2}{found[1]:0>2}"
    if found := _ISO.fullmatch(text):
        return found[1] + "".join(f"{part:0>2}" for part in (found[2], found[3]) if part)
    expected = "a date as YYYY-MM-DD, DD/MM/YYYY, YYYYMMDD, YYYY-MM or YYYY"
    raise DeclaredValueError("DATE-FORM", expected)


def _plain_number(text: str) -> str:
    try:
        number = Decimal(text.replace(",", "").replace(" ", ""))
        if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
            raise InvalidOperation
    except InvalidOperation:
        raise DeclaredValueError("NUMBER-FORM", "a number, such as 12 or 12.5") from None
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_MOST_DIGITS: Final = 30
