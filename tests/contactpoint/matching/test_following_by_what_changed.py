"""An index that follows by what changed holds what one holds that reads all of it anew."""

import random

import pytest

from projections import changed
from tests.contactpoint.matching.people import AtOnce, person, told
from tests.contactpoint.matching.test_person_matching import NHS, row
from tests.contactpoint.shields import Refuge

STEPS = 14
ASKED = [person(), person("Bram", "Taylor"), person("Ash", "Okonja"), person(postcode="SE15 3QN"),
         person("", "", nhs=NHS[0]), person("Aisha", "Khan", "2014-03-04")]  # fmt: skip
SOURCES = ("club", "clinic", "nursery")


class Night:
    """What may happen to an index, drawn at random."""

    def __init__(self, refuge, draw):
        self.refuge, self.draw, self.day = refuge, draw, 1
        self.acts = [self.load, self.load, self.load_only, self.load_only, self.link, self.mark,
                     self.apply, self.apply, self.lift, self.erase, self.rebuild]  # fmt: skip

    def go_on(self):
        self.day += 1
        self.draw.choice(self.acts)()

    def load(self, *words):
        rows = [row(self.draw, key) for key in self.draw.sample(range(12), 3)]
        self.refuge.load(rows, self.draw.choice(SOURCES), f"2026-09-{self.day:02}", *words)

    def load_only(self):
        self.load("--no-link")

    def link(self):
        self.refuge.run("link")

    def mark(self):
        """The health service marks a patient of its own, or takes the mark away."""
        who = row(self.draw, 0)
        said = {"given": who["given"], "family": who["family"], "mark": self.draw.choice("RU")}
        self.refuge.patient(self.draw.choice(NHS), f"2026-09-{self.day:02}", **said)

    def apply(self):
        source, key = self.draw.choice(SOURCES), self.draw.randrange(12)
        number = self.refuge.number(source, key)
        shielded = {child for one in self.standing() for child in one["children"]}
        if number is not None and number not in shielded:
            self.refuge.apply(number)

    def lift(self):
        if shields := self.standing():
            self.refuge.lift(self.draw.choice(shields)["shield"])

    def standing(self):
        own, inherited = self.refuge.listed()
        return [*own, *inherited]

    def erase(self):
        name = f"{self.draw.choice(SOURCES)}:{self.draw.randrange(12)}"
        self.refuge.run("erase", name, "--reason", "asked", "--yes", expected=(0, 1))

    def rebuild(self):
        self.refuge.run("rebuild")


def state(matcher):
    """All that such an index holds."""
    index = matcher._index
    ordinals = set(index._kept.records.ordinals().tolist())
    return (
        ordinals,
        index._apart.shielded,
        index._apart.whole,
        *(beside._versions for beside in (index.shielded, index.whole)),
    )


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_it_holds_what_one_holds_that_reads_all_anew(tmp_path, seed):
    refuge, draw = Refuge(tmp_path), random.Random(seed)
    night = Night(refuge, draw)
    for source in SOURCES:
        refuge.load([row(draw, key) for key in range(12)], source)
    with refuge.opened() as store:
        store.catch_up()
        following, anew = (store.matching_people(AtOnce()) for _ in range(2))
        for _ in range(STEPS):
            night.go_on()
            store.catch_up()
            anew._index._place = None
            answers = [[told(one.match(asked)) for asked in ASKED] for one in (following, anew)]
            assert answers[0] == answers[1]
            assert state(following) == state(anew)


@pytest.fixture
def held(tmp_path, monkeypatch):
    """An index of shielded children, and of whom it read anew at each step."""
    refuge = Refuge(tmp_path)
    refuge.load([{"key": f"{n}", "given": given, "family": "Quill", "dob": f"201{n}-03-04"}
                 for n, given in enumerate(("Ada", "Bo", "Cy", "Di"))])  # fmt: skip
    for key in (0, 1, 2):
        refuge.apply(refuge.number("club", key))
    with refuge.opened() as store:
        store.catch_up()
        matcher = store.matching_people(AtOnce())
        apart, read = matcher._index._apart, []
        see = apart.see

        def noted(removed, of, target):
            read.append(of)
            return see(removed, of, target)

        monkeypatch.setattr(apart, "see", noted)

        def follow():
            store.catch_up()
            matcher.match(person())
            return read[-1]

        yield refuge, store, follow


def test_no_shielded_child_is_read_again_but_the_one_that_changed(held):
    refuge, store, follow = held
    refuge.load([{"key": "9", "given": "Zed", "family": "Other", "dob": "2012-01-01"}], "choir")
    assert len(follow()) == 1
    refuge.load([{"key": "0", "given": "Ida", "family": "Quill", "dob": "2010-03-04"}],
                "club", "2026-09-02", "--no-link")  # fmt: skip
    assert len(follow()) == 1
    refuge.apply(refuge.number("club", 3))
    assert store.record_named("club:3").bytes in follow()


def test_all_is_read_anew_after_an_erasure_a_rebuild_and_a_long_absence(held, monkeypatch):
    refuge, _, follow = held
    refuge.load([{"key": "9", "given": "Zed", "family": "Other", "dob": "2012-01-01"}], "choir")
    assert follow() is not None
    refuge.run("erase", "choir:9", "--reason", "asked", "--yes")
    assert follow() is None
    refuge.run("rebuild")
    assert follow() is None
    monkeypatch.setattr(changed, "KEPT", 3)
    refuge.load([{"key": "8", "given": "Yan", "family": "Other", "dob": "2012-01-01"}], "choir")
    assert follow() is None
