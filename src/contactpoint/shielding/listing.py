"""A shield as its officers are told of it."""

from datetime import date
from typing import Any

from contactpoint.moments import as_time

SAME = (
    *("laid_by", "inherited", "criterion", "authority", "review", "records", "withheld"),
    "standing",
)


def told(row: dict[str, Any], today: date) -> dict[str, Any]:
    """What a row of the read model says of a shield, but for its name and its children."""
    standing = row["standing"] == "standing"
    return {name: row[name] for name in SAME} | {
        "overdue": standing and row["review"] < today.isoformat(),
        "since": as_time(row["since"]),
        "by": row["actor"],
        "reviewed": as_time(row["reviewed"]),
        "lifted": as_time(row["lifted"]),
    }
