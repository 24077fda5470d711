"""A child that is two, parted by a steward: the judgement "apart" on each pair across."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from contactpoint.again import again
from contactpoint.errors import NotFoundError
from contactpoint.judging.acts import By, Hangs, Permit, acts_of, hanging
from contactpoint.judging.gainsaying import must_be_possible
from contactpoint.judging.pair import Pair, pair_of
from contactpoint.judging.sight import SeenChild, child_as_seen, child_seen
from contactpoint.judging.statements import Statements, decided
from events.child import Child, RecordsUnlinked, evolve
from events.judgement import JudgedPair, JudgePair, PairJudged, Seen
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.store.heads import ChildHead, HeadChanges, JudgementHead, is_across
from linkage.resolve import Judgement

NO_CHILD = "no child of that number with these records and others"
"""Said in the same words of a child that may not be seen: its records are not to be guessed."""


@dataclass(frozen=True, slots=True)
class MeantSplit:
    """How a steward parts a child, and what they had seen of it."""

    child: UUID
    off: frozenset[UUID]
    """The records that are taken off."""
    seen: SeenChild
    reason: str
    off_keeps: bool = False
    """Whether the part taken off keeps the number; else the larger part does."""
    act: str = ""

    @property
    def rest(self) -> frozenset[UUID]:
        """The records that stay."""
        return frozenset(self.seen.records) - self.off

    @property
    def pairs(self) -> list[Pair]:
        """The pairs across it."""
        return [Pair.of(one, other) for one, other in product(self.off, self.rest)]

    @property
    def hangs(self) -> Hangs:
        """What hangs on it."""
        return Hangs(frozenset(self.seen.records), frozenset({self.child}))

    def judgement(self, pair: Pair, by: By) -> PairJudged:
        """What it says of one pair across it."""
        left, right = (dict(self.seen.versions)[record] for record in pair)
        version = self.seen.version
        seen = Seen(left, right, version, version)
        return PairJudged(*pair, "apart", self.reason, seen, by.name, by.second, self.act)

    def is_said_of(self, state: JudgedPair, by: By) -> bool:
        """Whether a pair was judged by this very split."""
        judged = state.judged
        return (
            judged is not None
            and (judged.verdict, judged.by) == ("apart", by.name)
            and judged.seen.left_child == self.seen.version
            and bool(judged.act)
        )


class Splitting:
    """The use case of parting a child. It is undone as a judgement on any pair across it is."""

    def __init__(
        self, log: Log, keys: SubjectKeys, master: MasterKey, permit: Permit = lambda _: None
    ) -> None:
        """``permit`` is asked about each act, with what is known when it is written."""
        self._log, self._permit = log, permit
        self._said = Statements(log, keys, master)

    def open(self, child: UUID, off: frozenset[UUID]) -> SeenChild:
        """The child as it is now, of which these records are to be taken off.

        Raises NotFoundError, or what ``permit`` raises, where it has not all of them and others, or
        is not for them to part.
        """
        now = child_seen(child, self._log)
        if now is None or not off < frozenset(now.records):
            raise NotFoundError(NO_CHILD)
        self._permit(Hangs(frozenset(now.records), frozenset({child})))
        return now

    def is_in_force(self, child: UUID, off: frozenset[UUID], seen: str, by: By) -> bool:
        """Whether this split, of a child that was seen so, is in force; ``child`` is a part of it.

        Raises what ``permit`` raises where it is and is not for them to part.
        """
        acts: defaultdict[str, dict[Pair, PairJudged]] = defaultdict(dict)
        for pair in map(pair_of, self._log.heads.judgements(off)):
            judged = self._said.state(pair).judged
            if judged and judged.act and (judged.verdict, judged.by) == ("apart", by.name):
                acts[judged.act][pair] = judged
        parts = self._log.replay(child, Child(), evolve).records
        for pairs in acts.values():
            whole = frozenset(end for pair in pairs for end in pair)
            across = {Pair.of(one, other) for one, other in product(off, whole - off)}
            if pairs.keys() != across or whole.isdisjoint(parts) or seen != str(_seen(pairs)):
                continue
            if not is_across(self._log.heads.sides(whole)):
                self._permit(hanging(whole, self._log))
                return True
        return False

    def split(self, meant: MeantSplit, by: By, origin: Origin) -> bool:
        """Part a child in two; False where this very split is in force already.

        Raises StaleSightError, ClaimedError, GainsaidError, NotFoundError, or what ``permit``
        raises, with nothing written.
        """

        def attempt() -> bool:
            acts = acts_of(self._log)
            self._permit(meant.hangs)
            states = {pair: self._said.state(pair) for pair in meant.pairs}
            if all(meant.is_said_of(state, by) for state in states.values()):
                return False
            expect = child_as_seen(meant.child, meant.seen, self._log)
            judged = self._judged(meant, states, by, origin)
            unlinked, changed = self._unlinked(meant, origin)
            heads = HeadChanges(
                judgements=[JudgementHead(*pair, "apart") for pair in states],
                children=changed,
                links=dict.fromkeys(meant.rest) if changed else {},
                unmoved=acts,
            )
            self._log.append([*judged, *unlinked], heads=heads, expect=expect)
            return True

        return again(attempt)

    def preview(self, meant: MeantSplit, by: By, origin: Origin) -> list[Judgement]:
        """The judgements of a split by ordinal, for linking to say what would follow.

        Raises what ``split`` would: what cannot be done is not planned either.
        """
        self._permit(meant.hangs)
        states = {pair: self._said.state(pair) for pair in meant.pairs}
        self._judged(meant, states, by, origin)
        heads = self._log.heads.records(meant.seen.records)
        ordinals = {record: head.state.ordinal for record, head in heads.items()}
        return [Judgement(ordinals[one], ordinals[other], same=False) for one, other in meant.pairs]

    def _judged(
        self, meant: MeantSplit, states: Mapping[Pair, JudgedPair], by: By, origin: Origin
    ) -> list[Recorded]:
        """What it says of the pairs across it that are not judged so already.

        Raises NotFoundError for a child that is none any more: an old identity is held together.
        """
        if self._log.replay(meant.child, Child(), evolve).status != "current":
            raise NotFoundError(NO_CHILD)
        messages: list[Recorded] = []
        for pair, state in states.items():
            must_be_possible(pair, "apart", self._log.heads)
            if state.judged is None or state.judged.verdict != "apart":
                command = JudgePair(meant.judgement(pair, by), origin.recorded)
                messages += self._said.following(pair, state, decided(command, state), origin)
        return messages

    def _unlinked(
        self, meant: MeantSplit, origin: Origin
    ) -> tuple[Sequence[Recorded], Sequence[ChildHead]]:
        """Where the part taken off keeps the number, the rest leaves the child at once."""
        if not meant.off_keeps:
            return (), ()
        before = self._log.replay(meant.child, Child(), evolve)
        event = RecordsUnlinked(tuple(sorted(meant.rest)), "moved")
        after = evolve(before, event)
        message = Recorded(meant.child, after.version, origin, origin.recorded, event)
        return [message], [ChildHead(meant.child, after.number, after.version)]


def _seen(pairs: Mapping[Pair, PairJudged]) -> SeenChild:
    """The versions that were seen when all these pairs were judged in one act."""
    versions: dict[UUID, int] = {}
    version = 0
    for (left, right), judged in pairs.items():
        versions |= {left: judged.seen.left, right: judged.seen.right}
        version = judged.seen.left_child
    return SeenChild(version, tuple(sorted(versions.items())))
