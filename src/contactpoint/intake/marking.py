"""Shields laid by a load: a record that its feed marks is shielded in the commit that loads it.

Two persons who lift a shield have seen the mark that stands then. Statements that repeat it lay no
shield again; a mark set anew does, and so does the mark on a record that the lift did not see.
"""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID, uuid4

from contactpoint.shielding.acts import ShieldActs
from events.child import Child, evolve
from events.log import Log
from events.message import Origin
from events.record import RecordAmended, RecordReceived, Statement
from events.shield import ApplyShield, Kind

MARKED = "marked by its feed"
"""The criterion of such a shield."""


class Marking:
    """What goes into a commit with the records that are marked."""

    def __init__(
        self, records: Collection[UUID], log: Log, origin: Origin, held: Collection[UUID] = ()
    ) -> None:
        """A shield over each of these records and its whole child, unless one stands already.

        ``held`` are those of which only a row that is held has the mark: what two persons lifted
        stays lifted until it is taken.
        """
        self.acts = ShieldActs(log, origin)
        self.expect: dict[UUID, int] = {}
        """The children whose records were looked at, at their versions: none may have grown."""
        self.unmoved = {"shield": log.heads.act("shield")} if records else {}
        """Where shields stood when they were looked at: none may be lifted meanwhile."""
        under = log.heads.shielded(records) if records else {}

        def is_bare(record: UUID) -> bool:
            kinds: Mapping[UUID, Kind] = under.get(record, {})
            if "shielded" in kinds.values():
                return False
            if "lifted" not in kinds.values():
                return True
            return record not in held and not _was_marked(record, log)

        for group in self._with_their_children([one for one in records if is_bare(one)], log):
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


def _was_marked(record: UUID, log: Log) -> bool:
    """Whether the latest of a record's statements in the log bears the mark."""
    events = (message.event for message in log.stream(record))
    stated = [event for event in events if isinstance(event, RecordReceived | RecordAmended)]
    latest = max(stated, key=lambda event: event.stated, default=None)
    statement = latest.statement if latest is not None else None
    return isinstance(statement, Statement) and statement.particulars.restricted
