"""The index of one shape: what meets, what a delta finds, what a file keeps."""

import numpy as np
import pytest
from msgspec.structs import replace

from linkage.declared.estimate import train
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import Rule
from tests.linkage.declared.people import households, index_of, record

PEOPLE, TRUTH = households(150)
FLOOR = -4.0


@pytest.fixture(scope="module")
def model():
    return train(index_of(PEOPLE))


def pairs(found):
    columns = (found.left, found.right, found.pattern)
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_the_rules_find_nearly_all_pairs_that_are_one_persons(model):
    found = index_of(PEOPLE, model).pairs_within(-1e6)
    met = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert len(TRUTH - met) <= 0.01 * len(TRUTH)


def test_each_pair_is_found_once_and_has_the_plain_pattern(model):
    found = index_of(PEOPLE, model).pairs_within(FLOOR)
    assert len(pairs(found)) == len(found)
    for left, right, code in sorted(pairs(found))[:300]:
        one, other = (record(PEOPLE[ordinal - 1]) for ordinal in (left, right))
        assert model.pattern(one, other) == code


def test_a_delta_finds_its_pairs_of_the_whole(model):
    index = index_of(PEOPLE, model)
    asked = set(range(1, 60))
    whole = {p for p in pairs(index.pairs_within(FLOOR)) if asked & {p[0], p[1]}}
    assert pairs(index.pairs_of(asked, FLOOR)) == whole


def test_records_put_one_by_one_and_again_make_the_index_of_all_at_once(model):
    index = DeclaredIndex(model)
    for ordinal, one in [*enumerate(PEOPLE, 1), *enumerate(PEOPLE[:20], 1)]:
        index.put([(ordinal, 0, record(one))])
    index.put([(9_999, 0, record(PEOPLE[0]))])
    index.remove([9_999, 8_888])
    assert pairs(index.pairs_within(FLOOR)) == pairs(index_of(PEOPLE, model).pairs_within(FLOOR))


def test_records_of_a_source_that_holds_one_of_each_are_not_compared(model):
    index = DeclaredIndex(model)
    index.put([(n, 7, record(one)) for n, one in enumerate(PEOPLE, 1)])
    assert len(index.pairs_within(-1e6)) == 0


@pytest.mark.parametrize("compact", [False, True])
def test_an_index_that_was_kept_gives_the_same_pairs(model, compact):
    index = index_of(PEOPLE, model)
    index.remove(range(1, 40))
    if compact:
        index.compact()
    again = DeclaredIndex.load(model, index.dump())
    assert pairs(again.pairs_within(FLOOR)) == pairs(index.pairs_within(FLOOR))
    assert len(again) == len(PEOPLE) - 39


def test_a_removed_record_leaves_no_value_once_the_index_is_compact(model):
    index = index_of([*PEOPLE[:5], {"surname": "Quillfeather"}], model)
    index.remove([6])
    index.compact()
    assert not any("quill" in word for word in index.dump()["names"])


def test_pairs_beyond_the_bound_of_a_block_are_counted(model):
    people = [{**PEOPLE[0], "height": str(100 + n)} for n in range(40)]
    index = DeclaredIndex(model, bound=5)
    index.put([(n, 0, record(one)) for n, one in enumerate(people, 1)])
    assert index.pairs_within(FLOOR).beyond > 0
    assert np.all(index.pairs_within(FLOOR).left < index.pairs_within(FLOOR).right)


def test_a_pair_beyond_the_bound_of_one_block_is_found_in_another(model):
    rules = (Rule(("phone.whole",)), Rule(("surname.whole",)))
    people = [
        {"phone": "07700900123", "forename": f"{n:03}", "surname": f"S{n}"} for n in range(40)
    ]
    people[0]["surname"] = people[-1]["surname"] = "Quillfeather"
    for asked in (lambda index: index.pairs_within(-1e6), lambda index: index.pairs_of([0], -1e6)):
        index = DeclaredIndex(replace(model, rules=rules), bound=3)
        index.put([(n, 0, record(one)) for n, one in enumerate(people)])
        found = asked(index)
        assert (0, 39) in set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_the_order_in_which_records_come_does_not_matter(model):
    index = DeclaredIndex(model)
    for ordinal, one in reversed([*enumerate(PEOPLE, 1)]):
        index.put([(ordinal, 0, record(one))])
    assert pairs(index.pairs_within(FLOOR)) == pairs(index_of(PEOPLE, model).pairs_within(FLOOR))
