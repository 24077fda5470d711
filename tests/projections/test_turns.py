"""Whose turn it is in the stewards' queue, whatever runs of linking and stewards do."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.judgement import (
    ClaimReleased,
    JudgementReversed,
    PairClaimed,
    PairJudged,
    PairRaised,
    Seen,
)
from events.linking import PairsReferred, ReferredPair
from events.record import RecordErased
from projections.projection import Happened, Target
from projections.projector import Projector
from projections.review import ATTENDED, CROWD, REVIEW_PAIR, fold
from projections.workings import Workings
from projections.worth import ASIDE, Kind, turn
from tests.projections.fake_log import FakeLog, cid, rid

LEASE = 5_000
PAIRS = [(rid(one), rid(other)) for one in range(1, 5) for other in range(one + 1, 5)]
pairs = st.sampled_from(PAIRS)
kinds = st.sampled_from([kind.value for kind in Kind])
weights = st.sampled_from([-2.0, 1.0, 9.0])
verdicts = st.sampled_from(["link", "apart", "unsure", "refer"])


def referred(*referred, threshold=4.0, settled=()):
    return PairsReferred("m", tuple(referred), tuple(settled), threshold)


def judged(pair, verdict):
    return PairJudged(pair[0], pair[1], verdict, "x", Seen(1, 1), "ada")


ACTS = st.one_of(
    st.builds(
        lambda pair, kind, weight: referred(ReferredPair(pair[0], pair[1], 5, weight, 0.5, kind)),
        pairs, kinds, weights,
    ),
    st.builds(lambda pair: referred(settled=[pair[::-1]]), pairs),
    st.builds(
        lambda pair, kind: PairRaised(pair[0], pair[1], "", 0, 0.0, 0.0, "ada", kind=kind),
        pairs,
        kinds,
    ),
    st.builds(lambda pair: PairClaimed("ada", LEASE, pair), pairs),
    st.builds(lambda pair: ClaimReleased("ada", pair), pairs),
    st.builds(judged, pairs, verdicts),
    st.builds(lambda pair: JudgementReversed(pair[0], pair[1], "ada"), pairs),
    st.sampled_from([rid(1), rid(2)]),
)  # fmt: skip


class Simply:
    """Whose turn it is when, and who is at which, told event after event."""

    def __init__(self, happened):
        self.waiting: dict = {}
        self.unsure: set = set()
        self.at: set = set()
        for recorded in happened:
            event = recorded.event
            if isinstance(event, RecordErased):
                self.forget(recorded.originator_id)
            elif isinstance(event, PairsReferred):
                self.refer(event, recorded.origin.recorded)
            elif isinstance(event, PairClaimed | ClaimReleased):
                assert event.records is not None
                self.at -= {event.records}
                self.at |= {event.records} if isinstance(event, PairClaimed) else set()
            elif isinstance(event, PairRaised):
                row = (True, event.kind, recorded.origin.recorded, None)
                self.waiting[event.left, event.right] = row
            else:
                self.judge((event.left, event.right), getattr(event, "verdict", ""))

    def refer(self, event, now):
        for left, right in event.settled:
            pair = min(left, right), max(left, right)
            if pair in self.waiting and not self.waiting[pair][0]:
                del self.waiting[pair]
        for one in event.referred:
            was_asked, _, since, _ = self.waiting.get((one.left, one.right), (False, "", now, None))
            if not was_asked:
                row = (False, one.kind, since, one.weight - event.threshold)
                self.waiting[one.left, one.right] = row

    def judge(self, pair, verdict):
        self.at -= {pair}
        self.unsure -= {pair}
        self.unsure |= {pair} if verdict == "unsure" else set()
        if verdict in {"link", "apart"}:
            self.waiting.pop(pair, None)

    def forget(self, record):
        self.waiting = {pair: row for pair, row in self.waiting.items() if record not in pair}
        self.unsure = {pair for pair in self.unsure if record not in pair}
        self.at = {pair for pair in self.at if record not in pair}

    def turns(self):
        return {
            pair: turn(Kind(kind), since, distance, is_unsure=pair in self.unsure)
            for pair, (_, kind, since, distance) in self.waiting.items()
        }


@pytest.fixture
def engine(engine):
    Projector(FakeLog(), engine).prepare()
    return engine


def told(log, engine, batch=50):
    """The queue after all events of a log, so many at a time, as it is asked for."""
    with engine.begin() as connection:
        for table in (REVIEW_PAIR, ATTENDED, CROWD):
            connection.execute(table.delete())
        for first in range(0, len(log.events), batch):
            some = enumerate(log.events[first : first + batch], start=first)
            fold([Happened(*one) for one in some], Target(connection))
    return Workings(engine)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, max_size=25), st.integers(1, 4), st.integers(1, 3))
def test_pages_of_any_size_give_each_pair_once_in_its_turn(engine, acts, size, batch):
    log = FakeLog()
    for act in acts:
        log.append(*((act, RecordErased()) if act in (rid(1), rid(2)) else (cid(50), act)))
    workings = told(log, engine, batch)
    found, behind = [], None
    while page := workings.next_pairs(behind, size):
        assert len(page) <= size
        found += page
        behind = page[-1].turn, page[-1].left.bytes, page[-1].right.bytes
    simply = Simply(log.events)
    turns = simply.turns()
    assert {(one.left, one.right): one.turn for one in found} == turns
    assert len(found) == len(turns)
    assert found == sorted(found, key=lambda one: (one.turn, one.left.bytes, one.right.bytes))
    claimed = workings.attended(LEASE - 1)
    assert {((one.left, one.right), who) for one, who in claimed} == {
        (pair, "ada") for pair in simply.at & turns.keys()
    }
    assert workings.attended(LEASE) == []
    for record in (rid(1), rid(3)):
        with_it = {(one.left, one.right) for one in workings.pairs_with([record])}
        assert with_it == {pair for pair in turns if record in pair}


def test_a_claim_of_before_that_names_no_records_is_passed_over(engine):
    log = FakeLog()
    log.append(cid(50), referred(ReferredPair(rid(1), rid(2), 5, 1.0, 0.5, "")))
    log.append(cid(51), PairClaimed("ada", LEASE), ClaimReleased("ada"))
    workings = told(log, engine)
    [pair] = workings.next_pairs(None, 10)
    assert pair.kind is Kind.LINKAGE
    assert workings.attended(0) == []


def test_a_pair_that_was_weighed_under_no_known_threshold_goes_behind_those_near_to_theirs(engine):
    log = FakeLog()
    log.append(cid(50), referred(ReferredPair(rid(1), rid(2), 5, 1.0, 0.5, ""), threshold=None))
    log.append(cid(50), referred(ReferredPair(rid(1), rid(3), 5, 3.9, 0.5, "potential linkage")))
    found = told(log, engine).next_pairs(None, 10)
    assert [one.right for one in found] == [rid(3), rid(2)]


def test_what_a_steward_could_not_tell_comes_later_and_in_its_turn_when_that_is_undone(engine):
    log = FakeLog()
    log.append(cid(50), referred(ReferredPair(rid(1), rid(2), 5, 1.0, 0.5, "potential linkage")))
    [before] = told(log, engine).next_pairs(None, 10)
    log.append(cid(51), judged((rid(1), rid(2)), "unsure"))
    [aside] = told(log, engine).next_pairs(None, 10)
    assert aside.turn == pytest.approx(before.turn + ASIDE)
    log.append(cid(51), JudgementReversed(rid(1), rid(2), "ada"))
    assert told(log, engine).next_pairs(None, 10) == [before]


def test_a_pair_is_read_in_its_turn_without_looking_at_those_behind_it(engine):
    """By the index on turns: no order is made of all that wait."""
    workings = told(FakeLog(), engine)
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL plans by what is in the table")
        asked = (
            "SELECT * FROM review_pair WHERE turn IS NOT NULL AND (turn, left, right) > (1.0, x'', "
            "x'') ORDER BY turn, left, right LIMIT 20"
        )
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
    assert any("review_pair_turn" in one for one in plan), plan
    assert not any("TEMP B-TREE" in one for one in plan), plan
    assert workings.next_pairs(None, 20) == []
