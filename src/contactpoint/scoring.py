"""Scoring given pairs: a table of ``left_*`` and ``right_*`` columns in, the same and more out."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np

from contactpoint.models import AnyModel
from feeds.csv_mapping import OWN_NAMES, Mapped
from feeds.csv_table import CsvTable, declared_in
from feeds.submission import FeedError
from feeds.text import LIMITS, encoding_of, text_lines
from linkage import pattern as patterns
from linkage.decide import Outcome, decide_pattern
from linkage.declared import decide as declared
from linkage.declared.cells import Record, record_of
from linkage.declared.model import DeclaredModel
from linkage.model import Model, total
from linkage.standardise import standardise
from linkage.weigh import probability
from person.particulars import Particulars

SIDES = ("left_", "right_")
ADDED = ("probability", "weight", "decision")
BATCH = 1_000
"""Pairs weighed at once; memory does not grow with the file."""

Places = dict[str, tuple[int, ...]]
"""Where the columns of each of ours, or of a declared field, stand in a row."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One pair of the table: all its cells as they were, and what is decided."""

    cells: tuple[str, ...]
    probability: float
    weight: float
    decision: Outcome


@dataclass(frozen=True, slots=True)
class PairTable:
    """A table of pairs that was looked through from end to end and can be scored."""

    path: Path
    encoding: str
    columns: tuple[str, ...]
    """Its own names of columns, as written."""
    sides: tuple[Places, Places]
    rows: int
    mapped: Mapped = OWN_NAMES

    @classmethod
    def open(cls, path: Path, mapped: Mapped = OWN_NAMES) -> Self:
        """Look through a table. Raises FeedError where it is none, or knows no column of ours.

        All of it is looked at first, so that a table is scored whole or not at all. With a
        mapping, columns may have its names of ours or of theirs.
        """
        encoding = encoding_of(path, LIMITS)
        rows = _rows(path, encoding)
        _, columns = next(rows, (1, []))
        wanted = {ours: (theirs,) for ours, theirs in mapped.columns.items()} | mapped.fields
        left, right = (_places(path, columns, side, wanted) for side in SIDES)
        if not left and not right:
            name = next(iter(mapped.fields or mapped.columns))
            expected = f"columns such as left_{name} and right_{name}"
            raise FeedError(path.name, "line 1", "", expected)
        count = 0
        for line, row in rows:
            if len(row) > len(columns):
                expected = f"{len(columns)} cells, not {len(row)}"
                raise FeedError(path.name, f"line {line}", "", expected)
            count += 1
        return cls(path, encoding, tuple(columns), (left, right), count, mapped)

    @property
    def ignored(self) -> list[str]:
        """Columns that tell the matcher nothing; they are written again all the same."""
        known = {place for side in self.sides for places in side.values() for place in places}
        return [name for place, name in enumerate(self.columns) if place not in known]

    def scored(self, model: AnyModel) -> Iterator[Scored]:
        """Each row in its order, weighed under a model. A row that ends early lacks the rest."""
        rows = (row for _, row in islice(_rows(self.path, self.encoding), 1, None))
        while batch := list(islice(rows, BATCH)):
            full = [self._full(row) for row in batch]
            if isinstance(model, DeclaredModel):
                yield from self._by_fields(full, model)
            else:
                yield from self._as_children(full, model)

    def _as_children(self, rows: Sequence[tuple[str, ...]], model: Model) -> Iterator[Scored]:
        feed = CsvTable()
        codes = []
        for row in rows:
            left, right = (
                standardise(_particulars(feed, row, places, self.mapped)) for places in self.sides
            )
            codes.append(patterns.compare(left, right, model.population))
        weights = total(np.array(codes, np.uint64), model).tolist()
        for row, code, weight in zip(rows, codes, weights, strict=True):
            outcome = decide_pattern(code, weight, model).outcome
            yield Scored(row, probability(weight), weight, outcome)

    def _by_fields(self, rows: Sequence[tuple[str, ...]], model: DeclaredModel) -> Iterator[Scored]:
        codes = [
            model.pattern(*(self._record(row, places, model) for places in self.sides))
            for row in rows
        ]
        weights = model.total(np.array(codes, np.int64)).tolist()
        for row, code, weight in zip(rows, codes, weights, strict=True):
            outcome = declared.decide_pattern(code, weight, model).outcome
            yield Scored(row, probability(weight), weight, outcome)

    def _record(self, row: Sequence[str], places: Places, model: DeclaredModel) -> Record:
        cells = {name: [row[place] for place in found] for name, found in places.items()}
        stated = declared_in([], cells, self.mapped)
        return record_of({one.field: one.value for one in stated}, model.shape)

    def _full(self, row: Sequence[str]) -> tuple[str, ...]:
        return (*row, *[""] * (len(self.columns) - len(row)))


def _rows(path: Path, encoding: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not an empty line, with its last line."""
    rows = csv.reader(text_lines(path, encoding, LIMITS))
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            expected = "cells below 128 kB, quotes closed"
            raise FeedError(path.name, f"line {rows.line_num}", "", expected) from None
        if row:
            yield rows.line_num, row


def _places(
    path: Path, columns: Sequence[str], side: str, wanted: Mapping[str, tuple[str, ...]]
) -> Places:
    """The places of one side's columns, by our names of them or by the mapping's."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(columns):
        found.setdefault(name.strip().casefold(), []).append(place)
    places: Places = {}
    for ours, theirs in wanted.items():
        own = f"{side}{ours}".casefold()
        names = [own] if own in found else [f"{side}{name}".casefold() for name in theirs]
        for name in names:
            if len(found.get(name, ())) > 1:
                raise FeedError(path.name, "line 1", name, "a column that stands there once")
        if all(name in found for name in names):
            places[ours] = tuple(found[name][0] for name in names)
    return places


def _particulars(feed: CsvTable, row: Sequence[str], places: Places, mapped: Mapped) -> Particulars:
    cells = {ours: row[place] for ours, (place,) in places.items() if row[place]}
    return feed.particulars(cells, mapped)
