"""The shield floor measured: how many new records of shielded children it leaves visible.

An invented population at England's density, of which health services and schools have records, and
some children are shielded. Then another authority's social care meets each of them, writes down
what it hears, errors and all, and each such record is placed as linking would place it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import msgspec

from contactpoint.linking.neighbourhoods import decided, floor_of, sure_of
from contactpoint.linking.withholding import FAINT, SHIELD_FLOOR
from contactpoint.synth import rates
from contactpoint.synth.agencies.health import Health
from contactpoint.synth.agencies.schools import Schools
from contactpoint.synth.agencies.social_care import Case, SocialCare
from contactpoint.synth.days import calendar
from contactpoint.synth.families import Child
from contactpoint.synth.numbers import Upns
from contactpoint.synth.places import Area, authorities
from contactpoint.synth.population import Population
from contactpoint.synth.statement import Said, say
from linkage.comparable import Comparable
from linkage.decide import Levels, contradiction
from linkage.index import Index
from linkage.model import Model
from linkage.near import Few, clears, share, untold
from linkage.resolve import Judgement, Member, Pair, resolve
from linkage.standardise import standardise
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Particulars
from person.places import Address

FLOORS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.0016, 0.0015, 0.001, 0.0005, 0.0002, 0.0001)
SHIELDED, UNKNOWN = 0.05, 0.03
"""Shares of the children: shielded ones, and those of whom no record was received before."""
PER = 10_000
Writing = Callable[[], Particulars]
"""Writes another record of a child."""
Asked = tuple[int, Writing]
Put = tuple[int, int, Comparable]
HEALTH, SCHOOL, NEW = "health", "school", "social-care"
NEW_SOURCE, FIRST = 3, 1


class Point(msgspec.Struct, frozen=True):
    """One floor, and what it does."""

    floor: float
    visible: float
    """Of 10,000 new records of shielded children, those that become visible elsewhere."""
    alike: float
    """Of these, those that share birth date and one name or postcode with what is known."""
    withheld: float
    """Unshielded children of whom the new record is withheld, for each 20 shielded."""
    unseen: float
    """Of these, those whom nobody else has stated: of such a child nothing is visible."""


class Curve(msgspec.Struct, frozen=True):
    """What was measured."""

    children: int
    shielded: int
    records: int
    """New records of shielded children."""
    linked: int
    """Of these, those linked to the child itself."""
    elsewhere: int
    """Of these, those linked to another child: no floor withholds them."""
    others: int
    """New records of children who are not shielded."""
    points: tuple[Point, ...]
    chosen: Point
    kinds: dict[str, int]
    """What the records share that the chosen floor leaves visible, how often."""


@dataclass(slots=True)
class _Met:
    """A new record that no child took in, or that another did."""

    shielded: bool
    chance: float
    """Of being a shielded child, rivals counted; 0 where another child took it in."""
    shares: frozenset[str]
    known: bool
    """Whether others had stated the child before."""


@dataclass(slots=True)
class _World:
    """What is known, and what is asked."""

    index: Index
    model: Model
    few: Few
    child: list[int] = field(default_factory=list)
    """Of each known record, by ordinal from 1."""
    source: list[str] = field(default_factory=list)
    of: dict[int, list[int]] = field(default_factory=dict)
    known: dict[int, Comparable] = field(default_factory=dict)
    shielded: set[int] = field(default_factory=set)


def measure(children: int, seed: int, records: int = PER, model: Model | None = None) -> Curve:
    """Measure the floor on a population of so many children, with about so many new records."""
    model = model or Model.shipped()
    index = Index(model)
    world = _World(index, model, Few(index, ()))
    rng = Random(f"{seed}/shields")  # noqa: S311 - reproducible, not secret
    cases = list(_invented(world, children, seed, rng))
    mine = [case for case in cases if case[0] in world.shielded]
    others = [case for case in cases if case[0] not in world.shielded]
    draws = max(1, round(records / max(1, len(mine))))
    met: list[_Met] = []
    linked = 0
    for child, again in [(c, a) for c, a in mine for _ in range(draws)]:
        one = _place(world, child, again(), shielded=True)
        linked += one is None
        met += [one] if one is not None else []
    chosen = rng.sample(others, min(len(others), records))
    for child, again in chosen:
        one = _place(world, child, again(), shielded=False)
        met += [one] if one is not None else []
    return _curve(world, met, linked, draws * len(mine), len(chosen))


def _curve(world: _World, met: Sequence[_Met], linked: int, asked: int, others: int) -> Curve:
    mine = [one for one in met if one.shielded]
    strangers = [one for one in met if not one.shielded]
    shielded = len(world.shielded)
    each = (len(world.of) - shielded) / max(1, others) / max(1, shielded)

    def point(floor: float) -> Point:
        seen = [one for one in mine if one.chance < floor]
        alike = sum(_is_alike(one.shares) for one in seen)
        hidden = [one for one in strangers if one.chance >= floor]
        unseen = sum(not one.known for one in hidden)
        mine_of, theirs = PER / max(1, asked), 20 * each
        return Point(
            floor,
            visible=len(seen) * mine_of,
            alike=alike * mine_of,
            withheld=len(hidden) * theirs,
            unseen=unseen * theirs,
        )

    seen = [one for one in mine if one.chance < SHIELD_FLOOR]
    kinds = Counter(", ".join(sorted(one.shares)) or "nothing" for one in seen)
    return Curve(
        children=len(world.of),
        shielded=shielded,
        records=asked,
        linked=linked,
        elsewhere=sum(one.chance == 0 for one in mine),
        others=others,
        points=tuple(map(point, FLOORS)),
        chosen=point(SHIELD_FLOOR),
        kinds=dict(kinds.most_common()),
    )


def _is_alike(shares: frozenset[str]) -> bool:
    return "birth date" in shares and bool(shares & {"forename", "family name", "postcode"})


def _invented(world: _World, children: int, seed: int, rng: Random) -> Iterator[Asked]:
    """Give each child with a way to write a new record of it; known ones go into the world."""
    places = authorities(children, dense=True, rng=Random(f"{seed}/places"))  # noqa: S311
    days = calendar(children, 1, dense=True)
    population = Population(places, children, days, seed)
    health, schools = Health(days, population.numbers), Schools(days, Upns())
    cases = SocialCare(days)
    batch: list[Put] = []
    number = 0
    for authority in places:
        for resident in population.residents(authority):
            child, area = resident.child, resident.area
            if child.expected:
                continue
            number += 1
            schools.enrol(child, area, resident.elsewhere, rng)
            yield number, _writing(cases, child, area, rng)
            if rng.random() < UNKNOWN:
                continue
            shielded = rng.random() < SHIELDED
            world.of[number] = []
            if shielded:
                world.shielded.add(number)
            for _, patient in health.records(child, area, rng):
                verified = patient.status == "01"
                nhs = Identifier("nhs", patient.nhs, "verified" if verified else "")
                _know(world, batch, number, HEALTH, _particulars(patient.said, nhs))
                break
            if child.school:
                said = say(child, rates.SCHOOL, rng)
                upn = Identifier("upn", child.upn)
                _know(world, batch, number, SCHOOL, _particulars(said, upn))
    world.index.put(batch)
    world.few = Few(world.index, [o for n in world.shielded for o in world.of[n]])


def _writing(cases: SocialCare, child: Child, area: Area, rng: Random) -> Writing:
    return lambda: _of_case(cases.second(child, area, rng))


def _of_case(case: Case) -> Particulars:
    numbers = [Identifier("upn", case.upn)] if case.upn else []
    return _particulars(case.said, *numbers)


def _particulars(said: Said, *numbers: Identifier) -> Particulars:
    home = said.home
    return Particulars(
        names=(PersonName(said.given, said.family),),
        birth=BirthDate(said.born) if said.born else None,
        sex=said.sex,
        addresses=(Address((home.line,), home.town, home.postcode),) if home.postcode else (),
        identifiers=tuple(numbers),
    )


def _know(world: _World, batch: list[Put], child: int, source: str, said: Particulars) -> None:
    world.child.append(child)
    world.source.append(source)
    ordinal = len(world.child)
    world.known[ordinal] = standardise(said)
    world.of[child].append(ordinal)
    batch.append((ordinal, FIRST + (source == SCHOOL), world.known[ordinal]))


def _place(world: _World, child: int, said: Particulars, *, shielded: bool) -> _Met | None:
    """Where a new record goes; None to the child that it is of."""
    record = standardise(said)
    pairs = world.index.matches(NEW_SOURCE, record, FAINT)
    asked = len(world.child) + 1
    found = list(decided(pairs, world.model))
    rivals: dict[int, float] = {}
    near = []
    for pair, weight in zip(found, untold(pairs, world.model).tolist(), strict=True):
        other = pair.left if pair.right not in range(1, asked) else pair.right
        of = world.child[other - 1]
        if not contradiction(Levels.of(pair.pattern)):
            rivals[of] = max(weight, rivals.get(of, weight))
        if pair.weight >= floor_of(world.model) or pair.outcome != "non_link":
            near.append(of)
    new = pairs.right[0].item() if len(pairs.right) else asked
    taken = _taken_by(world, set(near), found, new, record)
    if child in taken:
        return None
    shares = _shares(record, [world.known[o] for o in world.of.get(child, ())])
    known = child in world.of
    if taken:
        # With a shielded child among them it comes under that one's shield.
        return _Met(shielded, 1.0 if taken & world.shielded else 0.0, shares, known)
    best: dict[int, float] = {}
    cleared: set[int] = set()
    world.index.put([(asked, NEW_SOURCE, record)])
    for one in world.few.pairs([asked], FAINT):
        of = world.child[one.other - 1]
        if clears(one.pattern):
            cleared.add(of)
        best[of] = max(one.weight, best.get(of, one.weight))
    world.index.remove([asked])
    mine = [weight for of, weight in best.items() if of not in cleared]
    theirs = [weight for of, weight in rivals.items() if of not in world.shielded]
    return _Met(shielded, share(mine, theirs), shares, known)


def _taken_by(
    world: _World, children: set[int], pairs: Sequence[Pair], new: int, record: Comparable
) -> set[int]:
    """The children that linking would put the record into; none where it is one of its own."""
    ordinals = [o for child in children for o in world.of[child]]
    members = [_member(world.known[o], o, world.source[o - 1]) for o in ordinals]
    members.append(_member(record, new, NEW))
    same = [
        Judgement(world.of[child][0], other, same=True)
        for child in children
        for other in world.of[child][1:]
    ]
    resolution = resolve(members, pairs, same, sure=sure_of(world.model))
    group = next((one for one in resolution.children if new in one), frozenset())
    return {world.child[o - 1] for o in group if o != new}


def _member(record: Comparable, ordinal: int, source: str) -> Member:
    few = source == NEW
    return Member(
        ordinal,
        source,
        str(ordinal),
        "" if few else source,
        verified=record.nhs if record.nhs_verified else "",
        few=few,
        upns=frozenset({record.upn} - {""}),
    )


def _shares(record: Comparable, known: Sequence[Comparable]) -> frozenset[str]:
    """What a record has in common with what is known of its child."""
    facts: dict[str, Callable[[Comparable, Comparable], bool]] = {
        "birth date": lambda one, other: one.birth == other.birth != 0,
        "forename": lambda one, other: bool({*one.given} & {*other.given}),
        "family name": lambda one, other: one.family == other.family,
        "postcode": lambda one, other: bool({*one.postcodes} & {*other.postcodes}),
        "a number": lambda one, other: bool(one.upn) and one.upn == other.upn,
    }
    return frozenset(
        name for name, alike in facts.items() if any(alike(record, one) for one in known)
    )
