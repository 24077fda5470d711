"""Two sides that are never one child, whatever they show: drawn, grown, and seldom lifted."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, assert_never, cast
from uuid import UUID

import msgspec

from events.judgement import ACT
from events.message import Erased, Event

Side = Literal["left", "right", "old", "new"]
"""``old`` and ``new`` where the right side is the new identity of the left, as after adoption."""


class Grounds(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why it was drawn: read by adoption officers alone."""

    kind: Literal["adoption", "protection", "other"]
    requested_by: str
    remarks: str = ""


class NeverLinkDrawn(Event, frozen=True, omit_defaults=True):
    """Two sets of records were said never to be one child. Outranks every judgement."""

    sealed: ClassVar[tuple[str, ...]] = ("grounds",)
    moves: ClassVar[str] = ACT

    left: tuple[UUID, ...]
    right: tuple[UUID, ...]
    by: str
    second: str
    renewed: bool = False
    """Whether the right side is the new identity of the left. The left may then be empty."""
    identities: tuple[UUID, ...] = ()
    """The children that were given up by it: the old one, and whoever was merged into it."""
    grounds: Grounds | Erased | None = None


class NeverLinkGrown(Event, frozen=True, omit_defaults=True):
    """Records were linked to those of a side, and belong to it from now on, also when withdrawn."""

    moves: ClassVar[str] = ACT

    left: tuple[UUID, ...] = ()
    right: tuple[UUID, ...] = ()


class SidesGivenBack(Event, frozen=True, omit_defaults=True):
    """A judgement was undone: what linking brought to a side by it stands there no longer."""

    moves: ClassVar[str] = ACT

    records: tuple[UUID, ...]


class NeverLinkLifted(Event, frozen=True, omit_defaults=True):
    """It was drawn in error: the sides are sides no longer."""

    sealed: ClassVar[tuple[str, ...]] = ("remarks",)
    moves: ClassVar[str] = ACT

    by: str
    second: str
    remarks: str | Erased | None = None


NeverLinkEvent = NeverLinkDrawn | NeverLinkGrown | SidesGivenBack | NeverLinkLifted


class NeverLink(msgspec.Struct, frozen=True):
    """The state of one never-link, folded from its events."""

    version: int = 0
    left: frozenset[UUID] = frozenset()
    right: frozenset[UUID] = frozenset()
    is_renewed: bool = False
    is_lifted: bool = False


class DrawNeverLink(msgspec.Struct, frozen=True):
    """Two officers draw it."""

    drawn: NeverLinkDrawn


class GrowNeverLink(msgspec.Struct, frozen=True):
    """Linking found records that go with a side."""

    left: frozenset[UUID]
    right: frozenset[UUID]


class GiveSidesBack(msgspec.Struct, frozen=True):
    """The judgement by which linking let these records grow on to a side is undone."""

    records: frozenset[UUID]


class LiftNeverLink(msgspec.Struct, frozen=True):
    """Two officers say that it was drawn in error."""

    lifted: NeverLinkLifted


NeverLinkCommand = DrawNeverLink | GrowNeverLink | GiveSidesBack | LiftNeverLink


class SidesError(Exception):
    """A record would stand on both sides, or a side would have none."""


class NoNeverLinkError(Exception):
    """There is none in force."""


def decide(command: NeverLinkCommand, known: NeverLink) -> Sequence[NeverLinkEvent]:
    """The events that follow from a command; none where it changes nothing."""
    match command:
        case DrawNeverLink(drawn):
            lacks = not drawn.right or not (drawn.left or drawn.renewed)
            if lacks or set(drawn.left) & set(drawn.right):
                raise SidesError("expected records on both sides, each on one")
            return [] if known.version and not known.is_lifted else [drawn]
        case GrowNeverLink(left, right):
            if not known.version or known.is_lifted:
                return []
            grown = NeverLinkGrown(_new(left, known), _new(right - left, known))
            return [grown] if grown.left or grown.right else []
        case GiveSidesBack(records):
            stand = records & (known.left | known.right)
            if not stand or known.is_lifted:
                return []
            return [SidesGivenBack(tuple(sorted(stand)))]
        case LiftNeverLink(lifted):
            if not known.version:
                raise NoNeverLinkError
            return [] if known.is_lifted else [lifted]
        case _:
            assert_never(command)


def _new(records: Iterable[UUID], known: NeverLink) -> tuple[UUID, ...]:
    """Those that stand on neither side yet: the first side that a record is on keeps it."""
    return tuple(sorted(set(records) - known.left - known.right))


def evolve(known: NeverLink, event: NeverLinkEvent) -> NeverLink:
    """The never-link after one more of its events."""
    version = known.version + 1
    match event:
        case NeverLinkDrawn(left=left, right=right, renewed=renewed):
            return NeverLink(version, frozenset(left), frozenset(right), renewed)
        case NeverLinkGrown(left=left, right=right):
            return msgspec.structs.replace(
                known,
                version=version,
                left=known.left | set(left),
                right=known.right | set(right),
            )
        case SidesGivenBack(records=records):
            stay, others = known.left.difference(records), known.right.difference(records)
            return msgspec.structs.replace(known, version=version, left=stay, right=others)
        case NeverLinkLifted():
            return msgspec.structs.replace(known, version=version, is_lifted=True)
        case _:
            assert_never(event)


def sides_of(event: NeverLinkDrawn | NeverLinkGrown, *, renewed: bool) -> list[tuple[UUID, Side]]:
    """Each record that an event names, and the side on which it comes to stand."""
    left, right = ("old", "new") if renewed else ("left", "right")
    stands: list[tuple[UUID, Side]] = [(record, cast(Side, left)) for record in event.left]
    return stands + [(record, cast(Side, right)) for record in event.right]
