"""Social care: the few children an authority knows, some unborn, some gone again by night."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from contactpoint.synth import rates
from contactpoint.synth.agencies.schools import mistyped_upn
from contactpoint.synth.days import Days, iso
from contactpoint.synth.families import Child
from contactpoint.synth.places import Area
from contactpoint.synth.statement import Said, say

UNBORN: Final = ("Unborn",)


@dataclass(frozen=True, slots=True)
class Case:
    """One state of one social care record."""

    person: str
    key: str
    said: Said
    child: Child
    expected: str = ""
    """The day a birth is expected; the birth date is then not stated."""
    upn: str = ""
    former_upn: str = ""
    upn_unknown: str = ""
    """Why there is no UPN: UN1 to UN7."""
    referred: str = ""
    closed: str = ""
    worker: str = ""
    placed_at: str = ""
    """Postcode of a placement."""
    purge: bool = False


class SocialCare:
    """Opens the cases of one authority after another."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._opened = 0

    def records(self, child: Child, area: Area, rng: Random) -> Iterator[tuple[int, Case]]:
        """Give each state of the child's case with the night that it is delivered in, if any."""
        if not child.family.known or (not child.expected and rng.random() >= rates.KNOWN_CHILD):
            return
        night = 1
        if self._days.nights > 1 and rng.random() < rates.SOCIAL_CARE_NEW:
            night += 1 + int(rng.random() * (self._days.nights - 1))
        case = self._case(child, area, rng)
        heard = child.born + int(rng.random() * rates.EXPECTED_LONGER) - self._days.first + 1
        if not child.expected and heard > night:
            # Known before the birth; the first states speak of a child that is expected.
            due = iso(child.born + int(rng.gauss(0, 9)))
            yield night, replace(case, said=_unborn(case), expected=due)
            night = heard
        if night <= self._days.nights:
            yield from self._states(night, case, area, rng)

    def second(self, child: Child, area: Area, rng: Random) -> Case:
        """Open a case at another authority for a child who has one already."""
        return self._case(child, area, rng)

    def _states(
        self, night: int, case: Case, area: Area, rng: Random
    ) -> Iterator[tuple[int, Case]]:
        yield night, case
        for later in range(night + 1, self._days.nights + 1):
            if rng.random() < rates.PURGED / (self._days.nights - 1):
                yield later, replace(case, purge=True)
                return
            if rng.random() < rates.SOCIAL_CARE_CHANGED:
                case = self._changed(case, area, later, rng)
                yield later, case

    def _case(self, child: Child, area: Area, rng: Random) -> Case:
        self._opened += 1
        said = say(child, rates.SOCIAL_CARE, rng)
        if child.expected:
            said = replace(said, given=UNBORN, sex="U", born="")
        age = self._days.first - child.born
        referred = self._days.first - int(rng.random() * min(1_200, max(60, age)))
        upn, former, unknown = _upn(child, age, rng)
        return Case(
            person=child.person,
            key=f"{area.authority}{self._opened:07d}",
            said=said,
            child=child,
            expected=iso(child.born) if child.expected else "",
            upn=upn,
            former_upn=former,
            upn_unknown=unknown,
            referred=iso(referred),
            closed=iso(referred + 50) if age > 120 and rng.random() < 0.3 else "",
            worker=f"SW{int(rng.random() * 900) + 100}",
            placed_at=area.home(rng).postcode if rng.random() < rates.LOOKED_AFTER else "",
        )

    def _changed(self, case: Case, area: Area, night: int, rng: Random) -> Case:
        kind = rng.random()
        if kind < 0.35:
            return replace(case, worker=f"SW{int(rng.random() * 900) + 100}")
        if kind < 0.65 or case.expected:
            return replace(case, said=replace(case.said, home=area.home(rng)))
        if kind < 0.85:
            return replace(case, said=say(case.child, rates.SOCIAL_CARE, rng))
        return replace(case, closed=iso(self._days.first + night - 2))


def _unborn(case: Case) -> Said:
    family = case.child.family.parents.mother.family
    return replace(case.said, given=UNBORN, family=family, sex="U", born="")


def _upn(child: Child, age: int, rng: Random) -> tuple[str, str, str]:
    if not child.upn:
        return "", "", "UN1" if age < 1_700 else "UN3"
    if rng.random() >= rates.UPN_KNOWN:
        return "", "", "UN4"
    at = rng.random()
    if at < rates.UPN_WRONG:
        return mistyped_upn(child.upn, rng), "", ""
    if child.former_upn and at < rates.UPN_WRONG + rates.UPN_SUPERSEDED:
        return child.former_upn, "", ""
    return child.upn, child.former_upn if rng.random() < 0.3 else "", ""
