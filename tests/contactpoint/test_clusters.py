"""A table resolved by the forms of its neighbourhoods is what resolving each one gives."""

from itertools import combinations, product

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contactpoint.linking.clusters import Held, clusters
from contactpoint.linking.neighbourhoods import decided, group, sure_of
from linkage.comparable import BirthKind, Comparable
from linkage.distinct import Cells
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.pattern import compare
from linkage.resolve import resolve
from tests.linkage.strategies import comparables
from tests.tries import tries

MODEL = Model.shipped()
SOURCES = ("clinic", "register", "school")
LOWEST = -200.0


@st.composite
def tables(draw):
    """One neighbourhood again and again, each time with other sources, keys and exclusions."""
    records = draw(st.lists(comparables(), min_size=2, max_size=3))
    index = Index(MODEL)
    index.put((n, 0, record) for n, record in enumerate(records))
    seen, size = index.pairs_within(LOWEST), len(records)
    times = draw(st.integers(2, 8))
    count = times * size
    firsts = np.repeat(np.arange(times) * size, len(seen))
    # As likely as draws: so that the rules and rivals decide, and not the weight alone.
    weight = seen.weight - seen.weight.mean() if len(seen) else seen.weight
    pairs = Pairs(
        np.tile(seen.left, times) + firsts,
        np.tile(seen.right, times) + firsts,
        np.tile(weight + draw(st.integers(-2, 20)), times),
        np.tile(seen.pattern, times),
    )
    source = np.array(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    keys = draw(st.permutations([f"{n % 3}{n}" for n in range(count)]))
    exclusive = np.array(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
    few = draw(st.sets(st.sampled_from(SOURCES)))
    return pairs, Held(SOURCES, source, Cells.of(keys), exclusive, few)


ANN = Comparable(
    given=("ann",), family="lee", parts=("lee",), birth=20140509, birth_kind=BirthKind.FULL,
    postcodes=("SE153QN",), sex="F", nhs="9990001006", nhs_verified=True, births=2, birth_order=1,
)  # fmt: skip
ANNE, ZOE, OTHER, MIXED, MOVED, RENAMED = (
    msgspec.structs.replace(ANN, **changed)
    for changed in (
        {"given": ("anne",)},
        {"given": ("zoe",), "birth_order": 2, "nhs": "9990001014"},
        {"given": ("zoe",), "family": "okoro", "parts": ("okoro",), "birth": 20121130},
        {"nhs": "9990001014", "postcodes": ("BS12AB",)},
        {"postcodes": ("BS12AB",), "nhs": "", "births": 0, "birth_order": 0},
        {"nhs": "", "family": "okoro", "parts": ("okoro",), "births": 0, "birth_order": 0},
    )
)
KINDS = [
    (compare(one, two, MODEL.population), weight)
    for one, two, weight in (
        (ANN, ANN, 20),
        (ANN, ANNE, 20),
        (ANN, MOVED, 5),
        (ANNE, MOVED, 0.5),
        (ANN, RENAMED, -1),
        (MOVED, RENAMED, 4),
        (ANN, OTHER, 8),
        (ZOE, MIXED, 9),
        (ANN, ZOE, 15),
        (ANN, MIXED, 12),
        (RENAMED, OTHER, 3),
        (MOVED, OTHER, -4),
    )
]
"""Of one child, of twins, of numbers that others bear, and of what lies between; their weights."""
STREETS = (
    ((0, 1, 2), (0, 0, 0)),
    ((0, 1, 3), (0, 0, 0)),
    ((0, 3, 4), (0, 0, 0)),
    ((0, 0, 1), (0, 0, 0)),
    ((0, 0, 1), (1, 2, 3)),
    ((0, 0, 1), (1, 1, 3)),
)
"""Sources of three records, and whom each of these excludes."""


@given(tables())
@tries(100)
def test_neighbourhoods_of_one_form_are_resolved_as_each_would_be(table):
    assert_each_resolved(*table)


def test_so_are_those_whose_form_has_no_more_of_a_pair_than_is_asked_of_it():
    """Each three records whose pairs are of twelve kinds or none, of the same sources or others."""
    streets = list(product(product([None, *range(len(KINDS))], repeat=3), STREETS))
    codes, weights = zip(*KINDS, strict=True)
    pairs = [
        (3 * place + one, 3 * place + other, kind)
        for place, (kinds, _) in enumerate(streets)
        for (one, other), kind in zip(combinations(range(3), 2), kinds, strict=True)
        if kind is not None
    ]
    left, right, kinds = np.array(pairs).T
    count = 3 * len(streets)
    assert_each_resolved(
        Pairs(left, right, np.array(weights)[kinds], np.array(codes, np.uint64)[kinds]),
        Held(
            (*SOURCES, "ward", "yard"),
            np.array([source for _, (sources, _) in streets for source in sources]),
            Cells.of([str(n % 3) for n in range(count)]),
            np.array([one for _, (_, exclusive) in streets for one in exclusive]),
            {"ward", "yard"},
        ),
    )


def assert_each_resolved(pairs, held):
    children, referred = np.arange(len(held.source)), 0
    for one in group(range(len(held.source)), list(decided(pairs, MODEL)), ()):
        resolution = resolve(
            held.members(np.array([*one.ordinals])), one.pairs, sure=sure_of(MODEL)
        )
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


def test_what_source_a_record_is_of_is_part_of_its_form():
    one = Comparable(
        given=("ann",), family="lee", parts=("lee",), birth=20140509, birth_kind=BirthKind.FULL,
        postcodes=("SE153QN",), sex="F",
    )  # fmt: skip
    pattern, weight = compare(one, one, MODEL.population), sure_of(MODEL) - 4
    pairs = Pairs(
        np.arange(0, 6, 2), np.arange(1, 6, 2), np.full(3, weight), np.full(3, pattern, np.uint64)
    )
    # Of two that hold many children; of one that holds few; of one source, which says no more.
    source, nothing = np.array([0, 1, 0, 2, 1, 1]), np.zeros(6, np.int64)
    held = Held(SOURCES, source, Cells.of([*"abcdef"]), nothing, {"school"})
    assert clusters(pairs, held, MODEL).children.tolist() == [0, 0, 2, 3, 4, 5]
