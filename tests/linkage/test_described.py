"""Which child a described person is: probabilities, rivals and grades, on patterns alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.compare.dates import Birth
from linkage.compare.names import Family, Given
from linkage.described import (
    FLOOR,
    NOBODY,
    POSSIBLE,
    Grade,
    Likeness,
    graded,
    is_spread,
    likeness,
    with_number,
)
from linkage.model import Model, total
from linkage.pattern import encode, level
from linkage.standardise import standardise
from linkage.weigh import log_odds, weigh
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Particulars
from person.places import Address
from tests.linkage.strategies import comparables

MODEL = Model.shipped()


def said(  # noqa: PLR0917
    given="Asha", family="Okonjo", birth="2015-03-04", sex="F", postcode="", nhs="", upn=""
):
    numbers = [Identifier("nhs", nhs, "verified")] if nhs else []
    numbers += [Identifier("upn", upn)] if upn else []
    return standardise(
        Particulars(
            names=(PersonName((given,) if given else (), family),),
            birth=BirthDate(birth) if birth else None,
            sex=sex or None,
            addresses=(Address(postcode=postcode),) if postcode else (),
            identifiers=tuple(numbers),
        )
    )


def like(person, *records):
    weights = [weigh(person, record, MODEL) for record in records]
    return likeness([(one.total, one.pattern) for one in weights])


def alone(person, *records):
    (sure,) = graded([like(person, *records)], MODEL)
    return sure


def test_what_a_rule_leaves_to_a_person_is_certain_by_the_margin_of_that_rule_alone():
    plain = encode({"given": Given.EXACT, "family": Family.EXACT, "birth": Birth.EXACT})
    stand_in = encode({"given": Given.EXACT, "family": Family.EXACT, "birth": Birth.DEFAULT})
    link = log_odds(MODEL.thresholds.link) + float(np.log2(NOBODY))

    def grade(pattern, beyond):
        return graded([Likeness(link + beyond, pattern)], MODEL)[0].grade

    assert [grade(plain, beyond) for beyond in (-1, 2, 5)] == ["probable", "certain", "certain"]
    assert [grade(stand_in, beyond) for beyond in (-1, 2, 5)] == ["probable", "probable", "certain"]


@given(st.lists(st.builds(Likeness, st.floats(-60, 60), st.just(0), st.booleans()), max_size=30))
def test_the_person_is_one_of_the_children_or_none_of_them(children):
    chances = [one.probability for one in graded(children, MODEL)]
    assert all(0 <= chance < 1 for chance in chances)
    assert sum(chances) < 1
    for child, chance in zip(children, chances, strict=True):
        assert (chance == 0) == child.excluded


@given(st.lists(comparables(), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_children_and_records_does_not_matter(records, rng):
    person, *others = records
    pairs = [(one.total, one.pattern) for one in (weigh(person, r, MODEL) for r in others)]
    shuffled = rng.sample(pairs, len(pairs))
    assert likeness(pairs) == likeness(shuffled)
    children = [likeness([pair]) for pair in pairs]
    mixed = [likeness([pair]) for pair in shuffled]
    one, other = graded(children, MODEL), graded(mixed, MODEL)
    assert sorted(one) == sorted(other)


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=9), st.floats(-60, 60))
def test_a_rival_makes_nobody_surer(weights, rival):
    children = [Likeness(weight, 0) for weight in weights]
    before = graded(children, MODEL)
    after = graded([*children, Likeness(rival, 0)], MODEL)
    for one, other in zip(before, after, strict=False):
        assert other.probability <= one.probability


def test_what_weighs_less_than_the_floor_is_no_possible_match():
    (just,) = graded([Likeness(FLOOR + 0.01, 0)], MODEL)
    (below,) = graded([Likeness(FLOOR - 0.01, 0)], MODEL)
    assert just.probability >= POSSIBLE > below.probability
    assert (just.grade, below.grade) == (Grade.POSSIBLE, Grade.NOT)


def test_the_record_that_is_most_alike_counts_however_many_there_are():
    person = said(postcode="SE15 3QN")
    here, moved = said(postcode="SE15 3QN"), said(postcode="YO1 7HH")
    assert like(person, here, moved, moved).weight == like(person, here).weight


def test_one_record_that_contradicts_rules_the_child_out():
    person = said(postcode="SE15 3QN", nhs="9000000009")
    here, other = said(postcode="SE15 3QN"), said(postcode="YO1 7HH", nhs="9000000017")
    assert alone(person, here).grade == Grade.CERTAIN
    assert alone(person, here, other) == (0.0, Grade.NOT)


def test_grades_go_by_the_rules_of_linking():
    home = said(postcode="SE15 3QN")
    assert alone(home, home).grade == Grade.CERTAIN
    assert alone(said(given="", postcode="SE15 3QN"), home).grade == Grade.PROBABLE
    twin = said(given="Bina", postcode="SE15 3QN")
    assert alone(twin, home).grade in (Grade.POSSIBLE, Grade.NOT)
    brother = said(given="Asha", sex="M", postcode="YO1 7HH")
    assert alone(brother, home).grade != Grade.CERTAIN


def test_a_number_of_the_index_counts_as_a_verified_one_does():
    bare, known = said("", "", "", ""), said(postcode="SE15 3QN")
    pattern = weigh(bare, known, MODEL).pattern
    assert level(with_number(pattern), "nhs") == 1
    (sure,) = graded([likeness([(weight_of(with_number(pattern)), with_number(pattern))])], MODEL)
    assert sure.grade == Grade.PROBABLE
    dated = with_number(weigh(said("", "", sex=""), known, MODEL).pattern)
    (sure,) = graded([likeness([(weight_of(dated), dated)])], MODEL)
    assert sure.grade == Grade.CERTAIN


def test_a_number_of_the_index_does_not_hide_a_contradiction():
    pattern = weigh(said(nhs="9000000009"), said(nhs="9000000017"), MODEL).pattern
    assert with_number(pattern) == pattern
    assert with_number(encode({})) != encode({})


def test_many_of_whom_none_stands_out_are_spread():
    few, many = [Likeness(10.0, 0)] * 3, [Likeness(10.0, 0)] * 80
    assert not is_spread(graded(few, MODEL))
    assert is_spread(graded(many, MODEL))
    assert not is_spread(graded([Likeness(-30.0, 0)] * 80, MODEL))


def weight_of(pattern):
    return float(total(np.array([pattern], np.uint64), MODEL)[0])
