"""One pair of records before a steward: claimed, judged, and judged no longer."""

from collections.abc import Sequence
from typing import ClassVar, Literal, assert_never
from uuid import UUID

import msgspec

from events.message import Erased, Event

ACT = "judgement"
"""The act whose head moves with each judgement and each never-link."""

Verdict = Literal["link", "apart", "unsure", "refer"]
"""One child; two children; could not tell; somebody else has to say."""
BINDING: tuple[Verdict, ...] = ("link", "apart")
"""The verdicts that linking obeys; after the others the pair waits on."""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What a steward had before them: the versions of both records, and of the child of each."""

    left: int
    right: int
    left_child: int = 0
    """0 where the record belonged to no child."""
    right_child: int = 0


class PairRaised(Event, frozen=True, omit_defaults=True):
    """Somebody asked stewards to look at two records, as when a source says that it merged them.

    It waits until it is judged, whatever the model says of it; nothing moves meanwhile.
    """

    sealed: ClassVar[tuple[str, ...]] = ("why",)

    left: UUID
    right: UUID
    model: str
    """Empty where nobody has weighed the pair: pattern, weight and probability say nothing then."""
    pattern: int
    weight: float
    probability: float
    by: str
    """A person, or the source that says so."""
    code: str = ""
    """``merged``: the source has merged one into the other; empty: ``why`` says it in words."""
    kind: str = ""
    """What a steward's task it is (``projections.worth.Kind``); empty in logs from before."""
    threshold: float | None = None
    """Weight from which the model links, in bits; None where nobody has weighed the pair."""
    why: str | Erased | None = None


class PairClaimed(Event, frozen=True, omit_defaults=True):
    """A steward took the pair up; until then nobody else decides on it."""

    steward: str
    until: int
    """End of the lease: microseconds since 1970-01-01 UTC."""
    records: tuple[UUID, UUID] | None = None
    """The lesser id first; None in logs from before."""


class ClaimReleased(Event, frozen=True, omit_defaults=True):
    """The steward put the pair back undecided."""

    steward: str
    records: tuple[UUID, UUID] | None = None


class PairJudged(Event, frozen=True, omit_defaults=True):
    """A steward said what two records are to each other."""

    sealed: ClassVar[tuple[str, ...]] = ("remarks",)
    moves: ClassVar[str] = ACT

    left: UUID
    """The lesser of the two ids."""
    right: UUID
    verdict: Verdict
    reason: str
    """A code (``contactpoint.reasons``); words go into the remarks."""
    seen: Seen
    by: str
    second: str = ""
    """Who agreed, where the judgement takes two persons."""
    act: str = ""
    """Names what it is part of: a split is the judgements on all pairs across it, and is undone
    with all of them."""
    remarks: str | Erased | None = None


class JudgementReversed(Event, frozen=True, omit_defaults=True):
    """The judgement in force is in force no longer; what follows from the others and the model."""

    sealed: ClassVar[tuple[str, ...]] = ("remarks",)
    moves: ClassVar[str] = ACT

    left: UUID
    right: UUID
    by: str
    second: str = ""
    remarks: str | Erased | None = None


JudgementEvent = PairRaised | PairClaimed | ClaimReleased | PairJudged | JudgementReversed


class JudgedPair(msgspec.Struct, frozen=True):
    """The state of one pair, folded from its events."""

    version: int = 0
    judged: PairJudged | None = None
    """The judgement in force."""
    claimant: str = ""
    until: int = 0
    raised: PairRaised | None = None
    """Who asked for it, where nobody has decided since."""
    is_reversed: bool = False
    """Whether what happened last is that a judgement was reversed."""

    @property
    def is_raised(self) -> bool:
        """Whether somebody asked for it and nobody has decided since."""
        return self.raised is not None

    def is_held(self, steward: str, now: int) -> bool:
        """Whether somebody else than this steward holds it."""
        return self.claimant not in ("", steward) and now < self.until


class RaisePair(msgspec.Struct, frozen=True):
    """Somebody wants stewards to look at it."""

    raised: PairRaised


class ClaimPair(msgspec.Struct, frozen=True):
    """A steward wants the pair to themselves for a while."""

    steward: str
    now: int
    until: int
    records: tuple[UUID, UUID] | None = None


class ReleaseClaim(msgspec.Struct, frozen=True):
    """A steward no longer wants it."""

    steward: str
    now: int
    records: tuple[UUID, UUID] | None = None


class JudgePair(msgspec.Struct, frozen=True):
    """A steward has decided."""

    judged: PairJudged
    now: int


class ReverseJudgement(msgspec.Struct, frozen=True):
    """A steward takes the judgement in force back."""

    reversal: JudgementReversed
    now: int


JudgementCommand = RaisePair | ClaimPair | ReleaseClaim | JudgePair | ReverseJudgement


class PairHeldError(Exception):
    """Another steward has claimed the pair, and the lease has not ended."""

    def __init__(self, steward: str, until: int) -> None:
        self.steward, self.until = steward, until
        super().__init__(f"the pair is claimed by {steward}")


class PairJudgedError(Exception):
    """A judgement is in force already; it has to be undone before another can be made."""

    def __init__(self, judged: PairJudged) -> None:
        # Not the judgement itself: its remarks are sealed, and errors are written down.
        self.left, self.right = judged.left, judged.right
        self.verdict, self.by = judged.verdict, judged.by
        super().__init__(f"the pair was judged '{judged.verdict}' by {judged.by}")


class NotJudgedError(Exception):
    """There is no judgement in force to reverse."""


def decide(command: JudgementCommand, pair: JudgedPair) -> Sequence[JudgementEvent]:
    """The events that follow from a command; none where it was given before."""
    match command:
        case RaisePair(raised):
            _must_not_be_judged(pair)
            return [] if pair.is_raised else [raised]
        case ClaimPair(steward, now, until, records):
            _must_be_free(pair, steward, now)
            mine = pair.claimant == steward and now < pair.until
            return [] if mine else [PairClaimed(steward, until, records)]
        case ReleaseClaim(steward, now, records):
            _must_be_free(pair, steward, now)
            mine = pair.claimant == steward and now < pair.until
            return [ClaimReleased(steward, records)] if mine else []
        case JudgePair(judged, now):
            if pair.judged is not None and _says_the_same(pair.judged, judged):
                return []
            _must_be_free(pair, judged.by, now)
            if pair.judged is not None and _confirms(pair.judged, judged):
                return [msgspec.structs.replace(judged, act=pair.judged.act)]
            _must_not_be_judged(pair)
            return [judged]
        case ReverseJudgement(reversal, now):
            if pair.judged is None and pair.is_reversed:
                return []
            if pair.judged is None:
                raise NotJudgedError
            _must_be_free(pair, reversal.by, now)
            return [reversal]
        case _:
            assert_never(command)


def _says_the_same(one: PairJudged, other: PairJudged) -> bool:
    """Whether it is the same command given again."""
    return (one.verdict, one.by, one.seen) == (other.verdict, other.by, other.seen)


def _confirms(one: PairJudged, other: PairJudged) -> bool:
    """Whether it says the same of records that have changed since."""
    before, now = ((seen.left, seen.right) for seen in (one.seen, other.seen))
    return one.verdict == other.verdict and before != now


def _must_be_free(pair: JudgedPair, steward: str, now: int) -> None:
    if pair.is_held(steward, now):
        raise PairHeldError(pair.claimant, pair.until)


def _must_not_be_judged(pair: JudgedPair) -> None:
    if pair.judged is not None and pair.judged.verdict in BINDING:
        raise PairJudgedError(pair.judged)


def evolve(pair: JudgedPair, event: JudgementEvent) -> JudgedPair:
    """The pair after one more of its events."""
    match event:
        case PairRaised():
            return _with(pair, raised=event)
        case PairClaimed(steward=steward, until=until):
            return _with(pair, claimant=steward, until=until)
        case ClaimReleased():
            return _with(pair, claimant="", until=0)
        case PairJudged():
            raised = None if event.verdict in BINDING else pair.raised
            return _with(pair, judged=event, claimant="", until=0, raised=raised, is_reversed=False)
        case JudgementReversed():
            return _with(pair, judged=None, claimant="", until=0, is_reversed=True)
        case _:
            assert_never(event)


def _with(pair: JudgedPair, **changes: object) -> JudgedPair:
    return msgspec.structs.replace(pair, version=pair.version + 1, **changes)
