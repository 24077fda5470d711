from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.joining import MOST, Joined, Joining
from feeds.submission import FeedError

KEYS = st.text(alphabet="AB\u00e9 1", max_size=3)
ROWS = st.lists(
    st.builds(
        Joined,
        KEYS,
        st.sampled_from(["header", "episodes"]),
        st.integers(1, 9),
        st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    ),
    max_size=30,
)


@given(rows=ROWS, part=st.integers(1, 7))
def test_rows_come_back_by_child_as_a_dictionary_would_give_them(rows, part):
    simple = defaultdict(list)
    for row in rows:
        simple[row.key].append(row)
    with Joining("file") as joining:
        for start in range(0, len(rows), part):
            joining.add(rows[start : start + part])
        found = list(joining.children())
    assert {each[0].key: each for each in found} == simple


def test_the_order_of_children_is_that_of_an_earlier_reading():
    def order(keys):
        with Joining("file") as joining:
            joining.add(Joined(key, "header", 1, {}) for key in keys)
            return [rows[0].key for rows in joining.children()]

    keys = [f"L{number}" for number in range(50)]
    assert order(keys) == order(keys[::-1])


def test_so_many_rows_of_one_child_come_back_and_no_more():
    with Joining("file") as joining:
        joining.add(Joined("L1", "episodes", line, {}) for line in range(MOST))
        (rows,) = joining.children()
        assert [row.line for row in rows] == list(range(MOST))
        joining.add([Joined("L1", "episodes", MOST, {})])
        with pytest.raises(FeedError, match=f"at most {MOST} rows for one child"):
            list(joining.children())
