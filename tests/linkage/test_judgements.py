"""What judgements mean together: through others, through the withdrawn, and at a never-link."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from linkage.judgements import chain, implied
from linkage.resolve import Judgement, Member, Pair, resolve


def link(left, right):
    return Judgement(left, right, same=True)


def apart(left, right):
    return Judgement(left, right, same=False)


def side(*records):
    return frozenset(records)


def test_a_withdrawn_record_still_joins_the_two_that_were_judged_with_it():
    assert implied([link(1, 2), link(2, 3)], [], {1, 3}) == [link(1, 3)]


def test_a_withdrawn_record_still_keeps_its_own_from_another():
    assert implied([link(1, 2), apart(2, 3)], [], {1, 3}) == [apart(1, 3)]


def test_whoever_is_judged_one_child_with_a_side_is_kept_from_the_other():
    found = implied([link(1, 3)], [(side(1), side(2))], {2, 3})
    assert found == [apart(3, 2)]


def test_an_identity_that_was_given_up_is_said_to_be():
    sides = side(5), side(2)
    found = implied([], [sides, (side(1), side(3))], {1, 2, 3, 5}, given_up=[sides])
    assert found == [Judgement(5, 2, same=False, given_up=True), apart(1, 3)]


def test_a_never_link_outranks_the_judgement_that_joins_its_sides():
    found = implied([link(1, 2)], [(side(1), side(2))], {1, 2})
    assert found == [apart(1, 2)]


def test_a_chain_of_judgements_that_leads_across_a_never_link_is_void():
    found = implied([link(1, 3), link(3, 2), link(2, 4)], [(side(1), side(2, 4))], {1, 2, 3, 4})
    assert link(2, 4) in found
    assert not any(j.same for j in found if {j.left, j.right} != {2, 4})


def test_a_new_link_is_gainsaid_by_the_chain_with_one_apart_in_it():
    judged = [link(1, 2), apart(2, 3), link(3, 4)]
    assert chain(judged, 1, 4, same=True) == judged
    assert chain(judged[:2], 1, 4, same=True) is None


def test_a_new_apart_is_gainsaid_by_a_chain_of_links():
    judged = [link(1, 2), link(2, 3), apart(3, 4)]
    assert chain(judged, 1, 3, same=False) == judged[:2]
    assert chain(judged, 1, 4, same=False) is None


def test_two_aparts_in_a_chain_gainsay_nothing():
    assert chain([apart(1, 2), apart(2, 3)], 1, 3, same=True) is None


RECORDS = range(1, 8)
pairs = st.sampled_from(list(combinations(RECORDS, 2)))
acts = st.lists(st.tuples(pairs, st.booleans()), max_size=10)


@st.composite
def never_links(draw):
    left = draw(st.frozensets(st.sampled_from(RECORDS), min_size=1, max_size=3))
    right = draw(st.frozensets(st.sampled_from(RECORDS), min_size=1, max_size=3)) - left
    return left, right


def accepted(acts):
    """The judgements that stand when each is refused where the earlier ones gainsay it."""
    judged: list[Judgement] = []
    for (left, right), same in acts:
        known = any((j.left, j.right) == (left, right) for j in judged)
        if not known and chain(judged, left, right, same=same) is None:
            judged.append(Judgement(left, right, same))
    return judged


def children(judged, sides, weights, members=RECORDS):
    found = [
        Pair(left, right, weight, 0, "link" if weight > 8 else "review", margin=0.0)
        for (left, right), weight in weights.items()
        if {left, right} <= set(members)
    ]
    known = [Member(n, f"source {n}", str(n)) for n in members]
    return resolve(known, found, implied(judged, sides, members)).children


weights = st.dictionaries(pairs, st.floats(-5, 30), max_size=12)


@given(acts, weights)
def test_whatever_the_model_says_every_judgement_is_obeyed(acts, weights):
    judged = accepted(acts)
    of = {record: child for child in children(judged, [], weights) for record in child}
    for one in judged:
        assert (of[one.left] is of[one.right]) == one.same


@given(acts, st.lists(never_links(), max_size=2), weights)
def test_whatever_was_judged_no_child_stands_on_both_sides(acts, never_links, weights):
    for child in children(accepted(acts), never_links, weights):
        for left, right in never_links:
            assert not (child & left and child & right)


@given(acts, st.lists(never_links(), max_size=2), weights, st.randoms(use_true_random=False))
def test_the_order_in_which_judgements_came_does_not_matter(acts, never_links, weights, random):
    judged = accepted(acts)
    shuffled = random.sample(judged, len(judged))
    assert children(judged, never_links, weights) == children(shuffled, never_links[::-1], weights)


@given(acts, weights, st.frozensets(st.sampled_from(RECORDS)))
def test_withdrawing_a_record_reverses_no_judgement_on_the_others(acts, weights, withdrawn):
    judged = accepted(acts)
    members = [record for record in RECORDS if record not in withdrawn]
    of = {r: c for c in children(judged, [], weights, members) for r in c}
    for one in implied(judged, [], RECORDS):
        if one.left in of and one.right in of:
            assert (of[one.left] is of[one.right]) == one.same
