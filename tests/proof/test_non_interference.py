"""Whoever is not cleared gets the same bytes from two indexes that differ in hidden facts alone.

What differs is (a) what a shield hides of a child: addresses, schools, services, identifiers,
former names, and the number, source and time of its records; (b) a record received after the shield
and withheld, against never received; (c) a never-link, the grouping being the same. ``dev.py soak``
tries many sequences: ``CONTACTPOINT_SEQUENCES`` says how many, ``CONTACTPOINT_SEED`` the first.
"""

import os
import random
import shutil

import pytest

from tests.contactpoint.shields import VERIFICATION
from tests.proof.worlds import WHY, World

SEQUENCES = int(os.environ.get("CONTACTPOINT_SEQUENCES", "100"))
SEED = int(os.environ.get("CONTACTPOINT_SEED", "1"))
STEPS = 12
OLD, NEW = ("9000000009", "SE15 3QN", "Adeyemi"), ("9000000017", "YO1 7HH", "Soyinka")
DAYS = [f"2026-09-{day:02d}" for day in range(2, 29)]
OTHERS = [
    {"key": "1", "given": "Bram", "family": "Taylor", "dob": "2016-03-04", "postcode": "M1 1AA"},
    {"key": "2", "given": "Cleo", "family": "Okonjo", "dob": "2012-07-19", "postcode": "SE15 3QN"},
    {"key": "3", "given": "Dewi", "family": "Rhys", "dob": "2015-03-04", "postcode": "CF10 1EP"},
]
TWINS = [
    {"key": "7", "given": "Ella", "family": "Moss", "dob": "2014-05-06", "postcode": "LS1 4AP"},
    {"key": "7", "given": "Ellie", "family": "Moss", "dob": "2014-05-06", "postcode": "LS1 4AP"},
]
PEOPLE = {
    "pds:asha": "Asha",
    "club:asha": "Asha",
    "clinic:a7": "Asha",
    "club:1": "Bram",
    "club:2": "Cleo",
    "club:3": "Dewi",
    "clinic:7": "Ella",
    "club:7": "Ellie",
}


def asha(facts, version=1):
    """What the health service says of the child who is to be shielded."""
    nhs, postcode, former = facts
    return {
        "resourceType": "Patient",
        "id": "asha",
        "meta": {"versionId": str(version)},
        "identifier": [
            {
                "system": "https://fhir.nhs.uk/Id/nhs-number",
                "value": nhs,
                "extension": [
                    {"url": VERIFICATION, "valueCodeableConcept": {"coding": [{"code": "01"}]}}
                ],
            }
        ],
        "name": [
            {"use": "usual", "given": ["Asha"], "family": "Okonjo"},
            {"use": "old", "given": ["Asha"], "family": former},
        ],
        "gender": "female",
        "birthDate": "2015-03-04",
        "address": [{"use": "home", "line": ["7 Quill Lane"], "postalCode": postcode}],
    }


def pupil(facts):
    """What a club says of her, in the world in which she goes there."""
    return {
        "key": "asha",
        "given": "Asha",
        "family": "Okonjo",
        "dob": "2015-03-04",
        "postcode": facts[1],
        "nhs": facts[0],
        "nhs_status": "01",
    }


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """The two, before the shield: she lives elsewhere in each, and goes to a club in one."""
    made: list[World] = []
    for name, facts in (("old", OLD), ("new", NEW)):
        world = World(tmp_path_factory.mktemp(name), PEOPLE)
        if made:  # one master key, so that records have the same ids in both
            world.home.mkdir()
            shutil.copy(made[0].home / "master.key", world.home)
        assert world.answer("", "init").code == 0
        world.rows([OTHERS[0], TWINS[1]], day="2026-09-01")
        world.rows([TWINS[0]], "clinic", "2026-09-01")
        world.patients([asha(facts)])
        made.append(world)
    made[0].rows([pupil(OLD)], day="2026-08-31")
    for world in made:
        world.name("rita", "practitioner")
        world.name("stan", "steward")
        world.name("olu", "shielding-officer")
        world.name("ola", "shielding-officer")
    return made


def shielded(worlds, tmp_path):
    """A copy of each world in which she is shielded; and her number."""
    copies = [world.copy_to(tmp_path / str(place)) for place, world in enumerate(worlds)]
    numbers = {number_of(world) for world in copies}
    assert len(numbers) == 1
    (number,) = numbers
    for world in copies:
        laid = ("shield", "apply", number, "--criterion", "refuge", "--requester", "duty desk")
        assert world.answer("olu", *laid).code == 0
    return copies, number


def number_of(world):
    asked = ("child", "find", "--name", "Asha Okonjo", "--dob", "2015-03-04", *WHY)
    (found,) = world.told("rita", *asked)["found"]
    return found["number"]


def questions(number):
    """Everything that an uncleared reader may ask that could tell of her."""
    asks: list[tuple[str, ...]] = [
        ("--name", "Asha Okonjo"),
        ("--name", "Okonjo"),
        ("--dob", "2015-03-04"),
    ]
    for nhs, postcode, former in (OLD, NEW):
        asks += [
            ("--identifier", nhs),
            ("--postcode", postcode),
            ("--name", f"Asha {former}"),
            ("--name", "Asha Okonjo", "--postcode", postcode),
            ("--dob", "2015-03-04", "--identifier", nhs),
        ]
    found = [("rita", "child", "find", *ask, *WHY) for ask in asks]
    shown = [
        ("rita", "child", "show", number, *WHY),
        ("rita", "child", "show", number, "--history", *WHY),
        ("rita", "child", "show", "999999999999", *WHY),
    ]
    records = ("pds:asha", "club:asha", "clinic:a7", "club:1", "club:9")
    why = [("stan", "why", one, "clinic:7", *WHY) for one in records]
    lists = [("stan", "review", "list"), ("rita", "shield", "list"), ("rita", "status")]
    told = [(*one, "--json") for one in (*found, *shown, *why, *lists)]
    return [*found, *shown, *why, *lists, *told]


def exported(world):
    """The tables that an administrator without clearance may take."""
    tables = []
    for what in ("links", "pairs"):
        path = world.folder / f"{what}.csv"
        said = world.answer("", "export", what, path)
        assert said.code == 0, said
        tables.append((said.code, path.read_text() if path.exists() else ""))
        path.unlink(missing_ok=True)
    return tables


class Sequence:
    """Random operations done to both worlds, each answer compared."""

    def __init__(self, worlds, number, seed):
        self.worlds, self.number = worlds, number
        self.draw = random.Random(seed)
        self.days = iter(DAYS)
        self.version = 1

    def run(self, steps):
        for _ in range(steps):
            step = self.draw.choice([self.ask, self.ask, self.ask, self.load, self.move, self.work])
            step()
        self.same("export", [exported(world) for world in self.worlds])

    def same(self, what, answers):
        first, second = answers
        assert first == second, what

    def both(self, who, *words):
        self.same(words, [world.answer(who, *words) for world in self.worlds])

    def ask(self):
        who, *words = self.draw.choice(questions(self.number))
        self.both(who, *words)

    def load(self):
        """Rows of other children; the report is what their agency gets."""
        row = dict(self.draw.choice([*OTHERS, TWINS[1]]))
        if self.draw.random() < 0.5:
            row["postcode"] = self.draw.choice(["M1 1AB", "SE15 3QN", "YO1 7HH"])
        day = next(self.days)
        self.same("load", [world.rows([row], day=day) for world in self.worlds])

    def move(self):
        """She moves, in each world elsewhere: the health service says so, and nobody else hears."""
        self.version += 1
        day = next(self.days)
        for world, facts in zip(self.worlds, (OLD, NEW), strict=True):
            moved = (facts[0], self.draw.choice(["SW1A 1AA", "EX1 1HS"]), facts[2])
            assert world.patients([asha(moved, self.version)], day=day).code == 0

    def work(self):
        words = self.draw.choice([("link", "--all"), ("rebuild",), ("rebuild", "index")])
        codes = [world.answer("", *words).code for world in self.worlds]
        self.same(words, codes)


def run_hidden_facts(worlds, tmp_path, seed):
    copies, number = shielded(worlds, tmp_path)
    Sequence(copies, number, seed).run(STEPS)
    return copies, number


@pytest.mark.parametrize("seed", range(2))
def test_hidden_facts_of_a_shielded_child_change_no_answer(worlds, tmp_path, seed):
    run_hidden_facts(worlds, tmp_path, seed)


def test_every_question_is_answered_alike(worlds, tmp_path):
    copies, number = shielded(worlds, tmp_path)
    for who, *words in questions(number):
        first, second = (world.answer(who, *words) for world in copies)
        assert first == second, (who, *words)
    first, second = map(exported, copies)
    assert first == second


def test_once_the_shield_is_lifted_the_facts_show(worlds, tmp_path):
    copies, number = shielded(worlds, tmp_path)
    for world in copies:
        lifted = world.answer(
            "olu", "shield", "lift", number, "--reason", "home again", second="ola"
        )
        assert lifted.code == 0, lifted
    asked = [(who, *words) for who, *words in questions(number)]
    differ = [ask for ask in asked if len({world.answer(*ask) for world in copies}) > 1]
    assert ("rita", "child", "find", "--identifier", OLD[0], *WHY) in differ
    assert ("rita", "child", "show", number, *WHY) in differ
    first, second = map(exported, copies)
    assert first != second


@pytest.mark.soak
def test_hidden_facts_change_no_answer_in_thousands_of_sequences(worlds, tmp_path):
    for seed in range(SEED, SEED + SEQUENCES):
        folder = tmp_path / str(seed)
        try:
            run_hidden_facts(worlds, folder, seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        for path in sorted(folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
