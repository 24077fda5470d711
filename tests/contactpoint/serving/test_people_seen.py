"""Whom a reader was shown: the same as a plain set, however many they are."""

from hypothesis import given
from hypothesis import strategies as st

from contactpoint.serving import people_seen
from contactpoint.serving.people_seen import PeopleSeen

numbers = st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1))


@given(st.lists(st.sets(numbers, max_size=12), max_size=12), st.sets(numbers), st.integers(0, 8))
def test_it_knows_whom_a_plain_set_knows(steps, asked, fresh):
    seen = PeopleSeen()
    plain: set[int] = set()
    kept, people_seen.FRESH = people_seen.FRESH, fresh
    try:
        for step in steps:
            assert seen.without(step | asked) == (step | asked) - plain
            seen.update(step)
            plain |= step
            assert len(seen) == len(plain)
    finally:
        people_seen.FRESH = kept
