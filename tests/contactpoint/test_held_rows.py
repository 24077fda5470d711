"""Rows that a delivery holds by themselves: approved they take their place, rejected they end."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contactpoint.errors import UsageError
from contactpoint.following import heads_of
from events.message import Origin, Recorded
from events.record import EraseRecord, decide, evolve
from events.store.heads import HeadChanges
from events.verify import verify
from tests.contactpoint.conftest import Store, child, children

OTHER = {"given": "Zed", "family": "Quill", "dob": "2011-11-11"}
"""Another child under the id of the first: nothing of name and birth date stayed."""


def total(counts):
    taken = counts.new + counts.changed + counts.unchanged
    return taken + counts.out_of_scope + counts.held + counts.rejected


def forename(store, key):
    """The forename that is current of a record; None for one that is not current."""
    head = store.head(key)
    if head is None or head.state.standing != "current":
        return None
    event = store.log.stream(head.record)[head.state.stated_version - 1].event
    return event.statement.particulars.names[0].given[0]


def erase(store, key):
    head = store.head(key)
    (event,) = decide(EraseRecord(""), head.state)
    version = head.state.version + 1
    store.log.append(
        [Recorded(head.record, version, Origin(1, "os:test", "erase"), 1, event)],
        heads=HeadChanges(records=[replace(head, state=evolve(head.state, event))]),
    )


@pytest.fixture
def drifted(store):
    """A delivery that holds one row of nine: the record of ``c1`` has turned into another child."""
    store.load(children(9))
    return store.load([child(1, **OTHER), *children(8)[2:]], day="2026-09-02")


@pytest.fixture
def twice(store):
    """A delivery that holds two rows of three: both speak of ``c1``."""
    return store.load([child(1), child(2), child(1, given="Zed")])


def test_an_approved_row_is_what_is_current_of_its_record(store, drifted):
    assert forename(store, "c1") == "Bram"
    outcome = store.decide(drifted)
    assert (outcome.counts.changed, outcome.counts.held, outcome.exit_code) == (1, 0, 0)
    assert total(outcome.counts) == outcome.counts.rows == 7
    assert forename(store, "c1") == "Zed"
    assert verify(store.log, None, heads_of).findings == []


def test_the_counts_of_a_delivery_say_what_became_of_its_rows(store, drifted):
    assert store.delivery(drifted).counts.held == 1
    store.decide(drifted)
    counts = store.delivery(drifted).counts
    assert (counts.rows, counts.changed, counts.unchanged, counts.held) == (7, 1, 6, 0)


def test_the_same_approval_twice_counts_once(store, drifted):
    store.decide(drifted)
    before = store.log.position()
    again = store.decide(drifted)
    assert (again.known, again.exit_code, store.log.position()) == (True, 0, before)
    assert store.decide(drifted, lines=[2]).known
    assert store.log.position() == before


def test_a_file_sent_again_after_its_rows_were_approved_has_nothing_new(store):
    store.load(children(9))
    path = store.file([child(1, **OTHER)])
    store.decide(store.load(path, day="2026-09-02"))
    before = store.log.position()
    again = store.load(path, day="2026-09-02")
    assert (again.known, again.exit_code, again.counts.unchanged) == (True, 0, 1)
    assert store.log.position() == before


def test_a_row_approved_late_takes_its_place_and_is_not_current(store, drifted):
    store.load([child(1, postcode="E8 1GQ")], day="2026-09-03")
    assert store.decide(drifted).counts.changed == 1
    assert forename(store, "c1") == "Bram"
    assert store.head("c1").state.statements == 3


def test_a_row_approved_after_a_snapshot_that_lacked_its_record_is_withdrawn(store):
    held = store.load([*children(9), child(1, given="Zed")], mode="snapshot")
    rows = [one for one in children(9) if one["key"] != "c1"]
    store.load(rows, day="2026-09-02", mode="snapshot")
    assert store.decide(held, lines=[11]).counts.new == 1
    assert store.head("c1").state.standing == "withdrawn"
    assert verify(store.log, None, heads_of).findings == []


def test_a_row_approved_after_a_snapshot_that_holds_its_record_too_is_current(store):
    rows = [*children(9), child(1, given="Zed")]
    held = store.load(rows, mode="snapshot")
    store.load(rows[::-1], day="2026-09-02", mode="snapshot")
    store.decide(held, lines=[11])
    assert forename(store, "c1") == "Zed"
    store.load(
        [one for one in children(9) if one["key"] != "c1"], day="2026-09-03", mode="snapshot"
    )
    assert store.head("c1").state.standing == "withdrawn"
    assert verify(store.log, None, heads_of).findings == []


def test_a_held_row_tells_that_a_record_is_there_again_that_was_withdrawn(store):
    """What it states is open; that its source holds it is not (ADR 4)."""
    rows = children(9)
    lacking = [one for one in rows if one["key"] != "c1"]
    turned = [child(1, **OTHER), *lacking[1:]]
    store.load(rows, mode="snapshot")
    store.load(lacking, day="2026-09-02", mode="snapshot")
    assert store.head("c1").state.standing == "withdrawn"
    assert store.load(turned, day="2026-09-03", mode="snapshot").counts.held == 1
    assert forename(store, "c1") == "Bram"
    assert verify(store.log, None, heads_of).findings == []


def test_what_was_held_is_held_no_more_when_it_is_rejected(store, drifted):
    assert store.decide(drifted, approve=False) is None
    counts = store.delivery(drifted).counts
    assert (counts.held, counts.rejected, total(counts)) == (0, 1, counts.rows)
    assert store.delivery(drifted).exit_code == 3
    assert forename(store, "c1") == "Bram"


def test_the_same_rejection_twice_counts_once(store, drifted):
    store.decide(drifted, approve=False)
    before = store.log.position()
    store.decide(drifted, approve=False)
    store.decide(drifted, approve=False, lines=[2])
    assert store.log.position() == before


def test_of_two_rows_of_one_record_the_chosen_is_taken_and_the_other_turned_away(store, twice):
    outcome = store.decide(twice, lines=[4])
    counts = outcome.counts
    assert (counts.new, counts.unchanged, counts.rejected, counts.held) == (1, 1, 1, 0)
    assert (total(counts), outcome.exit_code) == (3, 3)
    assert forename(store, "c1") == "Zed"


def test_two_rows_of_one_record_are_not_both_approved(store, twice):
    for lines in [(), (2, 4)]:
        with pytest.raises(UsageError, match=r"rows 2, 4 are of one record, [0-9a-f]{8}; "):
            store.decide(twice, lines=lines)
    assert store.delivery(twice).counts.held == 2


def test_a_row_that_was_turned_away_is_not_approved_after_the_other(store, twice):
    store.decide(twice, lines=[4])
    with pytest.raises(UsageError, match="row 2 was rejected"):
        store.decide(twice, lines=[2])
    with pytest.raises(UsageError, match="row 4 was approved and taken"):
        store.decide(twice, approve=False, lines=[4])


def test_a_row_that_repeats_what_is_known_has_a_line_to_choose_it_by(store):
    store.load(children(3))
    held = store.load([child(0), child(1), child(1, given="Zed")], day="2026-09-02")
    assert [note.line for note in store.delivery(held).rows_held] == [4, 3]
    counts = store.decide(held, lines=[3]).counts
    assert (counts.unchanged, counts.rejected) == (2, 1)
    assert store.head("c1").state.stated.effective == store.head("c0").state.stated.effective


def test_a_drifted_row_and_the_one_it_contradicts_are_two_of_one_record(store):
    store.load(children(3))
    held = store.load([child(1), child(1, **OTHER)], day="2026-09-02")
    assert {note.rule for note in store.delivery(held).rows_held} == {"DRIFT", "KEY-TWICE"}
    counts = store.decide(held, lines=[3]).counts
    assert (counts.changed, counts.rejected) == (1, 1)


def test_two_drifted_rows_of_a_dual_registration_are_both_taken(store):
    store.register(dual_registration=True)
    store.load(children(3))
    rows = [child(1, **OTHER), child(1, **OTHER, postcode="E8 1GQ")]
    assert store.decide(store.load(rows, day="2026-09-02")).counts.changed == 2


def test_rows_are_chosen_by_the_record_that_they_speak_of(store):
    store.load(children(9))
    rows = [child(n, **OTHER | {"family": f"Quill{n}"}) for n in range(3)]
    held = store.load(rows, day="2026-09-02")
    name = store.record("c1").hex[:8]
    assert store.decide(held, records=[name]).counts.held == 2
    store.decide(held, approve=False, records=[store.record("c2").hex[:8]])
    assert [forename(store, f"c{n}") for n in range(3)] == ["Asha", "Zed", "Cora"]
    counts = store.delivery(held).counts
    assert (counts.changed, counts.held, counts.rejected) == (1, 1, 1)


def test_a_row_of_an_erased_record_is_rejected_and_never_approved(store):
    store.load(children(3))
    erase(store, "c1")
    held = store.load(children(3), day="2026-09-02")
    with pytest.raises(UsageError, match="row 3, held by ERASED, cannot be approved"):
        store.decide(held)
    store.decide(held, approve=False)
    assert store.delivery(held).counts.rejected == 1
    assert store.head("c1").state.standing == "erased"


def test_a_row_whose_record_was_erased_after_it_was_held_is_held_again(store, drifted):
    erase(store, "c1")
    outcome = store.decide(drifted)
    assert (outcome.counts.held, outcome.exit_code) == (1, 3)
    assert [note.rule for note in store.delivery(drifted).rows_held] == ["ERASED"]
    with pytest.raises(UsageError, match="held by ERASED"):
        store.decide(drifted)
    store.decide(drifted, approve=False)
    assert total(store.delivery(drifted).counts) == 7


def test_a_line_that_is_not_held_is_named(store, drifted):
    for approve in (True, False):
        with pytest.raises(UsageError, match="does not hold row 5"):
            store.decide(drifted, approve=approve, lines=[2, 5])
    with pytest.raises(UsageError, match="holds no row"):
        store.decide(store.load(children(1), day="2026-09-05"))


def test_rows_approved_when_their_file_was_moved_go_through_when_it_is_loaded_again(store):
    store.load(children(9))
    path = store.file([child(1, **OTHER), child(0)])
    held = store.load(path, day="2026-09-02")
    moved = path.rename(path.with_name("elsewhere.csv"))
    assert store.decide(held) is None
    assert store.delivery(held).counts.held == 1
    outcome = store.load(moved, day="2026-09-02")
    assert (outcome.counts.changed, outcome.counts.unchanged, outcome.counts.held) == (1, 1, 0)
    assert forename(store, "c1") == "Zed"


def test_another_file_at_the_place_of_the_first_is_not_taken_for_it(store):
    store.load(children(9))
    path = store.file([child(1, **OTHER)])
    held = store.load(path, day="2026-09-02")
    path.write_text(store.file([child(2, given="Zed")]).read_text())
    before = store.log.position()
    assert store.decide(held) is None
    assert store.log.position() == before + 1
    assert forename(store, "c2") == "Cora"


def test_another_file_at_the_place_of_one_that_was_held_whole_is_not_taken_for_it(store):
    store.load(children(10), mode="snapshot")
    path = store.file(children(6))
    held = store.load(path, day="2026-09-02", mode="snapshot")
    path.write_text(store.file(children(9)).read_text())
    assert store.decide(held) is None
    assert set(store.standing().values()) == {"current"}


def test_an_approval_may_be_taken_back_until_the_row_is_taken(store):
    store.load(children(9))
    path = store.file([child(1, **OTHER)])
    held = store.load(path, day="2026-09-02")
    path.unlink()
    store.decide(held)
    store.decide(held, approve=False)
    assert store.delivery(held).let_through == frozenset()
    assert store.delivery(held).counts.rejected == 1


def test_the_same_approval_of_a_delivery_held_whole_goes_on_where_it_stopped(store):
    store.load(children(10), mode="snapshot")
    path = store.file(children(6))
    held = store.load(path, day="2026-09-02", mode="snapshot")
    kept = path.rename(path.with_name("elsewhere.csv"))
    assert store.decide(held) is None
    kept.rename(path)
    assert store.decide(held).counts.withdrawn == 4
    assert store.decide(held).known


def test_a_delivery_that_is_held_whole_is_decided_on_whole(store):
    store.load(children(10), mode="snapshot")
    held = store.load(store.file(children(6)), day="2026-09-02", mode="snapshot")
    with pytest.raises(UsageError, match="is held whole; expected a decision on all of it"):
        store.decide(held, lines=[2])


def test_rows_of_a_delivery_rejected_whole_count_as_rejected(store):
    store.load(children(10), mode="snapshot")
    held = store.load(store.file(children(6)), day="2026-09-02", mode="snapshot")
    store.decide(held, approve=False)
    counts = store.delivery(held).counts
    assert (counts.rows, counts.held, counts.rejected) == (6, 0, 6)


def test_rows_are_approved_in_chunks_of_one_row_too(tmp_path):
    store = Store(tmp_path / "small")
    store.load(children(9))
    rows = [child(n, **OTHER | {"family": f"Quill{n}"}) for n in range(5)]
    held = store.load(rows, day="2026-09-02", chunk=1)
    outcome = store.decide(held)
    assert (outcome.counts.changed, outcome.events) == (5, 10)
    assert verify(store.log, None, heads_of).findings == []
    store.close()


def test_rows_are_approved_where_two_processes_load_too(tmp_path):
    store = Store(tmp_path / "shared", shared_from=0)
    held = store.load([child(1), child(2), child(1, given="Zed")])
    assert store.decide(held, lines=[4]).counts.new == 1
    assert forename(store, "c1") == "Zed"
    store.close()


def test_a_row_that_names_a_former_key_goes_on_with_its_record_when_it_is_approved(store):
    store.load(children(3))
    rows = [child(1, key="n1", former_key="c1"), child(1, key="n1", former_key="c1", given="Zed")]
    held = store.load(rows, day="2026-09-02")
    assert held.counts.held == 2
    assert store.decide(held, lines=[3]).counts.changed == 1
    assert store.log.heads.owner(store.record("n1")) == store.record("c1")
    assert forename(store, "c1") == "Zed"


def test_a_row_whose_key_answers_with_another_record_since_is_found_and_is_of_that_record(store):
    store.load([child(1), child(2)])
    held = store.load([child(1, key="n1"), child(1, key="n1", given="Zed")], day="2026-09-02")
    store.load([child(1, key="n1", former_key="c1", postcode="E8 1GQ")], day="2026-09-03")
    assert store.decide(held, lines=[3]).counts.changed == 1
    assert store.head("n1") is None
    assert store.head("c1").state.statements == 3


NIGHTS = st.lists(
    st.tuples(st.sampled_from(["delta", "snapshot"]), st.lists(st.integers(0, 3), max_size=3)),
    min_size=2,
    max_size=3,
)
"""Nights in which the ids of three children may come to be used for others."""


def approved_after(folder, arrivals):
    """What is current when the nights came in this order, and all that they held was approved."""
    folder.mkdir()
    store = Store(folder)
    store.register(guard_share=1.0)
    loaded = [
        store.load(
            [
                child(key, given=f"Zed{who}", family=f"Quill{who}", dob=f"2011-11-1{who}")
                for key, who in enumerate(people)
            ],
            day=f"2026-09-0{night + 1}",
            mode=mode,
        )
        for night, (mode, people) in arrivals
    ]
    for outcome in loaded:
        if store.delivery(outcome).rows_held:
            told = store.decide(outcome).counts
            assert (total(told), told.held) == (told.rows, 0)
    assert verify(store.log, None, heads_of).findings == []
    found = [forename(store, f"c{key}") for key in range(3)]
    store.close()
    return found


@settings(max_examples=8)
@given(nights=NIGHTS)
def test_what_is_current_after_all_was_approved_does_not_depend_on_the_order_of_arrival(
    tmp_path_factory, nights
):
    base = tmp_path_factory.mktemp("nights")
    orders = permutations(enumerate(nights))
    found = [approved_after(base / str(n), order) for n, order in enumerate(orders)]
    assert all(one == found[0] for one in found)


def twins(*forenames):
    return [child(n, given=name, family="Okonjo", dob="2015-03-04")
            for n, name in enumerate(forenames)]  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 1000])
def test_two_records_that_a_file_exchanges_are_held_and_neither_moves(store, chunk):
    store.register(guard_share=1.0)
    store.load(twins("Asha", "Bram", "Cora"))
    held = store.load([*reversed(twins("Bram", "Asha", "Cleo"))], day="2026-09-02", chunk=chunk)
    assert (held.counts.changed, held.counts.held, held.exit_code) == (1, 2, 3)
    assert total(held.counts) == held.counts.rows == 3
    assert [forename(store, key) for key in ("c0", "c1", "c2")] == ["Asha", "Bram", "Cleo"]
    assert {note.rule for note in store.delivery(held).rows_held} == {"SWAP"}
    assert verify(store.log, None, heads_of).findings == []


@pytest.mark.parametrize("left_out", [{"dob": "2015-03"}, {"given": ""}, {"given": "Baby"}])
def test_of_two_records_one_of_which_leaves_out_what_the_other_states_anew_neither_is_held(
    store, left_out
):
    """Twins, of whom a file tells less of one and more of the other, are exchanged by nobody."""
    store.register(guard_share=1.0)
    one, other = twins("Asha", "Asha")
    store.load([one, other | left_out])
    taken = store.load([one | left_out, other], day="2026-09-02")
    assert (taken.counts.changed, taken.counts.held) == (2, 0)


def test_records_that_were_exchanged_go_on_as_each_other_when_somebody_approves(store):
    store.load(twins("Asha", "Bram"))
    held = store.load(twins("Bram", "Asha"), day="2026-09-02")
    outcome = store.decide(held)
    assert (outcome.counts.changed, outcome.counts.held) == (2, 0)
    assert [forename(store, key) for key in ("c0", "c1")] == ["Bram", "Asha"]


def test_a_record_that_takes_the_name_of_one_that_keeps_it_is_not_held(store):
    store.register(guard_share=1.0)
    store.load(twins("Asha", "Bram"))
    taken = store.load(twins("Bram", "Bram"), day="2026-09-02")
    assert (taken.counts.changed, taken.counts.unchanged, taken.counts.held) == (1, 1, 0)


def test_three_records_that_go_round_are_no_exchange_of_two(store):
    store.register(guard_share=1.0)
    store.load(twins("Asha", "Bram", "Cora"))
    assert store.load(twins("Bram", "Cora", "Asha"), day="2026-09-02").counts.held == 0


def test_a_row_is_meant_by_its_line_and_its_record_together(store):
    store.load(children(9))
    rows = [child(n, **OTHER | {"family": f"Quill{n}"}) for n in range(3)]
    held = store.load(rows, day="2026-09-02")
    name = store.record("c1").hex
    with pytest.raises(UsageError, match="does not hold row 2"):
        store.decide(held, lines=[2], records=[name[:8]])
    assert store.decide(held, lines=[3], records=[name[:6]]).counts.held == 2
    assert forename(store, "c1") == "Zed"
