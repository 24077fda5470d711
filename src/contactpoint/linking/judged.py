"""What people have laid upon the records that a run links: judgements and never-links."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from uuid import UUID

from contactpoint.streams import recorded
from events.judgement import ACT, JudgementReversed, PairJudged
from events.log import Log
from events.message import Event, Origin, Recorded
from events.never_link import (
    GrowNeverLink,
    NeverLink,
    NeverLinkDrawn,
    NeverLinkEvent,
    NeverLinkGrown,
    NeverLinkLifted,
    SidesGivenBack,
    decide,
    evolve,
    sides_of,
)
from events.store.head_reader import Sided
from events.store.heads import SideRecord
from linkage.judgements import Sides, implied
from linkage.resolve import Judgement, Pair

Edge = tuple[int, int]
"""Two records, by ordinal, that are seen together."""
Growth = dict[UUID, list[Sided]]
"""Who comes to stand on the sides of each never-link."""
SIDES = ("left", "old"), ("right", "new")
CHANGES: tuple[type[Event], ...] = (
    PairJudged,
    JudgementReversed,
    NeverLinkDrawn,
    SidesGivenBack,
    NeverLinkLifted,
)
"""Events after which the records they speak of are linked again."""


class Laid:
    """Judgements and never-links as they stood at ``position``, by ordinal.

    All that were ever laid are read at once: people judge some thousands of pairs in the time in
    which machines judge millions.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.position = -1
        """Where the head of judgements stood; a commit is refused when it has moved since."""
        self._judged: dict[int, list[Judgement]] = {}
        self._sided: dict[UUID, dict[int, Sided]] = {}
        self._stands: dict[int, list[Sided]] = {}
        self._drawn: dict[UUID, int] = {}

    def read(self) -> None:
        """Bring all up to date; a query of one row where nothing was laid since."""
        # The position first: what is laid while the rest is read makes the next commit be refused.
        position = self._log.heads.act(ACT)
        if position == self.position:
            return
        self._judged, self._sided, self._stands = {}, {}, {}
        for one in self._log.heads.judged() if position else ():
            judgement = Judgement(min(one[:2]), max(one[:2]), one.same)
            for ordinal in (one.left, one.right):
                self._judged.setdefault(ordinal, []).append(judgement)
        for stands in self._log.heads.sided() if position else ():
            self._stand(stands)
        self.position = position

    def suppose(self, judgements: Iterable[Judgement]) -> None:
        """Take judgements for laid that are not, to see what would follow; for a plan alone."""
        for judgement in judgements:
            for ordinal in judgement[:2]:
                self._judged.setdefault(ordinal, []).append(judgement)

    def _stand(self, stands: Sided) -> None:
        self._sided.setdefault(stands.never_link, {})[stands.ordinal] = stands
        self._stands.setdefault(stands.ordinal, []).append(stands)

    def beside(self, ordinals: Collection[int]) -> set[int]:
        """Records, withdrawn ones too, that anything was laid upon together with these."""
        return {
            other
            for ordinal in self._touched(ordinals)
            for one in (self._pairs(ordinal), self._across(ordinal))
            for other in one
        }

    def edges(self, ordinals: Collection[int]) -> list[Edge]:
        """Edges that let these records be seen with those that they were judged with."""
        known = set(ordinals)
        return [
            (ordinal, other)
            for ordinal in self._touched(known)
            for other in (*self._pairs(ordinal), *self._across(ordinal))
            if other in known
        ]

    def among(
        self, ordinals: Collection[int], members: Collection[int], seen: Collection[int] = ()
    ) -> list[Judgement]:
        """What follows from all this for ``members``, which are current, of a neighbourhood.

        ``seen``: those of them that are of children whom readers are shown.
        """
        touched = self._touched(ordinals)
        if not touched:
            return []
        judged = {judgement for ordinal in touched for judgement in self._judged.get(ordinal, ())}
        laid = self._laid(touched)
        return implied(
            judged,
            [self._sides(one) for one in laid],
            members,
            given_up=[self._sides(one) for one in laid if self._is_renewed(one)],
            together=[self._old(one).difference(seen) for one in laid],
        )

    def judged(self, pairs: Iterable[Pair]) -> Iterator[tuple[Judgement, Pair]]:
        """Those of the pairs that a steward judged, each with what was said."""
        for pair in pairs:
            for judgement in self._judged.get(pair.left, ()):
                if {*judgement[:2]} == {pair.left, pair.right}:
                    yield judgement, pair

    def grown(self, groups: Iterable[tuple[Collection[int], dict[int, UUID]]]) -> Growth:
        """The records that come to stand on a side, because others of their child do."""
        found: dict[UUID, list[Sided]] = {}
        for group, ids in groups:
            for ordinal in self._touched(group):
                for stands in self._stands.get(ordinal, ()):
                    side = self._sided[stands.never_link]
                    found.setdefault(stands.never_link, []).extend(
                        Sided(stands.never_link, ids[other], other, stands.side)
                        for other in group
                        if other not in side
                    )
        return {one: list(dict.fromkeys(new)) for one, new in found.items() if new}

    def given_up(self, ordinals: Collection[int]) -> set[int]:
        """Those of the records that are of an identity which an adoption ended."""
        return {o for o in self._touched(ordinals) if self._last(o) == "old"}

    def made_new(self, ordinals: Collection[int]) -> set[int]:
        """Those that are of an identity which an adoption made, by the last that they stand in."""
        return {o for o in self._touched(ordinals) if self._last(o) == "new"}

    def _last(self, ordinal: int) -> str:
        """The side on which the last adoption that it stands in has a record; empty for none."""
        stands = [one for one in self._stands.get(ordinal, ()) if one.side in {"old", "new"}]
        if len({one.side for one in stands}) > 1:
            stands.sort(key=lambda one: self._when(one.never_link))
        return stands[-1].side if stands else ""

    def _when(self, never_link: UUID) -> int:
        """When a never-link was drawn (microseconds)."""
        if never_link not in self._drawn:
            self._drawn[never_link] = self._log.stream(never_link, opened=False)[0].origin.recorded
        return self._drawn[never_link]

    def identities(self) -> list[frozenset[int]]:
        """The records of each identity that an adoption ended or made, withdrawn ones too."""
        return [
            frozenset(one.ordinal for one in stands.values() if one.side == side)
            for _, stands in sorted(self._sided.items())
            for side in ("old", "new")
        ]

    def growth(self, grown: Growth, origin: Origin) -> tuple[list[Recorded], list[SideRecord]]:
        """The events and heads that let sides grow."""
        messages: list[Recorded] = []
        heads: list[SideRecord] = []
        for one, new in sorted(grown.items()):
            known = self._log.replay(one, NeverLink(), evolve)
            left, right = (
                frozenset(stands.record for stands in new if stands.side in side) for side in SIDES
            )
            events = decide(GrowNeverLink(left, right), known)
            messages += recorded(one, known.version, events, origin)
            for event in events:
                heads += side_records(one, event, known)
        return messages, heads

    def let_grow(self, grown: Growth) -> None:
        """Take records to stand on their sides already, for what follows of it.

        A commit then lets them (``has_grown``), or fails and they are forgotten (``forget``); a
        plan keeps them for as long as it lasts.
        """
        for new in grown.values():
            for stands in new:
                self._stand(stands)

    def has_grown(self, position: int) -> None:
        """A commit of our own, that ended at ``position``, has let sides grow."""
        self.position = position

    def forget(self) -> None:
        """Read all anew the next time, and forget who was only taken to stand somewhere."""
        self.position = -1

    def _touched(self, ordinals: Collection[int]) -> list[int]:
        """Those of the records that anything was laid upon."""
        if not self._judged and not self._stands:
            return []
        return [o for o in ordinals if o in self._judged or o in self._stands]

    def _pairs(self, ordinal: int) -> list[int]:
        return [j.right if j.left == ordinal else j.left for j in self._judged.get(ordinal, ())]

    def _across(self, ordinal: int) -> list[int]:
        return [
            o for stands in self._stands.get(ordinal, ()) for o in self._sided[stands.never_link]
        ]

    def _laid(self, ordinals: Iterable[int]) -> list[UUID]:
        laid = {stands.never_link for o in ordinals for stands in self._stands.get(o, ())}
        return sorted(laid)

    def _sides(self, never_link: UUID) -> Sides:
        stands = self._sided[never_link].values()
        left, right = (
            frozenset(one.ordinal for one in stands if one.side in side) for side in SIDES
        )
        return left, right

    def _is_renewed(self, never_link: UUID) -> bool:
        return any(one.side in {"old", "new"} for one in self._sided[never_link].values())

    def _old(self, never_link: UUID) -> frozenset[int]:
        """The records of a retired identity, which are held together: each would be seen alone.

        What readers are shown of a child that came near to it later is none of it, though it stands
        on that side: what stewards say of its records goes before.

        Not those of which a later adoption made a new identity: they are seen, and by what they
        state they are linked.
        """
        stands = self._sided[never_link].values()
        old = (one.ordinal for one in stands if one.side == "old")
        return frozenset(ordinal for ordinal in old if self._last(ordinal) == "old")


def side_records(never_link: UUID, event: NeverLinkEvent, before: NeverLink) -> list[SideRecord]:
    """Where the records of a never-link come to stand by one more event of it."""
    match event:
        case NeverLinkDrawn(renewed=renewed):
            stands = sides_of(event, renewed=renewed)
        case NeverLinkGrown():
            stands = sides_of(event, renewed=before.is_renewed)
        case SidesGivenBack(records=records):
            return [SideRecord(never_link, record, "") for record in records]
        case NeverLinkLifted():
            return [SideRecord(never_link, record, "") for record in before.left | before.right]
    return [SideRecord(never_link, record, side) for record, side in stands]


def spoken_of(event: Event) -> Sequence[UUID]:
    """The records that an event of people speaks of; none where it is of another kind."""
    match event:
        case PairJudged(left=left, right=right) | JudgementReversed(left=left, right=right):
            return left, right
        case NeverLinkDrawn(left=ones, right=others):
            return *ones, *others
        case SidesGivenBack(records=records):
            return records
        case _:
            return ()
