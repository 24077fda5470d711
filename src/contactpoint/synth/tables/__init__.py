"""Tables of names and places that the invented population is drawn from, and how to draw."""

import csv
import tomllib
from bisect import bisect
from collections.abc import Mapping, Sequence, Set
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise
from random import Random
from typing import Any


class Weighted:
    """Values drawn with fixed weights.

    >>> Weighted(["a", "b"], [1, 0]).draw(Random(1))
    'a'
    """

    __slots__ = ("_bounds", "values")

    def __init__(self, values: Sequence[str], weights: Sequence[float]) -> None:
        self.values = tuple(values)
        self._bounds = tuple(accumulate(weights))

    def draw(self, rng: Random) -> str:
        """Draw one value."""
        last = len(self.values) - 1
        return self.values[min(bisect(self._bounds, rng.random() * self._bounds[-1]), last)]

    def favouring(self, some: Set[str], share: float) -> "Weighted":
        """Give the same values, but so large a share of the draws to some of them, evenly.

        >>> Weighted(["a", "b"], [1, 0]).favouring({"b"}, 0.99).draw(Random(1))
        'b'
        """
        weights = [high - low for low, high in pairwise((0, *self._bounds))]
        more = sum(weights) * share / (1 - share) / len(some)
        both = zip(self.values, weights, strict=True)
        return Weighted(self.values, [w + more * (value in some) for value, w in both])


def by_rank(values: Sequence[str]) -> Weighted:
    """Weigh values listed from the commonest on as names are: Zipf's law, a little flattened."""
    return Weighted(values, [1 / (rank + 2) ** 0.9 for rank in range(len(values))])


def _text(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def words(text: str) -> tuple[str, ...]:
    """Give the words of a list written as text, in order."""
    return tuple(text.split())


@cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Give the rows of one of the CSV tables, whose first line names its source."""
    lines = _text(name).splitlines()
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


@cache
def communities() -> Mapping[str, Mapping[str, Any]]:
    """Give the naming systems by key: share, rule, and lists of names as blank-separated text."""
    return tomllib.loads(_text("communities.toml"))


@cache
def groups(name: str) -> tuple[tuple[str, ...], ...]:
    """Give the lines of a table of names that belong together, each line split into its names."""
    return tuple(
        tuple(line.split()) for line in _text(name).splitlines() if not line.startswith("#")
    )
