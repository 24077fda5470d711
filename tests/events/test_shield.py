"""What becomes of one shield: given these events, when this command, then these events."""

from datetime import date
from uuid import UUID

import pytest

from events.shield import (
    ApplyShield,
    Grounds,
    InheritShield,
    LiftShield,
    NoShieldError,
    OnePersonError,
    PartRecords,
    RecordsParted,
    RecordsReleased,
    RecordsWithheld,
    ReleaseRecords,
    ReviewShield,
    Shield,
    ShieldApplied,
    ShieldInherited,
    ShieldLifted,
    ShieldReviewed,
    ShieldSpread,
    SpreadShield,
    WithholdRecords,
    decide,
    evolve,
)

A, B, C, D = (UUID(int=n) for n in range(1, 5))
APPLIED = ShieldApplied((A, B), "2027-03-01", "officer", "refuge", "213")
SOON = date(2026, 12, 1)


def given(*events):
    state = Shield()
    for event in events:
        state = evolve(state, event)
    return state


def test_a_shield_is_applied_over_the_childs_records_with_what_was_said_of_it():
    grounds = Grounds("duty desk")
    command = ApplyShield({B, A}, date(2027, 3, 1), "officer", "refuge", "213", grounds)
    (applied,) = decide(command, Shield())
    assert applied == ShieldApplied(
        (A, B), "2027-03-01", "officer", "refuge", "213", grounds=grounds
    )
    assert given(applied).kinds() == {A: "shielded", B: "shielded"}


def test_the_same_shield_applied_again_changes_nothing():
    assert decide(ApplyShield({A}, SOON, "officer"), given(APPLIED)) == []


def test_a_shield_spreads_to_what_joins_the_child_once():
    assert decide(SpreadShield({A, C}), given(APPLIED)) == [ShieldSpread((C,))]
    assert decide(SpreadShield({A, C}), given(APPLIED, ShieldSpread((C,)))) == []


def test_a_shield_that_a_merge_spread_is_inherited_and_reviewed_soon():
    (spread,) = decide(SpreadShield({C}, merged_by=SOON), given(APPLIED))
    state = given(APPLIED, spread)
    assert (state.inherited, state.review) == ("merge", "2026-12-01")


def test_a_merge_never_puts_a_review_off():
    early = ShieldApplied((A,), "2026-11-01")
    (spread,) = decide(SpreadShield({C}, merged_by=SOON), given(early))
    assert given(early, spread).review == "2026-11-01"


def test_a_part_split_off_inherits_a_shield_and_leaves_the_first():
    origin = UUID(int=9)
    assert decide(InheritShield(origin, {B}, SOON, "213"), Shield()) == [
        ShieldInherited(origin, (B,), "2026-12-01", "213")
    ]
    assert decide(PartRecords({B, D}), given(APPLIED)) == [RecordsParted((B,))]
    assert given(APPLIED, RecordsParted((B,))).kinds() == {A: "shielded"}


def test_a_review_ends_that_a_shield_is_inherited_and_keeps_what_it_does_not_name():
    state = given(APPLIED, ShieldSpread((C,), "2026-12-01"))
    events = decide(ReviewShield(date(2027, 6, 1)), state)
    assert events == [ShieldReviewed("2027-06-01")]
    after = evolve(state, events[0])
    assert (after.inherited, after.review, after.criterion) == ("", "2027-06-01", "refuge")


def test_a_shield_past_its_review_stands():
    assert given(ShieldApplied((A,), "2001-01-01")).kinds() == {A: "shielded"}


def test_two_persons_lift_a_shield_and_release_what_it_withheld():
    state = given(APPLIED, RecordsWithheld((D,)))
    released, lifted = decide(LiftShield("olu", "ola", "home"), state)
    assert (released, lifted) == (RecordsReleased((D,), "lifted"), ShieldLifted("ola", "home"))
    after = evolve(evolve(state, released), lifted)
    assert after.kinds() == {A: "lifted", B: "lifted"}


def test_one_person_lifts_nothing():
    with pytest.raises(OnePersonError):
        decide(LiftShield("olu", "olu", "home"), given(APPLIED))


def test_a_shield_lifted_twice_is_lifted_once():
    assert decide(LiftShield("olu", "ola", ""), given(APPLIED, ShieldLifted("ola"))) == []


def test_a_record_is_withheld_once_and_never_one_that_is_shielded():
    assert decide(WithholdRecords({A, D}), given(APPLIED)) == [RecordsWithheld((D,))]
    assert decide(WithholdRecords({D}), given(APPLIED, RecordsWithheld((D,)))) == []


def test_a_withheld_record_is_released_or_comes_under_the_shield():
    state = given(APPLIED, RecordsWithheld((C, D)))
    assert decide(ReleaseRecords({D, A}, "contradicted"), state) == [
        RecordsReleased((D,), "contradicted")
    ]
    joined = evolve(state, ShieldSpread((C,)))
    assert joined.kinds() == {A: "shielded", B: "shielded", C: "shielded", D: "withheld"}
    assert decide(LiftShield("olu", "ola", ""), joined)[0] == RecordsReleased((D,), "lifted")


@pytest.mark.parametrize(
    "command",
    [
        SpreadShield({A}),
        PartRecords({A}),
        ReviewShield(SOON),
        WithholdRecords({A}),
        ReleaseRecords({A}, "decided"),
    ],
)
@pytest.mark.parametrize("state", [Shield(), given(APPLIED, ShieldLifted("ola"))])
def test_a_shield_that_does_not_stand_is_changed_by_nothing(command, state):
    with pytest.raises(NoShieldError):
        decide(command, state)
