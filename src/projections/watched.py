"""What the signs of misuse ask of a child: names, homes, and who works with it.

It shows nothing to anybody: whoever watches looks, compares, and an auditor is told of a likeness.
What a shield hides is compared too, for it is such children that looks may harm.
"""

from collections.abc import Collection, Iterator
from datetime import date

import msgspec
import sqlalchemy as sa

from projections import rows
from projections.authority import authority_of
from projections.finding import NAME, Kept, current
from projections.folding import compact, fold
from projections.index import CHILD
from projections.projection import Target
from projections.routing import accepted
from projections.view import in_force, is_restricted


class Watched(msgspec.Struct, frozen=True):
    """A child as it stands today."""

    child: bytes
    """The one that answers today for the one that was asked about."""
    families: frozenset[str]
    homes: frozenset[str]
    services: frozenset[str]
    authorities: frozenset[str]
    records: tuple[bytes, ...]
    restricted: bool
    died: int = 0
    """Days since 1970-01-01; 0 for the living."""


def service_key(text: str) -> str:
    """An organisation as it is compared: a code without blanks, or the letters of a name.

    >>> service_key("213 2000"), service_key("St Mary's")
    ('2132000', 'stmarys')
    """
    return compact(text) if any(map(str.isdigit, text)) else fold(text)


def watched(children: Collection[bytes], today: str, target: Target) -> dict[bytes, Watched]:
    """Those of the children that are known, also under the one that they were merged into."""
    survivors = _survivors(children, target)
    found: dict[bytes, Watched] = {}
    for part in rows.parts(sorted(set(survivors.values()))):
        taken = accepted(part, target)
        for child, kept in current(part, target):
            found[child] = _watched(child, kept, taken.get(child, ""), today)
    return {child: found[into] for child, into in survivors.items() if into in found}


def numbers(children: Collection[bytes], target: Target) -> dict[bytes, str]:
    """The number that answers today for each of these children that has one."""
    survivors = _survivors(children, target)
    found: dict[bytes, str] = {}
    for part in rows.parts(sorted(set(survivors.values()))):
        query = sa.select(CHILD.c.child, CHILD.c.number).where(
            CHILD.c.child.in_(part), CHILD.c.status == "current"
        )
        found.update((row.child, row.number) for row in target.connection.execute(query))
    return {child: found[into] for child, into in survivors.items() if into in found}


def bearers(family: str, target: Target) -> tuple[int, int]:
    """How many children bear a folded family name, and how many there are."""
    named = sa.select(sa.func.count(sa.distinct(NAME.c.child))).where(NAME.c.family == family)
    every = sa.select(sa.func.count()).select_from(CHILD).where(CHILD.c.status == "current")
    counts = (target.connection.execute(query).scalar_one() for query in (named, every))
    found, of = map(int, counts)
    return found, of


def _watched(child: bytes, kept: list[Kept], authority: str, today: str) -> Watched:
    stated = [one.stated for one in kept]
    every = [one.particulars for one in stated]
    services = [s for p in every for s in p.involvements if not s.end or s.end >= today]
    words = {service_key(word) for s in services for word in (s.organisation, s.name)}
    places = [place for p in every for place in p.addresses if in_force(place)]
    return Watched(
        child,
        frozenset(fold(name.family) for p in every for name in p.names) - {""},
        frozenset(compact(place.postcode) for place in places) - {""},
        frozenset(words) - {""},
        frozenset({authority, *(authority_of(service, today) for service in services)}) - {""},
        tuple(one.record for one in kept),
        is_restricted(stated),
        max((_day(p.died) for p in every), default=0),
    )


def _day(text: str) -> int:
    """Days since 1970-01-01; 0 where no whole day is stated."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        return 0


def _survivors(children: Collection[bytes], target: Target) -> dict[bytes, bytes]:
    """The child that answers today for each of these that was known; itself where none took it."""
    found = {child: child for child in children}
    moved = dict(_merged(found, target))
    while moved:
        found = {child: moved.get(into, into) for child, into in found.items()}
        moved = dict(_merged({into for into in found.values() if into in moved.values()}, target))
    return found


def _merged(children: Collection[bytes], target: Target) -> Iterator[tuple[bytes, bytes]]:
    for part in rows.parts(sorted(children)):
        query = sa.select(CHILD.c.child, CHILD.c.merged_into).where(
            CHILD.c.child.in_(part), CHILD.c.status == "merged", CHILD.c.merged_into.is_not(None)
        )
        yield from (tuple(row) for row in target.connection.execute(query))
