"""By which naming system a child is named, told from the words of the names: for figures only.

How names are formed decides which errors records have, so accuracy is stated by group. The table
is small and says only what a name looks like; a name that it does not tell is ``OTHER``.
"""

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, Self

from linkage.standardise import words
from person.compared import ComparedName
from person.names import PersonName

OTHER = "English and other"
"""What the table does not tell: most names of England, and those it lacks."""
SHORTEST = 2
"""Letters that a word has beside an ending or a beginning."""
FAMILY = 2.0
"""How much more a word of the family name tells than one of the given names."""

Place = Literal["given", "family"]
Votes = dict[str, float]
"""How strongly each naming system is told."""


class _Words(NamedTuple):
    """What the table says of the words of one place."""

    whole: dict[str, tuple[str, ...]]
    beginnings: tuple[tuple[str, str], ...]
    endings: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, place: Place) -> Self:
        """The lines of the table that speak of a place."""
        whole: dict[str, tuple[str, ...]] = {}
        beginnings, endings = [], []
        table = files("linkage").joinpath("tables", "naming_systems.txt")
        for line in table.read_text(encoding="ascii").splitlines():
            head, _, rest = line.partition(":")
            system, _, where = head.partition(" ")
            if line.startswith("#") or where not in ("any", place):
                continue
            for word in rest.split():
                if word.endswith("-"):
                    beginnings.append((word[:-1], system))
                elif word.startswith("-"):
                    endings.append((word[1:], system))
                else:
                    whole[word] = (*whole.get(word, ()), system)
        return cls(whole, tuple(beginnings), tuple(endings))

    def systems(self, word: str) -> tuple[str, ...]:
        """The systems that a word tells; an affix counts where the whole word is not listed."""
        if word in self.whole:
            return self.whole[word]
        found = [s for part, s in self.beginnings if word.startswith(part) and _holds(word, part)]
        found += [s for part, s in self.endings if word.endswith(part) and _holds(word, part)]
        return tuple(dict.fromkeys(found))


def told(names: Sequence[PersonName | ComparedName]) -> Votes:
    """How strongly the words of these names tell each naming system."""
    found = [_told("given", stated) for name in names for stated in name.given]
    return together([*found, *(_told("family", name.family) for name in names)])


def together(votes: Iterable[Votes]) -> Votes:
    """Several votes as one."""
    total: Votes = {}
    for each in votes:
        for system, strength in each.items():
            total[system] = total.get(system, 0.0) + strength
    return total


def group(votes: Votes) -> str:
    """The system that is told most; ``OTHER`` where none is, or two are alike.

    >>> group(told([PersonName(("Zuzanna",), "Kowalska")]))
    'polish'
    >>> group(told([PersonName(("Oliver",), "Smith")]))
    'English and other'
    """
    most = max(votes.values(), default=0.0)
    best = [system for system, strength in votes.items() if strength == most]
    return best[0] if len(best) == 1 else OTHER


@lru_cache(1 << 17)
def _told(place: Place, stated: str) -> Votes:
    strength = FAMILY if place == "family" else 1.0
    found = [_table(place).systems(word) for word in words(stated)]
    return together(dict.fromkeys(systems, strength / len(systems)) for systems in found if systems)


@cache
def _table(place: Place) -> _Words:
    return _Words.read(place)


def _holds(word: str, part: str) -> bool:
    return len(word) >= len(part) + SHORTEST
