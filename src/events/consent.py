"""Whether sensitive services may be disclosed to the index: consent given or withdrawn, or harm.

A sensitive service (sexual health, mental health, substance misuse) may be disclosed with the
child's consent, or where the child is suffering or likely to suffer significant harm (section 31 of
the Children Act 1989; part 4 of SI 2007/2182). What a child says to the index goes before what a
source stated of them, and a withdrawal stands whatever the next file repeats.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

import msgspec

from events.message import Erased, Event

Ground = Literal["given", "withdrawn", "significant-harm"]


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sealed: the ground, for which source's services, and why it is believed."""

    ground: Ground
    source: str = ""
    """Empty for the services of every source."""
    reason: str = ""


class ConsentStated(Event, frozen=True, omit_defaults=True):
    """Consent was given or withdrawn, or the ground of significant harm recorded."""

    sealed: ClassVar[tuple[str, ...]] = ("said",)

    said: Said | Erased | None = None


ConsentEvent = ConsentStated


class Consents(msgspec.Struct, frozen=True):
    """What was said, the latest last, folded from its events."""

    version: int = 0
    said: tuple[Said, ...] = ()


class StateConsent(msgspec.Struct, frozen=True):
    """Let this hold from now on."""

    said: Said


def decide(command: StateConsent, state: Consents) -> Sequence[ConsentEvent]:
    """The events that follow from a command; none where it changes nothing."""
    new = command.said
    concerned = [one for one in state.said if _overlap(one, new)]
    if concerned and (concerned[-1].source, concerned[-1].ground) == (new.source, new.ground):
        return []
    return [ConsentStated(new)]


def _overlap(one: Said, other: Said) -> bool:
    """Whether both are about some service."""
    return one.source == other.source or "" in (one.source, other.source)


def evolve(state: Consents, event: ConsentEvent) -> Consents:
    """What was said after one more event; what was erased counts as a withdrawal of all."""
    said = event.said if isinstance(event.said, Said) else Said("withdrawn")
    return Consents(state.version + 1, (*state.said, said))


def is_withdrawal(event: ConsentEvent) -> bool:
    """Whether consent was withdrawn by it, or may have been: what was erased counts as that."""
    return not isinstance(event.said, Said) or event.said.ground == "withdrawn"


def is_disclosed(consents: Consents, source: str, stated: str) -> bool:
    """Whether a source's sensitive service may be told of; ``stated``: its own word on consent."""
    if stated == "significant-harm":
        return True
    said = [one.ground for one in consents.said if one.source in ("", source)]
    return said[-1] != "withdrawn" if said else stated == "given"
