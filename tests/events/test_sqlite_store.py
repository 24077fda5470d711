"""The event store in SQLite."""

import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy.engine import make_url

from events.chain import chain_key
from events.log import Log
from events.store.appending import Names
from tests.contracts.event_store import EventStoreContract
from tests.events.store_builders import Store, withdrawn


class TestSqliteStore(EventStoreContract):
    @pytest.fixture
    def urls(self, tmp_path):
        return (
            f"sqlite:///{tmp_path / 'home' / 'log.db'}",
            f"sqlite:///{tmp_path / 'home' / 'keys.db'}",
        )


def test_files_are_for_their_owner_only(tmp_path):
    with Store(tmp_path / "home") as store:
        store.log.append(store.many(1))
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "home").iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"log.db", "log.db-wal", "keys.db", "keys.db-wal", "master.key"} <= modes.keys()
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_position_is_never_used_again_after_its_row_is_gone(tmp_path):
    with Store(tmp_path) as store:
        store.log.append(store.many(3))
        with closing(sqlite3.connect(tmp_path / "log.db")) as tool, tool:
            tool.execute("DELETE FROM log_event WHERE rowid = 3")
        assert store.log.append(store.many(1, start=3)) == range(4, 5)
        with closing(sqlite3.connect(tmp_path / "log.db")) as tool, tool:
            tool.execute("DELETE FROM log_event WHERE rowid = 4")
            tool.execute("DELETE FROM log_chain WHERE last = 4")
        assert store.log.append(store.many(1, start=4)) == range(5, 6)


def test_a_commit_is_on_the_disk_before_it_returns_whatever_fails_then(tmp_path):
    """Not in the system's memory alone: ``FULL``, which SQLite calls 2."""
    with Store(tmp_path) as store:
        assert store.log._recorder.query("PRAGMA synchronous") == [(2,)]
        with store.keys._engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_a_clock_that_is_set_back_dates_no_commit_before_the_one_it_follows(tmp_path):
    times = iter([5, 3])
    with Store(tmp_path) as store:
        names = Names("log", chain_key(store.master.chain, "log"), clock=lambda: next(times))
        with Log(make_url(store.log_url), store.keys, names) as log:
            log.append(store.many(1))
            log.append(store.many(1, start=1))
            assert [one.recorded for one in log.links()] == [5, 5]


def test_positions_survive_a_dump_and_restore_over_a_gap(tmp_path):
    with Store(tmp_path) as store:
        store.log.append(store.many(4))
    with closing(sqlite3.connect(tmp_path / "log.db")) as tool, tool:
        tool.execute("DELETE FROM log_event WHERE rowid = 2")
        script = "\n".join(tool.iterdump())
    with closing(sqlite3.connect(tmp_path / "restored.db")) as restored:
        restored.executescript(script)
        found = restored.execute("SELECT rowid FROM log_event ORDER BY rowid").fetchall()
    assert found == [(1,), (3,), (4,)]


def test_the_last_version_of_a_long_stream_is_found_as_soon_as_that_of_a_short_one(tmp_path):
    """A reader's day has a stream of its own, and each look at a child asks for its end."""
    with Store(tmp_path) as store:
        short, long = store.received("short"), store.received("long", ordinal=2)
        store.log.append([short, *(withdrawn(short, version) for version in range(2, 4))])
        store.log.append([long, *(withdrawn(long, version) for version in range(2, 2_000))])
        assert _steps(store, long.originator_id) == _steps(store, short.originator_id)


def _steps(store, stream):
    """Steps of SQLite's machine that it takes to tell a stream's version."""
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    with store.log._recorder.datastore.get_connection(commit=False) as connection:
        connection._sqlite_conn.set_progress_handler(count, 1)
    store.log.versions([stream])
    return steps


def test_a_question_that_was_asked_before_is_not_parsed_again(tmp_path):
    """The stock pool forgets each statement as soon as there is another."""
    parsed = []

    def note(*what):
        parsed.append(what)
        return sqlite3.SQLITE_OK

    with Store(tmp_path) as store:
        with store.log._recorder.datastore.get_connection(commit=False) as connection:
            connection._sqlite_conn.set_authorizer(note)
        for _ in range(2):
            store.log.heads.act("shield")
            store.log.last_link()
        assert parsed
        parsed.clear()
        store.log.heads.act("shield")
        store.log.last_link()
        assert not parsed


def test_a_writer_waits_for_the_one_before_it(tmp_path):
    """The stock recorder fails here at once with "database is locked"."""
    with (
        Store(tmp_path) as store,
        closing(
            sqlite3.connect(tmp_path / "log.db", isolation_level=None, check_same_thread=False)
        ) as other,
    ):
        store.log.append(store.many(1))
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.execute, ["COMMIT"])
        release.start()
        assert store.log.append(store.many(1, start=1)) == range(2, 3)
        release.join()
