"""A shield as its officers are told of it."""

from datetime import date
from typing import Any

from contactpoint.moments import as_time
from events.shield import Grounds

SAME = (
    *("laid_by", "inherited", "criterion", "authority", "review", "records", "withheld"),
    "standing",
)


def told(row: dict[str, Any], grounds: Grounds, today: date) -> dict[str, Any]:
    """What is known of a shield, but for its name, its children, and who is safe.

    ``row`` is of the read model; ``grounds`` are sealed, and stand in no read model.
    """
    standing = row["standing"] == "standing"
    return {name: row[name] for name in SAME} | {
        "requester": grounds.requester,
        "overdue": standing and row["review"] < today.isoformat(),
        "since": as_time(row["since"]),
        "by": row["actor"],
        "reviewed": as_time(row["reviewed"]),
        "lifted": as_time(row["lifted"]),
    }
