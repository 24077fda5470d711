"""How long a child is kept, and in which state: from birth, death and departure; pure.

The states are those that were told to the House of Commons (Hansard, 21 April 2009): live to the
eighteenth birthday; archived for a year, for data managers alone; archived five years more, for
enquiries of the law; then purged. After a death the child stays live for a year: counted from the
death, since no feed states the day on which it was notified. Who left England stays live for the
three years in which a return may be intended (SI 2007/2182, schedule 1, paragraph 2(d)), and no
longer than to the birthday. A birth that was expected and did not come is live for as long as a
service works with it, and for three weeks after the day on which it was expected.

Of a shielded child the birth date alone counts, as its view shows no more: that a child is gone
from the index must not tell of a death or a departure that is hidden.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from person.particulars import BirthDate, Particulars
from projections.survivorship import Stated
from projections.view import ChildView, RestrictedView, View, view

State = Literal["live", "archive year 1", "archive years 2-6", "purge due", "unknown"]

ADULT, AFTER_DEATH, AFTER_LEAVING, FIRST, WHOLE = 18, 1, 3, 1, 6
"""Years: of age; live after a death; live after leaving England; of archive, for data managers and
in all."""
OVERDUE = timedelta(days=21)
"""After an expected birth, until which a birth may yet be it (``linkage.compare.dates``)."""
NEVER = "9999-12-31"
"""The day of archiving of those of whom no date is known: later than any."""


@dataclass(frozen=True, slots=True)
class Retention:
    """A state, why it ends when it does, and the days on which the next ones begin."""

    state: State
    rule: str
    """``birthday``, ``death``, ``departure`` or ``no birth``; empty where no date is known."""
    archived: date | None = None
    restricted: date | None = None
    """Day from which the archive is for enquiries of the law alone."""
    purged: date | None = None


def retention(
    birth: BirthDate | None, died: str, left: str, today: date, unborn: date | None = None
) -> Retention:
    """The state of a child today. Dates are ISO text; a part that is missing counts as its latest.

    ``left`` is empty where the child did not leave England, or came back. ``unborn`` is the day
    from which nobody expects its birth any more.
    """
    ends = [
        (_years(day, years), rule)
        for day, years, rule in (
            (latest(birth.value) if birth and not birth.expected else None, ADULT, "birthday"),
            (latest(died), AFTER_DEATH, "death"),
            (latest(left), AFTER_LEAVING, "departure"),
            (unborn, 0, "no birth"),
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


class Returned(msgspec.Struct, frozen=True):
    """The child left England, and a service began again there afterwards."""

    date: str
    source: str


def of_view(view: View, today: date) -> Retention:
    """The state today of the child that a view shows."""
    if isinstance(view, RestrictedView):
        return retention(view.birth, "", "", today)
    left = view.left_england.value.date if view.left_england and not returned(view) else ""
    died = view.died.value if view.died else ""
    return retention(view.birth.value if view.birth else None, died, left, today, _unborn(view))


def _unborn(view: ChildView) -> date | None:
    """The day from which nobody expects its birth any more, and no service works with it."""
    if view.birth is None or not all(
        told.expected for told in (view.birth.value, *(one.value for one in view.birth.others))
    ):
        return None
    due = latest(view.birth.value.value)
    ends = [latest(told.value.end) for told in view.services]
    closed = [end for end in ends if end is not None]
    return max(due + OVERDUE, *closed) if due and closed and len(closed) == len(ends) else None


def archived_on(view: View) -> str:
    """The ISO date from which the child that a view shows is archived; ``NEVER`` for none."""
    kept = of_view(view, date.min)
    return NEVER if kept.archived is None else kept.archived.isoformat()


def archived_of(records: Sequence[Stated], born: BirthDate | None) -> str:
    """The same of a child by its current records, of whom a birth date is believed."""
    parted = any(one.particulars.died or one.particulars.left_england for one in records)
    if parted or (born and born.expected):
        return archived_on(view("", records))
    return _adult(born.value) if born else NEVER


def archived_alone(particulars: Particulars) -> str:
    """The same of a record by itself."""
    return archived_of([Stated("", "", "", 0, 0, particulars)], particulars.birth)


@lru_cache(maxsize=10_000)
def _adult(born: str) -> str:
    """The ISO date of the eighteenth birthday; of a partial date the latest counts."""
    day = latest(born)
    return NEVER if day is None else _years(day, ADULT).isoformat()


def begun(today: date, years: int) -> str:
    """The last day on which what began that day is so many years old by today, as ISO date.

    Whoever was archived on it or before has been for those years; ``retention`` says the same.
    """
    try:
        return today.replace(year=today.year - years).isoformat()
    except ValueError:
        return today.replace(year=today.year - years, day=28).isoformat()


def year_of_archive(archived: str, today: date) -> int:
    """Which year of archive it is: 0 before it begins, 1 to 6, and 7 where the purge is due."""
    return next((n for n in range(WHOLE + 1) if archived > begun(today, n)), WHOLE + 1)


def returned(view: ChildView) -> Returned | None:
    """That a service in England began after the child had left; None where none is known to.

    Of a day of leaving that is known in part the latest that it may be counts.
    """
    left = latest(view.left_england.value.date) if view.left_england else None
    if left is None:
        return None
    began = [
        Returned(told.value.start, told.source)
        for told in view.services
        if told.value.start > left.isoformat()
    ]
    return min(began, key=lambda one: (one.date, one.source), default=None)


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
