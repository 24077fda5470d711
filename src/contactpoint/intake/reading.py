"""Rows of a delivery as whoever reads them hands them over: encoded, recalled, or not taken."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

import msgspec

from contactpoint.intake.recall import DIFFERENT, Known, Recall
from events.record import Statement
from feeds.reading import OnePass
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
    left_out: tuple[str, ...]
    """Its fields that are not taken."""
    restricted: bool = False
    """Its feed marks the child as restricted."""
    merged_into: str = ""
    """The key of another record into which the source has merged this one."""
    behind: bool = False
    """Any other row of the file for the same record goes before it."""


class RecalledRow(msgspec.Struct, frozen=True, array_like=True, tag="recalled"):
    """A row that was read before: what was kept of it."""

    line: int
    known: Known
    left_out: tuple[str, ...]
    """Its fields that are not taken."""


class FaultyRow(msgspec.Struct, frozen=True, array_like=True, tag="faulty"):
    """A row that the feed did not take."""

    fault: Fault


AnyRow = ReadRow | RecalledRow | FaultyRow


class ReadChunk(msgspec.Struct, frozen=True):
    """Rows of the delivery from one fixed place to the next."""

    number: int
    rows: list[AnyRow]


class Reader:
    """Reads a delivery once, chunk by chunk."""

    def __init__(self, recall: Recall, again: frozenset[bytes] = frozenset()) -> None:
        """``again`` are hashes of rows to be read although they are recalled."""
        self._recall = recall
        self._again = again
        self._asked: tuple[bytes, Known | None] = b"", None
        self._dropped = Dropped()
        self._unpack = msgspec.msgpack.Decoder(list[int]).decode
        self._names: dict[bytes, tuple[str, ...]] = {}
        """The fields that rows recalled leave out, by what was kept of them; few are different."""
        self._times: Counter[bytes] = Counter()
        """How often each of these came since they were counted."""

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
            self._count()
            yield ReadChunk(number, some)
            number += 1

    def _row(self, row: Row, encoding: "Encoding") -> AnyRow:
        if isinstance(row, Submission):
            (digest, _), self._asked = self._asked, (b"", None)
            return encoding.row(row, digest)
        return self._recalled(row.line) if isinstance(row, Recalled) else FaultyRow(row)

    def _recalls(self, *written: bytes) -> bool:
        """Whether a row of these bytes was read before."""
        self._dropped.of_row()  # what was counted before this row is not of it
        digest = self._recall.digest(written)
        known = None if digest in self._again else self._recall.find(digest)
        self._asked = digest, known
        return known is not None

    def _recalled(self, line: int) -> RecalledRow:
        """The row just asked for; its fields that are not taken are counted."""
        _, known = self._asked
        assert known is not None
        asked = self._dropped.of_row()  # what the feed has counted since it asked
        names = self._names.get(known.left_out)
        if names is None:
            names = self._named(known.left_out)
        else:
            self._times[known.left_out] += 1
        return RecalledRow(line, known, asked + names)

    def _named(self, left_out: bytes) -> tuple[str, ...]:
        """The names of fields under which they are counted, once they are."""
        for place in self._unpack(left_out):
            self._dropped.add(self._recall.names[place])
        names = self._dropped.of_row()
        if len(self._names) < DIFFERENT:
            self._names[left_out] = names
        return names

    def _count(self) -> None:
        """Count the fields of the rows that came since."""
        for left_out, times in self._times.items():
            for name in self._names[left_out]:
                self._dropped[name] += times
        self._times.clear()


class Encoding:
    """Encodes what was read."""

    def __init__(self, told: OnePass | None) -> None:
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
            self._encode(
                Statement(row.key, particulars, row.scope, row.former_key, row.merged_into)
            ),
            self._encode(row.sensitive) if row.sensitive else b"",
            row.purge,
            row.former_key,
            row.remarks,
            digest,
            left_out,
            particulars.restricted,
            row.merged_into,
            row.behind,
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
