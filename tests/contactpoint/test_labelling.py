"""A session of label with keys from standard input: what each key does, and what is written."""

import json
from functools import partial

import pytest
from msgspec.structs import replace

from contactpoint.cli import labelling
from contactpoint.errors import DeniedError, UsageError
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging
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


def typed_by(monkeypatch, *typed):
    """Keys of a terminal, and what happens before the next of them."""
    left = list(typed)

    def read():
        while left and not isinstance(left[0], str):
            left.pop(0)()
        return left.pop(0) if left else ""

    monkeypatch.setattr(labelling, "_keys", lambda: read)


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


def test_the_pair_at_which_p_was_pressed_is_asked_about_again(desk):
    said = json.loads(session(desk, "ypynu", "--json").stdout)
    assert said["decided"] == {"apart": 1, "link": 1, "unsure": 1}


def test_a_decision_that_cannot_be_taken_back_stays_and_the_session_goes_on(desk, monkeypatch):
    cleo = desk.token("cleo", "steward", "shielding-officer")
    number = desk.opened_pair(desk.listed()[0]["pair"])["left"]["child"]
    words = ("--criterion", "refuge", "--requester", "duty desk")
    shield = partial(desk.run, "shield", "apply", number, *words, by=cleo)
    typed_by(monkeypatch, "y", shield, "p", "n", "q")
    said = session(desk, "", by=cleo)
    assert "stays as it was decided: to undo a judgement needs two persons" in said.stderr
    assert "decided: apart 1, link 1" in said.stdout


def test_a_pair_that_another_took_when_the_lease_had_ended_does_not_end_the_session(
    desk, monkeypatch
):
    pair = desk.listed()[0]["pair"]

    def taken():
        with desk.opened() as store:
            origin = store.origin("review claim")
            later = replace(origin, recorded=origin.recorded + (labelling.LEASE + 1) * 60 * 10**6)
            judging = Judging(store.log, store.keys, store.master)
            judging.claim(store.pair_named([pair]), By("bram"), later)

    typed_by(monkeypatch, taken, "q")
    assert "nothing was decided" in session(desk, "").stdout


@pytest.mark.parametrize("end", [KeyboardInterrupt, EOFError])
def test_a_key_that_ends_a_terminals_session_quits_and_puts_the_pair_back(desk, monkeypatch, end):
    def ended():
        raise end

    typed_by(monkeypatch, "y", ended)
    assert "decided: link 1" in session(desk, "").stdout
    assert all(one["claimed_by"] is None for one in desk.listed())
    assert judged(desk) == ["link"]


def test_keys_that_are_no_text_end_the_session(desk):
    assert "nothing was decided" in session(desk, b"\xffyy").stdout
    assert all(one["claimed_by"] is None for one in desk.listed())


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
