"""Stewards' decisions at the command line: claimed, refused, obeyed by linking, and undone."""

import json
from typing import Any

import click
import msgspec
import pytest

from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.judging.acts import By
from contactpoint.judging.gainsaying import GainsaidError
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.judging.sight import StaleSightError
from contactpoint.judging.statements import ClaimedError, JudgedAlreadyError
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.linking import Linking
from contactpoint.linking.parts import Parts
from events.child import Child, evolve
from tests.contactpoint.desk import REASON, Desk
from tests.contactpoint.installation import Overtaken

NORTH, SOUTH, WEST = "north:9000000009", "south:9000000025", "west:9000000041"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three records that may be one child: two birth dates lack their day, and no number agrees."""
    desk = Desk(tmp_path_factory.mktemp("made") / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2015-03")
    desk.patient("west", "9000000041", "2015-03")
    return desk


@pytest.fixture
def desk(made, tmp_path):
    return made.again(tmp_path / "home")


def test_two_records_judged_one_child_are_one_and_the_pair_waits_no_more(desk):
    said = desk.decide(NORTH, SOUTH, verdict="link")
    assert (said["new"], said["linked"]) == (True, True)
    assert frozenset({NORTH, SOUTH}) in desk.children()
    waiting = {one["pair"] for one in desk.listed()}
    assert said["pair"] not in waiting


def test_two_records_judged_two_children_are_not_asked_about_again(desk):
    desk.decide(NORTH, SOUTH, verdict="apart")
    desk.run("link", "--all")
    names = {one["pair"] for one in desk.listed()}
    assert desk.opened_pair(NORTH, SOUTH)["pair"] not in names
    assert desk.opened_pair(NORTH, SOUTH)["judged"]["verdict"] == "apart"


def test_a_pair_that_nobody_could_decide_waits_on(desk):
    said = desk.decide(NORTH, SOUTH, verdict="unsure")
    assert desk.opened_pair(said["pair"])["since"] is not None
    assert desk.decide(NORTH, SOUTH, verdict="link", by=desk.bram)["new"]


def test_a_decision_twice_counts_once(desk):
    seen = desk.opened_pair(NORTH, SOUTH)["seen"]
    first = desk.decide(NORTH, SOUTH, verdict="link", seen=seen)
    before = desk.events()
    second = desk.decide(NORTH, SOUTH, verdict="link", seen=seen)
    assert (first["new"], second["new"]) == (True, False)
    assert desk.events() == before


def test_undo_gives_back_the_children_and_every_number(desk):
    before = desk.numbers()
    desk.decide(NORTH, SOUTH, verdict="link")
    assert desk.numbers() != before
    assert desk.undo(NORTH, SOUTH)["new"]
    assert desk.numbers() == before
    events = desk.events()
    assert not desk.undo(NORTH, SOUTH)["new"]
    assert desk.events() == events
    assert desk.findings() == []


def test_undo_after_undo_goes_back_step_by_step(desk):
    steps = [desk.numbers()]
    desk.decide(NORTH, SOUTH, verdict="link")
    steps.append(desk.numbers())
    desk.decide(SOUTH, WEST, verdict="link")
    desk.undo(SOUTH, WEST)
    assert desk.numbers() == steps[1]
    desk.undo(NORTH, SOUTH)
    assert desk.numbers() == steps[0]


def test_a_claim_keeps_others_from_the_pair_until_it_is_released(desk):
    pair = desk.opened_pair(NORTH, SOUTH)
    desk.run("review", "claim", pair["pair"], by=desk.ada)
    before = desk.events()
    with pytest.raises(ClaimedError, match="ada has claimed the pair") as refused:
        desk.run("review", "claim", pair["pair"], by=desk.bram)
    assert refused.value.exit_code == 1
    with pytest.raises(ClaimedError):
        desk.decide(NORTH, SOUTH, verdict="link", by=desk.bram, seen=pair["seen"])
    desk.run("review", "claim", pair["pair"], by=desk.ada)
    assert desk.events() == before
    desk.run("review", "release", pair["pair"], by=desk.ada)
    desk.run("review", "claim", pair["pair"], by=desk.bram)
    assert desk.opened_pair(NORTH, SOUTH)["claimed"]["by"] == "bram"


def test_nobody_claims_or_puts_back_a_pair_of_their_own_family(desk):
    pair = desk.listed()[0]["pair"]
    number = desk.opened_pair(pair)["left"]["child"]
    desk.run("review", "relatives", number, by=desk.bram)
    with pytest.raises(NotFoundError, match="no such pair"):
        desk.run("review", "claim", pair, by=desk.bram)
    desk.run("review", "claim", pair, by=desk.ada)
    desk.run("review", "relatives", number, by=desk.ada)
    with pytest.raises(NotFoundError, match="no such pair"):
        desk.run("review", "release", pair, by=desk.ada)


@pytest.mark.parametrize("person", ["bram ", " ", "", "bram\u200b"])
def test_an_administrator_who_declares_anothers_family_names_somebody_who_can_be(desk, person):
    pair = desk.listed()[0]["pair"]
    number = desk.opened_pair(pair)["left"]["child"]
    before = desk.events()
    with pytest.raises(UsageError, match="--of"):
        desk.run("review", "relatives", number, "--of", person)
    assert desk.events() == before
    desk.run("review", "relatives", number, "--of", "BRAM")
    assert pair not in [one["pair"] for one in desk.listed(by=desk.bram)]


def test_a_claim_ends_with_its_minutes_and_not_before(desk):
    pair = desk.listed()[0]["pair"]
    with desk.opened() as store:
        judging = Judging(store.log, store.keys, store.master)
        origin = store.origin("review claim")
        until = judging.claim(store.pair_named([pair]), By("ada"), origin, 2)
        assert until == origin.recorded + 120 * 10**6
        just, then = (msgspec.structs.replace(origin, recorded=until - one) for one in (1, 0))
        with pytest.raises(ClaimedError):
            judging.claim(store.pair_named([pair]), By("bram"), just, 2)
        judging.claim(store.pair_named([pair]), By("bram"), then, 2)


def test_a_claim_of_which_the_lease_has_ended_keeps_a_pair_from_nobody(desk):
    pair = desk.listed()[0]["pair"]
    with desk.opened() as store:
        judging = Judging(store.log, store.keys, store.master)
        origin = store.origin("review claim")
        before = msgspec.structs.replace(origin, recorded=origin.recorded - 120 * 10**6)
        judging.claim(store.pair_named([pair]), By("bram"), before, 2)
    assert {one["pair"]: one["claimed_by"] for one in desk.listed()}[pair] is None
    desk.run("review", "claim", pair, by=desk.ada)
    assert {one["pair"]: one["claimed_by"] for one in desk.listed()}[pair] == "ada"


def test_a_decision_on_what_has_changed_since_is_refused_with_what_changed(desk):
    seen = desk.opened_pair(NORTH, SOUTH)["seen"]
    desk.patient("south", "9000000025", "2015-03", family="Okonjo-Bell", version="3")
    before = desk.events()
    with pytest.raises(StaleSightError, match=r"record [0-9a-f]{8} changed since") as refused:
        desk.decide(NORTH, SOUTH, verdict="link", seen=seen)
    assert refused.value.exit_code == 1
    assert desk.events() == before
    assert frozenset({NORTH, SOUTH}) not in desk.children()


def test_what_can_be_no_version_was_seen_by_nobody(desk):
    with pytest.raises(click.BadParameter, match="four numbers"):
        desk.decide(NORTH, SOUTH, verdict="link", seen=f"{'9' * 5000}.1.1.1")


@pytest.mark.parametrize("grown", [NORTH, SOUTH])
def test_a_decision_is_stale_when_either_child_got_another_record_since(desk, grown):
    seen = desk.opened_pair(NORTH, SOUTH)["seen"]
    desk.decide(grown, WEST, verdict="link")
    with pytest.raises(StaleSightError, match="the child of record"):
        desk.decide(NORTH, SOUTH, verdict="link", seen=seen)


def test_a_judgement_against_one_in_force_is_refused(desk):
    desk.decide(NORTH, SOUTH, verdict="apart")
    seen = desk.opened_pair(NORTH, SOUTH)["seen"]
    with pytest.raises(JudgedAlreadyError, match="'apart' by ada"):
        desk.decide(NORTH, SOUTH, verdict="link", by=desk.bram, seen=seen)


def test_a_judgement_gainsaid_through_a_third_record_is_refused_with_the_chain(desk):
    first = desk.decide(NORTH, SOUTH, verdict="link")["pair"]
    second = desk.decide(SOUTH, WEST, verdict="apart")["pair"]
    before = desk.events()
    with pytest.raises(GainsaidError) as refused:
        desk.decide(NORTH, WEST, verdict="link", by=desk.bram)
    chain = (f"{first} are one child", f"{second} are two children")
    assert all(link in str(refused.value) for link in chain)
    assert refused.value.exit_code == 1
    assert desk.events() == before
    desk.undo(SOUTH, WEST)
    assert desk.decide(NORTH, WEST, verdict="link")["new"]


def test_what_an_earlier_chain_joins_cannot_be_judged_two_children(desk):
    desk.decide(NORTH, SOUTH, verdict="link")
    desk.decide(SOUTH, WEST, verdict="link")
    with pytest.raises(GainsaidError, match=r"are one child; .* are one child"):
        desk.decide(NORTH, WEST, verdict="apart")


def test_only_a_steward_decides(desk):
    pair = desk.opened_pair(NORTH, SOUTH)
    practitioner = desk.token("eve", "practitioner")
    words = ("--verdict", "link", "--reason", "same-family", "--seen", pair["seen"])
    for by in (practitioner, ""):
        with pytest.raises(DeniedError):
            desk.run("review", "decide", pair["pair"], *words, by=by)


def test_a_reason_that_is_none_is_answered_with_those_there_are(desk):
    with pytest.raises(UsageError, match="agency-confirmed"):
        desk.decide(NORTH, SOUTH, verdict="apart", reason="because")


def test_a_pair_that_is_none_answers_as_one_that_may_not_be_seen(desk):
    desk.patient("south", "9000000025", "2015-03", mark="R")
    said = set()
    for pair in ((NORTH, SOUTH), (NORTH, "south:9000000017"), ("00000000-00000000",)):
        for command in ("claim", "show"):
            reason = ("--reason", "x") if command == "show" else ()
            with pytest.raises(NotFoundError) as refused:
                desk.run("review", command, *pair, *reason, by=desk.ada)
            said.add((str(refused.value), refused.value.exit_code))
    assert len(said) == 1


def test_opening_a_pair_is_an_access_to_both_children(desk):
    shown = desk.opened_pair(NORTH, SOUTH)
    *_, last = desk.looks()
    assert (last.reader, last.act) == ("ada", "review show")
    assert len(set(last.children)) == 2
    assert shown["left"]["child"] != shown["right"]["child"]


def test_remarks_are_sealed_and_go_with_the_record(desk):
    seen = desk.opened_pair(NORTH, SOUTH)["seen"]
    words = ("--verdict", "link", "--reason", "same-family", "--seen", seen)
    desk.run(
        *("review", "decide", NORTH, SOUTH, *words, "--remarks", "-"),
        stdin="Quillonby said so\n",
        by=desk.ada,
    )
    assert _remarks(desk) == "Quillonby said so"
    files = [path for path in desk.home.rglob("*") if path.is_file()]
    assert not any(b"Quillonby" in path.read_bytes() for path in files)
    desk.run("erase", NORTH, "--reason", "asked", "--yes")
    assert _remarks(desk) != "Quillonby said so"
    assert desk.findings() == []


def _remarks(desk):
    with desk.opened() as store:
        rows = store.log.read(0, 10_000)
        judged = [m.event for m in store.log.decode(rows) if hasattr(m.event, "verdict")]
    return judged[-1].remarks


def test_a_child_is_erased_with_those_that_were_merged_into_it(desk):
    desk.decide(NORTH, SOUTH, verdict="link")
    number = desk.numbers()[0]["north", "9000000009"]
    desk.run("link")
    kept = desk.home / "work" / "matcher.index"
    before = kept.read_bytes()[:200]
    desk.run("erase", number, "--reason", "asked", "--yes")
    # What was written of them, sealed as it is, is not gone by what is written behind it.
    assert not (kept.exists() and kept.read_bytes().startswith(before))
    with desk.opened() as store:
        numbers = {head.number: head.child for head in store.log.heads.all_children()}
        states = [store.log.replay(child, Child(), evolve).status for child in numbers.values()]
    assert sorted(states) == ["current", "erased", "erased"]
    assert desk.findings() == []


def test_a_judgement_outlives_a_relink_another_model_and_a_rebuild(desk):
    desk.decide(NORTH, SOUTH, verdict="link")
    desk.decide(SOUTH, WEST, verdict="apart")
    children = desk.children()
    assert {NORTH, SOUTH} in children
    desk.run("link", "--all")
    assert desk.children() == children
    with desk.opened() as store:
        prior = msgspec.structs.replace(store.model.prior, records=store.model.prior.records * 4)
        store.linking.run(store.origin("link"), msgspec.structs.replace(store.model, prior=prior))
    assert desk.children() == children
    desk.run("rebuild")
    assert desk.children() == children
    assert desk.findings() == []


def test_the_queue_is_the_same_after_a_rebuild(desk):
    desk.decide(NORTH, SOUTH, verdict="apart")
    desk.run("review", "claim", SOUTH, WEST, by=desk.bram)
    before = desk.listed()
    desk.run("rebuild")
    assert desk.listed() == before


def test_a_script_is_told_that_nothing_waits(desk):
    assert json.loads(desk.run("review", "list", "--json", "--limit", 1, by=desk.ada).stdout)


def _race(desk, first, second):
    """What becomes of a steward's act whom another overtakes between reading and writing."""
    with desk.opened() as store:
        store.projector.catch_up()
        other = Judging(store.log, store.keys, store.master)
        overtaken: Any = Overtaken(store.log, lambda: second(other, store))
        first(Judging(overtaken, store.keys, store.master), store)


def _meant(judging, store, names, verdict):
    pair = Pair.of(*map(store.record_named, names))
    return Meant(pair, verdict, "x", judging.open(pair))


def _deciding(names, verdict, by):
    def act(judging, store):
        meant = _meant(judging, store, names, verdict)
        judging.decide(meant, By(by), store.origin("review decide"))

    return act


def _claiming(names, by):
    def act(judging, store):
        pair = Pair.of(*map(store.record_named, names))
        judging.claim(pair, By(by), store.origin("review claim"))

    return act


def test_of_two_stewards_who_claim_at_once_one_is_refused(desk):
    with pytest.raises(ClaimedError, match="bram"):
        _race(desk, _claiming((NORTH, SOUTH), "ada"), _claiming((NORTH, SOUTH), "bram"))


def test_of_two_stewards_who_decide_at_once_one_is_refused(desk):
    pair = NORTH, SOUTH
    with pytest.raises(JudgedAlreadyError, match="bram"):
        _race(desk, _deciding(pair, "link", "ada"), _deciding(pair, "apart", "bram"))
    assert desk.opened_pair(*pair)["judged"]["by"] == "bram"
    assert desk.findings() == []


def test_a_judgement_that_another_gainsays_while_it_is_written_is_refused(desk):
    desk.decide(NORTH, SOUTH, verdict="link")
    with pytest.raises(GainsaidError):
        _race(
            desk,
            _deciding((SOUTH, WEST), "link", "ada"),
            _deciding((NORTH, WEST), "apart", "bram"),
        )
    desk.run("link")
    assert desk.children() == {frozenset({NORTH, SOUTH}), frozenset({WEST})}


def test_a_decision_that_a_load_overtakes_is_refused_with_what_changed(desk):
    def load(_judging, _store):
        desk.patient("south", "9000000025", "2015-03", family="Okonjo-Bell", version="3")

    with pytest.raises(StaleSightError, match=r"record [0-9a-f]{8} changed since"):
        _race(desk, _deciding((NORTH, SOUTH), "link", "ada"), load)
    assert frozenset({NORTH, SOUTH}) not in desk.children()


def test_a_run_of_linking_that_a_judgement_overtakes_obeys_it(desk):
    desk.patient("east", "9000000009", "2015-03-04", words=("--no-link",))
    with desk.opened() as store:
        store.projector.catch_up()
        judging = Judging(store.log, store.keys, store.master)
        act = _deciding((NORTH, "east:9000000009"), "apart", "ada")
        log: Any = Overtaken(store.log, lambda: act(judging, store))
        kept = KeptIndex(store.settings.work, store.keys, store.master)
        parts = Parts(log, store.master, store.projector, store.workings, kept)
        Linking(parts).run(store.origin("link"), store.model)
    numbers = desk.numbers()[0]
    assert numbers["north", "9000000009"] != numbers["east", "9000000009"]
    assert desk.findings() == []


def test_who_is_held_together_through_a_record_that_was_erased_can_be_parted(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("south", "9000000025", "2013-01-05", given="Bram", postcode="M9 4XX")
    desk.patient("east", "9000000033", "2012-02-02", given="Cole", postcode="LS6 2AB")
    north, south, east = "north:9000000009", "south:9000000025", "east:9000000033"
    desk.decide(north, south, verdict="link")
    desk.decide(south, east, verdict="link")
    desk.run("erase", south, "--reason", "asked", "--yes")
    assert desk.children() == {frozenset({north, east})}
    with pytest.raises(GainsaidError, match="review undo"):
        desk.decide(north, east, verdict="apart")
    said = desk.run("review", "undo", south, east, "--remarks", "mistaken", by=desk.ada)
    assert "mistaken" not in said.output
    assert desk.children() == {frozenset({north}), frozenset({east})}
    for opened in (("review", "show", north, south, *REASON), ("review", "claim", north, south)):
        with pytest.raises(NotFoundError):
            desk.run(*opened, by=desk.ada)
    assert desk.findings() == []
