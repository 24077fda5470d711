"""The rooms of the house: who may import whom, and that each package is ours."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, home_of, modules

HEAVY = {"numba", "pandas", "recordlinkage", "lxml", "sqlalchemy"}


def test_rooms_import_only_the_rooms_below_them():
    result = import_rules(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("src/linkage/resolve.py", "import contactpoint"),
        ("src/linkage/weigh.py", "import sqlite3"),
        ("feeds/text.py", "from events.log import Log"),
        ("src/person/names.py", "from linkage.model import Model"),
        ("src/events/log.py", "import projections.view"),
    ],
)
def test_a_planted_import_against_the_rules_is_found(tmp_path, module, line):
    for package in PACKAGES:
        home = home_of(package)
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(home, tmp_path / home.relative_to(ROOT), ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as planted:
        planted.write(f"\n{line}\n")
    result = import_rules(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_loaded_from_this_tree(package):
    where = Path(str(importlib.import_module(package).__file__)).resolve()
    assert where == home_of(package) / "__init__.py", "another distribution has taken its name"


def test_help_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from contactpoint.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as ended:\n"
        "    assert not ended.code, ended.code\n"
        f"found = {HEAVY!r} & set(sys.modules)\n"
        "sys.exit(f'imported {found}' if found else 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "Commands:" in result.stdout


def test_a_command_that_matches_nothing_does_not_import_the_matcher():
    script = (
        "import sys\n"
        "import contactpoint.bootstrap\n"
        "found = {'numba', 'pandas', 'recordlinkage', 'lxml'} & set(sys.modules)\n"
        "sys.exit(f'imported {found}' if found else 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_by_saying_what_is_in_it(module):
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert said, "expected a docstring first"
    assert said.split("\n\n")[0].rstrip().endswith((".", "?")), "expected a sentence"


def import_rules(root: Path) -> subprocess.CompletedProcess[str]:
    """The import rules held against the packages under ``root``."""
    program = Path(sys.executable).with_name("lint-imports")
    paths = os.pathsep.join([str(root / "src"), str(root)])
    return subprocess.run(
        [program, "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": paths},
        check=False,
        capture_output=True,
        text=True,
    )
