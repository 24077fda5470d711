"""The rules that go before a weight, one by one: each alone decides, whatever the pair weighs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import pattern as patterns
from linkage.compare.carers import Carers, Contact
from linkage.compare.dates import Birth
from linkage.compare.identifiers import LaChild, Nhs, Upn
from linkage.compare.life import Life
from linkage.compare.names import Family, Given, Middle
from linkage.compare.places import Place
from linkage.compare.sex import Sex
from linkage.decide import (
    APART,
    BESIDE,
    BETWEEN,
    BROTHER,
    COMMON,
    MARGINS,
    NAMESAKE,
    ONLY,
    OTHER_BIRTH,
    OTHER_FAMILY,
    RENAMED,
    SHARED_NAME,
    STAND_IN,
    TITLED,
    TWIN,
    TWO_NAMES,
    UNLIKE,
    UNSEXED,
    decide_pattern,
    number_crossed,
    number_in_doubt,
    shares_a_number_alone,
)
from linkage.model import Model, Thresholds
from linkage.pattern import encode
from linkage.population import RAREST
from tests.linkage.strategies import pattern_codes
from tests.tries import tries

MODEL = Model.shipped()
Levels = dict[str, int]
HEAVY, BETWEEN_THRESHOLDS, LIGHT = 60.0, 1.0, -60.0
HOME: Levels = {
    "given": Given.EXACT,
    "family": Family.EXACT,
    "birth": Birth.EXACT,
    "sex": Sex.EXACT,
    "place": Place.EXACT,
}
"""Two records that agree on whatever is usual."""
AWAY: Levels = HOME | {"place": Place.DIFFERENT}
TWO_NHS: Levels = {"nhs": Nhs.DIFFERENT}
TWO_UPNS: Levels = {"upn": Upn.DIFFERENT}
SAME_NHS: Levels = {"nhs": Nhs.VERIFIED}
SAME_UPN: Levels = {"upn": Upn.EXACT}
MULTIPLE = [Life.EXACT, Life.MULTIPLE, Life.CONFLICT, Life.SAID_ONCE]
UNLIKE_FORENAMES = (Given.DIFFERENT, Given.NEAR, Given.CLOSE, Given.HONORIFIC, Given.BESIDE)
BIRTHS: list[Levels] = [{"life": life} for life in MULTIPLE]


def decided(levels, total=HEAVY):
    return decide_pattern(encode(levels), total, MODEL)


def outcome(levels, total=HEAVY):
    return decided(levels, total).outcome


def test_what_agrees_on_all_and_weighs_enough_is_linked_near_home_and_far():
    assert outcome(HOME) == outcome(AWAY) == "link"
    assert outcome(HOME, BETWEEN_THRESHOLDS) == "review"
    assert outcome(HOME, LIGHT) == "non_link"


@pytest.mark.parametrize(
    "contradicting",
    [
        {"nhs": Nhs.CONTRADICTED},
        {"life": Life.OTHER_ORDER},
        {"life": Life.BORN_AFTER_DEATH},
    ],
    ids=str,
)
def test_a_contradiction_outweighs_everything_a_shared_number_too(contradicting):
    assert outcome(HOME | SAME_UPN | contradicting) == "non_link"


@pytest.mark.parametrize(
    "number", [SAME_NHS, {"nhs": Nhs.EXACT}, SAME_UPN, {"upn": Upn.FORMER},
               {"la_child": LaChild.EXACT}], ids=str,
)  # fmt: skip
@pytest.mark.parametrize(
    "other", [{"birth": Birth.DIFFERENT}, {"given": Given.DIFFERENT}], ids=["birth", "forename"]
)
def test_a_number_that_agrees_where_birth_date_or_forename_do_not_is_for_a_person(number, other):
    assert outcome(HOME | number | other) == "review"
    assert outcome(HOME | number | other, LIGHT) == "review"
    assert number_in_doubt(encode(HOME | number | other))


@pytest.mark.parametrize(
    "forename",
    [Given.EQUIVALENT, Given.TYPO, Given.NEAR, Given.MIDDLE, Given.SWAPPED, Given.BARE,
     Given.SHORT, Given.HONORIFIC, Given.INITIAL, Given.MISSING],
)  # fmt: skip
def test_a_number_that_agrees_where_the_forename_is_no_more_than_unlike_is_followed(forename):
    assert outcome(HOME | SAME_NHS | {"given": forename}) == "link"
    assert not number_in_doubt(encode(HOME | SAME_NHS | {"given": forename}))


def test_a_weight_at_a_threshold_is_above_it():
    at_even_odds = [Thresholds(link=0.5, review=0.1), Thresholds(link=0.9, review=0.5)]
    models = [msgspec.structs.replace(MODEL, thresholds=zones) for zones in at_even_odds]
    assert [decide_pattern(encode(HOME), 0.0, model).outcome for model in models] == [
        "link", "review",
    ]  # fmt: skip


@pytest.mark.parametrize("birth", Birth)
def test_a_number_that_agrees_alone_is_one_beside_which_neither_name_nor_birth_date_does(birth):
    unlike: Levels = {"given": Given.DIFFERENT, "family": Family.DIFFERENT, "birth": birth}
    agrees = (Birth.MISSING, Birth.EXACT, Birth.DEFAULT, Birth.COMPATIBLE, Birth.YEAR_ONLY,
              Birth.EXPECTED)  # fmt: skip
    assert shares_a_number_alone(encode(SAME_UPN | unlike)) == (birth not in agrees)
    for less in ({"given": Given.CLOSE}, {"family": Family.CLOSE}, {"upn": Upn.TEMPORARY}):
        assert not shares_a_number_alone(encode(SAME_UPN | unlike | less))


def test_a_temporary_number_names_nobody():
    assert outcome(HOME | {"upn": Upn.TEMPORARY, "birth": Birth.DIFFERENT}) == "non_link"


def test_one_number_that_agrees_and_another_that_does_not_are_for_a_person():
    for nhs in (Nhs.VERIFIED, Nhs.EXACT):
        assert outcome(HOME | {"nhs": nhs} | TWO_UPNS) == "review"
        assert number_in_doubt(encode(HOME | {"nhs": nhs} | TWO_UPNS))
    assert number_in_doubt(encode(HOME | SAME_UPN | {"nhs": Nhs.CONTRADICTED}))
    assert not number_in_doubt(encode(HOME | SAME_UPN))


def test_a_number_may_be_anothers_where_names_and_birth_date_agree_and_it_does_not():
    for numbers in (TWO_NHS, TWO_UPNS, {"nhs": Nhs.CONTRADICTED}):
        assert number_crossed(encode(AWAY | numbers))
        for less in (
            {"birth": Birth.SLIP},
            {"given": Given.CLOSE},
            {"family": Family.DIFFERENT},
        ):
            assert not number_crossed(encode(AWAY | numbers | less))
        assert number_crossed(encode(AWAY | numbers | {"given": Given.EQUIVALENT}))
    assert not number_crossed(encode(AWAY))


def test_a_shared_number_and_another_forename_are_a_twin_or_a_new_name_unless_more_differs():
    shared = HOME | SAME_NHS
    assert decided(shared | {"given": Given.CLOSE}).reason == TWIN
    for family in (Family.VARIANT, Family.ALTERNATE, Family.PART):
        assert decided(shared | {"given": Given.CLOSE, "family": family}).reason == TWIN
    # Where the weight alone would not link, want of a rival does not either.
    for forename in (Given.CLOSE, Given.DIFFERENT):
        reason = decided(shared | {"given": forename}, BETWEEN_THRESHOLDS).reason
        assert reason not in MARGINS
    assert decided(shared | {"given": Given.DIFFERENT}).reason == RENAMED
    differing: list[Levels] = [
        {"sex": Sex.DIFFERENT},
        {"family": Family.DIFFERENT},
        {"birth": Birth.SLIP},
        TWO_UPNS,
        *BIRTHS,
    ]
    for more in differing:
        for forename in (Given.CLOSE, Given.DIFFERENT):
            assert decided(shared | {"given": forename} | more).reason not in (TWIN, RENAMED)


@pytest.mark.parametrize(
    "differs",
    [
        {"sex": Sex.DIFFERENT, "given": Given.TYPO},
        {"sex": Sex.DIFFERENT, "family": Family.TITLE},
        {"given": Given.NEAR} | TWO_NHS,
        {"given": Given.NEAR} | TWO_UPNS,
        {"given": Given.NEAR, "birth": Birth.YEAR},
        {"given": Given.DIFFERENT},
        {"birth": Birth.DIFFERENT},
    ],
    ids=str,
)
def test_what_tells_the_children_of_one_family_apart_does_so_where_no_number_agrees(differs):
    assert outcome(HOME | differs) == "non_link"


def test_without_a_whole_birth_date_nothing_is_linked_that_no_number_names():
    for birth in (Birth.MISSING, Birth.COMPATIBLE, Birth.YEAR_ONLY, Birth.EXPECTED):
        assert outcome(HOME | {"birth": birth}) == "review"
        assert outcome(HOME | {"birth": birth} | SAME_UPN) == "review"
    assert outcome(HOME | {"given": Given.MISSING}) == "review"
    assert outcome(HOME | {"family": Family.MISSING}) == "review"


def test_the_nameless_are_linked_by_a_verified_number_or_the_authoritys_own_id_and_a_birth_date():
    nameless: Levels = {"birth": Birth.EXACT, "sex": Sex.EXACT}
    naming: list[Levels] = [SAME_NHS, {"la_child": LaChild.EXACT}]
    for number in naming:
        assert outcome(nameless | number) == "link"
        assert outcome(nameless | number | {"birth": Birth.MISSING}) == "review"
        for birth in (Birth.SWAPPED, Birth.SLIP, Birth.PART, Birth.YEAR, Birth.DEFAULTED):
            assert outcome(nameless | number | {"birth": birth}) == "link"
    others: list[Levels] = [{"nhs": Nhs.EXACT}, SAME_UPN, {"upn": Upn.FORMER}]
    for number in others:
        assert outcome(nameless | number) == "review"


def test_a_newborn_without_a_name_is_linked_where_it_is_said_which_child_it_is():
    newborn = {"birth": Birth.EXPECTED, "life": Life.SINGLE, "sex": Sex.EXACT}
    for known in ({"carers": Carers.MOTHER}, {"place": Place.EXACT}, {"family": Family.EXACT}):
        assert outcome(newborn | known) == "link"
        assert outcome(newborn | known | {"life": Life.EXACT, "birth": Birth.EXACT}) == "link"
        for less in (
            {"life": Life.MISSING},
            {"life": Life.MULTIPLE},
            {"life": Life.SAID_ONCE},
            {"birth": Birth.COMPATIBLE},
            {"given": Given.CLOSE},
            {"life": Life.MULTIPLE, "given": Given.EXACT},
        ):
            assert outcome(newborn | known | less) == "review"
    assert outcome(newborn) == "review"


@pytest.mark.parametrize("life", MULTIPLE)
def test_where_either_is_of_a_multiple_birth_a_near_forename_is_a_twins(life):
    near = HOME | {"given": Given.NEAR, "middle": Middle.EXACT}
    assert outcome(near) == "link"
    assert outcome(near | {"life": life}) == "review"
    assert outcome(near | {"middle": Middle.MISSING}) == "review"


@pytest.mark.parametrize("life", MULTIPLE)
def test_a_name_that_half_the_boys_of_a_family_bear_tells_no_twins_apart(life):
    assert outcome(HOME | {"given": Given.BARE}) == "link"
    assert decided(HOME | {"given": Given.BARE, "life": life}).reason == SHARED_NAME
    honorific = HOME | {"given": Given.HONORIFIC}
    assert decided(honorific).reason == BROTHER
    assert decided(honorific | {"life": life}).reason == SHARED_NAME


def test_a_name_of_honour_may_be_a_brothers_only_at_home_and_where_nothing_differs():
    honorific = HOME | {"given": Given.HONORIFIC}
    for less in (
        TWO_NHS,
        TWO_UPNS,
        {"place": Place.DIFFERENT},
        {"family": Family.DIFFERENT},
        {"birth": Birth.SLIP},
    ):
        assert decided(honorific | less).reason == SHARED_NAME
    assert outcome(honorific | {"sex": Sex.DIFFERENT}) == "non_link"


def test_a_name_borne_beside_another_may_be_a_twins_and_is_so_where_anything_speaks_for_two():
    beside = HOME | {"given": Given.BESIDE}
    assert decided(beside) == ("review", BESIDE)
    assert decided(beside | {"place": Place.PAST, "life": Life.SINGLE}).reason == BESIDE
    elsewhere: list[Levels] = [{"place": Place.COMMUNAL}, {"birth": Birth.DEFAULT}]
    for less in (TWO_NHS, TWO_UPNS, *elsewhere, *BIRTHS):
        decision = decided(beside | less)
        assert (decision.outcome, decision.reason) == ("review", TWO_NAMES)
    assert BESIDE in MARGINS
    assert TWO_NAMES not in MARGINS
    assert outcome(beside | {"sex": Sex.DIFFERENT}) == "non_link"
    assert decided(beside | SAME_UPN).reason == RENAMED


SINGLE: Levels = {"life": Life.SINGLE}
NO_TWIN: list[Levels] = [
    {"given": Given.DIFFERENT},
    {"given": Given.NEAR},
    {"sex": Sex.DIFFERENT},
    {"sex": Sex.DIFFERENT, "given": Given.EQUIVALENT},
    {"sex": Sex.DIFFERENT, "given": Given.SWAPPED, "family": Family.SWAPPED},
]
"""What is a twin's, unless a single birth is stated."""


@pytest.mark.parametrize("differs", NO_TWIN, ids=str)
def test_of_a_single_birth_another_forename_or_sex_is_no_twins_and_want_of_a_rival_links(differs):
    assert decided(HOME | differs | SINGLE) == ("review", ONLY)
    assert decided(HOME | differs | SINGLE | {"place": Place.SLIP}) == ("review", ONLY)
    assert MARGINS[ONLY] > MARGINS[BETWEEN]
    for life in (Life.MISSING, *MULTIPLE):
        assert decided(HOME | differs | {"life": life}).reason not in MARGINS


@pytest.mark.parametrize("differs", NO_TWIN, ids=str)
@pytest.mark.parametrize(
    "less",
    [
        TWO_NHS,
        TWO_UPNS,
        {"birth": Birth.SLIP},
        {"birth": Birth.DEFAULT},
        {"place": Place.SECTOR},
        {"place": Place.SECTOR, "carers": Carers.EXACT},
        {"place": Place.COMMUNAL, "carers": Carers.MISSING},
        {"family": Family.DIFFERENT, "carers": Carers.EXACT},
        {"family": Family.DIFFERENT, "contact": Contact.EXACT, "carers": Carers.MISSING},
        {"family": Family.MISSING, "carers": Carers.MOTHER},
        {"middle": Middle.DIFFERENT},
    ],
    ids=str,
)
def test_a_single_birth_says_so_of_one_day_and_one_mother_alone(differs, less):
    """Of two neighbours, two of one name, or two who are fostered, each may be a single child."""
    assert decided(HOME | differs | SINGLE | less).reason not in MARGINS


@pytest.mark.parametrize(
    "mother",
    [
        {"place": Place.DIFFERENT, "contact": Contact.EXACT},
        {"place": Place.DIFFERENT, "carers": Carers.MOTHER},
        {"family": Family.DIFFERENT, "carers": Carers.MOTHER},
        {"family": Family.NEAR},
        {"family": Family.ALTERNATE, "place": Place.SLIP},
    ],
    ids=str,
)
def test_one_mother_is_told_by_home_and_name_or_by_what_names_her(mother):
    assert decided(HOME | {"given": Given.DIFFERENT} | SINGLE | mother).reason == ONLY


def test_a_number_asks_no_less_where_a_single_birth_is_stated():
    """It may be a sibling's, or an adopted child's."""
    other = HOME | SAME_UPN | {"given": Given.DIFFERENT}
    assert decided(other).reason == decided(other | SINGLE).reason == RENAMED
    assert decided(other | {"family": Family.NEAR}).reason == RENAMED
    assert decided(other | {"family": Family.DIFFERENT}).reason not in MARGINS


@given(pattern_codes(), st.sampled_from(("given", "family", "birth")))
@tries(500)
def test_want_of_a_rival_links_nothing_that_lacks_a_name_or_a_birth_date(code, lacked):
    """Invariant 5: but for a verified number, the authority's own id, and the newborn."""
    levels = {field: patterns.level(code, field) for field in patterns.PLACES} | {lacked: 0}
    if levels["nhs"] == Nhs.VERIFIED:
        levels["nhs"] = Nhs.EXACT
    if levels["la_child"] == LaChild.EXACT:
        levels["la_child"] = LaChild.DIFFERENT
    is_which = levels["life"] in (Life.SINGLE, Life.EXACT)
    newborn = is_which and lacked != "birth" and levels["given"] not in UNLIKE_FORENAMES
    decision = decided(levels)
    assert newborn or (decision.outcome != "link" and decision.reason not in MARGINS)


def test_another_sex_is_a_slip_only_where_all_names_the_day_and_the_home_agree():
    slip = HOME | {"sex": Sex.DIFFERENT, "middle": Middle.EXACT}
    assert outcome(slip) == outcome(slip | {"middle": Middle.INITIAL}) == "link"
    doubtful: list[Levels] = [
        {"middle": Middle.MISSING},
        {"given": Given.EQUIVALENT},
        {"birth": Birth.SLIP},
        {"family": Family.DIFFERENT},
        {"place": Place.SECTOR},
        *BIRTHS,
    ]
    for less in doubtful:
        assert outcome(slip | less) == "review"


@pytest.mark.parametrize("life", [Life.MULTIPLE, Life.CONFLICT])
def test_of_a_multiple_birth_none_but_the_very_forename_links(life):
    assert outcome(HOME | {"life": life}) == "link"
    for forename in (Given.TYPO, Given.EQUIVALENT, Given.MIDDLE, Given.SHORT):
        assert outcome(HOME | {"life": life, "given": forename}) == "review"


@pytest.mark.parametrize("numbers", [TWO_NHS, TWO_UPNS], ids=str)
def test_two_numbers_are_one_child_only_by_the_very_forename_and_at_home(numbers):
    assert outcome(HOME | numbers) == "link"
    assert outcome(HOME | numbers | {"place": Place.PAST}) == "link"
    assert outcome(HOME | numbers | {"given": Given.TYPO}) == "review"
    assert outcome(HOME | numbers | {"place": Place.SECTOR}) == "review"
    assert outcome(HOME | numbers | {"birth": Birth.SLIP}) == "review"


def test_two_nhs_numbers_and_two_upns_are_for_a_person_however_like_the_records_are():
    """Twins, of whom one agency has the other's forename."""
    decision = decided(HOME | TWO_NHS | TWO_UPNS)
    assert decision.outcome == "review"
    assert decision.reason not in MARGINS


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"family": Family.TITLE}, TITLED),
        ({"birth": Birth.DEFAULT}, STAND_IN),
        ({"birth": Birth.DEFAULTED}, STAND_IN),
        ({"family": Family.CLOSE}, OTHER_FAMILY),
        ({"family": Family.DIFFERENT}, OTHER_FAMILY),
        ({"birth": Birth.SLIP}, OTHER_BIRTH),
        ({"birth": Birth.SWAPPED}, OTHER_BIRTH),
    ],
    ids=str,
)
def test_far_from_home_name_and_date_both_have_to_hold(differs, reason):
    decision = decided(AWAY | differs)
    assert (decision.outcome, decision.reason) == ("review", reason)
    assert outcome(HOME | differs) == "link"
    assert outcome(AWAY | differs | SAME_UPN) == "link"


def test_a_stand_in_for_a_birth_date_asks_for_the_home_of_today_and_a_title_for_a_home():
    for birth in (Birth.DEFAULT, Birth.DEFAULTED):
        assert decided(HOME | {"birth": birth, "place": Place.PAST}).reason == STAND_IN
    assert outcome(HOME | {"family": Family.TITLE, "place": Place.PAST}) == "link"
    assert decided(HOME | {"family": Family.TITLE, "place": Place.SECTOR}).reason == TITLED


COMMON_NAME: Levels = {"birth": Birth.DEFAULT, "given_rarity": 8, "family_rarity": COMMON - 8}


def test_a_guessed_age_is_a_stand_in_and_asks_for_the_very_name():
    """A child without papers is given a 1 January, and at another agency another year."""
    guessed = HOME | {"birth": Birth.GUESSED}
    for place in (Place.EXACT, Place.PAST, Place.SECTOR, Place.DIFFERENT):
        for forename in (Given.EXACT, Given.EQUIVALENT):
            decision = decided(guessed | {"given": forename, "place": place})
            assert decision == ("review", STAND_IN)
    others: list[Levels] = [{"family": Family.DIFFERENT}, {"family": Family.NEAR}]
    others += [{"given": g} for g in (Given.TYPO, Given.BARE, Given.MIDDLE, Given.SHORT)]
    for other in others:
        for number in ({}, SAME_NHS):
            decision = decided(guessed | other | number)
            assert (decision.outcome, decision.reason in MARGINS) == ("review", False)
    assert outcome(guessed | {"given": Given.NEAR, "middle": Middle.EXACT}) == "non_link"
    assert outcome(guessed | SAME_NHS | {"given": Given.NEAR}) == "review"
    assert outcome(AWAY | {"birth": Birth.GUESSED} | SAME_NHS) == "link"


def test_a_guessed_age_and_a_common_name_are_never_linked_without_more_of_the_childs():
    """Case 24, a year apart: a hostel's two children of one name."""
    common = {"given_rarity": 5, "family_rarity": 6}
    guessed = HOME | {"birth": Birth.GUESSED} | common
    assert decided(guessed).reason == NAMESAKE
    assert NAMESAKE not in MARGINS
    assert decided(guessed | {"carers": Carers.EXACT}).reason == STAND_IN


@pytest.mark.parametrize("place", [Place.EXACT, Place.PAST, Place.SLIP, Place.MISSING])
def test_a_default_birth_date_and_a_common_name_are_never_linked_without_more_of_the_childs(place):
    named = HOME | COMMON_NAME | {"place": place}
    assert decided(named) == ("review", NAMESAKE)
    assert NAMESAKE not in MARGINS
    for more in ({"middle": Middle.EXACT}, {"carers": Carers.MOTHER}, {"contact": Contact.EXACT},
                 {"family_rarity": RAREST}, SAME_UPN, SAME_NHS):  # fmt: skip
        assert decided(named | more) != ("review", NAMESAKE)
        assert outcome(HOME | COMMON_NAME | more) == "link"


@pytest.mark.parametrize("family", [Family.TITLE, Family.DIFFERENT])
def test_where_the_family_name_may_be_a_brothers_the_sex_has_to_be_known(family):
    unsexed = HOME | {"family": family, "sex": Sex.MISSING}
    assert decided(unsexed) == ("review", UNSEXED)
    assert outcome(unsexed | {"sex": Sex.EXACT}) == "link"
    assert outcome(unsexed | {"middle": Middle.EXACT}) == "link"
    assert outcome(unsexed | SAME_UPN) == "link"
    told = {"carers": Carers.MOTHER}
    assert outcome(unsexed | told) == ("link" if family == Family.DIFFERENT else "review")


@pytest.mark.parametrize(
    "near",
    [
        {"place": Place.PAST},
        {"place": Place.SLIP},
        {"place": Place.SECTOR},
        {"place": Place.DISTRICT},
        {"carers": Carers.MOTHER},
        {"carers": Carers.EXACT},
        {"contact": Contact.EXACT},
    ],
    ids=str,
)
def test_near_home_is_who_lived_there_or_has_a_parent_or_a_telephone_in_common(near):
    assert outcome(AWAY | {"birth": Birth.SLIP} | near) == "link"
    assert outcome(AWAY | {"family": Family.DIFFERENT} | near) == "link"
    assert decided(AWAY | near, BETWEEN_THRESHOLDS).reason == BETWEEN


def test_what_speaks_for_two_of_one_part_of_the_country_is_asked_for_no_more():
    for known in ({"place": Place.AREA}, {"middle": Middle.EXACT}, {"middle": Middle.INITIAL},
                  {"la_child": LaChild.EXACT}, {"place": Place.KNOWN_THERE}):  # fmt: skip
        assert decided(AWAY | known, BETWEEN_THRESHOLDS).reason == BETWEEN
    assert decided(AWAY | {"place": Place.KNOWN_ELSEWHERE}, BETWEEN_THRESHOLDS).reason == APART
    for forename, family in (
        (Given.EXACT, Family.EXACT),
        (Given.EQUIVALENT, Family.VARIANT),
        (Given.SWAPPED, Family.SWAPPED),
        (Given.BARE, Family.EXACT),
    ):
        named = AWAY | {"given": forename, "family": family}
        assert decided(named, BETWEEN_THRESHOLDS).reason == APART
    for less in ({"given": Given.TYPO}, {"family": Family.PART}):
        assert decided(AWAY | less, BETWEEN_THRESHOLDS).reason == UNLIKE


def test_names_and_a_stand_in_for_a_birth_date_are_never_thrown_away_where_nothing_differs():
    said = {"given": Given.EXACT, "family": Family.EXACT, "birth": Birth.DEFAULT}
    for more in ({}, {"place": Place.COMMUNAL}, {"given": Given.EQUIVALENT},
                 {"given": Given.BARE}, {"sex": Sex.EXACT}):  # fmt: skip
        assert outcome(said | more, LIGHT) == "review"
    for less in ({"sex": Sex.DIFFERENT}, TWO_NHS, TWO_UPNS, {"place": Place.DIFFERENT},
                 {"family": Family.DIFFERENT}, {"birth": Birth.EXACT}):  # fmt: skip
        assert outcome(said | less, LIGHT) == "non_link"
