"""Figures of a period for publication: what was decided, errors as far as known, shields, looks.

Everybody may read them, so they leave out what tells of a child who may not be seen: pairs and
records of such children are not counted, and counts of shields are rounded.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from contactpoint.bootstrap import Contactpoint
from contactpoint.errors import UsageError
from events.access import ActRefused, ChildrenAccessed, InvestigationOpened
from events.catalogue import Catalogue
from events.judgement import JudgementReversed, PairJudged
from events.linking import PairsReferred
from events.log import Log
from events.message import Event
from linkage.evaluation import wilson
from projections.placing import child_before, placed
from projections.projection import Happened, Target

ROUNDED = 10
"""Counts of shields are given to the nearest such: a single one would tell of a child."""
VERDICTS = ("link", "apart", "unsure", "refer")
LOOKS = (ChildrenAccessed, ActRefused, InvestigationOpened)
SHIELDS = frozenset({"ShieldApplied", "ShieldInherited", "ShieldLifted"})
_FORMS = re.compile(r"([0-9]{4})(?:-([0-9]{2})|-Q([1-4]))?(?:-([0-9]{2}))?")

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days: from the first to before the one behind the last."""

    first: date
    behind: date

    @property
    def begin(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        return _moment(self.first)

    @property
    def end(self) -> int:
        """The first microsecond that is not of it."""
        return _moment(self.behind)


class Errors(msgspec.Struct, frozen=True):
    """Errors that stewards found where the index had decided alone."""

    false_links: int
    """Pairs that it held as one child, and that are two."""
    missed_links: int
    """Pairs that it held as two children without referring them, and that are one."""
    misplaced: int
    """Records that were with a child that is not theirs: the fewest that make up the false links.

    A record taken off a child of four is three pairs, and one error.
    """
    misplaced_per_10000: tuple[float, float, float] | None
    """For each 10,000 records placed in the period, with the 95 % interval; None where none was."""


class Shields(msgspec.Struct, frozen=True):
    """Counts to the nearest ten."""

    in_force: int
    applied: int
    inherited: int
    lifted: int
    rounded_to: int = ROUNDED


class Figures(msgspec.Struct, frozen=True):
    """All that is reported of one period."""

    first: str
    last: str
    placed: int
    """Records that were placed with a child."""
    referred: int
    """Pairs that were referred to a steward."""
    decided: dict[str, int]
    """Pairs by verdict: ``link``, ``apart``, ``unsure``, ``refer``."""
    reversed: int
    awaiting: int
    """Pairs that await a steward now."""
    errors: Errors
    shields: Shields
    overrides: int
    """Looks through a shield; to ask for one where none stands is a look like any other."""
    looks: int
    refused: int
    """Acts that somebody was denied for want of a role."""


def period(text: str) -> Period:
    """The period that is meant: a year, a quarter, a month, a day, or ``DAY..DAY``.

    Raises UsageError.
    """
    first, dots, last = text.partition("..")
    try:
        found = Period(_days(first).first, _days(last).behind) if dots else _days(text)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.first >= found.behind:
        raise UsageError(
            "PERIOD: expected a year (2026), a quarter (2026-Q4), a month (2026-11), a day "
            "(2026-11-25), or two of them with .. between"
        )
    return found


def report(store: Contactpoint, of: Period) -> Figures:
    """The figures of a period; the read models are up to date."""
    referred = _referred(store.log)
    judged = [
        (position, message.event)
        for position, message in _happened(store.log, of, PairJudged, JudgementReversed)
        if isinstance(message.event, PairJudged | JudgementReversed)
    ]
    named = {side for pair in referred for side in pair}
    named |= {side for _, event in judged for side in (event.left, event.right)}
    seen = store.open_records.visible(named)
    judged = [one for one in judged if {one[1].left, one[1].right} <= seen]
    verdicts = [(at, event) for at, event in judged if isinstance(event, PairJudged)]
    taken_back = _taken_back(store.log)
    standing = [(at, one) for at, one in verdicts if at > taken_back.get((one.left, one.right), 0)]
    counted = Counter[str](event.verdict for _, event in verdicts)
    looks = [message.event for _, message in _happened(store.access, of, *LOOKS)]
    what = Counter(type(event) for event in looks)
    guard = store.guard
    count = guard.answer(store.read, lambda target: placed(target, of.begin, of.end))
    return Figures(
        first=of.first.isoformat(),
        last=(of.behind - timedelta(days=1)).isoformat(),
        placed=count,
        referred=sum(
            of.begin <= first < of.end and {*pair} <= seen for pair, first in referred.items()
        ),
        decided={verdict: counted[verdict] for verdict in VERDICTS},
        reversed=len(judged) - len(verdicts),
        awaiting=len(store.open_records.shown_pairs()),
        errors=guard.answer(store.read, lambda it: _errors(it, standing, referred, count)),
        shields=_shields(store.log, of),
        overrides=what[InvestigationOpened],
        looks=what[ChildrenAccessed],
        refused=what[ActRefused],
    )


def _errors(
    target: Target,
    verdicts: Sequence[tuple[int, PairJudged]],
    referred: Mapping[Pair, int],
    count: int,
) -> Errors:
    """What the verdicts in force say of pairs that the index had decided without asking."""
    false, missed = set[Pair](), set[Pair]()
    for position, event in verdicts:
        pair = event.left, event.right
        left, right = (child_before(target, side, position) for side in pair)
        together = left is not None and left == right
        if event.verdict == "apart" and together:
            false.add(pair)
        elif event.verdict == "link" and not together and pair not in referred:
            missed.add(pair)
    wrong = _fewest(false)
    errors = len(false), len(missed), wrong
    if not count:
        return Errors(*errors, None)
    # They may have been placed before the period, and so be more than were placed in it.
    share = min(1.0, wrong / count)
    low, high = wilson(share, count)
    return Errors(*errors, (share * 10_000, low * 10_000, high * 10_000))


def _fewest(pairs: Collection[Pair]) -> int:
    """How many records have to go so that none of these pairs is left, the worst of them first.

    Of records that were parted in two these are the fewest; of other pairs there may be fewer.
    """
    others: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in pairs:
        others[one].add(other)
        others[other].add(one)
    queue = [(-len(theirs), record) for record, theirs in others.items()]
    heapq.heapify(queue)
    gone = 0
    while queue:
        size, worst = heapq.heappop(queue)
        left = len(others[worst])
        if left and left < -size:
            heapq.heappush(queue, (-left, worst))
        elif left:
            gone += 1
            for other in others.pop(worst):
                others[other].discard(worst)
    return gone


def _shields(log: Log, of: Period) -> Shields:
    """How many shields were laid and lifted in the period, and stood at its end."""
    ever, now = Counter[str](), Counter[str]()
    kinds = [kind.event for kind in Catalogue() if kind.event.__name__ in SHIELDS]
    until = Period(date(1970, 1, 1), of.behind)
    for _, message in _happened(log, until, *kinds) if kinds else ():
        what = type(message.event).__name__
        ever[what] += 1
        now[what] += message.origin.recorded >= of.begin
    standing = ever["ShieldApplied"] + ever["ShieldInherited"] - ever["ShieldLifted"]
    return Shields(
        in_force=_rounded(standing),
        applied=_rounded(now["ShieldApplied"]),
        inherited=_rounded(now["ShieldInherited"]),
        lifted=_rounded(now["ShieldLifted"]),
    )


def _rounded(count: int) -> int:
    return (count + ROUNDED // 2) // ROUNDED * ROUNDED


def _referred(log: Log) -> dict[Pair, int]:
    """Every pair that was ever referred, and when it first was."""
    found: dict[Pair, int] = {}
    always = Period(date(1970, 1, 1), date.max)
    for _, message in _happened(log, always, PairsReferred):
        if isinstance(message.event, PairsReferred):
            for one in message.event.referred:
                pair = min(one.left, one.right), max(one.left, one.right)
                found.setdefault(pair, message.origin.recorded)
    return found


def _taken_back(log: Log) -> dict[Pair, int]:
    """Where a judgement on a pair was last taken back: what was said before proves no error."""
    always = Period(date(1970, 1, 1), date.max)
    return {
        (message.event.left, message.event.right): position
        for position, message in _happened(log, always, JudgementReversed)
        if isinstance(message.event, JudgementReversed)
    }


def _happened(log: Log, of: Period, *kinds: type[Event]) -> Iterator[Happened]:
    """The events of these kinds that were recorded in the period, without what is sealed."""
    for rows in log.pages(*kinds):
        for row, message in zip(rows, log.decode(rows, opened=False), strict=True):
            if of.begin <= message.origin.recorded < of.end:
                yield Happened(row.position, message)


def _days(text: str) -> Period:
    """A year, a quarter, a month or a day. Raises ValueError."""
    form = _FORMS.fullmatch(text)
    if form is None:
        raise ValueError(text)
    year, month, quarter, day = (int(part) if part else None for part in form.groups())
    assert year is not None  # or the form were another
    if day is not None:
        first = date(year, month or 0, day)
        return Period(first, first + timedelta(days=1))
    if quarter is not None:
        month = quarter * 3 - 2
    first = date(year, 1 if month is None else month, 1)
    months = 3 if quarter else 12 if month is None else 1
    ends = first.month + months - 1
    return Period(first, date(first.year + ends // 12, ends % 12 + 1, 1))


def _moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**6
