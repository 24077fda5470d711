"""One run of linking: what changed since the last, resolved with all that it touches."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload
from uuid import UUID

from pyroaring import BitMap

from contactpoint.chance import CHANCE, Chance
from contactpoint.linking import judged
from contactpoint.linking.doubted import doubted, speaks_against
from contactpoint.linking.filling import Filling
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.matching import AnyIndex, Matching, matching_of
from contactpoint.linking.neighbourhoods import (
    Neighbourhood,
    decided,
    floor_of,
    group,
    reach,
    sure_of,
)
from contactpoint.linking.shapes import Shapes
from contactpoint.linking.shielding import Spreading
from contactpoint.linking.vanished import Vanished
from contactpoint.linking.withholding import Withholding
from contactpoint.models import AnyModel
from contactpoint.settling import KnownChild, Settled, settle
from contactpoint.sources import Sources
from events.child import (
    Child,
    ChildClosed,
    ChildMerged,
    ChildRegistered,
    ChildRestored,
    Evidence,
    RecordsUnlinked,
)
from events.child import evolve as evolve_child
from events.delivery import ChunkAppended
from events.failpoints import failpoint
from events.judgement import ACT
from events.linking import Crowd, CrowdsChanged, LinkingCompleted, PairsReferred, ReferredPair
from events.log import Log
from events.master import MasterKey
from events.message import Event, Origin, Recorded
from events.never_link import NeverLink, NeverLinkLifted
from events.never_link import evolve as evolve_never_link
from events.record import (
    RecordAmended,
    RecordErased,
    RecordReceived,
    RecordReturned,
    RecordWithdrawn,
)
from events.shape import ShapeLinked
from events.shield import RecordsReleased
from events.store.appending import StaleError, TakenError
from events.store.heads import ChildHead, HeadChanges, Heads
from linkage.declared.index import DeclaredIndex
from linkage.declared.model import DeclaredModel
from linkage.index import Index, Pairs
from linkage.model import Model
from linkage.resolve import Judgement, Member, Pair, Resolution, resolve
from linkage.weigh import probability
from projections.projector import Projector
from projections.queries import Membership, Queries

CHANGES = (RecordReceived, RecordAmended, RecordReturned, RecordWithdrawn, RecordErased)
WATCHED: tuple[type[Event], ...] = (*CHANGES, ChunkAppended, *judged.CHANGES, RecordsReleased)
CHILDREN: dict[type[Event], str] = {
    ChildRegistered: "registered",
    ChildMerged: "merged",
    ChildRestored: "restored",
    ChildClosed: "closed",
}
COMMIT = 5_000
"""Records settled in one commit."""
PAGE = 10_000
PREVIEW = 30.0
"""Seconds for which a preview waits for a run that is at work."""
TRIES = 5
"""How often a commit is tried where others write what it read, before the run gives up."""

Progress = Callable[[str, int], None]
"""Told the stage (``compare``, ``settle``) and how many records it has come to."""


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

    def add(self, other: "LinkOutcome") -> None:
        """Note what another run of the same time did, for records of another shape."""
        for name in ("records", "pairs", "links", "referred", "events", "overflowed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, number in other.children.items():
            self.children[kind] += number

    def count(self, settled: Sequence[Settled]) -> None:
        """Note what becomes of these children; one that others leave is split."""
        for one in settled:
            kinds = [CHILDREN[type(e)] for e in one.events if type(e) in CHILDREN]
            for kind in kinds:
                self.children[kind] += 1
            left = [e for e in one.events if isinstance(e, RecordsUnlinked)]
            self.children["split"] += bool(left and left[0].reason == "moved" and not kinds)


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


class Linking:
    """The use case of linking; one at a time for each log."""

    def __init__(  # noqa: PLR0913 - its parts, each of which a test may stand in for
        self,
        log: Log,
        master: MasterKey,
        projector: Projector,
        queries: Queries,
        kept: KeptIndex,
        *,
        shapes: Shapes | None = None,
        commit: int = COMMIT,
        chance: Chance = CHANCE,
    ) -> None:
        """``commit``: records settled in one commit, at least. ``chance`` gives new numbers.

        ``shapes``: the models of tables of other shapes; without them children alone are linked.
        """
        self._log = log
        self._master = master
        self._projector = projector
        self._queries = queries
        self._kept = kept
        self._shapes = shapes
        self._commit = commit
        self._chance = chance

    def run(  # noqa: PLR0913 - what a caller may ask of a run
        self,
        origin: Origin,
        model: AnyModel,
        *,
        everything: bool = False,
        plan: bool = False,
        progress: Progress | None = None,
        wait: float = 0.0,
    ) -> LinkOutcome:
        """Link what changed since the last run, or everything; append nothing if nothing did.

        ``plan``: append nothing at all, and say what would follow. Another run is waited for
        ``wait`` seconds; then raises LockedError.
        """
        with self._log.lock("link", wait=wait):
            position = self._projector.catch_up()
            # Tables of other shapes go first: a run over children then ends what was begun.
            others = [
                _Run(self, origin, each, position, plan=plan).go(
                    everything=everything, progress=progress
                )
                for each in self._models(origin, position, plan=plan)
            ]
            outcome = _Run(self, origin, model, position, plan=plan).go(
                everything=everything, progress=progress
            )
            for other in others:
                outcome.add(other)
            return outcome

    def _models(self, origin: Origin, position: int, *, plan: bool) -> Iterator[AnyModel]:
        """The model of each other shape that there are records of, made where there is none."""
        if self._shapes is None:
            return
        for shape in self._shapes.known():
            model = self._shapes.fitting(shape)
            if model is None:
                begun = self._shapes.starting(shape)
                index = _Run(self, origin, begun, position)._filled()
                model = self._shapes.made(index, position, None if plan else origin)
                self._projector.catch_up()
            yield model

    def preview(
        self, origin: Origin, model: AnyModel, judgements: Sequence[Judgement]
    ) -> list[Previewed]:
        """The children that the records of judgements, by ordinal, would be of; nothing changes."""
        with self._log.lock("link", wait=PREVIEW):
            position = self._projector.catch_up()
            run = _Run(self, origin, model, position, plan=True)
            return run.suppose(judgements)

    def crowd(self, origin: Origin, model: AnyModel, lead: UUID) -> list[Pair]:
        """The possible links between children in the neighbourhood that a record leads."""
        with self._log.lock("link", wait=PREVIEW):
            position = self._projector.catch_up()
            return _Run(self, origin, model, position, plan=True).between_children(lead)

    @overload
    def index(self, origin: Origin, model: Model) -> Index: ...

    @overload
    def index(self, origin: Origin, model: DeclaredModel) -> DeclaredIndex: ...

    def index(self, origin: Origin, model: AnyModel) -> AnyIndex:
        """The index of the model's current records, brought up to date: what training looks at."""
        with self._log.lock("link"):
            position = self._projector.catch_up()
            return _Run(self, origin, model, position)._index()

    def indexes(self, origin: Origin, model: AnyModel) -> list[AnyIndex]:
        """The index of children under a model, then that of each other shape under its own."""
        with self._log.lock("link"):
            position = self._projector.catch_up()
            models = [model, *self._models(origin, position, plan=True)]
            return [_Run(self, origin, each, position)._index() for each in models]


class _Run:
    """One run, step by step."""

    def __init__(
        self,
        linking: Linking,
        origin: Origin,
        model: AnyModel,
        position: int,
        *,
        plan: bool = False,
    ) -> None:
        """``position``: how far the read models go; a load may append more meanwhile."""
        self._plan = plan
        self._progress: Progress | None = None
        self._log, self._queries, self._kept = linking._log, linking._queries, linking._kept
        self._projector = linking._projector
        self._register = linking._chance.register
        self._origin, self._model, self._size = origin, model, linking._commit
        self._matching: Matching = matching_of(model)
        shape = self._matching.shape
        self._master = linking._master
        self._stream = linking._master.hashes.stream_id("linking", *([shape] if shape else []))
        registry = Sources(linking._log, linking._master).registry()
        self._filling = Filling(registry, self._matching)
        self._laid = judged.Laid(linking._log)
        self._vanished = Vanished()
        self._grown: set[int] = set()
        """Records that came to stand on a side of a never-link, not resolved again yet."""
        self._near: Withholding | None = None
        self._through = 0
        self._unsaid = 0
        """Events that no figure counts: what people laid upon children tells of them."""
        self._version = self._own_version()
        self._position = position
        self.outcome = LinkOutcome(model.version, through=self._position)

    def go(self, *, everything: bool, progress: Progress | None = None) -> LinkOutcome:
        self._progress = progress
        self._laid.read()
        through, linked_under = self._last()
        self._through = through
        first = linked_under != self._model.version
        whole = everything or first
        # Every record there is was changed once: their heads say which, and no event need be read.
        changed = set(self._log.heads.links()) if whole else self._changed_since(through)
        changed = self._filling.own(changed, self._queries)
        if not changed:
            return self.outcome
        self._tell("compare", len(changed))
        index = self._index_with_vanished()
        self._watch(index)
        before = self._log.position()
        pairs, ordinals = self._reach(index, changed, whole=whole)
        self.outcome.overflowed = pairs.beyond
        self._settle(pairs, ordinals)
        self._settle_grown()
        if not self._plan and (self._log.position() > before or first or not everything):
            self._complete()
        self.outcome.events = self._log.position() - before - self._unsaid
        return self.outcome

    def suppose(self, judgements: Sequence[Judgement]) -> list[Previewed]:
        """What would follow for these records if so it were judged."""
        self._laid.read()
        self._laid.suppose(judgements)
        asked = {ordinal for one in judgements for ordinal in one[:2]}
        pairs, ordinals = self._reach(self._index_with_vanished(), asked, whole=False)
        linked = self._linked(ordinals)
        found = list(decided(pairs, self._model))
        batch = group(ordinals, found, self._edges(ordinals, linked))
        commit = self._resolved(batch, linked)
        return [one for one in commit.children(self._log.heads) if one.is_about(asked)]

    def between_children(self, lead: UUID) -> list[Pair]:
        """The pairs of a record's neighbourhood that are not of one child, but may be."""
        self._laid.read()
        first = self._log.heads.records([lead])[lead].state.ordinal
        pairs, ordinals = self._reach(self._index(), {first}, whole=False)
        linked = self._linked(ordinals)
        found = list(decided(pairs, self._model))
        batch = group(ordinals, found, self._edges(ordinals, linked))
        mine = next((one for one in batch if first in one.ordinals), None)
        return [
            pair
            for pair in (mine.pairs if mine else ())
            if pair.connects and linked.get(pair.left, pair.left) != linked.get(pair.right)
        ]

    def _last(self) -> tuple[int, str]:
        """How far the log was linked, and under which model; none under none."""
        runs = self._queries.runs()
        through = int(runs[0]["through"]) if runs else 0
        if not self._matching.shape:
            return through, str(runs[0]["model"]) if runs else ""
        events = (message.event for message in self._log.stream(self._stream))
        mine = [event for event in events if isinstance(event, ShapeLinked)]
        if not mine:
            return 0, ""
        # What children were linked through, this shape was: it goes first.
        return max(through, mine[-1].through), mine[-1].model

    def _changed_since(self, position: int) -> set[int]:
        """Ordinals of records of which anything was recorded after a position."""
        records: set[UUID] = set()
        ordinals: set[int] = set()
        after = position
        while rows := self._log.read(after, PAGE, self._position, WATCHED):
            for recorded in self._log.decode(rows, opened=False):
                if isinstance(recorded.event, ChunkAppended):
                    ordinals.update(BitMap.deserialize(recorded.event.seen))
                elif isinstance(recorded.event, judged.CHANGES):
                    records.update(self._spoken_of(recorded))
                elif isinstance(recorded.event, RecordsReleased):
                    records.update(recorded.event.records)
                else:
                    records.add(recorded.originator_id)
            after = rows[-1].position
        heads = self._log.heads.records(records)
        ordinals.update(head.state.ordinal for head in heads.values() if head.state.ordinal)
        return ordinals

    def _spoken_of(self, recorded: Recorded) -> Collection[UUID]:
        """The records of a judgement or never-link; of one lifted, all that stood on its sides."""
        if not isinstance(recorded.event, NeverLinkLifted):
            return judged.spoken_of(recorded.event)
        known = self._log.replay(recorded.originator_id, NeverLink(), evolve_never_link)
        return known.left | known.right

    def _filled(self) -> AnyIndex:
        """An index of all records as they are now, that is not kept."""
        index = self._matching.index()
        self._filling.fill(index, self._queries)
        return index

    def _index(self) -> AnyIndex:
        """The kept index, brought up to where the log stands."""
        index, position = self._kept.load(self._matching)
        if position == 0:
            self._filling.fill(index, self._queries)
        elif position < self._position:
            stale = self._changed_since(position)
            known = self._queries.records_by_ordinal(stale)
            self._filling.put(index, known.values())
            index.remove(stale - known.keys())
        if position < self._position:
            self._kept.save(index, self._matching, self._position)
        return index

    def _index_with_vanished(self) -> AnyIndex:
        """The index, and what stands in for identities without current records, in this run."""
        index = self._index()
        self._vanished = Vanished.of(self._laid.identities(), self._filling, self._queries)
        self._vanished.put(index, self._filling)
        return index

    def _reach(self, index: AnyIndex, changed: set[int], *, whole: bool) -> tuple[Pairs, set[int]]:
        """Pairs to resolve and the records they concern; children are always seen whole."""
        floor = floor_of(self._model)
        if whole:
            return index.pairs_within(floor), changed
        return reach(index, changed, floor, self._beside)

    def _beside(self, ordinals: set[int]) -> set[int]:
        """Current records that share a child with these now, and those judged with them."""
        links = self._log.heads.links(ordinals)
        children = {child for child in links.values() if child is not None}
        return self._queries.ordinals_of(children) | self._laid.beside(ordinals)

    def _settle(self, pairs: Pairs, ordinals: set[int]) -> None:
        """Resolve every neighbourhood and append what follows, some thousands in a commit."""
        linked = self._linked(ordinals)
        found = list(decided(pairs, self._model))
        self.outcome.pairs = len(found)
        for batch in _batches(group(ordinals, found, self._edges(ordinals, linked)), self._size):
            wanted = {ordinal for one in batch for ordinal in one.ordinals}
            self._commit(batch, {o: linked[o] for o in wanted if o in linked}, wanted)
            self.outcome.records += len(wanted)
            self._tell("settle", self.outcome.records)

    def _settle_grown(self) -> None:
        """Where a side of a never-link grew, resolve again: the grown side may part others."""
        while grown := self._grown:
            self._grown = set()
            batch, linked = self._again(grown)
            self._commit(batch, linked, {o for one in batch for o in one.ordinals})

    def _linked(self, ordinals: set[int]) -> dict[int, UUID]:
        """The child of each of these records that has one now."""
        links = self._log.heads.links(ordinals)
        return {ordinal: child for ordinal, child in links.items() if child is not None}

    def _commit(
        self, batch: Sequence[Neighbourhood], linked: dict[int, UUID], wanted: set[int]
    ) -> None:
        """Settle neighbourhoods; where another moved what was read, resolve them again.

        So too where a number that was drawn is another child's: among a million children some five
        numbers of eleven random digits are drawn twice.
        """
        if self._linked(wanted) != linked:
            batch, linked = self._again(wanted)
        for left in reversed(range(TRIES)):
            commit = self._resolved(batch, linked)
            try:
                self._append(commit, self._refer(commit))
            except (StaleError, TakenError):
                if not left:
                    raise
                batch, linked = self._again(wanted)
            else:
                return

    def _again(self, ordinals: set[int]) -> tuple[list[Neighbourhood], dict[int, UUID]]:
        """The neighbourhoods of these records, and their children, as all of it is now."""
        self._laid.read()
        self._position = self._projector.catch_up()
        self._version = self._own_version()
        index = self._index_with_vanished()
        self._watch(index)
        pairs, met = reach(index, ordinals, floor_of(self._model), self._beside)
        linked = self._linked(met)
        found = list(decided(pairs, self._model))
        return group(met, found, self._edges(met, linked)), linked

    def _edges(self, ordinals: set[int], linked: dict[int, UUID]) -> list[judged.Edge]:
        """What joins records beside their pairs: a child, and what people laid upon them."""
        return [*_beside(linked), *self._laid.edges(ordinals)]

    def _resolved(self, batch: Sequence[Neighbourhood], linked: dict[int, UUID]) -> "_Commit":
        """What follows for these neighbourhoods from what is known of them."""
        known = self._queries.memberships({o for one in batch for o in one.ordinals})
        records = {ordinal: one.record for ordinal, one in known.items()}
        shields = Spreading(self._log, self._origin, records, self._near)
        commit = _Commit(linked, shields)
        merged: dict[UUID, set[UUID]] = {}
        for child, into in self._queries.merged_into(set(commit.linked.values())).items():
            merged.setdefault(into, set()).add(child)
        commit.gone = self._vanished.among(known.keys())
        for one in batch:
            members = [
                self._member(record, commit.gone)
                for ordinal in one.ordinals
                if (record := known.get(ordinal)) is not None
                if record.standing == "current" or ordinal in commit.gone
            ]
            resolution = self._placed(one, members, known, commit)
            children = {commit.linked[o] for o in one.ordinals if o in commit.linked}
            children.update(*(merged.get(child, ()) for child in tuple(children)))
            known_children = [self._known_child(child) for child in children]
            commit.read.update({each.id: each.child.version for each in known_children})
            self._settle_one(one, resolution, known, known_children, commit)
        return commit

    def _placed(
        self,
        one: Neighbourhood,
        members: list[Member],
        known: dict[int, Membership],
        commit: "_Commit",
    ) -> Resolution:
        """The children of a neighbourhood, without what is withheld: as if it had never come."""
        ids = {member.ordinal: known[member.ordinal].record for member in members}
        gone = commit.gone & ids.keys()
        pairs = [pair for pair in one.pairs if not {pair.left, pair.right} <= gone]
        while True:
            judged = self._laid.among(one.ordinals, [member.ordinal for member in members])
            resolution = resolve(
                members,
                pairs,
                [*judged, *self._vanished.held(gone)],
                reading=self._matching.reading,
                sure=sure_of(self._model),
            )
            resolution = _without(gone, resolution, members)
            apart = commit.shields.set_apart(resolution.children, ids, commit.linked)
            if not apart:
                return resolution
            members = [member for member in members if member.ordinal not in apart]

    def _member(self, record: Membership, gone: Collection[int]) -> Member:
        """A record as resolving sees it; one that stands in keeps no other of its source away."""
        member = self._filling.member(record)
        return member._replace(exclusive="") if record.ordinal in gone else member

    def _watch(self, index: AnyIndex) -> None:
        """Look out for what comes near to shielded children; tables of other shapes have none."""
        if isinstance(index, Index):
            self._near = Withholding(self._log, index, self._through, self._position)

    def _tell(self, stage: str, records: int) -> None:
        if self._progress is not None:
            self._progress(stage, records)

    def _settle_one(
        self,
        one: Neighbourhood,
        resolution: Resolution,
        known: dict[int, Membership],
        known_children: Sequence[KnownChild],
        commit: "_Commit",
    ) -> None:
        ids = {o: known[o].record for o in sorted(one.ordinals) if o in known}
        groups = [frozenset(ids[o] for o in child) for child in resolution.children]
        settled = settle(
            groups,
            known_children,
            evidence={ids[o]: _evidence(ids, o, resolution) for o in resolution.evidence},
            ordinals={record: ordinal for ordinal, record in ids.items()},
            model=self._model.version,
            register=self._register,
            gone={ids[o] for o in commit.gone & ids.keys()},
            given_up={ids[o] for o in self._laid.given_up(ids)},
            left="withdrawn" if len(one.ordinals) == 1 else "moved",
        )
        for each in settled:
            commit.add(each)
        commit.note_crowd(ids, resolution)
        was = {ids[o]: commit.linked[o] for o in ids if o in commit.linked}
        commit.shields.follow(groups, was)
        commit.groups += [(group, ids) for group in resolution.children]
        stated = {o: record for o, record in ids.items() if o not in commit.gone}
        commit.referred.extend(
            ReferredPair(
                ids[pair.left], ids[pair.right], pair.pattern, pair.weight, probability(pair.weight)
            )
            for pair in (*resolution.referred, *self._doubted(one, stated))
        )
        commit.refer_withheld(ids)
        commit.records.update(ids.values())

    def _doubted(self, one: Neighbourhood, ids: dict[int, UUID]) -> Iterator[Pair]:
        """The judged pairs of a neighbourhood that what was stated since speaks against."""
        contradicts = self._matching.reading.contradicts
        pairs = [
            both for both in self._laid.judged(one.pairs) if speaks_against(*both, contradicts)
        ]
        return doubted(pairs, ids, self._log, self._master)

    def _known_child(self, child: UUID) -> KnownChild:
        messages = self._log.stream(child)
        state = Child()
        past: list[tuple[int, Child]] = []
        for number, message in enumerate(messages, start=1):
            state = evolve_child(state, message.event)  # type: ignore[arg-type]
            # Between two events of one run it is what it never was to anybody.
            if number == len(messages) or messages[number].origin != message.origin:
                past.append((message.origin.recorded, state))
        return KnownChild(child, state, (messages[0].origin.recorded, state.number), past)

    def _refer(self, commit: "_Commit") -> PairsReferred | None:
        """Pairs that newly await a steward, and pairs that no longer do."""
        open_now = self._queries.open_pairs_of(commit.records)
        wanted = {_sorted(pair.left, pair.right): pair for pair in commit.referred}
        known_open = {_sorted(*pair) for pair in open_now}
        fresh = tuple(pair for key, pair in sorted(wanted.items()) if key not in known_open)
        settled = tuple(
            sorted(
                pair
                for pair in open_now
                # A pair of a withheld record waits for somebody with clearance, whatever is linked.
                if _sorted(*pair) not in wanted and not any(map(commit.shields.withholds, pair))
            )
        )
        if not fresh and not settled:
            return None
        return PairsReferred(self._model.version, fresh, settled)

    def _crowds(self, commit: "_Commit") -> CrowdsChanged | None:
        """Neighbourhoods that newly call a steward for their size, and those that no longer do."""
        known = self._queries.crowds_of(commit.records)
        fresh = tuple(crowd for crowd in commit.crowds if crowd.lead not in known)
        thinned = tuple(sorted(known - {crowd.lead for crowd in commit.crowds}))
        return CrowdsChanged(fresh, thinned) if fresh or thinned else None

    def _append(self, commit: "_Commit", referred: PairsReferred | None) -> None:
        """Raises StaleError, with nothing written, where a child that was read has moved on."""
        messages = [
            Recorded(each.id, each.version + number, self._origin, self._origin.recorded, event)
            for each in commit.settled
            for number, event in enumerate(each.events, start=1)
        ]
        own = [event for event in (referred, self._crowds(commit)) if event is not None]
        messages += [self._own(event, place) for place, event in enumerate(own, start=1)]
        messages += commit.shields.acts.messages
        grown = self._laid.grown(commit.groups)
        growth, sides = self._laid.growth(grown, self._origin)
        messages += growth
        if messages and not self._plan:
            heads = HeadChanges(
                children=commit.heads,
                links=commit.links,
                sides=sides,
                shields=list(commit.shields.acts.heads()),
                unmoved={ACT: self._laid.position, "shield": commit.shields.position},
            )
            self._laid.has_grown(grown, self._write(messages, commit, heads))
            self._grown.update(stands.ordinal for new in grown.values() for stands in new)
            self._unsaid += sum(bool(message.event.moves) for message in messages)
            self._version += len(own)
            self.outcome.links += sum(1 for child in commit.links.values() if child is not None)
        self.outcome.count(commit.settled)
        self._count_hidden(commit, referred)

    def _count_hidden(self, commit: "_Commit", referred: PairsReferred | None) -> None:
        """A withheld record counts as the child it would be, so that no figure tells of it."""
        new = [one for one in commit.shields.withheld if not one.group & commit.linked.keys()]
        self.outcome.children["registered"] += len(new)
        self.outcome.children["closed"] -= len(commit.shields.withheld) - len(new)
        if not self._plan:
            joined = commit.shields.joined
            self.outcome.links += joined + sum(len(one.group) for one in new)
            self._unsaid -= joined + len(new)
        if referred is not None:
            hidden = commit.shields.hidden()
            pairs = [{pair.left, pair.right} for pair in referred.referred]
            seen = sum(1 for pair in pairs if not pair & hidden)
            settled = [pair for pair in referred.settled if not {*pair} & hidden]
            self.outcome.referred += seen
            self._unsaid += not self._plan and not seen and not settled

    def _write(self, messages: Sequence[Recorded], commit: "_Commit", heads: HeadChanges) -> int:
        """Append; the position of the last event."""
        # Another run that ended, or referred a pair, moved our own stream.
        expect = commit.read | {self._stream: self._version}
        expect.update((each.id, each.version) for each in commit.settled)
        failpoint("link.before-append")
        positions = self._log.append(messages, heads=heads, expect=expect)
        failpoint("link.after-append")
        return positions[-1]

    def _complete(self) -> None:
        outcome = self.outcome
        figures: dict[str, Any] = {
            "model": outcome.model,
            "through": outcome.through,
            "records": outcome.records,
            "pairs": outcome.pairs,
            "links": outcome.links,
            "referred": outcome.referred,
            "overflowed": outcome.overflowed,
        }
        shape = self._matching.shape
        completed = ShapeLinked(shape, **figures) if shape else LinkingCompleted(**figures)
        failpoint("link.before-complete")
        for left in reversed(range(TRIES)):
            try:
                self._log.append([self._own(completed)])
            except StaleError:
                if not left:
                    raise
                # What another run wrote of itself takes nothing from what this one did.
                self._version = self._own_version()
            else:
                return

    def _own_version(self) -> int:
        return self._log.versions([self._stream]).get(self._stream, 0)

    def _own(self, event: Event, place: int = 1) -> Recorded:
        """An event of our own stream, which goes on from where it stood when it was read."""
        version = self._version + place
        return Recorded(self._stream, version, self._origin, self._origin.recorded, event)


class _Commit:
    """What one commit of linking will write."""

    def __init__(self, linked: dict[int, UUID], shields: Spreading) -> None:
        self.linked = linked
        """The child of each record that has one now, by ordinal."""
        self.shields = shields
        self.read: dict[UUID, int] = {}
        """The version at which each child was read, whether anything follows for it or not."""
        self.settled: list[Settled] = []
        self.heads: list[ChildHead] = []
        self.links: dict[UUID, UUID | None] = {}
        self.referred: list[ReferredPair] = []
        self.records: set[UUID] = set()
        self.crowds: list[Crowd] = []
        self.groups: list[tuple[frozenset[int], dict[int, UUID]]] = []
        """The records of each child by ordinal, and the ids of those of its neighbourhood."""
        self.gone: set[int] = set()
        """Records among them that stand in for an identity without current ones."""

    def refer_withheld(self, ids: dict[int, UUID]) -> None:
        """The pairs for which records of this neighbourhood are withheld: somebody decides."""
        for one in self.shields.withheld:
            pair = one.pair
            if pair.asked in ids:
                sides = ids[pair.asked], self.shields.id_of(pair.other)
                chance = probability(pair.weight)
                self.referred.append(ReferredPair(*sides, pair.pattern, pair.weight, chance))

    def children(self, heads: Heads) -> Iterator[Previewed]:
        """The children as they are when it is written."""
        before = {child: head.number for child, head in heads.children(self._ids()).items()}
        for child, ids in self.groups:
            records = {ordinal: ids[ordinal] for ordinal in sorted(child - self.gone)}
            now = {self.links.get(id_, self.linked.get(o)) for o, id_ in records.items()}
            yield Previewed(before.get(now.pop() or UUID(int=0), ""), records)

    def _ids(self) -> set[UUID]:
        given = {child for child in self.links.values() if child is not None}
        return given | set(self.linked.values())

    def note_crowd(self, ids: dict[int, UUID], resolution: Resolution) -> None:
        """A neighbourhood that is too large calls a steward, by the record received first."""
        if resolution.crowded:
            self.crowds.append(Crowd(ids[min(ids)], len(ids)))

    def add(self, settled: Settled) -> None:
        """Events of one child follow; its head and its records' links with them."""
        child = settled.before
        for event in settled.events:
            child = evolve_child(child, event)
        number = child.number
        for event in settled.events:
            if isinstance(event, ChildRegistered):
                number = event.number
        self.settled.append(settled)
        self.heads.append(
            ChildHead(settled.id, number, child.version, child.into, child.status == "closed")
        )
        for record in settled.before.records - child.records:
            # A withdrawn record keeps its child: when it returns, it finds its number again.
            if child.status not in ("closed", "retired"):
                self.links.setdefault(record, None)
        joined = child.records - settled.before.records
        self.links.update(dict.fromkeys(joined, settled.id))


def _without(gone: set[int], resolution: Resolution, members: Sequence[Member]) -> Resolution:
    """What follows for current records; a child that only those that are gone make is none."""
    if not gone:
        return resolution
    makes = {member.ordinal for member in members if member.makes_child} - gone
    children = tuple(child for child in resolution.children if child & makes)
    referred = tuple(p for p in resolution.referred if not {p.left, p.right} & gone)
    return replace(resolution, children=children, referred=referred)


def _beside(linked: dict[int, UUID]) -> list[tuple[int, int]]:
    """Edges that join the records of each child."""
    by_child: dict[UUID, list[int]] = {}
    for ordinal, child in linked.items():
        by_child.setdefault(child, []).append(ordinal)
    return [(some[0], other) for some in by_child.values() for other in some[1:]]


def _evidence(ids: dict[int, UUID], ordinal: int, resolution: Resolution) -> Evidence:
    pair = resolution.evidence[ordinal]
    if pair is None:
        return Evidence(ids[ordinal])
    partner = pair.right if pair.left == ordinal else pair.left
    return Evidence(ids[ordinal], ids[partner], pair.pattern, pair.weight)


def _sorted(left: UUID, right: UUID) -> tuple[UUID, UUID]:
    return (left, right) if left < right else (right, left)


def _batches(found: Iterable[Neighbourhood], least: int) -> Iterator[list[Neighbourhood]]:
    """Neighbourhoods, at least so many records at a time."""
    batch: list[Neighbourhood] = []
    size = 0
    for one in found:
        batch.append(one)
        size += len(one.ordinals)
        if size >= least:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
