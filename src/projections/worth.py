"""What deciding a task of the stewards' queue is worth: risk, nearness to the threshold, age; pure.

Age weighs for each task what it weighs for the others, so no clock changes who goes before whom:
each has a turn, which stays as it is, and the worth of any moment follows from it.
"""

from enum import StrEnum

DAY = 86_400_000_000


class Kind(StrEnum):
    """The kinds of tasks, as systems of this kind call them."""

    DUPLICATE = "potential duplicate"
    """Two records of one source that may be one child."""
    LINKAGE = "potential linkage"
    """Two records of two sources that may be one child."""
    OVERLAY = "potential overlay"
    """A record whose new statement may be of another child; it is held, and nothing moves."""
    IDENTIFIER = "review identifier"
    """Two records share a number, and the rest says two children, or the other way round; or they
    share one and are of one source, which holds each child once."""
    SIZE = "maximum entity size"
    """So many records hang together that the machine links only what is sure."""


RISK = {
    Kind.OVERLAY: 3.0,
    Kind.IDENTIFIER: 2.5,
    Kind.SIZE: 2.0,
    Kind.DUPLICATE: 1.5,
    Kind.LINKAGE: 1.0,
}
"""What harm waits where nobody decides: a child shown with another's facts before one shown twice.
Stated, not measured."""
NEAR = 4.0
"""Bits from the threshold at which nearness counts half."""
OLD = 90.0
"""Days of waiting that count as much as the least risk."""
ASIDE = 2.0
"""What a task loses whose steward could not tell: others go first."""


def turn(
    kind: Kind, since: int, distance: float | None = None, *, is_unsure: bool = False
) -> float:
    """When its turn is among others: the least goes first.

    ``since``: microseconds since 1970-01-01 UTC from which it waits. ``distance``: bits between its
    weight and the threshold above which the machine links, where it was weighed. ``is_unsure``:
    whether a steward could not tell.
    """
    near = 0.0 if distance is None else NEAR / (NEAR + abs(distance))
    return _age(since) - RISK[kind] - near + (ASIDE if is_unsure else 0.0)


def worth(turn: float, now: int) -> float:
    """What deciding it is worth at a moment: risk and nearness, and 1 for each ``OLD`` days."""
    return _age(now) - turn


def _age(moment: int) -> float:
    return moment / DAY / OLD
