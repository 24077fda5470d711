"""A child by number over HTTP: what is told, to whom, and what is on record before it is."""

import json

import pytest

from events.access import ActRefused, ChildrenAccessed, InvestigationOpened
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA


def test_a_child_is_shown_with_what_each_source_says(desk):
    told = desk.child(desk.number("pds", ASHA))
    assert told["view"] == "whole"
    assert told["name"]["value"]["family"] == "Okonjo"
    assert {one["source"] for one in told["holders"]} == {"pds", "school"}


def test_a_look_is_on_record_with_who_why_what_for_and_by_which_request(desk):
    answered = desk.ask(
        f"/children/{desk.number('pds', ASHA)}",
        reason="Mutter fragt: wer hört zu?",
        headers={"X-Request-ID": "3fd6ab52-0001"},
    )
    assert answered.headers["x-request-id"] == "3fd6ab52-0001"
    look = desk.looks(ChildrenAccessed)[-1]
    assert (look.reader, look.act, look.purpose) == ("rita", "child show", "enquiry")
    assert (look.request, look.roles) == ("3fd6ab52-0001", ("practitioner",))
    assert look.asked.reason == "Mutter fragt: wer hört zu?"
    assert len(look.children) == 1


def test_what_is_not_there_is_on_record_too(desk):
    assert desk.ask("/children/123456789012").status_code == 404
    look = desk.looks(ChildrenAccessed)[-1]
    assert (look.children, look.asked.search) == ((), {"number": "123456789012"})


def test_a_shielded_child_is_told_by_its_visible_facts_alone(desk):
    told = desk.child(desk.number("pds", CORA))
    assert told.keys() == {"view", "number", "contact", "name", "sex", "birth"}
    assert told["view"] == "shielded"


def test_an_override_opens_an_investigation_and_lasts_for_one_answer(own):
    with own.serving():
        police = own.person("pat", override=True)
        number = own.number("pds", CORA)
        seen = {"If-Match": own.ask(f"/children/{number}", by=police).headers["etag"]}
        path = f"/children/{number}/override"
        answered = own.ask(path, by=police, method="POST", headers=seen)
        assert answered.json()["address"]["value"]["address"]["postcode"] == "N19 3AA"
        assert own.child(number, by=police)["view"] == "shielded"
        kinds = [type(event).__name__ for event in own.looks()]
        assert kinds[-3:] == ["InvestigationOpened", "ChildrenAccessed", "ChildrenAccessed"]


def test_nobody_looks_through_the_shield_of_their_own_family(own):
    number = own.number("pds", CORA)
    with own.serving():
        police = own.person("pat", override=True)
        own.run("review", "relatives", number, by=police)
        seen = {"If-Match": own.ask(f"/children/{number}", by=police).headers["etag"]}
        path = f"/children/{number}/override"
        answered = own.ask(path, by=police, method="POST", headers=seen)
        assert answered.status_code == 404
        assert answered.json()["detail"] == own.ask("/children/1", by=police).json()["detail"]
        assert not own.looks(InvestigationOpened)
        assert len(own.looks(ChildrenAccessed)[-2].children) == 1


def test_who_looks_through_a_shield_has_looked_at_it_before(desk):
    police = desk.person("pat", override=True)
    tag = desk.ask(f"/children/{desk.number('pds', BRAM)}").headers["etag"]

    def status(number, **headers):
        asked = desk.ask(f"/children/{number}/override", by=police, method="POST", headers=headers)
        return asked.status_code

    for number in (desk.number("pds", CORA), "123456789012", "12"):
        assert status(number) == 428
        assert status(number, **{"If-Match": tag}) == 412
    assert "InvestigationOpened" not in {type(event).__name__ for event in desk.looks()}


def test_who_may_not_override_is_denied_for_every_child_alike(desk):
    answers = [
        desk.ask(
            f"/children/{number}/override", method="POST", headers={"X-Request-ID": "same-123"}
        )
        for number in (desk.number("pds", CORA), desk.number("pds", BRAM), "123456789012")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("number", ["123456789012", "12", "%2e%2e", "0" * 300, "☃"])
def test_a_number_that_nobody_has_is_not_found(desk, number):
    answered = desk.ask(f"/children/{number}")
    assert answered.status_code == 404
    assert answered.json()["detail"] == "no child of that number"


def test_involvement_counts_where_the_index_knows_of_it(own):
    own.patient(BRAM, "2026-09-02", given="Bram", family="Vermeer", dob="2014-07-09")
    with own.serving():
        number = own.number("pds", ASHA)
        gp = own.person("gale", organisation="Z99999")
        refused = own.ask(f"/children/{number}", by=gp, purpose="involvement")
        assert refused.status_code == 403
        assert own.looks(ActRefused)[-1].purpose == "involvement"


@pytest.mark.parametrize(("ended", "status"), [("2020-01-01", 403), ("2099-01-01", 200)])
def test_a_service_that_has_ended_is_no_involvement(own, tmp_path, ended, status):
    service = {"kind": "school", "organisation": "2132345", "end_date": ended}
    details = {"first_name": "Dele", "surname": "Adeyemi", "date_of_birth": "2016-05-04"}
    child = {"la_child_id": "C-1", "child_details": details, "services": [service]}
    path = tmp_path / "care.json"
    path.write_text(json.dumps({"la_code": 213, "Children": [child]}))
    own.load(path, "care", feed="social-care.csc")
    with own.serving():
        by = own.person("elma", organisation="2132345")
        asked = own.ask(f"/children/{own.number('care', 'C-1')}", by=by, purpose="involvement")
        assert asked.status_code == status


def test_involvement_with_a_child_that_is_not_there_is_refused_in_the_same_words(desk):
    gp = desk.person("gale", organisation="Z99999")
    answers = [
        desk.ask(f"/children/{number}", by=gp, purpose="involvement",
                 headers={"X-Request-ID": "same-123"})
        for number in (desk.number("pds", ASHA), desk.number("pds", CORA), "123456789012")
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1


def test_who_looks_for_another_names_them(desk):
    number = desk.number("pds", ASHA)
    assert desk.ask(f"/children/{number}", purpose="mediation").status_code == 422
    nobody = {"Contactpoint-For": "%E2%80%8B"}
    assert desk.ask(f"/children/{number}", purpose="mediation", headers=nobody).status_code == 422
    named = {"Contactpoint-For": "bram"}
    assert desk.ask(f"/children/{number}", purpose="mediation", headers=named).status_code == 200
    look = desk.looks(ChildrenAccessed)[-1]
    assert (look.reader, look.behalf, look.purpose) == ("rita", "bram", "mediation")


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"purpose": None}, 422), ({"purpose": "duty"}, 422), ({"purpose": "fun"}, 422),
     ({"reason": None}, 422), ({"reason": "  "}, 422), ({"reason": "x" * 501}, 422),
     ({"reason": "\u200b"}, 422), ({"reason": "..."}, 422),
     ({"reason": "\u0440\u0435\u0431\u0451\u043d\u043e\u043a"}, 200)],
)  # fmt: skip
def test_purpose_and_reason_must_be_stated(desk, changed, status):
    assert desk.ask(f"/children/{desk.number('pds', ASHA)}", **changed).status_code == status


def test_a_caller_who_has_the_answer_already_is_told_so(desk):
    path = f"/children/{desk.number('pds', ASHA)}"
    tag = desk.ask(path).headers["etag"]
    for known in (f'"other", {tag}', f"W/{tag}", "*"):
        again = desk.ask(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_the_tag_of_a_child_changes_with_what_is_visible_and_with_nothing_else(own):
    with own.serving():
        number = own.number("pds", CORA)
        before = own.ask(f"/children/{number}").headers["etag"]
        own.patient(CORA, "2026-09-02", given="Cora", family="Danjuma", dob="2013-01-30",
                    postcode="LS1 4AP")  # fmt: skip
        assert own.ask(f"/children/{number}").headers["etag"] == before
        own.patient(CORA, "2026-09-03", given="Cara", family="Danjuma", dob="2013-01-30",
                    postcode="LS1 4AP")  # fmt: skip
        assert own.ask(f"/children/{number}").headers["etag"] != before


def test_identifiers_are_told_to_those_alone_whose_organisation_allocates_them(desk):
    number = desk.number("pds", ASHA)
    assert "identifiers" not in desk.child(number)
    back_office = desk.person("nadia", system="nhs")
    told = desk.child(number, by=back_office)["identifiers"]
    assert {(one["system"], one["value"]) for one in told} == {("nhs", ASHA)}
    assert "identifiers" not in desk.child(desk.number("pds", CORA), by=back_office)


def test_answers_are_kept_by_no_cache(desk):
    for path in (f"/children/{desk.number('pds', ASHA)}", "/children/1", "/nowhere"):
        answered = desk.ask(path)
        assert answered.headers["cache-control"] == "no-store"
        assert answered.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("gzip;q=0.0, *", None),
     ("identity", None), ("*;q=0", None)],
)  # fmt: skip
def test_an_answer_is_compressed_where_that_is_wanted_and_not_where_it_is_refused(
    desk, accepted, coding
):
    answered = desk.client.get("/openapi.json", headers={"Accept-Encoding": accepted})
    assert answered.headers.get("content-encoding") == coding
    assert answered.json()["openapi"].startswith("3.1")
