"""What the rows of a source's last large delivery were read as, so that none is read twice.

Most rows of a nightly file are, byte for byte, those of the night before. A row is known by a keyed
hash of its bytes and of all else that its reading depends on; kept of it are keyed hashes, places
in time and the names of fields that are not taken, never a value. The file is a cache: dropped, it
costs the time of one reading.
"""

# ruff: noqa: S608 - only our own names of columns are put into statements

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from events.disk import sync

FORMAT = 1
FOLDER = "rows"
"""In the folder for work: a file for each source."""
COLUMNS = "digest, record, content, scope, effective, sequence, exchanged, left_out"


DIFFERENT = 10_000
"""Sets of fields that are left out beyond which no more are remembered."""


class Known(NamedTuple):
    """A row that was read before, and what it was read as but for the statement itself."""

    digest: bytes
    record: bytes
    content: bytes
    scope: str
    effective: int | None
    """Its own effective time; None where its file's holds."""
    sequence: int
    """Its own sequence; 0 where its file's holds."""
    exchanged: int
    left_out: bytes
    """Its fields that are not taken: places in ``Recall.names``, as MessagePack."""


class _Head(msgspec.Struct, frozen=True):
    context: str
    until: str
    rows: int
    names: list[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the rows of a source are kept, and what they are good for."""

    path: Path
    context: tuple[str, ...]
    """All that a reading depends on beside the bytes of its rows and the date."""
    day: str
    """The delivery's own day: kept rows are good until somebody may come of age."""
    until: str
    """Last day for which the rows of this delivery that are kept will be in scope."""
    fewest: int
    """Rows that a delivery must have to be kept."""

    @property
    def beside(self) -> Path:
        """Where the rows of this delivery stand until it is completed."""
        return self.path.with_name(f"{self.path.name}.new")

    def replace(self) -> None:
        """The delivery is completed: its rows, where they were made whole, are those kept."""
        if self.beside.exists():
            sync(self.beside)
            self.beside.replace(self.path)

    def drop(self) -> None:
        """The delivery is not completed: what is kept stays."""
        self.beside.unlink(missing_ok=True)


class Recall:
    """The rows kept of an earlier delivery, asked for in about the order of its file."""

    def __init__(self, kept: Kept, keyed: blake2b) -> None:
        """Open what is kept, if it is whole, of the same context, and not too old.

        ``keyed`` is a hash of 16 bytes with a key that is secret.
        """
        self._hashing = keyed.copy()
        self._hashing.update(_context(kept))
        self._database: sqlite3.Connection | None = None
        self._is_indexed = False
        """Made when a row is asked for out of its old order: most files never need it."""
        self.names: list[str] = []
        """Names of the fields that are not taken of the rows."""
        self._open(kept)
        self._ahead = self._after(0)
        self._next = next(self._ahead, None)

    def close(self) -> None:
        """Let go of the file, which a row that was not asked for would hold open and locked."""
        self._ahead.close()
        if self._database is not None:
            self._database.close()

    def digest(self, written: Sequence[bytes]) -> bytes:
        """The keyed hash of a row, from all the bytes that it is read from."""
        hashing = self._hashing.copy()
        for part in written:
            hashing.update(part)
        # The lengths come last, so that no two rows run together into the same bytes.
        hashing.update(msgspec.msgpack.encode([len(part) for part in written]))
        return hashing.digest()

    def find(self, digest: bytes) -> Known | None:
        """What the row of this hash was read as; None where it is not known."""
        found = self._next
        if found is None or found.digest != digest:  # most files keep their order
            found = self._look_up(digest)
        if found is not None:
            self._next = next(self._ahead, None)
        return found

    def _open(self, kept: Kept) -> None:
        head = _head(kept)
        if head is not None and head.context == _digest(kept) and kept.day <= head.until:
            self._database = sqlite3.connect(kept.path, isolation_level=None)
            self.names = head.names

    def _after(self, place: int) -> Generator[Known, None, None]:
        """Kept rows in the order of their file, from a place on."""
        if self._database is not None:
            found = self._database.execute(
                f"SELECT {COLUMNS} FROM known WHERE rowid > ? ORDER BY rowid", (place,)
            )
            yield from map(Known._make, found)

    def _look_up(self, digest: bytes) -> Known | None:
        """The kept row of this hash; from it the file may go on as it did before."""
        if self._database is None:
            return None
        if not self._is_indexed:
            self._database.execute("CREATE INDEX IF NOT EXISTS by_digest ON known (digest)")
            self._is_indexed = True
        row = self._database.execute(
            f"SELECT rowid, {COLUMNS} FROM known WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        self._ahead = self._after(row[0])
        return Known._make(row[1:])


class Keeping:
    """Puts the rows of a delivery aside, to be kept when it is completed."""

    def __init__(self, kept: Kept) -> None:
        """Begin a new file beside what is kept."""
        self.until = kept.until
        self._kept = kept
        self._places: dict[str, int] = {}
        self._packed: dict[tuple[str, ...], bytes] = {}
        self._pack = msgspec.msgpack.Encoder().encode
        kept.drop()
        self._database = sqlite3.connect(kept.beside, isolation_level=None)
        # Only read when it is whole: it is put in place after all of it is on the disk.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute(
            "CREATE TABLE known (digest BLOB, record BLOB, content BLOB, scope TEXT,"
            " effective INTEGER, sequence INTEGER, exchanged INTEGER, left_out BLOB)"
        )
        self._database.execute("CREATE TABLE head (head BLOB)")
        self._database.execute("BEGIN")

    def left_out(self, names: tuple[str, ...]) -> bytes:
        """Names of fields that are not taken, as ``Known`` has them; a feed bounds how many."""
        packed = self._packed.get(names)
        if packed is None:
            places = self._places
            packed = self._pack([places.setdefault(name, len(places)) for name in names])
            if len(self._packed) < DIFFERENT:
                self._packed[names] = packed
        return packed

    def add(self, rows: Iterable[Known]) -> None:
        """Put rows aside; their fields that are not taken are as ``left_out`` gave them."""
        self._database.executemany(f"INSERT INTO known VALUES ({', '.join('?' * 8)})", rows)

    def finish(self, *, without: Iterable[bytes] = ()) -> None:
        """All rows are in: make the file whole, unless it is small or much more is kept already.

        ``without`` are records whose rows have to be read each time.
        """
        self._database.execute("CREATE TEMP TABLE apart (record BLOB PRIMARY KEY)")
        self._database.executemany("INSERT INTO apart VALUES (?)", [(one,) for one in without])
        self._database.execute("DELETE FROM known WHERE record IN (SELECT record FROM apart)")
        (rows,) = self._database.execute("SELECT count(*) FROM known").fetchone()
        before = _head(self._kept)
        enough = rows >= max(self._kept.fewest, before.rows // 2 if before else 0)
        if enough:
            head = _Head(_digest(self._kept), self.until, rows, list(self._places))
            self._database.execute("INSERT INTO head VALUES (?)", (msgspec.json.encode(head),))
        self._database.execute("COMMIT")
        self.close()
        if not enough:
            self._kept.drop()

    def close(self) -> None:
        """Let go of the file, whole or not."""
        self._database.close()


def _context(kept: Kept) -> bytes:
    return msgspec.json.encode((FORMAT, *kept.context))


def _digest(kept: Kept) -> str:
    return blake2b(_context(kept), digest_size=16).hexdigest()


def _head(kept: Kept) -> _Head | None:
    """What the kept file says of itself; None where there is none, or it is broken."""
    if not kept.path.exists():
        return None
    with (
        suppress(sqlite3.DatabaseError, msgspec.MsgspecError, TypeError),
        closing(sqlite3.connect(kept.path)) as database,
    ):
        (text,) = database.execute("SELECT head FROM head").fetchone()
        return msgspec.json.decode(text, type=_Head)
    return None
