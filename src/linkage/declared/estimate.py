"""A model made from a table: frequencies, rules, and shares of levels, with no answers known.

Frequencies and the shares of strangers are counted: of exact agreement from how often each value
occurs, of the other levels on random pairs. The shares of matches are found by
expectation-maximisation over the patterns of all pairs: those that never met count as strangers,
so the prior is that of any two records, and agreement that two parts of a rule force is no
evidence (Fellegi and Sunter 1969; Winkler 1988). Matches among the pairs that were counted as
strangers are taken out again, as far as they are likely.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from linkage.compiled import declared as compiled
from linkage.declared.blocking import LOOKED_AT, Filing, choose
from linkage.declared.index import DeclaredIndex
from linkage.declared.levels import LEVELS
from linkage.declared.model import (
    OWN,
    DeclaredModel,
    Frequencies,
    Rule,
    Shares,
    shared_before,
    starting,
)
from linkage.declared.shape import RARITIES, UNKNOWN, Shape
from linkage.model import Model

FEWEST: Final = 20
"""Records that have to bear a value before a model names it."""
RANDOM_PAIRS: Final = 300_000
PULL: Final = 40.0
"""Pairs for which the starting belief counts."""
STRANGE: Final = 20.0
"""Random pairs for which the starting belief counts."""
ROUNDS: Final = 200
PASSES: Final = 2
"""How often strangers are counted again without the matches found."""
FEWEST_MATCHES: Final = 0.02
"""Pairs of one person for each record that a model expects at least: a table that holds nobody
twice may be the first of two."""
FORENAMES: Final = 0.6
"""Share of values that are known forenames, above which a field is taken to hold forenames: some
40 % of English family names are forenames too."""
SELDOM_OTHER: Final = 0.1
"""The most that a forename is believed to differ between two records of one person."""
LEAST_KIN: Final = 0.01
"""Pairs of kin for each pair of one person, below which a table has no families to speak of."""
LEAST_BY_NAME: Final = 0.25
"""The same, where kin are known by the forename alone: some matches differ in that."""
SETTLED: Final = 1e-5
"""Change of the share of matches at which the rounds end."""
LIGHT: Final = -12.0
"""Weight under the starting belief below which a pair is taken for strangers unseen."""

Floats = npt.NDArray[np.float64]


class Counts(NamedTuple):
    """Distinct patterns, and how many pairs show each."""

    patterns: npt.NDArray[np.int64]
    pairs: Floats


def train(index: DeclaredIndex, *, seed: int = 0) -> DeclaredModel:
    """A model of the index's records. The same records and seed give the same model."""
    table = _Table(index)
    begun = table.surveyed()
    under = index.under(begun)
    found = under.pairs_within(LIGHT)
    met = _counts(found.pattern)
    drawn = _counts(under.random_patterns(RANDOM_PAIRS, seed))
    model = table.fitted(begun, drawn, met)
    if model.shared and model.kin < _least_kin(model) * model.matches:
        model = table.fitted(replace(begun, shared={}), drawn, met)
    card = {
        "records": str(len(index)),
        "fields": ", ".join(model.shape.names),
        "pairs compared": str(len(found)),
        "patterns": str(len(met.patterns)),
        "pairs of one person": str(round(model.matches * model.records)),
        "pairs of kin": str(round(model.kin * model.records)) if model.shared else "not told apart",
    }
    return replace(model, rules=table.rules(model), card=card)


def fitted(model: DeclaredModel, belief: DeclaredModel, met: Counts) -> DeclaredModel:
    """The model whose matches and kin fit best what met; strangers' shares stay as they are."""
    for round_ in range(ROUNDS):
        classes = posterior(model, met)
        likely = classes.match * met.pairs
        before, found = model.matches, float(likely.sum()) / model.records
        matches = max(found, FEWEST_MATCHES)
        model = replace(
            model,
            matches=matches,
            match=_of_one(_shares(belief.match, met, likely, model), belief),
            kin=(float((classes.kin * met.pairs).sum()) + 1.0) / model.records,
            shared=_shared(model, belief, met, classes.kin * met.pairs),
        )
        if round_ and abs(matches - before) < SETTLED:
            break
    return model


def _of_one(shares: Shares, belief: DeclaredModel) -> Shares:
    """Shares of matches, in which a forename by which kin are known seldom differs.

    With it alone to go by, matches would take kin in. Dates hold by themselves, and some tables
    have most of them wrong.
    """
    names = {field.name for field in belief.shape.fields if field.kind == "name"}
    own = {name for name in names if belief.shared.get(name, 1.0) <= OWN}
    return {
        name: _at_most(levels, "DIFFERENT", SELDOM_OTHER) if name in own else levels
        for name, levels in shares.items()
    }


def _at_most(levels: dict[str, float], level: str, most: float) -> dict[str, float]:
    excess = levels[level] - most
    if excess <= 0:
        return levels
    scale = (1 - most) / (1 - levels[level])
    return {name: most if name == level else share * scale for name, share in levels.items()}


class Classes(NamedTuple):
    """For each pattern the chances that a pair of it is of one person, and of kin."""

    match: Floats
    kin: Floats


def posterior(model: DeclaredModel, counts: Counts) -> Classes:
    """How likely each pattern is of each class."""
    against = np.exp2(-np.clip(model.by_class(counts.patterns), -60, 60))
    match = 1 / (1 + against.sum(axis=0))
    kin = match * against[1] if model.shared else np.zeros(len(match))
    return Classes(match, kin)


def _shared(
    model: DeclaredModel, belief: DeclaredModel, met: Counts, mass: Floats
) -> dict[str, float]:
    """For each field the share of kin that have its value in common.

    What the belief takes to be a person's own is not found to be more shared than that: it is by
    what is their own that kin are known.
    """
    found: dict[str, float] = {}
    for place, field in enumerate(model.shape.fields if model.shared else ()):
        match, other = model.states_of(place)
        share = model.shared[field.name]
        states = _states(model.shape, met, place)
        common = share * match / (share * match + (1 - share) * other)
        seen = mass * (states > 0)
        held = float((seen * common[states]).sum()) + PULL * belief.shared[field.name]
        most = OWN if belief.shared[field.name] <= OWN else 1.0
        found[field.name] = min(held / (float(seen.sum()) + PULL), most)
    return found


class _Table:
    """What is counted once of a table."""

    def __init__(self, index: DeclaredIndex) -> None:
        self._shape: Shape = index.model.shape
        self._records = max(len(index), 2)
        self._believed = starting(self._shape).other
        rows = index.rows()
        words = index.coder.names.words, index.coder.codes.words
        self._values = {
            field.name: _Values.of(rows[:, column], words[field.kind != "name"])
            for field, column in zip(self._shape.fields, index.coder.at, strict=True)
        }
        self._forenames = _forenames(index)
        looked_at = rows
        if len(rows) > LOOKED_AT:
            some = np.random.default_rng(0).choice(len(rows), LOOKED_AT, replace=False)
            looked_at = rows[np.sort(some)]
        self._filing = Filing(index.coder, looked_at)

    def surveyed(self) -> DeclaredModel:
        """The starting belief, with the table's own frequencies, and rules for it."""
        belief = starting(self._shape, self._records)
        if not belief.shared:
            belief = replace(belief, shared=shared_before(self._shape, self._forenames))
        model = self._counted(belief, belief.other, {})
        return replace(model, rules=self.rules(model))

    def rules(self, model: DeclaredModel) -> tuple[Rule, ...]:
        """The rules for a model of this table."""
        filled = {name: each.filled for name, each in model.frequencies.items()}
        return choose(self._filing, self._shape, model.match, filled, self._records)

    def fitted(self, belief: DeclaredModel, drawn: Counts, met: Counts) -> DeclaredModel:
        """The model that fits best what was drawn and what met, from a belief on."""
        model = belief
        for _ in range(PASSES):
            model = fitted(self.with_strangers(model, belief, drawn, met), belief, met)
        return model

    def with_strangers(
        self, model: DeclaredModel, belief: DeclaredModel, drawn: Counts, met: Counts
    ) -> DeclaredModel:
        """The model with shares of strangers, matches as far as it knows them left out."""
        classes = posterior(model, drawn)
        strange = (1 - classes.match - classes.kin) * drawn.pairs
        shares = _shares(belief.other, drawn, strange, model, pull=STRANGE)
        return self._counted(model, shares, self._near(model, met))

    def _near(self, model: DeclaredModel, met: Counts) -> dict[str, Floats]:
        """How many pairs that are no strangers' agree exactly on a value of each rarity."""
        classes = posterior(model, met)
        likely = (classes.match + classes.kin) * met.pairs
        found = {}
        for place, field in enumerate(self._shape.fields):
            states = _states(self._shape, met, place)
            counts = np.bincount(states, likely, minlength=self._shape.sizes[place])
            exact = counts[int(LEVELS[field.kind].EXACT) :]
            found[field.name] = exact.astype(np.float64)
        return found

    def _counted(
        self, model: DeclaredModel, shares: Shares, matched: dict[str, Floats]
    ) -> DeclaredModel:
        """The model with these shares of strangers, but of exact agreement what was counted."""
        frequencies, other = {}, {}
        for name, values in self._values.items():
            nothing = np.zeros(RARITIES)
            means = values.means(matched.get(name, nothing), self._believed[name]["EXACT"])
            filled = values.held / self._records
            frequencies[name] = Frequencies(tuple(means.tolist()), values.common, filled)
            exact = float(means @ values.borne)
            rest = {level: share for level, share in shares[name].items() if level != "EXACT"}
            scale = (1 - exact) / sum(rest.values())
            other[name] = {level: share * scale for level, share in rest.items()}
            other[name]["EXACT"] = exact
        return replace(model, frequencies=frequencies, other=other)


def _least_kin(model: DeclaredModel) -> float:
    has_date = any(field.kind == "date" for field in model.shape.fields)
    return LEAST_KIN if has_date else LEAST_BY_NAME


def _forenames(index: DeclaredIndex) -> list[str]:
    """The fields of kind ``name`` most values of which begin with a known forename."""
    known = Model.shipped().population.is_forename
    rows, words = index.rows(), index.coder.names.words
    found = []
    for field, column in zip(index.model.shape.fields, index.coder.at, strict=True):
        if field.kind == "name":
            codes, counts = np.unique(rows[:, column + compiled.OWN], return_counts=True)
            is_known = np.array([known(words[code]) for code in codes.tolist()], np.bool_)
            if counts[is_known].sum() > FORENAMES * counts[codes != 0].sum():
                found.append(field.name)
    return found


class _Values(NamedTuple):
    """How often the values of one field occur, by class of rarity."""

    held: int
    """Records that hold a value."""
    borne: Floats
    """Share of those that hold a value of each class."""
    pairs: Floats
    """Pairs of records that share a value of each class."""
    common: dict[str, int]

    @classmethod
    def of(cls, column: npt.NDArray[np.int32], words: Sequence[str]) -> Self:
        """Count a column of codes; values that enough records bear have a class of their own."""
        codes, counts = np.unique(column[column != 0], return_counts=True)
        held = int(counts.sum())
        rarities = np.minimum(np.log2(max(held, 1) / counts) // 2, UNKNOWN - 1).astype(np.int64)
        rarities[counts < FEWEST] = UNKNOWN
        named = zip(codes.tolist(), rarities.tolist(), strict=True)
        return cls(
            held=held,
            borne=_sums(rarities, counts / max(held, 1)),
            pairs=_sums(rarities, counts * (counts - 1.0) / 2),
            common={words[code]: rarity for code, rarity in named if rarity != UNKNOWN},
        )

    def means(self, matched: Floats, belief: float) -> Floats:
        """The chance that strangers share a value of each class, over the share who bear one.

        What was believed counts as much as so many pairs as it lets expect one such pair among:
        a small table says little, and no table that strangers never share a value. Where the table
        has no value of a class, it is that of the class's most frequent one.
        """
        every = self.held * (self.held - 1) / 2 + 1 / belief
        shared = (np.maximum(self.pairs - matched, 0.0) + self.borne) / every
        unseen = np.exp2(-2.0 * np.arange(RARITIES))
        return np.where(self.borne > 0, shared / np.maximum(self.borne, 1e-9), unseen)


def _sums(rarities: npt.NDArray[np.int64], amounts: Floats) -> Floats:
    return np.bincount(rarities, amounts, minlength=RARITIES).astype(np.float64)


def _shares(
    belief: Shares, counts: Counts, mass: Floats, model: DeclaredModel, pull: float = PULL
) -> Shares:
    """Shares of levels among pairs that count so much each, pulled towards a belief."""
    found: Shares = {}
    for place, field in enumerate(model.shape.fields):
        levels = LEVELS[field.kind]
        states = np.minimum(_states(model.shape, counts, place), int(levels.EXACT))
        seen = np.bincount(states, mass, minlength=len(levels))
        whole = float(seen[1:].sum()) + pull
        found[field.name] = {
            level.name: (float(seen[level]) + pull * belief[field.name][level.name]) / whole
            for level in levels
            if level
        }
    return found


def _states(shape: Shape, counts: Counts, place: int) -> npt.NDArray[np.int64]:
    return np.asarray(counts.patterns // shape.places[place] % shape.sizes[place])


def _counts(patterns: npt.NDArray[Any]) -> Counts:
    found, pairs = np.unique(patterns.astype(np.int64), return_counts=True)
    return Counts(found, pairs.astype(np.float64))
