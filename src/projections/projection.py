"""What a projection is: tables of its own, the events it answers, and a fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from events.message import Event, Recorded

BEFORE_FILLING = {"made": "before filling"}
"""Marks an index that a fold needs, so that a rebuild makes it before the first event."""
AFTER_FILLING = {"made": "after filling"}
"""Any other index: a rebuild makes it when all events are in, before it finishes."""
AFTER_FINISHING = {"made": "after finishing"}
"""Marks an index of a table that ``finish`` fills, so that a rebuild makes it last."""


class Happened(NamedTuple):
    """An event and its position in the log."""

    position: int
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class Target:
    """Where a projection writes: a transaction, and the live tables or those of a rebuild."""

    connection: sa.Connection
    beside: Mapping[sa.Table, sa.Table] = field(default_factory=dict)
    """The rebuild's table for each live one; empty when the live ones are meant."""
    filling: bool = False
    """Whether a rebuild is reading the log from the start; ``finish`` follows."""

    def __getitem__(self, table: sa.Table) -> sa.Table:
        return self.beside.get(table, table)


class Projection(Protocol):
    """A read model. Each is a module: its tables, what it answers to, and its fold.

    It writes its own tables only, reads no clock, and gives the same rows whether the log came
    in one batch or many.
    """

    @property
    def name(self) -> str:
        """As ``rebuild NAME`` and ``status`` call it."""

    @property
    def metadata(self) -> sa.MetaData:
        """Its tables."""

    @property
    def events(self) -> frozenset[type[Event]]:
        """The types of event it is shown."""

    @property
    def opens(self) -> bool:
        """Whether it needs what is sealed; where none does, no key is fetched."""

    def fold(self, happened: Sequence[Happened], target: Target) -> None:
        """Take in the next events, in the order of the log."""

    def finish(self, target: Target) -> None:
        """Complete a rebuild: all events are in, and the tables they fill have their indexes."""
