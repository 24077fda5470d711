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


def current(store, key="c1"):
    """The postcode that a record states now; None where it is not current."""
    head = store.head(key)
    if head is None or head.state.standing != "current":
        return None
    event = store.log.stream(head.record)[head.state.stated_version - 1].event
    return event.statement.particulars.addresses[0].postcode


def is_whole(store):
    return verify(store.log, None, heads_of).findings == []


PLACED = [
    child(1, sequence=1, postcode="E8 1AA"),
    child(1, sequence=2, postcode="E8 2AA"),
    child(1, sequence=3, postcode="E8 1AA"),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_one_day_the_sources_own_sequence_says_what_is_current(store, order):
    for number in order:
        store.load([PLACED[number], child(20 + number)])
    assert current(store) == "E8 1AA"
    assert store.head("c1").state.stated.sequence == 3
    assert is_whole(store)


TIMED = [
    child(1, effective="2026-08-01", postcode="E8 1AA"),
    child(1, effective="2026-08-03", postcode="E8 1AA"),
    child(1, effective="2026-08-02", postcode="E8 2AA"),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_rows_own_time_counts_before_that_of_its_file(store, order):
    for day, number in enumerate(order, 1):
        store.load([TIMED[number]], day=f"2026-09-0{day}")
    assert current(store) == "E8 1AA"
    events = [m for m in store.log.stream(store.record("c1")) if hasattr(m.event, "stated")]
    assert all(m.effective == m.event.stated.effective for m in events)
    assert is_whole(store)


def test_a_repetition_with_a_time_of_its_own_is_later_than_what_came_between(store):
    """What was confirmed on the third is not overtaken by what was stated on the second."""
    store.load([TIMED[0], *children(3, 2)])
    store.load([TIMED[1], *children(3, 2)], day="2026-09-02")
    store.load([TIMED[2]], day="2026-09-03")
    assert current(store) == "E8 1AA"
    assert is_whole(store)


def test_a_record_is_as_present_as_its_file_says_however_old_its_row_is(store):
    old = child(1, effective="2026-08-01")
    store.load([old, child(2)], mode="snapshot", day="2026-09-02")
    store.register(guard_share=1.0)
    store.load([child(2)], mode="snapshot", day="2026-09-01")
    assert store.head("c1").state.standing == "current"
    assert is_whole(store)


def test_an_event_names_the_line_of_its_row_and_its_establishment(store):
    store.load([child(2), child(1, scope="8012001")])
    (message,) = store.log.stream(store.record("c1"))
    assert (message.event.row, message.event.scope) == (3, "8012001")


def test_a_late_snapshot_does_not_undo_what_a_later_one_lacked(store):
    store.register(guard_share=1.0)
    store.load(children(3), mode="snapshot", day="2026-09-03")
    store.load(children(2), mode="snapshot", day="2026-09-01")
    store.load([child(7)], day="2026-09-02")
    assert store.head("c7").state.standing == "withdrawn"
    assert is_whole(store)


def test_a_late_row_of_a_record_that_the_latest_snapshot_holds_leaves_it_current(store):
    store.load(children(3), mode="snapshot", day="2026-09-03")
    store.load([child(1, postcode="E8 1GQ")], day="2026-09-02")
    assert current(store) == "SE15 3QN"
    assert store.head("c1").state.statements == 2
    assert is_whole(store)


def test_a_late_file_of_other_names_changes_no_name_and_is_not_held(store):
    store.load(children(9), day="2026-09-09")
    outcome = store.load([child(n, given="Zed") for n in range(9)], day="2026-09-01")
    assert (outcome.state, outcome.counts.changed) == ("completed", 9)


def test_a_late_row_of_another_child_is_no_drift(store):
    store.load(children(3), day="2026-09-09")
    other = child(1, given="Zed", family="Quill", dob="2011-11-11")
    assert store.load([other], day="2026-09-01").counts.changed == 1
    assert store.head("c1").state.stated_version == 1


@pytest.mark.parametrize(
    "changes",
    [{"family": "OKONJOB"}, {"middle": "Ann"}, {"preferred_family": "Ray"}, {"postcode": "E8 1GQ"}],
)
def test_names_that_are_written_otherwise_or_added_are_no_other_names(store, changes):
    store.load([child(1, key=f"k{n}") for n in range(9)])
    rows = [child(1, key=f"k{n}", **changes) for n in range(9)]
    outcome = store.load(rows, day="2026-09-02")
    assert (outcome.state, outcome.counts.changed) == ("completed", 9)


@pytest.mark.parametrize(
    ("known", "left", "share", "state"),
    [
        (8, 6, 0.25, "completed"),  # a quarter, and no more
        (8, 5, 0.25, "held"),
        (8, 5, 0.5, "completed"),
        (8, 7, 0.0, "completed"),  # a single one is nobody's blast
        (8, 6, 0.0, "held"),
        (1, 0, 0.25, "held"),  # but where it is the only one
        (1, 0, 1.0, "completed"),
    ],
)
def test_a_snapshot_may_withdraw_the_sources_share(store, known, left, share, state):
    store.register(guard_share=share)
    store.load(children(known), mode="snapshot")
    rows = store.file(children(left))
    assert store.load(rows, day="2026-09-02", mode="snapshot").state == state


@pytest.mark.parametrize(
    ("renamed", "share", "state"),
    [(2, 0.25, "completed"), (3, 0.25, "held"), (3, 0.5, "completed"), (1, 0.0, "completed"),
     (2, 0.0, "held")],
)  # fmt: skip
def test_a_file_may_rename_the_sources_share(store, renamed, share, state):
    store.register(guard_share=share)
    store.load(children(8))
    rows = [child(n, given="Zed") for n in range(renamed)] + children(8 - renamed, renamed)
    outcome = store.load(rows, day="2026-09-02")
    assert (outcome.state, outcome.held_by) == (state, "GUARD-AMENDED" if state == "held" else "")


def test_two_rows_that_are_held_as_exchanged_are_not_counted_as_renamed_too(store):
    store.load(children(4))
    rows = [child(n, key=f"c{3 - n}") for n in (1, 2)]
    outcome = store.load([child(0), *rows, child(3)], day="2026-09-02")
    assert (outcome.state, outcome.counts.held) == ("completed", 2)


def test_what_one_establishment_gains_does_not_let_another_lose(store):
    rows = [*school(1, 20), *school(2, 20)]
    store.load(rows, mode="snapshot")
    more = [*school(1, 9), *school(2, 20), *school(2, 30, 20)[20:]]
    outcome = store.load(more, day="2026-09-02", mode="snapshot")
    assert (outcome.state, outcome.held_by) == ("held", "GUARD-WITHDRAWN")


@pytest.mark.parametrize(
    ("share", "left", "state"),
    [(0.25, 6, "completed"), (0.25, 5, "held"), (0.6, 4, "completed"), (0.6, 3, "held")],
)
def test_an_establishment_may_lose_two_in_five_or_the_sources_greater_share(
    store, share, left, state
):
    store.register(guard_share=share)
    others = [row for number in range(2, 8) for row in school(number, 9)]
    store.load([*school(1, 10), *others], mode="snapshot")
    outcome = store.load([*school(1, left), *others], day="2026-09-02", mode="snapshot")
    assert outcome.state == state


def test_a_row_without_a_key_lets_its_file_withdraw_nothing_of_the_establishment_that_it_names(
    store, tmp_path
):
    """Rows of the census' tables name their school whether or not they have a UPN."""
    store.register("schools", "school.census-tables", guard_share=1.0)
    upns = ("K801200024001", "M213432123007", "U330402322045")

    def night(day, *pupils):
        path = tmp_path / f"{day}.csv"
        rows = [f"p{n},{school},Obi,{upn}\n" for n, (school, upn) in enumerate(pupils)]
        path.write_text("pupilonrolltableid,NativeId,surname,upn\n" + "".join(rows))
        return store.load(path, source="schools", feed="school.census-tables", day=day, mode=None)

    all_ = [(school, upn) for school in ("8012001", "8012002") for upn in upns]
    night("2026-09-01", *all_)
    counts = night("2026-09-02", *all_[1:3], ("8012001", ""), *all_[4:]).counts
    assert (counts.rejected, counts.withdrawn) == (1, 1)
    gone = [key for key, standing in store.standing().items() if standing == "withdrawn"]
    assert gone == [f"8012002/{upns[0]}"]


def test_ages_of_which_too_little_is_known_are_in_scope(store):
    store.register(oldest=19)
    rows = [child(1, dob="2007"), child(2, dob="2007-08"), child(3, dob="2007-08-31")]
    counts = store.load(rows).counts
    assert (counts.new, counts.out_of_scope) == (2, 1)


def test_of_a_row_that_is_out_of_scope_by_now_the_record_is_still_present(store):
    store.register(oldest=19, guard_share=1.0)
    store.load([child(1, dob="2007-09-02"), child(2)], mode="snapshot")
    outcome = store.load([child(1, dob="2007-09-01"), child(2)], mode="snapshot", day="2026-09-05")
    assert (outcome.counts.out_of_scope, outcome.counts.withdrawn) == (1, 0)
    assert store.head("c1").state.standing == "current"


def test_a_delivery_known_already_withdraws_nobody_a_second_time(store):
    store.load(children(9), mode="snapshot")
    path = store.file(children(8))
    counts = [store.load(path, mode="snapshot", day="2026-09-02").counts for _ in range(2)]
    assert [(one.unchanged, one.withdrawn) for one in counts] == [(8, 1), (8, 0)]


def test_a_dry_run_says_what_would_become_of_a_file(store):
    store.load(children(10), mode="snapshot")
    before = store.log.position()
    few = store.file(children(2))
    outcome = store.load(few, day="2026-09-02", mode="snapshot", dry_run=True)
    assert (outcome.state, outcome.exit_code) == ("rehearsed", 3)
    assert outcome.held_by == "GUARD-WITHDRAWN"
    broken = store.folder / "broken.csv"
    broken.write_bytes(b"\x00\x01")
    with pytest.raises(FeedError):
        store.load(broken, dry_run=True)
    assert store.log.position() == before


MAPPING = """
[feed]
key = "key"
mode = "snapshot"
[settings]
guard_share = 0.25
[columns]
given = "given"
family = "family"
dob = "dob"
postcode = "postcode"
"""


@pytest.fixture
def mapping(store):
    path = store.folder / "club.toml"
    path.write_text(MAPPING)
    return path


def test_the_same_bytes_read_otherwise_are_another_delivery(store, mapping):
    path = store.file(children(3))
    store.load(path)
    assert store.load(path).known
    for options in (
        {"day": "2026-09-02"},
        {"source": "other"},
        {"mode": "snapshot"},
        {"mapping": mapping},
    ):
        assert not store.load(path, **options).known
        assert store.load(path, **options).known
    mapping.write_text(MAPPING.replace('postcode = "postcode"\n', ""))
    assert not store.load(path, mapping=mapping).known


def test_how_a_source_behaves_and_in_which_mode_it_sends_is_as_its_mapping_tells(store, mapping):
    store.load(children(9), mapping=mapping, mode=None)
    outcome = store.load(children(8), mapping=mapping, mode=None, day="2026-09-02")
    assert outcome.counts.withdrawn == 1


def test_a_delivery_by_a_mapping_is_approved_by_the_same_mapping(store, mapping):
    store.load(children(10), mapping=mapping, mode=None)
    held = store.load(children(6), mapping=mapping, mode=None, day="2026-09-02")
    assert held.state == "held"
    kept = mapping.rename(mapping.with_name("elsewhere.toml"))
    assert store.decide(held) is None
    kept.rename(mapping)
    assert store.decide(held).counts.withdrawn == 4


def test_a_row_of_a_delivery_by_a_mapping_is_approved_by_the_same_mapping(store, mapping):
    store.load(children(9), mapping=mapping, mode=None)
    other = child(1, given="Zed", family="Quill", dob="2011-11-11")
    rows = [other, *(child(n) for n in (0, 2, 3, 4, 5, 6, 7, 8))]
    held = store.load(rows, mapping=mapping, mode=None, day="2026-09-02")
    assert held.counts.held == 1
    assert store.decide(held).counts.changed == 1


def test_a_file_that_is_changed_in_place_while_it_is_read_is_not_appended(store):
    path = store.file(children(3))
    text = path.read_text().replace("SE15 3QN", "SE15 3QP")
    with pytest.raises(ChangedFileError, match="was changed while it was read"):
        store.load(path, progress=lambda *_: path.write_text(text))
    assert store.standing() == {}


def census(store, serial, postcode, **options):
    """Load a census of one pupil, with a serial number of its own."""
    path = store.folder / f"census-{serial}.xml"
    about = f"<ReferenceDate>2026-01-15</ReferenceDate><SerialNo>{serial}</SerialNo>"
    where = "<LEA>801</LEA><Estab>2000</Estab>"
    pupil = f"<UPN>K801200024001</UPN><Surname>Obi</Surname><PostCode>{postcode}</PostCode>"
    roll = f"<PupilsOnRoll><PupilOnRoll>{pupil}</PupilOnRoll></PupilsOnRoll>"
    path.write_text(f"<Message><Header>{about}{where}</Header>{roll}</Message>")
    return store.load(path, source="schools", feed="school.census", mode=None, **options)


def test_of_two_files_for_one_day_the_one_of_the_greater_serial_number_counts(store):
    outcomes = [census(store, serial, f"E8 {serial}AA", day="2026-09-01") for serial in (2, 3, 1)]
    assert {each.effective_by for each in outcomes} == {"file"}
    head = store.head("8012000/K801200024001", "schools")
    assert (head.state.stated.sequence, head.state.standing) == (3, "current")
    assert head.state.scope == "8012000"


def test_a_file_without_a_day_has_the_one_that_was_told_or_the_moment_of_loading(store):
    assert store.load([child(1)]).effective_by == "option"
    assert store.load([child(2)], day="").effective_by == "loading"


def exchanged(names):
    return [" ".join(name.split()[::-1]) for name in names]


def test_a_few_rows_whose_names_are_exchanged_are_no_reason_to_hold_a_file(store):
    assert store.load(named(exchanged(ENGLISH))[:9]).state == "completed"
    assert store.load(named(exchanged(ENGLISH))[:10], source="other").state == "held"
    both = [*named(exchanged(ENGLISH)), *(row | {"key": f"k{n}"} for n, row in
            enumerate([*named(ENGLISH), *named(ENGLISH)]))]  # fmt: skip
    assert store.load(both, source="third").state == "completed"


def test_the_last_word_of_a_family_name_tells_whether_it_is_exchanged(store):
    rows = [row | {"family": f"Olivia {row['family']}"} for row in named(ENGLISH)]
    assert store.load(rows).state == "completed"
    rows = [row | {"family": f"Jones {row['family']}"} for row in named(exchanged(ENGLISH))]
    assert store.load(rows, source="other").held_by == "COLUMNS-EXCHANGED"


def test_a_name_that_is_missing_says_nothing_of_the_columns(store):
    rows = [row | {"given": ""} for row in named(ENGLISH)]
    assert store.load(rows).state == "completed"
    rows = [row | {"family": ""} for row in named(exchanged(ENGLISH))]
    assert store.load(rows, source="other").state == "completed"


def test_a_file_with_its_name_columns_exchanged_goes_through_when_it_is_approved(store):
    held = store.load(named(exchanged(ENGLISH)))
    assert (held.state, held.new_source) == ("held", True)
    assert store.decide(held).counts.new == 15


def test_a_trace_that_repeats_what_was_asked_about_is_not_held_for_its_columns(store):
    """Its names are those that somebody asked about, and make no child."""
    lines = ["UNIQUE REFERENCE,GIVEN_NAME,FAMILY_NAME,ERROR/SUCCESS_CODE,MATCHED_NHS_NO"]
    for n, name in enumerate(exchanged(ENGLISH * 3)):
        lines.append(f"r{n},{name.replace(' ', ',')},98,0000000000")
    path = store.folder / "trace.csv"
    path.write_text("\n".join(lines) + "\n")
    assert store.load(path, source="trace", feed="health.pds-trace").counts.new == 15


def test_a_table_of_another_shape_is_not_held_for_its_columns(store):
    mapping = store.folder / "shaped.toml"
    fields = "".join(f'[fields.{name}]\nkind = "name"\n' for name in ("given", "family"))
    mapping.write_text(f'[feed]\nkey = "key"\n{fields}')
    outcome = store.load(named(exchanged(ENGLISH)), mapping=mapping, mode=None)
    assert (outcome.state, outcome.counts.new) == ("completed", 15)
    mapping.write_text(f'[feed]\nkey = "key"\n{fields}[fields.dob]\nkind = "date"\n')
    with pytest.raises(UsageError, match="records of other fields than the mapping declares"):
        store.load(named(ENGLISH), mapping=mapping, mode=None, day="2026-09-02")


def test_a_dry_run_counts_a_late_repetition_as_the_load_does(store):
    for day, postcode in (("2026-09-01", "E8 1AA"), ("2026-09-03", "E8 2AA")):
        store.load([child(1, postcode=postcode)], day=day)
    late = store.file([child(1, postcode="E8 1AA"), child(2)])
    dry = store.load(late, day="2026-09-02", dry_run=True).counts
    assert dry == store.load(late, day="2026-09-02").counts
    assert (dry.unchanged, dry.new) == (1, 1)


HERE, THERE = "2012001", "2012002"
MOVED = [
    ("2026-09-01", [child(0, scope=HERE), child(1, scope=HERE), child(2, scope=THERE)]),
    ("2026-09-02", [child(0, scope=THERE), child(1, scope=HERE), child(2, scope=THERE)]),
    ("2026-09-03", [child(1, scope=HERE)]),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_record_that_moved_is_not_withdrawn_by_the_establishment_that_it_left(store, order):
    store.register(guard_share=1.0)
    for night in order:
        day, rows = MOVED[night]
        store.load(rows, day=day, mode="snapshot")
    state = store.head("c0").state
    assert (state.standing, state.scope) == ("current", THERE)


def test_a_record_that_moved_is_withdrawn_by_the_establishment_that_it_came_to(store):
    store.register(guard_share=1.0)
    for day, rows in MOVED:
        store.load(rows, day=day, mode="snapshot")
    left = store.load([child(2, scope=THERE)], day="2026-09-04", mode="snapshot")
    assert (left.counts.withdrawn, store.head("c0").state.standing) == (1, "withdrawn")


def test_a_late_row_of_the_establishment_that_a_record_left_leaves_it_where_it_is(store):
    store.register(guard_share=1.0)
    for night in (1, 2, 0):
        day, rows = MOVED[night]
        store.load(rows, day=day, mode="snapshot")
    assert store.head("c0").state.standing == "current"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_row_not_taken_since_the_latest_snapshot_proves_its_record_present_too(store, order):
    store.register(guard_share=1.0)
    nights = [
        ("2026-09-01", "delta", [child(0), child(1)]),
        ("2026-09-02", "snapshot", [child(1)]),
        ("2026-09-03", "delta", [{"key": "c0", "given": "", "sex": "F"}]),
    ]
    for night in order:
        day, mode, rows = nights[night]
        store.load(rows, day=day, mode=mode)
    assert store.head("c0").state.standing == "current"


def test_a_snapshot_that_lacks_a_record_does_not_walk_over_the_log(store, monkeypatch):
    store.register(guard_share=1.0)
    store.load([child(0), child(1)], mode="snapshot")
    monkeypatch.setattr(type(store.log), "pages", None)
    lacking = store.load([child(1)], day="2026-09-02", mode="snapshot")
    assert lacking.counts.withdrawn == 1
    late = store.load([child(0), child(1), child(2)], day="2026-08-30", mode="snapshot")
    assert late.counts.withdrawn == 0


@pytest.mark.parametrize("chunk", [1, 1000])
def test_two_rows_of_a_dual_registration_sent_again_append_only_the_deliverys_own_events(
    store, chunk
):
    store.register(dual_registration=True)
    rows = [child(1, postcode="E8 1GQ"), child(1), child(2)]
    store.load(rows, chunk=chunk)
    before = [len(store.log.stream(store.record(key))) for key in ("c1", "c2")]
    again = store.load([*reversed(rows)], day="2026-09-02", chunk=chunk)
    assert (again.counts.changed, again.counts.unchanged) == (0, 3)
    assert before == [len(store.log.stream(store.record(key))) for key in ("c1", "c2")] == [2, 1]


RETURNED = """<Message><Header><CollectionDetails><Collection>SC</Collection><Term>AUT</Term>
<Year>2026</Year><ReferenceDate>2026-10-0{day}</ReferenceDate></CollectionDetails>
<Source><LEA>201</LEA><Estab>2001</Estab></Source></Header><Pupils><PupilsNoLongerOnRoll>
<PupilNoLongerOnRoll><UPN>A201200116001</UPN><Surname>Okonjo</Surname><Forename>{name}</Forename>
<DOB>2015-03-04</DOB><EntryDate>2020-09-01</EntryDate><LeavingDate>2026-07-20</LeavingDate>
</PupilNoLongerOnRoll></PupilsNoLongerOnRoll><PupilsOnRoll><PupilOnRoll><UPN>A201200116001</UPN>
<Surname>Okonjo</Surname><Forename>{name}</Forename><DOB>2015-03-04</DOB>
<EntryDate>2026-09-20</EntryDate></PupilOnRoll></PupilsOnRoll></Pupils></Message>"""


# The one of the two rows that counted was a matter of their hashes.
@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_leavers_row_that_comes_to_a_pupil_on_roll_changes_nothing(store, chunk):
    file, text = store.folder / "returned.xml", RETURNED.format(name="Asha", day=1)
    begin, end = text.index("<PupilsNoLongerOnRoll>"), text.index("<PupilsOnRoll>")
    for day, said in ((1, text[:begin] + text[end:]), (2, RETURNED.format(name="Asha", day=2))):
        file.write_text(said)
        loaded = store.load(
            file, feed="school.census", mode=None, source="schools", day=f"2026-10-0{day}",
            chunk=chunk,
        )  # fmt: skip
    assert (loaded.counts.changed, loaded.counts.unchanged) == (0, 2)
    assert len(store.log.stream(store.record("2012001/A201200116001", "schools"))) == 1
    assert verify(store.log, None, heads_of).findings == []


@pytest.mark.parametrize("name", ["Asha", "Bram", "Cora", "Dele", "Esme", "Femi", "Gita", "Hugo"])
def test_a_pupil_who_left_a_school_and_is_on_its_roll_again_is_there(store, name):
    file = store.folder / "returned.xml"
    for day in (1, 2):
        file.write_text(RETURNED.format(name=name, day=day))
        loaded = store.load(file, feed="school.census", mode=None, source="schools")
    assert loaded.counts.unchanged == 2
    head = store.head("2012001/A201200116001", "schools")
    current = store.log.stream(head.record)[head.state.stated_version - 1].event.statement
    assert [each.start for each in current.particulars.involvements] == ["2026-09-20"]
