"""``audit export``: AuditEvents that FHIR knows, and what an uncleared auditor never gets."""

import base64
import json
from urllib.parse import parse_qs

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from tests.contactpoint.shields import Refuge

WHY = ("--reason", "enquiry 7 of the duty desk")
ALWAYS = ("--from", "2020-01-01", "--to", "2099-12-31")
PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
PATIENT = ("http://terminology.hl7.org/CodeSystem/object-role", "1")
QUERY = ("http://terminology.hl7.org/CodeSystem/object-role", "24")


class Office(Refuge):
    """An index of three children, a reader at a school, and auditors."""

    reader_, auditor, cleared = "", "", ""

    def export(self, *words, by=None):
        out = self.folder / "looks.ndjson"
        self.told(by or self.auditor, "audit", "export", out, *ALWAYS, *words)
        lines = out.read_text().splitlines()
        events = [json.loads(line) for line in lines]
        for event in events:
            AuditEvent.model_validate(event)
        return events

    def asks(self, *words):
        return self.asked(self.reader_, *words, *WHY)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    made.load(
        [
            {"key": "a", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04",
             "postcode": "SE15 3QN"},
            {"key": "b", "given": "Bram", "family": "Okonjo", "dob": "2012-03-04",
             "postcode": "SE15 3QN"},
            {"key": "c", "given": "Cora", "family": "Ade", "dob": "2013-01-04"},
        ]
    )  # fmt: skip
    words = ("--organisation", "St Quill's", "--authority", "213")
    typed = ("token", "--subject", "ada", "--role", "practitioner", *words)
    made.reader_ = made.run(*typed).stdout.strip()
    made.auditor = made.token("max", "auditor")
    made.cleared = made.token("olga", "auditor", "shielding-officer", strong=True)
    return made


@pytest.fixture
def office(made, tmp_path):
    return made.lent(tmp_path)


def entities(event, role):
    found = [one for one in event.get("entity", ()) if one.get("role")]
    return [one for one in found if (one["role"]["system"], one["role"]["code"]) == role]


def patients(event):
    return [one["what"]["reference"] for one in entities(event, PATIENT)]


def user(event):
    (found,) = [one for one in event["agent"] if one["requestor"]]
    return found


def of(events, reader="ada"):
    return [one for one in events if user(one)["who"]["display"] == reader]


def asked(event):
    (query,) = entities(event, QUERY)
    return parse_qs(base64.b64decode(query.get("query", "")).decode())


def test_a_child_that_was_opened_is_a_read_of_a_patient_by_a_user_with_role_and_reason(office):
    number = office.number("club", "a")
    office.asks("child", "show", number)
    (event,) = of(office.export())
    assert event["meta"]["profile"] == [f"{PROFILE}PatientRead"]
    assert (event["type"]["code"], event["subtype"][0]["code"]) == ("rest", "read")
    assert (event["action"], event["outcome"], patients(event)) == ("R", "0", [f"Patient/{number}"])
    assert user(event)["role"][0]["coding"][0]["code"] == "practitioner"
    assert user(event)["purposeOfUse"][0]["text"] == WHY[1]
    kinds = {one["type"]["coding"][0]["code"] for one in event["agent"]}
    assert kinds == {"IRCP", "PROV", "110153", "110152"}
    (work,) = [one for one in event["agent"] if one["type"]["coding"][0]["code"] == "PROV"]
    assert (work["who"]["display"], work["who"]["identifier"]["value"]) == ("St Quill's", "213")


def test_a_search_is_an_event_for_each_patient_with_the_question_as_it_was_typed(office):
    office.asks("child", "find", "--name", "Okonjo")
    events = of(office.export())
    assert len(events) == 2
    assert {one["id"][-2:] for one in events} == {"-1", "-2"}
    for event in events:
        assert event["meta"]["profile"] == [f"{PROFILE}PatientQuery"]
        assert (event["action"], event["subtype"][0]["code"]) == ("E", "search")
        assert asked(event) == {"name": ["Okonjo"]}
    assert sorted(one for event in events for one in patients(event)) == sorted(
        f"Patient/{office.number('club', key)}" for key in "ab"
    )


def test_a_search_that_found_nobody_is_one_event_without_a_patient(office):
    office.asks("child", "find", "--name", "Nobody")
    (event,) = of(office.export(by=office.cleared))
    assert (event["meta"]["profile"], patients(event)) == ([f"{PROFILE}Query"], [])
    assert asked(event) == {"name": ["Nobody"]}


def test_a_decision_on_a_pair_is_no_query_of_patients(office):
    with office.opened() as store:
        store.record_look(
            store.origin("review decide"), "review decide", reason="", children=(),
            search={"pair": "00000000-00000001", "verdict": "link"},
        )  # fmt: skip
    events = office.export(by=office.cleared)
    acts = [[one["code"] for one in event.get("subtype", ())] for event in events]
    event = events[acts.index(["review decide"])]
    assert event["action"] == "E"
    assert "meta" not in event


def test_a_refusal_is_a_serious_failure(office):
    office.asked(office.reader_, "erase", "1", "--yes")
    (event,) = of(office.export())
    assert (event["type"]["code"], event["outcome"]) == ("110113", "8")
    assert event["subtype"][0]["code"] == "erase"


def test_an_override_breaks_the_glass_and_starts_an_emergency(office):
    number = office.number("club", "a")
    office.apply(number)
    office.told(office.officer(), "child", "show", number, "--override", "--reason", "police call")
    alert, look = of(office.export("--reader", "olu", by=office.cleared), "olu")[-2:]
    assert alert["subtype"][0]["code"] == "110127"
    assert patients(alert) == patients(look) == [f"Patient/{number}"]
    for event in (alert, look):
        (purpose,) = user(event)["purposeOfUse"]
        assert (purpose["coding"][0]["code"], purpose["text"]) == ("BTG", "police call")


def test_both_persons_of_a_look_on_behalf_of_another_are_in_it(office):
    office.asks("child", "show", office.number("club", "a"), "--for", "nurse Ada Quill")
    (event,) = of(office.export())
    (other,) = [one for one in event["agent"] if one["type"]["coding"][0]["code"] == "BEN"]
    assert other["who"]["display"] == "nurse Ada Quill"
    assert user(event)["purposeOfUse"][0]["coding"][1]["code"] == "mediation"


def test_nothing_of_the_answer_is_in_it(office):
    office.asks("child", "show", office.number("club", "a"))
    text = json.dumps(office.export())
    assert not any(word in text for word in ("Asha", "Okonjo", "2015-03-04", "SE15"))


def test_looks_at_one_child_and_of_one_reader_are_picked_out(office):
    a, c = (office.number("club", key) for key in "ac")
    for number in (a, c):
        office.asks("child", "show", number)
    office.asked(office.token("rita", "practitioner"), "child", "show", a, *WHY)
    of_a = office.export("--child", a, *WHY)
    assert {user(one)["who"]["display"] for one in of_a} == {"ada", "rita", "max"}
    assert {one for event in of_a for one in patients(event)} == {f"Patient/{a}"}
    assert {user(one)["who"]["display"] for one in office.export("--reader", "Rita")} == {"rita"}


def test_days_outside_the_period_are_left_out(office):
    office.asks("child", "show", office.number("club", "a"))
    out = office.folder / "none.ndjson"
    period = ("--from", "2020-01-01", "--to", "2020-12-31")
    told = office.told(office.auditor, "audit", "export", out, *period)
    assert (told["events"], out.read_text()) == (0, "")


def test_the_export_is_itself_an_access(office):
    number = office.number("club", "a")
    office.export("--child", number, *WHY)
    looks = office.told(office.auditor, "child", "accesses", number, *WHY)
    assert looks[0]["act"] == "audit export"


def test_the_file_is_its_owners_alone(office):
    office.export()
    assert (office.folder / "looks.ndjson").stat().st_mode & 0o777 == 0o600


def test_one_child_needs_a_reason(office):
    number = office.number("club", "a")
    out = office.folder / "x"
    answer = office.asked(office.auditor, "audit", "export", out, *ALWAYS, "--child", number)
    assert answer.exception.exit_code == 2


@pytest.mark.parametrize(
    ("first", "last"), [("yesterday", "2026-01-01"), ("2026-01-02", "2026-01-01")]
)
def test_a_period_that_is_none_is_a_usage_error(office, first, last):
    words = ("audit", "export", office.folder / "x", "--from", first, "--to", last)
    assert office.asked(office.auditor, *words).exception.exit_code == 2


def test_a_shielded_child_is_asked_for_in_vain_as_one_that_does_not_exist(office):
    number = office.number("club", "a")
    office.apply(number)
    words = ("audit", "export", office.folder / "x", *ALWAYS, *WHY, "--child")
    said = [office.asked(office.auditor, *words, asked).exception for asked in (number, "12")]
    assert str(said[0]) == str(said[1])
    assert [one.exit_code for one in said] == [1, 1]
    assert office.export("--child", number, *WHY, by=office.cleared)


def test_the_uncleared_get_no_shielded_child_and_nothing_typed_that_may_have_sought_it(office):
    a, b = (office.number("club", key) for key in "ab")
    office.asks("child", "find", "--name", "Okonjo", "--postcode", "SE15 3QN")
    office.asks("child", "find", "--name", "Asha Okonjo")
    office.apply(a)
    office.asks("child", "show", a)
    office.asks("child", "find", "--name", "Asha Okonjo", "--postcode", "SE15 3QN")
    events = of(office.export())
    assert [patients(event) for event in events] == [[f"Patient/{b}"], [], [], []]
    text = json.dumps(events[1:])
    assert a not in json.dumps(events)
    assert "purposeOfUse" in json.dumps(events[:1])
    assert WHY[1] not in text
    assert all(asked(event) == {} for event in events[1:])
    full = of(office.export(by=office.cleared))
    assert [patients(one) for one in full].count([f"Patient/{a}"]) == 3


def test_a_search_by_what_a_shield_hides_reads_alike_whether_it_found_the_child_before_or_not(
    office, tmp_path
):
    told = []
    for place, postcode in (("here", "SE15 3QN"), ("there", "LS1 4AP")):
        one = office.lent(tmp_path / place)
        (tmp_path / place).mkdir(exist_ok=True)
        one.asks("child", "find", "--name", "Asha Okonjo", "--postcode", postcode)
        one.apply(one.number("club", "a"))
        events = of(one.export())
        told.append([{**event, "recorded": "", "id": ""} for event in events])
    assert told[0] == told[1]


def test_a_reader_without_the_role_exports_nothing(office):
    answer = office.asked(office.reader_, "audit", "export", office.folder / "x", *ALWAYS)
    assert answer.exception.exit_code == 4
    assert not (office.folder / "x").exists()
