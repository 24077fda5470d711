"""Names as people bear them and as files write them: instances, and what is no name at all."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import msgspec

USES = ("legal", "usual", "preferred", "birth", "former", "alias", "temporary")


class PersonName(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name of a person, with the use and the period that its source states.

    ``given`` holds the forename first and then the middle names, each as written, cleaned only
    of outer and repeated blanks; ``family`` is the whole family name. A placeholder such as
    ``Baby`` stays as written here: the matcher asks ``is_placeholder``.
    """

    given: tuple[str, ...] = ()
    family: str = ""
    use: str = "legal"
    """One of ``USES``: ``legal`` is the name in force; ``former`` and ``birth`` are past ones."""
    start: str = ""
    end: str = ""


def clean(text: str) -> str:
    r"""Give a written name or line without outer, repeated and invisible characters.

    Case, accents and punctuation stay; letters with marks are composed (Unicode NFC), so that
    two ways to type one name are one text.

    >>> clean("  Zoe\u0308   O'Brien\t")
    "Zoë O'Brien"
    """
    if text.isascii() and text.isprintable():
        return text.strip() if "  " not in text else " ".join(text.split())
    text = unicodedata.normalize("NFC", text)
    visible = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp") else character
        for character in text
        if unicodedata.category(character) != "Cf"
    )
    return " ".join(visible.split())


# What maternity, child health and social care systems write before a child is named
# (NHS: "Baby", "Male Infant"; DfE CIN guide: unborn children).
_CHILD: Final = (
    r"BABY ?BOY|BABY ?GIRL|BABY|BABE|BB|BOY|GIRL|MALE|FEMALE|INFANT|NEWBORN|NEONATE|UNBORN"
    r"|FOETUS|FETUS"
)
_MULTIPLE: Final = r"TWIN|TWINS|TRIPLET|TRIPLETS|QUAD|QUADRUPLET"
_ORDER: Final = r"[1-8]|[A-H]|ONE|TWO|THREE|FOUR|FIRST|SECOND|THIRD|FOURTH|1ST|2ND|3RD|4TH|II|III"
_NONE: Final = (
    r"UNKNOWN|UNK|NK|N K|FNU|LNU|NOT KNOWN|NOT YET KNOWN|NAME NOT KNOWN|NOT STATED|NOT GIVEN"
    r"|NOT RECORDED|NOT APPLICABLE|NOT PROVIDED|ANONYMOUS"
    r"|UNNAMED|NOT NAMED|NOT YET NAMED|NO NAME|NONAME|NO FORENAME|NO SURNAME|NONE|NULL|N A"
    r"|TBC|T B C|TBA|TO BE CONFIRMED|XX+|ZZ+|X|TEST|TEST PATIENT|TESTPATIENT|(?:XX|ZZ)TEST\w*"
)
_PLACEHOLDER: Final = re.compile(
    rf"(?:{_NONE})"
    rf"|(?:(?:{_CHILD}|{_MULTIPLE}|CHILD|UNKNOWN|UNNAMED|THE)\b ?)*(?:{_CHILD}|{_MULTIPLE})"
    rf"(?:[1-8]| (?:NO )?(?:{_ORDER}))?(?: (?:{_CHILD}|OF|UNKNOWN))*"
    rf"|(?:{_ORDER}) (?:{_MULTIPLE})"
    r"|(?:B|BABY|BOY|GIRL|SON|DAUGHTER|INFANT|CHILD) (?:O|OF)(?: .*)?"
)
_BIRTH_ORDER: Final = re.compile(
    rf"\b(?:{_MULTIPLE}|{_CHILD}) ?(?:NO )?({_ORDER})\b|\b({_ORDER}) (?:{_MULTIPLE})\b"
)
_PLACES: Final = (
    {str(n): n for n in range(1, 9)}
    | {letter: n for n, letter in enumerate("ABCDEFGH", start=1)}
    | {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "II": 2, "III": 3}
    | {"FIRST": 1, "SECOND": 2, "THIRD": 3, "FOURTH": 4}
    | {"1ST": 1, "2ND": 2, "3RD": 3, "4TH": 4}
)


@lru_cache(maxsize=65536)
def is_placeholder(name: str) -> bool:
    """Whether a forename, or a family name, is only what stands where no name is known yet.

    Short real names that resemble one (Bo, Na, Child as a family name) are names. What has no
    letter of any script (``?``, ``-``) is none.

    >>> [is_placeholder(name) for name in ("Baby", "Baby Girl", "Twin 2", "B/O Smith", "Unborn")]
    [True, True, True, True, True]
    >>> [is_placeholder(name) for name in ("Babette", "Noname Smith", "May", "Li", "O'Neill")]
    [False, False, False, False, False]
    """
    if not any(character.isalpha() for character in name):
        return bool(name.strip())
    return _PLACEHOLDER.fullmatch(_folded(name)) is not None


@lru_cache(maxsize=65536)
def placeholder_birth_order(name: str) -> int | None:
    """Give the order of birth that a placeholder names, from 1; None where it names none.

    >>> placeholder_birth_order("Twin 2"), placeholder_birth_order("Baby Twin A Smith")
    (2, 1)
    >>> placeholder_birth_order("Baby") is None
    True
    """
    found = _BIRTH_ORDER.search(_folded(name))
    return _PLACES[found[1] or found[2]] if found else None


def _folded(name: str) -> str:
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", name.upper()).split())
