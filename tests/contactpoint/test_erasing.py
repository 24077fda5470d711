"""What an erasure takes with it: all that is, or was, of the child, and nothing of another's."""

import json
import shutil
from uuid import UUID

from events.judgement import PairJudged
from events.keys import subject_of
from events.message import ERASED
from tests.contactpoint.desk import Desk
from tests.contactpoint.shields import Refuge

ASHA = {
    "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F", "postcode": "SE15 3QN",
    "nhs": "9000000009", "nhs_status": "01",
}  # fmt: skip
ZED = {"key": "2", "given": "Zed", "family": "Quy", "dob": "2011-01-09"}


def test_a_record_that_was_withdrawn_before_is_erased_with_its_child(tmp_path):
    refuge = Refuge(tmp_path)
    for source in ("club", "choir"):
        refuge.run("source", "add", source, "--feed", "csv", "--guard-share", 1)
        refuge.load([{"key": "1", **ASHA}, ZED], source)
    number = refuge.number("choir", "1")
    assert number == refuge.number("club", "1")
    refuge.load([ZED], "choir", "2026-09-02", "--mode", "snapshot")
    with refuge.opened() as store:
        before = {head.record: head.state.standing for head in store.log.heads.all_records()}
    assert sorted(before.values()) == ["current", "current", "current", "withdrawn"]
    refuge.run("erase", number, "--yes", "--reason", "asked")
    with refuge.opened() as store:
        after = {head.record: head.state.standing for head in store.log.heads.all_records()}
        assert sorted(after.values()) == ["current", "current", "erased", "erased"]
        (gone,) = (record for record, standing in before.items() if standing == "withdrawn")
        assert after[gone] == "erased"
        (number,) = store.keys.numbers([gone.bytes]).values()
        assert store.keys.openers([number]) == {number: None}


def test_a_record_that_was_withdrawn_from_another_child_is_not_erased_with_its_first(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.run("source", "add", "choir", "--feed", "csv", "--guard-share", 1)
    refuge.load([{"key": "1", **ASHA}], "club")
    refuge.patient("9000000017", given="Bela", family="Smith", dob="2012-11-30", postcode="LS1 4AP")
    bela = {"given": "Bela", "family": "Smith", "dob": "2012-11-30", "sex": "F",
            "postcode": "LS1 4AP", "nhs": "9000000017", "nhs_status": "01"}  # fmt: skip
    refuge.load([{"key": "1", **ASHA}, ZED], "choir")
    first = refuge.number("choir", "1")
    assert first == refuge.number("club", "1")
    report = refuge.load([{"key": "1", **bela}, ZED], "choir", "2026-09-02")
    if report["held"]:
        refuge.run("delivery", "approve", report["delivery"], "--reason", "asked them")
    assert refuge.number("choir", "1") == refuge.number("pds", "9000000017") != first
    refuge.load([ZED], "choir", "2026-09-03", "--mode", "snapshot")
    refuge.run("erase", first, "--yes", "--reason", "asked")
    with refuge.opened() as store:
        standing = {
            (head.state.source, head.state.standing) for head in store.log.heads.all_records()
        }
    assert standing == {
        ("club", "erased"), ("pds", "current"), ("choir", "withdrawn"), ("choir", "current"),
    }  # fmt: skip


def test_a_child_all_of_whose_records_were_withdrawn_is_erased(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.run("source", "add", "choir", "--feed", "csv", "--guard-share", 1)
    refuge.load([{"key": "1", **ASHA}, ZED], "choir")
    number = refuge.number("choir", "1")
    refuge.load([ZED], "choir", "2026-09-02", "--mode", "snapshot")
    refuge.run("erase", number, "--yes", "--reason", "asked")
    with refuge.opened() as store:
        standing = sorted(head.state.standing for head in store.log.heads.all_records())
    assert standing == ["current", "erased"]


def test_what_was_remarked_of_a_pair_cannot_be_opened_once_one_of_the_two_is_erased(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    seen = desk.opened_pair("north:9000000009", "south:9000000025")["seen"]
    words = (
        "--verdict",
        "apart",
        "--reason",
        "twins",
        "--seen",
        seen,
        "--remarks",
        "by Ada",
    )
    desk.run("review", "decide", "north:9000000009", "south:9000000025", *words, by=desk.ada)
    assert remarked(desk) == ["by Ada"]
    desk.run("erase", "south:9000000025", "--yes", "--reason", "asked")
    assert remarked(desk) == [ERASED]


def remarked(desk):
    with desk.opened() as store:
        events = [
            one.event for page in store.log.pages(PairJudged) for one in store.log.decode(page)
        ]
        return [event.remarks for event in events if isinstance(event, PairJudged)]


def test_a_shield_stands_on_over_what_is_left_when_one_of_its_records_is_erased(tmp_path):
    refuge = Refuge(tmp_path)
    for source in ("club", "choir"):
        refuge.load([{"key": "1", **ASHA}], source)
    shield = UUID(refuge.apply(refuge.number("club", "1")))
    refuge.run("erase", "choir:1", "--yes", "--reason", "asked")
    assert refuge.shield(shield).standing == "standing"
    assert refuge.under()["club", "1"] == ["shielded"]
    refuge.run("erase", "club:1", "--yes", "--reason", "asked")
    with refuge.opened() as store:
        subject = subject_of("shield", shield, store.master)
        assert set(store.keys.openers(store.keys.numbers([subject]).values()).values()) == {None}


def older_keys(refuge, folder):
    """Copies of the keys as they are now, to be put back later."""
    copies = folder / "older"
    copies.mkdir()
    for path in refuge.home.glob("keys.db*"):
        shutil.copy(path, copies)

    def put_back():
        for path in refuge.home.glob("keys.db*"):
            path.unlink()
        for path in copies.iterdir():
            shutil.copy(path, refuge.home)

    return put_back


def verified(refuge):
    said = json.loads(refuge.run("verify", "--json", expected=(0, 1)).stdout)
    return said["findings"]


def test_keys_from_before_an_erasure_in_the_place_of_todays_are_found(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.load([{"key": "1", **ASHA}, ZED], "club")
    put_back = older_keys(refuge, tmp_path)
    refuge.run("erase", "club:2", "--yes", "--reason", "asked")
    assert verified(refuge) == []
    put_back()
    found = verified(refuge)
    assert [each for each in found if "open what was erased" in each] == found != []


def test_keys_from_before_a_load_in_the_place_of_todays_are_found_also_when_others_follow(tmp_path):
    refuge = Refuge(tmp_path)
    refuge.load([{"key": "1", **ASHA}], "club")
    put_back = older_keys(refuge, tmp_path)
    refuge.load([{"key": "1", **ASHA}, ZED], "club", "2026-09-02")
    assert verified(refuge) == []
    put_back()
    with refuge.opened() as store:
        store.keys.issue([bytes([n]) * 16 for n in range(9)])
    (found,) = verified(refuge)
    assert "was sealed with subject key" in found
