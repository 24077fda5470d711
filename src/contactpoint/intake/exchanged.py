"""Whether a file has its name columns exchanged: asked of both name tables, never of one.

Some 40 % of English family names are also forenames, so a name that stands in the other table says
nothing by itself; what counts is whether the pair is commoner as it stands or the other way round.
"""

from functools import lru_cache, partial

from linkage.model import Model
from linkage.population import Population
from linkage.standardise import words

MOST = 100_000
"""Names whose rarities are held in memory: most come again and again."""
FEWEST = 10
"""Rows that have to tell before a file is held."""


class Telling:
    """Tells of one name at a time."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._first = lru_cache(maxsize=MOST)(partial(self._rarities, 0))
        self._last = lru_cache(maxsize=MOST)(partial(self._rarities, -1))

    def __call__(self, forename: str, family_name: str) -> int:
        """1 where likelier exchanged, -1 where not, 0 where it cannot be said."""
        given, family = self._first(forename), self._last(family_name)
        if given is None or family is None:
            return 0
        stands, swapped = given[0] + family[1], family[0] + given[1]
        return (swapped < stands) - (swapped > stands)

    def _rarities(self, which: int, text: str) -> tuple[float, float] | None:
        """How rare a word of the text is as forename and as family name; None without a word."""
        found = words(text)
        if not found:
            return None
        word = found[which]
        return self._population.forename_rarity(word), self._population.family_rarity(word)


def most_are_exchanged(exchanged: int, in_place: int) -> bool:
    """Whether most of the rows that tell are likelier exchanged."""
    return exchanged >= FEWEST and exchanged > in_place


def shipped() -> Telling:
    """The question, with the frequencies of the model that comes with the product."""
    return Telling(Model.shipped().population)
