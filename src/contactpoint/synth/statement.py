"""What an agency writes of who a child is: the truth, as that agency came to hear and type it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from contactpoint.synth.days import FIRST_NIGHT, iso
from contactpoint.synth.errors import (
    default_day,
    exchange_day_and_month,
    mistype,
    mistype_postcode,
    wrong_day,
    wrong_month,
    wrong_year,
)
from contactpoint.synth.families import Child
from contactpoint.synth.naming import Name, familiar
from contactpoint.synth.places import Home
from contactpoint.synth.rates import FORMER_TOO, ErrorRates

NOWHERE: Final = Home("", "", "")


@dataclass(frozen=True, slots=True)
class Said:
    """Names, birth date, sex and address of a child in one record."""

    given: tuple[str, ...]
    family: str
    born: str
    sex: str
    home: Home
    known_as: str = ""
    """The familiar forename, where the record has it beside the full one."""


def say(child: Child, rates: ErrorRates, rng: Random) -> Said:
    """Write down a child as an agency with these error rates does."""
    # Who has not heard of a move has seldom heard of the name that came with it.
    is_behind = len(child.homes) > 1 and rng.random() < rates.stale_address
    name, known_as = _name(child, rates, rng, is_behind=is_behind)
    return Said(
        name.given, name.family, _birth_date(child.born, rates, rng),
        _sex(child.sex, rates, rng), _home(child.homes, rates, rng, is_behind=is_behind), known_as,
    )  # fmt: skip


def _name(child: Child, rates: ErrorRates, rng: Random, *, is_behind: bool) -> tuple[Name, str]:
    name = child.name
    if child.former and rng.random() < (FORMER_TOO if is_behind else rates.former_family):
        name = Name(name.given, child.former)
    if rng.random() < rates.rewritten:
        name = child.family.community.rewritten(name, rng)
    first, *middle = name.given
    known_as = ""
    if rng.random() < rates.familiar:
        first = familiar(first, rng)
    elif rng.random() < rates.familiar:
        known_as = familiar(first, rng)
    if middle and rng.random() < rates.middle_first:
        first, middle = middle[0], middle[1:]
    if middle and rng.random() < rates.middle_missing:
        middle = []
    family = name.family
    if rng.random() < rates.forename_typed:
        first = mistype(first, rng)
    if rng.random() < rates.family_typed:
        family = mistype(family, rng)
    if rng.random() < rates.exchanged:
        first, family = family, first
    return Name((first, *middle), family), known_as if known_as != first else ""


def _birth_date(born: int, rates: ErrorRates, rng: Random) -> str:
    slips: tuple[tuple[float, Callable[[date, Random], date]], ...] = (
        (rates.day_month, exchange_day_and_month),
        (rates.day, wrong_day),
        (rates.month, wrong_month),
        (rates.year, wrong_year),
        (rates.default_day, default_day),
    )
    at = rng.random()
    for rate, slip in slips:
        at -= rate
        if at < 0:
            day = date.fromordinal(born)
            # A birth after today would not have been written down.
            return min(slip(day, rng), max(day, FIRST_NIGHT)).isoformat()
    return iso(born)


def _sex(sex: str, rates: ErrorRates, rng: Random) -> str:
    at = rng.random()
    if at < rates.sex_wrong:
        return "F" if sex == "M" else "M"
    return "U" if at < rates.sex_wrong + rates.sex_missing else sex


def _home(homes: list[Home], rates: ErrorRates, rng: Random, *, is_behind: bool) -> Home:
    home = homes[1 + int(rng.random() * (len(homes) - 1))] if is_behind else homes[0]
    at = rng.random()
    if at < rates.postcode_missing:
        return Home(home.line, home.town, "")
    if at < rates.postcode_missing + rates.postcode_typed:
        return Home(home.line, home.town, mistype_postcode(home.postcode, rng))
    return home
