"""What a child and their family are told of a look: who, when and what for; nothing of others."""

import re
from collections.abc import Collection
from uuid import UUID

from contactpoint.accesses import Look

NUMBER = re.compile(r"\d(?:[ -]?\d){6,}")
"""Digits enough to be the number of somebody: of a child, a pupil, a patient, a telephone."""
LEFT_OUT = "left out: it may tell of others"
WATCHING = "audit "
"""Begins the acts of those who watch readers; what they write is about the reader."""


def reason(look: Look, children: Collection[UUID], number: str) -> str:
    """The reason, as far as it is of these children alone, whose number is ``number``.

    One that was given for a look at other children too may be about them. Numbers in it other than
    the child's own are somebody else's, or a telephone's.
    """
    if not set(look.event.children) <= set(children) or look.event.act.startswith(WATCHING):
        return LEFT_OUT
    own = re.sub(r"\D", "", number)
    return NUMBER.sub(
        lambda found: found[0] if re.sub(r"\D", "", found[0]) == own else "(a number)", look.reason
    )
