"""Which new records are so near to a shielded child that readers must not see them as another's.

A record that nobody's child takes in becomes a child of its own. Where it is a shielded child's,
under a name or a date that errors have changed, that child would stand there without its shield.
So each such record is weighed against the records of shielded children, which it meets under looser
rules than others, and withheld from the shield floor on.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from contactpoint.linking.matching import AnyIndex
from events.log import Log
from events.record import RecordAmended, RecordReceived
from linkage.comparable import Comparable
from linkage.decide import Levels, contradiction
from linkage.model import Model
from linkage.near import Few, NearPair, clears, share
from linkage.standardise import standardise
from projections.queries import IndexedRecord, Queries

SHIELD_FLOOR = 0.005
"""Probability of being a shielded child, rivals counted, from which a record is withheld.

Chosen from the curve that ``contactpoint shield curve`` prints (ADR 20)."""
FAINT = -14.0
"""Weight below which a pair adds nothing that the floor could see."""
PAGE = 10_000

Group = frozenset[int]


class Withheld(NamedTuple):
    """A group that is withheld: under which shield, and the pair that says so."""

    group: Group
    shield: UUID
    pair: NearPair


class Watch(NamedTuple):
    """What one commit asks whether anything comes near to a shielded child."""

    near: "Withholding"
    matcher: AnyIndex
    """All records, where rivals are found."""
    stated: Callable[[], Collection[int]]
    """Gives the records that are new, or stated anew, since the last run."""


class Withholding:
    """The records of shielded children, and what comes near to them, for one run of linking."""

    def __init__(
        self, log: Log, queries: Queries, model: Model, floor: float = SHIELD_FLOOR
    ) -> None:
        """Nothing is read before a shield stands."""
        self._log, self._queries, self._model, self._floor = log, queries, model, floor
        self._few = Few(model)
        self._shields: dict[int, frozenset[UUID]] = {}
        """The shields over each record of a shielded child, by ordinal."""
        self._ids: dict[int, UUID] = {}
        self._position = 0
        self._stated: set[int] | None = None

    def read(self, position: int) -> None:
        """Bring the records of shielded children to where the shield head stands."""
        if position == self._position:
            return
        over = {
            record: frozenset(shield for shield, kind in kinds.items() if kind == "shielded")
            for record, kinds in self._log.heads.shielded().items()
        }
        heads = self._log.heads.records(record for record, shields in over.items() if shields)
        now = {head.state.ordinal: over[head.record] for head in heads.values()}
        self._ids = {head.state.ordinal: head.record for head in heads.values()}
        self._few.remove(self._shields.keys() - now.keys())
        fresh = self._queries.records_by_ordinal(o for o in now if o not in self._few)
        self._few.put(_comparable(fresh.values()))
        self._shields, self._position = now, position

    def forget(self) -> None:
        """The read models went on: what was read of records is read again."""
        self._few, self._shields, self._position = Few(self._model), {}, 0

    def stated_since(self, through: int, upto: int) -> Collection[int]:
        """Ordinals of the records that any source stated anew since the last run."""
        if self._stated is None:
            records: set[UUID] = set()
            while rows := self._log.read(through, PAGE, upto, (RecordReceived, RecordAmended)):
                records.update(row.stream for row in rows)
                through = rows[-1].position
            heads = self._log.heads.records(records)
            self._stated = {head.state.ordinal for head in heads.values()}
        return self._stated

    def near(
        self,
        groups: Sequence[Group],
        index: AnyIndex,
        child: Callable[[int], object],
        apart: Callable[[Group, UUID], bool],
    ) -> list[Withheld]:
        """Those of the groups that reach the floor.

        ``child`` says of which child a record is; ``apart``, whether a steward has said that a
        group is not a shield's child.
        """
        asked = {ordinal for group in groups for ordinal in group}
        records = _comparable(self._queries.records_by_ordinal(asked).values())
        of: dict[int, list[NearPair]] = defaultdict(list)
        for pair in self._few.pairs(records, FAINT):
            of[pair.asked].append(pair)
        found: list[Withheld] = []
        for group in groups:
            best = self._best(group, [pair for ordinal in group for pair in of[ordinal]], apart)
            weights = [pair.weight for pair in best.values()]
            if share(weights, []) < self._floor:
                continue
            if share(weights, self._rivals(group, index, child)) >= self._floor:
                shield = max(sorted(best), key=lambda one: best[one].weight)
                found.append(Withheld(group, shield, best[shield]))
        return found

    def cleared(self, group: Group, shield: UUID) -> bool:
        """Whether a group shows that it is not the child of a shield."""
        records = _comparable(self._queries.records_by_ordinal(group).values())
        pairs = self._few.pairs(records, float("-inf"))
        return any(clears(p.pattern) and shield in self._shields[p.other] for p in pairs)

    def id_of(self, ordinal: int) -> UUID:
        """The record of a shielded child that has an ordinal."""
        return self._ids[ordinal]

    def _best(
        self, group: Group, pairs: Sequence[NearPair], apart: Callable[[Group, UUID], bool]
    ) -> dict[UUID, NearPair]:
        """The strongest pair with each shielded child that the group may be."""
        best: dict[UUID, NearPair] = {}
        cleared: set[UUID] = set()
        for pair in pairs:
            # Of several shields over one child any will do: what is released from one is from all.
            shield = min(self._shields[pair.other])
            if clears(pair.pattern):
                cleared |= self._shields[pair.other]
            elif shield not in best or best[shield].weight < pair.weight:
                best[shield] = pair
        return {s: p for s, p in best.items() if s not in cleared and not apart(group, s)}

    def _rivals(self, group: Group, index: AnyIndex, child: Callable[[int], object]) -> list[float]:
        """The weight of each other child, not shielded, that the group may be."""
        best: dict[object, float] = {}
        pairs = index.pairs_of(group, FAINT)
        columns = (pairs.left, pairs.right, pairs.weight, pairs.pattern)
        for left, right, weight, code in zip(*(c.tolist() for c in columns), strict=True):
            other = right if left in group else left
            mine = {left, right} <= group or other in self._shields
            if not mine and not contradiction(Levels.of(code)):
                best[child(other)] = max(weight, best.get(child(other), weight))
        return list(best.values())


def _comparable(records: Iterable[IndexedRecord]) -> Mapping[int, Comparable]:
    return {one.ordinal: standardise(one.compared) for one in records if one.compared is not None}
