"""Two hundred readers of all kinds, and how each kind works.

The rates are of ours: no figures of who looked how often were ever published for ContactPoint. They
follow from what a kind of work needs the index for: a school for joiners and for whom to ring, a
surgery for new patients, a hub for safeguarding (MASH) for every contact that comes in.
"""

import random
from dataclasses import dataclass

import msgspec

from benchmarks.misuse.place import AUTHORITIES, Place, a_name
from contactpoint.watching.look import Child, Kind, Reader


@dataclass(frozen=True)
class Work:
    """How a kind of readers works."""

    name: str
    count: int
    a_day: float
    """Children, on a working day."""
    own: float
    """Share of children with whom their organisation works."""
    authority: float
    """Share of those with whom others in their authority do; the rest are from anywhere."""
    begins: tuple[int, ...] = (8,)
    """At which hours a shift begins; one is drawn for each week."""
    hours: int = 9
    days: int = 5
    burst: float = 3.0
    """The size of a negative binomial: the smaller, the more days differ."""
    weekend: bool = False
    role: str = "practitioner"
    late: float = 0.01
    """Share of looks that are made in the evening."""
    kind: Kind = Kind.READ
    lists: float = 0.0
    """Tables, or lists of who looked, on a working day."""


WORKS = (
    Work("school office", 50, 4, 0.85, 0.10, burst=1.0),
    Work("school lead", 30, 3, 0.80, 0.15, late=0.04),
    Work("surgery", 30, 6, 0.90, 0.03),
    Work("health visitor", 15, 8, 0.85, 0.12, late=0.03),
    Work("social worker", 25, 6, 0.60, 0.30, late=0.08),
    Work("duty at night", 6, 6, 0.30, 0.55, begins=(17, 22), hours=10, days=4, weekend=True),
    Work("hub", 12, 25, 0.20, 0.65, burst=2.5, late=0.03),
    Work("emergency ward", 8, 12, 0.10, 0.60, begins=(7, 14, 21), hours=9, weekend=True),
    Work("police", 4, 6, 0.0, 0.75, begins=(6, 14, 22), hours=9, weekend=True),
    Work("part-time", 10, 5, 0.85, 0.10, days=2, burst=1.0),
    Work("steward", 5, 40, 0.0, 0.0, role="steward", kind=Kind.OTHER),
    Work("data manager", 3, 5, 0.0, 0.0, role="data-manager", lists=0.5),
    Work("auditor", 2, 0.5, 0.0, 0.0, role="auditor", kind=Kind.LISTED, lists=1.0),
)


@dataclass
class Member:
    """A reader, and how they work."""

    reader: Reader
    work: Work
    pace: float
    """By how much faster or slower than others of the kind."""
    family: list[Child]
    """Their own children, where the index has them."""
    declared: bool = False
    """Whether they said so: then a colleague does what is to be done for them."""


def engaged(place: Place, rng: random.Random) -> list[Member]:
    """All readers. Three in ten have children in the index, and half of those declared it."""
    found: list[Member] = []
    for work in WORKS:
        for number in range(work.count):
            authority = AUTHORITIES[number % len(AUTHORITIES)]
            central = work.own + work.authority == 0
            organisation = _organisation(work, authority, number, place)
            near = authority if rng.random() < 0.6 else rng.choice(AUTHORITIES)
            reader = Reader(
                name=f"{work.name} {number + 1}",
                roles=frozenset({work.role}),
                authority="" if central else authority,
                organisation=organisation,
                family=a_name(rng),
                home=rng.choice(place.homes[near]),
            )
            member = Member(reader, work, rng.lognormvariate(0, 0.4), [])
            if rng.random() < 0.3:
                member.family = _children(member, near, place, rng)
                member.declared = rng.random() < 0.5
            found.append(member)
    return found


def _organisation(work: Work, authority: str, number: int, place: Place) -> str:
    match work.name:
        case "school office" | "school lead" | "part-time":
            return place.schools[authority][number // 3 % len(place.schools[authority])]
        case "surgery":
            return place.surgeries[authority][number // 3 % len(place.surgeries[authority])]
        case "health visitor":
            return f"visitors {authority}"
        case "social worker" | "duty at night" | "hub":
            return f"social {authority}"
        case "emergency ward":
            return f"ward {authority}"
        case "police":
            return f"police {authority}"
        case _:
            return ""


def _children(member: Member, authority: str, place: Place, rng: random.Random) -> list[Child]:
    """One to three of the reader's own, at a school of where they live; some where they work."""
    reader = member.reader
    at_work = reader.organisation[:3] == authority and rng.random() < 0.2
    school = reader.organisation if at_work else rng.choice(place.schools[authority])
    services = frozenset({school, rng.choice(place.surgeries[authority])})
    return [
        place.add(
            msgspec.structs.replace(
                rng.choice(place.of_authority[authority]),
                id=rng.randbytes(16),
                families=frozenset({reader.family if rng.random() < 0.8 else a_name(rng)}),
                homes=frozenset({reader.home}),
                services=services,
                shielded=False,
                dead=False,
            ),
            authority,
        )
        for _ in range(rng.choice((1, 2, 3)))
    ]
