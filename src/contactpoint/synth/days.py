"""The calendar of the invented population: its nights, and the days on which children are born."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

FIRST_NIGHT: Final = date(2026, 1, 15)
"""The first night is the reference day of the School Census of spring 2026."""
BIRTHS_A_DAY: Final = 1_670
"""Children of each birth date in England: some 610,000 births a year (ONS)."""
_YEARS: Final = 19 * 365 + 2
_SHORTEST: Final = 300
"""Days between two maternities of one mother, at least."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which the population's children may be born, oldest first."""

    window: range
    """Nineteen years, as proleptic Gregorian ordinals."""
    allowed: Sequence[int]
    """Those of its days on which children are born, evenly spread over it."""
    nights: int

    @property
    def first(self) -> int:
        """The day of the first night."""
        return FIRST_NIGHT.toordinal()

    @property
    def last(self) -> int:
        """The day of the last night."""
        return self.first + self.nights - 1

    def births(self, after_first: Sequence[int], rng: Random) -> list[int]:
        """Place a mother's births so that each is as likely on any allowed day; some fall outside.

        Two maternities of one mother never share a day, or come within ten months of each other
        where the days are close together.
        """
        anchor = after_first[int(rng.random() * len(after_first))]
        start = self.window.start + int(rng.random() * len(self.window)) - anchor
        found: list[int] = []
        for days in after_first:
            if start + days not in self.window:
                continue
            born = self._nearest(start + days)
            if not found or born - found[-1] >= _SHORTEST:
                found.append(born)
        return found

    def _nearest(self, day: int) -> int:
        return self.allowed[(day - self.window.start) * len(self.allowed) // len(self.window)]


def calendar(children: int, nights: int, *, dense: bool) -> Days:
    """Choose the days of birth: every day of nineteen years, or so few that each is England's."""
    end = FIRST_NIGHT.toordinal() + nights - 2
    window = range(end - _YEARS, end + 1)
    if not dense:
        return Days(window, window, nights)
    count = max(1, round(children / BIRTHS_A_DAY))
    step = len(window) / count
    return Days(window, [window[int((i + 0.5) * step)] for i in range(count)], nights)


def iso(day: int) -> str:
    """Write an ordinal day as an ISO date."""
    return date.fromordinal(day).isoformat()


def school_year(day: int) -> int:
    """Give the year in which the school year of a day began (1 September)."""
    when = date.fromordinal(day)
    return when.year if when.month >= 9 else when.year - 1


def reception_year(born: int) -> int:
    """Give the year in whose September a child enters reception: after the fourth birthday."""
    return school_year(born) + 5
