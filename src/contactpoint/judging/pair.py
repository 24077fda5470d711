"""Two records that stewards decide on, and what they said of them."""

from typing import NamedTuple
from uuid import UUID

from contactpoint.errors import UsageError
from events.judgement import JudgedPair, evolve
from events.log import Log
from events.master import MasterKey
from events.store.heads import JudgementHead

NO_PAIR = "no such pair; 'contactpoint review list' names those that await a steward"
"""Said in the same words of a pair that may not be seen."""


class Pair(NamedTuple):
    """Two records, the lesser id first."""

    left: UUID
    right: UUID

    @classmethod
    def of(cls, one: UUID, other: UUID) -> "Pair":
        """The pair of two records. Raises UsageError where they are one."""
        if one == other:
            raise UsageError("expected two records; both names are of one")
        return cls(min(one, other), max(one, other))

    def __str__(self) -> str:
        return f"{self.left.hex[:8]}-{self.right.hex[:8]}"


def pair_of(head: JudgementHead) -> Pair:
    """The pair that was judged."""
    return Pair(head.left, head.right)


def stream_of(pair: Pair, master: MasterKey) -> UUID:
    """The stream of what stewards said of a pair."""
    return master.hashes.stream_id("judgement", pair.left.bytes, pair.right.bytes)


def state_of(pair: Pair, log: Log, master: MasterKey) -> JudgedPair:
    """Who claims a pair, and what was judged."""
    return log.replay(stream_of(pair, master), JudgedPair(), evolve)
