"""A mapping that may outgrow memory: few of its entries are kept there, the rest in a file."""

import sqlite3
import weakref
from collections.abc import Iterator
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

V = TypeVar("V")

ROOM = 100_000
"""Entries that are kept in memory before they are written to the file."""


class Spilled(Generic[V]):
    """What is known by an id. The file has no name, holds nothing sealed, and ends with this."""

    def __init__(self, kind: type[V], *, room: int = ROOM) -> None:
        """``kind``: what the values are, as msgspec writes them."""
        self._near: dict[UUID, V] = {}
        self._room = room
        self._encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._file: sqlite3.Connection | None = None

    def get(self, key: UUID) -> V | None:
        """What is known by this id; None for nothing."""
        found = self._near.get(key)
        if found is None and self._file is not None:
            query = "SELECT value FROM spilled WHERE key = ?"
            row = self._file.execute(query, (key.bytes,)).fetchone()
            return None if row is None else self._decode(row[0])
        return found

    def __getitem__(self, key: UUID) -> V:
        if (found := self.get(key)) is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: UUID, value: V) -> None:
        self._near[key] = value
        if len(self._near) > self._room:
            self._spill()

    def pop(self, key: UUID) -> V | None:
        """What was known by this id, which is known no more; None for nothing."""
        found = self._near.pop(key, None)
        if self._file is not None:
            query = "DELETE FROM spilled WHERE key = ? RETURNING value"
            for (value,) in self._file.execute(query, (key.bytes,)).fetchall():
                found = self._decode(value) if found is None else found
        return found

    def entries(self) -> Iterator[tuple[UUID, V]]:
        """All entries. Nothing may be set meanwhile."""
        if self._file is None:
            yield from self._near.items()
            return
        self._spill()
        for key, value in self._file.execute("SELECT key, value FROM spilled ORDER BY key"):
            yield UUID(bytes=key), self._decode(value)

    def _spill(self) -> None:
        if self._file is None:
            # SQLite's own temporary database, where its settings put such.
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            # Whoever collects this closes it, in whatever thread; Python 3.13 asks that it is.
            weakref.finalize(self, self._file.close)
            self._file.execute("CREATE TABLE spilled (key BLOB PRIMARY KEY, value) WITHOUT ROWID")
        rows = ((key.bytes, self._encode(self._near[key])) for key in sorted(self._near))
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR REPLACE INTO spilled VALUES (?, ?)", rows)
        self._file.execute("COMMIT")
        self._near.clear()
