"""Whoever is not cleared gets the same bytes from two indexes that differ in hidden facts alone.

What differs is (a) what a shield hides of a child: addresses, schools, services, identifiers,
former names, and the number, source and time of its records; (b) a record received after the shield
and withheld, against never received; (c) a never-link, the grouping being the same. ``dev.py soak``
tries ten thousand sequences: ``CONTACTPOINT_SEQUENCES`` says how many, ``CONTACTPOINT_SEED`` the
first seed. They come in parts, which processes can share (``-n 2 --dist load``).

Nobody else states what is hidden of her together with her birth date: who does, is withheld for it
(ADR 20), so that the two indexes would differ in whom they may show. A test of its own says so.

A never-link shows in two places, because it has to: the pair across it is answered as one that does
not exist, and a table of links leaves the records of both its sides out. So nobody asks for that
pair here, and those rows are left out of both tables before they are compared.
"""

import os
import random
import shutil

import pytest

from tests.contactpoint.shields import VERIFICATION
from tests.proof.worlds import WHY, World

SEQUENCES = int(os.environ.get("CONTACTPOINT_SEQUENCES", "10000"))
FEW = int(os.environ.get("CONTACTPOINT_SEQUENCES", "100"))
"""The same where each is asked every question over HTTP, or of matching, again and again."""
PARTS = 10
"""Of each kind of sequence."""
SEED = int(os.environ.get("CONTACTPOINT_SEED", "1"))
STEPS = 12
OLD, NEW = ("9000000009", "SE15 3QN", "Adeyemi"), ("9000000017", "YO1 7HH", "Soyinka")
ALWAYS = ("--from", "2020-01-01", "--to", "2099-12-31")
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


BORN = "2015-03-04"
PLACES = ["M1 1AB", "SE15 3QN", "YO1 7HH"]
"""Where others move to: to where she lives, too."""
NEAR = [
    {"given": "Asha", "family": "Okonjo", "dob": "2015-03-05"},
    {"given": "Asha", "family": "Okonjo", "dob": "2013-03-04"},
    {"given": "Anya", "family": "Okonjo", "dob": "2015-03-04"},
    {"given": "Asha", "family": "Taylor", "dob": "2015-03-04"},
]
"""How another source may write her: so near that it is withheld."""
ACROSS = ("clinic:7", "club:7")
"""The twins between whom a never-link stands in one of two worlds."""


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
        "birthDate": BORN,
        "address": [{"use": "home", "line": ["7 Quill Lane"], "postalCode": postcode}],
    }


def pupil(facts):
    """What a club says of her, in the world in which she goes there."""
    return {
        "key": "asha",
        "given": "Asha",
        "family": "Okonjo",
        "dob": BORN,
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
    made[0].keep_time_with(made[1])
    for world in made:
        world.name("rita", "practitioner")
        world.name("stan", "steward")
        world.name("max", "auditor")
        world.name("nina", "practitioner", home=OLD[1])
        world.name("olga", "auditor", "shielding-officer")
        world.name("olu", "shielding-officer")
        world.name("ola", "shielding-officer")
        world.name("cora", "adoption-officer")
        world.name("dele", "adoption-officer")
        for sought in (("--postcode", OLD[1]), ("--identifier", OLD[0])):
            world.answer("rita", "child", "find", *sought, *WHY)  # found in one of them
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


def audited(number):
    """Everything that an auditor who is not cleared may ask of the looks so far."""
    asks = [
        ("nina", "child", "show", number, *WHY),
        ("max", "child", "accesses", number, *WHY),
        ("max", "audit", "watch"),
        ("max", "audit", "alerts", "list", "--all"),
        ("max", "audit", "investigations", "list", "--all"),
        ("max", "audit", "report", *ALWAYS),
        ("max", "audit", "verify"),
    ]
    return [*asks, *((*ask, "--json") for ask in asks)]


def exported(world):
    """The tables that an administrator without clearance may take."""
    tables = []
    for what in ("links", "pairs"):
        path = world.folder / f"{what}.csv"
        said = world.answer("", "export", what, path)
        assert said.code == 0, said
        tables.append((said.code, path.read_text() if path.exists() else ""))
        path.unlink(missing_ok=True)
    path = world.folder / "truth.csv"
    rows = (f"{name.replace(':', ',')},{person}" for name, person in PEOPLE.items())
    path.write_text("\n".join(["source,record_id,person", *rows]))
    said = world.answer("", "evaluate", path, "--json", *WHY)
    tables.append((said.code, said.out))
    path = world.folder / "looks.ndjson"
    assert world.answer("max", "audit", "export", path, *ALWAYS).code == 0
    return [*tables, (0, path.read_text())]


class Sequence:
    """Random operations done to both worlds, each answer compared."""

    facts: tuple = (OLD, NEW)
    """What is true of her in each world."""

    def __init__(self, worlds, number, seed):
        self.worlds, self.number = worlds, number
        self.draw = random.Random(seed)
        self.days = iter(DAYS)
        self.version = 1

    def run(self, steps):
        for _ in range(steps):
            self.draw.choice(self.steps())()
        for who, *words in audited(self.number):
            self.both(who, *words)
        self.same("export", [self.exported(world) for world in self.worlds])

    def steps(self):
        return [self.ask, self.ask, self.ask, self.load, self.move, self.work]

    def exported(self, world):
        return exported(world)

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
            hers = {OLD[1], NEW[1]} if row["dob"] == BORN else set()
            row["postcode"] = self.draw.choice([place for place in PLACES if place not in hers])
        day = next(self.days)
        self.same("load", [world.rows([row], day=day) for world in self.worlds])

    def move(self):
        """She moves, in each world elsewhere: the health service says so, and nobody else hears."""
        self.version += 1
        day = next(self.days)
        for world, facts in zip(self.worlds, self.facts, strict=True):
            moved = (facts[0], self.draw.choice(["SW1A 1AA", "EX1 1HS"]), facts[2])
            assert world.patients([asha(moved, self.version)], day=day).code == 0

    def work(self):
        words = self.draw.choice([("link", "--all"), ("rebuild",), ("rebuild", "index")])
        answers = [world.answer("", *words) for world in self.worlds]
        # A rebuild tells how far the log goes.
        told = words[0] == "link"
        self.same(words, [answer if told else answer.code for answer in answers])


class Withheld(Sequence):
    """In the first world another source states her so that the record is withheld."""

    facts = (OLD, OLD)

    def run(self, steps):
        self.state()
        super().run(steps)

    def steps(self):
        return [*super().steps(), self.state]

    def state(self):
        """A clinic states a child of its own in both worlds, and in the first one her as well.

        At a place to which she never moves: else the record would be linked, and not withheld.
        """
        day = next(self.days)
        near = {"key": "a7", "postcode": "TR1 2HE", **self.draw.choice(NEAR)}
        for world, rows in zip(self.worlds, ([TWINS[0], near], [TWINS[0]]), strict=True):
            assert world.rows(rows, "clinic", day).code == 0
        self.worlds[0].keep_time_with(self.worlds[1])


class NeverLinked(Sequence):
    """In the first world two officers keep apart whom a steward keeps apart in both."""

    facts = (OLD, OLD)

    def run(self, steps):
        seen = self.worlds[0].told("stan", "review", "show", *ACROSS, *WHY)["seen"]
        judged = ("--verdict", "apart", "--reason", "twins", "--seen", seen)
        self.worlds[1].told("stan", "review", "show", *ACROSS, *WHY)
        self.both("stan", "review", "decide", *ACROSS, *judged)
        self.draw_between()
        super().run(steps)

    def draw_between(self):
        left, right = ACROSS
        words = ("--left", left, "--right", right, "--kind", "other", "--requested-by", "a court")
        drawn = self.worlds[0].answer("cora", "never-link", "draw", *words, second="dele")
        assert drawn.code == 0, drawn
        self.worlds[0].keep_time_with(self.worlds[1])

    def steps(self):
        return [*super().steps(), self.clinic]

    def clinic(self):
        """The other twin is stated anew."""
        row = {**TWINS[0], "postcode": self.draw.choice(["LS1 4AP", "YO1 7HH"])}
        day = next(self.days)
        self.same("load", [world.rows([row], "clinic", day) for world in self.worlds])

    def exported(self, world):
        """The tables, without the rows of those kept apart: a table of links leaves them out."""
        names = [",".join(name.split(":")) for name in ACROSS]
        tables = [table for _, table in exported(world)]
        rows = [table.splitlines() for table in tables]
        return [[row for row in one if not any(name in row for name in names)] for one in rows]


def asking(kind, compare, share):
    """Sequences of that kind that, at both ends and as one of some steps, also ``compare``.

    ``compare`` is given the sequence; ``share`` says how many of its steps do so.
    """

    class Asking(kind):  # type: ignore[valid-type,misc]  # whichever sequence it is
        def steps(self):
            return [*super().steps()[2:], *[self.compare] * share]

        def compare(self):
            compare(self)

        def run(self, steps):
            self.compare()
            super().run(steps)
            self.compare()

    return Asking


def run_asking(kind, worlds, folder, *, seed, steps, compare, share):
    """One such sequence, in two worlds that differ as its kind says."""
    pair = worlds if kind is Sequence else [worlds[0], worlds[0]]
    copies, number = shielded(pair, folder)
    asking(kind, compare, share)(copies, number, seed).run(steps)


def alike(worlds, tmp_path):
    """Two copies of one world."""
    return shielded([worlds[0], worlds[0]], tmp_path)


def run_hidden_facts(worlds, tmp_path, seed):
    copies, number = shielded(worlds, tmp_path)
    Sequence(copies, number, seed).run(STEPS)
    return copies, number


def run_withheld(worlds, tmp_path, seed):
    copies, number = alike(worlds, tmp_path)
    Withheld(copies, number, seed).run(STEPS)
    return copies, number


def run_never_linked(worlds, tmp_path, seed):
    copies, number = alike(worlds, tmp_path)
    NeverLinked(copies, number, seed).run(STEPS)
    return copies, number


@pytest.mark.parametrize("seed", range(2))
def test_hidden_facts_of_a_shielded_child_change_no_answer(worlds, tmp_path, seed):
    run_hidden_facts(worlds, tmp_path, seed)


@pytest.mark.parametrize("seed", range(2))
def test_a_record_that_is_withheld_changes_no_answer(worlds, tmp_path, seed):
    run_withheld(worlds, tmp_path, seed)


@pytest.mark.parametrize("seed", range(2))
def test_a_never_link_changes_no_answer(worlds, tmp_path, seed):
    run_never_linked(worlds, tmp_path, seed)


def test_every_question_is_answered_alike_with_a_record_withheld_and_without(worlds, tmp_path):
    copies, number = alike(worlds, tmp_path)
    sequence = Withheld(copies, number, 0)
    sequence.state()
    with copies[0].opened() as store:
        record = store.record_named("clinic:a7")
        assert set(store.log.heads.shielded([record])[record].values()) == {"withheld"}
    for question in (*questions(number), *audited(number)):
        sequence.both(*question)
    sequence.same("export", [exported(world) for world in copies])


def test_every_question_is_answered_alike_with_a_never_link_and_without(worlds, tmp_path):
    copies, number = alike(worlds, tmp_path)
    sequence = NeverLinked(copies, number, 0)
    sequence.run(0)
    twins = [("rita", "child", "find", "--name", name, *WHY) for name in ("Ella", "Ellie", "Moss")]
    pairs = [("stan", "why", one, "club:1", *WHY) for one in ACROSS]
    for question in (*questions(number), *twins, *pairs, *audited(number)):
        sequence.both(*question)


def test_once_the_shield_is_lifted_the_withheld_record_shows(worlds, tmp_path):
    copies, number = alike(worlds, tmp_path)
    Withheld(copies, number, 0).state()
    lift = ("shield", "lift", number, "--reason", "home again")
    for world in copies:
        assert world.answer("olu", *lift, second="ola").code == 0
        assert world.answer("", "link").code == 0
    first, second = map(exported, copies)
    assert first != second


def test_whoever_asks_for_the_very_pair_of_a_never_link_is_told_of_no_pair(worlds, tmp_path):
    copies, number = alike(worlds, tmp_path)
    NeverLinked(copies, number, 0).run(0)
    codes = [world.answer("stan", "review", "show", *ACROSS, *WHY).code for world in copies]
    assert codes == [1, 0]


def test_every_question_is_answered_alike(worlds, tmp_path):
    copies, number = shielded(worlds, tmp_path)
    for who, *words in (*questions(number), *audited(number)):
        first, second = (world.answer(who, *words) for world in copies)
        assert first == second, (who, *words)
    first, second = map(exported, copies)
    assert first == second


def test_a_guessed_number_is_not_confirmed_to_whoever_loads_and_links(worlds, tmp_path):
    copies, _ = shielded(worlds, tmp_path)
    guess = {"key": "9", "given": "Xavier", "family": "Quill", "dob": "2011-01-02", "nhs": OLD[0]}
    told = []
    for world in copies:
        world.name("fay", "feed-agent")
        loaded = world.rows([guess | {"nhs_status": "01"}], day="2026-09-02")
        told.append([loaded, *(world.answer("fay", *words) for words in LINKING)])
    first, second = told
    assert first == second


def test_who_loads_alone_learns_nothing_of_what_is_withheld_by_asking_about_it(worlds, tmp_path):
    copies, _ = shielded(worlds, tmp_path)
    near = {"key": "9", "given": "Dewi", "family": "Rhys", "dob": BORN, "postcode": OLD[1]}
    told = []
    for world in copies:
        world.name("fay", "feed-agent")
        answers = [world.rows([near], day="2026-09-02")]
        for other in ("club:1", "club:404"):
            words = ("review", "raise", "club:9", other, "--reason", "alike")
            answers += [world.answer("fay", *words), world.answer("fay", *words, "--json")]
        told.append(answers)
    assert told[0] == told[1]
    assert {answer.code for answer in told[0]} == {0}


@pytest.mark.parametrize("born", ["2012-09-09", "2015-04-03"])
def test_a_guessed_number_on_somebody_who_is_known_is_not_confirmed_either(worlds, tmp_path, born):
    """Who bears a number of their own: two records that differ in it alone are asked about."""
    copies, _ = shielded(worlds, tmp_path)
    known = {"key": "6", "given": "Mina", "family": "Farrow", "dob": born, "postcode": "L1 1AA",
             "nhs": "9000000033", "nhs_status": "01"}  # fmt: skip
    told = []
    for world in copies:
        world.name("fay", "feed-agent")
        loaded = [world.rows([known], day="2026-09-02")]
        loaded.append(world.rows([known | {"nhs": OLD[0]}], "clinic", "2026-09-03"))
        asked = [*(("fay", *words) for words in LINKING), ("stan", "review", "list", "--json")]
        told.append([*loaded, *(world.answer(*words) for words in asked), *exported(world)])
    first, second = told
    assert first == second


LINKING = (("link", "--all"), ("link", "--all", "--plan"), ("link", "--all", "--json"))


def test_who_shares_her_birth_date_and_where_she_is_hidden_is_withheld_there_alone(
    worlds, tmp_path
):
    copies, _ = shielded(worlds, tmp_path)
    near = {"key": "3", "given": "Dewi", "family": "Rhys", "dob": BORN, "postcode": OLD[1]}
    kinds = []
    for world in copies:
        assert world.rows([near], day="2026-09-02").code == 0
        with world.opened() as store:
            record = store.record_named("club:3")
            kinds.append({*store.log.heads.shielded([record]).get(record, {}).values()})
    assert kinds == [{"withheld"}, set()]


def test_who_is_cleared_is_told_of_the_neighbour_who_looked(worlds, tmp_path):
    copies, number = shielded(worlds, tmp_path)
    for who, *words in audited(number):
        assert len({world.answer(who, *words) for world in copies}) == 1
    told = [world.told("olga", "audit", "alerts", "list") for world in copies]
    assert [[one["reader"] for one in alerts] for alerts in told] == [["nina"], []]


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


KINDS = (run_hidden_facts, run_withheld, run_never_linked)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("differ", KINDS)
def test_what_is_hidden_changes_no_answer_in_thousands_of_sequences(worlds, tmp_path, differ, part):
    each = -(-SEQUENCES // (PARTS * len(KINDS)))
    for seed in range(SEED + part * each, SEED + (part + 1) * each):
        folder = tmp_path / str(seed)
        try:
            differ(worlds, folder, seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        for path in sorted(folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
