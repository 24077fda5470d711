"""Why two records are not one child in the index: where on its way a pair was lost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal
from uuid import UUID

import msgspec

from contactpoint.linking.filling import Filling
from linkage import pattern as patterns
from linkage.comparable import Comparable
from linkage.decide import Decision, Levels, contradiction, decide
from linkage.declared import decide as declared
from linkage.declared.blocking import shared_rules
from linkage.declared.cells import record_of
from linkage.declared.model import DeclaredModel
from linkage.meeting import Meeting, agreements, losses, meeting
from linkage.model import Model
from linkage.standardise import standardise
from linkage.weigh import Weight, weigh
from person.particulars import Declared
from projections.workings import IndexedRecord, Workings

Why = Literal[
    "not linked", "one source", "never compared", "block too long", "weighed too low", "ruled out",
    "referred", "kept apart",
]  # fmt: skip
"""In the order of a pair's way from blocks to children."""


class Verdict(msgspec.Struct, frozen=True):
    """Why two records are two children in the index."""

    why: Why
    reason: str


class Weighed(msgspec.Struct, frozen=True):
    """A pair as the matcher sees it now."""

    meeting: Meeting
    weight: Weight
    decision: Decision


def weighed(left: Comparable, right: Comparable, model: Model) -> Weighed:
    """Find out how two records meet, what they weigh and what is decided of them alone."""
    weight = weigh(left, right, model)
    return Weighed(meeting(left, right, model.population), weight, decide(weight, model))


def weighed_by_fields(
    left: Sequence[Declared], right: Sequence[Declared], model: DeclaredModel
) -> Weighed:
    """The same of two records of a table of another shape."""
    one, other = (
        record_of({each.field: each.value for each in stated}, model.shape)
        for stated in (left, right)
    )
    weight = model.weigh(model.pattern(one, other))
    decision = declared.decide_pattern(weight.pattern, weight.total, model)
    return Weighed(Meeting(shared_rules(one, other, model), ()), weight, decision)


def apart_by_fields(pair: Weighed) -> Verdict:
    """Why two records of a table of another shape are two children."""
    if not pair.meeting.rules:
        return Verdict("never compared", "no rule of its model asks what they agree on")
    if pair.decision.outcome == "non_link":
        return Verdict("weighed too low", _dear(pair.weight))
    why: Why = "referred" if pair.decision.outcome == "review" else "kept apart"
    return Verdict(why, pair.decision.reason)


def how_joined(pair: Weighed) -> str:
    """How two records of one child came together."""
    linked = pair.meeting.rules and pair.decision.outcome == "link"
    return "linked by their own weight" if linked else "joined through other records"


@dataclass(slots=True)
class Judge:
    """Finds why pairs are apart; what it looks up of a child it keeps."""

    workings: Workings
    filling: Filling
    model: Model
    referred: Collection[frozenset[UUID]]
    """The pairs of records that await a steward."""
    _children: dict[UUID, list[IndexedRecord]] = field(default_factory=dict)

    def verdict(
        self,
        left: IndexedRecord,
        right: IndexedRecord,
        pair: Weighed,
        *,
        compared: bool = True,
        by_fields: bool = False,
    ) -> Verdict | None:
        """Why two records are apart; None where they are of one child.

        ``compared``: False where it is known that the index did not compare the two, whatever
        keys they share. ``by_fields``: they are of a table of another shape.
        """
        if left.child is not None and left.child == right.child:
            return None
        if waiting := [one for one in (left, right) if self._awaits_linking(one)]:
            named = " and ".join(dict.fromkeys(one.source for one in waiting))
            return Verdict("not linked", f"a record of {named} was not linked yet")
        if self.filling.never_compares(left.source, right.source):
            return Verdict("one source", f"{left.source} holds one record of each child")
        if by_fields:
            return apart_by_fields(pair)
        if not pair.meeting.rules:
            return Verdict("never compared", _unmet(pair))
        return self._compared(left, right, pair, compared=compared)

    def _compared(
        self, left: IndexedRecord, right: IndexedRecord, pair: Weighed, *, compared: bool
    ) -> Verdict:
        decision, weight = pair.decision, pair.weight
        if decision.outcome == "non_link":
            impossible = contradiction(Levels.of(weight.pattern))
            light = weight.probability < self.model.thresholds.review and not impossible
            return Verdict(*(("weighed too low", _dear(weight)) if light
                             else ("ruled out", decision.reason)))  # fmt: skip
        if frozenset((left.record, right.record)) in self.referred:
            if decision.outcome == "review":
                return Verdict("referred", decision.reason)
            return Verdict("referred", "heavy enough to link, but a rival or a bar stands between")
        if not compared:
            return Verdict("block too long", "their blocks hold more records than are compared")
        return Verdict("kept apart", self._bar(left, right))

    def _awaits_linking(self, record: IndexedRecord) -> bool:
        settings = self.filling.source(record.source)
        return record.child is None and not (settings is not None and settings.nameless)

    def _bar(self, left: IndexedRecord, right: IndexedRecord) -> str:
        """What stands between the children of two records."""
        one, other = self._records(left), self._records(right)
        exclusive = [self.filling.exclusive(record.source, record.scope) for record in one]
        for record in other:
            word = self.filling.exclusive(record.source, record.scope)
            if word and word in exclusive:
                return f"{record.source} holds one record of each child, and both have one"
        return _contradicted(one, other, self.model) or (
            "nothing bars them now: linking has not looked at them since, or their neighbourhood "
            "or their block is too large"
        )

    def _records(self, record: IndexedRecord) -> list[IndexedRecord]:
        """The records of a record's child; itself where it has none."""
        if record.child is None:
            return [record]
        if record.child not in self._children:
            ordinals = self.workings.ordinals_of([record.child])
            self._children[record.child] = list(self.workings.records_by_ordinal(ordinals).values())
        return self._children[record.child]


def in_standard_form(record: IndexedRecord) -> Comparable:
    """A record as the matcher compares it."""
    return standardise(record.compared) if record.compared else Comparable()


def _contradicted(
    one: Iterable[IndexedRecord], other: Iterable[IndexedRecord], model: Model
) -> str:
    for left, right in product(map(in_standard_form, one), list(map(in_standard_form, other))):
        reason = contradiction(Levels.of(patterns.compare(left, right, model.population)))
        if reason:
            return f"between records of the two children: {reason}"
    return ""


def _unmet(pair: Weighed) -> str:
    if pair.meeting.left_out:
        return f"too many keys: those of {' and '.join(pair.meeting.left_out)} were left out"
    shared = ", ".join(agreements(pair.weight))
    return f"no blocking rule asks what they agree on: {shared or 'nothing'}"


def _dear(weight: Weight) -> str:
    taken = " and ".join(losses(weight))
    return f"{weight.total:+z.1f} bits" + (f"; {taken} took most" if taken else "")
