"""The compiled path gives what the plain path gives, for every pair."""

import random
from datetime import date, timedelta

import jellyfish
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import kernel
from linkage.blocking import keys
from linkage.coding import Coder
from linkage.comparable import BirthKind, Comparable
from linkage.compare import strings as plain
from linkage.compare.dates import BORN_EARLY, BORN_LATE, SAME_PREGNANCY
from linkage.compiled import cache_of, strings
from linkage.hashing import of_text
from linkage.index import Index
from linkage.model import Model
from linkage.pattern import compare
from linkage.weigh import weigh
from tests.linkage.strategies import GIVEN, PLACES, comparables
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


def test_words_a_few_letters_apart_are_as_alike_in_both_paths():
    rng = random.Random(2)
    for _ in range(3_000):
        one = "".join(rng.choices("abcdeilmnorstu", k=rng.randrange(2, 13)))
        other = list(one)
        for _ in range(rng.randrange(1, 6)):
            place = rng.randrange(len(other) + 1)
            other[place : place + rng.randrange(2)] = rng.choices("abcde", k=rng.randrange(2))
        ends = letters(one), letters("".join(other))
        similar = jellyfish.jaro_winkler_similarity(one, "".join(other))
        assert strings.jaro_winkler(*ends[0], *ends[1]) == similar
        for name in ("is_near", "is_close", "one_edit", "is_beginning"):
            for x, y in (ends, ends[::-1]):
                plainly = getattr(plain, name)(*(w.tobytes()[:n].decode() for w, n in (x, y)))
                assert getattr(strings, name)(*x, *y) == plainly, (name, one, other)


DUE = date(2014, 5, 9)
LEAP = date(2012, 3, 5)
FULL, EXPECTED = BirthKind.FULL, BirthKind.EXPECTED


def born(day, kind=FULL):
    return {"birth": day if isinstance(day, int) else int(f"{day:%Y%m%d}"), "birth_kind": kind}


def called(*given, **more):
    return {"given": given, "joined": "".join(given) if len(given) > 1 else "", **more}


def of_family(*parts, **more):
    return {"family": "".join(parts), "parts": parts, **more}


EDGES = [
    [
        *(born(due, EXPECTED) for due in (DUE, LEAP, DUE + SAME_PREGNANCY)),
        born(DUE + SAME_PREGNANCY + timedelta(1), EXPECTED),
        *(
            born(due + way)
            for due in (DUE, LEAP, date(2013, 3, 1), date(2014, 2, 5))
            for end in (-BORN_EARLY, BORN_LATE)
            for way in (end - timedelta(1), end, end + timedelta(1))
        ),
        *(born(due, EXPECTED) for due in (date(2013, 3, 1), date(2014, 2, 5))),
        born(20120229), born(20130229),
    ],
    [born(day) for day in (20140509, 20020509, 20010509, 20140512, 20140521, 20140621)],
    [born(day) for day in (20140101, 20150509, 20160509, 20160510, 20170509, 20120229, 20110229,
                           20150102, 20160101, 20141231)],
    [{**born(DUE), "died": died} for died in (0, 20140508, 20140509, 20140510)],
    [
        {"postcodes": codes, "moved": moved}
        for codes in (("SE153QN",), ("SE153QM",), ("SE153QN", "SE154AA"), ("SE154AA", "SE153QN"),
                      ("SE154AB",), ("S12AB",), ("S12CD",), ("S13AA",), ("S65AA",), ("E145AA",),
                      ("E145BB",), ("E1W5AA",))
        for moved in (False, True)
    ],
    [
        {**born(DUE), **of_family("liu"), "postcodes": ("SE154AA",), **names}
        for names in (
            called("kofi"), called("jason", other_given=("elijah", "grace", "wei")),
            called("jason", other_given=("elijah", "grace", "james")), called("jason"),
            called("weijun"), called("weijun", "j"), called("j"), called("jason", "w"),
            called("jacky"), called("oluwadunsin"), called("chukwudalu"), called("adele"),
            called("jason", "weijun"), called("wei"), called("weixin", "wei"), called("milan"),
            called("jason", **of_family("lau")), called("jason", **of_family("chan")),
            called("jason", family="", parts=()), called("linh"), called("wei", **of_family("lee")),
        )
    ],
    [
        called("omid", honorific="muhammad", **of_family("amiri")),
        called("ameeri", **of_family("muhammad", "omid")), called("amiri", **of_family("omid")),
        called("chan", **of_family("lin")), called("angela", "lin", **of_family("chan")),
        called("lin", **of_family("chan")), called("lam", **of_family("chan")),
    ],
    [
        called("leo", "jason", "mia", "grace"), called("yusuf", "jason", "grace"),
        called("leo", "mia", "jun", "jie"), called("yusuf", "junjie"),
        called("yusuf", "mia", "grace", "junjie"), called("yusuf", "grace", "alex", "junjie"),
        called("liz", "jun", "jie"), called("elizabeth", "junjie"),
        called("elizabeth", "grace", "junjie"),
        {**born(DUE), **called("muhammad", other_given=("mohammed", "mohamed", "mia"))},
    ],
    [
        of_family("okafor"), of_family("khan", other_family=("lopez", "taylor", "okafor")),
        of_family("khan", "lopez", "okafer"), of_family("nnamdi", "obi", "johnson"),
        of_family("johnzon"), of_family("li", "obi", "mensah"),
        {**called("okafor"), **of_family("annemari")},
        {**called("anne", "marie"), **of_family("okafor")},
    ],
]  # fmt: skip
"""Records at the ends of what makes a level, to be compared with each other."""


def compared_in_both_paths(records, population):
    """Each with each, and each pair has one pattern; the coder, and their rows."""
    coder = Coder(population)
    rows = coder.rows(records)
    for left, one in zip(records, rows, strict=True):
        found = kernel.patterns(np.repeat(one[None], len(rows), axis=0), rows, coder.facts())
        assert found.tolist() == [compare(left, right, population) for right in records]
    return coder, rows


@pytest.mark.parametrize("said", EDGES, ids=lambda said: " ".join(said[-1]))
def test_records_at_the_ends_of_a_level_have_one_pattern_in_both_paths(said):
    population = msgspec.structs.replace(MODEL.population, communal=PLACES[:2])
    known = {"given": ("leo",), "family": "khan", "parts": ("khan",)}
    records = [Comparable(**{**known, **one}) for one in said]
    coder, rows = compared_in_both_paths(records, population)
    filed = kernel.keys_and_ties(rows, coder.facts(), coder.hashes())[0]
    for record, found in zip(records, filed.tolist(), strict=True):
        assert [key for key in found if key] == list(keys(record, population))


@pytest.mark.parametrize("family", ["khan", "okafor"])
@pytest.mark.parametrize("home", [("SE153QN",), ()], ids=["at home", "without a home"])
def test_single_forenames_have_one_pattern_in_both_paths(family, home):
    """Most rows have one word for a forename, and are compared by a shorter way."""
    records = [
        Comparable(**{**born(DUE), "postcodes": home, **of_family(family), **called(name), **more})
        for name in (*GIVEN, "khan", "okafor", "anna", "ann", "tom", "thomas", "t", "rory", "raya")
        for more in (
            {},
            {"honorific": "muhammad"},
            {"joined": "annemarie"},
            of_family(name),
            of_family("okafer"),
        )
    ]
    compared_in_both_paths(records, MODEL.population)


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


def with_one_removed():
    """An index that still holds a name, a postcode and a number of who was removed."""
    index = Index(MODEL)
    index.put([(n, 0, child(n % 5)) for n in range(1, 21)])
    codes = ("B81AA", "S12AB", "E145AA", "SE11AA")
    for n in (30, 31):
        index.put([(n, 0, child(n, nhs="9000000009", postcodes=codes[::-1] if n % 2 else codes))])
    gone = child(1, given=("quillfeather",), postcodes=("ZE10AA",), nhs="9000000017")
    index.put([(99, 0, gone)])
    index.remove([99])
    return index


def is_held(index):
    """Whether what was stated of who was removed stands in what is dumped."""
    stored = index.dump()
    names, places = (stored[name].tobytes() for name in ("names", "places"))
    numbers = stored["numbers"]
    return [b"quillfeather" in names, b"ZE10AA" in places, of_text("9000000017") in numbers]


def test_compacting_forgets_the_names_of_removed_records_and_keeps_the_pairs():
    assert is_held(with_one_removed()) == [True, True, True]
    index = with_one_removed()
    before = index.pairs_within(LOWEST)
    index.compact()
    after = index.pairs_within(LOWEST)
    assert is_held(index) == [False, False, False]
    assert list(before.pattern) == list(after.pattern)


def test_a_compacted_index_meets_who_comes_then_as_one_of_the_live_records_alone_does():
    codes = ("B81AA", "S12AB", "E145AA", "SE11AA")
    live = child(30, nhs="9000000009", postcodes=codes)
    alone = Index(MODEL)
    alone.put([(30, 0, live)])
    compacted = Index(MODEL)
    gone = child(1, given=("quillfeather",), postcodes=("ZE10AA", "B11AB"), nhs="9000000017")
    compacted.put([(99, 0, gone), (30, 0, live)])
    compacted.remove([99])
    compacted.compact()
    found = []
    for index in (alone, compacted):
        index.put([(40, 0, child(30, postcodes=codes[3:])), (41, 0, child(31, nhs="9000000009"))])
        pairs = index.pairs_within(LOWEST)
        found.append(list(zip(pairs.left, pairs.right, pairs.pattern, strict=True)))
    assert found[0] == found[1]
    assert len(found[0]) > 1
