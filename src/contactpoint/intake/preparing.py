"""From a row that was read to what the log needs of it: ids, hashes, its place in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

import msgspec

from contactpoint.intake import exchanged
from contactpoint.intake.reading import FaultyRow, ReadChunk, ReadRow, RecalledRow
from contactpoint.intake.recall import Keeping, Known
from contactpoint.moments import day_of, moment
from events.record import Order
from feeds.submission import Fault

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


BEHIND = bytes(4)
"""How the content hash of a row begins that stands behind the others of its record: the place of a
statement ends with that hash, and of two at one time the greater counts."""


class PreparedRow(msgspec.Struct, frozen=True, array_like=True):
    """A row, ready to be compared with its record's head and to be sealed."""

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
    exchanged: int = 0
    """1 where forename and family name are likelier exchanged, -1 where not, 0: cannot be said."""
    recalled: bytes = b""
    """Hash of a row that was not read again: traits and statement are missing."""
    restricted: bool = False
    """Its feed marks the child: a shield is laid in the commit that takes the statement."""
    merged_into: bytes = b""
    """The id of another record into which the source has merged this one: a steward is asked."""


class EncodedRows(msgspec.Struct, frozen=True):
    """Rows that are handed on without being looked at."""

    count: int
    scopes: tuple[str, ...]
    """Their establishments."""
    encoded: msgspec.Raw
    """The rows as MessagePack."""
    marked: tuple[bytes, ...] = ()
    """The records that their feed marks as restricted."""

    @classmethod
    def of(cls, rows: Sequence[PreparedRow]) -> "EncodedRows":
        """Encode rows."""
        scopes = tuple(sorted({row.scope for row in rows}))
        marked = tuple(row.record for row in rows if row.restricted)
        return cls(len(rows), scopes, msgspec.Raw(msgspec.msgpack.encode(rows)), marked)

    def rows(self) -> list[PreparedRow]:
        """The rows again."""
        return _DECODER.decode(self.encoded)


_DECODER = msgspec.msgpack.Decoder(list[PreparedRow])


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


class Preparing:
    """Prepares the rows of one delivery of one source."""

    def __init__(self, hashing: Hashing, rules: Rules, keeping: Keeping | None = None) -> None:
        """``keeping`` takes the rows that need not be read another time."""
        self._keeping = keeping
        self._left_out = keeping.left_out if keeping else _nothing_kept
        self._hashing = hashing
        self._source = rules.source
        self._order = rules.order
        self._born_after = _latest_out_of_scope(day_of(rules.order.effective), rules.oldest)
        self._lasts_after = (
            _latest_out_of_scope(date.fromisoformat(keeping.until), rules.oldest) if keeping else ""
        )
        self._exchanged = exchanged.shipped() if rules.telling else None
        self._moments: dict[str, int] = {}
        # Names, days and postcodes come again and again; to hash one costs ten look-ups.
        self._trait = lru_cache(maxsize=TRAITS)(hashing.trait)

    def chunk(self, read: ReadChunk) -> PreparedChunk:
        """What became of the rows of a chunk."""
        chunk = PreparedChunk(read.number, [], [], [])
        kept: list[Known] = []
        for row in read.rows:
            if isinstance(row, FaultyRow):
                chunk.faults.append(self._fault(row.fault))
                continue
            if isinstance(row, RecalledRow):
                chunk.rows.append(self._recalled(row))
                left_out = self._left_out(row.left_out)
                same = left_out == row.known.left_out  # of nearly all: the places are the same
                kept.append(row.known if same else row.known._replace(left_out=left_out))
                continue
            assert isinstance(row, ReadRow)  # what was left to read has been read by now
            one = self._row(row)
            chunk.rows.append(one)
            if row.remarks:
                chunk.remarks.extend(
                    (row.line, one.record, remark.rule, remark.field, remark.expected)
                    for remark in row.remarks
                )
            elif row.digest and self._will_read_the_same(row):
                kept.append(self._known(row, one))
        if self._keeping is not None:
            self._keeping.add(kept)
        return chunk

    def _fault(self, fault: Fault) -> PreparedFault:
        record = self._hashing.record_id(self._source, fault.key) if fault.key else b""
        return PreparedFault(msgspec.structs.replace(fault, key=""), record)

    def _row(self, row: ReadRow) -> PreparedRow:
        content = self._hashing.content_hash(row.statement + b"\0" + row.sensitive)
        if row.behind:
            content = BEHIND + content[len(BEHIND) :]
        forename, family, birth, _ = row.traits
        return PreparedRow(
            line=row.line,
            record=self._hashing.record_id(self._source, row.key),
            scope=row.scope,
            stated=Order(
                self._moment(row.effective) if row.effective else self._order[0],
                row.sequence or self._order[1],
                content,
            ),
            own_order=bool(row.effective or row.sequence),
            traits=b"".join(map(self._trait, row.traits)),
            statement=row.statement,
            sensitive=row.sensitive,
            purge=row.purge,
            in_scope=_is_after(birth, self._born_after),
            former=self._id(row.former_key),
            exchanged=self._exchanged(forename, family) if self._exchanged is not None else 0,
            restricted=row.restricted,
            merged_into=self._id(row.merged_into),
        )

    def _id(self, key: str) -> bytes:
        """The record's id under another key that a row names; empty where it names none."""
        return self._hashing.record_id(self._source, key) if key else b""

    def _recalled(self, row: RecalledRow) -> PreparedRow:
        known = row.known
        effective, sequence = known.effective, known.sequence
        return PreparedRow(
            line=row.line,
            record=known.record,
            scope=known.scope,
            stated=Order(
                self._order[0] if effective is None else effective,
                sequence or self._order[1],
                known.content,
            ),
            own_order=effective is not None or bool(sequence),
            traits=b"",
            statement=b"",
            sensitive=b"",
            exchanged=known.exchanged,
            recalled=known.digest,
        )

    def _will_read_the_same(self, row: ReadRow) -> bool:
        """Whether the same bytes would be the same statement, in scope, for long enough."""
        if row.purge or row.former_key:
            return False
        return _is_after(row.traits[2], self._lasts_after)

    def _known(self, row: ReadRow, prepared: PreparedRow) -> Known:
        stated = prepared.stated
        effective = stated.effective if row.effective else None
        return Known(
            row.digest,
            prepared.record,
            stated.content,
            row.scope,
            effective,
            row.sequence,
            prepared.exchanged,
            self._left_out(row.left_out),
        )

    def _moment(self, text: str) -> int:
        known = self._moments.get(text)
        if known is None:
            known = moment(text)
            if len(self._moments) < 100_000:
                self._moments[text] = known
        return known


def _nothing_kept(_: tuple[str, ...]) -> bytes:
    return b""


def _is_after(birth: str, day: str) -> bool:
    """Whether who was born then was born after a day, as far as can be said; true for no day."""
    return not day or len(birth) < 10 or birth > day


def _latest_out_of_scope(day: date, oldest: int | None) -> str:
    """The last birth date whose bearer has reached the age; empty where there is no limit."""
    if oldest is None:
        return ""
    year = day.year - oldest
    if (day.month, day.day) == (2, 29):  # who was born on 1 March is not yet of age
        return f"{year:04d}-02-{29 if year % 4 == 0 and year % 100 else 28:02d}"
    return f"{year:04d}-{day.month:02d}-{day.day:02d}"
