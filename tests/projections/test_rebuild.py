"""Whatever happened, a rebuild equals the live rows, and the rows equal the records' own state."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events import record as domain
from events.child import (
    ChildClosed,
    ChildErased,
    ChildMerged,
    ChildRestored,
    Evidence,
    RecordsUnlinked,
)
from events.record import RecordErased, RecordReturned
from events.responsible import ChildAccepted, ChildDeclined, ChildOffered
from projections.database import open_read_models
from projections.fingerprint import fingerprint
from projections.index import RECORD
from projections.projector import READ_MODELS, Projector
from projections.search import Search
from tests.projections.asking import Asking
from tests.projections.fake_log import (
    FakeLog,
    amended,
    at,
    cid,
    confirmed,
    linked,
    nhs,
    person,
    received,
    registered,
    rid,
    withdrawn,
)

RECORDS, CHILDREN = range(1, 5), range(1, 4)
AUTHORITIES = ("213", "855")
names = st.sampled_from(["Ada", "Bea", "Cleo"])
whom = st.builds(
    lambda given, dob, restricted: person(given, dob=dob, restricted=restricted),
    names,
    st.sampled_from(["2015-03-04", "2015"]),
    st.sampled_from([False, False, True]),
)
when = st.integers(1, 6)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("state"), st.sampled_from(RECORDS), whom, when),
        st.tuples(st.just("withdraw"), st.sampled_from(RECORDS), when),
        st.tuples(st.just("return"), st.sampled_from(RECORDS), when),
        st.tuples(st.just("confirm"), st.sets(st.sampled_from(RECORDS)), when),
        st.tuples(st.just("prove"), st.sets(st.sampled_from(RECORDS)), when),
        st.tuples(st.just("erase"), st.sampled_from(RECORDS)),
        st.tuples(st.just("link"), st.sampled_from(CHILDREN), st.sampled_from(RECORDS)),
        st.tuples(st.just("unlink"), st.sampled_from(CHILDREN), st.sampled_from(RECORDS)),
        st.tuples(st.just("merge"), st.sampled_from(CHILDREN), st.sampled_from(CHILDREN)),
        st.tuples(st.just("restore"), st.sampled_from(CHILDREN), st.sampled_from(RECORDS)),
        st.tuples(st.just("close"), st.sampled_from(CHILDREN)),
        st.tuples(st.just("offer"), st.sampled_from(CHILDREN), st.sampled_from(AUTHORITIES)),
        st.tuples(st.just("accept"), st.sampled_from(CHILDREN)),
        st.tuples(st.just("decline"), st.sampled_from(CHILDREN)),
        st.tuples(st.just("vanish"), st.sampled_from(CHILDREN)),
    ),
    max_size=30,
)


class Story:
    """Makes a lawful log of steps, and replays each record as its aggregate does."""

    def __init__(self):
        self.log, self.records, self.children = FakeLog(), {}, set()
        self.gone, self.offered = set(), {}

    def take(self, kind, *facts):
        getattr(self, kind)(*facts)

    def _record(self, n, event):
        before = self.records.get(n, domain.Record())
        if before.standing == "erased":
            return
        self.log.append(rid(n), event)
        self.records[n] = domain.evolve(before, event)

    def _known(self, n):
        return n in self.records and self.records[n].stated is not None

    def state(self, n, who, when):
        event = amended(n, who, when=when) if self._known(n) else received(n, who, when=when)
        self._record(n, event)

    def withdraw(self, n, when):
        self._record(n, withdrawn(when))

    def __getattr__(self, name):
        return {"return": self._return}[name]

    def _return(self, n, when):
        if self._known(n):
            content = self.records[n].stated.content
            self._record(n, RecordReturned("d" * 16, 1, at(when, content), at(when, b"")))

    def confirm(self, ns, when):
        known = [n for n in sorted(ns) if self._known(n)]
        self.log.append(cid(99), confirmed(*known, when=when))
        for n in known:
            self.records[n] = domain.confirm(self.records[n], at(when, b""))

    def prove(self, ns, when):
        known = [n for n in sorted(ns) if self._known(n)]
        self.log.append(cid(99), confirmed(when=when, seen=known))
        for n in known:
            self.records[n] = domain.prove_present(self.records[n], at(when, b""))

    def erase(self, n):
        if self._known(n):
            self._record(n, RecordErased())

    def _open(self, c, n):
        """Whether the child is there already; where not, it is registered with the record."""
        if not self._known(n) or c in self.gone:
            return False
        if c not in self.children:
            self.children.add(c)
            self.log.append(cid(c), registered(f"{c}", n))
            return False
        return True

    def link(self, c, n):
        if self._open(c, n):
            self.log.append(cid(c), linked(n))

    def unlink(self, c, n):
        if self._open(c, n):
            self.log.append(cid(c), RecordsUnlinked((rid(n),), "moved"))

    def merge(self, c, into):
        if c != into and self._open(c, c) and into in self.children:
            self.log.append(cid(c), ChildMerged(cid(into)))

    def restore(self, c, n):
        if self._open(c, n):
            self.log.append(cid(c), ChildRestored("m1", (Evidence(rid(n)),)))

    def close(self, c):
        if self._open(c, c):
            self.log.append(cid(c), ChildClosed())

    def offer(self, c, to):
        if self._open(c, c):
            self.offered[c] = to
            self.log.append(cid(c + 500), ChildOffered(cid(c), to))

    def accept(self, c):
        if c in self.offered:
            self.log.append(cid(c + 500), ChildAccepted(cid(c), self.offered.pop(c)))

    def decline(self, c):
        if c in self.offered:
            self.log.append(cid(c + 500), ChildDeclined(cid(c), self.offered.pop(c)))

    def vanish(self, c):
        if self._open(c, c):
            self.gone.add(c)
            self.offered.pop(c, None)
            self.log.append(cid(c), ChildErased())


ALL_STATED = [("state", n, person("Ada", dob="2015-03-04"), 1) for n in RECORDS]
"""As many events as a rebuild takes in at once where the projector takes one."""


@settings(max_examples=60)
@given(steps, st.integers(1, 9))
@example([*ALL_STATED, ("confirm", {1, 2}, 3), ("prove", {3}, 3)], 1)
@example([*ALL_STATED, ("withdraw", 1, 2), ("confirm", {1}, 3), ("withdraw", 2, 3)], 1)
def test_a_rebuild_equals_the_live_rows_and_the_records_own_state(taken, batch):
    story = Story()
    for step in taken:
        story.take(*step)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_read_models(f"sqlite:///{folder}/read.db")
        projector = Projector(story.log, engine, batch=batch)
        projector.prepare()
        projector.catch_up()
        live = fingerprint(engine)
        Projector(story.log, engine, batch=batch + 3).rebuild()
        assert fingerprint(engine) == live
        with engine.connect() as connection:
            held = {row.ordinal: _places(row) for row in connection.execute(RECORD.select())}
        engine.dispose()
    assert held == {
        n: (r.standing, r.stated, r.present, r.absent)
        for n, r in story.records.items()
        if r.standing in ("current", "withdrawn")
    }


def test_a_rebuild_from_a_log_that_was_put_back_ends_and_knows_what_that_one_says(tmp_path):
    """An older copy of the log stands beside read models that had come further."""
    engine = open_read_models(f"sqlite:///{tmp_path}/read.db")
    longer, shorter = FakeLog(), FakeLog()
    for record in (1, 2, 3):
        longer.append(rid(record), received(record))
    shorter.append(rid(1), received(1))
    projector = Projector(longer, engine)
    projector.prepare()
    projector.catch_up()
    Projector(shorter, engine).rebuild()
    with engine.connect() as connection:
        assert [row.ordinal for row in connection.execute(RECORD.select())] == [1]
    Projector(longer, engine).catch_up()
    with engine.connect() as connection:
        assert [row.ordinal for row in connection.execute(RECORD.select())] == [1, 2, 3]
    engine.dispose()


def _places(row):
    def place(what):
        found = tuple(row._mapping[f"{what}_{part}"] for part in domain.Order._fields)
        return None if found[0] is None else found

    return row.standing, place("stated"), place("present"), place("absent")


def test_a_restricted_child_is_found_by_what_its_view_shows_and_nothing_else(tmp_path):
    log = FakeLog()
    former = person("Secret", "Hidden", postcode="M1 1AA", identifiers=(nhs(),))
    log.append(rid(1), received(1, person(restricted=True)))
    log.append(rid(2), received(2, former, when=0)).append(cid(1), registered("111", 1, 2))
    engine = open_read_models(f"sqlite:///{tmp_path}/read.db")
    projector = Projector(log, engine)
    projector.prepare()
    projector.catch_up()
    ask = Asking(engine, log)
    assert ask.queries.find(Search(name="Ayesha Khan", birth="2015-03-04", sex="F")).found
    for search in (
        Search(postcode="M1 1AA"),
        Search(postcode="SE15 3QN"),
        Search(identifier="9000000009"),
        Search(name="Secret Hidden"),
        Search(name="Ayesha Khan", postcode="SE15 3QN"),
    ):
        assert not ask.queries.find(search).found
    engine.dispose()


DYING = """
import sys
from tests.projections.test_rebuild import dying_projector
projector = dying_projector(sys.argv[1])
projector.catch_up()
projector.rebuild()
"""


@pytest.mark.parametrize("table", [t.name for m in READ_MODELS for t in m.metadata.sorted_tables])
def test_any_table_that_was_dropped_is_made_again(table, tmp_path):
    projector = dying_projector(tmp_path)
    projector.catch_up()
    live = fingerprint(projector.engine)
    with projector.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    projector.rebuild()
    assert fingerprint(projector.engine) == live
    projector.engine.dispose()


def dying_projector(folder):
    """A projector over the same invented night in every process."""
    log = FakeLog()
    for n in range(1, 30):
        log.append(rid(n), received(n)).append(cid(n), registered(f"{n}", n))
        log.append(rid(n), amended(n, person(given="Later"), when=5))
    projector = Projector(log, open_read_models(f"sqlite:///{folder}/read.db"), batch=20)
    projector.prepare()
    return projector


@pytest.mark.parametrize(
    "failpoint",
    [
        "projection.rows:2",
        "projection.before-commit:3",
        "projection.after-commit:2",
        "projection.rows:7",
        "rebuild.before-swap",
        "rebuild.after-swap",
    ],
)
def test_a_projector_killed_anywhere_ends_where_one_that_was_not_ends(failpoint, tmp_path):
    root = Path(__file__).parents[2]
    (tmp_path / "whole").mkdir()
    whole = dying_projector(tmp_path / "whole")
    whole.catch_up()
    died = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path)],
        env=os.environ
        | {"CONTACTPOINT_FAILPOINT": failpoint, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    again = dying_projector(tmp_path)
    again.catch_up()
    assert fingerprint(again.engine) == fingerprint(whole.engine)
    again.rebuild()
    assert fingerprint(again.engine) == fingerprint(whole.engine)
    whole.engine.dispose()
    again.engine.dispose()
