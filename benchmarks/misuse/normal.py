"""Six weeks of normal work, with what is odd about normal work in it.

Slips of the fingers, namesakes in the answer to a search, brothers and sisters opened together, new
cases that the index does not know of for some days, days of intake, leave, late evenings, looks at
the dead and the shielded by those whose work they are, overrides in earnest, acts that a newcomer
may not do, neighbours' and colleagues' children among one's own pupils.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.misuse.place import Place
from benchmarks.misuse.staff import Member, Work
from contactpoint.watching.look import Asked, Child, Kind, Look

FIRST = 20_710
"""2026-09-14, a Monday, in days since 1970-01-01."""
WEEKS = 6
HOUR = 3_600_000_000
SLIP = 0.02
"""Numbers that are typed wrong; the check digit finds all of them."""
STALE = 0.002
"""Numbers that pass the check digit and are nobody's any more."""
VAIN = 0.06
"""Searches that find nobody."""
NAMESAKES = 0.1
"""Searches that find others too."""
PHRASES = ("whom to ring", "enquiry", "new pupil", "contact from school", "ward", "new patient")


@dataclass
class Writer:
    """Writes the looks of one member."""

    member: Member
    place: Place
    rng: random.Random
    looks: list[Look] = field(default_factory=list)

    def opened(self, at: int, child: Child) -> None:
        """A search or a number, and the child."""
        rng = self.rng
        reason, case = self._reason()
        if self.member.work.kind is Kind.READ and rng.random() < 0.45:
            self._searched(at, child, reason)
            at += 30_000_000
        elif rng.random() < SLIP:
            self.look(at, Kind.READ, (), Asked(numbers=(a_number(rng),), reason=reason, case=case))
            at += 20_000_000
        elif rng.random() < STALE:
            typed = Asked(numbers=(a_number(rng),), fits=True, reason=reason, case=case)
            self.look(at, Kind.READ, (), typed)
        typed = Asked(numbers=(a_number(rng),), fits=True, reason=reason, case=case)
        self.look(at, self.member.work.kind, (child,), typed)

    def _searched(self, at: int, child: Child, reason: str) -> None:
        rng = self.rng
        family = next(iter(child.families), "")
        person = f"{family} {rng.random():.12f}"
        by = rng.random()
        home = next(iter(child.homes), "") if by < 0.25 else ""
        pupil = (a_number(rng),) if by > 0.85 else ()
        hidden = home or str(*pupil)
        asked = Asked(family, home, person, hidden, pupil, reason=reason)
        if rng.random() < VAIN:
            for _ in range(rng.choice((1, 1, 2))):
                asked = Asked(family, home, person, f"{rng.random()}", pupil, reason=reason)
                self.look(at, Kind.SEARCH, (), asked)
                at += 15_000_000
        if child.shielded and hidden:
            self.look(at, Kind.SEARCH, (), asked)
            return
        others = [rng.choice(self.place.children)] if rng.random() < NAMESAKES else []
        found = [namesake(one, family) for one in others]
        self.look(at, Kind.SEARCH, (child, *found), asked)

    def look(self, at: int, kind: Kind, children: tuple[Child, ...], asked: Asked) -> None:
        """One look."""
        self.looks.append(Look(at, self.member.reader, kind, children, asked))

    def _reason(self) -> tuple[str, bool]:
        if self.rng.random() < 0.6:
            return self.rng.choice(PHRASES), False
        return f"case {self.rng.randrange(10**6)}", True


def namesake(child: Child, family: str) -> Child:
    """A namesake: another child under a family name."""
    return Child(
        child.id, frozenset({family}), child.homes, child.services, child.authorities,
        child.shielded, child.dead,
    )  # fmt: skip


def log(members: list[Member], place: Place, rng: random.Random, weeks: int = WEEKS) -> list[Look]:
    """All looks of normal work, in order."""
    looks: list[Look] = []
    for member in members:
        looks += _of(Writer(member, place, random.Random(rng.random())), weeks)
    return sorted(looks, key=lambda look: (look.at, look.reader.name))


def _of(writer: Writer, weeks: int) -> list[Look]:
    member, rng = writer.member, writer.rng
    away = rng.randrange(weeks) if rng.random() < 0.5 else -1
    length = rng.choice((1, 1, 1, 2, 3))
    intake = rng.randrange(weeks * 5) if "school" in member.work.name else -1
    later: list[tuple[int, Child]] = []
    for week in range(weeks):
        if away <= week < away + length and away >= 0:
            continue
        begins = rng.choice(member.work.begins)
        for day in _days(member.work, rng):
            date = FIRST + week * 7 + day
            for child in _children(writer, later, date, intake == week * 5 + day):
                writer.opened(_moment(date, begins, member.work, rng), child)
            _beside(writer, date, begins)
    return writer.looks


def _days(work: Work, rng: random.Random) -> list[int]:
    return sorted(rng.sample(range(7 if work.weekend else 5), work.days))


def _moment(date: int, begins: int, work: Work, rng: random.Random) -> int:
    hour = begins + rng.random() * work.hours
    if rng.random() < work.late:
        hour = 18 + rng.random() * 5
    return int((date * 24 + hour) * HOUR)


def _children(
    writer: Writer, later: list[tuple[int, Child]], date: int, intake: bool
) -> Iterator[Child]:
    """Whom the member sees on a day."""
    member, rng, place = writer.member, writer.rng, writer.place
    for when, child in list(later):
        if when <= date:
            later.remove((when, child))
            yield child
    if intake:
        for _ in range(rng.randrange(8, 25)):
            yield rng.choice(place.of_authority[member.reader.authority])
    for _ in range(_count(member, rng)):
        child = _one(member, place, rng)
        yield child
        if rng.random() < 0.3:
            yield from _siblings(child, place)
        if rng.random() < 0.25:
            # The child becomes part of their work, which their own feed says some days later.
            for step in range(1, rng.randrange(2, 6)):
                known = child if step < 4 else _known(child, member)
                later.append((date + step, known))


def _known(child: Child, member: Member) -> Child:
    services = child.services | {member.reader.organisation}
    return Child(
        child.id, child.families, child.homes, services, child.authorities, child.shielded,
        child.dead,
    )  # fmt: skip


def _one(member: Member, place: Place, rng: random.Random) -> Child:
    reader, work = member.reader, member.work
    while True:
        drawn = rng.random()
        if drawn < work.own and place.of_service[reader.organisation]:
            child = rng.choice(place.of_service[reader.organisation])
        elif drawn < work.own + work.authority:
            child = rng.choice(place.of_authority[reader.authority])
        else:
            child = rng.choice(place.children)
        if member.declared and child in member.family:
            continue
        if not child.dead or rng.random() < 0.3:
            return child


def _siblings(child: Child, place: Place) -> list[Child]:
    home = next(iter(child.homes), "")
    return [
        one
        for one in place.of_home[home]
        if one.families == child.families and one.id != child.id
    ][:3]  # fmt: skip


def _count(member: Member, rng: random.Random) -> int:
    """A negative binomial about the member's own mean."""
    mean = member.work.a_day * member.pace
    return _poisson(rng.gammavariate(member.work.burst, mean / member.work.burst), rng)


def _poisson(mean: float, rng: random.Random) -> int:
    left, count = math.exp(-mean), 0
    product = rng.random()
    while product > left:
        product *= rng.random()
        count += 1
    return count


def _beside(writer: Writer, date: int, begins: int) -> None:
    """What happens beside opening children: lists, refusals, overrides."""
    member, rng = writer.member, writer.rng
    for _ in range(_poisson(rng.gammavariate(1, member.work.lists or 1e-9), rng)):
        children = (rng.choice(writer.place.children),) if rng.random() < 0.5 else ()
        at = _moment(date, begins, member.work, rng)
        writer.look(at, Kind.LISTED, children, Asked(reason="audit"))
    for _ in range(_poisson(0.03, rng)):
        at = _moment(date, begins, member.work, rng)
        writer.look(at, Kind.REFUSED, (), Asked())
    if member.work.name in ("duty at night", "police") and rng.random() < 0.01:
        at = _moment(date, begins, member.work, rng)
        writer.look(at, Kind.OVERRIDE, (rng.choice(writer.place.shielded),), Asked(reason="harm"))


def a_number(rng: random.Random) -> int:
    """The digits of a number, drawn as those of children are."""
    return rng.randrange(10**11)
