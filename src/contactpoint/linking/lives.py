"""Whose the records of a neighbourhood have been, run after run."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from uuid import UUID

from contactpoint.settling import KnownChild
from events.log import Log
from events.record import RecordAmended, RecordReceived
from projections.workings import Workings

Ordinals = frozenset[int]


class Lives:
    """The children that records of one neighbourhood were of."""

    def __init__(
        self,
        ids: Mapping[int, UUID],
        children: Collection[KnownChild],
        known: Callable[[UUID], KnownChild],
        workings: Workings,
        log: Log,
    ) -> None:
        """``children``: those that are known already; ``known`` reads any other."""
        self._ids, self._children, self._known = ids, children, known
        self._workings, self._log = workings, log

    def were_of_one(self, group: Ordinals, before: int) -> bool:
        """Whether any of a group was of a child just before a time, be it with others.

        The rest of a group goes with it, as whatever is linked to a child does.
        """
        records = self._records(group)
        return any(one.at(before - 1).records & records for one in self._of(records))

    def came_with(self, group: Ordinals, since: int) -> bool:
        """Whether all of a group came since to children that had others too, and to no other.

        It was nobody's just before, and nobody has seen it as a child of its own.
        """
        records = self._records(group)
        for one in self._of(records):
            states = [one.at(since - 1), *(state for when, state in one.past if when >= since)]
            held = [self._left(state.records) for state in states]
            if held[0] & records or any(state and state <= records for state in held):
                return False
        return True

    def unseen(self, before: int) -> set[int]:
        """The records that just before a time were of a child which was not shown, by ordinal."""
        then = (one.at(before - 1) for one in self._of(self._ids.values()))
        return self._ordinals(state.records for state in then if state.status != "current")

    def seen_no_more(self, before: int, seen: Collection[int]) -> set[int]:
        """The records that just before a time were of a child which was shown, and are not now.

        By ordinal. The next run hid them: who was hidden later was so for another reason. Not those
        of an identity that was given up since, nor those that a source has stated anew since.
        """
        known = [(one, one.at(before - 1)) for one in self._of(self._ids.values())]
        runs = [when for one, _ in known for when, _ in one.past if when >= before]
        after = [one.at(min(runs)) for one, _ in known] if runs else []
        hidden = self._ordinals(state.records for state in after if state.status == "retired")
        shown = self._ordinals(then.records for _, then in known if then.status == "current")
        given_up = self._ordinals(
            one.claims
            for one, then in known
            if one.child.status == "retired" and then.status != "retired"
        )
        found = (shown & hidden).difference(given_up, seen)
        return {ordinal for ordinal in found if not self._is_stated_since(ordinal, before)}

    def _is_stated_since(self, ordinal: int, when: int) -> bool:
        messages = self._log.stream(self._ids[ordinal], opened=False)
        stated = (one for one in messages if isinstance(one.event, RecordReceived | RecordAmended))
        return any(one.origin.recorded >= when for one in stated)

    def _ordinals(self, groups: Iterable[frozenset[UUID]]) -> set[int]:
        """The ordinals of those of these records that are of the neighbourhood."""
        records = frozenset[UUID]().union(*groups)
        return {ordinal for ordinal, record in self._ids.items() if record in records}

    def _of(self, records: Collection[UUID]) -> Iterator[KnownChild]:
        yield from self._children
        others = self._workings.been(records).difference(one.id for one in self._children)
        yield from map(self._known, others)

    def _records(self, group: Ordinals) -> frozenset[UUID]:
        return frozenset(self._ids[ordinal] for ordinal in group)

    def _left(self, records: Collection[UUID]) -> frozenset[UUID]:
        """Those of the records that a source states today."""
        heads = self._log.heads.records(records).values()
        return frozenset(one.record for one in heads if one.state.standing == "current")
