"""Deliveries, reviews, history, sources and runs as readers find them."""

from uuid import UUID

import pytest
from pyroaring import BitMap

from events.delivery import (
    ChunkAppended,
    Counts,
    DeliveryApproved,
    DeliveryCompleted,
    DeliveryHeld,
    DeliveryReceived,
    DeliveryRefused,
    HeldRow,
    RowNote,
    RowsApproved,
    RowsRejected,
)
from events.linking import LinkingCompleted, ModelAdopted, PairsReferred, ReferredPair
from events.record import RecordErased
from events.source import SourceRegistered
from projections.database import open_read_models
from projections.deliveries import DELIVERY
from projections.fingerprint import fingerprint
from projections.projector import Projector
from tests.projections.asking import Asking
from tests.projections.fake_log import (
    FakeLog,
    at,
    cid,
    person,
    received,
    registered,
    rid,
    withdrawn,
)

NONE = BitMap().serialize()


@pytest.fixture
def log():
    return FakeLog()


@pytest.fixture
def ask(log, tmp_path):
    """What is asked of read models that are caught up, and equal to a rebuild, at each call."""
    engine = open_read_models(f"sqlite:///{tmp_path / 'read.db'}")
    projector = Projector(log, engine, batch=3)
    projector.prepare()

    def up_to_date():
        projector.catch_up()
        live = fingerprint(engine)
        projector.rebuild()
        assert fingerprint(engine) == live
        return Asking(engine, log)

    yield up_to_date
    engine.dispose()


def delivery(counts):
    return DeliveryReceived(
        source="school-a",
        feed="school.census",
        digest="0" * 64,
        reader=1,
        mapping="",
        mode="snapshot",
        stated="",
        order=at(1, b""),
        effective_by="file",
        scopes=(),
        chunk=2,
        size=10,
        counts=counts,
        dropped={"SENprovision": 3},
    )


def chunk(**counts):
    note = RowNote(2, "rejected", "1510", "UPN", "'H'", "7f3a9c21")
    return ChunkAppended(0, Counts(**counts), at(1, b""), NONE, NONE, notes=(note,))


def test_a_delivery_goes_from_received_to_completed_with_its_notes(log, ask):
    log.append(cid(1), delivery(Counts(rows=2)), chunk(rows=2, new=1, rejected=1))
    name = cid(1).hex[:16]
    assert ask().lists.delivery(name)["state"] == "received"
    log.append(cid(1), DeliveryCompleted(Counts(rows=2, new=1, rejected=1), (), True, 3))
    found = ask().lists.delivery(name)
    assert (found["state"], found["rows"], found["exit_code"]) == ("completed", 2, 3)
    assert found["notes"][0]["rule"] == "1510"
    assert found["dropped"] == {"SENprovision": 3}


def held(line, rule="DRIFT"):
    return RowNote(line, "held", rule, "name", "another", "7f3a9c21")


def row(line):
    return HeldRow(line, "7f3a9c21")


def test_held_rows_count_until_they_are_taken_or_rejected(log, ask):
    counts = Counts(rows=4, new=1, held=3)
    notes = (held(2), held(3), held(4), RowNote(2, "remark", "DATE", "dob", "a date", "7f3a9c21"))
    log.append(
        cid(1), delivery(counts), ChunkAppended(0, counts, at(1, b""), NONE, NONE, (), notes)
    )
    log.append(cid(1), DeliveryCompleted(counts, (), False, 3))
    name = cid(1).hex[:16]

    def stands():
        found = ask().lists.delivery(name)
        assert (
            found["rows"]
            == 4
            == found["new"] + found["changed"] + found["held"] + found["rejected"]
        )
        assert ask().lists.status().held_rows == found["held"]
        outcomes = [(note["line"], note["rule"], note["outcome"]) for note in found["notes"]]
        return found["held"], found["rejected"], found["exit_code"], outcomes[1:]

    log.append(cid(1), RowsApproved((row(2), row(3)), "seen"), RowsRejected((row(4),)))
    settled = [(2, "DRIFT", "approved"), (3, "DRIFT", "approved"), (4, "DRIFT", "rejected")]
    assert stands() == (2, 1, 3, settled)
    again = ChunkAppended(
        *(-1, Counts(rows=2, changed=1, held=1), at(1, b""), NONE, NONE, ()),
        notes=(held(3, "ERASED"),),
        settled=(row(2), row(3)),
    )
    log.append(cid(1), again)
    taken = [(2, "DRIFT", "taken"), (3, "DRIFT", "approved"), (3, "ERASED", "held")]
    assert stands() == (1, 1, 3, [*taken, settled[2]])
    log.append(cid(1), RowsRejected((row(3),)))
    assert stands()[:3] == (0, 2, 3)
    assert {note["outcome"] for note in ask().lists.delivery(name)["notes"][2:]} == {"rejected"}
    assert ask().lists.delivery(name)["reason"] == "seen"


def test_a_held_delivery_shows_when_it_takes_effect(log, ask):
    order = at(7, b"")
    held = DeliveryHeld(
        *("school-a", "school.census", "GUARD-WITHDRAWN", Counts(), "at most 2", 9),
        order=order,
        effective_by="file",
    )
    log.append(cid(1), held)
    (found,) = ask().lists.deliveries()
    assert (found["effective"], found["effective_by"]) == (order.effective, "file")


def test_a_held_delivery_counts_until_it_is_approved(log, ask):
    held = DeliveryHeld("school-a", "school.census", "GUARD-WITHDRAWN", Counts(), "at most 2", 9)
    log.append(cid(1), held)
    assert ask().lists.status().held == 1
    log.append(cid(1), DeliveryApproved("seen"))
    assert ask().lists.status().held == 0


def test_a_refused_delivery_says_where_and_what_was_expected(log, ask):
    log.append(cid(1), DeliveryRefused("s", "school.census", "line 4", "UPN", "13 characters"))
    found = ask().lists.deliveries()[0]
    assert (found["state"], found["place"], found["expected"]) == (
        "refused",
        "line 4",
        "13 characters",
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 9])
def test_pages_of_any_size_hold_each_delivery_once_the_latest_first(log, ask, size):
    for n in range(7):
        log.append(cid(n), DeliveryRefused("s", "school.census", "line 4", "UPN", "13 characters"))
    queries = ask()
    with queries.engine.begin() as connection:  # as when several come in one moment
        connection.execute(DELIVERY.update().values(first=DELIVERY.c.first // 3))

    def told_behind(place):
        page = queries.lists.deliveries(place, size)
        assert len(page) <= size
        return page + (told_behind((page[-1]["first"], page[-1]["delivery"])) if page else [])

    told = told_behind(None)
    assert told == queries.lists.deliveries()
    assert len({one["delivery"] for one in told}) == 7
    assert [one["first"] for one in told] == sorted((one["first"] for one in told), reverse=True)


def referred(*pairs, settled=()):
    pairs = tuple(
        ReferredPair(rid(a), rid(b), (1 << 63) + 5, 2.5, 0.7, "potential linkage") for a, b in pairs
    )
    return PairsReferred("m1", pairs, tuple((rid(a), rid(b)) for a, b in settled))


def test_a_referred_pair_waits_once_since_it_was_first_referred_until_settled(log, ask):
    log.append(cid(50), referred((1, 2), (3, 4)))
    log.append(cid(50), referred((2, 1)))
    pairs = ask().workings.open_pairs()
    assert len(pairs) == 2
    assert {pair.since for pair in pairs} == {1000}
    assert pairs[0].pattern == (1 << 63) + 5
    log.append(cid(50), referred(settled=[(2, 1)]))
    assert [{p.left, p.right} for p in ask().workings.open_pairs()] == [{rid(3), rid(4)}]


@pytest.mark.parametrize("gone", [1, 2])
def test_a_pair_of_an_erased_record_is_forgotten(log, ask, gone):
    log.append(rid(1), received(1)).append(rid(2), received(2)).append(cid(50), referred((1, 2)))
    assert len(ask().workings.open_pairs()) == 1
    log.append(rid(gone), RecordErased())
    assert ask().workings.open_pairs() == []


def test_a_pair_is_shown_only_where_neither_record_nor_its_child_is_restricted(log, ask):
    log.append(rid(1), received(1)).append(rid(2), received(2)).append(cid(1), registered("1", 1))
    log.append(rid(3), received(3, person(restricted=True)))
    log.append(rid(4), received(4)).append(rid(5), received(5, person(restricted=True)))
    log.append(cid(2), registered("2", 4, 5))
    log.append(cid(50), referred((1, 2), (1, 3), (1, 4), (1, 9)))
    assert [{p.left, p.right} for p in ask().open_records.shown_pairs()] == [{rid(1), rid(2)}]
    assert ask().lists.status().reviews == 1
    assert ask().open_records.paired(rid(1), rid(2)) is not None
    for hidden in (3, 4, 5, 9):
        assert ask().open_records.paired(rid(1), rid(hidden)) is None


@pytest.mark.parametrize("cleared", [False, True])
def test_a_pair_is_found_by_the_first_digits_of_its_records_among_those_that_may_be_seen(
    log, ask, cleared
):
    one, other, restricted = UUID("7f" * 16), UUID("a0" * 16), UUID("a1" * 16)
    log.append(one, received(1)).append(other, received(2))
    log.append(restricted, received(3, person(restricted=True)))
    pairs = tuple(
        ReferredPair(one, end, 5, 2.5, 0.7, "potential linkage") for end in (other, restricted)
    )
    log.append(cid(50), PairsReferred("m1", pairs))

    def found(*short):
        told = ask().open_records.waiting_under(*short, cleared=cleared)
        return [(pair.left, pair.right) for pair in told]

    assert found("7f7f7f7f", "a0a0a0a0") == [(one, other)]
    assert found("7f7f7f7f", "a1a1a1a1") == ([(one, restricted)] if cleared else [])
    assert found("a0a0a0a0", "7f7f7f7f") == found("7f7f7f7f", "a0a0a0a1") == []


def test_a_pair_of_a_withdrawn_record_is_not_shown(log, ask):
    log.append(rid(1), received(1)).append(rid(2), received(2), withdrawn(5))
    log.append(cid(50), referred((1, 2)))
    assert ask().open_records.shown_pairs() == []
    assert ask().open_records.paired(rid(1), rid(2)) is None


def test_history_tells_what_happened_by_whom_in_which_delivery(log, ask):
    log.append(rid(1), received(1)).append(cid(1), registered("111", 1))
    log.append(rid(2), received(2)).append(cid(2), registered("222", 2))
    told = ask().queries.history_of_child(cid(1))
    assert [row["what"] for row in told] == ["RecordReceived", "ChildRegistered"]
    assert (told[0]["actor"], told[0]["delivery"]) == ("os:test", "d" * 16)
    assert (told[0]["record"], told[1]["record"]) == (rid(1).bytes, rid(1).bytes)


def test_an_erased_record_has_no_history(log, ask):
    log.append(rid(1), received(1)).append(rid(2), received(2))
    log.append(cid(1), registered("111", 1, 2)).append(rid(1), RecordErased())
    assert {row["record"] for row in ask().queries.history_of_child(cid(1))} == {rid(2).bytes}


def test_a_source_stands_as_last_registered(log, ask):
    def source(cadence):
        return SourceRegistered("a", "csv", False, False, ("nhs",), 0.25, None, cadence)

    log.append(cid(9), source("daily"), source("yearly"))
    assert [(s["cadence"], s["verified"], s["oldest"]) for s in ask().lists.sources()] == [
        ("yearly", "nhs", None)
    ]


def test_status_counts_and_says_how_far_each_projection_is(log, ask):
    log.append(rid(1), received(1)).append(cid(1), registered("111", 1))
    log.append(cid(50), ModelAdopted("m1"), ModelAdopted("m2"))
    log.append(cid(50), LinkingCompleted("m2", 2, 1, 0, 0, 0))
    status = ask().lists.status()
    assert (status.records, status.children, status.reviews, status.model) == (1, 1, 0, "m2")
    assert {standing.position for standing in status.projections} == {5}
    assert ask().workings.runs()[0]["through"] == 2
