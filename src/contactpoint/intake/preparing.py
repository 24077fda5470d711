"""From a submission to what the log needs of it: ids, hashes and encoded statement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import islice
from typing import Protocol

import msgspec

from contactpoint.intake import exchanged
from events.record import Order, Statement
from feeds.submission import Fault, Submission
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


class Preparing:
    """Prepares the rows of one delivery of one source."""

    def __init__(self, hashing: Hashing, rules: Rules) -> None:
        self._exchanged = exchanged.shipped() if rules.telling else None
        self._hashing = hashing
        self._source = rules.source
        self._order = rules.order
        self._born_after = _latest_out_of_scope(day_of(rules.order.effective), rules.oldest)
        self._encode = msgspec.json.Encoder().encode
        self._moments: dict[str, int] = {}
        # Names, days and postcodes come again and again; to hash one costs ten look-ups.
        self._trait = lru_cache(maxsize=TRAITS)(hashing.trait)

    def chunks(self, rows: Iterable[Submission | Fault], size: int) -> Iterator[PreparedChunk]:
        """The rows in chunks of ``size``, each holding what became of that many rows read."""
        iterator = iter(rows)
        number = 0
        while some := list(islice(iterator, size)):
            yield self._chunk(number, some)
            number += 1

    def _chunk(self, number: int, rows: list[Submission | Fault]) -> PreparedChunk:
        prepared: list[PreparedRow] = []
        faults: list[PreparedFault] = []
        remarks: list[tuple[int, bytes, str, str, str]] = []
        for row in rows:
            if isinstance(row, Fault):
                record = self._hashing.record_id(self._source, row.key) if row.key else b""
                faults.append(PreparedFault(msgspec.structs.replace(row, key=""), record))
                continue
            one = self.row(row)
            prepared.append(one)
            remarks.extend(
                (row.line, one.record, remark.rule, remark.field, remark.expected)
                for remark in row.remarks
            )
        return PreparedChunk(number, prepared, faults, remarks)

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
            in_scope=self._is_in_scope(particulars.birth),
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

    def _is_in_scope(self, birth: BirthDate | None) -> bool:
        """Whether the person had not reached the source's age limit by the effective day."""
        if birth is None or not self._born_after:
            return True
        value = birth.value
        return value > self._born_after[: len(value)] or len(value) < 10


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
