"""Decisions on held rows: given these rows, when a data manager decides this, then this."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.delivery import (
    ApproveRows,
    ChunkAppended,
    Counts,
    Delivery,
    DeliveryCompleted,
    HeldRow,
    RejectRows,
    RowDecisionError,
    RowNote,
    RowsApproved,
    RowsRejected,
    decide,
    evolve,
)
from events.record import Order

ADA, BEN = "0b51e6aa", "7f3a9c21"


def note(line, rule="DRIFT", record=ADA):
    return RowNote(line, "held", rule, "name", "another", record)


def row(line, record=ADA):
    return HeldRow(line, record)


def chunk(counts, notes=(), settled=()):
    return ChunkAppended(-1, counts, Order(1, 0, b""), b"", b"", notes=notes, settled=settled)


def holding(*notes, rows=9):
    """A delivery of nine rows that was completed and holds some."""
    counts = Counts(rows=rows, new=rows - len(notes), held=len(notes))
    events = [chunk(counts, notes), DeliveryCompleted(counts, (), False, counts.exit_code)]
    return reduce(evolve, events, Delivery())


def after(delivery, command):
    return reduce(evolve, decide(command, delivery), delivery)


def taking(delivery, *rows, held_again=()):
    """The delivery when its file was read again for some rows."""
    counts = Counts(rows=len(rows), changed=len(rows) - len(held_again), held=len(held_again))
    return evolve(delivery, chunk(counts, held_again, rows))


def approve(*rows, one_each=True, reason=""):
    return ApproveRows(rows, one_each, reason)


def test_an_approved_row_waits_until_it_is_taken():
    delivery = holding(note(3))
    assert decide(approve(row(3), reason="seen"), delivery) == [RowsApproved((row(3),), "seen")]
    waiting = after(delivery, approve(row(3)))
    assert (waiting.counts.held, waiting.exit_code) == (1, 3)
    taken = taking(waiting, row(3))
    assert (taken.counts, taken.exit_code) == (Counts(rows=9, new=8, changed=1), 0)
    assert (taken.let_through, taken.rows_held) == (frozenset(), ())


@pytest.mark.parametrize("takes", [False, True])
def test_what_was_approved_before_is_not_approved_again(takes):
    delivery = after(holding(note(3)), approve(row(3)))
    delivery = taking(delivery, row(3)) if takes else delivery
    assert decide(approve(row(3)), delivery) == []


def test_the_others_of_a_record_are_turned_away_with_the_choice_of_one():
    delivery = holding(note(3, "KEY-TWICE"), note(5), note(7, "KEY-TWICE"), note(8, "DRIFT", BEN))
    approved, rejected = decide(approve(row(5)), delivery)
    assert approved == RowsApproved((row(5),))
    assert rejected == RowsRejected((row(3), row(7)))
    assert after(delivery, approve(row(5))).counts.rejected == 2


def test_of_a_record_that_two_establishments_have_nobody_is_turned_away():
    delivery = holding(note(3), note(5))
    assert decide(approve(row(3), one_each=False), delivery) == [RowsApproved((row(3),))]


def test_two_rows_of_one_record_cannot_both_be_right():
    delivery = holding(note(3, "KEY-TWICE"), note(5, "KEY-TWICE"))
    with pytest.raises(RowDecisionError, match=f"rows 3, 5 are of one record, {ADA}"):
        decide(approve(row(3), row(5)), delivery)


def test_two_rows_on_one_line_cannot_be_told_apart():
    delivery = holding(note(3, "KEY-TWICE"), note(3, "KEY-TWICE"))
    with pytest.raises(RowDecisionError, match="rows 3, 3 are of one record"):
        decide(approve(row(3)), delivery)
    assert after(delivery, RejectRows([row(3)])).counts == Counts(rows=9, new=7, rejected=2)


@pytest.mark.parametrize("rule", ["ERASED", "UNHEARD-OF"])
def test_a_row_held_by_a_rule_that_asks_no_question_cannot_be_approved(rule):
    with pytest.raises(RowDecisionError, match=f"row 3, held by {rule}, cannot be approved"):
        decide(approve(row(3)), holding(note(3, rule)))


def test_a_row_without_a_line_can_only_be_rejected():
    with pytest.raises(RowDecisionError, match="cannot be approved"):
        decide(approve(row(0)), holding(note(0, "KEY-TWICE")))


def test_a_row_that_is_held_anew_when_it_is_taken_up_is_not_taken():
    delivery = taking(
        after(holding(note(3)), approve(row(3))), row(3), held_again=[note(3, "ERASED")]
    )
    assert (delivery.counts.held, delivery.let_through, delivery.taken) == (
        1,
        frozenset(),
        frozenset(),
    )
    assert [one.rule for one in delivery.rows_held] == ["ERASED"]


def test_a_row_that_was_taken_cannot_be_turned_away_nor_the_other_way_round():
    delivery = holding(note(3), note(5, record=BEN))
    taken = taking(after(delivery, approve(row(3))), row(3))
    with pytest.raises(RowDecisionError, match="row 3 was approved and taken"):
        decide(RejectRows([row(3)]), taken)
    turned = after(delivery, RejectRows([row(5, BEN)]))
    with pytest.raises(RowDecisionError, match="row 5 was rejected"):
        decide(approve(row(5, BEN)), turned)
    assert decide(RejectRows([row(5, BEN)]), turned) == []


DECISIONS = st.lists(
    st.tuples(st.sampled_from([ApproveRows, RejectRows, None]), st.integers(1, 5)), max_size=8
)
"""Approvals and rejections of a line; None: the file is read again."""


@given(records=st.lists(st.sampled_from([ADA, BEN]), min_size=5, max_size=5), decisions=DECISIONS)
def test_counts_add_up_whatever_is_decided(records, decisions):
    delivery = holding(*(note(line, "KEY-TWICE", name) for line, name in enumerate(records, 1)))
    for command, line in decisions:
        if command is None:
            delivery = taking(delivery, *delivery.let_through)
            continue
        meant = [row(line, records[line - 1])]
        made = approve(*meant) if command is ApproveRows else RejectRows(meant)
        try:
            delivery = after(delivery, made)
        except RowDecisionError:
            continue
        assert decide(made, delivery) == []
    counts = delivery.counts
    assert counts.rows == 9 == counts.new + counts.changed + counts.held + counts.rejected
    assert counts.held == len(delivery.rows_held)
    assert len({each.record for each in delivery.taken}) == len(delivery.taken)
