"""What other judgements and never-links say of a pair, directly or however far away."""

from typing import Any

import pytest

from contactpoint.errors import NotFoundError
from contactpoint.judging.gainsaying import GainsaidError, must_be_possible
from contactpoint.judging.pair import Pair
from events.store.heads import JudgementHead, SideRecord
from tests.events.store_builders import record_id

A, B, C, D, E = (record_id(n) for n in range(1, 6))
NEVER = record_id(99)


class Laid:
    """Judgements and sides as the log's heads give them."""

    def __init__(self, *judgements, sides=()):
        self._judgements = [JudgementHead(*one) for one in judgements]
        self._sides = [SideRecord(NEVER, *one) for one in sides]

    def judgements(self, records):
        asked = set(records)
        return [one for one in self._judgements if {one.left, one.right} & asked]

    def sides(self, records):
        return [one for one in self._sides if one.record in set(records)]


def say(verdict, left, right, *judgements, sides=()):
    heads: Any = Laid(*judgements, sides=sides)
    must_be_possible(Pair.of(left, right), verdict, heads)


CHAIN = (A, B, "link"), (B, C, "link"), (C, D, "link")


def test_a_chain_of_any_length_is_followed_to_its_end():
    with pytest.raises(GainsaidError) as refused:
        say("link", A, E, *CHAIN, (D, E, "apart"))
    assert [one.verdict for one in refused.value.chain].count("apart") == 1
    assert len(refused.value.chain) == 4
    with pytest.raises(GainsaidError):
        say("apart", A, D, *CHAIN)


def test_what_nothing_hangs_together_with_is_possible():
    say("link", A, E, *CHAIN)
    say("apart", A, E, *CHAIN)


def test_who_could_not_tell_gainsays_nobody_and_is_no_part_of_a_chain():
    say("link", A, C, (A, B, "link"), (B, C, "unsure"))
    say("apart", A, C, (A, B, "link"), (B, C, "refer"))
    say("unsure", A, D, *CHAIN)


def test_a_never_link_between_others_of_the_two_children_forbids_as_if_there_were_no_pair():
    sides = (A, "left"), (E, "right")
    with pytest.raises(NotFoundError, match="no such pair"):
        say("link", D, E, *CHAIN, sides=sides)
    say("apart", D, E, *CHAIN, sides=sides)
    say("link", D, E, *CHAIN[1:], sides=sides)
