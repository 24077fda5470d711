"""Personal Demographics Service: FHIR R4 Patients (UK Core), one in each line.

Bundles in a line, and a file that is one Patient or one Bundle, are read too. RelatedPersons
become carers of the Patient in the same Bundle, or in the line before them; of a Bundle that
notifies a birth the number of children born is taken too.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from feeds.fhir import TAKEN, Patient, Resource, read, without_nulls
from feeds.fhir_file import FhirFile
from feeds.pds_patient import Patients, replaced_by
from feeds.reading import OnePass, Today
from feeds.submission import Dropped, Fault, Mode, Recalled, Row, Settings, Submission
from feeds.text import LIMITS, Limits, head_text
from feeds.values import (
    Remarks,
    effective_time,
    only_file,
    remark,
    said,
    today,
)
from person.particulars import Particulars

_PATIENT: Final = msgspec.json.Decoder(Patient)
_RECOGNISED: Final = re.compile(r'"resourceType"\s*:\s*"(?:Patient|RelatedPerson)"')
_KNOWN: Final = frozenset({"resourceType", "id", *TAKEN})
_RESTRICTED: Final = frozenset({"R", "V"})
"""HL7 v3 Confidentiality: restricted, very restricted."""


@dataclass(frozen=True, slots=True)
class PdsFhir:
    """The feed ``health.pds-fhir``."""

    limits: Limits = LIMITS
    clock: Callable[[], str] = today
    name: str = "health.pds-fhir"
    version: int = 7
    mode: Mode = "delta"
    settings: Settings = Settings(cadence="daily")  # noqa: RUF009  # frozen

    def recognises(self, head: bytes, filename: str) -> bool:
        """Whether a file begins with a Patient, or a Bundle of them."""
        del filename
        text = head_text(head).lstrip()
        return text.startswith(("{", "[")) and _RECOGNISED.search(text) is not None

    def open(self, paths: Sequence[Path], *, mapping: Path | None = None) -> "PdsReading":
        """Begin a pass over one file. A mapping is not used."""
        del mapping
        return PdsReading(only_file(paths), self)


class PdsReading(OnePass):
    """One pass over one file of Patients."""

    def __init__(self, path: Path, feed: PdsFhir) -> None:
        """Look at encoding and first line. Raises FeedError where it is no such file."""
        super().__init__(feed, path.name)
        self._resources = FhirFile(path, feed.limits)
        self._rows = PdsRows(self.dropped, self.today)

    def __iter__(self) -> Iterator[Row]:
        """Give a submission or a fault for each Patient."""
        for told in self._resources:
            found = told.resource
            if found is None:
                yield Fault(told.line, "JSON", "line", "one JSON object")
            elif found.kind == "Patient":
                if self.recalls and self.recalls(*(one.written for one in (found, *told.about))):
                    yield Recalled(told.line)
                else:
                    yield self._rows.patient(told.line, found, told.about)
            elif not found.kind:
                yield Fault(told.line, "FHIR-TYPE", "resourceType", "Patient")
            else:
                self.dropped.add(found.kind)


class PdsRows:
    """Reads Patients, each with what is told about it."""

    def __init__(self, dropped: Dropped, today: Today) -> None:
        self.dropped, self.today = dropped, today
        self._patients = Patients(dropped, today)

    def patient(self, line: int, found: Resource, about: Sequence[Resource]) -> Submission | Fault:
        """Read a Patient."""
        key = found.id
        if not _is_key(key):
            return Fault(line, "PDS-ID", "id", "an id of 1 to 64 letters, digits, - and .")
        remarks: Remarks = []
        patient = self._taken(remarks, found)
        meta = patient.meta
        marks = {each.code for each in meta.security}
        sequence = _version(meta.version)
        updated = said(remarks, "meta.lastUpdated", meta.updated)
        effective = effective_time(remarks, "meta.lastUpdated", updated, self.today.date)
        if "REDACTED" in marks:
            # PDS answers 404 INVALIDATED_RESOURCE for such a record: nobody is to use it further.
            return Submission(
                key, line, Particulars(), effective=effective, sequence=sequence, purge=True
            )
        restricted = not _RESTRICTED.isdisjoint(marks) or _UNREAD in remarks
        particulars = self._patients.particulars(
            remarks, patient, key, about, restricted=restricted
        )
        if not particulars.names and particulars.birth is None:
            expected = "a name or a birth date"
            return Fault(line, "NO-IDENTITY", "name", expected, key, restricted=restricted)
        return Submission(
            key,
            line,
            particulars,
            effective=effective,
            sequence=sequence,
            merged_into=replaced_by(patient, particulars.identifiers),
            remarks=tuple(remarks),
        )

    def _taken(self, remarks: Remarks, found: Resource) -> Patient:
        """Give the fields that are taken, decoded; count the others."""
        if isinstance(found.taken, Patient):
            return found.taken
        fields = found.fields
        for name in sorted(fields.keys() - _KNOWN):
            self.dropped.add(name)
        return read(_PATIENT, found.written) or _piecemeal(remarks, fields)


def _version(stated: object) -> int:
    """Give the version of a resource as a number that the log can hold, 0 where it is none."""
    text = str(stated) if isinstance(stated, (str, int)) and not isinstance(stated, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


_FORM: Final = "the form that FHIR R4 gives it"
# Marks that cannot be read may be restrictions: such a record counts as restricted.
_UNREAD: Final = remark("FHIR-FORM", "meta", _FORM)


def _piecemeal(remarks: Remarks, fields: dict[str, msgspec.Raw]) -> Patient:
    """Give what is taken of a Patient; a field that has not its form is left out, with a remark.

    A null says nothing, wherever it stands, and is not what is wrong.
    """
    stated: dict[str, Any] = {}
    for name in fields.keys() & TAKEN:
        try:
            value = without_nulls({name: msgspec.json.decode(fields[name])})
            msgspec.convert(value, Patient)
        except (msgspec.MsgspecError, RecursionError):
            remarks.append(remark("FHIR-FORM", name, _FORM))
        else:
            stated |= value
    return msgspec.convert(stated, Patient)


def _is_key(key: str) -> bool:
    """Whether a text is an id as FHIR R4 has it."""
    return 0 < len(key) <= 64 and key.isascii() and key.replace("-", "").replace(".", "").isalnum()
