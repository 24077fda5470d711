"""What values of a search have to be; said of what is amiss, and of a typing error, too."""

import re
from datetime import date

from person.places import PlaceError, postcode
from projections.folding import fold
from projections.search import WILDCARD

SHORTEST = 3
"""Letters before a wildcard, as the Personal Demographics Service advises."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def not_a_day(text: str) -> str:
    """What was expected where that is no day; nothing where it is one.

    >>> not_a_day("2015-02-29"), not_a_day("2016-02-29")
    ('a day that exists', '')
    """
    if not _DAY.fullmatch(text):
        return "a whole date as YYYY-MM-DD"
    try:
        date.fromisoformat(text)
    except ValueError:
        return "a day that exists"
    return ""


def not_a_name(text: str) -> str:
    """What was expected where that is no name to search by; nothing where it is one.

    What has no letters that are compared would stand for every name.
    """
    bare = text.removesuffix(WILDCARD)
    if WILDCARD in bare:
        return f"{WILDCARD} at the end alone"
    if text != bare and len(fold(bare)) < SHORTEST:
        return f"at least {SHORTEST} letters before {WILDCARD}"
    return "" if fold(bare) else "a name of letters"


def not_a_postcode(text: str) -> str:
    """What was expected where that is no postcode; nothing where it is one."""
    try:
        postcode(text)
    except PlaceError as error:
        return error.expected
    return ""
