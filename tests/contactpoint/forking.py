"""Commands in processes of their own, forked from one that has loaded the program already.

A command that is killed must have a process to be killed in. One that begins anew loads Python,
the program and the compiled matcher first, which takes longer than what most commands then do.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(words, environment):
    """Run one command to its end or death; returns its code, below 0 of a signal, and its words."""
    server = _server()
    with tempfile.TemporaryDirectory() as folder:
        said = [Path(folder, name) for name in ("out", "err")]
        asked = [list(map(str, words)), environment, [str(path) for path in said]]
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return code, *(path.read_text() for path in said)


@cache
def _server():
    """The process that forks; it ends when its input does, with the process that began it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.contactpoint.forking"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)
    return server


def _serve():
    """Answer each line, a command, with the code of a fork of this process that ran it."""
    _load()
    while line := sys.stdin.readline():
        child = os.fork()
        if not child:
            _become(*json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _load():
    """What most commands load; nothing is opened and no thread begun that a fork would share."""
    import contactpoint.bootstrap  # noqa: PLC0415
    import contactpoint.cli.loading  # noqa: F401, PLC0415
    from linkage.comparable import Comparable  # noqa: PLC0415
    from linkage.index import Index  # noqa: PLC0415
    from linkage.model import Model  # noqa: PLC0415

    index = Index(Model.shipped())
    index.put([(1, 1, Comparable()), (2, 2, Comparable())])
    index.pairs_within(0.0)
    index.changes()
    index.put([(3, 1, Comparable())])
    index.pairs_of([3], 0.0)


def _become(words, environment, said):
    """Run a command in this process, as if it had been started with these words."""
    from contactpoint.cli import main  # noqa: PLC0415
    from events import failpoints  # noqa: PLC0415

    for stream, path in zip((sys.stdout, sys.stderr), said, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.clear()
    os.environ.update(environment)
    failpoints.arm(environment.get(failpoints.VARIABLE, ""))
    sys.exit(main(words))


if __name__ == "__main__":
    _serve()
