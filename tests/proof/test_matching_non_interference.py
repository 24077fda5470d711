"""A match tells an uncleared reader the same of two indexes that differ in hidden facts alone.

The worlds are those of ``test_non_interference``: (a) hidden facts of a shielded child; (b) a
record that is withheld; (c) a never-link. Each is asked by a process that has followed it all
along, and by one that has just begun: both have to say the same.
"""

import pytest

from contactpoint.matching.described import Described
from projections.view import RestrictedView
from tests.contactpoint.matching.people import AtOnce, person, told
from tests.proof.test_non_interference import (
    FEW,
    NEW,
    OLD,
    SEED,
    NeverLinked,
    Sequence,
    Withheld,
    run_asking,
    shielded,
    worlds,
)

__all__ = ["worlds"]
STEPS = 8


def persons(number):
    """Persons who may be her, or come near to her, or to the others."""
    asked = [person(), person("Ash"), person(sex=""), person(birth="2015-03"),
             person(birth="2015-04-03"), person(number=number), person("Anya"),
             person("Ella", "Moss", "2014-05-06"), person("Ellie", "Moss", "2014-05-06", ""),
             person("Bram", "Taylor", "2016-03-04", ""),
             person("Cleo", "Okonjo", "2012-07-19", "", "SE15 3QN")]  # fmt: skip
    for nhs, postcode, former in (OLD, NEW):
        asked += [
            person(nhs=nhs),
            person(postcode=postcode),
            person(postcode=postcode, nhs=nhs),
            person(given="", family="", nhs=nhs),
            person(former=former),
            person(family=former),
            person(birth="2015-03-05", postcode=postcode),
            person("Anya", postcode=postcode),
            person("Asha", "Taylor", postcode=postcode),
        ]
    return asked


class Asker:
    """A process that answers about one world, from before to after all that happens there."""

    def __init__(self, world):
        self.world = world
        self.store = world.opened()
        self.following = self.store.matching_people(AtOnce())

    def answers(self, number):
        self.store.catch_up()
        followed = [self.say(self.following, one) for one in persons(number)]
        with self.world.opened() as store:
            fresh = [self.say(store.matching_people(AtOnce()), one) for one in persons(number)]
        assert followed == fresh
        return followed

    @staticmethod
    def say(matching, asked: Described):
        answer = matching.match(asked)
        views = [one.found.view for one in answer.matched]
        hidden = [view for view in views if isinstance(view, RestrictedView)]
        return told(answer), hidden

    def close(self):
        self.store.close()


@pytest.fixture
def ask():
    """Answers of each world, asked of processes that live as long as the test."""
    askers: dict = {}

    def answers(world, number):
        if world.folder not in askers:
            askers[world.folder] = Asker(world)
        return askers[world.folder].answers(number)

    yield answers
    for asker in askers.values():
        asker.close()


def run(kind, worlds, folder, ask, seed):
    def compare(sequence):
        sequence.same("match", [ask(world, sequence.number) for world in sequence.worlds])

    run_asking(kind, worlds, folder, seed=seed, steps=STEPS, compare=compare, share=2)


@pytest.mark.parametrize("kind", [Sequence, Withheld, NeverLinked])
def test_what_is_hidden_changes_no_match(worlds, tmp_path, ask, kind):
    run(kind, worlds, tmp_path, ask, 0)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", [Sequence, Withheld, NeverLinked])
def test_what_is_hidden_changes_no_match_in_many_sequences(worlds, tmp_path, ask, kind):
    for seed in range(SEED, SEED + FEW):
        run(kind, worlds, tmp_path / str(seed), ask, seed)


def test_once_the_shield_is_lifted_what_was_hidden_shows(worlds, tmp_path, ask):
    copies, number = shielded(worlds, tmp_path)
    before = [ask(world, number) for world in copies]
    assert before[0] == before[1]
    for world in copies:
        lift = ("shield", "lift", number, "--reason", "home again")
        assert world.answer("olu", *lift, second="ola").code == 0
    after = [ask(world, number) for world in copies]
    assert after[0] != after[1]
