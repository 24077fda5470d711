"""A hash of every read model's rows, by which a rebuild is compared with what was there."""

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from projections.projection import Projection
from projections.projector import READ_MODELS


def fingerprint(
    engine: sa.Engine, read_models: Sequence[Projection] = READ_MODELS
) -> dict[str, str]:
    """A hash of the rows of each table, by table name; all columns count, order does not."""
    with engine.connect() as connection:
        return {
            table.name: _hash(connection, table)
            for model in read_models
            for table in model.metadata.sorted_tables
        }


def _hash(connection: sa.Connection, table: sa.Table) -> str:
    digest = hashlib.sha256()
    query = table.select().order_by(*table.columns)
    for row in connection.execution_options(yield_per=1000).execute(query):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()
