"""Numbers that name a person somewhere: NHS number, UPN and local ids, each checked."""

from operator import mul
from typing import Final

import msgspec

from person.authorities import AUTHORITIES
from person.rules import RuleError


class Identifier(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number of a person in one system, already checked for form, and how far it is trusted."""

    system: str
    """``nhs``, ``upn``, ``la-child`` (value ``LLL/ID``: authority, then its child id), ``uln``."""
    value: str
    status: str = "unverified"
    """``verified`` (NHS status 01, or a source that verifies), ``unverified``, ``temporary``
    (a UPN that ends in a letter), ``former`` (a FormerUPN) or ``superseded``."""


class IdentifierError(RuleError):
    """A number that cannot be the identifier it is given as."""


class Upn(msgspec.Struct, frozen=True):
    """A unique pupil number, checked; a temporary one ends in a letter and is weak evidence."""

    value: str

    @property
    def temporary(self) -> bool:
        """Whether a school made it up until the pupil's own number is known."""
        return self.value[-1].isalpha()

    @property
    def identifier(self) -> Identifier:
        """The same number as an identifier, marked temporary where it is."""
        return Identifier("upn", self.value, "temporary" if self.temporary else "unverified")


# First three digits of a ten-digit health number -> whose it is, where it is not an NHS number of
# England, Wales or the Isle of Man. All these systems share the check digit (NHS data dictionary,
# NHS NUMBER; 900-999 is never issued, and is used for tests).
_OTHER_SYSTEMS: Final = (
    ("000", "009", "an allocated range (000-009 is not)"),
    ("010", "319", "an NHS number, not a CHI number of Scotland"),
    ("320", "399", "an NHS number, not a health and care number of Northern Ireland"),
    ("500", "599", "an allocated range (500-599 is reserved)"),
    ("800", "859", "an NHS number, not a health identifier of Ireland"),
    ("860", "899", "an allocated range (860-899 is not)"),
)


def nhs_number(text: str) -> str:
    """Give the ten digits of an NHS number written bare or in groups of 3, 3 and 4.

    Raises IdentifierError where the form, the range or the check digit (modulus 11) is wrong,
    and for one digit repeated: those pass the check, and tracing services answer with them.

    >>> nhs_number("999 000 1006"), nhs_number("900-000-0009"), nhs_number("9000000025")
    ('9990001006', '9000000009', '9000000025')
    """
    digits = text if len(text) == 10 else _ungrouped(text)
    if not (digits.isascii() and digits.isdigit()):
        raise IdentifierError("NHS-FORM", "ten digits, bare or in groups of 3, 3 and 4")
    if digits == digits[0] * 10:
        raise IdentifierError("NHS-REPEATED", "a number that is not one digit repeated")
    if not ("400" <= digits < "5" or "600" <= digits < "8" or digits >= "9"):
        raise IdentifierError("NHS-RANGE", _range_reason(digits))
    a, b, c, d, e, f, g, h, i, check = digits.encode()
    # The weights 10 to 1 sum to 55, so the offset of ASCII digits vanishes modulo 11.
    if (10 * a + 9 * b + 8 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i + check) % 11:
        raise IdentifierError("NHS-CHECK", "a number that passes its check digit (modulus 11)")
    return digits


def _ungrouped(text: str) -> str:
    """Give the ten digits of a number in groups, or text that is not digits."""
    text = text.strip()
    if len(text) == 12 and text[3] == text[7] and text[3] in " -":
        return text[:3] + text[4:7] + text[8:]
    return text if len(text) == 10 else ""


def _range_reason(digits: str) -> str:
    for first, last, expected in _OTHER_SYSTEMS:
        if first <= digits[:3] <= last:
            return expected
    raise AssertionError("the ranges leave no gap")


# A UPN's letters leave out I, O and S (DfE, UPN guide, annex on the check letter).
UPN_LETTERS: Final = "ABCDEFGHJKLMNPQRTUVWXYZ"
_LETTER_VALUES: Final = {letter: value for value, letter in enumerate(UPN_LETTERS)}
_WEIGHTS: Final = tuple(range(2, 13))
_OFFSET: Final = sum(_WEIGHTS) * ord("0")
"""What the codes of digits add to a sum of the digits themselves."""


def upn(text: str) -> Upn:
    """Give a unique pupil number, checked by DfE's rules, in capitals.

    Raises IdentifierError with DfE's own rule numbers: 1540 (characters 2 to 12 are digits),
    1550 (the 13th is a digit or a letter), 1530 (2 to 4 are a known authority) and 1510 (the
    check letter). ``UN1`` to ``UN7`` (why a number is unknown) are no numbers: ``UPN-UNKNOWN``.

    >>> upn("K801200024001").temporary, upn("x00180001701a").temporary
    (False, True)
    """
    text = text.strip().upper()
    if is_upn_unknown(text):
        raise IdentifierError("UPN-UNKNOWN", "a UPN, not the reason why there is none")
    if len(text) != 13 or not (text.isascii() and text[1:12].isdigit()):
        raise IdentifierError("1540", "a letter, eleven digits, then a digit or letter")
    last = int(text[12]) if text[12].isdigit() else _LETTER_VALUES.get(text[12], -1)
    if last < 0:
        raise IdentifierError("1550", "a digit, or a letter other than I, O and S, at the end")
    if text[1:4] not in AUTHORITIES:
        raise IdentifierError("1530", "a known local authority code in characters 2 to 4")
    if text[0] != UPN_LETTERS[_upn_sum(text, last) % 23]:
        raise IdentifierError("1510", "a first letter that agrees with the digits")
    return Upn(text)


def _upn_sum(text: str, last: int) -> int:
    """Sum of the 2nd to 13th characters, each times its place."""
    return int(sum(map(mul, _WEIGHTS, text[1:12].encode()))) - _OFFSET + 13 * last


def is_upn_unknown(text: str) -> bool:
    """Whether the text is one of DfE's reasons why a UPN is unknown, ``UN1`` to ``UN7``.

    >>> is_upn_unknown("UN3"), is_upn_unknown("UN9")
    (True, False)
    """
    text = text.strip().upper()
    return len(text) == 3 and text[:2] == "UN" and text[2] in "1234567"


def la_child_id(authority: str, child: str) -> str:
    """Give an authority's own child id as ``LLL/ID``, so that equal ids of two stay apart.

    ``authority`` is its three-digit code; ``child`` up to 20 letters and digits, which real
    case systems also write with ``-``, ``_``, ``.`` and ``/``. Raises IdentifierError (DfE rule
    8500 where the id is missing).

    >>> la_child_id("201", " A123 ")
    '201/A123'
    """
    child, authority = child.strip(), authority.strip()
    if not child:
        raise IdentifierError("8500", "the authority's child id")
    if authority not in AUTHORITIES:
        raise IdentifierError("LA-CODE", "a known local authority code")
    plain = child.translate(_PUNCTUATION)
    if len(child) > 36 or not (plain.isascii() and plain.isalnum()):
        raise IdentifierError("LA-CHILD-FORM", "up to 20 letters and digits")
    return f"{authority}/{child}"


# DfE's rules allow 20 letters and digits; a GUID of some case systems is 36 with hyphens.
_PUNCTUATION: Final = str.maketrans("", "", "-_./")


def uln(text: str) -> str:
    """Give the ten digits of a unique learner number.

    Raises IdentifierError where the form or the check digit is wrong (Learning Records Service:
    weights 10 to 2, ten less the remainder modulo 11; a remainder of 0 is never issued).

    >>> uln("1000000000")
    '1000000000'
    >>> uln("1000000001")
    Traceback (most recent call last):
    person.identifiers.IdentifierError: ULN-CHECK: expected a number that passes its check digit
    """
    text = text.strip()
    if len(text) != 10 or not (text.isascii() and text.isdigit()) or text[0] == "0":
        raise IdentifierError("ULN-FORM", "ten digits, the first of which is not 0")
    remainder = sum((10 - place) * int(digit) for place, digit in enumerate(text[:9])) % 11
    if remainder == 0 or 10 - remainder != int(text[9]):
        raise IdentifierError("ULN-CHECK", "a number that passes its check digit")
    return text
