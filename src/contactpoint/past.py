"""A child as it was on a day: what its records' sources say of that day, as far as is known now.

The records are those that are the child's today, and today's shields, erasures and new identities
count: of what is hidden now nothing is told of then either.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from contactpoint.moments import DAY, moment
from events.log import Log
from events.message import Recorded
from events.record import (
    Order,
    RecordAmended,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
    Statement,
)
from projections.queries import Found, Queries
from projections.survivorship import Stated
from projections.view import ChildView, View, whole


def view_on(log: Log, queries: Queries, found: Found, day: date) -> View | None:
    """The child on a day, at its end; None where no record of it was current then.

    A child who is not seen whole is seen as today. Of a record of a new identity counts what it
    states today: what it stated before may be of the old one.
    """
    if not isinstance(found.view, ChildView):
        return found.view
    # The day after the calendar's last is no date, but a moment.
    before = moment(day.isoformat()) + DAY
    then = [
        stated if one.renewed else _stated_on(log.stream(one.record), stated, before)
        for one in queries.stated(found)
        if (stated := one.stated).stated < before or not one.renewed
    ]
    known = [one for one in then if one is not None]
    return whole(found.view.number, known) if known else None


def _stated_on(events: Sequence[Recorded], today: Stated, before: int) -> Stated | None:
    """What a record stated before a moment of its source's time; None where it stated nothing."""
    statements: dict[Order, Statement] = {}
    seen: list[Order] = []
    absent: list[tuple[Order, str]] = []
    for message in events:
        match message.event:
            case RecordReceived() | RecordAmended() as event:
                seen.append(event.stated)
                if isinstance(event, RecordAmended) and event.scope is not None:
                    # What snapshots of the establishment before lacked from then on is nothing.
                    moved = event.stated
                    absent = [one for one in absent if one[0] < moved or one[1] != "absent"]
                if isinstance(event.statement, Statement):
                    statements[event.stated] = event.statement
            case RecordReturned(seen=at):
                seen.append(at)
            case RecordWithdrawn(absent=at, reason=reason):
                absent.append((at, reason))
            case _:
                pass
    best = max((at for at in statements if at.effective < before), default=None)
    last = max((at for at in seen if at.effective < before), default=None)
    gone = max((at for at, _ in absent if at.effective < before), default=None)
    if best is None or last is None or (gone is not None and gone > last):
        return None
    return msgspec.structs.replace(
        today,
        stated=best.effective,
        seen=last.effective,
        particulars=statements[best].particulars,
    )
