"""Moments as people and scripts read them: ISO 8601 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Any


def as_time(moment: int | None) -> str | None:
    """Microseconds since 1970 as ISO 8601 in UTC; None stays None.

    >>> as_time(1_768_435_200_000_000)
    '2026-01-15T00:00:00Z'
    """
    if moment is None:
        return None
    stated = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    return stated.isoformat().replace("+00:00", "Z")


def with_times(plain: Any, names: frozenset[str] = frozenset({"stated", "seen"})) -> Any:
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
