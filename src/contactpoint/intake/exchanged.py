"""Whether a file has its name columns exchanged: asked of both name tables, never of one.

Some 40 % of English family names are also forenames, so a name that stands in the other table says
nothing by itself; what counts is whether the pair is commoner as it stands or the other way round.
"""

from linkage.model import Model
from linkage.population import Population
from linkage.standardise import words
from person.names import PersonName

FEWEST = 10
"""Rows that have to tell before a file is held."""


class Telling:
    """Tells of one name at a time; remembers nothing."""

    def __init__(self, population: Population) -> None:
        self._population = population

    def __call__(self, name: PersonName) -> int:
        """1 where likelier exchanged, -1 where not, 0 where it cannot be said."""
        given = words(name.given[0]) if name.given else ()
        family = words(name.family)
        if not given or not family:
            return 0
        forename, surname = self._population.forename_rarity, self._population.family_rarity
        stands = forename(given[0]) + surname(family[-1])
        swapped = forename(family[-1]) + surname(given[0])
        return (swapped < stands) - (swapped > stands)


def most_are_exchanged(exchanged: int, in_place: int) -> bool:
    """Whether most of the rows that tell are likelier exchanged."""
    return exchanged >= FEWEST and exchanged > in_place


def shipped() -> Telling:
    """The question, with the frequencies of the model that comes with the product."""
    return Telling(Model.shipped().population)
