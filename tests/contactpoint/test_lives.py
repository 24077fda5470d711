"""What a run may ask of the lives of records: who was seen, and is not."""

from typing import Any
from uuid import UUID

import pytest

from contactpoint.linking.lives import Lives
from contactpoint.settling import KnownChild
from events.child import Child

OLD, SEEN = UUID(int=901), UUID(int=902)
RECORDS = {n: UUID(int=n) for n in range(1, 4)}
JUDGED = 4


def state(status, *records):
    return Child(1, "1", status, frozenset(RECORDS[n] for n in records))


class Nowhere:
    """No child but those that are given, and no statement of any record."""

    def been(self, _):
        return set()

    def stream(self, _, *, opened):
        assert not opened
        return []


def lives(old, seen):
    children = [
        KnownChild(OLD, old[-1][1], (0, "0"), old),
        KnownChild(SEEN, seen[-1][1], (1, "1"), seen),
    ]
    nowhere: Any = Nowhere()
    return Lives(RECORDS, children, nowhere, nowhere, nowhere)


@pytest.mark.parametrize(("joined", "found"), [(5, {1}), (9, set())])
def test_what_the_run_after_a_judgement_hid_is_seen_no_more_and_nothing_that_was_hidden_later(
    joined, found
):
    old = [(1, state("retired", 2)), (joined, state("retired", 1, 2))]
    seen = [(2, state("current", 1, 3)), (5, state("current", 3)), (9, state("current", 3))]
    assert lives(old, seen).seen_no_more(JUDGED, ()) == found


def test_what_is_of_an_identity_that_was_given_up_since_is_not_to_be_seen_again():
    old = [(1, state("current", 1, 2)), (5, state("retired", 1, 2))]
    seen = [(2, state("current", 3))]
    assert lives(old, seen).seen_no_more(JUDGED, ()) == set()


def test_what_is_seen_is_not_told_again():
    old = [(1, state("retired", 2)), (5, state("retired", 1, 2))]
    seen = [(2, state("current", 1, 3)), (5, state("current", 3))]
    assert lives(old, seen).seen_no_more(JUDGED, {1}) == set()
