"""The ten invariants, under random acts of agencies, stewards, officers and administrators.

Beside the application stands a truth of plain dictionaries (``truth.py``). It does not say what is
linked; it says what must hold of whatever is linked. ``dev.py soak`` runs many sequences:
``CONTACTPOINT_SEQUENCES`` says how many, ``CONTACTPOINT_SEED`` the first seed. They come in parts,
which processes can share (``-n 2 --dist load``), each with seeds of its own. Each seed is of
``EACH`` sequences, and is printed before it runs; Hypothesis makes what fails as short as it can.
"""

import os
import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.contactpoint.installation import Installation
from tests.proof.agencies import AGENCIES, PEOPLE, SLIPS
from tests.proof.drawn import drawn
from tests.proof.invariants import Index
from tests.proof.truth import Truth

SEQUENCES = int(os.environ.get("CONTACTPOINT_SEQUENCES", "1000"))
SEED = int(os.environ.get("CONTACTPOINT_SEED", "1"))
STEPS = 50
EACH = 10
"""Sequences of one seed."""
PART = 100
"""Sequences of one part; a smaller number is one part."""
THOROUGH = 12
"""Steps between two looks at what is dear."""
MEMORY = Path("/dev/shm")
"""A folder in memory, where there is one: commits cost nothing there."""

whom = st.integers(0, len(PEOPLE) - 1)
slips = st.sampled_from(list(SLIPS))
said = st.lists(st.tuples(whom, slips), min_size=1, max_size=4, unique_by=lambda one: one[0])
sources = st.sampled_from([agency.source for agency in AGENCIES])
place = st.integers(0, 9_999)
verdicts = st.sampled_from(["link", "apart", "link", "apart", "unsure"])


class Sequence(RuleBasedStateMachine):
    """One index, to which anything may happen."""

    begun: ClassVar[Index]
    """What every sequence begins with."""
    happened: ClassVar[Counter]

    @initialize(chance=st.integers(0, 2**16))
    def begin(self, chance=0):
        with ExitStack() as stack:
            stack.enter_context(drawn(f"sequence {chance}"))
            self.open()
            self.chance = stack.pop_all()

    def open(self):
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        begun = self.begun
        shutil.copytree(begun.files, self.folder, dirs_exist_ok=True)
        home = Installation(self.folder / "home")
        truth = Truth(dict(begun.truth.records), {n: set(w) for n, w in begun.truth.words.items()})
        self.index = Index(home, truth, begun.days)
        self.index.read()
        self.index.last = None
        self.steps = 0

    def teardown(self):
        if not hasattr(self, "index"):
            return
        with self.chance:
            self.end()

    def end(self):
        try:
            if self.steps >= STEPS:
                self.index.holds_thoroughly()
                self.happened["sequences"] += 1
        finally:
            self.happened.update(self.index.seen)
            self.happened["steps"] += self.steps
            self.index.store.close()
            shutil.rmtree(self.folder)

    def record(self, at, among=None):
        """A record, by its place among those known."""
        known = sorted(among if among is not None else self.index.truth.current())
        return known[at % len(known)] if known else None

    @rule(source=sources, said=said)
    def load(self, source, said):
        self.index.load(source, said)

    @rule(source=sources, said=said)
    def load_more(self, source, said):
        self.index.load(source, said)

    @rule(source=sources, said=said)
    def load_and_leave_unlinked(self, source, said):
        self.index.load(source, said, link=False)

    @rule(
        source=st.sampled_from([one.source for one in AGENCIES if one.mode == "delta"]), said=said
    )
    def load_late(self, source, said):
        """An old file that comes now: what it says of those known is current no more."""
        self.index.load(
            source, [(who, s) for who, s in said if s != "marked"] or [(0, "")], late=True
        )

    @rule()
    @precondition(lambda self: self.index.last)
    def load_again(self):
        self.index.load_again()

    @rule(pair=st.tuples(place, place), verdict=verdicts)
    def judge(self, pair, verdict):
        left, right = (self.record(one) for one in pair)
        if left and left != right:
            self.index.judge(left, right, verdict)

    @rule(at=place, other=place, verdict=verdicts)
    def judge_within_a_child(self, at, other, verdict):
        left = self.record(at)
        right = self.record(other, self.index.truth.group(left) - {left}) if left else None
        if right:
            self.index.judge(left, right, verdict)

    @rule(at=place)
    def undo(self, at):
        judged = sorted(map(sorted, self.index.truth.judged))
        if judged:
            self.index.undo(tuple(judged[at % len(judged)]))

    @rule(at=place, other=place, verdict=st.sampled_from(["link", "apart"]))
    def judge_and_undo(self, at, other, verdict):
        self.index.link()
        left = self.record(at)
        among = self.index.truth.group(left) if verdict == "apart" and left else None
        right = self.record(other, among)
        if left and right and left != right:
            self.index.judge_and_undo(left, right, verdict)

    @rule(at=place, keeps=st.booleans())
    def split(self, at, keeps):
        if name := self.record(at):
            self.index.split(name, keeps=keeps)

    @rule(pair=st.tuples(place, place))
    def never_link(self, pair):
        left, right = (self.record(one) for one in pair)
        if left and left != right:
            self.index.never_link(left, right)

    @rule(at=place)
    def end_never_link(self, at):
        self.index.end_never_link(at)

    @rule(at=place)
    def adopted(self, at):
        if name := self.record(at):
            self.index.adopted(name)

    @rule(at=place)
    def shield(self, at):
        if name := self.record(at):
            self.index.shield(name)

    @rule(at=place)
    def lift(self, at):
        under = self.index.truth.shielded & self.index.truth.current()
        if name := self.record(at, under):
            self.index.lift(name)

    @rule(more=st.sampled_from([1, 4, 400]))
    def adopt_model(self, more):
        self.index.adopt(more)

    @rule(at=place, child=st.booleans())
    def erase(self, at, child):
        if name := self.record(at):
            self.index.erase(name, child=child)

    @rule()
    def rebuild(self):
        self.index.store.projector.rebuild()
        self.index.count("rebuild")
        self.index.read()

    @rule()
    def link_everything(self):
        self.index.link(everything=True)

    @rule(at=place)
    def look(self, at):
        if name := self.record(at):
            self.index.look(name)

    @rule()
    def reopen(self):
        self.index.reopen()

    @invariant()
    def holds(self):
        if not hasattr(self, "index"):
            return
        self.steps += 1
        self.index.holds()
        if self.steps % THOROUGH == 0:
            self.index.holds_thoroughly()


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    with drawn("begun"):
        return Index.begin(tmp_path_factory.mktemp("begun"))


def run(begun, number, sequences, steps, happened, *, shrink=True):
    """The sequences of a seed."""
    members = {"begun": begun, "happened": happened}
    machine = seed(number)(type("Sequence", (Sequence,), members))
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        database=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    print(f"seed {number}", flush=True)
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except BaseException as error:
        error.add_note(f"seed {number}: CONTACTPOINT_SEED={number} runs it again")
        raise


MUST_HAPPEN = (
    "children merged",
    "children split",
    "judge link",
    "judge apart",
    "undo",
    "split",
    "never-link",
    "adoption",
    "shield",
    "lift",
    "model adopted",
    "records erased",
    "looks at a shielded child",
)


def test_the_ten_invariants_hold_whatever_happens(begun):
    happened: Counter = Counter()
    run(begun, SEED, 3, STEPS, happened)
    print(dict(sorted(happened.items())))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(max(1, SEQUENCES // PART)))
def test_the_ten_invariants_hold_in_a_thousand_sequences(begun, part):
    happened: Counter = Counter()
    number = SEED + part * PART
    while happened["sequences"] < min(PART, SEQUENCES):
        run(begun, number, EACH, STEPS, happened)
        number += 1
    print(dict(sorted(happened.items())))
    assert not [what for what in MUST_HAPPEN if not happened[what]]
