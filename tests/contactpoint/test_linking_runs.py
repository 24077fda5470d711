"""What a run of linking takes up, and what it leaves to the next."""

from typing import Any

import msgspec
import pytest

from contactpoint.intake.loading import Request
from contactpoint.linking.kept_index import KeptIndex
from contactpoint.linking.run import Linking
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
        linking = Linking(store.log, store.master, projector, store.queries, kept)
        linking.run(store.origin("link"), store.model)
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
        assert store.queries.runs()[0]["model"] == model.version
        after = store.log.position()
        store.linking.run(store.origin("link"), model)
        assert store.log.position() == after
