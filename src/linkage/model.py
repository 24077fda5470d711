"""A version of the model: shares of levels by class of pairs, frequencies, prior, thresholds."""

from collections.abc import Mapping
from functools import cache, cached_property, reduce
from importlib.resources import files
from operator import add
from typing import NamedTuple, Self

import msgspec
import numpy as np
import numpy.typing as npt

from linkage.pattern import BITS, FIELDS, MOST, PLACES, RARITIES
from linkage.population import Population
from linkage.versioned import Versioned

Shares = dict[str, dict[str, float]]
"""Field to level to the share of pairs on that level, where neither record lacks the field."""

MATCH = "match"
STRANGERS = ("random", "community")
OTHERS = (*STRANGERS, "sibling", "twin")
"""The classes of pairs that are two children."""

LARGEST = 20.0
"""Bits that one field may add or take, whatever the shares: rare levels are poorly known."""

RARITY_COUNTS = {
    "given": {
        "EXACT": 1.0, "EQUIVALENT": 0.85, "TYPO": 0.75, "NEAR": 0.5, "MIDDLE": 0.75, "SWAPPED": 0.5,
    },
    "family": {"EXACT": 1.0, "VARIANT": 0.75, "NEAR": 0.75},
}  # fmt: skip
"""How far a name's rarity counts on each level: agreement on a near spelling says less of it, and
so does one on a further name, or on a name in another place."""


RARITY_AGAINST = {"random": 1.0, "community": 0.6}
"""How far a rare name counts against strangers: a community shares names that are rare among all
children. Siblings and twins agree on a name whether it is rare or not."""


REMAINDERS = {
    "place": ("PAST",),
    "nhs": ("EXACT",),
    "upn": ("FORMER", "TEMPORARY"),
    "carers": ("EXACT", "MAIDEN", "FORENAME"),
}
"""What may still agree of a fact when a part of it is removed from a pair in exact agreement."""

AGREEMENTS = {"given": ("BARE",)}
"""Levels beside exact agreement at which two records state the same and nothing more."""
YOUNGER = {
    "place": {"KNOWN_THERE": "DIFFERENT", "KNOWN_ELSEWHERE": "DIFFERENT"},
    "birth": {"GUESSED": "DIFFERENT"},
}
"""Levels that an older model knows as another."""
ONE_SIDED = {"life": ("SAID_ONCE",)}
"""Levels at which one of two records says nothing."""


class Thresholds(msgspec.Struct, frozen=True):
    """Three zones by probability: link at or above ``link``, refer at or above ``review``."""

    link: float
    review: float

    @classmethod
    def from_costs(cls, *, false_link: float, missed: float, review: float) -> Self:
        """The zones of least expected cost (Fellegi and Sunter 1969; Tepping 1968).

        Costs are in any one unit: of linking two children, of missing one child's pair, and of a
        steward looking at a pair.
        """
        return cls(link=1 - review / false_link, review=review / missed)


FITTED_TO = "prior fitted to records"
"""What a card calls the number of records that the prior alone was made of."""


class Prior(msgspec.Struct, frozen=True):
    """How many pairs of each class a population of so many records holds."""

    records: int
    matches: float = 0.9
    """Pairs of one child for each record."""
    siblings: float = 1.5
    twins: float = 0.03
    community: float = 0.01
    """Share of all pairs of strangers that are of one naming community, beyond chance."""

    def odds(self) -> dict[str, float]:
        """Bits by which a pair is likelier a match than of each other class, before it is seen."""
        strangers = self.records / 2
        counts = {
            "random": strangers,
            "community": strangers * self.community,
            "sibling": self.siblings,
            "twin": self.twins,
        }
        return {name: float(np.log2(self.matches / count)) for name, count in counts.items()}


class Model(Versioned, frozen=True):
    """All that weights, blocks and decisions know; nothing of it is read from live data."""

    prior: Prior
    shares: dict[str, Shares]
    """Class (``match`` and ``OTHERS``) to the shares of its pairs."""
    thresholds: Thresholds
    population: Population
    card: dict[str, str] = msgspec.field(default_factory=dict)
    """On what the model was trained, when, and with how many records; for people."""

    @property
    def made_of(self) -> int:
        """Records of the index that its prior was made of; 0 where it is of none, as England's."""
        return int(self.card.get(FITTED_TO) or self.card.get("records") or 0)

    @staticmethod
    @cache
    def shipped() -> "Model":
        """The model that comes with the product and is in force after ``init``; read once."""
        return Model.load(files("linkage").joinpath("tables", "shipped_model.json").read_bytes())

    @cached_property
    def weights(self) -> "Weights":
        """The tables from which a pattern's weight is added up."""
        return Weights.of(self)


class Weights(NamedTuple):
    """Bits by class (in order of ``OTHERS``), place of the pattern and level."""

    prior: npt.NDArray[np.float64]
    """One for each class."""
    levels: npt.NDArray[np.float64]
    """Class x field x 16 levels; the fields of ``RARITIES`` are 0 here."""
    rarities: npt.NDArray[np.float64]
    """Class x field of ``RARITIES`` x 16 levels x 16 classes of rarity."""

    @classmethod
    def of(cls, model: Model) -> Self:
        """Add up the tables of a model.

        A missing level weighs 0, and exact agreement weighs at least 0, and at least as much as
        what may remain of it, against every class: so no pair gains by a field removed.
        """
        odds = model.prior.odds()
        levels = np.zeros((len(OTHERS), len(FIELDS), MOST + 1))
        rarities = np.zeros((len(OTHERS), len(RARITIES), MOST + 1, MOST + 1))
        for c, name in enumerate(OTHERS):
            for f, field in enumerate(FIELDS):
                row = _bits(field, model.shares[MATCH][field], model.shares[name][field])
                if field in RARITIES:
                    typical = -np.log2(model.shares["random"][field]["EXACT"])
                    counted = RARITY_AGAINST.get(name, 0.0)
                    rarities[c, RARITIES.index(field)] = _by_rarity(field, row, typical, counted)
                else:
                    levels[c, f] = row
        return cls(np.array([odds[name] for name in OTHERS]), levels, rarities)


def total(patterns: npt.NDArray[np.uint64], model: Model) -> npt.NDArray[np.float64]:
    """The weight of each pattern: log2 of the odds that it is one child, rivals not counted.

    The classes of two children are mixed by their likelihood (a mixture in the place of Fellegi
    and Sunter's one non-match class), so agreement that siblings share counts against siblings.
    """
    return np.asarray(-np.log2(np.exp2(-by_class(patterns, model)).sum(axis=0)))


def by_class(patterns: npt.NDArray[np.uint64], model: Model) -> npt.NDArray[np.float64]:
    """Bits by which each pattern is likelier a match than of each class: classes x patterns."""
    weights = model.weights
    bits = np.repeat(weights.prior[:, None], len(patterns), axis=1)
    for f, field in enumerate(FIELDS):
        if field not in RARITIES:
            bits += weights.levels[:, f, levels_at(patterns, field)]
    for r, field in enumerate(RARITIES):
        rarity = levels_at(patterns, f"{field}_rarity")
        bits += weights.rarities[:, r, levels_at(patterns, field), rarity]
    return bits


def levels_at(patterns: npt.NDArray[np.uint64], name: str) -> npt.NDArray[np.int64]:
    """The levels at one place of many patterns."""
    shift = np.uint64(BITS * PLACES[name])
    return (patterns >> shift & np.uint64(MOST)).astype(np.int64)


def starting() -> dict[str, Shares]:
    """The shares believed before any data are seen: class to field to level."""
    lines = files("linkage").joinpath("tables", "starting.txt").read_text(encoding="ascii")
    rows = [line.split() for line in lines.splitlines() if not line.startswith("#")]
    classes = (MATCH, *OTHERS)
    shares: dict[str, Shares] = {name: {} for name in classes}
    for field, level, *stated in rows:
        for name, share in zip(classes, stated, strict=True):
            known = shares[name].setdefault(field, {})
            # One by one: sum() of newer Pythons rounds otherwise, and a version has all digits.
            known[level] = 1 - reduce(add, known.values()) if share == "-" else float(share)
    return shares


def _bits(
    field: str, match: Mapping[str, float], other: Mapping[str, float]
) -> npt.NDArray[np.float64]:
    row = np.zeros(MOST + 1)
    for level in FIELDS[field]:
        name = level.name if level.name in match else YOUNGER.get(field, {}).get(level.name, "")
        # Another level that is younger than the model says nothing under it.
        if name in match:
            row[level] = np.log2(match[name] / other[name])
    row = np.clip(row, -LARGEST, LARGEST)
    row[1] = max(0, row[1], *(row[FIELDS[field][name]] for name in REMAINDERS.get(field, ())))
    for name in AGREEMENTS.get(field, ()):
        row[FIELDS[field][name]] = max(0, row[FIELDS[field][name]])
    for name in ONE_SIDED.get(field, ()):
        row[FIELDS[field][name]] = min(0, row[FIELDS[field][name]])
    return row


def _by_rarity(
    field: str, row: npt.NDArray[np.float64], typical: float, counted: float
) -> npt.NDArray[np.float64]:
    """Levels x rarity classes: a rare name weighs more where strangers agree by chance."""
    table = np.repeat(row[:, None], MOST + 1, axis=1)
    if counted:
        rarer = np.arange(MOST + 1) + 3 - typical
        rarer = np.where(rarer > 0, counted * rarer, rarer)
        for level, share in RARITY_COUNTS[field].items():
            place = FIELDS[field][level]
            gained = row[place] + share * rarer[1:]
            table[place, 1:] = np.clip(gained, -LARGEST, LARGEST)
    table[1] = np.maximum(table[1], 0)
    return table
