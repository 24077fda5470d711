"""One pair before a steward: given what happened, when a steward asks, then this follows."""

import pytest
from msgspec.structs import replace

from events.judgement import (
    ClaimPair,
    ClaimReleased,
    JudgedPair,
    JudgementReversed,
    JudgePair,
    NotJudgedError,
    PairClaimed,
    PairHeldError,
    PairJudged,
    PairJudgedError,
    PairRaised,
    RaisePair,
    ReleaseClaim,
    ReverseJudgement,
    Seen,
    decide,
    evolve,
)
from tests.events.store_builders import record_id

LEFT, RIGHT = record_id(1), record_id(2)
LINK = PairJudged(LEFT, RIGHT, "link", "same-family", Seen(1, 1, 2, 2), "ada")
APART = PairJudged(LEFT, RIGHT, "apart", "twins", Seen(1, 1, 2, 2), "bram")
UNSURE = PairJudged(LEFT, RIGHT, "unsure", "too-little", Seen(1, 1, 2, 2), "ada")
UNDONE = JudgementReversed(LEFT, RIGHT, "bram")
CLAIMED = PairClaimed("ada", 100)


def given(*events):
    pair = JudgedPair()
    for event in events:
        pair = evolve(pair, event)
    return pair


def judge(judged, now=10):
    return JudgePair(judged, now)


def test_a_free_pair_can_be_claimed_until_the_lease_ends():
    assert decide(ClaimPair("ada", 10, 100), given()) == [CLAIMED]
    assert given(CLAIMED).is_held("bram", 99)
    assert not given(CLAIMED).is_held("bram", 100)


def test_who_claims_again_what_is_theirs_changes_nothing():
    assert decide(ClaimPair("ada", 50, 140), given(CLAIMED)) == []


def test_who_claims_again_after_the_lease_has_ended_gets_another_one():
    assert decide(ClaimPair("ada", 100, 190), given(CLAIMED)) == [PairClaimed("ada", 190)]


def test_another_is_refused_until_the_lease_ends():
    with pytest.raises(PairHeldError) as refused:
        decide(ClaimPair("bram", 50, 140), given(CLAIMED))
    assert (refused.value.steward, refused.value.until) == ("ada", 100)
    assert decide(ClaimPair("bram", 100, 190), given(CLAIMED)) == [PairClaimed("bram", 190)]


def test_what_is_released_is_free_and_only_its_claimant_releases_it():
    with pytest.raises(PairHeldError):
        decide(ReleaseClaim("bram", 50), given(CLAIMED))
    assert decide(ReleaseClaim("bram", 100), given(CLAIMED)) == []
    assert decide(ReleaseClaim("bram", 50), given()) == []
    assert decide(ReleaseClaim("ada", 50), given(CLAIMED)) == [ClaimReleased("ada")]
    assert not given(CLAIMED, ClaimReleased("ada")).is_held("bram", 50)


def test_a_judgement_ends_the_claim():
    assert decide(judge(LINK), given(CLAIMED)) == [LINK]
    assert not given(CLAIMED, LINK).is_held("bram", 50)


def test_nobody_judges_or_reverses_what_another_has_claimed():
    with pytest.raises(PairHeldError):
        decide(judge(APART), given(CLAIMED))
    with pytest.raises(PairHeldError):
        decide(ReverseJudgement(UNDONE, 50), given(LINK, CLAIMED))


def test_the_same_judgement_again_changes_nothing():
    assert decide(judge(LINK), given(LINK)) == []


@pytest.mark.parametrize("other", [APART, PairJudged(LEFT, RIGHT, "link", "x", LINK.seen, "eve")])
def test_another_judgement_waits_until_the_first_is_undone(other):
    with pytest.raises(PairJudgedError):
        decide(judge(other), given(LINK))
    assert decide(judge(other), given(LINK, UNDONE)) == [other]


def test_who_was_unsure_binds_nobody():
    assert decide(judge(APART), given(UNSURE)) == [APART]
    assert decide(ClaimPair("bram", 10, 100), given(UNSURE)) == [PairClaimed("bram", 100)]


def test_a_judged_pair_can_be_claimed_by_who_looks_at_it_again():
    assert decide(ClaimPair("bram", 10, 100), given(LINK)) == [PairClaimed("bram", 100)]


def test_a_judgement_is_said_again_only_of_records_that_have_changed_since():
    later = replace(LINK, by="bram", seen=Seen(9, 9))
    assert decide(judge(later), given(LINK)) == [later]
    for seen in (LINK.seen, replace(LINK.seen, left_child=9)):
        with pytest.raises(PairJudgedError):
            decide(judge(replace(LINK, by="bram", seen=seen)), given(LINK))


def test_a_judgement_that_is_said_again_stays_part_of_its_act():
    parted = replace(APART, act="split 7")
    [again] = decide(judge(replace(APART, by="bram", seen=Seen(9, 9))), given(parted))
    assert isinstance(again, PairJudged)
    assert again.act == "split 7"


def test_what_was_judged_can_be_reversed_once():
    assert decide(ReverseJudgement(UNDONE, 10), given(LINK)) == [UNDONE]
    assert decide(ReverseJudgement(UNDONE, 10), given(LINK, UNDONE)) == []


def test_what_was_never_judged_cannot_be_reversed():
    with pytest.raises(NotJudgedError):
        decide(ReverseJudgement(UNDONE, 10), given(CLAIMED))


def test_what_is_asked_for_is_asked_once_and_waits_until_it_is_decided():
    raised = PairRaised(LEFT, RIGHT, "m", 1, 2.0, 0.8, "fay")
    assert decide(RaisePair(raised), given()) == [raised]
    assert decide(RaisePair(raised), given(raised)) == []
    assert given(raised, UNSURE).is_raised
    assert not given(raised, LINK).is_raised
    with pytest.raises(PairJudgedError):
        decide(RaisePair(raised), given(LINK))
