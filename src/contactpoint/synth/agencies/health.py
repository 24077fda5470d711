"""The health service: every child has a record, a few have two, and babies get their names late."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from contactpoint.synth import rates
from contactpoint.synth.days import Days, iso
from contactpoint.synth.families import Child
from contactpoint.synth.numbers import NhsNumbers
from contactpoint.synth.places import Area
from contactpoint.synth.statement import Said, say


@dataclass(frozen=True, slots=True)
class Patient:
    """One version of one health record."""

    person: str
    nhs: str
    status: str
    """01 verified, 02 present but not traced."""
    version: int
    updated: int
    said: Said
    child: Child
    practice: str
    joined: str
    birth_order: int
    """1 for a single birth too, as the health service has it; 9 not known."""
    died: str = ""
    removed: str = ""
    """Why the child is no longer registered: EMB left the country, SCT to Scotland, DEA died."""
    restricted: bool = False
    related: bool = True
    """Whether the record names the mother."""


class Health:
    """Writes health records."""

    def __init__(self, days: Days, numbers: NhsNumbers) -> None:
        self._days = days
        self._numbers = numbers

    def records(self, child: Child, area: Area, rng: Random) -> Iterator[tuple[int, Patient]]:
        """Give each version of the child's records with the night that it is delivered in."""
        if child.expected:
            return
        yield from self._versions(self._first(child, area, child.nhs, rng), area, rng)
        if rng.random() < rates.HEALTH_DUPLICATE:
            second = self._first(child, area, self._numbers.issue(), rng)
            status = "02" if rng.random() < rates.DUPLICATE_NOT_TRACED else "01"
            yield from self._versions(replace(second, status=status), area, rng)

    def _first(self, child: Child, area: Area, nhs: str, rng: Random) -> Patient:
        said = say(child, rates.HEALTH, rng)
        if rng.random() < rates.BIRTH_DATE_PARTIAL:
            said = replace(said, born=said.born[: 7 if rng.random() < 0.6 else 4])
        order = child.order if child.births > 1 or rng.random() < 0.9 else 9
        patient = Patient(
            person=child.person,
            nhs=nhs,
            status="02" if rng.random() < rates.NUMBER_NOT_TRACED else "01",
            version=1 + int(rng.random() * 9),
            updated=max(child.born, self._days.first - int(rng.random() * 900)),
            said=said,
            child=child,
            practice=area.practices[int(rng.random() * len(area.practices))],
            joined=iso(min(child.born + 14, self._days.first)),
            birth_order=order,
            restricted=rng.random() < rates.RESTRICTED,
            related=child.born > self._days.first - 2_000 or rng.random() < 0.5,
        )
        return self._ended(patient, rng)

    def _ended(self, patient: Patient, rng: Random) -> Patient:
        lived = self._days.first - patient.child.born
        if lived > 30 and rng.random() < rates.DIED:
            day = iso(self._days.first - int(rng.random() * min(lived, 700)))
            return replace(patient, died=day, removed="DEA")
        if lived > 200 and rng.random() < rates.EMIGRATED:
            return replace(patient, removed="EMB" if rng.random() < 0.6 else "SCT")
        return patient

    def _versions(self, patient: Patient, area: Area, rng: Random) -> Iterator[tuple[int, Patient]]:
        born = patient.child.born
        night = max(1, born - self._days.first + 2)
        if night > self._days.nights:
            return
        named = night
        if rng.random() < rates.BABY_PLACEHOLDER:
            named = born + 1 + int(rng.random() * 42) - self._days.first + 1
        current = patient if night == 1 else replace(patient, updated=self._days.first + night - 1)
        yield night, current if named <= night else _placeholder(current)
        for later in range(night + 1, self._days.nights + 1):
            if later == named or rng.random() < rates.HEALTH_CHANGED:
                changed = current if later == named else _changed(current, area, rng)
                day = self._days.first + later - 1
                current = replace(changed, version=current.version + 1, updated=day)
                yield later, current if named <= later else _placeholder(current)


def _placeholder(patient: Patient) -> Patient:
    mother = patient.child.family.parents.mother
    given = "Baby"
    if patient.child.births > 1:
        given = f"Twin {patient.birth_order}"
    elif int(patient.nhs[-2]) % 2:
        given = {"F": "Baby Girl", "M": "Baby Boy"}.get(patient.said.sex, given)
    return replace(patient, said=replace(patient.said, given=(given,), family=mother.family))


def _changed(patient: Patient, area: Area, rng: Random) -> Patient:
    kind = rng.random()
    if kind < 0.45:
        return replace(patient, said=replace(patient.said, home=area.home(rng)))
    if kind < 0.60:
        return replace(patient, said=replace(patient.said, home=patient.child.homes[0]))
    if kind < 0.85:
        return replace(patient, practice=area.practices[int(rng.random() * len(area.practices))])
    if kind < 0.97:
        return replace(patient, said=say(patient.child, rates.HEALTH, rng))
    if kind < 0.99:
        return replace(patient, restricted=True)
    return replace(patient, removed="EMB")
