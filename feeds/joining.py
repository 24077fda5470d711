"""Rows of several tables that speak of one child, brought together in bounded memory.

They go to a private database of SQLite that has no name, lies on disk only as far as it outgrows
a few megabytes, and is gone when it is closed or its process ends. SQLite sorts them by child, and
one child at a time comes back. On disk they are encrypted under a key that only this process has.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from feeds.submission import FeedError

Values = dict[str, str]
"""Values of one row by column, none of them empty."""

MOST: Final = 2_000
"""Rows of all tables together that can speak of one child."""
_CACHE: Final = -8192
"""Kibibytes kept in memory, as SQLite counts them."""


class Joined(msgspec.Struct, frozen=True, array_like=True):
    """One row of one table."""

    key: str
    """Names the child in every table."""
    table: str
    line: int
    values: Values


class Joining:
    """Rows put in in any order, given back child by child.

    The order of children is fixed by their keys alone, so that reading the same files again gives
    the same order.
    """

    def __init__(self, file: str) -> None:
        """``file`` names the delivery in errors."""
        self._file = file
        self._cipher = AESGCM(secrets.token_bytes(32))
        self._number = 0
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute(f"PRAGMA cache_size = {_CACHE}")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute("CREATE TABLE row (key BLOB, number INTEGER PRIMARY KEY, sealed BLOB)")

    def __enter__(self) -> "Joining":
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget every row."""
        self._rows.close()

    def add(self, rows: Iterable[Joined]) -> None:
        """Take rows of any table."""
        encode = msgspec.msgpack.Encoder().encode
        sealed = []
        for row in rows:
            self._number += 1
            nonce = self._number.to_bytes(12)
            key = hashlib.blake2b(row.key.encode(), digest_size=16).digest()
            sealed.append((key, self._number, self._cipher.encrypt(nonce, encode(row), key)))
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT INTO row VALUES (?, ?, ?)", sealed)
        self._rows.execute("COMMIT")

    def children(self) -> Iterator[list[Joined]]:
        """Give the rows of each child in the order in which they were added.

        Raises FeedError for a child of whom more than ``MOST`` rows speak.
        """
        decode = msgspec.msgpack.Decoder(Joined).decode
        found = self._rows.execute("SELECT key, number, sealed FROM row ORDER BY key, number")
        for key, group in groupby(found, key=lambda row: row[0]):
            rows: list[Joined] = []
            for _, number, sealed in group:
                if len(rows) == MOST:
                    raise FeedError(self._file, "", "", f"at most {MOST} rows for one child")
                rows.append(decode(self._cipher.decrypt(number.to_bytes(12), sealed, key)))
            yield rows
