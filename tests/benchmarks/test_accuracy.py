"""The figures of the comparison with peers, against counting by hand and by brute force."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.accuracy import (
    Truth,
    at,
    best,
    calibration_error,
    clustered,
    true_pairs,
    twin_births,
)


def truth(person, twins=None):
    person = np.array(person, np.int64)
    twins = [-1] * len(person) if twins is None else twins
    return Truth(person, np.array(twins, np.int64), np.full(len(person), -1))


def test_a_pair_that_was_never_compared_is_missed():
    linked, same = np.array([True, True]), np.array([True, False])
    assert at(linked, same, whole=4) == (0.5, 0.25)


def test_the_best_threshold_links_pairs_of_one_probability_together():
    probability = np.array([0.9, 0.8, 0.8, 0.1])
    found = best(probability, np.array([True, True, False, True]), whole=3)
    assert found.threshold == 0.1
    assert found.rate == (0.75, 1.0)


scored = st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.booleans()), min_size=1)


@given(scored, st.integers(0, 5))
def test_no_threshold_is_better_than_the_best(pairs, missed):
    probability, same = np.array([p for p, _ in pairs]), np.array([s for _, s in pairs])
    whole = int(same.sum()) + missed
    rates = [at(probability >= cut, same, whole).f1 for cut in set(probability)]
    found = best(probability, same, whole)
    assert found.rate.f1 == pytest.approx(max(rates))
    assert at(probability >= found.threshold, same, whole) == pytest.approx(found.rate)


def test_probabilities_that_come_true_have_no_calibration_error():
    same = np.tile([True] * 3 + [False], 250)
    assert calibration_error(np.full(1000, 0.75), same) == pytest.approx(0, abs=0.01)


def test_probabilities_too_high_by_a_quarter_have_an_error_of_a_quarter():
    same = np.tile([True] * 2 + [False] * 2, 250)
    assert calibration_error(np.full(1000, 0.75), same) == pytest.approx(0.25, abs=0.01)


def test_unlikely_pairs_do_not_count_for_calibration():
    assert calibration_error(np.array([0.001, 1.0]), np.array([True, True])) == 0


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=12)


@given(labels)
def test_true_and_false_pairs_are_those_of_brute_force(records):
    clusters, person = (np.array(column, np.int64) for column in zip(*records, strict=True))
    pairs = list(combinations(range(len(records)), 2))
    together = {p for p in pairs if clusters[p[0]] == clusters[p[1]]}
    same = {p for p in pairs if person[p[0]] == person[p[1]]}
    found = clustered(clusters, truth(person))
    assert true_pairs(person) == len(same)
    assert found.measures.pairs.recall.part == pytest.approx(len(together & same))
    assert found.false_links == pytest.approx(len(together - same) / len(records) * 1e5)


def test_a_birth_whose_twins_share_a_cluster_counts_once():
    # Person 1 and 2 are twins with two records each, 3 and 4 others; 5 was born alone.
    who = truth([1, 1, 2, 2, 3, 4, 5], [7, 7, 7, 7, 8, 8, -1])
    merged = np.array([0, 0, 0, 0, 1, 2, 2])
    assert clustered(merged, who).twins_merged == 1
    assert twin_births(who) == 2


def test_one_of_twins_merged_with_a_stranger_merges_no_twins():
    who = truth([1, 2, 3], [7, 7, -1])
    assert clustered(np.array([0, 1, 0]), who).twins_merged == 0
    assert clustered(np.array([0, 1, 0]), who).false_links == pytest.approx(1e5 / 3)


def test_a_twin_of_whom_nothing_else_is_on_record_makes_no_birth_of_twins():
    assert twin_births(truth([1, 1, 2], [7, 7, -1])) == 0
