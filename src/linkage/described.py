"""Which of several children a person is who was described: each child's probability and grade.

The person is one of the children or none of them, so the probabilities of all sum to less than 1.
The odds of a child are those of the record of it that is most like the person, whatever the number
of its records; a record that contradicts the person hard rules the child out.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from linkage import pattern as patterns
from linkage.compare.identifiers import Nhs
from linkage.decide import MARGINS, Levels, contradiction, decide_pattern
from linkage.model import Model
from linkage.rivals import HIDDEN, MOST
from linkage.weigh import log_odds

POSSIBLE = 0.02
"""Probability from which a child is a possible match: one in fifty is looked at. Stated."""
NOBODY = HIDDEN
"""Odds that the person is none of the children: of registers that cover nearly all children."""
FLOOR = float(np.log2(NOBODY * POSSIBLE / (1 - POSSIBLE)))
"""The weight below which a child cannot be a possible match, even without a rival."""
ROUNDING = 1e-9
_NHS = patterns.BITS * patterns.PLACES["nhs"]


class Grade(StrEnum):
    """How sure it is that the person is a child, in the words of FHIR (code system match-grade)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NOT = "certainly-not"


class Likeness(NamedTuple):
    """How like the person the most like record of a child is."""

    weight: float
    """log2 of the odds of being one child, rivals not counted."""
    pattern: int
    excluded: bool = False
    """Whether a record of the child contradicts the person."""

    @property
    def odds(self) -> float:
        """Odds against nothing but chance; none where the child is excluded."""
        return 0.0 if self.excluded else float(2.0 ** min(self.weight, MOST))


class Graded(NamedTuple):
    """How sure it is that the person is a child."""

    probability: float
    grade: Grade


def likeness(compared: Iterable[tuple[float, int]]) -> Likeness:
    """The likeness of a child from weight and pattern of each of its records: one at least."""
    pairs = list(compared)
    weight, pattern = max(pairs)
    return Likeness(weight, pattern, any(_excludes(code) for _, code in pairs))


def with_number(pattern: int) -> int:
    """The pattern of a record whose child's number in this index the person is said to have.

    It says as much as a verified NHS number in common, and as little where all else differs.
    """
    if patterns.level(pattern, "nhs") == Nhs.CONTRADICTED:
        return pattern
    return pattern & ~(patterns.MOST << _NHS) | int(Nhs.VERIFIED) << _NHS


def graded(children: Sequence[Likeness], model: Model) -> list[Graded]:
    """How sure it is of each child, in their order, all of them counted as each other's rivals."""
    against = NOBODY + sum(sorted(child.odds for child in children))
    chances = [child.odds / against for child in children]
    return [
        Graded(chance, _grade(child, chance, model))
        for child, chance in zip(children, chances, strict=True)
    ]


def is_spread(sure: Iterable[Graded]) -> bool:
    """Whether it is likelier than not one of children of whom none alone is a possible match.

    So many are alike then that what is known of the person tells none of them apart.
    """
    return sum(sorted(one.probability for one in sure if one.grade is Grade.NOT)) > 0.5


def _grade(child: Likeness, chance: float, model: Model) -> Grade:
    if child.excluded or chance < POSSIBLE:
        return Grade.NOT
    # As in linking: want of rivals links what a rule leaves to a person only by its margin.
    weight = max(child.weight, log_odds(model.thresholds.review) + ROUNDING)
    outcome, reason = decide_pattern(child.pattern, weight, model)
    margin = 0.0 if outcome == "link" else MARGINS.get(reason)
    if outcome == "non_link" or chance < model.thresholds.review:
        return Grade.POSSIBLE
    if margin is not None and log_odds(chance) >= log_odds(model.thresholds.link) + margin:
        return Grade.CERTAIN
    return Grade.PROBABLE


@lru_cache(1 << 14)
def _excludes(pattern: int) -> bool:
    return bool(contradiction(Levels.of(pattern)))
