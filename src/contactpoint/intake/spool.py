"""What the first pass found, kept for the second on disk where nobody can read it.

A file is read once: what the first pass prepared waits here for the second. The spool is a file
without a name, encrypted under a key that exists only in this process, so a load that is killed
leaves nothing of its rows behind, and memory does not grow with the file.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contactpoint.intake.preparing import EncodedRows, PreparedRow
from events.delivery import Counts, HeldRow, Restated, RowNote
from events.store.heads import Moved


class PlannedChunk(msgspec.Struct, frozen=True):
    """A chunk as the first pass classed it; rows that may owe an event are decided again later."""

    number: int
    counts: Counts
    """Of the rows that are settled: unchanged, out of scope, held, rejected."""
    confirmed: list[tuple[bytes, int, int]]
    """Record, ordinal and line of each row that repeats what is known."""
    restated: list[Restated]
    seen: list[bytes]
    """Records that rows not taken prove present."""
    notes: list[RowNote]
    moved: list[Moved]
    """Statements that the confirming rows repeat at a later place."""
    rows: list[PreparedRow]
    """Rows that say something new of a record that has a head, and purges."""
    firsts: EncodedRows
    """Rows of records that have no head."""
    settled: list[HeldRow] = []
    """Its rows, where they were held before and are taken up again."""
    marked: list[bytes] = []
    """Records that rows which are not taken mark as restricted."""

    def all_marked(self) -> Iterator[bytes]:
        """Records that any row marks which says something new, taken or not.

        Of a row that names a former key, the record of that key too.
        """
        yield from (*self.marked, *self.firsts.marked)
        for row in self.rows:
            if row.restricted:
                yield from filter(None, (row.record, row.former))


class Spool:
    """Chunks written once, in order, and read back in order."""

    def __init__(self, folder: Path) -> None:
        # A temporary file has no name on Linux, or loses it at once: see tempfile.TemporaryFile.
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in __exit__
        self._cipher = AESGCM(AESGCM.generate_key(bit_length=256))
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(PlannedChunk)
        self._written = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, chunk: PlannedChunk) -> None:
        """Add the next chunk."""
        nonce = os.urandom(12)
        place = self._written.to_bytes(8)
        sealed = self._cipher.encrypt(nonce, self._encoder.encode(chunk), place)
        self._file.write(len(sealed).to_bytes(4) + nonce + sealed)
        self._written += 1

    def __iter__(self) -> Iterator[PlannedChunk]:
        self._file.seek(0)
        for number in range(self._written):
            size = int.from_bytes(self._file.read(4))
            nonce = self._file.read(12)
            opened = self._cipher.decrypt(nonce, self._file.read(size), number.to_bytes(8))
            yield self._decoder.decode(opened)
