"""One family: its parents, where it lived, and its children as they truly are."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from contactpoint.synth import rates
from contactpoint.synth.days import Days
from contactpoint.synth.naming import Community, Name, Parents, alike, telling
from contactpoint.synth.numbers import NhsNumbers
from contactpoint.synth.places import Area, Home

_SPACING: Final = 1_060
"""Mean days between a mother's maternities, some 35 months (ONS, Birth characteristics)."""
_SHORTEST: Final = 310
_PATIENCE: Final = 1_000
"""Names that parents think of before they give two children the same one: they never do."""
_NO_FIXED_ABODE: Final = Home("No fixed abode", "", "ZZ99 3VZ")


@dataclass(slots=True)
class Family:
    """Parents and what their children share."""

    number: int
    community: Community
    parents: Parents
    mother_nhs: str
    phone: str
    homes: list[Home]
    """The present home first, then earlier ones."""
    known: bool
    """Known to social care."""
    children: list["Child"] = field(default_factory=list)


@dataclass(slots=True)
class Child:
    """A child as it truly is, whatever any agency writes."""

    person: str
    family: Family
    name: Name
    sex: str
    born: int
    """Day of birth, or the day expected, as a proleptic Gregorian ordinal."""
    births: int
    order: int
    homes: list[Home]
    nhs: str
    preferred: str = ""
    """Family name in daily use, where it is another."""
    former: str = ""
    """Family name before it was changed."""
    expected: bool = False
    upn: str = ""
    former_upn: str = ""
    school: str = ""


class Families:
    """Invents families one after another; persons are numbered as they come."""

    def __init__(self, days: Days, numbers: NhsNumbers, *, related: bool = True) -> None:
        """``related``: whether a family may have more children than one."""
        self._days = days
        self._related = related
        self._numbers = numbers
        self._families = 0
        self._persons = 0

    def invent(self, community: Community, area: Area, elsewhere: Area, rng: Random) -> Family:
        """Invent a family of the area, with homes it had there or elsewhere, and its children."""
        self._families += 1
        parents = _with_one_name(community, community.parents(rng), rng)
        phone = f"07700 900{int(rng.random() * 1_000):03d}"
        homes = _homes(area, elsewhere, rng)
        family = Family(
            self._families, community, parents, self._numbers.issue(), phone, homes,
            rng.random() < rates.KNOWN_FAMILY,
        )  # fmt: skip
        taken: set[str] = set()
        for born in self._days.births(_maternities(rng) if self._related else [0], rng):
            family.children += self._maternity(family, born, taken, area, rng)
        if family.known and self._related and rng.random() < rates.PREGNANT:
            family.children.append(self._unborn(family, rng))
        return family

    def new_person(self) -> str:
        """Give the next person's name in the truth."""
        self._persons += 1
        return f"p{self._persons:08d}"

    def _maternity(
        self, family: Family, born: int, taken: set[str], area: Area, rng: Random
    ) -> list[Child]:
        sexes = _sexes(rng) if self._related else _sexes(rng)[:1]
        named = _names(family, sexes, (born - 1) % 7, taken, rng)
        homes = family.homes
        if rng.random() < rates.TWO_HOMES:
            homes = [homes[0], area.home(rng), *homes[1:]]
        changed, former = _change_of_name(family, rng)
        if changed and len(homes) < 2 and rng.random() < rates.NAME_WITH_HOME:
            homes = [*homes, area.home(rng)]
        preferred = ""
        if not changed and rng.random() < rates.PREFERRED_FAMILY:
            preferred = family.community.family.draw(rng)
        return [
            Child(
                person=self.new_person(),
                family=family,
                name=Name(name.given, changed or name.family),
                sex=sex,
                born=born,
                births=len(sexes),
                order=order,
                homes=homes,
                nhs=self._numbers.issue(),
                preferred=preferred,
                former=former and name.family,
            )
            for order, (sex, name) in enumerate(zip(sexes, named, strict=True), 1)
        ]

    def _unborn(self, family: Family, rng: Random) -> Child:
        due = self._days.last + 14 + int(rng.random() * 200)
        name = Name(("Unborn",), family.parents.mother.family)
        return Child(
            self.new_person(), family, name, "U", due, 1, 1, family.homes, "", expected=True
        )


def _homes(area: Area, elsewhere: Area, rng: Random) -> list[Home]:
    if rng.random() < rates.COMMUNAL_ADDRESS:
        return [area.hostel(), elsewhere.home(rng)]
    homes = [_NO_FIXED_ABODE if rng.random() < rates.NO_FIXED_ABODE else area.home(rng)]
    if rng.random() < rates.MOVED:
        homes.append((elsewhere if rng.random() < 0.35 else area).home(rng))
        if rng.random() < rates.MOVED_AGAIN:
            homes.append(elsewhere.home(rng))
    return homes


def _with_one_name(community: Community, parents: Parents, rng: Random) -> Parents:
    """Settle the family name that the children of these parents will bear."""
    if community.rule != "english":
        return parents
    kind, father = rng.random(), parents.father
    if kind < rates.MOTHERS_NAME:
        return Parents(
            parents.mother, father._replace(family=parents.mother.family), parents.maiden
        )
    if kind < rates.MOTHERS_NAME + rates.DOUBLE_BARRELLED and parents.maiden != father.family:
        both = f"{parents.maiden}-{father.family}"
        return Parents(parents.mother, father._replace(family=both), parents.maiden)
    return parents


def _change_of_name(family: Family, rng: Random) -> tuple[str, str]:
    """Give the new family name and whether there is a former one, both empty for most."""
    if rng.random() >= rates.REMARRIAGE:
        return "", ""
    if rng.random() < 0.4:
        return family.parents.maiden, "former"
    return family.community.family.draw(rng), "former"


def _maternities(rng: Random) -> list[int]:
    """Give the days of a mother's births after her first."""
    point, count = rng.random() * sum(rates.CHILDREN_OF_A_MOTHER), 1
    for share in rates.CHILDREN_OF_A_MOTHER:
        point -= share
        if point < 0:
            break
        count += 1
    at, days = 0, [0]
    for _ in range(min(count, len(rates.CHILDREN_OF_A_MOTHER)) - 1):
        at += _SHORTEST + int(rng.gammavariate(1.5, (_SPACING - _SHORTEST) / 1.5))
        days.append(at)
    return days


def _sexes(rng: Random) -> list[str]:
    first = "M" if rng.random() < rates.BOYS else "F"
    if rng.random() >= rates.MULTIPLE_MATERNITIES:
        return [first]
    count = 3 if rng.random() < rates.TRIPLETS_OF_MULTIPLES else 2
    others = ("F" if first == "M" else "M", first)
    return [first] + [others[rng.random() < rates.LIKE_SEX_TWINS] for _ in range(count - 1)]


def _names(
    family: Family, sexes: list[str], weekday: int, taken: set[str], rng: Random
) -> list[Name]:
    here, parents = family.community, family.parents
    named: list[Name] = []
    for sex in sexes:
        options = (here.child(parents, sex, weekday, rng) for _ in range(_PATIENCE))
        named.append(next(name for name in options if telling(name) not in taken))
        taken.add(telling(named[-1]))
    if len(named) < 2:
        return named
    twins = here.more.get("twins", ())
    if twins and taken.isdisjoint(twins) and rng.random() < rates.YORUBA_TWIN_NAMES:
        taken.update(twins)
        return [
            Name((name.given[0] if i > 1 else twins[i], *name.given[1:]), name.family)
            for i, name in enumerate(named)
        ]
    if sexes[0] == sexes[1] and rng.random() < rates.ALIKE_TWIN_NAMES:
        one, other = (telling(name) for name in named[:2])
        like = alike(here, one, sexes[0], taken, rng) or other
        taken.add(like)
        given = tuple(like if part == other else part for part in named[1].given)
        named[1] = Name(given, named[1].family)
    return named
