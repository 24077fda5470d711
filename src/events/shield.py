"""One shield over a child in danger: applied, reviewed, spread, parted, lifted by two persons.

A shield stands over records: those of the child, and what is linked to them later. Only lifting
takes one of them out from under every shield; where a child is split, the records of the part split
off go over to an inherited shield of its own in the same commit. Withheld records are of nobody
yet, and so near to the shielded child that they are kept from readers.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import ClassVar, Literal, assert_never
from uuid import UUID

import msgspec

from events.message import Erased, Event

By = Literal["officer", "feed", "restore"]
"""``restore``: a backup did not know of the shield, and the ledger outside did."""
Inherited = Literal["", "merge", "split"]


class SafeParent(msgspec.Struct, frozen=True, array_like=True):
    """A parent or carer whose name may be shown: no danger, and not in danger."""

    given: str
    family: str


class Grounds(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a shield: who asked for it, and whose names are safe to show."""

    requester: str = ""
    safe: tuple[SafeParent, ...] = ()


class ShieldApplied(Event, frozen=True, omit_defaults=True):
    """A shield was laid over a child: by an officer, a feed's mark, or a restore."""

    moves: ClassVar[str] = "shield"
    sealed: ClassVar[tuple[str, ...]] = ("grounds",)

    records: tuple[UUID, ...]
    review: str
    """ISO date by which it is to be reviewed; the date lifts nothing."""
    by: By = "officer"
    criterion: str = ""
    authority: str = ""
    grounds: Grounds | Erased | None = None


class ShieldInherited(Event, frozen=True, omit_defaults=True):
    """A part was split off a shielded child: a shield of its own goes with it."""

    moves: ClassVar[str] = "shield"

    origin: UUID
    """The shield under which its records were."""
    records: tuple[UUID, ...]
    review: str
    authority: str = ""


class ShieldSpread(Event, frozen=True, omit_defaults=True):
    """Records became the shielded child's, and came under its shield in the same commit."""

    moves: ClassVar[str] = "shield"

    records: tuple[UUID, ...]
    review: str = ""
    """An earlier date for the review, where another child was merged; else empty."""


class RecordsParted(Event, frozen=True, omit_defaults=True):
    """Records went over to another shield in the same commit: they are of another child now."""

    moves: ClassVar[str] = "shield"

    records: tuple[UUID, ...]


class ShieldReviewed(Event, frozen=True, omit_defaults=True):
    """An officer looked at the shield again, and it stands; what is not named stays as it was."""

    moves: ClassVar[str] = "shield"
    sealed: ClassVar[tuple[str, ...]] = ("grounds",)

    review: str
    criterion: str = ""
    grounds: Grounds | Erased | None = None


class ShieldLifted(Event, frozen=True, omit_defaults=True):
    """Two persons took the shield away; what it withheld is released."""

    moves: ClassVar[str] = "shield"
    sealed: ClassVar[tuple[str, ...]] = ("reason",)

    second: str
    """Who agreed, beside the actor of the event."""
    reason: str | Erased | None = None


class RecordsWithheld(Event, frozen=True, omit_defaults=True):
    """Records that may be of the shielded child, and are of nobody else, are kept from readers."""

    moves: ClassVar[str] = "shield"

    records: tuple[UUID, ...]


class RecordsReleased(Event, frozen=True, omit_defaults=True):
    """Withheld records are withheld no longer: the next run of linking places them."""

    moves: ClassVar[str] = "shield"

    records: tuple[UUID, ...]
    reason: str
    """``linked``, ``contradicted``, ``decided``, ``lifted``."""


class ShieldErased(Event, frozen=True, omit_defaults=True):
    """The child was erased: who asked, and whose names were safe, can be read no more.

    The records, which name nobody any more, stay listed, so that none comes back unshielded.
    """

    moves: ClassVar[str] = "shield"


ShieldEvent = (
    ShieldApplied
    | ShieldInherited
    | ShieldSpread
    | RecordsParted
    | ShieldReviewed
    | ShieldLifted
    | RecordsWithheld
    | RecordsReleased
    | ShieldErased
)

Standing = Literal["unknown", "standing", "lifted"]
Kind = Literal["shielded", "withheld", "lifted"]
"""How a record stands under a shield. ``lifted``: it did, and two persons took the shield away, so
that a feed's mark on what it stated before shields it no more."""


class Shield(msgspec.Struct, frozen=True):
    """The state of one shield, folded from its events."""

    version: int = 0
    standing: Standing = "unknown"
    first: frozenset[UUID] = frozenset()
    """The records that it was laid over: where most of them are is its child."""
    records: frozenset[UUID] = frozenset()
    withheld: frozenset[UUID] = frozenset()
    review: str = ""
    by: By | None = None
    """Who laid it; None for an inherited one."""
    authority: str = ""
    criterion: str = ""
    inherited: Inherited = ""
    """Whether it came over some records by a merge or a split that no officer has reviewed."""
    erased: bool = False

    def kinds(self) -> dict[UUID, Kind]:
        """How each record stands under it."""
        kind: Kind = "lifted" if self.standing == "lifted" else "shielded"
        kinds: dict[UUID, Kind] = dict.fromkeys(self.withheld, "withheld")
        return kinds | dict.fromkeys(self.records, kind)


class ApplyShield(msgspec.Struct, frozen=True):
    """A child is in danger: these records of it are to be shielded."""

    records: Collection[UUID]
    review: date
    by: By
    criterion: str = ""
    authority: str = ""
    grounds: Grounds | None = None


class InheritShield(msgspec.Struct, frozen=True):
    """A shield is to stand over a part that is split off."""

    origin: UUID
    records: Collection[UUID]
    review: date
    authority: str = ""


class SpreadShield(msgspec.Struct, frozen=True):
    """These records are the child's now, some of them by the merge of another child."""

    records: Collection[UUID]
    merged_by: date | None = None
    """When a merge is to be reviewed; None where no child was merged."""


class PartRecords(msgspec.Struct, frozen=True):
    """These records are of another child now, and under another shield."""

    records: Collection[UUID]


class ReviewShield(msgspec.Struct, frozen=True):
    """An officer has looked at it again."""

    review: date
    criterion: str = ""
    grounds: Grounds | None = None


class LiftShield(msgspec.Struct, frozen=True):
    """Two persons agree that the child is in danger no longer."""

    first: str
    second: str
    reason: str


class EraseShield(msgspec.Struct, frozen=True):
    """Every record under it is erased."""


class WithholdRecords(msgspec.Struct, frozen=True):
    """These records are to be kept from readers."""

    records: Collection[UUID]


class ReleaseRecords(msgspec.Struct, frozen=True):
    """Those of these records that are withheld need be no longer."""

    records: Collection[UUID]
    reason: str


ShieldCommand = (
    ApplyShield
    | InheritShield
    | SpreadShield
    | PartRecords
    | ReviewShield
    | LiftShield
    | WithholdRecords
    | ReleaseRecords
    | EraseShield
)


class NoShieldError(Exception):
    """The shield does not stand: it was lifted, or never was."""


class OnePersonError(Exception):
    """The second person of an act of two persons is the first."""


def decide(command: ShieldCommand, shield: Shield) -> Sequence[ShieldEvent]:
    """The events that follow from a command; none where it changes nothing.

    Raises NoShieldError where a shield that does not stand is to be changed, and OnePersonError
    where one person alone would lift it.
    """
    match command:
        case ApplyShield(records, review, by):
            if shield.standing != "unknown":
                return []
            facts = command.criterion, command.authority, command.grounds
            return [ShieldApplied(_sorted(records), review.isoformat(), by, *facts)]
        case InheritShield(origin, records, review, authority):
            if shield.standing != "unknown":
                return []
            return [ShieldInherited(origin, _sorted(records), review.isoformat(), authority)]
        case EraseShield():
            return [ShieldErased()] if shield.version and not shield.erased else []
        case LiftShield(first, second, reason):
            if first == second:
                raise OnePersonError
            if shield.standing == "unknown":
                raise NoShieldError
            if shield.standing == "lifted":
                return []
            freed = _sorted(shield.withheld)
            released = [RecordsReleased(freed, "lifted")] if freed else []
            return [*released, ShieldLifted(second, reason or None)]
        case _:
            if shield.standing != "standing":
                raise NoShieldError
            return _change(command, shield)


def _change(
    command: SpreadShield | PartRecords | ReviewShield | WithholdRecords | ReleaseRecords,
    shield: Shield,
) -> Sequence[ShieldEvent]:
    """What follows for a shield that stands."""
    match command:
        case SpreadShield(records, merged_by):
            joined = _sorted(set(records) - shield.records)
            review = min(merged_by.isoformat(), shield.review) if merged_by else ""
            return [ShieldSpread(joined, review)] if joined else []
        case PartRecords(records):
            parted = _sorted(shield.records & set(records))
            return [RecordsParted(parted)] if parted else []
        case ReviewShield(review, criterion, grounds):
            return [ShieldReviewed(review.isoformat(), criterion, grounds)]
        case WithholdRecords(records):
            fresh = _sorted(set(records) - shield.withheld - shield.records)
            return [RecordsWithheld(fresh)] if fresh else []
        case ReleaseRecords(records, reason):
            freed = _sorted(shield.withheld & set(records))
            return [RecordsReleased(freed, reason)] if freed else []
        case _:
            assert_never(command)


def evolve(shield: Shield, event: ShieldEvent) -> Shield:
    """The shield after one more of its events."""
    match event:
        case ShieldApplied(records=records, review=review, by=by):
            return _begin(
                shield, records, review, by=by, authority=event.authority, criterion=event.criterion
            )
        case ShieldInherited(records=records, review=review):
            return _begin(shield, records, review, authority=event.authority, inherited="split")
        case ShieldSpread(records=records, review=review):
            joined = shield.records | set(records)
            return _with(
                shield,
                records=joined,
                withheld=shield.withheld - joined,
                review=review or shield.review,
                inherited="merge" if review else shield.inherited,
            )
        case RecordsParted(records=records):
            return _with(shield, records=shield.records - set(records))
        case ShieldReviewed(review=review):
            criterion = event.criterion or shield.criterion
            return _with(shield, review=review, criterion=criterion, inherited="")
        case ShieldLifted():
            return _with(shield, standing="lifted")
        case RecordsWithheld(records=records):
            return _with(shield, withheld=shield.withheld | set(records))
        case RecordsReleased(records=records):
            return _with(shield, withheld=shield.withheld - set(records))
        case ShieldErased():
            return _with(shield, erased=True)
        case _:
            assert_never(event)


def _begin(shield: Shield, records: Collection[UUID], review: str, **facts: object) -> Shield:
    own = frozenset(records)
    return _with(shield, standing="standing", first=own, records=own, review=review, **facts)


def _with(shield: Shield, **changes: object) -> Shield:
    return msgspec.structs.replace(shield, version=shield.version + 1, **changes)


def _sorted(records: Collection[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(set(records)))
