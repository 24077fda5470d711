"""The tour: every chapter shows what it tells of, and it leaves nothing behind but its folder."""

import json
import os
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from contactpoint.cli.program import program


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """The tour's folder is made where the test's are, and goes with them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def tour(children, *words):
    return CliRunner().invoke(program, ["demo", "--children", str(children), *words])


def test_the_tour_shows_each_thing_that_it_tells_of():
    shown = tour(600)
    assert shown.exit_code == 0, shown.exception
    for told in (
        "non-link (",
        "in the index they are two children",
        "referred because:",
        "known to",
        "erased",
        "no child of that number",
        "nothing amiss",
        "Where to go next",
    ):
        assert told in shown.output
    assert "have more to show" not in shown.output


def test_a_population_too_small_for_every_story_ends_the_tour_all_the_same():
    shown = tour(50)
    assert shown.exit_code == 0, shown.exception
    assert "have more to show" in shown.output
    assert "Where to go next" in shown.output


def test_for_a_script_the_tour_prints_one_document_and_leaves_the_environment_alone():
    before = dict(os.environ)
    shown = tour(50, "--json")
    told = json.loads(shown.stdout)
    assert Path(told["home"]).is_dir()
    assert "Where to go next" in shown.stderr
    assert dict(os.environ) == before
