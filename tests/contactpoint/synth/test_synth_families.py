from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from contactpoint.synth import rates
from contactpoint.synth.days import calendar
from contactpoint.synth.families import Families
from contactpoint.synth.naming import england, telling
from contactpoint.synth.numbers import NhsNumbers
from contactpoint.synth.places import authorities
from contactpoint.synth.statement import say
from contactpoint.synth.tables import Weighted

COMMUNITIES = {one.key: one for one in england()[0]}


def families(community, count, seed=1):
    rng = Random(seed)
    area = authorities(1_000, dense=False, rng=rng)[0].areas[0]
    invented = Families(calendar(5_000, 1, dense=False), NhsNumbers(seed))
    return [invented.invent(community, area, area, rng) for _ in range(count)]


def with_few_names(community):
    """The same community where eight forenames are all that there are."""
    few = {sex: Weighted(names.values[:8], [1] * 8) for sex, names in community.given.items()}
    return replace(community, given=few)


@pytest.mark.parametrize("key", sorted(COMMUNITIES))
def test_parents_give_no_two_children_one_name(key, monkeypatch):
    monkeypatch.setattr(rates, "MULTIPLE_MATERNITIES", 0.5)
    for family in families(with_few_names(COMMUNITIES[key]), 200):
        names = [telling(child.name) for child in family.children]
        assert len(set(names)) == len(names)


def common_names(community):
    """Family names that more than one in two hundred bears."""
    rng = Random(2)
    drawn = Counter(community.family.draw(rng) for _ in range(4_000))
    return {name for name, count in drawn.items() if count > 20}


def test_every_place_has_family_names_of_its_own():
    english = COMMUNITIES["english"]
    one, other = (common_names(english.of_a_place(Random(seed))) for seed in range(2))
    assert len(common_names(english)) < 10
    assert min(len(one), len(other)) > 20
    assert len(one & other) < len(one) / 2


def test_who_has_not_heard_of_a_move_has_mostly_not_heard_of_the_name():
    rng = Random(3)
    told = Counter(
        (said.home.line == child.homes[0].line, said.family == child.former)
        for family in families(COMMUNITIES["english"], 4_000)
        for child in family.children
        if child.former and len(child.homes) > 1
        for said in [say(child, rates.SCHOOL, rng)]
    )
    assert told[False, True] > 2 * told[False, False] > 0
    assert told[True, False] > 2 * told[True, True] > 0
