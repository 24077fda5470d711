"""What linking owes to shields: a child with a shielded record has all its records shielded.

It is done in the commit that links them. Merged children are under the shields of both; a part
split off a shielded child goes under a shield of its own, which it inherits. What comes too near
to a shielded child, or is said to be the child by a source that has merged their records, is
withheld before it becomes a child of its own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID, uuid4

from contactpoint.judging.pair import Pair
from contactpoint.linking.lives import Lives
from contactpoint.linking.withholding import Withheld, Withholding
from contactpoint.shielding.acts import ShieldActs
from events.log import Log
from events.message import Origin
from events.shield import (
    InheritShield,
    PartRecords,
    ReleaseRecords,
    Shield,
    ShieldEvent,
    ShieldSpread,
    SpreadShield,
    WithholdRecords,
    evolve,
)

Group = frozenset[UUID]
Ordinals = frozenset[int]
Told = Callable[[Pair], bool]
"""Whether a source says that it merged two records, and nobody has judged them since."""


class Spreading:
    """The shields over the records of one commit of linking, and what becomes of them."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that one commit looks at
        self,
        log: Log,
        origin: Origin,
        records: Mapping[int, UUID],
        linked: Mapping[int, UUID],
        told: Told,
        near: Withholding | None = None,
    ) -> None:
        """``records``: all that a commit looks at, and ``linked`` of which child each is.

        Without ``near`` none is withheld.
        """
        self._near = near
        # The head is read first: what is read after it counts only if it has not moved since.
        self.position = log.heads.act("shield")
        self.acts = ShieldActs(log, origin)
        found = log.heads.shielded(records.values()) if self.position else {}
        self._log, self._linked = log, linked
        self._over, self._under = (
            {
                record: {shield for shield, kind in kinds.items() if kind == wanted}
                for record, kinds in found.items()
            }
            for wanted in ("shielded", "withheld")
        )
        if self.position and near is not None:
            new = (o for o in records if near.undone() or self._is_new(o, records[o], near))
            near.look(self.position, set(new))
        self._merged = self._merged_into(set(records.values()), told) if near is not None else {}
        self.withheld: list[Withheld] = []
        """Groups that are withheld from here on, and were not before."""
        self.joined = 0
        """Records that are withheld with others that were before."""

    def hidden(self) -> set[UUID]:
        """The records that are, or were before this commit, shielded or withheld."""
        before = [*self._over.items(), *self._under.items()]
        found = {record for record, shields in before if shields}
        return found.union(*(state.kinds() for state in self.acts.states()))

    def stand_over(self, record: UUID) -> bool:
        """Whether a record stood under a shield before this commit."""
        return bool(self._over.get(record))

    def id_of(self, ordinal: int) -> UUID:
        """The record of a shielded child that has an ordinal."""
        assert self._near is not None
        return self._near.id_of(ordinal)

    def withholds(self, record: UUID) -> bool:
        """Whether a record was withheld before this commit, and not released by it."""
        return any(record in self.acts.state(one).withheld for one in self._under.get(record, ()))

    def doubtful(self) -> set[UUID]:
        """Records withheld by shields that came over others in this commit: these may clear them.

        A verified number of the shield's child that is not the record's, for one.
        """
        spread = {
            message.originator_id
            for message in self.acts.messages
            if isinstance(message.event, ShieldSpread)
        }
        return set[UUID]().union(*(self.acts.state(shield).withheld for shield in spread))

    def set_apart(
        self,
        groups: Sequence[Ordinals],
        ids: Mapping[int, UUID],
        lives: Lives,
    ) -> set[int]:
        """The records of those groups that are withheld, by ordinal; ``groups`` are by ordinal too.

        ``ids``: of all records of the neighbourhood, whose past ``lives`` knows.
        """
        near = self._near
        if not self.position or near is None:
            return set()
        apart = set[int]()
        fresh: list[Ordinals] = []
        for group in groups:
            given_back = self._is_given_back(group, ids, near, lives)
            if self._shields_over(group, ids) and not given_back:
                continue
            if given_back or all(self._is_new(o, ids[o], near) for o in group):
                under = set[UUID]().union(*(self._under.get(ids[o], ()) for o in group))
                shields = under or (self._freed(group, ids, near) if given_back else under)
                kept = self._kept(group, shields, near, ids) if shields else None
                if kept:
                    apart |= kept
                elif not under:
                    fresh.append(group)
        said = {group: shields for group in fresh if (shields := self._said(group, ids))}
        found = [Withheld(group, min(shields), None) for group, shields in said.items()]
        unsaid = [group for group in fresh if group not in said]
        found += near.near(
            unsaid, lambda o: self._linked.get(o, o), lambda g, s: self._judged(g, s, ids)
        )
        for one in found:
            self._withhold(one.group, [one.shield], ids)
        self.withheld += found
        return apart.union(*(one.group for one in found))

    def _is_given_back(
        self, group: Ordinals, ids: Mapping[int, UUID], near: Withholding, lives: Lives
    ) -> bool:
        """Whether what released a group, or brought it under a shield, is undone: all is as before.

        A judgement on the group itself, or one that let others of the neighbourhood take it in.
        """
        over = self._shields_over(group, ids)
        own = near.undone_of(group)
        beside = near.undone_of(ids) if over else []
        if not own and not beside:
            return False
        since = min(own or beside)
        came = lives.came_with(group, since)
        if own:
            is_back = not lives.were_of_one(group, since)
        else:
            # Who was never withheld parts for another reason, and stays under a shield.
            is_back = came and bool(self._freed(group, ids, near))
        return is_back and not self._were_laid(over, group, ids, came=came)

    def _is_new(self, ordinal: int, record: UUID, near: Withholding) -> bool:
        """Whether a record may be withheld: it is, or nobody's, or a source has stated it since.

        What an act has taken out of a child since the last run was seen with that child until then.
        """
        was_seen = ordinal in self._linked or ordinal in near.parted()
        return bool(self._under.get(record)) or not was_seen or ordinal in near.stated()

    def _shields_over(self, group: Ordinals, ids: Mapping[int, UUID]) -> list[UUID]:
        return sorted({shield for o in group for shield in self._over.get(ids[o], ())})

    def _were_laid(
        self, shields: Sequence[UUID], group: Ordinals, ids: Mapping[int, UUID], *, came: bool
    ) -> bool:
        """Whether one was laid over any of the group, and did not come over it by a link.

        A part that is split off inherits one: what ``came`` to the part by a link came under it.
        """
        records = {ids[o] for o in group}
        states = map(self.acts.state, shields)
        return any(
            state.first & records for state in states if not (came and _is_unreviewed(state))
        )

    def _freed(self, group: Ordinals, ids: Mapping[int, UUID], near: Withholding) -> set[UUID]:
        """The shields that withheld any of a group before the judgement that was undone.

        Nothing may be near to it today: the child may have been erased since.
        """
        since = min(near.undone_of(group) or near.undone_of(ids))
        records = {ids[o] for o in group}
        found = near.freed(records, since)
        over = self._shields_over(group, ids)
        found.update(one for one in over if self._withheld_at(one, since) & records)
        return {shield for shield in found if self.acts.state(shield).standing == "standing"}

    def _withheld_at(self, shield: UUID, when: int) -> frozenset[UUID]:
        """What a shield withheld just before a time: it may have come over some of that since."""
        state = Shield()
        for message in self._log.stream(shield):
            if isinstance(message.event, ShieldEvent) and message.origin.recorded < when:
                state = evolve(state, message.event)
        return state.withheld

    def _kept(
        self, group: Ordinals, shields: Collection[UUID], near: Withholding, ids: Mapping[int, UUID]
    ) -> Ordinals:
        """The group, unless nothing keeps it under these shields, which withhold any of it."""
        said = self._said(group, ids)
        held = [s for s in sorted(shields) if s in said or not near.cleared(group, s)]
        held = [s for s in held if not self._judged(group, s, ids)]
        if held:
            self._withhold(group, held, ids)
            self.joined += sum(1 for o in group if not self._under.get(ids[o]))
        return group if held else frozenset()

    def _withhold(
        self, group: Ordinals, shields: Collection[UUID], ids: Mapping[int, UUID]
    ) -> None:
        """Take a group out from under all shields, and withhold it under these."""
        records = {ids[o] for o in group}
        for shield in self._shields_over(group, ids):
            self.acts.do(shield, PartRecords(records))
        for shield in shields:
            self.acts.do(shield, WithholdRecords(records))

    def _merged_into(self, records: Collection[UUID], told: Told) -> dict[UUID, set[UUID]]:
        """The shields over those with which a source says that it merged any of the records.

        A number that differs clears none of them: the source has just said that both are one's.
        """
        if not self.position:
            return {}
        asked = [one for one in self._log.heads.judgements(records) if not one.verdict]
        over = self._log.heads.shields_over({end for one in asked for end in (one.left, one.right)})
        found: dict[UUID, set[UUID]] = {}
        for pair in (Pair.of(one.left, one.right) for one in asked):
            for record, other in (pair, pair[::-1]):
                if other in over and record not in over and told(pair):
                    found.setdefault(record, set()).update(over[other])
        return found

    def _said(self, group: Ordinals, ids: Mapping[int, UUID]) -> set[UUID]:
        """The shields that a source brings the group under, and no steward keeps it from."""
        said = set[UUID]().union(*(self._merged.get(ids[o], ()) for o in group))
        return {shield for shield in said if not self._judged(group, shield, ids)}

    def _judged(self, group: Ordinals, shield: UUID, ids: Mapping[int, UUID]) -> bool:
        """Whether a steward said that any of the group is not the shield's child."""
        mine = {ids[o] for o in group}
        # An undone link may have brought the group itself under the shield.
        theirs = self.acts.state(shield).records - mine
        return any(
            one.verdict == "apart" and {one.left, one.right} & theirs
            for one in self._log.heads.judgements(mine)
        )

    def follow(self, groups: Sequence[Group], was: Mapping[UUID, UUID]) -> None:
        """These are the children of one neighbourhood now; ``was`` says whose records they were."""
        self._spread_over(groups, was)
        for group in groups:
            for shield in set().union(*(self._under.get(record, ()) for record in group)):
                why = "linked" if len(group) > 1 else "contradicted"
                self.acts.do(shield, ReleaseRecords(group, why))

    def _spread_over(self, groups: Sequence[Group], was: Mapping[UUID, UUID]) -> None:
        parts: dict[UUID, list[Group]] = {}
        for group in groups:
            for shield in set().union(*(self._over.get(record, ()) for record in group)):
                parts.setdefault(shield, []).append(group)
        homes: dict[Group, list[UUID]] = {}
        for shield in sorted(parts):
            homes.setdefault(self._home(shield, parts[shield]), []).append(shield)
        for group, shields in homes.items():
            for shield in shields:
                self._spread(shield, group, was)
        for shield in sorted(parts):
            for group in parts[shield]:
                if shield not in homes.get(group, ()):
                    self._part(shield, group, homes)

    def _home(self, shield: UUID, parts: Sequence[Group]) -> Group:
        """The part that is the shield's own child: with most of the records it was laid over."""
        state = self.acts.state(shield)
        return max(
            sorted(parts, key=min),
            key=lambda part: (len(part & state.first), len(part & state.records)),
        )

    def _spread(self, shield: UUID, group: Group, was: Mapping[UUID, UUID]) -> None:
        own = self.acts.state(shield).records
        children = {was[record] for record in group & own if record in was}
        merged = any(was.get(record, None) not in (None, *children) for record in group - own)
        command = SpreadShield(group, self.acts.soon() if merged and children else None)
        self.acts.do(shield, command)

    def _part(self, shield: UUID, group: Group, homes: dict[Group, list[UUID]]) -> None:
        """The part goes out from under the shield, and under one of its own."""
        if group not in homes:
            heir, origin = uuid4(), self.acts.state(shield)
            command = InheritShield(shield, group, self.acts.soon(), origin.authority)
            self.acts.do(heir, command)
            homes[group] = [heir]
        self.acts.do(shield, PartRecords(group))


def _is_unreviewed(shield: Shield) -> bool:
    """Whether a split made it, and no officer has looked at it since."""
    return shield.by is None and bool(shield.inherited)
