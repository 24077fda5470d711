"""Accuracy against known truth: what the index put together, and why it missed or was wrong."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from contactpoint.linking.kept_index import Filling
from contactpoint.truth import Known, Truth
from contactpoint.verdicts import Judge, Verdict, Weighed, in_standard_form, weighed
from events.log import Log
from events.master import MasterKey
from linkage import naming
from linkage.calibration import LEAST, Point, Reliability, curve, reliability
from linkage.evaluation import Ints, Measures, Partition, Scores, Share, codes
from linkage.index import Index, Pairs
from linkage.meeting import agreements
from linkage.model import Model
from linkage.naming import Votes
from linkage.weigh import Weight
from person.particulars import BirthDate
from projections.queries import IndexedRecord, OpenPair, Queries

MOST = 20_000
"""Errors of a kind that are looked into; of more, that many are drawn."""
BATCH = 2_000
WORST = 6
"""False links, and missed pairs, that are shown with their weights."""
ALIKE = 2
"""Of these, how many of one kind or reason at most."""
NOT_STATED = "not stated"
AGES = ((1, "under 1"), (5, "1 to 4"), (11, "5 to 10"), (16, "11 to 15"))
OLDEST = "16 and over"
UNBORN = "before birth"

Kind = Literal["twin", "sibling", "stranger"]
KINDS: tuple[Kind, ...] = ("twin", "sibling", "stranger")
Progress = Callable[[str, int], None]


class Judged(msgspec.Struct, frozen=True):
    """Which records the figures are about."""

    truth: int
    """Records that the truth names."""
    judged: int
    """Of these, current ones of the index: all figures are over them."""
    not_in_index: int
    """The others: out of scope, held, withdrawn or never loaded."""
    not_in_truth: int
    """Current records of the index of which the truth says nothing."""
    not_linked: int
    """Judged records that belong to no child yet."""
    persons: int
    children: int


class Group(msgspec.Struct, frozen=True):
    """The measures of one group of records; a pair counts half with each of its records."""

    group: str
    records: int
    pairs: Scores
    children: Scores | None = None
    """None for two sources: whole children are not of two sources."""


class Review(msgspec.Struct, frozen=True):
    """What stewards are asked."""

    pairs: int
    """Referred pairs of two judged records."""
    of_one_person: int
    records: int
    """Judged records with at least one of them."""
    share_of_records: float


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


class Error(msgspec.Struct, frozen=True):
    """One pair that is wrong. Records are known by ordinal here, and shown by keyed id."""

    left: int
    right: int
    what: str
    """``twin``, ``sibling`` or ``stranger`` of a false link; of a missed pair where it was lost."""
    reason: str
    weighed: Weighed


class Evaluation(msgspec.Struct, frozen=True):
    """All that is measured."""

    model: str
    linked_under: str
    """The model of the last run of linking."""
    prior_records: int
    judged: Judged
    whole: Measures
    by: dict[str, tuple[Group, ...]]
    groups_from: str
    """Whence the groups of ``naming`` are."""
    review: Review
    false_links: tuple[FalseLinks, ...]
    kinds_from: str
    missed: tuple[Misses, ...]
    looked_into: dict[str, int]
    """How many false and missed pairs kinds and reasons were found for."""
    would_find: dict[str, int]
    """Pairs never compared by two facts they agree on: what a further rule would find."""
    calibration: Reliability
    curve: tuple[Point, ...]
    thresholds: dict[str, float]
    """Probability from which pairs link, and from which they are referred."""
    false_errors: tuple[Error, ...]
    missed_errors: tuple[Error, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The judged records: arrays in the order of their ordinals."""

    ordinals: Ints
    records: list[UUID]
    persons: list[str]
    partition: Partition
    source: Ints
    sources: list[str]
    births: list[str]
    sexes: list[str]
    votes: list[Votes]
    counts: Judged

    def places(self, ordinals: Ints) -> Ints:
        """Where records stand here; -1 for those not judged."""
        if not len(self.ordinals):
            return np.full(len(ordinals), -1, np.int64)
        place = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return np.where(self.ordinals[place] == ordinals, place, -1)


@dataclass(frozen=True, slots=True)
class Evaluating:
    """The use case: an index, what is in it now, and the truth beside it."""

    queries: Queries
    filling: Filling
    index: Index
    log: Log
    master: MasterKey

    def evaluate(
        self, truth: Truth, today: date, progress: Progress | None = None
    ) -> Evaluation:
        """Measure the index against the truth. ``today``: the day on which ages are told."""
        tell = progress or (lambda _stage, _count: None)
        held = self._held(truth, tell)
        model = self.index.model
        tell("compare", len(self.index))
        pairs = self.index.pairs_within(_log_odds(LEAST))
        referred = self.queries.open_pairs()
        found = _Findings(self, held, truth, pairs, referred, tell)
        missed, lost = found.missed()
        false = found.false()
        whole = held.partition.measures()
        likely, weight, match = _likely(pairs, held)
        return Evaluation(
            model=model.version,
            linked_under=next((str(run["model"]) for run in self.queries.runs()), ""),
            prior_records=model.prior.records,
            judged=held.counts,
            whole=whole,
            by=_groups(held, truth.known, today),
            groups_from="the truth" if _tells(truth.known, "group") else "the names",
            review=_review(held, referred),
            false_links=_false_links(false, held, truth.known),
            kinds_from="the truth" if _tells(truth.known, "family") else "the records",
            missed=_misses(missed),
            looked_into={"false": len(false), "missed": len(missed)},
            would_find=lost,
            calibration=reliability(likely, match),
            curve=curve(weight, match, whole.pairs.recall.whole),
            thresholds={"link": model.thresholds.link, "review": model.thresholds.review},
            false_errors=tuple(false),
            missed_errors=tuple(missed),
        )

    def _held(self, truth: Truth, tell: Progress) -> Held:
        """The judged records, each with what figures are grouped by."""
        named = self._by_record(truth)
        ordinals: list[int] = []
        records: list[UUID] = []
        persons: list[str] = []
        children: list[bytes] = []
        sources: list[str] = []
        births: list[str] = []
        sexes: list[str] = []
        votes: list[Votes] = []
        unknown = unlinked = 0
        for record in self.queries.records():
            person = named.pop(record.record.bytes, None)
            if person is None:
                unknown += 1
                continue
            ordinals.append(record.ordinal)
            records.append(record.record)
            persons.append(person)
            # A record that belongs to no child is a child of its own.
            children.append(record.child.bytes if record.child else record.record.bytes)
            unlinked += record.child is None
            sources.append(record.source)
            birth, sex, told = _facts(record)
            births.append(birth)
            sexes.append(sex)
            votes.append(told)
            if not len(ordinals) % 10_000:
                tell("read", len(ordinals))
        names, source = np.unique(np.array(sources, str), return_inverse=True)
        partition = Partition(
            codes(np.array(persons, str)), codes(np.array(children, "V16").view("S16"))
        )
        counts = Judged(
            truth=len(truth.persons),
            judged=len(ordinals),
            not_in_index=len(truth.persons) - len(ordinals),
            not_in_truth=unknown,
            not_linked=unlinked,
            persons=len(np.unique(partition.person)),
            children=len(np.unique(partition.child)),
        )
        return Held(
            np.array(ordinals, np.int64), records, persons, partition, source.astype(np.int64),
            names.tolist(), births, sexes, votes, counts,
        )  # fmt: skip

    def _by_record(self, truth: Truth) -> dict[bytes, str]:
        """The person of each record by its id, also where the truth has a former key of it."""
        record_id = self.master.hashes.record_id
        named = {record_id(*name): person for name, person in truth.persons.items()}
        for key, record in self.log.heads.owners(named).items():
            if key != record:
                named.setdefault(record, named[key])
        return named


def as_plain(found: Evaluation) -> dict[str, Any]:
    """The figures for a script: shares with their interval, and no single pair."""
    plain: dict[str, Any] = msgspec.to_builtins(found)
    for name in ("false_errors", "missed_errors"):
        del plain[name]
    return {"interval": 0.95, **{name: _counted(value) for name, value in plain.items()}}


def _counted(value: Any) -> Any:
    """Sums of halves and of shares as whole numbers, where they are whole."""
    if isinstance(value, dict):
        return {name: _counted(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_counted(one) for one in value]
    if isinstance(value, float) and abs(value) >= 1 and abs(value - round(value)) < 1e-6:
        return round(value)
    return value


class _Findings:
    """Looks into the pairs that are wrong."""

    def __init__(  # noqa: PLR0913, PLR0917 - what one look needs
        self,
        bench: Evaluating,
        held: Held,
        truth: Truth,
        pairs: Pairs,
        referred: Sequence[OpenPair],
        tell: Progress,
    ) -> None:
        self._queries, self._model, self._held = bench.queries, bench.index.model, held
        self._known, self._tell = truth.known, tell
        self._kept = _together(pairs.left, pairs.right)
        self._kept.sort()
        self._judge = Judge(
            bench.queries, bench.filling, self._model,
            {frozenset((pair.left, pair.right)) for pair in referred},
        )  # fmt: skip

    def missed(self) -> tuple[list[Error], dict[str, int]]:
        """Pairs of one person in two children, each with where it was lost.

        And what two facts those agree on that were never compared.
        """
        errors: list[Error] = []
        would_find: Counter[str] = Counter()
        places = self._held.partition.missed(MOST)
        for left, right, pair in self._weighed(places):
            floor = self._model.thresholds.review
            compared = pair.weight.probability < floor or self._was_kept(left, right)
            verdict = self._judge.verdict(left, right, pair, compared=compared)
            if verdict is not None:
                errors.append(_error(left, right, verdict, pair))
                if verdict.why == "never compared":
                    facts = agreements(pair.weight)
                    would_find.update(" and ".join(two) for two in combinations(facts, 2))
        return errors, dict(would_find.most_common(5))

    def false(self) -> list[Error]:
        """Pairs of two persons in one child, each with what they are to each other."""
        errors = []
        persons = self._person_of()
        for left, right, pair in self._weighed(self._held.partition.false(MOST)):
            kind = _kind(self._known, persons[left.ordinal], persons[right.ordinal], pair.weight)
            linked = pair.meeting.rules and pair.decision.outcome == "link"
            how = "linked by their own weight" if linked else "joined through other records"
            errors.append(_error(left, right, (kind, how), pair))
        return errors

    def _person_of(self) -> dict[int, str]:
        return dict(zip(self._held.ordinals.tolist(), self._held.persons, strict=True))

    def _weighed(
        self, places: tuple[Ints, Ints]
    ) -> Iterator[tuple[IndexedRecord, IndexedRecord, Weighed]]:
        """The records at these places, pair by pair, as the matcher sees them."""
        ordinals = [self._held.ordinals[side] for side in places]
        for start in range(0, len(ordinals[0]), BATCH):
            left, right = (side[start : start + BATCH].tolist() for side in ordinals)
            records = self._queries.records_by_ordinal([*left, *right])
            formed = {ordinal: in_standard_form(record) for ordinal, record in records.items()}
            for a, b in zip(left, right, strict=True):
                if a in records and b in records:
                    pair = weighed(formed[a], formed[b], self._model)
                    yield records[a], records[b], pair
            self._tell("look into", start + len(left))

    def _was_kept(self, left: IndexedRecord, right: IndexedRecord) -> bool:
        low, high = sorted((left.ordinal, right.ordinal))
        code = low << 32 | high
        place = int(np.searchsorted(self._kept, code))
        return place < len(self._kept) and int(self._kept[place]) == code


def worst(errors: Iterable[Error], *, heaviest: bool) -> list[Error]:
    """The errors that the weights are most wrong about, at most ``ALIKE`` of one kind."""
    ordered = sorted(errors, key=lambda e: (e.weighed.weight.total, e.left, e.right))
    kept: list[Error] = []
    for error in reversed(ordered) if heaviest else ordered:
        if sum(one.what == error.what for one in kept) < ALIKE and len(kept) < WORST:
            kept.append(error)
    return kept


def _error(
    left: IndexedRecord, right: IndexedRecord, found: Verdict | tuple[str, str], pair: Weighed
) -> Error:
    what, reason = (found.why, found.reason) if isinstance(found, Verdict) else found
    return Error(left.ordinal, right.ordinal, what, reason, pair)


def _facts(record: IndexedRecord) -> tuple[str, str, Votes]:
    """What one record says of birth and sex, and what its names tell."""
    if record.statement is None:
        return "", "", {}
    particulars = record.statement.particulars
    sex = particulars.sex if particulars.sex in ("F", "M") else ""
    return _birth(particulars.birth), sex or "", naming.told(particulars.names)


def _birth(birth: BirthDate | None) -> str:
    if birth is None:
        return ""
    return "expected" if birth.expected else birth.value


def _likely(
    pairs: Pairs, held: Held
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Probability, weight and truth of all judged pairs of at least ``LEAST``."""
    left, right = held.places(pairs.left), held.places(pairs.right)
    kept = (left >= 0) & (right >= 0) & (pairs.probability >= LEAST)
    person = held.partition.person
    match = person[left[kept]] == person[right[kept]]
    return pairs.probability[kept], pairs.weight[kept], match


def _review(held: Held, referred: Sequence[OpenPair]) -> Review:
    place = {record: n for n, record in enumerate(held.records)}
    both = [(place[p.left], place[p.right]) for p in referred if {p.left, p.right} <= place.keys()]
    person = held.partition.person
    records = {side for pair in both for side in pair}
    return Review(
        pairs=len(both),
        of_one_person=sum(bool(person[a] == person[b]) for a, b in both),
        records=len(records),
        share_of_records=len(records) / (len(held.records) or 1),
    )


def _misses(errors: Iterable[Error]) -> tuple[Misses, ...]:
    by_why: dict[str, Counter[str]] = defaultdict(Counter)
    for error in errors:
        # Of weights only the fields: each weight is another.
        _, _, fields = error.reason.rpartition("; ")
        by_why[error.what][fields] += 1
    told = [Misses(why, r.total(), dict(r.most_common(10))) for why, r in by_why.items()]
    return tuple(sorted(told, key=lambda misses: -misses.pairs))


# Groups -------------------------------------------------------------------------------------------


def _groups(held: Held, known: Mapping[str, Known], today: date) -> dict[str, tuple[Group, ...]]:
    """The measures by sources, age, sex and naming; what a person is, all records of it are."""
    partition = held.partition
    by_sources = [
        Group(f"{held.sources[a]} + {held.sources[b]}", 0, scores)
        for (a, b), scores in partition.by_sources(held.source).items()
    ]
    by_sources.sort(key=lambda one: -one.pairs.recall.whole)
    born = [known[p].born if p in known else "" for p in held.persons]
    births = [told or stated for told, stated in zip(born, held.births, strict=True)]
    ages = [_age(birth, today) for birth in births]
    order = [UNBORN, *(name for _, name in AGES), OLDEST, NOT_STATED]
    by_age = sorted(_by_person(held, ages), key=lambda one: order.index(one.group))
    return {
        "sources": tuple(by_sources),
        "age": tuple(by_age),
        "sex": tuple(_by_person(held, [sex or NOT_STATED for sex in held.sexes])),
        "naming": tuple(_by_label(partition, _named(held, known))),
    }


def _age(birth: str, today: date) -> str:
    """The age band of a birth date as stated; of a partial one at its earliest day."""
    if birth == "expected":
        return UNBORN
    parts = [int(part) for part in birth.split("-")] if birth[:4].isdigit() else []
    if not parts:
        return NOT_STATED
    year, month, day = (*parts, *(1, 1, 1)[len(parts) :])
    if (year, month, day) > (today.year, today.month, today.day):
        return UNBORN
    years = today.year - year - ((today.month, today.day) < (month, day))
    return next((name for below, name in AGES if years < below), OLDEST)


def _by_person(held: Held, labels: Sequence[str]) -> Iterator[Group]:
    """Groups by what most records of a person say; what is not stated counts for nothing."""
    names, code = np.unique(np.array(labels, str), return_inverse=True)
    silent = np.flatnonzero(names == NOT_STATED)
    person, many = held.partition.person, len(names)
    votes, count = np.unique(person * many + code, return_counts=True)
    strength = np.where(np.isin(votes % many, silent), 0, count)
    first = np.lexsort((votes, -strength, votes // many))
    who = (votes // many)[first]
    winners = first[np.flatnonzero(np.diff(who, prepend=-1))]
    of_person = np.zeros(int(person.max(initial=-1)) + 1, np.int64)
    of_person[votes[winners] // many] = votes[winners] % many
    yield from _by_label(held.partition, names[of_person[person]])


def _by_label(partition: Partition, labels: npt.NDArray[np.str_]) -> Iterator[Group]:
    for name in np.unique(labels).tolist():
        measured = partition.measures(labels == name)
        yield Group(name, measured.records, measured.pairs, measured.children)


def _named(held: Held, known: Mapping[str, Known]) -> npt.NDArray[np.str_]:
    """Each record's group: its person's in the truth, or else what all names of it tell."""
    if _tells(known, "group"):
        told = [known[p].group if p in known else "" for p in held.persons]
        return np.array([group or NOT_STATED for group in told], str)
    votes: dict[str, list[Votes]] = defaultdict(list)
    for person, each in zip(held.persons, held.votes, strict=True):
        votes[person].append(each)
    group = {person: naming.group(naming.together(each)) for person, each in votes.items()}
    return np.array([group[person] for person in held.persons], str)


def _tells(known: Mapping[str, Known], what: str) -> bool:
    return any(getattr(one, what) for one in known.values())


# False links --------------------------------------------------------------------------------------


def _kind(known: Mapping[str, Known], one: str, other: str, weight: Weight) -> Kind:
    """What two persons are to each other: by the truth, or by what their two records share."""
    left, right = known.get(one, Known()), known.get(other, Known())
    if left.family and right.family:
        if left.family != right.family:
            return "stranger"
        return "twin" if _born_together(left.born, right.born) else "sibling"
    levels = {part.field: part.level for part in weight.parts}
    home = levels["place"] == "EXACT" and levels["family"] in ("EXACT", "VARIANT", "PART")
    parent = levels["carers"] in ("MOTHER", "EXACT")
    if not home and not parent and levels["contact"] != "EXACT":
        return "stranger"
    return "twin" if levels["birth"] == "EXACT" else "sibling"


def _born_together(one: str, other: str) -> bool:
    """Whether two birth dates are those of one birth: it may go on past midnight."""
    try:
        return abs((date.fromisoformat(one) - date.fromisoformat(other)).days) <= 1
    except ValueError:
        return bool(one) and one == other


def _false_links(
    errors: Sequence[Error], held: Held, known: Mapping[str, Known]
) -> tuple[FalseLinks, ...]:
    person = dict(zip(held.ordinals.tolist(), held.persons, strict=True))
    pairs = Counter(error.what for error in errors)
    nearest: dict[frozenset[str], int] = {}
    for error in errors:
        both = frozenset((person[error.left], person[error.right]))
        rank = [str(kind) for kind in KINDS].index(error.what)
        nearest[both] = min(rank, nearest.get(both, rank))
    persons = Counter(KINDS[rank] for rank in nearest.values())
    there = _relatives(held, known) if _tells(known, "family") else {}
    return tuple(FalseLinks(kind, pairs[kind], persons[kind], there.get(kind)) for kind in KINDS)


def _relatives(held: Held, known: Mapping[str, Known]) -> dict[Kind, int]:
    """How many pairs of twins and of siblings there are among the judged persons."""
    families: dict[str, list[str]] = defaultdict(list)
    for person in set(held.persons):
        told = known.get(person, Known())
        if told.family:
            families[told.family].append(told.born)
    twins = siblings = 0
    for births in families.values():
        together = sum(_born_together(a, b) for a, b in combinations(births, 2))
        twins += together
        siblings += len(births) * (len(births) - 1) // 2 - together
    return {"twin": twins, "sibling": siblings}


def _together(left: Ints, right: Ints) -> Ints:
    """Two ordinals, the lower first, as one whole number."""
    return left << 32 | right


def _log_odds(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


__all__ = ["Error", "Evaluating", "Evaluation", "Group", "Share", "as_plain", "worst"]
