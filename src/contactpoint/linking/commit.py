"""What one commit of linking writes: children, their records' links, pairs and crowds."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from contactpoint.judging.pair import Pair
from contactpoint.kinds import Kinds
from contactpoint.linking.neighbourhoods import sure_of
from contactpoint.linking.shielding import Spreading
from contactpoint.models import AnyModel
from contactpoint.settling import Settled
from contactpoint.streams import recorded
from events.child import RecordsUnlinked, evolve
from events.linking import Crowd, CrowdsChanged, PairsReferred, ReferredPair
from events.message import Origin, Recorded
from events.store.head_reader import Heads
from events.store.heads import ChildHead
from linkage.resolve import Resolution
from linkage.weigh import probability
from projections.review import WAITING
from projections.workings import Workings


@dataclass(frozen=True, slots=True)
class Previewed:
    """A child as it would be."""

    number: str
    """Empty where it would get a new one."""
    records: dict[int, UUID]
    """Its current records, by ordinal."""

    def is_about(self, ordinals: Collection[int]) -> bool:
        """Whether it would have any of these records."""
        return not self.records.keys().isdisjoint(ordinals)


class Commit:
    """What follows for some neighbourhoods, gathered one by one."""

    def __init__(self, linked: dict[int, UUID], shields: Spreading, gone: set[int]) -> None:
        """Nothing follows yet."""
        self.linked = linked
        """The child of each record that has one now, by ordinal."""
        self.shields = shields
        self.gone = gone
        """Records among them that stand in for an identity without current ones."""
        self.read: dict[UUID, int] = {}
        """The version at which each child was read, whether anything follows for it or not."""
        self.settled: list[Settled] = []
        self.heads: list[ChildHead] = []
        self.links: dict[UUID, UUID | None] = {}
        self.groups: list[tuple[frozenset[int], dict[int, UUID]]] = []
        """The records of each child by ordinal, and the ids of those of its neighbourhood."""
        self._referred: dict[Pair, tuple[int, float]] = {}
        """The pattern and the weight of each pair that awaits a steward."""
        self._records: set[UUID] = set()
        self._crowds: list[Crowd] = []

    def add(self, settled: Settled) -> None:
        """Events of one child follow; its head and its records' links with them."""
        child = settled.before
        for event in settled.events:
            child = evolve(child, event)
        self.settled.append(settled)
        self.read[settled.id] = settled.version
        is_closed = child.status == "closed"
        self.heads.append(ChildHead(settled.id, child.number, child.version, child.into, is_closed))
        # A withdrawn record keeps its child: when it returns, it finds its number again.
        kept: Collection[UUID] = child.former if is_closed else ()
        if child.status == "retired":
            kept = {
                record
                for event in settled.events
                if isinstance(event, RecordsUnlinked) and event.reason == "withdrawn"
                for record in event.records
            }
        for record in (settled.before.records - child.records).difference(kept):
            self.links.setdefault(record, None)
        joined = child.records - settled.before.records
        self.links.update(dict.fromkeys(joined, settled.id))

    def resolved(self, ids: dict[int, UUID], resolution: Resolution) -> None:
        """A neighbourhood is resolved so. One that is too large calls a steward by its eldest."""
        self.groups += [(group, ids) for group in resolution.children]
        self._records.update(ids.values())
        if resolution.crowded:
            self._crowds.append(Crowd(ids[min(ids)], len(ids)))

    def refer(self, left: UUID, right: UUID, pattern: int, weight: float) -> None:
        """A pair awaits a steward."""
        self._referred[Pair.of(left, right)] = pattern, weight

    def messages(self, origin: Origin) -> list[Recorded]:
        """The events of the children."""
        return [
            message
            for each in self.settled
            for message in recorded(each.id, each.version, each.events, origin)
        ]

    def referred(self, workings: Workings, kinds: Kinds, model: AnyModel) -> PairsReferred | None:
        """Pairs that newly await a steward, and pairs that no longer do."""
        open_now = workings.open_pairs_of(self._records)
        # A pair that somebody asked about waits as it is, whatever a run makes of it.
        ends = {end for pair in self._referred for end in pair}
        waiting = {Pair.of(*pair) for pair in workings.open_pairs_of(ends, WAITING)}
        wanted = sorted(self._referred.keys() - waiting)
        source = workings.sources_of({end for pair in wanted for end in pair})
        fresh = tuple(
            ReferredPair(*pair, pattern, weight, probability(weight),
                         kinds.of(pattern, source[pair.left], source[pair.right]).value)
            for pair in wanted
            for pattern, weight in (self._referred[pair],)
        )  # fmt: skip
        settled = tuple(
            pair
            for pair in open_now
            # A pair of a withheld record waits for somebody with clearance, whatever is linked.
            if Pair.of(*pair) not in self._referred and not any(map(self.shields.withholds, pair))
        )
        if not fresh and not settled:
            return None
        return PairsReferred(model.version, fresh, settled, sure_of(model) if fresh else None)

    def crowds(self, workings: Workings) -> CrowdsChanged | None:
        """Neighbourhoods that newly call a steward for their size, and those that no longer do."""
        known = workings.crowds_of(self._records)
        fresh = tuple(crowd for crowd in self._crowds if crowd.lead not in known)
        thinned = tuple(sorted(known - {crowd.lead for crowd in self._crowds}))
        return CrowdsChanged(fresh, thinned) if fresh or thinned else None

    def children(self, heads: Heads) -> Iterator[Previewed]:
        """The children as they are when it is written."""
        given = {child for child in self.links.values() if child is not None}
        known = heads.children(given | set(self.linked.values()))
        before = {child: head.number for child, head in known.items()}
        for group, ids in self.groups:
            records = {ordinal: ids[ordinal] for ordinal in sorted(group - self.gone)}
            now = {self.links.get(id_, self.linked.get(o)) for o, id_ in records.items()}
            yield Previewed(before.get(now.pop() or UUID(int=0), ""), records)
