"""From a submission to what the log needs of it: ids, hashes and encoded statement."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from typing import Protocol

import msgspec

from contactpoint.intake import exchanged
from contactpoint.intake.recall import Kept, Known, Recall
from events.record import Order, Statement
from feeds.reading import OnePass
from feeds.submission import Fault, Reading, Recalled, Row, Submission
from person.particulars import BirthDate, Particulars

TRAITS = 100_000
"""Hashes of traits held in memory."""


class Hashing(Protocol):
    """The keyed hashes of an installation (``events.keys``)."""

    def record_id(self, source: str, key: str) -> bytes:
        """16 bytes that name the record everywhere."""

    def content_hash(self, content: bytes) -> bytes:
        """16 bytes that are equal when two statements say the same."""

    def trait(self, text: str) -> bytes:
        """4 bytes that are equal when one trait of two statements is."""


class PreparedRow(msgspec.Struct, frozen=True, array_like=True):
    """A submission, ready to be compared with the record's head and to be sealed."""

    line: int
    record: bytes
    scope: str
    stated: Order
    own_order: bool
    """The row carries a time or a sequence of its own."""
    traits: bytes
    statement: bytes
    """The statement as JSON, as it will be sealed."""
    sensitive: bytes
    """Involvements of sensitive services as JSON; empty where there are none."""
    purge: bool = False
    in_scope: bool = True
    former: bytes = b""
    """The record's id under the key that the source used before."""
    remarks: int = 0
    exchanged: int = 0
    """1 where forename and family name are likelier exchanged, -1 where not, 0: cannot be said."""
    recalled: bytes = b""
    """Hash of a row that was not read again: traits and statement are missing."""


class PreparedFault(msgspec.Struct, frozen=True, array_like=True):
    """A row that is not taken, with the id of its record where its key could be read."""

    fault: Fault
    record: bytes = b""


class PreparedChunk(msgspec.Struct, frozen=True):
    """Rows of the delivery from one fixed place to the next."""

    number: int
    rows: list[PreparedRow]
    faults: list[PreparedFault]
    remarks: list[tuple[int, bytes, str, str, str]]
    """Line, record, rule, field, expected."""


def moment(text: str) -> int:
    """An ISO date or date-time as microseconds since 1970-01-01 UTC; a bare date is its midnight.

    >>> moment("1970-01-02")
    86400000000
    """
    stated = datetime.fromisoformat(text)
    if stated.tzinfo is None:
        stated = stated.replace(tzinfo=UTC)
    whole = stated - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


def day_of(moment_: int) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(moment_ // 1_000_000, UTC).date()


@dataclass(frozen=True, slots=True)
class Rules:
    """What preparing the rows of one delivery depends on, beside the rows."""

    source: str
    order: Order
    """Place of the file in its source's time."""
    oldest: int | None
    """Age from which a person is out of scope; None: no limit."""
    telling: bool
    """Whether to tell of each name if it is likelier with its columns exchanged."""
    kept: Kept | None = None
    """The rows of the source that were read before; None: all are read."""


class Preparing:
    """Prepares the rows of one delivery of one source."""

    def __init__(
        self,
        hashing: Hashing,
        rules: Rules,
        recall: Recall | None = None,
        *,
        again: frozenset[bytes] = frozenset(),
    ) -> None:
        """``again`` are hashes of rows to be read whether or not they are recalled."""
        self._recall = recall
        self._again = again
        self._asked: tuple[bytes, Known | None] | None = None
        self._lasts_after = (
            _latest_out_of_scope(date.fromisoformat(rules.kept.until), rules.oldest)
            if rules.kept
            else ""
        )
        self._exchanged = exchanged.shipped() if rules.telling else None
        self._hashing = hashing
        self._source = rules.source
        self._order = rules.order
        self._born_after = _latest_out_of_scope(day_of(rules.order.effective), rules.oldest)
        self._encode = msgspec.json.Encoder().encode
        self._moments: dict[str, int] = {}
        # Names, days and postcodes come again and again; to hash one costs ten look-ups.
        self._trait = lru_cache(maxsize=TRAITS)(hashing.trait)

    def chunks(self, reading: Reading, size: int) -> Iterator[PreparedChunk]:
        """The rows in chunks of ``size``, each holding what became of that many rows read."""
        if self._recall is not None and isinstance(reading, OnePass):
            reading.recalls = self._recalls
        iterator = iter(reading)
        number = 0
        while (chunk := self._chunk(number, islice(iterator, size), reading)) is not None:
            yield chunk
            number += 1

    def _chunk(self, number: int, rows: Iterator[Row], reading: Reading) -> PreparedChunk | None:
        """The next chunk; None where no row is left."""
        chunk = PreparedChunk(number, [], [], [])
        noted: list[tuple[object, ...]] = []
        for row in rows:
            if isinstance(row, Submission):
                one = self.row(row)
                chunk.rows.append(one)
                chunk.remarks.extend(
                    (row.line, one.record, remark.rule, remark.field, remark.expected)
                    for remark in row.remarks
                )
                self._note(row, one, reading, noted)
            elif isinstance(row, Recalled):
                chunk.rows.append(self._recalled(row.line, reading, noted))
            else:
                record = self._hashing.record_id(self._source, row.key) if row.key else b""
                chunk.faults.append(PreparedFault(msgspec.structs.replace(row, key=""), record))
        if noted and self._recall is not None:
            self._recall.add(noted)
        return chunk if chunk.rows or chunk.faults else None

    def _recalls(self, *written: bytes) -> bool:
        """Whether a row of these bytes was read before, and need not be read again."""
        assert self._recall is not None
        digest = self._recall.digest(written)
        known = None if digest in self._again else self._recall.find(digest)
        self._asked = digest, known
        return known is not None

    def _recalled(
        self, line: int, reading: Reading, noted: list[tuple[object, ...]]
    ) -> PreparedRow:
        """The row that was just recalled."""
        assert self._recall is not None
        assert self._asked is not None
        digest, known = self._asked
        assert known is not None
        shape = self._recall.shapes[known.shape]
        for name in shape:
            reading.dropped.add(name)
        reading.dropped.of_row()
        if (kept := self._recall.note(known, shape)) is not None:
            noted.append(kept)
        own_time = known.effective is not None
        return PreparedRow(
            line=line,
            record=known.record,
            scope=known.scope,
            stated=Order(
                known.effective if known.effective is not None else self._order[0],
                known.sequence or self._order[1],
                known.content,
            ),
            own_order=own_time or bool(known.sequence),
            traits=b"",
            statement=b"",
            sensitive=b"",
            exchanged=known.exchanged,
            recalled=digest,
        )

    def _note(
        self,
        submission: Submission,
        row: PreparedRow,
        reading: Reading,
        noted: list[tuple[object, ...]],
    ) -> None:
        """Keep a row for the next time, unless it may read otherwise then."""
        shape = reading.dropped.of_row()
        if self._asked is None or self._recall is None:
            return
        (digest, _), self._asked = self._asked, None
        today = getattr(reading, "today", None)
        matters = today is not None and today.matters
        if today is not None:
            today.matters = False
        lasting = not matters and self._is_after(submission.particulars.birth, self._lasts_after)
        if submission.remarks or submission.purge or submission.former_key or not lasting:
            return
        known = Known(
            digest,
            row.record,
            row.stated.content,
            row.scope,
            row.stated.effective if submission.effective else None,
            submission.sequence,
            row.exchanged,
            0,
        )
        if (kept := self._recall.note(known, shape)) is not None:
            noted.append(kept)

    def row(self, submission: Submission) -> PreparedRow:
        """One submission, prepared."""
        particulars = submission.particulars
        statement = self._encode(
            Statement(submission.key, particulars, submission.scope, submission.former_key)
        )
        sensitive = self._encode(submission.sensitive) if submission.sensitive else b""
        content = self._hashing.content_hash(statement + b"\0" + sensitive)
        own = bool(submission.effective or submission.sequence)
        hashing, source = self._hashing, self._source
        return PreparedRow(
            line=submission.line,
            record=hashing.record_id(source, submission.key),
            scope=submission.scope,
            stated=Order(
                self._moment(submission.effective) if submission.effective else self._order[0],
                submission.sequence or self._order[1],
                content,
            ),
            own_order=own,
            traits=b"".join(map(self._trait, _traits(particulars))),
            statement=statement,
            sensitive=sensitive,
            purge=submission.purge,
            in_scope=self._is_after(particulars.birth, self._born_after),
            former=hashing.record_id(source, submission.former_key)
            if submission.former_key
            else b"",
            remarks=len(submission.remarks),
            exchanged=self._exchanged(particulars.names[0])
            if self._exchanged is not None and particulars.names
            else 0,
        )

    def _moment(self, text: str) -> int:
        known = self._moments.get(text)
        if known is None:
            known = moment(text)
            if len(self._moments) < 100_000:
                self._moments[text] = known
        return known

    def _is_after(self, birth: BirthDate | None, day: str) -> bool:
        """Whether the person was born after a day, as far as can be said; true for no day."""
        if birth is None or not day:
            return True
        value = birth.value
        return value > day[: len(value)] or len(value) < 10


def _latest_out_of_scope(day: date, oldest: int | None) -> str:
    """The last birth date whose bearer has reached the age; empty where there is no limit."""
    if oldest is None:
        return ""
    year = day.year - oldest
    if (day.month, day.day) == (2, 29):  # who was born on 1 March is not yet of age
        return f"{year:04d}-02-{29 if year % 4 == 0 and year % 100 else 28:02d}"
    return f"{year:04d}-{day.month:02d}-{day.day:02d}"


def _traits(particulars: Particulars) -> tuple[str, str, str, str]:
    """Forename, family name, birth date and postcode: what an overlaid record cannot keep."""
    name = particulars.names[0] if particulars.names else None
    places = particulars.addresses
    return (
        name.given[0].casefold() if name and name.given else "",
        name.family.casefold() if name else "",
        particulars.birth.value if particulars.birth else "",
        places[0].postcode if places else "",
    )
