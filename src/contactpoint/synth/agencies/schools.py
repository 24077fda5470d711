"""State schools: who is on roll at each, and how its census changes when it is sent again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from contactpoint.synth import rates
from contactpoint.synth.days import FIRST_NIGHT, Days, reception_year
from contactpoint.synth.families import Child
from contactpoint.synth.numbers import Upns
from contactpoint.synth.places import Area
from contactpoint.synth.statement import Said, say

_BEFORE: Final = replace(rates.SCHOOL, stale_address=rates.LEFT_BEFORE_MOVING)
"""Of those who left a school: it is the old home that it knows."""
SPRING: Final = ("Spring", 2026, FIRST_NIGHT.isoformat())
"""Term, year and reference day."""
AUTUMN: Final = ("Autumn", 2025, "2025-10-02")
_SCHOOL_YEAR: Final = 2025
"""The school year of both censuses began in this September."""


@dataclass(frozen=True, slots=True)
class Pupil:
    """One pupil in one school's census."""

    person: str
    upn: str
    said: Said
    child: Child
    entered: str
    year: int
    """National curriculum year, 0 for reception."""
    status: str = "C"
    """C current, M main and S subsidiary of two registrations."""
    former_upn: str = ""
    left: str = ""
    """The day on which the pupil left, of those no longer on roll."""


@dataclass(frozen=True, slots=True)
class Census:
    """One school's census of one term, and the night on which it is delivered."""

    night: int
    laestab: str
    term: tuple[str, int, str]
    serial: int
    pupils: Sequence[Pupil]


class Schools:
    """Enrols the children of one neighbourhood after another."""

    def __init__(self, days: Days, upns: Upns) -> None:
        self._days = days
        self._upns = upns
        self._rolls: dict[str, list[Pupil]] = {}

    def enrol(self, child: Child, area: Area, elsewhere: Area, rng: Random) -> None:
        """Put a child of school age on the rolls of its schools, if it goes to a state school."""
        year = _SCHOOL_YEAR - reception_year(child.born)
        if child.expected or not 0 <= year <= 13:
            return
        if rng.random() >= (rates.STATE_SCHOOL if year <= 11 else rates.SIXTH_FORM):
            return
        laestab = rng.choice(area.primaries) if year <= 6 else area.secondary
        stayed = len(child.homes) < 2 or rng.random() < 1 - rates.UPN_ISSUED_BEFORE
        issuer = area if stayed else elsewhere
        child.upn = self._upns.issue(rng.choice(issuer.primaries), reception_year(child.born))
        pupil = self._pupil(child, laestab, elsewhere, rng)
        child.school = laestab
        if rng.random() < rates.DUAL_REGISTERED:
            pupil = replace(pupil, status="M")
            there = replace(pupil, status="S", said=say(child, rates.SCHOOL, rng))
            self._rolls.setdefault(area.referral_unit, []).append(there)
        elif rng.random() < rates.LEFT_SCHOOL:
            before = rng.choice(area.primaries)
            if before != laestab:
                said = say(child, _BEFORE, rng)
                left = replace(pupil, said=said, entered="2024-09-03", left="2025-12-19")
                self._rolls.setdefault(before, []).append(left)
        self._rolls.setdefault(laestab, []).append(pupil)

    def _pupil(self, child: Child, laestab: str, elsewhere: Area, rng: Random) -> Pupil:
        first = reception_year(child.born)
        year = _SCHOOL_YEAR - first
        upn = child.upn
        at = rng.random()
        if at < rates.FORMER_UPN:
            child.former_upn = self._upns.issue(rng.choice(elsewhere.primaries), first)
        elif at < rates.FORMER_UPN + rates.TEMPORARY_UPN:
            upn = self._upns.issue_temporary(laestab, _SCHOOL_YEAR)
        elif at < rates.FORMER_UPN + rates.TEMPORARY_UPN + rates.UPN_MISTYPED:
            upn = mistyped_upn(upn, rng)
        return Pupil(
            person=child.person,
            upn=upn,
            said=say(child, rates.SCHOOL, rng),
            child=child,
            entered=f"{first if year <= 6 else first + 7}-09-03",
            year=year,
            former_upn=child.former_upn,
        )

    def close(self, rng: Random) -> Iterator[Census]:
        """Give the censuses of all schools enrolled so far, and forget them."""
        rolls, self._rolls = self._rolls, {}
        for at, (laestab, pupils) in enumerate(sorted(rolls.items())):
            yield Census(1, laestab, SPRING, 1, pupils)
            if self._days.nights < 2:
                continue
            # One school of each authority does so for certain: small populations need it too.
            if at == 1 or rng.random() < rates.SCHOOL_RESUBMITS:
                again = list(_corrected(pupils, rng))
                yield Census(self._later(rng), laestab, SPRING, 2, again)
            if at == 2 or rng.random() < rates.SCHOOL_LATE:
                autumn = [_in_autumn(pupil, rng) for pupil in pupils if pupil.entered < AUTUMN[2]]
                yield Census(self._later(rng), laestab, AUTUMN, 1, autumn)

    def _later(self, rng: Random) -> int:
        return 2 + int(rng.random() * (self._days.nights - 1))


def mistyped_upn(upn: str, rng: Random) -> str:
    """Give a UPN with one digit wrong, so that its check letter fails."""
    at = 4 + int(rng.random() * 8)
    return upn[:at] + str((int(upn[at]) + 1 + int(rng.random() * 8)) % 10) + upn[at + 1 :]


def _corrected(pupils: Sequence[Pupil], rng: Random) -> Iterator[Pupil]:
    for pupil in pupils:
        at = rng.random()
        if at < rates.RESUBMISSION_WITHDRAWS:
            continue
        corrected = at < rates.RESUBMISSION_WITHDRAWS + rates.RESUBMISSION_CORRECTS
        said = say(pupil.child, rates.SCHOOL, rng) if corrected else pupil.said
        if pupil.upn[-1].isalpha():
            # The true UPN is known by now; the temporary one becomes the former one.
            yield replace(pupil, said=said, upn=pupil.child.upn, former_upn=pupil.upn)
        else:
            yield replace(pupil, said=said)


def _in_autumn(pupil: Pupil, rng: Random) -> Pupil:
    home = pupil.child.homes[-1] if rng.random() < 0.3 else pupil.said.home
    return replace(pupil, said=replace(pupil.said, home=home), left="")
