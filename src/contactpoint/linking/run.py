"""One run of linking: what changed since the last, resolved with all that it touches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

from contactpoint.again import TRIES
from contactpoint.kinds import Kinds
from contactpoint.linking.changes import changed
from contactpoint.linking.commit import Commit
from contactpoint.linking.judged import Growth
from contactpoint.linking.neighbourhoods import Neighbourhood
from contactpoint.linking.outcome import LinkOutcome
from contactpoint.linking.resolving import Resolving
from contactpoint.linking.runs import Runs
from contactpoint.linking.surroundings import Reached, Surroundings
from events.failpoints import failpoint
from events.judgement import ACT
from events.linking import PairsReferred
from events.message import Origin, Recorded
from events.store.appending import StaleError, TakenError
from events.store.heads import HeadChanges

Progress = Callable[[str, int], None]
"""Told the stage (``compare``, ``settle``) and how many records it has come to."""


class Run:
    """One run over the records of one matching, step by step."""

    def __init__(
        self,
        surroundings: Surroundings,
        origin: Origin,
        *,
        plan: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """``plan``: append nothing at all, and say what would follow."""
        self._surroundings, self._origin = surroundings, origin
        self._plan = plan
        self._tell = progress or (lambda _stage, _records: None)
        self._log, self._workings = surroundings.parts.log, surroundings.parts.workings
        self._model = surroundings.matching.model.version
        self._kinds = Kinds(surroundings.filling.sources)
        self._runs = Runs(surroundings.parts, surroundings.matching.shape, origin)
        self._resolving = Resolving(surroundings, origin)
        self._unsettled: set[int] = set()
        """Records to be resolved again: they came to stand on a side of a never-link, are withheld
        by a shield that came over others, or came to a child that withdrawn ones stood in for."""
        self._stood_in: set[int] = set()
        """Withdrawn records for whom some such came; they stand in no longer."""
        self._through = 0
        self._outcome = LinkOutcome(self._model, through=surroundings.position)

    def go(self, *, everything: bool) -> LinkOutcome:
        """Link what changed since the last run, or everything."""
        self._surroundings.laid.read()
        self._through, linked_under = self._runs.last()
        self._surroundings.done = self._through
        first = linked_under != self._model
        whole = everything or first
        ordinals = self._surroundings.filling.own(self._changed(whole=whole), self._workings)
        if not ordinals:
            return self._outcome
        self._tell("compare", len(ordinals))
        index = self._surroundings.look(self._through)
        if not whole:
            ordinals |= self._surroundings.left()
        before = self._log.position()
        self._settle(self._surroundings.reached(index, ordinals, whole=whole), ordinals)
        self._settle_again()
        if not self._plan and (self._log.position() > before or first or not everything):
            self._runs.complete(self._outcome)
        self._outcome.events = self._log.position() - before - self._outcome.unsaid
        return self._outcome

    def _changed(self, *, whole: bool) -> set[int]:
        """The records to look at, by ordinal."""
        if not whole:
            return changed(self._log, self._through, self._surroundings.position)
        # Every record there is was changed once: their heads say which, and no event need be read.
        return set(self._log.heads.links())

    def _settle(self, reached: Reached, changed: set[int]) -> None:
        """Resolve every neighbourhood and append what follows, some thousands in a commit.

        Those with a record that ``changed`` go last: where the process dies before them, they and
        the pairs that they had show the next run what to look at.
        """
        self._outcome.pairs, self._outcome.overflowed = reached.pairs, reached.beyond
        linked = reached.linked
        found = sorted(reached.neighbourhoods, key=lambda one: not changed.isdisjoint(one.ordinals))
        for batch in _batches(found, self._surroundings.parts.commit):
            wanted = {ordinal for one in batch for ordinal in one.ordinals}
            self._commit(batch, {o: linked[o] for o in wanted if o in linked}, wanted)
            self._outcome.records += len(wanted)
            # To the thousand: how many a row brings to be looked at tells of those that are hidden.
            self._tell("settle", self._outcome.records // 1_000 * 1_000)

    def _settle_again(self) -> None:
        """Where a side or a shield's child grew, resolve again: it may part or release others."""
        while ordinals := self._unsettled:
            self._unsettled = set()
            batch, linked = self._again(ordinals)
            self._commit(batch, linked, {o for one in batch for o in one.ordinals})

    def _commit(
        self, batch: Sequence[Neighbourhood], linked: dict[int, UUID], wanted: set[int]
    ) -> None:
        """Settle neighbourhoods; where another moved what was read, resolve them again.

        So too where a number that was drawn is another child's: among a million children some five
        numbers of eleven random digits are drawn twice.
        """
        if self._surroundings.linked(wanted) != linked:
            batch, linked = self._again(wanted)
        for left in reversed(range(TRIES)):
            commit, grown = self._resolving.settled(batch, linked)
            try:
                self._append(
                    commit,
                    grown,
                    commit.referred(self._workings, self._kinds, self._surroundings.matching.model),
                )
            except (StaleError, TakenError):
                self._surroundings.laid.forget()
                if not left:
                    raise
                batch, linked = self._again(wanted)
            else:
                return

    def _again(self, ordinals: set[int]) -> tuple[list[Neighbourhood], dict[int, UUID]]:
        """The neighbourhoods of these records, and their children, as all of it is now."""
        self._surroundings.laid.read()
        self._surroundings.position = self._surroundings.parts.projector.catch_up()
        self._runs.read()
        index = self._surroundings.look(self._through)
        reached = self._surroundings.reached(index, ordinals)
        return reached.neighbourhoods, reached.linked

    def _append(self, commit: Commit, grown: Growth, referred: PairsReferred | None) -> None:
        """Raises StaleError, with nothing written, where a child that was read has moved on."""
        laid = self._surroundings.laid
        own = [event for event in (referred, commit.crowds(self._workings)) if event is not None]
        growth, sides = laid.growth(grown, self._origin)
        messages = [
            *commit.messages(self._origin),
            *self._runs.messages(own),
            *commit.shields.acts.messages,
            *growth,
        ]
        if messages and not self._plan:
            heads = HeadChanges(
                children=commit.heads,
                links=commit.links,
                sides=sides,
                shields=list(commit.shields.acts.heads()),
                unmoved={ACT: laid.position, "shield": commit.shields.position},
            )
            position = self._write(messages, commit, heads)
            if grown:
                laid.has_grown(position)
            self._unsettled.update(stands.ordinal for new in grown.values() for stands in new)
            doubtful = self._log.heads.records(commit.shields.doubtful()).values()
            self._unsettled.update(head.state.ordinal for head in doubtful)
            self._unsettled |= self._relieved(commit)
            self._runs.version += len(own)
            self._outcome.unsaid += sum(bool(message.event.moves) for message in messages)
        self._outcome.count(commit, referred, plan=self._plan)

    def _relieved(self, commit: Commit) -> set[int]:
        """Records that came where withdrawn ones stood in: what bound these binds them no longer.

        A judgement on a record that is withdrawn, for one.
        """
        found = set[int]()
        for group, _ in commit.groups:
            stood_in = group & commit.gone - self._stood_in
            if stood_in and group - commit.gone:
                self._stood_in |= stood_in
                found |= group - commit.gone
        return found

    def _write(self, messages: Sequence[Recorded], commit: Commit, heads: HeadChanges) -> int:
        """Append; the position of the last event."""
        # Another run that ended, or referred a pair, moved our own stream.
        expect = commit.read | {self._runs.stream: self._runs.version}
        failpoint("link.before-append")
        positions = self._log.append(messages, heads=heads, expect=expect)
        failpoint("link.after-append")
        return positions[-1]


def _batches(found: Iterable[Neighbourhood], least: int) -> Iterator[list[Neighbourhood]]:
    """Neighbourhoods, at least so many records at a time."""
    batch: list[Neighbourhood] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.ordinals)
        if size >= least:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
