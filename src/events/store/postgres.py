"""The log in PostgreSQL: written by COPY under a lock, so that commits follow positions."""

# ruff: noqa: S608 - only names of tables and columns of ours are put into statements

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    BaseInfrastructureFactory,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    StoredEvent,
)
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
)
from eventsourcing.utils import Environment, strtobool
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import URL

from events.chain import Link
from events.failpoints import failpoint
from events.mapper import Row
from events.store.appending import NO_LINK, AppendingRecorder, Expectations, Kept, Names
from events.store.head_tables import (
    ACT_HEAD,
    RECORD_HEAD,
    SHIELDED_RECORD,
    TABLES,
    rows,
    taken_away,
)
from events.store.heads import Confirmed, HeadChanges

PATIENCE = 60
"""Seconds that a writer waits for the one before it."""
ATTEMPTS = 10
"""Tries of a commit whose connection died, half a second apart."""
TYPES = {"id": "uuid", "count": "bigint", "text": "text", "bytes": "bytea"}
SETTINGS = {
    "statement_timeout": "600s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_user_timeout": "30s",
}
"""Of every session, so that none may hold the writer's lock for ever."""
FORBIDDEN = "POSTGRES_ENABLE_DB_FUNCTIONS"


class ForbiddenSettingError(Exception):
    """A setting of the library is on that loses events."""


def refuse_database_functions() -> None:
    """Stop where the library is told to insert by its database function.

    That function takes no lock, so that a reader may pass an event that commits later, and two
    applications in one schema overwrite each other's. Ours never calls it; who sets the variable
    expects otherwise.
    """
    if strtobool(os.environ.get(FORBIDDEN) or "no"):
        raise ForbiddenSettingError(f"{FORBIDDEN} is on; expected it unset: it loses events")


class Datastore(PostgresDatastore):
    """Connections to one schema of one database."""

    def __init__(self, url: URL, patience: int = PATIENCE) -> None:
        query = {name: str(value) for name, value in url.query.items()}
        super().__init__(
            dbname=url.database or "",
            host=url.host or query.pop("host", ""),
            port=url.port or query.pop("port", "5432"),
            user=url.username or query.pop("user", ""),
            password=url.password or query.pop("password", ""),
            schema=query.pop("schema", ""),
            connect_timeout=30,
            lock_timeout=patience,
            pool_size=1,
            max_overflow=9,
            pre_ping=True,
        )
        assert isinstance(self.pool.kwargs, dict)
        self.pool.kwargs.update(query)
        settle = self.pool._configure

        def configure(connection: psycopg.Connection[Any]) -> None:
            if settle:
                settle(connection)
            for name, value in SETTINGS.items():
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))

        self.pool._configure = configure

    def register_type_adapters(self) -> None:
        """There is nothing to register: the log's tables have no types of their own."""


class Recorder(AppendingRecorder, PostgresApplicationRecorder):
    """The library's application recorder, writing by COPY and without pipeline mode.

    The stock one sends a batch through psycopg's pipeline, and has been seen to hang there with
    more than some thousand events, holding the lock on the table.
    """

    def __init__(self, datastore: PostgresDatastore, names: Names) -> None:
        self.names = names
        self._kept = Kept()
        self.prefix = Identifier(datastore.schema).as_string() + "."
        super().__init__(datastore, events_table_name=names.events)
        self.sql_create_statements = [SQL(text).format() for text in self._tables()]

    def _tables(self) -> list[Any]:
        names, prefix = self.names, self.prefix
        statements = [
            f"CREATE SCHEMA IF NOT EXISTS {prefix[:-1]}",
            f"CREATE TABLE IF NOT EXISTS {prefix}{names.events}"
            " (notification_id bigint PRIMARY KEY,"
            " originator_id uuid NOT NULL, originator_version bigint NOT NULL,"
            " topic text NOT NULL, state bytea NOT NULL,"
            " UNIQUE (originator_id, originator_version))",
            f"CREATE TABLE IF NOT EXISTS {prefix}{names.chain} (last bigint PRIMARY KEY,"
            " first bigint NOT NULL, recorded bigint NOT NULL, hash bytea NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {prefix}{names.identity}"
            " (id bytea NOT NULL, format bigint NOT NULL, seal bytea NOT NULL)",
        ]
        for table in TABLES if names.heads else ():
            statements += table.create(prefix, TYPES)
        return statements

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Write one commit and return its positions; ``AppendingRecorder.write`` says more.

        Where the connection died, nobody knows whether the commit was done: each further try looks
        for these very events first.
        """
        if not stored_events:
            return []
        heads, expect = kwargs["heads"], kwargs["expect"]
        for attempt in range(ATTEMPTS):
            try:
                if attempt and (positions := self._find(stored_events)):
                    return positions
                return self.commit(stored_events, heads, expect)
            except IntegrityError:
                with self.datastore.get_connection() as connection:
                    return self.explain(connection.cursor(row_factory=tuple_row), stored_events)
            except (OperationalError, InterfaceError) as error:
                if attempt == ATTEMPTS - 1 or not _died(error):
                    raise
                time.sleep(0.5)
        raise AssertionError("the last attempt returns or raises")

    def commit(
        self, stored_events: Sequence[StoredEvent], heads: HeadChanges, expect: Expectations
    ) -> range:
        """Write one commit in one transaction, once."""
        with (
            self.datastore.get_connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            self._lock_table(cursor)  # type: ignore[arg-type]
            self._notify_channel(cursor)  # type: ignore[arg-type]
            positions = self.write(cursor, stored_events, heads=heads, expect=expect)
        failpoint("append.after-commit")
        return positions

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The library's own way to read the log; ours is ``select_rows``."""
        after = (start or 0) - (1 if inclusive_of_start else 0)
        return [
            Notification(row.stream, row.version, row.type, row.state, row.position)
            for row in self.select_rows(after, limit, stop, topics)
        ]

    def select_rows(
        self, after: int, limit: int, upto: int | None = None, types: Sequence[str] = ()
    ) -> list[Row]:
        """Events after a position, in order, as plain rows."""
        wanted = " AND topic = ANY(?)" if types else ""
        found = self.query(
            "SELECT notification_id, originator_id, originator_version, topic, state"
            f" FROM {self.prefix}{self.names.events}"
            f" WHERE notification_id > ? AND notification_id <= ?{wanted}"
            " ORDER BY notification_id LIMIT ?",
            (after, 2**62 if upto is None else upto, *([list(types)] if types else []), limit),
        )
        return [Row(*row) for row in found]

    def alien(self, types: Sequence[str], limit: int) -> list[int]:
        """Positions of rows of other types than these; columns are of their kind."""
        found = self.query(
            f"SELECT notification_id FROM {self.prefix}{self.names.events}"
            " WHERE topic <> ALL(?) ORDER BY notification_id LIMIT ?",
            (list(types), limit),
        )
        return [position for (position,) in found]

    def damaged(self, limit: int) -> list[str]:  # noqa: ARG002 - as SQLite's
        """Nothing: a server looks after its own files (checksums of pages, ``amcheck``)."""
        return []

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with (
            self.datastore.get_connection() as connection,
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            yield cursor

    @contextmanager
    def _snapshot(self) -> Iterator[Any]:
        with (
            self.datastore.get_connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield cursor

    def _rows(
        self, cursor: Any, statement: str, parameters: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = cursor.execute(_marked(statement), parameters).fetchall()
        return found

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Change something in a transaction of its own."""
        with self.datastore.get_connection() as connection:
            connection.execute(_marked(statement), parameters)

    @property
    def positions_of(self) -> str:
        """The statement for the positions of events, as far as their streams."""
        return f"SELECT notification_id FROM {self.prefix}{self.names.events} WHERE originator_id"

    def among(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that ends in ``WHERE column``, for which it is one of the values."""
        yield from self.query(f"{statement} = ANY(?)", (list(values),)) if values else []

    def from_bytes(self, value: bytes) -> UUID:
        """An id of 16 bytes as it goes into the database."""
        return UUID(bytes=value)

    def to_bytes(self, value: UUID) -> bytes:
        """An id as it came out of the database, as 16 bytes."""
        return value.bytes

    def to_id(self, value: UUID) -> UUID:
        """An id as it came out of the database."""
        return value

    def from_id(self, value: UUID) -> UUID:
        """An id as it goes into the database."""
        return value

    def max_notification_id(self) -> int | None:
        """The greatest position."""
        table = f"{self.prefix}{self.names.events}"
        return self.query(f"SELECT MAX(notification_id) FROM {table}")[0][0]  # type: ignore[no-any-return]

    def _find(self, stored_events: Sequence[StoredEvent]) -> range | None:
        """The positions of these very events, once no earlier try of ours can still commit them."""
        with (
            self.datastore.get_connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            self._lock_table(cursor)  # type: ignore[arg-type]
            found = self._stored(cursor, stored_events)
            return self.explain(cursor, stored_events) if found else None

    def _versions(self, cursor: Any, streams: Iterable[UUID]) -> dict[UUID, int]:
        cursor.execute(
            "SELECT asked, (SELECT MAX(originator_version)"
            f" FROM {self.prefix}{self.names.events} WHERE originator_id = asked)"
            " FROM unnest(%b::uuid[]) AS asked",
            (list(streams),),
        )
        return {stream: last for stream, last in cursor.fetchall() if last}

    def _last_position(self, cursor: Any) -> int:
        table = f"{self.prefix}{self.names.events}"
        cursor.execute(f"SELECT MAX(notification_id) FROM {table}")
        return int(cursor.fetchone()[0] or 0)

    def _last_link(self, cursor: Any) -> Link:
        cursor.execute(
            f"SELECT first, last, recorded, hash FROM {self.prefix}{self.names.chain}"
            " ORDER BY last DESC LIMIT 1"
        )
        found = cursor.fetchone()
        return Link(*found) if found else NO_LINK

    def _insert_rows(
        self, cursor: Any, positions: range, stored_events: Sequence[StoredEvent]
    ) -> None:
        into = (
            f"COPY {self.prefix}{self.names.events} (notification_id, originator_id,"
            " originator_version, topic, state) FROM STDIN (FORMAT BINARY)"
        )
        with cursor.copy(into) as copy:
            copy.set_types(["int8", "uuid", "int8", "text", "bytea"])
            for position, event in zip(positions, stored_events, strict=True):
                copy.write_row(
                    (
                        position,
                        event.originator_id,
                        event.originator_version,
                        event.topic,
                        event.state,
                    )
                )

    def _act(self, cursor: Any, act: str) -> int:
        cursor.execute(f"SELECT position FROM {self.prefix}{ACT_HEAD.name} WHERE act = %s", (act,))
        return int((cursor.fetchone() or (0,))[0])

    def _write_heads(self, cursor: Any, heads: HeadChanges, position: int) -> None:
        for table, values in rows(heads, self, position):
            if values:
                types = [TYPES[kind.rstrip("?")] for kind in table.columns.values()]
                cursor.execute(table.upsert(self.prefix, _unnest(types)), _columns(values))
        if heads.links:
            cursor.execute(
                f"UPDATE {self.prefix}{RECORD_HEAD.name} AS head SET child = linked.child"
                " FROM unnest(%b::uuid[], %b::uuid[]) AS linked (record, child)"
                " WHERE head.record = linked.record",
                _columns(list(heads.links.items())),
            )
        if gone := taken_away(heads, self):
            cursor.execute(
                f"DELETE FROM {self.prefix}{SHIELDED_RECORD.name} WHERE (record, shield) IN"
                f" ({_unnest(['uuid', 'uuid'])})",
                _columns(gone),
            )
        if heads.confirmed is not None:
            self._confirm(cursor, heads.confirmed)

    def _confirm(self, cursor: Any, confirmed: Confirmed) -> None:
        table = f"{self.prefix}{RECORD_HEAD.name}"
        if confirmed.moved:
            cursor.execute(
                f"UPDATE {table} AS head SET stated_effective = moved.effective,"
                " stated_sequence = moved.sequence"
                " FROM unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::bytea[])"
                " AS moved (record, effective, sequence, content)"
                " WHERE head.record = moved.record"
                " AND head.stated_content = coalesce(moved.content, head.stated_content)"
                " AND (head.stated_effective, head.stated_sequence)"
                " < (moved.effective, moved.sequence)",
                _columns([(UUID(bytes=one.record), *one[1:]) for one in confirmed.moved]),
            )
        seen = "(seen.effective, seen.sequence, seen.content)"
        cursor.execute(
            f"UPDATE {table} AS head SET present_effective = seen.effective,"
            " present_sequence = seen.sequence, present_content = seen.content,"
            " standing = CASE WHEN absent_effective IS NULL OR"
            f" (absent_effective, absent_sequence, absent_content) < {seen}"
            " THEN 'current' ELSE 'withdrawn' END"
            " FROM (SELECT %b::bigint AS effective, %b::bigint AS sequence, %b::bytea AS content)"
            " AS seen"
            " WHERE record = ANY(%b::uuid[]) AND stated_effective IS NOT NULL"
            " AND (present_effective IS NULL OR"
            f" (present_effective, present_sequence, present_content) < {seen})",
            (*confirmed.seen, [UUID(bytes=record) for record in confirmed.records]),
        )

    def _insert_link(self, cursor: Any, made: Link) -> None:
        cursor.execute(
            f"INSERT INTO {self.prefix}{self.names.chain} (first, last, recorded, hash)"
            " VALUES (%s, %s, %s, %b)",
            tuple(made),
        )

    def _stored(
        self, cursor: Any, stored_events: Sequence[StoredEvent]
    ) -> dict[tuple[UUID, int], tuple[int, str, bytes]]:
        cursor.execute(
            "SELECT originator_id, originator_version, notification_id, topic, state"
            f" FROM {self.prefix}{self.names.events}"
            " JOIN unnest(%b::uuid[], %b::bigint[]) AS wanted (stream, version)"
            " ON originator_id = stream AND originator_version = version",
            (
                [event.originator_id for event in stored_events],
                [event.originator_version for event in stored_events],
            ),
        )
        return {
            (stream, version): (position, kind, bytes(state))
            for stream, version, position, kind, state in cursor.fetchall()
        }


class Factory(PostgresFactory):
    """Builds what an application needs on one PostgreSQL database."""

    def __init__(self, url: URL, names: Names, *, patience: int) -> None:
        refuse_database_functions()
        BaseInfrastructureFactory.__init__(self, Environment(names.name, {}))
        self.names = names
        self.datastore = Datastore(url, patience)

    def application_recorder(self) -> Recorder:
        """The recorder of the log, with its tables made."""
        recorder = Recorder(self.datastore, self.names)
        recorder.create_table()
        return recorder


def _died(error: Exception) -> bool:
    """Whether a connection was lost, rather than the server having said no."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in ("08", "57")


def _marked(statement: str) -> Any:
    return statement.replace("?", "%b")


def _unnest(types: Sequence[str]) -> str:
    return f"SELECT * FROM unnest({', '.join(f'%b::{kind}[]' for kind in types)})"


def _columns(values: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*values, strict=True)]
