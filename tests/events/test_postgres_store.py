"""The event store in PostgreSQL."""

import os
import subprocess
import sys
import threading

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from events.store.heads import HeadChanges
from events.store.postgres import ForbiddenSettingError
from tests.contracts.event_store import EventStoreContract
from tests.events.store_builders import Store, amended


class TestPostgresStore(EventStoreContract):
    @pytest.fixture
    def urls(self, postgres_schema_url):
        return postgres_schema_url, f"{postgres_schema_url}-keys"


@pytest.fixture
def store(tmp_path, postgres_schema_url):
    with Store(tmp_path, postgres_schema_url) as made:
        yield made


def test_database_functions_are_refused(tmp_path, postgres_schema_url):
    program = "from events.store.postgres import refuse_database_functions as f; f()"
    environment = {**os.environ, "POSTGRES_ENABLE_DB_FUNCTIONS": "y"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ForbiddenSettingError.__name__ in done.stderr


def test_a_tailing_reader_never_passes_an_event_that_commits_later(store):
    """A transaction is held open after taking its position; the next writer has to wait for it."""
    early, late = store.log.mapper.to_stored_events(store.many(2))
    recorder = store.log._recorder
    with store.log.session() as slow, slow.transaction():
        cursor = slow.cursor()
        recorder._lock_table(cursor)
        recorder.write(cursor, [early])
        writer = threading.Thread(
            target=recorder.insert_events,
            args=([late],),
            kwargs={"heads": HeadChanges(), "expect": {}},
        )
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
        assert store.log.read(0, 9) == []
    writer.join()
    assert [row.stream for row in store.log.read(0, 9)] == [early.originator_id, late.originator_id]


def test_a_connection_that_dies_after_the_commit_is_no_failure_and_no_second_copy(store):
    recorder = store.log._recorder
    commit = recorder.commit
    died: list[bool] = []

    def commit_and_die(*arguments):
        positions = commit(*arguments)
        if not died:
            died.append(True)
            raise OperationalError("server closed the connection unexpectedly")
        return positions

    recorder.commit = commit_and_die
    messages = store.many(3)
    later = [amended(message) for message in messages]
    assert store.log.append(messages) == range(1, 4)
    assert died
    died.clear()
    assert store.log.append(later) == range(4, 7)
    assert store.log.position() == 6


def test_a_connection_that_the_server_ends_is_replaced(store):
    store.log.append(store.many(1))
    with store.log.session() as tool:
        tool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert store.log.append(store.many(1, start=1)) == range(2, 3)


def test_sessions_are_never_without_time_limits(store):
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        assert store.log._recorder.query(f"SHOW {name}") != [("0",)]


def test_the_lock_of_a_dead_session_does_not_delay_the_next(store):
    held = store.log.lock("load")
    held.__enter__()
    with psycopg.connect(**_arguments(store)) as tool:
        tool.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    with store.log.lock("load", wait=5):
        pass


def _arguments(store):
    kwargs = dict(store.log._recorder.datastore.pool.kwargs)
    kwargs.pop("row_factory")
    return kwargs
