"""A source says that it no longer holds a record: it is withdrawn from that time on."""

import json
from itertools import count, permutations

import pytest

from contactpoint.following import heads_of
from events.record import RecordReceived, RecordWithdrawn
from events.verify import verify
from tests.contactpoint.conftest import Store

FILES = count(1)


def kid(key, **details):
    told = {"first_name": "Asha", "surname": "Okonjo", "date_of_birth": "2015-03-04"} | details
    return {"la_child_id": key, "child_details": told}


def gone(key):
    return {"la_child_id": key, "purge": True}


@pytest.fixture
def care(store):
    """Loads an authority's children on a day; gives the outcome."""
    store.register("care", "social-care.csc", guard_share=1.0)

    def load(day, *kids, **options):
        path = store.folder / f"care-{next(FILES)}.json"
        path.write_text(json.dumps({"la_code": 201, "Children": list(kids)}))
        return store.load(path, source="care", feed="social-care.csc", day=day, **options)

    return load


def standing(store, key):
    head = store.head(key, "care")
    return None if head is None else head.state.standing


def test_a_purged_record_is_withdrawn_and_counts_as_changed(store, care):
    care("2026-09-01", kid("C1"), kid("C2"))
    counts = care("2026-09-02", gone("C1"), kid("C2")).counts
    assert (counts.changed, counts.unchanged, counts.withdrawn) == (1, 1, 0)
    assert (standing(store, "C1"), standing(store, "C2")) == ("withdrawn", "current")
    (last,) = [m.event for m in store.log.stream(store.record("C1", "care"))][1:]
    assert isinstance(last, RecordWithdrawn)
    assert last.reason == "purged"
    assert verify(store.log, None, heads_of).findings == []


def test_a_purge_repeated_adds_nothing_and_still_counts_as_changed(store, care):
    care("2026-09-01", kid("C1"))
    care("2026-09-02", gone("C1"))
    counts = care("2026-09-03", gone("C1")).counts
    assert (counts.rows, counts.changed, counts.new) == (1, 1, 0)
    assert verify(store.log, None, heads_of).findings == []


def test_a_purge_of_a_record_that_nobody_knows_begins_none(store, care):
    dry = care("2026-09-02", gone("C1"), dry_run=True).counts
    counts = care("2026-09-02", gone("C1")).counts
    assert dry == counts
    assert (counts.changed, counts.new) == (1, 0)
    events = [m.event for m in store.log.decode(store.log.read(0, 100))]
    assert not [event for event in events if isinstance(event, RecordReceived)]
    assert verify(store.log, None, heads_of).findings == []


def test_a_purge_counts_from_its_day_on_whenever_it_arrives(store, care):
    """Stated on the first day, purged on the second: no order of arrival says otherwise."""
    nights = {"2026-09-01": kid("C1"), "2026-09-02": gone("C1")}
    for day in reversed(nights):
        care(day, nights[day])
    assert standing(store, "C1") == "withdrawn"
    care("2026-09-03", kid("C1"))
    assert standing(store, "C1") == "current"
    assert verify(store.log, None, heads_of).findings == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_record_that_was_purged_and_stated_again_stands_in_any_order(store, care, order):
    nights = [kid("C1"), gone("C1"), kid("C1", postcode="E8 1GQ")]
    for night in order:
        care(f"2026-09-0{night + 1}", nights[night])
    assert standing(store, "C1") == "current"
    assert verify(store.log, None, heads_of).findings == []


def test_a_purge_that_is_sent_night_after_night_stays_one_where_rows_are_recalled(tmp_path):
    store = Store(tmp_path / "kept", kept_from=1)
    path = store.folder / "care.json"
    for day, kids in enumerate(([kid("C1")], [gone("C1")], [gone("C1"), kid("C2")]), 1):
        path.write_text(json.dumps({"la_code": 201, "Children": kids}))
        store.load(path, source="care", feed="social-care.csc", day=f"2026-09-0{day}")
    assert (standing(store, "C1"), standing(store, "C2")) == ("withdrawn", "current")
    store.close()


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ({"organisation": "RX1"}, {"organisation": "RX2"}, 1),
        ({"organisation": "RX1"}, {"organisation": "RX1"}, 0),
        ({"organisation": "RX1"}, {"consent": "refused"}, 1),
    ],
)
def test_a_change_of_a_sensitive_service_alone_is_a_change(store, care, before, after, changed):
    service = {"kind": "mental-health", "consent": "given"}
    care("2026-09-01", kid("C1") | {"services": [service | before]})
    second = care("2026-09-02", kid("C1") | {"services": [service | after]})
    assert (second.counts.changed, second.counts.unchanged) == (changed, 1 - changed)
    third = care("2026-09-03", kid("C1"), kid("C2") | {"services": [service]})
    assert (third.counts.changed, third.counts.new) == (1 if after.get("organisation") else 0, 1)
    assert verify(store.log, None, heads_of).findings == []
