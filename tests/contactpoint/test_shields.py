"""Shields over children in danger, as officers lay them and as readers meet them.

Named among them are the three failures of 2009 by which the original lost its shields.
"""

import csv
import json
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.intake.loading import Loading
from contactpoint.intake.request import Request
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.keeping.shielding_again import shield_again
from contactpoint.moments import moment
from contactpoint.shielding.officers import AlreadyShieldedError, Asked, SecondPersonError
from events.access import InvestigationOpened
from events.message import Origin
from feeds.catalogue import FEEDS
from person.numbers import written
from projections.search import Search
from projections.view import FIELDS, RestrictedView
from tests.contactpoint.installation import Overtaken
from tests.contactpoint.shields import WHY, Refuge, is_open
from tests.contactpoint.test_linking_runs import _linking
from tests.projections.asking import Asking

NHS = "9000000009"
ASHA = {
    "key": "1",
    "given": "Asha",
    "family": "Okonjo",
    "dob": "2015-03-04",
    "sex": "F",
    "postcode": "SE15 3QN",
}
BRAM = {
    "key": "1",
    "given": "Bram",
    "family": "Taylor",
    "dob": "2016-03-04",
    "sex": "M",
    "postcode": "M1 1AA",
}
CORA = {
    "key": "1",
    "given": "Cora",
    "family": "Tamworthy",
    "dob": "2013-04-11",
    "sex": "F",
    "postcode": "YO1 7HH",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An index with one patient, and one pupil of a club who is another child."""
    made = Refuge(tmp_path_factory.mktemp("refuge"))
    made.patient(NHS)
    made.load([BRAM])
    made.officer(), made.officer("ola"), made.reader()
    return made


@pytest.fixture
def refuge(home, tmp_path):
    return home.lent(tmp_path)


@pytest.fixture
def asha(refuge):
    """The number of the patient, who is shielded."""
    number = refuge.number("pds", NHS)
    refuge.apply(number)
    return number


def test_a_shield_leaves_who_the_child_is_and_one_contact(refuge, asha):
    assert refuge.show(asha) == {
        "number": asha,
        "name": {"given": ["Asha"], "family": "Okonjo"},
        "sex": "F",
        "birth": {"value": "2015-03-04"},
        "parents": [],
        "contact": "ask a shielding officer of the index",
    }
    assert tuple(refuge.show(asha)) == FIELDS
    refuge.environment |= {"CONTACTPOINT_BROKERAGE": "ring 020 7946 0000"}
    assert refuge.show(asha)["contact"] == "ring 020 7946 0000"


def test_a_shielded_child_is_found_by_what_its_view_shows_and_nothing_else(refuge):
    number = refuge.number("pds", NHS)
    hidden = {"postcode": "SE15 3QN"}, {"identifier": NHS}
    for asked in hidden:
        assert refuge.find(**asked) == [number]
    refuge.apply(number)
    for asked in hidden:
        assert refuge.find(**asked) == []
        assert refuge.find(name="Asha Okonjo", **asked) == []
    assert refuge.find(name="Asha Okonjo", dob="2015-03-04", sex="F") == [number]


def test_a_parents_name_is_shown_only_where_the_shield_says_that_it_is_safe(refuge):
    rows = [ASHA | {"nhs": NHS, "guardian_given": "Ada", "guardian_family": "Okonjo"}]
    refuge.load(rows, "clinic", "2026-09-02")
    number = refuge.number("pds", NHS)
    assert [told["value"]["given"] for told in refuge.show(number)["parents"]] == ["Ada"]
    refuge.apply(number, "--safe-parent", "Bo Okonjo")
    assert refuge.show(number)["parents"] == []
    words = ("shield", "review", number, "--safe-parent", "ADA OKONJO")
    refuge.told(refuge.officer(), *words)
    assert refuge.show(number)["parents"] == [{"given": ["Ada"], "family": "Okonjo"}]
    assert refuge.find(name="Ada Okonjo") == []
    # What a review does not name stays, also where it names who asks for the shield now.
    refuge.told(refuge.officer(), "shield", "review", number, "--requester", "the court")
    assert refuge.show(number)["parents"] == [{"given": ["Ada"], "family": "Okonjo"}]
    refuge.told(refuge.officer(), "shield", "review", number, "--no-safe-parent")
    assert refuge.show(number)["parents"] == []
    with pytest.raises(UsageError):
        refuge.told(refuge.officer(), *words, "--no-safe-parent")
    with refuge.opened() as store:
        [shield] = store.shielding.over(number)
        last = store.log.stream(shield)[-1].event.grounds
    assert (last.requester, last.safe) == ("the court", ())


@pytest.mark.parametrize(
    ("family", "typed"),
    [
        ("Okonjo", "ngozi  okonjo\u200b"),
        ("Van Dyke", "Van Dyke, Ngozi"),
        ("O'Brien", "O'Brien,Ngozi"),
    ],
)
def test_a_safe_parent_is_named_as_people_write_names(refuge, family, typed):
    parent = {"guardian_given": "Ngozi", "guardian_family": family}
    refuge.load([{**CORA, **parent}], "choir", "2026-09-02")
    number = refuge.number("choir", "1")
    refuge.apply(number, "--safe-parent", typed)
    assert refuge.show(number)["parents"] == [{"given": ["Ngozi"], "family": family}]


def test_2009_an_update_does_not_wipe_a_shield(refuge, asha):
    for day in range(2, 6):
        refuge.patient(NHS, f"2026-09-0{day}", line=f"{day} Other Road", postcode="N1 9GU")
        assert not is_open(refuge.show(asha))
    refuge.patient(NHS, "2026-09-09", given="Ayesha")
    assert refuge.show(asha)["name"]["given"] == ["Ayesha"]
    assert refuge.under() == {("pds", NHS): ["shielded"]}
    assert refuge.findings() == []


def test_2009_an_adopted_child_is_not_shown_under_both_names(refuge):
    row = ASHA | {"nhs": NHS, "alias": "Kayleigh Dobbs", "former_family": "Dobbs"}
    refuge.load([row], "clinic", "2026-09-02")
    number = refuge.number("pds", NHS)
    assert refuge.number("clinic", "1") == number
    assert "Kayleigh" in json.dumps(refuge.show(number))
    assert refuge.find(name="Kayleigh Dobbs") == [number]
    refuge.apply(number)
    shown = json.dumps(refuge.show(number))
    assert "Okonjo" in shown
    assert not any(name in shown for name in ("Kayleigh", "Dobbs"))
    assert refuge.find(name="Kayleigh Dobbs") == refuge.find(name="Dobbs") == []


def test_2009_an_update_does_not_make_an_unshielded_duplicate(refuge, asha):
    """A record too unlike to be linked, and too like to be a stranger's."""
    before = refuge.load([BRAM | {"key": "8", "dob": "2012-05-06"}], "council", "2026-09-01")
    near = ASHA | {"given": "Aisha", "dob": "2015-03-04", "postcode": "YO1 7HH"}
    report = refuge.load([near], "clinic", "2026-09-02")
    told = "rows", "new", "links", "reviews", "held", "rejected", "events"
    assert [report[name] for name in told] == [before[name] for name in told]
    assert refuge.number("clinic", "1") is None
    assert refuge.under()["clinic", "1"] == ["withheld"]
    for asked in ({"name": "Aisha Okonjo"}, {"postcode": "YO1 7HH"}):
        assert refuge.find(**asked) == []
    out = refuge.folder / "links.csv"
    refuge.run("export", "links", out)
    assert "clinic" not in out.read_text()
    with pytest.raises(NotFoundError):
        refuge.run("why", "clinic:1", "club:1")
    assert json.loads(refuge.run("review", "list", "--json").stdout) == []
    assert json.loads(refuge.run("status", "--json").stdout)["records"] == 2
    refuge.run("link", "--all")
    refuge.run("rebuild")
    assert refuge.number("clinic", "1") is None
    assert refuge.findings() == []


def test_an_amended_record_that_comes_near_a_shielded_child_is_withheld(refuge, asha):
    bram = refuge.number("club", "1")
    refuge.load([BRAM | {"given": "Aisha", "family": "Okonjo"}], day="2026-09-02")
    closer = {"given": "Aisha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F"}
    refuge.turn(BRAM | closer, "2026-09-03")
    assert refuge.under()["club", "1"] == ["withheld"]
    answer = refuge.asked(refuge.reader(), "child", "show", bram, *WHY)
    assert isinstance(answer.exception, NotFoundError)
    refuge.lift(asha)
    assert refuge.number("club", "1") == bram
    assert refuge.findings() == []


NEAR = ASHA | {"given": "Aisha", "dob": "2015-03-04", "postcode": "YO1 7HH"}


def test_the_pair_of_a_withheld_record_waits_whatever_is_linked_meanwhile(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    with refuge.opened() as store:
        store.projector.catch_up()
        (before,) = store.workings.open_pairs()
    refuge.run("link", "--all")
    refuge.load([NEAR | {"phone": "020 7946 0001"}], "clinic", "2026-09-03")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    with refuge.opened() as store:
        store.projector.catch_up()
        (after,) = store.workings.open_pairs()
    assert (after.left, after.right) == (before.left, before.right)


def test_a_withheld_record_of_another_verified_number_is_released_at_once(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    near = {"given": "Aisha", "dob": "2015-03-04", "postcode": "YO1 7HH"}
    refuge.patient("9000000017", "2026-09-03", **near)
    assert refuge.number("pds", "9000000017") is not None
    refuge.load([NEAR | {"nhs": "9000000017", "nhs_status": "01"}], "clinic", "2026-09-04")
    assert ("clinic", "1") not in refuge.under()
    assert refuge.number("clinic", "1") == refuge.number("pds", "9000000017")
    assert refuge.findings() == []


@pytest.mark.parametrize("reason", ["linked", "contradicted"])
def test_what_a_run_released_leaves_the_next_run_nothing_to_do(refuge, asha, reason):
    refuge.load([NEAR], "clinic", "2026-09-02")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    if reason == "linked":
        near = {"given": "Aisha", "dob": "2015-03-04", "postcode": "YO1 7HH"}
        refuge.patient("9000000017", "2026-09-03", **near)
    else:
        refuge.load([NEAR | {"nhs": "9000000017", "nhs_status": "01"}], "clinic", "2026-09-03")
    assert ("clinic", "1") not in refuge.under()
    with refuge.opened() as store:
        before = store.log.position()
    refuge.run("link")
    with refuge.opened() as store:
        assert store.log.position() == before


def test_a_withheld_record_is_released_by_a_record_of_the_child_that_comes_later(refuge):
    """Linked by deltas or all at once is the same, whoever came first.

    It fails where a run looks at a withheld record only when that changes itself.
    """
    mina = ASHA | {"given": "Mina", "family": "Danso", "dob": "2014-08-19"}
    refuge.load([mina], "council", "2026-09-02")
    refuge.apply(refuge.number("council", "1"))
    other = {"given": "Nina", "postcode": "YO1 7HH", "nhs": "9000000017", "nhs_status": "01"}
    refuge.load([mina | other], "clinic", "2026-09-03")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    facts = ("given", "family", "dob", "postcode")
    refuge.patient("9000000025", "2026-09-04", **{name: mina[name] for name in facts})
    assert refuge.number("pds", "9000000025") == refuge.number("council", "1")
    assert ("clinic", "1") not in refuge.under()
    assert refuge.number("clinic", "1") not in {None, refuge.number("council", "1")}
    plan = json.loads(refuge.run("link", "--all", "--plan", "--json").stdout)
    assert plan["children_registered"] == 0
    assert refuge.findings() == []


def withheld_near_mina(refuge):
    """Mina, whom the council and the health service know, is shielded, and a record near to her."""
    mina = {"given": "Mina", "family": "Danso", "dob": "2014-08-19", "postcode": "SE15 3QN"}
    refuge.load([ASHA | mina], "council", "2026-09-02")
    refuge.apply(refuge.number("council", "1"))
    near = {"dob": "2014-05-19", "postcode": "YO1 7HH"}
    near |= {"nhs": "9000000017", "nhs_status": "01"}
    refuge.patient("9000000025", "2026-09-03", status="02", **mina)
    refuge.load([ASHA | mina | near], "clinic", "2026-09-04")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    return mina


def test_a_withheld_record_is_released_when_a_number_of_the_child_is_verified(refuge):
    mina = withheld_near_mina(refuge)
    refuge.patient("9000000025", "2026-09-05", status="01", **mina)
    assert ("clinic", "1") not in refuge.under()
    assert refuge.findings() == []


def test_a_record_that_one_run_withholds_and_releases_counts_as_if_it_had_never_been_withheld(
    home, tmp_path
):
    """Whether the shielded child's number was known before, no figure tells."""
    mina = ASHA | {"given": "Mina", "family": "Danso", "dob": "2014-08-19"}
    near = {"given": "Nina", "postcode": "YO1 7HH", "nhs": "9000000017", "nhs_status": "01"}
    told: list[list[int]] = []
    for known in ({}, {"nhs": "9000000025", "nhs_status": "01"}):
        refuge = home.lent(tmp_path / str(len(told)))
        refuge.load([mina | known], "council", "2026-09-02")
        refuge.apply(refuge.number("council", "1"))
        refuge.load([mina | near], "clinic", "2026-09-03", "--no-link")
        facts = ("given", "family", "dob", "postcode")
        report = refuge.patient("9000000025", "2026-09-04", **{name: mina[name] for name in facts})
        assert ("clinic", "1") not in refuge.under()
        told.append([report[name] for name in ("rows", "new", "links", "reviews", "events")])
    assert told[0] == told[1]


def test_a_record_near_to_one_of_a_childs_that_another_of_them_clears_is_registered_once(
    refuge, asha
):
    """The two are so unlike that the pair that clears weighs too little to be met."""
    dated = {"dob": "2015-03-07"}
    refuge.load([ASHA | dated | {"nhs": NHS}], "council", "2026-09-02")
    assert refuge.number("council", "1") == asha
    other = {"nhs": "9000000017", "nhs_status": "01"}
    refuge.load([NEAR | dated | other], "clinic", "2026-09-03")
    plan = json.loads(refuge.run("link", "--all", "--plan", "--json").stdout)
    assert plan["children_registered"] == 0
    assert refuge.number("clinic", "1") is not None


def test_a_withheld_record_that_proves_to_be_the_childs_comes_under_the_shield(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-03")
    assert refuge.under()["clinic", "1"] == ["shielded"]
    assert refuge.number("clinic", "1") == asha
    assert refuge.findings() == []


def decide_on(refuge, verdict, *names):
    """Two stewards judge a pair, and what follows is linked; the pair."""
    with refuge.opened() as store:
        store.catch_up()
        judging = Judging(store.log, store.keys, store.master)
        pair = Pair.of(*map(store.record_named, names))
        origin = store.origin("review decide")
        judging.decide(Meant(pair, verdict, "x", judging.open(pair)), By("ada", "bram"), origin)
        store.linking.run(origin, store.model)
    return pair


def undo(refuge, pair):
    """They take it back, and what follows is linked."""
    with refuge.opened() as store:
        store.catch_up()
        judging = Judging(store.log, store.keys, store.master)
        assert judging.undo(pair, By("ada", "bram"), store.origin("review undo"))
        store.linking.run(store.origin("link"), store.model)


@pytest.mark.parametrize("other", [f"pds:{NHS}", "club:1"])
def test_a_withheld_record_that_a_steward_linked_is_withheld_again_when_that_is_undone(
    refuge, asha, other
):
    """To the shielded child, or to somebody whom everybody sees."""
    refuge.load([NEAR], "clinic", "2026-09-02")
    before = refuge.under()
    pair = decide_on(refuge, "link", "clinic:1", other)
    assert refuge.number("clinic", "1") == refuge.number(*other.split(":"))
    undo(refuge, pair)
    assert refuge.under() == before
    assert refuge.number("clinic", "1") is None
    assert refuge.findings() == []


def test_a_withheld_record_that_two_released_is_withheld_again_when_that_is_undone(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    before = refuge.under()
    pair = decide_on(refuge, "apart", "clinic:1", f"pds:{NHS}")
    number = refuge.number("clinic", "1")
    assert is_open(refuge.show(number))
    undo(refuge, pair)
    assert refuge.under() == before
    assert refuge.number("clinic", "1") is None
    answer = refuge.asked(refuge.reader(), "child", "show", number, *WHY)
    assert isinstance(answer.exception, NotFoundError)
    assert refuge.findings() == []


ONCE = """
[feed]
key = "key"
[settings]
one_record_each = true
[columns]
given = "given"
family = "family"
dob = "dob"
sex = "sex"
postcode = "postcode"
nhs = "nhs"
nhs_status = "nhs_status"
"""


def test_a_withheld_record_that_a_parting_let_in_is_withheld_again_when_that_is_undone(
    refuge, asha
):
    """The gym holds each child once: its second record can be the child's without the first."""
    mapping = refuge.folder / "once.toml"
    mapping.write_text(ONCE)
    one = ASHA | {"nhs": NHS, "nhs_status": "01"}
    refuge.load([one], "gym", "2026-09-02", "--mapping", str(mapping))
    assert refuge.number("gym", "1") == asha
    refuge.load([one, ASHA | {"key": "2"}], "gym", "2026-09-03", "--mapping", str(mapping))
    before = refuge.under()
    assert before["gym", "2"] == ["withheld"]
    pair = decide_on(refuge, "apart", "gym:1", f"pds:{NHS}")
    assert refuge.number("gym", "2") == refuge.number("pds", NHS) != refuge.number("gym", "1")
    undo(refuge, pair)
    # The part inherited a shield of its own, which the child has too from now on.
    assert {record: set(kinds) for record, kinds in refuge.under().items()} == {
        record: set(kinds) for record, kinds in before.items()
    }
    assert refuge.number("gym", "2") is None
    assert refuge.findings() == []


def test_a_lifted_shield_releases_what_it_withheld(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    refuge.lift(asha)
    number = refuge.number("clinic", "1")
    assert number is not None
    assert is_open(refuge.show(number))


def test_a_record_that_agrees_with_a_withheld_one_is_withheld_with_it(refuge, asha):
    refuge.load([NEAR], "clinic", "2026-09-02")
    report = refuge.load([NEAR | {"key": "5"}], "council", "2026-09-03")
    assert report["links"] == 1
    assert refuge.under()["council", "5"] == ["withheld"]
    assert refuge.number("council", "5") is None


def test_a_stranger_is_not_withheld(refuge, asha):
    refuge.load([BRAM | {"key": "8", "dob": "2012-05-06"}], "council", "2026-09-02")
    assert refuge.number("council", "8") is not None


def test_a_new_record_of_a_shielded_child_is_under_the_shield_when_it_is_linked(refuge, asha):
    refuge.load([ASHA | {"nhs": NHS, "postcode": "YO1 7HH"}], "clinic", "2026-09-02")
    assert refuge.number("clinic", "1") == asha
    assert refuge.under() == {("pds", NHS): ["shielded"], ("clinic", "1"): ["shielded"]}
    assert not is_open(refuge.show(asha))
    assert refuge.find(postcode="YO1 7HH") == []
    own, inherited = refuge.listed()
    assert [shield["records"] for shield in own] == [2]
    assert inherited == []


def test_a_child_merged_with_a_shielded_one_is_shielded_and_its_shield_reviewed_soon(refuge, asha):
    bram = refuge.number("club", "1")
    assert is_open(refuge.show(bram))
    refuge.load([BRAM | {"given": "Asha", "family": "Okonjo"}], day="2026-09-02")
    refuge.turn(ASHA | {"nhs": NHS}, "2026-09-03")
    assert refuge.number("club", "1") == asha
    assert refuge.show(bram) == refuge.show(asha)
    assert not is_open(refuge.show(bram))
    words = ("shield", "apply", bram, "--criterion", "harm", "--requester", "desk")
    assert isinstance(refuge.asked(refuge.officer(), *words).exception, AlreadyShieldedError)
    own, (inherited,) = refuge.listed()
    assert own == []
    assert (inherited["inherited"], inherited["criterion"]) == ("merge", "refuge")
    assert _is_reviewed_soon(inherited)
    refuge.told(refuge.officer(), "shield", "review", inherited["shield"])
    assert len(refuge.listed()[0]) == 1


def test_both_parts_of_a_shielded_child_that_is_split_stay_shielded(refuge, asha):
    bram = refuge.number("club", "1")
    refuge.load([BRAM | {"given": "Asha", "family": "Okonjo"}], day="2026-09-02")
    refuge.turn(ASHA | {"nhs": NHS}, "2026-09-03")
    refuge.load([ASHA | {"given": "Bram", "family": "Taylor"}], day="2026-09-04")
    assert refuge.number("club", "1") == bram
    assert not is_open(refuge.show(asha))
    assert not is_open(refuge.show(bram))
    _, inherited = refuge.listed()
    split = next(one for one in inherited if one["inherited"] == "split")
    assert (split["records"], split["criterion"]) == (1, "")
    assert _is_reviewed_soon(split)
    refuge.lift(split["shield"])
    assert is_open(refuge.show(bram))
    assert not is_open(refuge.show(asha))
    assert refuge.findings() == []


def _is_reviewed_soon(listed):
    """Within four weeks, where an officer's own shield has half a year."""
    left = date.fromisoformat(listed["review"]) - datetime.now(UTC).date()
    return timedelta(0) < left <= timedelta(days=28)


def test_two_shielded_children_that_are_merged_are_under_both_shields_and_part_with_their_own(
    refuge, asha
):
    bram = refuge.number("club", "1")
    refuge.apply(bram)
    refuge.load([BRAM | {"given": "Asha", "family": "Okonjo"}], day="2026-09-02")
    refuge.turn(ASHA | {"nhs": NHS}, "2026-09-03")
    assert set(map(tuple, refuge.under().values())) == {("shielded", "shielded")}
    refuge.load([ASHA | {"given": "Bram", "family": "Taylor"}], day="2026-09-04")
    assert refuge.number("club", "1") == bram
    assert set(map(tuple, refuge.under().values())) == {("shielded",)}
    assert len(refuge.lift(bram)) == 1
    assert is_open(refuge.show(bram))
    assert not is_open(refuge.show(asha))
    assert refuge.findings() == []


def test_a_withdrawn_record_that_returns_is_shielded_still(refuge):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02")
    number = refuge.number("pds", NHS)
    refuge.apply(number)
    refuge.load([BRAM | {"key": "9"}], "clinic", "2026-09-03", "--mode", "snapshot")
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-04")
    assert refuge.under()["clinic", "1"] == ["shielded"]
    assert not is_open(refuge.show(number))


def withdrawn(refuge, source):
    """The source's next table has its other child alone."""
    refuge.load([BRAM | {"key": "9"}], source, "2026-09-03", "--mode", "snapshot")


def cora(refuge):
    """A child of one source that knows another too; she is shielded, and her record withdrawn."""
    refuge.load([CORA, BRAM | {"key": "9"}], "clinic", "2026-09-02")
    number = refuge.number("clinic", "1")
    refuge.apply(number)
    withdrawn(refuge, "clinic")
    return number


@pytest.mark.parametrize("source", ["clinic", "nursery"])
def test_a_shielded_child_without_records_comes_back_shielded_under_another_key(refuge, source):
    number = cora(refuge)
    refuge.load([CORA | {"key": "7", "postcode": "LS1 4AP"}], source, "2026-09-04")
    assert refuge.number(source, "7") == number
    assert refuge.find(postcode="LS1 4AP") == []
    assert not is_open(refuge.show(number))
    assert refuge.findings() == []
    refuge.run("link", "--all")
    assert refuge.number(source, "7") == number
    assert not is_open(refuge.show(number))


def test_a_record_near_to_a_shielded_child_without_records_is_withheld(refuge):
    cora(refuge)
    near = {"key": "7", "family": "Tamworth", "dob": "2013-04-01", "postcode": "LS1 4AP"}
    refuge.load([CORA | near], "nursery", "2026-09-04")
    assert refuge.under()["nursery", "7"] == ["withheld"]
    refuge.run("link", "--all")
    assert refuge.number("nursery", "7") is None


@pytest.mark.parametrize("number", [{}, {"nhs": NHS, "nhs_status": "01"}])
def test_a_record_like_what_a_shielded_child_was_before_it_got_another_name_is_withheld(
    refuge, asha, number
):
    """Another agency has not heard of the new name, home and number."""
    renamed = {
        "given": "Zebedee",
        "family": "Quillonby",
        "postcode": "LS6 2AB",
        "line": "1 Elm Row",
    }
    row = refuge.patient_row("9000000017", "2026-09-03", id=NHS, **renamed)
    path = refuge.folder / "renamed.ndjson"
    path.write_text(json.dumps(row) + "\n")
    refuge.load(path, "pds", "2026-09-03", feed="health.pds-fhir")
    assert refuge.show(asha)["name"]["family"] == "Quillonby"
    refuge.load([ASHA | number], "clinic", "2026-09-04")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    assert refuge.find(postcode="SE15 3QN") == []
    refuge.run("link", "--all")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    assert refuge.findings() == []


def test_a_record_like_one_that_was_withdrawn_of_a_shielded_child_is_withheld(refuge):
    steward = refuge.token("ada", "steward")
    refuge.load([CORA, BRAM | {"key": "9"}], "clinic", "2026-09-02")
    pair = ("clinic:1", f"pds:{NHS}")
    seen = refuge.told(steward, "review", "show", *pair, *WHY)["seen"]
    words = ("--verdict", "link", "--reason", "same-family", "--seen", seen)
    refuge.told(steward, "review", "decide", *pair, *words)
    number = refuge.number("pds", NHS)
    refuge.apply(number)
    withdrawn(refuge, "clinic")
    refuge.load([CORA | {"key": "7", "postcode": "LS1 4AP"}], "nursery", "2026-09-04")
    assert refuge.find(postcode="LS1 4AP") == []
    assert refuge.under()["nursery", "7"] == ["withheld"]
    assert refuge.findings() == []


@pytest.mark.parametrize("processes", [1, 2])
def test_a_record_that_its_feed_marks_is_shielded_in_the_commit_that_loads_it(refuge, processes):
    refuge.environment["CONTACTPOINT_PROCESSES"] = str(processes)
    refuge.patient("9000000017", mark="R", given="Cora")
    number = refuge.number("pds", "9000000017")
    assert not is_open(refuge.show(number))
    ((own,), inherited) = refuge.listed()
    assert (own["laid_by"], own["criterion"], inherited) == ("feed", "marked by its feed", [])
    assert _is_reviewed_soon(own)
    assert refuge.findings() == []


def test_a_mark_shields_the_whole_child_before_anything_is_linked(refuge):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02")
    number = refuge.number("pds", NHS)
    refuge.patient(NHS, "2026-09-03", mark="R", words=("--no-link",))
    assert refuge.under() == {("pds", NHS): ["shielded"], ("clinic", "1"): ["shielded"]}
    assert not is_open(refuge.show(number))


def test_a_mark_covers_what_a_run_links_to_the_child_while_it_is_loaded(refuge):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02", "--no-link")
    path = refuge.folder / "marked.ndjson"
    path.write_text(json.dumps(refuge.patient_row(NHS, "2026-09-03", mark="R")) + "\n")
    with refuge.opened() as store:
        store.projector.catch_up()
        run = lambda: store.linking.run(store.origin("link"), store.model)  # noqa: E731
        # The first append says that the delivery was received, the second takes its row.
        overtaken: Any = Overtaken(store.log, int, run)
        loading = Loading(
            overtaken, store.keys, store.master, chunk=9, work=store.settings.work, kept_from=9
        )
        request = Request([path], FEEDS["health.pds-fhir"], "pds", effective="2026-09-03")
        loading.load(request, store.origin("load"))
    assert refuge.under() == {("pds", NHS): ["shielded"], ("clinic", "1"): ["shielded"]}


def test_a_mark_that_is_set_while_two_lift_the_shield_lays_another(refuge, asha):
    path = refuge.folder / "marked.ndjson"
    path.write_text(json.dumps(refuge.patient_row(NHS, "2026-09-03", mark="R")) + "\n")
    with refuge.opened() as store:
        lift = lambda: refuge.lift(asha)  # noqa: E731
        # The first append says that the delivery was received, the second takes its row.
        overtaken: Any = Overtaken(store.log, int, lift)
        loading = Loading(
            overtaken, store.keys, store.master, chunk=9, work=store.settings.work, kept_from=9
        )
        request = Request([path], FEEDS["health.pds-fhir"], "pds", effective="2026-09-03")
        loading.load(request, store.origin("load"))
    assert not is_open(refuge.show(asha))
    assert refuge.findings() == []


def test_a_mark_that_its_feed_takes_away_again_leaves_the_shield(refuge):
    refuge.patient(NHS, "2026-09-02", mark="R")
    refuge.patient(NHS, "2026-09-03")
    assert not is_open(refuge.show(refuge.number("pds", NHS)))


@pytest.fixture
def lifted(refuge):
    """The number of the patient, whose feed marks it, and whose shield was lifted."""
    refuge.patient(NHS, "2026-09-02", mark="R")
    number = refuge.number("pds", NHS)
    refuge.lift(number)
    return number


def test_a_mark_that_a_feed_repeats_lays_no_lifted_shield_again(refuge, lifted):
    assert is_open(refuge.show(lifted))
    refuge.run("rebuild")
    assert is_open(refuge.show(lifted))
    for day, line in (("03", "9 Other Road"), ("04", "7 Quill Lane")):
        refuge.patient(NHS, f"2026-09-{day}", mark="R", line=line)
        assert is_open(refuge.show(lifted))
    refuge.patient(NHS, "2026-08-20", mark="R", line="3 Past Street")
    assert is_open(refuge.show(lifted))
    assert refuge.listed() == ([], [])
    assert refuge.findings() == []


def test_a_mark_taken_away_and_set_anew_lays_a_shield_again(refuge, lifted):
    refuge.patient(NHS, "2026-09-03")
    assert is_open(refuge.show(lifted))
    refuge.patient(NHS, "2026-09-04", mark="R")
    assert not is_open(refuge.show(lifted))
    ((own,), _) = refuge.listed()
    assert (own["laid_by"], own["children"]) == ("feed", [written(lifted)])


def test_whether_a_mark_is_set_anew_is_told_by_the_latest_statement_not_by_the_last_to_come(
    refuge, lifted
):
    refuge.patient(NHS, "2026-09-05")
    refuge.patient(NHS, "2026-08-20", mark="R", line="3 Past Street")
    ((late,), _) = refuge.listed()
    refuge.lift(late["shield"])
    assert is_open(refuge.show(lifted))
    refuge.patient(NHS, "2026-09-06", mark="R")
    assert not is_open(refuge.show(lifted))


def test_the_mark_on_a_record_that_no_lift_saw_shields_the_child(refuge, lifted):
    refuge.patient(NHS, "2026-09-03", "trust", mark="R")
    assert refuge.number("trust", NHS) == lifted
    assert not is_open(refuge.show(lifted))


def test_officers_are_told_which_sources_still_mark_a_child_whose_shield_was_lifted(refuge, lifted):
    def marked():
        told = refuge.told(refuge.officer(), "shield", "list")["marked"]
        return [(one["child"], one["source"]) for one in told]

    assert marked() == [(written(lifted), "pds")]
    table = refuge.asked(refuge.officer(), "shield", "list").output
    assert "still marked by the source" in table
    refuge.patient(NHS, "2026-09-03", mark="R", line="9 Other Road")
    assert marked() == [(written(lifted), "pds")]
    refuge.patient(NHS, "2026-09-04")
    assert marked() == []
    refuge.patient(NHS, "2026-09-05", mark="R")
    assert marked() == []


def test_two_officers_lift_a_shield_and_all_of_it_is_seen_again(refuge, asha):
    refuge.lift(asha)
    assert is_open(refuge.show(asha))
    assert refuge.find(postcode="SE15 3QN") == [asha]
    assert refuge.listed() == ([], [])


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_a_lift_while_a_night_is_linked_is_said_to_be_done(refuge, asha):
    """It waits half a minute for the other run, and leaves the children to that."""
    lift = ("shield", "lift", asha, "--reason", "home again")
    with refuge.opened() as store:
        with store.log.lock("link"):
            lifted = refuge.asked(refuge.officer(), *lift, second=refuge.officer("ola"))
        assert lifted.exception is None
        assert "another run of linking is at work" in lifted.stderr
    assert is_open(refuge.show(asha))


@pytest.mark.parametrize(
    ("first", "second"),
    [("olu", None), ("olu", "olu"), ("olu", "rita"), ("rita", "olu")],
)
def test_one_officer_alone_lifts_nothing(refuge, asha, first, second):
    refuge.reader()
    words = ("shield", "lift", asha, "--reason", "home")
    tokens = refuge._tokens
    answer = refuge.asked(tokens[first], *words, second=second and tokens[second])
    assert isinstance(answer.exception, DeniedError)
    assert not is_open(refuge.show(asha))


def test_fewer_digits_than_are_listed_name_no_shield(refuge, asha):
    (shield,) = refuge.listed()[0]
    second = refuge.officer("ola")
    for name in (shield["shield"][:1], shield["shield"][:7]):
        words = ("shield", "lift", name, "--reason", "home")
        answer = refuge.asked(refuge.officer(), *words, second=second)
        assert isinstance(answer.exception, NotFoundError)
    assert not is_open(refuge.show(asha))


@pytest.mark.parametrize("second", ["", "olu", "OLU", "\uff4f\uff4c\uff55"])
def test_nobody_lifts_a_shield_with_themselves(refuge, asha, second):
    with refuge.opened() as store, pytest.raises(SecondPersonError, match="by two persons"):
        store.shielding.lift(asha, second, "home", Origin(1, "olu", "shield lift"))


def test_no_officer_acts_on_the_shield_of_their_own_family(refuge, asha):
    own = refuge.officer("kin")
    refuge.told(own, "review", "relatives", asha)
    lift = ("shield", "lift", asha, "--reason", "home again")
    officer = refuge.officer()
    answers = [
        refuge.asked(own, *lift, second=officer),
        refuge.asked(officer, *lift, second=own),
        refuge.asked(own, "shield", "review", asha),
        refuge.asked(own, "child", "show", asha, "--override", *WHY),
    ]
    assert [type(answer.exception) for answer in answers] == [NotFoundError] * 4
    assert not is_open(refuge.show(asha))
    assert _investigations(refuge) == []
    refuge.lift(asha)
    laid = refuge.asked(own, "shield", "apply", asha, "--criterion", "harm", "--requester", "x")
    assert isinstance(laid.exception, NotFoundError)
    assert is_open(refuge.show(asha))


def test_a_shield_that_an_officer_laid_is_not_laid_twice(refuge, asha):
    words = ("shield", "apply", asha, "--criterion", "harm", "--requester", "desk")
    assert isinstance(refuge.asked(refuge.officer(), *words).exception, AlreadyShieldedError)
    missing = ("shield", "apply", "123456789012", "--criterion", "harm", "--requester", "desk")
    assert isinstance(refuge.asked(refuge.officer(), *missing).exception, NotFoundError)


def test_a_shield_is_asked_for_by_an_authority_that_there_is(refuge):
    number = refuge.number("pds", NHS)
    words = ("shield", "apply", number, "--criterion", "harm", "--requester", "desk")
    refused = refuge.asked(refuge.officer(), *words, "--authority", "999")
    assert isinstance(refused.exception, UsageError)
    assert is_open(refuge.show(number))


def test_of_two_officers_who_shield_a_child_at_once_one_is_told_that_it_is_done(refuge):
    number = refuge.number("pds", NHS)
    with refuge.opened() as store:
        first = lambda: store.shielding.apply(number, Asked("harm"), store.origin("shield"))  # noqa: E731
        overtaken: Any = Overtaken(store.log, first)
        second = replace(store.shielding, log=overtaken)
        with pytest.raises(AlreadyShieldedError):
            second.apply(number, Asked("refuge"), store.origin("shield"))
    assert refuge.under() == {("pds", NHS): ["shielded"]}


def test_a_shield_covers_what_a_run_links_to_the_child_while_it_is_laid(refuge):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02", "--no-link")
    number = refuge.number("pds", NHS)
    with refuge.opened() as store:
        run = lambda: store.linking.run(store.origin("link"), store.model)  # noqa: E731
        overtaken: Any = Overtaken(store.log, run)
        shielding = replace(store.shielding, log=overtaken)
        shielding.apply(number, Asked("harm"), store.origin("shield"))
    assert refuge.number("clinic", "1") == number
    assert refuge.under() == {("pds", NHS): ["shielded"], ("clinic", "1"): ["shielded"]}


def test_a_child_whose_records_are_withdrawn_is_shielded_before_one_returns(refuge):
    rows = [ASHA | {"given": "Cora", "family": "Tamworthy"}, BRAM | {"key": "9"}]
    refuge.load(rows, "clinic", "2026-09-02")
    number = refuge.number("clinic", "1")
    refuge.load(rows[1:], "clinic", "2026-09-03", "--mode", "snapshot")
    with pytest.raises(NotFoundError):
        refuge.show(number)
    shield = refuge.apply(number)
    with pytest.raises(NotFoundError):
        refuge.show(number)
    refuge.load(rows, "clinic", "2026-09-04")
    assert refuge.number("clinic", "1") == number
    assert not is_open(refuge.show(number))
    assert refuge.lift(number) == [shield]
    assert is_open(refuge.show(number))
    assert refuge.findings() == []


def test_a_child_who_has_lost_all_records_to_others_is_none_to_shield(refuge):
    rows = [ASHA | {"given": "Cora", "family": "Tamworthy"}, BRAM | {"key": "9"}]
    refuge.load(rows, "clinic", "2026-09-02")
    number = refuge.number("clinic", "1")
    refuge.run("erase", "clinic:1", "--reason", "asked", "--yes")
    words = ("shield", "apply", number, "--criterion", "harm", "--requester", "desk")
    assert isinstance(refuge.asked(refuge.officer(), *words).exception, NotFoundError)


def test_shields_past_their_review_are_listed_as_such_and_stand(refuge):
    number = refuge.number("pds", NHS)
    with refuge.opened() as store:
        then = msgspec.structs.replace(store.origin("shield"), recorded=moment("2025-12-01"))
        store.shielding.apply(number, Asked("refuge", review=date(2026, 1, 1)), then)
    refuge.apply(refuge.number("club", "1"), "--review", "2099-01-01")
    own, _ = refuge.listed()
    assert [(shield["review"], shield["overdue"]) for shield in own] == [
        ("2026-01-01", True),
        ("2099-01-01", False),
    ]
    assert not is_open(refuge.show(number))


def test_officers_who_look_again_see_who_asked_and_who_is_safe(refuge):
    number = refuge.number("pds", NHS)
    shield = refuge.apply(number, "--safe-parent", "Ada Okonjo")
    (own,), _ = refuge.listed()
    assert (own["requester"], own["safe_parents"]) == ("duty desk", ["Ada Okonjo"])
    words = ("shield", "review", shield[:8], "--requester", "the court", "--no-safe-parent")
    refuge.told(refuge.officer(), *words)
    (own,), _ = refuge.listed()
    assert (own["requester"], own["safe_parents"]) == ("the court", [])
    assert "the court" in refuge.asked(refuge.officer(), "shield", "list").output


def test_no_shield_is_to_be_reviewed_on_a_day_that_has_gone(refuge):
    number = refuge.number("pds", NHS)
    words = ("--criterion", "refuge", "--requester", "duty desk")
    with pytest.raises(UsageError, match="a day that is still to come"):
        refuge.told(refuge.officer(), "shield", "apply", number, *words, "--review", "2026-01-01")
    assert is_open(refuge.show(number))
    refuge.apply(number)
    before = refuge.listed()
    with pytest.raises(UsageError, match="a day that is still to come"):
        refuge.told(refuge.officer(), "shield", "review", number, "--review", "2026-01-01")
    assert refuge.listed() == before


def _investigations(refuge):
    with refuge.opened() as store:
        told = [m.event for m in store.access.decode(store.access.read(0, 10_000))]
    return [event for event in told if isinstance(event, InvestigationOpened)]


def test_an_override_shows_all_once_and_opens_an_investigation(refuge, asha):
    words = ("child", "show", asha, "--override", *WHY)
    with refuge.opened() as store:
        child = store.queries.child_by_number(asha).child
    view = refuge.told(refuge.officer(), *words)
    assert view["address"]["value"]["address"]["lines"] == ["7 Quill Lane"]
    (opened,) = _investigations(refuge)
    assert (opened.reader, opened.child, opened.asked.reason) == ("olu", child, WHY[1])
    assert not is_open(refuge.show(asha))
    assert not is_open(refuge.told(refuge.officer(), "child", "show", asha, *WHY))
    refuge.told(refuge.officer(), *words)
    assert len(_investigations(refuge)) == 2


def test_an_override_needs_a_right_a_strong_token_and_a_reason(refuge, asha):
    words = ("child", "show", asha, "--override")
    weak = refuge.token("wen", "shielding-officer")
    for token in (refuge.reader(), weak):
        assert isinstance(refuge.asked(token, *words, *WHY).exception, DeniedError)
    assert isinstance(refuge.asked(refuge.officer(), *words).exception, UsageError)
    assert _investigations(refuge) == []


def test_an_override_of_a_child_without_a_shield_is_a_look_like_any_other(refuge):
    bram = refuge.number("club", "1")
    assert is_open(refuge.told(refuge.officer(), "child", "show", bram, "--override", *WHY))
    assert _investigations(refuge) == []


def test_what_a_shield_hides_stands_apart_from_what_is_searched(refuge):
    number = refuge.number("pds", NHS)

    def tables():
        with refuge.opened() as store:
            store.projector.catch_up()
            with store.read.connect() as connection:
                names = sa.inspect(connection).get_table_names()
                return {
                    name
                    for name in names
                    for row in connection.exec_driver_sql(f"SELECT * FROM {name}")
                    if any(b"QUILL" in str(cell).upper().encode() for cell in row)
                }

    assert tables() == {"index_statement"}
    refuge.apply(number)
    assert tables() == {"sealed_statement"}
    refuge.patient(NHS, "2026-09-02", line="8 Quill Lane")
    assert tables() == {"sealed_statement"}
    refuge.run("rebuild")
    assert tables() == {"sealed_statement"}
    refuge.lift(number)
    assert tables() == {"index_statement"}


def test_a_shield_that_is_noted_outside_as_standing_is_laid_again_where_the_log_has_it_lifted(
    refuge,
):
    number = refuge.number("pds", NHS)
    shield = UUID(refuge.apply(number))
    refuge.lift(number)
    assert is_open(refuge.show(number))
    with refuge.opened() as store:
        record = store.record_named(f"pds:{NHS}")
        assert shield_again(store, {shield: [record]}) == 1
        assert shield_again(store, {shield: [record]}) == 0
    assert not is_open(refuge.show(number))


def test_the_household_is_offered_where_a_shield_is_laid(refuge):
    home = {"address": "7 Quill Lane", "postcode": "SE15 3QN"}
    parent = {"guardian_given": "Ada", "guardian_family": "Okonjo"}
    people = {
        "asha": ASHA | home | parent | {"nhs": NHS, "mother_nhs": "9000000033"},
        "sister": BRAM | {"given": "Ines"} | home,
        "brother": BRAM | {"given": "Joss", "dob": "2012-01-09"} | parent,
        "child": BRAM | {"given": "Femi", "dob": "2011-07-01", "mother_nhs": "9000000033"},
        "neighbour": BRAM
        | {"dob": "2009-05-05", "address": "9 Quill Lane", "postcode": "SE15 3QN"},
    }
    refuge.load([one | {"key": key} for key, one in people.items()], "clinic", "2026-09-02")
    number = refuge.number("pds", NHS)
    words = ("shield", "apply", number, "--criterion", "harm", "--requester", "desk")
    told = refuge.told(refuge.officer(), *words)
    offered = {one["number"].replace(" ", ""): one["shares"] for one in told["household"]}
    wanted = {"sister": ["address"], "brother": ["parent"], "child": ["mother"]}
    assert offered == {refuge.number("clinic", key): shares for key, shares in wanted.items()}
    with refuge.opened() as store:
        looks = [m.event for m in store.access.decode(store.access.read(0, 10_000))]
        [look] = [one for one in looks if getattr(one, "act", "") == "shield apply"]
        shown = {store.child_named(one) for one in (number, *offered)}
    assert set(look.children) == shown


def test_who_asked_for_a_shield_stands_sealed(refuge, asha):
    for path in refuge.home.rglob("*"):
        if path.is_file():
            assert b"duty desk" not in path.read_bytes()


def test_no_history_of_a_shielded_child_is_told(refuge, asha):
    told = refuge.told(refuge.reader(), "child", "show", asha, "--history", *WHY)
    assert told["history"] == []


def test_tables_counts_and_pairs_leave_a_shielded_child_out(refuge):
    refuge.load([ASHA | {"dob": "2015-03", "key": "7"}], "clinic", "2026-09-02")
    status = json.loads(refuge.run("status", "--json").stdout)
    assert (status["records"], status["reviews"]) == (3, 1)
    refuge.apply(refuge.number("pds", NHS))
    status = json.loads(refuge.run("status", "--json").stdout)
    assert (status["records"], status["reviews"]) == (2, 0)
    assert json.loads(refuge.run("review", "list", "--json").stdout) == []
    out = refuge.folder / "links.csv"
    refuge.run("export", "links", out)
    assert NHS not in out.read_text()
    refuge.run("export", "pairs", out)
    assert len(out.read_text().splitlines()) == 1
    with pytest.raises(NotFoundError):
        refuge.run("why", f"pds:{NHS}", "clinic:7")


def officer_behind(store):
    """An officer of whose acts no read model comes to know."""
    officer = store.shielding
    return type(officer)(officer.log, officer.keys, officer.master, list)


def test_a_read_model_that_lags_shows_nothing(refuge):
    number = refuge.number("pds", NHS)
    with refuge.opened() as store:
        store.projector.catch_up()
        lagging = Asking(store.read, store.log.heads)
        officer_behind(store).apply(number, Asked("harm"), store.origin("shield"))
        for question in (
            lambda: lagging.queries.child_by_number(number),
            lambda: lagging.queries.find(Search(postcode="SE15 3QN")),
            lagging.lists.status,
            lagging.open_records.shown_pairs,
        ):
            with pytest.raises(Exception, match="behind the shields"):
                question()
        assert isinstance(store.queries.child_by_number(number).view, RestrictedView)


def test_a_view_under_shields_that_have_not_moved_waits_for_no_other_shield(refuge, asha):
    """A night lays shield after shield: nobody else's view hangs on them."""
    bram = refuge.number("club", "1")
    with refuge.opened() as store:
        store.projector.catch_up()
        lagging = Asking(store.read, store.log.heads)
        officer_behind(store).apply(bram, Asked("harm"), store.origin("shield"))
        found = lagging.queries.child_by_number(asha)
        assert found is not None
        assert isinstance(found.view, RestrictedView)
        with pytest.raises(Exception, match="behind the shields"):
            lagging.queries.child_by_number(bram)


def test_a_view_waits_for_what_an_officer_says_of_its_own_shield(refuge, asha):
    """Whose names are safe hangs on it, though the list of records is as it was."""
    with refuge.opened() as store:
        store.projector.catch_up()
        lagging = Asking(store.read, store.log.heads)
        found = lagging.queries.child_by_number(asha)
        assert found is not None
        assert isinstance(found.view, RestrictedView)
        asked = Asked("harm", none_safe=True)
        officer_behind(store).review(asha, asked, store.origin("shield review"))
        with pytest.raises(Exception, match="behind the shields"):
            lagging.queries.child_by_number(asha)


def test_a_view_waits_where_another_record_of_the_child_came_under_its_shield(refuge):
    """The read models show what the record states as if it were not hidden."""
    refuge.load([ASHA | {"nhs": NHS, "nhs_status": "01"}], "council", "2026-09-02")
    number = refuge.number("pds", NHS)
    assert refuge.number("council", "1") == number
    bram = refuge.number("club", "1")
    with refuge.opened() as store:
        store.projector.catch_up()
        officer_behind(store).apply(number, Asked("harm"), store.origin("shield"))
        store.projector.catch_up()
        with store.read.begin() as connection:
            connection.exec_driver_sql(
                "DELETE FROM index_shielded WHERE record = (SELECT min(record) FROM index_shielded)"
            )
        officer_behind(store).apply(bram, Asked("harm"), store.origin("shield"))
        with pytest.raises(Exception, match="behind the shields"):
            Asking(store.read, store.log.heads).queries.child_by_number(number)


def test_a_read_model_that_does_not_know_of_a_shield_gives_no_answer(refuge, asha):
    with refuge.opened() as store:
        store.projector.catch_up()
        with store.read.begin() as connection:
            connection.exec_driver_sql("DELETE FROM index_shielded")
        with pytest.raises(Exception, match="behind the shields"):
            store.queries.child_by_number(asha)


def test_a_reader_who_cannot_read_the_list_gets_no_answer(refuge, asha):
    class Unreadable:
        reading = staticmethod(nullcontext)

        def act(self, _):
            raise ConnectionError

        shielded = act

    with refuge.opened() as store:
        blind = Asking(store.read, cast(Any, Unreadable()))
        for question in (
            lambda: blind.queries.child_by_number(asha),
            lambda: blind.queries.find(Search(name="Taylor")),
            lambda: list(blind.open_records.links()),
            lambda: blind.open_records.names_by_ordinal([1]),
            lambda: blind.open_records.visible([]),
            blind.open_records.shown_pairs,
            blind.lists.status,
        ):
            with pytest.raises(ConnectionError):
                question()


def test_a_rebuild_shows_nothing_of_a_shielded_child_at_any_time(refuge, asha):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02")
    with refuge.opened() as store, refuge.opened() as reader:
        steps = count()

        def look(*_):
            next(steps)
            found = reader.queries.child_by_number(asha)
            assert isinstance(found.view, RestrictedView)
            assert not reader.queries.find(Search(postcode="SE15 3QN")).found

        store.projector.rebuild(progress=look)
        look()
        assert next(steps) > 2
    refuge.run("rebuild")
    assert not is_open(refuge.show(asha))


def test_a_shield_laid_while_a_run_is_under_way_covers_what_the_run_links(refuge):
    refuge.load([ASHA | {"nhs": NHS}], "clinic", "2026-09-02", "--no-link")
    number = refuge.number("pds", NHS)
    with refuge.opened() as store:
        apply = lambda: store.shielding.apply(number, Asked("harm"), store.origin("shield"))  # noqa: E731
        _linking(store, [apply]).run(store.origin("link"), store.model)
    assert refuge.number("clinic", "1") == number
    assert refuge.under() == {("pds", NHS): ["shielded"], ("clinic", "1"): ["shielded"]}
    assert refuge.findings() == []


def test_erasing_a_shielded_child_leaves_nothing_that_names_anybody(refuge, asha):
    refuge.told(refuge.officer(), "shield", "review", asha, "--safe-parent", "Ada Okonjo")
    refuge.run("erase", asha, "--reason", "request", "--yes")
    assert b"okonjo" not in (refuge.home / "read.db").read_bytes().lower()
    with refuge.opened() as store:
        said = str(store.log.decode(store.log.read(0, 10_000)))
    assert "ShieldApplied" in said
    assert not any(word in said for word in ("duty desk", "Asha", "Okonjo"))
    assert refuge.findings() == []
    assert refuge.listed() == ([], [])
    assert refuge.under()


def test_what_the_shield_of_an_erased_child_withholds_is_listed_until_two_release_it(refuge, asha):
    near = {"family": "Okonjoh", "dob": "2015-04-03", "postcode": "LS6 2AB"}
    refuge.load([ASHA | near], "clinic", "2026-09-03")
    assert refuge.under()["clinic", "1"] == ["withheld"]
    refuge.run("erase", asha, "--reason", "request", "--yes")
    (shield,), _ = refuge.listed()
    told = ("standing", "withheld", "children")
    assert [shield[name] for name in told] == ["erased", 1, []]
    looked = ("--review", "2027-03-01", "--requester", "duty desk, again")
    refuge.told(refuge.officer(), "shield", "review", shield["shield"], *looked)
    assert refuge.listed()[0][0]["review"] == "2027-03-01"
    refuge.lift(shield["shield"])
    assert refuge.number("clinic", "1") is not None
    assert refuge.listed() == ([], [])
    assert refuge.findings() == []


def _poll(refuge, number, stopped, seen):
    """Ask again and again, as a reader who never waits for the read models to catch up."""
    with refuge.opened() as store:
        while not stopped.is_set():
            found = store.queries.child_by_number(number)
            seen.append(isinstance(found.view, RestrictedView))
            seen.append(not store.queries.find(Search(postcode="SE15 3QN")).found)
            seen.append(not store.queries.find(Search(identifier=NHS)).found)


def _updates(refuge, number):
    """Nightly updates of a shielded child from each feed that names it."""
    for night in count(2):
        day = f"2026-{1 + night // 28 % 12:02d}-{1 + night % 28:02d}"
        refuge.patient(NHS, day, line=f"{night} Quill Lane")
        yield
        row = ASHA | {"nhs": NHS, "phone": f"020 7946 {night:04d}"}
        refuge.load([row], "clinic", day)
        yield
        refuge.load([row | {"given": ("Asha", "Aisha")[night % 2]}], "club-2", day)
        yield


def _is_shielded_through(refuge, number, updates):
    stopped, seen = threading.Event(), list[bool]()
    reader = threading.Thread(target=_poll, args=(refuge, number, stopped, seen))
    reader.start()
    try:
        for _, _ in zip(range(updates), _updates(refuge, number), strict=False):
            assert reader.is_alive()
    finally:
        stopped.set()
        reader.join()
    assert len(seen) > updates
    assert all(seen)
    assert not is_open(refuge.show(number))
    assert refuge.findings() == []


def test_2009_a_shield_is_present_in_every_read_through_a_weeks_updates(refuge, asha):
    _is_shielded_through(refuge, asha, 9)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_2009_a_shield_is_present_in_every_read_through_a_thousand_updates(refuge, asha):
    _is_shielded_through(refuge, asha, 1000)


def _exported(refuge, *words, token=None):
    """Which records an export holds, by their keys, or what it was refused with."""
    out = refuge.folder / "out.csv"
    words = ("export", "links", out, *words)
    answer = refuge.asked(token, *words) if token else refuge.run(*words)
    if answer.exception is not None:
        return answer.exception
    return {row.split(",")[1] for row in out.read_text().splitlines()[1:]}


def test_an_export_holds_what_is_shielded_only_for_a_cleared_administrator_who_asks(refuge, asha):
    cleared = refuge.token("cleo", "administrator", "shielding-officer", strong=True)
    asked = ("--clearance", *WHY)
    assert _exported(refuge) == _exported(refuge, token=cleared) == {"1"}
    assert _exported(refuge, *asked, token=cleared) == {"1", NHS}
    assert isinstance(_exported(refuge, "--clearance", token=cleared), UsageError)
    weak = refuge.token("wally", "administrator", "shielding-officer")
    plain = refuge.token("adam", "administrator", strong=True)
    for token in (weak, plain, refuge.officer()):
        refused = _exported(refuge, *asked, token=token)
        assert isinstance(refused, DeniedError), refused
    with pytest.raises(DeniedError):
        refuge.run("export", "links", refuge.folder / "out.csv", *asked)
    with refuge.opened() as store:
        told = [m.event for m in store.access.decode(store.access.read(0, 10_000))]
    looks = [one for one in told if getattr(one, "act", "") == "export links --clearance"]
    assert [(one.reader, one.asked.reason) for one in looks] == [("cleo", WHY[1])]


def test_an_export_of_pairs_holds_those_of_a_shielded_child_for_the_cleared(refuge, asha):
    cleared = refuge.token("cleo", "administrator", "shielding-officer", strong=True)
    refuge.patient(NHS, source="trust")
    out = refuge.folder / "pairs.csv"
    for words, rows in (((), 0), (("--clearance", *WHY), 1)):
        assert refuge.told(cleared, "export", "pairs", out, *words)["rows"] == rows


def _stated(refuge, *words):
    """The probability of the pair of two schools' records that an administrator is told."""
    cleared = refuge.token("cleo", "administrator", "shielding-officer", strong=True)
    out = refuge.folder / "pairs.csv"
    refuge.told(cleared, "export", "pairs", out, *words)
    with out.open(encoding="utf-8") as file:
        rows = {(row["source_a"], row["source_b"]): row for row in csv.DictReader(file)}
    return rows["school", "schools"]["probability"]


def _in_doubt(refuge):
    """Two records of which it is not sure that they are one child's."""
    refuge.load([CORA], "school", "2026-09-02")
    refuge.load(
        [CORA | {"family": "Tamworthy-Bell", "postcode": "M1 1AB"}], "schools", "2026-09-02"
    )


BORN_WITH_HER = ASHA | {"key": "8", "given": "Ines", "dob": CORA["dob"]}


def test_no_probability_tells_that_a_shielded_child_was_born_on_that_day(refuge):
    """How full days are says how sure a pair is; who may not be known of counts nowhere."""
    _in_doubt(refuge)
    alone = _stated(refuge)
    refuge.load([BORN_WITH_HER], "clinic", "2026-09-03")
    among = _stated(refuge)
    refuge.apply(refuge.number("clinic", "8"))
    assert _stated(refuge) == alone != among
    assert _stated(refuge, "--clearance", *WHY) == among


def test_no_probability_tells_of_a_never_link_between_others(refuge):
    """Who is kept apart may be known of, and counts where he always did."""
    _in_doubt(refuge)
    refuge.load([BORN_WITH_HER, BORN_WITH_HER | {"key": "9"}], "clinic", "2026-09-03")
    before = _stated(refuge)
    words = ("--left", "clinic:8", "--right", "clinic:9", "--kind", "other", "--requested-by", "x")
    officers = [refuge.token(name, "adoption-officer") for name in ("ola", "oli")]
    refuge.told(officers[0], "never-link", "draw", *words, second=officers[1])
    assert _stated(refuge) == before


def test_no_export_holds_a_record_of_a_shielded_child_before_it_is_linked(refuge):
    number = refuge.number("pds", NHS)
    hers = {"given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "postcode": "SE15 3QN"}
    refuge.load([hers | {"key": "7"}], "school", "2026-09-02", "--no-link")
    refuge.load([hers | {"key": "8"}], "clinic", "2026-09-02", "--no-link")
    assert _exported(refuge) == {"1", NHS, "7", "8"}
    refuge.apply(number)
    pairs = refuge.folder / "pairs.csv"
    assert _exported(refuge) == {"1"}
    refuge.run("export", "pairs", pairs)
    assert len(pairs.read_text().splitlines()) == 1
    dewi = {"key": "9", "given": "Dewi", "family": "Rhys", "dob": "2012-07-08"}
    refuge.load([dewi], "club", "2026-09-03")
    assert _exported(refuge) == {"1", "9"}


def test_each_clearance_opens_in_an_export_what_is_its_own(refuge):
    refuge.load([ASHA | {"key": "2", "given": "Cora"}], "club", "2026-09-02")
    officers = [refuge.token(name, "adoption-officer") for name in ("ola", "oli")]
    words = ("--left", "club:1", "--right", "club:2", "--kind", "adoption", "--requested-by", "x")
    refuge.told(officers[0], "never-link", "draw", *words, second=officers[1])
    refuge.apply(refuge.number("pds", NHS))
    refuge.apply(refuge.number("club", "2"))
    shields, apart, both = (
        refuge.token(name, "administrator", *roles, strong=True)
        for name, roles in (
            ("sue", ("shielding-officer",)), ("ann", ("adoption-officer",)),
            ("bo", ("shielding-officer", "adoption-officer")),
        )
    )  # fmt: skip
    asked = ("--clearance", *WHY)
    assert _exported(refuge) == set()
    assert _exported(refuge, *asked, token=shields) == {NHS}
    assert _exported(refuge, *asked, token=apart) == {"1"}
    assert _exported(refuge, *asked, token=both) == {NHS, "1", "2"}
