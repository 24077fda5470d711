"""The stable names of event types, by which stored events are known for ever."""

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec

from events import (
    access,
    child,
    consent,
    correction,
    delivery,
    judgement,
    linking,
    never_link,
    record,
    relatives,
    responsible,
    shape,
    shield,
    source,
    watching,
)
from events.message import Erased, Event
from events.upcasting import Upcasting

VERSIONS: dict[type[Event], int] = {linking.PairsReferred: 2}
"""Events that are past their first version, with the version that is written today."""

TYPES: tuple[type[Event], ...] = (
    record.RecordReceived,
    record.RecordAmended,
    record.RecordReturned,
    record.RecordWithdrawn,
    record.RecordErased,
    child.ChildRegistered,
    child.RecordsLinked,
    child.RecordsUnlinked,
    child.ChildMerged,
    child.ChildRestored,
    child.ChildClosed,
    child.ChildRetired,
    child.ChildErased,
    delivery.DeliveryReceived,
    delivery.ChunkAppended,
    delivery.DeliveryCompleted,
    delivery.DeliveryHeld,
    delivery.DeliveryRefused,
    delivery.DeliveryApproved,
    delivery.DeliveryRejected,
    delivery.RowsApproved,
    delivery.RowsRejected,
    linking.PairsReferred,
    linking.CrowdsChanged,
    linking.LinkingCompleted,
    linking.ModelAdopted,
    shape.ShapeModelAdopted,
    shape.ShapeLinked,
    source.SourceRegistered,
    responsible.ChildOffered,
    responsible.ChildAccepted,
    responsible.ChildDeclined,
    correction.CorrectionRecorded,
    correction.CorrectionWithdrawn,
    consent.ConsentStated,
    shield.ShieldApplied,
    shield.ShieldInherited,
    shield.ShieldSpread,
    shield.RecordsParted,
    shield.ShieldReviewed,
    shield.ShieldLifted,
    shield.RecordsWithheld,
    shield.RecordsReleased,
    shield.ShieldErased,
    judgement.PairRaised,
    judgement.PairClaimed,
    judgement.ClaimReleased,
    judgement.PairJudged,
    judgement.JudgementReversed,
    never_link.NeverLinkDrawn,
    never_link.NeverLinkGrown,
    never_link.SidesGivenBack,
    never_link.NeverLinkLifted,
    relatives.RelativesDeclared,
    access.ChildrenAccessed,
    access.ReaderSeen,
    access.ActRefused,
    access.InvestigationOpened,
    access.TokenIssued,
    access.TokenRevoked,
    access.AdministratorNamed,
    watching.AlertRaised,
    watching.AlertClosed,
    watching.InvestigationClosed,
    watching.RecordWatched,
)


class UnknownEventTypeError(Exception):
    """An event type that this version of the product cannot read, or was never told of."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"event type {name} is not in the catalogue; a newer contactpoint wrote it"
        )


class EventType:
    """One event class: its stored name, and how its fields in clear and sealed are encoded.

    Sealed fields come last in the class, so that the others are a prefix of its constructor.
    """

    def __init__(self, event: type[Event], version: int) -> None:
        fields = msgspec.structs.fields(event)
        names = [one.name for one in fields]
        self.event, self.name, self.version = event, f"contactpoint.{event.__name__}", version
        self.stored = f"{self.name}:{version}"
        self.sealed = event.sealed
        if tuple(names[len(names) - len(self.sealed) :]) != self.sealed:
            raise TypeError(f"{event.__name__}: sealed fields must be its last, in their order")
        clear = [one for one in fields if one.name not in self.sealed]
        self.clear_type = msgspec.defstruct(
            f"{event.__name__}Clear",
            [
                (one.name, one.type) if one.required else (one.name, one.type, _default(one))
                for one in clear
            ],
            frozen=True,
            omit_defaults=True,
        )
        self._clear_values = _getter(tuple(one.name for one in clear))
        self.sealed_values = _getter(self.sealed)
        self.clear_decoder = msgspec.json.Decoder(self.clear_type)
        hints = get_type_hints(event)
        self.sealed_types = {name: _sealed_type(hints[name]) for name in self.sealed}
        self.sealed_decoders = {
            name: msgspec.json.Decoder(type_) for name, type_ in self.sealed_types.items()
        }

    def clear(self, event: Event) -> Any:
        """What is written of an event in clear: itself, where nothing of it is sealed."""
        return self.clear_type(*self._clear_values(event)) if self.sealed else event


@cache
def _event_type(event: type[Event], version: int) -> EventType:
    """An event's type, looked into once: a short command opens ten catalogues."""
    return EventType(event, version)


def _getter(names: tuple[str, ...]) -> Callable[[Event], tuple[Any, ...]]:
    """Gives the values of an event's fields of these names."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda event: tuple(getattr(event, name) for name in names)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return msgspec.field(default_factory=field.default_factory)


def _sealed_type(stated: Any) -> Any:
    """What a sealed field holds when it is set, readable and decoded."""
    if not isinstance(stated, UnionType):
        return stated
    kept = [one for one in get_args(stated) if one not in (Erased, msgspec.Raw, type(None))]
    union = kept[0]
    for one in kept[1:]:
        union = union | one
    return union


class Catalogue:
    """Event types by class, and by the names under which they are or were stored."""

    def __init__(
        self,
        types: Iterable[type[Event]] = TYPES,
        versions: dict[type[Event], int] | None = None,
        upcasting: Upcasting | None = None,
    ) -> None:
        stated = VERSIONS if versions is None else versions
        self.upcasting = upcasting or Upcasting()
        self._by_class = {one: _event_type(one, stated.get(one, 1)) for one in types}
        self._by_name = {known.name: known for known in self._by_class.values()}
        self._read: dict[str, tuple[EventType, int]] = {}

    def __iter__(self) -> Any:
        return iter(self._by_class.values())

    def of(self, event: type[Event]) -> EventType:
        """The type of an event about to be written. Raises UnknownEventTypeError."""
        known = self._by_class.get(event)
        if known is None:
            raise UnknownEventTypeError(event.__name__)
        return known

    def stored(self, *events: type[Event]) -> tuple[str, ...]:
        """All names under which events of these classes may stand in the log."""
        kinds = [self.of(event) for event in events]
        return tuple(
            f"{kind.name}:{version}" for kind in kinds for version in range(1, kind.version + 1)
        )

    def reading(self, stored: str) -> tuple[EventType, int]:
        """The type of a stored event, and the version that it has there.

        Raises UnknownEventTypeError for a name, or a version, that nothing here can read.
        """
        found = self._read.get(stored)
        if found is None:
            found = self._read[stored] = self._resolve(stored)
        return found

    def _resolve(self, stored: str) -> tuple[EventType, int]:
        name, _, version = stored.rpartition(":")
        known = self._by_name.get(name)
        if known is None or not version.isdecimal() or not 1 <= int(version) <= known.version:
            raise UnknownEventTypeError(stored)
        steps = range(int(version), known.version)
        if not all(self.upcasting.reads(known.event.__name__, step) for step in steps):
            raise UnknownEventTypeError(stored)
        return known, int(version)
