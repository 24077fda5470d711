"""When a source gives a child another key, the record's stream goes on and both keys answer."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from contactpoint.errors import NotFoundError
from contactpoint.following import heads_of
from events.message import Origin, Recorded
from events.record import EraseRecord, decide, evolve
from events.store.heads import HeadChanges
from events.verify import verify
from tests.contactpoint.conftest import Store, child, children
from tests.contactpoint.installation import Installation

NEW = {"key": "n1", "former_key": "c1"}
NIGHTS = [
    ("2026-09-01", [child(1)]),
    ("2026-09-02", [child(1, **NEW)]),
    ("2026-09-03", [child(1, **NEW, postcode="E8 1GQ")]),
]


def stands(store):
    """What is current, by the key that the source uses now; and that nothing is amiss."""
    assert verify(store.log, None, heads_of).findings == []
    found = {}
    for head in store.log.heads.all_records():
        (last,) = [
            message.event.statement
            for message in store.log.stream(head.record)
            if message.originator_version == head.state.stated_version
        ]
        found[last.key] = (head.state.standing, last.particulars.addresses[0].postcode)
    return found


def test_the_stream_goes_on_under_the_new_key(store):
    for day, rows in NIGHTS:
        outcome = store.load(rows, day=day)
    assert (outcome.counts.new, outcome.counts.changed) == (0, 1)
    assert stands(store) == {"n1": ("current", "E8 1GQ")}
    assert store.head("c1").state.version == 3


def test_a_new_key_counts_as_changed(store):
    store.load([child(1), child(2)])
    outcome = store.load([child(1, **NEW), child(2)], day="2026-09-02")
    assert (outcome.counts.changed, outcome.counts.unchanged) == (1, 1)


def test_a_row_under_the_new_key_alone_is_the_same_record(store):
    for day, rows in NIGHTS[:2]:
        store.load(rows, day=day)
    assert store.load(NIGHTS[1][1][:], day="2026-09-04").counts.unchanged == 1
    assert store.load([child(1, key="n1")], day="2026-09-05").counts.changed == 1
    assert list(stands(store)) == ["n1"]


def test_both_keys_answer_with_the_record(store):
    for day, rows in NIGHTS[:2]:
        store.load(rows, day=day)
    assert store.log.heads.owner(store.record("n1")) == store.record("c1")
    assert store.log.heads.owner(store.record("c1")) == store.record("c1")


@pytest.mark.parametrize("order", list(permutations(NIGHTS)))
def test_the_order_of_arrival_does_not_matter(store, order):
    for day, rows in order:
        store.load(rows, day=day)
    assert stands(store) == {"n1": ("current", "E8 1GQ")}


BARE = [*NIGHTS[:2], ("2026-09-03", [child(1, key="n1", postcode="E8 1GQ")])]


@pytest.mark.parametrize("order", list(permutations(BARE)))
def test_the_order_does_not_matter_where_the_former_key_is_named_but_once(store, order):
    for day, rows in order:
        store.load(rows, day=day)
    current = {key: where for key, where in stands(store).items() if where[0] == "current"}
    assert current == {"n1": ("current", "E8 1GQ")}


OTHERS = [("2026-09-01", [child(1)]), ("2026-09-02", [child(5, **NEW)])]


@pytest.mark.parametrize("order", list(permutations(OTHERS)))
def test_another_childs_row_under_a_former_key_is_its_own_record_in_any_order(store, order):
    for _ in range(2):
        for number, (day, rows) in enumerate(order):
            store.load([*rows, child(20 + number)], day=day)
    assert {"c1", "n1"} <= set(stands(store))


def test_a_former_key_that_two_rows_claim_is_followed_by_neither(store):
    store.load([child(1, key="old")])
    twins = [
        child(1, key=f"n{n}", former_key="old", given=given)
        for n, given in ((1, "Bram"), (2, "Bo"))
    ]
    assert store.load(twins, day="2026-09-02", chunk=1).counts.new == 2
    assert set(stands(store)) == {"old", "n1", "n2"}


def test_a_row_that_was_not_taken_still_names_its_key(store):
    store.load([child(1)])
    rows = [{"key": "c1", "sex": "F"}, child(1, **NEW)]
    assert store.load(rows, day="2026-09-02").counts.new == 1


def test_a_late_row_under_a_new_key_is_placed_among_all_statements(store):
    for day, postcode in (
        ("2026-09-01", "E8 1GQ"),
        ("2026-09-02", "E8 2AA"),
        ("2026-09-05", "E8 3AA"),
    ):
        store.load([child(1, postcode=postcode)], day=day)
    assert store.load([child(1, **NEW)], day="2026-09-03").counts.changed == 1
    assert store.head("c1").state.statements == 4


def test_a_snapshot_withdraws_no_record_whose_key_is_new(store):
    store.load(children(6), mode="snapshot")
    rows = [child(1, **NEW), *(child(n) for n in (0, 2, 3, 4, 5))]
    assert store.load(rows, day="2026-09-02", mode="snapshot").counts.withdrawn == 0


def test_a_key_that_its_own_row_still_names_is_no_former_key(store):
    store.load([child(1), child(2)])
    twin = child(1, **NEW, given="Zed")
    outcome = store.load([child(1), child(2), twin], day="2026-09-02")
    assert (outcome.counts.new, outcome.counts.unchanged) == (1, 2)
    assert store.log.heads.owner(store.record("n1")) == store.record("n1")


def test_a_former_key_of_another_child_is_not_followed(store):
    store.load([child(1)])
    other = child(5, **NEW)
    assert store.load([other], day="2026-09-02").counts.new == 1
    assert set(stands(store)) == {"c1", "n1"}


def test_two_records_that_both_have_a_stream_stay_two(store):
    store.load([child(1), child(1, key="n1")])
    store.load([child(1, **NEW)], day="2026-09-02")
    assert set(stands(store)) == {"c1", "n1"}


def test_an_erased_record_does_not_come_back_under_another_key(store):
    store.load([child(1)])
    head = store.head("c1")
    (event,) = decide(EraseRecord(""), head.state)
    store.log.append(
        [Recorded(head.record, 2, Origin(1, "os:test", "erase"), 1, event)],
        heads=HeadChanges(records=[replace(head, state=evolve(head.state, event))]),
    )
    assert store.load([child(1, **NEW)], day="2026-09-02").counts.held == 1


def test_a_load_in_chunks_of_one_row_follows_keys_too(tmp_path):
    store = Store(tmp_path / "small")
    for day, rows in NIGHTS:
        store.load([*rows, child(7)], day=day, chunk=1)
    assert stands(store)["n1"] == ("current", "E8 1GQ")
    store.close()


def test_commands_find_a_record_by_its_former_key(tmp_path):
    home = Installation(tmp_path / "home")
    home.run("init")
    for day, rows in (NIGHTS[0][0], [child(1), child(2)]), (NIGHTS[1][0], NIGHTS[1][1]):
        path = tmp_path / f"{day}.csv"
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(lines) + "\n")
        home.run("load", path, "--feed", "csv", "--source", "club", "--effective", day)
    new, old = (home.run("why", f"club:{key}", "club:c2", "--json").output for key in ("n1", "c1"))
    assert old == new
    home.run("erase", "club:c1", "--yes")
    with pytest.raises(NotFoundError):
        home.run("why", "club:n1", "club:c2", "--json")


def test_a_key_that_was_new_may_be_a_former_one_again(store):
    for day, rows in NIGHTS[:2]:
        store.load(rows, day=day)
    newest = child(1, key="m1", former_key="n1", postcode="E8 2AA")
    assert store.load([newest], day="2026-09-04").counts.changed == 1
    assert stands(store) == {"m1": ("current", "E8 2AA")}
    for key in ("m1", "n1", "c1"):
        assert store.log.heads.owner(store.record(key)) == store.record("c1")


def test_a_row_under_the_new_key_that_is_not_taken_proves_the_record_present(store):
    store.register(guard_share=1.0)
    for day, rows in NIGHTS[:2]:
        store.load([*rows, child(2)], day=day, mode="snapshot")
    rows = [{"key": "n1", "sex": "F"}, child(2)]
    assert store.load(rows, day="2026-09-05", mode="snapshot").counts.withdrawn == 0
    assert store.head("c1").state.standing == "current"


def test_a_new_key_that_another_child_bears_by_now_is_that_childs(store):
    for day, rows in NIGHTS[:2]:
        store.load(rows, day=day)
    assert store.load([child(5, key="n1")], day="2026-09-05").counts.new == 1
    known = {head.record: head.state.statements for head in store.log.heads.all_records()}
    assert known == {store.record("c1"): 2, store.record("n1"): 1}


def test_of_two_records_that_both_have_a_stream_the_one_of_the_former_key_is_withdrawn(store):
    store.load([child(1), child(1, key="n1")])
    store.load([child(1, **NEW)], day="2026-09-02")
    standing = {key: store.head(key).state.standing for key in ("c1", "n1")}
    assert standing == {"c1": "withdrawn", "n1": "current"}
