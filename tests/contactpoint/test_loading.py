"""What a load does with rows: nothing lost, nothing doubled, the same in any order."""

import shutil
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactpoint.errors import ChangedFileError, UsageError
from contactpoint.following import heads_of
from contactpoint.intake.request import Request
from events.message import Origin
from events.verify import verify
from feeds.catalogue import FEEDS
from feeds.submission import FeedError
from tests.contactpoint.conftest import Store, child, children


def total(counts):
    taken = counts.new + counts.changed + counts.unchanged
    return taken + counts.out_of_scope + counts.held + counts.rejected


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_source_whose_guard_is_no_share_is_not_registered(store, share):
    with pytest.raises(UsageError):
        store.register(guard_share=share)
    assert store.log.position() == 0


def test_new_rows_become_records(store):
    outcome = store.load(children(9))
    assert (outcome.counts.rows, outcome.counts.new, outcome.exit_code) == (9, 9, 0)
    assert set(store.standing().values()) == {"current"}


def test_the_same_bytes_twice_append_no_event(store):
    path = store.file(children(5))
    store.load(path)
    before = store.log.position()
    again = store.load(path)
    assert (again.known, again.events, again.counts.unchanged) == (True, 0, 5)
    assert store.log.position() == before


def test_the_same_rows_in_other_bytes_append_only_the_deliverys_own_events(store):
    store.load(children(5))
    outcome = store.load(children(5)[::-1])
    assert (outcome.counts.unchanged, outcome.events) == (5, 3)


def test_one_changed_row_appends_one_record_event(store):
    store.load(children(9))
    outcome = store.load([*children(8), child(8, postcode="E8 1GQ")], day="2026-09-02")
    assert (outcome.counts.changed, outcome.counts.unchanged, outcome.events) == (1, 8, 4)


def test_counts_add_up_to_the_rows_read(store):
    store.load(children(9))
    nameless = [{"key": "", "given": "Ana"}, {"key": "c31", "sex": "F"}]
    rows = [child(1), child(2, given="Zed"), child(30), *nameless]
    outcome = store.load(rows, day="2026-09-02")
    assert total(outcome.counts) == outcome.counts.rows == 5
    assert (outcome.counts.rejected, outcome.exit_code) == (2, 3)


def test_a_snapshot_withdraws_what_it_does_not_name(store):
    store.load(children(9), mode="snapshot")
    outcome = store.load(children(8), day="2026-09-02", mode="snapshot")
    assert outcome.counts.withdrawn == 1
    assert store.head("c8").state.standing == "withdrawn"


def test_a_delta_withdraws_nothing(store):
    store.load(children(9))
    assert store.load(children(2), day="2026-09-02").counts.withdrawn == 0


def test_a_rejected_row_still_proves_its_record_present(store):
    store.load(children(9), mode="snapshot")
    rows = [*children(8), {"key": "c8", "sex": "F"}]
    assert store.load(rows, day="2026-09-02", mode="snapshot").counts.withdrawn == 0
    assert store.head("c8").state.standing == "current"


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_rejected_row_proves_its_record_present_also_before_it_is_known(store, order):
    nights = {1: children(9), 2: [*children(8), {"key": "c8", "sex": "F"}]}
    for night in order:
        store.load(nights[night], day=f"2026-09-0{night}", mode="snapshot")
    assert store.head("c8").state.standing == "current"
    store.load(children(8), day="2026-09-03", mode="snapshot")
    assert store.head("c8").state.standing == "withdrawn"


def test_a_row_without_a_readable_key_lets_the_file_withdraw_nothing(store):
    store.load(children(9), mode="snapshot")
    rows = [*children(8), {"key": "", "given": "Asha"}]
    assert store.load(rows, day="2026-09-02", mode="snapshot").counts.withdrawn == 0


def test_a_file_that_would_withdraw_too_many_is_held_and_nothing_is_applied(store):
    store.load(children(10), mode="snapshot")
    outcome = store.load(children(6), day="2026-09-02", mode="snapshot")
    assert (outcome.state, outcome.held_by, outcome.exit_code) == ("held", "GUARD-WITHDRAWN", 3)
    assert (outcome.counts.held, outcome.counts.rows) == (6, 6)
    assert set(store.standing().values()) == {"current"}


def test_an_empty_snapshot_does_not_empty_its_source(store):
    store.load(children(1), mode="snapshot")
    rows = store.file([])
    assert store.load(rows, day="2026-09-02", mode="snapshot").state == "held"


def school(number, pupils, start=0):
    return [
        child(start + n, key=f"s{number}-{n}", scope=f"80120{number:02d}") for n in range(pupils)
    ]


def test_a_snapshot_that_empties_one_establishment_is_held(store):
    rows = [row for number in range(1, 8) for row in school(number, 9)]
    store.load(rows, mode="snapshot")
    outcome = store.load([*school(1, 9)[:3], *rows[9:]], day="2026-09-02", mode="snapshot")
    assert (outcome.state, outcome.held_by) == ("held", "GUARD-WITHDRAWN")
    assert "8012001" in outcome.expected


def test_a_snapshot_speaks_for_the_establishments_that_its_rows_name(store):
    rows = [row for number in range(1, 8) for row in school(number, 9)]
    store.load(rows, mode="snapshot")
    outcome = store.load(rows[:-9], day="2026-09-02", mode="snapshot")
    assert (outcome.state, outcome.counts.withdrawn) == ("completed", 0)


def test_what_is_no_code_is_no_establishment_and_stands_nowhere(store):
    outcome = store.load([child(1, scope="Wrenfield")])
    assert (outcome.counts.new, outcome.counts.remarks) == (1, 1)
    assert store.head("c1").state.scope == ""


def test_a_held_file_approved_later_keeps_its_place_in_time(store):
    store.load(children(9), day="")
    path = store.file([child(n, given="Zed") for n in range(9)])
    held = store.load(path, day="", at=1_850_000_000_000_000)
    assert held.state == "held"
    store.load([child(n, postcode="E8 1GQ") for n in range(9)], day="", at=1_900_000_000_000_000)
    store.decide(held, at=1_950_000_000_000_000)
    assert store.head("c3").state.stated.effective == 1_900_000_000_000_000


def test_two_rows_of_a_dual_registration_leave_the_heads_that_the_log_says(store):
    store.register(dual_registration=True)
    rows = [child(n, key=f"d{n}") for n in range(8)]
    store.load(rows)
    both = [row for n in range(8) for row in (rows[n], child(n, key=f"d{n}", postcode="E8 1GQ"))]
    store.load(both, day="2026-09-02")
    assert verify(store.log, None, heads_of).findings == []


def test_a_default_mode_spelled_out_is_the_same_delivery(store):
    path = store.file(children(3))
    store.load(path, mode=None)
    assert store.load(path, mode="delta").known


def test_a_file_that_is_changed_while_it_is_read_is_not_appended(store):
    path = store.file(children(3))
    with pytest.raises(ChangedFileError, match="was changed while it was read"):
        store.load(path, progress=lambda *_: path.write_text(path.read_text() + "\n"))
    assert store.standing() == {}
    assert store.load(path).counts.new == 3


def test_a_file_that_would_rename_too_many_is_held(store):
    store.load(children(9))
    rows = [child(n, given="Zed") for n in range(9)]
    assert store.load(rows, day="2026-09-02").held_by == "GUARD-AMENDED"


def test_a_held_delivery_repeats_its_exit_code(store):
    store.load(children(10), mode="snapshot")
    path = store.file(children(6))
    store.load(path, day="2026-09-02", mode="snapshot")
    again = store.load(path, day="2026-09-02", mode="snapshot")
    assert (again.known, again.exit_code, again.events) == (True, 3, 0)


def test_two_different_rows_under_one_key_are_both_held(store):
    outcome = store.load([*children(3), child(1, given="Zed")])
    assert (outcome.counts.new, outcome.counts.held) == (2, 2)
    assert store.head("c1") is None


def test_two_equal_rows_under_one_key_are_one_record(store):
    outcome = store.load([*children(3), child(1)])
    assert (outcome.counts.new, outcome.counts.unchanged) == (3, 1)


def test_a_record_that_turns_into_another_child_is_held(store):
    store.load(children(9))
    other = child(1, given="Zed", family="Quill", dob="2011-11-11")
    outcome = store.load([*children(1), other], day="2026-09-02")
    assert outcome.counts.held == 1
    assert store.head("c1").state.statements == 1


def test_a_late_file_does_not_overwrite_what_is_newer(store):
    store.load([child(1, postcode="E8 1GQ")], day="2026-09-09")
    store.load([child(1)], day="2026-09-01")
    assert store.head("c1").state.stated_version == 1
    assert store.head("c1").state.statements == 2


def test_a_late_row_of_an_establishment_is_withdrawn_by_a_later_snapshot_of_all_its_source(store):
    store.load([child(1)], mode="snapshot", day="2026-09-03")
    store.load([child(2, scope="8012001")], day="2026-09-01")
    store.load([child(3, scope="8012001")], day="2026-09-04")
    standing = {key: store.head(key).state.standing for key in ("c1", "c2", "c3")}
    assert standing == {"c1": "current", "c2": "withdrawn", "c3": "current"}


def test_a_set_of_files_is_known_by_all_of_them(store, tmp_path):
    samples = Path(__file__).parents[1] / "feeds" / "samples" / "ssda903"
    copied = Path(shutil.copytree(samples, tmp_path / "set"))
    mapping = tmp_path / "authority.toml"
    mapping.write_text('authority = "801"\n')

    def load():
        paths = sorted(copied.glob("*.csv"))
        reader = FEEDS["social-care.ssda903"]
        request = Request(paths, reader, "care", mapping=mapping, effective="2026-09-01")
        return store.loading().load(request, Origin(1, "os:test", "load"))

    assert [load().known, load().known] == [False, True]
    with (copied / "uasc.csv").open("a") as last:
        last.write("\n")
    assert not load().known


def test_persons_past_the_sources_age_are_out_of_scope_and_not_stored(store):
    store.register(oldest=19)
    rows = [child(1), child(2, dob="2007-09-01"), child(3, dob="2007-09-02")]
    outcome = store.load(rows)
    assert (outcome.counts.out_of_scope, outcome.counts.new) == (1, 2)


def test_a_dry_run_stores_nothing(store):
    outcome = store.load(children(4), dry_run=True)
    assert (outcome.counts.new, outcome.events, store.log.position()) == (4, 0, 0)


def test_a_file_that_is_no_table_is_refused_and_repeats_its_refusal(store):
    path = store.folder / "broken.csv"
    path.write_bytes(b"\x00\x01\x02")
    for _ in range(2):
        with pytest.raises(FeedError):
            store.load(path)
    assert store.log.position() == 1


def test_a_source_sends_one_feed(store):
    store.load(children(1))
    patient = store.folder / "p.ndjson"
    patient.write_text('{"resourceType":"Patient","id":"9000000009"}\n')
    with pytest.raises(UsageError):
        store.load(patient, feed="health.pds-fhir")


nights = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["SE15 3QN", "E8 1GQ"])),
        min_size=1,
        max_size=4,
        unique_by=lambda row: row[0],
    ),
    min_size=2,
    max_size=3,
)


def state_after(folder, order, mode):
    """Standing and content of every record after these nights, loaded in this order."""
    folder.mkdir()
    store = Store(folder)
    store.register(guard_share=1.0)
    for day, rows in order:
        path = store.file([child(n, postcode=place) for n, place in rows])
        store.load(path, day=f"2026-09-{day + 1:02d}", mode=mode)
    found = {}
    for n in range(4):
        head = store.head(f"c{n}")
        if head is None or head.state.stated is None:
            continue
        messages = store.log.stream(head.record)
        current = messages[head.state.stated_version - 1].event.statement
        place = current.particulars.addresses[0].postcode
        found[n] = (head.state.standing, place)
    store.close()
    return found


@pytest.mark.parametrize("mode", ["delta", "snapshot"])
@settings(max_examples=12)
@given(nights=nights)
def test_nights_in_any_order_give_the_same_records(tmp_path_factory, nights, mode):
    base = tmp_path_factory.mktemp("nights")
    arrivals = [*enumerate(nights)]
    orders = list(permutations(arrivals))
    states = [state_after(base / str(number), order, mode) for number, order in enumerate(orders)]
    assert all(state == states[0] for state in states)


def test_a_load_in_small_chunks_ends_as_one_in_large(store, tmp_path_factory):
    rows = [*children(9), child(1), {"key": ""}]
    small = store.load(rows, chunk=2)
    other = Store(tmp_path_factory.mktemp("other"))
    large = other.load(rows, chunk=100)
    assert small.counts == large.counts
    other.close()


ENGLISH = ["Olivia Smith", "Harry Jones", "Amelia Brown", "George Wright", "Isla Hughes"]


def named(names):
    pairs = [name.split() for name in names * 3]
    return [child(n, given=given, family=family) for n, (given, family) in enumerate(pairs)]


def test_a_file_with_its_name_columns_exchanged_is_held(store):
    assert store.load(named(ENGLISH)).state == "completed"
    swapped = [" ".join(name.split()[::-1]) for name in ENGLISH]
    outcome = store.load(named(swapped), source="other")
    assert (outcome.state, outcome.held_by) == ("held", "COLUMNS-EXCHANGED")
