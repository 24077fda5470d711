"""Where people live: addresses and postcodes, as checked values."""

import re
from functools import lru_cache
from typing import Final

import msgspec

from person.rules import RuleError


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """One address with its use and period. ``postcode`` is well formed (``SE15 3QN``) or empty."""

    lines: tuple[str, ...] = ()
    town: str = ""
    postcode: str = ""
    uprn: str = ""
    use: str = "home"
    """``home``, ``temporary`` or ``former``."""
    start: str = ""
    end: str = ""


class PlaceError(RuleError):
    """Text that is not the postcode or property number it is given as."""


# Royal Mail's six shapes with the letters that each place may hold (Programmers' Guide to the
# Postcode Address File; BS 7666). Retired postcodes have the same shapes and pass.
_POSTCODE: Final = re.compile(
    r"(GIR|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]|[A-HK-Y][0-9][0-9ABEHMNPRV-Y]|[0-9][A-HJKPS-UW]))"
    r"([0-9][ABD-HJLNP-UW-Z]{2})"
)
# The area ZZ99 stands for places that are none (NHS data dictionary, POSTCODE).
_PSEUDO: Final = re.compile(r"ZZ99[0-9][A-Z]{2}")
NO_FIXED_ABODE: Final = "ZZ99 3VZ"
"""The pseudo postcode that states that a person has no fixed abode."""


@lru_cache(maxsize=65536)
def postcode(text: str) -> str:
    """Give a postcode in capitals with one space before its last three characters.

    Pseudo postcodes come back too: ask ``is_pseudo``. Raises PlaceError ``POSTCODE-FORM`` for
    anything that no postcode can be; it mends nothing but blanks and capitals.

    >>> postcode("se153qn"), postcode(" W1A  1AA "), postcode("zz993vz")
    ('SE15 3QN', 'W1A 1AA', 'ZZ99 3VZ')
    >>> postcode("SEI5 3QN")
    Traceback (most recent call last):
    person.places.PlaceError: POSTCODE-FORM: expected a postcode such as SE15 3QN
    """
    bare = "".join(text.upper().split())
    if len(bare) > 7 or not (_POSTCODE.fullmatch(bare) or _PSEUDO.fullmatch(bare)):
        raise PlaceError("POSTCODE-FORM", "a postcode such as SE15 3QN")
    return f"{bare[:-3]} {bare[-3:]}"


def is_pseudo(value: str) -> bool:
    """Whether a postcode stands for no place: abroad, no fixed abode, not known.

    >>> is_pseudo("ZZ99 3WZ"), is_pseudo("SE15 3QN")
    (True, False)
    """
    return value.startswith("ZZ99")


_LETTER_FOR: Final = {"0": "O", "1": "I", "5": "S"}
_DIGIT_FOR: Final = {letter: digit for digit, letter in _LETTER_FOR.items()} | {"L": "1"}


def postcode_candidates(text: str) -> tuple[str, ...]:
    """Give the postcodes that a malformed one may have meant, by one letter taken for a digit.

    A suggestion for a data manager or weak evidence; never put in the place of what was written.

    >>> postcode_candidates("SEI5 3QN"), postcode_candidates("M32 OEL")
    (('SE15 3QN',), ('M32 0EL',))
    """
    bare = "".join(text.upper().split())
    if not 5 <= len(bare) <= 7 or _POSTCODE.fullmatch(bare):
        return ()
    swaps = _LETTER_FOR | _DIGIT_FOR
    mended = (
        bare[:place] + swaps[character] + bare[place + 1 :]
        for place, character in enumerate(bare)
        if character in swaps
    )
    return tuple(f"{text[:-3]} {text[-3:]}" for text in mended if _POSTCODE.fullmatch(text))


def uprn(text: str) -> str:
    """Give a unique property reference number without leading noughts.

    Raises PlaceError ``UPRN-FORM`` where it is not 1 to 12 digits, or is 0.

    >>> uprn("000123456789")
    '123456789'
    """
    bare = text.strip().lstrip("0")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= 12):
        raise PlaceError("UPRN-FORM", "up to 12 digits")
    return bare
