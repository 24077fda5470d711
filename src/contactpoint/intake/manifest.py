"""Which records a file names: the first pass's own table, to find keys that come twice.

A private temporary database of keyed hashes; SQLite keeps it in memory while it is small, spills
it to disk when it is not, and deletes it when it is closed.
"""

import sqlite3
from collections.abc import Iterable


class Manifest:
    """Record ids of a delivery with the hash of what each row says of them."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA cache_size=-32768")
        self._db.execute("CREATE TABLE stated (record BLOB NOT NULL, content BLOB NOT NULL)")
        self._db.execute("BEGIN")

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Note the record and the content of each row."""
        self._db.executemany("INSERT INTO stated VALUES (?, ?)", rows)

    def names(self, record: bytes) -> bool:
        """Whether a row of this file names the record; after ``repeated`` an index look-up."""
        found = self._db.execute("SELECT 1 FROM stated WHERE record = ? LIMIT 1", (record,))
        return found.fetchone() is not None

    def repeated(self) -> tuple[frozenset[bytes], dict[bytes, bytes]]:
        """Records that this file names more than once; those of which it says different things.

        The latter with the greatest content, which counts where all are said of one time.
        """
        self._db.execute("CREATE INDEX by_record ON stated (record, content)")
        found = self._db.execute(
            "SELECT record, min(content), max(content) FROM stated"
            " GROUP BY record HAVING count(*) > 1"
        ).fetchall()
        repeated = frozenset(record for record, _, _ in found)
        return repeated, {record: most for record, least, most in found if least != most}
