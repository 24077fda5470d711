"""The use case: an index measured against the truth beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import numpy as np

from contactpoint.evaluating.errors import (
    FalseLinks,
    Lookout,
    Misses,
    Progress,
    WrongPair,
    false_links,
    misses,
    would_find,
)
from contactpoint.evaluating.groups import Group, groups
from contactpoint.evaluating.held import Counts, Held
from contactpoint.evaluating.truth import Truth, tells
from contactpoint.explaining import Shaped
from contactpoint.linking.filling import Filling
from contactpoint.linking.sureness import among, chances, lowered, those
from contactpoint.verdicts import Judge
from events.log import Log
from events.master import MasterKey
from linkage.calibration import LEAST, Mask, Point, Reliability, curve, reliability
from linkage.density import prior_of
from linkage.evaluation import Measures
from linkage.index import Index, Pairs
from linkage.weigh import log_odds
from projections.open_records import OpenRecords
from projections.waiting import OpenPair


class Review(msgspec.Struct, frozen=True):
    """What stewards are asked."""

    pairs: int
    """Referred pairs of two measured records."""
    of_one_person: int
    records: int
    """Counts records with at least one of them."""
    share_of_records: float


class Evaluation(msgspec.Struct, frozen=True):
    """All that is measured."""

    model: str
    linked_under: str
    """The model of the last run of linking."""
    prior_records: int
    """The number of records that the model's prior is for."""
    stated_for: int
    """The number that the stated probabilities are for: what this index lets expect."""
    records: Counts
    whole: Measures
    by: dict[str, tuple[Group, ...]]
    groups_from: str
    """Whence the groups of ``naming`` are: the truth, or the names."""
    review: Review
    false_links: tuple[FalseLinks, ...]
    kinds_from: str
    """Whence the kinds of false links are: the truth, or the records."""
    missed: tuple[Misses, ...]
    looked_into: dict[str, int]
    """How many false and missed pairs kinds and reasons were found for: all, or a draw."""
    would_find: dict[str, int]
    """Pairs never compared by two facts they agree on: what a further rule would find."""
    calibration: Reliability
    curve: tuple[Point, ...]
    thresholds: dict[str, float]
    """Probability from which pairs link, and from which they are referred."""

    @property
    def wrong(self) -> dict[str, int]:
        """How many false and missed pairs there are."""
        pairs = self.whole.pairs
        shares = {"false": pairs.precision, "missed": pairs.recall}
        return {name: round(share.whole - share.part) for name, share in shares.items()}


class Measured(msgspec.Struct, frozen=True):
    """Figures, and the wrong pairs behind them, which ``errors.Shown`` makes fit to be shown."""

    figures: Evaluation
    false: list[WrongPair]
    missed: list[WrongPair]


@dataclass(frozen=True, slots=True)
class Evaluating:
    """Measures an index: what is in it now, by its read models, and its pairs anew."""

    records: OpenRecords
    filling: Filling
    index: Index
    log: Log
    master: MasterKey
    shaped: Shaped
    """Whose records are of tables of another shape, and by which model they are weighed."""

    def evaluate(self, truth: Truth, today: date, progress: Progress | None = None) -> Measured:
        """Measure the index against the truth. ``today``: the day on which ages are told."""
        tell = progress or (lambda _stage, _count: None)
        model, workings = self.index.model, self.records.workings
        tell("read", len(truth.persons))
        held = Held.of(self.records, truth, self.log, self.master)
        tell("compare", len(self.index))
        visible = np.fromiter(self.records.ordinals(), np.int64)
        prior = prior_of(self.index, visible)
        wide = self.index.pairs_within(lowered(log_odds(LEAST), model, prior))
        pairs = those(wide, wide.weight >= log_odds(LEAST))
        referred = workings.open_pairs()
        asked = {frozenset((pair.left, pair.right)) for pair in referred}
        judge = Judge(workings, self.filling, model, asked)
        lookout = Lookout(workings, judge, held, self.shaped, tell)
        missed, false = lookout.missed(pairs), lookout.false(truth.known)
        whole = held.partition.measures()
        seen = among(wide, visible)
        chance = np.array(chances(seen, model, prior, workings, self.filling), np.float64)
        known, match = _truth(seen, held)
        likely = known & (chance >= LEAST)
        weighed = known & (seen.weight >= log_odds(LEAST))
        figures = Evaluation(
            model=model.version,
            linked_under=next((str(run["model"]) for run in workings.runs()), ""),
            prior_records=model.prior.records,
            stated_for=prior.records,
            records=held.counts,
            whole=whole,
            by=groups(held, truth.known, today),
            groups_from="the truth" if tells(truth.known, "group") else "the names",
            review=_review(held, referred),
            false_links=false_links(false, held, truth.known),
            kinds_from="the truth" if tells(truth.known, "family") else "the records",
            missed=misses(missed),
            looked_into={"false": len(false), "missed": len(missed)},
            would_find=would_find(missed),
            calibration=reliability(chance[likely], match[likely]),
            curve=curve(seen.weight[weighed], match[weighed], whole.pairs.recall.whole),
            thresholds={"link": model.thresholds.link, "review": model.thresholds.review},
        )
        return Measured(figures, false, missed)


def as_plain(figures: Evaluation) -> dict[str, Any]:
    """The figures for a script: shares with their interval, counts as whole numbers."""
    plain: dict[str, Any] = _counted(msgspec.to_builtins(figures))
    return {"interval": 0.95, **plain}


def _counted(value: Any) -> Any:
    """Sums of halves and of shares as whole numbers, where they are whole."""
    if isinstance(value, dict):
        return {
            name: _whole(one) if name in ("part", "whole", "pairs") else _counted(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_counted(one) for one in value]
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, float):
        return round(value) if abs(value - round(value)) < 1e-6 else round(value, 6)
    return _counted(value)


def _truth(pairs: Pairs, held: Held) -> tuple[Mask, Mask]:
    """Whether both records of each pair are measured, and whether they are of one person."""
    left, right = held.places(pairs.left), held.places(pairs.right)
    person = held.partition.person
    known = (left >= 0) & (right >= 0)
    same = np.zeros(len(known), np.bool_)
    same[known] = person[left[known]] == person[right[known]]
    return known, same


def _review(held: Held, referred: Sequence[OpenPair]) -> Review:
    person = {row.record: row.person for row in held.rows}
    both = [(p.left, p.right) for p in referred if {p.left, p.right} <= person.keys()]
    records = {side for pair in both for side in pair}
    return Review(
        pairs=len(both),
        of_one_person=sum(person[a] == person[b] for a, b in both),
        records=len(records),
        share_of_records=len(records) / (len(held.rows) or 1),
    )
