"""The heads that follow from the log alone: what ``verify`` compares the stored heads with."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from uuid import UUID

import msgspec
from pyroaring import BitMap

from events.child import (
    Child,
    ChildClosed,
    ChildEvent,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    RecordsLinked,
    RecordsUnlinked,
)
from events.child import evolve as evolve_child
from events.delivery import ChunkAppended, DeliveryCompleted, DeliveryReceived
from events.judgement import JudgementReversed, PairJudged, PairRaised
from events.message import Recorded
from events.never_link import (
    NeverLinkDrawn,
    NeverLinkEvent,
    NeverLinkGrown,
    NeverLinkLifted,
    SidesGivenBack,
    sides_of,
)
from events.record import (
    Order,
    Record,
    RecordAmended,
    RecordEvent,
    RecordReceived,
    confirm,
    prove_present,
)
from events.record import evolve as evolve_record
from events.shield import Shield, ShieldEvent
from events.shield import evolve as evolve_shield
from events.spilled import Spilled
from events.store.heads import (
    ChildHead,
    DeliveryHead,
    Head,
    JudgementHead,
    KeyHead,
    RecordHead,
    ScopeHead,
    ShieldHead,
    SideRecord,
)


def heads_of(messages: Iterable[Recorded]) -> Iterator[Head]:
    """Every head as the events make it; those of records and children in a file where many."""
    folding = _Folding()
    for message in messages:
        folding.take(message)
    yield from folding.heads()


class _Folding:
    """The state of every record, child and scope, event by event."""

    def __init__(self) -> None:
        self.records = Spilled(RecordHead)
        self.ordinals = Spilled(UUID)
        """The record of each ordinal, which stands for an id."""
        self.children = Spilled(Child)
        self.scopes: dict[tuple[str, str], Order] = {}
        self.deliveries: dict[UUID, tuple[str, Order]] = {}
        self.keys: dict[UUID, UUID] = {}
        self.shields: dict[UUID, Shield] = {}
        self.judgements: dict[tuple[UUID, UUID], str] = {}
        self.sides: dict[tuple[UUID, UUID], str] = {}
        self.renewed: set[UUID] = set()

    def take(self, message: Recorded) -> None:
        """One more event."""
        event, stream = message.event, message.originator_id
        if isinstance(event, RecordEvent):
            self._record(stream, event, message.keys)
        elif isinstance(event, ChildEvent):
            self._child(stream, event)
        elif isinstance(event, ShieldEvent):
            self.shields[stream] = evolve_shield(self.shields.get(stream, Shield()), event)
        elif isinstance(event, ChunkAppended):
            self._chunk(event)
        elif isinstance(event, PairJudged):
            self.judgements[event.left, event.right] = event.verdict
        elif isinstance(event, PairRaised):
            self.judgements.setdefault((event.left, event.right), "")
        elif isinstance(event, JudgementReversed):
            self.judgements[event.left, event.right] = ""
        elif isinstance(event, NeverLinkEvent):
            self._never_link(stream, event)
        elif isinstance(event, DeliveryReceived):
            self.deliveries[stream] = event.source, event.order
        elif isinstance(event, DeliveryCompleted) and event.snapshot:
            source, order = self.deliveries[stream]
            for scope in event.scopes:
                known = self.scopes.get((source, scope))
                self.scopes[source, scope] = order if known is None else max(known, order)

    def heads(self) -> Iterator[Head]:
        """All heads."""
        yield from (head for _, head in self.records.entries())
        for id_, child in self.children.entries():
            yield ChildHead(id_, child.number, child.version, child.into, child.status == "closed")
        for (source, scope), order in self.scopes.items():
            yield ScopeHead(source, scope, order)
        for id_, (source, order) in self.deliveries.items():
            yield DeliveryHead(id_, source, order)
        for key, record in self.keys.items():
            yield KeyHead(key, record)
        for id_, shield in self.shields.items():
            for record, kind in shield.kinds().items():
                yield ShieldHead(record, id_, kind)
        for (left, right), verdict in self.judgements.items():
            yield JudgementHead(left, right, verdict)
        for (never_link, record), side in self.sides.items():
            yield SideRecord(never_link, record, side)

    def _never_link(self, stream: UUID, event: NeverLinkEvent) -> None:
        match event:
            case NeverLinkDrawn() | NeverLinkGrown():
                if isinstance(event, NeverLinkDrawn) and event.renewed:
                    self.renewed.add(stream)
                for record, side in sides_of(event, renewed=stream in self.renewed):
                    self.sides[stream, record] = side
            case SidesGivenBack(records=records):
                self.sides.update(((stream, record), "") for record in records)
            case NeverLinkLifted():
                mine = [place for place in self.sides if place[0] == stream]
                self.sides.update((place, "") for place in mine)

    def _record(self, stream: UUID, event: RecordEvent, keys: tuple[int, ...]) -> None:
        head = self.records.get(stream) or RecordHead(stream, Record())
        state = msgspec.structs.replace(evolve_record(head.state, event), orders=())
        head = msgspec.structs.replace(head, state=state)
        if isinstance(event, RecordReceived | RecordAmended) and keys:
            head = msgspec.structs.replace(
                head, key=keys[0], sensitive=(keys[1] if len(keys) > 1 else 0) or head.sensitive
            )
        self.records[stream] = head
        if isinstance(event, RecordReceived | RecordAmended) and event.other_key:
            self.keys[UUID(bytes=event.other_key)] = stream
        if isinstance(event, RecordReceived):
            self.ordinals[UUID(int=event.ordinal)] = stream

    def _chunk(self, event: ChunkAppended) -> None:
        own = {one.ordinal: one.stated for one in event.restated}
        for ordinal in BitMap.deserialize(event.confirmed):
            stated = own.get(ordinal)
            self._become(ordinal, partial(confirm, seen=event.order, stated=stated))
        for ordinal in BitMap.deserialize(event.seen):
            self._become(ordinal, partial(prove_present, seen=event.order))

    def _become(self, ordinal: int, change: Callable[[Record], Record]) -> None:
        record = self.ordinals[UUID(int=ordinal)]
        head = self.records[record]
        self.records[record] = msgspec.structs.replace(head, state=change(head.state))

    def _child(self, stream: UUID, event: ChildEvent) -> None:
        before = self.children.get(stream) or Child()
        after = evolve_child(before, event)
        self.children[stream] = after
        match event:
            case ChildRegistered() | RecordsLinked() | ChildRestored():
                self._link(after.records - before.records, stream)
            case RecordsUnlinked(reason="withdrawn") if after.status == "retired":
                pass  # what was of a retired identity is of it again when it returns
            case RecordsUnlinked() | ChildMerged():
                self._unlink(before.records - after.records, stream)
            case ChildClosed():
                # A withdrawn record keeps its child: when it returns, it finds its number again.
                self._link((r for r in after.former if self.records[r].child is None), stream)

    def _link(self, records: Iterable[UUID], child: UUID | None) -> None:
        for record in records:
            self.records[record] = msgspec.structs.replace(self.records[record], child=child)

    def _unlink(self, records: Iterable[UUID], child: UUID) -> None:
        self._link((r for r in records if self.records[r].child == child), None)
