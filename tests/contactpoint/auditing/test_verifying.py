"""A record of access damaged in every way that we know, on both databases, and what is found."""

import json
import sqlite3
from contextlib import closing
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from contactpoint.accesses import Capacity
from contactpoint.auditing.verifying import DESTROYED, NEVER_ISSUED, verify
from contactpoint.installing import initialise, open_store
from contactpoint.people.actor import Actor
from contactpoint.settings import from_environment
from events.chain import START, ChainedEvent, link
from events.message import Origin
from events.verify import UNANCHORED
from tests.contactpoint.shields import Refuge

DAY = 1_800_000_000_000_000


class Desk:
    """An index whose record of access holds ten looks of two readers, each a commit."""

    def __init__(self, folder, url=None):
        environment = {"CONTACTPOINT_HOME": str(folder / "home")}
        if url is not None:
            for part in ("log", "keys", "read", "access"):
                schema = f"{part}_{uuid4().hex[:8]}"
                environment[f"CONTACTPOINT_{part.upper()}_URL"] = f"{url}schema={schema}"
        self.settings = from_environment(environment)
        initialise(self.settings)
        self.store = open_store(self.settings)
        for number in range(10):
            self.look(number)
        place = sa.make_url(self.settings.access_url)
        schema = str(place.query.get("schema", ""))
        self.at = "rowid" if not schema else "notification_id"
        self.table = "access_event" if not schema else f'"{schema}".access_event'
        self.chain = self.table.replace("_event", "_chain")
        self.engine = sa.create_engine(place.difference_update_query(["schema"]))

    def look(self, number):
        reader = ("ada", "bram")[number % 2]
        origin = Origin(DAY + number, reader, "child show")
        capacity = Capacity(Actor(reader))
        self.store.accesses.record(
            origin, "child show", capacity, reason=f"enquiry {number}", children=[UUID(int=number)]
        )

    def note(self):
        return self.store.checkpoints.keep_up(self.store.access)

    def change(self, *statements):
        names = {"event": self.table, "chain": self.chain, "at": self.at}
        with self.engine.begin() as connection:
            for statement in statements:
                assert connection.execute(sa.text(statement.format(**names))).rowcount

    def findings(self):
        return list(map(str, verify(self.store.access, self.store.checkpoints).findings))

    def end(self):
        return self.store.access.position()

    def cut(self, kept):
        self.change(f"DELETE FROM {{event}} WHERE {{at}} > {kept}")
        self.change(f"DELETE FROM {{chain}} WHERE last > {kept}")
        if self.at == "rowid":
            self.change(f"UPDATE sqlite_sequence SET seq = {kept} WHERE name = 'access_event'")

    def close(self):
        self.engine.dispose()
        self.store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request, tmp_path):
    url = None
    if request.param == "postgres":
        stated = request.getfixturevalue("postgres_url")
        url = f"{stated}{'&' if '?' in stated else '?'}"
    made = Desk(tmp_path, url)
    yield made
    made.close()


def test_a_record_as_it_was_written_is_whole_and_says_what_it_could_not_look_for(desk):
    report = verify(desk.store.access, desk.store.checkpoints)
    assert (report.findings, report.unchecked, report.events) == ([], [UNANCHORED], desk.end())
    again = verify(desk.store.access, desk.store.checkpoints)
    assert (again.findings, again.unchecked, again.checkpoints) == ([], [], 1)


def test_a_flipped_byte_is_found_wherever_it_is(desk):
    (state,) = [row.state for row in desk.store.access.read(5, 1)]
    for place in (0, 9, len(state) // 2, len(state) - 1):
        flipped = bytearray(state)
        flipped[place] ^= 1
        _write(desk, bytes(flipped))
        assert any("position 6" in one for one in desk.findings())
        _write(desk, state)
    assert desk.findings() == []


def _write(desk, state):
    with desk.engine.begin() as connection:
        connection.execute(
            sa.text(f"UPDATE {desk.table} SET state = :state WHERE {desk.at} = 6"),
            {"state": state},
        )


def test_a_missing_row_is_found(desk):
    desk.change("DELETE FROM {event} WHERE {at} = 6")
    assert "position 6: an event is missing" in desk.findings()


def test_a_missing_row_with_its_link_is_found(desk):
    desk.change("DELETE FROM {event} WHERE {at} = 6", "DELETE FROM {chain} WHERE last = 6")
    assert "position 7: a commit is missing before this one" in desk.findings()


def test_two_rows_that_took_each_others_places_are_found(desk):
    desk.change(
        "UPDATE {event} SET {at} = 99 WHERE {at} = 6",
        "UPDATE {event} SET {at} = 6 WHERE {at} = 7",
        "UPDATE {event} SET {at} = 7 WHERE {at} = 99",
    )
    found = desk.findings()
    assert [one.partition(":")[0] for one in found] == ["position 6", "position 7"]
    assert all("changed" in one for one in found)


def test_rows_shifted_to_close_the_gap_of_one_taken_out_are_found(desk):
    last = desk.end()
    desk.change("DELETE FROM {event} WHERE {at} = 6", "DELETE FROM {chain} WHERE last = 6")
    for position in range(7, last + 1):
        desk.change(
            f"UPDATE {{event}} SET {{at}} = {position - 1} WHERE {{at}} = {position}",
            f"UPDATE {{chain}} SET last = {position - 1}, first = {position - 1}"
            f" WHERE last = {position}",
        )
    assert any(one.startswith("position 6: ") for one in desk.findings())


def test_what_one_look_was_for_put_into_another_is_found(desk):
    rows = desk.store.access.read(5, 3)
    _write(desk, rows[2].state)
    assert desk.findings() == ["position 6: the event was changed: its seal or its form is broken"]


def test_without_a_checkpoint_a_cut_tail_is_said_to_be_out_of_sight(desk):
    desk.cut(8)
    report = verify(desk.store.access, desk.store.checkpoints)
    assert (report.findings, report.unchecked) == ([], [UNANCHORED])


def test_a_tail_cut_off_behind_a_checkpoint_is_found(desk):
    end = desk.note().position
    desk.cut(8)
    said = f"position {end}: the log ends at 8, but a checkpoint was signed here"
    assert desk.findings() == [said]
    assert desk.note() is None, "a record that lost its tail is not noted as if it were whole"


def test_a_chain_written_anew_with_its_own_key_is_found_by_a_checkpoint(desk):
    end = desk.note().position
    access = desk.store.access
    desk.change("UPDATE {event} SET topic = topic WHERE {at} = 1", "DELETE FROM {chain}")
    rows = [
        ChainedEvent(row.position, row.stream.bytes, row.version, row.type, row.state)
        for row in access.read(0, 99)
    ]
    made = link(access.names.chain_key, START, (1, end, 5), rows)
    with desk.engine.begin() as connection:
        connection.execute(
            sa.text(f"INSERT INTO {desk.chain} (first, last, recorded, hash) VALUES (:a,:b,:c,:d)"),
            dict(zip("abcd", made, strict=True)),
        )
    assert desk.findings() == [
        f"position {end}: the chain was written anew: a checkpoint has another hash"
    ]


def test_a_reason_whose_key_was_taken_away_is_found_once_for_the_day_of_a_reader(desk):
    look = next(row for row in desk.store.access.read(0, 99) if "ChildrenAccessed" in row.type)
    desk.store.keys.destroy([look.stream.bytes])
    assert desk.findings() == [f"position {look.position}: {DESTROYED}"]


def test_a_record_younger_than_its_keys_is_found(desk):
    look = next(row for row in desk.store.access.read(0, 99) if "ChildrenAccessed" in row.type)
    place = sa.make_url(desk.settings.keys_url)
    schema = place.query.get("schema", "")
    table = "subject_key" if not schema else f'"{schema}".subject_key'
    engine = sa.create_engine(place.difference_update_query(["schema"]))
    with engine.begin() as connection:
        delete = f"DELETE FROM {table} WHERE subject = :subject"
        assert connection.execute(sa.text(delete), {"subject": look.stream.bytes}).rowcount
    engine.dispose()
    fresh = open_store(desk.settings)
    found = verify(fresh.access, fresh.checkpoints).findings
    fresh.close()
    assert list(map(str, found)) == [f"position {look.position}: {NEVER_ISSUED}"]


def test_what_is_wrong_is_never_noted_as_right(desk):
    desk.change("DELETE FROM {event} WHERE {at} = 6")
    assert desk.findings()
    assert list(desk.store.checkpoints.read(desk.store.access)) == []


def test_every_command_that_wrote_to_the_record_notes_how_far_it_goes(tmp_path):
    home = Refuge(tmp_path)
    reader = home.reader()
    for _ in range(2):
        home.asked(reader, "child", "show", "1", "--reason", "enquiry 7")
        assert _noted(home) == _end(home)
    denied = home.asked(reader, "erase", "1", "--yes")
    assert denied.exception.exit_code == 4
    assert _noted(home) == _end(home)
    home.run("audit", "verify")


def _noted(home):
    with home.opened() as store:
        return [note.position for _, note in store.checkpoints.read(store.access)][-1]


def _end(home):
    with home.opened() as store:
        return store.access.position()


def test_a_folder_that_takes_no_checkpoint_holds_up_no_answer(tmp_path):
    home = Refuge(tmp_path)
    file = tmp_path / "a file and no folder"
    file.write_text("")
    home.environment["CONTACTPOINT_CHECKPOINTS"] = str(file / "inside")
    assert "no checkpoint of the record of access could be noted" in home.run("status").stderr


def test_the_command_says_what_is_amiss_and_ends_with_one(tmp_path):
    home = Refuge(tmp_path)
    assert json.loads(home.run("audit", "verify", "--json").stdout)["findings"] == []
    home.asked(home.reader(), "child", "show", "1", "--reason", "enquiry 7")
    with closing(sqlite3.connect(tmp_path / "home" / "access.db")) as tool, tool:
        tool.execute("DELETE FROM access_event WHERE rowid = 2")
    told = home.run("audit", "verify", expected=(1,))
    assert "position 2: an event is missing" in told.stdout
