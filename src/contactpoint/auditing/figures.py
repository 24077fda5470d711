"""Figures of access for those who watch it: how often, by whom, as what and what for; no child."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import msgspec

from contactpoint.auditing.looks import Wanted, looks
from contactpoint.auditing.matters import Matter, Matters
from contactpoint.bootstrap import Contactpoint
from contactpoint.reporting import Period
from contactpoint.watching.facts import kind_of
from contactpoint.watching.look import Kind
from events.access import ActRefused, ChildrenAccessed

MOST = 10
UNSAID = "not stated"


class OfReader(msgspec.Struct, frozen=True):
    """What one reader did."""

    reader: str
    looks: int
    children: int
    """Different ones, whom they were shown."""
    refused: int


class Followed(msgspec.Struct, frozen=True):
    """Alerts, or investigations."""

    raised: int
    """In the period."""
    open: int
    """Of those, the ones that nobody has closed yet."""
    findings: dict[str, int]
    """Of those that were closed."""


class Figures(msgspec.Struct, frozen=True):
    """All that is reported of one period."""

    first: str
    last: str
    looks: int
    found_nobody: int
    overrides: int
    refused: int
    acts: dict[str, int]
    roles: dict[str, int]
    authorities: dict[str, int]
    purposes: dict[str, int]
    refusals: dict[str, int]
    """By the act that was denied."""
    investigations: Followed
    alerts: Followed
    readers: list[OfReader]
    """Those with most looks."""


def figures(store: Contactpoint, of: Period) -> Figures:
    """The figures of a period, as far as whoever asks may know."""
    looked, refused = list[ChildrenAccessed](), list[ActRefused]()
    for page in looks(store, Wanted(of), opened=False):
        for one in page:
            match one.event:
                case ChildrenAccessed() as event:
                    looked.append(event)
                case ActRefused() as event:
                    refused.append(event)
                case _:
                    pass
    matters = Matters(store)
    return Figures(
        first=of.first.isoformat(),
        last=(of.behind - timedelta(days=1)).isoformat(),
        looks=len(looked),
        found_nobody=sum(not one.children for one in looked if kind_of(one.act) in FINDING),
        overrides=sum(kind_of(one.act) is Kind.OVERRIDE for one in looked),
        refused=len(refused),
        acts=_counted(one.act for one in looked),
        roles=_counted(" and ".join(one.roles) for one in looked),
        authorities=_counted(one.authority for one in looked),
        purposes=_counted(one.purpose for one in looked),
        refusals=_counted(one.act for one in refused),
        investigations=_followed(matters.investigations(), of),
        alerts=_followed(matters.alerts(), of),
        readers=_readers(looked, refused),
    )


FINDING = (Kind.READ, Kind.SEARCH)


def _counted(words: Iterable[str]) -> dict[str, int]:
    counted = Counter(word or UNSAID for word in words)
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _followed(matters: list[Matter], of: Period) -> Followed:
    raised = [one for one in matters if of.begin <= one.raised < of.end]
    closed = [one.closed.finding for one in raised if one.closed]
    return Followed(len(raised), len(raised) - len(closed), _counted(closed))


def _readers(looked: list[ChildrenAccessed], refused: list[ActRefused]) -> list[OfReader]:
    times = Counter(one.reader for one in looked)
    denied = Counter(one.reader for one in refused)
    children: dict[str, set[UUID]] = defaultdict(set)
    for one in looked:
        children[one.reader].update(one.children)
    most = sorted(times | denied, key=lambda name: (-times[name], -denied[name], name))[:MOST]
    return [OfReader(name, times[name], len(children[name]), denied[name]) for name in most]
