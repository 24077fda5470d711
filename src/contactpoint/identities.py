"""Identities that adoptions give up, and what becomes of them when an adoption is lifted."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from uuid import UUID

from contactpoint.streams import recorded
from events.child import (
    Child,
    ChildCommand,
    ChildRetired,
    ReinstateChild,
    RejoinChild,
    RetireChild,
    before_retired,
    decide,
    ever,
    evolve,
    remaining,
)
from events.log import Log
from events.message import Event, Origin, Recorded
from events.never_link import NeverLink, NeverLinkDrawn, NeverLinkEvent, NeverLinkGrown
from events.never_link import evolve as evolve_never_link
from events.store.heads import ChildHead, HeadChanges

Merged = Callable[[Iterable[UUID]], dict[UUID, UUID]]
"""The children merged into any of these, each with that one."""
Retired = Callable[[Iterable[UUID]], set[UUID]]
"""The retired children that ever had any of these records."""
Changes = tuple[list[Recorded], HeadChanges, dict[UUID, int]]
"""Events of children, what they change of heads, and the versions that they stand on."""
NOTHING: Changes = ([], HeadChanges(), {})


def merged_before(children: Iterable[UUID], candidates: Iterable[UUID], log: Log) -> set[UUID]:
    """The retired ones among ``candidates`` that had been merged into any of these.

    Directly or through others.
    """
    found, known = set[UUID](), set(children)
    states = {
        child: before_retired(message.event for message in log.stream(child))
        for child in sorted(set(candidates) - known)
    }
    while fresh := {
        child
        for child, was in states.items()
        if child not in known and was.status == "merged" and was.into in known
    }:
        found |= fresh
        known |= fresh
    return found


class Identities:
    """Gives children's identities up for an adoption, and back when it was drawn in error.

    Each retired child knows the adoptions that gave it up, and answers again when none of them is
    in force any more.
    """

    def __init__(self, log: Log, merged: Merged, retired: Retired) -> None:
        self._log, self._merged, self._retired_of = log, merged, retired

    def belonging(self, child: UUID) -> frozenset[UUID]:
        """Every record that is a child's, or was last theirs: withdrawn ones too."""
        children = {child, *self._merged([child])}
        records = frozenset[UUID]().union(*(remaining(self._events(one)) for one in children))
        heads = self._log.heads.records(records).values()
        return frozenset(one.record for one in heads if one.child is None or one.child in children)

    def is_retired(self, child: UUID) -> bool:
        """Whether an adoption gave the identity up."""
        return self._state(child).status == "retired"

    def of(self, old: UUID) -> list[UUID]:
        """A child and all who were merged into it, those too that were given up with it before."""
        before = merged_before([old], self._retired_of(ever(self._events(old))), self._log)
        return sorted({old, *self._merged([old]), *before})

    def given_up(
        self, children: Iterable[UUID], new: Collection[UUID], by: UUID, origin: Origin
    ) -> Changes:
        """What an adoption gives up; ``new``: records that are not of the old identity."""
        command = RetireChild(frozenset(new), by)
        return self._changes({child: [command] for child in children}, origin)

    def given_back(self, lifted: UUID, origin: Origin) -> Changes:
        """What the lifting of an adoption gives back of what it gave up."""
        children, records = set[UUID](), set[UUID]()
        for event in self._events(lifted):
            if isinstance(event, NeverLinkDrawn):
                children.update(event.identities)
            if isinstance(event, NeverLinkDrawn | NeverLinkGrown):
                records.update(event.left, event.right)
        children |= self._retired_of(records)
        return self._changes({child: [*self._after(child, lifted)] for child in children}, origin)

    def _after(self, child: UUID, lifted: UUID) -> Iterator[ChildCommand]:
        """What becomes of a retired child when an adoption that gave it up is lifted.

        Where another holds it that did not give it up itself, that one does from now on.
        """
        held = self._held(child, lifted, set())
        for adoption in sorted(held):
            yield RetireChild(adoption=adoption)
        if not held:
            home = self._home(child)
            yield ReinstateChild("") if home is None else RejoinChild(home)

    def _held(self, child: UUID, lifted: UUID, seen: set[UUID]) -> set[UUID]:
        """The adoptions in force, but for the lifted one, that hold a retired child's number.

        Those that gave it up; on whose old side stands what is of it, and did not while it was
        shown; or that hold the one who would answer for it. ``seen``: whom this was asked of.
        """
        state = self._state(child)
        if state.status != "retired" or child in seen:
            return set()
        found = {one for one in state.given_up_by - {lifted} if self._is_in_force(one)}
        stands = self._log.heads.sides(self.belonging(child))
        old = {one.never_link for one in stands if one.side == "old"}
        found |= {one for one in old if not self._stood_by(one, child)}
        home = self._home(child)
        if home is not None:
            found |= self._since(child) | self._held(home, lifted, seen | {child})
        return found - {lifted}

    def _stood_by(self, never_link: UUID, child: UUID) -> bool:
        """Whether anything of a retired child stood on an old side until it was shown no more.

        A side grows by whole children: what came there since came for that.
        """
        shown = before_retired(self._events(child))
        if shown.status != "current":
            return False
        ended, then = self._ended(child)[0], NeverLink()
        for message in self._log.stream(never_link):
            if message.origin.recorded < ended:
                assert isinstance(message.event, NeverLinkEvent)
                then = evolve_never_link(then, message.event)
        return not shown.records.isdisjoint(then.left)

    def _home(self, child: UUID) -> UUID | None:
        """Who would answer for a retired child: whom it was merged into, or who has its records.

        None where it would answer for itself.
        """
        if self._state(child).records:
            return None
        was = before_retired(self._events(child))
        if was.status == "merged":
            return was.into
        heads = self._log.heads.records(self._ended(child)[1]).values()
        counted = Counter(sorted(one.child for one in heads if one.child not in {None, child}))
        return next((other for other, _ in counted.most_common(1)), None)

    def _since(self, child: UUID) -> set[UUID]:
        """The adoptions since a child was given up that have anything of what it had."""
        ended, had = self._ended(child)
        stands = self._log.heads.sides(had)
        drawn = {
            one.never_link: self._log.stream(one.never_link)[0].origin
            for one in stands
            if one.side in {"old", "new"}
        }
        return {one for one, origin in drawn.items() if origin.recorded > ended}

    def _ended(self, child: UUID) -> tuple[int, Collection[UUID]]:
        """When a retired child was given up, and what it had; all, where each record was made new.

        The time is in microseconds, as events are recorded.
        """
        messages = self._log.stream(child)
        first = messages[before_retired(message.event for message in messages).version]
        assert isinstance(first.event, ChildRetired)
        assert first.event.adoption is not None
        drawn = self._log.stream(first.event.adoption)[0].event
        assert isinstance(drawn, NeverLinkDrawn)
        return first.origin.recorded, drawn.left or drawn.right

    def _changes(self, commands: dict[UUID, list[ChildCommand]], origin: Origin) -> Changes:
        messages: list[Recorded] = []
        heads: list[ChildHead] = []
        links: dict[UUID, UUID | None] = {}
        expect: dict[UUID, int] = {}
        for child in sorted(commands):
            before = after = self._state(child)
            for command in commands[child]:
                events = decide(command, after)
                messages += recorded(child, after.version, events, origin)
                for event in events:
                    after = evolve(after, event)
            if after.version > before.version:
                closed = after.status == "closed"
                heads.append(ChildHead(child, after.number, after.version, after.into, closed))
                links.update(dict.fromkeys(before.records - after.records))
                # A record of nobody's that returns finds its number again.
                links.update(dict.fromkeys(self._of_nobody(after.former) if closed else (), child))
            expect[child] = before.version
        return messages, HeadChanges(children=heads, links=links), expect

    def _of_nobody(self, records: Collection[UUID]) -> list[UUID]:
        heads = self._log.heads.records(records).values()
        return [one.record for one in heads if one.child is None]

    def _is_in_force(self, never_link: UUID) -> bool:
        return not self._log.replay(never_link, NeverLink(), evolve_never_link).is_lifted

    def _state(self, child: UUID) -> Child:
        return self._log.replay(child, Child(), evolve)

    def _events(self, child: UUID) -> list[Event]:
        return [message.event for message in self._log.stream(child)]
