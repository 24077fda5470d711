"""The children of one household: who share an address, a mother or another parent with a child.

For officers who shield a child: brothers and sisters are found where it is hidden.
"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa

from projections import rows
from projections.finding import KIN, POSTCODE, Kept, current, kin_of
from projections.folding import compact
from projections.index import CHILD
from projections.projection import Target
from projections.view import ChildView, whole

MOST = 50
"""Children that are offered; a communal address has more."""
ORDER = ("mother", "address", "parent")
"""Of what is shared, what says most first."""


class Kin(msgspec.Struct, frozen=True):
    """A child of the household, and what it shares with the one that is asked about."""

    child: UUID
    view: ChildView
    records: tuple[UUID, ...]
    shares: tuple[str, ...]


def household(child: bytes, target: Target) -> list[Kin]:
    """Children who are not shielded and share something with this one, the nearest first."""
    kept = next((kept for _, kept in current([child], target)), [])
    shares: dict[bytes, set[str]] = defaultdict(set)
    for what, value in kin_of([one.stated.particulars for one in kept]):
        for other in _with(KIN.c.child, KIN.c.value == value, target):
            shares[other].add(what)
    homes = _homes(kept)
    postcodes = sorted({postcode for postcode, _ in homes})
    near = _with(POSTCODE.c.child, POSTCODE.c.postcode.in_(postcodes), target)
    for part in rows.parts(sorted(near - {child})):
        for other, theirs in current(part, target):
            if _homes(theirs) & homes:
                shares[other].add("address")
    shares.pop(child, None)
    return sorted(_kin(shares, target), key=_rank)[:MOST]


def _homes(kept: Sequence[Kept]) -> set[tuple[str, str]]:
    """Postcodes and first lines of addresses."""
    return {
        (compact(place.postcode), compact(place.lines[0]))
        for one in kept
        for place in one.stated.particulars.addresses
        if place.postcode and place.lines
    }


def _with(column: sa.Column[bytes], which: sa.ColumnElement[bool], target: Target) -> set[bytes]:
    return set(target.connection.execute(sa.select(column).where(which)).scalars())


def _kin(shares: dict[bytes, set[str]], target: Target) -> list[Kin]:
    found: list[Kin] = []
    for part in rows.parts(sorted(shares)):
        query = sa.select(CHILD.c.child, CHILD.c.number).where(CHILD.c.child.in_(part))
        numbers = {row.child: row.number for row in target.connection.execute(query)}
        for other, kept in current(part, target):
            view = whole(numbers[other], [one.stated for one in kept])
            mine = tuple(what for what in ORDER if what in shares[other])
            records = tuple(UUID(bytes=one.record) for one in kept)
            found.append(Kin(UUID(bytes=other), view, records, mine))
    return found


def _rank(kin: Kin) -> tuple[list[bool], str]:
    return [what not in kin.shares for what in ORDER], kin.view.number
