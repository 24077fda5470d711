"""Read, search, other numbers, parents and team over HTTP, and what is on record of it."""

import pytest

from events.access import ChildrenAccessed
from tests.contactpoint.serving.fhir.checked import checked
from tests.contactpoint.serving.fhir.conftest import ASHA, ASHA_AT_SCHOOL, BRAM, CORA, person

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NUMBER = "urn:contactpoint:number"
UPN = "urn:contactpoint:upn"


def ids(bundle):
    assert bundle["total"] == len(bundle.get("entry", []))
    return [one["resource"]["id"] for one in bundle.get("entry", [])]


def found(desk, **asked):
    """Who answers to these parameters; the same by GET and by POST."""
    named = {name.replace("_", "-").replace("-id", "_id").replace("-count", "_count"): value
             for name, value in asked.items()}  # fmt: skip
    got = desk.fhir("Patient", params=named)
    assert desk.fhir("Patient/_search", method="POST", data=named) == got
    return ids(checked(got))


def test_a_child_is_read_by_its_number_and_the_look_is_on_record(desk):
    number = desk.number("pds", ASHA)
    shown = checked(desk.fhir(f"Patient/{number}"))
    assert shown["name"][0]["family"] == "Okonjo"
    look = desk.looks(ChildrenAccessed)[-1]
    assert (look.act, len(look.children)) == ("patient read", 1)


@pytest.mark.parametrize("number", ["123456789018", "1", "Asha", "0" * 64])
def test_a_number_that_nobody_has_is_not_found(desk, number):
    answered = checked(desk.fhir(f"Patient/{number}", status=404))
    assert answered["issue"][0]["code"] == "not-found"
    assert desk.looks(ChildrenAccessed)[-1].children == ()


def test_a_number_that_was_merged_away_is_read_as_replaced_and_not_found_by_search(own):
    row = {"key": "9", "given": "Asha", "family": "Okonjo", "dob": "2015-03-14", "sex": "F"}
    own.load([row | {"postcode": "EX1 1HS"}], "club")
    gone = own.number("club", "9")
    own.load([row | {"postcode": "SE15 3QN", "dob": "2015-03-04"}], "club", "2026-09-03")
    lasting = own.number("pds", ASHA)
    shown = checked(own.fhir(f"Patient/{gone}"))
    assert (shown["id"], shown["active"]) == (gone, False)
    assert shown["link"][0]["other"]["reference"] == f"Patient/{lasting}"
    assert found(own, _id=gone) == []
    assert found(own, _id=lasting) == [lasting]


def test_a_search_finds_a_known_child(desk):
    asha = [desk.number("pds", ASHA)]
    assert found(desk, family="Okonjo", birthdate="2015-03-04") == asha
    assert found(desk, family="OKONJO", given="asha", birthdate="eq2015-03-04") == asha
    assert found(desk, family="Oko*", address_postalcode="se153qn", gender="female") == asha
    assert found(desk, name="Okonjo, Asha", birthdate="2015-03-04") == asha
    assert found(desk, identifier=f"{NHS}|{ASHA}") == asha
    assert found(desk, identifier=f"{UPN}|{ASHA_AT_SCHOOL['upn']}") == asha
    assert found(desk, identifier=ASHA) == asha
    assert found(desk, identifier=f"{NUMBER}|{asha[0]}") == asha
    assert found(desk, _id=asha[0], family="Okonjo") == asha
    assert found(desk, identifier=f"{NHS}|{ASHA}", gender="female") == asha


def test_a_search_is_on_record_with_what_was_asked_and_whom_it_found(desk):
    found(desk, family="Okonjo", birthdate="2015-03-04")
    look = desk.looks(ChildrenAccessed)[-1]
    assert (look.act, len(look.children)) == ("patient search posted", 1)
    said = {name: value for name, value in look.asked.search.items() if value}
    assert said == {"family": "Okonjo", "birth": "2015-03-04"}


def test_a_search_that_does_not_fit_finds_nobody(desk):
    asha = desk.number("pds", ASHA)
    assert found(desk, family="Okonjo", birthdate="2015-03-05") == []
    assert found(desk, _id=asha, family="Vermeer") == []
    assert found(desk, identifier=f"{NHS}|{ASHA}", gender="male") == []
    assert found(desk, identifier=f"{UPN}|Z801200024002") == []


def test_a_shielded_child_is_found_by_visible_facts_alone(desk):
    cora = [desk.number("pds", CORA)]
    assert found(desk, family="Danjuma", birthdate="2013-01-30") == cora
    assert found(desk, _id=cora[0]) == cora
    assert found(desk, identifier=f"{NHS}|{CORA}") == []
    assert found(desk, identifier=CORA) == []
    assert found(desk, family="Danjuma", address_postalcode="N19 3AA") == []


@pytest.mark.parametrize(
    ("asked", "status", "element"),
    [
        ({"family": "Okonjo"}, 422, None),
        ({"birthdate": "2015-03-04"}, 422, None),
        ({"gender": "female", "birthdate": "2015-03-04"}, 422, None),
        ({}, 422, None),
        ({"_lastUpdated": "2015"}, 400, None),
        ({"family:contains": "konj"}, 400, None),
        ({"family": "Ok*", "birthdate": "2015-03-04"}, 400, "family"),
        ({"name": "Okon*", "birthdate": "2015-03-04"}, 400, "name"),
        ({"family": "O*onjo", "birthdate": "2015-03-04"}, 400, "family"),
        ({"name": "\u02bc", "birthdate": "2015-03-04"}, 400, "name"),
        ({"given": "\u02bc\u02bc\u02bc*", "birthdate": "2015-03-04"}, 400, "given"),
        ({"family": "Okonjo", "birthdate": "2015-03"}, 400, "birthdate"),
        ({"family": "Okonjo", "birthdate": "ge2015-03-04"}, 400, "birthdate"),
        ({"family": "Okonjo", "birthdate": "2015-02-30"}, 400, "birthdate"),
        ({"family": "Okonjo", "gender": "girl"}, 400, "gender"),
        ({"family": "Okonjo", "address-postalcode": "SE15"}, 400, "address-postalcode"),
        ({"identifier": "urn:x|1"}, 400, "identifier"),
        ({"identifier": f"{NHS}|9000000008"}, 400, "identifier"),
        ({"_id": "12"}, 400, "_id"),
        ({"family": "O" * 201, "birthdate": "2015-03-04"}, 400, "family"),
        ({"_id": "123456789018", "active": "false"}, 400, "active"),
        ({"_id": "123456789018", "_count": "-1"}, 400, "_count"),
        ({"family": ["Okonjo", "Vermeer"], "birthdate": "2015-03-04"}, 400, "family"),
    ],
)
def test_a_search_that_cannot_be_says_what_is_wrong(desk, asked, status, element):
    answered = checked(desk.fhir("Patient", params=asked, status=status))
    assert answered["issue"][0].get("expression") == (None if element is None else [element])
    assert "Okonjo" not in answered["issue"][0]["diagnostics"]
    assert desk.fhir("Patient/_search", method="POST", data=asked, status=status) == answered


NAMES = """
Ada Bruno Clara Dmitri Edith Farouk Greta Hamish Ivo Jolanta Kwame Lydia Mungo Nadia Otto Petra
Quentin Rosalind Stefan Tabitha Ursula Viktor
""".split()  # noqa: SIM905 - one name after the other reads best


def test_more_than_twenty_are_too_many(own):
    row = {"family": "Quill", "dob": "2013-05-06", "sex": "F", "postcode": "YO1 7HH"}
    own.load([row | {"key": name, "given": name} for name in NAMES[:20]], "yard")
    asked = {"family": "Quill", "birthdate": "2013-05-06"}
    assert len(ids(own.fhir("Patient", params=asked))) == 20
    own.load([row | {"key": name, "given": name} for name in NAMES[20:]], "yard", "2026-09-02")
    answered = checked(own.fhir("Patient", params=asked))
    assert answered["issue"][0]["details"]["coding"][0]["code"] == "TOO_MANY_MATCHES"
    assert own.looks(ChildrenAccessed)[-1].children == ()


def numbers(desk, source, by=None, **more):
    """System to value of what ``$ihe-pix`` gives, and the id."""
    asked = {"sourceIdentifier": source, **more}
    told = checked(desk.fhir("Patient/$ihe-pix", params=asked, by=by))
    values = [one["valueIdentifier"] for one in told["parameter"]
              if one["name"] == "targetIdentifier"]  # fmt: skip
    references = [one["valueReference"]["reference"] for one in told["parameter"]
                  if one["name"] == "targetId"]  # fmt: skip
    return {one["system"]: one["value"] for one in values}, references


def test_other_numbers_are_told_to_who_is_entitled_and_the_source_is_not_echoed(desk):
    asha, upn = desk.number("pds", ASHA), ASHA_AT_SCHOOL["upn"]
    here = [f"Patient/{asha}"]
    assert numbers(desk, f"{NHS}|{ASHA}") == ({NUMBER: asha}, here)
    gp = desk.person("gp", organisation="A20047", system="nhs")
    assert numbers(desk, f"{NHS}|{ASHA}", gp) == ({NUMBER: asha}, here)
    assert numbers(desk, f"{UPN}|{upn}", gp) == ({NUMBER: asha, NHS: ASHA}, here)
    assert numbers(desk, f"{NUMBER}|{asha}", gp) == ({NHS: ASHA}, here)
    assert numbers(desk, f"{NUMBER}|{asha}", gp, targetSystem=NHS) == ({NHS: ASHA}, [])
    assert desk.looks(ChildrenAccessed)[-1].act == "patient pix"


@pytest.mark.parametrize(
    ("asked", "status", "code", "said"),
    [
        (f"{NHS}|9000000041", 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (f"{NHS}|{CORA}", 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (f"{NHS}|9000000008", 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (f"{NUMBER}|12", 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (f"{UPN}|", 404, "not-found", "sourceIdentifier Patient Identifier not found"),
        (f"{NHS}|{'9' * 201}", 400, "value", "sourceIdentifier: expected at most 200 characters"),
        ("urn:x|1", 400, "code-invalid", "sourceIdentifier Assigning Authority not found"),
        ("", 400, "required", "sourceIdentifier: expected system|value"),
    ],
)
def test_a_number_that_leads_nowhere_is_answered_in_the_profiles_words(
    desk, asked, status, code, said
):
    answered = desk.fhir("Patient/$ihe-pix", params={"sourceIdentifier": asked}, status=status)
    (issue,) = checked(answered)["issue"]
    assert (issue["code"], issue["diagnostics"]) == (code, said)


def test_a_system_to_which_the_caller_is_not_entitled_is_as_one_that_is_unknown(desk):
    asked = {"sourceIdentifier": f"{NHS}|{ASHA}"}
    refused = [
        desk.fhir("Patient/$ihe-pix", params=asked | {"targetSystem": one}, status=403)
        for one in (UPN, "urn:x")
    ]
    assert refused[0] == refused[1]
    assert checked(refused[0])["issue"][0]["diagnostics"] == "targetSystem not found"


def test_a_shielded_child_has_no_other_numbers(desk):
    cora = desk.number("pds", CORA)
    gp = desk.person("gp", organisation="A20047", system="nhs")
    assert numbers(desk, f"{NUMBER}|{cora}", gp) == ({}, [f"Patient/{cora}"])


def test_parents_and_team_are_told_of_a_child_and_on_record(desk):
    asha = desk.number("pds", ASHA)
    people = checked(desk.fhir("RelatedPerson", params={"patient": f"Patient/{asha}"}))
    assert people["entry"][0]["resource"]["name"][0]["given"] == ["Ngozi"]
    team = checked(desk.fhir("CareTeam", params={"patient": asha}))
    assert team["entry"][0]["resource"]["subject"]["reference"] == f"Patient/{asha}"
    acts = [look.act for look in desk.looks(ChildrenAccessed)[-2:]]
    assert acts == ["patient related", "patient team"]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [("CareTeam", "patient", "1"), ("RelatedPerson", "patient", "1"),
     ("Patient/$ihe-pix", "sourceIdentifier", f"{NHS}|{ASHA}"),
     ("Patient/$ihe-pix", "targetSystem", NHS)],
)  # fmt: skip
def test_a_parameter_that_is_stated_twice_is_not_chosen_from(desk, path, name, value):
    asked = {"sourceIdentifier": f"{NHS}|{ASHA}"} if "pix" in path else {}
    told = desk.fhir(path, params=asked | {name: [value, value]}, status=400)
    assert told["issue"][0]["diagnostics"] == f"{name}: expected one value"


def test_parents_and_team_of_nobody_are_not_found(desk):
    for what in ("RelatedPerson", "CareTeam"):
        checked(desk.fhir(what, params={"patient": "Patient/123456789018"}, status=404))
        checked(desk.fhir(what, status=400))


def test_who_is_not_involved_is_told_so_of_every_child_alike(desk):
    answers = [
        desk.fhir(f"Patient/{number}", purpose="involvement", status=403)
        for number in (desk.number("pds", BRAM), desk.number("pds", CORA), "123456789018")
    ]
    assert answers[0] == answers[1] == answers[2]


def test_for_involvement_those_alone_are_found_with_whom_the_organisation_works(own):
    own.patient(ASHA, "2026-09-02", practice="Y00001")
    number = own.number("pds", ASHA)
    searches = (
        {"family": "Okonjo", "birthdate": "2015-03-04"},
        {"identifier": f"https://fhir.nhs.uk/Id/nhs-number|{ASHA}"},
        {"_id": number},
    )
    for practice, told in (("Y00001", [number]), ("Z99999", [])):
        by = own.person(f"gp at {practice}", organisation=practice)
        words = {"by": by, "purpose": "involvement"}
        answers = [own.fhir("Patient", params=asked, **words) for asked in searches]
        answers.append(own.match(person(postcode="SE15 3QN"), **words))
        for bundle in map(checked, answers):
            assert [one["resource"]["id"] for one in bundle.get("entry", [])] == told
            assert bundle["total"] == len(told)
        assert [len(it.children) for it in own.looks(ChildrenAccessed)[-4:]] == 4 * [len(told)]


def test_what_the_index_can_do_is_told_to_anybody(desk):
    answered = desk.client.get("/fhir/R4/metadata")
    assert answered.headers["content-type"] == "application/fhir+json"
    told = checked(answered.json())
    (patient, *_) = told["rest"][0]["resource"]
    assert [one["name"] for one in patient["operation"]] == ["match", "ihe-pix"]


def test_what_is_not_there_is_told_in_fhir_too(desk):
    for method, path, status in (("GET", "Observation", 404), ("DELETE", "Patient", 405)):
        answered = desk.ask(f"/fhir/R4/{path}", method=method)
        assert answered.status_code == status
        assert checked(answered.json())["resourceType"] == "OperationOutcome"


def test_parents_and_team_are_told_to_who_states_the_number_in_a_body(desk):
    number = desk.number("pds", ASHA)
    for kind in ("RelatedPerson", "CareTeam"):
        told = desk.fhir(kind, params={"patient": number})
        for stated in (number, f"Patient/{number}"):
            assert desk.fhir(f"{kind}/_search", method="POST", data={"patient": stated}) == told
        assert len(desk.looks(ChildrenAccessed)[-1].children) == 1
        twice = {"method": "POST", "data": {"patient": [number, number]}, "status": 400}
        assert checked(desk.fhir(f"{kind}/_search", **twice))["issue"][0]["code"] == "value"
        none = checked(desk.fhir(f"{kind}/_search", method="POST", data={}, status=400))
        assert none["issue"][0]["code"] == "required"


@pytest.mark.parametrize("alone", [{"_count": "0"}, {"_summary": "count"}])
def test_who_wants_the_total_alone_is_told_it_and_it_is_on_record(desk, alone):
    asked = {"family": "Okonjo", "birthdate": "2015-03-04"} | alone
    told = desk.fhir("Patient", params=asked)
    assert (told["total"], "entry" in told) == (1, False)
    assert len(desk.looks(ChildrenAccessed)[-1].children) == 1


def test_an_answer_says_by_which_parameters_it_was_found(desk):
    asked = {"family:exact": "Okonjo", "birthdate": "eq2015-03-04", "_count": "5"}
    said = "Patient?family:exact=Okonjo&birthdate=eq2015-03-04&_count=5"
    more = {"_elements": "name", "_format": "json", "_summary": "data", "gender": " "}
    for one in (asked, asked | more):
        assert desk.fhir("Patient", params=one)["link"] == [{"relation": "self", "url": said}]
    number = desk.number("pds", ASHA)
    for kind in ("CareTeam", "RelatedPerson"):
        (link,) = checked(desk.fhir(kind, params={"patient": f"Patient/{number}"}))["link"]
        assert link == {"relation": "self", "url": f"{kind}?patient={number}"}


def test_how_much_a_client_wants_to_read_is_no_reason_to_refuse_it(desk):
    asked = {"family": "Okonjo", "birthdate": "2015-03-04"}
    whole = desk.fhir("Patient", params=asked)
    for more in ({"_summary": "true"}, {"_elements": "name"}, {"_total": "accurate"},
                 {"_pretty": "true"}, {"_format": "application/fhir json"}):  # fmt: skip
        assert desk.fhir("Patient", params=asked | more) == whole
    odd = desk.fhir("Patient", params=asked | {"_summary": "few"}, status=400)
    assert checked(odd)["issue"][0]["expression"] == ["_summary"]


XML = ("application/fhir+xml", "text/xml", "application/fhir+json; fhirVersion=5.0",
       "application/fhir+json;q=0, text/turtle")  # fmt: skip
JSON = ("*/*", "", "application/fhir+json; fhirVersion=4.0", "application/json",
        "application/fhir+xml;q=1.0, application/fhir+json;q=0.9")  # fmt: skip


@pytest.mark.parametrize("path", ["metadata", "Patient/{number}", "CareTeam?patient={number}"])
def test_another_form_than_json_is_not_acceptable(desk, path):
    number = desk.number("pds", ASHA)
    path = path.format(number=number)
    for accept in XML:
        refused = desk.fhir(path, status=406, headers={"Accept": accept})
        assert checked(refused)["issue"][0]["code"] == "not-supported"
    for accept in JSON:
        desk.fhir(path, headers={"Accept": accept})
    for wanted, status in (("xml", 406), ("json", 200)):
        asked = {"_format": wanted, "patient": number}
        desk.fhir(path, status=status, params=asked, headers={"Accept": "application/fhir+xml"})


def test_a_body_in_another_form_is_not_read(desk):
    sent = {"method": "POST", "content": b"<Patient/>", "status": 415}
    for form in ("application/fhir+xml", "application/x-www-form-urlencoded",
                 "application/fhir+json; fhirVersion=5.0"):  # fmt: skip
        checked(desk.fhir("Patient/$match", headers={"Content-Type": form}, **sent))
    checked(desk.fhir("Patient/_search", headers={"Content-Type": "application/json"}, **sent))
