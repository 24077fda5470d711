"""The records that accuracy is measured over: those of the truth that the index holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self
from uuid import UUID

import msgspec
import numpy as np

from contactpoint.evaluating.truth import Truth
from events.log import Log
from events.master import MasterKey
from linkage import naming
from linkage.evaluation import Ints, Partition, codes
from linkage.naming import Votes
from person.particulars import BirthDate
from projections.open_records import OpenRecords
from projections.workings import IndexedRecord

EXPECTED = "expected"
"""In the place of a birth date: the birth has not happened."""


class Counts(msgspec.Struct, frozen=True):
    """Which records the figures are about."""

    truth: int
    """Keys that the truth names."""
    measured: int
    """Current records of the index that they are of: all figures are over them."""
    not_in_index: int
    """Keys of none: out of scope, held, withdrawn, never loaded, or not to be seen."""
    not_in_truth: int
    """Current records of the index of which the truth says nothing."""
    not_linked: int
    """Counts records that belong to no child yet."""
    persons: int
    children: int


class Row(NamedTuple):
    """What is kept of one record: what figures are grouped by, and no name."""

    ordinal: int
    record: UUID
    person: str
    child: UUID | None
    source: str
    birth: str
    sex: str
    votes: Votes
    """What its names tell of the naming system."""

    @classmethod
    def of(cls, record: IndexedRecord, person: str) -> Self:
        """A record of the index, and the person it is of."""
        birth, sex, votes = _facts(record)
        return cls(
            record.ordinal, record.record, person, record.child, record.source, birth, sex, votes
        )


@dataclass(frozen=True, slots=True)
class Held:
    """The measured records in the order of their ordinals."""

    rows: list[Row]
    ordinals: Ints
    partition: Partition
    source: Ints
    """Of each record, as a place in ``sources``."""
    sources: list[str]
    counts: Counts

    @classmethod
    def of(cls, records: OpenRecords, truth: Truth, log: Log, master: MasterKey) -> Self:
        """Read every current record of the index once, and keep those that the truth names."""
        names = {master.hashes.record_id(*name): who for name, who in truth.persons.items()}
        # A key that its source uses no more answers with the record that goes on under another.
        owners = log.heads.owners(list(names))
        named = {owners.get(key, key): person for key, person in names.items()}
        unknown: list[int] = []
        rows = list(_rows(records, named, unknown))
        there = {row.record.bytes for row in rows}
        sources, source = np.unique(np.array([r.source for r in rows], str), return_inverse=True)
        partition = Partition(
            codes(np.array([row.person for row in rows], str)),
            # A record that belongs to no child is a child of its own.
            codes(np.array([(row.child or row.record).hex for row in rows], "S32")),
        )
        counts = Counts(
            truth=len(truth.persons),
            measured=len(rows),
            not_in_index=sum(owners.get(key, key) not in there for key in names),
            not_in_truth=len(unknown),
            not_linked=sum(row.child is None for row in rows),
            persons=len(np.unique(partition.person)),
            children=len(np.unique(partition.child)),
        )
        ordinals = np.array([row.ordinal for row in rows], np.int64)
        return cls(rows, ordinals, partition, source.astype(np.int64), sources.tolist(), counts)

    def places(self, ordinals: Ints) -> Ints:
        """Where records stand here; -1 for those not measured."""
        if not len(self.ordinals):
            return np.full(len(ordinals), -1, np.int64)
        place = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return np.where(self.ordinals[place] == ordinals, place, -1)

    def persons_by_ordinal(self) -> dict[int, str]:
        """The person of each record."""
        return {row.ordinal: row.person for row in self.rows}


def _rows(records: OpenRecords, named: dict[bytes, str], unknown: list[int]) -> Iterator[Row]:
    hidden = records.guard.hidden()
    for record in records.workings.records():
        if record.record in hidden:
            continue
        person = named.get(record.record.bytes)
        if person is None:
            unknown.append(record.ordinal)
        else:
            yield Row.of(record, person)


def _facts(record: IndexedRecord) -> tuple[str, str, Votes]:
    """What one record says of birth and sex, and what its names tell."""
    particulars = record.compared
    if particulars is None:
        return "", "", {}
    sex = particulars.sex if particulars.sex in ("F", "M") else ""
    return _birth(particulars.birth), sex or "", naming.told(particulars.names)


def _birth(birth: BirthDate | None) -> str:
    if birth is None:
        return ""
    return EXPECTED if birth.expected else birth.value
