"""Many rows at once, as fast as each database's own driver takes them."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")

MOST_PARAMETERS = 5_000
"""Values in one IN list; SQLite takes 32,766 parameters, PostgreSQL 65,535."""


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows whose values stand in the order of the table's columns."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
    else:
        statement = str(table.insert().compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, list(rows))


def update(
    connection: sa.Connection,
    table: sa.Table,
    where: Sequence[str],
    columns: Sequence[str],
    values: Sequence[tuple[Any, ...]],
) -> None:
    """Set ``columns`` of the rows whose ``where`` columns have the given values.

    Each of ``values`` holds the ``where`` values first, then those of ``columns``.
    """
    if not values:
        return
    statement = (
        table.update()
        .where(*(table.c[name] == sa.bindparam(f"old_{name}") for name in where))
        .values({name: sa.bindparam(f"new_{name}") for name in columns})
    )
    if connection.dialect.name == "sqlite":
        # Its driver takes many tuples at once; the marks of what is set come before the others.
        set_first = [(*one[len(where) :], *one[: len(where)]) for one in values]
        text = str(statement.compile(dialect=connection.dialect))
        connection.exec_driver_sql(text, set_first)
        return
    names = (*(f"old_{name}" for name in where), *(f"new_{name}" for name in columns))
    connection.execute(statement, [dict(zip(names, one, strict=True)) for one in values])


def delete(
    connection: sa.Connection, table: sa.Table, column: sa.Column[Any], values: Sequence[object]
) -> None:
    """Remove the rows whose ``column`` is one of ``values``."""
    for part in parts(values):
        connection.execute(table.delete().where(column.in_(part)))


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in slices that fit one statement."""
    for start in range(0, len(values), MOST_PARAMETERS):
        yield values[start : start + MOST_PARAMETERS]


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.close()
