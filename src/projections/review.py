"""The stewards' queue: pairs referred to them, open until a later run of linking settles them."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from events.judgement import BINDING, PairJudged
from events.linking import PairsReferred, ReferredPair
from events.message import Event
from events.record import RecordErased
from projections import rows
from projections.projection import BEFORE_FILLING, Happened, Target

name = "review"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset({PairsReferred, PairJudged, RecordErased})

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
and ``settled`` are microseconds; ``state`` is ``open`` or ``settled``."""

Key = tuple[bytes, bytes]
Row = tuple[bytes, bytes, str, float, float, str, int, int | None, str]


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Open the pairs referred, close those settled, forget those of erased records."""
    pairs = _standing(happened, target)
    erased: set[bytes] = set()
    for _, recorded in happened:
        match recorded.event:
            case PairsReferred(model=model, referred=referred, settled=settled):
                now = recorded.origin.recorded
                for left, right in settled:
                    _settle(pairs, key(left, right), now)
                for pair in referred:
                    _open(pairs, pair, model, now)
            case PairJudged(verdict=verdict) as judged if verdict in BINDING:
                _settle(pairs, key(judged.left, judged.right), recorded.origin.recorded)
            case RecordErased():
                record = recorded.originator_id.bytes
                erased.add(record)
                pairs = {pair: row for pair, row in pairs.items() if record not in pair}
            case _:
                pass
    _forget(list(erased), target)
    _write(pairs, target)


def finish(target: Target) -> None:
    """Nothing is left to do."""


def key(left: UUID, right: UUID) -> Key:
    """The pair in the order in which it is stored, so that it exists once."""
    return (left.bytes, right.bytes) if left.bytes < right.bytes else (right.bytes, left.bytes)


def _open(pairs: dict[Key, Row], pair: ReferredPair, model: str, now: int) -> None:
    left, right = key(pair.left, pair.right)
    known = pairs.get((left, right))
    since = known[6] if known and known[8] == "open" else now
    facts = (str(pair.pattern), pair.weight, pair.probability, model)
    pairs[left, right] = (left, right, *facts, since, None, "open")


def _settle(pairs: dict[Key, Row], pair: Key, now: int) -> None:
    known = pairs.get(pair)
    if known and known[8] == "open":
        pairs[pair] = (*known[:7], now, "settled")


def _standing(happened: Sequence[Happened], target: Target) -> dict[Key, Row]:
    """The rows of all pairs that the batch speaks of, as they stand."""
    named: set[Key] = set()
    for _, recorded in happened:
        if isinstance(recorded.event, PairJudged):
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
