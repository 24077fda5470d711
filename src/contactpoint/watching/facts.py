"""From what the record of access holds to looks as the signs see them."""

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from uuid import UUID

import msgspec

from contactpoint.moments import DAY
from contactpoint.watching.look import Asked, Child, Kind, Look, Reader
from contactpoint.watching.watcher import State
from events import access
from events.access import (
    ActRefused,
    ChildrenAccessed,
    ReaderFacts,
    ReaderSeen,
    TokenIssued,
    TokenRevoked,
)
from events.master import Hashes
from events.message import Event, Recorded
from person.numbers import NumberError, read
from person.particulars import Particulars
from projections.folding import compact, fold
from projections.watched import Watched, service_key

LOOKS: tuple[type[Event], ...] = (ChildrenAccessed, ActRefused)
WATCHED: tuple[type[Event], ...] = (
    *LOOKS,
    ReaderSeen,
    TokenIssued,
    TokenRevoked,
)
MOURNING = 90
"""Days after a death in which work with the child, and with its family, goes on."""
GONE = 30
"""Days for which an act of somebody whose tokens were revoked is a sign."""
NAMES = ("name", "family", "given")
PLACES = ("postcode", "address-postalcode", "address")
BIRTHS = ("birth", "birthdate")
SAID = frozenset(
    {*NAMES, *BIRTHS, "sex", "gender", "limit", "number", "count", "onlycertainmatches", "_id"}
)
"""What may be asked of a shielded child; anything beside is hidden."""
MOST_DIGITS = 13

Known = Callable[[Collection[UUID]], dict[UUID, Watched]]


class Facts:
    """Makes looks of messages, in their order; keeps in the state what later ones need."""

    def __init__(
        self,
        state: State,
        hashes: Hashes,
        known: Known,
        hidden: Callable[[Collection[UUID]], set[UUID]],
        declared: Callable[[str], set[UUID]],
    ) -> None:
        """What the index knows now of children, which records it hides, whose family they are."""
        self._state, self._hashes = state, hashes
        self._known, self._hidden, self._declared = known, hidden, declared

    def looks(self, messages: Sequence[Recorded]) -> list[Look]:
        """The looks among these messages."""
        told = [one.event for one in messages if isinstance(one.event, ChildrenAccessed)]
        children = self._known({child for event in told for child in event.children})
        page = _Page(children, self._hidden, self._declared)
        return [look for one in messages if (look := self._look(one, page)) is not None]

    def _look(self, message: Recorded, page: "_Page") -> Look | None:
        at, event = message.origin.recorded, message.event
        match event:
            case ReaderSeen(reader, ReaderFacts(family, postcode)):
                self._state.facts[reader] = fold(family), compact(postcode)
            case TokenIssued(token, subject, expires=expires):
                self._state.tokens.setdefault(subject, {})[token] = expires
            case TokenRevoked(token, subject):
                held = self._state.tokens.get(subject, {})
                held.clear() if not token else held.pop(token, None)
                self._state.revoked[subject] = at // DAY
            case ActRefused(name):
                return Look(at, self._reader(name, at), Kind.REFUSED)
            case ChildrenAccessed():
                return self._accessed(at, event, page)
            case _:
                pass
        return None

    def _accessed(self, at: int, event: ChildrenAccessed, page: "_Page") -> Look:
        reader = self._reader(event.reader, at, event)
        children = tuple(page.child(child, reader.name, at) for child in event.children)
        asked = event.asked if isinstance(event.asked, access.Asked) else access.Asked("")
        return Look(at, reader, kind_of(event.act), children, self._asked(asked), event.behalf)

    def _reader(self, name: str, at: int, event: ChildrenAccessed | None = None) -> Reader:
        family, home = self._state.facts.get(name, ("", ""))
        return Reader(
            name,
            frozenset(event.roles if event else ()),
            event.authority if event else "",
            service_key(event.organisation) if event else "",
            family,
            home,
            self._has_left(name, at),
        )

    def _has_left(self, name: str, at: int) -> bool:
        """Whether they were revoked lately, and no token of ours is in force."""
        revoked = self._state.revoked.get(name)
        if revoked is None or at // DAY - revoked > GONE:
            return False
        return all(expires <= at // 10**6 for expires in self._state.tokens.get(name, {}).values())

    def _asked(self, asked: access.Asked) -> Asked:
        """What was typed, as the signs look at it: most of it as a keyed hash."""
        search = _searched(asked.search)
        names = " ".join(fold(search[name]) for name in NAMES if name in search)
        births = " ".join(search[name] for name in BIRTHS if name in search)
        hidden = " ".join(compact(value) for name, value in search.items() if name not in SAID)
        place = next((search[name] for name in PLACES if name in search), "")
        return Asked(
            family=names,
            postcode=compact(place),
            person=self._word(f"{names} {births}") if names else "",
            hidden=self._word(hidden) if hidden else "",
            numbers=tuple(_numbers(search)),
            fits=_fits(search.get("number", "")),
            reason=self._word(fold(asked.reason) + "".join(filter(str.isdigit, asked.reason))),
            case=sum(map(str.isdigit, asked.reason)) >= 3,
        )

    def _word(self, text: str) -> str:
        return self._hashes.content_hash(b"watched " + text.encode()).hex()


class _Page:
    """What is known of the children of some messages."""

    def __init__(
        self,
        known: dict[UUID, Watched],
        hidden: Callable[[Collection[UUID]], set[UUID]],
        declared: Callable[[str], set[UUID]],
    ) -> None:
        self._known, self._ask, self._families = known, hidden, declared
        self._declared: dict[str, set[UUID]] = {}

    @cached_property
    def _hidden(self) -> set[UUID]:
        return self._ask([UUID(bytes=r) for one in self._known.values() for r in one.records])

    def child(self, child: UUID, reader: str, at: int) -> Child:
        known = self._known.get(child)
        if known is None:
            return Child(child.bytes, known=False)
        if reader not in self._declared:
            self._declared[reader] = self._families(reader)
        same = {child, UUID(bytes=known.child)}
        return Child(
            known.child,
            known.families,
            known.homes,
            known.services,
            known.authorities,
            shielded=known.restricted or self._is_listed(known),
            dead=0 < known.died < at // DAY - MOURNING,
            declared=not same.isdisjoint(self._declared[reader]),
        )

    def _is_listed(self, known: Watched) -> bool:
        return not self._hidden.isdisjoint(UUID(bytes=record) for record in known.records)


def kind_of(act: str) -> Kind:
    """What kind of act one is, by the words that the record of access has for it.

    >>> [kind_of(act).value for act in ("child show override", "child find", "review show")]
    ['override', 'search', 'other']
    """
    words = act.casefold().replace("-", " ").split()
    for kind, of_kind in _KINDS:
        if not of_kind.isdisjoint(words):
            return kind
    return Kind.OTHER


_KINDS = (
    (Kind.OVERRIDE, {"override"}),
    (Kind.LISTED, {"export", "accesses", "looked", "changes", "audit"}),
    (Kind.SEARCH, {"find", "search", "lookup", "match", "pix"}),
    (Kind.READ, {"child", "patient"}),
)


def _searched(stated: dict[str, str]) -> dict[str, str]:
    """What was asked by field; a person whom FHIR's match describes, taken apart."""
    search = {name.casefold(): value for name, value in stated.items() if value}
    if (described := search.pop("person", None)) is None:
        return search
    try:
        person = msgspec.json.decode(described, type=Particulars)
    except msgspec.MsgspecError:
        return search
    told = {
        "family": next((name.family for name in person.names), ""),
        "given": next((" ".join(name.given) for name in person.names), ""),
        "birth": person.birth.value if person.birth else "",
        "postcode": next((one.postcode for one in person.addresses), ""),
        "identifier": next((one.value for one in person.identifiers), ""),
    }
    return search | {name: value for name, value in told.items() if value}


def _numbers(search: dict[str, str]) -> list[int]:
    """The digits of each number that was typed: of a child's, the first eleven."""
    found = []
    for name, value in search.items():
        if name in {"number", "identifier"} or name.isdigit():
            digits = "".join(filter(str.isdigit, value))[:MOST_DIGITS]
            if len(digits) >= 8:
                found.append(int(digits[:11] if name == "number" else digits))
    return found


def _fits(number: str) -> bool:
    try:
        return bool(read(number))
    except NumberError:
        return False
