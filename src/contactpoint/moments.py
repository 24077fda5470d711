"""Moments, in microseconds since 1970-01-01 UTC, and as people and scripts read them: ISO 8601."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

DAY = 86_400_000_000
TIMES = frozenset({"stated", "seen", "since"})
"""The names under which views have moments."""


def moment(text: str) -> int:
    """An ISO date or date-time as microseconds since 1970-01-01 UTC; a bare date is its midnight.

    >>> moment("1970-01-02")
    86400000000
    """
    stated = datetime.fromisoformat(text)
    if stated.tzinfo is None:
        stated = stated.replace(tzinfo=UTC)
    whole = stated - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


def day_of(when: int) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(when // 1_000_000, UTC).date()


def as_time(moment: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 in UTC; None stays None.

    >>> as_time(1_768_435_200_000_000)
    '2026-01-15T00:00:00Z'
    """
    if moment is None:
        return None
    stated = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return stated.isoformat().replace("+00:00", "Z")


def with_times(plain: Any, names: frozenset[str] = TIMES) -> Any:
    """The same data with every moment that stands under one of these names as ISO 8601."""
    if isinstance(plain, dict):
        return {
            name: as_time(value)
            if name in names and isinstance(value, int)
            else with_times(value, names)
            for name, value in plain.items()
        }
    if isinstance(plain, list | tuple):
        return [with_times(value, names) for value in plain]
    return plain
