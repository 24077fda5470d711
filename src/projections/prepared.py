"""A statement that is put into a database's words once, for questions that are asked all the time.

SQLAlchemy would build and key the same statement anew each time, which takes longer than a small
table takes to answer.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa


class _Written(NamedTuple):
    """A statement in a dialect's words."""

    text: str
    fixed: dict[str, Any]
    """The values of parameters that are its own."""
    places: tuple[str, ...] | None
    """The order of the parameters, where they have no names in the text."""


class Prepared:
    """A query with named parameters; its rows come as the driver gives them, as tuples."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        self._written: dict[str, _Written] = {}

    def all(self, connection: sa.Connection, **values: object) -> list[tuple[Any, ...]]:
        """All rows, for these values of its parameters, in the connection's transaction."""
        written = self._in(connection.dialect)
        given: Any = written.fixed | values
        if written.places is not None:
            given = tuple(given[place] for place in written.places)
        if not connection.in_transaction():
            connection.begin()
        cursor: Any = connection.connection.cursor()
        try:
            cursor.execute(written.text, given)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        finally:
            cursor.close()
        return found

    def first(self, connection: sa.Connection, **values: object) -> Any:
        """The first row; None where there is none."""
        return next(iter(self.all(connection, **values)), None)

    def _in(self, dialect: sa.Dialect) -> _Written:
        if dialect.name not in self._written:
            compiled: Any = self._statement.compile(dialect=dialect)
            fixed = {name: value for name, value in compiled.params.items() if value is not None}
            places = tuple(compiled.positiontup) if compiled.positional else None
            self._written[dialect.name] = _Written(str(compiled), fixed, places)
        return self._written[dialect.name]
