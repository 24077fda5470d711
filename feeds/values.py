"""The values of a row: each checked, or missing with a remark that says why."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from feeds.submission import FeedError, Remark
from person.dates import DateError, iso_date, iso_moment, not_after
from person.identifiers import Identifier, IdentifierError, is_upn_unknown, nhs_number, upn
from person.names import clean
from person.particulars import BirthDate, Carer
from person.places import NO_FIXED_ABODE, is_pseudo, postcode
from person.rules import RuleError
from person.services import Involvement

Remarks = list[Remark]
Value = TypeVar("Value")

_LINK: Final = re.compile(r"://|\bwww\.|\b(?:https?|ftps?|file):", re.IGNORECASE)
NO_LINK: Final = "a name, a code or a line of an address, and no link into a system"
LONGEST: Final = 1000
"""Characters of a single value; what is longer is no name, number or line of an address."""


@lru_cache(maxsize=4096)
def remark(rule: str, field: str, expected: str) -> Remark:
    """Give the remark that a value broke a rule."""
    return Remark(rule, field, expected)


def checked(remarks: Remarks, field: str, check: Callable[[str], Value], text: str) -> Value | None:
    """Give what a check makes of a text; None, with a remark, where it breaks a rule."""
    try:
        return check(text)
    except RuleError as broken:
        remarks.append(remark(broken.rule, field, broken.expected))
        return None


def said(remarks: Remarks, field: str, value: object) -> str:
    """Give a value of a JSON document as clean text.

    Nothing (a missing or null value) is empty. A text of nothing but blanks says nothing and
    should not be there; a list, an object or true and false is no text: both are remarks.
    """
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= LONGEST:
        if value.isalnum() and value.isascii():  # most are: nothing of them to clean
            return value
        if text := clean(value):
            return text
        remarks.append(remark("EMPTY", field, "a value, or no such field"))
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return str(value)
    remarks.append(remark("TEXT-FORM", field, f"text of up to {LONGEST} characters"))
    return ""


def no_link(remarks: Remarks, field: str, text: str) -> str:
    """Give a text that names a person, a place or a service; nothing, with a remark, for a link.

    The index names whom to ask, and leads nobody into an agency's own system.
    """
    if is_link(text):
        remarks.append(remark("LINK", field, NO_LINK))
        return ""
    return text


def no_links(remarks: Remarks, values: dict[str, str], fields: Iterable[str]) -> dict[str, str]:
    """Give values by their names without those of these fields that are links, with remarks."""
    links = {name for name in fields if name in values and is_link(values[name])}
    if not links:
        return values
    remarks += [remark("LINK", name, NO_LINK) for name in sorted(links)]
    return {name: text for name, text in values.items() if name not in links}


def is_link(text: str) -> bool:
    """Whether a text is, or holds, a link into some system."""
    return (":" in text or "." in text) and _LINK.search(text) is not None


def date_value(remarks: Remarks, field: str, text: str, latest: str = "") -> str:
    """Give an ISO date, or nothing with a remark; not after ``latest`` where that is given."""
    if not text:
        return ""
    try:
        return _date_until(text, latest)
    except RuleError as broken:
        remarks.append(remark(broken.rule, field, broken.expected))
        return ""


@lru_cache(maxsize=65536)
def _date_until(text: str, latest: str) -> str:
    return not_after(iso_date(text), latest) if latest else iso_date(text)


def effective_time(remarks: Remarks, field: str, text: str, latest: str) -> str:
    """Give when a row takes effect: a date or a date-time, or nothing with a remark.

    One from the day after tomorrow on cannot be right, and would outrank every later statement.
    """
    if not text:
        return ""
    try:
        moment = iso_moment(text)
        not_after(moment[:10], _days_after(latest, 1))
        return moment
    except RuleError as broken:
        remarks.append(remark(broken.rule, field, broken.expected))
        return ""


def header_moment(text: str) -> str:
    """Give when a whole file takes effect, by its header: a date or a date-time.

    Raises DateError for what is none, or lies more than a year ahead: a return may be made before
    the day that it is of, but a wrong year would outrank every later statement.
    """
    moment = iso_moment(text)
    if moment[:10] > _days_after(today(), 366):
        raise DateError("DATE-FUTURE", "a date that is at most a year ahead")
    return moment


def birth_date(remarks: Remarks, field: str, text: str, latest: str) -> BirthDate | None:
    """Give the date of a birth that has happened."""
    value = date_value(remarks, field, text, latest)
    return BirthDate(value) if value else None


def expected_birth(remarks: Remarks, field: str, text: str, latest: str) -> BirthDate | None:
    """Give the date on which a birth is expected: at most ten months after ``latest``."""
    value = date_value(remarks, field, text, _days_after(latest, 305))
    return BirthDate(value, expected=True) if value else None


@lru_cache(maxsize=16)
def _days_after(day: str, days: int) -> str:
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()


def today() -> str:
    """Give today's date, before which every birth, death and move must lie."""
    return datetime.now(UTC).date().isoformat()


# DfE: M, F, U; 1, 2, 0, 9 in older returns and in the NHS data dictionary (PERSON STATED GENDER
# CODE); FHIR R4 administrative gender.
_SEXES: Final = (
    dict.fromkeys(("M", "MALE", "1"), "M")
    | dict.fromkeys(("F", "FEMALE", "2"), "F")
    | dict.fromkeys(("U", "UNKNOWN", "NOT KNOWN", "NOT STATED", "0"), "U")
    | dict.fromkeys(("X", "OTHER", "I", "INDETERMINATE", "NOT SPECIFIED", "9"), "X")
)


def sex(remarks: Remarks, field: str, text: str) -> str | None:
    """Give ``F``, ``M``, ``U`` or ``X`` for the codes of any of the authorities."""
    if not text:
        return None
    code = _SEXES.get(text.strip().upper())
    if code is None:
        remarks.append(remark("SEX-CODE", field, "M, F, U or a code of the same meaning"))
    return code


_ANSWERS: Final = {"true": True, "1": True, "false": False, "0": False}


def yes_or_no(remarks: Remarks, field: str, text: str) -> bool | None:
    """Read a yes or no as XML Schema writes it (``xs:boolean``); None where it is neither."""
    answer = _ANSWERS.get(text.strip().lower())
    if answer is None and text:
        remarks.append(remark("YES-NO", field, "true or false"))
    return answer


def upn_identifier(remarks: Remarks, field: str, text: str) -> Identifier | None:
    """Give a UPN as identifier; a reason why it is unknown (``UN3``) is none and no mistake."""
    if not text or is_upn_unknown(text):
        return None
    number = checked(remarks, field, upn, text)
    return number.identifier if number else None


def former_upn(remarks: Remarks, field: str, text: str) -> Identifier | None:
    """Give a former UPN; DfE only queries a wrong one (rule 1560Q)."""
    if not text:
        return None
    try:
        return Identifier("upn", upn(text).value, "former")
    except IdentifierError as broken:
        remarks.append(remark("1560Q", field, broken.expected))
        return None


def nhs_identifier(remarks: Remarks, field: str, text: str, status: str) -> Identifier | None:
    """Give an NHS number as identifier with its status."""
    number = checked(remarks, field, nhs_number, text) if text else None
    return Identifier("nhs", number, status) if number else None


def own_numbers(
    remarks: Remarks, field: str, identifiers: tuple[Identifier, ...], carers: Sequence[Carer]
) -> tuple[Identifier, ...]:
    """Give identifiers without an NHS number that is the mother's, as of some newborns it is."""
    mothers = {each.nhs for each in carers if each.nhs}
    own = tuple(each for each in identifiers if each.system != "nhs" or each.value not in mothers)
    if len(own) < len(identifiers):
        remarks.append(remark("NHS-MOTHER", field, "the child's own number, not the mother's"))
    return own


def real_postcode(remarks: Remarks, field: str, text: str) -> tuple[str, bool]:
    """Give a postcode, and whether the text states that there is no fixed abode.

    The other pseudo postcodes (``ZZ99``: abroad, not known) count as missing.
    """
    if not text:
        return "", False
    return checked(remarks, field, _place, text) or ("", False)


@lru_cache(maxsize=65536)
def _place(text: str) -> tuple[str, bool]:
    value = postcode(text)
    return ("", value == NO_FIXED_ABODE) if is_pseudo(value) else (value, False)


_BETWEEN_DIGITS: Final = str.maketrans("", "", " -().\u2013/")


def phone_number(remarks: Remarks, field: str, text: str) -> str:
    """Give a telephone number without the marks between its digits."""
    bare = text.replace(" ", "")
    if not (bare.isascii() and bare.isdigit()):  # most are written with blanks alone
        bare = text.translate(_BETWEEN_DIGITS)
    digits = bare.removeprefix("+")
    if digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15:
        return bare
    if text:
        remarks.append(remark("PHONE-FORM", field, "a telephone number of 7 to 15 digits"))
    return ""


def email_address(remarks: Remarks, field: str, text: str) -> str:
    """Give an e-mail address that has one @ and a dot after it, and is no link with a password."""
    if not text:
        return ""
    name, _, domain = text.partition("@")
    if name and "." in domain and "@" not in domain and not set(" :/") & set(text):
        return text
    remarks.append(remark("EMAIL-FORM", field, "an e-mail address"))
    return ""


def apart(
    remarks: Remarks, involvements: Sequence[Involvement]
) -> tuple[tuple[Involvement, ...], tuple[Involvement, ...]]:
    """Part involvements into ordinary ones and those of sensitive services that may be held.

    A sensitive service may be disclosed only with consent or on the ground of significant harm
    (SI 2007/2182, Part 4); without either it is left out, with a remark.
    """
    ordinary = tuple(each for each in involvements if not each.is_sensitive)
    if len(ordinary) == len(involvements):
        return ordinary, ()
    sensitive = [each for each in involvements if each.is_sensitive]
    held = tuple(each for each in sensitive if each.consent in ("given", "significant-harm"))
    if len(held) < len(sensitive):
        remarks.append(remark("CONSENT", "service", "consent given, or significant harm"))
    return ordinary, held


def only_file(paths: Sequence[Path]) -> Path:
    """Give the one file of a delivery whose feed has one file; FeedError otherwise."""
    if len(paths) != 1:
        raise FeedError("", "", "", f"one file for a delivery of this feed, not {len(paths)}")
    return paths[0]


def compact(items: Sequence[Value | None]) -> tuple[Value, ...]:
    """Give the items that are there."""
    return tuple([item for item in items if item is not None])
