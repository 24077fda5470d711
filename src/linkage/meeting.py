"""By which blocking rules two records meet, and what they agree on and differ in."""

from typing import NamedTuple

from linkage import blocking
from linkage.comparable import Comparable
from linkage.population import Population
from linkage.weigh import Weight

TELLING = 0.5
"""Bits from which a field's part is named."""


class Meeting(NamedTuple):
    """How two records come to be compared."""

    rules: tuple[str, ...]
    """The blocking rules under which they share a key; none: they are never compared."""
    left_out: tuple[str, ...]
    """Rules that would bring them together, were a record not filed under too many keys."""


def meeting(left: Comparable, right: Comparable, population: Population) -> Meeting:
    """How two records meet under a population. Symmetric."""
    one, other = (blocking.Filed.of(record, population) for record in (left, right))
    shared = tuple(
        rule.name for rule in blocking.RULES if {*rule.values(one)} & {*rule.values(other)}
    )
    if {*blocking.keys(left, population)} & {*blocking.keys(right, population)}:
        return Meeting(shared, ())
    return Meeting((), shared)


def agreements(weight: Weight, least: float = TELLING) -> tuple[str, ...]:
    """The fields that speak for one child, each with its level: ``family exact``."""
    found = (part for part in weight.parts if part.level and part.weight >= least)
    return tuple(_named(part.field, part.level) for part in found)


def losses(weight: Weight, most: int = 2) -> tuple[str, ...]:
    """The fields that took most of the weight, the dearest first: ``birth different``."""
    taken = sorted(
        (part for part in weight.parts if part.level and part.weight <= -TELLING),
        key=lambda part: part.weight,
    )
    return tuple(_named(part.field, part.level) for part in taken[:most])


def _named(field: str, level: str) -> str:
    return f"{field} {level.lower().replace('_', ' ')}".strip()
