"""Scoring given pairs: a table of ``left_*`` and ``right_*`` columns in, the same and more out."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np

from feeds.csv_mapping import COLUMNS
from feeds.csv_table import CsvTable
from feeds.submission import FeedError
from feeds.text import LIMITS, encoding_of, text_lines
from linkage import pattern as patterns
from linkage.decide import Outcome, decide_pattern
from linkage.model import Model, total
from linkage.standardise import standardise
from linkage.weigh import probability
from person.particulars import Particulars

SIDES = ("left_", "right_")
ADDED = ("probability", "weight", "decision")
BATCH = 1_000
"""Pairs weighed at once; memory does not grow with the file."""

Places = dict[str, int]
"""Where each of our columns stands in a row."""


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

    @classmethod
    def open(cls, path: Path) -> Self:
        """Look through a table. Raises FeedError where it is none, or knows no column of ours.

        All of it is looked at first, so that a table is scored whole or not at all.
        """
        encoding = encoding_of(path, LIMITS)
        rows = _rows(path, encoding)
        _, columns = next(rows, (1, []))
        left, right = (_places(path, columns, side) for side in SIDES)
        if not left and not right:
            raise FeedError(path.name, "line 1", "", "columns such as left_given and right_given")
        count = 0
        for line, row in rows:
            if len(row) > len(columns):
                expected = f"{len(columns)} cells, not {len(row)}"
                raise FeedError(path.name, f"line {line}", "", expected)
            count += 1
        return cls(path, encoding, tuple(columns), (left, right), count)

    @property
    def ignored(self) -> list[str]:
        """Columns that tell the matcher nothing; they are written again all the same."""
        known = {place for side in self.sides for place in side.values()}
        return [name for place, name in enumerate(self.columns) if place not in known]

    def scored(self, model: Model) -> Iterator[Scored]:
        """Each row in its order, weighed under a model. A row that ends early lacks the rest."""
        rows = (row for _, row in islice(_rows(self.path, self.encoding), 1, None))
        while batch := list(islice(rows, BATCH)):
            yield from _scored([self._full(row) for row in batch], self.sides, model)

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


def _places(path: Path, columns: Sequence[str], side: str) -> Places:
    """The places of one side's columns by our names of them."""
    places: Places = {}
    for place, name in enumerate(columns):
        folded = name.strip().lower()
        ours = folded.removeprefix(side)
        if folded == ours or ours not in COLUMNS:
            continue
        if ours in places:
            raise FeedError(path.name, "line 1", folded, "a column that stands there once")
        places[ours] = place
    return places


def _scored(
    rows: Sequence[tuple[str, ...]], sides: tuple[Places, Places], model: Model
) -> Iterator[Scored]:
    feed = CsvTable()
    codes = []
    for row in rows:
        left, right = (standardise(_particulars(feed, row, places)) for places in sides)
        codes.append(patterns.compare(left, right, model.population))
    weights = total(np.array(codes, np.uint64), model).tolist()
    for row, code, weight in zip(rows, codes, weights, strict=True):
        yield Scored(row, probability(weight), weight, decide_pattern(code, weight, model).outcome)


def _particulars(feed: CsvTable, row: Sequence[str], places: Places) -> Particulars:
    return feed.particulars({ours: row[place] for ours, place in places.items() if row[place]})
