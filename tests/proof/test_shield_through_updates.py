"""A shielded child is never seen in between, whatever its agencies send, night after night.

Every feed states the child again, with slips, among others who are like it; all is linked anew and
rebuilt at times. Meanwhile a reader asks without waiting for anything. ``CONTACTPOINT_SEQUENCES``
says how many nights ``dev.py soak`` tries, ``CONTACTPOINT_SEED`` which.
"""

import os
import random
import threading
from contextlib import contextmanager

import pytest

from projections.guard import BehindError
from projections.search import Search
from projections.view import RestrictedView
from tests.proof.agencies import AGENCIES, PEOPLE, SLIPS, ZEB
from tests.proof.invariants import Index

NIGHTS = int(os.environ.get("CONTACTPOINT_SEQUENCES", "1000"))
SEED = int(os.environ.get("CONTACTPOINT_SEED", "1"))
WHO = PEOPLE.index(ZEB)
HER_OWN = [f"{agency.source}:{agency.key(ZEB)}" for agency in AGENCIES]
"""Her record at every agency."""
HOMES = {ZEB.postcode, SLIPS["moved"](ZEB).postcode}
KIND = [slip for slip in SLIPS if slip != "swapped"]
"""Slips by which nobody else comes to her number."""
SEEN_OPEN = "a reader saw what the shield hides"


@pytest.fixture
def index(tmp_path):
    """An index in which every agency has stated her, and she is shielded."""
    made = Index.begin(tmp_path)
    made.store = made.home.opened()
    made.read()
    for agency in AGENCIES:
        made.load(agency.source, [(WHO, "")])
    made.shield("pds:9000000009")
    yield made
    made.store.close()


class Reader:
    """Asks for her by number, by what the shield leaves, and by all that it hides."""

    def __init__(self, home, number):
        self.home, self.number = home, number
        self.asked, self.refused, self.saw = 0, 0, []

    def poll(self, store, stopped):
        """Ask until stopped; no answer, where the list moves meanwhile, is an answer too."""
        while not stopped.is_set():
            try:
                self.ask(store)
            except BehindError:
                self.refused += 1

    def ask(self, store):
        queries = store.queries
        found = queries.child_by_number(self.number)
        self._see(found is not None and isinstance(found.view, RestrictedView), "by number")
        named = queries.find(Search(name=f"{ZEB.given} {ZEB.family}", birth=ZEB.born)).found
        self._see(all(isinstance(one.view, RestrictedView) for one in named), "by name")
        for hidden in (*(Search(postcode=one) for one in HOMES), Search(identifier=ZEB.nhs),
                       Search(identifier=ZEB.upn)):  # fmt: skip
            numbers = {one.view.number for one in queries.find(hidden).found}
            self._see(self.number not in numbers, hidden)
        linked = {f"{source}:{key}" for source, key, _ in store.open_records.links()}
        self._see(not linked.intersection(HER_OWN), "in a table of links")
        self.asked += 1

    def _see(self, is_hidden, how):
        if not is_hidden:
            self.saw.append(how)

    @contextmanager
    def polling(self):
        """In this block it asks again and again."""
        stopped = threading.Event()

        def poll():
            with self.home.opened() as store:
                self.poll(store, stopped)

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            yield thread
        finally:
            stopped.set()
            thread.join()


def night(index, draw):
    """Every agency sends a file; now and then everything is linked, or made, anew."""
    for agency in AGENCIES:
        others = draw.sample([n for n in range(len(PEOPLE)) if n != WHO], draw.randrange(3))
        said = [(WHO, draw.choice(list(SLIPS))), *((one, draw.choice(KIND)) for one in others)]
        index.load(agency.source, said, link=draw.random() < 0.8)
    if draw.random() < 0.1:
        index.link(everything=True)
    if draw.random() < 0.1:
        index.store.projector.rebuild()


def is_hidden_through(index, nights, seed):
    draw, number = random.Random(seed), index.numbers()["pds:9000000009"]
    reader = Reader(index.home, number)
    with reader.polling() as thread:
        for _ in range(nights):
            night(index, draw)
            assert thread.is_alive(), "the reader had no answer"
            assert reader.saw == [], SEEN_OPEN
    assert reader.asked > max(nights, reader.refused)
    index.link()
    assert index.truth.shielded >= set(HER_OWN) & index.truth.current()
    index.holds_thoroughly()


def test_a_shielded_child_is_not_seen_in_between_while_every_feed_updates_it(index):
    is_hidden_through(index, 2, SEED)


def test_the_reader_would_see_a_child_without_a_shield(index):
    index.lift("pds:9000000009")
    reader = Reader(index.home, index.numbers()["pds:9000000009"])
    reader.ask(index.store)
    assert {"by number", "by name", "in a table of links"} < set(reader.saw)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_shielded_child_is_not_seen_in_between_through_a_thousand_nights(index):
    is_hidden_through(index, NIGHTS, SEED)
