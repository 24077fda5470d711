"""What every event store has to do, whichever database it is kept in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as replace_heads
from itertools import product
from uuid import UUID

import pytest
from msgspec.structs import replace

from events.message import ERASED, Recorded
from events.record import Order, Record, RecordReceived, RecordWithdrawn, confirm, evolve
from events.shield import ShieldApplied
from events.store.appending import ActedError, StaleError, TakenError
from events.store.heads import (
    ChildHead,
    Confirmed,
    DeliveryHead,
    HeadChanges,
    JudgementHead,
    Moved,
    ScopeHead,
    ShieldHead,
    SideRecord,
)
from events.store.locks import LockedError
from tests.events.store_builders import ORIGIN, PLACE, Store, amended, head, heads, withdrawn

CHILD = UUID(int=7)


class EventStoreContract:
    """Subclasses give ``urls``: of the log and of the keys."""

    @pytest.fixture
    def store(self, tmp_path, urls):
        with Store(tmp_path, *urls) as made:
            yield made

    def test_events_come_back_as_they_were_appended(self, store):
        messages = [store.received("a"), store.received("b", ordinal=2)]
        assert store.log.append(messages) == range(1, 3)
        assert store.log.decode(store.log.read(0, 10)) == messages

    def test_a_stream_gives_its_own_events_in_order(self, store):
        first = store.received("a")
        later = amended(first)
        store.log.append([first, store.received("b", ordinal=2), later])
        assert store.log.stream(first.originator_id) == [first, later]
        assert store.log.stream(first.originator_id, after=1) == [later]

    def test_replay_folds_a_stream_and_gives_the_initial_state_of_none(self, store):
        first = store.received("a")
        store.log.append([first, withdrawn(first)])
        assert store.log.replay(first.originator_id, Record(), evolve).version == 2
        assert store.log.replay(CHILD, Record(), evolve) == Record()

    def test_positions_go_on_without_a_gap_over_commits(self, store):
        assert store.log.append(store.many(3)) == range(1, 4)
        assert store.log.append(store.many(2, start=3)) == range(4, 6)
        assert store.log.position() == 5

    def test_reading_can_be_limited_and_restricted_to_types(self, store):
        first = store.received("a")
        store.log.append([first, withdrawn(first), *store.many(2, start=1)])
        assert [row.position for row in store.log.read(1, 2)] == [2, 3]
        assert [row.position for row in store.log.read(0, 9, upto=2)] == [1, 2]
        assert [row.position for row in store.log.read(0, 9, types=[RecordWithdrawn])] == [2]
        rows = store.log.read(0, 9)
        assert len(store.log.decode(rows, types=[RecordReceived])) == 3

    def test_a_stream_must_go_on_where_it_stands(self, store):
        first = store.received("a")
        store.log.append([first])
        for version in (1, 3):
            with pytest.raises(StaleError) as refusal:
                store.log.append([withdrawn(first, version)])
            assert (refusal.value.found, refusal.value.expected) == (1, version - 1)
        assert store.log.position() == 1

    def test_the_events_of_one_commit_go_on_in_each_stream_without_a_gap(self, store):
        first, other = store.received("a"), store.received("b", ordinal=2)
        for version in (1, 3):
            with pytest.raises(StaleError) as refusal:
                store.log.append([first, other, withdrawn(first, version)])
            assert (refusal.value.found, refusal.value.expected) == (1, version - 1)
        assert store.log.position() == 0
        assert store.log.append([first, other, withdrawn(first), withdrawn(first, 3)])

    def test_each_stream_that_exists_is_told_with_its_last_version(self, store):
        first = store.received("one")
        store.log.append([first, *(withdrawn(first, version) for version in range(2, 8))])
        many = [message.originator_id for message in store.many(1_200)]
        store.log.append(store.many(1_200))
        asked = [first.originator_id, *many, UUID(int=1)]
        assert store.log.versions(asked) == {first.originator_id: 7, **dict.fromkeys(many, 1)}
        assert store.log.versions([]) == {}

    def test_the_same_event_sealed_again_is_another_writers(self, store):
        store.log.append([store.received("a")])
        with pytest.raises(StaleError, match="is at version 1, not 0"):
            store.log.append([store.received("a")])

    def test_an_append_whose_expectations_fail_writes_nothing(self, store):
        first, second = store.received("a"), store.received("b", ordinal=2)
        store.log.append([first])
        with pytest.raises(
            StaleError, match=f"{first.originator_id.hex[:8]} is at version 1, not 0"
        ):
            store.log.append([second], heads=heads(second), expect={first.originator_id: 0})
        assert store.log.position() == 1
        assert store.log.heads.records([second.originator_id]) == {}
        store.log.append([second], expect={first.originator_id: 1, CHILD: 0})

    def test_heads_come_back_as_they_were_written(self, store):
        message = store.received("a")
        wanted = HeadChanges(
            records=[head(message)],
            children=[ChildHead(CHILD, "123456789012", 1)],
            scopes=[ScopeHead("pds", "", PLACE)],
            links={message.originator_id: CHILD},
        )
        store.log.append([message], heads=wanted)
        record = message.originator_id
        assert store.log.heads.records([record]) == {record: head(message, child=CHILD)}
        assert store.log.heads.children([CHILD]) == {CHILD: wanted.children[0]}
        assert store.log.heads.by_numbers(["123456789012"])["123456789012"].child == CHILD
        assert store.log.heads.scope("pds", "") == wanted.scopes[0]

    def test_deliveries_are_found_by_their_source_from_a_place_in_its_time_on(self, store):
        places = [Order(*place) for place in product((1, 2), (0, 5), (b"a", b"b"))]
        made = [DeliveryHead(UUID(int=n), "pds", place) for n, place in enumerate(places, start=1)]
        others = [DeliveryHead(UUID(int=99), "school", places[-1])]
        store.log.append(store.many(1), heads=HeadChanges(deliveries=[*made, *others]))
        for n, place in enumerate(places):
            found = store.log.heads.deliveries_from("pds", place)
            assert sorted(found, key=lambda head: head.order) == made[n:]
        assert store.log.heads.deliveries_from("pds", Order(3, 0, b"")) == []
        assert set(store.log.heads.all_deliveries()) == {*made, *others}

    def test_whether_a_stream_has_moved_since_a_position_is_told(self, store):
        first, second = store.many(2), store.many(1, start=2)
        one, other = first[0].originator_id, second[0].originator_id
        end = store.log.append(first)[-1]
        store.log.append(second)
        assert store.log.heads.moved([other], end)
        assert store.log.heads.moved([one, other], end)
        assert not store.log.heads.moved([one], end)
        assert not store.log.heads.moved([other], end + 1)
        assert not store.log.heads.moved([], 0)

    def test_the_head_of_a_child_says_whom_it_went_into_and_whether_it_is_closed(self, store):
        ways = [(None, False), (None, True), (CHILD, False), (CHILD, True)]
        children = [
            ChildHead(UUID(int=n), f"12345678901{n}", n, into, closed)
            for n, (into, closed) in enumerate(ways, start=1)
        ]
        store.log.append(store.many(1), heads=HeadChanges(children=children))
        wanted = {head.child: head for head in children}
        assert store.log.heads.children(wanted) == wanted
        assert {head.child: head for head in store.log.heads.all_children()} == wanted

    def test_judgements_are_found_by_either_record_and_by_ordinal(self, store):
        messages = [store.received(key, ordinal=n) for n, key in enumerate("abc", start=1)]
        one, two, three = (message.originator_id for message in messages)
        judged = [JudgementHead(one, two, "link"), JudgementHead(two, three, "apart")]
        store.log.append(messages, heads=replace_heads(heads(*messages), judgements=judged))
        assert store.log.heads.judgements([two]) == sorted(judged, key=lambda j: (j.left, j.right))
        assert store.log.heads.judgements([three]) == judged[1:]
        assert sorted(store.log.heads.judged()) == [(1, 2, True), (2, 3, False)]
        undone = JudgementHead(one, two, "")
        store.log.append([amended(messages[0])], heads=HeadChanges(judgements=[undone]))
        assert store.log.heads.judged() == [(2, 3, False)]
        assert store.log.heads.judgements([one]) == [undone]
        assert set(store.log.heads.all_judgements()) == {undone, judged[1]}

    def test_a_record_stands_on_its_side_until_the_never_link_is_lifted(self, store):
        messages = [store.received(key, ordinal=n) for n, key in enumerate("ab", start=1)]
        one, two = (message.originator_id for message in messages)
        sides = [SideRecord(CHILD, one, "left"), SideRecord(CHILD, two, "right")]
        store.log.append(messages, heads=replace_heads(heads(*messages), sides=sides))
        assert store.log.heads.sides([one]) == sides[:1]
        assert set(store.log.heads.sided()) == {(CHILD, one, 1, "left"), (CHILD, two, 2, "right")}
        lifted = [SideRecord(CHILD, one, ""), SideRecord(CHILD, two, "")]
        store.log.append([amended(messages[0])], heads=HeadChanges(sides=lifted))
        assert store.log.heads.sides([one, two]) == store.log.heads.sided() == []
        assert set(store.log.heads.all_sides()) == set(lifted)

    def test_a_head_without_an_ordinal_has_its_place(self, store):
        message = withdrawn(store.received("a"), version=1)
        state = Record(source="pds", version=1, absent=PLACE)
        changes = HeadChanges(
            records=[head(store.received("a")).__class__(message.originator_id, state)]
        )
        store.log.append([message], heads=changes)
        assert [one.state for one in store.log.heads.all_records()] == [state]
        assert store.log.heads.next_ordinal() == 1

    def test_heads_confirmed_together_are_as_each_confirmed_alone(self, store):
        late, seen = Order(PLACE.effective + 9, 2, b"z"), Order(PLACE.effective + 5, 0, b"m")
        # Of the same moment, told from one that is seen by the content alone.
        places = (None, PLACE, late, seen._replace(content=b"a"), seen._replace(content=b"z"))
        statements = (None, PLACE, late)
        ways = list(product(statements, places, places, (None, "same", "other")))
        messages = store.many(len(ways))
        before, expected, moved = [], [], []
        for message, (stated, present, absent, own) in zip(messages, ways, strict=True):
            one = head(message)
            there = absent is None or (present is not None and present > absent)
            standing = "erased" if stated is None else "current" if there else "withdrawn"
            orders = {"stated": stated, "present": present, "absent": absent}
            one = replace(one, state=replace(one.state, standing=standing, **orders))
            content = PLACE.content if own == "same" else b"another content."
            place = Order(seen.effective + 1, 7, content) if own else None
            at = place or Order(seen.effective, seen.sequence, b"")
            moved.append(Moved(one.record.bytes, at[0], at[1], content if own else None))
            before.append(one)
            expected.append(replace(one, state=confirm(one.state, seen, place)))
        store.log.append(messages, heads=HeadChanges(before))
        together = Confirmed(seen, [one.record.bytes for one in before], moved)
        store.log.append(store.many(1, start=len(ways)), heads=HeadChanges(confirmed=together))
        assert store.log.heads.records(one.record for one in before) == {
            one.record: one for one in expected
        }
        assert store.log.heads.states(one.record.bytes for one in before) == {
            one.record.bytes: one.state for one in expected
        }

    def test_the_head_of_an_act_stands_where_its_last_event_was_committed(self, store):
        assert store.log.heads.act("shield") == 0
        store.log.append(store.many(2), heads=HeadChanges(moved=frozenset({"shield"})))
        store.log.append(store.many(1, start=2))
        assert store.log.heads.act("shield") == 2
        assert store.log.heads.act("judgement") == 0

    def test_all_that_is_asked_in_one_reading_comes_from_one_state(self, store):
        first, second = store.received("one"), store.received("two", ordinal=2)
        store.log.append([first], heads=heads(first))
        with store.log.heads.reading():
            assert store.log.versions([first.originator_id]) == {first.originator_id: 1}
            with ThreadPoolExecutor(1) as other:
                more = [second, withdrawn(first)]
                other.submit(store.log.append, more, heads=heads(second)).result()
            assert store.log.versions([first.originator_id]) == {first.originator_id: 1}
            assert not store.log.heads.records([second.originator_id])
        assert store.log.versions([first.originator_id]) == {first.originator_id: 2}
        assert store.log.heads.records([second.originator_id])

    def test_a_reading_within_a_reading_leaves_the_outer_one_its_state(self, store):
        first = store.received("one")
        with store.log.heads.reading():
            assert not store.log.versions([first.originator_id])
            with store.log.heads.reading():
                pass
            with ThreadPoolExecutor(1) as other:
                other.submit(store.log.append, [first], heads=heads(first)).result()
            assert not store.log.versions([first.originator_id])
            assert not store.log.heads.records([first.originator_id])
        assert store.log.versions([first.originator_id])

    def test_an_append_is_refused_when_the_head_of_an_act_has_moved(self, store):
        store.log.append(store.many(1), heads=HeadChanges(moved=frozenset({"judgement"})))
        late = store.many(1, start=1)
        with pytest.raises(ActedError, match="the last judgement is at position 1, not 0"):
            store.log.append(late, heads=HeadChanges(unmoved={"judgement": 0, "shield": 0}))
        assert store.log.position() == 1
        store.log.append(late, heads=HeadChanges(unmoved={"judgement": 1, "shield": 0}))

    def test_a_record_stands_under_each_shield_as_it_was_last_written(self, store):
        one, other = store.record("a"), store.record("b")
        first, second = UUID(int=21), UUID(int=22)
        laid = [ShieldHead(one, first, "shielded"), ShieldHead(other, first, "withheld")]
        store.log.append(store.many(1), heads=HeadChanges(shields=laid))
        assert store.log.heads.shielded() == {
            one: {first: "shielded"},
            other: {first: "withheld"},
        }
        assert store.log.heads.shields_over() == {one: {first}}
        moved = [
            ShieldHead(one, first, None),
            ShieldHead(one, second, "shielded"),
            ShieldHead(other, first, "lifted"),
            ShieldHead(other, second, None),
        ]
        store.log.append(store.many(1, start=1), heads=HeadChanges(shields=moved))
        assert store.log.heads.shielded([one, other, CHILD]) == {
            one: {second: "shielded"},
            other: {first: "lifted"},
        }
        assert store.log.heads.shields_over() == {one: {second}}
        assert store.log.heads.shields_over([other, CHILD]) == {}
        assert set(store.log.heads.all_shielded()) == {moved[1], moved[2]}

    def test_the_list_of_shields_is_written_with_the_events_or_not_at_all(self, store):
        store.log.append(store.many(1), heads=HeadChanges(moved=frozenset({"shield"})))
        late = HeadChanges(
            shields=[ShieldHead(store.record("a"), UUID(int=21), "shielded")], unmoved={"shield": 0}
        )
        with pytest.raises(ActedError):
            store.log.append(store.many(1, start=1), heads=late)
        assert store.log.heads.shielded() == {}

    def test_an_event_that_changes_a_shield_moves_the_shield_head(self, store):
        applied = ShieldApplied((store.record("a"),), "2027-03-01")
        store.log.append([Recorded(UUID(int=21), 1, ORIGIN, 0, applied, (0,)), *store.many(2)])
        assert store.log.heads.act("shield") == 3

    def test_a_load_does_not_undo_a_link(self, store):
        message = store.received("a")
        store.log.append(
            [message], heads=HeadChanges([head(message)], links={message.originator_id: CHILD})
        )
        store.log.append([amended(message)], heads=heads(message))
        assert (
            store.log.heads.records([message.originator_id])[message.originator_id].child == CHILD
        )

    def test_the_current_records_of_a_scope_are_listed_by_ordinal(self, store):
        one, two, gone = store.many(3)
        changes = HeadChanges(
            [head(two, scope="2012345"), head(one), head(gone, standing="withdrawn")]
        )
        store.log.append([one, two, gone], heads=changes)
        listed = store.log.heads.current_in_scope
        assert [found.state.ordinal for found in listed("pds")] == [1, 2]
        assert [found.state.ordinal for found in listed("pds", "2012345")] == [2]
        assert list(listed("census")) == []
        assert store.log.heads.next_ordinal() == 4

    def test_a_number_of_another_child_is_refused_and_nothing_is_written(self, store):
        one, two = store.many(2)
        store.log.append([one], heads=HeadChanges(children=[ChildHead(CHILD, "1", 1)]))
        with pytest.raises(TakenError):
            store.log.append([two], heads=HeadChanges(children=[ChildHead(UUID(int=8), "1", 1)]))
        assert store.log.position() == 1

    def test_an_erased_subject_leaves_a_mark_where_its_particulars_were(self, store):
        kept, erased = store.received("a"), store.received("b", ordinal=2)
        store.log.append([kept, erased])
        assert store.keys.destroy([erased.originator_id.bytes]) == 1
        first, second = store.log.decode(store.log.read(0, 9))
        assert first == kept
        assert second.event.statement is ERASED

    def test_two_writers_racing_lose_nothing_and_double_nothing(self, store):
        chunks = [store.many(20, start=start) for start in range(0, 200, 20)]

        def append(mine):
            for chunk in mine:
                store.log.append(chunk, heads=heads(*chunk))

        writers = [threading.Thread(target=append, args=(chunks[i::2],)) for i in range(2)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        rows = store.log.read(0, 1_000)
        assert [row.position for row in rows] == list(range(1, 201))
        assert {row.stream for row in rows} == {m.originator_id for c in chunks for m in c}

    def test_one_of_two_writers_of_the_same_version_is_refused(self, store, tmp_path, urls):
        first = store.received("a")
        store.log.append([first])
        with Store(tmp_path, *urls) as other:
            other.log.append([amended(first)])
        with pytest.raises(StaleError, match="is at version 2, not 1"):
            store.log.append([amended(first)])

    def test_a_lock_keeps_others_out_until_it_is_let_go(self, store, tmp_path, urls):
        with Store(tmp_path, *urls) as other:
            with store.log.lock("load"):
                with (
                    pytest.raises(LockedError, match="load is under way in"),
                    other.log.lock("load"),
                ):
                    pass
                with other.log.lock("link"):
                    pass
            with other.log.lock("load"):
                pass

    def test_a_lock_that_was_let_go_can_be_taken_at_once(self, store, tmp_path, urls):
        with Store(tmp_path, *urls) as other:
            for _ in range(50):
                for log in (store.log, other.log):
                    with log.lock("load"):
                        pass

    def test_a_batch_far_larger_than_the_stock_recorder_bears_is_appended(self, store):
        assert store.log.append(store.many(20_000)) == range(1, 20_001)

    def test_a_log_is_the_same_log_when_it_is_opened_again(self, store, tmp_path, urls):
        store.log.append(store.many(1))
        with Store(tmp_path, *urls) as again:
            assert again.log.id == store.log.id
            assert again.log.append(store.many(1, start=1)) == range(2, 3)

    def test_a_commit_whose_acknowledgement_was_lost_counts_once(self, store):
        stored = store.log.mapper.to_stored_events(store.many(3))
        options = {"heads": HeadChanges(), "expect": {}}
        recorder = store.log._recorder
        assert list(recorder.insert_events(stored, **options)) == [1, 2, 3]
        assert list(recorder.insert_events(stored, **options)) == [1, 2, 3]
        assert store.log.position() == 3
