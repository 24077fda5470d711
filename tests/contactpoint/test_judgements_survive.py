"""What stewards decided stands through any order of loads, links, models and rebuilds."""

import tempfile
from itertools import combinations
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from contactpoint.errors import ContactpointError
from contactpoint.intake.request import Request
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from contactpoint.sources import registration
from feeds.catalogue import FEEDS
from tests.contactpoint.installation import Installation

RECORDS = range(6)
records = st.sampled_from(RECORDS)
stated = st.tuples(
    st.just("state"),
    records,
    st.sampled_from(["Okonjo", "Okonjo-Bell", "Quillon"]),
    st.sampled_from(["2015-03-04", "2015-03", "2015-04-03"]),
)
two = st.tuples(records, records).filter(lambda pair: pair[0] < pair[1])
judged = st.tuples(st.just("judge"), two, st.sampled_from(["link", "apart", "link", "unsure"]))
undone = st.tuples(st.just("undo"), two)
withdrawn = st.tuples(st.just("withdraw"), records)
others = st.sampled_from([("link",), ("link all",), ("model",), ("rebuild",)])
steps = st.lists(st.one_of(stated, judged, judged, undone, withdrawn, others), max_size=12)


class Index:
    """A small index, open, in which anything may happen."""

    def __init__(self, folder):
        home = Installation(folder / "home")
        home.run("init")
        self.folder, self.store, self.times, self.prior = folder, home.opened(), 0, 0
        self.judging = Judging(self.store.log, self.store.keys, self.store.master)
        for record in RECORDS:
            club = registration(f"club{record}", "csv", FEEDS["csv"].settings)
            unguarded = msgspec.structs.replace(club, guard_share=1.0)
            self.store.sources.register(unguarded, self.origin("source"))
            self.state(record, "Okonjo", "2015-03-04" if record % 2 else "2015-03")
        self.link()

    def state(self, record, family, birth, *, purge=False):
        self.times += 1
        row = {"key": "1", "given": "Asha", "family": family, "dob": birth, "sex": "F"}
        path = self.folder / f"{self.times}.csv"
        kept = [row | {"postcode": "SE15 3QN"}] if not purge else [{"key": "2", "given": "Zed"}]
        path.write_text("\n".join([",".join(kept[0]), *(",".join(r.values()) for r in kept)]))
        request = Request(
            paths=[path],
            feed=FEEDS["csv"],
            source=f"club{record}",
            mode="snapshot",
            effective=f"2026-01-{1 + self.times % 28:02}",
        )
        self.store.loading.load(request, self.origin("load"))

    def withdraw(self, record):
        self.state(record, "", "", purge=True)

    def origin(self, command):
        return self.store.origin(command)

    def record(self, number):
        return self.store.record_named(f"club{number}:1")

    def ordinal(self, number):
        return self.store.log.heads.records([self.record(number)]).popitem()[1].state.ordinal

    def are_one(self, left, right):
        children = self.children()
        return children[self.ordinal(left)] == children[self.ordinal(right)]

    def judge(self, two, verdict):
        pair = Pair.of(*map(self.record, two))
        meant = Meant(pair, verdict, "x", self.judging.open(pair))
        self.judging.decide(meant, By("ada"), self.origin("decide"))

    def undo(self, two):
        pair = Pair.of(*map(self.record, two))
        self.judging.undo(pair, By("ada"), self.origin("undo"))

    def link(self, *, everything=False):
        prior = self.store.model.prior
        more = msgspec.structs.replace(prior, records=prior.records + 10**6 * self.prior)
        model = msgspec.structs.replace(self.store.model, prior=more)
        self.store.linking.run(self.origin("link"), model, everything=everything)

    def take(self, step):
        match step:
            case ("state", record, family, birth):
                self.state(record, family, birth)
            case ("withdraw", record):
                self.withdraw(record)
            case ("judge", two, verdict):
                self.judge(two, verdict)
            case ("undo", two):
                self.undo(two)
            case ("model",):
                self.prior += 1
            case ("rebuild",):
                self.store.projector.rebuild()
            case ("link all",):
                self.link(everything=True)
            case ("link",):
                self.link()

    def children(self):
        self.store.projector.catch_up()
        return {one.ordinal: one.child for one in self.store.workings.records()}


@settings(max_examples=5)
@given(steps)
def test_no_load_link_model_or_rebuild_reverses_a_judgement(steps):
    with tempfile.TemporaryDirectory() as folder:
        index = Index(Path(folder))
        try:
            for step in steps:
                try:
                    index.take(step)
                except ContactpointError:
                    continue
                index.link()
                children = index.children()
                for left, right, same in index.store.log.heads.judged():
                    if left in children and right in children:
                        assert (children[left] == children[right]) == same, step
        finally:
            index.store.close()


def test_the_steps_are_what_they_say(tmp_path):
    index = Index(tmp_path)
    before = index.children()
    two = next(pair for pair in combinations(RECORDS, 2) if not index.are_one(*pair))
    index.take(("judge", two, "link"))
    index.link()
    assert index.are_one(*two)
    assert index.children() != before
    index.take(("withdraw", two[0]))
    index.link()
    assert before.keys() - index.children().keys() == {index.ordinal(two[0])}
    index.store.close()
