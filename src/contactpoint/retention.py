"""How long a child is kept, and in which state: from birth, death and departure; pure.

The states are those that were told to the House of Commons (Hansard, 21 April 2009): live to the
eighteenth birthday; archived for a year, for data managers alone; archived five years more, for
enquiries of the law; then purged. After a death the child stays live for a year: counted from the
death, since no feed states the day on which it was notified. Who left England stays live for the
three years in which a return may be intended (SI 2007/2182, schedule 1, paragraph 2(d)), and no
longer than to the birthday. Nothing here acts: states and dates are stated.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from person.particulars import BirthDate

State = Literal["live", "archive year 1", "archive years 2-6", "purge due", "unknown"]

ADULT, AFTER_DEATH, AFTER_LEAVING, FIRST, WHOLE = 18, 1, 3, 1, 6
"""Years: of age; live after a death; live after leaving England; of archive, for data managers and
in all."""


@dataclass(frozen=True, slots=True)
class Retention:
    """A state, why it ends when it does, and the days on which the next ones begin."""

    state: State
    rule: str
    """``birthday``, ``death`` or ``departure``; empty where no date is known."""
    archived: date | None = None
    restricted: date | None = None
    """Day from which the archive is for enquiries of the law alone."""
    purged: date | None = None


def retention(birth: BirthDate | None, died: str, left: str, today: date) -> Retention:
    """The state of a child today. Dates are ISO text; a part that is missing counts as its latest.

    ``left`` is empty where the child did not leave England, or came back.
    """
    ends = [
        (_years(day, years), rule)
        for day, years, rule in (
            (latest(birth.value) if birth and not birth.expected else None, ADULT, "birthday"),
            (latest(died), AFTER_DEATH, "death"),
            (latest(left), AFTER_LEAVING, "departure"),
        )
        if day is not None
    ]
    if not ends:
        return Retention("unknown", "")
    archived, rule = min(ends)
    restricted, purged = _years(archived, FIRST), _years(archived, WHOLE)
    return Retention(
        _state(today, archived, restricted, purged), rule, archived, restricted, purged
    )


def _state(today: date, archived: date, restricted: date, purged: date) -> State:
    if today < archived:
        return "live"
    if today < restricted:
        return "archive year 1"
    return "archive years 2-6" if today < purged else "purge due"


def latest(text: str) -> date | None:
    """The day, or the last that ``YYYY-MM`` or ``YYYY`` may mean; None for no date."""
    parts = text.split("-") if text[:4].isdigit() else []
    if not parts:
        return None
    year = int(parts[0])
    month = int(parts[1]) if len(parts) > 1 else 12
    day = int(parts[2][:2]) if len(parts) > 2 else calendar.monthrange(year, month)[1]
    return date(year, month, day)


def _years(day: date, years: int) -> date:
    """The same day so many years on; of 29 February, the 1 March of a year that lacks it."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28) + timedelta(days=1)
