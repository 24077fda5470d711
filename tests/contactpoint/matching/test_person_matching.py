"""Matching one described person: what is found, how sure it is, and that it follows the index."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactpoint.matching.described import TooLittleError
from linkage.described import Grade
from projections.view import RestrictedView
from tests.contactpoint.matching.people import AtOnce, person, slowly, told
from tests.contactpoint.shields import Refuge
from tests.tries import tries

GIVEN = ("Asha", "Ash", "Bram", "Aisha", "Ellie", "Ella", "Muhammad", "Mo", "Twin 2")
FAMILY = ("Okonjo", "Okonja", "Taylor", "Khan", "Begum", "Taylor-Khan")
DAYS = ("2015-03-04", "2015-04-03", "2015-03-14", "2014-03-04", "2015-01-01", "2015-03")
PLACES = ("SE15 3QN", "SE15 3QP", "YO1 7HH")
NHS = ("9000000009", "9000000017", "9000000025")
UPNS = ("K801200024001", "Z801200024002")


def row(draw, key):
    return {
        "key": str(key),
        "given": draw.choice(GIVEN),
        "family": draw.choice(FAMILY),
        "former_family": draw.choice(("", "", *FAMILY)),
        "dob": draw.choice(DAYS),
        "sex": draw.choice(("F", "M", "")),
        "postcode": draw.choice(("", *PLACES)),
        "nhs": draw.choice(("", "", "", *NHS)),
        "nhs_status": draw.choice(("01", "02")),
        "upn": draw.choice(("", "", "", *UPNS)),
    }


@pytest.fixture(scope="module", params=[1, 2, 3])
def crowd(request, tmp_path_factory):
    """Children who are much alike, some of them shielded; and the matching of one process."""
    draw = random.Random(request.param)
    made = Refuge(tmp_path_factory.mktemp("crowd"))
    for source in ("club", "clinic", "nursery"):
        made.load([row(draw, key) for key in range(18)], source)
    for key in range(0, 18, 5):
        if number := made.number("club", key):
            made.apply(number)
    with made.opened() as store:
        store.catch_up()
        yield store, store.matching_people(AtOnce())


@st.composite
def described(draw):
    def or_nothing(values):
        return draw(st.sampled_from(("", *values)))

    return person(
        or_nothing(GIVEN), or_nothing(FAMILY), or_nothing(DAYS), or_nothing("FM"),
        or_nothing(PLACES) if draw(st.booleans()) else "",
        or_nothing(NHS) if draw(st.booleans()) else "",
        former=or_nothing(FAMILY) if draw(st.booleans()) else "",
        verified=draw(st.booleans()),
        upn=or_nothing(UPNS) if draw(st.booleans()) else "",
    )  # fmt: skip


@given(described(), st.booleans())
@tries(40)
def test_the_answer_is_that_of_comparing_with_every_child_there_is(crowd, asked, only_certain):
    store, matching = crowd
    model = store.model
    try:
        expected = slowly(store, asked, model, only_certain)
    except TooLittleError:
        with pytest.raises(TooLittleError):
            matching.match(asked)
        return
    assert told(matching.match(asked, only_certain=only_certain)) == expected


@given(described(), st.data())
@tries(20)
def test_a_number_of_this_index_is_evidence_like_any_other(crowd, asked, data):
    store, matching = crowd
    numbers = sorted({one.number for one in store.workings.records() if one.number})
    asked = type(asked)(asked.particulars, data.draw(st.sampled_from(numbers)))
    assert told(matching.match(asked)) == slowly(store, asked, store.model)


@pytest.fixture
def refuge(tmp_path):
    return Refuge(tmp_path)


@pytest.fixture
def matching(refuge):
    refuge.patient("9000000009")
    with refuge.opened() as store:
        store.catch_up()
        yield Asking(store)


class Asking:
    """A process that answers while others change the index."""

    def __init__(self, store):
        self._store = store
        self._matching = store.matching_people(AtOnce())

    def __call__(self, asked, **options):
        self._store.catch_up()
        return self._matching.match(asked, **options)

    def numbers(self, asked):
        return [number for number, _, _ in told(self(asked))]


def test_a_child_who_is_described_well_is_certain(matching):
    (found,) = matching(person(postcode="SE15 3QN")).matched
    assert found.grade == Grade.CERTAIN
    assert found.probability > 0.99


def test_what_lacks_a_forename_is_never_certain(matching):
    (found,) = matching(person(given="", postcode="SE15 3QN")).matched
    assert found.grade in (Grade.PROBABLE, Grade.POSSIBLE)


def test_a_verified_number_and_a_birth_date_are_enough_to_be_certain(matching):
    (found,) = matching(person(given="", family="", sex="", nhs="9000000009")).matched
    assert found.grade == Grade.CERTAIN


def test_two_verified_numbers_are_two_children(matching):
    assert not matching(person(postcode="SE15 3QN", nhs="9000000017")).matched


def test_a_number_of_this_index_alone_is_not_certain(refuge, matching):
    number = refuge.number("pds", "9000000009")
    (found,) = matching(person(given="", family="", birth="", sex="", number=number)).matched
    assert found.grade == Grade.PROBABLE
    (found,) = matching(person(number=number)).matched
    assert found.grade == Grade.CERTAIN


@pytest.mark.parametrize(
    "asked",
    [
        person(given="", family=""),
        person(given="", family="", sex="", postcode="SE15 3QN"),
        person(family="", birth=""),
        person(given="", family="", birth="", sex="", phone="020 7946 0001"),
        person(given="", family="", birth="", sex=""),
    ],
)
def test_what_is_true_of_too_many_is_refused(matching, asked):
    with pytest.raises(TooLittleError):
        matching(asked)


def test_several_records_of_a_child_are_one_child(refuge, matching):
    for source in ("club", "clinic"):
        refuge.load([club()], source)
    (found,) = matching(person(postcode="SE15 3QN")).matched
    assert len(found.found.records) == 3


def test_a_rival_takes_from_what_is_sure(refuge, matching):
    before = matching(person()).matched[0].probability
    refuge.patient("9000000017", dob="2015-03-04", postcode="YO1 7HH")
    two = matching(person()).matched
    assert len(two) == 2
    assert sum(one.probability for one in two) < 1
    assert two[0].probability < before
    assert not matching(person(), only_certain=True).matched


FORENAMES = """
Ada Bruno Clara Dmitri Edith Farouk Greta Hamish Ivo Jolanta Kwame Lydia Mungo Nadia Otto Petra
Quentin Rosalind Stefan Tabitha Ursula Viktor Wendy Xavier Yolanda Zachary
""".split()  # noqa: SIM905 - one name after the other reads best


def test_more_than_twenty_are_too_many(refuge, matching):
    refuge.load([club(key=name, given=name, postcode="") for name in FORENAMES], "yard")
    answer = matching(person(given=""))
    assert answer.more
    assert not answer.matched


def test_so_many_that_none_stands_out_are_too_many_and_not_none(refuge, matching):
    twice = [f"{one}{other}".capitalize() for one in FORENAMES[:9] for other in FORENAMES[9:18]]
    refuge.load([club(key=name, given=name, postcode="") for name in twice], "yard")
    assert matching(person(given="")).more


def test_at_most_so_many_are_given_and_the_likeliest_first(refuge, matching):
    refuge.patient("9000000017", dob="2015-03-04", postcode="YO1 7HH")
    both = told(matching(person(postcode="YO1 7HH")))
    assert [score for _, score, _ in both] == sorted((s for _, s, _ in both), reverse=True)
    assert told(matching(person(postcode="YO1 7HH"), limit=1)) == both[:1]


def club(**changes):
    return {"key": "7", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F",
            "postcode": "SE15 3QN"} | changes  # fmt: skip


class TestFollowing:
    """One process answers on while another loads, links, shields and erases."""

    def test_a_child_loaded_later_is_found(self, refuge, matching):
        assert not matching(person("Bram", "Taylor")).matched
        refuge.load([club(key="9", given="Bram", family="Taylor")])
        assert matching(person("Bram", "Taylor")).matched

    def test_a_child_renamed_later_is_found_by_the_new_name(self, refuge, matching):
        refuge.patient("9000000009", "2026-09-02", family="Soyinka")
        assert matching(person(family="Soyinka")).matched

    def test_an_index_written_anew_is_taken_up(self, refuge, matching):
        assert matching(person()).matched
        for path in refuge.home.glob("work/matcher*.index"):
            path.unlink()
        refuge.load([club(key="9", given="Bram", family="Taylor")])
        assert matching(person()).matched
        assert matching(person("Bram", "Taylor")).matched

    def test_an_index_cut_short_while_it_is_written_is_taken_in_when_it_is_whole(
        self, refuge, matching
    ):
        assert matching(person()).matched
        (path,) = refuge.home.glob("work/matcher.index")
        before = path.stat().st_size
        refuge.load([club(key="9", given="Bram", family="Taylor")])
        whole = path.read_bytes()
        path.write_bytes(whole[: before + 20])
        assert not matching(person("Bram", "Taylor")).matched
        path.write_bytes(whole)
        assert matching(person("Bram", "Taylor")).matched

    def test_an_erased_child_is_gone(self, refuge, matching):
        assert matching(person()).matched
        refuge.run("erase", "pds:9000000009", "--reason", "asked", "--yes")
        assert not matching(person()).matched
        refuge.load([club(key="9", given="Bram", family="Taylor")])
        assert matching(person("Bram", "Taylor")).matched
        assert not matching(person()).matched

    def test_a_merged_child_answers_with_its_successor(self, refuge, matching):
        refuge.load([club(key="9", dob="2015-03-14", postcode="YO1 7HH")])
        loser = refuge.number("club", "9")
        refuge.load([club(key="9")], day="2026-09-03")
        survivor = refuge.number("club", "9")
        assert survivor == refuge.number("pds", "9000000009") != loser
        assert matching.numbers(person(given="", family="", birth="", number=loser)) == [survivor]

    def test_a_model_adopted_later_counts_once_all_is_linked_under_it(self, refuge, matching):
        assert matching(person()).matched
        version = refuge.told(None, "train")["version"]
        refuge.run("model", "use", version)
        refuge.run("link", "--all")
        assert matching(person()).matched


@pytest.mark.usefixtures("number")
class TestShielded:
    """What finds a shielded child, and what it is then."""

    @pytest.fixture
    def number(self, refuge, matching):
        assert matching(person()).matched
        number = refuge.number("pds", "9000000009")
        refuge.shield_id = refuge.apply(number)
        return number

    def test_visible_facts_find_it_and_show_no_more(self, matching, number):
        (found,) = matching(person()).matched
        assert isinstance(found.found.view, RestrictedView)
        assert matching.numbers(person(number=number)) == [number]

    @pytest.mark.parametrize(
        "asked",
        [
            person(postcode="SE15 3QN"),
            person(postcode="YO1 7HH"),
            person(nhs="9000000009"),
            person(given="", family="", nhs="9000000009"),
            person(phone="020 7946 0001"),
            person(mother="Okonjo"),
            person(upn="K801200024001"),
        ],
    )
    def test_whatever_hidden_fact_is_asked_it_is_no_candidate(self, matching, asked):
        assert not matching(asked).matched

    def test_an_unread_element_counts_as_hidden(self, matching):
        asked = person()
        assert matching(asked).matched
        assert not matching(type(asked)(asked.particulars, beside=True)).matched

    def test_a_former_name_does_not_find_it(self, refuge, matching):
        refuge.load([club(former_family="Soyinka")])
        assert matching(person(former="Soyinka")).matched  # by the name in use
        # No better than any other family name does, beside forename and birth date.
        assert told(matching(person(family="Soyinka"))) == told(matching(person(family="Adichie")))

    def test_once_lifted_it_is_found_by_all_facts_again(self, refuge, matching, number):
        assert not matching(person(postcode="SE15 3QN")).matched
        refuge.lift(refuge.shield_id)
        (found,) = matching(person(postcode="SE15 3QN")).matched
        assert found.grade == Grade.CERTAIN
        assert matching.numbers(person(given="", family="", nhs="9000000009")) == [number]

    def test_it_is_as_sure_as_an_unshielded_child_of_whom_that_alone_is_known(
        self, matching, tmp_path_factory
    ):
        plain = Refuge(tmp_path_factory.mktemp("plain"))
        bare = {"key": "1", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F"}
        plain.load([bare])
        with plain.opened() as store:
            other = Asking(store)
            for asked in (person(), person("Ash"), person(sex=""), person(birth="2015-03")):
                mine, theirs = told(matching(asked)), told(other(asked))
                assert [one[1:] for one in mine] == [one[1:] for one in theirs]
                assert mine

    def test_a_new_name_in_use_finds_it(self, refuge, matching):
        refuge.patient("9000000009", "2026-09-02", family="Soyinka")
        assert matching(person(family="Soyinka")).matched
