"""The service as it is run: health and figures on a port of their own, logs, and how it ends."""

import json
import signal
import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx
import pytest

from contactpoint.errors import ContactpointError
from contactpoint.serving.health import Health, answering
from contactpoint.serving.running import Listening, free_address
from events.access import ChildrenAccessed
from events.store.locks import LockedError
from tests.contactpoint.serving.conftest import ASHA
from tests.contactpoint.serving.running import PATIENCE, REASON, Running


@pytest.fixture(scope="module")
def running(filled, tmp_path_factory):
    made = Running(filled.lent(tmp_path_factory.mktemp("running")), workers=2)
    yield made
    made.process.kill()  # its workers end by themselves then
    made.process.communicate()


def is_listening(port):
    with closing(socket.socket()) as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_a_restore_does_not_replace_an_index_that_is_being_served(running):
    folder = running.desk.folder / "backup"
    running.desk.run("backup", folder)
    with pytest.raises(LockedError, match="serve is under way in process"):
        running.desk.run("restore", folder, "--replace")
    running.desk.run("restore", folder, "--drill")


def test_the_service_runs_is_watched_and_ends_when_every_request_is_answered(running):
    assert running.ask(f"/children/{running.number}").status_code == 200
    assert running.ask(f"/children/{ASHA}?name=Zebulonix").status_code == 404
    assert running.ask(f"/nowhere/{running.number}").status_code == 404
    counted = 'contactpoint_requests_total{method="GET",route="/children/{number}",status='
    assert running.figure(f'{counted}"200"') == 1
    assert running.figure(f'{counted}"404"') == 1
    assert running.figure('contactpoint_requests_total{method="GET",route="none"') == 1
    assert running.health("readyz").status_code == 200
    assert running.figure("contactpoint_projection_lag_events") == 0

    with closing(sqlite3.connect(running.desk.home / "access.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(running.ask(f"/children/{running.number}"))
        )
        asking.start()
        running.wait_for(lambda: running.figure("contactpoint_requests_under_way") == 1)
        running.process.send_signal(signal.SIGTERM)
        running.wait_for(lambda: running.health("readyz").status_code == 503)
        assert running.health("readyz").json()["checks"]["draining"] == "ending"
        assert answers == []
        held.execute("ROLLBACK")
    asking.join()
    assert answers[0].status_code == 200
    _, said = running.process.communicate(timeout=PATIENCE)
    assert running.process.returncode == 0

    looks = running.desk.looks(ChildrenAccessed)
    assert [look.asked.reason for look in looks].count(REASON) == 3
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    answered = [line for line in lines if line["event"] == "answered"]
    assert [line["route"] for line in answered].count("/children/{number}") == 3
    assert len({line["reader"] for line in answered if line["status"] == 200}) == 1
    assert all(line["ms"] > 0 and line["request"] for line in answered)
    for word in (running.number, ASHA, "Zebulonix", "Wendlebury", "rita", running.token, "nowhere"):
        assert word not in said


def test_workers_end_when_the_process_that_began_them_was_killed(own):
    running = Running(own, workers=1)
    assert is_listening(running.port)
    running.process.kill()
    running.process.communicate()  # until the last of them lets go of its end
    assert not is_listening(running.port)


@pytest.fixture
def health(own, tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    with own.opened() as store:
        store.projector.catch_up()
        _ = store.access
        yield Health(store, folder)


def checks(answer):
    status, _, body = answer
    told = json.loads(body)
    assert told["ok"] == (status == 200)
    return {what: how for what, how in told["checks"].items() if how != "ok"}


def test_a_service_without_a_worker_is_not_ready(health):
    assert checks(health.ready()) == {"workers": "none is ready"}


def test_a_service_lives_while_its_workers_have_still_to_begin_and_then_no_more(health):
    begun = health._begun
    assert checks(health.live()) == {}
    health._clock = lambda: begun + 61
    assert checks(health.live()) == {"workers": "none is at work"}


def test_read_models_behind_the_shields_are_not_ready(health, own):
    with own.opened() as store:
        store.log.heads._tables.execute("UPDATE act_head SET position = position + 1000")
    assert "read models" not in checks(health.ready())
    now = health._clock()
    health._clock = lambda: now + 11
    assert checks(health.ready())["read models"] == "behind the shields"


def test_read_models_that_pass_one_shield_after_another_are_ready(health, own):
    now, end = health._clock(), health._store.log.position()
    for turn in range(4):
        health._clock = lambda turn=turn: now + 9 * turn
        with own.opened() as store:
            tables = store.log.heads._tables
            tables.execute("UPDATE act_head SET position = ? WHERE act = 'shield'", (end + turn,))
            with store.read.begin() as read:
                read.exec_driver_sql(f"UPDATE projection SET position = {end + turn - 1}")
        assert "read models" not in checks(health.ready())


def test_a_database_out_of_reach_is_named_and_how_without_its_words(health, own):
    with closing(sqlite3.connect(own.home / "read.db")) as read, read:
        read.execute("DROP TABLE projection")
    with closing(sqlite3.connect(own.home / "access.db")) as access, access:
        access.execute("DROP TABLE access_chain")
    found = checks(health.ready())
    assert found["read models"] == "OperationalError"
    assert "Error" in found["record of access"]
    status, _, told = health.metrics()
    assert status == 200
    assert b"contactpoint_projection_lag_events" not in told


def test_a_record_of_access_that_another_holds_is_not_ready_until_it_is_let_go(health, own):
    with closing(sqlite3.connect(own.home / "access.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        assert checks(health.ready())["record of access"] == "held by another"
        held.execute("ROLLBACK")
        assert "record of access" not in checks(health.ready())


def test_tables_of_another_version_are_not_ready(health, own):
    with closing(sqlite3.connect(own.home / "read.db")) as read, read:
        read.execute("UPDATE read_schema SET version_num = '0000'")
    assert checks(health.ready())["read models"] == "SchemaError"


def test_a_service_that_is_ending_is_not_ready_and_lives(health):
    health.drain()
    assert checks(health.ready())["draining"] == "ending"
    assert checks(health.live()) == {}


def test_the_port_of_health_knows_three_paths(health):
    with answering(health, ("127.0.0.1", 0)) as port:
        asked = {path: httpx.get(f"http://127.0.0.1:{port}/{path}") for path in ("livez", "x")}
        refused = httpx.post(f"http://127.0.0.1:{port}/metrics")
    assert (asked["livez"].status_code, asked["x"].status_code) == (200, 404)
    assert refused.status_code == 501


def test_a_port_of_health_that_is_taken_is_named(health):
    with answering(health, ("127.0.0.1", 0)) as port:
        taken = pytest.raises(ContactpointError, match=f"CONTACTPOINT_METRICS: 127.0.0.1:{port}: ")
        with taken, answering(health, ("127.0.0.1", port)):
            pass


@pytest.mark.parametrize("shared", [False, True])
def test_an_address_that_is_taken_is_named_also_where_another_service_would_share_it(shared):
    with closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            ContactpointError, match=rf"127\.0\.0\.1:{port}: Address already in use"
        ):
            free_address(Listening("127.0.0.1", port, 1))
    assert free_address(Listening("localhost", port, 1)) in ("127.0.0.1", "::1")


def test_an_address_that_is_none_of_this_machine_is_named(running):
    with pytest.raises(ContactpointError, match=r"--host and --port: 192\.0\.2\.1:"):
        running.desk.run("serve", "--host", "192.0.2.1")


def test_two_workers_together_show_nobody_more_people_than_one_may(filled, tmp_path):
    desk = filled.lent(tmp_path)
    rows = [{"key": f"k{n}", "given": "Ida", "family": f"Quill{'abcdef'[n]}",
             "dob": f"2012-{n + 1:02}-03"} for n in range(6)]  # fmt: skip
    desk.load(rows, "club")
    numbers = [desk.number("club", f"k{n}") for n in range(6)]
    desk.environment |= {"CONTACTPOINT_PEOPLE": "practitioner=2", "CONTACTPOINT_BURST": "1000"}
    served = Running(desk, workers=2)
    try:
        with ThreadPoolExecutor(6) as askers:
            answers = list(askers.map(lambda n: served.ask(f"/children/{n}").status_code, numbers))
    finally:
        served.process.kill()
        served.process.communicate()
    assert set(answers) == {200, 429}
    assert answers.count(200) <= 2
    shown = {child for look in desk.looks(ChildrenAccessed) for child in look.children
             if look.reader == "rita"}  # fmt: skip
    assert len(shown) == answers.count(200)
