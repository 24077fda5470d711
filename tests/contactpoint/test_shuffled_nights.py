"""The same nights in any order, linked night by night or at once, make the same index."""

import random

import pytest

from tests.contactpoint.conftest import child, children
from tests.contactpoint.installation import Installation, population


def index_of(home, deliveries, *, by_deltas):
    """The state after these deliveries; linked after each, or once at the end."""
    made = Installation(home)
    made.run("init")
    for words in deliveries:
        made.run(*words, *(() if by_deltas else ("--no-link",)), expected=(0, 3))
    if not by_deltas:
        made.run("link")
    assert made.findings() == []
    return made.state()


def shuffled(nights, seed):
    """The deliveries of all nights, those of a night in another order and the nights too."""
    chance = random.Random(seed)
    order = [chance.sample(night, len(night)) for night in nights]
    chance.shuffle(order)
    return [words for night in order for words in night]


def in_order(nights):
    return [words for night in nights for words in night]


def assert_equal(found, wanted):
    assert found.records == wanted.records
    assert set(found.children) == set(wanted.children)
    assert found.children == wanted.children
    assert found.reviews == wanted.reviews


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    return population(tmp_path_factory.mktemp("few") / "feeds", children=150, nights=6, seed=3)


@pytest.fixture(scope="module")
def wanted(nights, tmp_path_factory):
    home = tmp_path_factory.mktemp("wanted") / "home"
    return index_of(home, in_order(nights), by_deltas=False)


def test_nights_in_order_linked_one_by_one_make_the_index_of_all_linked_at_once(
    nights, wanted, tmp_path
):
    assert_equal(index_of(tmp_path / "home", in_order(nights), by_deltas=True), wanted)


@pytest.mark.parametrize(("seed", "by_deltas"), [(1, True), (2, False)])
def test_nights_in_another_order_make_the_same_index(nights, wanted, tmp_path, seed, by_deltas):
    found = index_of(tmp_path / "home", shuffled(nights, seed), by_deltas=by_deltas)
    assert_equal(found, wanted)


def test_a_late_file_with_older_names_amends_nothing_and_is_not_held(store):
    store.load([child(n, given="Zed") for n in range(3)], day="2026-09-02")
    assert store.load(children(40), day="2026-09-01").state == "completed"
    assert store.head("c1").state.stated_version == 1


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_thirty_nights_in_another_order_make_the_same_index(tmp_path, seed):
    feeds = tmp_path / "feeds"
    thirty = population(feeds, children=400, nights=30, seed=seed)
    wanted = index_of(tmp_path / "wanted", in_order(thirty), by_deltas=False)
    found = index_of(tmp_path / "deltas", shuffled(thirty, seed), by_deltas=True)
    assert_equal(found, wanted)
    assert_equal(index_of(tmp_path / "once", shuffled(thirty, -seed), by_deltas=False), wanted)
