"""What an erasure takes with it: all that is, or was, of the child, and nothing of another's."""

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
