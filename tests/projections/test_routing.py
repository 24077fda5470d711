"""Whose work a pair may be, asked while the stewards' queue is read: nobody's own is left out."""

from itertools import combinations
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from events.child import ChildMerged
from events.linking import PairsReferred, ReferredPair
from events.responsible import ChildAccepted, ChildOffered
from events.shield import ShieldApplied
from person.services import Involvement
from projections.database import open_read_models
from projections.projector import Projector
from projections.routing import Near
from projections.workings import Workings
from tests.projections.fake_log import FakeLog, cid, person, received, registered, rid
from tests.tries import tries

TODAY = "2026-09-01"
CODES = ("213", "330", "855")
SERVICES = [
    Involvement("gp", "A20047"),
    Involvement("social-work", "999"),
    *(
        Involvement(kind, code, end=end)
        for kind, code in (("school", "2131234"), ("school", "8552001"), ("social-work", "330"))
        for end in ("", "2026-08-31", TODAY)
    ),
]
RECORDS = range(1, 7)


def told(engine, services, children, *acts):
    """The pairs of any two records, which all await a steward, as they are asked for."""
    log = FakeLog()
    for record, some in zip(RECORDS, services, strict=True):
        log.append(rid(record), received(record, person(involvements=tuple(some))))
    for number in sorted({child for child in children if child is not None}):
        of = [record for record, child in zip(RECORDS, children, strict=True) if child == number]
        log.append(cid(number), registered(f"10000000000{number}", *of))
    for stream, event in acts:
        log.append(stream, event)
    pairs = [
        ReferredPair(rid(one), rid(other), 5, 1.0, 0.5, "potential linkage")
        for one, other in combinations(RECORDS, 2)
    ]
    log.append(cid(99), PairsReferred("m", tuple(pairs), (), 4.0))
    projector = Projector(log, engine)
    projector.prepare()
    projector.catch_up()
    return Workings(engine)


def numbers(pair):
    return tuple(sorted(record for record in RECORDS if rid(record) in pair))


def kept(workings, code):
    pairs = workings.next_pairs(None, 100, Near(code, TODAY))
    return {(one.left, one.right) for one in pairs}


ACTS = st.one_of(
    st.builds(lambda one: (cid(50), ShieldApplied((rid(one),), "2027-01-01")),
              st.sampled_from(RECORDS)),
    st.builds(lambda one, code: (cid(60 + one), ChildAccepted(cid(one), code)),
              st.integers(0, 3), st.sampled_from(CODES)),
    st.builds(lambda one, code: (cid(60 + one), ChildOffered(cid(one), code)),
              st.integers(0, 3), st.sampled_from(CODES)),
    st.just((cid(0), ChildMerged(cid(1)))),
)  # fmt: skip


@given(
    services=st.lists(
        st.lists(st.sampled_from(SERVICES), max_size=2), min_size=len(RECORDS),
        max_size=len(RECORDS),
    ),
    children=st.lists(
        st.sampled_from([None, 0, 1, 2, 3]), min_size=len(RECORDS), max_size=len(RECORDS)
    ),
    acts=st.lists(ACTS, max_size=4),
)  # fmt: skip
@tries(15)
def test_every_pair_that_is_an_authority_s_is_read_for_it(services, children, acts):
    with TemporaryDirectory() as folder:
        engine = open_read_models(f"sqlite:///{folder}/read.db")
        assert_what_is_theirs_is_read(told(engine, services, children, *acts))
        engine.dispose()


def assert_what_is_theirs_is_read(workings):
    every = {(one.left, one.right) for one in workings.next_pairs(None, 100)}
    assert len(every) == len(list(combinations(RECORDS, 2)))
    known = workings.authority_of_each([rid(one) for one in RECORDS], TODAY)
    for code in CODES:
        of = {pair: {known[one] for one in pair if one in known} for pair in every}
        assert {pair for pair in every if not of[pair] or code in of[pair]} <= kept(workings, code)


def test_what_is_plainly_the_work_of_others_is_not_read(engine):
    school, worker = Involvement("school", "2131234"), Involvement("social-work", "330")
    services = [[school], [school], [worker], [], [], []]
    workings = told(engine, services, [0, 0, 1, 2, None, 3])
    read = {code: set(map(numbers, kept(workings, code))) for code in CODES}
    # Nobody's: that of two children without services, and what a record of no child stands in.
    nobody = {(4, 6), (1, 5), (2, 5), (3, 5), (4, 5), (5, 6)}
    assert read["855"] == nobody
    assert read["330"] == nobody | {(1, 3), (2, 3), (3, 4), (3, 6)}
    assert read["213"] == nobody | {
        (1, 2), (1, 3), (1, 4), (1, 6), (2, 3), (2, 4), (2, 6)
    }  # fmt: skip


def test_what_became_theirs_otherwise_than_by_a_service_is_read(engine):
    """A service that has ended names nobody; who was merged into a child may have been accepted."""
    school, worker = Involvement("school", "2131234"), Involvement("social-work", "330")
    ended = Involvement("social-work", "330", end="2026-08-31")
    workings = told(
        engine,
        [[ended], [], [worker], [school], [], [worker]],
        [0, 1, 2, 3, 4, 5],
        (cid(62), ChildAccepted(cid(2), "855")),
        (cid(64), ChildAccepted(cid(4), "855")),
        (cid(4), ChildMerged(cid(3))),
    )
    known = workings.authority_of_each([rid(one) for one in RECORDS], TODAY)
    assert {numbers({record}): code for record, code in known.items()} == {
        (3,): "855", (4,): "855", (6,): "330"
    }  # fmt: skip
    read = set(map(numbers, kept(workings, "855")))
    assert {(1, 2), (3, 6), (4, 6)} <= read
    assert (1, 6) not in read
    assert_what_is_theirs_is_read(workings)
