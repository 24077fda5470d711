"""The read database: opened with the settings its projections rely on, and scrubbed."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another, and a scrub for the last reader of old pages."""

PRAGMAS = (
    f"busy_timeout={BUSY_MILLISECONDS}",
    "journal_mode=WAL",
    # What a power cut takes from the end is read from the log again: rows and position go together.
    "synchronous=NORMAL",
    "secure_delete=ON",
    "wal_autocheckpoint=8000",
)


WIDE, NARROW = 64, 4
"""MiB of cache for each connection: of what writes and rebuilds, and of a process that runs for
weeks and asks for one child here and another there, whose pages the system keeps anyway."""


class ScrubError(Exception):
    """A reader of old pages kept the read database from being scrubbed; try again."""


def open_read_models(url: str, cache: int = WIDE) -> sa.Engine:
    """An engine on the read database.

    ``url`` is a SQLAlchemy URL of SQLite or PostgreSQL (psycopg). With ``?schema=NAME`` on
    PostgreSQL the tables stand in that schema, which is made if it is missing. A SQLite file that
    does not exist is created readable for its owner only. ``cache``: MiB that each connection to
    SQLite may hold.
    """
    place = sa.make_url(url)
    if place.get_backend_name() == "sqlite":
        return _open_sqlite(place, cache)
    return _open_postgres(place)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that may write. SQLite takes its one write lock at the start, not half-way."""
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


def scrub(engine: sa.Engine) -> None:
    """Make sure that nothing of deleted rows stays in any file of a SQLite read database.

    ``secure_delete`` blanks deleted cells, but copies left behind when pages were split survive
    it; VACUUM writes every page anew, and the checkpoint empties the write-ahead log. On
    PostgreSQL dead rows are vacuumed away; its own log and backups are the operator's to expire.

    Raises ScrubError while a reader holds old pages.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
        _empty_the_wal(raw)
    finally:
        raw.close()


def _empty_the_wal(raw: sa.PoolProxiedConnection, milliseconds: float = BUSY_MILLISECONDS) -> None:
    deadline = time.monotonic() + milliseconds / 1000
    while True:
        cursor = raw.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchall()[0]
        if not busy:
            return
        if time.monotonic() > deadline:
            raise ScrubError("a reader still holds old pages of the read database; try again")
        time.sleep(0.05)


def _open_sqlite(place: sa.URL, cache: int) -> sa.Engine:
    if place.database and place.database != ":memory:":
        file = Path(place.database)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(place, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def settle(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # ours to begin: DDL and rows in one transaction
        cursor = connection.cursor()
        for pragma in (*PRAGMAS, f"cache_size=-{cache * 1024}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            # Straight to the driver: it can neither wait nor fail, and each answer begins with it.
            raw: Any = connection.connection.dbapi_connection
            raw.execute("BEGIN")

    return engine


def _open_postgres(place: sa.URL) -> sa.Engine:
    schema = place.query.get("schema")
    if not isinstance(schema, str):
        return sa.create_engine(place, hide_parameters=True)
    place = place.difference_update_query(["schema"])
    quoted = schema.replace("\\", r"\\").replace(" ", r"\ ").replace('"', '""')
    options = f'-csearch_path="{quoted}"'
    engine = sa.create_engine(place, connect_args={"options": options}, hide_parameters=True)
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    return engine
