"""The rows of a CSV table, each cell under the name of its column."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from feeds.submission import FeedError
from feeds.text import Limits, encoding_of, head_text, text_lines

_DELIMITERS: Final = ",;\t|"

Row = tuple[int, list[str]]
"""The line on which a row ends, from 1, and its cells."""


class Table:
    """One table whose first row, as a rule, names its columns."""

    def __init__(self, path: Path, limits: Limits, *, delimiter: str = "", skip: int = 0) -> None:
        """Find the encoding; ``skip`` lines are no rows. Raises FeedError for a file not text.

        A ``delimiter`` that is not told is the one that parts the first row into most cells.
        """
        self.name = path.name
        self._path, self._limits = path, limits
        self._skip = skip
        self._is_open = False
        self._encoding = encoding_of(path, limits)
        self.delimiter = delimiter or delimiter_of(next(filter(str.strip, self._lines()), ""))

    def rows(self) -> Iterator[Row]:
        """Give every row that holds anything, the one with the names of the columns included."""
        ended = False

        def lines() -> Iterator[str]:
            nonlocal ended
            for line in self._lines():
                self._is_open = not line.endswith(("\n", "\r"))
                yield line
            ended = True

        # A blank before a quotation mark is no part of its cell.
        rows = csv.reader(lines(), delimiter=self.delimiter, skipinitialspace=True)
        last = self._skip
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                expected = "cells below 128 kB (is a quotation mark missing?)"
                raise FeedError(self.name, f"line {last + 1}", "", expected) from None
            if ended:
                # The reader asked for a line after the last: a quotation is open. What it gives
                # is all the rest of the file in one cell.
                expected = "a closing quotation mark before the file ends"
                raise FeedError(self.name, f"line {last + 1}", "", expected)
            last = rows.line_num + self._skip
            if any(map(str.strip, cells)):
                yield last, cells

    def refuse_cut_off(self, line: int) -> None:
        """Raise FeedError where the row given last, which lacks cells, lacks its line's end too.

        The file was cut off in it. What is missing behind it, nobody knows, and a snapshot would
        withdraw.
        """
        if self._is_open:
            raise FeedError(self.name, f"line {line}", "", "a whole line: the file is cut off")

    def _lines(self) -> Iterator[str]:
        return islice(text_lines(self._path, self._encoding, self._limits), self._skip, None)

    def named(self) -> tuple[list[str], Iterator[Row]]:
        """Give the names of the columns, folded, and an iterator over the rows below them."""
        rows = self.rows()
        line, cells = self.first(rows)
        return column_names(self.name, line, cells), trimmed(rows, len(cells))

    def first(self, rows: Iterator[Row]) -> Row:
        """Give the row that names the columns. Raises FeedError where there is none."""
        first = next(rows, None)
        if first is None:
            raise FeedError(self.name, "line 1", "", "the names of the columns")
        return first


def trimmed(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """Give rows without empty cells beyond the last column, which spreadsheets write."""
    for row in rows:
        cells = row[1]
        if len(cells) > width and not any(cells[width:]):
            yield row[0], cells[:width]
        else:
            yield row


def column_names(file: str, line: int, cells: list[str]) -> list[str]:
    """Give the names of columns, folded. Raises FeedError where two are the same."""
    names = [folded(cell) for cell in cells]
    known: set[str] = set()
    for place, name in enumerate(names, start=1):
        if name in known:
            expected = "a name that no other column has"
            raise FeedError(file, f"line {line}", f"column {place}", expected)
        if name:
            known.add(name)
    return names


def columns_in(head: bytes) -> set[str]:
    """Give the names of the columns, folded, at the beginning of what may be a table."""
    first = next((line for line in head_text(head).splitlines() if line.strip()), "")
    return {folded(name.replace('"', "")) for name in first.split(delimiter_of(first))}


def delimiter_of(line: str) -> str:
    """Give what parts a row into most cells: a comma unless another stands in it more often.

    >>> delimiter_of("CHILD;SEX;DOB"), delimiter_of("key")
    (';', ',')
    """
    return max(_DELIMITERS, key=line.count)


def folded(name: str) -> str:
    """Give a column's name as it is compared: in lower case, ``_`` for blanks and hyphens."""
    return "_".join(name.replace("\ufeff", "").lower().replace("-", " ").replace("_", " ").split())
