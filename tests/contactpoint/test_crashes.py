"""The program killed anywhere while it loads, links or rebuilds, and then run again."""

import json
import random
import signal
import subprocess
from collections import Counter
from typing import Any

import pytest

from events.failpoints import NAMES
from tests.contactpoint.installation import Installation, population

CHUNK = 60
APPEND = ("append.events", "append.heads", "append.chain", "append.before-commit")
KEYS = ("keys.before-commit", "keys.after-commit")
INDEX = ("index.frame", "index.after-append")
LINK = ("link.before-append", "link.after-append", "link.before-complete")
PROJECTION = ("projection.rows", "projection.before-commit", "projection.after-commit")
REACHED = {
    "load": (
        *("load.received", "load.before-complete"),
        *(f"{name}:3" for name in (*KEYS, *APPEND, "append.after-commit")),
        *("checkpoint.before", "checkpoint.after", *PROJECTION),
    ),
    "link": (*INDEX, *LINK, "append.heads:2", "link.before-append:3", "append.after-commit:4"),
    "link anew": ("index.before-swap", "index.after-swap"),
    "rebuild": ("projection.rows", "rebuild.before-swap", "rebuild.after-swap"),
    "approve": (
        *("delivery.decided", "append.heads", "append.before-commit:2", "append.chain:3"),
        *("append.after-commit:2", "keys.after-commit:2", "keys.before-commit:3"),
        *("link.before-append", "projection.before-commit:2"),
    ),
}
"""Where each command is killed; a number says at which visit."""
ELSEWHERE = {
    *("keys.rotate-added", "keys.rotate-wrapped", "keys.destroyed"),
    *("backup.copied", "backup.before-rename"),
    *("restore.filled", "restore.before-swap", "restore.swapping", "restore.swapped"),
}
"""Failpoints that none of these commands passes: tests/events kills a rotation at them,
test_no_leaks an erasure, and test_keeping backups and restores."""
PASSED = {
    "load": dict.fromkeys(KEYS, 5) | dict.fromkeys((*APPEND, "append.after-commit"), 8),
    "link": dict.fromkeys((*APPEND, "append.after-commit"), 10) | dict.fromkeys(LINK[:2], 9),
    "approve": dict.fromkeys((*APPEND, "append.after-commit"), 4) | dict.fromkeys(KEYS, 4),
}
"""How often each command was seen to pass a failpoint; one not named here it passes once."""
KILLS = [(command, at) for command, names in REACHED.items() for at in names]

TOGETHER = {"load and link": ("load", "link"), "link anew": ("link anew", "link")}
"""Commands that pass the failpoints of several: an index that a killed run made is not made again.
"""

PARTS = 10
AT_FAILPOINTS, AT_MOMENTS = 60 // PARTS, 40 // PARTS
"""Of the hundred kills of the long proof, those of each part."""
IN_A_ROW = 3
"""How often a command is killed before it may complete, at most."""
TRIES = 20


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
    anew = unlinked.copy(folder / "anew")
    (kept,) = anew.home.rglob("matcher.index")
    kept.unlink()
    linked = unlinked.copy(folder / "linked")
    linked.run("link")
    holding, approve = held_rows(base.copy(folder / "holding"), lines, folder / "others.ndjson")
    homes = {
        "load": (base, [*load, "--no-link"]),
        "link": (unlinked, ["link"]),
        "link anew": (anew, ["link"]),
        "load and link": (base, load),
        "rebuild": (linked, ["rebuild"]),
        "approve": (holding, approve),
    }
    return {
        command: (home, words, _ended(home.copy(folder / f"{command}-whole"), words))
        for command, (home, words) in homes.items()
    }


def held_rows(home, lines, path):
    """The home once it holds rows of a delivery, in several chunks, and the words to approve them.

    The rows give records of children the particulars of others.
    """
    people = [person for person in map(json.loads, lines) if "id" in person]
    others = [
        {
            **person,
            "meta": {"versionId": "99", "lastUpdated": "2026-01-19T06:00:00+00:00"},
            "name": other["name"],
            "birthDate": other["birthDate"],
        }
        for person, other in zip(people, people[40:] + people[:40], strict=True)
    ]
    path.write_text("".join(json.dumps(other) + "\n" for other in others))
    words = ["--source", "pds", "--feed", "health.pds-fhir", "--effective", "2026-01-20"]
    report = json.loads(home.run("load", path, *words, "--json", expected=(3,)).stdout)
    assert report["held"] > CHUNK
    return home, ["delivery", "approve", report["delivery"], "--reason", "asked them"]


def _ended(home, words):
    home.run(*words)
    return home.state(), home.events(), home.deliveries()


def assert_as_undisturbed(home, undisturbed):
    state, events, deliveries = undisturbed
    found = home.state()
    assert found.records == state.records
    assert found.children == state.children
    assert found.reviews == state.reviews
    assert home.events() == events
    assert home.deliveries() == deliveries
    assert home.findings() == []


@pytest.mark.parametrize(("command", "failpoint"), KILLS)
def test_a_command_killed_and_given_again_ends_as_if_it_had_not_been(
    prepared, tmp_path, command, failpoint
):
    base, words, undisturbed = prepared[command]
    home = base.copy(tmp_path / "home")
    home.die(*words, at=failpoint)
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


@pytest.mark.parametrize("failpoint", ["append.events:3", "append.after-commit:3"])
def test_a_load_in_two_processes_killed_and_given_again_ends_as_if_it_had_not_been(
    prepared, tmp_path, failpoint
):
    base, words, undisturbed = prepared["load"]
    home = base.copy(tmp_path / "home", processes=2)
    code, _, said = home.finish(*words, failpoint=failpoint)
    assert code == -signal.SIGKILL, said
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


@pytest.mark.parametrize("failpoint", ["index.frame", "link.after-append"])
def test_a_load_killed_before_all_is_linked_links_when_it_is_given_again(
    prepared, tmp_path, failpoint
):
    base, words, undisturbed = prepared["load and link"]
    home = base.copy(tmp_path / "home")
    home.die(*words, at=failpoint)
    home.run(*words)
    assert_as_undisturbed(home, undisturbed)


def test_what_a_kill_leaves_of_the_read_models_shows_nothing_half_made(prepared, tmp_path):
    base, words, undisturbed = prepared["rebuild"]
    home = base.copy(tmp_path / "home")
    home.die(*words, at="rebuild.before-swap")
    assert home.state() == undisturbed[0]


@pytest.mark.parametrize("failpoint", ["append.heads", "append.after-commit:2", "projection.rows"])
def test_an_index_whose_making_was_killed_is_made_by_the_same_command(tmp_path, failpoint):
    home = Installation(tmp_path / "home")
    home.die("init", at=failpoint)
    home.run("init")
    assert home.events() == {"contactpoint.ModelAdopted:1": 1}
    assert home.findings() == []


def test_every_failpoint_is_one_at_which_some_command_is_killed():
    reached = {at.partition(":")[0] for _, at in KILLS}
    assert reached | ELSEWHERE == NAMES


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_random_kills_change_nothing(prepared, tmp_path, part):
    chance = random.Random(part)
    wanted = [at_a_failpoint] * AT_FAILPOINTS + [at_a_moment] * AT_MOMENTS
    chance.shuffle(wanted)
    kills: Counter[Any] = Counter()
    while wanted:
        command = chance.choice(sorted(prepared))
        base, words, undisturbed = prepared[command]
        home = base.copy(tmp_path / f"{len(wanted)}")
        for kill in wanted[:IN_A_ROW]:
            home, code = struck(home, kill, command, words, chance)
            assert code == -signal.SIGKILL
            kills[kill] += 1
            wanted.remove(kill)
            if completed(home, command, undisturbed):
                break
        home.run(*words)
        assert_as_undisturbed(home, undisturbed)
    assert kills == {at_a_failpoint: AT_FAILPOINTS, at_a_moment: AT_MOMENTS}


def struck(home, kill, command, words, chance):
    """A copy of a home whose command was killed, and the code it ended with.

    Where a command ends before it is killed, that copy is left and another try is made.
    """
    for number in range(TRIES):
        tried = home.copy(home.home.with_name(f"{home.home.name}.{number}"))
        code = kill(tried, command, words, number, chance)
        if code != 0:
            return tried, code
    raise AssertionError(f"{command} always completed before it was killed")


def at_a_failpoint(home, command, words, number, chance):
    """Run a command to its death at a failpoint that it passes, sooner with every try."""
    part = chance.choice(TOGETHER.get(command, (command,)))
    name = chance.choice(REACHED[part]).partition(":")[0]
    visits = PASSED.get(part, {}).get(name, 1)
    visit = chance.randint(1, max(1, visits // (number + 1)))
    return home.finish(*words, failpoint=f"{name}:{visit}")[0]


def at_a_moment(home, command, words, number, chance):
    """Kill a command at any moment, sooner with every try."""
    process = home.start(*words)
    try:
        process.communicate(timeout=chance.uniform(0.4, 1.7) * 0.85**number)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode


def completed(home, command, undisturbed):
    """Whether a command that was killed had written all it had to; a rebuild begins anew."""
    if command == "rebuild":
        return False
    # Looked at in a copy, so that the next process finds what the kill left.
    return home.copy(home.home.with_name(f"{home.home.name}-seen")).events() == undisturbed[1]
