"""``audit report``: figures of access, with no child in them."""

import pytest

from tests.contactpoint.shields import Refuge

WHY = ("--reason", "enquiry 7")
ALWAYS = ("--from", "2020-01-01", "--to", "2099-12-31")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An index with a shielded child; looks, an override, refusals, an investigation closed."""
    made = Refuge(tmp_path_factory.mktemp("office"))
    made.load([{"key": "a", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04"},
               {"key": "b", "given": "Bram", "family": "Ade", "dob": "2014-03-04"}])  # fmt: skip
    a, b = (made.number("club", key) for key in "ab")
    for number in (b, b, "1"):
        made.asked(made.reader(), "child", "show", number, *WHY)
    made.asked(made.reader(), "child", "find", "--name", "Nobody", *WHY)
    made.asked(made.reader(), "erase", b, "--yes")
    made.apply(a)
    for _ in range(2):
        made.told(made.officer(), "child", "show", a, "--override", "--reason", "police call")
    other = made.officer("ola")
    first = made.told(other, "audit", "investigations", "list")[0]["id"]
    words = ("close", first, "--finding", "in-order", "--reason", "the call is on file")
    made.told(other, "audit", "investigations", *words)
    return made


def report(office, by, *words):
    return office.told(by, "audit", "report", *(words or ALWAYS))


def test_looks_are_counted_by_act_role_and_purpose(office):
    told = report(office, office.token("max", "auditor"))
    assert told["acts"]["child show"] == 3
    assert told["acts"]["child show override"] == told["overrides"] == 2
    assert told["roles"]["practitioner"] == 4
    assert told["found_nobody"] == 2
    assert told["looks"] == sum(told["acts"].values()) == sum(told["purposes"].values())


def test_refusals_are_counted_by_what_was_denied(office):
    told = report(office, office.token("max", "auditor"))
    assert (told["refused"], told["refusals"]) == (1, {"erase": 1})


def test_investigations_of_overrides_are_told_to_the_cleared_with_their_findings(office):
    cleared = office.token("olga", "auditor", "shielding-officer", strong=True)
    told = report(office, cleared)["investigations"]
    assert told == {"raised": 2, "open": 1, "findings": {"in-order": 1}}
    uncleared = report(office, office.token("max", "auditor"))["investigations"]
    assert uncleared == {"raised": 0, "open": 0, "findings": {}}


def test_the_readers_with_most_looks_come_first(office):
    (first, *_) = report(office, office.token("max", "auditor"))["readers"]
    assert first == {"reader": "rita", "looks": 4, "children": 1, "refused": 1}


def test_another_period_has_other_figures(office):
    told = report(office, office.token("max", "auditor"), "--from", "2020-01-01", "--to",
                  "2020-01-31")  # fmt: skip
    assert (told["looks"], told["first"], told["last"]) == (0, "2020-01-01", "2020-01-31")


def test_people_read_tables_and_no_child_is_in_them(office):
    shown = office.asked(office.token("max", "auditor"), "audit", "report", *ALWAYS).stdout
    assert "child show override" in shown
    assert "rita" in shown
    assert not any(office.number("club", key) in shown for key in "ab")
