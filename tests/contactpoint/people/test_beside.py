"""What stands beside a child's records, as a reader meets it, night after night."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from contactpoint.beside import UNSPECIFIED
from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.settings import BROKERAGE
from projections.view import ChildView
from tests.contactpoint.desk import Desk
from tests.contactpoint.installation import Installation

WHY = ("--reason", "enquiry 7")
ELM = {"kind": "school", "organisation": "2132345", "name": "Elm"}
REMOVAL = "https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration"
CLINIC = {"kind": "mental-health", "organisation": "RX1", "name": "Heron Clinic"}


class Family(Installation):
    """One child, known to a social care source and perhaps a school; tokens for people."""

    def __init__(self, folder):
        super().__init__(folder / "home")
        self.tokens, self.night = {}, 0
        self.run("init")

    def told(self, *services, source="care", authority=213, key="C-1", **details):
        """A night's file of a social care source."""
        self.night += 1
        child = {
            "la_child_id": key,
            "child_details": {
                "first_name": "Asha",
                "surname": "Okonjo",
                "date_of_birth": "2015-03-04",
                "postcode": "SE15 3QN",
                **details,
            },
            "services": list(services),
        }
        document = {"la_code": authority, "Children": [child]}
        path = self.home.parent / f"{source}-{self.night}.json"
        path.write_text(json.dumps(document) + "\n")
        day = f"2026-09-{self.night:02}"
        words = ("--source", source, "--feed", "social-care.csc", "--effective", day)
        self.run("load", path, *words, expected=(0, 3))

    def patient(self, **facts):
        """A night's file of a health source."""
        self.night += 1
        patient = {
            "resourceType": "Patient",
            "id": "9000000009",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9000000009"}],
            "meta": {"versionId": "1"},
            "name": [{"use": "usual", "given": ["Asha"], "family": "Okonjo"}],
            "birthDate": "2015-03-04",
            "address": [{"use": "home", "line": ["1 Mill Lane"], "postalCode": "SE15 3QN"}],
        }
        path = self.home.parent / f"pds-{self.night}.ndjson"
        path.write_text(json.dumps(patient | facts) + "\n")
        self.run("load", path, "--source", "pds", "--feed", "health.pds-fhir")

    def number(self):
        found = json.loads(self.run("child", "find", "Okonjo", *WHY, "--json").stdout)
        return found["found"][0]["number"]

    def shown(self):
        return json.loads(self.run("child", "show", self.number(), *WHY, "--json").stdout)

    def by(self, role, *words, authority=""):
        """A command given by somebody of this role and authority; click's result."""
        if (role, authority) not in self.tokens:
            theirs = {"authority": authority} if authority else {}
            self.tokens[role, authority] = self.token(f"{role}{authority}", role, **theirs)
        return self.run(*words, by=self.tokens[role, authority])

    def manager(self, *words, authority=""):
        return self.by("data-manager", *words, *WHY, authority=authority)


@pytest.fixture
def family(tmp_path):
    return Family(tmp_path)


def kept(family):
    """Every byte that the installation has stored."""
    return b"".join(path.read_bytes() for path in family.home.rglob("*") if path.is_file())


def test_a_sensitive_service_is_told_of_with_consent_and_only_as_unspecified(family):
    family.told({**CLINIC, "consent": "given"})
    shown = family.run("child", "show", family.number(), *WHY).stdout
    assert f"{UNSPECIFIED}: {BROKERAGE}" in shown
    assert family.shown()["sensitive"] == {"service": UNSPECIFIED, "contact": BROKERAGE}
    for told in ("mental", "RX1", "Heron"):
        assert told not in shown
        assert told not in json.dumps(family.shown())
        assert told.encode() not in kept(family)


def test_no_link_into_a_system_is_shown_or_kept_whichever_field_states_it(family):
    link = "https://ecaf.example/case/7?token=hunter2"
    words = {"organisation": link, "name": link, "practitioner": link, "phone": link}
    family.told({**ELM, **words}, {**CLINIC, **words, "consent": "given"}, ELM)
    family.patient(generalPractitioner=[{"display": link, "identifier": {"value": link}}])
    assert {one["value"].get("name", "") for one in family.shown()["services"]} == {"", "Elm"}
    assert b"ecaf.example" not in kept(family)


def test_several_sensitive_services_look_like_one(family):
    family.told({**CLINIC, "consent": "given"})
    one = family.shown()["sensitive"]
    other = {**CLINIC, "kind": "substance-misuse", "consent": "significant-harm"}
    family.told({**CLINIC, "consent": "given"}, other)
    assert family.shown()["sensitive"] == one


def test_a_sensitive_service_without_consent_is_not_told_of(family):
    family.told(CLINIC)
    assert family.shown()["sensitive"] is None


def test_a_sensitive_service_that_has_ended_is_not_told_of(family):
    family.told({**CLINIC, "consent": "given", "end_date": "2020-01-01"})
    assert family.shown()["sensitive"] is None


def test_a_sensitive_service_is_told_of_on_its_last_day(family):
    today = datetime.now(UTC).date().isoformat()
    family.told({**CLINIC, "consent": "given", "end_date": today})
    assert family.shown()["sensitive"]


def test_a_sensitive_service_that_only_an_older_file_states_is_not_told_of(family):
    family.night = 4
    family.told(ELM)
    family.night = 1
    family.told({**CLINIC, "consent": "given"})
    assert family.shown()["sensitive"] is None


def test_consent_withdrawn_by_the_file_is_withdrawn_with_it(family):
    family.told({**CLINIC, "consent": "given"})
    family.told({**CLINIC, "consent": "withdrawn"})
    assert family.shown()["sensitive"] is None


def test_consent_withdrawn_holds_from_the_next_answer_on_whatever_files_repeat(family):
    family.told({**CLINIC, "consent": "given"})
    family.manager("child", "consent", family.number(), "withdrawn")
    assert family.shown()["sensitive"] is None
    family.told({**CLINIC, "consent": "given"}, postcode="SE15 4QN")
    assert family.shown()["sensitive"] is None
    family.run("rebuild")
    assert family.shown()["sensitive"] is None
    family.manager("child", "consent", family.number(), "given")
    assert family.shown()["sensitive"]


def test_consent_for_a_source_that_is_none_is_refused(family):
    family.told({**CLINIC, "consent": "given"})
    with pytest.raises(NotFoundError, match="source list"):
        family.manager("child", "consent", family.number(), "withdrawn", "--source", "cares")
    family.manager("child", "consent", family.number(), "withdrawn", "--source", "care")
    assert family.shown()["sensitive"] is None


def test_the_ground_of_significant_harm_does_not_ask_for_consent(family):
    family.told({**CLINIC, "consent": "significant-harm"})
    family.manager("child", "consent", family.number(), "withdrawn")
    assert family.shown()["sensitive"]


def test_a_restricted_child_has_nothing_beside_its_view(family):
    family.patient()
    family.manager("child", "correct", family.number(), "--address", "9 Heron Way")
    assert family.shown()["corrections"]
    family.patient(meta={"security": [{"code": "R"}], "versionId": "2"})
    beside = {"authority", "corrections", "sensitive", "returned", "retention"}
    assert not family.shown().keys() & beside
    assert "Heron" not in family.run("child", "show", family.number(), *WHY).output


def test_a_correction_by_the_family_stands_beside_what_the_next_files_say(family):
    family.told()
    family.manager("child", "correct", family.number(), "--given", "Ayesha", "--family", "Okonjo")
    for postcode in ("SE15 4QN", "SE15 5QN"):
        family.told(postcode=postcode)
    shown = family.shown()
    [corrected] = shown["corrections"]
    assert (corrected["kind"], corrected["says"]["given"]) == ("name", ["Ayesha"])
    assert corrected["stated"].startswith("20")
    assert shown["name"]["value"]["given"] == ["Asha"]
    text = family.run("child", "show", family.number(), *WHY).stdout
    assert "the family says otherwise" in text
    assert "name Ayesha Okonjo" in text


def test_a_correction_is_taken_back_and_replaced_by_a_later_one(family):
    family.told()
    number = family.number()
    family.manager("child", "correct", number, "--dob", "2015-03-05", "--sex", "F")
    family.manager("child", "correct", number, "--dob", "2015-03-06")
    family.manager("child", "correct", number, "--withdraw", "sex")
    [corrected] = family.shown()["corrections"]
    assert corrected["says"] == {"birth": "2015-03-06"}


def test_a_day_that_never_was_is_no_correction(family):
    with pytest.raises(UsageError, match="a day that exists") as refused:
        family.run("child", "correct", "123456789012", "--dob", "2015-02-31", *WHY)
    assert "2015-02-31" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("--given", " "), "expected what is right"),
        (("--family", "\u200b", "--address", " , "), "expected what is right"),
        (("--address", "1 Mill Lane", "--postcode", "not one"), "--postcode: POSTCODE-FORM"),
        (("--dob", "2999-01-01"), "--dob: DATE-FUTURE"),
        (("--given", "Asha", "--family", "https://ecaf.example/7"), "--family: expected a name"),
        (("--address", "1 Mill Lane, www.ecaf.example"), "--address: expected a name"),
    ],
)
def test_a_correction_that_says_nothing_or_what_cannot_be_is_refused(family, said, told):
    family.told()
    with pytest.raises(UsageError, match=told):
        family.manager("child", "correct", family.number(), *said)
    assert not family.shown()["corrections"]


def test_a_correction_is_kept_as_names_and_postcodes_are_written(family):
    family.told()
    said = ("--given", " Ayesha\x1b[31m ", "--family", "Okonjo\n", "--postcode", "se153qn")
    family.manager("child", "correct", family.number(), *said)
    by_kind = {one["kind"]: one["says"] for one in family.shown()["corrections"]}
    assert by_kind["name"] == {"given": ["Ayesha", "[31m"], "family": "Okonjo"}
    assert by_kind["address"]["address"] == {"postcode": "SE15 3QN"}


def test_what_was_told_of_a_child_is_sealed_and_gone_when_the_child_is_erased(family):
    family.told()
    number = family.number()
    family.manager("child", "correct", number, "--given", "Xanthippe", "--family", "Okonjo")
    assert b"Xanthippe" not in kept(family)
    with family.opened() as store:
        child = store.queries.child_by_number(number).child
        stream = store.telling.stream("correction", child)
        assert "Xanthippe" in str(store.log.stream(stream))
    family.run("erase", number, "--yes", "--reason", "retention ended")
    with family.opened() as store:
        assert "Xanthippe" not in str(store.log.stream(stream))
        assert "Erased" in str(store.log.stream(stream))


def test_a_sensitive_service_opens_no_more_when_the_child_or_its_record_is_erased(family, tmp_path):
    family.told({**CLINIC, "consent": "given"})
    other = family.copy(tmp_path / "other")
    for home, what in ((family, family.number()), (other, "care:C-1")):
        assert "Heron" in everything(home)
        home.run("erase", what, "--yes", "--reason", "retention ended")
        assert "Heron" not in everything(home)


def everything(home):
    """All that the log says to who holds the keys."""
    with home.opened() as store:
        return repr(store.log.decode(store.log.read(0, 1000)))


def test_a_child_goes_to_another_authority_when_that_accepts_it(family):
    family.told(ELM)
    number = family.number()
    assert family.shown()["authority"]["code"] == "213"
    assert family.shown()["authority"]["since"].endswith("Z")
    family.manager("authority", "offer", number, "--to", "855", authority="213")
    assert family.shown()["authority"]["offered"] == "855"
    assert family.shown()["authority"]["code"] == "213"
    waiting = family.by("data-manager", "authority", "list", "--json", authority="855").stdout
    assert [one["number"] for one in json.loads(waiting)] == [number]
    family.manager("authority", "accept", number, authority="855")
    family.told(ELM, postcode="SE15 4QN")
    now = family.shown()["authority"]
    assert (now["code"], now["by"], now["offered"]) == ("855", "accepted", "")


def test_a_task_is_the_work_of_the_authorities_responsible_for_its_children(family):
    family.told(ELM)
    elsewhere = {"source": "other", "key": "C-9", "authority": 330}
    born = {"surname": "Hale", "date_of_birth": "2012-11-30", "postcode": "B1 1AA"}
    family.told({**ELM, "organisation": "3302345"}, **elsewhere, **born)
    with family.opened() as store:
        care, other = store.record_named("care:C-1"), store.record_named("other:C-9")
        assert store.authorities([care, other]) == {"213", "330"}
        assert store.authorities([]) == frozenset()
    family.manager("authority", "offer", family.number(), "--to", "855", authority="213")
    family.manager("authority", "accept", family.number(), authority="855")
    with family.opened() as store:
        store.catch_up()
        assert store.authorities([care]) == {"855"}


def test_a_child_who_is_shielded_since_is_on_no_list_of_offers(family):
    family.told(ELM)
    number = family.number()
    family.manager("authority", "offer", number, "--to", "855", authority="213")
    words = ("shield", "apply", number, "--criterion", "harm", "--requester", "duty desk")
    family.by("shielding-officer", *words)
    waiting = family.by("data-manager", "authority", "list", "--json", authority="855").stdout
    assert json.loads(waiting) == []


def test_of_a_child_who_is_shielded_since_it_was_found_nothing_stands_beside(family):
    family.told(ELM)
    number = family.number()
    family.manager("child", "correct", number, "--given", "Ayesha")
    today = date(2026, 9, 2)
    with family.opened() as store:
        before = store.queries.child_by_number(number)
        assert store.beside.of(before, today).corrections
        words = ("shield", "apply", number, "--criterion", "harm", "--requester", "duty desk")
        family.by("shielding-officer", *words)
        assert store.beside.of(before, today) is None
        overridden = store.queries.child_by_number(number, override=True)
        assert isinstance(overridden.view, ChildView)
        assert store.beside.of(overridden, today) is None


def test_an_authority_that_is_not_asked_answers_no_offer_and_offers_no_other_child(family):
    family.told(ELM)
    number = family.number()
    none = "no child of that number"
    with pytest.raises(NotFoundError, match=none):
        family.manager("authority", "offer", number, "--to", "330", authority="855")
    with pytest.raises(NotFoundError, match=none):
        family.manager("child", "correct", number, "--sex", "M", authority="855")
    family.manager("authority", "offer", number, "--to", "855", authority="213")
    with pytest.raises(NotFoundError):
        family.manager("authority", "accept", number, authority="330")
    assert family.shown()["authority"]["offered"] == "855"


def test_an_offer_that_is_declined_leaves_all_as_it_was(family):
    family.told(ELM)
    before = family.shown()["authority"]
    family.manager("authority", "offer", family.number(), "--to", "855", authority="213")
    family.manager("authority", "decline", family.number(), authority="855")
    assert family.shown()["authority"] == before


def test_a_practitioner_corrects_nothing(family):
    family.told()
    with pytest.raises(DeniedError):
        family.by("practitioner", "child", "correct", family.number(), "--sex", "F", *WHY)


@pytest.mark.parametrize(
    ("role", "what"),
    [
        ("data-manager", ("correct", "--sex", "F")),
        ("data-manager", ("consent", "given")),
        ("practitioner", ("consent", "withdrawn")),
    ],
)
def test_nobody_tells_of_a_child_of_their_own_family(family, role, what):
    family.told({**CLINIC, "consent": "given"})
    number = family.number()
    family.by(role, "review", "relatives", number)
    act, *said = what
    with pytest.raises(NotFoundError, match="no child of that number"):
        family.by(role, "child", act, number, *said, *WHY)
    shown = family.shown()
    assert shown["sensitive"]
    assert not shown["corrections"]


def test_death_is_shown_and_how_long_the_child_is_kept(family):
    family.patient(deceasedDateTime="2026-05-06")
    shown = family.shown()
    assert shown["died"]["value"] == "2026-05-06"
    assert (shown["retention"]["rule"], shown["retention"]["archived"]) == ("death", "2027-05-06")
    text = family.run("child", "show", family.number(), *WHY).stdout
    assert "kept: live (archived from 2027-05-06)" in text


def test_a_notice_of_death_that_was_wrong_is_taken_back_with_what_followed_from_it(family):
    family.patient()
    before = family.shown()["retention"]
    family.patient(deceasedDateTime="2026-05-06", meta={"versionId": "2"})
    number = family.number()
    assert family.shown()["retention"]["rule"] == "death"
    family.patient(meta={"versionId": "3"})
    after = family.shown()
    assert (after["number"], after["died"], after["retention"]) == (number, None, before)


def test_departure_is_shown_and_a_return_once_a_service_began_again(family):
    removal = [
        {
            "url": "removalFromRegistrationCode",
            "valueCodeableConcept": {"coding": [{"code": "EMB"}]},
        },
        {"url": "effectiveTime", "valuePeriod": {"start": "2025-03-01T00:00:00+00:00"}},
    ]
    family.patient(extension=[{"url": REMOVAL, "extension": removal}])
    gone = family.shown()
    assert gone["left_england"]["value"] == {"date": "2025-03-01", "return_intent": "unknown"}
    assert (gone["returned"], gone["retention"]["rule"]) == (None, "departure")
    nhs = {"nhs_number": "9000000009"}
    family.told({**ELM, "start_date": "2024-09-01"}, **nhs)
    assert family.shown()["returned"] is None
    family.told({**ELM, "start_date": "2026-09-01"}, **nhs)
    back = family.shown()
    assert back["returned"] == {"date": "2026-09-01", "source": "care"}
    assert back["retention"]["rule"] == "birthday"


@pytest.mark.parametrize(
    ("left", "began", "back"),
    [
        ("2024-05-06", "2024-05-06", False),
        ("2024-05-06", "2024-05-07", True),
        ("2024-05", "2024-05-20", False),
        ("2024", "2024-05-07", False),
        ("2024", "2025-01-01", True),
    ],
)
def test_a_child_is_back_where_a_service_began_after_the_last_day_it_may_have_left_on(
    family, left, began, back
):
    code = {"coding": [{"code": "EMB"}]}
    removal = [
        {"url": "removalFromRegistrationCode", "valueCodeableConcept": code},
        {"url": "effectiveTime", "valuePeriod": {"start": left}},
    ]
    family.patient(extension=[{"url": REMOVAL, "extension": removal}])
    family.told({**ELM, "start_date": began}, nhs_number="9000000009")
    shown = family.shown()
    assert shown["left_england"]["value"]["date"] == left
    assert (shown["returned"] is not None) is back
    assert shown["retention"]["rule"] == ("birthday" if back else "departure")


def test_what_was_told_of_a_child_goes_with_a_merge_and_comes_back_with_its_undoing(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    numbers, _ = desk.numbers()
    north, south = numbers["north", "9000000009"], numbers["south", "9000000025"]
    manager = desk.token("dora", "data-manager")
    desk.run("child", "correct", south, "--given", "Ayesha", *WHY, by=manager)

    def corrected(number):
        shown = json.loads(desk.run("child", "show", number, *WHY, "--json").stdout)
        return [one["says"]["given"] for one in shown["corrections"]]

    assert (corrected(north), corrected(south)) == ([], [["Ayesha"]])
    pair = "north:9000000009", "south:9000000025"
    desk.decide(*pair, verdict="link")
    assert corrected(north) == corrected(south) == [["Ayesha"]]
    desk.undo(*pair)
    assert (corrected(north), corrected(south)) == ([], [["Ayesha"]])


def test_what_was_told_last_of_either_of_two_who_are_one_child_stands(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    numbers, _ = desk.numbers()
    manager = desk.token("dora", "data-manager")
    for key, given in (("south", "Ayesha"), ("north", "Aisha")):
        number = numbers[key, "9000000025" if key == "south" else "9000000009"]
        desk.run("child", "correct", number, "--given", given, *WHY, by=manager)
    desk.decide("north:9000000009", "south:9000000025", verdict="link")
    shown = json.loads(desk.run("child", "show", number, *WHY, "--json").stdout)
    assert [one["says"]["given"] for one in shown["corrections"]] == [["Aisha"]]


NORTH, SOUTH = "north:9000000009", "south:9000000025"


@pytest.fixture
def two(tmp_path):
    """A desk with two children who may be one, their numbers, and a data manager."""
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    numbers, _ = desk.numbers()
    desk.north, desk.south = numbers["north", "9000000009"], numbers["south", "9000000025"]
    desk.dora = desk.token("dora", "data-manager")
    return desk


def corrected(desk, number):
    shown = json.loads(desk.run("child", "show", number, *WHY, "--json").stdout)
    return [one["says"]["given"] for one in shown["corrections"]]


def manage(desk, *words, by=None):
    return json.loads(desk.run(*words, *WHY, "--json", by=by or desk.dora).stdout)


def test_a_correction_of_either_of_two_who_are_one_child_is_taken_back(two):
    manage(two, "child", "correct", two.south, "--given", "Ayesha")
    two.decide(NORTH, SOUTH, verdict="link")
    manage(two, "child", "correct", two.north, "--withdraw", "name")
    assert corrected(two, two.north) == []
    two.undo(NORTH, SOUTH)
    assert corrected(two, two.south) == []


def test_a_correction_that_another_has_replaced_since_is_recorded_again(two):
    manage(two, "child", "correct", two.north, "--given", "Ayesha")
    manage(two, "child", "correct", two.south, "--given", "Aisha")
    two.decide(NORTH, SOUTH, verdict="link")
    manage(two, "child", "correct", two.north, "--given", "Ayesha")
    assert corrected(two, two.north) == [["Ayesha"]]


def test_consent_is_withdrawn_again_that_was_given_for_another_who_is_the_same_child(family):
    family.told({**CLINIC, "consent": "given"})
    one = family.number()
    born = {"date_of_birth": "2015-03", "forename": "Asha"}
    family.told({**CLINIC, "consent": "given"}, source="other", key="C-9", **born)
    with family.opened() as store:
        store.catch_up()
        numbers = {found.source: found.number for found in store.workings.records()}
    two = numbers["other"]
    assert {one, two} == set(numbers.values())
    assert len({one, two}) == 2
    one = numbers["care"]
    family.by("practitioner", "child", "consent", one, "withdrawn", *WHY)
    family.by("practitioner", "child", "consent", two, "given", *WHY)
    steward = family.token("ada", "steward")
    pair = "care:C-1", "other:C-9"
    opened = family.run("review", "show", *pair, *WHY, "--json", by=steward).stdout
    seen = ("--seen", json.loads(opened)["seen"])
    family.run(
        *("review", "decide", *pair, "--verdict", "link", "--reason", "same-family"),
        *seen,
        by=steward,
    )

    def told(number):
        return json.loads(family.run("child", "show", number, *WHY, "--json").stdout)["sensitive"]

    assert told(one) is not None
    family.by("practitioner", "child", "consent", one, "withdrawn", *WHY)
    assert told(one) is None
    family.run("review", "undo", *pair, by=steward)
    assert (told(one), told(two)) == (None, None)


@pytest.mark.parametrize("parted", ["by a steward", "by its source"])
def test_consent_withdrawn_goes_with_a_record_that_becomes_another_child(family, parted):
    family.patient()
    known = {"nhs_number": "9000000009"}
    family.told({**CLINIC, "consent": "given"}, **known)

    def number(source):
        with family.opened() as store:
            store.catch_up()
            return {one.source: one.number for one in store.workings.records()}[source]

    def told(number):
        return json.loads(family.run("child", "show", number, *WHY, "--json").stdout)["sensitive"]

    whole = number("care")
    assert number("pds") == whole
    family.by("practitioner", "child", "consent", whole, "withdrawn", *WHY)
    if parted == "by a steward":
        steward = family.token("ada", "steward")
        words = ("review", "split", whole, "--off", "care:C-1", "--reason", "twins", "--json")
        plan = json.loads(family.run(*words, "--plan", by=steward).stdout)
        family.run(*words, "--seen", plan["seen"], by=steward)
    else:
        other = {"first_name": "Bram", "surname": "Hale", "date_of_birth": "2012-11-30"}
        family.told({**CLINIC, "consent": "given"}, **other, postcode="B1 1AA")
        held = json.loads(family.run("delivery", "list", "--json").stdout)
        family.run("delivery", "approve", held[0]["delivery"], "--reason", "asked them")
    parts = {number("care"), number("pds")}
    assert len(parts) == 2
    assert [told(one) for one in parts] == [None, None]
    family.by("practitioner", "child", "consent", number("care"), "given", *WHY)
    assert told(number("care")) is not None
    assert told(number("pds")) is None


def test_an_offer_of_one_who_is_another_child_now_is_listed_and_answered(two):
    ours = two.token("managers855", "data-manager", authority="855")
    offer = ("authority", "offer", two.south, "--to", "855")
    assert manage(two, *offer)["changed"]
    two.decide(NORTH, SOUTH, verdict="link")
    listed = json.loads(two.run("authority", "list", "--json", by=ours).stdout)
    assert [(one["number"], one["offered"]) for one in listed] == [(two.north, "855")]
    assert manage(two, "authority", "accept", two.north, by=ours)["accepted"] == "855"
    assert json.loads(two.run("authority", "list", "--json", by=ours).stdout) == []
    shown = json.loads(two.run("child", "show", two.south, *WHY, "--json").stdout)
    assert (shown["authority"]["code"], shown["authority"]["offered"]) == ("855", "")


def test_a_child_is_offered_back_to_whom_one_of_two_was_accepted_by_before(two):
    for number, code in ((two.north, "213"), (two.south, "855")):
        manage(two, "authority", "offer", number, "--to", code)
        manage(two, "authority", "accept", number)
    two.decide(NORTH, SOUTH, verdict="link")
    shown = json.loads(two.run("child", "show", two.north, *WHY, "--json").stdout)
    assert shown["authority"]["code"] == "855"
    assert manage(two, "authority", "offer", two.north, "--to", "213")["changed"]
    assert two.findings() == []


def test_a_task_goes_to_whoever_accepted_one_that_was_merged_twice(two):
    two.patient("east", "9000000033", "2015-03")
    east = two.numbers()[0]["east", "9000000033"]
    manage(two, "authority", "offer", east, "--to", "855")
    manage(two, "authority", "accept", east)
    two.decide(SOUTH, "east:9000000033", verdict="link")
    two.decide(NORTH, SOUTH, verdict="link")
    with two.opened() as store:
        store.catch_up()
        north = store.record_named(NORTH)
        assert store.authorities([north]) == {"855"}


def test_a_pair_reaches_the_stewards_of_its_authority_and_no_others(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    number = desk.numbers()[0]["north", "9000000009"]
    manager = desk.token("dora", "data-manager")
    desk.run("authority", "offer", number, "--to", "855", *WHY, by=manager)
    desk.run("authority", "accept", number, *WHY, by=manager)
    ours, others = (desk.token(f"s{code}", "steward", authority=code) for code in ("855", "213"))
    [task] = desk.listed(by=ours)
    assert desk.listed(by=desk.ada) == [task]
    assert desk.listed(by=others) == []
    with pytest.raises(NotFoundError):
        desk.opened_pair("north:9000000009", "south:9000000025", by=others)
    seen = desk.opened_pair("north:9000000009", "south:9000000025", by=ours)["seen"]
    with pytest.raises(NotFoundError):
        desk.decide(*("north:9000000009", "south:9000000025"), verdict="link", by=others, seen=seen)
    desk.decide("north:9000000009", "south:9000000025", verdict="link", by=ours, seen=seen)


def test_a_birth_that_did_not_come_is_found_no_more_once_its_case_is_closed(family):
    """A stillbirth keeps its expected date, and its case ends (domain case 33)."""
    due = datetime.now(UTC).date() - timedelta(days=60)
    unborn = {"first_name": "Unborn", "date_of_birth": None, "expected_date_of_birth": str(due)}
    visits = {**ELM, "kind": "health-visiting", "start_date": "2026-01-10"}

    def found_by(role):
        words = ("child", "find", "Okonjo", *WHY, "--json")
        token = family.token(role, role)
        return len(json.loads(family.run(*words, by=token, expected=(0, 1)).stdout)["found"])

    family.told(visits, **unborn)
    assert found_by("practitioner") == 1
    family.told({**visits, "end_date": str(due)}, **unborn)
    assert (found_by("practitioner"), found_by("data-manager")) == (0, 1)
    family.told(visits, first_name="Asha", date_of_birth=str(due + timedelta(days=3)))
    assert found_by("practitioner") == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_service_that_began_anew_is_not_hidden_by_the_time_before(family, order):
    before = {**ELM, "start_date": "2024-01-10", "end_date": "2024-06-01"}
    now = {**ELM, "start_date": "2026-01-10"}
    family.told(*[before, now][::order])
    [service] = family.shown()["services"]
    assert service["value"]["start"] == "2026-01-10"
    assert "end" not in service["value"]
