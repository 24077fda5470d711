"""What happened to a child, as a reader may know it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from projections.view import ChildView, RestrictedView

OF_MODEL = ("ChildRegistered", "RecordsLinked", "ChildRestored")
"""Events that a version of the matcher's model decided."""


class Happening(NamedTuple):
    """One thing that happened to a child or to a record of it."""

    at: int
    """When it was recorded: microseconds since 1970-01-01 UTC."""
    what: str
    """``record received``, ``records linked``, ``child merged``, ..."""
    source: str
    model: str
    """The version of the matcher's model that decided; empty where none did."""


def happened(
    view: ChildView | RestrictedView, told: Sequence[Mapping[str, Any]]
) -> list[Happening]:
    """What is told of a child's history (``Queries.history_of_child``), the oldest first.

    A source is named only where the view names it too; of a restricted child there is nothing.
    """
    if not isinstance(view, ChildView):
        return []
    named = {"", *(holder.source for holder in view.holders)}
    return [
        Happening(
            row["recorded"],
            re.sub(r"(?<=[a-z])(?=[A-Z])", " ", row["what"]).lower(),
            row["source"],
            row["note"] if row["what"] in OF_MODEL else "",
        )
        for row in told
        if row["source"] in named
    ]
