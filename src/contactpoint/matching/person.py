"""The use case: which children of the index a described person may be, the likeliest first."""

import copy
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np

from contactpoint.matching.beside import Pair
from contactpoint.matching.described import Described
from contactpoint.matching.open_index import Near, OpenIndex
from linkage.comparable import Comparable
from linkage.described import FLOOR, Grade, Likeness, graded, is_spread, likeness, with_number
from linkage.model import total
from projections.candidates import OpenRecord
from projections.projection import Target
from projections.queries import MOST_FOUND, Found, Queries
from projections.view import ChildView


class Matched(msgspec.Struct, frozen=True):
    """A child that the person may be."""

    found: Found
    probability: float
    """That it is the person, rivals counted."""
    grade: Grade


class Matches(msgspec.Struct, frozen=True):
    """What a description brought; ``more`` says that it brought too many, and none are given."""

    matched: tuple[Matched, ...] = ()
    more: bool = False

    @property
    def children(self) -> list[UUID]:
        """Who is shown."""
        return [one.found.child for one in self.matched]

    def among(self, told: Iterable[Found]) -> "Matches":
        """Those of them who are told; how likely each is, stays."""
        children = {one.child for one in told}
        kept = tuple(one for one in self.matched if one.found.child in children)
        return msgspec.structs.replace(self, matched=kept)


class _Candidate(NamedTuple):
    child: bytes
    likeness: Likeness
    records: tuple[OpenRecord, ...]
    """By which the answer is checked; none of a shielded child, whose visible facts alone count."""


class PersonMatching:
    """Matches one person at a time; threads wait for each other."""

    def __init__(self, queries: Queries, index: OpenIndex) -> None:
        self._queries, self._index = queries, index
        self._lock = Lock()

    def asked_by(self, queries: Queries) -> "PersonMatching":
        """The same for another who asks, with what they may read; index and turn are shared."""
        made = copy.copy(self)
        made._queries = queries
        return made

    def match(
        self, person: Described, *, limit: int = MOST_FOUND, only_certain: bool = False
    ) -> Matches:
        """The children that the person is or may be, at most ``limit``, the likeliest first.

        More than ``MOST_FOUND`` are too many, and none is given. Raises TooLittleError where what
        is known is true of too many, and BehindError as every answer may.
        """
        record = person.comparable(self._index.model.population)

        def read(target: Target) -> tuple[Matches, list[UUID]]:
            with self._lock:
                self._index.follow(target)
                candidates = self._candidates(person, record, target)
            records = [UUID(bytes=r.record) for one in candidates for r in one.records]
            answer = self._answer(candidates, limit, target, only_certain=only_certain)
            return answer, records

        answer, _ = self._queries.guard.answer(
            self._queries.engine, read, lambda it: [*it[1], *_open_records(it[0])]
        )
        return answer

    def _candidates(
        self, person: Described, record: Comparable, target: Target
    ) -> list[_Candidate]:
        """All children who weigh enough, and the one whose number was given."""
        index = self._index
        numbered = self._queries.survivor(person.number, target) if person.number else None
        named = [numbered] if numbered is not None else []
        found = index.near(record, FLOOR, named, target)
        if not person.asks_hidden:
            shielded = {*index.shielded.near(record, FLOOR), *named}
            found += [Near(c, (), index.shielded.compared(record, c)) for c in sorted(shielded)]
        return [
            _Candidate(
                one.child, self._likeness(one.pairs, is_numbered=one.child == numbered), one.records
            )
            for one in sorted(found)
            if one.pairs
        ]

    def _likeness(self, pairs: Sequence[Pair], *, is_numbered: bool) -> Likeness:
        if not is_numbered:
            return likeness(pairs)
        codes = np.array([with_number(code) for _, code in pairs], np.uint64)
        weights = total(codes, self._index.model)
        return likeness(zip(weights.tolist(), codes.tolist(), strict=True))

    def _answer(
        self,
        candidates: Sequence[_Candidate],
        limit: int,
        target: Target,
        *,
        only_certain: bool,
    ) -> Matches:
        sure = graded([one.likeness for one in candidates], self._index.model)
        wanted = {Grade.CERTAIN} if only_certain else {*Grade} - {Grade.NOT}
        found = {
            one.child: each
            for one, each in zip(candidates, sure, strict=True)
            if each.grade in wanted
        }
        if len(found) > MOST_FOUND or (is_spread(sure) and not only_certain):
            return Matches(more=True)
        shown = self._queries.shown(list(found), target) if found else []
        matched = [Matched(one, *found[one.child.bytes]) for one in shown]
        matched.sort(key=lambda one: (-one.probability, one.found.view.number))
        return Matches(tuple(matched[:limit]))


def _open_records(answer: Matches) -> list[UUID]:
    """The records of which an answer shows more than a shield leaves."""
    found = (one.found for one in answer.matched)
    return [r for one in found if isinstance(one.view, ChildView) for r in one.records]
