"""The chain's hash covers everything of a commit, and nothing runs into anything else."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from events.chain import START, ChainedEvent, chain_key, link

KEY = chain_key(b"m" * 32, "log")
numbers = st.integers(0, 2**40)
events = st.lists(
    st.builds(
        ChainedEvent, numbers, st.binary(min_size=16, max_size=16), numbers, st.text(max_size=5),
        st.binary(max_size=9),
    ),
    max_size=4,
)  # fmt: skip
commits = st.tuples(
    st.binary(min_size=32, max_size=32), st.tuples(numbers, numbers, numbers), events
)


@given(commits, commits)
def test_two_commits_have_one_hash_only_if_they_are_equal(one, other):
    assume(one != other)
    assert link(KEY, *one).hash != link(KEY, *other).hash


@given(events, st.data())
def test_any_order_of_events_but_their_own_changes_the_hash(stored, data):
    shuffled = data.draw(st.permutations(stored))
    assume(shuffled != stored)
    span = (1, 4, 0)
    assert link(KEY, START, span, shuffled).hash != link(KEY, START, span, stored).hash


FACTS: dict[str, Any] = {
    "position": 8,
    "stream": bytes(15) + b"x",
    "version": 4,
    "type": "ba",
    "state": b"dc",
}
"""Of one event, something else for each of its facts, and of the same length."""


@pytest.mark.parametrize("fact", FACTS)
def test_an_event_that_differs_in_one_fact_has_another_hash(fact):
    one = ChainedEvent(7, bytes(16), 3, "ab", b"cd")
    other = one._replace(**{fact: FACTS[fact]})
    assert link(KEY, START, (7, 7, 0), [one]).hash != link(KEY, START, (7, 7, 0), [other]).hash


@pytest.mark.parametrize("span", [(6, 7, 0), (7, 8, 0), (7, 7, 1)])
def test_a_commit_of_another_span_has_another_hash(span):
    assert link(KEY, START, span, []).hash != link(KEY, START, (7, 7, 0), []).hash


def test_the_commit_before_and_the_key_are_in_the_hash():
    ours = link(KEY, START, (7, 7, 0), []).hash
    assert link(KEY, b"x" * 32, (7, 7, 0), []).hash != ours
    assert link(chain_key(b"n" * 32, "log"), START, (7, 7, 0), []).hash != ours


def test_bytes_do_not_move_between_type_and_state_unseen():
    one = ChainedEvent(1, bytes(16), 1, "ab", b"c")
    other = ChainedEvent(1, bytes(16), 1, "a", b"bc")
    assert link(KEY, START, (1, 1, 0), [one]).hash != link(KEY, START, (1, 1, 0), [other]).hash


def test_each_log_has_a_chain_key_of_its_own():
    assert chain_key(b"m" * 32, "log") != chain_key(b"m" * 32, "access")
