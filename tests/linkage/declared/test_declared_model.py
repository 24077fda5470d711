"""Models of declared fields: what weights may never do, and what training finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.declared.blocking import finds_nothing_else
from linkage.declared.cells import MISSING
from linkage.declared.decide import agreeing, decide_pattern, fewest
from linkage.declared.estimate import train
from linkage.declared.levels import LEVELS
from linkage.declared.model import DeclaredModel, starting
from linkage.declared.shape import RARITIES, Shape, ShapeError
from linkage.model import Model
from person.declared import DeclaredField
from tests.linkage.declared.people import SHAPE, households, index_of, records
from tests.tries import tries

PEOPLE, TRUTH = households(400)
LOWEST = -1e6


@pytest.fixture(scope="module")
def trained():
    return train(index_of(PEOPLE))


@pytest.fixture(params=["starting", "trained"])
def model(request, trained):
    return trained if request.param == "trained" else starting(SHAPE)


def weight(model, states):
    return model.weigh(SHAPE.encode(states)).total


def all_states():
    return st.tuples(*(st.integers(0, size - 1) for size in SHAPE.sizes))


@given(all_states())
def test_a_pattern_is_known_by_its_code(states):
    assert SHAPE.states(SHAPE.encode(states)) == states


@given(all_states(), st.integers(0, len(SHAPE.fields) - 1), st.integers(0, RARITIES - 1))
def test_removing_a_field_that_agrees_exactly_never_raises_the_weight(trained, states, at, rarity):
    exact = int(LEVELS[SHAPE.fields[at].kind].EXACT) + rarity
    with_it = (*states[:at], exact, *states[at + 1 :])
    without = (*states[:at], 0, *states[at + 1 :])
    for one in (trained, starting(SHAPE)):
        assert weight(one, without) <= weight(one, with_it) + 1e-9


def test_a_missing_field_adds_nothing(model):
    nothing = model.weigh(0)
    assert [part.weight for part in nothing.parts[1:]] == [0.0] * len(SHAPE.fields)


@given(all_states())
def test_a_pair_of_which_too_little_agrees_is_never_linked(states):
    code = SHAPE.encode(states)
    decision = decide_pattern(code, 60.0, starting(SHAPE))
    agree = agreeing(code, SHAPE)
    enough = len(agree) >= fewest(SHAPE) and "born" in agree
    assert (decision.outcome == "link") == enough


@given(all_states())
def test_a_pair_is_not_linked_by_what_kin_share(trained, states):
    code = SHAPE.encode(states)
    own = agreeing(code, SHAPE) & {"born", "forename", "height"}
    assert (decide_pattern(code, 60.0, trained).outcome == "link") == (len(own) >= 2)


@given(records(), records(), st.sampled_from(range(len(SHAPE.fields))))
def test_what_is_missing_agrees_nowhere(left, right, at):
    model = starting(SHAPE)
    without = (*left[:at], MISSING, *left[at + 1 :])
    assert SHAPE.levels(model.pattern(without, right))[at] == 0


def test_two_fields_have_to_agree_however_few_are_declared():
    assert fewest(Shape.of([DeclaredField("name", "name")])) == 2
    assert fewest(SHAPE) == 2
    assert fewest(Shape.of([DeclaredField(f"f{n}", "exact") for n in range(10)])) == 4


def test_the_parts_of_a_weight_sum_to_it(trained):
    found = index_of(PEOPLE).under(trained).pairs_within(0)
    for code in np.unique(found.pattern)[:200].tolist():
        weighed = trained.weigh(code)
        assert sum(part.weight for part in weighed.parts) == pytest.approx(weighed.total)


def test_a_trained_model_reads_back_from_its_text(trained):
    read = DeclaredModel.load(trained.dump())
    assert (read, read.version) == (trained, trained.version)


def test_the_same_records_make_the_same_model_whatever_their_order(trained):
    assert train(index_of(PEOPLE[::-1])).rules == trained.rules
    assert train(index_of(PEOPLE)).version == trained.version


def test_a_model_names_no_value_that_few_records_bear(trained):
    common = [value for each in trained.frequencies.values() for value in each.common]
    for value in common:
        assert sum(value in str(person.values()).casefold() for person in PEOPLE) >= 20


def test_kin_are_told_from_one_person(trained):
    assert trained.matches * trained.records == pytest.approx(len(TRUTH), rel=0.1)
    assert min(trained.shared["phone"], trained.shared["surname"]) > 0.9
    assert max(trained.shared["forename"], trained.shared["born"]) < 0.1


def test_without_a_date_kin_are_known_by_the_forename():
    shape = Shape.of(field for field in SHAPE.fields if field.kind not in ("date", "number"))
    known = " ".join(Model.shipped().population.forenames.values()).split()
    people, truth = households(400, forenames=known[:200])
    model = train(index_of(people, shape=shape))
    assert model.matches * model.records == pytest.approx(len(truth), rel=0.25)
    assert model.shared["phone"] > 0.9
    assert model.shared["forename"] < 0.1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_a_table_of_hardly_any_records_makes_a_model_too(count):
    model = train(index_of(PEOPLE[:count]))
    assert np.isfinite(model.weights).all()
    assert all(0 <= share < 1 for levels in model.other.values() for share in levels.values())


def test_no_rule_is_chosen_that_finds_nothing_else(trained):
    assert len(trained.rules) > 3
    for place, rule in enumerate(trained.rules):
        assert not any(finds_nothing_else(rule, one) for one in trained.rules[:place])


def test_a_table_without_families_gets_strangers_alone():
    people, truth = households(400, largest=1)
    model = train(index_of(people))
    assert model.shared == {}
    assert model.matches * model.records == pytest.approx(len(truth), rel=0.1)


def test_linked_pairs_are_one_persons(trained):
    found = index_of(PEOPLE).under(trained).pairs_within(0)
    columns = zip(*(c.tolist() for c in (found.left, found.right, found.weight, found.pattern)),
                  strict=True)  # fmt: skip
    linked = {
        (left, right)
        for left, right, total, code in columns
        if decide_pattern(code, total, trained).outcome == "link"
    }
    assert len(linked & TRUTH) / len(linked) >= 0.99
    assert len(linked & TRUTH) / len(TRUTH) >= 0.85


def test_a_shape_is_known_by_its_fields_in_any_order():
    assert Shape.of(SHAPE.fields[::-1]).id == SHAPE.id


@pytest.mark.parametrize(
    "fields",
    [
        [DeclaredField("a", "name", "b")],
        [DeclaredField("a", "name", "a")],
        [DeclaredField("a", "name", "b"), DeclaredField("b", "date")],
        [DeclaredField(f"f{n}", "name") for n in range(16)],
    ],
)
def test_fields_that_make_no_shape_are_refused(fields):
    with pytest.raises(ShapeError):
        Shape.of(fields)


@tries(20)
@given(st.lists(records(), min_size=2, max_size=12), st.floats(-20, 10))
def test_the_bound_loses_no_pair_that_the_full_weight_keeps(trained, found, floor):
    index = index_of([]).under(trained)
    index.put([(n, 0, one) for n, one in enumerate(found, 1)])
    everything = index.pairs_within(LOWEST)
    heavy = everything.weight >= floor
    kept = index.pairs_within(floor)
    wanted = set(
        zip(everything.left[heavy].tolist(), everything.right[heavy].tolist(), strict=True)
    )
    assert wanted <= set(zip(kept.left.tolist(), kept.right.tolist(), strict=True))
    assert (kept.weight >= floor - 1e-5).all()
