"""What keeps an answer back: pairs across a never-link, records that are shielded or withheld."""

from typing import Any, cast
from uuid import UUID

from events.store.heads import SideRecord
from projections.guard import Guard

LINE, OTHER = UUID(int=100), UUID(int=101)
ADA, BEA, CLEO, DEWI = (UUID(int=number) for number in range(1, 5))


class Sides:
    """Never-links whose sides are stated."""

    def sides(self, records):
        standing = [
            SideRecord(LINE, ADA, "left"),
            SideRecord(LINE, BEA, "right"),
            SideRecord(LINE, CLEO, "left"),
            SideRecord(OTHER, DEWI, "right"),
        ]
        return [one for one in standing if one.record in records]


def test_only_two_records_on_two_sides_of_one_never_link_are_across_it():
    across = Guard(cast(Any, Sides())).across({ADA, BEA, CLEO, DEWI})
    assert across(ADA, BEA)
    assert across(BEA, CLEO)
    assert not across(ADA, CLEO)
    assert not across(ADA, DEWI)


class Listed:
    """Records that stand under shields as is stated."""

    def __init__(self, kinds):
        self._kinds = {record: {LINE: kind} for record, kind in kinds.items()}

    def shielded(self, records=None):
        return {r: kind for r, kind in self._kinds.items() if records is None or r in records}


def test_what_is_shielded_or_withheld_is_hidden_and_what_was_freed_is_not():
    listed = Listed({ADA: "shielded", BEA: "withheld", CLEO: "lifted"})
    guard = Guard(cast(Any, listed))
    assert guard.hidden() == {ADA, BEA}
    assert guard.hidden([BEA, CLEO, DEWI]) == {BEA}
