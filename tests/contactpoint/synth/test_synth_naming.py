from random import Random

import pytest

from contactpoint.synth.naming import Name, england, familiar

COMMUNITIES = {one.key: one for one in england()[0]}


@pytest.mark.parametrize("key", sorted(COMMUNITIES))
def test_every_community_names_children_and_writes_their_names_in_other_ways(key):
    here, rng = COMMUNITIES[key], Random(1)
    for _ in range(200):
        name = here.child(here.parents(rng), rng.choice("FM"), rng.randrange(7), rng)
        other = here.rewritten(name, rng)
        assert all(name.given)
        assert name.family
        assert all(other.given)
        assert other.family


def rewritings(key, name):
    rng = Random(2)
    return {COMMUNITIES[key].rewritten(name, rng) for _ in range(100)}


def test_a_polish_daughter_of_kowalski_is_kowalska():
    here, rng = COMMUNITIES["polish"], Random(1)
    parents = here.parents(rng)
    parents = type(parents)(parents.mother, Name(("Jan",), "Kowalski"), parents.maiden)
    assert here.child(parents, "F", 0, rng).family == "Kowalska"
    assert here.child(parents, "M", 0, rng).family == "Kowalski"


def test_a_chinese_name_is_written_in_either_order():
    assert Name(("Li",), "Xiaoming") in rewritings("chinese", Name(("Xiaoming",), "Li"))


def test_either_half_of_a_spanish_family_name_is_dropped():
    found = {name.family for name in rewritings("iberian", Name(("Sofia",), "Garcia Lopez"))}
    assert {"Garcia", "Lopez", "Garcia-Lopez"} <= found


def test_kaur_stands_for_the_family_name():
    assert rewritings("sikh", Name(("Harpreet", "Kaur"), "Dhillon")) == {
        Name(("Harpreet",), "Kaur")
    }


def test_muhammad_is_dropped_or_spelled_otherwise():
    found = {name.given[0] for name in rewritings("muslim", Name(("Muhammad", "Yusuf"), "Khan"))}
    assert {"Yusuf", "Mohammed"} <= found


def test_elizabeth_is_called_liz():
    rng = Random(1)
    assert "Liz" in {familiar("Elizabeth", rng) for _ in range(50)}
