"""The weight of one pair, with its parts: the plain path, and the measure of the compiled one."""

from typing import NamedTuple

import msgspec
import numpy as np

from linkage import pattern as patterns
from linkage.comparable import Comparable
from linkage.compare.places import Place
from linkage.model import Model, total
from linkage.pattern import FIELDS, PLACES, RARITIES


class Part(NamedTuple):
    """What one field adds to the weight of a pair."""

    field: str
    level: str
    weight: float
    """Bits; the prior (field ``prior``) and all fields together are the total."""
    note: str


class Weight(msgspec.Struct, frozen=True):
    """How likely a pair is one child, and why."""

    pattern: int
    total: float
    """log2 of the odds that the two records are of one child."""
    parts: tuple[Part, ...]

    @property
    def probability(self) -> float:
        """Of being one child, between 0 and 1; rivals are not counted."""
        return probability(self.total)


def weigh(left: Comparable, right: Comparable, model: Model) -> Weight:
    """The weight of a pair of records under a model. Symmetric."""
    return weigh_pattern(patterns.compare(left, right, model.population), model)


def weigh_pattern(pattern: int, model: Model) -> Weight:
    """The weight of a pattern, with the part of each field.

    A field's part is what the total gains as the field is added to those before it, in the order
    of ``FIELDS``: the parts sum to the total, and a missing field's part is 0.
    """
    steps = [0]
    for name in FIELDS:
        steps.append(steps[-1] | _only(pattern, name))
    totals = total(np.array(steps, np.uint64), model)
    gains = np.diff(totals)
    prior = Part("prior", "", float(totals[0]), f"{model.prior.records} records")
    parts = (
        Part(name, level.name, float(gain), _note(pattern, name))
        for (name, level), gain in zip(patterns.named(pattern).items(), gains, strict=True)
    )
    return Weight(pattern, float(totals[-1]), (prior, *parts))


def probability(weight: float) -> float:
    """The probability that belongs to log2 odds.

    >>> probability(0.0)
    0.5
    """
    return float(1 / (1 + np.exp2(-min(max(weight, -60.0), 60.0))))


def log_odds(chance: float) -> float:
    """The weight in bits that belongs to a probability.

    >>> log_odds(0.5)
    0.0
    """
    return float(np.log2(chance / (1 - chance)))


def _only(pattern: int, name: str) -> int:
    places = [PLACES[name], *([PLACES[f"{name}_rarity"]] if name in RARITIES else [])]
    return sum(pattern & patterns.MOST << patterns.BITS * place for place in places)


def _note(pattern: int, name: str) -> str:
    """How rare the name is on which a pair agrees, or which authorities know its children."""
    if name == "place":
        return _KNOWN.get(patterns.level(pattern, name), "")
    rarity = patterns.level(pattern, f"{name}_rarity") if name in RARITIES else 0
    return f"borne by about 1 in {2 ** (rarity + 3)}" if rarity else ""


_KNOWN = {
    int(Place.KNOWN_THERE): "an authority that knows one is of the other's home",
    int(Place.KNOWN_ELSEWHERE): "no authority that knows one is of the other's home",
}
