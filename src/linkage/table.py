"""A table of children as columns of cells: what is distinct among them is made ready once.

The plain path of one row is ``linkage.standardise.standardise_row``.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.compiled import cells as compiled
from linkage.compiled import layout
from linkage.compiled.layout import SEXES
from linkage.distinct import Cells
from linkage.standardise import (
    GIVEN,
    PARTS,
    Given,
    birth_cell,
    family_cell,
    given_cell,
    postcode_cell,
    sex_cell,
)
from linkage.words import Words

Ints = npt.NDArray[np.int32]

class Table(NamedTuple):
    """What a table states of children, cell by cell, as ``standardise_row`` takes it."""

    given: Cells
    family: Cells
    birth: Cells
    sex: Cells
    postcode: Cells

    def __len__(self) -> int:
        return len(self.given)


class Part(NamedTuple):
    """What the cells of one column come to in the rows of records."""

    first: int
    """The first column of a row that they fill."""
    cells: Ints
    """Which of the different cells each record has."""
    made: Ints
    """What each different cell comes to: one line for each."""


def coded(table: Table, names: Words, places: Words) -> list[Part]:
    """The columns of a table, coded by these dictionaries."""
    cells, texts = table.family.distinct()
    families = [_family(text) for text in texts]
    days, births = table.birth.distinct()
    sexes, letters = table.sex.distinct()
    homes, codes = table.postcode.distinct()
    return [
        *_given(table.given, names),
        Part(layout.FAMILY, cells, _lines(names.codes_of(list(chain(*families))), 1 + PARTS)),
        Part(layout.BIRTH, days, np.array([birth_cell(text) for text in births], np.int32)),
        Part(layout.SEX, sexes, np.array([[SEXES[sex_cell(text)]] for text in letters], np.int32)),
        Part(layout.POSTCODES, homes, _lines(places.codes_of([_place(x) for x in codes]), 1)),
    ]


def fill(rows: Ints, parts: Sequence[Part], start: int) -> None:
    """Write what the parts say of the records from one on; the other columns stay as they are."""
    for part in parts:
        compiled.fill(rows, part.first, part.cells[start:], part.made)


def _given(column: Cells, names: Words) -> list[Part]:
    cells, texts = column.distinct()
    made = [given_cell(text) for text in texts]
    words = _lines(names.codes_of(list(chain.from_iterable(map(_words, made)))), GIVEN + 1)
    honorifics = _lines(names.codes_of([each.honorific for each in made]), 1)
    births = np.array([(each.births, each.order) for each in made], np.int32).reshape(-1, 2)
    return [
        Part(layout.GIVEN, cells, words),
        Part(layout.HONORIFIC, cells, honorifics),
        Part(layout.BIRTHS, cells, births),
    ]


def _words(given: Given) -> tuple[str, ...]:
    """Given words, empty ones to fill up, and all of them as one."""
    return (*given.words, *[""] * (GIVEN - len(given.words)), given.joined)


def _family(text: str) -> tuple[str, ...]:
    whole, parts = family_cell(text)
    return (whole, *parts, *[""] * (PARTS - len(parts)))


def _place(text: str) -> str:
    return next(iter(postcode_cell(text)), "")


def _lines(codes: Sequence[int], width: int) -> Ints:
    return np.array(codes, np.int32).reshape(-1, width)
