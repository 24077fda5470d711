"""Two terms of an authority's own census tables, loaded and linked, where they are at hand.

The names in them are a word and a number: with the numbers left out, all pupils had one name.
"""

import json
import os
from pathlib import Path

import pytest

from tests.contactpoint.installation import Installation

ROOT = Path(__file__).parents[2]
FIXTURES = Path(os.environ.get("CONTACTPOINT_FIXTURES", ROOT / ".." / "shared" / "fixtures"))
TABLES = FIXTURES / "school" / "census_tables"
pytestmark = pytest.mark.skipif(not TABLES.is_dir(), reason="the folder of fixtures is missing")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    made = Installation(tmp_path_factory.mktemp("terms") / "home")
    made.run("init")
    return made


def test_two_terms_are_linked_and_no_pupil_is_put_with_another(index):
    told = []
    for term in ("2024_autumn", "2025_spring"):
        paths = sorted(TABLES.glob(f"{term}_*.csv"))
        words = ("load", *paths, "--source", term, "--effective", f"{term[:4]}-06-01", "--json")
        told.append(json.loads(index.run(*words).stdout))
    autumn, spring = told
    assert min(autumn["new"], spring["new"]) > 9_000
    assert autumn["reviews"] + spring["reviews"] < 100
    children: dict = {}
    with index.opened() as store:
        for record in store.workings.records():
            children.setdefault(record.child, []).append((record.source, record.key))
    # What follows the school in a key is the pupil's own.
    assert [one for one in children.values() if len({k.split("/")[1] for _, k in one}) > 1] == []
    pupils = {key.split("/")[1] for one in children.values() for _, key in one}
    assert len(pupils) <= len(children) < 1.01 * len(pupils)
