"""How sure a pair is when the other candidates of its two records are counted.

A record has at most one partner in another source. A candidate that is alone there is surer than
its weight says, for else the true partner would have to be hidden; one among several is less sure.
This is the posterior of a matching in which each record of one source goes with one record of the
other or with none (Fortini, Liseo, Nuccitelli and Scanu 2001; Sadinle 2017), approximated by the
candidates of the pair's two records and the candidates of those.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from functools import lru_cache
from math import log2
from typing import NamedTuple

from linkage import pattern as patterns
from linkage.compare.dates import Birth
from linkage.compare.names import Family, Given
from linkage.compare.places import Place

HIDDEN = 0.15
"""Chance that a record has no partner among its candidates of another source: none is there, or
errors hide it. Stated, not estimated: of registers that cover nearly all children, as those of
health and of schools do."""
HIDDEN_AMONG_FEW = 0.9
"""The same where the source holds few of all children: most have no record there. Stated, too."""
TWICE = 6.0
"""Bits by which a pair of one source is less likely one child where each of its establishments
holds one record of a child: some 1 in 100 is on roll twice. Stated."""
MOST = 40.0
"""Bits beyond which a weight says no more here."""


OF_ONE_SOURCE = (3, 4)
"""Where ``unrivalled`` has the weights of a pair of one source."""


def unrivalled(weight: float) -> list[float]:
    """The weight (log2 odds) of a pair whose records have no rivals, by the sources they are of.

    Of two, of which none, one or both hold few of all children; of one; and of one of whose
    establishments each holds one record of a child.
    """
    hidden = (HIDDEN * HIDDEN, HIDDEN * HIDDEN_AMONG_FEW, HIDDEN_AMONG_FEW * HIDDEN_AMONG_FEW)
    between = [min(weight, MOST) - log2(chance) for chance in hidden]
    return [*between, weight, weight - TWICE]


class Candidate(NamedTuple):
    """A pair as one of its records sees it."""

    other: int
    chances: float
    """Odds of being one child, from the weight alone."""
    is_at_home: bool
    is_known: bool = False
    """Whether people know that it is the record's partner: it goes nowhere else."""


class Candidates:
    """The candidates of each record, by the source that they are of."""

    def __init__(  # noqa: PLR0913 - what its records are known by
        self,
        pairs: Sequence[tuple[int, int, float, int]],
        source: Mapping[int, str],
        same: Callable[[int, int], bool],
        *,
        few: Set[str] = frozenset(),
        once: Set[int] = frozenset(),
        leaving: Set[int] = frozenset(),
        apart: Callable[[int, int], bool] = lambda *_: False,
    ) -> None:
        """``pairs``: left, right, weight and pattern; ``same``: whether two records are linked.

        ``few``: sources that hold few of all children. ``leaving``: records that will not be there
        for long, so that whoever goes to one is a rival elsewhere no less. ``apart``: whether two
        records are known to be two children, as by two verified numbers.
        """
        self._source, self._same, self._few, self._once = source, same, few, once
        self._leaving, self._apart = leaving, apart
        self._of: dict[tuple[int, str], list[Candidate]] = defaultdict(list)
        for left, right, weight, code in pairs:
            chances, home = 2.0 ** min(weight, MOST), _is_at_home(code)
            self._of[left, source[right]].append(Candidate(right, chances, home))
            self._of[right, source[left]].append(Candidate(left, chances, home))

    def rival(self, record: int, other: int, weight: float, code: int) -> None:
        """Let another be a rival to the record's candidates, and none of its own be one to it."""
        candidate = Candidate(other, 2.0 ** min(weight, MOST), _is_at_home(code), is_known=True)
        self._of[record, self._source[other]].append(candidate)

    def counted(self, left: int, right: int, weight: float, code: int) -> float:
        """The weight of a pair (log2 odds), rivals counted."""
        if self._source[left] == self._source[right]:
            return weight - (TWICE if {left, right} <= self._once else 0.0)
        home = _is_at_home(code)
        against = self._hidden(left) * self._hidden(right)
        against += self._rivals(left, right, at_home=home)
        against += self._rivals(right, left, at_home=home)
        return min(weight, MOST) - log2(against)

    def _rivals(self, record: int, partner: int, *, at_home: bool) -> float:
        """Odds that the record goes with another candidate of the partner's source."""
        found = 0.0
        for rival in self._of[record, self._source[partner]]:
            # Two children of one name, birth date and postcode do not exist: one child, held twice.
            twice = at_home and rival.is_at_home and not self._apart(partner, rival.other)
            if rival.other == partner or twice or self._same(partner, rival.other):
                continue
            demand = 1.0 if rival.is_known else self._demand(rival.other, record)
            found += rival.chances / demand
        return found

    def _hidden(self, record: int) -> float:
        """Chance that a record of another source has no partner where this one is from."""
        return HIDDEN_AMONG_FEW if self._source[record] in self._few else HIDDEN

    def _demand(self, rival: int, record: int) -> float:
        """How much likelier it is that the rival goes elsewhere, where it has candidates too."""
        others = self._of[rival, self._source[record]]
        elsewhere = sum(
            one.chances for one in others if one.other != record and one.other not in self._leaving
        )
        return 1 + elsewhere / HIDDEN**2


_NAMED = (Family.EXACT, Family.VARIANT, Family.ALTERNATE, Family.PART)


@lru_cache(1 << 14)
def _is_at_home(code: int) -> bool:
    """Whether forename and birth date agree exactly, and so do a family name and a home."""
    return (
        patterns.level(code, "given") == Given.EXACT
        and patterns.level(code, "family") in _NAMED
        and patterns.level(code, "birth") == Birth.EXACT
        and patterns.level(code, "place") in (Place.EXACT, Place.PAST)
    )
