"""Folds looks, in their order, into what is usual, and finds those that are not."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from contactpoint.watching.child_signs import CHILD_SIGNS, Seen
from contactpoint.watching.day_signs import DAY_SIGNS, Today, crowd, dead_again, returning
from contactpoint.watching.habits import FADE, Day, Habit, Past, Usual
from contactpoint.watching.look import Child, Kind, Look, Near, Reader, near
from contactpoint.watching.signs import Sign

OF_CHILD = 3.5
"""Surprise from which the signs of one child make an alert."""
OF_DAY = 4.5
"""The same of a day: its signs are asked again at each look, so they have more chances to err."""
LAG = 7
"""Days by which what is usual for a reader lags behind today."""
QUIET = 7
"""Days for which the same is not said again of the same reader, unless it has grown much worse."""
WORSE = 3.0
WINDOW = 30
"""Days for which returns to a child are kept, and looks at the dead."""
NEWS = 7
"""Days within which a crowd gathers."""
FADE_OF_MANY = FADE ** (1 / 20)
SHOWN = 3
"""Children in one answer from which on it is no single one that was asked for."""


class Alert(msgspec.Struct, frozen=True):
    """What an auditor should ask somebody about."""

    at: int
    reader: str
    topic: str
    """The sign that weighs most."""
    signs: tuple[str, ...]
    surprise: float
    why: tuple[str, ...]
    """Nothing personal in it."""
    children: tuple[bytes, ...]


class Standing(msgspec.Struct, array_like=True):
    """What is kept of one reader."""

    habit: Habit = msgspec.field(default_factory=Habit)
    day: Day | None = None
    week: list[Past] = []
    """The days before it, up to a week: what is usual lags behind them, so that nobody can make
    usual within days what was not."""
    last: int = 0
    """The last day before this one on which they looked."""
    peers: str = ""
    calling: str = ""
    returns: dict[bytes, list[int]] = {}
    """The days of the last month on which they looked at a child that is nothing to their work."""
    dead: dict[bytes, int] = {}
    """Children who died, by the last day on which they looked."""
    said: dict[str, tuple[int, float]] = {}
    """The day of the last alert, by its topic, and how much it surprised."""


class State(msgspec.Struct):
    """All that watching keeps between two looks; it follows from the looks before."""

    readers: dict[str, Standing] = {}
    peers: dict[str, Habit] = {}
    """What is usual for those of the same roles, in one organisation and in all."""
    colleagues: dict[str, dict[str, tuple[str, str]]] = {}
    """Of each organisation: family name and home of those whose token states them."""
    crowds: dict[bytes, dict[str, tuple[str, int]]] = {}
    """By child: readers to whose work it is nothing, their organisation, and the day."""
    facts: dict[str, tuple[str, str]] = {}
    """Family name and home of readers whose token states them."""
    tokens: dict[str, dict[str, int]] = {}
    """Of each person: the tokens that were issued and not revoked, and when each expires."""
    revoked: dict[str, int] = {}
    """The day on which a person's tokens were revoked last."""
    swept: int = 0
    """The last day on which what is too old was thrown away."""


class Watcher:
    """Watches looks, one after the other."""

    def __init__(self, state: State, name_share: Callable[[str], float]) -> None:
        """``name_share``: which share of all children bear a folded family name."""
        self.state = state
        self._name_share = name_share

    def watch(self, looks: Iterable[Look]) -> Iterator[Alert]:
        """The alerts that these looks give rise to."""
        for look in looks:
            yield from self.one(look)

    def one(self, look: Look) -> list[Alert]:
        """Take one look in, and give the alerts that it gives rise to."""
        standing = self._standing(look)
        usual = self._usual(standing)
        day = standing.day
        assert day is not None
        fresh = [child for child in look.children if child.id not in day.children]
        _count(look, day)
        alerts = []
        for child in fresh:
            seen = Seen(look, child, usual, self._name_share, self._colleagues(look.reader))
            signs = _found(sign(seen) for sign in CHILD_SIGNS)
            alerts += self._raise(look, signs, OF_CHILD, child)
        today = _today(look, day, usual, standing)
        signs = _found(sign(today) for sign in DAY_SIGNS)
        for sign in signs:
            alerts += self._raise(look, [sign], OF_DAY)
        for about, sign in self._over_days(look, standing, usual):
            alerts += self._raise(look, [sign], OF_DAY, about)
        return alerts

    def _standing(self, look: Look) -> Standing:
        """The reader's, with a day begun for this look."""
        reader, state = look.reader, self.state
        standing = state.readers.setdefault(reader.name, Standing())
        if standing.day is not None and look.day > standing.day.day:
            self._end(standing, standing.day)
        if standing.day is None:
            standing.day = Day(look.day)
            while standing.week and look.day - standing.week[0].day > LAG:
                standing.habit.take(standing.week.pop(0))
            standing.peers, standing.calling = reader.peers, reader.calling
            if reader.family and reader.home and reader.organisation:
                known = state.colleagues.setdefault(reader.organisation, {})
                known[reader.name] = reader.family, reader.home
            self._sweep(look.day)
        return standing

    def _end(self, standing: Standing, day: Day) -> None:
        past = day.ended()
        standing.week.append(past)
        standing.day, standing.last = None, day.day
        for key in (standing.peers, standing.calling):
            self.state.peers.setdefault(key, Habit()).take(past, FADE_OF_MANY)

    def _usual(self, standing: Standing) -> Usual:
        near = self.state.peers.get(standing.peers)
        if near is None or near.days < 10:
            near = self.state.peers.get(standing.calling) or Habit()
        return Usual(standing.habit, near)

    def _colleagues(self, reader: Reader) -> dict[str, tuple[str, str]]:
        return self.state.colleagues.get(reader.organisation, {})

    def _over_days(
        self, look: Look, standing: Standing, usual: Usual
    ) -> Iterator[tuple[Child | None, Sign]]:
        """The signs that take more than a day to show, and the child that each is about."""
        for child in look.children if len(look.children) < SHOWN else ():
            if near(look.reader, child) is Near.NONE:
                days = standing.returns.setdefault(child.id, [])
                if look.day not in days:
                    days.append(look.day)
                if sign := returning(len(days), look.day - days[0] + 1, usual):
                    yield child, sign
                if sign := self._gathering(look, child):
                    yield child, sign
            if child.dead and not child.shielded:
                standing.dead[child.id] = look.day
                if sign := dead_again(len(standing.dead), usual):
                    yield None, sign

    def _gathering(self, look: Look, child: Child) -> Sign | None:
        seen_by = self.state.crowds.setdefault(child.id, {})
        seen_by[look.reader.name] = look.reader.peers, look.day
        lately = [of for of, day in seen_by.values() if look.day - day < NEWS]
        return crowd(len(lately), len(set(lately)))

    def _raise(
        self, look: Look, signs: list[Sign], threshold: float, child: Child | None = None
    ) -> list[Alert]:
        """An alert where the signs together reach the threshold, and it was not said lately."""
        total = sum(sign.surprise for sign in signs)
        if total < threshold:
            return []
        signs = sorted(signs, key=lambda sign: -sign.surprise)
        topic = signs[0].name
        # What is said of shielded children keeps nothing silent that others may be told.
        place = f"{topic}, shielded" if child and child.shielded else topic
        said = self.state.readers[look.reader.name].said
        day, before = said.get(place, (-QUIET, 0.0))
        if look.day - day < QUIET and total < before + WORSE:
            return []
        said[place] = look.day, total
        names, why = tuple(s.name for s in signs), tuple(s.why for s in signs)
        about = (child.id,) if child else ()
        return [Alert(look.at, look.reader.name, topic, names, round(total, 1), why, about)]

    def _sweep(self, today: int) -> None:
        """Throw away what is too old to count, once a day."""
        state = self.state
        if today <= state.swept:
            return
        state.swept = today
        for standing in state.readers.values():
            for child, days in list(standing.returns.items()):
                days[:] = [day for day in days if today - day < WINDOW]
                if not days:
                    del standing.returns[child]
            standing.dead = {c: day for c, day in standing.dead.items() if today - day < WINDOW}
            standing.said = {t: one for t, one in standing.said.items() if today - one[0] < QUIET}
        for child, readers in list(state.crowds.items()):
            kept = {name: one for name, one in readers.items() if today - one[1] < NEWS}
            if kept:
                state.crowds[child] = kept
            else:
                del state.crowds[child]


def _today(look: Look, day: Day, usual: Usual, standing: Standing) -> Today:
    week = [(past.counts["placed"], past.counts["none"]) for past in standing.week]
    placed = day.placed + sum(count for count, _ in week)
    none = day.count(Near.NONE) + sum(count for _, count in week)
    away = day.day - standing.last if standing.last else 0
    return Today(look, day, usual, (placed, none), away)


def _found(signs: Iterable[Sign | None]) -> list[Sign]:
    return [sign for sign in signs if sign is not None]


def _count(look: Look, day: Day) -> None:
    """Take a look into the day."""
    day.looks += 1
    day.hours[look.hour] = day.hours.get(look.hour, 0) + 1
    if look.behalf:
        day.behalf.add(look.behalf)
    nearness = [near(look.reader, child) for child in look.children]
    _count_act(look, day)
    if all(one is Near.NONE for one in nearness):
        day.tried += look.asked.numbers
    for child, one in zip(look.children, nearness, strict=True):
        _count_child(look, day, child, one)


def _count_act(look: Look, day: Day) -> None:
    asked, found = look.asked, bool(look.children)
    match look.kind:
        case Kind.REFUSED:
            day.refused += 1
        case Kind.LISTED:
            day.listed += 1
            day.asked_after.update(child.id for child in look.children)
        case Kind.SEARCH if not found and asked.person and asked.hidden:
            day.probes.setdefault(asked.person, set()).add(asked.hidden)
        case Kind.READ | Kind.OVERRIDE:
            day.reads += 1
            day.nothing += not found
            day.vacant += not found and asked.fits
            day.overrides += found and look.kind is Kind.OVERRIDE
        case _:
            pass


def _count_child(look: Look, day: Day, child: Child, nearness: Near) -> None:
    if child.id not in day.children:
        day.children.add(child.id)
        day.opened[look.hour] = day.opened.get(look.hour, 0) + (look.kind is Kind.READ)
        day.tally[nearness] += 1
    if child.shielded:
        day.shielded.add(child.id)
        return  # nothing that is hidden counts beside what others may be told
    if look.reader.home in child.homes:
        day.neighbours.add(child.id)
    if child.dead:
        day.dead.add(child.id)
    if nearness is Near.NONE and look.asked.reason:
        day.reasons.setdefault(look.asked.reason, set()).add(child.id)
