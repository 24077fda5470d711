"""Statements under their subjects' keys: the first events of records, sealed many at a time.

Touches no log, only the store of keys, so that it can be done in another process than appending.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from contactpoint.intake.preparing import EncodedRows, PreparedRow
from events.keys import SubjectKeys, subject_of
from events.mapper import SealingMapper
from events.master import MasterKey
from events.message import Origin, Recorded
from events.record import Order, RecordAmended, RecordReceived, StateRecord, receive
from events.store.head_tables import record_row
from events.store.heads import RecordHead

Stating = RecordReceived | RecordAmended
"""Events that hold a statement, sealed under keys."""


@dataclass(frozen=True, slots=True)
class Place:
    """The delivery that is appended: its stream, its source, its place in the source's time."""

    stream: UUID
    source: str
    order: Order
    origin: Origin

    @property
    def name(self) -> str:
        """As the events of its rows name it."""
        return self.stream.hex[:16]

    def statement(
        self,
        row: PreparedRow,
        ordinal: int,
        other_key: bytes = b"",
        gone: Order | None = None,
    ) -> StateRecord:
        """The command that a row of the delivery amounts to."""
        return StateRecord(
            ordinal=ordinal,
            source=self.source,
            scope=row.scope,
            delivery=self.name,
            row=row.line,
            stated=row.stated,
            seen=self.order,
            traits=row.traits,
            statement=msgspec.Raw(row.statement),
            sensitive=msgspec.Raw(row.sensitive) if row.sensitive else None,
            other_key=other_key,
            gone=gone,
        )


class Firsts(msgspec.Struct, frozen=True):
    """Rows that each begin a record, and the ordinal of the first of those records."""

    place: Place
    ordinal: int
    rows: EncodedRows


class SealedFirsts(msgspec.Struct, frozen=True):
    """The first events of records as the log stores them, and the records' heads."""

    type: str
    events: list[tuple[bytes, bytes]]
    """Stream and stored state of each; its version is 1."""
    heads: list[tuple[Any, ...]]
    """Rows of the table of record heads, with ids as bytes."""

    def stored(self) -> list[StoredEvent]:
        """The events as the log takes them."""
        return [
            StoredEvent(UUID(bytes=record), 1, self.type, state) for record, state in self.events
        ]


class Sealing:
    """Issues keys and seals under them."""

    def __init__(self, keys: SubjectKeys, master: MasterKey) -> None:
        self._keys = keys
        self._master = master
        self._mapper = SealingMapper(keys)

    def firsts(self, firsts: Firsts) -> SealedFirsts:
        """Build and seal the first event of each row's record; their keys are committed."""
        place, rows = firsts.place, firsts.rows.rows()
        received = [
            (UUID(bytes=row.record), *receive(place.statement(row, ordinal)))
            for ordinal, row in enumerate(rows, firsts.ordinal)
        ]
        issued = self.issue([(record, event) for record, event, _ in received])
        stored = self._mapper.to_stored_events(
            [
                Recorded(record, 1, place.origin, row.stated.effective, event, keys)
                for (record, event, _), row, keys in zip(received, rows, issued, strict=True)
            ]
        )
        return SealedFirsts(
            self._mapper.catalogue.of(RecordReceived).stored,
            [(row.record, event.state) for row, event in zip(rows, stored, strict=True)],
            [
                record_row(RecordHead(record, state, *keys), _bytes)
                for (record, _, state), keys in zip(received, issued, strict=True)
            ],
        )

    def issue(self, stating: Sequence[tuple[UUID, Stating]]) -> list[tuple[int, int]]:
        """Numbers of the keys of each statement, and of what is sensitive in it; 0 for none."""
        if not stating:
            return []
        subjects = [record.bytes for record, _ in stating]
        secret = [
            subject_of("sensitive", record, self._master)
            for record, event in stating
            if event.sensitive is not None
        ]
        numbers = self._keys.issue(subjects + secret)
        apart = iter(numbers[len(subjects) :])
        return [
            (number, 0 if event.sensitive is None else next(apart))
            for number, (_, event) in zip(numbers, stating, strict=False)
        ]


def _bytes(id_: UUID) -> bytes:
    return id_.bytes
