"""A table resolved by the forms of its neighbourhoods is what resolving each one gives."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from contactpoint.linking.clusters import Held, clusters
from contactpoint.linking.neighbourhoods import decided, group, sure_of
from linkage.distinct import Cells
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.resolve import resolve
from tests.linkage.strategies import comparables

MODEL = Model.shipped()
SOURCES = ("clinic", "register", "school")
LOWEST = -200.0


@st.composite
def tables(draw):
    """Patterns of invented records' pairs, joined to neighbourhoods at random; what is known."""
    records = draw(st.lists(comparables(), min_size=2, max_size=6))
    index = Index(MODEL)
    index.put((n, 0, record) for n, record in enumerate(records))
    seen = index.pairs_within(LOWEST)
    count = draw(st.integers(2, 14))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    joined = draw(st.lists(ends.filter(lambda e: e[0] < e[1]), unique=True)) if len(seen) else []
    drawn = draw(st.lists(st.integers(0, max(0, len(seen) - 1)), min_size=91, max_size=91))
    which = np.array(drawn[: len(joined)], np.int64)
    left, right = np.array(sorted(joined), np.int64).reshape(-1, 2).T
    pairs = Pairs(left, right, seen.weight[which] + 8, seen.pattern[which])
    source = np.array(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    keys = draw(st.permutations([f"{n % 3}{n}" for n in range(count)]))
    exclusive = np.array(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    few = draw(st.sets(st.sampled_from(SOURCES)))
    return pairs, Held(SOURCES, source, Cells.of(keys), exclusive, few)


@given(tables())
@settings(max_examples=300, deadline=None)
def test_neighbourhoods_of_one_form_are_resolved_as_each_would_be(table):
    pairs, held = table
    children, referred = np.arange(len(held.source)), 0
    for one in group(range(len(held.source)), list(decided(pairs, MODEL)), ()):
        resolution = resolve(map(held.member, one.ordinals), one.pairs, sure=sure_of(MODEL))
        referred += len(resolution.referred)
        for child in resolution.children:
            children[list(child)] = min(child)
    found = clusters(pairs, held, MODEL)
    assert found.children.tolist() == children.tolist()
    assert found.referred == referred


def test_many_pairs_of_one_form_are_resolved_by_one_of_them():
    pattern = np.uint64(0)
    left = np.arange(0, 2000, 2)
    pairs = Pairs(left, left + 1, np.full(1000, 40.0), np.full(1000, pattern))
    held = Held(
        ("a", "b"),
        np.arange(2000) % 2,
        Cells.of([str(n) for n in range(2000)]),
        np.zeros(2000, int),
    )
    assert clusters(pairs, held, MODEL).children.tolist() == np.arange(2000).tolist()
