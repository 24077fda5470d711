"""The compiled path gives what the plain path gives, for every pair."""

import random

import jellyfish
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage import kernel
from linkage.blocking import keys
from linkage.coding import Coder
from linkage.comparable import BirthKind, Comparable
from linkage.compare import strings as plain
from linkage.compiled import cache_of, strings
from linkage.index import Index
from linkage.model import Model
from linkage.pattern import compare
from linkage.weigh import weigh
from tests.linkage.strategies import comparables
from tests.tries import tries

MODEL = Model.shipped()
WORDS = st.text("abcdeiou", min_size=1, max_size=12)
LOWEST = -200.0


def letters(word):
    return np.frombuffer(word.encode().ljust(32, b"\0"), np.uint8), len(word)


@given(WORDS, WORDS)
@tries(150)
def test_the_compiled_similarity_is_jellyfishs_to_the_last_bit(one, other):
    expected = jellyfish.jaro_winkler_similarity(one, other)
    assert strings.jaro_winkler(*letters(one), *letters(other)) == expected


@given(WORDS, WORDS)
@tries(150)
def test_near_close_and_slip_are_the_same_in_both_paths(one, other):
    for name in ("is_near", "is_close", "one_slip", "one_edit", "is_beginning"):
        compiled = getattr(strings, name)(*letters(one), *letters(other))
        assert compiled == getattr(plain, name)(one, other), name


@given(comparables(), comparables())
@tries(500)
def test_two_rows_have_the_pattern_of_their_records(left, right):
    coder = Coder(MODEL.population)
    rows = coder.rows([left, right])
    expected = compare(left, right, MODEL.population)
    assert kernel.compare(rows[0], rows[1], coder.facts()) == expected
    assert kernel.compare(rows[1], rows[0], coder.facts()) == expected


@given(st.lists(comparables(), min_size=2, max_size=12), st.floats(-20, 10))
@tries(20)
def test_the_index_finds_what_comparing_all_that_meet_finds(records, floor):
    index = Index(MODEL)
    index.put([(n, 0, record) for n, record in enumerate(records, 1)])
    found = index.pairs_within(floor)
    expected = {}
    for i, left in enumerate(records, 1):
        for j, right in enumerate(records[i:], i + 1):
            if set(keys(left, MODEL.population)) & set(keys(right, MODEL.population)):
                expected[i, j] = weigh(left, right, MODEL)
    heavy = {pair: w.pattern for pair, w in expected.items() if w.total >= floor}
    listed = dict(zip(zip(found.left, found.right, strict=True), found.pattern, strict=True))
    assert heavy.items() <= listed.items()
    assert all(expected[pair].pattern == pattern for pair, pattern in listed.items())
    assert len(listed) == len(found)
    for pair, weight in zip(listed, found.weight, strict=True):
        assert weight == expected[pair].total


@given(st.lists(comparables(), min_size=3, max_size=10), st.randoms(use_true_random=False))
@tries(20)
def test_records_asked_for_have_the_pairs_of_the_whole(records, rng):
    index, whole = Index(MODEL), Index(MODEL)
    numbered = [(n, 0, record) for n, record in enumerate(records, 1)]
    whole.put(numbered)
    rng.shuffle(numbered)
    index.put(numbered[:2])
    index.pairs_within(0)
    index.put(numbered[2:])
    asked = {ordinal for ordinal, _, _ in numbered[::2]}
    every, some = whole.pairs_within(LOWEST), index.pairs_of(asked, LOWEST)
    wanted = {(a, b) for a, b in zip(every.left, every.right, strict=True) if {a, b} & asked}
    assert set(zip(some.left, some.right, strict=True)) == wanted
    assert len(some) == len(wanted)


def test_a_change_of_any_source_gets_a_cache_of_compiled_code_of_its_own(tmp_path):
    folder = tmp_path / "compiled"
    folder.mkdir()
    (folder / "walk.py").write_text("a", encoding="utf-8")
    (tmp_path / "pattern.py").write_text("b", encoding="utf-8")
    before = cache_of(folder)
    assert cache_of(folder) == before
    (tmp_path / "pattern.py").write_text("c", encoding="utf-8")
    assert cache_of(folder) != before


def child(n, **facts):
    rng = random.Random(n)
    word = "".join(rng.choices("abcdefghilmnorstu", k=6))
    return Comparable(
        **{
            "given": (word,), "family": "khan", "parts": ("khan",), "birth": 20140509,
            "birth_kind": BirthKind.FULL, **facts,
        }
    )  # fmt: skip


def test_a_newer_version_takes_the_place_of_the_older():
    index = Index(MODEL)
    index.put([(1, 0, child(1)), (2, 0, child(1))])
    index.put([(2, 0, child(2, family="obi", parts=("obi",), birth=20120101))])
    assert len(index) == 2
    assert len(index.pairs_within(LOWEST)) == 0


def test_a_removed_record_has_no_pairs():
    index = Index(MODEL)
    index.put([(n, 0, child(1)) for n in (1, 2, 3)])
    index.remove([2])
    assert list(index.pairs_within(LOWEST).left) == [1]
    assert list(index.pairs_of([2], LOWEST).left) == []


def test_records_of_a_source_that_holds_each_child_once_are_not_compared():
    index = Index(MODEL)
    index.put([(1, 7, child(1)), (2, 7, child(1)), (3, 8, child(1))])
    found = index.pairs_within(LOWEST)
    assert list(zip(found.left, found.right, strict=True)) == [(1, 3), (2, 3)]


def test_pairs_beyond_the_bound_of_a_block_are_counted():
    index = Index(MODEL, bound=5)
    index.put([(n, 0, child(n)) for n in range(1, 21)])
    found = index.pairs_within(LOWEST)
    assert found.beyond > 0
    assert 0 < len(found) < 190


def test_an_index_loaded_again_has_the_same_pairs():
    index = Index(MODEL)
    index.put([(n, 0, child(n % 5)) for n in range(1, 21)])
    again = Index.load(MODEL, index.dump())
    again.put([(21, 0, child(1))])
    index.put([(21, 0, child(1))])
    one, other = index.pairs_within(LOWEST), again.pairs_within(LOWEST)
    assert list(one.left) == list(other.left)
    assert list(one.weight) == list(other.weight)


def test_compacting_forgets_the_names_of_removed_records_and_keeps_the_pairs():
    index = Index(MODEL)
    index.put([(n, 0, child(n % 5)) for n in range(1, 21)])
    index.put([(99, 0, child(1, given=("quillfeather",), postcodes=("ZE10AA",)))])
    index.remove([99])
    before = index.pairs_within(LOWEST)
    index.compact()
    after, stored = index.pairs_within(LOWEST), index.dump()
    assert "quillfeather" not in stored["names"]
    assert "ZE10AA" not in stored["places"]
    assert list(before.pattern) == list(after.pattern)
