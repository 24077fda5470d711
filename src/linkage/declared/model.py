"""A model of declared fields: shares of levels, frequencies, rules of blocking, thresholds."""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from linkage.declared.cells import Record
from linkage.declared.levels import LEVELS, Level, compare
from linkage.declared.shape import RARITIES, UNKNOWN, Shape, level_of
from linkage.model import LARGEST, Thresholds
from linkage.versioned import Versioned
from linkage.weigh import Part, Weight
from person.declared import Kind

Shares = dict[str, dict[str, float]]
"""Field to level to the share of pairs on that level, where neither record lacks the field."""

KIN: Final = 0.25
"""Pairs of kin for each record, before a table is seen."""
SHARED: Final = 0.5
"""Share of kin who have a value in common, before a table is seen."""
OWN: Final = 0.03
"""The same, of what tells one person from kin."""

COSTS: Final = {"false_link": 20.0, "missed": 10.0, "review": 1.0}
"""As for children: two persons taken for one cost twice what one taken for two does."""


class Rule(NamedTuple):
    """One way in which two records meet: parts of values that have to be equal."""

    codes: tuple[str, ...]
    """``field.part``, as ``linkage.declared.blocking`` names parts."""


class Frequencies(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often the values of one field occur in the table that a model was made from."""

    means: tuple[float, ...]
    """For each class of rarity, the chance that two records share a value of it, over the share
    of records that bear one."""
    common: dict[str, int] = {}
    """The values that enough records bear, by key, with their class; all others are ``UNKNOWN``."""
    filled: float = 1.0
    """Share of records that hold a value."""


class DeclaredModel(Versioned, frozen=True):
    """All that weights, blocks and decisions know of tables of one shape."""

    shape: Shape
    records: int
    """The number of records behind the prior."""
    matches: float
    """Pairs of one person for each record."""
    kin: float
    """Pairs of two who share a home or a family, for each record."""
    shared: dict[str, float]
    """For each field the share of such pairs that have its value in common, as one person's two
    records have it; empty where the table cannot tell kin from one person."""
    match: Shares
    """Shares of levels among pairs of one person."""
    other: Shares
    """Shares among pairs of two; of exact agreement, the mean over all values."""
    frequencies: dict[str, Frequencies]
    rules: tuple[Rule, ...]
    thresholds: Thresholds
    card: dict[str, str] = msgspec.field(default_factory=dict)

    @cached_property
    def prior(self) -> npt.NDArray[np.float64]:
        """log2 of the odds that a pair is of one person and not of each class of two.

        The classes are strangers and, where the model knows them, kin.
        """
        others = [self.records / 2, *([self.kin] if self.shared else [])]
        return np.asarray(np.log2(self.matches / np.array(others)))

    @cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """Bits by class of two persons, place of the field and state.

        A missing value weighs 0, and exact agreement, however common, at least 0 against every
        class: so no pair gains by a field removed.
        """
        table = np.zeros((len(self.prior), len(self.shape.fields), max(self.shape.sizes)))
        for place, field in enumerate(self.shape.fields):
            match, other = self.states_of(place)
            size = len(match)
            table[0, place, :size] = np.log2(match / other)
            if self.shared:
                shared = self.shared[field.name]
                table[1, place, :size] = np.log2(match / (shared * match + (1 - shared) * other))
            exact = int(LEVELS[field.kind].EXACT)
            table[:, place, exact:] = np.maximum(table[:, place, exact:], 0)
        return np.clip(table, -LARGEST, LARGEST)

    def states_of(self, place: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Chances of each state of a field, in pairs of one person and of strangers.

        Of exact agreement they are those over the share of records that bear a value of the class.
        """
        field = self.shape.fields[place]
        names = [level.name for level in LEVELS[field.kind] if level and level.name != "EXACT"]
        match, other = self.match[field.name], self.other[field.name]
        means = self.frequencies[field.name].means
        return (
            np.array([1.0, *(match[name] for name in names), *[match["EXACT"]] * RARITIES]),
            np.array([1.0, *(other[name] for name in names), *means]),
        )

    def rarity(self, place: int, key: str) -> int:
        """The class of a value; ``UNKNOWN`` for one that the model does not know."""
        field = self.shape.fields[place].name
        return self.frequencies[field].common.get(key, UNKNOWN)

    def pattern(self, left: Record, right: Record) -> int:
        """The code of what two records agree on. Symmetric."""
        states = []
        for place, level in enumerate(compare(left, right, self.shape)):
            exact = level == LEVELS[self.shape.fields[place].kind].EXACT
            states.append(int(level) + (self.rarity(place, left[place].key) if exact else 0))
        return self.shape.encode(states)

    def total(self, patterns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The weight of each pattern: log2 of the odds that it is of one person."""
        return np.asarray(-np.log2(np.exp2(-self.by_class(patterns)).sum(axis=0)))

    def by_class(self, patterns: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Bits by which each pattern is likelier of one person than of each class of two."""
        bits = np.repeat(self.prior[:, None], len(patterns), axis=1)
        for place, (step, size) in enumerate(self._steps):
            bits += self.weights[:, place, patterns // step % size]
        return bits

    def weigh(self, pattern: int) -> Weight:
        """The weight of a pattern, with the part of each field.

        A field's part is what the total gains as the field is added to those before it: the parts
        sum to the total, and a missing field's part is 0.
        """
        states = self.shape.states(pattern)
        steps = [pattern % (place * size) for place, size in self._steps]
        totals = self.total(np.array([0, *steps], np.int64))
        parts = [Part("prior", "", float(totals[0]), f"{self.records} records")]
        for field, state, gain in zip(self.shape.fields, states, np.diff(totals), strict=True):
            level = level_of(field, state)
            parts.append(Part(field.name, level.name, float(gain), _note(level, state)))
        return Weight(pattern, float(totals[-1]), tuple(parts))

    @property
    def _steps(self) -> Iterator[tuple[int, int]]:
        return zip(self.shape.places, self.shape.sizes, strict=True)


def _note(level: Level, state: int) -> str:
    """How rare the value is on which a pair agrees, where the model knows it."""
    rarity = state - int(level)
    if level.name != "EXACT" or rarity == UNKNOWN:
        return ""
    return f"borne by about 1 in {4**rarity * 2}"


def starting(shape: Shape, records: int = 1_000) -> DeclaredModel:
    """The model believed before a table is seen: shares stated for each kind, no frequencies."""
    kinds = {field.name: field.kind for field in shape.fields}
    other = {name: dict(_OTHER[kind]) for name, kind in kinds.items()}
    return DeclaredModel(
        shape=shape,
        records=records,
        matches=0.5,
        kin=KIN,
        shared=shared_before(shape, {name for name, kind in kinds.items() if kind == "date"}),
        match={name: dict(_MATCH[kind]) for name, kind in kinds.items()},
        other=other,
        frequencies={name: Frequencies(means=(other[name]["EXACT"],) * RARITIES) for name in kinds},
        rules=(),
        thresholds=Thresholds.from_costs(**COSTS),
        card={"made from": "nothing but its fields: shares are stated for each kind"},
    )


def shared_before(shape: Shape, own: Collection[str]) -> dict[str, float]:
    """What kin are believed to share, where these fields are a person's own; nothing for none."""
    return {name: OWN if name in own else SHARED for name in shape.names} if own else {}


def _stated(kind: Kind, *shares: float) -> Mapping[str, float]:
    """Shares in the order of the levels, from the second on; exact agreement has the rest."""
    names = [level.name for level in LEVELS[kind] if level]
    found = dict(zip(names, shares, strict=False))
    return found | {"EXACT": 1 - sum(shares)}


# Of persons' tables with some errors; a model made from a table moves them to what it finds.
_MATCH: Final[dict[Kind, Mapping[str, float]]] = {
    "exact": _stated("exact", 0.06, 0.02, 0.05),
    "name": _stated("name", 0.05, 0.02, 0.015, 0.02, 0.05, 0.02, 0.01),
    "text": _stated("text", 0.08, 0.05, 0.05, 0.1),
    "date": _stated("date", 0.03, 0.01, 0.01, 0.01, 0.01, 0.06, 0.015, 0.01),
    "number": _stated("number", 0.07, 0.03, 0.05),
}
# The share of exact agreement is the stated floor of what nobody has counted.
_OTHER: Final[dict[Kind, Mapping[str, float]]] = {
    "exact": _stated("exact", 0.975, 0.004, 0.001),
    "name": _stated("name", 0.978, 0.006, 0.0035, 0.003, 0.002, 0.0015, 0.00005),
    "text": _stated("text", 0.894, 0.095, 0.005, 0.001),
    "date": _stated("date", 0.9618, 0.028, 0.006, 0.0015, 0.0005, 0.0008, 0.0003, 0.0009),
    "number": _stated("number", 0.86, 0.01, 0.08),
}
