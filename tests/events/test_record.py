"""What a source says of a record, and what is current of it, whatever the order of arrival."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.record import (
    EraseRecord,
    Order,
    Record,
    RecordAmended,
    RecordErased,
    RecordErasedError,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
    Statement,
    StateRecord,
    WithdrawRecord,
    confirm,
    decide,
    evolve,
    receive,
    repeats,
    withdraws,
)
from person.particulars import Particulars

X, Y, Z = b"x", b"y", b"z"


def states(day, content=X, delivery="d"):
    place = Order(day, 0, content)
    return StateRecord(
        ordinal=1,
        source="pds",
        scope="",
        delivery=delivery,
        row=1,
        stated=place,
        seen=Order(day, 0, b"file"),
        traits=content * 16,
        statement=Statement("9000000009", Particulars()),
    )


def absent(day):
    return WithdrawRecord("d", Order(day, 0, b"file"), "absent")


def purged(day):
    return WithdrawRecord("d", Order(day, 0, b"file"), "purged")


def after(*commands, record=None):
    record = record or Record()
    for command in commands:
        record = act(record, command)
    return record


def act(record, command):
    """One row as a load takes it: events where they are owed, else the confirmation."""
    events = decide(command, record)
    for event in events:
        record = evolve(record, event)
    if isinstance(command, StateRecord) and not events and record.stated is not None:
        record = confirm(record, command.seen, command.stated)
    return record


def kinds(command, record):
    return [type(event) for event in decide(command, record)]


def test_the_first_statement_is_received():
    assert kinds(states(1), Record()) == [RecordReceived]


@given(st.integers(-5, 5), st.sampled_from([X, Y]))
def test_receiving_in_one_step_is_deciding_and_evolving(day, content):
    command = states(day, content)
    event, state = receive(command)
    assert [event] == decide(command, Record())
    assert state == msgspec.structs.replace(evolve(Record(), event), orders=())


def test_the_same_row_again_changes_nothing():
    assert kinds(states(2), after(states(1))) == []


def test_another_statement_amends():
    assert kinds(states(2, Y), after(states(1))) == [RecordAmended]


def test_a_late_statement_is_stored_and_is_not_current():
    record = after(states(3, X), states(2, Y))
    assert record.statements == 2
    assert record.stated.content == X
    assert record.stated_version == 1


def test_a_late_row_that_repeats_the_statement_after_it_owes_no_event():
    assert kinds(states(1, X), after(states(3, X))) == []


def test_a_late_row_that_repeats_the_statement_before_it_owes_no_event():
    record = after(states(1, X), states(3, Y))
    assert kinds(states(2, X), record) == []
    assert kinds(states(2, Z), record) == [RecordAmended]


def test_a_late_row_that_repeats_the_statement_after_it_owes_none_where_others_are_known_too():
    record = after(states(1, X), states(3, Y))
    assert kinds(states(2, Y), record) == []


def test_an_earlier_statement_repeated_at_its_own_place_owes_no_event():
    record = after(states(1, X), states(3, Y), states(5, Z))
    assert kinds(states(3, Y), record) == []


def test_a_confirmation_outranks_an_earlier_statement():
    record = after(states(1, X), states(3, X), states(2, Y))
    assert record.stated.content == X


def test_a_confirmation_of_what_is_current_no_more_makes_nothing_else_current():
    record = after(states(1, X), states(3, Y))
    seen = Order(9, 0, b"file")
    assert confirm(record, seen, Order(5, 0, X)).stated == record.stated
    assert confirm(record, seen, Order(5, 0, Y)).stated == Order(5, 0, Y)


def test_an_absent_record_is_withdrawn_once():
    record = after(states(1), absent(2))
    assert record.standing == "withdrawn"
    assert kinds(absent(3), record) == []


def test_a_withdrawn_record_stated_as_before_returns():
    record = after(states(1), absent(2))
    assert kinds(states(3), record) == [RecordReturned]
    assert after(states(3), record=record).standing == "current"


def test_the_delivery_that_states_the_absence_does_not_prove_the_record_present():
    record = after(states(1), absent(2))
    assert kinds(states(2), record) == []
    assert after(states(2), record=record).standing == "withdrawn"


def test_a_withdrawn_record_stated_differently_returns_amended():
    record = after(states(1), absent(2), states(3, Y))
    assert record.standing == "current"
    assert record.stated.content == Y


def test_an_absence_earlier_than_the_latest_presence_changes_nothing():
    assert kinds(absent(1), after(states(2))) == []


def test_a_later_purge_of_a_purged_record_is_kept():
    record = after(states(1), purged(2))
    assert kinds(purged(4), record) == [RecordWithdrawn]
    assert after(purged(4), states(3), record=record).standing == "withdrawn"


def test_a_purge_is_kept_before_anything_was_stated():
    record = after(purged(4))
    assert (record.standing, record.version) == ("unknown", 1)
    assert after(states(3), record=record).standing == "withdrawn"
    assert after(states(5), record=record).standing == "current"


def test_an_erased_record_forgets_what_was_stated():
    record = after(states(1), EraseRecord("retention"))
    assert record.standing == "erased"
    assert (record.stated, record.traits) == (None, b"")
    assert kinds(EraseRecord("again"), record) == []


def test_an_erased_record_is_not_brought_back_by_its_source():
    with pytest.raises(RecordErasedError):
        decide(states(2), after(states(1), EraseRecord("retention")))


def test_erasing_what_is_current_is_an_event():
    assert kinds(EraseRecord("x"), after(states(1))) == [RecordErased]


def test_absence_of_an_unknown_record_says_nothing():
    assert not withdraws(Record(), Order(1, 0, b""), "absent")


def snapshot_standing(arrivals):
    """Nights that each state the record, or, complete, do not; loaded in the order given.

    The oracle of the store's latest snapshot: a row earlier than it is withdrawn at once.
    """
    record, latest = Record(), None
    for day, content in arrivals:
        if content is None:
            latest = max(latest or day, day)
            record = act(record, absent(day))
            continue
        record = act(record, states(day, content))
        if latest is not None:
            record = act(record, absent(latest))
    return record.standing, record.stated and record.stated.content


nights = st.lists(st.sampled_from([X, Y, Z, None]), min_size=1, max_size=5)


@given(nights)
def test_what_is_current_does_not_depend_on_the_order_of_arrival(contents):
    arrivals = list(enumerate(contents, start=1))
    outcomes = {snapshot_standing(order) for order in permutations(arrivals)}
    assert len({o for o in outcomes if o[0] != "unknown"}) <= 1
    in_order = snapshot_standing(arrivals)
    assert outcomes == {in_order}


@given(nights)
def test_the_current_statement_is_the_last_one_stated(contents):
    standing, content = snapshot_standing(list(enumerate(contents, start=1)))
    stated = [c for c in contents if c is not None]
    assert content == (stated[-1] if stated else None)
    if stated:
        assert standing == ("withdrawn" if contents[-1] is None else "current")


def test_repeats_needs_the_places_of_all_statements():
    record = after(states(1, X), states(5, Y))
    assert repeats(record, Order(3, 0, X))
    assert not repeats(record, Order(0, 0, Y))
