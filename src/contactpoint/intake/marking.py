"""Shields laid by a load: a record that its feed marks is shielded in the commit that loads it."""

from collections.abc import Collection, Iterator
from uuid import UUID, uuid4

from contactpoint.shielding.acts import ShieldActs
from events.child import Child, evolve
from events.log import Log
from events.message import Origin
from events.shield import ApplyShield

MARKED = "marked by its feed"
"""The criterion of such a shield."""


class Marking:
    """What goes into a commit with the records that are marked."""

    def __init__(self, records: Collection[UUID], log: Log, origin: Origin) -> None:
        """A shield over each of these records and its whole child, unless one stands already."""
        self.acts = ShieldActs(log, origin)
        self.expect: dict[UUID, int] = {}
        """The children whose records were looked at, at their versions: none may have grown."""
        under = log.heads.shielded(records) if records else {}
        bare = [one for one in records if "shielded" not in under.get(one, {}).values()]
        for group in self._with_their_children(bare, log):
            self.acts.do(uuid4(), ApplyShield(group, self.acts.soon(), "feed", MARKED))

    def _with_their_children(
        self, records: Collection[UUID], log: Log
    ) -> Iterator[Collection[UUID]]:
        """The records by child, with all others of that child; those of nobody one by one."""
        known = log.heads.records(records)
        by_child: dict[UUID, set[UUID]] = {}
        for record in records:
            child = known[record].child if record in known else None
            if child is None:
                yield [record]
            else:
                by_child.setdefault(child, set()).add(record)
        for child, own in by_child.items():
            state = log.replay(child, Child(), evolve)
            self.expect[child] = state.version
            yield own | state.records
