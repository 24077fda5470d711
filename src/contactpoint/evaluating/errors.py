"""Pairs that are wrong: what persons falsely linked are to each other, where a match was lost."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import combinations
from typing import Literal, Self
from uuid import UUID

import msgspec
import numpy as np

from contactpoint.evaluating.held import Held
from contactpoint.evaluating.truth import Known, tells
from contactpoint.explaining import Shaped
from contactpoint.verdicts import (
    Judge,
    Weighed,
    how_joined,
    in_standard_form,
    weighed,
    weighed_by_fields,
)
from linkage.evaluation import Ints
from linkage.index import Pairs
from linkage.meeting import agreements
from linkage.weigh import Weight
from projections.open_records import OpenRecords
from projections.workings import IndexedRecord, Workings

Kind = Literal["twin", "sibling", "stranger"]
Progress = Callable[[str, int], None]
"""Told a stage and how many records or pairs it has come to."""

KINDS: tuple[Kind, ...] = ("twin", "sibling", "stranger")
MOST = 20_000
"""Pairs that are looked into, of false links and of missed ones; of more, as many are drawn."""
BATCH = 2_000
SELECTIVE = 2.0
"""Bits of a fact from which a blocking rule may ask for it: blocks by sex are half the index."""
RULES, REASONS = 5, 10
"""Further rules, and reasons of one kind, that are told."""
WORST, ALIKE = 6, 2
"""Pairs that are shown with their weights; of these, how many of one kind at most."""
COLUMNS = (
    *("source_a", "record_id_a", "source_b", "record_id_b"),
    *("error", "what", "reason", "weight", "decision"),
)
"""Of the table of errors."""


class Side(msgspec.Struct, frozen=True):
    """One record of a wrong pair; shown by the beginning of its keyed id."""

    ordinal: int
    record: UUID
    child: UUID | None
    source: str


class WrongPair(msgspec.Struct, frozen=True):
    """A false link or a missed pair."""

    sides: tuple[Side, Side]
    what: str
    """What the persons falsely linked are to each other; where a missed pair was lost."""
    reason: str
    weighed: Weighed

    @classmethod
    def of(
        cls, left: IndexedRecord, right: IndexedRecord, what: str, reason: str, pair: Weighed
    ) -> Self:
        """A pair of two records."""
        one, other = (Side(r.ordinal, r.record, r.child, r.source) for r in (left, right))
        return cls((one, other), what, reason, pair)

    @property
    def ordinals(self) -> tuple[int, int]:
        """Of its two records."""
        return self.sides[0].ordinal, self.sides[1].ordinal


class FalseLinks(msgspec.Struct, frozen=True):
    """Records of several persons in one child, by what the persons are to each other."""

    kind: Kind
    pairs: int
    """Pairs of records."""
    persons: int
    """Pairs of persons."""
    of: int | None
    """All such pairs of persons there are, where the truth tells families and births."""


class Misses(msgspec.Struct, frozen=True):
    """Missed pairs that were lost at one step of the way."""

    why: str
    pairs: int
    reasons: dict[str, int]
    """How many of them for which reason: rule, bar, or the fields that took most."""


class Lookout:
    """Looks into pairs that are wrong, batch by batch."""

    def __init__(
        self, workings: Workings, judge: Judge, held: Held, shaped: Shaped, tell: Progress
    ) -> None:
        self._workings, self._judge, self._held, self._tell = workings, judge, held, tell
        self._shaped = cache(shaped)

    def missed(self, pairs: Pairs) -> list[WrongPair]:
        """Pairs of one person in two children. ``pairs``: those that the index compared."""
        kept = _Known(pairs)
        review = self._judge.model.thresholds.review
        found = []
        for left, right, pair in self._weighed(self._held.partition.missed(MOST)):
            compared = pair.weight.probability < review or kept.has(left.ordinal, right.ordinal)
            by_fields = self._shaped(left.source) is not None
            verdict = self._judge.verdict(left, right, pair, compared=compared, by_fields=by_fields)
            if verdict is not None:
                found.append(WrongPair.of(left, right, verdict.why, verdict.reason, pair))
        return found

    def false(self, known: Mapping[str, Known]) -> list[WrongPair]:
        """Pairs of two persons in one child."""
        person = self._held.persons_by_ordinal()
        found = []
        for left, right, pair in self._weighed(self._held.partition.false(MOST)):
            what = kind(known, person[left.ordinal], person[right.ordinal], pair.weight)
            found.append(WrongPair.of(left, right, what, how_joined(pair), pair))
        return _nearest(found, person)

    def _weighed(
        self, places: tuple[Ints, Ints]
    ) -> Iterator[tuple[IndexedRecord, IndexedRecord, Weighed]]:
        """The records at these places, pair by pair, as the matcher sees them."""
        left, right = (self._held.ordinals[side].tolist() for side in places)
        for start in range(0, len(left), BATCH):
            some = list(zip(left[start : start + BATCH], right[start : start + BATCH], strict=True))
            records = self._workings.records_by_ordinal({o for pair in some for o in pair})
            formed = {ordinal: in_standard_form(record) for ordinal, record in records.items()}
            for a, b in some:
                # A record may be erased while it is looked into.
                if a in records and b in records:
                    by_fields = self._by_fields(records[a], records[b])
                    pair = by_fields or weighed(formed[a], formed[b], self._judge.model)
                    yield records[a], records[b], pair
            self._tell("look into pairs", start + len(some))

    def _by_fields(self, left: IndexedRecord, right: IndexedRecord) -> Weighed | None:
        """Two records of one other shape, weighed by its model; None of children's."""
        one, other = (self._shaped(record.source) for record in (left, right))
        if one is None or one != other or left.compared is None or right.compared is None:
            return None
        return weighed_by_fields(left.compared.declared, right.compared.declared, one)


class Shown(msgspec.Struct, frozen=True):
    """Wrong pairs that may be seen: none of a child with a restricted record."""

    false: tuple[WrongPair, ...] = ()
    missed: tuple[WrongPair, ...] = ()

    @classmethod
    def of(
        cls, false: Sequence[WrongPair], missed: Sequence[WrongPair], records: OpenRecords
    ) -> Self:
        """Those of the pairs that may be seen as the index is now."""
        sides = {side.record for pair in (*false, *missed) for side in pair.sides}
        visible = records.visible(sides)
        return cls(
            *(tuple(p for p in pairs if {s.record for s in p.sides} <= visible)
              for pairs in (false, missed))
        )  # fmt: skip

    def worst(self) -> Self:
        """The false links of most weight and the missed pairs of least."""
        return type(self)(_worst(reversed(_by_weight(self.false))), _worst(_by_weight(self.missed)))

    @property
    def children(self) -> tuple[UUID, ...]:
        """The children of whom it shows something, for the record of access."""
        sides = [side for pair in (*self.false, *self.missed) for side in pair.sides]
        return tuple(sorted({side.child for side in sides if side.child is not None}))

    def rows(self, records: OpenRecords) -> Iterator[tuple[str, ...]]:
        """The rows of ``COLUMNS``: wrong pairs with the keys of their records."""
        told = [("false link", pair) for pair in self.false] + [("missed", p) for p in self.missed]
        names = records.names_by_ordinal({o for _, pair in told for o in pair.ordinals})
        for error, pair in told:
            if names.keys() >= set(pair.ordinals):
                left, right = sorted(names[ordinal] for ordinal in pair.ordinals)
                weight = f"{pair.weighed.weight.total:.4f}"
                outcome = pair.weighed.decision.outcome
                yield *left, *right, error, pair.what, pair.reason, weight, outcome


def kind(known: Mapping[str, Known], one: str, other: str, weight: Weight) -> Kind:
    """What two persons are to each other: by the truth, or by what their two records share."""
    left, right = known.get(one, Known()), known.get(other, Known())
    if left.family and right.family:
        if left.family != right.family:
            return "stranger"
        return "twin" if _born_together(left.born, right.born) else "sibling"
    levels = {part.field: part.level for part in weight.parts}
    home, same_day = levels.get("place") == "EXACT", levels.get("birth") == "EXACT"
    parent = levels.get("carers") in ("MOTHER", "EXACT") or levels.get("contact") == "EXACT"
    named = levels.get("family") in ("EXACT", "VARIANT", "PART")
    if not parent and not (home and (named or same_day)):
        return "stranger"
    return "twin" if same_day else "sibling"


def false_links(
    false: Sequence[WrongPair], held: Held, known: Mapping[str, Known]
) -> tuple[FalseLinks, ...]:
    """False links by kind."""
    person = held.persons_by_ordinal()
    pairs = Counter(pair.what for pair in false)
    persons = Counter(what for what, _ in {(pair.what, _persons(pair, person)) for pair in false})
    there = _relatives(held, known) if tells(known, "family") else {}
    return tuple(FalseLinks(name, pairs[name], persons[name], there.get(name)) for name in KINDS)


def misses(missed: Iterable[WrongPair]) -> tuple[Misses, ...]:
    """Missed pairs by where they were lost, the most first."""
    by_why: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in missed:
        # Of a weight only the fields that took most: each weight is another.
        by_why[pair.what][pair.reason.rpartition("; ")[2]] += 1
    told = [Misses(why, r.total(), dict(r.most_common(REASONS))) for why, r in by_why.items()]
    return tuple(sorted(told, key=lambda one: (-one.pairs, one.why)))


def would_find(missed: Iterable[WrongPair]) -> dict[str, int]:
    """How many pairs never compared agree on which two facts: rules that would find them."""
    found: Counter[str] = Counter()
    for pair in missed:
        if pair.what == "never compared":
            facts = agreements(pair.weighed.weight, SELECTIVE)
            found.update(" and ".join(two) for two in combinations(facts, 2))
    return dict(found.most_common(RULES))


def _nearest(false: Sequence[WrongPair], person: Mapping[int, str]) -> list[WrongPair]:
    """The same pairs: two persons are of the nearest kind that any pair of their records tells."""
    ranks = {str(name): rank for rank, name in enumerate(KINDS)}
    nearest: dict[frozenset[str], str] = {}
    for pair in false:
        both = _persons(pair, person)
        nearest[both] = min(pair.what, nearest.get(both, pair.what), key=ranks.__getitem__)
    return [msgspec.structs.replace(p, what=nearest[_persons(p, person)]) for p in false]


def _persons(pair: WrongPair, person: Mapping[int, str]) -> frozenset[str]:
    return frozenset(person[ordinal] for ordinal in pair.ordinals)


class _Known:
    """Pairs of ordinals that can be asked for."""

    def __init__(self, pairs: Pairs) -> None:
        self._codes = np.sort(pairs.left << 32 | pairs.right)

    def has(self, one: int, other: int) -> bool:
        code = min(one, other) << 32 | max(one, other)
        place = int(np.searchsorted(self._codes, code))
        return place < len(self._codes) and int(self._codes[place]) == code


def _by_weight(pairs: Iterable[WrongPair]) -> list[WrongPair]:
    return sorted(pairs, key=lambda pair: (pair.weighed.weight.total, pair.ordinals))


def _worst(ordered: Iterable[WrongPair]) -> tuple[WrongPair, ...]:
    """The first of them, at most ``ALIKE`` of one kind."""
    kept: list[WrongPair] = []
    for pair in ordered:
        if len(kept) < WORST and sum(one.what == pair.what for one in kept) < ALIKE:
            kept.append(pair)
    return tuple(kept)


def _relatives(held: Held, known: Mapping[str, Known]) -> dict[Kind, int]:
    """How many pairs of twins and of siblings there are among the measured persons."""
    families: dict[str, list[str]] = defaultdict(list)
    for person in {row.person for row in held.rows}:
        told = known.get(person, Known())
        if told.family:
            families[told.family].append(told.born)
    twins = siblings = 0
    for births in families.values():
        together = _pairs_born_together(births)
        twins += together
        siblings += len(births) * (len(births) - 1) // 2 - together
    return {"twin": twins, "sibling": siblings}


def _born_together(one: str, other: str) -> bool:
    """Whether two birth dates are those of one birth: it may go on past midnight."""
    return _pairs_born_together([one, other]) == 1


def _pairs_born_together(births: Iterable[str]) -> int:
    days = Counter(day for birth in births if (day := _day(birth)))
    on_one_day = sum(n * (n - 1) // 2 for n in days.values())
    return on_one_day + sum(n * days.get(day + 1, 0) for day, n in days.items())


@lru_cache(1 << 14)
def _day(birth: str) -> int:
    """A whole number for a date, the next one for the next day; 0 where it is no full date."""
    try:
        return date.fromisoformat(birth).toordinal()
    except ValueError:
        return 0
