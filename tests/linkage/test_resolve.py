"""Records become children whatever the order, and nothing is joined against a constraint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.compare.dates import Birth
from linkage.compare.identifiers import Nhs
from linkage.compare.names import Family, Given
from linkage.compare.places import Place
from linkage.pattern import encode
from linkage.resolve import (
    BY_WEIGHT,
    CROWD,
    RIVAL,
    Judgement,
    Member,
    Pair,
    neighbourhoods,
    resolve,
    with_rivals,
)
from linkage.rivals import HIDDEN

EXACT = encode({"given": 1, "family": 1, "birth": 1})
NEAR = encode({"given": 4, "family": 1, "birth": 1})
TWO_NUMBERS = encode({"given": 1, "family": 1, "birth": 1, "nhs": 4})


def health(n):
    return Member(n, "pds", f"k{n}", "pds")


def school(n):
    return Member(n, "school", f"k{n}")


def link(a, b, weight=10.0, pattern=EXACT):
    return Pair(a, b, weight, pattern, "link")


def review(a, b, weight=2.0):
    return Pair(a, b, weight, NEAR, "review")


def groups(resolution):
    return set(resolution.children)


@st.composite
def neighbourhood(draw):
    count = draw(st.integers(2, 7))
    members = [draw(st.sampled_from([health, school]))(n) for n in range(count)]
    every = [(a, b) for a in range(count) for b in range(a + 1, count)]
    chosen = draw(st.lists(st.sampled_from(every), unique=True, max_size=len(every)))
    pairs = [
        Pair(
            a, b, draw(st.sampled_from([-4.0, 3.0, 8.0, 10.0, 20.0])),
            draw(st.sampled_from([EXACT, NEAR, TWO_NUMBERS])),
            draw(st.sampled_from(["link", "review", "non_link"])),
            draw(st.sampled_from([None, 0.0, 4.0])),
        )
        for a, b in chosen
    ]  # fmt: skip
    judged = draw(st.lists(st.sampled_from(every), unique=True, max_size=2))
    judgements = [Judgement(a, b, draw(st.booleans())) for a, b in judged]
    return members, pairs, judgements


@given(neighbourhood(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(given_, rng):
    members, pairs, judgements = given_
    expected = resolve(members, pairs, judgements)
    for sequence in (members, pairs, judgements):
        rng.shuffle(sequence)
    turned = [p._replace(left=p.right, right=p.left) for p in pairs]
    found = resolve(members, turned, judgements)
    assert (found.children, found.referred) == (expected.children, expected.referred)
    assert found.evidence == expected.evidence


@given(neighbourhood())
def test_a_partition_holds_every_record_once_and_breaks_no_never_link(given_):
    members, pairs, judgements = given_
    found = resolve(members, pairs, judgements)
    assert sorted(o for child in found.children for o in child) == [m.ordinal for m in members]
    same = [j for j in judgements if j.same]
    for j in judgements:
        together = any({j.left, j.right} <= child for child in found.children)
        assert together == j.same or same


@given(neighbourhood())
def test_new_ordinals_give_the_same_children(given_):
    members, pairs, _ = given_
    new = {m.ordinal: 100 - m.ordinal for m in members}
    again = resolve(
        [m._replace(ordinal=new[m.ordinal]) for m in members],
        [p._replace(left=new[p.left], right=new[p.right]) for p in pairs],
    )
    expected = [{new[o] for o in child} for child in resolve(members, pairs).children]
    assert [set(child) for child in again.children] == expected


def test_two_records_of_a_source_with_one_record_each_are_two_children():
    found = resolve([health(1), health(2), school(3)], [link(1, 3, 20), link(2, 3, 10)])
    assert groups(found) == {frozenset({1, 3}), frozenset({2})}


def test_equally_strong_rivals_are_referred_and_not_linked():
    found = resolve([health(1), health(2), school(3)], [link(1, 3), link(2, 3)])
    assert groups(found) == {frozenset({1}), frozenset({2}), frozenset({3})}
    assert {(p.left, p.right) for p in found.referred} == {(1, 3), (2, 3)}


def test_an_exact_forename_beats_a_near_one():
    pairs = [link(1, 3, 14, EXACT), review(2, 3, 4)]
    assert frozenset({1, 3}) in resolve([health(1), health(2), school(3)], pairs).children


def test_twins_with_a_partner_each_are_no_rivals():
    pairs = [link(1, 3, 20), link(2, 4, 20), link(1, 4, 18), link(2, 3, 18)]
    found = resolve([health(1), health(2), school(3)._replace(exclusive="s"),
                     school(4)._replace(exclusive="s")], pairs)  # fmt: skip
    assert groups(found) == {frozenset({1, 3}), frozenset({2, 4})}
    assert found.referred == ()


def test_a_contradiction_anywhere_between_two_groups_keeps_them_apart():
    pairs = [link(1, 2, 20), link(3, 4, 19), link(2, 3, 18), link(1, 4, 5, TWO_NUMBERS)]
    found = resolve([school(n) for n in (1, 2, 3, 4)], pairs)
    assert groups(found) == {frozenset({1, 2}), frozenset({3, 4})}


def test_a_steward_outranks_the_weight_both_ways():
    members = [school(1), school(2), school(3)]
    apart = resolve(members, [link(1, 2, 30)], [Judgement(1, 2, False)])
    assert frozenset({1}) in apart.children
    assert apart.referred == ()
    joined = resolve(members, [], [Judgement(1, 3, True)])
    assert frozenset({1, 3}) in joined.children


def test_a_possible_link_is_referred_until_both_stand_together():
    assert len(resolve([school(1), school(2)], [review(1, 2)]).referred) == 1
    pairs = [review(1, 2), link(1, 3), link(2, 3)]
    assert resolve([school(1), school(2), school(3)], pairs).referred == ()


def test_evidence_is_the_strongest_pair_within_the_child():
    found = resolve([school(1), school(2), school(3)], [link(1, 2, 20), link(1, 3, 12)])
    strongest = {o: pair.weight for o, pair in found.evidence.items() if pair}
    assert strongest == {1: 20, 2: 20, 3: 12}


def test_a_nameless_record_makes_no_child():
    nameless = school(2)._replace(makes_child=False)
    alone = resolve([school(1), nameless], [])
    assert alone.unplaced == {2}
    assert groups(alone) == {frozenset({1})}
    assert groups(resolve([school(1), nameless], [link(1, 2)])) == {frozenset({1, 2})}


def test_a_crowd_is_resolved_on_links_only_and_says_so():
    members = [school(n) for n in range(201)]
    found = resolve(members, [link(0, 1), review(1, 2)])
    assert found.crowded
    assert found.referred == ()
    assert frozenset({0, 1}) in found.children


def test_as_many_records_as_are_no_crowd_yet_are_resolved_whole():
    found = resolve([school(n) for n in range(CROWD)], [link(0, 1), review(2, 3)])
    assert not found.crowded
    assert found.referred == (review(2, 3),)


def test_a_never_link_holds_through_a_third_record_whichever_side_was_named_first():
    pairs = [link(1, 2, 20), link(2, 3, 19)]
    for left, right in ((1, 3), (3, 1)):
        found = resolve([school(n) for n in (1, 2, 3)], pairs, [Judgement(left, right, same=False)])
        assert groups(found) == {frozenset({1, 2}), frozenset({3})}


def test_neighbourhoods_are_the_connected_sets_of_pairs():
    found = neighbourhoods(np.array([5, 1, 3]), np.array([6, 2, 1]))
    assert [list(n) for n in found] == [[1, 2, 3], [5, 6]]


def test_a_possible_link_without_a_rival_is_linked():
    alone = review(1, 3, 3.0)._replace(margin=0.0)
    assert groups(resolve([health(1), school(3)], [alone])) == {frozenset({1, 3})}
    rival = review(2, 3, 1.5)._replace(margin=0.0)
    found = resolve([health(1), health(2), school(3)], [alone, rival])
    assert len(found.children) == 3
    assert set(found.referred) == {alone, rival}


def test_a_rival_takes_from_a_weight_and_the_want_of_one_adds_to_it():
    members = [health(1), health(2), school(3)]
    assert with_rivals([link(1, 3, 8.0)], members)[0] > 8
    both = [link(1, 3, 8.0), link(2, 3, 8.0)]
    assert all(weight < 1 for weight in with_rivals(both, members))


def test_what_is_no_link_alone_is_no_rival():
    members = [health(1), health(2), school(3)]
    alone = with_rivals([link(1, 3, 8.0)], members)
    other = Pair(2, 3, 8.0, EXACT, "non_link")
    assert with_rivals([link(1, 3, 8.0), other], members)[:1] == alone


def test_two_that_weigh_more_than_counts_are_rivals_all_the_same():
    both = [link(1, 3, 300.0), link(2, 3, 100.0)]
    assert all(-1 < weight < 1 for weight in with_rivals(both, [health(1), health(2), school(3)]))


def test_a_rival_counts_the_less_the_surer_it_goes_elsewhere():
    members = [health(1), health(2), school(3), school(4)]
    pairs = [link(1, 3, 8.0), link(2, 3, 7.0), link(2, 4, 9.0)]
    goes_elsewhere = 1 + 2.0**9 / HIDDEN**2
    against = HIDDEN**2 + 2.0**7 / goes_elsewhere
    assert with_rivals(pairs, members)[0] == pytest.approx(8.0 - np.log2(against))


def test_whoever_goes_to_a_record_that_stands_in_is_a_rival_no_less():
    """It stands in no longer once somebody came to it, and what was linked would come apart."""
    members = [health(1), health(2)._replace(stands_in=True), school(3), school(4)]
    pairs = [link(1, 3, 8.0), link(1, 4, 7.0), link(2, 4, 9.0)]
    against = HIDDEN**2 + 2.0**7
    assert with_rivals(pairs, members)[0] == pytest.approx(8.0 - np.log2(against))


def test_a_pair_that_weighs_just_enough_is_linked():
    members = [health(1), school(3)]
    for pair in (link(1, 3, 4.0), review(1, 3, 4.0)._replace(margin=0.0)):
        enough = with_rivals([pair], members)[0]
        assert groups(resolve(members, [pair], sure=enough)) == {frozenset({1, 3})}
        assert len(resolve(members, [pair], sure=enough + 1e-6).children) == 2


def test_of_pairs_as_strong_the_first_by_source_and_key_is_the_evidence_and_is_asked_first():
    members = [school(n) for n in (1, 2, 3)]
    for pairs in (links := [link(1, 2), link(1, 3)], links[::-1]):
        evidence = resolve(members, pairs).evidence
        assert evidence == {1: link(1, 2), 2: link(1, 2), 3: link(1, 3)}
    for pairs in (reviews := [review(1, 2), review(1, 3)], reviews[::-1]):
        assert resolve(members, pairs).referred == (review(1, 2), review(1, 3))


def test_a_possible_link_to_a_child_that_has_its_record_of_the_source_is_settled():
    members = [health(1), health(2), school(3)]
    assert resolve(members, [link(1, 3, 20.0), review(2, 3)]).referred == ()


def test_only_names_day_and_home_together_say_that_two_of_one_source_are_one_child():
    members = [health(1), health(2), school(3)]
    home = {"given": 1, "family": 1, "birth": 1, "place": 1}
    less = ({"given": Given.EQUIVALENT}, {"family": Family.DIFFERENT}, {"birth": Birth.SLIP},
            {"place": Place.SECTOR})  # fmt: skip
    for levels in less:
        code, whole = encode(home | levels), encode(home)
        for one, other in ((code, code), (code, whole), (whole, code)):
            found = with_rivals([link(1, 3, 12.0, one), link(2, 3, 12.0, other)], members)
            assert all(weight < 1 for weight in found)


def test_of_two_as_heavy_the_one_with_the_exact_forename_is_joined_first():
    members = [
        Member(1, "gp", "a", verified="9000000009"),
        Member(2, "school", "b"),
        Member(3, "clinic", "c", verified="9000000025"),
    ]
    pairs = [link(2, 3, 15.0, NEAR), link(1, 2, 15.0, EXACT)]
    assert groups(resolve(members, pairs)) == {frozenset({1, 2}), frozenset({3})}


def test_having_no_rival_says_little_where_few_children_are_held():
    alone = review(1, 3, 2.0)._replace(margin=0.0)
    cared_for = Member(3, "social", "k3", "social", few=True)
    assert groups(resolve([health(1), cared_for], [alone])) == {frozenset({1}), frozenset({3})}
    assert groups(resolve([health(1), school(3)], [alone])) == {frozenset({1, 3})}


def test_what_a_rule_refers_is_not_linked_for_want_of_rivals():
    assert len(resolve([health(1), school(3)], [review(1, 3, 9.0)]).children) == 2


def test_the_further_from_home_a_possible_link_is_the_surer_it_has_to_be():
    far = review(1, 3, 3.0)._replace(margin=4.0)
    assert len(resolve([health(1), school(3)], [far]).children) == 2
    surer = far._replace(weight=7.0)
    assert groups(resolve([health(1), school(3)], [surer])) == {frozenset({1, 3})}


def test_a_record_that_one_member_of_a_child_doubts_hangs_on_by_the_other_only_if_that_is_sure():
    members = [health(1), school(3), Member(5, "care", "k5", few=True)]
    doubt = review(1, 5, -6.0)
    weak, strong = link(3, 5, 5.0), link(3, 5, 15.0)
    apart = resolve(members, [link(1, 3, 20.0), weak, doubt])
    assert groups(apart) == {frozenset({1, 3}), frozenset({5})}
    assert {(p.left, p.right) for p in apart.referred} == {(5, 3), (5, 1)}
    assert groups(resolve(members, [link(1, 3, 20.0), strong, doubt])) == {frozenset({1, 3, 5})}


def test_two_records_of_a_source_are_less_likely_one_child_where_each_school_holds_one_of_each():
    one, other = (Member(n, "school", f"k{n}", f"school {n}") for n in (1, 2))
    assert len(resolve([one, other], [link(1, 2, 8.0)]).children) == 2
    assert len(resolve([one, other], [link(1, 2, 15.0)]).children) == 1
    assert len(resolve([school(1), school(2)], [link(1, 2, 8.0)]).children) == 1
    assert len(resolve([one, school(2)], [link(1, 2, 8.0)]).children) == 1


def test_a_rival_that_has_a_partner_of_its_own_is_none():
    members = [health(1), health(2), school(3), school(4)]
    pairs = [link(1, 3), link(2, 3, 9.0), link(2, 4, 15.0)]
    assert groups(resolve(members, pairs)) == {frozenset({1, 3}), frozenset({2, 4})}


def test_the_new_identity_stays_a_rival_to_a_twin_whom_the_old_one_is_like():
    new, twin, old, other = health(1), health(2), school(3), school(4)
    pairs = [link(3, 1, 12.0), link(3, 2, 9.0)]
    given_up = Judgement(3, 1, same=False, given_up=True)
    assert len(resolve([new, twin, old], pairs, [given_up]).children) == 3
    # Also where both twins were given new identities, and each has but the other's record left.
    older, both = school(5), [*pairs, link(5, 2, 12.0), link(5, 1, 9.0)]
    twice = [given_up, Judgement(5, 2, same=False, given_up=True)]
    members = [new, twin, old, older]
    assert len(resolve(members, both, twice).children) == 4
    # A steward who keeps two apart says that they are two persons.
    apart = Judgement(3, 1, same=False)
    assert frozenset({2, 3}) in resolve([new, twin, old], pairs, [apart]).children
    # However little the new identity looks like the old one, if a person may be asked.
    less = [review(3, 1, 12.0), pairs[1]]
    assert len(resolve([new, twin, old], less, [given_up]).children) == 3
    # To what the new identity may be linked to the old one is no rival.
    both = [*pairs, link(4, 1, 12.0)]
    assert frozenset({1, 4}) in resolve([new, twin, old, other], both, [given_up]).children


def test_a_child_registered_twice_at_one_source_is_no_rival_of_itself():
    pattern = encode({"given": 1, "family": 1, "birth": 1, "place": 1})
    pairs = [link(1, 3, 12.0, pattern), link(2, 3, 12.0, pattern)]
    found = resolve([health(1), health(2), school(3)], pairs)
    assert frozenset({1, 3}) in found.children
    # A number that one of the two lacks says nothing of whether they are two children.
    numbered = [health(1)._replace(verified="9000000009"), health(2), school(3)]
    assert frozenset({1, 3}) in resolve(numbered, pairs).children
    moved = encode({"given": 1, "family": 4, "birth": 1, "place": 2})
    pairs = [link(1, 3, 12.0, pattern), link(2, 3, 11.0, moved)]
    found = resolve([health(1), health(2), school(3)], pairs)
    assert frozenset({1, 3}) in found.children
    assert found.referred == (pairs[1],)


def test_two_whom_a_steward_said_to_be_one_child_are_no_rivals_of_each_other():
    members, pairs = [health(1), health(2), school(3)], [link(1, 3, 8.0), link(2, 3, 8.0)]
    assert len(resolve(members, pairs).children) == 3
    judged = resolve(members, pairs, [Judgement(1, 2, same=True)])
    assert groups(judged) == {frozenset({1, 2, 3})}
    assert judged.referred == ()


def test_two_records_that_are_one_child_only_for_want_of_a_rival_are_no_rivals_of_each_other():
    one, other = (Member(n, "school", f"k{n}", f"school {n}") for n in (3, 4))
    twice = review(3, 4, 12.0)._replace(margin=0.0)
    pairs = [twice, link(1, 3, 6.0), link(1, 4, 5.5)]
    assert groups(resolve([health(1), one, other], pairs)) == {frozenset({1, 3, 4})}
    # Too light for a source whose schools hold one record each: then either may be another child.
    doubtful = [twice._replace(weight=8.0), *pairs[1:]]
    assert len(resolve([health(1), one, other], doubtful).children) == 3


def test_namesakes_with_verified_numbers_of_their_own_are_rivals_however_alike():
    home = encode({"given": 1, "family": 1, "birth": 1, "place": 1})
    alike = [health(1)._replace(verified="9000000009"), health(2)._replace(verified="9000000017")]
    pairs = [link(1, 3, 20.0, home), link(2, 3, 20.0, home)]
    found = resolve([*alike, school(3)], pairs)
    assert groups(found) == {frozenset({1}), frozenset({2}), frozenset({3})}
    assert {(p.left, p.right) for p in found.referred} == {(1, 3), (2, 3)}


def test_two_pupil_numbers_are_two_children_unless_they_link_alone():
    one = school(1)._replace(upns=frozenset({"a"}))
    # Of another source: two records of one are rivals, and part for that alone.
    other = Member(2, "academy", "k2", upns=frozenset({"b"}))
    pairs = [link(1, 3, 20.0), link(2, 3, 19.0)]
    members = [one, other, Member(3, "care", "k3")]
    unnumbered = [one, other._replace(upns=frozenset()), members[2]]
    assert frozenset({1, 2, 3}) in resolve(unnumbered, pairs).children
    assert frozenset({1, 2, 3}) not in resolve(members, pairs).children
    assert frozenset({1, 2, 3}) in resolve(members, [*pairs, link(1, 2, 12.0)]).children
    # A number in common, be it a former one, is enough.
    former = [one, other._replace(upns=frozenset({"a", "b"})), members[2]]
    assert frozenset({1, 2, 3}) in resolve(former, pairs).children


def test_two_pupils_who_link_alone_are_one_whichever_of_them_is_joined_first():
    members = [
        Member(1, "b", "k1", few=True, upns=frozenset({"a"})),
        Member(2, "c", "k2", few=True, upns=frozenset({"b"})),
        Member(3, "a", "k3"),
    ]
    for first, second in ((1, 2), (2, 1)):
        pairs = [link(first, 3, 20.0), link(second, 3, 19.0)]
        assert frozenset({1, 2, 3}) not in resolve(members, pairs).children
        assert frozenset({1, 2, 3}) in resolve(members, [*pairs, link(1, 2, 1.0)]).children


def test_two_verified_numbers_are_two_children_even_through_a_third_record():
    members = [
        Member(1, "gp", "a", verified="9000000009"),
        Member(2, "school", "b"),
        Member(3, "clinic", "c", verified="9000000025"),
    ]
    pairs = [Pair(1, 2, 15.0, 0, "link"), Pair(2, 3, 14.0, 0, "link")]
    children = resolve(members, pairs).children
    assert not any({1, 3} <= child for child in children)


def test_by_weight_alone_two_as_strong_are_rivals_unless_one_goes_elsewhere_or_both_may():
    """Of tables of another shape, whose records may exclude each other."""

    def resolved(members, pairs):
        return groups(resolve(members, pairs, reading=BY_WEIGHT))

    two, one = [health(1), health(2)], school(3)
    close = [link(1, 3, 10.0), link(2, 3, 9.0)]
    assert resolved([*two, one], close) == {frozenset({n}) for n in (1, 2, 3)}
    clear = [link(1, 3, 9.0 + RIVAL), link(2, 3, 9.0)]
    assert resolved([*two, one], clear) == {frozenset({1, 3}), frozenset({2})}
    elsewhere = [*close, link(2, 4, 15.0)]
    assert resolved([*two, one, school(4)], elsewhere) == {frozenset({1, 3}), frozenset({2, 4})}
    both = [link(1, 3, 10.0), link(1, 4, 9.0)]
    assert resolved([health(1), one, school(4)], both) == {frozenset({1, 3, 4})}


SHARED = encode({"given": Given.DIFFERENT, "family": 1, "birth": 1, "nhs": Nhs.VERIFIED})


def crossed(a, b):
    return Pair(a, b, 10.0, TWO_NUMBERS, "non_link", crossed=True)


def at(resolution):
    return {frozenset((pair.left, pair.right)) for pair in resolution.referred}


def test_records_that_exchanged_their_numbers_follow_neither_and_await_a_person():
    """Two twins (1, 2) whose school states each with the other's number (3, 4): case 27."""
    twins, rows = [health(1), health(2)], [school(3), school(4)]
    by_number = [Pair(a, b, 30.0, SHARED, "review", 0.0) for a, b in ((1, 4), (2, 3))]
    by_name = [crossed(1, 3), crossed(2, 4)]
    found = resolve([*twins, *rows], by_number + by_name)
    assert groups(found) == {frozenset([n]) for n in (1, 2, 3, 4)}
    assert at(found) == {frozenset(ends) for ends in ((1, 4), (2, 3), (1, 3), (2, 4))}
    alone = resolve([*twins, *rows], by_number)
    assert groups(alone) == {frozenset((1, 4)), frozenset((2, 3))}


def test_a_number_that_two_children_state_awaits_a_person_though_each_has_its_partner():
    pairs = [link(1, 3, 20.0), Pair(1, 4, 9.0, SHARED, "review"), link(2, 4, 20.0)]
    members = [health(1), health(2), school(3), school(4)]
    found = resolve(members, pairs)
    assert groups(found) == {frozenset((1, 3)), frozenset((2, 4))}
    assert at(found) == {frozenset((1, 4))}
    assert at(resolve(members, pairs, [Judgement(1, 4, same=False)])) == set()


def test_two_records_of_one_source_that_share_a_number_join_nothing_and_await_a_person():
    twice = Pair(1, 2, 30.0, SHARED, "review", twice=True)
    members = [health(1), health(2)]
    found = resolve(members, [twice])
    assert groups(found) == {frozenset({1}), frozenset({2})}
    assert found.referred == (twice,)
    assert resolve(members, [twice], [Judgement(1, 2, same=False)]).referred == ()


def test_records_of_one_source_that_share_a_number_are_asked_about_once_for_two_children():
    one, other = (school(n)._replace(exclusive="s") for n in (3, 4))
    members = [health(1), health(2), one, other]
    links = [link(1, 3, 30.0), link(2, 4, 30.0)]
    twice = [Pair(a, b, 20.0, SHARED, "review", twice=True) for a, b in ((1, 2), (3, 4))]
    found = resolve(members, links + twice)
    assert groups(found) == {frozenset({1, 3}), frozenset({2, 4})}
    assert found.referred == (twice[0],)
    # Of which another pair of theirs asks already.
    at_home = encode({"given": 1, "family": 1, "birth": 1, "place": 1})
    moved = link(2, 3, 11.0, encode({"given": 1, "family": 4, "birth": 1, "place": 2}))
    asked = resolve(members[:3], [link(1, 3, 12.0, at_home), moved, twice[0]])
    assert asked.referred == (moved,)
    # Somebody has said of another record of theirs that they are two.
    assert resolve(members, links + twice, [Judgement(3, 2, same=False)]).referred == ()


def test_a_number_is_followed_by_neither_record_where_one_alone_is_like_another():
    """The record of a child (1) like its row (3); its number stands in another's row (4)."""
    by_number = Pair(1, 4, 30.0, SHARED, "review", 0.0)
    found = resolve([health(1), school(3), school(4)], [by_number, crossed(1, 3)])
    assert groups(found) == {frozenset([n]) for n in (1, 3, 4)}
    assert at(found) == {frozenset((1, 4)), frozenset((1, 3))}


def test_two_verified_numbers_that_differ_are_no_doubt_where_neither_is_anothers():
    assert at(resolve([health(1), school(3)], [crossed(1, 3)])) == set()
