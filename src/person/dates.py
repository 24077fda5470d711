"""Dates as files write them, made ISO 8601 text, in full or as far as they are known."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from person.rules import RuleError

_FORMS = "a date as YYYY-MM-DD, DD/MM/YYYY, YYYYMMDD, YYYY-MM or YYYY"


class DateError(RuleError):
    """Text that is no date, or a date that cannot be."""


@lru_cache(maxsize=65536)
def iso_date(text: str) -> str:
    """Give a date as ISO text, ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``, as far as it is stated.

    Reads ``YYYY-MM-DD`` and its beginnings, ``DD/MM/YYYY`` (day first, as in England, with or
    without leading noughts), ``YYYYMMDD``, and any of the full forms with a time after it, which
    is left out, as is the time zone that an ``xs:date`` may have (``2014-05-09+01:00``).
    Raises DateError: ``DATE-FORM`` for other text, ``DATE-IMPOSSIBLE`` for a day that never was and
    years before 1875, in which nobody living was born.

    >>> iso_date("2014-05-09"), iso_date("09/05/2014"), iso_date("20140509"), iso_date("2014-05")
    ('2014-05-09', '2014-05-09', '2014-05-09', '2014-05')
    >>> iso_date("31/02/2014")
    Traceback (most recent call last):
    person.dates.DateError: DATE-IMPOSSIBLE: expected a day that exists
    """
    year, month, day = _parts(text.strip())
    if not (year.isdigit() and (month + day + "0").isdigit() and text.isascii()):
        raise DateError("DATE-FORM", _FORMS)
    if int(year) < 1875:
        raise DateError("DATE-IMPOSSIBLE", "a year from 1875")
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise DateError("DATE-IMPOSSIBLE", "a day that exists") from None
    return "-".join(part for part in (year, month, day) if part)


def _parts(text: str) -> tuple[str, str, str]:
    """Give year, month and day as written, each empty where it is not stated."""
    if len(text) > 10 and (text[10] in "T " or _ZONE.fullmatch(text, 10)):
        text = text[:10]
    match len(text):
        case 10 if text[4] == text[7] == "-":
            return text[:4], text[5:7], text[8:]
        case 10 if text[2] == text[5] and text[2] in "/-.":
            return text[6:], text[3:5], text[:2]
        case 8 if "/" not in text:
            return text[:4], text[4:6], text[6:]
        case 7 if text[4] == "-":
            return text[:4], text[5:], ""
        case 4:
            return text, "", ""
    if (short := _SHORT.fullmatch(text)) is not None:
        return short[3], short[2].zfill(2), short[1].zfill(2)
    raise DateError("DATE-FORM", _FORMS)


# As XML Schema has it after a date (part 2, section 3.3.9).
_ZONE: Final = re.compile(r"Z|[+-]\d\d:\d\d", re.ASCII)

# As spreadsheets write DD/MM/YYYY.
_SHORT: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: [\d:]+)?", re.ASCII)


def iso_moment(text: str) -> str:
    """Give a whole date, or a date with its time, as ISO 8601 text: when something takes effect.

    A date may be written in any of the forms of ``iso_date``; a time follows an ISO date, with or
    without its distance from UTC; the time zone of a mere date is left out. Raises DateError as
    ``iso_date`` does, and ``DATE-FORM`` for a date of which month or day is not stated and for a
    time that no clock shows.

    >>> iso_moment("16/01/2026"), iso_moment("2026-01-16T09:30:00Z")
    ('2026-01-16', '2026-01-16T09:30:00Z')
    >>> iso_moment("2026-01")
    Traceback (most recent call last):
    person.dates.DateError: DATE-FORM: expected a whole date, or a date and time as ISO 8601
    """
    text = text.strip()
    # Days come again and again, and are remembered; moments do not.
    day = iso_date(text[:10] if text[10:11] in ("T", " ") else text)
    if len(day) == 10 and (len(text) <= 10 or (_ZONE.fullmatch(text, 10) and day == text[:10])):
        return day
    try:
        datetime.fromisoformat(text)
    except ValueError:
        day = ""
    if day != text[:10]:
        raise DateError("DATE-FORM", "a whole date, or a date and time as ISO 8601")
    return text


def not_after(value: str, latest: str) -> str:
    """Give an ISO date back, or raise DateError ``DATE-FUTURE`` where it lies after ``latest``.

    A partial date is after only when all of it is.

    >>> not_after("2014", "2014-05-09")
    '2014'
    """
    if value > latest[: len(value)]:
        raise DateError("DATE-FUTURE", "a date that is not in the future")
    return value


def is_stand_in(value: str) -> bool:
    """Whether a full date is one that clerks and systems write where the day is not known.

    The first of January (any system), 31 December 9999 and 1 January 1900 (end marks and fillers).
    Evidence for weighing, never a reason to refuse: children are born on 1 January too.

    >>> is_stand_in("2014-01-01"), is_stand_in("2014-01-02")
    (True, False)
    """
    return value[4:] == "-01-01" or value == "9999-12-31"
