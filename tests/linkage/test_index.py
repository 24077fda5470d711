"""The kept index: keys, the bound under any model, what is asked and forgotten, what is dumped."""

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import blocking, hashing, kernel
from linkage.coding import Coder, hashes_of
from linkage.comparable import BirthKind, Comparable
from linkage.compare.names import Given
from linkage.compiled import layout, packing
from linkage.compiled.judging import OPEN
from linkage.index import Index
from linkage.model import RARITY_COUNTS, Model, levels_at, total
from linkage.pattern import FIELDS, RARITIES, compare
from linkage.population import RAREST
from linkage.records import Records
from tests.linkage.strategies import PLACES, comparables
from tests.tries import tries

MODEL = Model.shipped()
COMMUNAL = msgspec.structs.replace(
    MODEL, population=msgspec.structs.replace(MODEL.population, communal=PLACES[:2])
)
LOWEST = -200.0


def numbered(records, start=1):
    return [(n, 0, record) for n, record in enumerate(records, start)]


def listed(pairs):
    columns = (pairs.left, pairs.right, pairs.pattern, pairs.weight)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(st.lists(st.text(max_size=12), max_size=20))
def test_a_text_has_one_hash_whichever_path_takes_it(texts):
    expected = [hashing.of_text(text) if text else 0 for text in texts]
    assert hashes_of(texts).tolist() == expected


@given(st.lists(comparables(), min_size=1, max_size=8), st.booleans())
@tries(100)
def test_rows_have_the_keys_of_their_records(records, communal):
    model = COMMUNAL if communal else MODEL
    coder = Coder(model.population)
    keys = kernel.keys_and_ties(coder.rows(records), coder.facts(), coder.hashes())[0]
    for record, found in zip(records, keys.tolist(), strict=True):
        assert [key for key in found if key] == list(blocking.keys(record, model.population))


def random_model(seed):
    """The shipped model with any shares at all, so that any level may weigh most."""
    rng = random.Random(seed)
    shares = {
        name: {
            field: {level: rng.random() ** 4 + 1e-6 for level in levels}
            for field, levels in fields.items()
        }
        for name, fields in MODEL.shares.items()
    }
    return msgspec.structs.replace(MODEL, shares=shares)


@given(st.lists(comparables(), min_size=2, max_size=12), st.integers(0, 10**6), st.floats(-30, 30))
@tries(70)
def test_the_bound_loses_no_pair_whatever_the_model(records, seed, floor):
    model = random_model(seed)
    index = Index(model)
    index.put(numbered(records))
    found = {(left, right) for left, right, _, _ in listed(index.pairs_within(floor))}
    for left, right, pattern, weight in listed(index.pairs_within(LOWEST)):
        assert pattern == compare(records[left - 1], records[right - 1], model.population)
        if weight >= floor:
            assert (left, right) in found


NAMES: list[dict[str, Any]] = [
    {"given": ("muhammad",), "honorific": "muhammad"},
    {"given": ("idris",), "honorific": "muhammad"},
    *({"given": given, "joined": "".join(given[1:] and given)} for given in (
        (), ("jun", "jie"), ("junjie",), ("jun", "jie", "li"), ("li", "junjie"), ("wei", "jason"),
        ("jason",), ("jasonn",), ("elijah",), ("elijah", "jason"), ("elijah", "jasonn"),
        ("jason", "weijun"), ("weijun",), ("oliver",), ("amelia", "olivr"), ("j",),
        ("jason", "e"), ("liz",), ("elizabeth",),
    )),
]  # fmt: skip
FAMILIES = [("khan",), ("kahn",), ("jason",), ("nnamdi", "johnson"), ("johnzon",), ()]
SAID: list[dict[str, Any]] = [
    {"carers": (("mary", "khan"),)}, {"carers": (("mary", "obi"),)}, {"births": 2},
    {"births": 2, "birth_order": 1}, {"births": 1}, {"contacts": ("a@b.org",)}, {},
    {"mother_nhs": "9000000009", "births": 2, "birth_order": 1, "contacts": ("a@b.org",)},
]  # fmt: skip
RANDOM_FIRST = msgspec.structs.replace(
    MODEL.prior, community=1e-9, siblings=1e-9, twins=1e-9
)  # the class of strangers alone counts


@pytest.mark.parametrize("field", ["given", "middle", "family", "carers", "life", "contact"])
def test_a_pair_that_weighs_just_the_floor_is_kept_whatever_level_weighs_most(field):
    rng = random.Random(3)
    records = [
        Comparable(
            **names, **said, family="".join(family), parts=family, birth=20140509,
            birth_kind=BirthKind.FULL,
        )
        for names in NAMES for family in FAMILIES for said in rng.sample(SAID, 2)
    ]  # fmt: skip
    coder = Coder(MODEL.population)
    rows, facts = coder.rows(records), coder.facts()
    one, other = (np.array(rng.choices(range(len(records)), k=4_000)) for _ in "ab")
    patterns = kernel.patterns(rows[one], rows[other], facts)
    for level in FIELDS[field]:
        showing = np.flatnonzero(levels_at(patterns, field) == level)[:300]
        if level == 0 or not len(showing):
            continue
        for prior in (MODEL.prior, RANDOM_FIRST):
            model = msgspec.structs.replace(MODEL, shares=most_on(field, level.name), prior=prior)
            weights = total(patterns[showing], model)
            for n, weight in zip(showing, weights, strict=True):
                terms = kernel.terms(facts, model.weights, weight)
                left, right = rows[one[n]][None], rows[other[n]][None]
                assert kernel.judged(left, right, terms)[0] == patterns[n]


@given(st.integers(0, 10**6))
@tries(30)
def test_a_name_left_open_weighs_the_most_that_it_may_still_weigh_and_no_more(seed):
    model = random_model(seed)
    terms = kernel.terms(Coder(model.population).facts(), model.weights, 0.0)
    for among, field in enumerate(RARITIES):
        counted = RARITY_COUNTS[field].keys() - {"EXACT", "MIDDLE"}
        unequal = [level for level in FIELDS[field] if level.name != "EXACT"]
        for rarity in range(1, RAREST + 1):
            outcomes = [
                terms.rarities[among, level, rarity if level.name in counted else 0]
                for level in unequal
            ]
            if field == "given":  # of the rarer forename, of the commoner, or of none: a slip
                outcomes += list(terms.rarities[among, Given.MIDDLE, rarity : RAREST + 1])
            left_open = terms.rarities[among, OPEN, rarity]
            assert left_open.tolist() == np.max(outcomes, axis=0).tolist()


def most_on(field, level):
    """Shares under which one level of a field weighs more than all others of it."""
    changed = dict(MODEL.shares)
    for name, shares in MODEL.shares.items():
        others = dict.fromkeys(shares[field], 1e-4) if name == "match" else shares[field]
        # By how many strangers agree exactly a name counts as rare.
        own = 0.9 if name == "match" else others[level] if level == "EXACT" else 1e-5
        changed[name] = shares | {field: others | {level: own}}
    return changed


@given(st.lists(comparables(), min_size=2, max_size=12))
@tries(20)
def test_the_counts_of_patterns_are_those_of_all_pairs_that_meet(records):
    index = Index(MODEL)
    index.put(numbered(records))
    patterns, counts = index.patterns_within()
    expected = np.unique(index.pairs_within(LOWEST).pattern, return_counts=True)
    assert dict(zip(patterns.tolist(), counts.tolist(), strict=True)) == dict(
        zip(*(column.tolist() for column in expected), strict=True)
    )


@given(st.lists(comparables(), min_size=2, max_size=10))
@tries(20)
def test_a_record_asked_about_has_the_pairs_it_would_have_and_leaves_nothing(records):
    *others, asked = records
    index, whole = Index(MODEL), Index(MODEL)
    index.put(numbered(others))
    whole.put(numbered(records))
    expected = whole.pairs_of([len(records)], LOWEST)
    index.pairs_within(LOWEST)
    found = index.matches(0, asked, LOWEST)
    assert found.left.tolist() == expected.left.tolist()
    assert found.weight.tolist() == expected.weight.tolist()
    assert len(index) == len(others)
    fresh = Index(MODEL)
    fresh.put(numbered(others))
    fresh.pairs_within(LOWEST)
    one, other = index.dump(), fresh.dump()
    assert all(np.array_equal(one[name], other[name]) for name in one)


@given(st.lists(comparables(), min_size=4, max_size=12), st.randoms(use_true_random=False))
@tries(20)
def test_what_changed_brings_the_dumped_index_to_where_the_live_one_stands(records, rng):
    live = Index(MODEL)
    half = len(records) // 2
    live.put(numbered(records[:half]))
    again = Index.load(MODEL, live.dump())
    for _ in range(3):
        live.put(numbered(rng.sample(records, half), rng.randrange(1, 6)))
        live.remove([rng.randrange(1, 12)])
        live.pairs_of([1], 0.0)
        changes = live.changes()
        if changes is None:  # packed anew, for much of it was dead
            again = Index.load(MODEL, live.dump())
        else:
            again.apply(changes)
    assert listed(again.pairs_within(LOWEST)) == listed(live.pairs_within(LOWEST))
    assert listed(again.pairs_of([1, 2, 3], 0.0)) == listed(live.pairs_of([1, 2, 3], 0.0))


def test_a_record_named_twice_is_removed_once():
    index = Index(MODEL)
    index.put(numbered([twin(1), twin(2)]))
    index.remove([1, 1])
    assert len(index) == 1


def test_what_is_no_more_is_packed_away_and_what_was_asked_takes_no_room():
    index = Index(MODEL)
    records = numbered([twin(n) for n in range(1_000)])
    index.put(records)
    index.file()
    whole = index.nbytes
    for _ in range(15):
        index.put(records)
        index.file()
    assert index.nbytes < 1.2 * whole
    index.matches(0, twin(1), 0.0)
    before = index.nbytes
    for n in range(300):
        index.matches(0, twin(n), 0.0)
    assert index.nbytes == before


def test_pairs_are_told_by_words_that_came_after_those_there_was_room_for():
    days = [20100101 + 10_000 * (n % 8) + 100 * (n % 12) + n // 12 % 28 for n in range(6_000)]
    records = numbered([twin(n, birth=day) for n, day in enumerate(days)])
    records += [(9_000 + n, 0, record) for n, _, record in records[-50:]]
    grown, whole = Index(MODEL), Index(MODEL)
    for lot in (records[:10], records[10:]):
        grown.put(lot)
        found = grown.pairs_of([ordinal for ordinal, _, _ in lot[-50:]], 0.0)
    whole.put(records)
    expected = whole.pairs_of([ordinal for ordinal, _, _ in records[-50:]], 0.0)
    assert len(found) >= 50
    assert listed(found) == listed(expected)


@pytest.mark.parametrize(
    ("one", "other", "is_kept"),
    [
        ({"nhs": "9000000009"}, {"nhs": "9000000009"}, True),
        ({"upn": "A801200000001"}, {"upn": "A801200000001"}, True),
        ({"upn": "A801200000001"}, {"former_upns": ("A801200000001",)}, True),
        ({"la_child": "201/1"}, {"la_child": "201/1"}, True),
        ({"upn": "X1", "upn_temporary": True}, {"upn": "X1"}, False),
        ({"contacts": ("a@b.org",)}, {"contacts": ("a@b.org",)}, False),
    ],
)
def test_a_pair_that_shares_an_identifier_is_kept_whatever_it_weighs(one, other, is_kept):
    index = Index(MODEL)
    index.put(numbered([twin(1, **one), twin(1, **other)]))
    assert len(index.pairs_within(500.0)) == is_kept
    assert len(index.pairs_within(LOWEST)) == 1


def test_of_many_pairs_those_at_the_floor_are_kept_with_patterns_of_their_own():
    rng = random.Random(4)
    records = [
        twin(rng.randrange(12), family=name, parts=(name,), postcodes=(rng.choice(PLACES),),
             birth=rng.choice((20140509, 20140519, 20150509)))
        for name in rng.choices(("khan", "okafor", "mensah", "li"), k=120)
    ]  # fmt: skip
    index = Index(MODEL)
    index.put(numbered(records))
    whole = listed(index.pairs_within(LOWEST))
    for left, right, pattern, _ in whole:
        assert pattern == compare(records[left - 1], records[right - 1], MODEL.population)
    floor = sorted(weight for *_, weight in whole)[len(whole) * 2 // 3]
    assert listed(index.pairs_within(floor)) == [pair for pair in whole if pair[-1] >= floor]


def test_an_index_never_dumped_knows_no_changes():
    index = Index(MODEL)
    index.put(numbered([twin(1), twin(2)]))
    assert index.changes() is None


def twin(n, **facts):
    word = "".join(random.Random(n).choices("abcdefghilmnorstu", k=6))
    return Comparable(
        **{
            "given": (word,), "family": "khan", "parts": ("khan",), "birth": 20140509,
            "birth_kind": BirthKind.FULL, **facts,
        }
    )  # fmt: skip


def test_many_changes_leave_the_pairs_of_an_index_made_at_once():
    rng = random.Random(7)
    live = Index(MODEL)
    records: dict[int, Comparable] = {}
    for _ in range(40):
        changed = {rng.randrange(1, 300): twin(rng.randrange(60)) for _ in range(20)}
        gone = rng.sample(range(1, 300), 5)
        live.put((ordinal, 0, record) for ordinal, record in changed.items())
        live.remove(gone)
        records |= changed
        records = {ordinal: record for ordinal, record in records.items() if ordinal not in gone}
        live.pairs_of(changed, 0.0)
    whole = Index(MODEL)
    whole.put((ordinal, 0, record) for ordinal, record in records.items())
    assert len(live) == len(whole)
    assert listed(live.pairs_of(records, 0.0)) == listed(whole.pairs_within(0.0))
    assert listed(live.pairs_within(0.0)) == listed(whole.pairs_within(0.0))


def test_a_block_of_any_length_is_walked_to_its_bound_alike_for_one_and_for_all():
    index = Index(MODEL, bound=7)
    index.put(numbered([twin(n) for n in range(100)]))
    every, one = index.pairs_within(LOWEST), index.pairs_of(range(1, 101), LOWEST)
    assert listed(every) == listed(one)
    assert every.beyond > 0


def test_in_a_block_beyond_the_bound_those_of_one_family_name_stand_side_by_side():
    rng = random.Random(5)
    families = [f"k{''.join(rng.choices('abcdeilmnorstu', k=5))}" for _ in range(60)]
    crowd = [
        twin(n, family=name, parts=(name,), birth=20150101, birth_kind=BirthKind.STAND_IN,
             postcodes=("ZE10AA",))
        for n, name in enumerate(families * 2)
    ]  # fmt: skip
    order = rng.sample(range(120), 120)
    index = Index(MODEL, bound=5)
    index.put((n, 0, crowd[n]) for n in order)
    found = {(left, right) for left, right, _, _ in listed(index.pairs_within(LOWEST))}
    assert {(n, n + 60) for n in range(60)} <= found


@pytest.mark.parametrize(
    ("shared", "blocks"),
    [
        ({"given": ("ann",), "birth": 20150101, "birth_kind": BirthKind.STAND_IN}, 3),
        (
            {
                "given": (),
                "family": "",
                "parts": (),
                "postcodes": ("ZE10AA",),
                "birth": 20150000,
                "birth_kind": BirthKind.PARTIAL,
            },
            1,
        ),
    ],
    ids=["of one default day", "of one postcode"],
)
def test_a_pair_of_a_crowd_is_compared_or_counted_as_left_out(shared, blocks):
    crowd, bound = 3_000, 20
    index = Index(MODEL, bound=bound)
    index.put((n, 0, twin(n, **shared)) for n in range(crowd))
    compared = crowd * bound - bound * (bound + 1) // 2
    assert index.patterns_within()[1].sum() == compared
    assert index.pairs_within(LOWEST).beyond == blocks * (crowd * (crowd - 1) // 2 - compared)


def test_an_index_with_a_model_that_uses_the_open_level_is_refused():
    weights = MODEL.weights
    levels = weights.levels.copy()
    levels[0, 3, 15] = 1.0
    model = msgspec.structs.replace(MODEL)
    model.__dict__["weights"] = weights._replace(levels=levels)
    index = Index(model)
    index.put(numbered([twin(1), twin(1)]))
    with pytest.raises(ValueError, match="level 15 is used by the model"):
        index.pairs_within(0.0)


def table_of(keys, dead=()):
    """The table of records that say nothing, filed under these keys, some of them dead."""
    filed = np.zeros((len(keys), blocking.MOST_KEYS), np.uint32)
    for row, own in enumerate(keys):
        filed[row, : len(own)] = sorted(own)
    nothing = np.zeros(len(keys), np.uint32)
    rows = np.zeros((len(keys), layout.WIDTH), np.int32)
    records = Records(layout.WIDTH)
    packed = kernel.packed(rows, filed, nothing.astype(np.int64), nothing)
    records.take(np.arange(len(keys)), *packed)
    records.remove(dead)
    return records.table


def in_order(keys, dead=(), first=0):
    """The entries of these records, one by one."""
    live = (row for row in range(first, len(keys)) if row not in dead)
    return sorted(key << 32 | row for row in live for key in keys[row])


KEYS = st.frozensets(st.integers(1, 2**32 - 1) | st.integers(1, 40), max_size=blocking.MOST_KEYS)


@given(st.lists(KEYS, max_size=60), st.integers(1, 90), st.data())
@tries(100)
def test_entries_are_in_the_order_of_their_keys_and_then_of_their_rows(keys, times, data):
    keys, most = keys * times, max(1, len(keys) * times)
    dead = data.draw(st.frozensets(st.integers(0, most - 1), max_size=9)) if keys else frozenset()
    first = data.draw(st.integers(0, most))
    found = kernel.entries_from(table_of(keys, dead), min(first, len(keys)))
    assert found.tolist() == in_order(keys, dead, first)


@pytest.mark.parametrize("rows", [kernel.MANY + 1, 2 * kernel.MANY + 3])
def test_so_many_records_that_all_threads_write_their_entries_are_in_order_too(rows):
    rng = random.Random(rows)
    keys = [
        {rng.getrandbits(32) or 1 for _ in range(rng.randrange(3))} | {rng.randrange(1, 4)}
        for _ in range(rows)
    ]
    dead = set(rng.sample(range(rows), 500))
    assert kernel.entries_from(table_of(keys, dead), 0).tolist() == in_order(keys, dead)
    assert kernel.entries_from(table_of(keys, dead), 99).tolist() == in_order(keys, dead, 99)


def test_an_index_that_is_full_says_so_and_takes_in_none_of_what_came_last(monkeypatch):
    monkeypatch.setattr(packing, "DEAD", np.uint32(40))
    index = Index(MODEL)
    index.put(numbered([twin(1)]))
    with pytest.raises(OverflowError, match="the index holds 1 records; it has room for no more"):
        index.put(numbered([twin(n) for n in range(9)], 2))
    assert len(index) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10**6)), unique=True), st.booleans())
def test_pairs_are_in_the_order_of_their_ordinals_however_far_apart(pairs, near):
    low = np.array([one for one, _ in pairs], np.int64)
    high = np.array([other % 50 if near else other for _, other in pairs], np.int64)
    order = kernel.in_order(low, high)
    assert sorted(order.tolist()) == list(range(len(pairs)))
    placed = list(zip(low[order].tolist(), high[order].tolist(), strict=True))
    assert placed == sorted(placed)


@given(st.lists(comparables(), min_size=2, max_size=10))
@tries(20)
def test_a_record_is_compared_with_those_named_whether_they_meet_or_not(records):
    asked, *others = records
    index = Index(MODEL)
    index.put(numbered(others))
    index.file()
    before = index.dump()
    wanted = [1, len(others), len(others) + 7]
    here, weights, patterns = index.compared(asked, wanted)
    assert here.tolist() == sorted({1, len(others)})
    for ordinal, weight, pattern in zip(
        here.tolist(), weights.tolist(), patterns.tolist(), strict=True
    ):
        assert pattern == compare(asked, others[ordinal - 1], MODEL.population)
        assert weight == total(np.array([pattern], np.uint64), MODEL)[0]
    after = index.dump()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("seed", range(5))
def test_once_filed_an_overlong_block_depends_on_those_alone_that_are_there(seed):
    """What was in it and is gone takes no place in what is compared."""
    rng = random.Random(seed)
    visible = [(n, 0, twin(rng.randrange(500))) for n in range(1, 60)]
    hidden = [(n, 0, twin(rng.randrange(500))) for n in range(100, 140)]
    with_hidden, without = Index(MODEL, bound=7), Index(MODEL, bound=7)
    for index, records in ((with_hidden, [*visible, *hidden]), (without, visible)):
        index.put(records[:30])
        index.file()
        index.put(records[30:])
        index.file()
        index.remove([ordinal for ordinal, _, _ in hidden])
        index.put(visible[:3])
        index.matches(0, twin(1), LOWEST)
        index.file()
    asked = twin(rng.randrange(500))
    assert listed(with_hidden.matches(0, asked, LOWEST)) != []
    one, other = (index.matches(0, asked, LOWEST) for index in (with_hidden, without))
    assert [row[0] for row in listed(one)] == [row[0] for row in listed(other)]
    assert one.weight.tolist() == other.weight.tolist()
