"""A run of linking: which pairs are referred to a steward, and how far the log was linked."""

from uuid import UUID

import msgspec

from events.message import Event


class ReferredPair(msgspec.Struct, frozen=True, array_like=True):
    """A pair too close to call, under the run's model."""

    left: UUID
    right: UUID
    pattern: int
    weight: float
    probability: float
    kind: str
    """What a steward's task it is (``projections.worth.Kind``); empty in the first version."""


class PairsReferred(Event, frozen=True, omit_defaults=True):
    """Pairs of resolved neighbourhoods await a steward; earlier ones no longer do."""

    model: str
    referred: tuple[ReferredPair, ...]
    settled: tuple[tuple[UUID, UUID], ...] = ()
    threshold: float | None = None
    """Weight from which that model links, in bits; None in the first version."""


class Crowd(msgspec.Struct, frozen=True, array_like=True):
    """Records that hang together and are more than possible links are looked at for."""

    lead: UUID
    """The record received first."""
    records: int


class CrowdsChanged(Event, frozen=True, omit_defaults=True):
    """Neighbourhoods became crowded, and a steward is called; others no longer are."""

    crowded: tuple[Crowd, ...] = ()
    thinned: tuple[UUID, ...] = ()
    """By the record that led them."""


class LinkingCompleted(Event, frozen=True, omit_defaults=True):
    """Everything recorded up to ``through`` was linked under ``model``."""

    model: str
    through: int
    records: int
    pairs: int
    links: int
    referred: int
    overflowed: int = 0
    """Candidate pairs beyond the stated bound of a block that outgrew the model's list."""


class ModelAdopted(Event, frozen=True, omit_defaults=True):
    """A model version is in force from here on."""

    model: str


LinkingEvent = PairsReferred | CrowdsChanged | LinkingCompleted | ModelAdopted
