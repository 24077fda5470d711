"""Where the databases of an index stand, for whom they can be read, and which is out of reach."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("contactpoint")
TABLE = "key,given,family,dob\n1,Asha,Okonjo,2015-03-04\n2,Cora,Nkemelu,2014-05-09\n"


@pytest.fixture
def asked(tmp_path):
    """The program in a process of its own, for an index in this folder."""
    (tmp_path / "table.csv").write_text(TABLE)

    def run(*words, umask=-1, **places):
        kept = {"PATH": os.environ["PATH"], "CONTACTPOINT_HOME": str(tmp_path / "home")}
        return subprocess.run(
            [PROGRAM, *words],
            env={**kept, **places},
            cwd=tmp_path,
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_each_database_stands_where_its_own_address_says(asked, tmp_path):
    names = ("log", "keys", "read", "access")
    files = {name: tmp_path / name / f"{name}.sqlite" for name in names}
    places = {f"CONTACTPOINT_{name.upper()}_URL": f"sqlite:///{files[name]}" for name in names}
    words = ("table.csv", "--source", "club", "--feed", "csv")
    for typed in (("init",), ("load", *words), ("status", "--json"), ("verify",)):
        run = asked(*typed, **places)
        assert run.returncode == 0, run.stderr
    assert all(file.stat().st_size for file in files.values())
    assert not list((tmp_path / "home").glob("*.db"))
    run = asked("status", **places | {"CONTACTPOINT_KEYS_URL": ""})
    assert (run.returncode, "no subject keys there" in run.stderr) == (1, True)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_what_an_index_holds_is_for_its_own_user_whatever_the_umask(asked, tmp_path, umask):
    words = ("table.csv", "--source", "club", "--feed", "csv")
    for typed in (("init",), ("load", *words), ("export", "links", "links.csv")):
        run = asked(*typed, umask=umask)
        assert run.returncode == 0, run.stderr
    found = [tmp_path / "home", *(tmp_path / "home").rglob("*"), tmp_path / "links.csv"]
    assert len(found) > 8
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in found}
    assert {each: oct(mode) for each, mode in modes.items() if mode & 0o077} == {}
    assert {mode for each, mode in modes.items() if each.is_dir()} == {0o700}
    databases = {mode for each, mode in modes.items() if each.suffix in (".db", ".key", ".csv")}
    assert databases == {0o600}


AWAY = {
    "LOG": ("status", "events"),
    "DATABASE": ("status", "events"),
    "KEYS": ("load table.csv --source club --feed csv", "subject keys"),
    "READ": ("status", "read models"),
    "ACCESS": ("token list", "the record of access"),
}


def test_a_server_out_of_reach_is_told_by_its_database_and_never_by_its_address(asked):
    assert asked("init").returncode == 0

    def run(name):
        nowhere = "postgresql+psycopg://ada:hunter2@127.0.0.1:1/nowhere"
        return asked(*AWAY[name][0].split(), "--json", **{f"CONTACTPOINT_{name}_URL": nowhere})

    with ThreadPoolExecutor(len(AWAY)) as pool:  # some wait for half a minute
        runs = dict(zip(AWAY, pool.map(run, AWAY), strict=True))
    for name, ended in runs.items():
        said = json.loads(ended.stdout)["error"]
        begun = f"the database of {AWAY[name][1]} (CONTACTPOINT_{name}_URL) cannot be used: "
        assert (ended.returncode, said[: len(begun)]) == (1, begun)
        assert said.endswith("; expected a PostgreSQL server there that is up and lets us in")
        assert "hunter2" not in ended.stdout + ended.stderr
