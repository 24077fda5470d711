"""The record of access of a period, as far as whoever reads it may know.

Whoever is not cleared for shielded children is shown no shielded child: a look that held one reads
as if it had not, and where no child is left it is without what was typed and why, as is a look that
found nobody. What was typed names people; beside a reader's place of work it would tell where a
hidden child is looked for, and so where it is. A look that found nobody may be such a one.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from contactpoint.bootstrap import Contactpoint
from contactpoint.reporting import Period
from events.access import ActRefused, ChildrenAccessed, InvestigationOpened
from events.message import Event, Recorded

PAGE = 2_000
KINDS: tuple[type[Event], ...] = (ChildrenAccessed, ActRefused, InvestigationOpened)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which looks are asked for."""

    period: Period
    children: frozenset[UUID] = frozenset()
    """Looks at any of these alone; none named: at anybody."""
    reader: str = ""

    def takes(self, message: Recorded) -> bool:
        """Whether an event is asked for."""
        if not self.period.begin <= message.origin.recorded < self.period.end:
            return False
        if self.reader and message.origin.actor.casefold() != self.reader.casefold():
            return False
        return not self.children or not self.children.isdisjoint(children_of(message.event))


def looks(store: Contactpoint, wanted: Wanted, *, opened: bool = True) -> Iterator[list[Recorded]]:
    """What is asked for, page by page in the order of the record; a walk over all of it.

    ``opened`` false leaves what was typed and why sealed.
    """
    access = store.access
    for rows in access.pages(*KINDS, page=PAGE):
        taken = [
            row
            for row, message in zip(rows, access.decode(rows, opened=False), strict=True)
            if wanted.takes(message)
        ]
        yield _struck(store, access.decode(taken, opened=opened))


def _struck(store: Contactpoint, page: list[Recorded]) -> list[Recorded]:
    if store.is_cleared:
        return page
    named = {child for one in page for child in children_of(one.event)}
    hidden = store.queries.hidden_children(named)
    return [
        msgspec.structs.replace(one, event=event)
        for one in page
        if (event := struck(one.event, hidden)) is not None
    ]


def struck(event: Event, hidden: Collection[UUID]) -> Event | None:
    """An event without these children; None where it was about nothing else."""
    match event:
        case ChildrenAccessed(children=children):
            kept = tuple(child for child in children if child not in hidden)
            asked = event.asked if kept else None
            return msgspec.structs.replace(event, children=kept, asked=asked)
        case InvestigationOpened(child=child) if child in hidden:
            return None
        case _:
            return event


def children_of(event: Event) -> tuple[UUID, ...]:
    """The children that an event names."""
    match event:
        case ChildrenAccessed(children=children):
            return children
        case InvestigationOpened(child=child):
            return (child,)
        case _:
            return ()
