"""What the rows of a source's last large delivery were read as, so that none is read twice.

Most rows of a nightly file are, byte for byte, those of the night before. A row is known by a keyed
hash of its bytes and of all else that its reading depends on; kept of it are keyed hashes, places
in time and the names of fields that are not taken, never a value. The file is a cache: dropped, it
costs the time of one reading.
"""

# ruff: noqa: S608 - only our own names of columns are put into statements

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

FORMAT = 1
FOLDER = "rows"
"""In the folder for work: a file for each source."""
MOST_SHAPES = 10_000
"""Sets of dropped fields that are told apart; rows of further ones are read again each time."""
COLUMNS = "digest, record, content, scope, effective, sequence, exchanged, shape"


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
    shape: int
    """Place in ``Recall.shapes`` of the names of its fields that are not taken."""


class _Head(msgspec.Struct, frozen=True):
    context: str
    until: str
    rows: int
    shapes: list[tuple[str, ...]]


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
            with self.beside.open("rb") as file:
                os.fsync(file.fileno())
            self.beside.replace(self.path)

    def drop(self) -> None:
        """The delivery is not completed: what is kept stays."""
        self.beside.unlink(missing_ok=True)


class Recall:
    """The rows kept of an earlier delivery, and those of this one to be kept in their place."""

    def __init__(self, kept: Kept, keyed: blake2b) -> None:
        """Open what is kept, if it is whole, of the same context, and not too old.

        ``keyed`` is a hash of 16 bytes with a key that is secret.
        """
        self._path = kept.path
        self._until, self._fewest = kept.until, kept.fewest
        self._hashing = keyed.copy()
        self._hashing.update(msgspec.json.encode((FORMAT, *kept.context)))
        self._context = self._hashing.hexdigest()
        self._kept: sqlite3.Connection | None = None
        self._rows = 0
        self.shapes: list[tuple[str, ...]] = []
        self._open(kept.day)
        self._ahead = self._after(0)
        self._next = next(self._ahead, None)
        self._numbers: dict[tuple[str, ...], int] = {}
        self._beside = kept.beside
        self._new = self._made()

    def close(self) -> None:
        """Let go of both files."""
        if self._kept is not None:
            self._kept.close()
        self._new.close()

    def digest(self, written: Sequence[bytes]) -> bytes:
        """The keyed hash of a row, from all the bytes that it is read from."""
        hashing = self._hashing.copy()
        for part in written:
            hashing.update(len(part).to_bytes(8) + part)
        return hashing.digest()

    def find(self, digest: bytes) -> Known | None:
        """What the row of this hash was read as; None where it is not known."""
        found = self._next
        if found is None or found.digest != digest:  # most files keep their order
            found = self._look_up(digest)
        if found is not None:
            self._next = next(self._ahead, None)
        return found

    def note(self, known: Known, shape: tuple[str, ...]) -> tuple[object, ...] | None:
        """A row of this delivery as it will be kept, with the names of what is not taken of it."""
        number = self._numbers.setdefault(shape, len(self._numbers))
        return None if number >= MOST_SHAPES else (*known[:-1], number)

    def add(self, noted: Sequence[tuple[object, ...]]) -> None:
        """Put rows that were noted aside."""
        self._new.executemany(f"INSERT INTO known VALUES ({', '.join('?' * 8)})", noted)

    def finish(self) -> None:
        """Make what was noted whole, unless much more is kept already; then let go of both."""
        (rows,) = self._new.execute("SELECT count(*) FROM known").fetchone()
        enough = rows >= max(self._fewest, self._rows // 2)
        if enough:
            head = _Head(self._context, self._until, rows, list(self._numbers)[:MOST_SHAPES])
            self._new.execute("INSERT INTO head VALUES (?)", (msgspec.json.encode(head),))
            self._new.execute("CREATE INDEX by_digest ON known (digest)")
        self._new.execute("COMMIT")
        self.close()
        if not enough:
            self._beside.unlink()

    def _open(self, day: str) -> None:
        if not self._path.exists():
            return
        with suppress(sqlite3.DatabaseError, msgspec.MsgspecError, TypeError):
            kept = sqlite3.connect(f"file:{self._path}?mode=ro&immutable=1", uri=True)
            (text,) = kept.execute("SELECT head FROM head").fetchone()
            head = msgspec.json.decode(text, type=_Head)
            if head.context == self._context and day <= head.until:
                self._kept, self._rows, self.shapes = kept, head.rows, head.shapes

    def _after(self, place: int) -> Iterator[Known]:
        """Kept rows in the order of their file, from a place on."""
        if self._kept is not None:
            found = self._kept.execute(
                f"SELECT {COLUMNS} FROM known WHERE rowid > ? ORDER BY rowid", (place,)
            )
            yield from map(Known._make, found)

    def _look_up(self, digest: bytes) -> Known | None:
        """The kept row of this hash; from it the file may go on as it did before."""
        if self._kept is None:
            return None
        row = self._kept.execute(
            f"SELECT rowid, {COLUMNS} FROM known WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            return None
        self._ahead = self._after(row[0])
        return Known._make(row[1:])

    def _made(self) -> sqlite3.Connection:
        self._beside.unlink(missing_ok=True)
        made = sqlite3.connect(self._beside, isolation_level=None)
        # Only read when it is whole: it is put in place after all of it is on the disk.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            made.execute(f"PRAGMA {pragma}")
        made.execute(
            "CREATE TABLE known (digest BLOB, record BLOB, content BLOB, scope TEXT,"
            " effective INTEGER, sequence INTEGER, exchanged INTEGER, shape INTEGER)"
        )
        made.execute("CREATE TABLE head (head BLOB)")
        made.execute("BEGIN")
        return made
