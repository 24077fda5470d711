"""Training: shares of levels, prior and frequencies estimated from the records of an index.

Expectation-maximisation on pattern counts (Winkler 1988; Enamorado, Fifield and Imai 2019), with
the classes of two children that the model knows. What strangers share is counted on random pairs,
what siblings and twins share stays as believed, and both are held fixed while the rest is found: a
free mixture converges to households in the place of children. Every share
is pulled towards the starting belief (a Dirichlet prior), so rare levels stay where they were.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from linkage import model as models
from linkage.comparable import BirthKind
from linkage.compare.identifiers import Nhs, Upn
from linkage.compare.places import Place
from linkage.compiled import layout
from linkage.index import Index
from linkage.model import MATCH, OTHERS, Model, Prior, Shares
from linkage.pattern import BITS, FIELDS, MOST, PLACES
from linkage.population import Population, by_class

PULL = 0.5
"""Weight of the starting belief, as a share of the pairs that a class is estimated from."""
RANDOM_PAIRS = 50_000
ROUNDS = 100
SETTLED = 1e-4
"""Change of a class' share of pairs at which the rounds end."""
FEWEST = 20
"""Records that have to bear a name before a frequency of it is kept."""
LOWEST = -1e6
BINS, LEAST = 10, 0.01
"""Of the reliability table: bins, and the probability from which pairs are looked at."""
NEAR, UNUSUAL = 15, 4
"""Days to both sides that a day is held against, and how many times as many births stand out from
the busier of them: a tenth of them may be default days, too."""
CROWDED, ALONE = 50, 0.75
"""A communal postcode: so many children live there at least, and so large a share of them with no
other child of their family name. Refuges hold fewer, and so stand in no model."""
HELD = {"place": ("COMMUNAL",)}
"""Levels whose shares stay as believed, the same in each class: they say nothing."""
FAR = (Place.KNOWN_THERE, Place.KNOWN_ELSEWHERE, Place.DIFFERENT)
"""Levels of homes far apart: the first two where an authority that knows a child is told."""
SELDOM = 1e-6
"""The part of pairs far apart, at least, that tells, and that does not."""
FREE = (MATCH,)
"""Classes whose shares are estimated. Left free, siblings and twins take in namesakes too."""


class Counts(NamedTuple):
    """Distinct patterns, and how many candidate pairs show each."""

    patterns: npt.NDArray[np.uint64]
    pairs: npt.NDArray[np.float64]


def train(index: Index, *, seed: int = 0) -> Model:
    """A model of the index's records, starting from the model that the index is under.

    Nothing is changed but what is returned. The same records and seed give the same model.
    """
    begun = index.model.version
    start = replace(index.model, population=frequencies(index))
    index = Index.load(start, index.dump())
    counts = Counts(*_float(index.patterns_within()))
    strangers = _random(index, seed)
    told = _told(strangers)
    grown = {name: _grown(of, name) for name, of in start.shares.items()}
    shares = {name: _retold(of, told) for name, of in grown.items()}
    random = _pulled(strangers, np.ones(len(strangers.patterns)), shares["random"])
    shares = shares | {"random": _retold(random, told)}
    prior = replace(start.prior, records=len(index))
    believed = Model(prior, shares, start.thresholds, start.population)
    shares, prior, mass = settle(counts, believed)
    made = Model(prior, shares, start.thresholds, start.population)
    return replace(
        made,
        card={
            "records": str(len(index)),
            "candidate pairs": str(round(counts.pairs.sum())),
            "patterns": str(len(counts.patterns)),
            "pairs of one child": str(round(mass[MATCH])),
            "families": f"{prior.siblings:.3f} pairs of siblings and {prior.twins:.3f} of twins "
            "a record"
            if mass["sibling"] + mass["twin"] > 1
            else "none: two classes of pairs",
            "default days": " ".join(f"{day:04d}" for day in start.population.default_days),
            "communal postcodes": str(len(start.population.communal)),
            "started from": begun,
            **_reliability(counts, made),
        },
    )


class Fit(NamedTuple):
    """What fits the counts best: shares of levels by class, and the portion of pairs of each."""

    shares: dict[str, Shares]
    portions: dict[str, float]


def fit(
    counts: Counts,
    belief: Model,
    *,
    classes: Sequence[str] = (MATCH, *OTHERS),
    free: Sequence[str] = FREE,
    pull: float = PULL,
) -> Fit:
    """Expectation-maximisation from the belief on. Pairs are of ``classes``; ``free`` ones move.

    With two classes, both free, and no pull it is the plain model of Fellegi and Sunter.
    """
    shares = belief.shares
    portions = {name: float(name in classes) / len(classes) for name in (MATCH, *OTHERS)}
    for round_ in range(ROUNDS):
        model = Model(belief.prior, shares, belief.thresholds, belief.population)
        posterior = _posterior(model, counts, portions)
        before, portions = portions, _portions(posterior, counts)
        moved = max(abs(portions[name] - before[name]) for name in portions)
        shares = shares | {
            name: _pulled(counts, posterior[name], belief.shares[name], pull) for name in free
        }
        if round_ and moved < SETTLED:
            break
    return Fit(shares, portions)


class Settled(NamedTuple):
    """Shares and prior that fit the pairs of a whole population, and the pairs of each class."""

    shares: dict[str, Shares]
    prior: Prior
    mass: dict[str, float]


def settle(counts: Counts, belief: Model) -> Settled:
    """Expectation-maximisation over all pairs of a population, of which ``counts`` has those met.

    Pairs that share no key are taken for two children. Of those that do, each pattern is weighed
    against all pairs of strangers that the population has, not against those that met: else
    strangers that met because their birth dates agree would pass for pairs of one child.
    """
    shares, prior = belief.shares, belief.prior
    mass: dict[str, float] = {}
    for _ in range(ROUNDS):
        model = Model(prior, shares, belief.thresholds, belief.population)
        posterior = _whole_posterior(model, counts)
        before = mass.get(MATCH, 0.0)
        mass = {name: float(row @ counts.pairs) for name, row in posterior.items()}
        prior = _prior(prior.records, mass, belief.prior)
        match = _pulled(counts, posterior[MATCH], belief.shares[MATCH])
        shares = shares | {MATCH: _retold(match, _of_far(shares["random"]["place"]))}
        if abs(mass[MATCH] - before) < SETTLED * mass[MATCH]:
            break
    return Settled(shares, prior, mass)


def _reliability(counts: Counts, model: Model) -> dict[str, str]:
    """Ten bins of equally many pairs whose numbers tell the truth, weighed without the numbers.

    Said: their mean probability; was: the share of them whose NHS number or UPN agrees; and how
    many they are. Pairs without a number each are not in it, nor those of probability below
    ``LEAST``.
    """
    nhs, upn = (models.levels_at(counts.patterns, name) for name in ("nhs", "upn"))
    same = np.isin(nhs, (Nhs.VERIFIED, Nhs.EXACT)) | (upn == Upn.EXACT)
    told = same | (nhs == Nhs.CONTRADICTED) | (upn == Upn.DIFFERENT)
    numbers = sum(MOST << BITS * PLACES[name] for name in ("nhs", "upn", "la_child"))
    bits = models.total(counts.patterns & ~np.uint64(numbers), model)
    chance = 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))
    kept = np.flatnonzero(told & (chance >= LEAST))
    kept = kept[np.argsort(chance[kept], kind="stable")]
    pairs = counts.pairs[kept]
    bins = np.minimum(np.cumsum(pairs) * BINS / max(pairs.sum(), 1), BINS - 1e-9).astype(int)
    rows = {}
    for number in np.unique(bins):
        own, weight = kept[bins == number], pairs[bins == number]
        said, was = (float(np.average(v[own], weights=weight)) for v in (chance, same))
        of = f"{round(weight.sum()):,} pairs"
        rows[f"reliability {number + 1}"] = f"said {said:.4f}, was {was:.4f}, of {of}"
    return rows


def frequencies(index: Index) -> Population:
    """The index's population: its own frequencies where at least ``FEWEST`` records bear a name."""
    known = index.model.population
    rows, words = index.coded()
    return Population(
        forenames=_overlaid(known.forenames, rows[:, layout.GIVEN], words),
        families=_within_forenames(known.families, rows, words),
        default_days=tuple(sorted({*known.default_days, *_default_days(rows)})),
        communal=tuple(sorted({*known.communal, *_communal(rows, index.postcodes())})),
    )


def _communal(rows: npt.NDArray[np.int32], postcodes: list[str]) -> list[str]:
    """The postcodes where many children live today, and few with a brother or sister.

    Hostels, boarding schools, barracks: who shares one of these is no likelier one child. A street
    or a block of flats with as many children has families. A child is a forename, a family name and
    a birth date.
    """
    columns = (layout.POSTCODES, layout.FAMILY, layout.GIVEN, layout.BIRTH)
    children = np.unique(rows[:, columns], axis=0)
    children = children[np.all(children > 0, axis=1)]
    homes, bearers = np.unique(children[:, :2], axis=0, return_counts=True)
    alone = np.bincount(homes[bearers == 1, 0], minlength=len(postcodes))
    living = np.bincount(children[:, 0], minlength=len(postcodes))
    crowded = (living >= CROWDED) & (alone >= ALONE * living)
    return [postcodes[code] for code in np.flatnonzero(crowded)]


def _default_days(rows: npt.NDArray[np.int32]) -> list[int]:
    """The days of the year (MMDD) that stand for a birth date which nobody knew.

    Many more children have one than are born on the days about it, be they of a busy month. Where
    few of these days have any births, none can be told.
    """
    columns = (layout.FAMILY, layout.GIVEN, layout.BIRTH)
    known = rows[:, columns][rows[:, layout.BIRTH_KIND] == BirthKind.FULL]
    days, counts = np.unique(np.unique(known, axis=0)[:, 2] % 10_000, return_counts=True)
    born = np.zeros(12 * 31, np.int64)  # by month and day, some of which no month has
    born[(days // 100 - 1) * 31 + days % 100 - 1] = counts
    about = np.stack([np.roll(born, n) for n in range(-NEAR, NEAR + 1) if n])
    told = np.count_nonzero(about, axis=0) >= NEAR
    busiest = np.sort(about, axis=0)[-NEAR // 5]
    stands_out = told & (born >= FEWEST) & (born >= UNUSUAL * busiest)
    return [int(at // 31 + 1) * 100 + int(at % 31 + 1) for at in np.flatnonzero(stands_out)]


def _overlaid(
    known: dict[str, str], column: npt.NDArray[np.int32], words: list[str]
) -> dict[str, str]:
    counted = Counter(words[code] for code in column.tolist() if code)
    bearers = sum(counted.values())
    own = {name: n / bearers for name, n in counted.items() if n >= FEWEST}
    kept = {name: 2.0 ** -(int(k) + 3) for k, names in known.items() for name in names.split()}
    return by_class((kept | own).items())


def _within_forenames(
    known: dict[str, str], rows: npt.NDArray[np.int32], words: list[str]
) -> dict[str, str]:
    """Family names by their share among children of one forename, or among all if that is more.

    Forename and family name go together by community: of those called Zuzanna far more are called
    Kowalska than of all children, so that two Zuzanna Kowalskas are no great coincidence. What is
    counted are children: forename, family name and birth date, each once.
    """
    columns = (layout.GIVEN, layout.FAMILY, layout.BIRTH)
    children = np.unique(rows[:, columns], axis=0)
    children = children[(children[:, 0] > 0) & (children[:, 1] > 0)]
    names, bearers = np.unique(children[:, :2], axis=0, return_counts=True)
    given = np.bincount(children[:, 0], minlength=len(words))
    family = np.bincount(children[:, 1], minlength=len(words))
    # Where few bear the forename, one child with two birth dates would look like two.
    usual = given[names[:, 0]] >= FEWEST
    names, bearers = names[usual], bearers[usual]
    chance = bearers * (bearers - 1) / (given[names[:, 0]] - 1)
    within = np.bincount(names[:, 1], weights=chance, minlength=len(words))
    seen = np.bincount(names[:, 1], weights=bearers, minlength=len(words))
    own = {
        words[code]: max(share, (within[code] + FEWEST * share) / (seen[code] + FEWEST))
        for code in np.flatnonzero(family >= FEWEST)
        for share in [family[code] / len(children)]
    }
    kept = {name: 2.0 ** -(int(k) + 3) for k, names_ in known.items() for name in names_.split()}
    return by_class((kept | own).items())


def _whole_posterior(model: Model, counts: Counts) -> dict[str, npt.NDArray[np.float64]]:
    """For each class the probability that a pair of each pattern is of it, all pairs counted."""
    against = np.exp2(-models.by_class(counts.patterns, model))
    match = 1 / (1 + against.sum(axis=0))
    return {MATCH: match} | {name: row * match for name, row in zip(OTHERS, against, strict=True)}


def _posterior(
    model: Model, counts: Counts, portions: dict[str, float]
) -> dict[str, npt.NDArray[np.float64]]:
    """For each class the probability that a pair of each pattern is of it."""
    bits = models.by_class(counts.patterns, model) - model.weights.prior[:, None]
    likely = {MATCH: np.full(len(counts.patterns), portions[MATCH])}
    likely |= {name: portions[name] * np.exp2(-row) for name, row in zip(OTHERS, bits, strict=True)}
    whole = sum(likely.values())
    return {name: np.asarray(row / whole) for name, row in likely.items()}


def _portions(posterior: dict[str, npt.NDArray[np.float64]], counts: Counts) -> dict[str, float]:
    whole = counts.pairs.sum()
    return {name: float(row @ counts.pairs / whole) for name, row in posterior.items()}


def _pulled(
    counts: Counts, posterior: npt.NDArray[np.float64], belief: Shares, pull: float = PULL
) -> Shares:
    """Shares of a class from its pairs, pulled towards the belief; missing levels count nowhere."""
    mass = posterior * counts.pairs
    result: Shares = {}
    for field, levels in FIELDS.items():
        found = np.bincount(
            models.levels_at(counts.patterns, field), weights=mass, minlength=len(levels)
        )
        still = HELD.get(field, ()) if pull else ()
        kept = {name: belief[field][name] for name in still if name in belief[field]}
        found[[levels[name] for name in kept]] = 0
        seen, free = float(found[1:].sum()), 1 - sum(kept.values())
        held = pull * seen + 1.0
        result[field] = kept | {
            level.name: (float(found[level]) * free + held * belief[field][level.name])
            / (seen + held)
            for level in levels
            if level.name in belief[field] and level.name not in kept
        }
    return result


def _random(index: Index, seed: int) -> Counts:
    """Random pairs of records, nearly all of them of strangers."""
    patterns = index.random_patterns(RANDOM_PAIRS, seed)
    return Counts(*_float(np.unique(patterns, return_counts=True)))


def _told(strangers: Counts) -> float:
    """Which part of strangers whose homes are far apart is told of by authorities."""
    levels = models.levels_at(strangers.patterns, "place")
    pairs = np.bincount(levels, weights=strangers.pairs, minlength=len(Place))
    return _of_far({level.name: float(pairs[level]) for level in FAR})


def _of_far(place: Mapping[str, float]) -> float:
    """The part of homes far apart, by their shares or pairs, of which authorities tell."""
    there, elsewhere, silent = (place.get(level.name, 0.0) for level in FAR)
    far = there + elsewhere + silent
    # A level that none of these has may be met yet, and its weight is a share over another.
    return min(max((there + elsewhere) / far if far else 0.0, SELDOM), 1 - SELDOM)


def _retold(shares: Shares, told: float) -> Shares:
    """The shares of a class, with so large a part of homes far apart of which authorities tell.

    Whether a pair tells hangs on what its sources state, and not on whether it is of one child: no
    class may differ by it. How often what is told agrees is the class' own.
    """
    place = shares["place"]
    there, elsewhere, silent = (place[level.name] for level in FAR)
    far = there + elsewhere + silent
    agrees = there / (there + elsewhere)
    split = (far * told * agrees, far * told * (1 - agrees), far * (1 - told))
    found = {level.name: share for level, share in zip(FAR, split, strict=True)}
    return shares | {"place": dict(place) | found}


def _grown(shares: Shares, name: str) -> Shares:
    """The shares of a class, with the levels that a model from before it knew as another.

    Of the share of that other they take as large a part as is stated.
    """
    stated = models.starting()[name]
    found = dict(shares)
    for field, known_as in models.YOUNGER.items():
        for other in dict.fromkeys(known_as.values()):
            young = [one for one in known_as if known_as[one] == other and one not in shares[field]]
            share, whole = shares[field][other], sum(stated[field][one] for one in (*young, other))
            split = {one: share * stated[field][one] / whole for one in (*young, other)}
            found[field] = {**found[field], **split}
    return found


def _prior(records: int, mass: dict[str, float], start: Prior) -> Prior:
    """Pairs of each class for each record; never fewer than a hundredth of what was believed."""
    return Prior(
        records=records,
        matches=max(mass[MATCH] / records, start.matches / 100),
        siblings=max(mass["sibling"] / records, start.siblings / 100),
        twins=max(mass["twin"] / records, start.twins / 100),
        community=start.community,
    )


def _float(
    found: tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.float64]]:
    return found[0], found[1].astype(np.float64)
