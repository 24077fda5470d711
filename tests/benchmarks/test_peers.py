"""The comparison from end to end, on few records; skipped where the peers are not installed."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("splink") is None, reason="`python3 dev.py peers` installs Splink"
)
SIDES = (
    "contactpoint",
    "contactpoint-fitted",
    "contactpoint-trained",
    "contactpoint-all",
    "splink-capped",
    "recordlinkage",
)


def compared(*words):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "--threads", "1", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]


def test_every_side_takes_an_invented_population_to_clusters():
    chosen = [word for side in SIDES for word in ("--side", side)]
    _, *rows = compared("--only", "synth", "--records", "600", *chosen)
    best = [float(row[1].split()[0]) for row in rows[: len(SIDES)]]
    assert min(best) > 0.9


def test_a_side_that_takes_longer_than_the_limit_is_printed_as_such():
    (_, row, *_) = compared("--only", "febrl3", "--side", "recordlinkage", "--limit", "0")
    assert row[:2] == ["| recordlinkage, ECM", "over 0 s"]


def test_a_side_that_takes_more_memory_than_it_may_is_printed_as_such():
    (_, row, *_) = compared("--only", "febrl3", "--side", "recordlinkage", "--memory", "0.01")
    assert row[:2] == ["| recordlinkage, ECM", "over 0.01 GB"]


def test_every_side_compares_the_same_pairs_under_loose_rules():
    chosen = [word for side in ("contactpoint", "recordlinkage") for word in ("--side", side)]
    rows = compared("--only", "loose", "--records", "600", *chosen)
    compared_pairs = {row[4] for row in rows[4:]}
    assert len(rows) == 6
    assert len(compared_pairs) == 1
