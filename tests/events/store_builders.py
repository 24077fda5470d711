"""Builders for the tests of the store: invented records, their events and heads."""

from contextlib import ExitStack
from uuid import UUID

from events.keys import SubjectKeys
from events.log import open_log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.record import Order, Record, RecordAmended, RecordReceived, RecordWithdrawn, Statement
from events.store.heads import HeadChanges, RecordHead
from person.names import PersonName
from person.particulars import Particulars

ORIGIN = Origin(1_700_000_000_000_000, "os:clerk", "load 9f3c2a11")
PLACE = Order(1_700_000_000_000_000, 0, b"content of sixteen"[:16])


def record_id(n):
    return UUID(int=n)


class Store:
    """A log with its keys, as an installation has them."""

    def __init__(self, folder, log_url=None, keys_url=None, **options):
        path = folder / "master.key"
        self.master = MasterKey.load(path) if path.exists() else MasterKey.create(path)
        keys_url = keys_url or f"sqlite:///{folder / 'keys.db'}"
        self.log_url = log_url or f"sqlite:///{folder / 'log.db'}"
        self.keys = SubjectKeys(keys_url, self.master, create=True)
        with ExitStack() as half:
            half.callback(self.keys.close)
            self.log = open_log(self.log_url, self.keys, self.master, create=True, **options)
            half.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.close()
        self.keys.close()

    def record(self, key):
        return UUID(bytes=self.master.hashes.record_id("pds", key))

    def received(self, key, ordinal=1, version=1, family="Example"):
        record = self.record(key)
        (number,) = self.keys.issue([record.bytes])
        statement = Statement(key, Particulars(names=(PersonName(("Ada",), family),)))
        event = RecordReceived(
            ordinal, "pds", "", "d" * 16, 1, PLACE, PLACE, b"t" * 16, statement=statement
        )
        return Recorded(record, version, ORIGIN, PLACE.effective, event, (number, 0))

    def many(self, count, start=0):
        records = [self.record(f"many {start + i}") for i in range(count)]
        numbers = self.keys.issue([record.bytes for record in records])
        statement = Statement("key", Particulars())
        return [
            Recorded(
                record,
                1,
                ORIGIN,
                PLACE.effective,
                RecordReceived(
                    start + i + 1,
                    "pds",
                    "",
                    "d" * 16,
                    start + i,
                    PLACE,
                    PLACE,
                    b"t" * 16,
                    statement=statement,
                ),
                (number, 0),
            )
            for i, (record, number) in enumerate(zip(records, numbers, strict=True))
        ]


def withdrawn(message, version=2):
    event = RecordWithdrawn("d" * 16, PLACE, "absent")
    return Recorded(message.originator_id, version, ORIGIN, PLACE.effective, event)


def amended(message, version=2):
    event = RecordAmended(
        "d" * 16, 1, PLACE, PLACE, b"t" * 16, statement=Statement("key", Particulars(sex="F"))
    )
    return Recorded(message.originator_id, version, ORIGIN, PLACE.effective, event, message.keys)


def head(message, **changes):
    event = message.event
    state = Record(
        ordinal=event.ordinal,
        source=event.source,
        scope=changes.pop("scope", event.scope),
        version=message.originator_version,
        standing=changes.pop("standing", "current"),
        stated=event.stated,
        stated_version=1,
        statements=1,
        present=event.seen,
        traits=event.traits,
    )
    return RecordHead(message.originator_id, state, message.keys[0], message.keys[1], **changes)


def heads(*messages, **changes):
    return HeadChanges(records=[head(message, **changes) for message in messages])
