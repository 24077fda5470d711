"""A child who moves between the establishments of one source, as the read models have it."""

import json
from datetime import date
from uuid import uuid4

import pytest

from contactpoint.past import view_on
from tests.contactpoint.installation import Installation

HERE, THERE = "2012001", "2012002"
CHILDREN = {"c1": "Asha", "c2": "Bram", "c3": "Cora", "c4": "Dele"}
NIGHTS = [
    ("2026-09-01", {"c1": HERE, "c2": HERE, "c3": HERE, "c4": THERE}),
    ("2026-09-03", {"c3": HERE}),
    ("2026-09-02", {"c2": THERE, "c4": THERE}),
    ("2026-09-05", {"c1": THERE, "c2": THERE, "c4": THERE}),
]
"""Whom each file has, and in which establishment; that of the second of the month comes late."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def trust(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("moving")
    made = Installation(folder / "home")
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        for part in ("log", "keys", "read", "access"):
            schema = f"schema={part}_{uuid4().hex[:8]}"
            joint = "&" if "?" in url else "?"
            made.environment[f"CONTACTPOINT_{part.upper()}_URL"] = f"{url}{joint}{schema}"
    made.run("init")
    made.run("source", "add", "trust", "--feed", "csv", "--guard-share", "1")
    for day, where in NIGHTS:
        file = folder / f"{day}.csv"
        rows = [f"{key},{CHILDREN[key]},Okonjo,2015-03-04,{place}" for key, place in where.items()]
        file.write_text("\n".join(["key,given,family,dob,scope", *rows]) + "\n")
        made.run("load", file, "--source", "trust", "--effective", day, "--mode", "snapshot")
    return made


@pytest.mark.parametrize("key", ["c1", "c2"])
def test_whom_another_establishment_has_since_stood_on_each_day_where_the_files_say(trust, key):
    with trust.opened() as store:
        [record] = [one for one in store.workings.records() if one.key == key]
        found = store.queries.child(record.child)
        stood = [
            view_on(store.log, store.queries, found, date(2026, 9, day)) is not None
            for day in range(1, 6)
        ]
    # The file of the third lacks both: the one had moved the day before, the other moved later.
    gone = key == "c1"
    assert stood == [True, True, not gone, not gone, True]


def test_a_rebuild_has_each_record_where_it_moved_to(trust):
    def places():
        with trust.opened() as store:
            return {one.key: one.scope for one in store.workings.records(current=False)}

    before = places()
    trust.run("rebuild")
    assert before == places() == {"c1": THERE, "c2": THERE, "c3": HERE, "c4": THERE}


def test_heads_and_keys_are_what_verify_expects_of_records_that_moved(trust):
    assert json.loads(trust.run("verify", "--json").stdout)["findings"] == []
