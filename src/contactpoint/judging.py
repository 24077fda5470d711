"""Stewards' judgements: claimed, decided, undone; refused where stale or gainsaid."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeVar
from uuid import UUID

from msgspec.structs import replace

from contactpoint.errors import ContactpointError, NotFoundError, UsageError
from contactpoint.giving_back import given_back
from events.child import Child, RecordsUnlinked
from events.child import evolve as evolve_child
from events.judgement import (
    ACT,
    BINDING,
    ClaimPair,
    JudgedPair,
    JudgementCommand,
    JudgementEvent,
    JudgementReversed,
    JudgePair,
    NotJudgedError,
    PairHeldError,
    PairJudged,
    PairJudgedError,
    PairRaised,
    RaisePair,
    ReleaseClaim,
    ReverseJudgement,
    Seen,
    Verdict,
    decide,
    evolve,
)
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.store.appending import StaleError
from events.store.heads import ChildHead, HeadChanges, JudgementHead, is_across
from linkage.judgements import chain
from linkage.resolve import Judgement

TRIES = 5
LEASE = 30
"""Minutes for which a claim keeps others from a pair."""
LARGE = 20
"""Records of a child beyond which it takes two persons to join it with, or part it from, others."""

T = TypeVar("T")


class Pair(NamedTuple):
    """Two records, the lesser id first."""

    left: UUID
    right: UUID

    @classmethod
    def of(cls, one: UUID, other: UUID) -> "Pair":
        """The pair of two records. Raises UsageError where they are one."""
        if one == other:
            raise UsageError("expected two records; both names are of one")
        return cls(min(one, other), max(one, other))

    def __str__(self) -> str:
        return f"{self.left.hex[:8]}-{self.right.hex[:8]}"


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and who agrees where it takes two."""

    name: str
    second: str = ""


class Hangs(NamedTuple):
    """What hangs on a pair, by which it is decided who may decide on it."""

    records: frozenset[UUID]
    """The two, and all others of their children."""
    children: frozenset[UUID]

    @property
    def is_large(self) -> bool:
        """Whether more hangs on it than one person should decide."""
        return len(self.records) > LARGE


Permit = Callable[[Hangs], None]
"""Raises where whoever decides may not decide on what hangs on the pair."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a steward says of a pair, and what they had seen of it."""

    pair: Pair
    verdict: Verdict
    reason: str
    seen: Seen
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class SeenChild:
    """The versions of a child and of its records, by record id."""

    version: int
    versions: tuple[tuple[UUID, int], ...]

    @property
    def records(self) -> list[UUID]:
        """The records of the child."""
        return [record for record, _ in self.versions]

    def __str__(self) -> str:
        return ".".join(map(str, (self.version, *(version for _, version in self.versions))))


def as_seen(written: str, now: SeenChild) -> SeenChild:
    """The versions that somebody saw, from how they are written. Raises StaleSightError.

    ``now`` says which records they are of: with another record the child has another version.
    """
    version, *versions = (int(part) if part.isdecimal() else 0 for part in written.split("."))
    if len(versions) != len(now.versions):
        raise StaleSightError("the child changed since it was seen; --plan shows it as it is now")
    return SeenChild(version, tuple(zip(now.records, versions, strict=True)))


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

    def judgement(self, pair: Pair, by: By) -> PairJudged:
        """What it says of one pair across it."""
        left, right = (dict(self.seen.versions)[record] for record in pair)
        version = self.seen.version
        seen = Seen(left, right, version, version)
        return PairJudged(*pair, "apart", self.reason, seen, by.name, by.second, self.act)


@dataclass(frozen=True, slots=True)
class _Unlinked:
    """What lets records leave a child."""

    messages: Sequence[Recorded] = ()
    heads: Sequence[ChildHead] = ()


class StaleSightError(ContactpointError):
    """A record or child has changed since the steward saw it; nothing was written."""


class ClaimedError(ContactpointError):
    """Somebody else is at the pair; nothing was written."""


class JudgedAlreadyError(ContactpointError):
    """A judgement is in force that would have to be undone first; nothing was written."""


class GainsaidError(ContactpointError):
    """Other judgements in force say otherwise; nothing was written."""

    def __init__(self, judgements: Iterable[JudgementHead]) -> None:
        self.chain = tuple(judgements)
        told = "; ".join(f"{Pair(j.left, j.right)} {_WORDS[j.verdict]}" for j in self.chain)
        super().__init__(
            f"other judgements in force say otherwise: {told}. 'contactpoint review undo' takes one"
            " of them back"
        )


_WORDS = {"link": "are one child", "apart": "are two children"}
NO_PAIR = "no such pair; 'contactpoint review list' names those that await a steward"
"""Said in the same words of a pair that may not be seen."""


class Judging:
    """The use case of deciding on pairs. What linking makes of it is a matter of its next run."""

    def __init__(
        self, log: Log, keys: SubjectKeys, master: MasterKey, permit: Permit = lambda _: None
    ) -> None:
        """``permit`` is asked about each act, with what is known when it is written."""
        self._log, self._keys, self._master = log, keys, master
        self._permit = permit

    def ask(self, raised: PairRaised, origin: Origin) -> None:
        """Ask stewards to look at a pair; nothing where it is asked already.

        Raises JudgedAlreadyError where it was judged.
        """
        pair = Pair(raised.left, raised.right)
        self._open(pair)
        self._permit(self._hangs(pair))

        def attempt() -> None:
            state = self.state(pair)
            events = _decided(RaisePair(raised), state)
            if events:
                # A row of its own, so that an erasure finds what was said of the record.
                verdict = state.judged.verdict if state.judged else ""
                heads = HeadChanges(judgements=[JudgementHead(*pair, verdict)])
                self._append(pair, state, events, origin, heads, {})

        again(attempt)

    def claim(self, pair: Pair, by: By, origin: Origin, minutes: int = LEASE) -> int:
        """Take a pair up; until when (microseconds). Raises ClaimedError, JudgedAlreadyError."""
        until = origin.recorded + minutes * 60_000_000
        self._open(pair)
        self._permit(self._hangs(pair))
        return self._act(pair, ClaimPair(by.name, origin.recorded, until), origin).until

    def release(self, pair: Pair, by: By, origin: Origin) -> None:
        """Put a pair back undecided; nothing where nobody claims it. Raises ClaimedError."""
        self._act(pair, ReleaseClaim(by.name, origin.recorded), origin)

    def state(self, pair: Pair) -> JudgedPair:
        """Who claims it, and what was judged."""
        return self._log.replay(self._stream(pair), JudgedPair(), evolve)

    def open(self, pair: Pair) -> Seen:
        """The versions that a steward who looks now sees: to be named in the decision.

        Raises NotFoundError, or what ``permit`` raises, where the pair may not be opened.
        """
        self._open(pair)
        self._permit(self._hangs(pair))
        return self._sight(pair)[0]

    def decide(self, meant: Meant, by: By, origin: Origin) -> bool:
        """Judge a pair; False where this very judgement is in force already.

        Raises NotFoundError, StaleSightError, ClaimedError, JudgedAlreadyError, GainsaidError, or
        what ``permit`` raises, with nothing written.
        """
        pair = meant.pair
        self._open(pair)
        command = JudgePair(
            PairJudged(
                pair.left,
                pair.right,
                meant.verdict,
                meant.reason,
                meant.seen,
                by.name,
                by.second,
                remarks=meant.remarks or None,
            ),
            origin.recorded,
        )

        def attempt() -> bool:
            acts = acts_of(self._log)
            self._permit(self._hangs(pair))
            state = self.state(pair)
            events = _decided(command, state)
            if not events:
                return False
            expect = self._as_seen(pair, meant.seen)
            self._must_be_possible(meant)
            heads = self._heads(pair, meant.verdict, acts)
            self._append(pair, state, events, origin, heads, expect)
            return True

        return again(attempt)

    def undo(self, pair: Pair, by: By, origin: Origin, remarks: str = "") -> bool:
        """Take the judgement in force back; False where that was done already."""
        reversal = JudgementReversed(pair.left, pair.right, by.name, by.second, remarks or None)
        command = ReverseJudgement(reversal, origin.recorded)

        def attempt() -> bool:
            acts = acts_of(self._log)
            self._open(pair)
            self._permit(self._hangs(pair))
            state = self.state(pair)
            events = _decided(command, state)
            if not events:
                return False
            assert state.judged is not None
            others = self._others(pair, state.judged.act)
            reversal = command.reversal
            messages = self._messages(pair, state, events, origin)
            for other, known in others.items():
                event = replace(reversal, left=other.left, right=other.right)
                messages += self._messages(other, known, [event], origin)
            undone = [JudgementHead(*each, "") for each in (pair, *others)]
            back = given_back(self._log, self._judged_by(pair), origin)
            heads = HeadChanges(judgements=undone, sides=back.sides, unmoved=acts)
            self._log.append([*messages, *back.messages], heads=heads)
            return True

        return again(attempt)

    def _judged_by(self, pair: Pair) -> str:
        """The command by which the judgement in force was made."""
        messages = self._log.stream(self._stream(pair))
        return [m.origin.command for m in messages if isinstance(m.event, PairJudged)][-1]

    def _others(self, pair: Pair, act: str) -> dict[Pair, JudgedPair]:
        """The other pairs judged in the same act, which are undone with one of them."""
        if not act:
            return {}
        near = {end for head in self._log.heads.judgements(pair) for end in _ends(head)}
        heads = self._log.heads.judgements(near)
        states = {each: self.state(each) for each in (Pair(h.left, h.right) for h in heads)}
        return {
            each: state
            for each, state in states.items()
            if each != pair and state.judged is not None and state.judged.act == act
        }

    def _act(self, pair: Pair, command: JudgementCommand, origin: Origin) -> JudgedPair:
        """Append what follows from a command that changes no grouping; the state after."""

        def attempt() -> JudgedPair:
            state = self.state(pair)
            events = _decided(command, state)
            if events:
                self._append(pair, state, events, origin, HeadChanges(), {})
            for event in events:
                state = evolve(state, event)
            return state

        return again(attempt)

    def _append(  # noqa: PLR0913, PLR0917 - what one append is made of
        self,
        pair: Pair,
        state: JudgedPair,
        events: Collection[JudgementEvent],
        origin: Origin,
        heads: HeadChanges,
        expect: dict[UUID, int],
    ) -> None:
        self._log.append(self._messages(pair, state, events, origin), heads=heads, expect=expect)

    def _messages(
        self, pair: Pair, state: JudgedPair, events: Collection[JudgementEvent], origin: Origin
    ) -> list[Recorded]:
        stream = self._stream(pair)
        return [
            Recorded(
                stream,
                state.version + number,
                origin,
                origin.recorded,
                event,
                self._sealing(stream, event),
            )
            for number, event in enumerate(events, start=1)
        ]

    def _sealing(self, stream: UUID, event: JudgementEvent) -> tuple[int, ...]:
        """The key of the remarks, a subject of their own, where there are any."""
        if not event.sealed:
            return ()
        if not any(getattr(event, name) for name in event.sealed):
            return (0,)
        return tuple(self._keys.issue([subject_of("judgement", stream, self._master)]))

    def _heads(self, pair: Pair, verdict: str, acts: Mapping[str, int]) -> HeadChanges:
        head = JudgementHead(pair.left, pair.right, verdict)
        return HeadChanges(judgements=[head], unmoved=acts)

    def _stream(self, pair: Pair) -> UUID:
        return stream_of(pair, self._master)

    def _open(self, pair: Pair) -> None:
        """Raises NotFoundError where there is no such pair, or a never-link stands between."""
        heads = self._log.heads
        if len(heads.records(pair)) < len(pair) or is_across(heads.sides(pair)):
            raise NotFoundError(NO_PAIR)

    def _sight(self, pair: Pair) -> tuple[Seen, dict[UUID, int]]:
        """The versions of both records and their children, and those of the streams by id."""
        records = self._log.heads.records(pair)
        if len(records) < len(pair):
            raise NotFoundError(NO_PAIR)
        sides = [records[one] for one in pair]
        children = self._log.heads.children([one.child for one in sides if one.child])
        found = [children[one.child].version if one.child else 0 for one in sides]
        expect = {one.record: one.state.version for one in sides}
        expect.update({child: head.version for child, head in children.items()})
        left, right = (one.state.version for one in sides)
        return Seen(left, right, *found), expect

    def _as_seen(self, pair: Pair, seen: Seen) -> dict[UUID, int]:
        """What has to stand as it was seen. Raises StaleSightError that says what does not."""
        now, expect = self._sight(pair)
        changed = [
            f"{what} {pair[side].hex[:8]}"
            for what, side, before, after in (
                ("record", 0, seen.left, now.left),
                ("record", 1, seen.right, now.right),
                ("the child of record", 0, seen.left_child, now.left_child),
                ("the child of record", 1, seen.right_child, now.right_child),
            )
            if before != after
        ]
        if changed:
            raise StaleSightError(
                f"{' and '.join(changed)} changed since it was seen; 'contactpoint review show "
                f"{pair}' shows it as it is now"
            )
        return expect

    def split(self, meant: "MeantSplit", by: By, origin: Origin) -> bool:
        """Part a child in two; False where this very split is in force already.

        It is a judgement on each pair across it. Raises as ``decide`` does.
        """

        def attempt() -> bool:
            acts = acts_of(self._log)
            self._permit(Hangs(frozenset(meant.seen.records), frozenset({meant.child})))
            pairs = [Pair.of(one, other) for one, other in product(meant.off, meant.rest)]
            states = {pair: self.state(pair) for pair in pairs}
            if all(_is_part_of(state, meant, by) for state in states.values()):
                return False
            expect = self._as_seen_of(meant)
            messages: list[Recorded] = []
            for pair, state in states.items():
                self._must_be_possible(Meant(pair, "apart", meant.reason, Seen(0, 0)))
                if state.judged is None or state.judged.verdict != "apart":
                    judged = JudgePair(meant.judgement(pair, by), origin.recorded)
                    messages += self._messages(pair, state, _decided(judged, state), origin)
            links, unlinked = self._kept(meant, origin)
            changed = HeadChanges(
                judgements=[JudgementHead(*pair, "apart") for pair in pairs],
                children=unlinked.heads,
                links=links,
                unmoved=acts,
            )
            self._log.append([*messages, *unlinked.messages], heads=changed, expect=expect)
            return True

        return again(attempt)

    def preview(self, meant: "MeantSplit") -> list[Judgement]:
        """The judgements of a split by ordinal, for linking to say what would follow."""
        self._permit(Hangs(frozenset(meant.seen.records), frozenset({meant.child})))
        heads = self._log.heads.records(meant.seen.records)
        ordinals = {record: head.state.ordinal for record, head in heads.items()}
        across = product(meant.off, meant.rest)
        return [Judgement(ordinals[one], ordinals[other], same=False) for one, other in across]

    def child_seen(self, child: UUID) -> "SeenChild":
        """What a steward who looks at a child to split it sees: to be named in the split."""
        records = sorted(self._records(child))
        heads = self._log.heads.records(records)
        version = self._log.heads.children([child])[child].version
        return SeenChild(version, tuple((one, heads[one].state.version) for one in records))

    def _as_seen_of(self, meant: "MeantSplit") -> dict[UUID, int]:
        """What has to stand as it was seen. Raises StaleSightError that says what does not."""
        now = self.child_seen(meant.child)
        before = dict(meant.seen.versions)
        changed = [f"record {one.hex[:8]}" for one, v in now.versions if before.get(one) != v]
        if now.version != meant.seen.version:
            changed.insert(0, "the child")
        if changed:
            raise StaleSightError(
                f"{' and '.join(changed)} changed since it was seen; --plan shows it as it is now"
            )
        return {meant.child: now.version, **dict(now.versions)}

    def _kept(
        self, meant: "MeantSplit", origin: Origin
    ) -> tuple[dict[UUID, UUID | None], "_Unlinked"]:
        """Where the part taken off keeps the number, the rest leaves the child at once."""
        if not meant.off_keeps:
            return {}, _Unlinked()
        before = self._log.replay(meant.child, Child(), evolve_child)
        event = RecordsUnlinked(tuple(sorted(meant.rest)), "moved")
        after = evolve_child(before, event)
        message = Recorded(meant.child, after.version, origin, origin.recorded, event)
        head = ChildHead(meant.child, after.number, after.version)
        return dict.fromkeys(meant.rest), _Unlinked([message], [head])

    def _must_be_possible(self, meant: Meant) -> None:
        """Raises GainsaidError where other judgements, or NotFoundError where a never-link, forbid.

        A never-link is a secret: what it forbids is answered as if there were no such pair.
        """
        if meant.verdict not in BINDING:
            return
        pair, same = meant.pair, meant.verdict == "link"
        heads, linked = self._network(pair)
        ends = sorted({*pair, *(end for head in heads for end in _ends(head))})
        places = {record: place for place, record in enumerate(ends)}
        judged = {
            Judgement(places[j.left], places[j.right], j.verdict == "link"): j
            for j in heads
            if (j.left, j.right) != pair
        }
        found = chain(judged, places[pair.left], places[pair.right], same=same)
        if found is not None:
            raise GainsaidError(judged[one] for one in found)
        if same and is_across(self._log.heads.sides(linked)):
            raise NotFoundError(NO_PAIR)

    def _network(self, pair: Pair) -> tuple[list[JudgementHead], set[UUID]]:
        """The binding judgements that hang together with a pair, and the records linked to it."""
        found: dict[Pair, JudgementHead] = {}
        linked, frontier = set(pair), set(pair)
        while frontier:
            heads = [h for h in self._log.heads.judgements(frontier) if h.verdict in BINDING]
            found.update((Pair(head.left, head.right), head) for head in heads)
            ends = {end for head in heads if head.verdict == "link" for end in _ends(head)}
            frontier = ends - linked
            linked |= frontier
        return list(found.values()), linked

    def _hangs(self, pair: Pair) -> Hangs:
        heads = self._log.heads.records(pair).values()
        children = frozenset(head.child for head in heads if head.child is not None)
        return Hangs(frozenset(pair).union(*map(self._records, children)), children)

    def _records(self, child: UUID) -> frozenset[UUID]:
        return self._log.replay(child, Child(), evolve_child).records


def acts_of(log: Log) -> dict[str, int]:
    """Where judgements and shields stand.

    An act that was permitted by them is refused when they have moved before it is written.
    """
    return {act: log.heads.act(act) for act in (ACT, "shield")}


def stream_of(pair: Pair, master: MasterKey) -> UUID:
    """The stream of what stewards said of a pair."""
    return master.hashes.stream_id("judgement", pair.left.bytes, pair.right.bytes)


def _is_part_of(state: JudgedPair, meant: MeantSplit, by: By) -> bool:
    """Whether a pair was judged by the very split that is meant."""
    judged = state.judged
    return (
        judged is not None
        and (judged.verdict, judged.by) == ("apart", by.name)
        and judged.seen.left_child == meant.seen.version
        and bool(judged.act)
    )


def _ends(head: JudgementHead) -> tuple[UUID, UUID]:
    return head.left, head.right


def _decided(command: JudgementCommand, state: JudgedPair) -> Collection[JudgementEvent]:
    """What follows from a command, refusals in the words of people."""
    try:
        return decide(command, state)
    except PairHeldError as held:
        raise ClaimedError(
            f"{held.steward} has claimed the pair; expected it to be released or the lease to end"
        ) from None
    except PairJudgedError as known:
        raise JudgedAlreadyError(
            f"the pair was judged '{known.verdict}' by {known.by}; 'contactpoint review undo' "
            "takes that back first"
        ) from None
    except NotJudgedError:
        raise NotFoundError("no judgement on that pair is in force") from None


def again(attempt: Callable[[], T]) -> T:
    """Try, and try again where another wrote what was read."""
    for left in reversed(range(TRIES)):
        try:
            return attempt()
        except StaleError:
            if not left:
                raise
    raise AssertionError
