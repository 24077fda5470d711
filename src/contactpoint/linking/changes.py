"""Which records anything was recorded of since the last run, whoever recorded it."""

from collections.abc import Collection, Set
from uuid import UUID

from pyroaring import BitMap

from contactpoint.linking import judged
from events.delivery import ChunkAppended
from events.log import Log
from events.message import Event, Recorded
from events.never_link import NeverLink, NeverLinkLifted, evolve
from events.record import (
    RecordAmended,
    RecordErased,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
)
from events.shield import RecordsReleased, Shield, ShieldLifted
from events.shield import evolve as evolve_shield

STATED = (RecordReceived, RecordAmended, RecordReturned, RecordWithdrawn, RecordErased)
OWN = ("linked", "contradicted")
"""Why a run itself releases what was withheld: it has placed the records in the same commit."""
WATCHED: tuple[type[Event], ...] = (
    *STATED,
    ChunkAppended,
    *judged.CHANGES,
    RecordsReleased,
    ShieldLifted,
)


def changed(log: Log, after: int, upto: int) -> set[int]:
    """Ordinals of the records of which anything was recorded between two positions.

    With a record of a shielded child go those that its shields withhold: it may clear them.
    """
    records: set[UUID] = set()
    ordinals: set[int] = set()
    for rows in log.pages(*WATCHED, after=after, upto=upto):
        for recorded in log.decode(rows, opened=False):
            if isinstance(recorded.event, ChunkAppended):
                ordinals.update(BitMap.deserialize(recorded.event.seen))
            else:
                records.update(_spoken_of(recorded, log))
    heads = log.heads.records(records | _withheld_beside(records, log))
    ordinals.update(head.state.ordinal for head in heads.values() if head.state.ordinal)
    return ordinals


def _withheld_beside(records: Set[UUID], log: Log) -> set[UUID]:
    """The records that the shields over these withhold."""
    over = log.heads.shields_over()
    shields = sorted(frozenset[UUID]().union(*(over[one] for one in over.keys() & records)))
    states = (log.replay(shield, Shield(), evolve_shield) for shield in shields)
    return set[UUID]().union(*(state.withheld for state in states))


def _spoken_of(recorded: Recorded, log: Log) -> Collection[UUID]:
    """The records that an event speaks of; of a never-link lifted, all that stood on its sides."""
    match recorded.event:
        case NeverLinkLifted():
            known = log.replay(recorded.originator_id, NeverLink(), evolve)
            return known.left | known.right
        case RecordsReleased(records=records, reason=reason):
            return () if reason in OWN else records
        case ShieldLifted():
            # A number that they share with others says something of these again.
            return log.replay(recorded.originator_id, Shield(), evolve_shield).records
        case RecordErased(beside=beside):
            return recorded.originator_id, *beside
        case event if isinstance(event, STATED):
            return (recorded.originator_id,)
        case event:
            return judged.spoken_of(event)
