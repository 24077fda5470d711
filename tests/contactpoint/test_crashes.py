"""The program killed anywhere while it loads, links or rebuilds, and then run again."""

import random
import signal
import time

import pytest

from events.failpoints import NAMES
from tests.contactpoint.installation import Installation, population

CHUNK = 60
APPEND = ("append.events", "append.heads", "append.chain", "append.before-commit")
KEYS = ("keys.before-commit", "keys.after-commit")
INDEX = ("index.before-swap", "index.after-swap")
LINK = ("link.before-append", "link.after-append", "link.before-complete")
PROJECTION = ("projection.rows", "projection.before-commit", "projection.after-commit")
REACHED = {
    "load": (
        *("load.received", "load.before-complete"),
        *(f"{name}:3" for name in (*KEYS, *APPEND, "append.after-commit")),
        *("checkpoint.before", "checkpoint.after", *PROJECTION),
    ),
    "link": (*INDEX, *LINK, "append.heads:2", "link.before-append:3", "append.after-commit:4"),
    "rebuild": ("projection.rows", "rebuild.before-swap", "rebuild.after-swap"),
}
"""Where each command is killed; a number says at which visit."""
ELSEWHERE = {"keys.rotate-added", "keys.rotate-wrapped", "keys.destroyed"}
"""Failpoints that none of these commands passes: tests/events kills a rotation at them, and
test_no_leaks an erasure."""
KILLS = [(command, at) for command, names in REACHED.items() for at in names]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """For each command: a home with much to do, its words, and how it ends undisturbed."""
    folder = tmp_path_factory.mktemp("prepared")
    (first, *_) = population(folder / "feeds", children=300, nights=1, seed=5)
    patients = next(words for words in first if words[3] == "pds")
    lines = patients[1].read_text().splitlines(keepends=True)
    early, late = folder / "early.ndjson", folder / "late.ndjson"
    early.write_text("".join(lines[:200]))
    late.write_text("".join(lines[12:]))
    base = Installation(folder / "base", CHUNK)
    base.run("init")
    pds = ["--source", "pds", "--feed", "health.pds-fhir", "--mode", "snapshot"]
    base.run("load", early, *pds, "--effective", "2026-01-01")
    for words in first:
        if words is not patients:
            base.run(*words, "--no-link")
    load = ["load", late, *pds, "--effective", "2026-01-15"]
    unlinked = base.copy(folder / "unlinked")
    unlinked.run(*load, "--no-link")
    linked = unlinked.copy(folder / "linked")
    linked.run("link")
    homes = {
        "load": (base, [*load, "--no-link"]),
        "link": (unlinked, ["link"]),
        "load and link": (base, load),
        "rebuild": (linked, ["rebuild"]),
    }
    return {
        command: (home, words, _ended(home.copy(folder / f"{command}-whole"), words))
        for command, (home, words) in homes.items()
    }


def _ended(home, words):
    home.run(*words)
    return home.state(), home.events()


def assert_as_undisturbed(home, undisturbed):
    state, events = undisturbed
    found = home.state()
    assert found.records == state.records
    assert found.children == state.children
    assert found.reviews == state.reviews
    assert home.events() == events
    assert home.findings() == []


def killed(home, words, failpoint):
    code, _, said = home.finish(*words, failpoint=failpoint)
    assert code == -signal.SIGKILL, f"{failpoint} was not reached: {said}"


@pytest.mark.parametrize(("command", "failpoint"), KILLS)
def test_a_command_killed_and_given_again_ends_as_if_it_had_not_been(
    prepared, tmp_path, command, failpoint
):
    base, words, undisturbed = prepared[command]
    home = base.copy(tmp_path / "home")
    killed(home, words, failpoint)
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


@pytest.mark.parametrize("failpoint", ["append.events:3", "append.after-commit:3"])
def test_a_load_in_two_processes_killed_and_given_again_ends_as_if_it_had_not_been(
    prepared, tmp_path, failpoint
):
    base, words, undisturbed = prepared["load"]
    home = base.copy(tmp_path / "home", processes=2)
    killed(home, words, failpoint)
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


def test_a_load_whose_second_process_is_killed_says_so_and_goes_on_when_given_again(
    prepared, tmp_path
):
    base, words, undisturbed = prepared["load"]
    home = base.copy(tmp_path / "home", processes=2)
    code, _, said = home.finish(*words, failpoint="keys.after-commit:3")
    assert code == 1
    assert "second process" in said
    assert "load again" in said
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


@pytest.mark.parametrize("failpoint", ["index.before-swap", "link.after-append"])
def test_a_load_killed_before_all_is_linked_links_when_it_is_given_again(
    prepared, tmp_path, failpoint
):
    base, words, undisturbed = prepared["load and link"]
    home = base.copy(tmp_path / "home")
    killed(home, words, failpoint)
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


def test_what_a_kill_leaves_of_the_read_models_shows_nothing_half_made(prepared, tmp_path):
    base, words, undisturbed = prepared["rebuild"]
    home = base.copy(tmp_path / "home")
    killed(home, words, "rebuild.before-swap")
    assert home.state() == undisturbed[0]


@pytest.mark.parametrize("failpoint", ["append.heads", "append.after-commit:2", "projection.rows"])
def test_an_index_whose_making_was_killed_is_made_by_the_same_command(tmp_path, failpoint):
    home = Installation(tmp_path / "home")
    killed(home, ["init"], failpoint)
    home.run("init")
    assert home.events() == {"contactpoint.ModelAdopted:1": 1}
    assert home.findings() == []


def test_every_failpoint_is_one_at_which_some_command_is_killed():
    reached = {at.partition(":")[0] for _, at in KILLS}
    assert reached | ELSEWHERE == NAMES


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_a_hundred_random_kills_change_nothing(prepared, tmp_path, seed):
    chance = random.Random(seed)
    command = chance.choice(["load", "link", "load and link", "load and link", "rebuild"])
    base, words, undisturbed = prepared[command]
    home = base.copy(tmp_path / "home")
    for _ in range(5):
        if chance.random() < 0.6:
            failpoint = f"{chance.choice(sorted(NAMES))}:{chance.randint(1, 4)}"
            home.finish(*words, failpoint=failpoint)
        else:
            process = home.start(*words)
            time.sleep(chance.uniform(0.1, 1.6))
            process.kill()
            process.communicate()
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)
