"""What a child or their family says is right, where the agencies' records are wrong.

An assertion of one kind of fact, dated, told by a data manager. It stands beside what the sources
say and no file overwrites it; a later one of the same kind takes its place, or it is taken back.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, assert_never

import msgspec

from events.message import Erased, Event
from person.places import Address

Kind = Literal["name", "birth", "sex", "address"]


class Asserted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed of a correction: what is right, and why it is believed."""

    given: tuple[str, ...] = ()
    family: str = ""
    birth: str = ""
    """``YYYY-MM-DD``."""
    sex: str = ""
    address: Address | None = None
    reason: str = ""


class CorrectionRecorded(Event, frozen=True, omit_defaults=True):
    """The family said what is right."""

    sealed: ClassVar[tuple[str, ...]] = ("asserted",)

    kind: Kind
    asserted: Asserted | Erased | None = None


class CorrectionWithdrawn(Event, frozen=True, omit_defaults=True):
    """What the family said of this kind of fact stands no longer."""

    kind: Kind


CorrectionEvent = CorrectionRecorded | CorrectionWithdrawn


class Corrections(msgspec.Struct, frozen=True):
    """What stands of what a family said, folded from its events."""

    version: int = 0
    standing: Mapping[Kind, Asserted] = {}


class RecordCorrection(msgspec.Struct, frozen=True):
    """Let what the family says stand."""

    kind: Kind
    asserted: Asserted


class WithdrawCorrection(msgspec.Struct, frozen=True):
    """Let it stand no longer."""

    kind: Kind


CorrectionCommand = RecordCorrection | WithdrawCorrection


def decide(command: CorrectionCommand, state: Corrections) -> Sequence[CorrectionEvent]:
    """The events that follow from a command; none where it changes nothing."""
    match command:
        case RecordCorrection(kind, asserted):
            known = state.standing.get(kind)
            is_known = known is not None and _said(known) == _said(asserted)
            return [] if is_known else [CorrectionRecorded(kind, asserted)]
        case WithdrawCorrection(kind):
            return [CorrectionWithdrawn(kind)] if kind in state.standing else []
        case _:
            assert_never(command)


def _said(asserted: Asserted) -> Asserted:
    """What is right, without why."""
    return msgspec.structs.replace(asserted, reason="")


def evolve(state: Corrections, event: CorrectionEvent) -> Corrections:
    """What stands after one more event; an erased assertion stands no more."""
    others = {kind: known for kind, known in state.standing.items() if kind != event.kind}
    match event:
        case CorrectionRecorded(kind=kind, asserted=Asserted() as asserted):
            return Corrections(state.version + 1, {**others, kind: asserted})
        case CorrectionRecorded() | CorrectionWithdrawn():
            return Corrections(state.version + 1, others)
        case _:
            assert_never(event)
