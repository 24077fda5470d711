"""The stewards' queue: pairs referred to them, open until a later run of linking settles them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from events.judgement import (
    BINDING,
    ClaimReleased,
    JudgementReversed,
    PairClaimed,
    PairJudged,
    PairRaised,
)
from events.linking import CrowdsChanged, PairsReferred, ReferredPair
from events.message import Event
from events.record import RecordErased
from projections import rows
from projections.projection import BEFORE_FILLING, Happened, Target
from projections.worth import Kind, turn

name = "review"
opens = False
metadata = sa.MetaData()
events: frozenset[type[Event]] = frozenset(
    {
        PairsReferred,
        PairRaised,
        PairClaimed,
        ClaimReleased,
        CrowdsChanged,
        PairJudged,
        JudgementReversed,
        RecordErased,
    }
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
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("distance", sa.Float),
    sa.Column("turn", sa.Float),
    sa.Index("review_pair_right", "right", info=BEFORE_FILLING),
    sa.Index("review_pair_state", "state", "weight"),
    sa.Index("review_pair_turn", "turn", "left", "right"),
)
"""``left`` is the lesser of the two; ``pattern`` is decimal, as it may exceed 63 bits; ``since``
and ``settled`` are microseconds; ``state`` is ``open``, ``raised`` (somebody asked for it) or
``settled``; ``distance`` is in bits from the threshold; ``turn`` (``projections.worth``) is of
pairs that await a steward alone."""
WAITING = ("open", "raised")

ATTENDED = sa.Table(
    "review_attended",
    metadata,
    sa.Column("left", sa.LargeBinary(16), primary_key=True),
    sa.Column("right", sa.LargeBinary(16), primary_key=True),
    sa.Column("unsure", sa.Boolean, nullable=False),
    sa.Column("steward", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Index("review_attended_until", "until"),
)
"""Pairs that a steward is at, until the lease ends, or that one could not tell; 0 and no name where
nobody is at it."""

CROWD = sa.Table(
    "review_crowd",
    metadata,
    sa.Column("lead", sa.LargeBinary(16), primary_key=True),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
)
"""Neighbourhoods that are crowded, by the record that leads them."""

Key = tuple[bytes, bytes]


class _Pair(NamedTuple):
    """A row of ``REVIEW_PAIR``."""

    left: bytes
    right: bytes
    pattern: str
    weight: float
    probability: float
    model: str
    since: int
    settled: int | None
    state: str
    kind: str
    distance: float | None
    turn: float | None


def _pair(
    told: ReferredPair | PairRaised, model: str, threshold: float | None, since: int, state: str
) -> _Pair:
    """The row of a pair that waits since then; its turn is set when it is known what was said."""
    left, right = key(told.left, told.right)
    distance = None if threshold is None else told.weight - threshold
    weighed = (str(told.pattern), told.weight, told.probability, model)
    return _Pair(left, right, *weighed, since, None, state, told.kind, distance, None)


class _Attended(NamedTuple):
    """What a steward last did with a pair, as a row of ``ATTENDED`` has it."""

    unsure: bool = False
    steward: str = ""
    until: int = 0


class _Queue:
    """The rows of all pairs that a batch speaks of, as they stand and as they change."""

    def __init__(self, named: Iterable[Key], target: Target) -> None:
        keys = set(named)
        lefts = sorted({left for left, _ in keys})
        self.pairs: dict[Key, _Pair] = {}
        self.attended: dict[Key, _Attended] = {}
        pair, attended = target[REVIEW_PAIR], target[ATTENDED]
        for part in rows.parts(lefts):
            for row in target.connection.execute(pair.select().where(pair.c.left.in_(part))):
                if (row.left, row.right) in keys:
                    self.pairs[row.left, row.right] = _Pair(*row)
            query = attended.select().where(attended.c.left.in_(part))
            for left, right, *what in target.connection.execute(query):
                if (left, right) in keys:
                    self.attended[left, right] = _Attended(*what)

    def take(self, event: Event, now: int) -> None:
        """What an event says of pairs."""
        match event:
            case PairsReferred(referred=referred, settled=settled):
                for left, right in settled:
                    self._settle(key(left, right), now, "open")
                for pair in referred:
                    self._open(pair, event, now)
            case PairRaised():
                # It waits until it is judged, whatever runs of linking make of it.
                self._wait(_pair(event, event.model, event.threshold, now, "raised"))
            case PairClaimed(records=(left, right)):
                self._claim(key(left, right), event.steward, event.until)
            case ClaimReleased(records=(left, right)):
                self._claim(key(left, right))
            case PairJudged(left=left, right=right, verdict=verdict):
                self._attend(key(left, right), _Attended(verdict == "unsure"))
                if verdict in BINDING:
                    self._settle(key(left, right), now, *WAITING)
            case JudgementReversed(left=left, right=right):
                self._attend(key(left, right), _Attended())
            case _:
                pass

    def forget(self, record: bytes) -> None:
        """A record was erased."""
        self.pairs = {pair: row for pair, row in self.pairs.items() if record not in pair}
        self.attended = {pair: row for pair, row in self.attended.items() if record not in pair}

    def _open(self, pair: ReferredPair, referred: PairsReferred, now: int) -> None:
        """A run refers a pair; one that somebody asked about waits as it is."""
        known = self.pairs.get(key(pair.left, pair.right))
        if known and known.state == "raised":
            return
        since = known.since if known and known.state == "open" else now
        self._wait(_pair(pair, referred.model, referred.threshold, since, "open"))

    def _settle(self, pair: Key, now: int, *states: str) -> None:
        """It waits no longer, where it is in one of these states."""
        known = self.pairs.get(pair)
        if known and known.state in states:
            self.pairs[pair] = known._replace(settled=now, state="settled", turn=None)

    def _claim(self, pair: Key, steward: str = "", until: int = 0) -> None:
        """A steward is at it now; without a name, nobody is."""
        is_unsure = self.attended.get(pair, _Attended()).unsure
        self._attend(pair, _Attended(is_unsure, steward, until))

    def _attend(self, pair: Key, what: _Attended) -> None:
        """A steward took it up, put it back, or said something of it."""
        self.attended[pair] = what
        known = self.pairs.get(pair)
        if known and known.state in WAITING:
            self._wait(known)

    def _wait(self, row: _Pair) -> None:
        place = row.left, row.right
        kind = Kind(row.kind) if row.kind else Kind.LINKAGE
        is_unsure = self.attended.get(place, _Attended()).unsure
        when = turn(kind, row.since, row.distance, is_unsure=is_unsure)
        self.pairs[place] = row._replace(kind=kind.value, turn=when)


def fold(happened: Sequence[Happened], target: Target) -> None:
    """Open the pairs referred, close those settled, forget those of erased records."""
    queue = _Queue(_named(happened), target)
    erased: set[bytes] = set()
    crowds: dict[bytes, tuple[bytes, int, int] | None] = {}
    for _, recorded in happened:
        match recorded.event:
            case CrowdsChanged(crowded=crowded, thinned=thinned):
                now = recorded.origin.recorded
                crowds.update((lead.bytes, None) for lead in thinned)
                crowds.update((c.lead.bytes, (c.lead.bytes, c.records, now)) for c in crowded)
            case RecordErased():
                crowds[recorded.originator_id.bytes] = None
                erased.add(recorded.originator_id.bytes)
                queue.forget(recorded.originator_id.bytes)
            case event:
                queue.take(event, recorded.origin.recorded)
    for table in (REVIEW_PAIR, ATTENDED):
        _forget(sorted(erased), table, target)
    _write(REVIEW_PAIR, queue.pairs, list(queue.pairs.values()), target)
    told = [(*pair, *row) for pair, row in queue.attended.items() if row != _Attended()]
    _write(ATTENDED, queue.attended, told, target)
    rows.delete(target.connection, target[CROWD], target[CROWD].c.lead, sorted(crowds))
    rows.insert(target.connection, target[CROWD], [row for row in crowds.values() if row])


def finish(target: Target) -> None:
    """Nothing is left to do."""


def key(left: UUID, right: UUID) -> Key:
    """The pair in the order in which it is stored, so that it exists once."""
    return (left.bytes, right.bytes) if left.bytes < right.bytes else (right.bytes, left.bytes)


def _named(happened: Sequence[Happened]) -> Iterable[Key]:
    """The pairs that a batch speaks of."""
    for _, recorded in happened:
        match recorded.event:
            case PairsReferred(referred=referred, settled=settled):
                yield from (key(pair.left, pair.right) for pair in referred)
                yield from (key(left, right) for left, right in settled)
            case (
                PairRaised(left=left, right=right)
                | PairJudged(left=left, right=right)
                | JudgementReversed(left=left, right=right)
                | PairClaimed(records=(left, right))
                | ClaimReleased(records=(left, right))
            ):
                yield key(left, right)
            case _:
                pass


def _write(
    live: sa.Table, pairs: Iterable[Key], written: Sequence[tuple[object, ...]], target: Target
) -> None:
    """Write the rows of pairs anew."""
    table = target[live]
    gone = [{"one": left, "other": right} for left, right in pairs]
    if gone:
        which = (table.c.left == sa.bindparam("one"), table.c.right == sa.bindparam("other"))
        target.connection.execute(table.delete().where(*which), gone)
    rows.insert(target.connection, table, written)


def _forget(erased: list[bytes], live: sa.Table, target: Target) -> None:
    table = target[live]
    rows.delete(target.connection, table, table.c.left, erased)
    rows.delete(target.connection, table, table.c.right, erased)
