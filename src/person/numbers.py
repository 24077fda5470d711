"""The number of a child in this index: twelve digits, the last of which checks the others.

It is unlike an NHS number (10 digits) and a UPN (13 characters) in length, and says nothing of
the child. The check digit is Damm's, which finds every wrong digit and every exchange of two
neighbours (H. M. Damm, Total anti-symmetrische Quasigruppen, Marburg 2004; the table there).
"""

from typing import Final

from person.rules import RuleError

_TABLE: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class NumberError(RuleError):
    """Text that is not a number of a child in this index."""


def make(digits: str) -> str:
    """Give the number whose first eleven digits are these, which the caller draws at random.

    >>> make("12345678901")
    '123456789018'
    """
    if len(digits) != 11 or not (digits.isascii() and digits.isdigit()):
        raise NumberError("NUMBER-FORM", "eleven digits to add a check digit to")
    return f"{digits}{_remainder(digits)}"


def check(text: str) -> bool:
    """Whether the text is a number as ``make`` gives it, bare and in full.

    >>> check("123456789018"), check("123456789081")
    (True, False)
    """
    return len(text) == 12 and text.isascii() and text.isdigit() and _remainder(text) == 0


def read(text: str) -> str:
    """Give the bare number of one written with or without groups.

    Raises NumberError where it is not twelve digits or fails its check digit.

    >>> read(" 1234 5678 9018 ")
    '123456789018'
    """
    bare = "".join(text.split()).replace("-", "")
    if len(bare) != 12 or not (bare.isascii() and bare.isdigit()):
        raise NumberError("NUMBER-FORM", "twelve digits, such as 1234 5678 9018")
    if not check(bare):
        raise NumberError("NUMBER-CHECK", "a number that passes its check digit")
    return bare


def written(number: str) -> str:
    """Give a number in groups of four, as people read it.

    >>> written("123456789018")
    '1234 5678 9018'
    """
    return f"{number[:4]} {number[4:8]} {number[8:]}"


def _remainder(digits: str) -> int:
    remainder = 0
    for digit in digits:
        remainder = _TABLE[remainder][int(digit)]
    return remainder
