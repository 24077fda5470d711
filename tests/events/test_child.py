"""One child of the index: given what was decided of it, when a command, then these events."""

from events.child import (
    AssignRecords,
    Child,
    ChildClosed,
    ChildErased,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    ChildRetired,
    CloseChild,
    EraseChild,
    Evidence,
    MergeChild,
    RecordsLinked,
    RecordsUnlinked,
    ReinstateChild,
    RejoinChild,
    RetireChild,
    before_retired,
    decide,
    ever,
    evolve,
    remaining,
)
from tests.events.store_builders import record_id

A, B, C = (record_id(n) for n in range(1, 4))
OTHER = record_id(99)
REGISTERED = ChildRegistered("900000000001", "m", (Evidence(A), Evidence(B)))


def given(*events):
    child = Child()
    for event in events:
        child = evolve(child, event)
    return child


def assign(*records):
    return AssignRecords("900000000001", "m", tuple(map(Evidence, records)))


def test_a_child_that_is_restored_answers_for_itself_and_for_no_other():
    merged = given(REGISTERED, ChildMerged(OTHER))
    (restored,) = decide(assign(A), merged)
    child = evolve(merged, restored)
    assert restored == ChildRestored("m", (Evidence(A),))
    assert (child.status, child.into, child.records) == ("current", None, frozenset({A}))


def test_a_merged_child_that_is_closed_or_erased_leads_nowhere():
    for last in (ChildClosed(), ChildErased()):
        assert given(REGISTERED, ChildMerged(OTHER), last).into is None


def test_a_child_is_found_again_by_what_it_had_when_the_last_of_it_was_taken_off():
    assert given(REGISTERED, RecordsUnlinked((B,), "moved")).former == set()
    emptied = given(REGISTERED, RecordsUnlinked((B,), "moved"), RecordsUnlinked((A,), "moved"))
    assert (emptied.records, emptied.former) == (set(), {A})
    closed = decide(CloseChild(frozenset({A, B})), given(REGISTERED))
    assert given(REGISTERED, *closed).former == {A, B}


def test_a_retired_child_is_not_closed_for_want_of_records():
    retired = given(REGISTERED, ChildRetired())
    assert decide(CloseChild(frozenset({A, B})), retired) == [RecordsUnlinked((A, B), "withdrawn")]
    assert decide(RetireChild(), retired) == []


def test_a_retired_child_goes_without_the_records_of_the_new_identity():
    events = decide(RetireChild(frozenset({B, C})), given(REGISTERED))
    assert events == [RecordsUnlinked((B,), "moved"), ChildRetired()]
    assert given(REGISTERED, *events).records == {A}


def test_what_was_retired_in_error_is_restored_or_closed_where_nothing_is_left():
    retired = given(REGISTERED, ChildRetired())
    evidence = (Evidence(A), Evidence(B))
    assert decide(ReinstateChild("m"), retired) == [ChildRestored("m", evidence)]
    emptied = evolve(retired, RecordsUnlinked((A, B), "withdrawn"))
    assert decide(ReinstateChild("m"), emptied) == [ChildClosed()]
    assert decide(ReinstateChild("m"), given(REGISTERED)) == []


def test_a_retired_child_knows_each_adoption_that_gave_it_up_until_it_answers_again():
    once = given(REGISTERED, ChildRetired(OTHER))
    assert decide(RetireChild(adoption=OTHER), once) == []
    [event] = decide(RetireChild(frozenset({A}), adoption=A), once)
    twice = evolve(once, event)
    assert twice.given_up_by == {OTHER, A}
    assert twice.records == twice.former == {A, B}
    assert before_retired([REGISTERED, ChildRetired(OTHER), event]) == given(REGISTERED)
    for command in (ReinstateChild("m"), RejoinChild(OTHER), EraseChild("asked")):
        *_, last = decide(command, twice)
        assert evolve(twice, last).given_up_by == frozenset()


def test_a_merged_child_that_was_given_up_with_the_other_answers_with_it_again():
    merged = given(REGISTERED, ChildMerged(OTHER))
    retired = evolve(merged, ChildRetired())
    assert before_retired([REGISTERED, ChildMerged(OTHER), ChildRetired()]) == merged
    [event] = decide(RejoinChild(OTHER), retired)
    rejoined = evolve(retired, event)
    assert (rejoined.status, rejoined.into) == ("merged", OTHER)
    assert rejoined.former == {A, B}
    assert decide(RejoinChild(OTHER), rejoined) == []


def test_the_same_command_again_changes_nothing():
    assert decide(assign(A, B), given(REGISTERED)) == []
    assert decide(MergeChild(OTHER), given(REGISTERED, ChildMerged(OTHER))) == []
    assert decide(EraseChild("asked"), given(REGISTERED, ChildErased())) == []


def test_whatever_was_ever_a_childs_is_told_after_it_has_gone():
    assert ever([REGISTERED, RecordsUnlinked((B,), "moved"), ChildMerged(OTHER)]) == {A, B}


def test_what_no_source_states_any_more_is_told_apart_from_what_moved():
    three = given(ChildRegistered("900000000001", "m", tuple(map(Evidence, (A, B, C)))))
    gone = AssignRecords("", "m", (Evidence(A),), frozenset({C}))
    both = [RecordsUnlinked((B,), "moved"), RecordsUnlinked((C,), "withdrawn")]
    assert decide(gone, three) == both
    assert decide(CloseChild(frozenset({A, C})), three)[:-1] == [
        both[0],
        RecordsUnlinked((A, C), "withdrawn"),
    ]


def test_what_moved_to_another_child_does_not_remain_and_what_was_withdrawn_does():
    assert remaining([REGISTERED, RecordsUnlinked((A,), "withdrawn")]) == {A, B}
    moved = [REGISTERED, RecordsUnlinked((A,), "moved")]
    assert remaining(moved) == {B}
    assert remaining([*moved, RecordsLinked("m", (Evidence(A),))]) == {A, B}
    assert remaining([REGISTERED, RecordsUnlinked((B,), "withdrawn"), ChildMerged(OTHER)]) == {B}
