"""A process killed at every failpoint, and what the next one finds."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from events.checkpoints import Checkpoints
from events.failpoints import NAMES, VARIABLE
from events.verify import verify
from tests.events.store_builders import Store, heads

ROOT = Path(__file__).parents[2]
APPENDING = sorted(
    name for name in NAMES if name.startswith(("append.", "keys.before", "keys.after"))
)
PROGRAM = """
import sys
from pathlib import Path
from events.checkpoints import Checkpoints
from tests.events.store_builders import Store, heads
folder = Path(sys.argv[1])
with Store(folder, *sys.argv[3:]) as store:
    if sys.argv[2] == "rotate":
        store.keys.rotate()
    else:
        for start in (0, 20):
            messages = store.many(20, start=start)
            if messages[0].originator_id not in store.log.versions([messages[0].originator_id]):
                store.log.append(messages, heads=heads(*messages))
        Checkpoints(folder / "notes", store.master.signing).write(store.log)
"""


def run(folder, task, failpoint="", urls=()):
    environment = {**os.environ, VARIABLE: failpoint, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(folder), task, *urls]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def assert_whole(folder, urls=()):
    """Forty events, each once, with their heads, an intact chain and a checkpoint."""
    with Store(folder, *urls) as store:
        expected = store.many(40)
        rows = store.log.read(0, 1_000)
        assert store.log.decode(rows) == expected
        notes = Checkpoints(folder / "notes", store.master.signing)
        report = verify(store.log, notes, lambda _: heads(*expected).records)
        assert (report.findings, report.unchecked, report.events) == ([], [], 40)


@pytest.mark.parametrize("visit", [1, 2])
@pytest.mark.parametrize("failpoint", APPENDING)
def test_a_load_killed_anywhere_and_run_again_ends_as_if_it_had_not_been(
    tmp_path, failpoint, visit
):
    assert run(tmp_path, "load", f"{failpoint}:{visit}") == -signal.SIGKILL
    assert run(tmp_path, "load") == 0
    assert_whole(tmp_path)


@pytest.mark.parametrize("failpoint", ["append.heads", "append.after-commit"])
def test_a_load_into_postgres_killed_and_run_again_ends_as_if_it_had_not_been(
    tmp_path, postgres_schema_url, failpoint
):
    urls = (postgres_schema_url, f"{postgres_schema_url}-keys")
    assert run(tmp_path, "load", failpoint, urls) == -signal.SIGKILL
    assert run(tmp_path, "load", urls=urls) == 0
    assert_whole(tmp_path, urls)


@pytest.mark.parametrize("failpoint", ["checkpoint.before", "checkpoint.after"])
def test_a_load_killed_at_its_checkpoint_and_run_again_has_one(tmp_path, failpoint):
    assert run(tmp_path, "load", failpoint) == -signal.SIGKILL
    assert run(tmp_path, "load") == 0
    assert_whole(tmp_path)


@pytest.mark.parametrize("failpoint", ["keys.rotate-added", "keys.rotate-wrapped"])
def test_a_rotation_killed_and_run_again_loses_no_key(tmp_path, failpoint):
    assert run(tmp_path, "load") == 0
    assert run(tmp_path, "rotate", failpoint) == -signal.SIGKILL
    assert_whole(tmp_path)
    assert run(tmp_path, "rotate") == 0
    assert_whole(tmp_path)
    with Store(tmp_path) as store:
        assert list(store.master.wrapping) == [2]


def test_a_failpoint_that_does_not_exist_is_refused(tmp_path):
    assert run(tmp_path, "load", "append.evnts") == 1


def test_every_failpoint_stands_somewhere_in_the_code():
    code = "".join(file.read_text() for file in (ROOT / "src").rglob("*.py"))
    assert {name for name in NAMES if f'failpoint("{name}")' not in code} == set()
