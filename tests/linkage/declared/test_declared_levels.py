"""How values of declared fields agree: examples, and the compiled path against the plain one."""

import numpy as np
import pytest
from hypothesis import given

from linkage.compiled import declared as compiled
from linkage.declared.coding import Coder
from linkage.declared.index import Plan
from linkage.declared.levels import compare
from linkage.declared.model import starting
from linkage.declared.shape import Shape
from person.declared import DeclaredField
from tests.linkage.declared.people import SHAPE, record, records
from tests.tries import tries

MODEL = starting(SHAPE)


def levels(left, right):
    found = compare(record(left), record(right), SHAPE)
    return {name: level.name for name, level in zip(SHAPE.names, found, strict=True)}


@pytest.mark.parametrize(
    ("field", "left", "right", "level"),
    [
        ("forename", "Liz", "Elizabeth", "VARIANT"),
        ("forename", "Anna Maria", "Maria", "PART"),
        ("forename", "A", "Anna", "SHORT"),
        ("surname", "Kowalska", "Kowalski", "VARIANT"),
        ("surname", "Okafor", "okafer", "NEAR"),
        ("surname", "Okafor", "Smith", "DIFFERENT"),
        ("born", "9/4/1956", "1956-04-09", "EXACT"),
        ("born", "1956-04-09", "1956-09-04", "SWAPPED"),
        ("born", "1956-04-09", "1956-04-19", "SLIP"),
        ("born", "1956-04-09", "1956-04-23", "OTHER_DAY"),
        ("born", "1956-04-09", "1956-11-09", "OTHER_MONTH"),
        ("born", "1956-04-09", "1967-04-09", "OTHER_YEAR"),
        ("born", "1956-04-09", "1956", "COMPATIBLE"),
        ("born", "1956-04-09", "1957-01-23", "NEAR"),
        ("born", "1956-04-09", "1971-01-23", "DIFFERENT"),
        ("street", "Flat 2, Mill-Street 14", "14 mill street flat 2", "EXACT"),
        ("street", "14 mill street", "14 millstreet", "NEAR"),
        ("street", "14 mill street", "flat 2 street mill", "MOST"),
        ("street", "14 mill street", "9 oak street", "SOME"),
        ("phone", "07700 900-123", "07700900123", "EXACT"),
        ("phone", "07700900123", "07700900132", "SLIP"),
        ("phone", "123", "124", "DIFFERENT"),
        ("phone", "g.davies36@example.com", "g.davis63@example.com", "NEAR"),
        ("height", "170.0", "170", "EXACT"),
        ("height", "170", "171", "NEAR"),
        ("height", "170", "180", "SLIP"),
        ("height", "170", "", "MISSING"),
    ],
)
def test_two_values_agree_on_a_level(field, left, right, level):
    assert levels({field: left}, {field: right})[field] == level


def test_names_in_each_others_place_are_exchanged_and_counted_once():
    found = levels(
        {"forename": "Mia", "surname": "Okafor"}, {"forename": "Okafor", "surname": "Mia"}
    )
    assert (found["forename"], found["surname"]) == ("EXCHANGED", "MISSING")


def test_names_are_not_exchanged_where_no_mapping_says_they_may_be():
    apart = Shape.of([DeclaredField("forename", "name"), DeclaredField("surname", "name")])
    one, other = (
        record({"forename": a, "surname": b}) for a, b in (("Mia", "Okafor"), ("Okafor", "Mia"))
    )
    places = [SHAPE.names.index(name) for name in apart.names]
    found = compare(tuple(one[p] for p in places), tuple(other[p] for p in places), apart)
    assert [level.name for level in found] == ["DIFFERENT", "DIFFERENT"]


@given(records(), records())
@tries(500)
def test_two_rows_have_the_pattern_of_their_records(left, right):
    coder = Coder(SHAPE, MODEL.rarity)
    rows = np.array([coder.row(left), coder.row(right)], np.int32)
    plan, facts = tuple(Plan.of(MODEL, coder.at)), coder.facts()
    expected = MODEL.pattern(left, right)
    assert compiled.pattern(rows[0], rows[1], plan, facts, -np.inf) == expected
    assert compiled.pattern(rows[1], rows[0], plan, facts, -np.inf) == expected
    assert MODEL.pattern(right, left) == expected
