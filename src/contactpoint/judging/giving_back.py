"""What a judgement brought to the sides of never-links, taken from there when it is undone.

A side grows by what is linked to it, and keeps what is stated differently later. But what came to
it by a judgement alone would stay apart from those it was with before, and beside an old identity
be shown to nobody. So an undoing takes from the sides what the command of the judgement let grow,
unless it was stated, withdrawn or erased since; the linking that follows lets grow again what
belongs there all the same.
"""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from contactpoint.linking.judged import side_records
from contactpoint.streams import recorded
from events.log import Log
from events.message import Origin, Recorded
from events.never_link import (
    GiveSidesBack,
    NeverLink,
    NeverLinkEvent,
    NeverLinkGrown,
    decide,
    evolve,
)
from events.store.heads import SideRecord


class GivenBack(NamedTuple):
    """The events and the heads by which records leave the sides of never-links."""

    messages: list[Recorded]
    sides: list[SideRecord]


def given_back(log: Log, command: str, origin: Origin) -> GivenBack:
    """What leaves all sides where the judgement of a command is undone."""
    back = GivenBack([], [])
    for never_link in sorted({stands.never_link for stands in log.heads.sided()}):
        messages = log.stream(never_link)
        records = frozenset(_brought(log, messages, command))
        known = NeverLink()
        for message in messages:
            assert isinstance(message.event, NeverLinkEvent)
            known = evolve(known, message.event)
        events = decide(GiveSidesBack(records), known)
        back.messages.extend(recorded(never_link, known.version, events, origin))
        for event in events:
            back.sides.extend(side_records(never_link, event, known))
    return back


def _brought(log: Log, messages: list[Recorded], command: str) -> Iterator[UUID]:
    """The records that a command let grow last, and of which nothing was heard since."""
    last: dict[UUID, Origin] = {}
    for message in messages:
        if isinstance(message.event, NeverLinkGrown):
            grown = (*message.event.left, *message.event.right)
            last.update(dict.fromkeys(grown, message.origin))
    for record, when in last.items():
        if when.command == command:
            heard = log.stream(record)[-1].origin
            if heard.recorded <= when.recorded:
                yield record
