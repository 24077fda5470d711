"""Where a rival goes, those between whom it stood are linked as if it had never been."""

import pytest

from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.judging.pair import Pair
from linkage.resolve import CROWD
from tests.contactpoint.installation import Installation

ASHA = {"given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "postcode": "SE15 3QN"}
ZED = {"given": "Zed", "family": "Quy", "dob": "2011-01-09", "postcode": "M1 1AA"}


OTHER = {"key": "other", **ASHA, "postcode": "SE15 3QM"}
LINKED = frozenset(["clinic:other", "school:asha"])


class Index(Installation):
    """A school's Asha may be either of a clinic's; the likelier is the school's Zed, it was judged.

    A school has one record of a child, so that its Asha is not the likelier one, and a clinic too.
    """

    def begin(self):
        self.run("init")
        self.nights = 0
        for source in ("clinic", "school"):
            self.run(
                "source", "add", source, "--feed", "csv", "--guard-share", 1, "--one-record-each"
            )
        self.night("school", {"key": "zed", **ZED})
        self.night("clinic", {"key": "one", **ASHA}, OTHER)
        with self.opened() as store:
            store.catch_up()
            judging = Judging(store.log, store.keys, store.master)
            pair = Pair.of(*map(store.record_named, ("school:zed", "clinic:one")))
            meant = Meant(pair, "link", "x", judging.open(pair))
            assert judging.decide(meant, By("ada"), store.origin("review decide"))
        self.run("link")
        self.night("school", {"key": "asha", **ASHA})
        return self

    def night(self, source, *rows, mode="delta", further=()):
        """A delivery of a source."""
        self.nights += 1
        lines = [",".join(("key", *ASHA)), *(",".join(row.values()) for row in rows)]
        path = self.home.parent / f"{source}-{self.nights}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        words = ("--source", source, "--feed", "csv", "--mode", mode)
        self.run("load", path, *words, "--effective", f"2026-02-{self.nights:02}", *further)

    def groups(self):
        """The records of each child."""
        with self.opened() as store:
            store.projector.catch_up()
            groups: dict = {}
            for one in store.workings.records():
                groups.setdefault(one.child, set()).add(f"{one.source}:{one.key}")
            return {frozenset(group) for group in groups.values()}

    def follows(self):
        """The children that linking everything would change."""
        with self.opened() as store:
            origin = store.origin("link")
            plan = store.linking.run(origin, store.model, everything=True, plan=True)
        return {what: count for what, count in plan.children.items() if count}


@pytest.fixture
def index(tmp_path):
    made = Index(tmp_path / "home").begin()
    assert LINKED not in made.groups()
    assert not made.follows()
    return made


def test_where_a_rival_is_withdrawn_the_other_is_linked(index):
    index.night("clinic", OTHER, mode="snapshot")
    assert LINKED in index.groups()
    assert not index.follows()


def test_where_a_rival_turns_out_to_be_another_the_other_is_linked(index):
    index.night("clinic", {"key": "one", **ASHA, "family": "Quy", "postcode": "M1 1AA"})
    assert LINKED in index.groups()
    assert not index.follows()


def test_where_a_rival_is_erased_the_other_is_linked(index):
    index.run("erase", "clinic:one", "--reason", "asked", "--yes")
    index.run("link")
    assert LINKED in index.groups()
    assert not index.follows()


def test_a_run_that_dies_after_its_first_commit_leaves_the_rest_to_the_next(tmp_path):
    index = Index(tmp_path / "home", chunk=1).begin()
    index.night("clinic", OTHER, mode="snapshot", further=["--no-link"])
    index.die("link", at="link.after-append:1")
    index.run("link")
    assert LINKED in index.groups()
    assert not index.follows()


NEARLY = {**ASHA, "dob": "2015-03-14"}
MANY = [{"key": f"k{n}", **NEARLY, "postcode": f"LS{n} 2AB"} for n in range(CROWD)]


@pytest.fixture
def crowded(tmp_path):
    """So many are nearly a school's Asha that nobody is asked about any of them.

    Of the two whom nearly everything says to be one child it is asked whether they are.
    """
    made = Index(tmp_path / "home")
    made.run("init")
    made.nights = 0
    for source in ("clinic", "school"):
        made.run("source", "add", source, "--feed", "csv", "--guard-share", 1, "--one-record-each")
    made.night("clinic", OTHER, *MANY)
    made.night("school", {"key": "asha", **ASHA})
    with made.opened() as store:
        store.catch_up()
        assert len(store.workings.open_pairs()) == 1
    assert LINKED not in made.groups()
    assert not made.follows()
    return made


def test_where_a_crowd_of_whom_nobody_was_asked_is_withdrawn_the_pair_is_weighed_again(crowded):
    crowded.night("clinic", OTHER, mode="snapshot")
    assert LINKED in crowded.groups()
    assert not crowded.follows()


def test_where_a_crowd_turns_out_to_be_others_it_is_too(crowded):
    crowded.night("clinic", *({**one, "family": "Quy"} for one in MANY))
    assert LINKED in crowded.groups()
    assert not crowded.follows()


def test_where_a_crowd_is_erased_it_is_too(crowded):
    names = [f"clinic:{one['key']}" for one in MANY]
    with crowded.opened() as store:
        store.catch_up()
        records = [store.record_named(name) for name in names]
        store.erasing.again(records, [], store.origin("erase"))
    crowded.run("link")
    assert LINKED in crowded.groups()
    assert not crowded.follows()


def test_what_was_near_is_known_though_the_index_was_kept_since(crowded):
    """As where a run dies after it has kept the index."""
    crowded.night("clinic", OTHER, mode="snapshot", further=["--no-link"])
    crowded.die("link", at="index.after-append:1")
    crowded.run("link")
    assert LINKED in crowded.groups()
    assert not crowded.follows()
