"""What linking owes to shields: a child with a shielded record has all its records shielded.

It is done in the commit that links them. Merged children are under the shields of both; a part
split off a shielded child goes under a shield of its own, which it inherits.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

from contactpoint.shielding.acts import ShieldActs
from events.log import Log
from events.message import Origin
from events.shield import InheritShield, PartRecords, SpreadShield

Group = frozenset[UUID]


class Spreading:
    """The shields over the records of one commit of linking, and what becomes of them."""

    def __init__(self, log: Log, origin: Origin, records: Collection[UUID]) -> None:
        """``records``: all that the commit looks at."""
        # The head is read first: what is read after it counts only if it has not moved since.
        self.position = log.heads.act("shield")
        self.acts = ShieldActs(log, origin)
        found = log.heads.shielded(records) if self.position else {}
        self._over = {
            record: {shield for shield, kind in kinds.items() if kind == "shielded"}
            for record, kinds in found.items()
        }

    def follow(self, groups: Sequence[Group], was: Mapping[UUID, UUID]) -> None:
        """These are the children of one neighbourhood now; ``was`` says whose records they were."""
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
