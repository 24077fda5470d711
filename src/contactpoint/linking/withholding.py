"""Which new records are so near to a shielded child that readers must not see them as another's.

A record that nobody's child takes in becomes a child of its own. Where it is a shielded child's,
under a name or a date that errors have changed, that child would stand there without its shield.
So each such record is weighed against the records of shielded children, which it meets under looser
rules than others, and withheld from the shield floor on.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from events.child import RecordsUnlinked
from events.judgement import JudgementReversed, PairJudged
from events.linking import LinkingCompleted
from events.log import Log
from events.message import Recorded
from events.record import RecordAmended, RecordReceived
from events.shield import RecordsReleased
from events.store.heads import RecordHead
from linkage.decide import Levels, contradiction
from linkage.index import Index
from linkage.near import Coded, Few, NearPair, clears, share, untold

SHIELD_FLOOR = 0.0016
"""Probability of being a shielded child, rivals counted, from which a record is withheld.

Chosen from the curve that ``contactpoint shield curve`` prints (ADR 20)."""
FAINT = -14.0
"""Weight below which a pair adds nothing that the floor could see."""

Group = frozenset[int]
Past = Callable[[Collection[RecordHead]], Coded | None]
"""Of the heads of shielded children's records, by the ordinals of these: those that are withdrawn,
and what the others stated before."""


class Withheld(NamedTuple):
    """A group that is withheld: under which shield, and the pair that says so."""

    group: Group
    shield: UUID
    pair: NearPair | None
    """None where a source says so, by a question that waits already."""


class _Heard(NamedTuple):
    """What came since the last run, by ordinal."""

    stated: set[int]
    undone: dict[int, int]
    parted: set[int]


class _Released(NamedTuple):
    """Records that a shield withheld until a run linked them, and when (microseconds)."""

    shield: UUID
    when: int
    records: frozenset[UUID]


class Withholding:
    """The records of shielded children, and what comes near to them, for one run of linking."""

    def __init__(
        self,
        log: Log,
        index: Index,
        through: int,
        upto: int,
        past: Past = lambda _: None,
    ) -> None:
        """``through`` and ``upto``: between which positions records were stated anew.

        ``past`` gives what the index does not hold of shielded children any more.
        """
        self._log, self._index, self._past = log, index, past
        self._through, self._upto = through, upto
        self._few = Few(index, ())
        self._shields: dict[int, frozenset[UUID]] = {}
        """The shields over each record of a shielded child, by ordinal."""
        self._ids: dict[int, UUID] = {}
        self._position = 0
        self._heard: _Heard | None = None
        self._released: list[_Released] | None = None
        self._near: dict[int, list[NearPair]] = {}

    def look(self, position: int, ordinals: Collection[int]) -> None:
        """Find what comes near among these records, as the shield head stands."""
        if not ordinals:
            self._near = {}
            return
        if position != self._position:
            self._read()
            self._position = position
        self._near = {}
        # Where a judgement was undone, who came under a shield by it may go out from under it.
        hidden = {} if self.undone() else self._shields
        for pair in self._few.pairs([o for o in ordinals if o not in hidden], FAINT):
            self._near.setdefault(pair.asked, []).append(pair)

    def _read(self) -> None:
        over = self._log.heads.shields_over()
        heads = self._log.heads.records(over)
        self._shields = {head.state.ordinal: over[head.record] for head in heads.values()}
        self._ids = {head.state.ordinal: head.record for head in heads.values()}
        self._few = Few(self._index, self._shields, self._past(heads.values()))

    def stated(self) -> Collection[int]:
        """Ordinals of the records that any source stated anew since the last run."""
        return self._since().stated

    def undone(self) -> Mapping[int, int]:
        """When the judgements were made that were undone since the last run, by their records.

        Ordinals, and microseconds; of several over one record, the first.
        """
        return self._since().undone

    def undone_of(self, ordinals: Iterable[int]) -> list[int]:
        """When the judgements on any of these records were made that were undone since."""
        undone = self.undone()
        return [undone[ordinal] for ordinal in ordinals if ordinal in undone]

    def freed(self, records: Collection[UUID], since: int) -> set[UUID]:
        """The shields that withheld any of these until a run linked it, since a time."""
        return {
            one.shield
            for one in self._releases()
            if one.when >= since and not one.records.isdisjoint(records)
        }

    def _releases(self) -> Sequence[_Released]:
        """What was withheld until a run linked it; read once, whatever is asked of it."""
        if self._released is None:
            self._released = []
            for rows in self._log.pages(RecordsReleased, upto=self._upto):
                for message in self._log.decode(rows, opened=False):
                    event = message.event
                    assert isinstance(event, RecordsReleased)
                    if event.reason == "linked":
                        of = message.originator_id, message.origin.recorded
                        self._released.append(_Released(*of, frozenset(event.records)))
        return self._released

    def parted(self) -> Collection[int]:
        """Ordinals of the records that an act since the last run took out of a child."""
        return self._since().parted

    def _since(self) -> "_Heard":
        if self._heard is None:
            stated: set[UUID] = set()
            undone: dict[UUID, int] = {}
            since = {"after": self._through, "upto": self._upto}
            for rows in self._log.pages(RecordReceived, RecordAmended, **since):
                stated.update(row.stream for row in rows)
            for rows in self._log.pages(JudgementReversed, **since):
                for message in self._log.decode(rows, opened=False):
                    assert isinstance(message.event, JudgementReversed)
                    made = self._made(message)
                    for record in (message.event.left, message.event.right):
                        undone[record] = min(made, undone.get(record, made))
            parted = self._parted()
            heads = self._log.heads.records(stated | undone.keys() | parted)
            places = {record: head.state.ordinal for record, head in heads.items()}
            self._heard = _Heard(
                {places[record] for record in stated},
                {places[record]: made for record, made in undone.items()},
                {places[record] for record in parted},
            )
        return self._heard

    def _parted(self) -> set[UUID]:
        parted: set[UUID] = set()
        since = {"after": self._through, "upto": self._upto}
        for rows in self._log.pages(RecordsUnlinked, LinkingCompleted, **since):
            for message in self._log.decode(rows, opened=False):
                match message.event:
                    case LinkingCompleted():
                        parted.clear()
                    case RecordsUnlinked(records=records, reason="moved"):
                        parted.update(records)
                    case _:
                        pass
        return parted

    def _made(self, undoing: Recorded) -> int:
        """When the judgement was made that an event undoes."""
        before = self._log.stream(undoing.originator_id, opened=False)
        return max(
            one.origin.recorded
            for one in before[: undoing.originator_version - 1]
            if isinstance(one.event, PairJudged)
        )

    def near(
        self,
        groups: Iterable[Group],
        child: Callable[[int], object],
        apart: Callable[[Group, UUID], bool],
    ) -> list[Withheld]:
        """Those of the groups that reach the floor, of the records that were looked at.

        ``child`` says of which child a record is; ``apart``, whether a steward has said that a
        group is not a shield's child.
        """
        found: list[Withheld] = []
        for group in groups:
            best = self._best(group)
            if _share(best) < SHIELD_FLOOR:
                continue
            best = {
                shield: pair
                for shield, pair in best.items()
                if not apart(group, shield) and not self.cleared(group, shield)
            }
            if _share(best, self._rivals(group, child)) >= SHIELD_FLOOR:
                shield = max(sorted(best), key=lambda one: best[one].weight)
                found.append(Withheld(group, shield, best[shield]))
        return found

    def cleared(self, group: Group, shield: UUID) -> bool:
        """Whether a group shows that it is not the child of a shield.

        A number that the child has had clears nothing, whatever others it had.
        """
        theirs = {ordinal for ordinal, shields in self._shields.items() if shield in shields}
        patterns = [pair.pattern for pair in self._few.against(group, theirs - group)]
        same = any(Levels.of(pattern).same_verified for pattern in patterns)
        return not same and any(map(clears, patterns))

    def id_of(self, ordinal: int) -> UUID:
        """The record of a shielded child that has an ordinal."""
        return self._ids[ordinal]

    def _best(self, group: Group) -> dict[UUID, NearPair]:
        """The strongest pair with each shielded child that the group may be."""
        best: dict[UUID, NearPair] = {}
        pairs = (pair for ordinal in group for pair in self._near.get(ordinal, ()))
        for pair in (pair for pair in pairs if pair.other not in group):
            # Of several shields over one child any will do: what is released from one is from all.
            shield = min(self._shields[pair.other])
            if shield not in best or best[shield].weight < pair.weight:
                best[shield] = pair
        return best

    def _rivals(self, group: Group, child: Callable[[int], object]) -> list[float]:
        """The weight of each other child, not shielded, that the group may be."""
        best: dict[object, float] = {}
        pairs = self._index.pairs_of(group, FAINT)
        columns = (pairs.left, pairs.right, untold(pairs, self._index.model), pairs.pattern)
        for left, right, weight, code in zip(*(c.tolist() for c in columns), strict=True):
            other = right if left in group else left
            mine = {left, right} <= group or other in self._shields
            if not mine and not contradiction(Levels.of(code)):
                best[child(other)] = max(weight, best.get(child(other), weight))
        return list(best.values())


def _share(best: Mapping[UUID, NearPair], rivals: Iterable[float] = ()) -> float:
    """The probability of being one of the shielded children."""
    return share([pair.weight for pair in best.values()], rivals)
