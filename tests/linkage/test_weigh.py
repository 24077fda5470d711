"""What a pair weighs, and what it means: invariant 5 clause by clause, and three outcomes."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import pattern as patterns
from linkage.comparable import BirthKind, Comparable
from linkage.compare.dates import Birth
from linkage.compare.life import Life
from linkage.compare.names import Family, Given, Middle
from linkage.compare.sex import Sex
from linkage.decide import (
    APART,
    BETWEEN,
    MARGINS,
    TITLED,
    UNLIKE,
    Levels,
    contradiction,
    decide,
    decide_pattern,
)
from linkage.model import Model, Thresholds, by_class, starting
from linkage.pattern import FIELDS, PLACES, RARITIES, compare
from linkage.weigh import probability, weigh, weigh_pattern
from tests.linkage.strategies import comparables, pattern_codes
from tests.tries import tries

MODEL = Model.shipped()
EMPTY: dict[str, dict[str, Any]] = {
    "given": {"given": (), "honorific": "", "joined": "", "other_given": ()},
    "family": {"family": "", "parts": (), "other_family": ()},
    "birth": {"birth": 0, "birth_kind": BirthKind.MISSING},
    "sex": {"sex": ""},
    "place": {"postcodes": ()},
    "nhs": {"nhs": ""},
    "upn": {"upn": "", "former_upns": ()},
    "la_child": {"la_child": ""},
    "carers": {"carers": (), "mother_nhs": "", "maiden": ""},
    "contact": {"contacts": ()},
}


@given(pattern_codes(), st.sampled_from(list(FIELDS)))
@tries(150)
def test_a_missing_field_adds_nothing(code, name):
    levels = {place: patterns.level(code, place) for place in PLACES}
    levels[name] = 0
    if name in RARITIES:
        levels[f"{name}_rarity"] = 0
    weight = weigh_pattern(patterns.encode(levels), MODEL)
    assert next(part for part in weight.parts if part.field == name).weight == 0


@given(comparables(), comparables(), st.sampled_from(list(EMPTY)))
@tries(150)
def test_removing_a_field_that_agrees_exactly_never_raises_the_weight(left, right, name):
    same = {fact: getattr(left, fact) for fact in EMPTY[name]}
    right = msgspec.structs.replace(right, **same)
    before = weigh(left, right, MODEL)
    levels = patterns.named(before.pattern)
    if levels[name] != 1 or (name == "given" and levels["middle"].name == "DIFFERENT"):
        return
    after = weigh(msgspec.structs.replace(left, **EMPTY[name]), right, MODEL)
    assert after.total <= before.total + 1e-9


@given(pattern_codes(), st.sampled_from(list(FIELDS)))
@tries(150)
def test_exact_agreement_weighs_at_least_what_missing_does(code, name):
    levels = {place: patterns.level(code, place) for place in PLACES}
    rarity = {f"{name}_rarity": 1} if name in RARITIES else {}
    missing = levels | {name: 0} | dict.fromkeys(rarity, 0)
    exact = weigh_pattern(patterns.encode(levels | {name: 1} | rarity), MODEL)
    assert exact.total >= weigh_pattern(patterns.encode(missing), MODEL).total - 1e-9


@given(comparables(), comparables())
@tries(150)
def test_an_incomplete_pair_is_never_linked_without_number_or_newborn_rule(left, right):
    decision = decide(weigh(left, right, MODEL), MODEL)
    full = all(r.given and r.family and r.birth_kind == BirthKind.FULL for r in (left, right))
    if decision.outcome == "link" and not full:
        code = compare(left, right, MODEL.population)
        levels = patterns.named(code)
        known = levels["nhs"].name == "VERIFIED" or levels["la_child"].name == "EXACT"
        same = (
            levels["carers"].name == "MOTHER" or levels["place"].name == "EXACT"
            or levels["family"].name in ("EXACT", "VARIANT", "ALTERNATE", "PART")
        )  # fmt: skip
        assert known or (same and levels["life"].name in ("SINGLE", "EXACT"))


@given(comparables(), comparables())
def test_a_pair_weighs_the_same_in_either_order(left, right):
    assert weigh(left, right, MODEL) == weigh(right, left, MODEL)


@given(pattern_codes())
def test_the_parts_sum_to_the_total(code):
    weight = weigh_pattern(code, MODEL)
    assert sum(part.weight for part in weight.parts) == pytest.approx(weight.total)


@given(pattern_codes())
def test_a_pattern_is_read_back_level_by_level(code):
    levels = {place: patterns.level(code, place) for place in PLACES}
    assert patterns.encode(levels) == code


def test_a_name_that_agrees_is_told_with_how_many_bear_it():
    code = patterns.encode({"given": 1, "given_rarity": 2, "family": 1, "family_rarity": 7})
    notes = {part.field: part.note for part in weigh_pattern(code, MODEL).parts}
    assert notes["given"] == "borne by about 1 in 32"
    assert notes["family"] == "borne by about 1 in 1024"
    assert notes["birth"] == ""


def test_the_heaviest_and_the_lightest_weight_have_a_probability():
    assert 0 < probability(-5_000.0) < 1e-15
    assert 1 - 1e-15 < probability(5_000.0) <= 1


def test_the_total_is_the_posterior_of_the_mixture():
    code = np.array([patterns.encode({"birth": 1, "sex": 1})], np.uint64)
    shares = starting()
    odds = MODEL.prior.odds()
    against = sum(
        2.0 ** -odds[name]
        * min(1.0, shares[name]["birth"]["EXACT"] / shares["match"]["birth"]["EXACT"])
        * min(1.0, shares[name]["sex"]["EXACT"] / shares["match"]["sex"]["EXACT"])
        for name in ("random", "community", "sibling", "twin")
    )
    assert weigh_pattern(int(code[0]), MODEL).total == pytest.approx(-np.log2(against))
    assert by_class(code, MODEL).shape == (4, 1)


def test_shares_of_a_class_sum_to_one():
    for fields in starting().values():
        for levels in fields.values():
            assert sum(levels.values()) == pytest.approx(1)
            assert min(levels.values()) > 0


def test_the_shipped_model_weighs_by_the_stated_shares():
    assert MODEL.shares == starting()


def test_thresholds_follow_from_the_costs():
    zones = Thresholds.from_costs(false_link=100, missed=10, review=1)
    assert (zones.link, zones.review) == (0.99, 0.1)


def test_a_model_loaded_from_its_text_is_the_same_version():
    assert Model.load(MODEL.dump()).version == MODEL.version


def made_before(field, *levels):
    """The shipped model as it was before these levels of a field were known."""
    shares = {
        name: one | {field: {k: v for k, v in one[field].items() if k not in levels}}
        for name, one in MODEL.shares.items()
    }
    return msgspec.structs.replace(MODEL, shares=shares)


def test_a_model_made_before_there_was_a_level_weighs_it_as_nothing():
    before = made_before("life", "SAID_ONCE")
    said = patterns.encode({"given": 1, "birth": 1, "life": Life.SAID_ONCE})
    assert weigh_pattern(said, before).parts[11].weight == 0


def test_a_model_made_before_authorities_told_takes_homes_far_apart_for_no_more_than_that():
    before = made_before("place", "KNOWN_THERE", "KNOWN_ELSEWHERE")
    codes = [patterns.encode({"given": 1, "place": one}) for one in (8, 9, 10)]
    assert len({weigh_pattern(code, before).total for code in codes}) == 1
    apart, there, elsewhere = (weigh_pattern(code, MODEL).total for code in codes)
    assert there > apart + 3 > apart > elsewhere > apart - 1.5


def test_a_model_made_before_guessed_ages_takes_them_for_other_birth_dates():
    before = made_before("birth", "GUESSED")
    guessed, different = (
        patterns.encode({"given": 1, "birth": one}) for one in (Birth.GUESSED, Birth.DIFFERENT)
    )
    assert weigh_pattern(guessed, before).total == weigh_pattern(different, before).total
    assert weigh_pattern(guessed, MODEL).total > weigh_pattern(different, MODEL).total + 5


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (20140101, 20160509, Birth.GUESSED),
        (20140101, 20120509, Birth.GUESSED),
        (20140101, 20170509, Birth.DIFFERENT),
        (20140101, 20150101, Birth.YEAR),
        (20140101, 20140509, Birth.DEFAULTED),
        (20140101, 20150111, Birth.GUESSED),
        (20140101, 20240101, Birth.YEAR),
        (20140102, 20150509, Birth.DIFFERENT),
    ],
)
def test_an_age_is_guessed_where_a_default_day_is_of_another_year_two_away_at_most(
    one, other, level
):
    left, right = (Comparable(birth=day, birth_kind=BirthKind.FULL) for day in (one, other))
    for pair in ((left, right), (right, left)):
        assert patterns.level(compare(*pair, MODEL.population), "birth") == level


def test_where_an_authority_tells_it_is_said_beside_the_weight():
    notes = [
        weigh_pattern(patterns.encode({"given": 1, "place": one}), MODEL).parts[6].note
        for one in (8, 9, 10)
    ]
    assert notes[0] == ""
    assert notes[1].startswith("an authority that knows one")
    assert notes[2].startswith("no authority that knows one")


def test_twins_with_names_alike_are_never_linked_by_the_model():
    twin = Comparable(
        given=("jayden",), family="okafor", parts=("okafor",), birth=20140509,
        birth_kind=BirthKind.FULL, sex="M", postcodes=("SE153QN",),
    )  # fmt: skip
    other = msgspec.structs.replace(twin, given=("jaydon",))
    assert decide(weigh(twin, other, MODEL), MODEL).outcome == "review"
    assert decide(weigh(twin, twin, MODEL), MODEL).outcome == "link"


def test_muhammad_alone_tells_a_twin_less_than_a_name_of_ones_own():
    bare = Comparable(
        given=("md",), honorific="muhammad", family="khan", parts=("khan",), birth=20140509,
        birth_kind=BirthKind.FULL, sex="M", postcodes=("SE153QN",),
    )  # fmt: skip
    own = msgspec.structs.replace(bare, given=("jayden",), honorific="")
    same = {one.given: weigh(one, one, MODEL) for one in (bare, own)}
    assert patterns.named(same["md",].pattern)["given"] == Given.BARE
    assert same["md",].total < same["jayden",].total - 3
    assert decide(same["md",], MODEL).outcome == "link"


def test_muhammad_may_be_called_by_another_name_and_by_no_other_name_of_honour():
    """Syed and Muhammad of one home are two boys."""
    bare = Comparable(
        given=("muhammad",), honorific="muhammad", family="hussain", parts=("hussain",),
        birth=20140509, birth_kind=BirthKind.FULL, sex="M", postcodes=("SE153QN",),
    )  # fmt: skip
    idris = msgspec.structs.replace(bare, given=("idris",), honorific="")
    syed = msgspec.structs.replace(bare, given=("syed",), honorific="syed")

    def level(left, right):
        return patterns.level(compare(left, right, MODEL.population), "given")

    assert level(bare, idris) == Given.HONORIFIC
    assert level(bare, syed) == Given.DIFFERENT
    for less in ({"family": "", "parts": ()}, {"birth": 20140000}):
        one, other = (msgspec.structs.replace(each, **less) for each in (bare, idris))
        assert level(one, other) == Given.DIFFERENT


BOY = Comparable(
    given=("jason",), family="liu", parts=("liu",), birth=20140509, birth_kind=BirthKind.FULL,
    sex="M", postcodes=("SE153QN",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "is_beside"),
    [
        (("wei", "jun"), ("jason",), True),
        (("weijun",), ("jason",), True),
        (("kofi",), ("jason", "elijah"), True),
        (("kofi", "wei"), ("jason",), True),
        (("wei", "jason"), ("elijah",), False),
        (("kofi",), ("jason", "wei"), False),
        (("kofi",), ("jsaonn",), False),
        (("kofi",), ("chukwuemeka",), False),
        (("milan",), ("jason",), False),
        (("weijun",), ("jacky",), True),
        (("oluwadunsin",), ("jason",), True),
        (("oluwadunsin",), ("chukwudalu",), False),
        (("adeel",), ("jason",), False),
        (("chintan",), ("jason",), False),
        (("temirlan",), ("jason",), False),
        (("kofi",), ("kobby",), False),
        (("taiwo",), ("tomiwa",), False),
        (("linh",), ("jason",), False),
        (("adele",), ("jason",), False),
        (("weijun", "j"), ("jason", "w"), True),
        (("w", "jun"), ("jason",), False),
        (("weijun",), ("j", "elijah"), False),
    ],
)
def test_a_name_is_borne_beside_an_english_one_where_no_record_holds_a_name_of_both_kinds(
    one, other, is_beside
):
    left, right = (msgspec.structs.replace(BOY, given=given) for given in (one, other))
    level = Given.BESIDE if is_beside else Given.DIFFERENT
    for pair in ((left, right), (right, left)):
        assert patterns.level(compare(*pair, MODEL.population), "given") == level


def test_a_name_is_borne_beside_another_under_either_writing_of_the_family_name():
    left = msgspec.structs.replace(BOY, given=("weijun",))
    for family, level in (("lau", Given.BESIDE), ("chan", Given.DIFFERENT), ("", Given.DIFFERENT)):
        right = msgspec.structs.replace(BOY, family=family, parts=(family,) if family else ())
        assert patterns.level(compare(left, right, MODEL.population), "given") == level


def test_a_vietnamese_word_is_borne_beside_an_english_name_in_a_family_so_named():
    left, right = (msgspec.structs.replace(BOY, given=given) for given in (("linh",), ("jason",)))
    for family, level in (("nguyen", Given.BESIDE), ("smith", Given.DIFFERENT)):
        named = {"family": family, "parts": (family,)}
        one, other = (msgspec.structs.replace(each, **named) for each in (left, right))
        assert patterns.level(compare(one, other, MODEL.population), "given") == level


def test_what_is_made_of_syllables_is_a_chinese_name_in_a_family_so_named_and_at_home_alone():
    left, right = (msgspec.structs.replace(BOY, given=given) for given in (("weijun",), ("jason",)))
    for differs in (
        {"family": "green", "parts": ("green",)}, {"postcodes": ()}, {"birth": 20140000},
    ):  # fmt: skip
        one, other = (msgspec.structs.replace(each, **differs) for each in (left, right))
        given = patterns.level(compare(one, other, MODEL.population), "given")
        assert given == Given.DIFFERENT


def test_a_name_in_two_words_is_the_same_name_in_one_and_counts_as_both():
    words = (("jun", "jie"), ("junjie",), ("jun", "ji"))
    two, one, slip = (msgspec.structs.replace(BOY, given=g, joined="".join(g[1:] and g))
                      for g in words)  # fmt: skip
    for pair in ((one, two), (two, one), (two, two)):
        found = patterns.named(compare(*pair, MODEL.population))
        assert (found["given"], found["middle"]) == (Given.EXACT, Middle.EXACT)
    found = patterns.named(compare(one, slip, MODEL.population))
    assert (found["given"], found["middle"]) != (Given.EXACT, Middle.EXACT)


def test_a_rare_further_name_that_is_the_others_forename_says_more_than_a_common_one():
    def rarity(one, other):
        left, right = (msgspec.structs.replace(BOY, given=given) for given in (one, other))
        return patterns.level(compare(left, right, MODEL.population), "given_rarity")

    forename = MODEL.population.forename_rarity
    assert rarity(("jason", "weijun"), ("weijun",)) == forename("weijun") > forename("jason")
    assert rarity(("wei", "jason"), ("jason",)) == forename("jason")
    assert rarity(("elijah", "wei", "jun"), ("weijun",)) == forename("weijun")
    assert rarity(("elijah", "jasonn"), ("jason",)) == 0


def test_what_stands_behind_muhammad_may_be_the_other_records_family_name():
    """Muhammad Umar Arshad is Muhammad Umar, whose father's name one agency left out."""
    whole = Comparable(
        given=("umar",), honorific="muhammad", family="arshad", parts=("arshad",)
    )  # fmt: skip
    short = msgspec.structs.replace(whole, given=("muhammad",), family="umer", parts=("umer",))
    named = msgspec.structs.replace(short, given=("idris",))
    levels = [
        patterns.level(compare(whole, other, MODEL.population), "family")
        for other in (short, named)
    ]
    assert levels == [Family.PART, Family.DIFFERENT]


@given(pattern_codes())
@tries(100)
def test_a_multiple_birth_that_one_record_alone_states_never_raises_a_weight(code):
    levels = {place: patterns.level(code, place) for place in PLACES}
    said, silent = (
        weigh_pattern(patterns.encode(levels | {"life": life}), MODEL).total
        for life in (Life.SAID_ONCE, Life.MISSING)
    )
    assert said <= silent + 1e-9


def test_a_part_of_two_family_names_that_is_nearly_the_same_is_as_common_as_it_is():
    one = Comparable(given=("abi",), family="johnzon", parts=("johnzon",))
    other = msgspec.structs.replace(one, family="nnamdijohnson", parts=("nnamdi", "johnson"))
    code = compare(one, other, MODEL.population)
    assert patterns.level(code, "family") == Family.NEAR
    assert patterns.level(code, "family_rarity") == MODEL.population.family_rarity("johnson")


def test_what_the_weight_leaves_open_is_asked_for_more_the_less_else_agrees():
    names = {"given": 1, "given_rarity": 5, "family": 1, "family_rarity": 5, "birth": 1, "sex": 1}
    reasons = [
        decide_pattern(patterns.encode(names | more), 1.0, MODEL).reason
        for more in ({"place": 7}, {"middle": 1}, {}, {"place": 8}, {"given": 3, "place": 8})
    ]
    assert reasons == [BETWEEN, BETWEEN, APART, APART, UNLIKE]
    assert 0 == MARGINS[BETWEEN] < MARGINS[APART] < MARGINS[UNLIKE]


def test_a_title_in_place_of_a_family_name_far_from_home_links_for_want_of_a_rival():
    """Kaur here and Dhillon there, of one who has moved."""
    far = {"given": 1, "given_rarity": 5, "family": Family.TITLE, "birth": 1, "sex": 1, "place": 8}
    decision = decide_pattern(patterns.encode(far), 1.0, MODEL)
    assert (decision.outcome, decision.reason) == ("review", TITLED)
    assert MARGINS[TITLED] >= MARGINS[UNLIKE]


@given(pattern_codes())
@tries(300)
def test_want_of_rivals_never_links_what_a_rule_refers(code):
    decision = decide_pattern(code, 30.0, MODEL)
    levels = Levels.of(code)
    if decision.reason in MARGINS:
        assert levels.is_complete
        assert levels.sex != Sex.DIFFERENT
        assert not contradiction(levels)


@given(pattern_codes(), st.sampled_from(list(FIELDS)))
@tries(150)
def test_a_total_does_not_depend_on_how_many_fields_are_present(code, name):
    if name in RARITIES or patterns.level(code, name):
        return
    bits = by_class(np.array([code], np.uint64), MODEL)
    place = list(FIELDS).index(name)
    fields = [f for f in FIELDS if f not in RARITIES]
    alone = sum(
        MODEL.weights.levels[:, list(FIELDS).index(f), patterns.level(code, f)]
        for f in fields
        if f != name
    )
    assert MODEL.weights.levels[:, place, 0] == pytest.approx(0)
    assert (bits[:, 0] - MODEL.weights.prior - alone) == pytest.approx(
        sum(
            MODEL.weights.rarities[
                :, r, patterns.level(code, f), patterns.level(code, f"{f}_rarity")
            ]
            for r, f in enumerate(RARITIES)
        )
    )
