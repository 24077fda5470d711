"""The files of this tree, as somebody who clones it gets them."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("person", "linkage", "events", "projections", "contactpoint", "feeds")
FOLDERS = (".ci", "benchmarks", "deploy", "docs", "feeds", "requirements", "src", "tests")


def home_of(package: str) -> Path:
    """The folder in which a package of ours stands."""
    return ROOT / package if package == "feeds" else ROOT / "src" / package


def files() -> Iterator[Path]:
    """Every file of ours, without what Python and tools leave beside them."""
    # In a worktree .git is a file, which names the place of the clone.
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.name != ".git")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path


def modules() -> list[Path]:
    """Every module of ours that is run or imported outside the tests."""
    folders = [home_of(package) for package in PACKAGES] + [ROOT / "benchmarks"]
    return [ROOT / "dev.py", *(path for one in folders for path in sorted(one.rglob("*.py")))]


def documents() -> list[Path]:
    """Every document that people read."""
    return sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every file of ours that is text, with what it says."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", "replace")
