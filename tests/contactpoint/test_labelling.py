"""A session of label with keys from standard input: what each key does, and what is written."""

import json

import pytest

from contactpoint.errors import DeniedError, UsageError
from tests.contactpoint.desk import REASON, Desk

FAMILIES = ("Okonjo", "Quillonby", "Tamworthy")
NUMBERS = {
    "Okonjo": ("9000000009", "9000000025"),
    "Quillonby": ("9000000017", "9000000033"),
    "Tamworthy": ("9000000041", "9000000068"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three pairs, one of each family."""
    desk = Desk(tmp_path_factory.mktemp("label") / "home").begin()
    for year, (family, (north, south)) in zip((2013, 2014, 2015), NUMBERS.items(), strict=True):
        desk.patient("north", north, f"{year}-03-04", family=family)
        desk.patient("south", south, f"{year}-03", family=family)
    assert len(desk.listed()) == len(FAMILIES)
    return desk


@pytest.fixture
def desk(made, tmp_path):
    return made.again(tmp_path / "home")


def session(desk, keys, *words, by=None):
    return desk.run("label", *REASON, *words, stdin=keys, by=by or desk.ada)


def judged(desk):
    with desk.opened() as store:
        return sorted(one.verdict for one in store.log.heads.all_judgements() if one.verdict)


def test_a_key_decides_on_each_pair_and_the_children_follow(desk):
    before = len(desk.children())
    said = session(desk, "ynu")
    assert "decided: apart 1, link 1, unsure 1" in said.stdout
    assert judged(desk) == ["apart", "link", "unsure"]
    assert len(desk.children()) == before - 1
    assert desk.findings() == []


def test_both_records_are_shown_side_by_side_and_each_look_is_recorded(desk):
    said = session(desk, "nq").stdout
    for told in ("north", "south", "-03-04", "7 Quill Lane"):
        assert told in said
    looks = [look for look in desk.looks() if getattr(look, "act", "") == "review show"]
    assert len(looks) == 2
    assert all(len(set(look.children)) == 2 and look.reader == "ada" for look in looks)


def test_a_pair_that_takes_two_persons_is_put_back_for_others(desk):
    number = desk.numbers()[0]["north", NUMBERS["Okonjo"][0]]
    cleo = desk.token("cleo", "steward", "shielding-officer")
    words = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", number, *words, by=cleo)
    said = session(desk, "yyy", by=cleo)
    assert "is left: to judge a pair needs two persons" in said.stderr
    assert judged(desk) == ["link", "link"]
    assert [task["claimed_by"] for task in desk.listed(by=cleo)] == [None]


def test_p_takes_the_last_decision_back_and_asks_again(desk):
    said = json.loads(session(desk, "ypnq", "--json").stdout)
    assert said["decided"] == {"apart": 1}
    assert judged(desk) == ["apart"]


def test_other_keys_and_p_at_the_start_do_nothing(desk):
    said = json.loads(session(desk, "x?pynq", "--json").stdout)
    assert said["decided"] == {"apart": 1, "link": 1}


def test_the_end_of_what_is_typed_ends_the_session_and_releases_the_pair(desk):
    session(desk, "y\n")
    assert judged(desk) == ["link"]
    assert all(one["claimed_by"] is None for one in desk.listed())


def test_a_pair_that_another_has_claimed_is_passed_over(desk):
    first = desk.listed()[0]["pair"]
    desk.run("review", "claim", first, by=desk.bram)
    said = session(desk, "yyyyy").stdout
    assert first not in said
    assert "decided: link 2" in said


def test_a_session_ends_after_so_many_pairs(desk):
    assert "decided: apart 2" in session(desk, "nnn", "--limit", "2").stdout


def test_a_session_takes_a_steward_and_a_reason(desk):
    with pytest.raises(DeniedError):
        session(desk, "y", by=desk.token("eve", "practitioner"))
    with pytest.raises(UsageError):
        desk.run("label", stdin="y", by=desk.ada)
