"""Never-links: two sides that are never one child; and adoption, which makes a new identity."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from contactpoint.again import again
from contactpoint.errors import ContactpointError, NotFoundError
from contactpoint.identities import NOTHING, Changes, Identities, Merged, Retired
from contactpoint.judging.acts import By, Hangs, Permit, acts_of
from contactpoint.linking.judged import side_records
from contactpoint.shielding.acts import ShieldActs
from contactpoint.streams import recorded_sealed
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin
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
from events.store.heads import SideRecord, children_of

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
        self._identities, self._permit = Identities(log, merged, retired), permit

    def belonging(self, child: UUID) -> frozenset[UUID]:
        """Every record that is a child's, or was last theirs: withdrawn ones too."""
        return self._identities.belonging(child)

    def retired(self, number: str) -> UUID | None:
        """The child whose number this was until it was given a new identity."""
        head = self._log.heads.by_numbers([number]).get(number)
        return head.child if head is not None and self._identities.is_retired(head.child) else None

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
            return self._append(uuid4(), event, acts, origin, NOTHING)

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
            known = self._between(left, new) if self._identities.is_retired(old) else None
            if known is not None:
                return known
            never_link, given_up = uuid4(), self._identities.of(old)
            event = NeverLinkDrawn(
                tuple(sorted(left)),
                tuple(sorted(new)),
                by.name,
                by.second,
                renewed=True,
                identities=tuple(given_up),
                grounds=grounds,
            )
            messages, heads, expect = self._identities.given_up(given_up, new, never_link, origin)
            shields = self._shielded(mine, new, origin)
            heads = replace(heads, shields=list(shields.heads()))
            changes = messages + shields.messages, heads, expect
            return self._append(never_link, event, acts, origin, changes)

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
                changes = self._identities.given_back(never_link, origin) if renewed else NOTHING
                self._write(never_link, known, events, acts, origin, changes)
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

    def _append(
        self,
        never_link: UUID,
        event: NeverLinkDrawn,
        acts: Mapping[str, int],
        origin: Origin,
        changes: Changes,
    ) -> UUID:
        try:
            events = decide(DrawNeverLink(event), NeverLink())
        except SidesError as error:
            raise SameSideError(str(error)) from None
        self._write(never_link, NeverLink(), events, acts, origin, changes)
        return never_link

    def _write(  # noqa: PLR0913, PLR0917 - what one append is made of
        self,
        never_link: UUID,
        known: NeverLink,
        events: Collection[NeverLinkEvent],
        acts: Mapping[str, int],
        origin: Origin,
        changes: Changes,
    ) -> None:
        subject = subject_of("never-link", never_link, self._master)
        own = recorded_sealed(never_link, known.version, events, origin, subject, self._keys)
        sides: list[SideRecord] = []
        for event in events:
            sides += side_records(never_link, event, known)
            known = evolve(known, event)
        messages, heads, expect = changes
        heads = replace(heads, sides=sides, unmoved=acts)
        self._log.append([*messages, *own], heads=heads, expect=expect)

    def _hangs(self, records: Collection[UUID]) -> Hangs:
        heads = self._log.heads.records(records)
        if len(heads) < len(set(records)):
            raise NotFoundError("no record of that source and id")
        return Hangs(frozenset(records), children_of(heads.values()))
