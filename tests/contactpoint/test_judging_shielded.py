"""Pairs of a shielded child: for those cleared alone, and two of them decide."""

import json
from datetime import date
from typing import Any

import pytest

from contactpoint.errors import DeniedError, NotFoundError
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.splitting import MeantSplit, Splitting
from contactpoint.shielding.officers import Asked
from tests.contactpoint.desk import REASON, Desk
from tests.contactpoint.installation import Overtaken

NORTH, SOUTH, WEST = "north:9000000009", "south:9000000025", "west:9000000041"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two records that may be one child, of which one is shielded."""
    desk = Desk(tmp_path_factory.mktemp("made") / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    desk.olu = desk.token("olu", "steward", "shielding-officer", authority="213")
    desk.ola = desk.token("ola", "steward", "shielding-officer", authority="213")
    number = desk.numbers()[0]["north", "9000000009"]
    words = ("--criterion", "refuge", "--requester", "duty desk")
    desk.pair = desk.listed()[0]["pair"]
    desk.run("shield", "apply", number, *words, by=desk.olu)
    return desk


@pytest.fixture
def desk(made, tmp_path):
    copied = made.again(tmp_path / "home")
    copied.olu, copied.ola, copied.pair = made.olu, made.ola, made.pair
    return copied


def test_who_is_not_cleared_has_no_such_pair(desk):
    assert desk.listed() == []
    said = set()
    for words in ((desk.pair,), (NORTH, SOUTH), ("00000000-00000000",)):
        for command in ("show", "claim"):
            reason = REASON if command == "show" else ()
            with pytest.raises(NotFoundError) as refused:
                desk.run("review", command, *words, *reason, by=desk.ada)
            said.add(str(refused.value))
    assert len(said) == 1


def test_who_is_cleared_has_it_and_sees_both_records(desk):
    assert [one["pair"] for one in desk.listed(by=desk.olu)] == [desk.pair]
    shown = desk.opened_pair(desk.pair, by=desk.olu)
    assert shown["left"]["address"] is not None
    assert shown["right"]["address"] is not None


def test_it_takes_two_who_are_cleared_to_decide_and_to_undo(desk):
    before = desk.numbers()
    events = desk.events()
    for second in ("", desk.olu, desk.ada):
        with pytest.raises(DeniedError):
            desk.decide(desk.pair, verdict="link", by=desk.olu, second=second)
    assert desk.events() == events
    assert desk.decide(desk.pair, verdict="link", by=desk.olu, second=desk.ola)["new"]
    assert {frozenset({NORTH, SOUTH})} <= desk.children()
    with pytest.raises(DeniedError):
        desk.undo(NORTH, SOUTH, by=desk.olu)
    assert desk.undo(NORTH, SOUTH, by=desk.olu, second=desk.ola)["new"]
    now = desk.numbers()
    assert now[0] == before[0]
    assert desk.findings() == []


def test_a_split_of_which_a_part_was_shielded_since_is_undone_by_nobody_who_is_not_cleared(desk):
    for source in ("east", "south", "west"):
        desk.patient(source, "9000000033", "2012-06-07", given="Cora", family="Tamworthy")
    for off in (("south", "west"), ("west",)):
        number = desk.numbers()[0][off[0], "9000000033"]
        words = [word for source in off for word in ("--off", f"{source}:9000000033")]
        words += ["--reason", "twins", "--json"]
        plan = desk.run("review", "split", number, *words, "--plan", by=desk.ada)
        seen = json.loads(plan.stdout)["seen"]
        desk.run("review", "split", number, *words, "--seen", seen, by=desk.ada)
    number = desk.numbers()[0]["west", "9000000033"]
    said = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", number, *said, by=desk.olu)
    events = desk.events()
    with pytest.raises(NotFoundError):
        desk.undo("east:9000000033", "south:9000000033")
    assert desk.events() == events
    assert desk.undo("east:9000000033", "south:9000000033", by=desk.olu, second=desk.ola)["new"]


def test_both_parts_are_shielded_when_a_judgement_that_joined_them_is_undone(desk):
    desk.decide(desk.pair, verdict="link", by=desk.olu, second=desk.ola)
    desk.undo(NORTH, SOUTH, by=desk.olu, second=desk.ola)
    eve = desk.token("eve", "practitioner")
    for number in set(desk.numbers()[0].values()):
        shown = desk.run("child", "show", number, *REASON, "--json", by=eve).stdout
        assert "Quill Lane" not in shown


def test_a_child_without_a_shield_takes_one_steward(desk):
    desk.patient("south", "9000000017", "2014-01", family="Quillonby")
    desk.patient("west", "9000000033", "2014-01-02", family="Quillonby")
    [pair] = desk.listed()
    assert desk.decide(pair["pair"], verdict="link")["new"]


def test_who_was_a_child_with_a_record_withdrawn_since_stays_shielded_after_an_undo(tmp_path):
    """It came under the shield by a judgement, and nothing but two officers takes it from there."""
    desk = Desk(tmp_path / "home").begin()
    olu, ola = (desk.token(name, "steward", "shielding-officer") for name in ("olu", "ola"))
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    desk.run("source", "add", "club", "--feed", "csv", "--guard-share", 1)

    def club(day, *row, mode="delta"):
        path = tmp_path / f"club-{day}.csv"
        path.write_text("\n".join(("key,given,family,dob,postcode,nhs", *row)) + "\n")
        words = ("--source", "club", "--feed", "csv", "--mode", mode, "--effective", day)
        desk.run("load", path, *words)

    club("2026-09-01", "1,Asha,Okonjo,2015-03,SE15 3QN,9000000025")
    desk.decide("club:1", SOUTH, verdict="link")
    numbers, _ = desk.numbers()
    applied = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", numbers["north", "9000000009"], *applied, by=olu)
    desk.decide(NORTH, SOUTH, verdict="link", by=olu, second=ola)
    club("2026-09-02", "2,Zed,Quy,2011-01-09,YO1 7HH,", mode="snapshot")
    desk.undo(NORTH, SOUTH, by=olu, second=ola)
    with desk.opened() as store:
        south = store.record_named(SOUTH)
        assert set(store.log.heads.shielded([south])[south].values()) == {"shielded"}
    assert desk.numbers()[0]["south", "9000000025"] == numbers["south", "9000000025"]
    assert desk.findings() == []


def _decide(log, store, permit, _number):
    judging = Judging(log, store.keys, store.master, permit)
    pair = store.pair_named([WEST, SOUTH])
    meant = Meant(pair, "link", "records-agree", judging.open(pair))
    judging.decide(meant, By("ada"), store.origin("review decide"))


def _undo(log, store, permit, _number):
    judging = Judging(log, store.keys, store.master, permit)
    judging.undo(store.pair_named([WEST, SOUTH]), By("ada"), store.origin("review undo"))


def _split(log, store, permit, number):
    splitting = Splitting(log, store.keys, store.master, permit)
    child, off = store.child_named(number), frozenset({store.record_named(WEST)})
    meant = MeantSplit(child, off, splitting.open(child, off), "twins", act="split 1")
    splitting.split(meant, By("ada"), store.origin("review split"))


def _judgements(desk):
    with desk.opened() as store:
        return list(store.log.heads.all_judgements())


@pytest.mark.parametrize("act", [_decide, _undo, _split])
def test_an_act_on_a_child_who_is_shielded_while_it_is_written_is_asked_about_again(tmp_path, act):
    """One steward without clearance may decide when they begin, and no more when they write."""
    desk = Desk(tmp_path / "home").begin()
    desk.patient("west", "9000000041", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    desk.patient("east", "9000000041", "2015-03-04")
    if act is _undo:
        desk.decide(WEST, SOUTH, verdict="link")
    number = desk.numbers()[0]["west", "9000000041"]
    judged = _judgements(desk)

    def permit(hangs):
        if store.log.heads.shields_over(hangs.records):
            raise NotFoundError

    with desk.opened() as store:
        store.projector.catch_up()
        asked = Asked("refuge", "duty desk", review=date(2099, 1, 1))
        shield = lambda: store.shielding.apply(number, asked, store.origin("shield apply"))  # noqa: E731
        overtaken: Any = Overtaken(store.log, shield)
        with pytest.raises(NotFoundError):
            act(overtaken, store, permit, number)
    assert _judgements(desk) == judged
