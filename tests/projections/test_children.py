"""The child index as events leave it."""

import random
import re

import pytest

from events.child import ChildClosed, ChildErased, ChildMerged, ChildRestored, Evidence
from events.child import RecordsUnlinked as Unlinked
from events.linking import PairsReferred, ReferredPair
from events.record import RecordErased, RecordReturned
from events.shield import ShieldApplied, ShieldLifted
from person.identifiers import Identifier
from projections.database import open_read_models, scrub, writing
from projections.fingerprint import fingerprint
from projections.index import STATEMENT
from projections.positions import FencedError
from projections.projector import Projector, Rebuild, UnknownProjectionError
from projections.rows import delete, insert, update
from projections.search import Search, TooBroadError
from projections.view import RestrictedView
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


class Index:
    """A log, its read models, and questions to them."""

    def __init__(self, url):
        self.log = FakeLog()
        self.engine = open_read_models(url)
        self.projector = Projector(self.log, self.engine, batch=7)
        self.projector.prepare()
        self.ask = Asking(self.engine, self.log)

    def given(self, stream, *events):
        self.log.append(stream, *events)
        return self

    def catch_up(self):
        self.projector.catch_up()
        return self

    def view(self, number):
        self.catch_up()
        found = self.ask.queries.child_by_number(number)
        return found and found.view


@pytest.fixture(params=["sqlite", "postgresql"])
def index(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'read.db'}"
    else:
        url = request.getfixturevalue("postgres_schema_url")
    made = Index(url)
    yield made
    made.engine.dispose()


@pytest.fixture
def small(tmp_path):
    made = Index(f"sqlite:///{tmp_path / 'read.db'}")
    yield made
    made.engine.dispose()


def test_a_registered_child_is_found_by_number_name_birth_date_postcode_and_identifier(index):
    index.given(rid(1), received(1, person(identifiers=(nhs(),))))
    index.given(cid(1), registered("111", 1)).catch_up()
    assert index.ask.queries.child_by_number("111").view.name.value.family == "Khan"
    for search in (
        Search(name="ayesha khan", birth="2015-03-04"),
        Search(name="Khan, Aye"),
        Search(name="KHAN"),
        Search(postcode="se153qn", sex="F"),
        Search(identifier="900 000 0009"),
    ):
        assert [found.view.number for found in index.ask.queries.find(search).found] == ["111"]
    assert not index.ask.queries.find(Search(name="ayesha khan", birth="2015-03-05")).found


def test_a_rebuild_gives_the_live_rows_on_either_database(index):
    index.given(rid(1), received(1)).given(rid(2), received(2, person(given="Aisha")))
    index.given(cid(1), registered("111", 1)).given(cid(1), linked(2))
    index.given(rid(1), amended(1, person(postcode="SE1 1AA"), when=5), withdrawn(6))
    index.given(cid(9), confirmed(2, when=9)).catch_up()
    live = fingerprint(index.engine)
    index.projector.rebuild()
    assert fingerprint(index.engine) == live
    index.projector.rebuild("children")
    assert fingerprint(index.engine) == live
    assert {standing.rebuilding for standing in index.projector.standings()} == {False}


def test_a_goal_beyond_the_end_of_the_log_is_its_end(small):
    """It fails where read models claim to know of events that are still to come."""
    small.given(rid(1), received(1))
    assert small.projector.catch_up(upto=1_000) == small.log.position()
    small.given(cid(1), registered("111", 1))
    assert small.view("111").name.value.family == "Khan"


def test_a_late_statement_does_not_become_current(small):
    small.given(rid(1), received(1, person(given="New"), when=5))
    small.given(rid(1), amended(1, person(given="Old"), when=3))
    small.given(cid(1), registered("111", 1))
    assert small.view("111").name.value.given == ("New",)


def test_a_confirmed_statement_outlives_one_that_comes_late(small):
    small.given(rid(1), received(1, person(given="Kept"), when=1)).catch_up()
    small.given(cid(9), confirmed(1, when=5)).catch_up()
    small.given(rid(1), amended(1, person(given="Late"), when=4))
    small.given(cid(1), registered("111", 1))
    assert small.view("111").name.value.given == ("Kept",)
    assert small.view("111").name.stated == 5


def test_a_confirmation_decides_anew_between_records_that_disagree(small):
    small.given(rid(1), received(1, person(given="One"), when=1))
    small.given(rid(2), received(2, person(given="Two"), when=2))
    small.given(cid(1), registered("111", 1, 2)).catch_up()
    small.given(rid(3), received(3, person(restricted=True), source="x", when=0))
    small.given(cid(1), linked(3)).catch_up()
    assert small.ask.queries.find(Search(name="Two Khan")).found
    small.given(cid(9), confirmed(1, when=9)).catch_up()
    assert not small.ask.queries.find(Search(name="Two Khan")).found
    assert small.ask.queries.find(Search(name="One Khan")).found


def test_a_withdrawn_record_leaves_the_view_and_returns(small):
    small.given(rid(1), received(1)).given(rid(2), received(2, person(given="Zed"), when=1))
    small.given(cid(1), registered("111", 1, 2)).given(rid(1), withdrawn(3))
    assert [holder.stated for holder in small.view("111").holders] == [1]
    assert small.view("111").name.value.given == ("Zed",)
    back = RecordReturned("d" * 16, 1, at(4, b"c"), at(4, b""))
    assert len(small.given(rid(1), back).view("111").holders) == 2


def test_a_rejected_row_proves_a_withdrawn_record_present(small):
    small.given(rid(1), received(1)).given(cid(1), registered("111", 1))
    small.given(rid(1), withdrawn(3)).catch_up()
    assert small.ask.lists.status().records == 0
    small.given(cid(9), confirmed(when=4, seen=[1])).catch_up()
    assert small.ask.lists.status().records == 1


def test_a_purge_before_the_first_statement_is_remembered(small):
    small.given(rid(1), withdrawn(5)).catch_up()
    small.given(rid(1), received(1, when=2)).catch_up()
    assert small.ask.workings.record(rid(1)).standing == "withdrawn"


def test_a_merged_number_answers_with_the_survivor_and_again_for_itself_when_restored(small):
    small.given(rid(1), received(1)).given(rid(2), received(2, person(given="Twin")))
    small.given(cid(1), registered("111", 1)).given(cid(2), registered("222", 2))
    small.given(cid(1), linked(2)).given(cid(2), ChildMerged(cid(1)))
    assert small.view("222").number == "111"
    assert small.ask.queries.find(Search(name="Twin Khan")).found[0].view.number == "111"
    assert small.ask.queries.find(Search(given="Tw*", family="Khan")).found
    for nobody in ("\u02bc\u02bc\u02bc*", "-"):
        assert not small.ask.queries.find(Search(given=nobody, family="Khan")).found
    small.given(cid(1), Unlinked((rid(2),), "moved"))
    small.given(cid(2), ChildRestored("m1", (Evidence(rid(2)),)))
    assert small.view("222").number == "222"
    assert small.view("111").name.value.given == ("Ayesha",)


def test_a_child_merged_through_another_is_found_with_the_one_that_answers(index):
    for n in (1, 2, 3, 4):
        index.given(rid(n), received(n)).given(cid(n), registered(f"11{n}", n))
    index.given(cid(3), ChildMerged(cid(2))).given(cid(2), ChildMerged(cid(1))).catch_up()
    assert index.ask.workings.merged_into([cid(1), cid(4)]) == {cid(2): cid(1), cid(3): cid(1)}
    assert index.ask.workings.merged_into([cid(3)]) == {}


def test_a_childs_current_records_are_asked_for_by_ordinal(small):
    for n in (1, 2, 3):
        small.given(rid(n), received(n))
    small.given(cid(1), registered("111", 1, 2)).given(rid(2), withdrawn(5)).catch_up()
    assert small.ask.workings.ordinals_of([cid(1)]) == {1}


def test_linking_sees_a_record_with_the_one_verified_number_that_it_states(small):
    verified = [Identifier("nhs", n, "verified") for n in ("9000000009", "9000000025")]
    for n, numbers in enumerate(((verified[0], nhs("9990001006")), verified, (nhs(),)), start=1):
        small.given(rid(n), received(n, person(identifiers=tuple(numbers))))
    seen = small.catch_up().ask.workings.memberships([1, 2, 3, 99])
    assert {n: one.verified for n, one in seen.items()} == {1: "9000000009", 2: "", 3: ""}
    assert seen[1].key == small.ask.workings.record(rid(1)).key


def test_a_closed_child_is_not_answered(small):
    small.given(rid(1), received(1)).given(cid(1), registered("111", 1))
    small.given(rid(1), withdrawn(3)).given(cid(1), Unlinked((rid(1),), "withdrawn"), ChildClosed())
    assert small.view("111") is None
    assert not small.ask.queries.find(Search(name="Khan")).found


def test_links_are_listed_for_current_records_only(small):
    small.given(rid(1), received(1)).given(rid(2), received(2)).given(rid(3), received(3))
    small.given(cid(1), registered("111", 1)).given(rid(3), withdrawn(3)).catch_up()
    assert list(small.ask.open_records.links()) == [
        ("school-a", "key-1", "111"),
        ("school-a", "key-2", ""),
    ]


def test_a_search_has_to_ask_for_something(small):
    with pytest.raises(TooBroadError):
        small.ask.queries.find(Search(sex="F"))


def test_a_search_that_many_answer_says_so(small):
    for n in range(1, 6):
        small.given(rid(n), received(n)).given(cid(n), registered(f"{n}", n))
    answer = small.catch_up().ask.queries.find(Search(name="Khan"), limit=3)
    assert (len(answer.found), answer.more) == (3, True)


def test_an_erased_record_is_in_no_file_any_more(small, tmp_path):
    for n in range(1, 60):
        small.given(rid(n), received(n, person(given=f"Name{n:03d}letters", family="Plantedxyz")))
        small.given(cid(n), registered(f"{n}", n))
    small.catch_up()
    pair = ReferredPair(rid(1), rid(2), 1 << 63, 1.0, 0.5, "potential linkage")
    small.given(cid(99), PairsReferred("m1", (pair,))).catch_up()
    planted = b"Name001letters"
    assert any(planted in file.read_bytes() for file in tmp_path.iterdir())
    small.given(rid(1), RecordErased()).given(
        cid(1), Unlinked((rid(1),), "erased"), ChildErased()
    ).catch_up()
    scrub(small.engine)
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert planted not in content
        assert rid(1).bytes not in content
        assert cid(1).bytes not in content


def test_scrubbing_blanks_the_copies_that_page_splits_leave_behind(small, tmp_path):
    chance = random.Random(1)

    def statement(n, most):
        return f"Planted{n:05d}end{'y' * chance.randrange(most)}".encode()

    with writing(small.engine) as connection:
        insert(connection, STATEMENT, [(n, statement(n, 600)) for n in range(30_000)])
        longer = [(n, statement(n, 900)) for n in range(1, 30_000, 3)]
        update(connection, STATEMENT, ("ordinal",), ("statement",), longer)
    gone = range(0, 30_000, 5)
    with writing(small.engine) as connection:
        delete(connection, STATEMENT, STATEMENT.c.ordinal, gone)
    scrub(small.engine)
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    found = {int(number) for number in re.findall(rb"Planted(\d{5})end", left)}
    assert not found & set(gone)


def test_a_rebuild_after_an_erasure_equals_the_live_rows(small):
    small.given(rid(1), received(1)).given(rid(2), received(2))
    small.given(cid(1), registered("111", 1, 2)).catch_up()
    small.given(rid(1), RecordErased()).given(cid(1), Unlinked((rid(1),), "erased")).catch_up()
    live = fingerprint(small.engine)
    small.log.erase(rid(1))
    small.projector.rebuild()
    assert fingerprint(small.engine) == live


def test_of_two_projectors_at_one_place_only_one_wins(index):
    index.given(rid(1), received(1)).given(cid(1), registered("111", 1))
    names = [model.name for model in index.projector.read_models.values()]
    index.projector.project(names, 0, 2)
    before = fingerprint(index.engine)
    with pytest.raises(FencedError, match="no longer at position 0"):
        index.projector.project(names, 0, 2)
    assert fingerprint(index.engine) == before


def test_a_rebuild_begun_later_fences_the_earlier_one(small):
    small.given(rid(1), received(1)).catch_up()
    earlier = Rebuild(small.projector, ["children"])
    earlier._begin()
    small.projector.rebuild("children")
    with pytest.raises(FencedError):
        earlier._step(filling=True)


def test_a_rebuild_takes_in_what_was_projected_meanwhile(small):
    small.given(rid(1), received(1)).catch_up()
    slow = Rebuild(small.projector, sorted(small.projector.read_models))
    slow._begin()
    slow._step(filling=True)
    slow._complete()
    small.given(rid(2), received(2)).given(cid(1), registered("111", 1, 2)).catch_up()
    live = fingerprint(small.engine)
    assert not slow._swap()
    slow._step(filling=False)
    assert slow._swap()
    assert fingerprint(small.engine) == live


def test_what_a_shield_hid_stands_among_what_is_open_once_it_is_lifted(small):
    small.given(rid(1), received(1)).given(cid(1), registered("111", 1)).catch_up()
    open_ = fingerprint(small.engine)
    small.given(cid(9), ShieldApplied((rid(1),), "2027-03-01")).catch_up()
    assert fingerprint(small.engine)["index_statement"] != open_["index_statement"]
    small.given(cid(9), ShieldLifted("ola")).catch_up()
    assert fingerprint(small.engine)["index_statement"] == open_["index_statement"]


def test_a_rebuild_waits_until_it_has_passed_a_shield_that_was_laid_meanwhile(small):
    small.given(rid(1), received(1)).given(cid(1), registered("111", 1)).catch_up()
    slow = Rebuild(small.projector, sorted(small.projector.read_models))
    slow._begin()
    slow._step(filling=True)
    slow._complete()
    small.given(cid(9), ShieldApplied((rid(1),), "2027-03-01"))
    assert not slow._swap()
    slow._step(filling=False)
    assert slow._swap()
    assert isinstance(small.view("111"), RestrictedView)


def test_a_projection_that_does_not_exist_is_named_with_those_that_do(small):
    with pytest.raises(UnknownProjectionError, match="children"):
        small.projector.rebuild("childs")
