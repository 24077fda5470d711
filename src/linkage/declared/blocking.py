"""Which records of a table of another shape meet: rules over parts of values, chosen for it.

A part is a piece of a value that survives some of the errors that values have: the whole, how a
name begins to sound, the longest word of a line, year and month of a date. A rule asks that one or
two parts be equal. Rules are chosen by the matches that they would find and others would not, as
far as the model's shares and the table's own blanks tell, within a bound on what they cost.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from itertools import combinations
from typing import Final, NamedTuple

import jellyfish
import numpy as np
import numpy.typing as npt

from linkage.declared.cells import Record
from linkage.declared.coding import Coder, Ints
from linkage.declared.levels import LEVELS, Date, Level, Name, Text
from linkage.declared.model import DeclaredModel, Rule, Shares
from linkage.declared.shape import Shape
from person.declared import Kind

Keys = npt.NDArray[np.uint64]
"""A key for each row, 0 where it has none."""

MOST_RULES: Final = 14
COST: Final = 100.0
"""Pairs for each record that all rules together may make in a table like the model's."""
ONE_COST: Final = COST / 4
"""Pairs for each record that one rule may make."""
AGAIN: Final = 0.1
"""What it is worth to find a match another time: errors of one record come together more often
than drawn ones do."""
LEAST: Final = 1e-3
"""Share of matches that a rule has to be worth."""
DRAWN: Final = 8_192
"""Matches drawn to see which rules would find them."""
LOOKED_AT: Final = 20_000
"""Rows from which the cost of a rule is told."""


class Part(NamedTuple):
    """A piece of a value."""

    name: str
    survives: dict[Level, float]
    """Chance that the part is equal where the values agree on a level; exact agreement is 1."""


PARTS: Final[dict[Kind, tuple[Part, ...]]] = {
    "exact": (Part("whole", {}),),
    "name": (
        Part("whole", {}),
        Part("sound", {Name.VARIANT: 0.6, Name.NEAR: 0.6, Name.PART: 0.5, Name.CLOSE: 0.2}),
        Part("start", {Name.VARIANT: 0.5, Name.NEAR: 0.6, Name.PART: 0.5, Name.SHORT: 0.8}),
    ),
    "text": (
        Part("whole", {}),
        Part("longest", {Text.MOST: 0.8, Text.NEAR: 0.4, Text.SOME: 0.4}),
    ),
    "date": (
        Part("whole", {}),
        Part("month", {Date.SLIP: 0.33, Date.OTHER_DAY: 1.0, Date.COMPATIBLE: 0.5}),
        Part("day", {Date.SLIP: 0.5, Date.OTHER_YEAR: 1.0}),
        Part("year", {Date.SLIP: 0.5, Date.OTHER_DAY: 1.0, Date.OTHER_MONTH: 1.0, Date.SWAPPED: 1.0,
                      Date.NEAR: 0.5, Date.COMPATIBLE: 1.0}),
    ),
    "number": (Part("whole", {}),),
}  # fmt: skip
"""What a rule may ask of a field. Of exchanged fields ``either`` besides: both sounds, sorted."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


class Filing:
    """The parts of many records, each found once, and the keys that rules make of them."""

    def __init__(self, coder: Coder, rows: Ints) -> None:
        self._coder, self._rows = coder, rows
        self._places = dict(zip(coder.shape.names, coder.at, strict=True))
        self._kinds = {field.name: field.kind for field in coder.shape.fields}
        self._found: dict[str, Keys] = {}
        self._per_word: dict[Callable[[str], str], tuple[Keys, Keys]] = {}

    def keys(self, rule: Rule, place: int) -> Keys:
        """The key of each row under a rule, different from those of rules at other places."""
        key = np.full(len(self._rows), place + 1, np.uint64)
        is_known = np.ones(len(self._rows), np.bool_)
        for code in rule.codes:
            values = self.part(code)
            is_known &= values != 0
            key = _mixed(key ^ values)
        return np.where(is_known, np.maximum(key, 1), 0).astype(np.uint64)

    def part(self, code: str) -> Keys:
        """One part of each row as a number; 0 where the value is missing."""
        if code not in self._found:
            field, _, part = code.rpartition(".")
            self._found[code] = self._part(field, part)
        return self._found[code]

    def _part(self, field: str, part: str) -> Keys:
        if part == "either":
            other = next(f.exchanged_with for f in self._coder.shape.fields if f.name == field)
            one, two = self.part(f"{field}.sound"), self.part(f"{other}.sound")
            both = _mixed(np.minimum(one, two)) ^ np.maximum(one, two)
            return np.where((one != 0) & (two != 0), both, 0).astype(np.uint64)
        column = self._places[field]
        if part == "whole":
            column_values = self._rows[:, column]
            return self._hashed(column_values, _itself, named=self._kinds[field] == "name")
        if self._kinds[field] == "date":
            return self._hashed(self._rows[:, column], _OF_DATES[part], named=False)
        if part == "longest":
            return self._hashed(self._rows[:, column + 3], _itself, named=False)
        of_name = _sound if part == "sound" else _start
        return self._hashed(self._rows[:, column + 2], of_name, named=True)

    def _hashed(self, codes: Ints, of: Callable[[str], str], *, named: bool) -> Keys:
        """What a function gives for the words of a column, as numbers that stay the same."""
        words = self._coder.names.words if named else self._coder.codes.words
        distinct, places = np.unique(codes, return_inverse=True)
        found = [_number(of(words[code])) if code else 0 for code in distinct.tolist()]
        return np.array(found, np.uint64)[places]


def shared_rules(left: Record, right: Record, model: DeclaredModel) -> tuple[str, ...]:
    """The rules of a model under which two records meet, in words."""
    coder = Coder(model.shape, model.rarity)
    filing = Filing(coder, np.array([coder.row(left), coder.row(right)], np.int32))
    keys = [filing.keys(rule, place) for place, rule in enumerate(model.rules)]
    return tuple(
        " and ".join(code.replace(".", " ") for code in rule.codes)
        for rule, (one, other) in zip(model.rules, keys, strict=True)
        if one and one == other
    )


def choose(
    filing: Filing, shape: Shape, shares: Shares, filled: dict[str, float], records: int
) -> tuple[Rule, ...]:
    """The rules for tables of so many records that are like those filed."""
    parts = _parts(shape)
    kept = _survivals(shape, parts, shares, filled)
    rules = [Rule((one,)) for one in parts]
    rules += [Rule(pair) for pair in combinations(parts, 2) if _fields(pair[0]) != _fields(pair[1])]
    finds = [np.logical_and.reduce([kept[code] for code in rule.codes]) for rule in rules]
    # Only what finds enough is worth the price of being counted.
    able = [place for place, found in enumerate(finds) if found.mean() >= 0.05]
    costs = {place: filing_cost(filing.keys(rules[place], place), records) for place in able}
    chosen: list[int] = []
    worth = np.ones(DRAWN)
    left = COST
    while len(chosen) < MOST_RULES:
        gains = {
            place: float(worth[finds[place]].sum())
            for place, cost in costs.items()
            if cost <= min(left, ONE_COST)
            and not any(finds_nothing_else(rules[place], rules[one]) for one in chosen)
        }
        best = max(gains, key=lambda place: (gains[place], -costs[place]), default=-1)
        if best < 0 or gains[best] < DRAWN * LEAST:
            break
        chosen.append(best)
        left -= costs[best]
        worth[finds[best]] *= AGAIN
    return tuple(rules[place] for place in chosen)


def finds_nothing_else(rule: Rule, other: Rule) -> bool:
    """Whether all that meets under a rule meets under another one too."""
    return all(any(_implies(code, wanted) for code in rule.codes) for wanted in other.codes)


def _implies(code: str, other: str) -> bool:
    """Whether values that have one part in common have the other: of a whole all its parts."""
    parts_of_whole = code.endswith(".whole") and not other.endswith(".either")
    return code == other or (parts_of_whole and _fields(code) == _fields(other))


def filing_cost(keys: Keys, records: int) -> float:
    """Pairs for each record that a rule makes in a table of so many records like this one."""
    _, counts = np.unique(keys[keys != 0], return_counts=True)
    size = max(len(keys), 2)
    shared = float((counts * (counts - 1.0)).sum()) / (size * (size - 1.0))
    return shared * records / 2


def _parts(shape: Shape) -> list[str]:
    codes = [f"{field.name}.{part.name}" for field in shape.fields for part in PARTS[field.kind]]
    either = [f"{field.name}.either" for field in shape.fields if field.exchanged_with]
    return codes + either


def _fields(code: str) -> str:
    return code.rpartition(".")[0]


def _survivals(
    shape: Shape, parts: Sequence[str], shares: Shares, filled: dict[str, float]
) -> dict[str, npt.NDArray[np.bool_]]:
    """For each part, in which of many drawn matches it is equal. The same on each call."""
    rng = np.random.default_rng(0)
    kept: dict[str, npt.NDArray[np.bool_]] = {}
    for field in shape.fields:
        levels = [level for level in LEVELS[field.kind] if level]
        weights = np.array([shares[field.name][level.name] for level in levels])
        drawn = rng.choice(len(levels), DRAWN, p=weights / weights.sum())
        is_there = rng.random(DRAWN) < filled[field.name] ** 2
        luck = rng.random(DRAWN)
        for part in PARTS[field.kind]:
            chances = [
                1.0 if level.name == "EXACT" else part.survives.get(level, 0.0) for level in levels
            ]
            kept[f"{field.name}.{part.name}"] = is_there & (luck < np.array(chances)[drawn])
        if field.exchanged_with:
            exchanged = is_there & (drawn == int(Name.EXCHANGED) - 1)
            kept[f"{field.name}.either"] = exchanged
    for field in shape.fields:
        if field.exchanged_with:
            sounds = kept[f"{field.name}.sound"] & kept[f"{field.exchanged_with}.sound"]
            kept[f"{field.name}.either"] |= sounds
    return {code: kept[code] for code in parts}


def _itself(word: str) -> str:
    return word


def _sound(word: str) -> str:
    """Soundex of a name's first word; a name of digits has none of its own."""
    return str(jellyfish.soundex(word)) if word.isalpha() else word


def _start(word: str) -> str:
    return word[:4]


_OF_DATES: Final[dict[str, Callable[[str], str]]] = {
    "year": lambda digits: digits[:4],
    "month": lambda digits: digits[:6] if len(digits) >= 6 else "",
    "day": lambda digits: digits[4:] if len(digits) == 8 else "",
}


def _number(text: str) -> int:
    """A number from 1 that stands for a text, the same in every installation."""
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1


def _mixed(values: Keys) -> Keys:
    """Numbers spread over all 64 bits (Steele, Lea and Flood 2014, SplitMix64)."""
    with np.errstate(over="ignore"):
        values = values + _MIX
        values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ values >> np.uint64(31))
