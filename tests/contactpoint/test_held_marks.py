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


def test_a_mark_in_one_of_two_rows_that_contradict_each_other_shields_the_child(desk, tmp_path):
    rows = []
    for version, mark, given in (("7", "R", "Asha"), ("7", "U", "Ashley")):
        desk.patient("rows", "9000000009", "2015-03-04", mark=mark, version=version, given=given)
        path = tmp_path / f"rows-9000000009-{version}.ndjson"
        rows.append(path.read_text())
    path.write_text("".join(rows))
    desk.run("load", path, "--source", "north", "--feed", "health.pds-fhir", expected=(3,))
    assert number(desk) in shields(desk)
