"""A feed marks a child in a row that is held: it is shielded at once, and the row still waits."""

import json

import pytest

from tests.contactpoint.desk import Desk

NEW = {"family": "Quillonby", "given": "Zebedee", "postcode": "LS1 4AP", "line": "2 Elm Row"}


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "home").begin()
    made.patient("north", "9000000009", "2015-03-04")
    made.officers = [made.token(name, "shielding-officer") for name in ("olu", "pat")]
    return made


def shields(desk):
    listed = desk.run("shield", "list", "--json", by=desk.officers[0])
    told = [number for one in json.loads(listed.stdout)["shields"] for number in one["children"]]
    return [number.replace(" ", "") for number in told]


def number(desk):
    return desk.numbers()[0]["north", "9000000009"]


def test_a_mark_in_a_row_that_turns_its_record_into_another_child_shields_the_child(desk):
    desk.patient("north", "9000000009", "2011-10-09", mark="R", version="7", **NEW)
    assert shields(desk) == [number(desk)]
    assert desk.findings() == []
    with desk.opened() as store:
        store.projector.catch_up()
        (held,) = store.workings.overlays()
        assert held.record == store.record_named("north:9000000009")


def test_a_mark_in_a_held_row_lays_no_shield_again_that_two_persons_lifted(desk):
    desk.patient("north", "9000000009", "2011-10-09", mark="R", version="7", **NEW)
    words = ("--reason", "the record is of nobody in danger")
    one, other = desk.officers
    desk.run("shield", "lift", number(desk), *words, by=one, second=other)
    desk.patient("north", "9000000009", "2011-10-10", mark="R", version="8", **NEW)
    assert shields(desk) == []


def written(desk, mark, **changes):
    """A row of the child, as another source has stated it without a mark."""
    desk.patient("rows", "9000000009", "2015-03-04", version="7", **changes)
    row = json.loads((desk.home.parent / "rows-9000000009-7.ndjson").read_text())
    row["meta"]["security"] = [{"code": mark}]
    return row


def load(desk, *rows):
    """The source's own file of these rows, one of which is not taken."""
    path = desk.home.parent / "north.ndjson"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert shields(desk) == []
    desk.run("load", path, "--source", "north", "--feed", "health.pds-fhir", expected=(3,))


def test_a_mark_in_one_of_two_rows_that_contradict_each_other_shields_the_child(desk):
    load(desk, written(desk, "R", given="Asha"), written(desk, "U", given="Ashley"))
    assert number(desk) in shields(desk)


def held_whole(desk, version):
    """The source's next file marks the child and lacks its two others, so it is held as it is."""
    words = ("--mode", "snapshot")
    desk.patient("north", "9000000009", "2015-03-04", mark="R", version=version, words=words)
    listed = json.loads(desk.run("delivery", "list", "--json").stdout)
    assert listed[0]["state"] == "held"
    return listed[0]["delivery"]


@pytest.fixture
def three(desk):
    """The child, and two others of the same source."""
    desk.patient("north", "9000000017", "2013-07-08", family="Quillonby", given="Zebedee")
    desk.patient("north", "9000000025", "2012-01-30", family="Tamworthy", given="Cora")
    return desk


def test_a_mark_in_a_delivery_that_is_held_whole_shields_the_child(three):
    delivery = held_whole(three, "7")
    assert shields(three) == [number(three)]
    assert three.findings() == []
    three.run("delivery", "reject", delivery, "--reason", "another's file")
    assert shields(three) == [number(three)]


def test_a_mark_in_a_delivery_that_is_held_lays_no_shield_again_until_it_is_approved(three):
    held_whole(three, "7")
    one, other = three.officers
    words = ("shield", "lift", number(three), "--reason", "home again")
    three.run(*words, by=one, second=other)
    delivery = held_whole(three, "8")
    assert shields(three) == []
    three.run("delivery", "approve", delivery, "--reason", "asked them")
    assert shields(three) == [number(three)]


def test_a_mark_in_a_row_that_is_out_of_scope_shields_whom_readers_see(desk):
    desk.patient("south", "9000000017", "2008-03-04")
    number = desk.numbers()[0]["south", "9000000017"]
    desk.patient("south", "9000000017", "2004-03-04", mark="R", version="7")
    assert shields(desk) == [number]
    assert desk.numbers()[0]["south", "9000000017"] == number


def test_a_mark_in_a_row_that_is_rejected_shields_the_child_that_it_names(desk):
    row = written(desk, "R")
    del row["name"], row["birthDate"]
    load(desk, row)
    assert shields(desk) == [number(desk)]
    assert desk.findings() == []
