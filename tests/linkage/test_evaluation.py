"""Precision, recall and F1 by pairs and by whole children, against counting them one by one."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.evaluation import Partition, Share, codes, connected, wilson

RECORDS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=14
)
"""Person, child and source of each record."""


def partition(records):
    person, child, *_ = zip(*records, strict=True)
    return Partition(codes(np.array(person)), codes(np.array(child)))


def counted(records, of=lambda _a, _b: 1.0):
    """Right, found and true pairs, one by one; each weighed by ``of`` its two records."""
    right = found = true = 0.0
    for a, b in combinations(records, 2):
        share = of(a, b)
        right += share * (a[0] == b[0] and a[1] == b[1])
        found += share * (a[1] == b[1])
        true += share * (a[0] == b[0])
    return right, found, true


def sums(scores):
    return (
        pytest.approx(scores.precision.part),
        pytest.approx(scores.precision.whole),
        pytest.approx(scores.recall.whole),
    )


@given(RECORDS)
def test_pairs_are_counted_as_one_by_one(records):
    assert counted(records) == sums(partition(records).measures().pairs)


@given(RECORDS)
def test_whole_children_are_counted_as_sets(records):
    def sets(place):
        groups: dict = {}
        for n, record in enumerate(records):
            groups.setdefault(record[place], set()).add(n)
        return {frozenset(group) for group in groups.values()}

    persons, children = sets(0), sets(1)
    expected = float(len(persons & children)), float(len(children)), float(len(persons))
    assert expected == sums(partition(records).measures().children)


@given(RECORDS)
def test_f1_is_the_harmonic_mean(records):
    scores = partition(records).measures().pairs
    precision, recall = scores.precision.value, scores.recall.value
    if precision and recall:
        assert scores.f1.value == pytest.approx(2 / (1 / precision + 1 / recall))


@given(RECORDS)
def test_a_pair_counts_half_with_the_group_of_each_record(records):
    found = partition(records)
    for source in {record[2] for record in records}:
        which = np.array([record[2] == source for record in records])
        expected = counted(records, lambda a, b, s=source: ((a[2] == s) + (b[2] == s)) / 2)
        assert expected == sums(found.measures(which).pairs)


@given(RECORDS)
def test_pairs_of_two_sources_are_counted_as_one_by_one(records):
    found = partition(records).by_sources(np.array([record[2] for record in records]))
    for one in range(3):
        for other in range(one, 3):
            expected = counted(records, lambda a, b, two=[one, other]: sorted((a[2], b[2])) == two)
            if (one, other) in found:
                assert expected == sums(found[one, other])
            else:
                assert expected == (0, 0, 0)


@given(RECORDS)
def test_missed_and_false_pairs_are_those_that_are(records):
    found = partition(records)
    for pairs, same, apart in ((found.missed(100), 0, 1), (found.false(100), 1, 0)):
        told = {
            tuple(sorted(pair)) for pair in zip(*(side.tolist() for side in pairs), strict=True)
        }
        assert told == {
            (a, b)
            for a, b in combinations(range(len(records)), 2)
            if records[a][same] == records[b][same] and records[a][apart] != records[b][apart]
        }


def test_of_many_wrong_pairs_as_many_as_asked_are_drawn():
    left, right = Partition(np.zeros(100, np.int64), np.arange(100)).missed(7)
    assert len(left) == len(right) == 7


@given(RECORDS)
def test_what_shares_a_person_or_a_child_is_one_unit(records):
    found = partition(records)
    unit = connected(found.person, found.child)
    for a, b in combinations(range(len(records)), 2):
        if found.person[a] == found.person[b] or found.child[a] == found.child[b]:
            assert unit[a] == unit[b]
    chains = {(p, c) for p, c, *_ in records}
    assert len(set(unit.tolist())) == islands(chains)


def islands(chains):
    """How many sets of (person, child) hang together, by joining until nothing joins."""
    sets = [{("person", p), ("child", c)} for p, c in chains]
    joined = True
    while joined:
        joined = False
        for one, other in combinations(sets, 2):
            if one & other:
                one.update(other)
                sets.remove(other)
                joined = True
                break
    return len(sets)


@given(RECORDS)
def test_an_interval_holds_its_share_and_lies_between_nothing_and_all(records):
    measured = partition(records).measures()
    for scores in (measured.pairs, measured.children):
        for share in (scores.precision, scores.recall, scores.f1):
            if share.value is not None:
                assert 0 <= share.low <= share.value + 1e-9
                assert share.value - 1e-9 <= share.high <= 1


def test_no_error_in_a_hundred_persons_does_not_mean_that_there_is_none():
    """Nor do three pairs of a person tell more than the person."""
    persons = np.repeat(np.arange(100), 3)
    recall = Partition(persons, persons).measures().pairs.recall
    assert (recall.whole, recall.value, recall.high) == (300, 1.0, 1.0)
    assert recall.low == pytest.approx(100 / (100 + 1.959964**2))


def test_pairs_of_one_person_tell_no_more_than_the_person():
    """Four records of one person have six pairs; right or wrong, they hang together."""
    many = np.repeat(np.arange(100), 4)
    broken = np.where(many < 10, np.arange(400), many + 1000)
    recall = Partition(many, codes(broken)).measures().pairs.recall
    low, high = wilson(0.9, 100)
    assert (recall.value, recall.low, recall.high) == pytest.approx((0.9, low, high), abs=2e-3)
    assert recall.whole == 600


def test_the_interval_is_that_of_drawing_persons_again_and_again():
    rng = np.random.default_rng(7)
    person = codes(rng.integers(0, 900, 2000))
    child = codes(np.where(rng.random(2000) < 0.9, person, 900 + np.arange(2000)))
    found = Partition(person, child)
    right, true = (np.bincount(found.unit, column) for column in (found.right, found.true))
    drawn = rng.integers(0, len(true), (4000, len(true)))
    again = np.sort(right[drawn].sum(axis=1) / true[drawn].sum(axis=1))
    recall = found.measures().pairs.recall
    assert (recall.low, recall.high) == pytest.approx((again[100], again[3900]), abs=0.004)


def test_a_share_of_nothing_has_no_value():
    share = Share.of(np.zeros(3), np.zeros(3), np.arange(3))
    assert (share.value, share.low, share.high) == (None, None, None)


def test_of_no_records_nothing_is_measured():
    nothing = np.zeros(0, np.int64)
    measured = Partition(nothing, nothing).measures()
    assert measured.records == 0
    assert measured.pairs.precision.value is None
