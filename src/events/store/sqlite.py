"""The log in an SQLite file: one writer at a time, on the disk before an append returns."""

# ruff: noqa: S608 - only names of tables and columns of ours are put into statements

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    BaseInfrastructureFactory,
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    StoredEvent,
)
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment

from events.chain import Link
from events.failpoints import failpoint
from events.mapper import Row
from events.store.appending import NO_LINK, AppendingRecorder, Kept, Names
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
AMONG = 500
FEW = 8
"""Values that are looked up one by one."""
TYPES = {"id": "BLOB", "count": "INTEGER", "text": "TEXT", "bytes": "BLOB"}
STATEMENTS = 256
"""Statements that a connection remembers, parsed and planned."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=10000")
"""FULL: a commit is on the disk when it returns."""
WIDE, NARROW = 128, 16
"""MiB of cache for each connection. A load falls on all of the index of streams. The record of
access is written where it ends; a process that runs for weeks asks for one child here and another
there, whose pages the system keeps anyway."""


class _Transaction(SQLiteTransaction):
    """Takes the writer's lock first.

    A transaction that reads first and writes later fails at once with "database is locked" when
    another has written in between, without waiting.
    """

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor


class _Connection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with _Transaction(self, commit=commit) as cursor, cursor:
            yield cursor


class _Pool(SQLiteConnectionPool):
    cache: int
    patience: int

    def _create_connection(self) -> SQLiteConnection:
        """A connection as the library makes it, but for its memory of one statement alone."""
        try:
            made = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=self.patience,
                cached_statements=STATEMENTS,
            )
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        for pragma in (*PRAGMAS, f"cache_size=-{self.cache * 1024}"):
            made.execute(f"PRAGMA {pragma}")
        return _Connection(made, max_age=self.max_age)


class Datastore(SQLiteDatastore):
    """Connections to one file that only its owner may read."""

    def __init__(self, path: Path, cache: int = WIDE, patience: int = PATIENCE) -> None:
        """``cache``: MiB that each connection may hold; ``patience``: as ``PATIENCE``."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.pool = _Pool(db_name=str(path), lock_timeout=patience, pool_timeout=PATIENCE)
        self.pool.cache, self.pool.patience = cache, patience
        self.single_row_tracking = True
        self.originator_id_type = "uuid"


def is_free(path: Path, within: float) -> bool:
    """Whether a writer has its turn within so many seconds; it is given back at once."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=within)) as tried:
        try:
            tried.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        tried.execute("ROLLBACK")
        return True


class Recorder(AppendingRecorder, SQLiteApplicationRecorder):
    """The library's application recorder, with positions that are never used again.

    The stock one leaves them to the implicit rowid, which SQLite hands out anew after the last
    row is deleted and may renumber when a file is dumped and restored.
    """

    prefix = ""

    def __init__(self, datastore: SQLiteDatastore, names: Names) -> None:
        self.names = names
        self._kept = Kept()
        super().__init__(datastore, events_table_name=names.events)

    def construct_create_table_statements(self) -> list[str]:
        """The log's tables; heads only where it has them."""
        names = self.names
        statements = [
            f"CREATE TABLE IF NOT EXISTS {names.events} (rowid INTEGER PRIMARY KEY AUTOINCREMENT,"
            " originator_id BLOB NOT NULL, originator_version INTEGER NOT NULL,"
            " topic TEXT NOT NULL, state BLOB NOT NULL)",
            f"CREATE UNIQUE INDEX IF NOT EXISTS {names.events}_stream"
            f" ON {names.events} (originator_id, originator_version)",
            f"CREATE TABLE IF NOT EXISTS {names.chain} (last INTEGER PRIMARY KEY,"
            " first INTEGER NOT NULL, recorded INTEGER NOT NULL, hash BLOB NOT NULL)",
            f"CREATE TABLE IF NOT EXISTS {names.identity}"
            " (id BLOB NOT NULL, format INTEGER NOT NULL, seal BLOB NOT NULL)",
        ]
        for table in TABLES if names.heads else ():
            # Not WITHOUT ROWID: ids are random, and a tree of whole rows in their order would have
            # nearly every new row change a page of its own. An index of ids alone stays small.
            statements += table.create("", TYPES)
        return statements

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Write one commit and return its positions; ``AppendingRecorder.write`` says more."""
        if not stored_events:
            return []
        try:
            with self.datastore.transaction(commit=True) as cursor:
                positions = self.write(
                    cursor, stored_events, heads=kwargs["heads"], expect=kwargs["expect"]
                )
        except IntegrityError:
            with self.datastore.transaction(commit=False) as cursor:
                return self.explain(cursor, stored_events)
        failpoint("append.after-commit")
        return positions

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream."""
        found = self.query(
            f"SELECT originator_version, topic, state FROM {self.names.events}"
            " WHERE originator_id = ? AND originator_version > ? AND originator_version <= ?"
            f" ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT ?",
            (
                UUID(str(originator_id)).bytes,
                -1 if gt is None else gt,
                2**62 if lte is None else lte,
                -1 if limit is None else limit,
            ),
        )
        return [StoredEvent(originator_id, *row) for row in found]

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
        wanted = f" AND topic IN ({','.join('?' * len(types))})" if types else ""
        found = self.query(
            "SELECT rowid, originator_id, originator_version, topic, state"
            f" FROM {self.names.events} WHERE rowid > ? AND rowid <= ?{wanted}"
            " ORDER BY rowid LIMIT ?",
            (after, 2**62 if upto is None else upto, *types, limit),
        )
        return [Row(at, UUID(bytes=stream), *rest) for at, stream, *rest in found]

    def alien(self, types: Sequence[str], limit: int) -> list[int]:
        """Positions of rows of other types than these, or whose columns are not of their kind."""
        found = self.query(
            f"SELECT rowid FROM {self.names.events} WHERE typeof(originator_id) <> 'blob'"
            " OR typeof(state) <> 'blob' OR typeof(topic) <> 'text'"
            f" OR topic NOT IN ({','.join('?' * len(types))}) ORDER BY rowid LIMIT ?",
            (*types, limit),
        )
        return [position for (position,) in found]

    def damaged(self, limit: int) -> list[str]:
        """What does not fit in the file itself, such as an index that misses a row."""
        return [said for (said,) in self.query(f"PRAGMA integrity_check({limit})") if said != "ok"]

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        with (
            self.datastore.get_connection(commit=False) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor

    def _snapshot(self) -> AbstractContextManager[Any]:
        return self.datastore.transaction(commit=False)

    def _rows(
        self, cursor: Any, statement: str, parameters: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Change something in a transaction of its own."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(statement, parameters)

    @property
    def positions_of(self) -> str:
        """The statement for the positions of events, as far as their streams."""
        return f"SELECT rowid FROM {self.names.events} WHERE originator_id"

    def among(self, statement: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that ends in ``WHERE column``, for which it is one of the values."""
        with self._state() as cursor:
            if len(values) > FEW:
                yield from _among(cursor, statement, values)
                return
            # For a list SQLite makes a tree of its own, which takes longer than a few looks.
            for value in dict.fromkeys(values):
                yield from self._rows(cursor, f"{statement} = ?", (value,))

    def from_bytes(self, value: bytes) -> bytes:
        """An id of 16 bytes as it goes into the database."""
        return value

    def to_bytes(self, value: bytes) -> bytes:
        """An id as it came out of the database, as 16 bytes."""
        return value

    def to_id(self, value: bytes) -> UUID:
        """An id as it came out of the database."""
        return UUID(bytes=value)

    def from_id(self, value: UUID) -> bytes:
        """An id as it goes into the database."""
        return value.bytes

    def _max_notification_id(self, c: SQLiteCursor) -> int:
        return self._last_position(c)

    def _versions(self, cursor: Any, streams: Iterable[UUID]) -> dict[UUID, int]:
        # Each stream's last version by itself: grouping would walk all versions of each.
        found: dict[UUID, int] = {}
        asked = list(streams)
        for start in range(0, len(asked), AMONG):
            some = [stream.bytes for stream in asked[start : start + AMONG]]
            cursor.execute(
                "SELECT column1, (SELECT MAX(originator_version)"
                f" FROM {self.names.events} WHERE originator_id = column1)"
                f" FROM (VALUES {','.join(['(?)'] * len(some))})",
                some,
            )
            found.update((UUID(bytes=one), last) for one, last in cursor.fetchall() if last)
        return found

    def _last_position(self, cursor: Any) -> int:
        """The greatest position ever given, even if its row were gone."""
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (self.names.events,))
        found = cursor.fetchone()
        return int(found[0]) if found else 0

    def _last_link(self, cursor: Any) -> Link:
        cursor.execute(
            f"SELECT first, last, recorded, hash FROM {self.names.chain} ORDER BY last DESC LIMIT 1"
        )
        found = cursor.fetchone()
        return Link(*found) if found else NO_LINK

    def _insert_rows(
        self, cursor: Any, positions: range, stored_events: Sequence[StoredEvent]
    ) -> None:
        cursor.executemany(
            f"INSERT INTO {self.names.events}"
            " (rowid, originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    position,
                    event.originator_id.bytes,
                    event.originator_version,
                    event.topic,
                    event.state,
                )
                for position, event in zip(positions, stored_events, strict=True)
                if isinstance(event.originator_id, UUID)
            ],
        )

    def _act(self, cursor: Any, act: str) -> int:
        cursor.execute(f"SELECT position FROM {ACT_HEAD.name} WHERE act = ?", (act,))
        return int((cursor.fetchone() or (0,))[0])

    def _write_heads(self, cursor: Any, heads: HeadChanges, position: int) -> None:
        for table, values in rows(heads, self, position):
            if values:
                marks = f"VALUES ({', '.join('?' * len(table.columns))})"
                cursor.executemany(table.upsert("", marks), values)
        cursor.executemany(
            f"UPDATE {RECORD_HEAD.name} SET child = ? WHERE record = ?",
            [
                (child.bytes if child else None, record.bytes)
                for record, child in heads.links.items()
            ],
        )
        cursor.executemany(
            f"DELETE FROM {SHIELDED_RECORD.name} WHERE record = ? AND shield = ?",
            taken_away(heads, self),
        )
        if heads.confirmed is not None:
            self._confirm(cursor, heads.confirmed)

    def _confirm(self, cursor: Any, confirmed: Confirmed) -> None:
        cursor.executemany(
            f"UPDATE {RECORD_HEAD.name} SET stated_effective = ?, stated_sequence = ?"
            " WHERE record = ? AND stated_content = coalesce(?, stated_content)"
            " AND (stated_effective, stated_sequence) < (?, ?)",
            [
                (effective, sequence, record, content, effective, sequence)
                for record, effective, sequence, content in confirmed.moved
            ],
        )
        seen = tuple(confirmed.seen)
        # In the order of the key: the rows of one page of the table are changed together.
        cursor.executemany(
            f"UPDATE {RECORD_HEAD.name} SET present_effective = ?, present_sequence = ?,"
            " present_content = ?, standing = CASE WHEN absent_effective IS NULL OR"
            " (absent_effective, absent_sequence, absent_content) < (?, ?, ?)"
            " THEN 'current' ELSE 'withdrawn' END"
            " WHERE record = ? AND stated_effective IS NOT NULL AND (present_effective IS NULL OR"
            " (present_effective, present_sequence, present_content) < (?, ?, ?))",
            [(*seen, *seen, record, *seen) for record in sorted(confirmed.records)],
        )

    def _insert_link(self, cursor: Any, made: Link) -> None:
        cursor.execute(
            f"INSERT INTO {self.names.chain} (first, last, recorded, hash) VALUES (?, ?, ?, ?)",
            tuple(made),
        )

    def _stored(
        self, cursor: Any, stored_events: Sequence[StoredEvent]
    ) -> dict[tuple[UUID, int], tuple[int, str, bytes]]:
        found = {}
        for event in stored_events:
            stream = UUID(str(event.originator_id))
            cursor.execute(
                f"SELECT rowid, topic, state FROM {self.names.events}"
                " WHERE originator_id = ? AND originator_version = ?",
                (stream.bytes, event.originator_version),
            )
            if row := cursor.fetchone():
                found[stream, event.originator_version] = row
        return found


class Factory(SQLiteFactory):
    """Builds what an application needs on one SQLite file."""

    def __init__(self, path: Path, names: Names, *, narrow: bool, patience: int) -> None:
        BaseInfrastructureFactory.__init__(self, Environment(names.name, {}))
        self.names = names
        self.datastore = Datastore(path, NARROW if narrow else WIDE, patience)

    def application_recorder(self) -> Recorder:
        """The recorder of the log, with its tables made."""
        recorder = Recorder(self.datastore, self.names)
        recorder.create_table()
        return recorder


def _among(
    cursor: Any, statement: str, values: Sequence[Any], end: str = ""
) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(values), AMONG):
        some = values[start : start + AMONG]
        cursor.execute(f"{statement} IN ({','.join('?' * len(some))}){end}", some)
        yield from cursor.fetchall()
