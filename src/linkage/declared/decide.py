"""What a weight means in a table of another shape: link, possible link, or non-link.

Invariant 5 for such tables: a pair is never linked automatically unless at least two fields
agree, and at least a third of the declared fields do. A field agrees where its values are equal,
or differ as one value does from itself: by spelling, a typing error, an exchange. What is missing
on either side agrees nowhere. Where the table has families, two of the fields that agree have to
be a person's own, which kin seldom share; one, where only one is.
"""

from math import ceil
from typing import Final

from linkage.decide import Decision
from linkage.declared.levels import Date, Exact, Level, Name, Number, Text
from linkage.declared.model import DeclaredModel
from linkage.declared.shape import Shape
from linkage.weigh import probability

FEWEST: Final = 2
"""Fields that have to agree, however few are declared."""
SHARE: Final = 1 / 3
"""Share of the declared fields that have to agree."""

SELDOM: Final = 0.25
"""Share of kin who have a value in common, from which on it is no person's own."""

_AGREEING: Final[dict[type[Level], frozenset[Level]]] = {
    Exact: frozenset({Exact.EXACT, Exact.SLIP}),
    Name: frozenset({Name.EXACT, Name.EXCHANGED, Name.VARIANT, Name.NEAR}),
    Text: frozenset({Text.EXACT, Text.NEAR, Text.MOST}),
    Date: frozenset({Date.EXACT, Date.SWAPPED, Date.SLIP}),
    Number: frozenset({Number.EXACT}),
}


def decide_pattern(pattern: int, total: float, model: DeclaredModel) -> Decision:
    """What becomes of a pair, from its pattern and weight alone."""
    chance = probability(total)
    if chance < model.thresholds.review:
        return Decision("non_link", "weight below the review threshold")
    found, needed = agreeing(pattern, model.shape), fewest(model.shape)
    if len(found) < needed:
        return Decision("review", f"{len(found)} fields agree, and {needed} have to")
    if too_little_of_their_own(found, model):
        return Decision("review", "what agrees, people of one home or family share")
    if chance < model.thresholds.link:
        return Decision("review", "weight between the thresholds")
    return Decision("link", "weight above the link threshold")


def agreeing(pattern: int, shape: Shape) -> frozenset[str]:
    """The fields that agree."""
    levels = zip(shape.names, shape.levels(pattern), strict=True)
    return frozenset(name for name, level in levels if level in _AGREEING[type(level)])


def too_little_of_their_own(found: frozenset[str], model: DeclaredModel) -> bool:
    """Whether fewer of the agreeing fields than have to be are a person's own."""
    own = {name for name, share in model.shared.items() if share < SELDOM}
    return len(found & own) < min(FEWEST, len(own))


def fewest(shape: Shape) -> int:
    """How many fields have to agree before a pair is linked without a person."""
    return max(FEWEST, ceil(len(shape.fields) * SHARE))
