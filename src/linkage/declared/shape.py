"""The shape of a table: its declared fields in order, and the codes of their patterns."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Final

import msgspec

from linkage.declared.levels import LEVELS, Level
from person.declared import DeclaredField

RARITIES: Final = 8
"""Classes of how rare a value is; the last is for values that a model does not know."""
UNKNOWN: Final = RARITIES - 1
LARGEST: Final = 1 << 63
"""Codes of patterns are below it, so that every database holds them."""


class ShapeError(ValueError):
    """Fields that make no shape: too many, or an exchange that cannot be."""


class Shape(msgspec.Struct, frozen=True, dict=True):
    """The declared fields of the tables that are compared with each other."""

    fields: tuple[DeclaredField, ...]

    @classmethod
    def of(cls, fields: Iterable[DeclaredField]) -> "Shape":
        """A shape of these fields. Raises ShapeError."""
        shape = cls(tuple(sorted(fields, key=lambda field: field.name)))
        if shape.size > LARGEST:
            raise ShapeError("fewer fields: 15 of kind name, or 17 of kind exact")
        _ = shape.exchanges
        return shape

    @cached_property
    def id(self) -> str:
        """16 hexadecimal digits that equal shapes share, whatever order declared them."""
        text = msgspec.json.encode(self.fields)
        return blake2b(text, digest_size=8).hexdigest()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def exchanges(self) -> tuple[tuple[int, int], ...]:
        """Places of fields whose values may have changed places, the first in order first."""
        places = {field.name: place for place, field in enumerate(self.fields)}
        pairs = set()
        for place, field in enumerate(self.fields):
            other = places.get(field.exchanged_with, place)
            if field.exchanged_with and (
                other == place or {field.kind, self.fields[other].kind} != {"name"}
            ):
                raise ShapeError(f"{field.name} exchanged with another field of kind name")
            if other != place:
                pairs.add((min(place, other), max(place, other)))
        return tuple(sorted(pairs))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many states each field has: its levels, exact agreement once for each rarity."""
        return tuple(int(LEVELS[field.kind].EXACT) + RARITIES for field in self.fields)

    @cached_property
    def places(self) -> tuple[int, ...]:
        """What one step of each field's state adds to a pattern's code."""
        places, place = [], 1
        for size in self.sizes:
            places.append(place)
            place *= size
        return tuple(places)

    @property
    def size(self) -> int:
        """How many patterns there are."""
        return self.places[-1] * self.sizes[-1] if self.fields else 1

    def encode(self, states: Sequence[int]) -> int:
        """The code of a pattern."""
        return sum(state * place for state, place in zip(states, self.places, strict=True))

    def states(self, pattern: int) -> tuple[int, ...]:
        """The states that a code stands for."""
        return tuple(
            pattern // place % size for place, size in zip(self.places, self.sizes, strict=True)
        )

    def levels(self, pattern: int) -> tuple[Level, ...]:
        """The level of each field; rarities are left out."""
        return tuple(
            level_of(field, state)
            for field, state in zip(self.fields, self.states(pattern), strict=True)
        )


def level_of(field: DeclaredField, state: int) -> Level:
    """The level of a state."""
    levels = LEVELS[field.kind]
    return levels(min(state, int(levels.EXACT)))
