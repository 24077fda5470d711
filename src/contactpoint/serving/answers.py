"""The bodies of good answers about a child, as a practitioner's system reads them.

They hold what a view holds (``projections.view``) and what stands beside it
(``contactpoint.beside``); times are UTC. No answer has a link or a credential into another system.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from contactpoint.beside import Beside, Sensitive
from person.names import PersonName
from person.particulars import Assessment, BirthDate, Declared, LeadProfessional
from person.services import Involvement
from projections.retention import Returned
from projections.survivorship import Told
from projections.view import ChildView, Departure, Fact, Name, Parent, RestrictedView, Whereabouts

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Said(msgspec.Struct, Generic[T], frozen=True):
    """A value, the source that states it, and when it last did."""

    value: T
    source: str
    stated: datetime


class Believed(msgspec.Struct, Generic[T], frozen=True, omit_defaults=True):
    """The value that the index believes, and what other records say instead."""

    value: T
    source: str
    stated: datetime
    seen: datetime
    """When a delivery last proved the source's record present."""
    others: tuple[Said[T], ...] = ()


class Authority(msgspec.Struct, frozen=True, omit_defaults=True):
    """The local authority that is responsible for the child."""

    code: str
    by: str = ""
    """``accepted``, or the source that makes it out; left out where nobody is known to be."""
    since: datetime | None = None
    offered: str = ""
    """Another that is asked to take the child over."""


class Corrected(msgspec.Struct, frozen=True):
    """What the family says is right; the sources' statements stand beside it."""

    kind: str
    says: dict[str, Any]
    stated: datetime


class Retained(msgspec.Struct, frozen=True, omit_defaults=True):
    """How long the record is kept."""

    state: str
    archived: str = ""
    """The day from which it is archived."""


class Held(msgspec.Struct, frozen=True):
    """A source that holds a current record of the child."""

    source: str
    stated: datetime
    seen: datetime


class Numbered(msgspec.Struct, frozen=True):
    """An identifier, told to callers alone who are entitled to its system."""

    system: str
    value: str
    status: str


class Child(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="view", tag="whole"):
    """A child, and which services work with them. What is not known is left out."""

    number: str
    name: Believed[PersonName] | None = None
    sex: Believed[str] | None = None
    birth: Believed[BirthDate] | None = None
    other_names: tuple[Said[PersonName], ...] = ()
    address: Believed[Whereabouts] | None = None
    """``no_known_address`` is a statement; where the member is missing nothing is stated."""
    parents: tuple[Said[Parent], ...] = ()
    services: tuple[Said[Involvement], ...] = ()
    assessment: Said[Assessment] | None = None
    lead_professional: Said[LeadProfessional] | None = None
    left_england: Said[Departure] | None = None
    died: Believed[str] | None = None
    holders: tuple[Held, ...] = ()
    declared: tuple[Said[Declared], ...] = ()
    identifiers: tuple[Numbered, ...] = ()
    authority: Authority | None = None
    corrections: tuple[Corrected, ...] = ()
    sensitive: Sensitive | None = None
    returned: Returned | None = None
    retention: Retained | None = None


class ShieldedChild(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="view", tag="shielded"
):
    """All that is told of a shielded child, and how to reach who brokers contact."""

    number: str
    contact: str
    name: Name | None = None
    sex: str = "U"
    birth: BirthDate | None = None
    parents: tuple[Name, ...] = ()


AnyChild = Child | ShieldedChild


def name_of(name: PersonName) -> Name:
    """A name without use or period."""
    return Name(name.given, name.family)


@lru_cache(maxsize=10_000)
def time_of(microseconds: int) -> datetime:
    """Microseconds since 1970 as a time; what lies beyond the calendar is its end."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if microseconds > 0 else _EPOCH


def child_of(
    view: ChildView | RestrictedView,
    beside: Beside | None,
    identifiers: Sequence[Numbered] = (),
) -> AnyChild:
    """The answer that shows a view and what stands beside it."""
    if isinstance(view, RestrictedView):
        return ShieldedChild(
            view.number, view.contact, view.name, view.sex, view.birth, view.parents
        )
    return Child(
        number=view.number,
        name=_believed(view.name),
        sex=_believed(view.sex),
        birth=_believed(view.birth),
        other_names=_all(view.other_names),
        address=_believed(view.address),
        parents=_all(view.parents),
        services=_all(view.services),
        assessment=_maybe(view.assessment, _said),
        lead_professional=_maybe(view.lead_professional, _said),
        left_england=_maybe(view.left_england, _said),
        died=_believed(view.died),
        holders=tuple(
            Held(one.source, time_of(one.stated), time_of(one.seen)) for one in view.holders
        ),
        declared=_all(view.declared),
        identifiers=tuple(identifiers),
        **(_beside(beside) if beside else {}),
    )


def _beside(beside: Beside) -> dict[str, Any]:
    authority = beside.authority
    return {
        "authority": Authority(
            authority.code, authority.by, _maybe(authority.since, time_of), authority.offered
        ),
        "corrections": tuple(
            Corrected(one.kind, _plain(one.says), time_of(one.stated)) for one in beside.corrections
        ),
        "sensitive": beside.sensitive,
        "returned": beside.returned,
        "retention": Retained(
            beside.retention.state, str(beside.retention.archived) if beside.retention.rule else ""
        ),
    }


def _plain(says: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(says)
    return {name: value for name, value in plain.items() if value}


def _said(told: Told[T]) -> Said[T]:
    return Said(told.value, told.source, time_of(told.stated))


def _all(told: Sequence[Told[T]]) -> tuple[Said[T], ...]:
    return tuple(_said(one) for one in told)


def _believed(fact: Fact[T] | None) -> Believed[T] | None:
    if fact is None:
        return None
    return Believed(
        fact.value, fact.source, time_of(fact.stated), time_of(fact.seen), _all(fact.others)
    )


def _maybe(value: Any, made: Callable[[Any], Any]) -> Any:
    return None if value is None else made(value)
