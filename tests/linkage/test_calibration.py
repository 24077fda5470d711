"""Reliability tables and the precision-recall curve, against counting by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.calibration import curve, reliability

PAIRS = st.lists(
    st.tuples(st.sampled_from([0.01, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()),
    min_size=1,
    max_size=60,
)
"""Probability and truth of each pair."""


def arrays(pairs):
    chance, match = zip(*pairs, strict=True)
    return np.array(chance), np.array(match)


def test_two_bins_by_hand():
    chance = np.array([0.1, 0.2, 0.3, 0.8, 0.9, 1.0])
    match = np.array([False, False, True, True, True, True])
    low, high = reliability(chance, match, bins=2).bins
    assert (low.pairs, low.predicted, low.observed) == pytest.approx((3, 0.2, 1 / 3))
    assert (high.pairs, high.predicted, high.observed) == pytest.approx((3, 0.9, 1.0))
    assert (low.lowest, low.highest, high.lowest, high.highest) == (0.1, 0.3, 0.8, 1.0)


def test_the_errors_are_the_mean_and_the_greatest_distance():
    chance, match = np.array([0.2] * 10 + [0.8] * 10), np.array([False] * 10 + [True] * 10)
    found = reliability(chance, match, bins=2)
    assert (found.expected_error, found.greatest_error) == pytest.approx((0.2, 0.2))
    right = reliability(chance, np.array(([True] * 2 + [False] * 8) + [True] * 8 + [False] * 2), 2)
    assert (right.expected_error, right.greatest_error) == pytest.approx((0, 0))
    sure = reliability(np.array([0.2] * 10 + [1.0] * 10), np.array([True] * 20), bins=2)
    assert (sure.expected_error, sure.greatest_error) == pytest.approx((0.4, 0.8))


@given(PAIRS)
def test_what_was_observed_lies_in_its_interval(pairs):
    for one in reliability(*arrays(pairs)).bins:
        assert one.low - 1e-9 <= one.observed <= one.high + 1e-9


@given(PAIRS, st.randoms())
def test_bins_do_not_depend_on_the_order_of_pairs(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert reliability(*arrays(pairs)) == reliability(*arrays(shuffled))


@given(PAIRS)
def test_bins_hold_all_pairs_and_all_matches_and_the_same_number_each(pairs):
    found = reliability(*arrays(pairs))
    for bins in (found.bins, found.tenths):
        assert sum(one.pairs for one in bins) == pytest.approx(len(pairs))
        matches = sum(one.pairs * one.observed for one in bins)
        assert matches == pytest.approx(sum(match for _, match in pairs))
    assert len({round(one.pairs, 9) for one in found.bins}) == 1


@given(PAIRS)
def test_a_tenth_holds_the_pairs_of_its_tenth(pairs):
    for one in reliability(*arrays(pairs)).tenths:
        tenth = min(int(one.lowest * 10), 9)
        assert tenth / 10 <= one.lowest <= one.highest <= (tenth + 1) / 10


@given(PAIRS)
def test_the_curve_counts_every_pair_from_its_weight_on(pairs):
    weight, match = arrays(pairs)
    true = int(match.sum()) + 3
    for point in curve(weight, match, true):
        kept = weight >= point.weight
        assert point.precision == pytest.approx(match[kept].mean())
        assert point.recall == pytest.approx(match[kept].sum() / true)


def test_the_curve_has_as_few_points_as_asked_and_both_ends():
    weight = np.arange(1000.0)
    points = curve(weight, weight > 500, 499, points=50)
    assert len(points) <= 50
    assert (points[0].weight, points[-1].weight) == (999.0, 0.0)


def test_of_no_pairs_there_is_neither_bin_nor_curve():
    nothing = np.zeros(0)
    assert reliability(nothing, nothing > 0).bins == ()
    assert curve(nothing, nothing > 0, 5) == ()
    assert curve(np.ones(3), np.zeros(3, np.bool_), 0) == ()
