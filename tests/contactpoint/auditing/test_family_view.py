"""``child accesses``: what a family is told of who looked, and what not."""

import pytest

from tests.contactpoint.shields import Refuge

WHY = ("--reason", "the mother asks")


@pytest.fixture
def office(tmp_path):
    made = Refuge(tmp_path)
    made.load([{"key": "a", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04"},
               {"key": "b", "given": "Bram", "family": "Okonjo", "dob": "2014-03-04"}])  # fmt: skip
    return made


def told(office, number):
    return office.told(office.token("max", "auditor"), "child", "accesses", number, *WHY)


def test_a_reason_given_for_others_too_is_left_out(office):
    number = office.number("club", "a")
    office.asked(office.reader(), "child", "find", "--name", "Okonjo", "--reason", "Bram hit Asha")
    office.asked(office.reader(), "child", "show", number, "--reason", "school asks whom to ring")
    reasons = [look["reason"] for look in told(office, number)]
    assert reasons[:2] == ["left out: it may tell of others", "school asks whom to ring"]


def test_numbers_of_others_in_a_reason_are_left_out_and_the_childs_own_stays(office):
    a, b = (office.number("club", key) for key in "ab")
    reason = f"brother of {b}, is {a}, ring 020 7946 0000, case 41"
    office.asked(office.reader(), "child", "show", a, "--reason", reason)
    (look, _) = told(office, a)
    assert look["reason"] == f"brother of (a number), is {a}, ring (a number), case 41"


def test_what_an_auditor_wrote_of_a_reader_is_left_out(office):
    number = office.number("club", "a")
    out = office.folder / "looks.ndjson"
    words = ("--from", "2020-01-01", "--to", "2099-12-31", "--child", number)
    auditor = office.token("max", "auditor")
    office.told(auditor, "audit", "export", out, *words, "--reason", "is rita kin?")
    (look, _) = told(office, number)
    assert (look["act"], look["reason"]) == ("audit export", "left out: it may tell of others")


def test_a_shielded_child_answers_as_a_number_that_nobody_has(office):
    number = office.number("club", "a")
    office.asked(office.reader(), "child", "show", number, *WHY)
    office.apply(number)
    words = ("child", "accesses")
    for by in (office.token("max", "auditor"), office.token("dora", "data-manager")):
        said = [office.asked(by, *words, asked, *WHY) for asked in (number, "000000000000")]
        assert str(said[0].exception) == str(said[1].exception) == "no child of that number"
        assert [one.exception.exit_code for one in said] == [1, 1]
        assert said[0].output == said[1].output
