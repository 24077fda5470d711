"""The way of clustering that treats every side alike."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.joining import one_of_each


def joined(pairs, once, least=0.5):
    left, right, probability = (np.array(column) for column in zip(*pairs, strict=True))
    clusters = one_of_each(left, right, probability, np.array(once), least=least)
    return {frozenset(np.flatnonzero(clusters == number).tolist()) for number in clusters}


def test_the_likelier_of_two_records_of_one_source_is_joined():
    assert joined([(0, 1, 0.8), (0, 2, 0.9)], once=[-1, 7, 7]) == {
        frozenset({0, 2}),
        frozenset({1}),
    }


def test_a_source_that_may_hold_a_person_twice_keeps_nothing_apart():
    assert joined([(0, 1, 0.8), (0, 2, 0.9)], once=[-1, -1, -1]) == {frozenset({0, 1, 2})}


def test_a_pair_less_likely_than_the_least_joins_nothing():
    assert len(joined([(0, 1, 0.4)], once=[-1, -1])) == 2


PAIRS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(6, 9), st.sampled_from([0.2, 0.6, 0.9])),
    min_size=1,
    unique_by=lambda pair: pair[:2],
)
ONCE = st.lists(st.integers(-1, 2), min_size=10, max_size=10)


@given(PAIRS, ONCE, st.randoms())
def test_neither_the_order_of_pairs_nor_their_direction_matters(pairs, once, rng):
    other = [(b, a, p) if rng.random() < 0.5 else (a, b, p) for a, b, p in pairs]
    rng.shuffle(other)
    assert joined(pairs, once) == joined(other, once)


@given(PAIRS, ONCE)
def test_no_cluster_holds_two_records_of_a_source_that_holds_a_person_once(pairs, once):
    for cluster in joined(pairs, once):
        sources = [once[record] for record in cluster if once[record] >= 0]
        assert len(sources) == len(set(sources))
