"""A child that is two is parted by a steward: first seen, then done, and undone as a whole."""

import json

import pytest

from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.judging.gainsaying import GainsaidError
from contactpoint.judging.sight import StaleSightError
from contactpoint.judging.statements import JudgedAlreadyError
from tests.contactpoint.desk import Desk

SOURCES = ("east", "north", "south", "west")


class Split(Desk):
    """An index with one child of four sources."""

    def begin(self):
        super().begin()
        for source in SOURCES:
            self.patient(source, "9000000009", "2015-03-04")
        return self

    def number(self):
        return self.numbers()[0]["north", "9000000009"]

    def split(self, *off, plan=False, seen=None, keep="larger", by=None, **options):
        words = [word for source in off for word in ("--off", f"{source}:9000000009")]
        words += ["--keep", keep, "--reason", "twins", "--json"]
        number = options.pop("number", None) or self.number()
        if plan:
            said = self.run("review", "split", number, *words, "--plan", by=by or self.ada)
            return json.loads(said.stdout)
        seen = seen or self.split(*off, plan=True, keep=keep, by=by, number=number)["seen"]
        words += ["--seen", seen]
        said = self.run("review", "split", number, *words, by=by or self.ada, **options)
        return json.loads(said.stdout)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Split(tmp_path_factory.mktemp("split") / "home").begin()


@pytest.fixture
def desk(made, tmp_path):
    copied = Split(made.copy(tmp_path / "home").home)
    copied.ada, copied.bram = made.ada, made.bram
    return copied


def group(*sources):
    return frozenset(f"{source}:9000000009" for source in sources)


def test_a_plan_shows_the_children_that_would_follow_and_changes_nothing(desk):
    assert desk.children() == {group(*SOURCES)}
    before, number = desk.events(), desk.number()
    plan = desk.split("south", plan=True)
    assert desk.events() == before
    numbers = [part["number"] for part in plan["children"]]
    assert sorted(numbers, key=str) == sorted([number, None], key=str)
    sources = {tuple(r["source"] for r in part["records"]) for part in plan["children"]}
    assert sources == {("south",), ("east", "north", "west")}
    *_, look = desk.looks()
    assert (look.act, len(look.children)) == ("review split", 1)


def test_what_follows_is_what_was_planned_and_no_relink_undoes_it(desk):
    number = desk.number()
    desk.split("south", "west")
    parted = {group("south", "west"), group("east", "north")}
    assert desk.children() == parted
    assert desk.number() == number
    desk.run("link", "--all")
    desk.run("rebuild")
    assert desk.children() == parted
    assert desk.findings() == []


def test_the_steward_says_which_part_keeps_the_number(desk):
    number = desk.number()
    plan = desk.split("south", keep="off", plan=True)
    [kept] = [part for part in plan["children"] if part["number"] == number]
    assert [record["source"] for record in kept["records"]] == ["south"]
    desk.split("south", keep="off")
    numbers = desk.numbers()[0]
    assert numbers["south", "9000000009"] == number
    assert numbers["north", "9000000009"] != number
    assert desk.findings() == []


def test_the_steward_says_so_too_where_the_parts_were_children_of_their_own_before(desk):
    number = desk.number()
    desk.split("south")
    desk.undo("south:9000000009", "north:9000000009")
    before = desk.numbers()
    desk.split("south", keep="off")
    numbers = desk.numbers()[0]
    assert numbers["south", "9000000009"] == number
    assert numbers["north", "9000000009"] != number
    desk.run("link", "--all")
    assert desk.numbers()[0] == numbers
    desk.undo("south:9000000009", "north:9000000009")
    now = desk.numbers()
    assert now[0] == before[0]
    assert {number: now[1][number] for number in before[1]} == before[1]
    assert desk.findings() == []


def test_a_part_that_was_a_child_of_its_own_before_is_planned_with_the_number_it_gets(desk):
    number = desk.number()
    desk.split("south")
    own = desk.numbers()[0]["south", "9000000009"]
    desk.undo("south:9000000009", "north:9000000009")
    plan = desk.split("east", "north", "west", keep="off", plan=True)
    assert {part["number"] for part in plan["children"]} == {number, own}
    desk.split("east", "north", "west", keep="off")
    numbers = desk.numbers()[0]
    assert numbers["south", "9000000009"] == own
    assert numbers["north", "9000000009"] == number


@pytest.mark.parametrize("keep", ["larger", "off"])
def test_undoing_one_pair_of_a_split_undoes_all_of_it(desk, keep):
    before = desk.numbers()
    desk.split("south", "west", keep=keep)
    assert desk.numbers() != before
    desk.undo("south:9000000009", "north:9000000009")
    now = desk.numbers()
    assert now[0] == before[0]
    assert {number: now[1][number] for number in before[1]} == before[1]
    assert desk.findings() == []


def test_a_split_twice_counts_once(desk):
    number = desk.number()
    seen = desk.split("south", plan=True)["seen"]
    assert desk.split("south", seen=seen)["new"]
    before = desk.events()
    assert not desk.split("south", seen=seen, number=number)["new"]
    assert desk.events() == before


@pytest.mark.parametrize("keep", ["larger", "off"])
def test_a_split_of_several_records_twice_is_as_decided_before_whatever_followed(desk, keep):
    number = desk.number()
    seen = desk.split("south", "west", plan=True)["seen"]
    desk.split("south", "west", seen=seen, keep=keep)
    desk.patient("west", "9000000009", "2015-03-04", family="Okonjo-Bell", version="5")
    before = desk.events()
    assert not desk.split("south", "west", seen=seen, keep=keep, number=number)["new"]
    assert desk.events() == before
    desk.undo("south:9000000009", "north:9000000009")
    with pytest.raises((NotFoundError, StaleSightError)):
        desk.split("south", "west", seen=seen, keep=keep, number=number)


def test_another_split_than_the_one_in_force_finds_no_such_child(desk):
    number = desk.number()
    seen = desk.split("south", "west", plan=True)["seen"]
    desk.split("south", "west", seen=seen)
    gus = desk.token("gus", "steward")
    version, versions = seen.split(".", 1)
    for off, told, by in (
        (("south",), seen, desk.ada),
        (("south", "east"), seen, desk.ada),
        (("south", "west"), f"{int(version) + 1}.{versions}", desk.ada),
        (("south", "west"), seen, gus),
    ):
        with pytest.raises(NotFoundError, match=r"^no child of that number with these records"):
            desk.split(*off, seen=told, number=number, by=by)


def test_a_split_of_a_child_that_was_shielded_since_is_in_force_for_nobody_else(desk):
    number = desk.number()
    seen = desk.split("south", plan=True)["seen"]
    desk.split("south", seen=seen)
    words = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", number, *words, by=desk.token("olu", "shielding-officer"))
    with pytest.raises(NotFoundError, match=r"^no child of that number with these records"):
        desk.split("south", seen=seen, number=number)


def test_a_split_of_what_has_changed_since_is_refused(desk):
    seen = desk.split("south", plan=True)["seen"]
    desk.patient("west", "9000000009", "2015-03-04", family="Okonjo-Bell", version="5")
    before = desk.events()
    with pytest.raises(StaleSightError, match=r"record [0-9a-f]{8} changed since"):
        desk.split("south", seen=seen)
    assert desk.events() == before


def test_what_can_be_no_version_was_seen_by_nobody(desk):
    seen = desk.split("south", plan=True)["seen"]
    version, rest = seen.split(".", 1)
    with pytest.raises(StaleSightError, match=r"^the child changed since"):
        desk.split("south", seen=f"{version * 5000}.{rest}")


def test_what_would_be_refused_is_not_planned_either(desk):
    pair = desk.decide("south:9000000009", "north:9000000009", verdict="link")["pair"]
    with pytest.raises(JudgedAlreadyError, match=f"pair {pair} was judged 'link' by ada"):
        desk.split("south", plan=True)


def test_a_split_across_what_was_judged_one_child_is_refused(desk):
    desk.decide("south:9000000009", "north:9000000009", verdict="link")
    before = desk.events()
    with pytest.raises(JudgedAlreadyError):
        desk.split("south")
    desk.decide("south:9000000009", "west:9000000009", verdict="link")
    with pytest.raises((GainsaidError, JudgedAlreadyError)):
        desk.split("west")
    assert desk.events() != before
    assert desk.children() == {group(*SOURCES)}


def test_a_split_across_what_a_withdrawn_record_joins_is_refused(desk):
    desk.decide("south:9000000009", "west:9000000009", verdict="link")
    desk.decide("west:9000000009", "north:9000000009", verdict="link")
    desk.patient("west", "9000000009", "2015-03-04", mark="REDACTED", version="9")
    assert group("south", "north", "east") in desk.children()
    with pytest.raises(GainsaidError):
        desk.split("south")


def test_not_all_records_can_be_taken_off_and_none_of_another_child(desk):
    for off in (SOURCES, ("south", "elsewhere")):
        with pytest.raises(NotFoundError):
            desk.split(*off, plan=True)
    with pytest.raises(UsageError):
        desk.run("review", "split", desk.number(), "--off", "x:1", "--reason", "twins", by=desk.ada)


def test_which_records_a_shielded_child_has_is_not_told_by_what_is_refused(desk):
    olu = desk.token("olu", "shielding-officer")
    words = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", desk.number(), *words, by=olu)
    told = set()
    for off in ("south:9000000009", "south:9000000017"):
        for how in (("--plan",), ("--seen", "1.1"), ("--seen", "1.1.1.1.1")):
            typed = ("--off", off, "--reason", "twins", *how)
            with pytest.raises(NotFoundError) as refused:
                desk.run("review", "split", desk.number(), *typed, by=desk.ada)
            told.add(str(refused.value))
    assert len(told) == 1


def test_only_a_steward_splits(desk):
    with pytest.raises(DeniedError):
        desk.split("south", plan=True, by=desk.token("eve", "practitioner"))


def test_it_takes_two_stewards_to_part_a_large_child(desk, tmp_path):
    path = tmp_path / "many.csv"
    row = "Asha,Okonjo,2015-03-04,SE15 3QN,9000000009,01"
    head = "key,given,family,dob,postcode,nhs,nhs_status\n"
    path.write_text(head + "".join(f"{n},{row}\n" for n in range(21)))
    desk.run("load", path, "--source", "hostel", "--feed", "csv")
    assert len(max(desk.children(), key=len)) > 20
    words = ("--off", "south:9000000009", "--reason", "twins", "--json")
    with pytest.raises(DeniedError):
        desk.run("review", "split", desk.number(), *words, "--plan", by=desk.ada)
    said = desk.run(
        *("review", "split", desk.number(), *words, "--plan"), by=desk.ada, second=desk.bram
    )
    seen = json.loads(said.stdout)["seen"]
    with pytest.raises(DeniedError):
        desk.run("review", "split", desk.number(), *words, "--seen", seen, by=desk.ada)
    desk.run(
        *("review", "split", desk.number(), *words, "--seen", seen), by=desk.ada, second=desk.bram
    )
    assert group("south") in desk.children()
