"""Tampering with a log in every way that we know, and what verification says of it."""

import sqlite3
from contextlib import closing

import pytest

from events.chain import START, ChainedEvent, link
from events.checkpoints import Checkpoints
from events.keys import KeyStoreError
from events.log import LogError
from events.message import Recorded
from events.never_link import NeverLinkGrown
from events.record import RecordReceived
from events.store.heads import HeadChanges, ScopeHead
from events.verify import UNANCHORED, verify, verify_keys
from tests.events.store_builders import ORIGIN, PLACE, Store, head


@pytest.fixture
def store(tmp_path):
    """Three commits of four events each, with their heads and a checkpoint."""
    with Store(tmp_path) as made:
        for start in (0, 4, 8):
            messages = made.many(4, start=start)
            made.log.append(messages, heads=HeadChanges([head(message) for message in messages]))
        yield made


@pytest.fixture
def notes(store, tmp_path):
    made = Checkpoints(tmp_path / "elsewhere", store.master.signing)
    made.write(store.log)
    return made


def heads_of(messages):
    return [head(message) for message in messages if isinstance(message.event, RecordReceived)]


def change(tmp_path, *statements):
    with closing(sqlite3.connect(tmp_path / "log.db")) as tool, tool:
        for statement in statements:
            assert tool.execute(statement).rowcount


def findings(store, notes=None):
    return [str(one) for one in verify(store.log, notes).findings]


def test_an_untouched_log_is_whole(store, notes):
    report = verify(store.log, notes, heads_of)
    assert report.is_whole
    assert report.unchecked == []
    assert (report.events, report.commits, report.checkpoints) == (12, 3, 1)


def flipped(column, place):
    """An SQL expression: `column` with another byte at `place`, from 1, than it has there."""
    byte = f"CASE substr({column}, {place}, 1) WHEN x'00' THEN x'01' ELSE x'00' END"
    return (
        f"CAST(substr({column}, 1, {place - 1}) || {byte} || substr({column}, {place + 1}) AS BLOB)"
    )


def test_a_flipped_byte_is_found_where_it_is(store, tmp_path):
    change(tmp_path, f"UPDATE log_event SET state = {flipped('state', 151)} WHERE rowid = 6")
    assert findings(store) == ["position 6: the event was changed: its seal or its form is broken"]


def test_two_events_with_their_places_exchanged_are_found(store, tmp_path):
    change(
        tmp_path,
        "UPDATE log_event SET rowid = 99 WHERE rowid = 6",
        "UPDATE log_event SET rowid = 6 WHERE rowid = 7",
        "UPDATE log_event SET rowid = 7 WHERE rowid = 99",
    )
    assert findings(store) == [
        "position 5: something between here and position 8 was changed or exchanged"
    ]


def test_two_ciphertexts_exchanged_are_found_and_open_nothing(store, tmp_path):
    change(
        tmp_path,
        "UPDATE log_event SET state = (SELECT state FROM log_event WHERE rowid = 7)"
        " WHERE rowid = 6",
    )
    assert findings(store) == ["position 6: the event was changed: its seal or its form is broken"]


@pytest.mark.parametrize(
    "alien", ["state = substr(state, 1, 20) || x'ff'", "topic = x'ff00'", "topic = 'other'"]
)
def test_a_row_that_cannot_even_be_read_is_found_where_it_is(store, tmp_path, alien):
    change(tmp_path, f"UPDATE log_event SET {alien} WHERE rowid = 6")
    assert findings(store) == [
        "position 6: the event is of no type known here, or not in the form of one"
    ]


def test_positions_given_out_beyond_the_last_commit_are_found(store, tmp_path):
    change(tmp_path, "UPDATE sqlite_sequence SET seq = 99 WHERE name = 'log_event'")
    assert findings(store) == [
        "position 99: positions were given out up to here, but commits end at 12"
    ]


def test_a_missing_event_is_found(store, tmp_path):
    change(tmp_path, "DELETE FROM log_event WHERE rowid = 6")
    assert findings(store) == ["position 6: an event is missing"]


def test_a_missing_commit_is_found(store, tmp_path):
    change(
        tmp_path,
        "DELETE FROM log_event WHERE rowid BETWEEN 5 AND 8",
        "DELETE FROM log_chain WHERE last = 8",
    )
    assert "position 9: a commit is missing before this one" in findings(store)


def test_an_event_put_in_is_found(store, tmp_path):
    change(
        tmp_path,
        "INSERT INTO log_event SELECT 13, originator_id, 2, topic, state FROM log_event LIMIT 1",
    )
    assert findings(store) == ["position 13: events that no commit accounts for"]


def cut_the_tail(tmp_path):
    change(
        tmp_path,
        "DELETE FROM log_event WHERE rowid > 8",
        "DELETE FROM log_chain WHERE last > 8",
        "UPDATE sqlite_sequence SET seq = 8 WHERE name = 'log_event'",
    )


def test_a_tail_cut_off_is_found_by_a_checkpoint(store, notes, tmp_path):
    cut_the_tail(tmp_path)
    assert findings(store, notes) == [
        "position 12: the log ends at 8, but a checkpoint was signed here"
    ]


def test_a_log_whose_id_was_taken_away_with_its_tail_gets_no_new_one(store, tmp_path):
    """Under a new id the checkpoints would be another log's, and the cut out of sight."""
    cut_the_tail(tmp_path)
    change(tmp_path, "DELETE FROM log_identity")
    with pytest.raises(LogError, match="has commits and no id"):
        Store(tmp_path)


def test_without_a_checkpoint_a_cut_tail_is_said_to_be_out_of_sight(store, tmp_path):
    cut_the_tail(tmp_path)
    report = verify(store.log)
    assert report.is_whole
    assert UNANCHORED in report.unchecked


def test_a_chain_written_anew_with_its_own_key_is_found_by_a_checkpoint(store, notes, tmp_path):
    change(tmp_path, "DELETE FROM log_chain", "UPDATE log_event SET topic = topic WHERE rowid = 1")
    rows = [
        ChainedEvent(row.position, row.stream.bytes, row.version, row.type, row.state)
        for row in store.log.read(0, 99)
    ]
    made = link(store.log.names.chain_key, START, (1, 12, 5), rows)
    with closing(sqlite3.connect(tmp_path / "log.db")) as tool, tool:
        tool.execute("INSERT INTO log_chain (first, last, recorded, hash) VALUES (?,?,?,?)", made)
    assert verify(store.log).is_whole
    assert findings(store, notes) == [
        "position 12: the chain was written anew: a checkpoint has another hash"
    ]


def test_a_checkpoint_that_we_did_not_sign_is_found(store, notes, tmp_path):
    (file,) = (tmp_path / "elsewhere").iterdir()
    file.write_text(file.read_text().replace('"position":12', '"position":11'))
    assert findings(store, notes) == ["line 1 of the checkpoints is not one signed for this log"]


def test_a_checkpoint_that_was_made_to_say_that_a_backup_was_restored_is_found(
    store, notes, tmp_path
):
    """It would void those of a tail that was cut off."""
    (path,) = (tmp_path / "elsewhere").iterdir()
    path.write_bytes(path.read_bytes().replace(b'"restored":false', b'"restored":true'))
    assert findings(store, notes) == ["line 1 of the checkpoints is not one signed for this log"]


def test_a_checkpoint_cut_short_by_a_crash_is_passed_over(store, notes, tmp_path):
    (file,) = (tmp_path / "elsewhere").iterdir()
    file.write_bytes(file.read_bytes() + b'{"log":"ab')
    notes.write(store.log)
    report = verify(store.log, notes)
    assert report.is_whole
    assert report.checkpoints == 2


def test_a_note_is_made_where_the_log_went_on_and_only_there(store, notes):
    assert notes.keep_up(store.log) is None
    store.log.append(store.many(1, start=12))
    assert notes.keep_up(store.log, after=3600) is None, "the last note is younger than that"
    assert notes.keep_up(store.log).position == 13
    assert [note.position for _, note in notes.read(store.log)] == [12, 13]


def test_a_note_cut_short_by_a_crash_is_made_again(store, notes, tmp_path):
    (file,) = (tmp_path / "elsewhere").iterdir()
    file.write_bytes(file.read_bytes()[:-40])
    assert notes.keep_up(store.log).position == 12
    assert verify(store.log, notes).is_whole


def test_a_log_that_lost_its_tail_is_not_noted_as_whole(store, notes, tmp_path):
    cut_the_tail(tmp_path)
    assert notes.keep_up(store.log) is None


def test_a_changed_head_a_missing_head_and_a_head_too_many_are_found(store, tmp_path):
    change(
        tmp_path,
        "UPDATE record_head SET statements = 5 WHERE ordinal = 1",
        "DELETE FROM record_head WHERE ordinal = 2",
    )
    store.log.append(
        store.many(1, start=12), heads=HeadChanges(scopes=[ScopeHead("pds", "", PLACE)])
    )
    found = [one.what for one in verify(store.log, None, heads_of).findings]
    one, two, new = (store.record(f"many {i}").hex[:8] for i in (0, 1, 12))
    assert sorted(found) == sorted(
        [
            f"the head of record {one} does not follow from its events",
            f"the head of record {two} is missing",
            f"the head of record {new} is missing",
            "the head of scope pds does not follow from its events",
        ]
    )


def test_a_head_that_does_not_read_as_one_is_found(store, tmp_path):
    change(tmp_path, "UPDATE record_head SET absent_effective = 1 WHERE ordinal = 1")
    found = [one.what for one in verify(store.log, None, heads_of).findings]
    assert found == ["the heads of records: one is not in the form of one"]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (
            f"UPDATE subject_key SET wrapped = {flipped('wrapped', 21)} WHERE number = 3",
            "subject key 3 does not open",
        ),
        ("UPDATE subject_key SET wrapped = x'00' WHERE number = 3", "subject key 3 does not open"),
        ("UPDATE subject_key SET wrapping = 9 WHERE number = 3", "subject key 3 does not open"),
        ("DELETE FROM subject_key WHERE number = 3", "subject key 3 is missing"),
        ("DELETE FROM subject_key WHERE number = 12", "subject key 12 is missing"),
        (
            "UPDATE subject_key SET wrapped = NULL WHERE number = 3",
            "subject key 3 was destroyed, and no erasure says so",
        ),
        (
            "DELETE FROM key_state",
            "the row of key_state is gone; expected the counts of the subject keys",
        ),
        (
            "UPDATE key_state SET erasures = erasures + 5",
            "the erasures counted are 6, and their ledger ends at 1",
        ),
        ("UPDATE erasure SET number = 3", "the erasures counted are 1, and their ledger ends at 3"),
    ],
)
def test_a_key_that_is_gone_or_does_not_open_is_found(store, tmp_path, tampering, found):
    store.keys.destroy([store.record("many 4").bytes])
    assert verify_keys(store.keys) == []
    with closing(sqlite3.connect(tmp_path / "keys.db")) as tool, tool:
        assert tool.execute(tampering).rowcount == 1
    assert [one.what for one in verify_keys(store.keys)] == [found]


def test_a_wrapping_key_in_force_that_the_master_key_lacks_is_found(store, tmp_path):
    with closing(sqlite3.connect(tmp_path / "keys.db")) as tool, tool:
        tool.execute("UPDATE key_state SET wrapping = 9")
    (found,) = [one.what for one in verify_keys(store.keys)]
    assert found.startswith("new keys cannot be wrapped: wrapping key 9 is not in ")


def test_keys_without_their_counts_are_refused_by_name(store, tmp_path):
    with closing(sqlite3.connect(tmp_path / "keys.db")) as tool, tool:
        tool.execute("DELETE FROM key_state")
    acts = [(store.keys.issue, b"s" * 16), (store.keys.destroy, b"s" * 16), (store.keys.openers, 1)]
    for act, of in acts:
        with pytest.raises(KeyStoreError, match="key_state is gone"):
            act([of])


def flip_in_an_index(path, name):
    """Change a byte of the values that an index holds, and none of its table."""
    with closing(sqlite3.connect(path)) as tool:
        tool.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((root, size),) = tool.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = ?",
            (name,),
        )
    content = bytearray(path.read_bytes())
    content[root * size - 8] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["log_event_stream", "record_head_index"])
def test_an_index_that_no_longer_fits_its_table_is_found(store, tmp_path, name):
    """By it a stream would lose an event, or a shield its record, that a walk still reads."""
    store.log.close()
    flip_in_an_index(tmp_path / "log.db", name)
    with Store(tmp_path) as again:
        found = findings(again)
    assert found
    assert all(one.startswith("the database is damaged: ") for one in found)


def test_an_index_of_the_keys_that_no_longer_fits_is_found(store, tmp_path):
    store.keys.close()
    flip_in_an_index(tmp_path / "keys.db", "sqlite_autoindex_subject_key_1")
    with Store(tmp_path) as again:
        found = [one.what for one in verify_keys(again.keys)]
    assert found
    assert all(one.startswith("the database is damaged: ") for one in found)


def test_of_many_keys_amiss_the_first_are_named(store, tmp_path):
    with closing(sqlite3.connect(tmp_path / "keys.db")) as tool, tool:
        tool.execute("DELETE FROM subject_key")
    found = [one.what for one in verify_keys(store.keys, most=2)]
    assert found[0] == "subject key 1 is missing"
    assert found[2:] == ["more subject keys like these"]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE act_head SET position = 4", "the head of each judgement is not at its last event"),
        (
            "UPDATE act_head SET position = 99",
            "the head of each judgement is not at its last event",
        ),
        ("DELETE FROM act_head", "the head of each judgement is missing"),
    ],
)
def test_a_head_of_an_act_that_was_moved_or_taken_away_is_found(store, tmp_path, tampering, found):
    record = store.record("many 0")
    grown = NeverLinkGrown(left=(record,))
    store.log.append([Recorded(store.record("a pair"), 1, ORIGIN, PLACE.effective, grown)])
    assert verify(store.log, None, heads_of).is_whole
    change(tmp_path, tampering)
    assert [one.what for one in verify(store.log, None, heads_of).findings] == [found]


def test_checkpoints_after_the_end_of_a_restored_backup_count_no_more(store, notes, tmp_path):
    end = store.log.links()[1]
    change(
        tmp_path,
        f"DELETE FROM log_event WHERE rowid > {end.last}",
        f"DELETE FROM log_chain WHERE last > {end.last}",
        f"UPDATE sqlite_sequence SET seq = {end.last} WHERE name = 'log_event'",
    )
    assert findings(store, notes) == [
        f"position 12: the log ends at {end.last}, but a checkpoint was signed here"
    ]
    assert verify(store.log, notes, upto=end.last).later[-1].position == 12
    notes.write_restored(store.log, end.last, end.hash.hex())
    report = verify(store.log, notes)
    assert report.findings == []
    assert f"restored from a backup that ended at position {end.last}" in report.unchecked[0]


def test_a_note_of_a_restore_names_a_commit_that_the_log_must_have(store, notes):
    notes.write_restored(store.log, 8, "ab" * 32)
    assert "the chain was written anew" in findings(store, notes)[0]
