"""What nobody can be faster than: the feed read to its end, and a bare insert of the same bytes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from feeds.submission import Feed

AT_ONCE = 10_000


def parsing(feed: Feed, path: Path) -> float:
    """Seconds to read every row of a file, and do nothing with it."""
    start = time.perf_counter()
    for _ in feed.open([path]):
        pass
    return time.perf_counter() - start


def inserting(log: Path, folder: Path) -> float:
    """Seconds to put the events of a log into an empty table of the same shape, and no more."""
    spent = 0.0
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as database:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-131072"):
            database.execute(f"PRAGMA {pragma}")
        database.execute(
            "CREATE TABLE event (rowid INTEGER PRIMARY KEY, stream BLOB, version INT, type TEXT,"
            " state BLOB)"
        )
        database.execute("CREATE UNIQUE INDEX place ON event (stream, version)")
        for rows in _stored(log):
            start = time.perf_counter()
            database.execute("BEGIN")
            database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
            spent += time.perf_counter() - start
    return spent


def _stored(log: Path) -> Iterator[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(f"file:{log}?mode=ro", uri=True)) as database:
        (table,) = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_event'"
            " ESCAPE '\\'"
        ).fetchone()
        found = database.execute(
            "SELECT rowid, originator_id, originator_version, topic, state"
            f" FROM {table} ORDER BY rowid"
        )
        while rows := found.fetchmany(AT_ONCE):
            yield rows
