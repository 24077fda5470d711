"""An act of people upon records: whose it is, what hangs on it, and whether it still stands."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from events.child import Child, evolve
from events.judgement import ACT
from events.log import Log
from events.store.heads import children_of

LARGE = 20
"""Records of a child beyond which it takes two persons to join it with, or part it from, others."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and who agrees where it takes two."""

    name: str
    second: str = ""


class Hangs(NamedTuple):
    """What hangs on an act, by which it is decided who may do it."""

    records: frozenset[UUID]
    """Those named, and all others of their children."""
    children: frozenset[UUID]

    @property
    def is_large(self) -> bool:
        """Whether more hangs on it than one person should decide."""
        return len(self.records) > LARGE


Permit = Callable[[Hangs], None]
"""Raises where whoever decides may not decide on what hangs on it."""


def hanging(records: Collection[UUID], log: Log) -> Hangs:
    """What hangs on these records: all others of their children too."""
    children = children_of(log.heads.records(records).values())
    theirs = (log.replay(child, Child(), evolve).records for child in children)
    return Hangs(frozenset(records).union(*theirs), children)


def acts_of(log: Log) -> dict[str, int]:
    """Where judgements and shields stand.

    An act that was permitted by them is refused when they have moved before it is written.
    """
    return {act: log.heads.act(act) for act in (ACT, "shield")}
