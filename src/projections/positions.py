"""How far each projection has come, and the fence that lets only one writer go on from there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

metadata = sa.MetaData()

PROJECTION = sa.Table(
    "projection",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("next_generation", sa.BigInteger),
    sa.Column("next_position", sa.BigInteger),
)
"""``next_*`` speak of the rebuild under way, if there is one."""


class FencedError(Exception):
    """Another process moved the projection on; what this one did was rolled back.

    Attributes: ``names`` (of the projections), ``position`` (where this one believed them to be).
    """

    def __init__(self, names: Iterable[str], position: int) -> None:
        self.names, self.position = tuple(sorted(names)), position
        super().__init__(
            f"{', '.join(self.names)}: no longer at position {position}; read the position again"
        )


class AheadError(Exception):
    """The log ends before what the read models took in: an older one was put in its place.

    Attributes: ``position`` (that of the read models), ``end`` (that of the log).
    """

    def __init__(self, position: int, end: int) -> None:
        self.position, self.end = position, end
        super().__init__(
            f"the log ends at {end}, and the read models took in {position} events: expected the "
            "log that they were made from; 'contactpoint restore' puts a backup back whole, "
            "'contactpoint rebuild' makes the read models of the log that is here"
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a projection stands: the position of the last event it took in."""

    name: str
    position: int
    rebuilding: bool
    """Whether a rebuild was begun and has not been swapped in."""


def standings(connection: sa.Connection) -> list[Standing]:
    """Where each projection stands, by name."""
    query = PROJECTION.select().order_by(PROJECTION.c.name)
    return [
        Standing(row.name, row.position, row.next_generation is not None)
        for row in connection.execute(query)
    ]


def advance(connection: sa.Connection, names: Iterable[str], old: int, new: int) -> None:
    """Move the projections from ``old`` to ``new``; FencedError where any is elsewhere."""
    names = list(names)
    moved = connection.execute(
        PROJECTION.update()
        .where(PROJECTION.c.name.in_(names), PROJECTION.c.position == old)
        .values(position=new)
    )
    if moved.rowcount != len(names):
        raise FencedError(names, old)


def advance_rebuild(
    connection: sa.Connection, generations: Mapping[str, int], old: int, new: int
) -> None:
    """Move the rebuilds of these generations on; FencedError where another has begun."""
    for name, generation in generations.items():
        moved = connection.execute(
            PROJECTION.update()
            .where(
                PROJECTION.c.name == name,
                PROJECTION.c.next_generation == generation,
                PROJECTION.c.next_position == old,
            )
            .values(next_position=new)
        )
        if moved.rowcount != 1:
            raise FencedError(generations, old)
