"""A data manager's commands on rows that a delivery holds, on either database."""

import json
from uuid import uuid4

import pytest

from contactpoint.errors import UsageError
from projections.fingerprint import fingerprint
from tests.contactpoint.test_reports import Desk

HEADER = "key,given,family,dob"
WORDS = ("--source", "club", "--feed", "csv", "--effective")
NAMES = ("Asha", "Bram", "Cora", "Dele", "Esme", "Femi", "Gita", "Hugo")
ROWS = [f"k{n},{name},Okonjo,2015-01-1{n}" for n, name in enumerate(NAMES)]
PERSONAL = ("Wrenfield", "Zedekiah", "Okonjo", "2011", "k1", "k5")


def on(name, folder, postgres_url):
    """An empty index on one of the two databases."""
    desk = Desk(folder / "home")
    if name == "postgres":
        joint = "&" if "?" in postgres_url else "?"
        for part in ("LOG", "KEYS", "READ", "ACCESS"):
            url = f"{postgres_url}{joint}schema={part.lower()}_{uuid4().hex[:8]}"
            desk.environment[f"CONTACTPOINT_{part}_URL"] = url
    desk.run("init")
    return desk


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request, tmp_path):
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return on(request.param, tmp_path, url)


@pytest.fixture
def held(desk):
    """The name of a delivery that holds a record turned into another child, and two of one key."""
    desk.run("load", desk.file("a.csv", HEADER, *ROWS), *WORDS, "2026-09-01")
    mended = [
        *("k1,Zedekiah,Wrenfield,2011-11-11", ROWS[2], ROWS[3]),
        *("k5,Femi,Wrenfield,2015-01-15", ROWS[5]),
    ]
    report = desk.json("load", desk.file("b.csv", HEADER, *mended), *WORDS, "2026-09-02")
    assert (report["held"], report["unchanged"], report["exit_code"]) == (3, 2, 3)
    return report["delivery"]


def outcomes(desk, delivery):
    notes = desk.json("delivery", "show", delivery)["notes"]
    return {note["line"]: note["outcome"] for note in notes}


def name_of(desk, key):
    with desk.opened() as store:
        record = store.workings.record(store.record_named(f"club:{key}"))
        return record.compared.names[0]


def children(desk):
    """With which other source's record each source's record is one child."""
    with desk.opened() as store:
        known = [(one.source, one.child) for one in store.workings.records()]
    return {
        source: "".join(other for other, same in known if same == child and other != source)
        for source, child in known
    }


def same_after_a_rebuild(desk):
    with desk.opened() as store:
        live = fingerprint(store.read)
        store.projector.rebuild()
        return fingerprint(store.read) == live


def test_rows_are_settled_one_by_one_until_none_is_held(desk, held):
    assert desk.status("held_rows") == 3
    taken = desk.json("delivery", "approve", held, "--row", 2, "--reason", "the id was used again")
    assert (taken["changed"], taken["held"], taken["rows"], taken["exit_code"]) == (1, 2, 5, 3)
    assert desk.status("held_rows") == 2
    assert name_of(desk, "k1").given == ("Zedekiah",)
    chosen = desk.json("delivery", "approve", held, "--row", 5)
    assert (chosen["changed"], chosen["held"], chosen["rejected"]) == (1, 0, 1)
    assert name_of(desk, "k5").family == "Wrenfield"
    assert desk.status("held_rows") == 0
    assert outcomes(desk, held) == {2: "taken", 5: "taken", 6: "rejected"}
    assert same_after_a_rebuild(desk)
    assert desk.findings() == []


def test_a_record_that_turned_into_another_child_is_the_first_childs_no_more(desk):
    header, asha = f"{HEADER},sex,postcode", "k1,Asha,Okonjo,2015-01-10,F,SE15 3QN"
    for source in ("club", "school"):
        words = ("--source", source, *WORDS[2:], "2026-09-01")
        desk.run("load", desk.file(f"{source}.csv", header, asha), *words)
    assert children(desk) == {"club": "school", "school": "club"}
    mended = desk.file("b.csv", header, "k1,Zedekiah,Wrenfield,2011-11-11,M,E8 1GQ")
    held = desk.json("load", mended, *WORDS, "2026-09-02")["delivery"]
    desk.run("delivery", "approve", held)
    assert children(desk) == {"club": "", "school": ""}


def test_rows_turned_away_are_held_no_more_and_change_no_record(desk, held):
    told = desk.json("delivery", "reject", held, "--reason", "a slip of theirs")
    assert (told["state"], told["held"], told["rejected"]) == ("completed", 0, 3)
    listed = desk.json("delivery", "list")[0]
    assert (listed["delivery"], listed["held"], listed["rejected"]) == (held, 0, 3)
    assert set(outcomes(desk, held).values()) == {"rejected"}
    assert name_of(desk, "k1").family == "Okonjo"
    assert "a slip of theirs" in desk.run("delivery", "show", held).stdout
    assert same_after_a_rebuild(desk)


def test_deliveries_with_held_rows_are_listed_apart_until_none_is_held(desk, held):
    assert [one["delivery"] for one in desk.json("delivery", "list", "--held")] == [held]
    assert len(desk.json("delivery", "list")) == 2
    desk.run("delivery", "reject", held)
    assert desk.json("delivery", "list", "--held") == []
    assert "awaits a decision" in desk.run("delivery", "list", "--held").output


def test_the_same_approval_again_appends_no_event(desk, held):
    words = ("delivery", "approve", held, "--row", 2)
    desk.run(*words, expected=(3,))
    events = desk.status("events")
    again = desk.json(*words)
    assert (again["known"], again["exit_code"], desk.status("events")) == (True, 3, events)


def test_a_file_that_is_not_there_any_more_is_asked_for(tmp_path):
    desk = on("sqlite", tmp_path, "")
    path = desk.file("a.csv", HEADER, "k1,Asha,Okonjo,2015-01-10", "k1,Bram,Okonjo,2015-01-10")
    held = desk.json("load", path, *WORDS, "2026-09-01")["delivery"]
    moved = path.rename(path.with_name("moved.csv"))
    said = desk.run("delivery", "approve", held, "--row", 2).output
    assert "load it again, and it goes through" in said
    assert outcomes(desk, held) == {2: "approved", 3: "rejected"}
    assert desk.json("load", moved, *WORDS, "2026-09-01")["new"] == 1
    assert outcomes(desk, held) == {2: "taken", 3: "rejected"}
    assert desk.run("delivery", "approve", held, "--row", 2, expected=(3,)).output
    assert same_after_a_rebuild(desk)


def test_a_file_with_a_mapping_and_a_mode_of_its_own_is_found_again(tmp_path):
    desk = on("sqlite", tmp_path, "")
    mapping = desk.file(
        "club.toml", "[feed]", 'key = "id"', "[columns]", 'given = "first"', 'dob = "born"'
    )
    path = desk.file("a.csv", "id,first,born", "k1,Asha,2015-01-10", "k1,Bram,2015-01-10")
    for mode in (["--mode", "snapshot"], ["--mode", "delta"], []):
        words = (*WORDS, "2026-09-01", "--mapping", mapping, *mode)
        held = desk.json("load", path, *words)["delivery"]
        taken = desk.json("delivery", "approve", held, "--row", 2)
        assert (taken["delivery"], taken["held"], taken["rejected"]) == (held, 0, 1)


def test_no_message_names_anybody(desk, held):
    said = [
        desk.run("delivery", "show", held).output,
        *(
            refused(desk, "approve", held, *words)
            for words in ((), ("--row", 3), ("--row", 5, "--row", 6))
        ),
        desk.run("delivery", "approve", held, "--row", 2, expected=(3,)).output,
        desk.run("delivery", "reject", held).output,
        refused(desk, "approve", held, "--row", 5),
    ]
    for word in PERSONAL:
        assert [text for text in said if word in text] == []


def refused(desk, act, *words):
    with pytest.raises(UsageError) as error:
        desk.run("delivery", act, *words)
    return str(error.value)


def test_what_can_be_done_with_held_rows_is_shown(desk, held):
    said = desk.run("delivery", "show", held).output
    assert f"delivery approve {held} --row NUMBER" in said
    desk.run("delivery", "reject", held)
    assert "approve" not in desk.run("delivery", "show", held).output
    assert json.loads(desk.run("delivery", "list", "--json").stdout)[0]["state"] == "completed"


def test_of_two_children_in_one_line_one_is_chosen_by_the_number_that_is_shown(tmp_path):
    desk = on("sqlite", tmp_path, "")
    details = [{"first_name": name, "date_of_birth": "2014-05-09"} for name in ("Thora", "Kit")]
    children = [{"la_child_id": "C1", "child_details": each} for each in details]
    payload = desk.file("c.json", json.dumps({"la_code": 801, "Children": children}))
    report = desk.json("load", payload, "--source", "care")
    shown = desk.run("delivery", "show", report["delivery"]).output
    assert {word for word in ("child 1", "child 2", "line 1") if word in shown} == {
        "child 1",
        "child 2",
    }
    taken = desk.json("delivery", "approve", report["delivery"], "--row", 2)
    assert (taken["new"], taken["rejected"], taken["held"]) == (1, 1, 0)
    with desk.opened() as store:
        record = store.workings.record(store.record_named("care:C1"))
        assert record.compared.names[0].given == ("Kit",)
