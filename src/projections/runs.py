"""The runs of linking and the models adopted: how far the log is linked, and by which model."""

from collections.abc import Sequence

import sqlalchemy as sa

from events.linking import LinkingCompleted, ModelAdopted
from events.message import Event
from projections import rows
from projections.projection import Happened, Target

name = "runs"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset({LinkingCompleted, ModelAdopted})

RUN = sa.Table(
    "linking_run",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("through", sa.BigInteger, nullable=False),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("pairs", sa.BigInteger, nullable=False),
    sa.Column("links", sa.BigInteger, nullable=False),
    sa.Column("referred", sa.BigInteger, nullable=False),
    sa.Column("overflowed", sa.BigInteger, nullable=False),
)
MODEL = sa.Table(
    "model_adopted",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)
"""The row with the greatest position is the model in force."""


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Add a row for each run and each adoption."""
    runs: list[tuple[object, ...]] = []
    models: list[tuple[object, ...]] = []
    for position, recorded in happened:
        match recorded.event:
            case LinkingCompleted() as run:
                runs.append((position, recorded.origin.recorded, *_figures(run)))
            case ModelAdopted(model=model):
                models.append((position, recorded.origin.recorded, model, recorded.origin.actor))
            case _:
                pass
    rows.insert(target.connection, target[RUN], runs)
    rows.insert(target.connection, target[MODEL], models)


def finish(target: Target) -> None:
    """Nothing is left to do."""


def _figures(run: LinkingCompleted) -> tuple[object, ...]:
    return (
        run.model,
        run.through,
        run.records,
        run.pairs,
        run.links,
        run.referred,
        run.overflowed,
    )
