"""What the signs of misuse ask of children, beside what a reader is shown of them."""

import pytest
import sqlalchemy as sa

from projections.folding import compact, fold
from projections.index import CHILD
from projections.projection import Target
from projections.view import ChildView
from projections.watched import numbers, service_key
from tests.contactpoint.installation import Installation, population

TODAY = "2026-09-20"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """An invented index."""
    folder = tmp_path_factory.mktemp("watched")
    home = Installation(folder / "home")
    home.run("init")
    for night in population(folder / "feeds", children=150, nights=1, seed=9):
        for words in night:
            home.run(*words, expected=(0, 3))
    with home.opened() as opened:
        opened.projector.catch_up()
        yield opened


def shown(store):
    """Every child that is shown whole, by its id."""
    ids = {one.child for one in store.workings.records() if one.child}
    found = {child: store.queries.child(child) for child in ids}
    return {child: one for child, one in found.items() if isinstance(one.view, ChildView)}


def test_names_homes_and_services_are_those_that_a_reader_is_shown(store):
    children = shown(store)
    watched = store.workings.watched(children, TODAY)
    assert watched.keys() == children.keys()
    assert any(one.services for one in watched.values())
    for child, found in children.items():
        view, one = found.view, watched[child]
        if view.name:
            assert fold(view.name.value.family) in one.families
        address = view.address.value.address if view.address else None
        if address and address.postcode and not view.address.value.last_known:
            assert compact(address.postcode) in one.homes
        for told in view.services:
            if not told.value.end and told.value.organisation:
                assert service_key(told.value.organisation) in one.services
        assert (one.died > 0) == bool(view.died and len(view.died.value) == 10)
        assert {*one.records} == {record.bytes for record in found.records}


def test_the_responsible_authority_is_among_those_that_work_with_a_child(store):
    children = shown(store)
    watched = store.workings.watched(children, TODAY)
    for child, found in children.items():
        assert store.workings.authorities(found.records, TODAY) <= watched[child].authorities


def test_a_number_answers_for_each_child_that_is_current(store):
    children = shown(store)
    numbers = store.workings.numbers_of(children)
    assert numbers == {child: found.view.number for child, found in children.items()}


def test_a_child_that_nobody_knows_is_left_out(store):
    unknown = next(iter(shown(store)))
    unknown = type(unknown)(int=unknown.int ^ 1)
    assert store.workings.watched([unknown], TODAY) == {}
    assert store.workings.numbers_of([unknown]) == {}
    assert store.queries.hidden_children({unknown}) == set()


def test_a_name_is_counted_once_for_each_child(store):
    watched = store.workings.watched(shown(store), TODAY)
    family = next(name for one in watched.values() for name in one.families)
    bearers, children = store.workings.bearers(family)
    assert bearers >= sum(family in one.families for one in watched.values()) > 0
    assert children >= len(watched)


def test_a_child_that_was_merged_away_answers_with_the_one_that_goes_on():
    engine = sa.create_engine("sqlite://")
    CHILD.create(engine)
    ids = [bytes([n]) * 16 for n in range(4)]
    steps = zip(
        ids, ("merged", "merged", "current", "retired"), (*ids[1:3], None, None), strict=True
    )
    rows = [
        {"child": child, "number": f"{place}", "status": status, "merged_into": into}
        for place, (child, status, into) in enumerate(steps)
    ]
    with engine.begin() as connection:
        connection.execute(CHILD.insert(), rows)
        assert numbers(ids, Target(connection)) == dict.fromkeys(ids[:3], "2")
    engine.dispose()
