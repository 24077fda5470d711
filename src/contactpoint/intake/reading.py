"""Rows of a delivery as whoever reads them hands them over: encoded, recalled, or not taken."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from contactpoint.intake.recall import Known, Recall
from events.record import Statement
from feeds.reading import OnePass, Today
from feeds.submission import Dropped, Fault, Reading, Recalled, Remark, Row, Submission
from person.particulars import Particulars


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
    left_out: bytes
    """Its fields that are not taken: places in ``Reader.left_out``, as MessagePack."""
    restricted: bool = False
    """Its feed marks the child as restricted."""


class RecalledRow(msgspec.Struct, frozen=True, array_like=True, tag="recalled"):
    """A row that was read before: what was kept of it, its fields named as in this delivery."""

    line: int
    known: Known


class ReadChunk(msgspec.Struct, frozen=True):
    """Rows of the delivery from one fixed place to the next."""

    number: int
    rows: list[ReadRow | RecalledRow]
    faults: list[Fault]


class Reader:
    """Reads a delivery once, chunk by chunk."""

    def __init__(self, recall: Recall | None, again: frozenset[bytes] = frozenset()) -> None:
        """``again`` are hashes of rows to be read although they are recalled."""
        self._recall = recall
        self._again = again
        self._asked: tuple[bytes, Known | None] = (b"", None)
        self._today: Today | None = None
        self._encode = msgspec.json.Encoder().encode
        self._pack = msgspec.msgpack.Encoder().encode
        self._unpack = msgspec.msgpack.Decoder(list[int]).decode
        self._places: dict[str, int] = {}
        self._dropped = Dropped()

    @property
    def left_out(self) -> list[str]:
        """Names of the fields that were not taken; a feed bounds how many there are."""
        return list(self._places)

    def chunks(self, reading: Reading, size: int) -> Iterator[ReadChunk]:
        """Give the rows in chunks of ``size``. Raises FeedError as the feed does."""
        if self._recall is not None and isinstance(reading, OnePass):
            reading.recalls = self._recalls
            self._today = reading.today
            self._dropped = reading.dropped
        rows = iter(reading)
        number = 0
        while some := self._chunk(number, islice(rows, size), reading):
            yield some
            number += 1

    def _chunk(self, number: int, rows: Iterator[Row], reading: Reading) -> ReadChunk | None:
        """The next chunk; None where no row is left."""
        chunk = ReadChunk(number, [], [])
        for row in rows:
            if isinstance(row, Submission):
                chunk.rows.append(self._read(row, reading))
            elif isinstance(row, Recalled):
                chunk.rows.append(self._recalled(row.line, reading))
            else:
                chunk.faults.append(row)
        return chunk if chunk.rows or chunk.faults else None

    def _read(self, row: Submission, reading: Reading) -> ReadRow:
        particulars = row.particulars
        digest = left_out = b""
        if self._today is not None:
            (digest, _), self._asked = self._asked, (b"", None)
            left_out = self._left_out(reading.dropped.of_row())
            if self._today.matters:
                digest, self._today.matters = b"", False
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

    def _recalls(self, *written: bytes) -> bool:
        """Whether a row of these bytes was read before, and need not be read again."""
        assert self._recall is not None
        self._dropped.of_row()  # what was counted before this row is not of it
        digest = self._recall.digest(written)
        known = None if digest in self._again else self._recall.find(digest)
        self._asked = digest, known
        return known is not None

    def _recalled(self, line: int, reading: Reading) -> RecalledRow:
        """The row that was just recalled; its fields that are not taken are counted again."""
        assert self._recall is not None
        _, known = self._asked
        assert known is not None
        for place in self._unpack(known.left_out):
            reading.dropped.add(self._recall.names[place])
        left_out = self._left_out(reading.dropped.of_row())
        return RecalledRow(line, known._replace(left_out=left_out))

    def _left_out(self, names: tuple[str, ...]) -> bytes:
        places = self._places
        return self._pack([places.setdefault(name, len(places)) for name in names])


def _traits(particulars: Particulars) -> tuple[str, str, str, str]:
    name = particulars.names[0] if particulars.names else None
    places = particulars.addresses
    return (
        name.given[0].casefold() if name and name.given else "",
        name.family.casefold() if name else "",
        particulars.birth.value if particulars.birth else "",
        places[0].postcode if places else "",
    )
