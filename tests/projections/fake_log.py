"""A log in memory, and short ways to say what happened."""

from contextlib import nullcontext
from typing import NamedTuple
from uuid import UUID

import msgspec
from pyroaring import BitMap

from events.catalogue import Catalogue
from events.child import ChildRegistered, Evidence, RecordsLinked
from events.delivery import ChunkAppended, Counts
from events.message import ERASED, Origin, Recorded
from events.record import Order, RecordAmended, RecordReceived, RecordWithdrawn, Statement
from events.shield import Shield, ShieldEvent, evolve
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Particulars
from person.places import Address


class Row(NamedTuple):
    position: int
    type: str


class FakeLog:
    """What a projector asks of the log, and ``append``."""

    def __init__(self):
        self.events = []
        self.erased = set()

    def append(self, stream, *events, effective=0):
        for event in events:
            version = 1 + sum(one.originator_id == stream for one in self.events)
            origin = Origin(recorded=1000 + len(self.events), actor="os:test", command="test")
            self.events.append(Recorded(stream, version, origin, effective, event))
        return self

    def erase(self, *streams):
        """Destroy the keys of these records: what is sealed reads as erased from here on."""
        self.erased.update(streams)

    @property
    def heads(self):
        return self

    def position(self):
        return len(self.events)

    def read(self, after, limit, upto=None):
        end = min(after + limit, len(self.events), upto if upto is not None else len(self.events))
        names = Catalogue()
        return [Row(i + 1, names.of(type(self.events[i].event)).stored) for i in range(after, end)]

    def reading(self):
        """Nothing moves while it is asked."""
        return nullcontext()

    def act(self, act):
        moved = [n for n, one in enumerate(self.events, start=1) if one.event.moves == act]
        return max(moved, default=0)

    def shielded(self, records=None):
        states: dict = {}
        for one in self.events:
            if isinstance(one.event, ShieldEvent):
                state = states.get(one.originator_id, Shield())
                states[one.originator_id] = evolve(state, one.event)
        found: dict = {}
        for shield, state in states.items():
            for record, kind in state.kinds().items():
                found.setdefault(record, {})[shield] = kind
        return found if records is None else {r: found[r] for r in records if r in found}

    def moved(self, streams, after):
        return any(one.originator_id in set(streams) for one in self.events[after:])

    def sides(self, _records):
        """No never-link stands in a log that is made up."""
        return []

    def decode(self, rows, *, opened=True, raw=False):
        found = [self.events[row.position - 1] for row in rows]
        if not opened:
            return [_closed(one) for one in found]
        return [_raw(self._opened(one)) if raw else self._opened(one) for one in found]

    def _opened(self, recorded):
        if recorded.originator_id in self.erased and hasattr(recorded.event, "statement"):
            blank = msgspec.structs.replace(recorded.event, statement=ERASED)
            return msgspec.structs.replace(recorded, event=blank)
        return recorded


def _raw(recorded):
    """What is sealed as its JSON; what cannot be opened any more stays its mark."""
    sealed = {name: getattr(recorded.event, name) for name in type(recorded.event).sealed}
    encoded = {
        name: value if value is None or value is ERASED else msgspec.Raw(msgspec.json.encode(value))
        for name, value in sealed.items()
    }
    event = msgspec.structs.replace(recorded.event, **encoded)
    return msgspec.structs.replace(recorded, event=event)


def _closed(recorded):
    event = recorded.event
    blank = msgspec.structs.replace(event, **dict.fromkeys(type(event).sealed))
    return msgspec.structs.replace(recorded, event=blank)


def rid(n):
    """The id of record ``n``."""
    return UUID(int=(n * 0x9E3779B97F4A7C15 << 60) % (1 << 128))


def cid(n):
    """The id of child ``n``."""
    return rid(n + 1_000_003)


def at(effective, content=b"c"):
    """A place in a source's time."""
    return Order(effective, 0, content)


def person(given="Ayesha", family="Khan", *, dob="2015-03-04", postcode="SE15 3QN", **more):
    return Particulars(
        names=(PersonName((given,), family),),
        birth=BirthDate(dob),
        addresses=(Address(("1 Mill Lane",), "London", postcode),),
        **{"sex": "F", **more},
    )


def received(n, who=None, *, source="school-a", when=1, seen=None, sensitive=None):
    return RecordReceived(
        ordinal=n,
        source=source,
        scope="",
        delivery="d" * 16,
        row=n,
        stated=at(when, _content(who)),
        seen=at(seen or when, b""),
        traits=b"",
        statement=Statement(f"key-{n}", who or person()),
        sensitive=sensitive,
    )


def amended(n, who, *, when, seen=None):
    return RecordAmended(
        delivery="d" * 16,
        row=n,
        stated=at(when, _content(who)),
        seen=at(seen or when, b""),
        traits=b"",
        statement=Statement(f"key-{n}", who),
    )


def withdrawn(when):
    return RecordWithdrawn("d" * 16, at(when, b""), "absent")


def confirmed(*ordinals, when, seen=()):
    counts = Counts(rows=len(ordinals), unchanged=len(ordinals))
    return ChunkAppended(
        number=0,
        counts=counts,
        order=at(when, b""),
        confirmed=BitMap(ordinals).serialize(),
        seen=BitMap(seen).serialize(),
    )


def registered(number, *records):
    return ChildRegistered(number, "m1", tuple(Evidence(rid(n)) for n in records))


def linked(*records):
    return RecordsLinked("m1", tuple(Evidence(rid(n)) for n in records))


def nhs(value="9000000009"):
    return Identifier("nhs", value)


def _content(who: Particulars | None) -> bytes:
    return msgspec.json.encode(who or person())[-60:]
