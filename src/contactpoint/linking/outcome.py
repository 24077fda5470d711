"""What a run of linking did, in figures that tell of nobody who is withheld."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from contactpoint.linking.commit import Commit
from contactpoint.settling import Settled
from events.child import (
    ChildClosed,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    RecordsUnlinked,
)
from events.linking import PairsReferred
from events.message import Event

CHILDREN: dict[type[Event], str] = {
    ChildRegistered: "registered",
    ChildMerged: "merged",
    ChildRestored: "restored",
    ChildClosed: "closed",
}


@dataclass(slots=True)
class LinkOutcome:
    """What a run did."""

    model: str
    through: int = 0
    records: int = 0
    """Records looked at."""
    pairs: int = 0
    links: int = 0
    """Records that joined a child."""
    referred: int = 0
    events: int = 0
    overflowed: int = 0
    children: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(CHILDREN.values(), 0) | {"split": 0}
    )
    """How many children were registered, merged, restored, closed, and split."""
    unsaid: int = 0
    """Events that no figure counts: what people laid upon children tells of them."""
    _withheld: list[frozenset[int]] = field(default_factory=list)
    """Groups that were withheld, and counted as children."""

    def add(self, other: "LinkOutcome") -> None:
        """Note what another run of the same time did, for records of another shape."""
        for name in ("records", "pairs", "links", "referred", "events", "overflowed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, number in other.children.items():
            self.children[kind] += number

    def count(self, commit: Commit, referred: PairsReferred | None, *, plan: bool) -> None:
        """Note what a commit did, or in a plan would do.

        A withheld record counts as the child it would be, so that no figure tells of it.
        """
        self._count_as_what_it_became(commit, plan=plan)
        self._count_children(commit.settled)
        shields = commit.shields
        new = [one for one in shields.withheld if not one.group & commit.linked.keys()]
        self._withheld += [one.group for one in new]
        self.children["registered"] += len(new)
        self.children["closed"] -= len(shields.withheld) - len(new)
        if not plan:
            self.links += sum(child is not None for child in commit.links.values())
            self.links += shields.joined + sum(len(one.group) for one in new)
            self.unsaid -= shields.joined + len(new)
        if referred is not None:
            hidden = shields.hidden()
            seen = sum(not {pair.left, pair.right} & hidden for pair in referred.referred)
            settled = any(not {*pair} & hidden for pair in referred.settled)
            self.referred += seen
            self.unsaid += not plan and not seen and not settled

    def _count_as_what_it_became(self, commit: Commit, *, plan: bool) -> None:
        """What was withheld and is released by the same run counts once."""
        placed = set[int]().union(*(group for group, _ in commit.groups))
        for group in [one for one in self._withheld if not placed.isdisjoint(one)]:
            self._withheld.remove(group)
            self.children["registered"] -= 1
            self.links -= 0 if plan else len(group)
            self.unsaid += not plan

    def _count_children(self, settled: Sequence[Settled]) -> None:
        """Note what becomes of these children; one that others leave is split."""
        for one in settled:
            kinds = [CHILDREN[type(e)] for e in one.events if type(e) in CHILDREN]
            for kind in kinds:
                self.children[kind] += 1
            left = [e for e in one.events if isinstance(e, RecordsUnlinked)]
            self.children["split"] += bool(left and left[0].reason == "moved" and not kinds)
