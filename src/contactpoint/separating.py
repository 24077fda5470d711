"""Never-links: two sides that are never one child; and adoption, which makes a new identity."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from contactpoint.again import again
from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.judging.acts import By, Hangs, Permit, acts_of
from contactpoint.linking.judged import side_records
from contactpoint.shielding.acts import ShieldActs
from contactpoint.streams import recorded, recorded_sealed
from events.child import (
    Child,
    ChildRetired,
    ReinstateChild,
    RejoinChild,
    RetireChild,
    before_retired,
    remaining,
)
from events.child import decide as decide_child
from events.child import evolve as evolve_child
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.never_link import (
    DrawNeverLink,
    Grounds,
    LiftNeverLink,
    NeverLink,
    NeverLinkDrawn,
    NeverLinkEvent,
    NeverLinkLifted,
    NoNeverLinkError,
    SidesError,
    decide,
    evolve,
)
from events.shield import InheritShield, ReleaseRecords
from events.store.heads import ChildHead, HeadChanges, SideRecord, children_of

Merged = Callable[[Iterable[UUID]], dict[UUID, UUID]]
"""The children merged into any of these, each with that one."""
Retired = Callable[[Iterable[UUID]], set[UUID]]
"""The retired children that ever had any of these records."""
NOTHING: tuple[list[Recorded], HeadChanges, dict[UUID, int]] = ([], HeadChanges(), {})
PLAIN = ({"left"}, {"right"}), ({"right"}, {"left"})
"""How records stand on the two sides of a never-link that is no adoption's."""
NONE = "no such never-link; 'contactpoint never-link list' names those in force"


class SameSideError(ContactpointError):
    """The records do not make two sides; nothing was written."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A never-link in force, for those cleared to know of it."""

    id: UUID
    left: tuple[UUID, ...]
    right: tuple[UUID, ...]
    drawn: NeverLinkDrawn
    since: int


def merged_before(
    children: Iterable[UUID], candidates: Iterable[UUID], log: Log
) -> dict[UUID, Child]:
    """The retired ones among ``candidates`` that had been merged into any of these, as they were.

    Directly or through others, each after the one that it was merged into.
    """
    found: dict[UUID, Child] = {}
    known = set(children)
    events = {
        child: [message.event for message in log.stream(child)]
        for child in sorted(set(candidates) - known)
    }
    states = {child: before_retired(mine) for child, mine in events.items()}
    while fresh := {
        child: was
        for child, was in states.items()
        if child not in known and was.status == "merged" and was.into in known
    }:
        found |= fresh
        known |= fresh.keys()
    return found


class Separating:
    """The use case of never-links. Linking obeys them in its next run, and lets the sides grow."""

    def __init__(  # noqa: PLR0913, PLR0917 - what tells of records, and who may act
        self,
        log: Log,
        keys: SubjectKeys,
        master: MasterKey,
        merged: Merged,
        retired: Retired,
        permit: Permit = lambda _: None,
    ) -> None:
        """``permit`` is asked about each act, with what is known when it is written."""
        self._log, self._keys, self._master = log, keys, master
        self._merged, self._retired_of, self._permit = merged, retired, permit

    def belonging(self, child: UUID) -> frozenset[UUID]:
        """Every record that is a child's, or was last theirs: withdrawn ones too."""
        children = {child, *self._merged([child])}
        events = ((message.event for message in self._log.stream(one)) for one in children)
        heads = self._log.heads.records(frozenset[UUID]().union(*map(remaining, events))).values()
        return frozenset(one.record for one in heads if one.child is None or one.child in children)

    def retired(self, number: str) -> UUID | None:
        """The child whose number this was until it was given a new identity."""
        head = self._log.heads.by_numbers([number]).get(number)
        return head.child if head is not None and self._is_retired(head.child) else None

    def draw(
        self,
        left: Collection[UUID],
        right: Collection[UUID],
        by: By,
        origin: Origin,
        grounds: Grounds,
    ) -> UUID:
        """Draw a never-link between two sets of records; its id, also of one drawn before.

        What another asked for, or an adoption, keeps apart already is kept apart by this one too:
        it stays when the other is lifted. Raises SameSideError, or what ``permit`` raises, with
        nothing written.
        """
        event = NeverLinkDrawn(
            tuple(sorted(left)), tuple(sorted(right)), by.name, by.second, grounds=grounds
        )

        def attempt() -> UUID:
            acts = acts_of(self._log)
            self._permit(self._hangs({*left, *right}))
            known = self._between(left, right, grounds)
            if known is not None:
                return known
            return self._append(event, acts, origin, [], HeadChanges(), {})

        return again(attempt)

    def adopt(
        self, old: UUID, new: Collection[UUID], by: By, origin: Origin, grounds: Grounds
    ) -> UUID:
        """Give a child a new identity, that of the records ``new``; the id of the never-link.

        The old number is retired without successor. What the old identity was itself adopted from
        is kept apart from the new one, too. A child whose number answers is given a new identity
        whatever keeps the records apart already. Raises as ``draw`` does.
        """

        def attempt() -> UUID:
            acts = acts_of(self._log)
            mine = self.belonging(old)
            self._permit(self._hangs({*mine, *new}))
            left = mine - set(new)
            known = self._between(left, new) if self._is_retired(old) else None
            if known is not None:
                return known
            event = NeverLinkDrawn(
                tuple(sorted(left)),
                tuple(sorted(new)),
                by.name,
                by.second,
                renewed=True,
                grounds=grounds,
            )
            messages, heads, expect = self._retired(old, frozenset(new), origin)
            shields = self._shielded(mine, new, origin)
            heads = replace(heads, shields=list(shields.heads()))
            return self._append(event, acts, origin, messages + shields.messages, heads, expect)

        never_link = again(attempt)
        for earlier in self._before(self.belonging(old), new, never_link):
            self.draw(earlier, new, by, origin, grounds)
        return never_link

    def _before(
        self, records: Collection[UUID], new: Collection[UUID], drawn: UUID
    ) -> list[set[UUID]]:
        """The identities that the one with these records was adopted from, one after the other.

        Before the adoption that was ``drawn``. One of which the ``new`` one has records is left
        out: the child bears it again.
        """
        found: list[set[UUID]] = []
        seen = {drawn}
        asked = set(records)
        while asked:
            stands = self._log.heads.sides(asked)
            made = {one.never_link for one in stands if one.side == "new"} - seen
            seen |= made
            sides = [self._log.replay(one, NeverLink(), evolve).left for one in sorted(made)]
            found += [known for side in sides if (known := {*self._log.heads.records(side)})]
            asked = set().union(*sides)
        return [side for side in found if side.isdisjoint(new)]

    def lift(self, never_link: UUID, by: By, origin: Origin, remarks: str = "") -> bool:
        """End a never-link that was drawn in error; False where that was done before.

        A number that was retired with it answers again. Raises NotFoundError where there is none.
        """
        event = NeverLinkLifted(by.name, by.second, remarks or None)

        def attempt() -> bool:
            acts = acts_of(self._log)
            known = self._log.replay(never_link, NeverLink(), evolve)
            self._permit(self._hangs(known.left | known.right))
            try:
                events = decide(LiftNeverLink(event), known)
            except NoNeverLinkError:
                raise NotFoundError(NONE) from None
            if events:
                renewed = known.is_renewed
                rest = self._reinstated(never_link, known, origin) if renewed else NOTHING
                self._write(never_link, known, events, acts, origin, *rest)
            return bool(events)

        return again(attempt)

    def listed(self) -> list[Listed]:
        """The never-links in force, the oldest first."""
        found: list[Listed] = []
        for one in {stands.never_link for stands in self._log.heads.sided()}:
            known = self._log.replay(one, NeverLink(), evolve)
            first = self._log.stream(one)[0]
            assert isinstance(first.event, NeverLinkDrawn)
            sides = tuple(sorted(known.left)), tuple(sorted(known.right))
            found.append(Listed(one, *sides, first.event, first.origin.recorded))
        return sorted(found, key=lambda one: (one.since, one.id))

    def _is_retired(self, child: UUID) -> bool:
        return self._log.replay(child, Child(), evolve_child).status == "retired"

    def _between(
        self, left: Collection[UUID], right: Collection[UUID], asked: Grounds | None = None
    ) -> UUID | None:
        """The never-link in force that has these records on two sides already.

        One that the same asked for; without ``asked`` one by which the right side is the new
        identity of the left.
        """
        stands: dict[UUID, dict[UUID, str]] = {}
        for one in self._log.heads.sides({*left, *right}):
            stands.setdefault(one.never_link, {})[one.record] = one.side
        for never_link, side in sorted(stands.items()):
            ones, others = ({side.get(record, "") for record in end} for end in (left, right))
            if asked is None:
                found = ones <= {"old"} and others == {"new"}
            else:
                found = (ones, others) in PLAIN and self._was_asked(never_link, asked)
            if found:
                return never_link
        return None

    def _was_asked(self, never_link: UUID, asked: Grounds) -> bool:
        """Whether the same asked for a never-link, for the same kind of reason."""
        drawn = self._log.stream(never_link)[0].event
        assert isinstance(drawn, NeverLinkDrawn)
        known = drawn.grounds
        whose = asked.kind, asked.requested_by
        return isinstance(known, Grounds) and (known.kind, known.requested_by) == whose

    def _retired(
        self, old: UUID, new: frozenset[UUID], origin: Origin
    ) -> tuple[list[Recorded], HeadChanges, dict[UUID, int]]:
        """What retires a child and all that were merged into it, its new records excepted."""
        messages: list[Recorded] = []
        heads: list[ChildHead] = []
        links: dict[UUID, UUID | None] = {}
        expect: dict[UUID, int] = {}
        for child in (old, *sorted(self._merged([old]))):
            before = after = self._log.replay(child, Child(), evolve_child)
            events = decide_child(RetireChild(new), before)
            messages += recorded(child, before.version, events, origin)
            for event in events:
                after = evolve_child(after, event)
            heads.append(ChildHead(child, after.number, after.version))
            links.update(dict.fromkeys(before.records - after.records))
            expect[child] = before.version
        return messages, HeadChanges(children=heads, links=links), expect

    def _shielded(self, old: Collection[UUID], new: Collection[UUID], origin: Origin) -> ShieldActs:
        """What brings a new identity under a shield of its own where the old one is under any.

        What was withheld as near to the child is withheld no longer: it is the child.
        """
        acts = ShieldActs(self._log, origin)
        over = frozenset[UUID]().union(*self._log.heads.shields_over(old).values())
        bare = set(new).difference(self._log.heads.shields_over(new))
        if over and bare:
            withheld = self._log.heads.shielded(bare).values()
            for shield in sorted(over & set[UUID]().union(*withheld)):
                acts.do(shield, ReleaseRecords(bare, "decided"))
            first = min(over)
            authority = acts.state(first).authority
            acts.do(uuid4(), InheritShield(first, bare, acts.soon(), authority))
        return acts

    def _reinstated(
        self, never_link: UUID, known: NeverLink, origin: Origin
    ) -> tuple[list[Recorded], HeadChanges, dict[UUID, int]]:
        """What lets the retired children of the old side answer again, and whom they answered for.

        Where another adoption ended the identity too, that goes on to hold.
        """
        messages: list[Recorded] = []
        heads: list[ChildHead] = []
        expect: dict[UUID, int] = {}
        commands: dict[UUID, ReinstateChild | RejoinChild] = {}
        records = self._log.heads.records(known.left).values()
        for child in sorted(children_of(records)):
            # Erased records, too: of the other adoption's old side there may be no others left. And
            # those that linking has put with nobody since: what was given up goes on to be theirs.
            mine = {one.record for one in records if one.child == child}
            if not self._is_given_up(self.belonging(child) | mine, never_link):
                commands[child] = ReinstateChild("")
        retired = self._retired_of(known.left | known.right) - commands.keys()
        for child, home in self._emptied(never_link, retired):
            commands[child] = RejoinChild(home)
        for child, was in merged_before(commands, retired, self._log).items():
            commands[child] = RejoinChild(was.into or child)
        for child, command in commands.items():
            before = after = self._log.replay(child, Child(), evolve_child)
            events = decide_child(command, before)
            messages += recorded(child, before.version, events, origin)
            for event in events:
                after = evolve_child(after, event)
            if events:
                closed = after.status == "closed"
                heads.append(ChildHead(child, after.number, after.version, after.into, closed))
                expect[child] = before.version
        return messages, HeadChanges(children=heads), expect

    def _emptied(self, never_link: UUID, retired: Iterable[UUID]) -> Iterator[tuple[UUID, UUID]]:
        """Those of these children whose records are all another's now, each with that one.

        Not where their own adoption is in force, or a later one has anything of them.
        """
        for child in sorted(retired):
            messages = self._log.stream(child)
            was = before_retired(message.event for message in messages)
            records = was.records or was.former
            home = self._home(records)
            state = self._log.replay(child, Child(), evolve_child)
            if was.status != "current" or state.records or not home or self._is_retired(home[0]):
                continue
            ended = [m.origin for m in messages if isinstance(m.event, ChildRetired)][-1]
            stands = [s for s in self._log.heads.sides(records) if s.never_link != never_link]
            stands = [one for one in stands if one.side in {"old", "new"}]
            drawn = [self._log.stream(one.never_link)[0].origin for one in stands]
            in_force = ended in drawn or any(one.recorded > ended.recorded for one in drawn)
            if not in_force and all(one.side == "new" for one in stands):
                yield child, home[0]

    def _home(self, records: Collection[UUID]) -> list[UUID]:
        """The child that has most of these records; none where they are nobody's."""
        heads = self._log.heads.records(records).values()
        counted = Counter(sorted(one.child for one in heads if one.child is not None))
        return [child for child, _ in counted.most_common(1)]

    def _is_given_up(self, records: Collection[UUID], lifted: UUID) -> bool:
        """Whether another adoption than the one to be lifted has records on its old side."""
        stands = self._log.heads.sides(records)
        return any(one.side == "old" and one.never_link != lifted for one in stands)

    def _append(  # noqa: PLR0913, PLR0917 - what one append is made of
        self,
        event: NeverLinkDrawn,
        acts: Mapping[str, int],
        origin: Origin,
        messages: list[Recorded],
        heads: HeadChanges,
        expect: dict[UUID, int],
    ) -> UUID:
        never_link = uuid4()
        try:
            events = decide(DrawNeverLink(event), NeverLink())
        except SidesError as error:
            raise SameSideError(str(error)) from None
        self._write(never_link, NeverLink(), events, acts, origin, messages, heads, expect)
        return never_link

    def _write(  # noqa: PLR0913, PLR0917 - what one append is made of
        self,
        never_link: UUID,
        known: NeverLink,
        events: Collection[NeverLinkEvent],
        acts: Mapping[str, int],
        origin: Origin,
        messages: list[Recorded],
        heads: HeadChanges,
        expect: dict[UUID, int],
    ) -> None:
        subject = subject_of("never-link", never_link, self._master)
        own = recorded_sealed(never_link, known.version, events, origin, subject, self._keys)
        sides: list[SideRecord] = []
        for event in events:
            sides += side_records(never_link, event, known)
            known = evolve(known, event)
        changes = replace(heads, sides=sides, unmoved=acts)
        self._log.append([*messages, *own], heads=changes, expect=expect)

    def _hangs(self, records: Collection[UUID]) -> Hangs:
        heads = self._log.heads.records(records)
        if len(heads) < len(set(records)):
            raise NotFoundError("no record of that source and id")
        return Hangs(frozenset(records), children_of(heads.values()))
