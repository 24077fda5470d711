"""Children of whom no record is current, and of whom one that comes later has to be known.

They are the identities that an adoption ended or made, and shielded children. A record of theirs
that comes later would have nothing to be compared with: it would make a child that everybody sees,
under the name that was given up or without the shield, or join the other identity. So the withdrawn
records stand in: in the index of one run, and where it resolves, as one.
"""

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from contactpoint.linking.filling import Filling
from contactpoint.linking.matching import AnyIndex
from events.log import Log
from linkage.resolve import Judgement
from projections.workings import IndexedRecord, Workings


class Hidden(NamedTuple):
    """Withdrawn records under shields, by ordinal."""

    children: list[frozenset[int]]
    """The records of each shielded child of whom none is current."""
    others: frozenset[int]
    """Those of children who have current ones, or of none."""

    @classmethod
    def of(cls, log: Log) -> "Hidden":
        """As the log stands."""
        if not log.heads.act("shield"):
            return cls([], frozenset())
        children: dict[UUID | None, set[int]] = {}
        seen: set[UUID | None] = {None}
        for head in log.heads.records(log.heads.shields_over()).values():
            if head.state.standing == "withdrawn":
                children.setdefault(head.child, set()).add(head.state.ordinal)
            elif head.state.standing == "current":
                seen.add(head.child)
        gone = [frozenset(children[child]) for child in children.keys() - seen]
        others = (children[child] for child in children.keys() & seen)
        return cls(sorted(gone, key=min), frozenset().union(*others))


class Vanished:
    """The withdrawn records of identities that have no other, by ordinal."""

    def __init__(self, identities: Iterable[Iterable[IndexedRecord]] = ()) -> None:
        self._identities = [{one.ordinal: one for one in records} for records in identities]

    @classmethod
    def of(
        cls, identities: Collection[Collection[int]], filling: Filling, workings: Workings
    ) -> "Vanished":
        """Those of these identities, each its records, whom no current record makes a child."""
        known = workings.records_by_ordinal(set[int]().union(*identities))
        found = ([known[o] for o in one if o in known] for one in identities)
        return cls(
            [record for record in one if record.standing == "withdrawn"]
            for one in found
            if not any(
                record.standing == "current" and filling.makes_child(record.source)
                for record in one
            )
        )

    def put(self, index: AnyIndex, filling: Filling) -> None:
        """Let them be met in an index, which is not to be kept."""
        filling.stand_in(index, [record for one in self._identities for record in one.values()])

    def among(self, ordinals: Collection[int]) -> set[int]:
        """Those of the records that stand in for an identity."""
        return {o for one in self._identities for o in one.keys() & ordinals}

    def held(self, ordinals: Collection[int]) -> list[Judgement]:
        """What holds those among these records together that are of one identity."""
        return [
            Judgement(left, right, same=True)
            for one in self._identities
            for left, right in pairwise(sorted(one.keys() & ordinals))
        ]
