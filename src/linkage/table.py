"""A table of children as columns of cells: what is distinct among them is made ready once.

The plain path of one row is ``linkage.standardise.standardise_row``.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from linkage import kernel, lexicon
from linkage.coding import Coder
from linkage.compiled import cells as compiled
from linkage.compiled import layout
from linkage.compiled.layout import SEXES
from linkage.distinct import Cells, Distinct
from linkage.standardise import (
    GIVEN,
    PARTS,
    Given,
    birth_cell,
    family_cell,
    given_cell,
    in_order,
    postcode_cell,
    sex_cell,
    words,
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


def coded(table: Table, coder: Coder) -> list[Part]:
    """The columns of a table, coded.

    What is to be known of the family names, of which there are most, is learnt besides.
    """
    with ThreadPoolExecutor(kernel.THREADS) as pool:
        given, family, birth, sex, postcode = pool.map(Cells.distinct, table)
        _put_in_order(given, family)
        families = [word for text in family.texts for word in _family(text)]
        families_codes = coder.names.codes_of(families)
        learning = pool.submit(coder.learn_names)
        made = [given_cell(text) for text in given.texts]
        births = [birth_cell(text) for text in birth.texts]
        places = coder.places.codes_of([_place(text) for text in postcode.texts])
        learning.result()
    return [
        *_given(given.which, made, coder.names),
        Part(layout.FAMILY, family.which, _lines(families_codes, 1 + PARTS)),
        Part(layout.BIRTH, birth.which, _lines(births, 2)),
        Part(layout.SEX, sex.which, _lines([SEXES[sex_cell(text)] for text in sex.texts], 1)),
        Part(layout.POSTCODES, postcode.which, _lines(places, 1)),
    ]


def fill(rows: Ints, parts: Sequence[Part], start: int) -> None:
    """Write what the parts say of the records from one on; the other columns stay as they are."""
    for part in parts:
        compiled.fill(rows, part.first, part.cells[start:], part.made)


def _put_in_order(given: Distinct, family: Distinct) -> None:
    """Exchange the cells of names that stand in Chinese order; those that are new are added."""
    firsts = np.array([lexicon.is_chinese_family(words(text)) for text in given.texts], bool)
    rows = np.flatnonzero(firsts[given.which])
    pairs = np.stack((given.which[rows], family.which[rows]), axis=1)
    different, which = np.unique(pairs, axis=0, return_inverse=True)
    for number, (one, other) in enumerate(different.tolist()):
        stated = given.texts[one], family.texts[other]
        (forename,), name = in_order((stated[0],), stated[1])
        if (forename, name) != stated:
            exchanged = rows[which.ravel() == number]
            given.which[exchanged], family.which[exchanged] = len(given.texts), len(family.texts)
            given.texts.append(forename)
            family.texts.append(name)


def _given(cells: Ints, made: Sequence[Given], names: Words) -> list[Part]:
    texts = list(chain.from_iterable(map(_words, made)))
    honorifics = _lines(names.codes_of([each.honorific for each in made]), 1)
    births = _lines([(each.births, each.order) for each in made], 2)
    return [
        Part(layout.GIVEN, cells, _lines(names.codes_of(texts), GIVEN + 1)),
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


def _lines(numbers: Sequence[Any], width: int) -> Ints:
    return np.array(numbers, np.int32).reshape(-1, width)
