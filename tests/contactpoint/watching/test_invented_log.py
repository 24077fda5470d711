"""Twenty planted scripts in weeks of invented normal work. More seeds: ``-m benchmarks.misuse``."""

import pytest

from benchmarks.misuse.measuring import measure
from benchmarks.misuse.scripts import SCRIPTS, said


@pytest.fixture(scope="module")
def figures():
    return measure(31)


def test_nineteen_of_twenty_scripts_are_found(figures):
    assert len(figures.found) == len(SCRIPTS) == 20
    assert figures.recall >= 0.95, [name for name, topic in figures.found.items() if not topic]


def test_normal_work_raises_less_than_one_alert_for_a_thousand_accesses(figures):
    assert figures.accesses > 50_000
    assert figures.per_thousand < 1, figures.topics


def test_every_script_says_what_it_does():
    assert all(said(script).endswith(".") for script in SCRIPTS)
