"""The children of a whole table at once: neighbourhoods of one form are resolved once.

What resolving depends on is which sources the members of a neighbourhood are of, which exclude each
other, and the patterns of their pairs: most are two records, and few patterns are frequent. The
plain path is ``resolve`` of each neighbourhood by itself.
"""

from collections.abc import Iterator, Sequence, Set
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from contactpoint.linking.matching import matching_of
from contactpoint.linking.neighbourhoods import decided, sure_of
from contactpoint.models import AnyModel
from events.garbage import no_collection
from linkage.compiled import forms as compiled
from linkage.distinct import Cells, numbered
from linkage.index import Pairs
from linkage.resolve import Alone, Member, Pair, Resolution, read_alone, resolve, strength
from linkage.rivals import OF_ONE_SOURCE, unrivalled

Ints = npt.NDArray[np.int64]
_Numbers = npt.NDArray[np.int32]


class Held(NamedTuple):
    """What is known of the records of a table, by their numbers from 0, beside what they state."""

    sources: tuple[str, ...]
    """Their names, ascending."""
    source: Ints
    """The place of each record's in these."""
    keys: Cells
    """Each record's key at its source."""
    exclusive: Ints
    """Two records of the same number above 0 are two children."""
    few: Set[str] = frozenset()
    """Sources that hold few of all children."""

    def members(self, records: Ints) -> list[Member]:
        """Records as resolving sees them."""
        names, few = self.sources, [name in self.few for name in self.sources]
        columns = (records, self.source[records], self.exclusive[records])
        return [
            Member(record, names[of], self.keys.text(record), str(once or ""), few=few[of])
            for record, of, once in zip(*(column.tolist() for column in columns), strict=True)
        ]


class Clusters(NamedTuple):
    """The children of a table."""

    children: Ints
    """Of each record the lowest record of its child."""
    referred: int
    """Pairs that are left to a steward."""


class _Forms(NamedTuple):
    """Neighbourhoods of several records, and which of the different forms each has."""

    ends: Ints
    members: Ints
    pair_ends: Ints
    pairs: Ints
    kinds: _Numbers
    """Of each pair of the table."""
    outcomes: Sequence[Pair]
    """A pair of each kind."""
    forms: npt.NDArray[np.int32]
    firsts: npt.NDArray[np.int32]
    """The first neighbourhood of each form."""


@no_collection()
def clusters(pairs: Pairs, held: Held, model: AnyModel) -> Clusters:
    """The children of a table of which these are the pairs that are kept.

    What is decided of a pair alone follows from its pattern.
    """
    found = _forms(pairs, held, model)
    groups: list[int] = []
    group_ends, referred = [0], 0
    counts = np.bincount(found.forms)
    for records, resolution in _resolved(found, pairs, held, model):
        child = {record: min(child) for child in resolution.children for record in child}
        groups += [child.get(record, record) for record in records]
        referred += int(counts[len(group_ends) - 1]) * len(resolution.referred)
        group_ends.append(len(groups))
    children = np.arange(len(held.source))
    compiled.label(
        found.ends, found.members, found.forms,
        np.array(group_ends), np.array(groups, np.int64), children,
    )  # fmt: skip
    return Clusters(children, referred)


def _resolved(
    found: "_Forms", pairs: Pairs, held: Held, model: AnyModel
) -> Iterator[tuple[list[int], Resolution]]:
    """The members of the first neighbourhood of each form, and how they are resolved."""
    reading, sure = matching_of(model).reading, sure_of(model)
    sizes, places = _stretches(found.ends, found.firsts)
    counts, pair_places = _stretches(found.pair_ends, found.firsts)
    members = iter(held.members(found.members[places]))
    own = found.pairs[pair_places]
    columns = (pairs.left[own], pairs.right[own], found.kinds[own])
    among = (
        Pair(left, right, *found.outcomes[kind][2:])
        for left, right, kind in zip(*(column.tolist() for column in columns), strict=True)
    )
    for size, count in zip(sizes, counts, strict=True):
        some, theirs = list(islice(members, size)), list(islice(among, count))
        resolution = resolve(some, theirs, reading=reading, sure=sure)
        yield [member.ordinal for member in some], resolution


def _stretches(ends: Ints, chosen: _Numbers) -> tuple[list[int], Ints]:
    """How long some stretches are, and the places in them, one behind the other."""
    sizes = ends[chosen + 1] - ends[chosen]
    before = np.repeat(ends[chosen] - np.cumsum(sizes) + sizes, sizes)
    return sizes.tolist(), before + np.arange(len(before))


def _forms(pairs: Pairs, held: Held, model: AnyModel) -> _Forms:
    """The neighbourhoods that the pairs of a table make, by their forms."""
    kinds, firsts = numbered(pairs.pattern)
    outcomes = list(decided(_some(pairs, firsts), model))
    joins = np.array([pair.connects for pair in outcomes], np.bool_)[kinds]
    count = len(held.source)
    lowest, numbers, places = (np.empty(count, np.int64) for _ in range(3))
    compiled.unite(pairs.left[joins], pairs.right[joins], lowest)
    ends, members = np.zeros(count + 1, np.int64), np.empty(count, np.int64)
    ends = ends[: compiled.gather(lowest, numbers, ends, members) + 1]
    compiled.put_in_order(ends, members, places, held.source, *held.keys)
    pair_ends, own = np.zeros(len(ends), np.int64), np.empty(len(pairs), np.int64)
    compiled.pairs_within(pairs.left, pairs.right, numbers, pair_ends, own)
    form_ends = np.zeros(len(ends), np.int64)
    few = np.array([name in held.few for name in held.sources], np.int64)
    written = np.empty(2 * ends[-1] + 3 * pair_ends[-1], np.int32)
    compiled.write(
        ends, members, places, pair_ends, own, pairs.left, pairs.right, kinds,
        *_unrivalled(outcomes, model), held.source, few, held.exclusive, written, form_ends,
    )  # fmt: skip
    forms = Cells(form_ends * written.itemsize, written.view(np.uint8)).numbered()
    return _Forms(ends, members, pair_ends, own, kinds, outcomes, *forms)


def _unrivalled(kinds: Sequence[Pair], model: AnyModel) -> tuple[_Numbers, _Numbers]:
    """The turn of each kind of pair, and what is asked of it where nobody has a rival, numbered.

    The latter by the sources of its records, below nothing where rivals would be counted.
    """
    reading, sure = matching_of(model).reading, sure_of(model)
    strengths = [strength(pair, reading) for pair in kinds]
    turn = {found: place for place, found in enumerate(sorted(set(strengths)))}
    numbers: dict[Alone, int] = {}
    asked = np.full((len(kinds), len(unrivalled(0.0))), -1, np.int32)
    for kind, pair in enumerate(kinds):
        for sides, weight in enumerate(unrivalled(pair.weight)):
            alone = read_alone(pair, weight, reading, sure)
            if alone and (alone.links or sides not in OF_ONE_SOURCE):
                asked[kind, sides] = numbers.setdefault(alone, len(numbers))
    return np.array([turn[found] for found in strengths], np.int32), asked


def _some(pairs: Pairs, chosen: npt.NDArray[np.integer]) -> Pairs:
    """Some of the pairs."""
    return Pairs(
        pairs.left[chosen], pairs.right[chosen], pairs.weight[chosen], pairs.pattern[chosen]
    )
