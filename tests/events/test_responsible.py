"""Who is responsible for a child: given these events, when this command, then these events."""

from functools import reduce
from uuid import UUID

import pytest

from events.responsible import (
    AcceptChild,
    ChildAccepted,
    ChildDeclined,
    ChildOffered,
    DeclineChild,
    NotOfferedError,
    OfferChild,
    Responsible,
    decide,
    evolve,
)

ASHA = UUID(int=7)
OFFERED = ChildOffered(ASHA, "855", "213")
ACCEPTED = ChildAccepted(ASHA, "855")


def after(*given):
    return reduce(evolve, given, Responsible())


def then(command, *given):
    return list(decide(command, after(*given)))


def test_an_authority_offers_a_child_to_another():
    assert then(OfferChild(ASHA, "855", "213")) == [OFFERED]


def test_until_it_is_accepted_nothing_changes():
    assert after(OFFERED) == Responsible(1, accepted="", offered="855")


def test_the_one_that_was_asked_accepts_and_is_responsible():
    assert then(AcceptChild(ASHA, "855"), OFFERED) == [ACCEPTED]
    assert after(OFFERED, ACCEPTED) == Responsible(2, accepted="855")


def test_the_one_that_was_asked_declines_and_nothing_has_changed():
    assert then(DeclineChild(ASHA, "855"), OFFERED) == [ChildDeclined(ASHA, "855")]
    assert after(OFFERED, ChildDeclined(ASHA, "855")) == Responsible(2)


@pytest.mark.parametrize("answer", [AcceptChild, DeclineChild])
@pytest.mark.parametrize("authority", ["213", "330", ""])
def test_nobody_answers_an_offer_that_was_not_made_to_them(answer, authority):
    with pytest.raises(NotOfferedError):
        then(answer(ASHA, authority), OFFERED)
    with pytest.raises(NotOfferedError):
        then(answer(ASHA, authority))


def test_the_same_again_changes_nothing():
    assert then(OfferChild(ASHA, "855", "213"), OFFERED) == []
    assert then(AcceptChild(ASHA, "855"), OFFERED, ACCEPTED) == []


def test_a_child_is_not_offered_to_whoever_has_it():
    assert then(OfferChild(ASHA, "213", "213")) == []
    assert then(OfferChild(ASHA, "855", "213"), OFFERED, ACCEPTED) == []


def test_a_later_offer_takes_the_place_of_the_one_before():
    assert then(OfferChild(ASHA, "330", "213"), OFFERED) == [ChildOffered(ASHA, "330", "213")]
    with pytest.raises(NotOfferedError):
        then(AcceptChild(ASHA, "855"), OFFERED, ChildOffered(ASHA, "330", "213"))


def test_who_accepted_a_child_offers_it_on_as_its_own():
    onward = OfferChild(ASHA, "330", "213")
    assert then(onward, OFFERED, ACCEPTED) == [ChildOffered(ASHA, "330", "855")]


@pytest.mark.parametrize("answer", [AcceptChild, DeclineChild])
def test_who_offered_a_child_on_does_not_answer_for_the_one_that_was_asked(answer):
    with pytest.raises(NotOfferedError):
        then(answer(ASHA, "855"), OFFERED, ACCEPTED, ChildOffered(ASHA, "330", "855"))
