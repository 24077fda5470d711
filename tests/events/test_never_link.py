"""Two sides that are never one child: drawn, grown, lifted."""

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from events.never_link import (
    DrawNeverLink,
    GiveSidesBack,
    GrowNeverLink,
    LiftNeverLink,
    NeverLink,
    NeverLinkDrawn,
    NeverLinkGrown,
    NeverLinkLifted,
    NoNeverLinkError,
    SidesError,
    SidesGivenBack,
    decide,
    evolve,
)
from tests.events.store_builders import record_id

ONE, TWO, THREE = (record_id(n) for n in (1, 2, 3))
DRAWN = NeverLinkDrawn((ONE,), (TWO,), "cora", "dele")
LIFTED = NeverLinkLifted("cora", "dele")


def given(*events):
    known = NeverLink()
    for event in events:
        known = evolve(known, event)
    return known


def grow(left=(), right=()):
    return GrowNeverLink(frozenset(left), frozenset(right))


def test_it_is_drawn_once():
    assert decide(DrawNeverLink(DRAWN), given()) == [DRAWN]
    assert decide(DrawNeverLink(DRAWN), given(DRAWN)) == []


@pytest.mark.parametrize(("left", "right"), [((ONE,), (ONE, TWO)), ((), (TWO,)), ((ONE,), ())])
def test_each_side_has_records_of_its_own(left, right):
    with pytest.raises(SidesError):
        decide(DrawNeverLink(NeverLinkDrawn(left, right, "cora", "dele")), given())


def test_a_side_grows_by_what_it_lacks():
    assert decide(grow(left=[ONE, THREE]), given(DRAWN)) == [NeverLinkGrown((THREE,), ())]
    assert decide(grow(left=[ONE]), given(DRAWN)) == []


def test_one_that_was_never_drawn_or_is_lifted_does_not_grow():
    assert decide(grow(left=[THREE]), given()) == []
    assert decide(grow(left=[THREE]), given(DRAWN, LIFTED)) == []


def test_it_is_lifted_once():
    assert decide(LiftNeverLink(LIFTED), given(DRAWN)) == [LIFTED]
    assert decide(LiftNeverLink(LIFTED), given(DRAWN, LIFTED)) == []
    with pytest.raises(NoNeverLinkError):
        decide(LiftNeverLink(LIFTED), given())


sides = st.lists(st.frozensets(st.integers(1, 9).map(record_id)), min_size=2, max_size=2)


@for_all(st.lists(sides, max_size=5))
def test_no_record_ever_stands_on_both_sides_or_leaves_one(growth):
    known = given(DRAWN)
    for left, right in growth:
        before = known
        for event in decide(grow(left, right), known):
            known = evolve(known, event)
        assert not known.left & known.right
        assert before.left <= known.left
        assert before.right <= known.right


@pytest.mark.parametrize("grown", [NeverLinkGrown((THREE,), ()), NeverLinkGrown((), (THREE,))])
def test_what_a_judgement_brought_leaves_its_side_and_may_come_back(grown):
    back = SidesGivenBack((THREE,))
    give = GiveSidesBack(frozenset([THREE]))
    assert decide(give, given(DRAWN, grown)) == [back]
    assert decide(give, given(DRAWN, grown, back)) == []
    assert decide(give, given(DRAWN, grown, LIFTED)) == []
    assert decide(grow(right=[THREE]), given(DRAWN, grown, back)) == [NeverLinkGrown((), (THREE,))]
