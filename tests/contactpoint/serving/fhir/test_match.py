"""``Patient/$match`` over HTTP: the ten cases of IHE PDQm (ITI-119), and what shields hide."""

import pytest

from events.access import ActRefused, ChildrenAccessed
from tests.contactpoint.serving.fhir.checked import checked
from tests.contactpoint.serving.fhir.conftest import ASHA, BRAM, CORA, person

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
NUMBER = "urn:contactpoint:number"


def grades(bundle):
    """Who was found: number, grade and score, in their order."""
    found = []
    for one in bundle.get("entry", []):
        if one["search"]["mode"] == "match":
            (grade,) = one["search"]["extension"]
            assert grade["url"] == GRADE
            found.append((one["resource"]["id"], grade["valueCode"], one["search"]["score"]))
    assert bundle["total"] >= len(found)
    return found


def namesakes(own):
    """Two more children of Asha's name and birth date, who live elsewhere."""
    for number, home in (("9000000033", "YO1 7HH"), ("9000000041", "EX1 1HS")):
        own.patient(number, postcode=home)


def test_case_1_one_child_is_found_with_score_and_grade(desk):
    bundle = checked(desk.match(person(postcode="SE15 3QN")))
    ((number, grade, score),) = grades(bundle)
    assert (number, grade, bundle["total"]) == (desk.number("pds", ASHA), "certain", 1)
    assert 0.99 < score <= 1


def test_case_1_a_patient_may_be_sent_by_itself(desk):
    sent = person(postcode="SE15 3QN")
    alone = desk.fhir("Patient/$match", method="POST", json=sent)
    assert alone == desk.match(sent)


def test_case_2_several_are_found_the_likeliest_first(own):
    own.patient("9000000033", postcode="SE15 4AA")
    found = grades(checked(own.match(person(postcode="SE15 3QP"))))
    assert found[0][0] == own.number("pds", ASHA)
    assert [score for _, _, score in found] == sorted((s for *_, s in found), reverse=True)
    assert len(found) > 1


def test_case_3_only_certain_ones_and_it_is_certain(desk):
    ((_, grade, _),) = grades(desk.match(person(postcode="SE15 3QN"), only_certain=True))
    assert grade == "certain"


def test_case_4_only_certain_ones_and_the_one_is_not(desk):
    sent = person()
    del sent["name"][0]["given"]
    assert grades(desk.match(sent))[0][1] in ("probable", "possible")
    assert desk.match(sent, only_certain=True) == {
        "resourceType": "Bundle", "type": "searchset", "total": 0
    }  # fmt: skip


def test_case_5_only_certain_ones_and_several_may_be_meant(own):
    namesakes(own)
    assert grades(own.match(person()))
    assert grades(own.match(person(), only_certain=True)) == []


def test_case_6_no_more_than_count_are_given_and_the_total_is_of_all(own):
    namesakes(own)
    everybody = own.match(person())
    first = checked(own.match(person(), count=1))
    assert grades(first) == grades(everybody)[:1]
    assert first["total"] == everybody["total"] == 3


def test_case_7_nobody_is_found(desk):
    assert checked(desk.match(person("Zachary", "Quill", "2010-10-10", "male"))) == {
        "resourceType": "Bundle", "type": "searchset", "total": 0
    }  # fmt: skip


def test_case_8_a_child_whose_number_was_merged_away_answers_with_the_one_that_goes_on(own):
    row = {"key": "9", "given": "Asha", "family": "Okonjo", "dob": "2015-03-14", "sex": "F"}
    own.load([row | {"postcode": "EX1 1HS"}], "club")
    gone = own.number("club", "9")
    own.load([row | {"postcode": "SE15 3QN", "dob": "2015-03-04"}], "club", "2026-09-03")
    lasting = own.number("pds", ASHA)
    assert own.number("club", "9") == lasting != gone
    sent = person(identifier=[{"system": NUMBER, "value": gone}])
    assert [number for number, *_ in grades(own.match(sent))] == [lasting]


@pytest.mark.parametrize(
    ("body", "status", "element"),
    [
        ({"resourceType": "Parameters"}, 400, "Parameters.parameter(resource).resource"),
        ({"resourceType": "Observation"}, 400, "resourceType"),
        ({}, 400, "resourceType"),
        (person(birth="2015-02-30"), 400, "Patient.birthDate"),
        (person(birth="2099-01-01"), 400, "Patient.birthDate"),
        (person(birth="04/03/2015"), 400, "Patient.birthDate"),
        (person(birth="20150304"), 400, "Patient.birthDate"),
        (person(birth="2015-03-04T00:00:00Z"), 400, "Patient.birthDate"),
        (person(birth=2015), 400, "Patient.birthDate"),
        (person(gender="girl"), 400, "Patient.gender"),
        (person(gender="F"), 400, "Patient.gender"),
        (person(deceasedDateTime="1/2/2020"), 400, "Patient.deceasedDateTime"),
        (person(multipleBirthBoolean="no"), 400, "Patient.multipleBirthBoolean"),
        (person(postcode="SE15"), 400, "Patient.address.postalCode"),
        (person(nhs="9000000008"), 400, "Patient.identifier"),
        (person(identifier=[{"system": NUMBER, "value": "12"}]), 400,
         "Patient.identifier[0].value"),
        (person(name=3), 400, "Patient.name"),
        (person(name=[{"family": ["Okonjo"]}]), 400, "Patient.name[0].family"),
        (person(name=[{"text": "Asha Okonjo"}]), 400, "Patient.name"),
        (person(name=[{"family": "Okonjo"}] * 31), 400, "Patient.name"),
        (person(name=[{"given": ["Asha"] * 31}]), 400, "Patient.name[0].given"),
        (person(modifierExtension=[{"url": "urn:x"}]), 400, "Patient.modifierExtension"),
        ({"resourceType": "Parameters", "parameter": [{"name": "who"}]}, 400,
         "Parameters.parameter[0].name"),
        ({"resourceType": "Parameters", "parameter": [
            {"name": "resource", "resource": person()}, {"name": "count", "valueInteger": 0}
        ]}, 400, "Parameters.parameter(count).valueInteger"),
        ({"resourceType": "Parameters", "parameter": [
            {"name": "resource", "resource": person()}, {"name": "count", "valueInteger": "3"}
        ]}, 400, "Parameters.parameter[1].valueInteger"),
    ],
)  # fmt: skip
def test_case_9_what_is_wrong_is_told_by_element(desk, body, status, element):
    answered = checked(desk.fhir("Patient/$match", method="POST", json=body, status=status))
    (issue,) = answered["issue"]
    assert issue["severity"] == "error"
    assert issue["expression"] == [element]
    assert "Okonjo" not in issue["diagnostics"]


@pytest.mark.parametrize("content", [b'{"resourceType":', b"\xff\xfe", b"[]", b"", b"[" * 90_000])
def test_case_9_what_cannot_be_read_is_refused(desk, content):
    answered = desk.ask("/fhir/R4/Patient/$match", method="POST", content=content)
    assert answered.status_code == 400
    assert checked(answered.json())["issue"][0]["severity"] == "error"


@pytest.mark.parametrize(
    "sent",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "birthDate": "2015-03-04", "gender": "female"},
        {"resourceType": "Patient", "address": [{"postalCode": "SE15 3QN"}]},
        {"resourceType": "Patient", "name": [{"family": "Okonjo"}]},
        {"resourceType": "Patient", "telecom": [{"system": "phone", "value": "02079460001"}],
         "birthDate": "2015-03-04"},
    ],
)  # fmt: skip
def test_case_9_too_little_to_match_on_is_422(desk, sent):
    answered = checked(desk.match(sent, status=422))
    assert answered["issue"][0]["details"]["coding"][0]["code"] == "TOO_FEW_VALUES_SUBMITTED"


def test_case_10_what_was_not_compared_is_told_beside_what_was_found(desk):
    sent = person(
        maritalStatus={"text": "never married"},
        communication=[{"preferred": True}],
        identifier=[{"system": "urn:of-another", "value": "7"}],
    )
    bundle = checked(desk.match(sent))
    assert len(grades(bundle)) == bundle["total"] == 1
    (told,) = [one for one in bundle["entry"] if one["search"]["mode"] == "outcome"]
    (issue,) = told["resource"]["issue"]
    assert (issue["severity"], issue["diagnostics"]) == (
        "warning", "not compared: communication, identifier, maritalStatus"
    )  # fmt: skip


def test_too_many_are_told_as_pds_tells_it(own):
    names = "Ada Bruno Clara Dmitri Edith Farouk Greta Hamish Ivo Jolanta Kwame Lydia Mungo Nadia"
    names += " Otto Petra Quentin Rosalind Stefan Tabitha Ursula Viktor Wendy Xavier"
    rows = [
        {"key": name, "given": name, "family": "Okonjo", "dob": "2015-03-04", "sex": "F"}
        for name in names.split()
    ]
    own.load(rows, "yard")
    sent = person()
    sent["name"] = [{"family": "Okonjo"}]
    answered = checked(own.match(sent))
    (issue,) = answered["issue"]
    assert (issue["severity"], issue["code"]) == ("information", "multiple-matches")
    assert issue["details"]["coding"][0]["code"] == "TOO_MANY_MATCHES"
    assert own.looks(ChildrenAccessed)[-1].children == ()


def test_every_child_that_is_told_of_is_on_record_with_what_was_asked(own):
    namesakes(own)
    own.match(person(), count=1, headers={"X-Request-ID": "3fd6ab52-0002"})
    look = own.looks(ChildrenAccessed)[-1]
    assert (look.act, look.request) == ("patient match", "3fd6ab52-0002")
    assert len(look.children) == 3
    assert "Okonjo" in look.asked.search["person"]


def test_who_may_not_find_a_child_is_refused_and_that_is_on_record(desk):
    auditor = desk.person("aud", "auditor")
    answered = desk.match(person(), by=auditor, purpose="duty", status=403)
    assert checked(answered)["issue"][0]["code"] == "forbidden"
    assert isinstance(desk.looks()[-1], ActRefused)


def test_nobody_asks_without_a_token(desk):
    answered = desk.client.post("/fhir/R4/Patient/$match", json=person())
    assert answered.status_code == 401
    assert checked(answered.json())["issue"][0]["code"] == "login"


def test_numbers_are_told_to_those_who_are_entitled_to_their_system(desk):
    def told(**said):
        by = desk.person("-".join(["x", *said.values()]), organisation="A20047", **said)
        (one,) = desk.match(person(postcode="SE15 3QN"), by=by)["entry"]
        return {each["system"] for each in checked(one["resource"])["identifier"]}

    assert told() == {NUMBER}
    assert told(system="nhs") == {NUMBER, "https://fhir.nhs.uk/Id/nhs-number"}
    assert told(system="upn") == {NUMBER, "urn:contactpoint:upn"}


def test_a_shielded_child_is_found_by_visible_facts_and_marked_restricted(desk):
    cora = person("Cora", "Danjuma", "2013-01-30")
    (one,) = checked(desk.match(cora))["entry"]
    shown = one["resource"]
    assert shown["meta"]["security"][0]["code"] == "R"
    assert shown.keys() == {
        "resourceType", "id", "meta", "identifier", "active", "name", "gender", "birthDate",
        "contact",
    }  # fmt: skip
    (contact,) = shown["contact"]
    assert contact.keys() == {"relationship", "name"}


@pytest.mark.parametrize(
    "more",
    [
        {"postcode": "N19 3AA"},
        {"postcode": "YO1 7HH"},
        {"nhs": CORA},
        {"nhs": BRAM},
        {"telecom": [{"system": "phone", "value": "02079460001"}]},
        {"generalPractitioner": [{"identifier": {"value": "A20047"}}]},
        {"managingOrganization": {"identifier": {"value": "A20047"}}},
        {"contact": [{"name": {"family": "Danjuma"}}]},
        {"multipleBirthInteger": 1},
        {"identifier": [{"system": "urn:of-another", "value": "7"}]},
    ],
)
def test_whatever_else_is_said_a_shielded_child_is_no_candidate(desk, more):
    found = desk.match(person("Cora", "Danjuma", "2013-01-30", **more))
    assert (grades(found), found["total"]) == ([], 0)


def test_empty_elements_and_the_narrative_ask_nothing(desk):
    sent = person("Cora", "Danjuma", "2013-01-30", address=[], telecom=[{}], extension=None)
    sent["text"] = {"status": "generated", "div": "<div>Cora Danjuma</div>"}
    assert grades(desk.match(sent))
