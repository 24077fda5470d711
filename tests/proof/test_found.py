"""What the random sequences found and was mended, each as short as it can be told."""

import pytest

from tests.proof.drawn import drawn
from tests.proof.invariants import Index


def begun(folder):
    made = Index.begin(folder)
    made.store = made.home.opened()
    made.read()
    yield made
    made.store.close()


@pytest.fixture
def index(tmp_path):
    yield from begun(tmp_path)


def test_a_side_that_grows_is_resolved_again_in_the_same_run(index):
    """A school's record joins the new identity, and is kept from the old one only from then on."""
    index.adopted("chess:CHESSLAQZ0003")
    index.load("schools", [(4, "renamed")])
    index._nothing_is_left_to_link()


def test_a_record_left_of_nobody_is_lifted_with_the_shield_that_it_came_under(index):
    index.load("trace", [(3, "")])
    index.shield("pds:9000000033")
    index.load("pds", [(3, "bare")])
    index.lift("pds:9000000033")
    index.holds_thoroughly()


def test_a_pair_that_somebody_asked_about_is_not_referred_again(index):
    """Two records exchange their numbers: that is asked about, and of one source they share one."""
    index.load("pds", [(0, "swapped")])
    index._nothing_is_left_to_link()


def test_nobody_comes_under_a_shield_by_a_link_that_the_same_run_takes_back(index):
    """A record is put with a shielded child, and a side that grows by it parts the two again."""
    index.adopt(1)
    index.judge("chess:CHESSLAQZ0003", "pds:9000000068", "link")
    index.split("chess:CHESSLAQZ0006", keeps=False)
    index.adopted("chess:CHESSLAQZ0003")
    index.shield("pds:9000000025")
    index.load("schools", [(3, "no number"), (5, "marked"), (4, "moved"), (0, "marked")])
    index.holds()


def test_who_comes_to_an_identity_that_nobody_states_now_comes_under_its_shield(index):
    """The school leaves out twins: the new identity of one stands in, and the other comes to it."""
    index.adopted("chess:CHESSLAQZ0002")
    index.shield("chess:CHESSLAQZ0002")
    index.load("chess", [(7, "")])
    index.holds()
    index.holds_thoroughly()
    assert "pds:9000000041" in index.truth.shielded


def test_the_records_of_an_old_identity_are_not_split(index):
    """They are held together, and each would be seen alone."""
    index.judge("chess:CHESSLAQZ0005", "chess:CHESSLAQZ0006", "link")
    index.adopted("pds:9000000041")
    for _ in range(2):
        index.split("pds:9000000068", keeps=True)
    index.holds()
    assert index.seen["split refused"] == 2


def test_an_old_identity_that_was_put_with_another_stays_hidden_when_its_own_adoption_ends(index):
    for one in ("chess:CHESSLAQZ0001", "chess:CHESSLAQZ0004"):
        index.adopted(one)
    index.judge("pds:9000000009", "pds:9000000033", "link")
    index.end_never_link(1)
    index.holds()
    assert {"pds:9000000009", "pds:9000000033"} <= index.truth.unseen()


def test_an_identity_stays_ended_by_an_adoption_of_which_an_erased_record_alone_is_left(index):
    """Of an old identity one record becomes a new one, and the first adoption was an error."""
    index.load("club", [(0, "")])
    index.erase("club:CLUBLAQZ0001", child=False)
    index.adopted("chess:CHESSLAQZ0001")
    index.adopted("pds:9000000009")
    index.end_never_link(0)
    index.holds_thoroughly()


def test_a_plan_knows_of_what_is_withheld(index):
    """The record taken off joins a shielded child, of whom another of its source is withheld."""
    index.load("trace", [(5, "renamed")])
    index.shield("chess:CHESSLAQZ0006")
    index.load("club", [(5, "nameless"), (4, "no number")])
    assert index.under("withheld") == {"club:CLUBLAQZ0006"}
    index.split("club:CLUBLAQZ0003", keeps=True)
    assert index.seen["splits as planned"] == 1


def test_a_new_identity_is_not_shielded_for_a_record_that_was_the_childs_for_a_moment(index):
    """A judgement put a twin's record with the child; it was undone, and the twin was erased."""
    index.judge_and_undo("chess:CHESSLAQZ0008", "pds:9000000076", "link")
    index.load("trace", [(6, "marked")])
    index.erase("pds:9000000076", child=True)
    index.load("trace", [(7, "")])
    index.adopted("pds:9000000084")
    index.holds()


def test_what_was_withheld_when_it_was_judged_is_withheld_again_when_that_is_undone(index):
    """It was a child of its own once, before its school stated it anew beside a shielded child."""
    index.erase("pds:9000000017", child=False)
    index.load("chess", [(6, ""), (2, "")], link=False)
    index.shield("pds:9000000041")
    index.link()
    index.judge_and_undo("chess:CHESSLAQZ0002", "pds:9000000009", "link")
    assert "chess:CHESSLAQZ0002" in index.under("withheld")


def test_what_a_split_takes_out_of_a_child_is_seen_as_its_plan_says(index):
    """The part that keeps no number bears that of a shielded child, and was seen all the while."""
    index.load("pds", [(5, "swapped")])
    index.shield("chess:CHESSLAQZ0002")
    index.split("chess:CHESSLAQZ0006", keeps=True)
    assert index.seen["splits as planned"] == 1
    assert not index.under("withheld")


def test_what_another_adoption_made_new_stays_of_its_number_when_the_first_is_lifted(index):
    """The whole of an old identity is made a new one: its first number is given up by both."""
    index.adopted("chess:CHESSLAQZ0003")
    index.adopted("pds:9000000025")
    index.end_never_link(0)
    index.holds_thoroughly()


def test_an_old_identity_is_held_together_again_when_what_showed_some_of_it_is_undone(index):
    """A link brings some of it to a child that is seen: the rest goes with whom it is like."""
    index.load("chess", [(6, ""), (0, ""), (2, ""), (7, "no number")])
    index.judge("pds:9000000025", "pds:9000000068", "link")
    index.load("cases", [(0, ""), (3, "swapped")])
    index.judge("chess:CHESSLAQZ0007", "chess:CHESSLAQZ0008", "link")
    index.load("club", [(7, ""), (3, ""), (0, "nameless"), (5, "")])
    index.load("transfer", [(1, "marked"), (6, "month"), (0, "marked")])
    index.undo(("pds:9000000025", "pds:9000000068"))
    index.judge("chess:CHESSLAQZ0008", "pds:9000000041", "link")
    index.adopted("transfer:K801200024001")
    index.adopted("chess:CHESSLAQZ0008")
    index.judge_and_undo("transfer:K801200024001", "cases:LAQZ0005", "link")


def test_a_number_shared_with_a_shielded_child_stays_a_question_where_the_other_has_no_name(index):
    """A trace that makes no child of its own; what all at once asks about a delta has asked."""
    index.load("trace", [(4, "swapped")])
    pair = {"trace:HOSPLAQZ0003", "pds:9000000017"}

    def waiting():
        pairs = index.store.workings.open_pairs()
        return [{index.ids[one.left], index.ids[one.right]} for one in pairs]

    assert pair in waiting()
    index.shield("pds:9000000017")
    index.load("pds", [(one, "moved") for one in range(8)])
    assert pair in waiting()
    index._nothing_is_left_to_link()
    index.lift("pds:9000000017")
    index.link()
    index._nothing_is_left_to_link()


def test_who_goes_back_to_an_old_identity_goes_as_the_next_run_has_them(index):
    """Two of one child are adopted, one after the other, and the second adoption is taken back.

    A record nearly like both tells by then whether that one is seen.
    """
    index.load("trace", [(6, ""), (0, ""), (4, ""), (7, "swapped")])
    index.load("chess", [(4, "moved")])
    transfers = [(5, "renamed"), (1, "month"), (0, "typo"), (4, "swapped")]
    index.load("transfer", transfers, link=False)
    index.adopted("trace:HOSPLAQZ0003")
    index.adopted("transfer:L801200024021")
    index.end_never_link(1)
    index.holds_thoroughly()


def test_nobody_comes_under_a_shield_by_a_number_that_is_heard_only_then(index):
    """A number alone says nothing across a shield, and speaks against whom it spreads to."""
    index.load("trace", [(0, "")])
    index.load("club", [(2, "swapped"), (1, "")])
    index.shield("pds:9000000017")
    index.load("pds", [(3, "no number"), (0, ""), (1, ""), (6, "")])
    index.judge("chess:CHESSLAQZ0001", "pds:9000000041", "link")
    index.load("chess", [(0, ""), (1, ""), (4, "renamed")])
    index.split("pds:9000000017", keeps=True)
    assert "pds:9000000041" not in index.truth.shielded
    index.holds_thoroughly()


def test_a_number_that_a_second_adoption_holds_answers_not_by_a_record_of_nobody(index):
    """The old side of the second has no record but one that makes no child of its own."""
    index.load("trace", [(3, "bare"), (1, "moved"), (7, "marked"), (4, "renamed")])
    index.adopted("pds:9000000025")
    index.adopted("chess:CHESSLAQZ0003")
    index.end_never_link(0)
    index.holds_thoroughly()


def test_who_was_linked_by_a_steward_is_no_rival_once_another_rival_is_erased(index):
    """A twin's record made one of the two surer to go elsewhere, so that neither counted much."""
    index.load("pds", [(0, ""), (5, ""), (1, ""), (2, "nameless")])
    index.erase("chess:CHESSLAQZ0007", child=False)
    index.judge("chess:CHESSLAQZ0002", "chess:CHESSLAQZ0005", "link")
    index.erase("pds:9000000017", child=True)
    index._nothing_is_left_to_link()


def test_a_number_without_old_records_is_given_up_while_its_own_adoption_is_in_force(index):
    """An old side is empty, and another adoption puts a record with the old identity again."""
    chess1, chess7 = "chess:CHESSLAQZ0001", "chess:CHESSLAQZ0007"
    for name in (chess7, chess1, chess1, "pds:9000000084", "pds:9000000076", *[chess1] * 3):
        index.adopted(name)
    index.end_never_link(0)
    index.adopted(chess1)
    index.adopted(chess7)
    index.end_never_link(8)
    index.holds_thoroughly()


def test_an_identity_that_is_left_without_records_is_closed_as_linking_closes_one(index):
    """The one record that its lifted adoption left to it went to another child and was erased."""
    index.adopted("pds:9000000068")
    index.adopted("chess:CHESSLAQZ0003")
    index.erase("chess:CHESSLAQZ0006", child=True)
    index.end_never_link(0)
    index.holds_thoroughly()


def test_a_new_identity_is_not_put_with_an_old_one_that_once_had_its_record(index):
    """The old one is empty, and given up by an adoption of which the record is the new side."""
    index.adopted("pds:9000000017")
    index.adopted("chess:CHESSLAQZ0002")
    index.end_never_link(0)
    index.adopted("chess:CHESSLAQZ0002")
    index.holds_thoroughly()


def test_what_an_identity_had_that_was_a_new_one_is_not_shown_without_what_joined_it(index):
    index.adopted("chess:CHESSLAQZ0003")
    index.load("schools", [(5, "month")])
    index.adopted("chess:CHESSLAQZ0006")
    index.holds_thoroughly()


def test_who_was_withheld_by_a_child_that_is_erased_is_withheld_again_after_an_undo(index):
    """Nothing is near to them any more, and a steward had put them with somebody."""
    index.load("chess", [(0, "")])
    index.shield("pds:9000000025")
    index.load("schools", [(1, ""), (0, ""), (4, "moved")])
    index.adopted("pds:9000000068")
    index.erase("pds:9000000025", child=True)
    index.load("transfer", [(4, ""), (1, "")])
    before = index.under("withheld")
    assert "schools:8012000/L801200024021" in before
    index.judge_and_undo("transfer:L801200024021", "pds:9000000009", "link")
    assert index.under("withheld") == before
    index.holds_thoroughly()


def test_a_record_goes_back_to_an_old_identity_that_its_own_child_had_gone_into(index):
    """A second adoption holds that identity; the records by which it knows itself are withdrawn."""
    index.adopted("pds:9000000025")
    index.end_never_link(0)
    index.holds()
    index.shield("pds:9000000025")
    index.adopt(1)
    index.adopted("pds:9000000025")
    index.holds()
    index.adopted("chess:CHESSLAQZ0006")
    index.load("chess", [(0, "")])
    index.adopt(400)
    index.end_never_link(0)
    index.holds()
    index.holds_thoroughly()


def test_a_record_that_left_an_old_identity_for_nobody_is_shielded_by_itself(index):
    """Its source makes no child, so no other takes it; a mark on it is not one on who had it."""
    index.erase("pds:9000000025", child=True)
    index.load("trace", [(5, "no number"), (4, "nameless")])
    index.adopted("chess:CHESSLAQZ0006")
    index.adopted("trace:HOSPLAQZ0006")
    index.load("trace", [(5, "marked")], link=False)
    assert index.under("shielded") == {"trace:HOSPLAQZ0006"}
    index.holds()
    index.holds_thoroughly()


def test_who_came_under_a_shield_since_a_judgement_stays_there_when_it_is_undone(index):
    """The judgement is on others, and the record parts for what its new child states since."""
    index.load("pds", [(5, "moved"), (2, "moved"), (0, "marked")], link=False)
    index.judge("chess:CHESSLAQZ0005", "pds:9000000041", "link")
    index.judge("chess:CHESSLAQZ0004", "pds:9000000033", "link")
    index.undo(("chess:CHESSLAQZ0004", "pds:9000000033"))
    index.load("club", [(4, "nameless"), (3, "marked"), (0, "swapped")], link=False)
    index.load("pds", [(7, "swapped"), (0, "bare"), (4, "typo"), (3, "")])
    index.holds()
    index.load("chess", [(5, "nameless"), (0, "nameless"), (2, "renamed")], link=False)
    index.undo(("chess:CHESSLAQZ0005", "pds:9000000041"))
    index.holds()
    assert "club:CLUBLAQZ0001" in index.under("shielded")


def test_who_comes_where_a_withdrawn_record_stood_in_is_linked_without_it(index):
    """A steward parted somebody from the withdrawn one, who is like the one that came."""
    index.judge("chess:CHESSLAQZ0002", "pds:9000000017", "apart")
    index.erase("pds:9000000041", child=True)
    index.shield("chess:CHESSLAQZ0002")
    index.load("chess", [(5, "renamed"), (4, "swapped"), (0, "")])
    index.load("cases", [(0, "swapped"), (7, "no number"), (3, ""), (6, "typo")])
    index.holds()
    index.holds_thoroughly()


def test_who_was_seen_with_others_before_a_judgement_is_not_withheld_when_it_is_undone(index):
    """The other states less since, and has a shield of its own by then."""
    index.shield("chess:CHESSLAQZ0007")
    index.judge("chess:CHESSLAQZ0004", "chess:CHESSLAQZ0007", "link")
    index.holds()
    index.load("pds", [(0, "no number"), (7, "bare"), (1, "nameless")])
    index.holds()
    index.undo(("chess:CHESSLAQZ0004", "chess:CHESSLAQZ0007"))
    index.holds()
    index.holds_thoroughly()
    assert "chess:CHESSLAQZ0004" in index.under("shielded")


def test_who_was_withheld_is_withheld_again_though_a_steward_parted_it_from_another(index):
    """The link that is undone had brought the record itself under the shield."""
    index.load("club", [(7, "moved"), (6, "nameless"), (4, "typo"), (1, "nameless")])
    index.judge("chess:CHESSLAQZ0007", "pds:9000000033", "link")
    index.load("pds", [(1, "swapped")], late=True)
    index.holds()
    index.shield("chess:CHESSLAQZ0007")
    index.load("club", [(2, "nameless"), (1, "typo"), (6, "month"), (7, "renamed")])
    index.split("chess:CHESSLAQZ0002", keeps=True)
    index.holds()
    index.load("pds", [(6, "typo"), (2, "month"), (0, "bare"), (4, "moved")])
    index.link()
    index.holds()
    assert "pds:9000000017" in index.under("withheld")
    index.judge_and_undo("pds:9000000017", "pds:9000000033", "link")
    index.holds_thoroughly()


def test_a_source_that_merged_records_withholds_none_that_a_steward_parted_from_that_child(index):
    index.load("chess", [(0, "nameless"), (4, "renamed")])
    index.load("trace", [(3, "no number"), (5, "moved"), (6, "moved")], late=True)
    index.load("trace", [(0, "nameless"), (4, "swapped"), (6, ""), (3, "nameless")], late=True)
    index.load("trace", [(4, "typo"), (7, "no number")], late=True)
    index.judge("trace:HOSPLAQZ0005", "pds:9000000041", "apart")
    index.holds()
    index.load("pds", [(2, "marked"), (5, "renamed")])
    index.holds()
    index.load("pds", [(2, "typo"), (1, "typo"), (3, "swapped")], late=True)
    index.holds()
    index.holds_thoroughly()


def test_a_judgement_that_brought_its_own_pair_across_a_never_link_can_be_undone(index):
    """Twins: parted from its own, each goes to the other's, which stands on the other side."""
    index.never_link("pds:9000000017", "chess:CHESSLAQZ0002")
    index.holds()
    index.judge_and_undo("chess:CHESSLAQZ0005", "pds:9000000041", "apart")
    index.holds_thoroughly()


@pytest.fixture
def drawn_index(tmp_path):
    """One whose ids are always the same: in which order records are heard may hang on them."""
    with drawn("a"):
        yield from begun(tmp_path)


def test_who_is_withheld_decides_nothing_of_what_an_old_identity_is_held_with(drawn_index):
    """A record of the new identity stood between two, until it was withheld in the same run."""
    index = drawn_index
    index.erase("chess:CHESSLAQZ0005", child=False)
    index.load("schools", [(0, "swapped"), (1, "no number")], link=False)
    index.shield("pds:9000000025")
    index.load("pds", [(0, "no number"), (2, "typo"), (7, "month"), (1, "swapped")], late=True)
    index.load("cases", [(4, "moved")])
    index.link()
    index.load("trace", [(5, "swapped"), (0, "no number"), (6, "moved")], late=True)
    index.judge("chess:CHESSLAQZ0008", "pds:9000000084", "unsure")
    index.shield("trace:HOSPLAQZ0001")
    index.never_link("chess:CHESSLAQZ0001", "pds:9000000017")
    index.load("chess", [(4, "nameless"), (1, "moved"), (2, "nameless")], link=False)
    index.load("trace", [(2, "month")], late=True)
    index.adopted("pds:9000000068")
    index.load("pds", [(5, "swapped"), (3, "swapped")])
    index.holds()
    index.holds_thoroughly()


def test_what_a_judgement_brought_to_an_old_identity_is_seen_again_when_that_is_undone(drawn_index):
    """It stands on the side of another old identity, which has a record of its own left."""
    index = drawn_index
    index.adopted("pds:9000000009")
    index.split("pds:9000000025", keeps=True)
    index.adopted("chess:CHESSLAQZ0004")
    index.adopted("pds:9000000017")
    index.adopted("chess:CHESSLAQZ0003")
    index.adopted("chess:CHESSLAQZ0006")
    index.load("needs", [(1, "renamed"), (4, ""), (3, "moved")])
    index.load("tables", [(3, ""), (5, "bare")], link=False)
    index.end_never_link(230)
    index.load("trace", [(2, "no number"), (4, "month"), (3, "")])
    index.never_link("tables:8014000/A801200024051", "chess:CHESSLAQZ0002")
    index.never_link("needs:LAQZ0004", "pds:9000000025")
    index.end_never_link(327)
    index.holds()
    index.judge_and_undo("chess:CHESSLAQZ0002", "trace:HOSPLAQZ0003", "link")
    index.holds_thoroughly()


def test_an_adoption_near_to_which_a_child_was_seen_does_not_hold_it_when_its_own_is_lifted(
    drawn_index,
):
    """A model had put its records on that old side, and another came to them since."""
    index = drawn_index
    index.load("chess", [(7, "nameless")])
    index.load("club", [(1, "nameless"), (5, "moved")], late=True)
    index.split("club:CLUBLAQZ0006", keeps=True)
    index.read()
    index.load("trace", [(4, ""), (0, "nameless")])
    index.load("pds", [(4, "renamed"), (5, "bare"), (2, "nameless"), (1, "nameless")])
    index.adopted("club:CLUBLAQZ0006")
    index.read()
    index.adopt(1)
    index.read()
    index.adopted("pds:9000000025")
    index.read()
    index.load("club", [(4, "renamed"), (3, "bare"), (0, "no number"), (6, "typo")], late=True)
    index.end_never_link(5651)
    index.read()
    index.holds()


def test_nobody_is_linked_to_a_shielded_child_for_as_long_as_a_withdrawn_record_stands_in(index):
    """A rival went to that record in the same run, and was one still when it stood in no more."""
    index.adopted("chess:CHESSLAQZ0002")
    index.load("chess", [(0, "nameless"), (3, "marked")])
    index.adopt(400)
    index.shield("pds:9000000041")
    index.load("schools", [(3, "renamed"), (2, "typo")])
    index.holds()
