"""Where the invented log plays: three authorities, their services, and children with homes."""

import csv
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from importlib import resources

from contactpoint.watching.look import Child

AUTHORITIES = ("213", "330", "855")
CHILDREN = 8_000
"""Of each authority."""
PUPILS = 400
PATIENTS = 1_000
HOUSEHOLDS = 15
"""Of a postcode (Royal Mail: some 15 addresses on average)."""
SHIELDED = 0.005
"""ContactPoint: some 55,000 of 11 million."""
DEAD = 0.001
"""Some 3,000 child deaths in England a year (NCMD), kept for a few years."""
SOCIAL = 0.03
"""Children in need at any time: some 400,000 of 12 million (DfE)."""


@dataclass
class Place:
    """The children, and how to find some of them."""

    children: list[Child] = field(default_factory=list)
    of_service: dict[str, list[Child]] = field(default_factory=lambda: defaultdict(list))
    of_authority: dict[str, list[Child]] = field(default_factory=lambda: defaultdict(list))
    of_home: dict[str, list[Child]] = field(default_factory=lambda: defaultdict(list))
    homes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    schools: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    surgeries: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    names: Counter[str] = field(default_factory=Counter)
    dead: list[Child] = field(default_factory=list)
    shielded: list[Child] = field(default_factory=list)

    def share(self, family: str) -> float:
        """Which share of the children bear a name, as the index would count it."""
        return (self.names[family] + 0.5) / (len(self.children) + 1)

    def add(self, child: Child, authority: str) -> Child:
        """Put a child into the index."""
        self.children.append(child)
        self.of_authority[authority].append(child)
        for service in child.services:
            self.of_service[service].append(child)
        for home in child.homes:
            self.of_home[home].append(child)
        self.names.update(child.families)
        if child.dead:
            self.dead.append(child)
        if child.shielded:
            self.shielded.append(child)
        return child


def surnames() -> tuple[list[str], list[float]]:
    """Family names and how common they are."""
    table = resources.files("contactpoint.synth") / "tables" / "surnames.csv"
    lines = [one for one in table.read_text("utf-8").splitlines() if not one.startswith("#")]
    rows = list(csv.DictReader(lines))
    return [row["name"].lower() for row in rows], [float(row["bearers"]) for row in rows]


NAMES, WEIGHTS = surnames()


def a_name(rng: random.Random) -> str:
    """A family name; one in seven is rarer than the table goes."""
    if rng.random() < 0.14:
        return "".join(rng.choice("abcdefghiklmnoprstuvw") for _ in range(9))
    return rng.choices(NAMES, WEIGHTS)[0]


def an_id(rng: random.Random) -> bytes:
    """The id of a child."""
    return rng.randbytes(16)


def made(rng: random.Random) -> Place:
    """Three authorities with their children, households, schools and surgeries."""
    place = Place()
    for authority in AUTHORITIES:
        _fill(place, authority, rng)
    return place


def _fill(place: Place, authority: str, rng: random.Random) -> None:
    schools = [f"{authority}{2000 + n}" for n in range(CHILDREN // PUPILS)]
    surgeries = [f"g{authority}{n:02}" for n in range(CHILDREN // PATIENTS)]
    place.schools[authority], place.surgeries[authority] = schools, surgeries
    count = 0
    while count < CHILDREN:
        home = f"{authority}A{len(place.homes[authority]):04}"
        place.homes[authority].append(home)
        school, surgery = rng.choice(schools), rng.choice(surgeries)  # near the postcode
        for _ in range(HOUSEHOLDS // 3):
            family = a_name(rng)
            for _ in range(rng.choice((1, 1, 2, 2, 3))):
                services = {school if rng.random() < 0.7 else rng.choice(schools), surgery}
                if rng.random() < SOCIAL:
                    services.add(f"social {authority}")
                if rng.random() < 0.25:
                    services.add(f"visitors {authority}")
                child = Child(
                    id=an_id(rng),
                    families=frozenset({family}),
                    homes=frozenset({home}),
                    services=frozenset(services),
                    authorities=frozenset({authority}),
                    shielded=rng.random() < SHIELDED,
                    dead=rng.random() < DEAD,
                )
                place.add(child, authority)
                count += 1
