"""From pairs to children: which records of a neighbourhood are one child, and what stays open.

Pure and deterministic: the answer depends on records, pairs and judgements alone, ties are broken
by source and record key in clear, and nothing depends on the order in which anything is given.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage import pattern as patterns
from linkage.compare.names import Given
from linkage.decide import Levels, Outcome, contradiction, number_crossed, number_in_doubt
from linkage.rivals import Candidates

CROWD = 200
"""Records of a neighbourhood beyond which only links are looked at, and a person is called."""
SURE = 5.0
"""Weight, rivals counted, from which a pair links where its model states no other."""
RIVAL = 3.0
"""Bits within which a second candidate of one record each source is too close to tell."""


class Member(NamedTuple):
    """A record of a neighbourhood."""

    ordinal: int
    source: str
    key: str
    """The record's key at the source in clear: ties are broken by (source, key)."""
    exclusive: str = ""
    """Two records with the same non-empty word are two children: the source, where it holds one
    record of a child; source and establishment, where dual registration is lawful."""
    makes_child: bool = True
    """False for a record that only adds an involvement (a nameless one)."""
    verified: str = ""
    """Its verified NHS number: two records with different ones are two children, even where no
    pair of them is heavy enough to be among the pairs."""
    few: bool = False
    """Whether its source holds few of all children, as social care does."""
    upns: frozenset[str] = frozenset()
    """Its UPN in force, unless temporary, and its former ones: two records without one in common
    are of one child only if they would be linked alone."""
    stands_in: bool = False
    """Whether it is withdrawn, and stands in for its child until somebody has come to that."""


class Pair(NamedTuple):
    """A candidate pair of members, with what was decided of it alone."""

    left: int
    right: int
    weight: float
    pattern: int
    outcome: Outcome
    margin: float | None = None
    """Of a possible link: bits beyond the link threshold from which it links all the same, rivals
    counted; none where a rule asks for a person."""
    crossed: bool = False
    """Whether a number differs, and what else is known says one child: it may be another's."""
    twice: bool = False
    """Whether its records share a number and are of one source, which holds each child once: it
    joins nothing, and a person is asked."""

    @property
    def connects(self) -> bool:
        """Whether its records are to be seen in one neighbourhood."""
        return self.crossed or self.twice or self.outcome != "non_link"


class Judgement(NamedTuple):
    """What a steward said of two records: the same child, or never."""

    left: int
    right: int
    same: bool
    given_up: bool = False
    """Of two kept apart: the left is of an identity that its person gave up for that of the right.
    They are one person, so the right stays a rival to whatever the left may be linked to."""


class Reading(NamedTuple):
    """What joining asks of a pattern, beside its weight."""

    comes_first: Callable[[int], bool]
    """Whether it goes before others of the same weight."""
    contradicts: Callable[[int], bool]
    """Whether it keeps two records apart for good."""
    counts_rivals: bool
    """Whether a record is taken to have at most one partner in another source."""
    shares_number: Callable[[int], bool] = lambda _: False
    """Whether a number agrees, and what else is known says two children."""
    crosses: Callable[[int], bool] = lambda _: False
    """Whether a number differs, and what else is known says one child."""


CHILDREN = Reading(
    lambda pattern: patterns.level(pattern, "given") == Given.EXACT,
    lru_cache(1 << 14)(lambda pattern: bool(contradiction(Levels.of(pattern)))),
    counts_rivals=True,
    shares_number=lru_cache(1 << 14)(lambda pattern: bool(number_in_doubt(pattern))),
    crosses=lru_cache(1 << 14)(lambda pattern: bool(number_crossed(pattern))),
)
"""An exact forename before a near one (case 4); hard contradictions; numbers on the wrong child."""
BY_WEIGHT = Reading(lambda _: False, lambda _: False, counts_rivals=False)
"""Of tables of another shape, whose patterns say no more than they weigh."""


class Alone(NamedTuple):
    """What resolving asks of a pair whose records have no rivals, beside its turn.

    In a neighbourhood in which nobody has a rival and each pair weighs 0 or more, nothing is taken
    off any weight: which pairs link, and in which order they are looked at, is all there is to it.
    """

    outcome: Outcome
    links: bool
    """Whether it weighs enough, as far as no rule keeps it for a person."""
    contradicts: bool
    shares_number: bool
    crossed: bool


def read_alone(pair: Pair, weight: float, reading: Reading, sure: float) -> Alone | None:
    """What is asked of a pair that weighs so much without rivals; None where more is."""
    if pair.twice or weight < 0 or not reading.counts_rivals:
        return None
    return Alone(
        pair.outcome,
        _links_at(weight, pair, sure),
        reading.contradicts(pair.pattern),
        reading.shares_number(pair.pattern),
        pair.crossed,
    )


@dataclass(frozen=True, slots=True)
class Resolution:
    """The partition of a neighbourhood, and why."""

    children: tuple[frozenset[int], ...]
    """Ordinals by child, in order of (source, key) of each child's first record."""
    evidence: dict[int, Pair | None]
    """For each record of a child its strongest pair within it; None for one that has none."""
    referred: tuple[Pair, ...]
    """Pairs too close to call: a steward decides."""
    unplaced: frozenset[int] = frozenset()
    """Records that make no child and were linked to none."""
    crowded: bool = False
    """The neighbourhood was too large for possible links; it becomes a task as a whole."""


def resolve(
    members: Iterable[Member],
    pairs: Iterable[Pair],
    judgements: Iterable[Judgement] = (),
    *,
    reading: Reading = CHILDREN,
    sure: float = SURE,
) -> Resolution:
    """Partition one neighbourhood.

    Judgements first; then pairs that are sure when rivals are counted, heaviest first, each unless
    a judgement, a source that holds one record of a child, or a hard contradiction stands between
    any records of the two groups, or another pair of theirs takes back what this one says. What is
    not sure, and what a rule refers, waits for a person, and so do two records of one source that
    share a number, unless other pairs of their children do.
    """
    known = sorted(members, key=lambda m: (m.source, m.key, m.ordinal))
    if len(known) == 1:
        return _alone(known[0])
    rank = {member.ordinal: place for place, member in enumerate(known)}
    ordered = sorted(_ordered(pairs, rank), key=lambda p: _turn(p, rank, reading))
    candidates = [pair for pair in ordered if not pair.twice]
    groups = _Groups(known, candidates, list(judgements), reading)
    crowded = len(known) > CROWD
    undecided: list[Pair] = []
    unjudged = groups.unjudged(candidates)
    if reading.counts_rivals:
        given_up = groups.given_up(candidates)
        counted = with_rivals(
            unjudged, known, given_up=given_up, sure=sure, together=groups.together
        )
        links = _links(unjudged, counted, sure)
        groups.weigh(unjudged, counted)
    else:
        links = _unrivalled(unjudged, known)
    shared, crossed = _numbers_in_doubt(unjudged, reading)
    links -= _on_the_wrong_child(shared, crossed)
    doubted = shared | crossed
    for pair in candidates:
        if groups.together(pair.left, pair.right):
            continue
        if pair in links:
            if not (groups.are_one(pair, sure) and groups.join(pair.left, pair.right)):
                undecided.append(pair)
        elif pair.outcome == "link" or (
            not crowded and (pair.outcome == "review" or pair in doubted)
        ):
            undecided.append(pair)
    referred = tuple(p for p in undecided if groups.is_open(p, in_doubt=p in doubted))
    referred += tuple(groups.untold((pair for pair in ordered if pair.twice), referred))
    return _resolution(groups, known, candidates, referred, crowded=crowded)


def _alone(member: Member) -> Resolution:
    """The answer for a record that nothing connects to another."""
    own = frozenset({member.ordinal})
    if member.makes_child:
        return Resolution((own,), {member.ordinal: None}, ())
    return Resolution((), {}, (), unplaced=own)


def neighbourhoods(
    left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], ...]:
    """Ordinals of each connected set of pairs, ascending; the sets by their lowest ordinal."""
    parent: dict[int, int] = {}

    def root(x: int) -> int:
        while (up := parent.setdefault(x, x)) != x:
            parent[x] = x = parent[up]
        return x

    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, other = sorted((root(a), root(b)))
        parent[other] = one
    sets: dict[int, list[int]] = {}
    for ordinal in sorted(parent):
        sets.setdefault(root(ordinal), []).append(ordinal)
    return tuple(np.array(found, np.int64) for found in sets.values())


class _Groups:
    """Records joined so far, and what keeps groups apart."""

    def __init__(
        self,
        members: Sequence[Member],
        pairs: Sequence[Pair],
        judgements: Sequence[Judgement],
        reading: Reading,
    ) -> None:
        self._of = {m.ordinal: {m.ordinal} for m in members}
        self._exclusive = {m.ordinal: m.exclusive for m in members}
        self._verified = {m.ordinal: m.verified for m in members}
        self._upns = {m.ordinal: m.upns for m in members}
        self._are_numbered = any(m.verified or m.upns for m in members)
        ends = [(p.left, p.right) for p in pairs if p.outcome == "link"]
        self._linked = {*ends, *((right, left) for left, right in ends)}
        self._weights: dict[tuple[int, int], float] = {}
        self._apart: set[tuple[int, int]] = set()
        self._judged: set[tuple[int, int]] = set()
        self._given_up = {(j.left, j.right) for j in judgements if j.given_up}
        judged = [j for j in judgements if j.left in self._of and j.right in self._of]
        for judgement in judged:
            key = (judgement.left, judgement.right)
            self._judged |= {key, key[::-1]}
            if not judgement.same:
                self._apart |= {key, key[::-1]}
        for judgement in judged:
            if judgement.same:
                self._unite(judgement.left, judgement.right)
        self._add_contradictions(pairs, reading)

    def _add_contradictions(self, pairs: Iterable[Pair], reading: Reading) -> None:
        for pair in pairs:
            key = (pair.left, pair.right)
            if key not in self._judged and reading.contradicts(pair.pattern):
                self._apart |= {key, key[::-1]}

    def unjudged(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Pairs of which no steward has said what they are: those kept apart are no rivals."""
        return [pair for pair in pairs if (pair.left, pair.right) not in self._judged]

    def given_up(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Pairs of one person whose left identity was given up for that of the right."""
        if not self._given_up:
            return []
        both = ((pair, pair._replace(left=pair.right, right=pair.left)) for pair in pairs)
        return [pair for two in both for pair in two if (pair.left, pair.right) in self._given_up]

    def together(self, left: int, right: int) -> bool:
        return self._of[left] is self._of[right]

    def join(self, left: int, right: int) -> bool:
        """Make one group of two unless something stands between them; whether it was made."""
        if self.are_barred(left, right):
            return False
        self._unite(left, right)
        return True

    def weigh(self, pairs: Iterable[Pair], weights: Iterable[float]) -> None:
        """Take note of what pairs weigh when rivals are counted."""
        for pair, weight in zip(pairs, weights, strict=True):
            self._weights[pair.left, pair.right] = self._weights[pair.right, pair.left] = weight

    def are_one(self, pair: Pair, sure: float) -> bool:
        """Whether a pair still makes its two groups one when what speaks against that is taken off.

        That is what the least likely pair of the two groups weighs, where it is below nothing. A
        record that is like one member of a group and unlike another hangs on to it by too little.
        """
        if not self._weights:
            return True
        one, other = self._sides(pair)
        across = (self._weights.get((a, b), 0.0) for a in one for b in other)
        return self._weights[pair.left, pair.right] + min(0.0, *across) >= sure

    def are_barred(self, left: int, right: int) -> bool:
        """Whether any two records of the two groups cannot be one child."""
        one, other = self._of[left], self._of[right]
        taken = {self._exclusive[o] for o in one} - {""}
        if taken and any(self._exclusive[o] in taken for o in other):
            return True
        if self._are_numbered:
            if len({self._verified[o] for o in one | other} - {""}) > 1:
                return True
            if any(self._are_two_pupils(a, b) for a in one for b in other):
                return True
        return bool(self._apart) and any((a, b) in self._apart for a in one for b in other)

    def _are_two_pupils(self, left: int, right: int) -> bool:
        one, other = self._upns[left], self._upns[right]
        return bool(one and other and not one & other) and (left, right) not in self._linked

    def is_open(self, pair: Pair, *, in_doubt: bool) -> bool:
        """Whether a pair still needs a person: not joined, not judged, not settled by a rival.

        A pair across two groups that a one-record-each source keeps apart is settled when both
        of its records are linked already: each has its own partner. Not so where a number is
        ``in_doubt``: whichever child each is of, one of them bears the other's.
        """
        if self.together(pair.left, pair.right) or (pair.left, pair.right) in self._judged:
            return False
        if in_doubt:
            return True
        if (pair.left, pair.right) in self._apart:
            return False
        if not self.are_barred(pair.left, pair.right):
            return True
        return pair.outcome == "link" and min(map(len, self._sides(pair))) < 2

    def untold(self, pairs: Iterable[Pair], told: Iterable[Pair]) -> Iterator[Pair]:
        """Those of the pairs between two groups that nobody judged, and no other pair asks about.

        Of several between the same two groups the first alone.
        """
        known = {self._between(pair) for pair in told}
        for pair in pairs:
            one, other = self._sides(pair)
            is_judged = any((a, b) in self._judged for a in one for b in other)
            if one is not other and not is_judged and self._between(pair) not in known:
                known.add(self._between(pair))
                yield pair

    def _between(self, pair: Pair) -> frozenset[int]:
        """The same for all pairs between two groups."""
        return frozenset(map(min, self._sides(pair)))

    def _sides(self, pair: Pair) -> tuple[set[int], set[int]]:
        return self._of[pair.left], self._of[pair.right]

    def _unite(self, left: int, right: int) -> None:
        one, other = self._of[left], self._of[right]
        if one is not other:
            one |= other
            for ordinal in other:
                self._of[ordinal] = one

    def all(self, members: Sequence[Member]) -> list[frozenset[int]]:
        """Every group once, in the order of the members."""
        return list(dict.fromkeys(frozenset(self._of[m.ordinal]) for m in members))


def _ordered(pairs: Iterable[Pair], rank: dict[int, int]) -> Iterable[Pair]:
    """Pairs of members only, each with the record first by (source, key) on the left."""
    for pair in pairs:
        if pair.left in rank and pair.right in rank:
            in_order = rank[pair.left] < rank[pair.right]
            yield pair if in_order else pair._replace(left=pair.right, right=pair.left)


def _turn(pair: Pair, rank: dict[int, int], reading: Reading) -> tuple[float, int, int, int]:
    """Order of joining: by what the pairs say, then as the records stand."""
    return *strength(pair, reading), rank[pair.left], rank[pair.right]


def strength(pair: Pair, reading: Reading) -> tuple[float, int]:
    """Order of joining as far as the pairs say it: by weight, then what comes first."""
    return -pair.weight, -reading.comes_first(pair.pattern)


def with_rivals(
    pairs: Sequence[Pair],
    members: Iterable[Member],
    *,
    given_up: Iterable[Pair] = (),
    sure: float = SURE,
    together: Callable[[int, int], bool] = lambda *_: False,
) -> list[float]:
    """The weight of each pair, in their order, when the rivals of its records are counted.

    All candidates of the records have to be among the pairs; what is a non-link alone is none.
    Two records of one source that are one child by themselves, or ``together`` because people said
    so, are no rivals of each other.
    ``given_up``: pairs kept apart whose right record is a rival all the same, to the left alone.
    """
    known = list(members)
    source = {m.ordinal: m.source for m in known}
    verified = {m.ordinal: m.verified for m in known}
    one: set[tuple[int, int]] = set()
    found = Candidates(
        [p[:4] for p in pairs if p.outcome != "non_link"],
        source,
        lambda left, right: (left, right) in one or together(left, right),
        few={m.source for m in known if m.few},
        once={m.ordinal for m in known if m.exclusive},
        leaving={m.ordinal for m in known if m.stands_in},
        apart=lambda left, right: "" != verified[left] != verified[right] != "",
    )
    for pair in pairs:
        if source[pair.left] != source[pair.right]:
            continue
        if pair.outcome == "link" or _links_at(found.counted(*pair[:4]), pair, sure):
            one |= {(pair.left, pair.right), (pair.right, pair.left)}
    for pair in given_up:
        if pair.outcome != "non_link":
            found.rival(*pair[:4])
    return [found.counted(*p[:4]) for p in pairs]


def _links(pairs: Sequence[Pair], counted: Sequence[float], sure: float) -> set[Pair]:
    """Pairs that no rule keeps for a person, and that weigh enough when rivals are counted."""
    weighed = zip(pairs, counted, strict=True)
    return {pair for pair, weight in weighed if _links_at(weight, pair, sure)}


def _links_at(weight: float, pair: Pair, sure: float) -> bool:
    """Whether a pair links that weighs so much when rivals are counted."""
    is_open = pair.outcome == "review" and pair.margin is not None
    return (pair.outcome == "link" or is_open) and weight >= sure + (pair.margin or 0.0)


def _numbers_in_doubt(pairs: Sequence[Pair], reading: Reading) -> tuple[set[Pair], set[Pair]]:
    """Pairs that share a number and little else, and those that differ in one of these alone."""
    shared = {pair for pair in pairs if reading.shares_number(pair.pattern)}
    ends = {end for pair in shared for end in (pair.left, pair.right)}
    crossed = (pair for pair in pairs if pair.crossed)
    return shared, {pair for pair in crossed if not ends.isdisjoint((pair.left, pair.right))}


def _on_the_wrong_child(shared: set[Pair], crossed: set[Pair]) -> set[Pair]:
    """Pairs by whose number a record would go to one child, while all else puts it to another.

    Two records that exchanged their numbers look so (case 27): neither follows its number.
    """
    elsewhere = {end for pair in crossed for end in (pair.left, pair.right)}
    return {pair for pair in shared if not elsewhere.isdisjoint((pair.left, pair.right))}


def _unrivalled(pairs: Sequence[Pair], members: Sequence[Member]) -> set[Pair]:
    """Links but those whose record has another as strong among records that exclude each other.

    One that has a stronger link of its own elsewhere is no rival: it goes there.
    """
    exclusive = {m.ordinal: m.exclusive for m in members}
    links = [pair for pair in pairs if pair.outcome == "link"]
    sides = [(p, *ends) for p in links for ends in ((p.left, p.right), (p.right, p.left))]
    best: dict[tuple[int, str], Pair] = {}
    for pair, own, other in sides:
        best.setdefault((own, exclusive[other]), pair)
    close: set[Pair] = set()
    for pair, own, other in sides:
        first = best[own, exclusive[other]]
        prefers = best[other, exclusive[own]] is pair
        if first is not pair and prefers and exclusive[other]:
            close |= {first, pair} if first.weight - pair.weight < RIVAL else set()
    return set(links) - close


def _resolution(
    groups: _Groups,
    members: Sequence[Member],
    pairs: Sequence[Pair],
    referred: tuple[Pair, ...],
    *,
    crowded: bool,
) -> Resolution:
    makes = {m.ordinal for m in members if m.makes_child}
    found = groups.all(members)
    children = tuple(group for group in found if group & makes)
    evidence: dict[int, Pair | None] = {o: None for child in children for o in child}
    for pair in pairs:
        if groups.together(pair.left, pair.right):
            for ordinal in (pair.left, pair.right):
                if ordinal in evidence and evidence[ordinal] is None:
                    evidence[ordinal] = pair
    unplaced = frozenset(o for group in found if not group & makes for o in group)
    return Resolution(children, evidence, referred, unplaced, crowded)
