"""Rows that were read before are not read again, and nobody can tell but by the time it takes."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactpoint.following import heads_of
from contactpoint.moments import moment
from events.verify import verify
from feeds.csv_mapping import OWN_NAMES
from feeds.csv_table import CsvReading, CsvTable
from feeds.pds_fhir import PdsFhir
from feeds.values import only_file
from tests.contactpoint.conftest import Store, child, children

ALWAYS = 1


@dataclass(frozen=True)
class Counting(CsvTable):
    """The feed ``csv``, and how many rows it has read."""

    read: list = field(default_factory=list)

    def open(self, paths, *, mapping=None):  # noqa: ARG002 - a feed's signature
        return _Counted(only_file(paths), self, OWN_NAMES)


class _Counted(CsvReading):
    def __init__(self, path, feed, mapped):
        super().__init__(path, feed, mapped)
        self.read = feed.read

    def _row(self, line, row):
        self.read.append(line)
        return super()._row(line, row)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store", kept_from=ALWAYS)
    yield made
    made.close()


def rows_read(store, rows, **options):
    """How many rows of a delivery were read, and its outcome."""
    feed = Counting()
    outcome = store.load(rows, reader=feed, **options)
    return len(feed.read), outcome


def told(outcome):
    counts = outcome.counts
    return outcome.state, outcome.held_by, counts, outcome.dropped, outcome.exit_code


def test_a_row_read_the_night_before_is_not_read_again(store):
    store.load(children(9))
    read, outcome = rows_read(store, children(9)[::-1], day="2026-09-02")
    assert (read, outcome.counts.unchanged) == (0, 9)


def test_only_what_is_new_or_changed_is_read(store):
    store.load(children(9))
    rows = [child(20), *children(8), child(8, postcode="E8 1GQ")]
    read, outcome = rows_read(store, rows, day="2026-09-02")
    assert read == 2
    assert (outcome.counts.new, outcome.counts.changed, outcome.counts.unchanged) == (1, 1, 8)


def test_a_recalled_row_whose_record_says_something_else_by_now_is_read(store):
    store.load(children(9))
    store.load([child(3, postcode="E8 1GQ")], day="2026-09-02")
    read, outcome = rows_read(store, children(9), day="2026-09-03")
    assert (read, outcome.counts.changed, outcome.counts.unchanged) == (1, 1, 8)


def test_a_recalled_row_brings_a_withdrawn_record_back(store):
    store.load(children(9), mode="snapshot")
    store.load(children(8), day="2026-09-02", mode="snapshot")
    _, outcome = rows_read(store, [*children(8), child(8)], day="2026-09-03", mode="snapshot")
    assert (outcome.counts.changed, outcome.counts.unchanged) == (1, 8)
    assert store.head("c8").state.standing == "current"


def test_fields_that_are_not_taken_are_counted_of_recalled_rows_too(store):
    rows = [child(n, shoe=n) for n in range(4)] + [child(n, shoe="") for n in range(4, 6)]
    assert store.load(rows).dropped == {"shoe": 4}
    read, outcome = rows_read(store, rows, day="2026-09-02")
    assert (read, outcome.dropped) == (0, {"shoe": 4})


def test_names_of_fields_have_their_bound_also_where_rows_are_recalled(store):
    patient = {"resourceType": "Patient", "birthDate": "2015-01-02"}
    patients = [json.dumps(patient | {"id": str(n), f"field{n}": 1}) + "\n" for n in range(260)]
    for day, sent in (("01", patients[:150]), ("02", patients[150:] + patients[:150])):
        path = store.folder / f"patients-{day}.ndjson"
        path.write_text("".join(sent))
        outcome = store.load(path, source="pds", feed="health.pds-fhir", day=f"2026-09-{day}")
    assert outcome.counts.unchanged == 150
    assert len(outcome.dropped) == 201
    assert sum(outcome.dropped.values()) == 260


def test_what_a_row_that_was_not_taken_dropped_is_not_counted_for_the_next(store):
    rows = [child(0, shoe=1), {"key": "c9", "shoe": 1}, child(1, shoe=1), child(2, shoe=1)]
    counted = [store.load(rows, day=f"2026-09-0{day}").dropped for day in range(1, 5)]
    assert counted == [{"shoe": 4}] * 4


def test_a_row_that_was_held_does_not_make_the_next_file_be_read_twice(store):
    rows = [*children(9), child(3, given="Zed")]
    assert store.load(rows).counts.held == 2
    read, outcome = rows_read(store, rows, day="2026-09-02")
    assert (read, outcome.counts.held, outcome.counts.unchanged) == (2, 2, 8)


def test_of_a_file_with_a_held_row_that_was_approved_only_that_row_is_read_again(store):
    other = child(1, given="Zed", family="Quill", dob="2011-11-11")
    store.load(children(9))
    held = store.load([other, *children(9, 2)], day="2026-09-03")
    # A late file makes the row known: its record says something else since.
    store.load([other, *children(9, 2)], day="2026-08-01", chunk=2)
    feed = Counting()
    assert store.decide(held, feeds={"csv": feed}).counts.changed == 1
    assert feed.read == [2]


def test_a_row_with_a_remark_is_read_again_and_remarked_again(store):
    rows = [child(1, sex="?"), child(2)]
    first = store.load(rows)
    read, again = rows_read(store, rows, day="2026-09-02")
    assert first.counts.remarks == again.counts.remarks == 1
    assert read == 1


def test_nothing_is_recalled_by_another_reader_or_of_another_scope(store):
    store.load(children(9))
    feed = replace(Counting(), version=99)
    store.load(children(9), day="2026-09-02", reader=feed)
    assert len(feed.read) == 9
    store.register(oldest=30)
    assert rows_read(store, children(9), day="2026-09-03")[0] == 9


def test_who_comes_of_age_is_read_and_out_of_scope(store):
    store.register(oldest=19)
    grown = child(1, dob="2008-01-01")
    store.load([grown, child(2)], day="2026-09-01")
    assert rows_read(store, [grown, child(2)], day="2026-09-02")[0] == 1
    _, outcome = rows_read(store, [grown, child(2)], day="2027-02-01")
    assert (outcome.counts.out_of_scope, outcome.counts.unchanged) == (1, 1)


def test_what_is_kept_is_dropped_after_a_year_and_more(store):
    store.load(children(3))
    assert rows_read(store, children(3), day="2028-01-01")[0] == 3


@pytest.mark.parametrize("broken", [b"", b"no database at all", None])
def test_a_broken_file_of_rows_costs_the_time_of_reading_them(store, broken):
    store.load(children(9))
    (kept,) = (store.folder / "rows").glob("*.db")
    kept.write_bytes(kept.read_bytes()[:5000] if broken is None else broken)
    read, outcome = rows_read(store, children(9), day="2026-09-02")
    assert (read, outcome.counts.unchanged) == (9, 9)


def test_a_delivery_that_was_not_completed_is_not_kept(store):
    store.load(children(9), mode="snapshot")
    held = store.load(children(2), day="2026-09-02", mode="snapshot")
    assert held.state == "held"
    assert rows_read(store, children(9), day="2026-09-03", mode="snapshot")[0] == 0


def test_no_value_stands_in_what_is_kept(store):
    store.load([child(1, family="Wrenfield", postcode="SE15 3QN")])
    (kept,) = (store.folder / "rows").glob("*.db")
    for word in (b"Wrenfield", b"SE15", b"Asha", b"Bram", b"2015"):
        assert word not in kept.read_bytes()
    with closing(sqlite3.connect(kept)) as database:
        assert len(database.execute("SELECT * FROM known").fetchall()) == 1


ENDING = (
    b'{"resourceType":"Patient","id":"9000000009","name":[{"family":"Okonjo","given":["Ana"]}],'
    b'"birthDate":"2015-01-02","telecom":[{"system":"phone","value":"020 7946 0001",'
    b'"period":{"end":"2026-09-05"}}]}\n'
)


def test_a_row_that_says_something_else_after_a_date_is_read_after_it(store):
    for today, changed in [("2026-09-01", 0), ("2026-09-04", 0), ("2026-09-09", 1)]:
        path = store.folder / f"patients-{today}.ndjson"
        path.write_bytes(ENDING + b"\n" * int(today[-1]))
        feed = PdsFhir(clock=partial(str, today))
        outcome = store.load(path, source="pds", day=today, reader=feed)
        assert outcome.counts.changed == changed


NIGHT = st.lists(
    st.builds(
        lambda n, **changes: child(n, **{k: v for k, v in changes.items() if v}),
        st.integers(0, 5),
        postcode=st.sampled_from(["", "E8 1GQ"]),
        sex=st.sampled_from(["", "?"]),
        shoe=st.sampled_from(["", "4"]),
        given=st.sampled_from(["", "Zed"]),
        effective=st.sampled_from(["", "2026-08-20", "2026-09-02"]),
        sequence=st.sampled_from(["", "1", "5"]),
    ),
    max_size=6,
)


def places(store):
    """When each record was stated and proved present last, and how often."""
    found = {}
    for n in range(6):
        head = store.head(f"c{n}")
        if head is not None and head.state.stated is not None:
            state = head.state
            found[n] = (state.standing, state.stated[:2], state.present[:2], state.statements)
    return found


@settings(max_examples=25)
@given(nights=st.lists(NIGHT, min_size=2, max_size=4), mode=st.sampled_from(["delta", "snapshot"]))
def test_recalling_changes_no_outcome_and_no_event(tmp_path_factory, nights, mode):
    base = tmp_path_factory.mktemp("recall")
    with_ = Store(base / "with", kept_from=ALWAYS)
    without = Store(base / "without", master=with_.master)
    for number, rows in enumerate(nights):
        outcomes = [
            store.load(rows, day=f"2026-09-0{number + 1}", mode=mode) for store in (with_, without)
        ]
        assert told(outcomes[0]) == told(outcomes[1])
    assert with_.standing() == without.standing()
    assert places(with_) == places(without)
    assert verify(with_.log, None, heads_of).findings == []
    types = [[row.type for row in store.log.read(0, 1000)] for store in (with_, without)]
    assert types[0] == types[1]
    with_.close()
    without.close()


@pytest.mark.parametrize("kept", [ALWAYS, 1 << 30], ids=["recalled", "read"])
@pytest.mark.parametrize(
    ("own", "day"), [("2026-08-20", "2026-09-02"), ("2026-09-05", "2026-09-05")]
)
def test_what_a_file_repeats_at_two_places_stands_at_the_later(tmp_path, kept, own, day):
    """One row of the record has a time of its own, and another has not."""
    store = Store(tmp_path / "twice", kept_from=kept)
    store.load([child(1)])
    store.load([child(1), child(1) | {"effective": own}], day="2026-09-02")
    assert store.head("c1").state.stated.effective == moment(day)
    assert verify(store.log, None, heads_of).findings == []
    store.close()


def test_a_file_after_one_that_was_held_may_be_in_any_order(tmp_path):
    store = Store(tmp_path / "recall", kept_from=ALWAYS)
    store.load(children(9))
    assert store.load([child(1)], day="2026-09-02", mode="snapshot").state == "held"
    outcome = store.load([child(8), child(40), *children(8)], day="2026-09-03", mode="snapshot")
    assert (outcome.counts.new, outcome.counts.unchanged) == (1, 9)
    store.close()


def test_a_shared_load_recalls_too(tmp_path):
    store = Store(tmp_path / "shared", shared_from=0, kept_from=ALWAYS)
    store.load(children(9), chunk=4)
    changed = [*children(8), child(8, postcode="E8 1GQ")]
    store.load([child(3, postcode="E8 1GQ")], day="2026-09-02")
    outcome = store.load(changed, day="2026-09-03", chunk=4)
    assert (outcome.counts.changed, outcome.counts.unchanged) == (2, 7)
    store.close()


def patients(store, today, *lines):
    """Load these lines of Patients and of what is told of them, on a day; the outcome's counts."""
    path = store.folder / f"patients-{today}.ndjson"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + " \n" * int(today[-1]))
    reader = PdsFhir(clock=partial(str, today))
    return store.load(path, source="pds", day=today, reader=reader).counts


PATIENT: dict = {"resourceType": "Patient", "id": "9000000009", "birthDate": "2015-01-02"}


def test_a_patient_of_whom_the_next_line_tells_something_else_is_read_again(store):
    def mother(name):
        role = [{"coding": [{"code": "MTH"}]}]
        given = [{"given": [name], "family": "Obi"}]
        return {"resourceType": "RelatedPerson", "relationship": role, "name": given}

    patients(store, "2026-09-01", PATIENT, mother("Ada"))
    assert patients(store, "2026-09-02", PATIENT, mother("Ada")).unchanged == 1
    assert patients(store, "2026-09-03", PATIENT, mother("Eve")).changed == 1


def test_one_date_that_is_past_does_not_make_a_row_forget_another_that_is_not(store):
    points = [
        {"system": "phone", "value": f"0163296000{n}", "period": {"end": end}}
        for n, end in enumerate(("2026-09-05", "2020-01-01"))
    ]
    patient = PATIENT | {"telecom": points}
    patients(store, "2026-09-01", patient)
    assert patients(store, "2026-09-09", patient).changed == 1


def test_a_mothers_name_that_a_bundle_tells_of_another_patient_is_part_of_the_row(store):
    number = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9000000025"}]
    role = [{"coding": [{"code": "GESTM"}]}]
    about = {"reference": f"Patient/{PATIENT['id']}"}
    mother = {"resourceType": "RelatedPerson", "patient": about, "relationship": role}

    def bundle(name):
        herself = PATIENT | {"id": "9000000025", "birthDate": "1989-03-04"}
        herself |= {"name": [{"given": [name], "family": "Obi"}]}
        resources = (PATIENT, mother | {"identifier": number}, herself)
        entries = [{"resource": each} for each in resources]
        return {"resourceType": "Bundle", "entry": entries}

    store.register("pds", "health.pds-fhir", oldest=None)
    patients(store, "2026-09-01", bundle("Ada"))
    assert patients(store, "2026-09-02", bundle("Ada")).unchanged == 2
    assert patients(store, "2026-09-03", bundle("Eve")).changed == 2


def test_equal_cells_under_other_names_of_columns_are_another_row(store):
    def table(columns):
        path = store.folder / f"{columns[1]}.csv"
        path.write_text(",".join(columns) + "\n1,Ada,Grace,2015-01-02\n")
        return path

    store.load(table(("key", "given", "family", "dob")))
    outcome = store.load(table(("key", "family", "given", "dob")), day="2026-09-02")
    assert outcome.counts.changed == 1


def payload(store, day, authority, **more):
    """Load one child of an authority; the outcome's counts."""
    path = store.folder / f"csc-{day}.json"
    child = {"la_child_id": "C1", "child_details": {"first_name": "Ada", "surname": "Obi"}}
    path.write_text(json.dumps({"la_code": authority, "Children": [child | more]}) + "\n")
    return store.load(path, source="care", feed="social-care.csc", day=day).counts


def test_an_equal_child_of_another_authority_is_another_row(store):
    payload(store, "2026-09-01", 201)
    assert payload(store, "2026-09-02", "201").unchanged == 1
    assert payload(store, "2026-09-03", 202).changed == 1


def test_an_equal_pupil_in_another_school_of_the_file_is_another_row(store):
    def census(day, school):
        path = store.folder / f"census-{day}.xml"
        pupil = "<PupilOnRoll><UPN>K801200024001</UPN><Surname>Obi</Surname></PupilOnRoll>"
        header = f"<Header><ReferenceDate>{day}</ReferenceDate><LEA>801</LEA></Header>"
        held = f"<School><Estab>{school}</Estab><PupilsOnRoll>{pupil}</PupilsOnRoll></School>"
        path.write_text(f"<Message>{header}{held}</Message>")
        return store.load(path, source="schools", feed="school.census", day="", mode="delta").counts

    census("2026-09-01", 2000)
    assert census("2026-09-02", 2000).unchanged == 1
    assert census("2026-09-03", 3000).new == 1


@pytest.mark.parametrize("place", [{"effective": "2026-08-20"}, {"sequence": "5"}, {}])
def test_a_recalled_row_takes_the_place_in_time_that_it_took_when_it_was_read(tmp_path, place):
    stores = Store(tmp_path / "with", kept_from=ALWAYS), Store(tmp_path / "without")
    for store in stores:
        for night in range(1, 4):
            rows = [child(1, **place), child(2), child(10 + night)]
            store.load(rows, day=f"2026-09-0{night}", mode="snapshot")
    assert places(stores[0]) == places(stores[1])
    assert places(stores[0])[1][1] == stores[1].head("c1").state.stated[:2]
    for store in stores:
        store.close()


def test_what_was_recalled_is_kept_for_the_night_after(store):
    rows = [child(n, shoe=n) for n in range(1, 9)]
    store.load(rows)
    for night in (2, 3, 4):
        read, outcome = rows_read(store, [*rows, child(10 + night)], day=f"2026-09-0{night}")
        assert (read, outcome.dropped) == (1, {"shoe": 8})


def test_names_of_fields_that_are_not_taken_follow_the_order_of_the_rows(store):
    """Rows of several chunks, in another order each night, and one that is another each night."""
    for night in range(1, 6):
        rows = [child(1, zeal=1), child(2, shoe=1), child(7, hat=night), child(3, zeal=1, shoe=1)]
        rows += [child(4, zeal=1), child(5, shoe=1), child(6, zeal=1)]
        columns = child(0, zeal="", shoe="", hat="")
        sent = [columns, *rows[night:], *rows[:night]]
        read, outcome = rows_read(store, sent, day=f"2026-09-0{night}", chunk=2)
        assert outcome.dropped == {"zeal": 4, "shoe": 3, "hat": 1}
        assert read == (1 if night > 1 else 8)


def test_names_of_fields_that_are_not_taken_keep_their_places_when_some_are_new(store):
    old = [child(1, zeal=1), child(2, shoe=1)]
    store.load(old)
    for night in (2, 3):
        _, outcome = rows_read(store, [child(7, hat=night), *old[::-1]], day=f"2026-09-0{night}")
        assert outcome.dropped == {"zeal": 1, "shoe": 1, "hat": 1}


def test_nothing_is_recalled_that_was_read_by_another_mapping(store):
    mapping = store.folder / "club.toml"
    told = '[feed]\nkey = "key"\n[columns]\ngiven = "given"\nfamily = "family"\ndob = "dob"\n'
    path = store.file(children(3))
    mapping.write_text(told)
    store.load(path, mapping=mapping)
    mapping.write_text(told + 'postcode = "postcode"\n')
    assert store.load(path, mapping=mapping, day="2026-09-02").counts.changed == 3
    mapping.write_text(told + 'postcode = "postcode"\n[settings]\n')
    assert store.load(path, mapping=mapping, day="2026-09-03").counts.unchanged == 3
