"""One transaction of a read database, and rows of its tables as they stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from projections.projection import Target

Row = dict[str, Any]
"""A row of a table that holds no particulars, by the names of its columns."""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[Target]:
    """What is read meanwhile, is read from one state of the tables."""
    with engine.connect() as connection:
        yield Target(connection)


def plain(query: sa.Select[Any], target: Target) -> list[Row]:
    """The rows of a query."""
    return [dict(row._mapping) for row in target.connection.execute(query)]
