"""The population: authorities, their neighbourhoods, and the families of each, one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from contactpoint.synth import rates
from contactpoint.synth.days import Days
from contactpoint.synth.families import Child, Families, Family
from contactpoint.synth.naming import Community, Name, england
from contactpoint.synth.numbers import NhsNumbers
from contactpoint.synth.places import Area, Authority


@dataclass(frozen=True, slots=True)
class Resident:
    """A child, where it lives, and another neighbourhood of its earlier life."""

    child: Child
    area: Area
    elsewhere: Area


class Population:
    """Invents as many children as were asked for; the same seed gives the same ones."""

    def __init__(
        self,
        authorities: Sequence[Authority],
        children: int,
        days: Days,
        seed: int,
        *,
        families: bool = True,
    ) -> None:
        """Without ``families`` no two children are brothers, sisters or twins."""
        self._authorities = authorities
        self._areas = [area for authority in authorities for area in authority.areas]
        self._children = children
        self._seed = seed
        self._numbers = NhsNumbers(seed)
        self._families = Families(days, self._numbers, related=families)
        self._communities, self._shares = england()
        self._by_key = {one.key: one for one in self._communities}
        # The communities as they are in the authority that is being peopled.
        self._local: dict[str, Community] = {}

    @property
    def numbers(self) -> NhsNumbers:
        """The NHS numbers not yet issued."""
        return self._numbers

    def residents(self, authority: Authority) -> Iterator[Resident]:
        """Give the children of one authority, neighbourhood by neighbourhood."""
        self._local.clear()
        for area in authority.areas:
            rng = Random(f"{self._seed}/{area.authority}/{area.number}")  # noqa: S311  # no secret
            yield from self._neighbours(area, self._quota(area), rng)

    def _quota(self, area: Area) -> int:
        at = self._areas.index(area)
        return self._children * (at + 1) // len(self._areas) - (
            self._children * at // len(self._areas)
        )

    def _neighbours(self, area: Area, quota: int, rng: Random) -> Iterator[Resident]:
        while quota > 0:
            community = self._in_place(self._shares.draw(rng), area.authority)
            elsewhere = self._areas[int(rng.random() * len(self._areas))]
            family = self._families.invent(community, area, elsewhere, rng)
            for child in family.children[:quota]:
                yield Resident(child, area, elsewhere)
                if not child.expected and rng.random() < rates.ADOPTED:
                    before = self._before_adoption(child, community, area, elsewhere, rng)
                    yield Resident(before, area, elsewhere)
            quota -= len(family.children)

    def _in_place(self, key: str, authority: str) -> Community:
        """Give a community as it is in one authority."""
        found = self._local.get(key)
        if found is None:
            rng = Random(f"{self._seed}/{authority}/{key}")  # noqa: S311  # no secret
            found = self._local[key] = self._by_key[key].of_a_place(rng)
        return found

    def _before_adoption(
        self, child: Child, community: Community, area: Area, elsewhere: Area, rng: Random
    ) -> Child:
        """Give the identity that an adopted child had, as a person of its own."""
        birth_family: Family = self._families.invent(community, elsewhere, area, rng)
        parents = birth_family.parents
        family = replace(birth_family, known=True, children=[])
        name = community.child(parents, child.sex, (child.born - 1) % 7, rng)
        return replace(
            child,
            person=self._families.new_person(),
            family=family,
            name=Name(name.given, name.family),
            homes=family.homes,
            nhs=self._numbers.issue(),
            preferred="",
            former="",
            births=1,
            order=1,
            upn="",
            former_upn="",
        )
