"""Two records of one source that share a number, where the source holds each child once."""

import pytest

from tests.contactpoint.desk import Desk

MAPPING = """
[feed]
key = "key"
[settings]
one_record_each = true
[columns]
given = "given"
family = "family"
dob = "dob"
postcode = "postcode"
nhs = "nhs"
nhs_status = "status"
upn = "upn"
"""
ONE, OTHER = "9000000009", "9000000017"
UPN = "K801200024001"
ASHA, BRAM = "Asha,Okonjo,2015-03-04,SE15 3QN", "Zebedee,Quillonby,2011-10-09,LS1 4AP"
PAIR = "school:1", "school:2"


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "home").begin()
    mapping = tmp_path / "once.toml"
    mapping.write_text(MAPPING)

    def state(day, *rows, source="school"):
        path = tmp_path / f"{source}-{day}.csv"
        header = "key,given,family,dob,postcode,nhs,status,upn"
        path.write_text("\n".join([header, *rows]) + "\n")
        words = ("--source", source, "--feed", "csv", "--mapping", mapping, "--mode", "snapshot")
        made.run("load", path, *words, "--effective", day, expected=(0, 3))

    made.told = state
    made.told("2026-09-01", f"1,{ASHA},{ONE},01,", f"2,{BRAM},{ONE},01,")
    return made


def waiting(desk):
    """The pairs that await a steward, and whether all at once would ask about the same."""
    before = desk.state().reviews
    events = desk.events()
    desk.run("link", "--all")
    assert (desk.state().reviews, desk.events()) == (before, events)
    return before


BOTH = {frozenset({("school", "1"), ("school", "2")})}


def test_two_records_of_one_source_that_share_a_number_are_an_identifier_to_review(desk):
    [task] = desk.listed()
    assert task["task"] == "review identifier"
    assert "may bear another child's" in desk.opened_pair(*PAIR)["why"]
    assert waiting(desk) == BOTH
    assert len(desk.children()) == 2
    assert desk.findings() == []


def test_one_child_whom_a_source_holds_twice_under_one_number_is_asked_about_too(desk):
    desk.told("2026-09-02", f"1,{ASHA},{ONE},01,", f"3,{ASHA},{ONE},01,")
    pair = "school:1", "school:3"
    [task] = desk.listed()
    assert task["task"] == "review identifier"
    assert "one source share a number" in desk.opened_pair(*pair)["why"]
    desk.decide(*pair, verdict="link")
    assert frozenset(pair) in desk.children()
    assert (desk.listed(), waiting(desk)) == ([], set())


@pytest.mark.parametrize("other", [f"2,{BRAM},{OTHER},01,", f"2,{BRAM},,,", None])
def test_it_closes_by_itself_when_one_of_the_two_loses_the_number(desk, other):
    rows = [f"1,{ASHA},{ONE},01,", *([other] if other else []), "3,Ines,Tamworthy,2012-02-03,,,,"]
    desk.told("2026-09-02", *rows)
    assert (desk.listed(), waiting(desk)) == ([], set())
    desk.told("2026-09-03", rows[0], f"2,{BRAM},{ONE},01,", rows[-1])
    assert waiting(desk) == BOTH


@pytest.mark.parametrize(
    ("numbers", "asked"), [((f",,{UPN}", f",,{UPN}"), True), ((f"{ONE},,", f"{ONE},02,"), True),
                           ((",,X00180001701A", ",,X00180001701A"), False)],
)  # fmt: skip
def test_a_pupil_number_and_one_not_verified_count_and_a_temporary_one_does_not(
    desk, numbers, asked
):
    (one, other) = numbers
    desk.told("2026-09-02", f"1,{ASHA},{one}", f"2,{BRAM},{other}")
    assert waiting(desk) == (BOTH if asked else set())


def test_a_steward_who_keeps_them_apart_is_not_asked_again_and_one_who_undoes_it_is(desk):
    desk.decide(*PAIR, verdict="apart")
    desk.told("2026-09-02", f"1,{ASHA},{ONE},01,", f"2,{BRAM},{ONE},01,{UPN}")
    desk.run("rebuild")
    assert (desk.listed(), waiting(desk)) == ([], set())
    desk.undo(*PAIR)
    assert waiting(desk) == BOTH
    before = desk.listed()
    desk.run("rebuild")
    assert desk.listed() == before


def test_who_shares_the_number_elsewhere_is_asked_about_and_not_the_two(desk):
    desk.told("2026-09-02", f"7,{ASHA},{ONE},01,", source="pds")
    assert waiting(desk) == {frozenset({("school", "2"), ("pds", "7")})}
    desk.decide("school:2", "pds:7", verdict="apart")
    assert (desk.listed(), waiting(desk)) == ([], set())
    desk.told("2026-09-03", f"7,{ASHA},{OTHER},01,", source="pds")
    assert waiting(desk) >= BOTH


def test_across_a_never_link_nobody_is_asked(desk):
    officers = [
        desk.token(name, "shielding-officer", "adoption-officer") for name in ("olu", "pat")
    ]
    asked = ("--kind", "protection", "--requested-by", "the court")
    words = ("--left", PAIR[0], "--right", PAIR[1], *asked)
    desk.run("never-link", "draw", *words, by=officers[0], second=officers[1])
    assert desk.listed() == []
    assert desk.state().reviews == set()
    desk.run("link", "--all")
    assert desk.state().reviews == set()


def test_the_task_of_a_shielded_child_is_for_the_cleared_alone(desk):
    officer = desk.token("olu", "shielding-officer")
    number = desk.numbers()[0]["school", "1"]
    words = ("--criterion", "refuge", "--requester", "desk")
    desk.run("shield", "apply", number, *words, by=officer)
    assert desk.listed() == []
    cleared = desk.token("cleo", "steward", "shielding-officer")
    assert [one["task"] for one in desk.listed(by=cleared)] == ["review identifier"]
