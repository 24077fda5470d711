"""Known truth: which person each record is really of, and what is known of the persons."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from feeds.submission import FeedError
from feeds.text import LIMITS, encoding_of, text_lines

RecordName = tuple[str, str]
"""Source and record id."""

RECORD = ("source", "record_id", "person")
KNOWN_OF_PERSON = {"group": "group", "naming": "group", "family": "family", "born": "born"}
"""Columns that may tell of a person, and what each tells."""


class Known(NamedTuple):
    """What the truth tells of a person; empty where it does not."""

    group: str = ""
    """A group that accuracy is stated for."""
    family: str = ""
    """Persons of one family bear one word here."""
    born: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """The person of each record, and what is known of the persons."""

    persons: dict[RecordName, str]
    known: dict[str, Known] = field(default_factory=dict)


def read_truth(path: Path, persons: Path | None = None) -> Truth:
    """Read a table with ``source,record_id,person`` and perhaps ``group``, ``family``, ``born``.

    These three may stand in a table of persons of their own, too. Raises FeedError where a column
    is missing, a cell is empty, or a record or a person is told of in two ways.
    """
    found: dict[RecordName, str] = {}
    known: dict[str, Known] = {}
    for line, row in _rows(path, RECORD):
        name, person = (row["source"], row["record_id"]), row["person"]
        if found.setdefault(name, person) != person:
            raise FeedError(path.name, line, "person", "one person for a record that stands twice")
        _learn(known, row, path, line)
    if persons is not None:
        for line, row in _rows(persons, ("person",)):
            _learn(known, row, persons, line)
    return Truth(found, known)


def tells(known: Mapping[str, Known], what: str) -> bool:
    """Whether anything is known of this kind, of anybody."""
    return any(getattr(one, what) for one in known.values())


def _learn(known: dict[str, Known], row: dict[str, str], path: Path, line: str) -> None:
    told = Known(**{ours: row[c] for c, ours in KNOWN_OF_PERSON.items() if row.get(c)})
    before = known.get(row["person"])
    if before is None or before == told:
        if any(told):
            known[row["person"]] = told
        return
    both = list(zip(before, told, strict=True))
    if any(a and b and a != b for a, b in both):
        raise FeedError(path.name, line, "", "the same of a person as where it stood before")
    known[row["person"]] = Known(*(a or b for a, b in both))


def _rows(path: Path, required: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row by its columns, with its line; those required are there and not empty."""
    rows = _cells(path)
    _, columns = next(rows, ("line 1", []))
    columns = [name.strip().lower() for name in columns]
    for name in required:
        if columns.count(name) != 1:
            raise FeedError(path.name, "line 1", name, "a column of that name, once")
    for line, cells in rows:
        if len(cells) != len(columns):
            raise FeedError(path.name, line, "", f"{len(columns)} cells, not {len(cells)}")
        row = dict(zip(columns, map(str.strip, cells), strict=True))
        empty = next((name for name in required if not row[name]), "")
        if empty:
            raise FeedError(path.name, line, empty, "a value")
        yield line, row


def _cells(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each row that is not an empty line, with its last line."""
    rows = csv.reader(text_lines(path, encoding_of(path, LIMITS), LIMITS))
    try:
        for cells in rows:
            if cells:
                yield f"line {rows.line_num}", cells
    except csv.Error:
        expected = "cells below 128 kB, quotes closed"
        raise FeedError(path.name, f"line {rows.line_num}", "", expected) from None
