"""A mapping in a file answers as one in memory does, however little of it is kept there."""

import gc
import sqlite3
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.record import Order, Record
from events.spilled import Spilled
from events.store.heads import RecordHead

ids = st.integers(1, 12).map(lambda n: UUID(int=n))
acts = st.lists(
    st.tuples(st.sampled_from(["set", "get", "pop", "entries"]), ids, st.integers(0, 9))
)


@given(acts, st.integers(0, 4))
def test_it_answers_as_a_dictionary_does(done, room):
    kept, plain = Spilled(int, room=room), {}
    for what, key, value in done:
        if what == "set":
            kept[key] = plain[key] = value
        elif what == "pop":
            assert kept.pop(key) == plain.pop(key, None)
        elif what == "entries":
            assert dict(kept.entries()) == plain
        assert kept.get(key) == plain.get(key)


def test_what_is_not_there_is_named():
    with pytest.raises(KeyError, match="0001"):
        Spilled(int)[UUID(int=1)]


def test_a_head_comes_back_from_the_file_as_it_was():
    stated = Record(7, "pds", "s", 3, "current", Order(1, 2, b"\x00\xff"), traits=b"\x80")
    head = RecordHead(UUID(int=1), stated, 4, 5, UUID(int=9))
    kept = Spilled(RecordHead, room=0)
    kept[head.record] = head
    assert kept[head.record] == head


def test_the_file_is_closed_when_the_mapping_is_gone():
    kept = Spilled(int, room=0)
    kept[UUID(int=1)] = 1
    file = kept._file
    assert file is not None
    del kept
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        file.execute("SELECT 1")
