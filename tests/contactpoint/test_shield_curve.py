"""The shield floor, measured on an invented population at England's density."""

import json

import pytest
from click.testing import CliRunner

from contactpoint.cli.program import program
from contactpoint.linking.withholding import SHIELD_FLOOR
from contactpoint.shielding.curve import measure


@pytest.fixture(scope="module")
def curve():
    return measure(4_000, 5, 1_000)


def test_the_floor_in_force_leaves_little_visible(curve):
    assert curve.chosen.floor == SHIELD_FLOOR
    assert curve.chosen.visible <= 150
    assert curve.chosen.alike <= 30


@pytest.mark.xfail(
    reason="counting every child of whom any record is withheld, no floor keeps to all three aims "
    "since rivals decide more (ADR 17); of few of them nothing is seen (ADR 20)"
)
def test_the_floor_in_force_withholds_few_others(curve):
    assert curve.chosen.withheld <= 1


def test_of_others_whose_record_is_withheld_half_are_seen_by_what_others_stated():
    """Of 4,000 children there are nine such, which tell nothing of a half."""
    curve = measure(12_000, 5, 3_000)
    for point in curve.points:
        assert point.unseen <= point.withheld
    assert 0 < curve.chosen.unseen <= 0.7 * curve.chosen.withheld


def test_a_lower_floor_leaves_less_visible_and_withholds_more(curve):
    for higher, lower in zip(curve.points, curve.points[1:], strict=False):
        assert lower.floor < higher.floor
        assert lower.visible <= higher.visible
        assert lower.withheld >= higher.withheld


def test_every_record_of_a_shielded_child_is_linked_withheld_or_visible(curve):
    visible = round(curve.chosen.visible * curve.records / 10_000)
    assert sum(curve.kinds.values()) == visible
    assert curve.linked + visible <= curve.records


def test_the_same_seed_measures_the_same_for_a_script_too(curve):
    words = ["shield", "curve", "--children", "4000", "--seed", "5", "--records", "1000", "--json"]
    told = json.loads(CliRunner().invoke(program, words).stdout)
    assert told["chosen"]["visible"] == pytest.approx(curve.chosen.visible)
    assert told["records"] == curve.records
