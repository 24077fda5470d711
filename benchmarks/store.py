"""How fast the store is, beside the bare database given the same bytes: ``-m benchmarks.store``.

Rates are events a second from one run on one machine; read the ratios, not the rates.
``CONTACTPOINT_TEST_PG`` names a PostgreSQL to measure as well.
"""

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from eventsourcing.persistence import StoredEvent

from events.keys import SubjectKeys
from events.log import Log, open_log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.record import Order, Record, RecordReceived, Statement
from events.store.heads import HeadChanges, RecordHead
from person.names import PersonName
from person.particulars import BirthDate, Particulars
from person.places import Address

T = TypeVar("T")
CHUNK = 10_000
CHUNKS = 5
PLACE = Order(1_700_000_000_000_000, 0, b"content of a row")
ORIGIN = Origin(PLACE.effective, "os:clerk", "load 9f3c2a11")
STATEMENT = msgspec.Raw(
    msgspec.json.encode(
        Statement(
            "9000000009",
            Particulars(
                names=(PersonName(("Ada", "Rose"), "Example"),),
                birth=BirthDate("2015-03-02"),
                sex="F",
                addresses=(Address(("1 High Street",), "Northampton", "NN1 1AB"),),
            ),
        )
    )
)


def main() -> None:
    """Measure SQLite, and PostgreSQL where one is named; print the rates."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure("SQLite", f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/keys.db", folder)
    if server := os.environ.get("CONTACTPOINT_TEST_PG"):
        schema = f"{server}{'&' if '?' in server else '?'}schema=bench_{uuid4().hex[:8]}"
        with tempfile.TemporaryDirectory() as name:
            measure("PostgreSQL", schema, f"{schema}_keys", Path(name))


def measure(title: str, log_url: str, keys_url: str, folder: Path) -> None:
    """Print the rates of one database."""
    master = MasterKey.create(folder / "master.key")
    keys = SubjectKeys(keys_url, master, create=True)
    with open_log(log_url, keys, master, create=True) as log:
        rates = dict.fromkeys(("issue", "seal", "append", "bare", "read", "decode"), 0.0)
        for number in range(CHUNKS):
            for step, seconds in chunk(log, keys, master, number, folder).items():
                rates[step] += seconds
    keys.close()
    say(f"{title}, {CHUNKS} chunks of {CHUNK:,}:")
    for step, seconds in rates.items():
        say(f"  {step:8}{CHUNK * CHUNKS / seconds:>12,.0f} /s")
    say(f"  append (sealing, heads, chain) : bare = {rates['bare'] / rates['append']:.2f}")


def chunk(
    log: Log, keys: SubjectKeys, master: MasterKey, number: int, folder: Path
) -> dict[str, float]:
    """Seconds of each step for one chunk of new records."""
    records = [
        UUID(bytes=master.hashes.record_id("pds", f"{number}/{row}")) for row in range(CHUNK)
    ]
    issued, numbers = timed(lambda: keys.issue([record.bytes for record in records]))
    first = number * CHUNK + 1
    messages = [
        received(record, key, first + row)
        for row, (record, key) in enumerate(zip(records, numbers, strict=True))
    ]
    heads = HeadChanges(records=[head(message) for message in messages])
    sealed, stored = timed(lambda: log.mapper.to_stored_events(messages))
    appended, _ = timed(lambda: log.append(messages, heads=heads))
    bare, _ = timed(lambda: write_bare(log, stored, first, folder))
    read, rows = timed(lambda: log.read(first - 1, CHUNK))
    decoded, _ = timed(lambda: log.decode(rows))
    return {
        "issue": issued,
        "seal": sealed,
        "append": appended,
        "bare": bare,
        "read": read,
        "decode": decoded,
    }


def received(record: UUID, key: int, ordinal: int) -> Recorded:
    """One event of the bulk path, its statement encoded already."""
    event = RecordReceived(
        ordinal, "pds", "", "0" * 16, ordinal, PLACE, PLACE, b"four keyed hashs", b"", STATEMENT
    )
    return Recorded(record, 1, ORIGIN, PLACE.effective, event, (key, 0))


def head(message: Recorded) -> RecordHead:
    """The head that a load writes with it."""
    event = message.event
    assert isinstance(event, RecordReceived)
    state = Record(
        ordinal=event.ordinal,
        source=event.source,
        version=1,
        standing="current",
        stated=PLACE,
        stated_version=1,
        statements=1,
        present=PLACE,
        traits=event.traits,
    )
    return RecordHead(message.originator_id, state, message.keys[0])


def write_bare(log: Log, stored: Sequence[StoredEvent], first: int, folder: Path) -> None:
    """The same bytes into a table with the same indexes, and nothing else, in one commit."""
    rows = [
        (at, UUID(str(one.originator_id)), one.originator_version, one.topic, one.state)
        for at, one in enumerate(stored, first)
    ]
    if log.is_embedded:
        write_sqlite(folder / "bare.db", rows)
    else:
        write_postgres(log, rows)


def write_sqlite(path: Path, rows: list[tuple[int, UUID, int, str, bytes]]) -> None:
    """A bare executemany."""
    with closing(sqlite3.connect(path)) as database, database:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-131072"):
            database.execute(f"PRAGMA {pragma}")
        database.execute(
            "CREATE TABLE IF NOT EXISTS event (rowid INTEGER PRIMARY KEY, stream BLOB, version INT,"
            " type TEXT, state BLOB)"
        )
        database.execute("CREATE UNIQUE INDEX IF NOT EXISTS place ON event (stream, version)")
        database.executemany(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
            [(at, stream.bytes, *rest) for at, stream, *rest in rows],
        )


def write_postgres(log: Log, rows: list[tuple[int, UUID, int, str, bytes]]) -> None:
    """A bare COPY BINARY."""
    with log.session() as session, session.transaction():
        session.execute(
            "CREATE TABLE IF NOT EXISTS bare_event (position bigint PRIMARY KEY, stream uuid,"
            " version bigint, type text, state bytea, UNIQUE (stream, version))"
        )
        copy_rows(session.cursor(), rows)


def copy_rows(
    cursor: psycopg.Cursor[tuple[object, ...]], rows: list[tuple[int, UUID, int, str, bytes]]
) -> None:
    """Send the rows."""
    with cursor.copy("COPY bare_event FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "uuid", "int8", "text", "bytea"])
        for row in rows:
            copy.write_row(row)


def timed(act: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it took, and what it gave."""
    start = time.perf_counter()
    found = act()
    return time.perf_counter() - start, found


def say(text: str) -> None:
    """One line of the result."""
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
