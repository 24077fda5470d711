"""Children of somebody's own family, on whom they do not decide.

The rule can be stated and tried: a child is of a person's family when that was declared, by the
person or by an administrator. A likeness of names proves no kinship, and its want disproves none.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from contactpoint.people.actor import folded
from events.keys import SubjectKeys, subject_of
from events.log import Log
from events.master import MasterKey
from events.message import Origin, Recorded
from events.relatives import RelativesDeclared


@dataclass(frozen=True, slots=True)
class Relatives:
    """Reads and writes what was declared."""

    log: Log
    keys: SubjectKeys
    master: MasterKey

    def declare(self, person: str, children: Collection[UUID], by: str, origin: Origin) -> None:
        """State which children are of a person's family; nothing where that is known."""
        stream = self._stream(person)
        messages = self.log.stream(stream)
        if messages and _children(messages[-1]) == set(children):
            return
        event = RelativesDeclared(by, tuple(sorted(children)) or None)
        subject = subject_of("relatives", stream, self.master)
        sealing = tuple(self.keys.issue([subject])) if children else (0,)
        version = len(messages) + 1
        self.log.append([Recorded(stream, version, origin, origin.recorded, event, sealing)])

    def among(self, person: str, children: Iterable[UUID]) -> bool:
        """Whether any of the children is of the person's family."""
        declared = self.of(person)
        return bool(declared) and not declared.isdisjoint(self._surviving(children))

    def of(self, person: str) -> set[UUID]:
        """The children of the person's family: those that answer for them today, and before."""
        messages = self.log.stream(self._stream(person))
        return self._surviving(_children(messages[-1])) if messages else set()

    def _stream(self, person: str) -> UUID:
        return self.master.hashes.stream_id("relatives", folded(person))

    def _surviving(self, children: Iterable[UUID]) -> set[UUID]:
        """The children that answer for these today."""
        found: set[UUID] = set()
        asked = set(children)
        while asked:
            found |= asked
            heads = self.log.heads.children(asked).values()
            asked = {head.merged_into for head in heads if head.merged_into} - found
        return found


def _children(message: Recorded) -> set[UUID]:
    event = message.event
    assert isinstance(event, RelativesDeclared)
    return set(event.children) if isinstance(event.children, tuple) else set()
