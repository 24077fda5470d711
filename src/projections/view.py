"""What a reader may see of a child: its identity, the services involved, and marks; pure.

Each value says which source stated it and when. Where any record of the child is shielded, or
bears a restricted mark that no shield was lifted from, a reader gets a ``RestrictedView``, which
has no field for anything else; sensitive services have no field at all.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from person.declared import OWN_FIELDS
from person.names import PersonName
from person.particulars import (
    Assessment,
    BirthDate,
    Carer,
    Declared,
    LeadProfessional,
    Particulars,
)
from person.places import Address
from person.services import Involvement
from projections.folding import fold
from projections.survivorship import (
    BY_KNOWLEDGE,
    BY_TIME,
    Stated,
    Told,
    birth,
    identity,
    name_in_use,
    order,
    sex,
    statements,
)

T = TypeVar("T")


class Fact(msgspec.Struct, Generic[T], frozen=True):
    """The value that is believed, and what other records say instead."""

    value: T
    source: str
    stated: int
    """When the source last stated it: microseconds of its own time."""
    seen: int
    """When a delivery last proved that record present."""
    others: tuple[Told[T], ...] = ()


class Whereabouts(msgspec.Struct, frozen=True):
    """An address, or the statement that there is no known one."""

    address: Address | None = None
    no_known_address: bool = False
    last_known: bool = False
    """The address is a past one: the record states none that is in force."""


class Parent(msgspec.Struct, frozen=True):
    """A parent or carer as shown: whom to reach, nothing that serves for matching only."""

    given: str
    family: str
    relationship: str
    responsibility: bool | None
    phone: str


class Departure(msgspec.Struct, frozen=True):
    """That the child has left England, and whether it is meant to return."""

    date: str
    """ISO date, or ``unknown`` where only the fact is stated."""
    return_intent: str


class Holder(msgspec.Struct, frozen=True):
    """A source that holds a current record of the child."""

    source: str
    stated: int
    seen: int


class Name(msgspec.Struct, frozen=True):
    """A name without use or period."""

    given: tuple[str, ...]
    family: str


class ChildView(msgspec.Struct, frozen=True):
    """A child as an ordinary reader sees it. ``sex`` is ``U`` where no record states it."""

    number: str
    name: Fact[PersonName] | None
    sex: Fact[str] | None
    birth: Fact[BirthDate] | None
    other_names: tuple[Told[PersonName], ...]
    address: Fact[Whereabouts] | None
    """None where no record says anything of it, which is not "no known address"."""
    parents: tuple[Told[Parent], ...]
    services: tuple[Told[Involvement], ...]
    """Universal and additional services with their contacts, the believed ones first."""
    assessment: Told[Assessment] | None
    lead_professional: Told[LeadProfessional] | None
    left_england: Told[Departure] | None
    died: Fact[str] | None
    holders: tuple[Holder, ...]
    declared: tuple[Told[Declared], ...] = ()
    """What tables of another shape state beside, each field by name."""


class RestrictedView(msgspec.Struct, frozen=True):
    """All that is seen of a shielded child. Its fields are the allow-list."""

    number: str
    name: Name | None
    sex: str
    birth: BirthDate | None
    parents: tuple[Name, ...] = ()
    """Those alone whose names the shield says are safe to show."""
    contact: str = ""
    """How to reach who brokers contact: the same for every shielded child."""


FIELDS = ("number", "name", "sex", "birth", "parents", "contact")
"""What a restricted view may hold: regulation 6(5) and (6) of SI 2007/2182 without former names,
and with the parents' only where a shield says that they are safe."""


class Shielding(msgspec.Struct, frozen=True):
    """What a shielded child's view may show beside its identity."""

    safe: frozenset[tuple[str, str]] = frozenset()
    """Folded forenames and family names of parents whose names may be shown."""
    contact: str = ""


UNSAID = Shielding()
View = ChildView | RestrictedView


def view(number: str, records: Sequence[Stated], shielding: Shielding = UNSAID) -> View:
    """The child of this number, made from the current statements of its records.

    The order of ``records`` does not matter. ``shielding`` counts where the child is shielded.
    """
    if is_restricted(records):
        return _restricted(number, records, shielding)
    return whole(number, records)


def whole(number: str, records: Sequence[Stated]) -> ChildView:
    """All of a child but its sensitive services, whether a shield stands over it or not."""
    believed = identity(records)
    known, latest = order(records, BY_KNOWLEDGE), order(records, BY_TIME)
    return ChildView(
        number=number,
        name=_fact(believed.name, statements(known, name_in_use), _name_key),
        sex=_fact(believed.sex, statements(known, sex), str),
        birth=_fact(believed.birth, statements(known, birth), _itself),
        other_names=_other_names(known, believed.name),
        address=_address(latest),
        parents=_parents(latest),
        services=_services(latest),
        assessment=_latest(latest, lambda p: p.assessment, lambda a: a.date),
        lead_professional=_latest(latest, _lead_in_force, lambda lead: lead.start),
        left_england=_latest(latest, _departure, lambda departure: departure.date),
        died=_first(statements(known, lambda p: p.died or None), str),
        holders=tuple(Holder(r.source, r.stated, r.seen) for r in latest),
        declared=_declared(latest),
    )


def is_restricted(records: Iterable[Stated]) -> bool:
    """Whether any record of the child is shielded, or bears a restricted mark that counts."""
    return any(record.is_hidden for record in records)


def _restricted(number: str, records: Sequence[Stated], shielding: Shielding) -> RestrictedView:
    believed = identity(records)
    name = believed.name.value if believed.name else None
    return RestrictedView(
        number=number,
        name=Name(name.given, name.family) if name else None,
        sex=believed.sex.value if believed.sex else "U",
        birth=believed.birth.value if believed.birth else None,
        parents=_safe(records, shielding.safe),
        contact=shielding.contact,
    )


def _safe(records: Sequence[Stated], safe: frozenset[tuple[str, str]]) -> tuple[Name, ...]:
    """The parents' names that may be shown, in an order that tells nothing of who stated them."""
    carers = (carer for record in records for carer in record.particulars.carers)
    names = {
        (fold(c.given), fold(c.family)): Name((c.given,) if c.given else (), c.family)
        for c in sorted(carers, key=lambda c: (c.given, c.family))
    }
    return tuple(name for key, name in sorted(names.items()) if key in safe)


def _fact(
    believed: Told[T] | None, stated: Sequence[Told[T]], key: Callable[[T], Hashable]
) -> Fact[T] | None:
    if believed is None:
        return None
    others: tuple[Told[T], ...] = ()
    if len(stated) > 1:  # of one record, what is believed is all there is
        known = key(believed.value)
        others = tuple(t for t in _distinct(stated, key) if key(t.value) != known)
    return Fact(believed.value, believed.source, believed.stated, believed.seen, others)


def _first(stated: Sequence[Told[T]], key: Callable[[T], Hashable]) -> Fact[T] | None:
    return _fact(stated[0], stated, key) if stated else None


def _distinct(stated: Iterable[Told[T]], key: Callable[[T], Hashable]) -> tuple[Told[T], ...]:
    """The first statement of each value."""
    found: dict[Hashable, Told[T]] = {}
    for told in stated:
        found.setdefault(key(told.value), told)
    return tuple(found.values())


def _each(records: Sequence[Stated], facts: Callable[[Particulars], Iterable[T]]) -> list[Told[T]]:
    """All values of a fact of which a record may state several."""
    return [
        Told(value, record.source, record.stated, record.seen)
        for record in records
        for value in facts(record.particulars)
    ]


def _itself(value: T) -> Hashable:
    assert isinstance(value, Hashable)
    return value


def _name_key(name: PersonName) -> Hashable:
    return tuple(fold(word) for word in name.given), fold(name.family)


def _other_names(
    records: Sequence[Stated], believed: Told[PersonName] | None
) -> tuple[Told[PersonName], ...]:
    known = _name_key(believed.value) if believed else None
    told = _each(records, lambda p: p.names)
    return tuple(t for t in _distinct(told, _name_key) if _name_key(t.value) != known)


def _address(records: Sequence[Stated]) -> Fact[Whereabouts] | None:
    told = statements(records, _whereabouts, lambda w: w.last_known)
    return _first(told, lambda w: (w.no_known_address, _address_key(w.address)))


def _whereabouts(particulars: Particulars) -> Whereabouts | None:
    if particulars.no_known_address:
        return Whereabouts(no_known_address=True)
    if not particulars.addresses:
        return None
    latest = max(
        particulars.addresses,
        key=lambda a: (in_force(a), a.use == "home", a.start, a.end, a.lines, a.postcode),
    )
    return Whereabouts(address=latest, last_known=not in_force(latest))


def in_force(address: Address) -> bool:
    """Whether somebody is said to live there now."""
    return address.use != "former" and not address.end


def _address_key(address: Address | None) -> Hashable:
    if address is None:
        return None
    return address.postcode, tuple(line.casefold() for line in address.lines)


def _parents(records: Sequence[Stated]) -> tuple[Told[Parent], ...]:
    told = _each(records, lambda p: (_parent(c) for c in p.carers))
    named = [t for t in told if t.value.given or t.value.family]
    return _distinct(named, lambda p: (fold(p.given), fold(p.family), p.relationship))


def _parent(carer: Carer) -> Parent:
    return Parent(carer.given, carer.family, carer.relationship, carer.responsibility, carer.phone)


def _declared(records: Sequence[Stated]) -> tuple[Told[Declared], ...]:
    """Declared fields by name, the latest value first; our own columns have places of theirs."""
    told = _each(records, lambda p: (d for d in p.declared if d.field not in OWN_FIELDS))
    distinct = _distinct(told, lambda one: (one.field, fold(one.value)))
    return tuple(sorted(distinct, key=lambda one: one.value.field))


def _services(records: Sequence[Stated]) -> tuple[Told[Involvement], ...]:
    return _distinct(_each(records, _ordinary), _service)


def _service(involvement: Involvement) -> Hashable:
    """What makes two involvements those of one service."""
    place = involvement.organisation or fold(involvement.name)
    return involvement.kind, place, fold(involvement.practitioner)


def _ordinary(particulars: Particulars) -> list[Involvement]:
    """Of each service the involvement that lasts longest: an episode may be closed and opened anew.

    A sensitive one that stands among the others by mistake is not shown either.
    """
    found: dict[Hashable, Involvement] = {}
    for one in particulars.involvements:
        known = found.get(_service(one))
        if not one.is_sensitive and (known is None or _lasts(one) > _lasts(known)):
            found[_service(one)] = one
    return list(found.values())


def _lasts(involvement: Involvement) -> tuple[bool, str, str]:
    return not involvement.end, involvement.end, involvement.start


def _lead_in_force(particulars: Particulars) -> LeadProfessional | None:
    lead = particulars.lead_professional
    return None if lead is None or lead.end else lead


def _departure(particulars: Particulars) -> Departure | None:
    if not particulars.left_england:
        return None
    return Departure(particulars.left_england, particulars.return_intent or "unknown")


def _latest(
    records: Sequence[Stated], fact: Callable[[Particulars], T | None], date: Callable[[T], str]
) -> Told[T] | None:
    """The statement with the latest date of its own; of equals the one told last."""
    told = statements(records, fact)
    return max(told, key=lambda t: date(t.value), default=None)
