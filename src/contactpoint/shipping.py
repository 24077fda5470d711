"""Makes the model that is shipped with the product; ``python3 dev.py model`` runs it.

Shares by level are stated in ``linkage/tables/starting.txt``, the prior and the costs below. How
often a family name goes with a forename is counted on invented children, by their true names.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import msgspec
from msgspec.structs import replace

import linkage
from contactpoint.synth.days import calendar, iso
from contactpoint.synth.families import Child
from contactpoint.synth.places import authorities
from contactpoint.synth.population import Population as Invented
from linkage.comparable import Comparable
from linkage.estimate import frequencies
from linkage.index import Index
from linkage.model import Model, Prior, Thresholds, starting
from linkage.population import Population
from linkage.standardise import standardise_row

CHILDREN, SEED = 200_000, 7
PRIOR = Prior(records=16_000_000)
"""England: some 12 million children of 0 to 18 (ONS, mid-2023), and a third more records of them
at an agency's registers than children: moved, left, registered twice. Assumption."""
COSTS = {"false_link": 30.0, "missed": 20.0, "review": 1.0}
"""A false link shows one child's home to those who look for another, and costs thirty looks of
a steward; a missed one leaves a record unseen, and costs twenty."""
TABLES = Path(linkage.__file__).with_name("tables")
TABLE, NATIONAL = TABLES / "shipped_model.json", TABLES / "national_names.json"
"""What is made, and how common names are among all children (sources: the card)."""


def main() -> None:
    """Make the model anew, and say its version."""
    model = made(CHILDREN)
    TABLE.write_bytes(model.dump())
    sys.stdout.write(f"{model.version}: {TABLE}\n")


def made(children: int) -> Model:
    """The model, with the frequencies of so many invented children."""
    national = msgspec.json.decode(NATIONAL.read_bytes(), type=Population)
    before = Model(PRIOR, starting(), Thresholds.from_costs(**COSTS), national)
    index = Index(before)
    index.put((ordinal, 0, _known(one)) for ordinal, one in enumerate(invented(children, SEED)))
    families = half_way(national, frequencies(index))
    return replace(before, population=replace(national, families=families), card=CARD)


def invented(children: int, seed: int) -> Iterator[Child]:
    """The children of an invented population, as they truly are; on all days of their years."""
    chance = Random(f"{seed}/places")  # noqa: S311  # reproducible, not secret
    places = authorities(children, dense=False, rng=chance)
    days = calendar(children, 1, dense=False)
    population = Invented(places, children, days, seed)
    for authority in places:
        yield from (resident.child for resident in population.residents(authority))


def _known(child: Child) -> Comparable:
    """A record of the names and the birth date that a child truly has."""
    return standardise_row(" ".join(child.name.given), child.name.family, iso(child.born), "", "")


def half_way(national: Population, within: Population) -> dict[str, str]:
    """Classes of family names between those of all children and those of a forename's bearers.

    The invented communities have fewer names than life's, so each name in them is too common.
    """
    found: dict[str, list[str]] = {}
    for kind, names in within.families.items():
        for name in names.split():
            middle = (national.family_rarity(name) + int(kind) + 1) // 2
            found.setdefault(str(max(middle, int(kind))), []).append(name)
    return {kind: " ".join(sorted(names)) for kind, names in sorted(found.items())}


CARD = {
    "trained on": "nothing real; made by 'python3 dev.py model'",
    "shares of levels": "stated, with sources (linkage/tables/starting.txt)",
    "forenames": "births in England and Wales 2006-2024, borne by at least 20 (ONS, Open "
    "Government Licence v3)",
    "family names": "UK family names (sdglinkage, MIT); those of at least 20 of "
    f"{CHILDREN:,} invented children (synth, seed {SEED}): half way to their share among bearers "
    "of the forename",
    "prior": f"{PRIOR.records:,} records: England, 1,670 children of each birth date",
    "costs": "a false link 30, a missed one 20, a review 1",
    "held against": "docs/progress.md has the figures, on populations that it was not made from",
}


if __name__ == "__main__":
    main()
