"""Neighbourhoods become children, and pairs left to people: what follows goes into a commit."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from functools import partial
from uuid import UUID

from contactpoint.intake.merging import is_told
from contactpoint.linking.commit import Commit
from contactpoint.linking.doubted import doubted, speaks_against
from contactpoint.linking.judged import Growth
from contactpoint.linking.lives import Lives
from contactpoint.linking.neighbourhoods import Neighbourhood, sure_of
from contactpoint.linking.shielding import Spreading
from contactpoint.linking.surroundings import Surroundings
from contactpoint.settling import KnownChild, settle
from events.child import Child, Evidence, RecordsUnlinked, evolve
from events.message import Origin
from linkage.decide import shares_a_number_alone
from linkage.resolve import Member, Pair, Resolution, resolve
from projections.workings import Membership


class Resolving:
    """Resolves neighbourhoods as their surroundings are when it is asked."""

    def __init__(self, surroundings: Surroundings, origin: Origin) -> None:
        """``origin`` is that of the run."""
        self._surroundings, self._origin = surroundings, origin
        self._log, self._workings = surroundings.parts.log, surroundings.parts.workings
        self._matching = surroundings.matching

    def settled(
        self, batch: Sequence[Neighbourhood], linked: dict[int, UUID]
    ) -> tuple[Commit, Growth]:
        """What follows, with the sides that grow by it: a grown side may part what let it grow.

        What nobody would be linked to in the end, nobody is linked to in between: a shield spreads
        with each link, and stays. A side keeps who came to stand on it, though they are parted: no
        round takes back what the one before it said, and so they end.
        """
        laid, grown = self._surroundings.laid, Growth()
        while True:
            commit = self.commit(batch, linked)
            new = laid.grown(commit.groups)
            if not new:
                return commit, grown
            laid.let_grow(new)
            for never_link, stands in new.items():
                grown.setdefault(never_link, []).extend(stands)

    def commit(self, batch: Sequence[Neighbourhood], linked: dict[int, UUID]) -> Commit:
        """What follows for these neighbourhoods; ``linked`` are the children that they have now."""
        known = self._workings.memberships({o for one in batch for o in one.ordinals})
        records = {ordinal: one.record for ordinal, one in known.items()}
        told = partial(is_told, log=self._log, master=self._surroundings.parts.master)
        shields = Spreading(self._log, self._origin, records, linked, told, self._surroundings.near)
        commit = Commit(linked, shields, self._surroundings.vanished.among(known.keys()))
        merged: dict[UUID, set[UUID]] = {}
        for child, into in self._workings.merged_into(set(linked.values())).items():
            merged.setdefault(into, set()).add(child)
        for one in batch:
            children = {linked[o] for o in one.ordinals if o in linked}
            children.update(*(merged.get(child, ()) for child in tuple(children)))
            ids = {o: records[o] for o in sorted(one.ordinals) if o in records}
            known_children = [self._known_child(child) for child in children]
            known_children += self._emptied(ids, children)
            commit.read.update({each.id: each.child.version for each in known_children})
            resolution, bare = self._placed(
                one, self._bare(one, records, shields), known, known_children, commit
            )
            seen = replace(one, pairs=tuple(p for p in one.pairs if p not in bare)) if bare else one
            stated = frozenset(ids[o] for o in ids if known[o].standing == "current")
            self._settle(resolution, ids, known_children, stated, commit)
            self._refer(seen, resolution, ids, commit)
            self._refer_bare(bare, resolution, ids, commit)
        return commit

    def _bare(
        self, one: Neighbourhood, records: Mapping[int, UUID], shields: Spreading
    ) -> frozenset[Pair]:
        """Pairs of a shielded child's record and another that share a number and nothing else.

        They say nothing of the other's child: else whoever states a guessed number of a shielded
        child for somebody known would learn by the figures of a load that it was right.
        """
        if self._matching.shape:
            return frozenset()
        return frozenset(
            pair
            for pair in one.pairs
            if shares_a_number_alone(pair.pattern)
            and len({shields.stand_over(records[o]) for o in pair[:2] if o in records}) > 1
        )

    def _refer_bare(
        self,
        bare: Set[Pair],
        resolution: Resolution,
        ids: dict[int, UUID],
        commit: Commit,
    ) -> None:
        """A person who is cleared decides on whom such a number belongs to.

        Also where one of the two makes no child of its own; not of what is withheld, or gone.
        """
        judged = {pair for _, pair in self._surroundings.laid.judged(bare)}
        hidden = commit.gone.union(*(one.group for one in commit.shields.withheld))
        child = _places(resolution)
        for pair in sorted(bare - judged):
            is_told = not any(o in hidden or commit.shields.withholds(ids[o]) for o in pair[:2])
            left, right = (child.get(o, ids[o]) for o in pair[:2])
            if is_told and left != right:
                commit.refer(ids[pair.left], ids[pair.right], pair.pattern, pair.weight)

    def _placed(
        self,
        one: Neighbourhood,
        bare: frozenset[Pair],
        known: dict[int, Membership],
        children: Sequence[KnownChild],
        commit: Commit,
    ) -> tuple[Resolution, frozenset[Pair]]:
        """The children of a neighbourhood, without what is withheld: as if it had never come.

        With them those of the ``bare`` pairs that said nothing of them. A shield spreads over all
        of a child, and so the next run would hear both sides of a pair within one: it is heard now.
        """
        members = [
            self._member(record, commit.gone)
            for ordinal in one.ordinals
            if (record := known.get(ordinal)) is not None
            if record.standing == "current" or ordinal in commit.gone
        ]
        ids = {member.ordinal: known[member.ordinal].record for member in members}
        gone = commit.gone & ids.keys()
        pairs = [pair for pair in one.pairs if not {pair.left, pair.right} <= gone]
        laid, held = self._surroundings.laid, self._surroundings.vanished.held(gone)

        lives = Lives(ids, children, self._known_child, self._workings, self._log)
        alive = {child.id for child in children if child.child.status == "current"}
        seen = {ordinal for ordinal in ids if commit.linked.get(ordinal) in alive}
        near = self._surroundings.near
        if undone := near.undone_of(ids) if near is not None else []:
            # What a judgement showed of an old identity is of it again when that is undone, and
            # what it brought to one is shown again.
            since = min(undone)
            seen = (seen | lives.seen_no_more(since, seen)) - lives.unseen(since)
        while True:
            judged = laid.among(one.ordinals, [member.ordinal for member in members], seen)
            resolution = resolve(
                members,
                [pair for pair in pairs if pair not in bare] if bare else pairs,
                [*judged, *held],
                reading=self._matching.reading,
                sure=sure_of(self._matching.model),
            )
            resolution = _without(gone, resolution, members)
            if within := _within(bare, resolution):
                bare -= within
                continue
            if apart := commit.shields.set_apart(resolution.children, ids, lives):
                members = [member for member in members if member.ordinal not in apart]
                continue
            # Last, for who is set apart lets others be put together otherwise.
            shown = seen & _hidden_by(resolution, laid.given_up(ids), seen)
            if not shown:
                return resolution, bare
            # Put with an old identity they are shown no more, and so the next run has them.
            seen -= shown

    def _member(self, record: Membership, gone: Collection[int]) -> Member:
        """A record as resolving sees it; one that stands in keeps no other of its source away."""
        member = self._surroundings.filling.member(record)
        return member._replace(exclusive="", stands_in=True) if record.ordinal in gone else member

    def _emptied(self, ids: dict[int, UUID], besides: Collection[UUID]) -> Iterator[KnownChild]:
        """Retired children whose every record went to another: no merger leads to them."""
        if given_up := self._surroundings.laid.given_up(ids):
            retired = self._workings.retired_of(ids[ordinal] for ordinal in given_up)
            known = map(self._known_child, retired.difference(besides))
            yield from (one for one in known if not one.child.records)

    def _known_child(self, child: UUID) -> KnownChild:
        messages = self._log.stream(child)
        state = Child()
        past: list[tuple[int, Child]] = []
        for number, message in enumerate(messages, start=1):
            state = evolve(state, message.event)  # type: ignore[arg-type]
            # Between two events of one run it is what it never was to anybody.
            if number == len(messages) or messages[number].origin != message.origin:
                past.append((message.origin.recorded, state))
        let_go = frozenset[UUID]()
        match messages[-1].event:
            case RecordsUnlinked(records=records, reason="moved"):
                let_go = frozenset(records)
        registered = (messages[0].origin.recorded, state.number)
        return KnownChild(child, state, registered, past, let_go)

    def _settle(
        self,
        resolution: Resolution,
        ids: dict[int, UUID],
        known: Sequence[KnownChild],
        stated: frozenset[UUID],
        commit: Commit,
    ) -> None:
        """The children, and what they owe to shields; ``stated``: records that are current."""
        groups = [frozenset(ids[o] for o in child) for child in resolution.children]
        settled = settle(
            groups,
            known,
            evidence={ids[o]: _evidence(ids, o, resolution) for o in resolution.evidence},
            ordinals={record: ordinal for ordinal, record in ids.items()},
            model=self._matching.model.version,
            register=self._surroundings.parts.chance.register,
            gone={ids[o] for o in commit.gone & ids.keys()},
            given_up={ids[o] for o in self._surroundings.laid.given_up(ids)},
            made_new={ids[o] for o in self._surroundings.laid.made_new(ids)},
            withdrawn=frozenset[UUID]().union(*(each.child.records for each in known)) - stated,
        )
        for each in settled:
            commit.add(each)
        commit.resolved(ids, resolution)
        was = {ids[o]: commit.linked[o] for o in ids if o in commit.linked}
        commit.shields.follow(groups, was)

    def _refer(
        self, one: Neighbourhood, resolution: Resolution, ids: dict[int, UUID], commit: Commit
    ) -> None:
        """The pairs that people decide: left open, doubted, and those that withhold records."""
        stated = {o: record for o, record in ids.items() if o not in commit.gone}
        for pair in (*resolution.referred, *self._doubted(one, stated)):
            commit.refer(ids[pair.left], ids[pair.right], pair.pattern, pair.weight)
        for near in (withheld.pair for withheld in commit.shields.withheld):
            if near is not None and near.asked in ids:
                shielded = commit.shields.id_of(near.other)
                commit.refer(ids[near.asked], shielded, near.pattern, near.weight)

    def _doubted(self, one: Neighbourhood, ids: dict[int, UUID]) -> Iterator[Pair]:
        """The judged pairs of a neighbourhood that what was stated since speaks against."""
        contradicts = self._matching.reading.contradicts
        judged = self._surroundings.laid.judged(one.pairs)
        pairs = [both for both in judged if speaks_against(*both, contradicts)]
        return doubted(pairs, ids, self._log, self._surroundings.parts.master)


def _without(gone: set[int], resolution: Resolution, members: Sequence[Member]) -> Resolution:
    """What follows for current records; a child that only those that are gone make is none."""
    if not gone:
        return resolution
    makes = {member.ordinal for member in members if member.makes_child} - gone
    children = tuple(child for child in resolution.children if child & makes)
    referred = tuple(p for p in resolution.referred if not {p.left, p.right} & gone)
    return replace(resolution, children=children, referred=referred)


def _places(resolution: Resolution) -> dict[int, int]:
    """Which of the children each record is of, by its place among them."""
    return {o: place for place, one in enumerate(resolution.children) for o in one}


def _within(pairs: Set[Pair], resolution: Resolution) -> frozenset[Pair]:
    """Those of the pairs whose records are of one child."""
    child = _places(resolution) if pairs else {}
    return frozenset(p for p in pairs if child.get(p.left, -1) == child.get(p.right, -2))


def _hidden_by(resolution: Resolution, given_up: Set[int], seen: Set[int]) -> set[int]:
    """The records of children that are of an old identity alone, and of which nobody saw some."""
    children = (child for child in resolution.children if child <= given_up)
    return {o for child in children if not child <= seen for o in child}


def _evidence(ids: dict[int, UUID], ordinal: int, resolution: Resolution) -> Evidence:
    pair = resolution.evidence[ordinal]
    if pair is None:
        return Evidence(ids[ordinal])
    partner = pair.right if pair.left == ordinal else pair.left
    return Evidence(ids[ordinal], ids[partner], pair.pattern, pair.weight)
