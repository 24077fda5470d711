"""Who may still be told of a child that is archived: one of each age is asked for by each role."""

from datetime import UTC, datetime, timedelta

import pytest

from contactpoint.people.actor import Actor, Role
from projections.retention import begun
from tests.contactpoint.serving.fhir.conftest import FhirDesk, person
from tests.contactpoint.serving.test_searching import GIVEN

BORN = {"live": (18, 2), "year 1": (19, 2), "year 2": (20, 2), "year 6": (24, 2), "due": (24, -2)}
"""Until they are so many years old, and two days: long enough for a test; or since."""
FAMILIES = ("Ashdown", "Birchall", "Cedarway", "Dogwood", "Elmhurst")
NUMBERS = ("9000000009", "9000000017", "9000000025", "9000000033", "9000000041")
READERS = {
    "practitioner": {"live"},
    "steward": {"live"},
    "shielding-officer": {"live"},
    "adoption-officer": {"live"},
    "data-manager": {"live", "year 1"},
    "administrator": {"live", "year 1", "year 2", "year 6"},
}


def born(years, days):
    """The birth date of somebody who is so many years old in so many days; before, of minus."""
    today = datetime.now(UTC).date()
    return begun(today + timedelta(days=days), years)


class Aged(FhirDesk):
    """Children of all ages: number, family name, NHS number and birth date of each."""

    def fill(self):
        """Each had its file at ten."""
        self.children = {}
        for (name, age), family, nhs in zip(BORN.items(), FAMILIES, NUMBERS, strict=True):
            day = born(*age)
            who = {"given": "Wren", "family": family, "dob": day, "postcode": "LS1 4AP"}
            self.patient(nhs, f"{int(day[:4]) + 10}-06-01", **who)
            self.children[name] = self.number("pds", nhs), family, nhs, day
        return self


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    made = Aged(tmp_path_factory.mktemp("archive")).fill()
    with made.serving():
        yield made


@pytest.fixture(params=READERS)
def role(request):
    return request.param


@pytest.fixture
def asking(desk, role):
    """How somebody of a role asks, and whom they are told of."""
    token = desk.person(f"{role} 1", role, system="nhs")
    purpose = "enquiry" if role == "practitioner" else "duty"
    return {"by": token, "purpose": purpose}, READERS[role]


def test_a_child_is_there_by_its_number_and_what_hangs_on_it(desk, asking):
    how, told = asking
    for name, (number, *_) in desk.children.items():
        for path in ("", "/services", "/history"):
            answered = desk.ask(f"/children/{number}{path}", **how)
            assert answered.status_code == (200 if name in told else 404), (name, path)
            if name not in told:
                nobody = desk.ask(f"/children/000000000006{path}", **how)
                assert answered.json()["detail"] == nobody.json()["detail"]


def test_a_search_finds_those_who_are_there(desk, asking):
    how, told = asking
    for name, (number, family, _, day) in desk.children.items():
        asked = {"given": "Wren", "family": family, "birth": day}
        answered = desk.ask("/children/search", method="POST", json=asked, **how)
        found = [one["number"] for one in answered.json()["found"]]
        assert found == ([number] if name in told else []), name


def test_a_look_up_finds_those_who_are_there(desk, asking):
    how, told = asking
    wanted = [{"system": "nhs", "value": nhs} for _, _, nhs, _ in desk.children.values()]
    answered = desk.ask("/children/lookup", method="POST", json={"identifiers": wanted}, **how)
    assert answered.status_code == 200, answered.text
    results = [one["outcome"] for one in answered.json()["results"]]
    found = dict(zip(desk.children, results, strict=True))
    assert found == {name: "found" if name in told else "none" for name in desk.children}


def test_fhir_reads_searches_and_matches_those_who_are_there(desk, asking):
    how, told = asking
    for name, (number, family, nhs, day) in desk.children.items():
        is_there = name in told
        desk.fhir(f"Patient/{number}", status=200 if is_there else 404, **how)
        asked = f"Patient?family={family}&given=Wren&birthdate={day}"
        assert desk.fhir(asked, **how)["total"] == is_there
        sent = person(given="Wren", family=family, birth=day, postcode="LS1 4AP", nhs=nhs)
        found = [one["resource"]["id"] for one in desk.match(sent, **how).get("entry", [])]
        assert found == ([number] if is_there else []), name


def test_the_program_shows_and_finds_those_who_are_there(desk, asking):
    how, told = asking
    why = ("--reason", "enquiry 7")
    for name, (number, family, *_) in desk.children.items():
        shown = desk.asked(how["by"], "child", "show", number, *why)
        assert (shown.exception is None) is (name in told), name
        found = desk.told(how["by"], "child", "find", f"Wren {family}", *why)["found"]
        assert [one["number"] for one in found] == ([number] if name in told else [])


def test_archived_namesakes_fill_no_page_of_a_live_child(tmp_path):
    desk = FhirDesk(tmp_path)
    today, elder = born(12, 0), born(19, 2)
    rows = [
        {"key": f"k{n}", "given": given, "family": "Okonjo", "dob": today if n == 0 else elder,
         "postcode": f"LS{n + 1} 4AP"}
        for n, given in enumerate(GIVEN)
    ]  # fmt: skip
    desk.load(rows, "club", f"{int(elder[:4]) + 10}-06-01")
    told = desk.told(desk.reader(), "child", "find", "Okonjo", "--reason", "enquiry 7")
    assert [one["number"] for one in told["found"]] == [desk.number("club", "k0")]
    assert not told["more"]


def test_a_brother_who_is_archived_is_not_offered_to_the_officer_who_shields_a_child(tmp_path):
    desk = FhirDesk(tmp_path)
    for nhs, given, age in ((NUMBERS[0], "Wren", 12), (NUMBERS[1], "Robin", 18)):
        day = born(age, 0)
        desk.patient(nhs, f"{int(day[:4]) + 10}-06-01", given=given, dob=day)
    officer = Actor("olu", frozenset({Role.SHIELDING_OFFICER}))
    with desk.opened() as store:
        child = store.child_named(desk.number("pds", NUMBERS[0]))
        [brother] = store.queries.household(child)
        assert store.acting(officer).queries.household(child) == []
        assert brother.view.number == desk.number("pds", NUMBERS[1])
