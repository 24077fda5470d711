"""What is usual for a reader: a few sums of their days, faded, so that each is kept in a line."""

import math

import msgspec

from contactpoint.watching.look import Near

FADE = 0.5 ** (1 / 30)
"""By which a day counts less with each working day that follows: half after thirty."""
PRIOR = 20.0
"""Looks by which what is usual for others weighs beside one's own."""
PRIOR_DAYS = 4.0
HOURS = 48


class Day(msgspec.Struct, array_like=True):
    """What a reader did on one day so far. Each child counts once."""

    day: int
    looks: int = 0
    children: set[bytes] = set()
    tally: list[int] = msgspec.field(default_factory=lambda: [0] * len(Near))
    """How many of them were as near as each ``Near`` says, when they were seen first."""
    neighbours: set[bytes] = set()
    """Children of the reader's own postcode."""
    shielded: set[bytes] = set()
    dead: set[bytes] = set()
    reads: int = 0
    nothing: int = 0
    """Reads by number that found nobody."""
    vacant: int = 0
    """Of them, those whose number passes its check digit: it is nobody's, and no slip."""
    tried: list[int] = []
    """Numbers that found nobody, or somebody whom their work does not touch."""
    overrides: int = 0
    refused: int = 0
    listed: int = 0
    asked_after: set[bytes] = set()
    """Children of whom they asked who had looked."""
    hours: dict[int, int] = {}
    """How many looks fell into each hour."""
    opened: dict[int, int] = {}
    """How many children were opened, one by one, in each hour."""
    probes: dict[str, set[str]] = {}
    """By the person searched for: what was tried beside and found nobody."""
    reasons: dict[str, set[bytes]] = {}
    """By the reason: the children, nothing to their work, that it was given for."""
    behalf: set[str] = set()

    def count(self, nearness: Near) -> int:
        """How many children of the day are no nearer than this."""
        return sum(self.tally[nearness : Near.UNKNOWN])

    @property
    def placed(self) -> int:
        """Children of whom it is known how near they are."""
        return sum(self.tally[: Near.UNKNOWN])

    def ended(self) -> "Past":
        """The day in a few counts."""
        counts = {
            "days": 1,
            "looks": self.looks,
            "squares": self.looks**2,
            "placed": self.placed,
            "beyond": self.count(Near.AUTHORITY),
            "none": self.count(Near.NONE),
            "shielded": len(self.shielded),
            "dead": len(self.dead),
            "reads": self.reads,
            "nothing": self.nothing,
            "overrides": self.overrides,
            "refused": self.refused,
            "listed": self.listed,
            "asked_after": len(self.asked_after),
        }
        return Past(self.day, counts, self.hours)


class Past(msgspec.Struct, frozen=True, array_like=True):
    """A day that has ended, in a few counts."""

    day: int
    counts: dict[str, int]
    """By the names of the sums of a ``Habit``."""
    hours: dict[int, int]


class Habit(msgspec.Struct, array_like=True):
    """The faded sums of a reader's days, or of all of a kind of readers."""

    days: float = 0.0
    looks: float = 0.0
    squares: float = 0.0
    """Of the looks of each day."""
    placed: float = 0.0
    beyond: float = 0.0
    """Children no nearer than by their authority."""
    none: float = 0.0
    """Children who are nothing to their work."""
    shielded: float = 0.0
    dead: float = 0.0
    reads: float = 0.0
    nothing: float = 0.0
    overrides: float = 0.0
    refused: float = 0.0
    listed: float = 0.0
    asked_after: float = 0.0
    hours: list[float] = msgspec.field(default_factory=lambda: [0.0] * HOURS)

    def take(self, past: Past, fade: float = FADE) -> None:
        """Take a day that has ended into what is usual."""
        for name, count in past.counts.items():
            setattr(self, name, getattr(self, name) * fade + count)
        self.hours = [share * fade for share in self.hours]
        for hour, count in past.hours.items():
            self.hours[hour] += count


class Usual(msgspec.Struct, frozen=True):
    """What is usual for a reader, with what is usual for those whose work is alike behind it."""

    own: Habit
    peers: Habit

    def share(self, hits: str, of: str, start: float) -> float:
        """Which share is usual; ``start`` is what it is taken for where nothing is known."""
        theirs = _share(getattr(self.peers, hits), getattr(self.peers, of), start)
        return _share(getattr(self.own, hits), getattr(self.own, of), theirs)

    def daily(self, what: str, start: float) -> float:
        """How many a day are usual."""
        theirs = _share(getattr(self.peers, what), self.peers.days, start, PRIOR_DAYS)
        return _share(getattr(self.own, what), self.own.days, theirs, PRIOR_DAYS)

    def spread(self, mean: float, start: float) -> float:
        """The variance of the looks of a day, about a mean."""
        theirs = _share(self.peers.squares, self.peers.days, start, PRIOR_DAYS)
        squares = _share(self.own.squares, self.own.days, theirs, PRIOR_DAYS)
        return max(squares - mean**2, mean, (0.4 * mean) ** 2)

    @property
    def is_known(self) -> bool:
        """Whether enough days are known, of the reader or of others, to say what is unusual."""
        return self.own.days >= 3 or self.peers.days >= 10

    @property
    def keeps_hours(self) -> bool:
        """Whether the reader is known for some weeks, and works by day: shifts change."""
        by_day = math.fsum(self.own.hours[7:20])
        return self.own.days >= 8 and by_day >= 0.9 * sum(self.own.hours)

    def at(self, hour: int) -> float:
        """Which share of looks is usual at about this hour of such a day.

        Theirs or, where that is more, that of others who work alike: shifts change.
        """
        theirs = _share(_about(self.peers.hours, hour), sum(self.peers.hours), 3 / HOURS, PRIOR)
        own = _share(_about(self.own.hours, hour), sum(self.own.hours), theirs, PRIOR)
        return max(own, theirs)


def _share(hits: float, of: float, start: float, weight: float = PRIOR) -> float:
    return (hits + weight * start) / (of + weight)


def _about(hours: list[float], hour: int) -> float:
    """What falls within an hour of this one, on the same kind of day."""
    first = hour // 24 * 24
    return math.fsum(hours[first + (hour + step) % 24] for step in (-1, 0, 1))
