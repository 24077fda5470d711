"""The stewards' queue: pairs referred to them, open until a later run of linking settles them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from events.judgement import BINDING, PairJudged, PairRaised
from events.linking import CrowdsChanged, PairsReferred, ReferredPair
from events.message import Event
from events.record import RecordErased
from projections import rows
from projections.projection import BEFORE_FILLING, Happened, Target

name = "review"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {PairsReferred, PairRaised, CrowdsChanged, PairJudged, RecordErased}
)

REVIEW_PAIR = sa.Table(
    "review_pair",
    metadata,
    sa.Column("left", sa.LargeBinary(16), primary_key=True),
    sa.Column("right", sa.LargeBinary(16), primary_key=True),
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("probability", sa.Float, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("settled", sa.BigInteger),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("review_pair_right", "right", info=BEFORE_FILLING),
    sa.Index("review_pair_state", "state", "weight"),
)
"""``left`` is the lesser of the two; ``pattern`` is decimal, as it may exceed 63 bits; ``since``
and ``settled`` are microseconds; ``state`` is ``open``, ``raised`` (somebody asked for it) or
``settled``."""
WAITING = ("open", "raised")

CROWD = sa.Table(
    "review_crowd",
    metadata,
    sa.Column("lead", sa.LargeBinary(16), primary_key=True),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
)
"""Neighbourhoods that are crowded, by the record that leads them."""

Key = tuple[bytes, bytes]
Row = tuple[bytes, bytes, str, float, float, str, int, int | None, str]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Open the pairs referred, close those settled, forget those of erased records."""
    pairs = _standing(happened, target)
    erased: set[bytes] = set()
    crowds: dict[bytes, tuple[bytes, int, int] | None] = {}
    for _, recorded in happened:
        match recorded.event:
            case PairsReferred(model=model, referred=referred, settled=settled):
                now = recorded.origin.recorded
                for left, right in settled:
                    _settle(pairs, key(left, right), now, "open")
                for pair in referred:
                    _open(pairs, pair, model, now)
            case PairRaised() as raised:
                _raise(pairs, raised, recorded.origin.recorded)
            case PairJudged(verdict=verdict) as judged if verdict in BINDING:
                _settle(pairs, key(judged.left, judged.right), recorded.origin.recorded, *WAITING)
            case CrowdsChanged(crowded=crowded, thinned=thinned):
                crowds.update((lead.bytes, None) for lead in thinned)
                now = recorded.origin.recorded
                crowds.update((c.lead.bytes, (c.lead.bytes, c.records, now)) for c in crowded)
            case RecordErased():
                crowds[recorded.originator_id.bytes] = None
                record = recorded.originator_id.bytes
                erased.add(record)
                pairs = {pair: row for pair, row in pairs.items() if record not in pair}
            case _:
                pass
    _forget(list(erased), target)
    _write(pairs, target)
    rows.delete(target.connection, target[CROWD], target[CROWD].c.lead, sorted(crowds))
    rows.insert(target.connection, target[CROWD], [row for row in crowds.values() if row])


def finish(target: Target) -> None:
    """Nothing is left to do."""


def key(left: UUID, right: UUID) -> Key:
    """The pair in the order in which it is stored, so that it exists once."""
    return (left.bytes, right.bytes) if left.bytes < right.bytes else (right.bytes, left.bytes)


def _open(pairs: dict[Key, Row], pair: ReferredPair, model: str, now: int) -> None:
    left, right = key(pair.left, pair.right)
    known = pairs.get((left, right))
    since = known[6] if known and known[8] == "open" else now
    if known and known[8] == "raised":
        return
    facts = (str(pair.pattern), pair.weight, pair.probability, model)
    pairs[left, right] = (left, right, *facts, since, None, "open")


def _raise(pairs: dict[Key, Row], raised: PairRaised, now: int) -> None:
    """A pair that was asked about waits until it is judged, whatever runs of linking make of it."""
    pair = key(raised.left, raised.right)
    facts = (str(raised.pattern), raised.weight, raised.probability, raised.model)
    pairs[pair] = (*pair, *facts, now, None, "raised")


def _settle(pairs: dict[Key, Row], pair: Key, now: int, *states: str) -> None:
    known = pairs.get(pair)
    if known and known[8] in states:
        pairs[pair] = (*known[:7], now, "settled")


def _standing(happened: Sequence[Happened], target: Target) -> dict[Key, Row]:
    """The rows of all pairs that the batch speaks of, as they stand."""
    named: set[Key] = set()
    for _, recorded in happened:
        if isinstance(recorded.event, PairJudged | PairRaised):
            named.add(key(recorded.event.left, recorded.event.right))
        if isinstance(recorded.event, PairsReferred):
            named.update(key(pair.left, pair.right) for pair in recorded.event.referred)
            named.update(key(left, right) for left, right in recorded.event.settled)
    table = target[REVIEW_PAIR]
    found: dict[Key, Row] = {}
    for part in rows.parts(sorted({left for left, _ in named})):
        query = table.select().where(table.c.left.in_(part))
        for row in target.connection.execute(query):
            if (row.left, row.right) in named:
                found[row.left, row.right] = (*row,)
    return found


def _write(pairs: dict[Key, Row], target: Target) -> None:
    if not pairs:
        return
    table = target[REVIEW_PAIR]
    target.connection.execute(
        table.delete().where(
            table.c.left == sa.bindparam("one"), table.c.right == sa.bindparam("other")
        ),
        [{"one": left, "other": right} for left, right in pairs],
    )
    rows.insert(target.connection, table, list(pairs.values()))


def _forget(erased: list[bytes], target: Target) -> None:
    table = target[REVIEW_PAIR]
    rows.delete(target.connection, table, table.c.left, erased)
    rows.delete(target.connection, table, table.c.right, erased)
