"""Whether a record has turned into another child's, in one night or little by little.

A local id that is used again for another child shows so. Where names and birth date change one by
one, no night's change says it; what the record stated when it first named a child does.
"""

from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

import msgspec

from contactpoint.judging.pair import pair_of, state_of
from events.judgement import BINDING
from events.log import Log
from events.master import MasterKey
from events.record import Order, Record, RecordAmended, RecordReceived, Statement, evolve
from person.names import is_placeholder
from person.particulars import Particulars

PARTS = slice(0, 4), slice(4, 8), slice(8, 12)
"""Where forename, family name and birth date stand in the traits of a statement, as hashes."""
_DECODER = msgspec.json.Decoder(Statement)


def renames(known: bytes, stated: bytes) -> bool:
    """Whether forename, family name or birth date differ between two sets of traits."""
    return known[:12] != stated[:12]


def drifts(known: bytes, stated: bytes) -> bool:
    """Whether nothing of name and birth date stayed."""
    return bool(known) and all(known[part] != stated[part] for part in PARTS)


class Row(Protocol):
    """A row, as far as it can be told whom it names."""

    @property
    def traits(self) -> bytes:
        """Hashes of its forename, family name, birth date and postcode."""

    @property
    def statement(self) -> bytes:
        """What it states, as JSON."""


def says_what_it_changes(known: bytes, row: Row) -> bool:
    """Whether a row states each of name and birth date in which it differs from what is known.

    One that leaves a part out, or the day of a birth, does not make another child of its record.
    """
    told = zip(PARTS, _told(_DECODER.decode(row.statement).particulars), strict=True)
    return all(is_told for part, is_told in told if known[part] != row.traits[part])


def held_to(log: Log, master: MasterKey, record: UUID, before: Order) -> bytes:
    """The traits that a record is held to at a place in time; none where it named no child yet.

    Those of the first statement that named a child in full, or of a later one that people let in
    though nothing of it was as before, or of the one that a steward last saw to judge the record.
    Reads the record's own stream: to be asked where a name or a birth date has changed.
    """
    kept = b""
    stated = sorted(_statements(log, record), key=lambda one: one[1].stated)
    looked_at = _looked_at(log, master, record)
    for version, event in stated:
        if event.stated < before and _names_a_child(event):
            is_let_in = not kept or drifts(kept, event.traits)
            kept = event.traits if is_let_in or version in looked_at else kept
    return kept


def _statements(log: Log, record: UUID) -> Iterator[tuple[int, RecordReceived | RecordAmended]]:
    for version, message in enumerate(log.stream(record), start=1):
        if isinstance(message.event, RecordReceived | RecordAmended):
            yield version, message.event


def _names_a_child(event: RecordReceived | RecordAmended) -> bool:
    """Whether it has forename, family name and a full birth date: what comes later is no drift."""
    if not isinstance(event.statement, Statement):
        return False
    return all(_told(event.statement.particulars))


def _told(particulars: Particulars) -> tuple[bool, bool, bool]:
    """Whether forename, family name and a full birth date are told, each in itself."""
    name, birth = (particulars.names or (None,))[0], particulars.birth
    words = ("", "") if name is None else ((name.given or ("",))[0], name.family)
    given, family = (bool(word) and not is_placeholder(word) for word in words)
    return given, family, birth is not None and birth.is_full


def _looked_at(log: Log, master: MasterKey, record: UUID) -> set[int]:
    """The versions of the statements that stewards saw to judge the record."""
    seen: set[int] = set()
    for head in log.heads.judgements([record]):
        judged = state_of(pair_of(head), log, master).judged
        if judged is not None and judged.verdict in BINDING:
            seen.add(judged.seen.left if judged.left == record else judged.seen.right)
    if not seen:
        return seen
    state, found = Record(), set[int]()
    for version, message in enumerate(log.stream(record, opened=False), start=1):
        state = evolve(state, message.event)  # type: ignore[arg-type]
        if version in seen:
            found.add(state.stated_version)
    return found
