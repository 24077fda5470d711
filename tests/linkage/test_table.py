"""A table of children, coded by column, is what its rows are one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkage.distinct import Cells, numbered
from linkage.index import Index
from linkage.model import Model
from linkage.standardise import standardise_row
from linkage.table import Table
from tests.tries import tries

MODEL = Model.shipped()
LOWEST = -200.0

names = st.one_of(
    st.sampled_from((
        "", "Jayden", "jaydne", "Mary Jane", "Anne-Marie", "Muhammad Ali", "Md", "Baby", "Twin 2",
        "bo", "Abdul", "O'Brien", "Zoë", "(was Smith)", "Unknown", "de Souza", "Singh", "Jr", "12",
        "Mc Donald", "Taylor-Mensah", "x" * 40, "Zhao", "Wong", "Meilong", "Ka-Wai",
    )),
    st.text(max_size=8),
)  # fmt: skip
rows = st.tuples(
    names,
    names,
    st.sampled_from(("", "2014-05-09", "2014-05-10", "2014-05", "2014", "x")),
    st.sampled_from(("", "F", "M", "U")),
    st.sampled_from(("", "SE15 3QN", "SE15 3QM", "se153qn", "zz99 3vz")),
)


def listed(pairs):
    columns = (pairs.left, pairs.right, pairs.pattern, pairs.weight)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(st.lists(rows, min_size=1, max_size=12))
@tries(70)
def test_a_table_makes_the_pairs_of_its_rows(stated):
    whole, one_by_one = Index(MODEL), Index(MODEL)
    table = Table(*(Cells.of(column) for column in zip(*stated, strict=True)))
    whole.put_table(np.arange(len(stated)), np.zeros(len(stated), np.int64), table)
    one_by_one.put((n, 0, standardise_row(*row)) for n, row in enumerate(stated))
    assert listed(whole.pairs_within(LOWEST)) == listed(one_by_one.pairs_within(LOWEST))
    # Row by row the same words and keys, whatever code each word has.
    for n in range(len(stated)):
        found, expected = (index.pairs_of([n], LOWEST) for index in (whole, one_by_one))
        assert listed(found) == listed(expected)
    assert worded(whole) == worded(one_by_one)


def worded(index):
    """The rows of an index with words in the place of their codes."""
    found, words = index.coded()
    return [[words[code] for code in row[:23]] + row[27:36].tolist() for row in found]


def test_a_table_takes_the_place_of_what_its_ordinals_held():
    index, once = Index(MODEL), Index(MODEL)
    table = Table(*(Cells.of([text] * 3) for text in ("Ann", "Lee", "2014-05-09", "F", "")))
    other = Table(*(Cells.of([text] * 3) for text in ("Bob", "Roy", "2015-05-09", "M", "")))
    sources = np.zeros(3, np.int64)
    index.put_table(np.arange(3), sources, other)
    for each in (index, once):
        each.put_table(np.arange(3), sources, table)
    assert len(index) == 3
    assert listed(index.pairs_within(0.0)) == listed(once.pairs_within(0.0))


@given(st.lists(st.text(max_size=4) | st.none(), max_size=60))
def test_each_cell_has_the_number_of_its_text(texts):
    which, different = Cells.of(texts).distinct()
    assert [different[number] for number in which] == [text or "" for text in texts]
    assert len(set(different)) == len(different)


def test_more_different_cells_than_were_looked_for_are_all_found():
    texts = [str(number % 30_000) for number in range(40_000)]
    which, different = Cells.of(texts).distinct()
    assert [different[number] for number in which] == texts


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3)))
def test_equal_numbers_have_one_number_and_it_first_stands_where_it_says(values):
    which, firsts = numbered(np.array(values, np.uint64))
    assert [values[firsts[number]] for number in which] == values
    assert all(values.index(values[first]) == first for first in firsts)
