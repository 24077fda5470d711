"""Makes the model that is shipped with the product; ``python3 dev.py model`` runs it.

Shares by level are stated in ``linkage/tables/starting.txt``, the prior and the costs below. How
often a family name goes with a forename is counted on an invented population at England's density.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec.structs import replace

import linkage
from contactpoint.bootstrap import open_store
from contactpoint.settings import from_environment
from linkage.estimate import frequencies
from linkage.model import Model, Prior, Thresholds, starting
from linkage.population import Population

CHILDREN, SEED = 100_000, 7
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
    with TemporaryDirectory() as folder:
        model = made(Path(folder))
    TABLE.write_bytes(model.dump())
    sys.stdout.write(f"{model.version}: {TABLE}\n")


def made(folder: Path) -> Model:
    """The model, with the frequencies of a population invented in an empty folder."""
    home = folder / "home"
    population = ["--children", str(CHILDREN), "--seed", str(SEED), "--density", "england"]
    _run(home, "synth", str(folder / "invented"), *population, "--nights", "1")
    _run(home, "init")
    _run(home, "nightly", str(folder / "invented" / "night-01"))
    national = msgspec.json.decode(NATIONAL.read_bytes(), type=Population)
    before = Model(PRIOR, starting(), Thresholds.from_costs(**COSTS), national)
    with open_store(from_environment({"CONTACTPOINT_HOME": str(home)})) as store:
        index = store.linking.index(store.origin("train"), before)
        families = half_way(national, frequencies(index))
    return Model(
        prior=PRIOR,
        shares=starting(),
        thresholds=Thresholds.from_costs(**COSTS),
        population=replace(national, families=families),
        card=CARD,
    )


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
    "family names": "UK family names (sdglinkage, MIT); those of at least 20 children of an "
    f"invented population (synth --children {CHILDREN} --density england --seed {SEED}): half "
    "way to their share among bearers of the forename",
    "prior": f"{PRIOR.records:,} records: England, 1,670 children of each birth date",
    "costs": "a false link 30, a missed one 20, a review 1",
    "held against": "docs/progress.md has the figures, on populations that it was not made from",
}


def _run(home: Path, *words: str) -> None:
    command = [str(Path(sys.executable).with_name("contactpoint")), *words]
    subprocess.run(command, env=os.environ | {"CONTACTPOINT_HOME": str(home)}, check=True)  # noqa: S603  # our own words


if __name__ == "__main__":
    main()
