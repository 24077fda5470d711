"""No answer leaves before the access is on record, and none where it cannot be."""

import asyncio
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from contactpoint import bootstrap
from contactpoint.accesses import Accesses, Capacity, UnrecordedError
from contactpoint.people.actor import Actor
from contactpoint.serving import recording
from contactpoint.serving.recording import BatchedAccesses
from events.access import Asked, ChildrenAccessed
from events.message import Origin
from tests.contactpoint.serving.conftest import ASHA

ADA = Actor("ada")


@pytest.fixture
def writer(own):
    with own.opened() as store:
        made = BatchedAccesses(store.access, store.keys, store.master)
        yield made


def look(writer, reader="ada", at=1_800_000_000_000_000):
    origin = Origin(at, reader, "child show 1")
    return writer.look(origin, "child show", Capacity(ADA), asked=Asked("why"), children=())


def written(writer):
    log = writer.log
    return [m for rows in log.pages() for m in log.decode(rows)
            if isinstance(m.event, ChildrenAccessed) and m.event.act == "child show"]  # fmt: skip


def test_what_arrives_together_is_committed_together_and_all_of_it(writer):
    before = len(writer.log.links(0, 10_000))

    async def arrive():
        await asyncio.gather(
            *(writer.written([look(writer, f"reader {i % 3}")]) for i in range(30))
        )

    asyncio.run(arrive())
    assert len(written(writer)) == 30
    assert len(writer.log.links(0, 10_000)) - before == 1


def test_who_comes_alone_does_not_wait_for_others(writer, monkeypatch):
    monkeypatch.setattr(recording, "WINDOW", 3_600.0)

    async def arrive():
        for _ in range(3):
            await asyncio.wait_for(writer.written([look(writer)]), 30)

    asyncio.run(arrive())
    assert len(written(writer)) == 3


def test_threads_that_write_at_once_lose_nothing(writer):
    threads = [
        threading.Thread(target=writer.write, args=([look(writer, f"reader {i % 3}")],))
        for i in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written(writer)) == 30


def test_who_hung_up_keeps_nobody_else_waiting(writer):
    async def arrive():
        gone = asyncio.ensure_future(writer.written([look(writer)]))
        await asyncio.sleep(0)
        gone.cancel()
        await writer.written([look(writer)])

    asyncio.run(arrive())
    assert len(written(writer)) == 2


def test_a_stream_that_another_process_wrote_to_goes_on_behind_it(writer):
    writer.write([look(writer)])
    other = Accesses(writer.log, writer.keys, writer.master)
    other.write([look(writer)])
    writer.write([look(writer)])
    assert len(written(writer)) == 3


def test_whoever_waits_is_told_when_it_cannot_be_written(writer, monkeypatch):
    def broken(*_args, **_kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(type(writer.log), "append", broken)
    with pytest.raises(UnrecordedError):
        writer.write([look(writer)])
    monkeypatch.undo()
    writer.write([look(writer)])
    assert len(written(writer)) == 1


def test_where_another_holds_the_record_it_is_said_soon_and_answered_again_when_it_lets_go(
    own, monkeypatch
):
    monkeypatch.setattr(bootstrap, "RECORDING", 1)
    with own.serving():
        path = f"/children/{own.number('pds', ASHA)}"
        assert own.ask(path).status_code == 200
        other = sqlite3.connect(own.home / "access.db", isolation_level=None)
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            refused = own.ask(path)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert time.monotonic() - begun < 20
        assert own.ask(path).status_code == 200


def test_where_the_record_cannot_be_written_no_answer_leaves(own, monkeypatch):
    with own.serving():
        number = own.number("pds", ASHA)
        assert own.ask(f"/children/{number}").status_code == 200
        monkeypatch.setattr(
            recording.BatchedAccesses, "_append", lambda *_: (_ for _ in ()).throw(OSError("full"))
        )
        for path in (f"/children/{number}", "/children/123456789012"):
            answered = own.ask(path)
            assert answered.status_code == 503
            assert answered.headers["retry-after"] == "2"
            assert b"Okonjo" not in answered.content
            assert "etag" not in answered.headers
