"""From views to resources, each read by an independent implementation of FHIR."""

import msgspec
import pytest

from contactpoint.beside import Authority, Beside
from contactpoint.beside import Sensitive as Told_of
from contactpoint.serving.fhir.capability import statement
from contactpoint.serving.fhir.involved import care_team, related
from contactpoint.serving.fhir.outcomes import invalid, too_many
from contactpoint.serving.fhir.patients import patient, replaced
from person.names import PersonName
from person.particulars import (
    Assessment,
    BirthDate,
    Carer,
    LeadProfessional,
    Particulars,
)
from person.places import Address
from person.services import Involvement
from projections.retention import Retention
from projections.survivorship import Stated
from projections.view import Shielding, view
from tests.contactpoint.serving.fhir.checked import checked

NUMBER = "123456789018"


def said(**facts):
    """One record of a child that says these things."""
    base = Particulars(
        names=(PersonName(("Asha", "Mary"), "Okonjo"),),
        birth=BirthDate("2015-03-04"),
        sex="F",
    )
    return Stated("pds", "1", "health", 1, 1, msgspec.structs.replace(base, **facts))


def told(resource):
    return checked(msgspec.json.encode(resource))


def shown(*records, under="", safe=frozenset()):
    stated = [msgspec.structs.replace(one, under=under) for one in records]
    return view(NUMBER, stated, Shielding(safe, "ring the brokers"))


def test_a_child_of_whom_nothing_is_known_but_its_number_is_a_patient():
    bare = said(names=(), birth=None, sex=None)
    assert told(patient(shown(bare))).keys() == {
        "resourceType", "id", "meta", "identifier", "active", "gender"
    }  # fmt: skip


def test_the_name_in_use_is_official_and_no_other_is():
    names = (
        PersonName(("Asha",), "Okonjo", start="2016-01-01"),
        PersonName(("Asha",), "Adeyemi", "former", end="2015-12-31"),
        PersonName(("Ash",), "Okonjo", "preferred"),
        PersonName(("Asha",), "Soyinka", "birth"),
    )
    told_of = told(patient(shown(said(names=names))))["name"]
    assert [one["use"] for one in told_of].count("official") == 1
    assert told_of[0] == {
        "use": "official", "text": "Asha Okonjo", "family": "Okonjo", "given": ["Asha"],
        "period": {"start": "2016-01-01"},
    }  # fmt: skip
    assert {one["use"] for one in told_of[1:]} == {"old", "nickname", "maiden"}


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        (BirthDate("2015-03-04"), "2015-03-04"),
        (BirthDate("2015-03"), "2015-03"),
        (BirthDate("2015"), "2015"),
        (BirthDate("2015-03-15", default_day=True), "2015-03"),
        (BirthDate("2027-03-15", expected=True), None),
        (None, None),
    ],
)
def test_a_birth_date_is_told_as_far_as_it_is_known(birth, expected):
    assert told(patient(shown(said(birth=birth)))).get("birthDate") == expected


@pytest.mark.parametrize(
    ("sex", "gender"), [("F", "female"), ("M", "male"), ("X", "other"), ("U", "unknown")]
)
def test_each_sex_has_its_gender(sex, gender):
    assert told(patient(shown(said(sex=sex))))["gender"] == gender
    assert told(patient(shown(said(sex=sex), under="shielded")))["gender"] == gender


def test_an_address_its_want_and_its_absence_are_told_apart():
    home = Address(("7 Quill Lane",), "London", "SE15 3QN", start="2020-02-01")
    (address,) = told(patient(shown(said(addresses=(home,)))))["address"]
    assert (address["line"], address["city"], address["postalCode"]) == (
        ["7 Quill Lane"], "London", "SE15 3QN"
    )  # fmt: skip
    (none,) = told(patient(shown(said(no_known_address=True))))["address"]
    assert none["text"] == "no known address"
    assert "address" not in told(patient(shown(said())))


def test_a_practice_is_contained_and_referred_to():
    practice = Involvement("gp", "A20047", "Legendary Surgery", phone="020 7946 0001")
    resource = told(patient(shown(said(involvements=(practice,)))))
    (contained,) = resource["contained"]
    assert resource["generalPractitioner"] == [{"reference": f"#{contained['id']}"}]
    assert contained["identifier"][0]["value"] == "A20047"


def test_a_number_says_whether_it_was_verified():
    numbers = [("nhs", "9000000009", "verified"), ("upn", "K801200024001", "former")]
    ours, nhs, upn = told(patient(shown(said()), numbers))["identifier"]
    assert ours == {"use": "usual", "system": "urn:contactpoint:number", "value": NUMBER}
    (mark,) = nhs["extension"]
    assert mark["valueCodeableConcept"]["coding"][0]["code"] == "01"
    assert (upn["use"], "extension" in upn) == ("old", False)


def test_a_number_that_was_merged_away_names_its_successor_and_nothing_of_the_child():
    resource = told(replaced("210987654321", NUMBER))
    assert resource["active"] is False
    assert resource["link"][0]["type"] == "replaced-by"
    assert resource["link"][0]["other"]["reference"] == f"Patient/{NUMBER}"
    assert resource.keys() == {"resourceType", "id", "meta", "identifier", "active", "link"}


FULL = said(
    carers=(Carer("Ngozi", "Okonjo", "mother", phone="020 7946 0002"), Carer("Ada", "Obi", "aunt")),
    involvements=(
        Involvement("school", "2012345", "Hill School", phone="020 7946 0003", start="2019-09-01"),
        Involvement("social-work", "213", practitioner="Ola Bell", email="o@example.org"),
        Involvement("health-visiting", end="2018-01-01"),
    ),
    lead_professional=LeadProfessional("Ola Bell", "City Council", "020 7946 0004", "2024-01-01"),
    assessment=Assessment("Ola Bell", "City Council", date="2024-02-02"),
    addresses=(Address(postcode="SE15 3QN"),),
)
BESIDE = Beside(
    Authority("213", "pds"), (), Told_of("unspecified sensitive service", "ring the brokers"), None,
    Retention("live", "", None),
)  # fmt: skip


def test_a_team_tells_whom_to_reach_and_refers_to_nobody_that_is_not_there():
    team = told(care_team(shown(FULL), BESIDE))
    ids = {one["id"] for one in team["contained"]}
    assert len(ids) == len(team["contained"])
    for one in team["participant"]:
        assert one["member"]["reference"].removeprefix("#") in ids
        assert one.get("onBehalfOf", one["member"])["reference"].removeprefix("#") in ids
    roles = [one["role"][0]["text"] for one in team["participant"]]
    assert sorted(roles) == sorted(
        ["school", "social-work", "health-visiting", "lead professional",
         "made an assessment of the child", "unspecified sensitive service"]
    )  # fmt: skip


def test_of_a_shielded_child_a_team_is_who_brokers_contact_and_nobody_else():
    team = told(care_team(shown(FULL, under="shielded"), None))
    assert [one["name"] for one in team["contained"]] == ["ring the brokers"]
    assert len(team["participant"]) == 1


def test_parents_and_carers_are_related_persons_with_the_sources_own_word():
    mother, aunt = map(told, related(shown(FULL)))
    assert mother["relationship"][0]["coding"][0]["code"] == "MTH"
    assert mother["telecom"] == [{"system": "phone", "value": "020 7946 0002"}]
    assert aunt["relationship"][0]["text"] == "aunt"


def test_of_a_shielded_child_the_safe_parents_are_named_and_not_how_to_reach_them():
    safe = frozenset({("ngozi", "okonjo")})
    (mother,) = map(told, related(shown(FULL, under="shielded", safe=safe)))
    assert mother["name"][0]["given"] == ["Ngozi"]
    assert "telecom" not in mother
    assert related(shown(FULL, under="shielded")) == ()


def test_nothing_hidden_is_in_a_shielded_patient():
    resource = msgspec.json.encode(patient(shown(FULL, under="shielded")))
    for word in ("SE15", "Hill School", "Bell", "Ngozi", "7946"):
        assert word.encode() not in resource
    assert told(patient(shown(FULL, under="shielded")))["meta"]["security"][0]["code"] == "R"


def test_outcomes_and_the_statement_of_capability_are_fhir():
    told(invalid("Patient.birthDate", "a day that exists").outcome)
    told(too_many())
    told(statement())
