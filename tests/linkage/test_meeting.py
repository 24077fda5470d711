"""How two records meet, and what is said of those that do not."""

from hypothesis import given

from linkage import blocking
from linkage.comparable import BirthKind, Comparable
from linkage.meeting import agreements, losses, meeting
from linkage.model import Model
from linkage.weigh import Part, Weight, weigh
from tests.linkage.strategies import comparables

MODEL = Model.shipped()
ASHA = Comparable(
    given=("asha",), family="okonjo", parts=("okonjo",), birth=20150304,
    birth_kind=BirthKind.FULL, sex="F", postcodes=("SE153QN",),
)  # fmt: skip


def changed(**facts):
    return Comparable(**{name: getattr(ASHA, name) for name in ASHA.__struct_fields__} | facts)


@given(comparables(), comparables())
def test_records_meet_by_a_rule_exactly_where_they_share_a_key(left, right):
    shared = {*blocking.keys(left, MODEL.population)} & {*blocking.keys(right, MODEL.population)}
    assert bool(meeting(left, right, MODEL.population).rules) == bool(shared)


@given(comparables(), comparables())
def test_it_does_not_matter_which_record_is_first(left, right):
    population = MODEL.population
    assert meeting(left, right, population) == meeting(right, left, population)


def test_every_rule_that_brings_them_together_is_named():
    other = changed(birth=20150309, family="mensah", parts=("mensah",))
    found = meeting(ASHA, other, MODEL.population)
    assert found.rules == ("postcode and the sound of the forename", "postcode and year of birth")


def test_a_wrong_year_and_a_slip_in_the_forename_meet_at_home_where_day_and_month_agree():
    other = changed(birth=20170304, given=("sahha",))
    found = meeting(ASHA, other, MODEL.population)
    assert found.rules == ("postcode, day and month of birth",)
    assert not meeting(ASHA, changed(birth=20170305, given=("sahha",)), MODEL.population).rules


def test_a_forename_in_two_words_meets_it_in_one_where_the_family_name_is_a_title():
    """Far from home nothing else is left of Par Veer Kaur."""
    kaur = {"family": "kaur", "parts": ("kaur",)}
    apart = changed(given=("par", "veer"), joined="parveer", **kaur)
    whole = changed(given=("parveer",), postcodes=("B178JQ",), **kaur)
    titled = changed(given=("parveer",), family="dhaliwal", parts=("dhaliwal",), postcodes=())
    for other in (whole, titled):
        found = meeting(apart, other, MODEL.population)
        assert found.rules == ("birth date and the sound of a name",)


def test_records_that_share_no_key_never_meet():
    other = changed(birth=20090101, postcodes=("B81AA",), family="mensah", parts=("mensah",))
    assert meeting(ASHA, other, MODEL.population) == ((), ())


def test_rules_whose_keys_are_left_out_are_named():
    """A record with many numbers is filed under those, and the last rules go without a key."""
    many = changed(
        former_upns=tuple(f"Z8012000240{n:02}" for n in range(30)), contacts=("a@b.org",)
    )
    other = Comparable(contacts=("a@b.org",), birth=20150000, birth_kind=BirthKind.PARTIAL)
    rule = "a telephone number or e-mail address and year of birth"
    assert meeting(many, other, MODEL.population) == ((), (rule,))


def test_what_says_hardly_anything_is_not_named_and_the_dearest_two_losses_are():
    said = (("prior", "", -20.0), ("given", "EXACT", 0.5), ("family", "EXACT", 0.49),
            ("sex", "DIFFERENT", -0.5), ("birth", "YEAR_ONLY", -0.7), ("place", "AREA", -0.49),
            ("nhs", "DIFFERENT", -3.0))  # fmt: skip
    weight = Weight(0, 0.0, tuple(Part(*part, "") for part in said))
    assert agreements(weight) == ("given exact",)
    assert losses(weight) == ("nhs different", "birth year only")
    assert losses(weight, 9) == (*losses(weight), "sex different")


def test_what_speaks_for_one_child_and_what_took_most():
    other = changed(family="mensah", parts=("mensah",), postcodes=("B81AA",))
    weight = weigh(ASHA, other, MODEL)
    assert agreements(weight) == ("given exact", "birth exact", "sex exact")
    assert agreements(weight, 2.0) == ("given exact", "birth exact")
    assert set(losses(weight)) == {"family different", "place different"}
    taken = {part.field: part.weight for part in weight.parts}
    dearest, other_ = (taken[loss.split()[0]] for loss in losses(weight))
    assert dearest <= other_ < 0
