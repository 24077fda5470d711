"""A load shared with a second process ends as one that was not, and leaves no process behind."""

import multiprocessing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from contactpoint.errors import UsageError
from contactpoint.intake.delivered import Delivered
from contactpoint.intake.preparing import EncodedRows
from contactpoint.intake.processes import SecondProcessError, Shared
from contactpoint.intake.sealing import Firsts, Place
from events.keys import KeyStoreError
from events.message import Origin
from events.record import Order
from feeds.catalogue import FEEDS
from feeds.submission import FeedError
from tests.contactpoint.conftest import Store, child, children


@pytest.fixture
def alone(tmp_path):
    made = Store(tmp_path / "alone")
    yield made
    made.close()


@pytest.fixture
def shared(tmp_path):
    made = Store(tmp_path / "shared", shared_from=0)
    yield made
    made.close()


def told(outcome):
    return outcome.state, outcome.counts, outcome.dropped, outcome.exit_code, outcome.events


def logged(store):
    """Every event's type, version and facts in clear, and what is sealed where it opens."""
    messages = []
    for page in store.log.pages():
        messages += [(type(m.event), m.originator_version, m.event) for m in store.log.decode(page)]
    return messages


ODD = [child(3, given="Zed"), child(1), {"key": ""}, child(40, dob="1990-01-01"), child(8, shoe=4)]
"""A contradiction, a repetition, a row without a key, an adult, and a field that is not taken."""


def test_a_shared_load_ends_as_one_in_a_single_process(alone, shared):
    for store in (alone, shared):
        store.register(oldest=19)
    for rows, day in ((children(9), "2026-09-01"), ([*children(30), *ODD], "2026-09-02")):
        assert told(alone.load(rows, day=day, chunk=4)) == told(shared.load(rows, day=day, chunk=4))
    assert alone.standing() == shared.standing()
    assert [kind for kind, _, _ in logged(alone)] == [kind for kind, _, _ in logged(shared)]
    for store in (alone, shared):
        heads = store.log.heads.all_records()
        assert sorted(head.state.ordinal for head in heads) == list(range(1, 31))


def test_what_a_second_process_sealed_opens(shared):
    shared.load(children(5), chunk=2)
    received = [event for kind, _, event in logged(shared) if kind.__name__ == "RecordReceived"]
    assert {event.statement.key for event in received} == {f"c{n}" for n in range(5)}


def broken(store):
    """A file that is no text any more after five rows."""
    path = store.file(children(5))
    path.write_bytes(path.read_bytes() + b"c9," + bytes([0]) + b"x,y,,,\n")
    return path


def test_a_file_that_its_feed_refuses_in_the_second_process_is_refused(shared):
    path = broken(shared)
    with pytest.raises(FeedError) as first:
        shared.load(path)
    with pytest.raises(FeedError) as again:
        shared.load(path)
    assert str(first.value) == str(again.value)
    assert shared.standing() == {}


def test_no_process_is_left_behind(shared):
    path = shared.file(children(5))
    assert [shared.load(path).known for _ in range(2)] == [False, True]
    with pytest.raises(FeedError):
        shared.load(broken(shared))
    assert multiprocessing.active_children() == []


@dataclass(frozen=True)
class Faulty:
    """A feed with a fault of ours: reading raises an error that holds a name."""

    name: str = "csv"
    version: int = 1
    mode: str = "delta"
    settings: Any = field(default_factory=lambda: FEEDS["csv"].settings)
    error: Exception = field(default_factory=lambda: KeyError("Okonjo"))

    def open(self, paths, *, mapping=None):  # noqa: ARG002 - a feed's signature
        raise self.error


def test_a_fault_in_the_second_process_names_its_place_and_nobody(shared):
    with pytest.raises(SecondProcessError) as caught:
        shared.load(children(3), reader=Faulty())
    assert "KeyError in contactpoint/test_second_process.py" in str(caught.value)
    assert "Okonjo" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device", "rows"), OSError),
        (KeyStoreError("the keys cannot be opened"), KeyStoreError),
        (UsageError("expected another source"), SecondProcessError),
    ],
)
def test_what_goes_wrong_in_the_second_process_is_told_as_in_the_first(shared, error, told):
    with pytest.raises(told) as caught:
        shared.load(children(3), reader=Faulty(error=error))
    assert str(caught.value) == str(error)


def test_what_is_sent_to_a_second_process_that_has_ended_says_so_where_it_is_waited_for(shared):
    place = Place(UUID(int=1), "club", Order(1, 0, b""), Origin(1, "os:test", "load"))
    delivered = Delivered(FEEDS["csv"], [shared.file(children(3))], None)
    process = Shared(delivered, shared.master, shared.keys.url)
    with process:
        process._process.kill()
        process._process.join()
        waited = process.submit(Firsts(place, 1, EncodedRows.of([])))
        with pytest.raises(SecondProcessError, match="ended early"):
            waited()
