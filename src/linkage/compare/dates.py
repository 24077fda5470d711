"""Dates of birth: exact, mistyped, partial, stand-ins and expected ones."""

from datetime import date, timedelta
from enum import IntEnum

from linkage.comparable import BirthKind, Comparable
from linkage.compare import strings
from linkage.population import Population

BORN_EARLY = timedelta(weeks=16)
BORN_LATE = timedelta(weeks=3)
"""How far before and after the expected day a child is born: viable from 24 weeks."""
SAME_PREGNANCY = timedelta(weeks=6)
"""How far apart two expected days of one pregnancy may be stated."""

GUESSED_YEARS = 2
"""Years by which the guessed age of a child without papers may be wrong."""
MOST_YEARS = 12
"""Years apart in which the same day may be a typing error; beyond, a parent's or another's."""


class Birth(IntEnum):
    """How far two records agree on the date of birth."""

    MISSING = 0
    EXACT = 1
    DEFAULT = 2
    """The same, but a day that forms hold where none is known."""
    COMPATIBLE = 3
    """The same month as far as one of them states it."""
    YEAR_ONLY = 4
    """The same year; one of them states no more."""
    EXPECTED = 5
    """Born, or expected, when the other record expects the birth."""
    SWAPPED = 6
    """Day and month change places."""
    YEAR = 7
    """The same day in another year, as siblings seldom are and typing errors often."""
    SLIP = 8
    """One digit mistaken, or two neighbours exchanged."""
    PART = 9
    """Two of day, month and year agree."""
    DIFFERENT = 10
    DEFAULTED = 11
    """The same year, and one of the two is a day that forms hold where none is known."""
    GUESSED = 12
    """The same, a year or two apart: where a child came without papers its age was guessed."""


def birth(left: Comparable, right: Comparable, population: Population) -> Birth:
    """The level of the date of birth."""
    kinds = {left.birth_kind, right.birth_kind}
    if BirthKind.MISSING in kinds:
        return Birth.MISSING
    if BirthKind.EXPECTED in kinds:
        return _expected(left, right)
    if kinds != {BirthKind.FULL}:
        return _partial(left.birth, right.birth)
    if left.birth == right.birth:
        return Birth.DEFAULT if population.is_default_day(left.birth) else Birth.EXACT
    return _unequal(left.birth, right.birth, population)


def _unequal(left: int, right: int, population: Population) -> Birth:
    one, other = f"{left:08}", f"{right:08}"
    same = (one[:4] == other[:4], one[4:6] == other[4:6], one[6:] == other[6:])
    if same[0] and one[4:6] == other[6:] and one[6:] == other[4:6]:
        return Birth.SWAPPED
    default = population.is_default_day(left) or population.is_default_day(right)
    years = abs(left // 10000 - right // 10000)
    if same[0] and default:
        return Birth.DEFAULTED
    if same == (False, True, True):
        return Birth.YEAR if years <= MOST_YEARS else Birth.DIFFERENT
    if strings.one_slip(one, other):
        return Birth.SLIP
    if default and years <= GUESSED_YEARS:
        return Birth.GUESSED
    return Birth.PART if sum(same) == 2 else Birth.DIFFERENT


def _partial(left: int, right: int) -> Birth:
    if left // 10000 != right // 10000:
        return Birth.DIFFERENT
    months = (left // 100 % 100, right // 100 % 100)
    if 0 in months:
        return Birth.YEAR_ONLY
    return Birth.COMPATIBLE if months[0] == months[1] else Birth.DIFFERENT


def _expected(left: Comparable, right: Comparable) -> Birth:
    if BirthKind.PARTIAL in (left.birth_kind, right.birth_kind):
        return _partial(left.birth, right.birth)
    one, other = as_date(left.birth), as_date(right.birth)
    if one is None or other is None:
        return Birth.MISSING
    if left.birth_kind == right.birth_kind:
        return Birth.EXPECTED if abs(one - other) <= SAME_PREGNANCY else Birth.DIFFERENT
    due, born = (one, other) if left.birth_kind == BirthKind.EXPECTED else (other, one)
    return Birth.EXPECTED if -BORN_EARLY <= born - due <= BORN_LATE else Birth.DIFFERENT


def as_date(day: int) -> date | None:
    """A whole number ``YYYYMMDD`` as a date; None where there is no such day."""
    try:
        return date(day // 10000, day // 100 % 100, day % 100)
    except ValueError:
        return None
