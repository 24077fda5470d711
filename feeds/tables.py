"""The rows of a CSV table, each cell under the name of its column."""

import csv
from collections.abc import Iterator
from pathlib import Path

from feeds.submission import FeedError
from feeds.text import Limits, encoding_of, text_lines

Row = tuple[int, list[str]]
"""The line on which a row ends, from 1, and its cells."""


class Table:
    """One table whose first row, as a rule, names its columns."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Find the encoding. Raises FeedError for a file that is no text."""
        self.name = path.name
        self._path, self._limits = path, limits
        self._encoding = encoding_of(path, limits)

    def rows(self) -> Iterator[Row]:
        """Give every row that holds anything, the one with the names of the columns included."""
        rows = csv.reader(text_lines(self._path, self._encoding, self._limits))
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                where = f"line {rows.line_num}"
                raise FeedError(self.name, where, "", "cells below 128 kB, quotes closed") from None
            if any(cells):
                yield rows.line_num, cells

    def named(self) -> tuple[list[str], Iterator[Row]]:
        """Give the names of the columns, folded, and an iterator over the rows below them."""
        rows = self.rows()
        first = next(rows, None)
        if first is None:
            raise FeedError(self.name, "line 1", "", "the names of the columns")
        return column_names(self.name, *first), rows


def column_names(file: str, line: int, cells: list[str]) -> list[str]:
    """Give the names of columns, folded. Raises FeedError where two are the same."""
    names = [folded(cell) for cell in cells]
    for place, name in enumerate(names):
        if name and names.index(name) != place:
            where = f"column {place + 1}"
            raise FeedError(file, f"line {line}", where, "a name that no other column has")
    return names


def folded(name: str) -> str:
    """Give a column's name as it is compared: in lower case, ``_`` for blanks and hyphens."""
    return "_".join(name.replace("\ufeff", "").lower().replace("-", " ").replace("_", " ").split())
