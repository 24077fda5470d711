"""What records are resolved with: the index, their children, and what was laid upon them."""

from collections.abc import Collection
from functools import partial
from itertools import count
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from contactpoint.linking.changes import changed
from contactpoint.linking.filling import Filling
from contactpoint.linking.judged import Laid
from contactpoint.linking.matching import AnyIndex, Matching
from contactpoint.linking.neighbourhoods import Neighbourhood, decided, floor_of, group, near, reach
from contactpoint.linking.parts import Parts
from contactpoint.linking.vanished import Hidden, Vanished
from contactpoint.linking.withholding import Withholding
from contactpoint.sources import Sources
from events.record import RecordAmended, RecordReceived, Statement
from events.store.heads import RecordHead
from linkage.index import Index
from linkage.near import Coded
from linkage.resolve import Pair
from person.compared import Compared


class Reached(NamedTuple):
    """The neighbourhoods that some records are of, and what is known of them."""

    neighbourhoods: list[Neighbourhood]
    linked: dict[int, UUID]
    """The child of each record that has one."""
    pairs: int
    beyond: int
    """Candidate pairs beyond the bound of their block."""


class Surroundings:
    """What the records of one matching are seen with, as it all stands at ``position``."""

    def __init__(self, parts: Parts, matching: Matching, position: int) -> None:
        """``position``: how far the read models go; a load may append more meanwhile."""
        self.parts, self.matching, self.position = parts, matching, position
        self.filling = Filling(Sources(parts.log, parts.master).registry(), matching)
        self.laid = Laid(parts.log)
        self.vanished = Vanished()
        self.near: Withholding | None = None
        self.done = 0
        """How far all was linked, for who has to know what was near before it changed since."""
        self._twice: dict[int, list[Pair]] = {}
        """By each of its records, the pairs of one source that share a number."""
        self._said: dict[tuple[UUID, int], list[Compared]] = {}
        """All that a record has stated, by the record and how many statements that is."""

    def filled(self) -> AnyIndex:
        """An index of all records as they are now, that is not kept."""
        index = self.matching.index()
        self.filling.fill(index, self.parts.workings)
        return index

    def index(self) -> AnyIndex:
        """The kept index, brought up to where the log stands."""
        kept, workings = self.parts.kept, self.parts.workings
        index, position = kept.load(self.matching)
        left = set[int]()
        if position == 0:
            self.filling.fill(index, workings)
        elif position < self.position:
            stale = changed(self.parts.log, position, self.position)
            left = near(index, stale, floor_of(self.matching.model))
            known = workings.records_by_ordinal(stale)
            self.filling.put(index, known.values())
            index.remove(stale - known.keys())
        if position < self.position:
            kept.save(index, self.matching, self.position, left, self.done)
        return index

    def left(self) -> set[int]:
        """Records that were near to what changed or went since all was linked, before it did.

        Nothing may tell of a rival that is gone: no pair with it need have been open.
        """
        return self.parts.kept.left(self.matching, self.done)

    def look(self, through: int | None = None) -> AnyIndex:
        """The index, and what stands in for identities without current records, for this once.

        ``through``: how far the log was linked before, to look out for what was stated since and
        comes near to shielded children; tables of other shapes have none.
        """
        index = self.index()
        hidden = Hidden.of(self.parts.log)
        identities = [*self.laid.identities(), *hidden.children]
        self.vanished = Vanished.of(identities, self.filling, self.parts.workings)
        self.vanished.put(index, self.filling)
        self._twice = {}
        if isinstance(index, Index):
            for pair in decided(index.twice(), self.matching.model):
                for end in (pair.left, pair.right):
                    self._twice.setdefault(end, []).append(pair._replace(twice=True))
        if through is not None and isinstance(index, Index):
            since = through, self.position
            past = partial(self._past, index, hidden.others)
            self.near = Withholding(self.parts.log, index, *since, past)
        return index

    def _past(
        self, index: Index, withdrawn: Collection[int], shielded: Collection[RecordHead]
    ) -> Coded | None:
        """What shielded children stated once, as the index codes it; nobody else meets it there.

        That is these withdrawn records, and what any record of theirs said before it was amended: a
        source that has not heard of the new name and home states the old ones.
        """
        workings = self.parts.workings
        past = list(workings.records_by_ordinal(set(withdrawn)).values())
        of = {one.ordinal: one.ordinal for one in past}
        amended = {
            head.state.ordinal: head.state.statements
            for head in shielded
            if head.state.statements > 1 and head.state.standing != "erased"
        }
        free = count(self.parts.log.heads.next_ordinal()) if amended else count()
        for ordinal, one in workings.records_by_ordinal(amended.keys()).items():
            key = one.record, amended[ordinal]
            if key not in self._said:
                self._said[key] = self._stated(one.record)
            for said in (each for each in self._said[key] if each != one.compared):
                place = next(free)
                of[place] = ordinal
                past.append(msgspec.structs.replace(one, ordinal=place, compared=said))
        put = self.filling.stand_in(index, past)
        if not put:
            return None
        ordinals, rows = index.coded_of(put)
        index.remove(put)
        return np.array([of[place] for place in ordinals.tolist()], np.int64), rows

    def _stated(self, record: UUID) -> list[Compared]:
        """What a record states, and what it did before."""
        events = (message.event for message in self.parts.log.stream(record))
        stated = [e.statement for e in events if isinstance(e, RecordReceived | RecordAmended)]
        said = (one.particulars for one in stated if isinstance(one, Statement))
        return [msgspec.convert(one, Compared, from_attributes=True) for one in said]

    def reached(self, index: AnyIndex, ordinals: set[int], *, whole: bool = False) -> Reached:
        """The neighbourhoods of these records; where they are the ``whole``, nothing is beyond."""
        model = self.matching.model
        floor = floor_of(model)
        if whole:
            pairs, met = index.pairs_within(floor), ordinals
        else:
            # What a record rivalled before it changed or went is linked without it now.
            left = self.parts.workings.referred_with(ordinals)
            pairs, met = reach(index, ordinals | left, floor, self._beside)
        linked = self.linked(met)
        found = list(decided(pairs, model))
        edges = [*_joined(linked), *self.laid.edges(met)]
        twice = [pair for end in met for pair in self._twice.get(end, ()) if pair.left == end]
        return Reached(group(met, [*found, *twice], edges), linked, len(found), pairs.beyond)

    def between_children(self, lead: UUID) -> list[Pair]:
        """The pairs of a record's neighbourhood that are not of one child, but may be."""
        self.laid.read()
        first = self.parts.log.heads.records([lead])[lead].state.ordinal
        reached = self.reached(self.index(), {first})
        linked = reached.linked
        return [
            pair
            for one in reached.neighbourhoods
            if first in one.ordinals
            for pair in one.pairs
            if pair.connects and linked.get(pair.left, pair.left) != linked.get(pair.right)
        ]

    def linked(self, ordinals: set[int]) -> dict[int, UUID]:
        """The child of each of these records that has one now."""
        links = self.parts.log.heads.links(ordinals)
        return {ordinal: child for ordinal, child in links.items() if child is not None}

    def _beside(self, ordinals: set[int]) -> set[int]:
        """Current records that share a child with these now, or a number; those judged with them.

        A number counts where both are of one source, which holds each child once.
        """
        children = set(self.linked(ordinals).values())
        twice = {end for o in ordinals for pair in self._twice.get(o, ()) for end in pair[:2]}
        return self.parts.workings.ordinals_of(children) | self.laid.beside(ordinals) | twice


def _joined(linked: dict[int, UUID]) -> list[tuple[int, int]]:
    """Edges that join the records of each child, so that it is seen whole."""
    by_child: dict[UUID, list[int]] = {}
    for ordinal, child in linked.items():
        by_child.setdefault(child, []).append(ordinal)
    return [(some[0], other) for some in by_child.values() for other in some[1:]]
