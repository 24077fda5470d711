"""Makes the feeds of an invented population: authority by authority, family by family."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from contactpoint.synth import rates
from contactpoint.synth.agencies.health import Health
from contactpoint.synth.agencies.schools import Schools
from contactpoint.synth.agencies.social_care import SocialCare
from contactpoint.synth.days import calendar
from contactpoint.synth.numbers import Upns
from contactpoint.synth.places import Authority, authorities
from contactpoint.synth.population import Population, Resident
from contactpoint.synth.writers.folders import HEALTH, SCHOOLS, Folders, Payloads


@dataclass(frozen=True, slots=True)
class Summary:
    """What was made."""

    children: int
    """Born and expected; the earlier identities of adopted children are not counted."""
    persons: int
    """Lines of ``persons.csv``."""
    records: int
    """Lines of ``truth.csv``."""
    files: int
    nights: int


def generate(  # noqa: PLR0913 - what a population may be
    outdir: Path,
    *,
    children: int,
    nights: int,
    seed: int,
    density: Literal["trial", "england"] = "trial",
    families: bool = True,
) -> Summary:
    """Write the feeds of an invented population, ``truth.csv`` and ``persons.csv`` to a folder.

    The same arguments give the same bytes. ``england`` has each birth date shared by as many
    children as in England, on few dates. Without ``families`` every child is the only one of its
    parents. Raises ValueError where there are no children or nights, and FileExistsError where
    the folder is not empty.
    """
    if children < 1 or nights < 1:
        raise ValueError("an invented population needs at least one child and one night")
    if outdir.exists() and any(outdir.iterdir()):
        raise FileExistsError(f"{outdir.name} is not empty; expected a new or empty folder")
    dense = density == "england"
    chance = Random(f"{seed}/places")  # noqa: S311  # reproducible, not secret
    places = authorities(children, dense=dense, rng=chance)
    days = calendar(children, nights, dense=dense)
    population = Population(places, children, days, seed, families=families)
    with Folders(outdir, nights) as folders:
        scribe = _Scribe(
            folders, Health(days, population.numbers), Schools(days, Upns()), SocialCare(days)
        )
        for at, authority in enumerate(places):
            rng = Random(f"{seed}/{authority.code}/agencies")  # noqa: S311
            scribe.write(authority, population, places[at + 1 :], rng)
    return Summary(children, scribe.persons, folders.records, folders.files, nights)


class _Scribe:
    """Has every agency write what it says of each child."""

    def __init__(
        self, folders: Folders, health: Health, schools: Schools, social_care: SocialCare
    ) -> None:
        self._folders = folders
        self._health = health
        self._schools = schools
        self._social_care = social_care
        # Children whom an authority not yet written knows too.
        self._known_later: dict[str, list[Resident]] = {}
        self.persons = 0

    def write(
        self, authority: Authority, population: Population, later: Sequence[Authority], rng: Random
    ) -> None:
        with self._folders.authority(authority.code) as payloads:
            for resident in population.residents(authority):
                self._child(resident, payloads, authority, later, rng)
            for resident in self._known_later.pop(authority.code, ()):
                case = self._social_care.second(resident.child, authority.areas[0], rng)
                self._folders.truth(f"la-{authority.code}", case.key, case.person)
                payloads.case(1, case)
        told: set[str] = set()
        for census in self._schools.close(rng):
            self._folders.census(census)
            for pupil in census.pupils:
                key = f"{census.laestab}/{pupil.upn}"
                if key not in told:
                    told.add(key)
                    self._folders.truth(SCHOOLS, key, pupil.person)

    def _child(
        self,
        resident: Resident,
        payloads: Payloads,
        authority: Authority,
        later: Sequence[Authority],
        rng: Random,
    ) -> None:
        child, area = resident.child, resident.area
        self.persons += 1
        self._folders.person(child)
        self._patient(resident, rng)
        self._schools.enrol(child, area, resident.elsewhere, rng)
        key = ""
        for night, case in self._social_care.records(child, area, rng):
            if not key:
                key = case.key
                self._folders.truth(f"la-{authority.code}", key, case.person)
            payloads.case(night, case)
        if key and later and rng.random() < rates.SECOND_AUTHORITY:
            self._known_later.setdefault(rng.choice(later).code, []).append(resident)

    def _patient(self, resident: Resident, rng: Random) -> None:
        number = ""
        for night, patient in self._health.records(resident.child, resident.area, rng):
            if patient.nhs != number:
                number = patient.nhs
                self._folders.truth(HEALTH, number, patient.person)
            self._folders.patient(night, patient)
