"""A database that is a schema of a PostgreSQL server: copied out of one snapshot, by COPY.

The server's own tools are not presumed: what is copied is eight byte numbers, ids, texts and bytes,
in the form of COPY that has been the same for twenty years.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

from contactpoint.keeping.place import READ, Copy, Part, Place, Table
from projections.projector import READ_MODELS

LONGEST = 63
"""Bytes of a name in PostgreSQL."""
PIECE = 1 << 20
Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A schema of a PostgreSQL database, there or not."""

    address: sa.URL
    """Without the schema."""
    schema: str

    @property
    def kind(self) -> str:
        """What a backup of it says that it is of."""
        return "postgresql"

    @property
    def url(self) -> str:
        """The address to open it at."""
        whole = self.address.update_query_dict({"schema": self.schema})
        return whole.render_as_string(hide_password=False)

    def beside(self, word: str, folder: Path | None = None) -> "SchemaPlace":  # noqa: ARG002
        """Another schema of the same database."""
        return SchemaPlace(self.address, f"{self.schema[: LONGEST - len(word) - 1]}_{word}")

    def is_taken(self, part: Part) -> bool:
        """Whether any table of the part stands there."""
        with self._connected() as connection:
            return any(_is_of(part, name) for name in self._tables(connection))

    def copy(self, part: Part, folder: Path) -> Copy:
        """Copy it out of one snapshot that no writer changes."""
        files: dict[str, Table | None] = {}
        with self._connected() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for name in part.tables:
                table = Table(name, self._columns(connection, name))
                files[f"{part.name}.{name}.copy"] = table
                self._copy_out(connection, table, folder / f"{part.name}.{name}.copy")
            answers = {
                asked: connection.execute(statement.format(p=f"{self._quoted}.")).fetchall()
                for asked, statement in part.questions.items()
            }
        return Copy(files, answers)

    def fill(self, part: Part, folder: Path, files: Mapping[str, Table | None]) -> None:
        """Fill the tables, which are made already, in one transaction."""
        with self._connected() as connection:
            for name in part.tables:
                connection.execute(sql.SQL("TRUNCATE {}").format(self._table(name)))
            for file, table in files.items():
                assert table is not None
                self._copy_in(connection, table, folder / file)

    def drop(self, part: Part) -> None:  # noqa: ARG002 - of a place
        """Remove the schema with all that stands in it: one that ``beside`` gave."""
        with self._connected() as connection:
            connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self.schema))
            )

    def put_in_place_of(self, other: Place, part: Part) -> None:
        """Move the part's tables into the other schema, in one transaction.

        Several databases may share a schema, and so one beside it.
        """
        assert isinstance(other, SchemaPlace)
        with self._connected() as connection:
            into = sql.Identifier(other.schema)
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(into))
            for name in other._tables(connection):
                if _is_of(part, name):
                    connection.execute(sql.SQL("DROP TABLE {}").format(other._table(name)))
            for name in self._tables(connection):
                if _is_of(part, name):
                    move = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
                    connection.execute(move.format(self._table(name), into))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A session of its own, whose transaction ends with it."""
        address = self.address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as connection:
            yield connection

    @property
    def _quoted(self) -> str:
        return sql.Identifier(self.schema).as_string()

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(self.schema, name)

    def _tables(self, connection: Connection) -> list[str]:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename",
            (self.schema,),
        )
        return [str(name) for (name,) in found]

    def _columns(self, connection: Connection, table: str) -> tuple[str, ...]:
        found = connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (self.schema, table),
        )
        return tuple(str(name) for (name,) in found)

    def _copy_out(self, connection: Connection, table: Table, path: Path) -> None:
        statement = self._copying(table, "TO STDOUT")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for piece in copy:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    def _copy_in(self, connection: Connection, table: Table, path: Path) -> None:
        statement = self._copying(table, "FROM STDIN")
        with (
            path.open("rb") as file,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            while piece := file.read(PIECE):
                copy.write(piece)

    def _copying(self, table: Table, way: str) -> sql.Composed:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        said = sql.SQL("COPY {} ({}) " + way + " (FORMAT BINARY)")
        return said.format(self._table(table.name), columns)


def schema_of(url: sa.URL) -> SchemaPlace:
    """The place that an address names; without a schema it is ``public``, as the log has it."""
    schema = str(url.query.get("schema", "")) or "public"
    return SchemaPlace(url.difference_update_query(["schema"]), schema)


def _is_of(part: Part, table: str) -> bool:
    """Whether a table is one of the part's; of a read model also one that a rebuild left."""
    if part is READ:
        return re.sub(r"_\d+$", "", table) in _read_tables()
    return table in part.tables


def _read_tables() -> set[str]:
    tables = {table.name for model in READ_MODELS for table in model.metadata.sorted_tables}
    return tables | {"projection", "read_schema"}
