"""What keeps an answer back: pairs across a never-link."""

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
