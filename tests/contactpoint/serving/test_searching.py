"""Finding a known child over HTTP: enough must be said, few answer, and shields stand."""

import pytest

from events.access import ChildrenAccessed
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA

UPN = "H801200001001"
GIVEN = (
    *("Asha", "Bram", "Cora", "Dele", "Esme", "Femi", "Gita", "Hugo", "Ines", "Joss", "Kofi"),
    *("Lena", "Milo", "Nora", "Otto", "Petra", "Quentin", "Rosa", "Sven", "Tilda", "Ugo", "Vera"),
)


def search(desk, expected=200, by=None, **asked):
    answered = desk.ask("/children/search", method="POST", json=asked, by=by)
    assert answered.status_code == expected, answered.text
    return answered.json()


def numbers(told):
    return [one["number"] for one in told["found"]]


def test_a_child_is_found_by_name_and_birth_date(desk):
    told = search(desk, given="Asha", family="Okonjo", birth="2015-03-04")
    assert numbers(told) == [desk.number("pds", ASHA)]
    assert told["found"][0]["name"] == {"given": ["Asha"], "family": "Okonjo"}
    assert told.keys() == {"found"}


@pytest.mark.parametrize(
    "asked",
    [{}, {"family": "Okonjo"}, {"given": "Asha", "family": "Okonjo"}, {"birth": "2015-03-04"},
     {"postcode": "SE15 3QN"}, {"sex": "F", "birth": "2015-03-04"},
     {"family": "Ok*", "birth": "2015-03-04"}, {"family": "*", "birth": "2015-03-04"},
     {"given": "-'*", "birth": "2015-03-04"}],
)  # fmt: skip
def test_too_little_to_name_a_child_is_refused(desk, asked):
    search(desk, expected=422, **asked)


@pytest.mark.parametrize(
    ("mistyped", "expected"),
    [({"birth": "4 March"}, "birth: expected a whole date as YYYY-MM-DD"),
     ({"birth": "2015-02-29"}, "birth: expected a day that exists"),
     ({"postcode": "SE15"}, "postcode: expected a postcode"),
     ({"given": "-'"}, "given: expected a name of letters"),
     ({"given": "\u02bc\u02bc\u02bc*"}, "given: expected at least 3 letters before *"),
     ({"family": "Ok*njo"}, "family: expected * at the end alone")],
)  # fmt: skip
def test_what_no_child_can_answer_to_was_mistyped_and_is_no_answer(desk, mistyped, expected):
    asked = {"given": "Asha", "family": "Okonjo", "birth": "2015-03-04", "postcode": "SE15 3QN"}
    assert search(desk, expected=422, **asked | mistyped)["detail"].startswith(expected)


def test_a_wildcard_stands_for_any_ending(desk):
    told = search(desk, family="Oko*", birth="2015-03-04")
    assert numbers(told) == [desk.number("pds", ASHA)]
    assert numbers(search(desk, family="Okojn*", birth="2015-03-04")) == []


@pytest.mark.parametrize(
    "asked",
    [{"family": "X" * 101, "birth": "2015-03-04"}, {"famly": "Okonjo"},
     {"family": 7}, {"sex": "?"}, {"limit": 21}, {"limit": 0}],
)  # fmt: skip
def test_what_does_not_fit_the_description_is_refused_without_repeating_it(desk, asked):
    answered = search(desk, expected=400, **asked)
    assert not any(
        str(value) in answered["detail"] for value in asked.values() if len(str(value)) > 2
    )


def test_every_child_that_is_listed_is_on_record_with_what_was_asked(desk):
    search(desk, identifier=ASHA)
    look = desk.looks(ChildrenAccessed)[-1]
    assert look.act == "child find"
    assert len(look.children) == 1
    assert look.asked.search["identifier"] == ASHA


@pytest.mark.parametrize(
    "hidden",
    [{"postcode": "N19 3AA"}, {"identifier": CORA}, {"postcode": "N19 3AA", "given": "Cora"}],
)
def test_a_shielded_child_is_not_found_by_what_is_hidden(desk, hidden):
    asked = {"family": "Danjuma", "birth": "2013-01-30"}
    told = search(desk, **(asked | hidden))
    assert told == {"found": []}
    assert numbers(search(desk, **asked)) == [desk.number("pds", CORA)]


def test_a_list_goes_on_behind_a_sealed_cursor_and_ends_at_twenty(own):
    rows = [
        {"key": f"k{n}", "given": GIVEN[n], "family": "Quillfeather",
         "dob": "2012-06-01", "sex": "F", "postcode": f"LS{n % 9 + 1} 4AP"}
        for n in range(len(GIVEN))
    ]  # fmt: skip
    own.load(rows, "club")
    with own.serving():
        asked = {"family": "Quillfeather", "birth": "2012-06-01"}
        whole = search(own, **asked)
        assert (len(whole["found"]), whole["refine"], "cursor" in whole) == (20, True, False)
        first = search(own, **asked, limit=8)
        second = search(own, **asked, limit=8, cursor=first["cursor"])
        third = search(own, **asked, limit=8, cursor=second["cursor"])
        assert numbers(first) + numbers(second) + numbers(third) == numbers(whole)
        assert third["refine"]
        assert "cursor" not in third
        stolen = own.person("mallory")
        search(own, expected=422, **asked, cursor=first["cursor"], by=stolen)
        search(own, expected=422, family="Okonjo", birth="2012-06-01", cursor=first["cursor"])


def lookup(desk, *wanted):
    body = {"identifiers": [{"system": system, "value": value} for system, value in wanted]}
    answered = desk.ask("/children/lookup", method="POST", json=body)
    assert answered.status_code == 200, answered.text
    return answered.json()["results"]


def test_many_identifiers_are_looked_up_with_a_result_for_each(desk):
    results = lookup(
        desk, ("nhs", ASHA), ("nhs", "9999999999"), ("nhs", f" {BRAM} "), ("upn", ASHA)
    )
    assert [one["outcome"] for one in results] == ["found", "none", "found", "none"]
    assert results[0]["child"]["number"] == desk.number("pds", ASHA)
    assert len(desk.looks(ChildrenAccessed)[-1].children) == 2


def test_one_identifier_that_is_written_in_several_ways_is_found_each_time(desk):
    spaced = f"{ASHA[:3]} {ASHA[3:6]} {ASHA[6:]}"
    results = lookup(desk, ("nhs", ASHA), ("nhs", spaced), ("nhs", ASHA), ("nhs", BRAM))
    asha, bram = (desk.number("pds", one) for one in (ASHA, BRAM))
    assert [one["child"]["number"] for one in results] == [asha, asha, asha, bram]


def test_a_shielded_child_is_looked_up_as_if_there_were_none(desk):
    assert lookup(desk, ("nhs", CORA)) == lookup(desk, ("nhs", "9999999999"))


def test_an_identifier_that_stands_with_two_children_names_neither(own):
    own.load(
        [{"key": k, "given": g, "family": "Quill", "dob": d, "upn": UPN}
         for k, g, d in (("a", "Ines", "2014-01-01"), ("b", "Hugo", "2010-05-06"))],
        "club",
    )  # fmt: skip
    with own.serving():
        assert lookup(own, ("upn", UPN)) == [{"outcome": "several"}]


def test_who_works_with_a_child_and_what_happened_are_told(desk):
    number = desk.number("pds", ASHA)
    services = desk.ask(f"/children/{number}/services").json()
    assert services["number"] == number
    assert {one["source"] for one in services["holders"]} == {"pds", "school"}
    history = desk.ask(f"/children/{number}/history").json()["history"]
    assert history[0]["what"] == "record received"
    assert {one.get("source") for one in history} >= {"pds", "school"}


def test_of_a_shielded_child_neither_services_nor_history_are_told(desk):
    number = desk.number("pds", CORA)
    services = desk.ask(f"/children/{number}/services").json()
    assert services.keys() == {"number", "contact"}
    assert desk.ask(f"/children/{number}/history").json() == {"number": number, "history": []}


def changes(desk, cursor="", **asked):
    answered = desk.ask("/changes", params={"cursor": cursor}, purpose=None, reason=None, **asked)
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_a_merger_is_followed_and_the_number_taken_away_answers_with_the_other(own):
    own.load(
        [{"key": "p9", "given": "Bram", "family": "Vermeer", "postcode": "LS1 4AP"}], "school2"
    )
    gone, stays = own.number("school2", "p9"), own.number("pds", BRAM)
    assert gone != stays
    with own.serving():
        before = changes(own)["cursor"]
        own.load(
            [{"key": "p9", "given": "Bram", "family": "Vermeer", "dob": "2014-07-09", "sex": "F",
              "postcode": "LS1 4AP", "nhs": BRAM, "nhs_status": "01"}],
            "school2", "2026-09-05",
        )  # fmt: skip
        told = changes(own, before)
        assert told["changes"] == [{"number": gone, "what": "merged", "into": stays}]
        looks = own.looks(ChildrenAccessed)
        assert (looks[-1].act, looks[-1].children) == ("changes list", ())
        assert changes(own, told["cursor"])["changes"] == []
        assert own.looks(ChildrenAccessed) == looks
        answered = own.ask(f"/children/{gone}")
        assert answered.json()["number"] == stays
        assert answered.headers["content-location"] == f"/children/{stays}"


def test_a_merger_of_a_child_that_is_shielded_today_is_not_told(own):
    own.load(
        [{"key": "p9", "given": "Bram", "family": "Vermeer", "postcode": "LS1 4AP"}], "school2"
    )
    own.load(
        [{"key": "p9", "given": "Bram", "family": "Vermeer", "dob": "2014-07-09", "sex": "F",
          "postcode": "LS1 4AP", "nhs": BRAM, "nhs_status": "01"}],
        "school2", "2026-09-05",
    )  # fmt: skip
    with own.serving():
        (change,) = changes(own)["changes"]
        own.apply(stays := own.number("pds", BRAM))
        assert changes(own)["changes"] == []
        for path in ("", "/services", "/history", "/on/2026-10-01"):
            answered = own.ask(f"/children/{change['number']}{path}")
            assert answered.json()["number"] == stays
            assert answered.headers["content-location"] == f"/children/{stays}"


def test_a_record_that_its_source_leaves_out_splits_no_child(own):
    """Of the child's two records the school states one no more: no number answers otherwise."""
    bram = {"key": "p9", "given": "Bram", "family": "Vermeer", "dob": "2014-07-09", "sex": "F",
            "postcode": "LS1 4AP", "nhs": BRAM, "nhs_status": "01"}  # fmt: skip
    other = {"key": "p8", "given": "Wanda", "family": "Quist", "dob": "2013-02-03", "sex": "F"}
    own.load([bram, other], "school2")
    assert own.number("school2", "p9") == own.number("pds", BRAM)
    with own.serving():
        before = changes(own)["cursor"]
        left = own.load([other], "school2", "2026-09-05", "--mode", "snapshot")
        assert left["withdrawn"] == 1
        assert changes(own, before)["changes"] == []


def on(desk, number, day, expected=200):
    answered = desk.ask(f"/children/{number}/on/{day}")
    assert answered.status_code == expected, answered.text
    return answered.json()


def test_a_child_is_shown_as_its_sources_say_it_was_on_a_day(own):
    own.patient(BRAM, "2026-10-01", given="Bram", family="Visser", dob="2014-07-09",
                postcode="LS1 4AP")  # fmt: skip
    with own.serving():
        number = own.number("pds", BRAM)
        assert on(own, number, "2026-09-30")["name"]["value"]["family"] == "Vermeer"
        assert on(own, number, "2026-10-01")["name"]["value"]["family"] == "Visser"
        on(own, number, "2020-01-01", expected=404)
        assert on(own, number, "9999-12-31") == on(own, number, "2026-10-01")
        for no_day in ("yesterday", "2026-02-29", "20260930"):
            assert on(own, number, no_day, expected=422)["detail"].startswith("day: expected")


def test_of_a_child_shielded_today_nothing_more_is_told_of_a_day_before_it_was(desk):
    number = desk.number("pds", CORA)
    assert on(desk, number, "2026-09-30") == desk.child(number)


def test_for_involvement_those_alone_are_told_with_whom_the_organisation_works(own):
    """It fails where one of the two questions tells of everybody."""
    own.patient(ASHA, "2026-09-02", practice="Y00001")
    asked = {"family": "Okonjo", "birth": "2015-03-04"}
    sheaf = {"identifiers": [{"system": "nhs", "value": ASHA}]}
    with own.serving():
        number = own.number("pds", ASHA)
        for practice, told in (("Y00001", [number]), ("Z99999", [])):
            by = own.person(f"gp at {practice}", organisation=practice)
            words = {"method": "POST", "by": by, "purpose": "involvement"}
            assert numbers(own.ask("/children/search", json=asked, **words).json()) == told
            (result,) = own.ask("/children/lookup", json=sheaf, **words).json()["results"]
            assert result["outcome"] == ("found" if told else "none")
            assert [len(it.children) for it in own.looks(ChildrenAccessed)[-2:]] == 2 * [len(told)]


def test_for_involvement_a_shielded_child_is_not_told_of(desk):
    asked = {"given": "Cora", "family": "Danjuma", "birth": "2013-01-30"}
    assert search(desk, **asked)["found"]
    by = desk.person("wilma", organisation="Y00001")
    found = desk.ask("/children/search", method="POST", json=asked, by=by, purpose="involvement")
    assert found.json() == {"found": []}
