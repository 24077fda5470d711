"""A store of its own for each test, and files that are quick to write."""

from itertools import count
from uuid import UUID

import msgspec
import pytest

from contactpoint.intake.deciding import Decision
from contactpoint.intake.loading import Loading
from contactpoint.intake.request import Request
from contactpoint.sources import Sources, registration
from events.delivery import Delivery, evolve
from events.keys import SubjectKeys
from events.log import open_log
from events.master import MasterKey
from events.message import Origin
from events.record import RecordReceived, Statement
from feeds.catalogue import FEEDS


class Store:
    """Keys and log in a folder; loads CSV rows given as dictionaries."""

    def __init__(self, folder, shared_from=None, kept_from=10**9, master=None):
        """``master``: the key of another store, where ties have to be broken as there."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.shared_from, self.kept_from = shared_from, kept_from
        self.master = master or MasterKey.create(folder / "master.key")
        self.keys = SubjectKeys(f"sqlite:///{folder}/keys.db", self.master, create=True)
        self.log = open_log(f"sqlite:///{folder}/log.db", self.keys, self.master, create=True)
        self._files = count(1)

    def loading(self, chunk=1000):
        return Loading(
            self.log,
            self.keys,
            self.master,
            chunk=chunk,
            work=self.folder,
            shared_from=self.shared_from,
            kept_from=self.kept_from,
        )

    def file(self, rows, suffix=".csv"):
        path = self.folder / f"file-{next(self._files)}{suffix}"
        columns = list(dict.fromkeys(key for row in rows for key in row)) or ["key", "given"]
        lines = [",".join(columns)] + [
            ",".join(str(row.get(column, "")) for column in columns) for row in rows
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def load(
        self,
        rows,
        *,
        day="2026-09-01",
        mode="delta",
        source="club",
        chunk=1000,
        feed="csv",
        reader=None,
        at=1_800_000_000_000_000,
        **options,
    ):
        path = rows if hasattr(rows, "exists") else self.file(rows)
        request = Request(
            paths=[path],
            feed=reader or FEEDS[feed],
            source=source,
            mode=mode,
            effective=day,
            **options,
        )
        return self.loading(chunk).load(request, Origin(at, "os:test", "load"))

    def decide(self, outcome, *, approve=True, at=1_900_000_000_000_000, feeds=FEEDS, **meant):
        """A decision on a delivery, or on its rows of some ``lines`` or ``records``."""
        rows = {name: frozenset(values) for name, values in meant.items()}
        decision = Decision(approve, "asked them", **rows)
        origin = Origin(at, "os:test", "delivery")
        return self.loading().decide(outcome.delivery, feeds, decision, origin)

    def delivery(self, outcome):
        return self.log.replay(outcome.delivery, Delivery(), evolve)

    def register(self, source="club", feed="csv", **settings):
        made = registration(source, feed, FEEDS[feed].settings)
        changed = msgspec.structs.replace(made, **settings)
        Sources(self.log, self.master).register(changed, Origin(1, "os:test", "test"))

    def record(self, key, source="club"):
        return UUID(bytes=self.master.hashes.record_id(source, key))

    def head(self, key, source="club"):
        return self.log.heads.records([self.record(key, source)]).get(self.record(key, source))

    def standing(self):
        """The standing of each record, by its key: ordinals differ from store to store."""
        keys = {
            message.originator_id: message.event.statement.key
            for message in self.log.decode(self.log.read(0, 10**6))
            if isinstance(message.event, RecordReceived)
            and isinstance(message.event.statement, Statement)
        }
        return {
            keys[head.record]: head.state.standing
            for head in self.log.heads.all_records()
            if head.state.ordinal
        }

    def close(self):
        self.log.close()
        self.keys.close()


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    yield made
    made.close()


def child(n, **changes):
    given = ["Asha", "Bram", "Cora", "Dele", "Esme", "Femi", "Gita", "Hugo", "Ines", "Joss"]
    row = {
        "key": f"c{n}",
        "given": given[n % 10],
        "family": f"Okonjo{'abcdefghij'[n % 10]}",
        "dob": f"2015-0{1 + n % 9}-1{n % 9}",
        "sex": "F",
        "postcode": "SE15 3QN",
    }
    return row | changes


def children(n, start=0):
    return [child(i) for i in range(start, start + n)]


__all__ = ["Store", "child", "children"]
