"""Who is to be purged: children, and records of nobody who is seen, whose archive has ended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from events.record import Statement
from projections import rows
from projections.finding import IDENTITY
from projections.index import RECORD, with_statements
from projections.mergers import survivor
from projections.placing import placed_last
from projections.projection import Target
from projections.retention import archived_alone

_decode = msgspec.json.Decoder(Statement).decode


class Due(NamedTuple):
    """Ids, sorted."""

    children: list[UUID]
    """Those who are seen, and those of whom no record is: closed ones and retired identities."""
    records: list[UUID]
    """Those that never were of a child."""


def due(upto: str, target: Target) -> Due:
    """What was archived by a day, which is an ISO date.

    A record that is of nobody any more goes with the child that it was of last, and with others
    that were of that child only: none is purged while one of them has to be kept.
    """
    query = sa.select(IDENTITY.c.child).where(IDENTITY.c.archived <= upto)
    children = set(target.connection.execute(query).scalars())
    lone: list[bytes] = []
    until: dict[bytes, str] = defaultdict(str)
    for part in _unseen(target):
        last = placed_last(target, [record for record, *_ in part])
        for record, child, day in part:
            owner = child or last.get(record)
            if owner is not None:
                until[owner] = max(day, until[owner])
            elif day <= upto:
                lone.append(record)
    ended = [child for child, day in until.items() if day <= upto]
    children.update(child for child in ended if survivor(child, target) is None)
    return Due(_ids(children), _ids(lone))


def _ids(found: Iterable[bytes]) -> list[UUID]:
    return sorted(UUID(bytes=one) for one in found)


def _unseen(target: Target) -> Iterator[list[tuple[bytes, bytes | None, str]]]:
    """The records of no child who is seen: id, child, and the day from which it is archived.

    As many at once as one statement can name.
    """
    both, statement = with_statements(RECORD, RECORD.c.ordinal, target)
    query = (
        sa.select(RECORD.c.record, RECORD.c.child, statement)
        .select_from(both.outerjoin(IDENTITY, IDENTITY.c.child == RECORD.c.child))
        .where(IDENTITY.c.child.is_(None), statement.is_not(None))
    )
    for part in target.connection.execute(query).partitions(rows.MOST_PARAMETERS):
        yield [(one, of, archived_alone(_decode(said).particulars)) for one, of, said in part]
