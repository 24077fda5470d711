"""For how many records a prior is, by how full the days of birth of an index are."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from linkage import density
from linkage.comparable import BirthKind, Comparable
from linkage.density import fitted, prior_of
from linkage.index import Index
from linkage.model import Model

MODEL = Model.shipped()
SHARE = MODEL.shares["random"]["birth"]["EXACT"]


def born(day, kind=BirthKind.FULL):
    return Comparable(birth=day, birth_kind=kind)


def holding(records):
    index = Index(MODEL)
    index.put([(n, n % 3 + 1, record) for n, record in enumerate(records)])
    return index


def records_behind(records, ordinals=None):
    index = holding(records)
    asked = range(len(records)) if ordinals is None else ordinals
    return prior_of(index, asked).records


DAYS = st.integers(20100201, 20100220)


@given(st.lists(DAYS, min_size=1, max_size=60), st.randoms())
def test_it_is_the_records_of_a_day_over_the_share_that_a_day_has(days, draw):
    expected = sum(days.count(day) for day in days) / len(days) / SHARE
    assert records_behind([born(day) for day in days]) == round(expected)
    draw.shuffle(days)
    assert records_behind([born(day) for day in days]) == round(expected)


def test_it_comes_to_the_number_of_records_where_days_are_as_full_as_englands():
    each = 3
    days = range(20100201, 20100229)
    found = records_behind([born(day) for day in days for _ in range(each)])
    assert found == round(each / SHARE)
    assert records_behind([born(20100201)]) == round(1 / SHARE)


def test_only_those_count_that_are_asked_for():
    records = [born(20100201), born(20100201), born(20100202)]
    assert records_behind(records, [0, 2]) == round(1 / SHARE)
    assert records_behind(records, [0, 1, 99]) == round(2 / SHARE)


def test_a_day_that_stands_for_none_and_one_that_is_not_whole_say_nothing():
    crowd = [born(20100101)] * 9 + [born(20100200, BirthKind.PARTIAL)] * 9
    crowd += [born(20100202, BirthKind.EXPECTED)] * 9 + [born(0, BirthKind.MISSING)] * 9
    assert records_behind([*crowd, born(20100202)]) == round(1 / SHARE)
    assert records_behind(crowd) == MODEL.prior.records
    assert prior_of(holding(crowd), []) == MODEL.prior


def test_all_else_of_the_prior_is_the_models():
    found = prior_of(holding([born(20100201)]), [0])
    assert msgspec.structs.replace(found, records=MODEL.prior.records) == MODEL.prior


def test_many_are_read_in_parts(monkeypatch):
    records = [born(20100201 + n % 7) for n in range(50)]
    whole = records_behind(records)
    monkeypatch.setattr(density, "AT_ONCE", 8)
    assert records_behind(records) == whole


def test_a_fitted_model_has_another_prior_and_says_of_how_many_records():
    index = holding([born(20100201), born(20100202), born(20100202)])
    made = fitted(index, range(3))
    assert made.prior == prior_of(index, range(3))
    assert (made.made_of, MODEL.made_of) == (3, 0)
    assert made.card["all else of"] == MODEL.version != made.version
    assert msgspec.structs.replace(made, prior=MODEL.prior, card=MODEL.card) == MODEL


def test_a_fitted_model_that_is_fitted_again_is_the_same_one():
    records = [born(20100201), born(20100202)]
    once = fitted(holding(records), range(2))
    again = Index(once)
    again.put([(n, 1, record) for n, record in enumerate(records)])
    assert fitted(again, range(2)).version == once.version
