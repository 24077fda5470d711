"""What a change touches: everything reachable over pairs, shared children and referred pairs."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from contactpoint.linking.judged import Edge
from contactpoint.linking.matching import AnyIndex, matching_of
from contactpoint.models import AnyModel
from linkage.decide import MARGINS, Outcome
from linkage.index import Pairs
from linkage.resolve import Pair, neighbourhoods
from linkage.weigh import log_odds


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Records that may be of each other's children, and the pairs among them."""

    ordinals: frozenset[int]
    pairs: tuple[Pair, ...]


def floor_of(model: AnyModel) -> float:
    """The weight (log2 odds) of the review threshold: pairs below it connect nothing."""
    return log_odds(model.thresholds.review)


def sure_of(model: AnyModel) -> float:
    """The weight of the link threshold: what pairs have to reach when rivals are counted."""
    return log_odds(model.thresholds.link)


def decided(pairs: Pairs, model: AnyModel) -> Iterator[Pair]:
    """Each pair with what is decided of it alone; non-links too, for they can keep apart."""
    columns = (pairs.left, pairs.right, pairs.weight, pairs.pattern)
    # The weight follows from the pattern, and many pairs have one pattern.
    matching = matching_of(model)
    known: dict[int, tuple[Outcome, float | None, bool]] = {}
    for left, right, weight, code in zip(*(c.tolist() for c in columns), strict=True):
        told = known.get(code)
        if told is None:
            outcome, reason = matching.decide(code, weight)
            told = known[code] = outcome, MARGINS.get(reason), matching.reading.crosses(code)
        yield Pair(left, right, weight, code, *told)


def group(
    ordinals: Iterable[int], pairs: Sequence[Pair], edges: Iterable[Edge]
) -> list[Neighbourhood]:
    """The neighbourhoods that records, pairs that connect, and further edges make.

    ``edges`` join records that share a child now, so that a child is always seen whole.
    """
    alone = [(ordinal, ordinal) for ordinal in ordinals]
    joined = [(p.left, p.right) for p in pairs if p.connects]
    both = np.array([*alone, *joined, *edges], np.int64).reshape(-1, 2)
    sets = neighbourhoods(both[:, 0], both[:, 1])
    place = {int(ordinal): n for n, found in enumerate(sets) for ordinal in found}
    among: list[list[Pair]] = [[] for _ in sets]
    for pair in pairs:
        where = place.get(pair.left)
        if where is not None and where == place.get(pair.right):
            among[where].append(pair)
    return [
        Neighbourhood(frozenset(int(o) for o in found), tuple(own))
        for found, own in zip(sets, among, strict=True)
    ]


def near(index: AnyIndex, ordinals: Collection[int], floor: float) -> set[int]:
    """Other records that these have pairs with, as they all stand in an index."""
    pairs = index.pairs_of(ordinals, floor)
    return {*pairs.left.tolist(), *pairs.right.tolist()}.difference(ordinals)


def reach(
    index: AnyIndex,
    changed: Iterable[int],
    floor: float,
    beside: Callable[[set[int]], set[int]],
) -> tuple[Pairs, set[int]]:
    """Pairs of the changed records and of all that they reach, and those records.

    ``beside`` gives the records that share a child with some; each record is asked about once.
    """
    known: set[int] = set()
    frontier = set(changed)
    found: list[Pairs] = []
    while frontier:
        known |= frontier
        pairs = index.pairs_of(frontier, floor)
        found.append(pairs)
        met = set(pairs.left.tolist()) | set(pairs.right.tolist())
        frontier = (met | beside(frontier)) - known
    return _together(found), known


def _together(found: Sequence[Pairs]) -> Pairs:
    """One set of pairs, each once."""
    left, right, weight, code = (
        np.concatenate([getattr(pairs, name) for pairs in found] or [np.zeros(0)])
        for name in ("left", "right", "weight", "pattern")
    )
    _, first = np.unique(np.stack([left, right], axis=1), axis=0, return_index=True)
    beyond = sum(pairs.beyond for pairs in found)
    return Pairs(
        left[first].astype(np.int64),
        right[first].astype(np.int64),
        weight[first].astype(np.float64),
        code[first].astype(np.uint64),
        beyond,
    )
