"""Stewards' judgements: claimed, decided, undone; refused where stale or gainsaid."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from contactpoint.again import again
from contactpoint.errors import NotFoundError
from contactpoint.judging.acts import By, Permit, acts_of, hanging
from contactpoint.judging.gainsaying import must_be_possible
from contactpoint.judging.giving_back import GivenBack, given_back
from contactpoint.judging.pair import NO_PAIR, Pair, pair_of
from contactpoint.judging.sight import pair_as_seen, pair_seen
from contactpoint.judging.statements import Statements, decided
from events.judgement import (
    ClaimPair,
    JudgedPair,
    JudgementCommand,
    JudgementReversed,
    JudgePair,
    PairJudged,
    PairRaised,
    RaisePair,
    ReleaseClaim,
    ReverseJudgement,
    Seen,
    Verdict,
    evolve,
)
from events.keys import SubjectKeys
from events.log import Log
from events.master import MasterKey
from events.message import Origin
from events.store.heads import HeadChanges, JudgementHead, SideRecord, is_across

LEASE = 30
"""Minutes for which a claim keeps others from a pair."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a steward says of a pair, and what they had seen of it."""

    pair: Pair
    verdict: Verdict
    reason: str
    seen: Seen
    remarks: str = ""

    def judgement(self, by: By) -> PairJudged:
        """The event of it."""
        return PairJudged(
            *self.pair,
            self.verdict,
            self.reason,
            self.seen,
            by.name,
            by.second,
            remarks=self.remarks or None,
        )


class Judging:
    """The use case of deciding on pairs. What linking makes of it is a matter of its next run."""

    def __init__(
        self, log: Log, keys: SubjectKeys, master: MasterKey, permit: Permit = lambda _: None
    ) -> None:
        """``permit`` is asked about each act, with what is known when it is written."""
        self._log, self._permit = log, permit
        self._said = Statements(log, keys, master)

    def ask(self, raised: PairRaised, origin: Origin) -> None:
        """Ask stewards to look at a pair; nothing where it is asked already.

        Raises JudgedAlreadyError where it was judged.
        """
        pair = Pair(raised.left, raised.right)
        self._must_be_theirs(pair)

        def attempt() -> None:
            state = self.state(pair)
            events = decided(RaisePair(raised), state)
            if events:
                # A row of its own, so that an erasure finds what was said of the record.
                verdict = state.judged.verdict if state.judged else ""
                heads = HeadChanges(judgements=[JudgementHead(*pair, verdict)])
                self._log.append(self._said.following(pair, state, events, origin), heads=heads)

        again(attempt)

    def claim(self, pair: Pair, by: By, origin: Origin, minutes: int = LEASE) -> int:
        """Take a pair up; until when (microseconds). Raises ClaimedError, JudgedAlreadyError."""
        until = origin.recorded + minutes * 60_000_000
        self._must_be_theirs(pair)
        return self._act(pair, ClaimPair(by.name, origin.recorded, until, pair), origin).until

    def release(self, pair: Pair, by: By, origin: Origin) -> None:
        """Put a pair back undecided; nothing where nobody claims it. Raises ClaimedError."""
        self._must_be_theirs(pair)
        self._act(pair, ReleaseClaim(by.name, origin.recorded, pair), origin)

    def state(self, pair: Pair) -> JudgedPair:
        """Who claims it, and what was judged."""
        return self._said.state(pair)

    def open(self, pair: Pair) -> Seen:
        """The versions that a steward who looks now sees: to be named in the decision.

        Raises NotFoundError, or what ``permit`` raises, where the pair may not be opened.
        """
        self._must_be_theirs(pair)
        return pair_seen(pair, self._log)[0]

    def decide(self, meant: Meant, by: By, origin: Origin) -> bool:
        """Judge a pair; False where this very judgement is in force already.

        Raises NotFoundError, StaleSightError, ClaimedError, JudgedAlreadyError, GainsaidError, or
        what ``permit`` raises, with nothing written.
        """
        pair = meant.pair
        self._must_be_known(pair)
        command = JudgePair(meant.judgement(by), origin.recorded)

        def attempt() -> bool:
            acts = acts_of(self._log)
            self._permit(hanging(pair, self._log))
            state = self.state(pair)
            events = decided(command, state)
            if not events:
                return False
            expect = pair_as_seen(pair, meant.seen, self._log)
            must_be_possible(pair, meant.verdict, self._log.heads)
            heads = HeadChanges(judgements=[JudgementHead(*pair, meant.verdict)], unmoved=acts)
            messages = self._said.following(pair, state, events, origin)
            self._log.append(messages, heads=heads, expect=expect)
            return True

        return again(attempt)

    def undo(self, pair: Pair, by: By, origin: Origin, remarks: str = "") -> bool:
        """Take the judgement in force back; False where that was done already."""
        reversal = JudgementReversed(pair.left, pair.right, by.name, by.second, remarks or None)
        command = ReverseJudgement(reversal, origin.recorded)

        def attempt() -> bool:
            acts = acts_of(self._log)
            state = self.state(pair)
            back = GivenBack([], [])
            if state.judged is not None:
                back = given_back(self._log, self._said.command(pair), origin)
            self._must_be_theirs(pair, back.sides)
            events = decided(command, state)
            if not events:
                return False
            assert state.judged is not None
            others = self._others(pair, state.judged.act)
            if others:
                self._permit(hanging({end for each in (pair, *others) for end in each}, self._log))
            messages = self._said.following(pair, state, events, origin)
            for other, known in others.items():
                event = replace(reversal, left=other.left, right=other.right)
                messages += self._said.following(other, known, [event], origin)
            undone = [JudgementHead(*each, "") for each in (pair, *others)]
            heads = HeadChanges(judgements=undone, sides=back.sides, unmoved=acts)
            self._log.append([*messages, *back.messages], heads=heads)
            return True

        return again(attempt)

    def _others(self, pair: Pair, act: str) -> dict[Pair, JudgedPair]:
        """The other pairs judged in the same act, which are undone with one of them."""
        if not act:
            return {}
        near = {end for head in self._log.heads.judgements(pair) for end in pair_of(head)}
        states = {each: self.state(each) for each in map(pair_of, self._log.heads.judgements(near))}
        return {
            each: state
            for each, state in states.items()
            if each != pair and state.judged is not None and state.judged.act == act
        }

    def _act(self, pair: Pair, command: JudgementCommand, origin: Origin) -> JudgedPair:
        """Append what follows from a command that changes no grouping; the state after."""

        def attempt() -> JudgedPair:
            state = self.state(pair)
            events = decided(command, state)
            if events:
                self._log.append(self._said.following(pair, state, events, origin))
            for event in events:
                state = evolve(state, event)
            return state

        return again(attempt)

    def _must_be_theirs(self, pair: Pair, back: Iterable[SideRecord] = ()) -> None:
        """Raises NotFoundError, or what ``permit`` raises, where it is not for them to decide."""
        self._must_be_known(pair, back)
        self._permit(hanging(pair, self._log))

    def _must_be_known(self, pair: Pair, back: Iterable[SideRecord] = ()) -> None:
        """Raises NotFoundError where there is no such pair, or a never-link stands between.

        ``back``: what leaves the sides with this act, and so does not count.
        """
        heads = self._log.heads
        leaves = {(one.never_link, one.record) for one in back}
        stands = [one for one in heads.sides(pair) if (one.never_link, one.record) not in leaves]
        if len(heads.records(pair)) < len(pair) or is_across(stands):
            raise NotFoundError(NO_PAIR)
