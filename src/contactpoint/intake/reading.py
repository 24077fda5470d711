"""Rows of a delivery as whoever reads them hands them over: encoded, recalled, or not taken."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from contactpoint.intake.recall import Known, Recall
from events.record import Statement
from feeds.reading import OnePass, Rows
from feeds.submission import Dropped, Fault, Reading, Recalled, Remark, Row, Submission
from person.particulars import Particulars

LEFT = 3
"""Of ten rows, those that the second process leaves to the first, which would wait for it else."""


class ReadRow(msgspec.Struct, frozen=True, array_like=True, tag="read"):
    """A submission, encoded as it will be sealed, and what else is needed of it."""

    line: int
    key: str
    scope: str
    effective: str
    sequence: int
    traits: tuple[str, str, str, str]
    """Forename, family name, birth date, postcode: what an overlaid record cannot keep."""
    statement: bytes
    """The statement as JSON."""
    sensitive: bytes
    """Involvements of sensitive services as JSON; empty where there are none."""
    purge: bool
    former_key: str
    remarks: tuple[Remark, ...]
    digest: bytes
    """Hash by which the row can be recalled; empty where it must be read each time."""
    left_out: tuple[str, ...]
    """Its fields that are not taken."""
    restricted: bool = False
    """Its feed marks the child as restricted."""


class RecalledRow(msgspec.Struct, frozen=True, array_like=True, tag="recalled"):
    """A row that was read before: what was kept of it."""

    line: int
    known: Known
    left_out: tuple[str, ...]
    """Its fields that are not taken."""


class FaultyRow(msgspec.Struct, frozen=True, array_like=True, tag="faulty"):
    """A row that the feed did not take."""

    fault: Fault


class WrittenRow(msgspec.Struct, frozen=True, array_like=True, tag="written"):
    """A row that was not read, for whoever takes the chunk to read."""

    line: int
    digest: bytes
    written: tuple[bytes, ...]
    """All the bytes that it is read from."""


AnyRow = ReadRow | RecalledRow | FaultyRow | WrittenRow


class ReadChunk(msgspec.Struct, frozen=True):
    """Rows of the delivery from one fixed place to the next."""

    number: int
    rows: list[AnyRow]


class Reader:
    """Reads a delivery once, chunk by chunk."""

    def __init__(
        self, recall: Recall, again: frozenset[bytes] = frozenset(), *, left: bool = False
    ) -> None:
        """``again`` are hashes of rows to be read although they are recalled.

        ``left``: some rows are left to whoever takes the chunks (``Apart``).
        """
        self._recall = recall
        self._again = again
        self._left = left
        self._new = 0
        self._asked: tuple[bytes, Known | None, tuple[bytes, ...]] = (b"", None, ())
        self._dropped = Dropped()
        self._unpack = msgspec.msgpack.Decoder(list[int]).decode

    def chunks(self, reading: Reading, size: int) -> Iterator[ReadChunk]:
        """Give the rows in chunks of ``size``. Raises FeedError as the feed does."""
        told = reading if isinstance(reading, OnePass) else None
        if told is not None:
            told.recalls = self._recalls
            self._dropped = told.dropped
        encoding = Encoding(told)
        rows = iter(reading)
        number = 0
        while some := [self._row(row, encoding) for row in islice(rows, size)]:
            yield ReadChunk(number, some)
            number += 1

    def _row(
        self, row: Row, encoding: "Encoding"
    ) -> ReadRow | RecalledRow | FaultyRow | WrittenRow:
        if isinstance(row, Submission):
            (digest, *_), self._asked = self._asked, (b"", None, ())
            return encoding.row(row, digest)
        return self._not_read(row.line) if isinstance(row, Recalled) else FaultyRow(row)

    def _recalls(self, *written: bytes) -> bool:
        """Whether a row of these bytes is not read here: it was before, or is left to another."""
        self._dropped.of_row()  # what was counted before this row is not of it
        digest = self._recall.digest(written)
        known = None if digest in self._again else self._recall.find(digest)
        self._asked = digest, known, written
        return known is not None or self._is_left()

    def _is_left(self) -> bool:
        """Whether a row is among those of ten that are left to another."""
        self._new += 1
        return self._left and self._new % 10 < LEFT

    def _not_read(self, line: int) -> RecalledRow | WrittenRow:
        """The row just asked for; of one recalled, the fields that are not taken are counted."""
        digest, known, written = self._asked
        if known is None:
            return WrittenRow(line, digest, tuple(map(bytes, written)))
        for place in self._unpack(known.left_out):
            self._dropped.add(self._recall.names[place])
        return RecalledRow(line, known, self._dropped.of_row())


class Apart:
    """Reads the rows that a ``Reader`` left."""

    def __init__(self, rows: Rows) -> None:
        self.dropped = rows.dropped
        self._rows = rows
        self._encoding = Encoding(rows)

    def chunk(self, chunk: ReadChunk) -> ReadChunk:
        """The chunk with all its rows read. Raises FeedError as the feed does."""
        rows: list[AnyRow] = [
            self._row(row) if isinstance(row, WrittenRow) else row for row in chunk.rows
        ]
        return ReadChunk(chunk.number, rows)

    def _row(self, row: WrittenRow) -> ReadRow | FaultyRow:
        self.dropped.of_row()  # what was counted before this row is not of it
        found = self._rows.row(row.line, *row.written)
        if isinstance(found, Fault):
            return FaultyRow(found)
        return self._encoding.row(found, row.digest)


class Encoding:
    """Encodes what was read."""

    def __init__(self, told: Rows | OnePass | None) -> None:
        """``told`` counts what is left out of each row, and knows if today's date matters in it."""
        self._told = told
        self._encode = msgspec.json.Encoder().encode

    def row(self, row: Submission, digest: bytes) -> ReadRow:
        """The row that was just read; ``digest`` is the hash of its bytes."""
        particulars = row.particulars
        left_out: tuple[str, ...] = ()
        if self._told is not None:
            left_out = self._told.dropped.of_row()
            if self._told.today.matters:
                digest, self._told.today.matters = b"", False
        return ReadRow(
            row.line,
            row.key,
            row.scope,
            row.effective,
            row.sequence,
            _traits(particulars),
            self._encode(Statement(row.key, particulars, row.scope, row.former_key)),
            self._encode(row.sensitive) if row.sensitive else b"",
            row.purge,
            row.former_key,
            row.remarks,
            digest,
            left_out,
            particulars.restricted,
        )


def _traits(particulars: Particulars) -> tuple[str, str, str, str]:
    name = particulars.names[0] if particulars.names else None
    places = particulars.addresses
    return (
        name.given[0].casefold() if name and name.given else "",
        name.family.casefold() if name else "",
        particulars.birth.value if particulars.birth else "",
        places[0].postcode if places else "",
    )
