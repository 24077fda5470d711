"""The resources of a file: one in each line, or a document of one, of a Bundle or of a list."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from feeds.fhir import NHS, Patient, Reference, RelatedPerson, Resource, read, resource
from feeds.submission import FeedError
from feeds.text import Limits, byte_lines, encoding_of

ABOUT: Final = {"RelatedPerson": "patient", "Observation": "subject"}
"""Kinds of resource that speak of a Patient, and the field in which they name theirs."""
_MOST: Final = 100
"""Resources about one Patient that are kept with it; more are given alone."""


class Told(NamedTuple):
    """A resource, and those that follow it and speak of it."""

    line: int
    """Its line, from 1; where a line or a document holds several, each counts as one line."""
    resource: Resource | None
    """None for a line that is not one JSON object."""
    about: tuple[Resource, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """One entry of a Bundle; an answer to a request holds no resource."""

    resource: msgspec.Raw = msgspec.Raw(b"null")
    url: str = msgspec.field(default="", name="fullUrl")


_ENTRIES: Final = msgspec.json.Decoder(tuple[Entry, ...])
_ANYTHING: Final = msgspec.json.Decoder(msgspec.Raw)
_PATIENT: Final = msgspec.json.Decoder(Patient)
_REFERENCE: Final = msgspec.json.Decoder(Reference)


class FhirFile:
    """A file of Patients, and of what is told about them."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Look at encoding and first line. Raises FeedError where it is no such file."""
        self._path, self._limits = path, limits
        self._encoding = encoding_of(path, limits)
        next(self._resources(), None)

    def __iter__(self) -> Iterator[Told]:
        """Give each resource, a Patient with what follows it and speaks of it."""
        waiting: Told | None = None
        about: list[Resource] = []
        for line, found in self._resources():
            if found is not None and found.kind in ABOUT:
                patient = waiting.resource if waiting else None
                if patient and len(about) < _MOST and _is_about(found, patient):
                    about.append(found)
                else:
                    yield Told(line, found)
                continue
            if waiting is not None:
                yield Told(waiting.line, waiting.resource, tuple(about)) if about else waiting
                about.clear()
            waiting = Told(line, found)
        if waiting is not None:
            yield Told(waiting.line, waiting.resource, tuple(about)) if about else waiting

    def _resources(self) -> Iterator[tuple[int, Resource | None]]:
        """Give each resource with its line; None for a line that is not one JSON object."""
        lines = byte_lines(self._path, self._encoding, self._limits)
        first = beyond = 0
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            found = self._decode(line, number)
            if not first:
                first = number
                if found is None and self._is_document(line, number):
                    yield from self._document()
                    return
            if found is None:
                if not line.endswith(b"\n"):
                    raise self._error(f"line {number}", "", "a whole line: the file is cut off")
                yield number + beyond, None
            elif found.kind == "Bundle":
                entries = self._entries(found, f"line {number}")
                yield from ((number + beyond + place, each) for place, each in entries)
                beyond += max((place for place, _ in entries), default=0)
            else:
                if number == first:
                    self._refuse_other(found)
                yield number + beyond, found
        if not first:
            raise self._error("line 1", "", "a Patient in each line")

    def _decode(self, line: bytes, number: int) -> Resource | None:
        try:
            return resource(line)
        except msgspec.DecodeError:
            if not _is_deep(line):
                return None
        except RecursionError:
            pass
        raise self._error(f"line {number}", "", "JSON nested less deeply")

    # A document of several lines.

    def _is_document(self, line: bytes, number: int) -> bool:
        """Whether a first line that is no whole object begins a document of several lines."""
        begins = line.strip()
        if not begins.startswith((b"{", b"[")):
            raise self._error(f"line {number}", "", "JSON: a Patient in each line")
        return len(begins) == 1 or begins.startswith(b"[") or begins.endswith((b",", b"{", b"["))

    def _document(self) -> Iterator[tuple[int, Resource]]:
        """Give the resources of a file that is one Patient, one Bundle or a list of either."""
        if self._path.stat().st_size > self._limits.element:
            raise self._error("line 1", "", "one whole JSON resource in each line")
        data = b"".join(byte_lines(self._path, self._encoding, self._limits))
        try:
            is_list = data.lstrip().startswith(b"[")
            each = msgspec.json.decode(data, type=list[msgspec.Raw]) if is_list else [data]
            resources = [resource(one) for one in each]
        except msgspec.DecodeError as broken:
            where = f"line {line_of(data, str(broken))}"
            raise self._error(
                where, "", "whole JSON: one resource in each line, or in all"
            ) from None
        except RecursionError:
            raise self._error("line 1", "", "JSON nested less deeply") from None
        beyond = 0
        for ordinal, found in enumerate(resources, start=1):
            self._refuse_other(found)
            if found.kind == "Bundle":
                entries = self._entries(found, f"resource {ordinal}")
                yield from ((ordinal + beyond + place, each) for place, each in entries)
                beyond += max((place for place, _ in entries), default=0)
            else:
                yield ordinal + beyond, found

    def _entries(self, bundle: Resource, where: str) -> list[tuple[int, Resource]]:
        """Give a Bundle's resources with their places, each Patient before what is told of it."""
        try:
            entries = _ENTRIES.decode(bundle.fields.get("entry", b"[]"))
            found = [
                (place, resource(each.resource, each.url))
                for place, each in enumerate(entries)
                if bytes(each.resource) != b"null"
            ]
        except (msgspec.DecodeError, RecursionError):
            raise self._error(where, "entry", "the entries of a Bundle") from None
        found = _with_names(found)
        about = [each for each in found if each[1].kind in ABOUT]
        claimed: set[int] = set()
        told = []
        for place, each in found:
            if each.kind in ABOUT:
                continue
            told.append((place, each))
            if each.kind == "Patient":
                of_it = [other for other in about if _is_about(other[1], each)]
                told += of_it
                claimed.update(place for place, _ in of_it)
        return told + [each for each in about if each[0] not in claimed]

    def _refuse_other(self, found: Resource) -> None:
        if found.kind not in ("Patient", "Bundle", "RelatedPerson"):
            raise self._error("line 1", "resourceType", "Patient, or a Bundle of Patients")

    def _error(self, where: str, field: str, expected: str) -> FeedError:
        return FeedError(self._path.name, where, field, expected)


def _with_names(entries: Sequence[tuple[int, Resource]]) -> list[tuple[int, Resource]]:
    """Give entries, each RelatedPerson with the name of the Patient who has its NHS number.

    A notice of birth names the mother so: by her number beside the child, by name as a Patient.
    """
    if all(each.kind != "RelatedPerson" for _, each in entries):
        return list(entries)
    patients: dict[str, tuple[Patient, Resource]] = {}
    for _, each in entries:
        patient = read(_PATIENT, each.written) if each.kind == "Patient" else None
        if patient and patient.name:
            patients |= dict.fromkeys({patient.id, *_nhs(patient)}, (patient, each))
    return [(place, _with_name(each, patients)) for place, each in entries]


def _with_name(found: Resource, patients: Mapping[str, tuple[Patient, Resource]]) -> Resource:
    person = found.taken
    if not isinstance(person, RelatedPerson) or person.name:
        return found
    same = next((patients[number] for number in _nhs(person) if number in patients), None)
    if same is None or _is_about(found, same[1]):  # a newborn may stand under its mother's number
        return found
    named = msgspec.structs.replace(person, name=same[0].name)
    return found._replace(taken=named, written=bytes(found.written) + bytes(same[1].written))


def _nhs(person: Patient | RelatedPerson) -> list[str]:
    return [each.value for each in person.identifier if each.system == NHS and each.value]


def _is_about(found: Resource, patient: Resource) -> bool:
    """Whether a resource speaks of a Patient: by id or URL, or because it names no other."""
    if patient.kind != "Patient":
        return False
    named = _named(found)
    if named is None or not named.target:
        return found.kind == "RelatedPerson"  # PDS leaves it out: all are of the one asked for
    if named.target == patient.id:
        return True
    whole = named.reference
    return bool(whole) and (patient.url == whole or patient.url.endswith(f"/{whole}"))


def _named(found: Resource) -> Reference | None:
    """Give the reference to the Patient of whom a resource speaks, where it has one."""
    if isinstance(found.taken, RelatedPerson):
        return found.taken.patient
    raw = found.fields.get(ABOUT[found.kind])
    return read(_REFERENCE, raw) if raw is not None else None


def _is_deep(line: bytes) -> bool:
    """Whether a line is nested more deeply than can be read."""
    try:
        _ANYTHING.decode(line)
    except RecursionError:
        return True
    except msgspec.DecodeError:
        return False
    return False


def line_of(data: bytes, message: str) -> int:
    """Give the line of the byte that msgspec names in an error; the last where it wants more."""
    if "truncated" in message:
        return len(data.splitlines())
    place = message.rpartition("(byte ")[2].rstrip(")")
    return data.count(b"\n", 0, int(place)) + 1 if place.isdigit() else 1
