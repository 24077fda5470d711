"""The comparison from end to end, on few records; skipped where the peers are not installed."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("splink") is None, reason="`python3 dev.py peers` installs Splink"
)
SIDES = ("contactpoint", "contactpoint-all", "splink-capped", "recordlinkage")


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
