#!/usr/bin/env python3
"""Sets up contactpoint in .venv and runs it: the two commands are ``demo`` and ``test``.

    python3 dev.py demo             the tour: an invented night of feeds, loaded, linked, asked
    python3 dev.py test [ARGS...]   all tests; further words go to pytest
    python3 dev.py check            lint, format, types and import rules
    python3 dev.py soak [ARGS...]   the long proofs (crash rounds, many seeds), marked `soak`
    python3 dev.py bench [ARGS...]  the benchmarks
    python3 dev.py model            make the model anew that ships with the product
    python3 dev.py peers [ARGS...]  the matcher beside Splink and recordlinkage
    python3 dev.py setup            only the environment
    python3 dev.py lock             resolve the dependencies anew (needs uv; maintainers only)

Needs nothing but Python 3.11, 3.12 or 3.13 with its venv module. What is installed, and the
hash that each file must have, is in requirements/lock.txt.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
HERE = f"this is {sys.version.split()[0]} at {sys.executable}"
if not OLDEST <= sys.version_info[:2] <= NEWEST:
    # Said before anything stands here that an older Python cannot even define.
    sys.exit(f"contactpoint needs Python 3.11, 3.12 or 3.13; {HERE}")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
LOCK = ROOT / "requirements" / "lock.txt"
PEERS = ROOT / "requirements" / "peers.txt"
STAMP = VENV / "contactpoint.stamp"
PIP = [PYTHON, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "install"]

TOOLS = ("src", "feeds", "tests", "benchmarks", "dev.py")
CHECKS = (
    ("format", ["ruff", "format", "--check", *TOOLS]),
    ("lint", ["ruff", "check", *TOOLS]),
    ("types", ["mypy"]),
    ("import rules", ["lint-imports", "--no-cache"]),
)
LOCKING = (
    "uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url "
    "--no-annotate --no-header --no-python-downloads pyproject.toml "
)
LOCKS = (
    "--group dev --group build -o requirements/lock.txt",
    "--extra peers --constraints requirements/lock.txt -o requirements/peers.txt",
)


def main() -> int:
    """Run the command named on the command line; return its exit code."""
    command, *rest = sys.argv[1:] or ["--help"]
    if command in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    runs = {
        "demo": lambda: run([BIN / "contactpoint", "demo", *rest]),
        "test": lambda: run([PYTHON, "-m", "pytest", *rest]),
        "soak": lambda: run([PYTHON, "-m", "pytest", "-m", "soak", "-n", "0", *rest]),
        "check": check,
        "bench": lambda: run([PYTHON, "-m", "benchmarks", *rest]),
        "model": lambda: run([PYTHON, "-m", "contactpoint.shipping", *rest]),
        "peers": lambda: compare_with_peers(rest),
        "setup": lambda: 0,
        "lock": lock,
    }
    if command not in runs:
        print(f"dev.py: no command {command!r}; there are {', '.join(runs)}", file=sys.stderr)
        return 2
    refuse_a_python_without_venv()
    if command != "lock":
        make_environment()
    return runs[command]()


def refuse_a_python_without_venv() -> None:
    """Stop with one clear line where this Python cannot make an environment."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(
            "contactpoint needs Python's venv module, which this Python lacks; on Debian and "
            f"Ubuntu 'apt install python3-venv' brings it; {HERE}"
        )


def make_environment() -> None:
    """Make .venv from the lock, once for each lock, project file and Python."""
    project = (ROOT / "pyproject.toml").read_text().partition("[tool.ruff]")[0]
    parts = (LOCK.read_text(), project, sys.version, str(ROOT))
    wanted = hashlib.sha256("".join(parts).encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    say("setting up .venv: about 1 GB and a few minutes, this first time only")
    # Run by the environment's own Python, the one beneath it has to make the new one.
    beneath = getattr(sys, "_base_executable", sys.executable)
    shutil.rmtree(VENV, ignore_errors=True)
    must([beneath, "-m", "venv", VENV])
    install_locked(LOCK)
    must([*PIP, "--no-deps", "--no-build-isolation", "--editable", ROOT])
    STAMP.write_text(wanted)


def install_locked(lock: Path) -> None:
    """Install what a lock names, and nothing whose hash it does not have."""
    must([*PIP, "--require-hashes", "--only-binary", ":all:", "-r", lock])


def compare_with_peers(rest: list[str]) -> int:
    """Install the peers beside everything else, then compare; nothing else needs them."""
    say("peers: installing what requirements/peers.txt names")
    install_locked(PEERS)
    return run([PYTHON, "-m", "benchmarks.peers", *rest])


def lock() -> int:
    """Resolve the dependencies anew, those of the peers to fit the others."""
    return max(run([*LOCKING.split(), *words.split()]) for words in LOCKS)


def check() -> int:
    """Run every check, even after one has failed; 1 when any did."""
    failed = []
    for name, command in CHECKS:
        say(f"check: {name}")
        if run([BIN / command[0], *command[1:]]):
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def run(command: list[object]) -> int:
    """Run a command at the root of the checkout; return its exit code."""
    return subprocess.call([str(word) for word in command], cwd=ROOT)


def must(command: list[object]) -> None:
    """Run a command that has to succeed; otherwise stop, leaving no stamp behind."""
    code = run(command)
    if code:
        sys.exit(f"dev.py: exit {code} from: {' '.join(str(word) for word in command)}")


def say(text: str) -> None:
    """Talk to standard error, at once."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
