"""What a model knows of the population: how common names are, default days, communal places."""

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from linkage import lexicon

COMMONEST, RAREST = 1, 12
"""Classes of how rare a name is: class k is borne by about 1 in 2 ** (k + 3)."""
TITLE = 3
"""The class, at most, of a title in the place of a family name: those who bear it are many."""


class Population(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """Frequencies frozen into a model. A name unknown to it counts as ``RAREST``."""

    forenames: dict[str, str] = {}
    """Rarity class to the forenames of that class, separated by blanks."""
    families: dict[str, str] = {}
    """The same, among those who bear the same forename: names go by community."""
    default_days: tuple[int, ...] = (101,)
    """Days (``MMDD``) that forms hold where the day of birth is not known."""
    communal: tuple[str, ...] = ()
    """Postcodes (without blank) of hostels, homes and refuges, where strangers live."""

    def forename_rarity(self, name: str) -> int:
        """Rarity class of a forename."""
        return self.forename_classes.get(name, RAREST)

    def family_rarity(self, name: str) -> int:
        """Rarity class of a family name."""
        found = self.family_classes.get(name, RAREST)
        return min(found, TITLE) if name in lexicon.TITLES else found

    def is_forename(self, name: str) -> bool:
        """Whether enough children bear a forename so spelled; else it may be a typing error.

        Of two forenames nearly alike the one that hardly anybody bears is likelier a slip of the
        other than the name of a twin.
        """
        return self.forename_rarity(name) < RAREST

    def is_default_day(self, birth: int) -> bool:
        """Whether a birth date falls on a day that forms hold where none is known."""
        return birth % 10000 in self.default_days

    @cached_property
    def communal_places(self) -> frozenset[str]:
        """The communal postcodes as a set."""
        return frozenset(self.communal)

    @cached_property
    def forename_classes(self) -> dict[str, int]:
        """The rarity class of each forename that is known."""
        return _by_name(self.forenames)

    @cached_property
    def family_classes(self) -> dict[str, int]:
        """The same of family names."""
        return _by_name(self.families)


def rarity(share: float) -> int:
    """The class of a name that this share of children bears.

    >>> rarity(1 / 16), rarity(1 / 1024), rarity(0.0)
    (1, 7, 12)
    """
    steps = range(COMMONEST, RAREST)
    return next((k for k in steps if share > 2.0 ** -(k + 3.5)), RAREST)


def by_class(shares: Iterable[tuple[str, float]]) -> dict[str, str]:
    """Names with the share of children that bear each, as a population holds them."""
    found: dict[int, list[str]] = {}
    for name, share in shares:
        found.setdefault(rarity(share), []).append(name)
    return {str(k): " ".join(sorted(names)) for k, names in sorted(found.items())}


def _by_name(classes: Mapping[str, str]) -> dict[str, int]:
    return {name: int(k) for k, names in classes.items() for name in names.split()}
