"""A record that turns into another child little by little: no single night's change says so."""

import pytest

from tests.contactpoint.conftest import child
from tests.contactpoint.desk import Desk
from tests.contactpoint.test_held_rows import forename

FIRST = child(1)
RENAMED = FIRST | {"family": "Quill"}
AGAIN = RENAMED | {"given": "Zed"}
ANOTHER = AGAIN | {"dob": "2011-11-11"}
"""Nothing of name and birth date is as it was at first; each night changed one."""
NIGHTS = (FIRST, RENAMED, AGAIN)


def night(store, n, row, **options):
    return store.load([row, child(2), child(3)], day=f"2026-09-{n:02d}", **options)


def nights(store, *rows, start=1):
    return [night(store, n, row) for n, row in enumerate(rows, start)]


@pytest.mark.parametrize("last", [ANOTHER, ANOTHER | {"given": "Zedekiah"}])
def test_a_record_that_turns_into_another_child_over_several_nights_is_held(store, last):
    told = nights(store, *NIGHTS, last)
    assert [one.counts.held for one in told] == [0, 0, 0, 1]
    [note] = store.delivery(told[-1]).rows_held
    assert (note.rule, note.line) == ("DRIFT", 2)
    assert forename(store, "c1") == "Zed"
    assert night(store, 5, last).counts.held == 1
    assert night(store, 6, AGAIN).counts.held == 0


@pytest.mark.parametrize(
    "rows",
    [
        (FIRST, RENAMED, RENAMED | {"dob": "2015-02-12"}, FIRST | {"dob": "2015-02-12"}),
        (FIRST, RENAMED, RENAMED | {"given": "Bramwell"}, RENAMED | {"given": "Bramwell"}),
        (FIRST, FIRST | {"family": "Pell"}, RENAMED, FIRST | {"family": "Moss"}),
    ],
)
def test_a_record_of_which_a_name_or_the_date_stays_is_taken(store, rows):
    assert [one.counts.held for one in nights(store, *rows)] == [0] * len(rows)


@pytest.mark.parametrize(
    "first",
    [
        {"given": "Baby", "family": "Hughes", "dob": "2015-02-02"},
        {"given": "", "family": "Hughes", "dob": "2015-02-02"},
        {"given": "Elle", "family": "Hughes", "dob": "2015-02"},
        {"given": "Elle", "family": "Unknown", "dob": "2015-02-02"},
    ],
)
def test_what_was_stated_before_a_child_was_named_in_full_holds_nobody(store, first):
    begun = child(1, **first)
    second = begun | {"dob": FIRST["dob"]}
    assert [one.counts.held for one in nights(store, begun, second, FIRST)] == [0, 0, 0]


def test_a_child_whom_people_let_in_is_who_the_record_is_held_to_from_then_on(store):
    *_, told = nights(store, *NIGHTS, ANOTHER)
    store.decide(told)
    assert forename(store, "c1") == "Zed"
    later = [ANOTHER | {"family": "Pell"}, ANOTHER | {"given": "Zedekiah"}]
    assert [one.counts.held for one in nights(store, *later, start=5)] == [0, 0]
    back = [ANOTHER | {"given": "Bram"}, FIRST | {"dob": "2011-11-11"}, FIRST]
    assert [one.counts.held for one in nights(store, *back, start=7)] == [0, 0, 1]


def test_the_nights_in_another_order_hold_the_same_row(store):
    assert night(store, 1, FIRST).counts.held == 0
    assert night(store, 4, ANOTHER).counts.held == 1
    assert [one.counts.held for one in nights(store, RENAMED, AGAIN, start=2)] == [0, 0]
    assert night(store, 5, ANOTHER).counts.held == 1


@pytest.mark.parametrize("looked", [True, False])
def test_whom_a_steward_last_saw_is_who_the_record_is_held_to(tmp_path, looked):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("south", "9000000025", "2015-03-04")
    record, other = "north:9000000009", "south:9000000025"
    said = {"family": "Okonjo", "given": "Asha"}
    steps: tuple[dict[str, str], ...] = ({}, {"family": "Quillonby"}, {"given": "Zebedee"})
    for version, changed in enumerate(steps, start=1):
        said |= changed
        desk.patient("north", "9000000009", "2015-03-04", version=str(version), **said)
    if looked:
        desk.decide(record, other, verdict="apart")
    desk.patient("north", "9000000009", "2011-10-09", version="4", **said)
    overlays = [one for one in desk.listed() if one["task"] == "potential overlay"]
    assert len(overlays) == (not looked)
