"""What a run of linking takes up, and what it leaves to the next."""

from contextlib import nullcontext, suppress
from typing import Any

import msgspec
import pytest

from contactpoint.chance import CHANCE, Chance
from contactpoint.intake.request import Request
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.linking import Linking
from contactpoint.linking.parts import Parts
from events.store.appending import StaleError
from feeds.catalogue import recognise
from projections.projector import Projector
from tests.contactpoint.installation import Installation, population


@pytest.fixture(scope="module")
def linked(tmp_path_factory):
    """A home with one agency's delivery linked, and the deliveries of the others."""
    folder = tmp_path_factory.mktemp("linked")
    (night,) = population(folder / "feeds", children=60, nights=1, seed=4)
    first = [words for words in night if words[3] == "pds"]
    second = [words for words in night if words[3] != "pds"]
    home = Installation(folder / "home")
    home.run("init")
    for words in first:
        home.run(*words, "--no-link")
    home.run("link")
    return home, second


class Overtaken(Projector):
    """A projector whom a load overtakes just after it has caught up."""

    load: Any = staticmethod(list)

    def catch_up(self, upto=None):
        reached = super().catch_up(upto)
        self.load()
        return reached


def _append(store, path, _source, source, _effective, day):
    feed = recognise(path)
    assert feed is not None
    request = Request([path], feed, source, effective=day)
    store.loading.load(request, store.origin("load"))


def test_what_a_load_appends_while_a_run_begins_is_left_to_the_next_run(linked, tmp_path):
    base, second = linked
    whole, home = base.copy(tmp_path / "whole"), base.copy(tmp_path / "home")
    for words in second:
        whole.run(*words)
    with home.opened() as store:
        projector = Overtaken(store.log, store.read)
        projector.load = lambda: [_append(store, *words[1:]) for words in second]
        kept = KeptIndex(store.settings.work, store.keys, store.master)
        parts = Parts(store.log, store.master, projector, store.workings, kept)
        Linking(parts).run(store.origin("link"), store.model)
    home.run("link")
    assert home.state() == whole.state()


def test_linking_again_appends_nothing(linked, tmp_path):
    home = linked[0].copy(tmp_path / "home")
    before = home.events()
    home.run("link")
    home.run("link", "--all")
    assert home.events() == before


def test_another_model_that_changes_nothing_is_recorded_once(linked, tmp_path):
    home = linked[0].copy(tmp_path / "home")
    with home.opened() as store:
        prior = msgspec.structs.replace(store.model.prior, records=store.model.prior.records + 1)
        model = msgspec.structs.replace(store.model, prior=prior)
        assert model.version != store.model.version
        store.linking.run(store.origin("link"), model)
        store.projector.catch_up()
        assert store.workings.runs()[0]["model"] == model.version
        after = store.log.position()
        store.linking.run(store.origin("link"), model)
        assert store.log.position() == after


class CutError(Exception):
    """A run that does not go on."""


class Overtakable:
    """A log whose lock holds nobody off, so that others write between our reading and appending."""

    def __init__(self, log, others):
        """``others`` write before each of our commits, in turn; then nobody does."""
        self._log, self._others = log, list(others)

    def __getattr__(self, name):
        return getattr(self._log, name)

    def lock(self, _name, **_):
        return nullcontext()

    def append(self, messages, **options):
        if self._others:
            self._others.pop(0)()
        return self._log.append(messages, **options)


def _cut():
    raise CutError


def _linking(store, others, commit=1000):
    """Linking in a log that others write to, each the first commits of a run of its own."""
    kept = KeptIndex(store.settings.work, store.keys, store.master)
    log: Any = Overtakable(store.log, others)
    parts = Parts(log, store.master, store.projector, store.workings, kept, commit=commit)
    return Linking(parts)


def _other_run(store, commits):
    def write():
        linking = _linking(store, [list] * commits + [_cut], commit=1)
        with suppress(CutError):
            linking.run(store.origin("link"), store.model)

    return write


@pytest.fixture(scope="module")
def unlinked(linked, tmp_path_factory):
    """A home with all deliveries of which only the first is linked, and the same when all are."""
    base, second = linked
    folder = tmp_path_factory.mktemp("unlinked")
    home = base.copy(folder / "home")
    for words in second:
        home.run(*words, "--no-link")
    whole = home.copy(folder / "whole")
    whole.run("link")
    return home, whole.state()


@pytest.mark.parametrize("commit", [1000, 20])
@pytest.mark.parametrize("commits", [[3], [1000], [2, 3, 4]])
def test_what_another_wrote_between_reading_and_appending_is_resolved_again(
    unlinked, tmp_path, commits, commit
):
    base, undisturbed = unlinked
    home = base.copy(tmp_path / "home")
    with home.opened() as store:
        others = [_other_run(store, number) for number in commits]
        before = store.log.position()
        _linking(store, others, commit).run(store.origin("link"), store.model)
        assert store.log.position() > before
    assert home.state() == undisturbed
    assert home.findings() == []


def test_a_run_that_others_overtake_again_and_again_gives_up_with_nothing_written(
    unlinked, tmp_path
):
    home = unlinked[0].copy(tmp_path / "home")
    with home.opened() as store:
        linking = _linking(store, [_other_run(store, 3)] * 5)
        with pytest.raises(StaleError):
            linking.run(store.origin("link"), store.model)
    home.run("link")
    assert home.state() == unlinked[1]
    assert home.findings() == []


class Unlucky:
    """Draws a number that is no new one, once."""

    def __init__(self, taken=None):
        """``taken``: the number of another child; without one the first is drawn twice."""
        self.taken = taken
        self.drawn = 0

    def __call__(self, records):
        child, number = CHANCE.register(records)
        self.drawn += 1
        if self.taken is None:
            self.taken = number
        return child, self.taken if self.drawn <= 2 else number


@pytest.mark.parametrize("whose", ["another child's", "drawn twice"])
def test_a_number_that_is_no_new_one_is_drawn_again(unlinked, tmp_path, whose):
    home = unlinked[0].copy(tmp_path / "home")
    with home.opened() as store:
        others = next(one.number for one in store.workings.records() if one.number)
        unlucky = Unlucky(others if whose == "another child's" else None)
        kept = KeptIndex(store.settings.work, store.keys, store.master)
        parts = store.log, store.master, store.projector, store.workings, kept
        Linking(Parts(*parts, chance=Chance(register=unlucky))).run(
            store.origin("link"), store.model
        )
        assert unlucky.drawn > 2
    assert home.state() == unlinked[1]
    assert home.findings() == []


def test_a_run_that_another_overtakes_at_its_very_end_is_recorded_too(unlinked, tmp_path):
    home = unlinked[0].copy(tmp_path / "home")
    completed = "contactpoint.LinkingCompleted:1"
    before = home.events()[completed]
    with home.opened() as store:
        _linking(store, [list, _other_run(store, 1000)]).run(store.origin("link"), store.model)
    assert home.events()[completed] == before + 2
    assert home.state() == unlinked[1]
