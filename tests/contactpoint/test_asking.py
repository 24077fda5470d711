"""How the program is asked, whatever the command: help, guesses, completion, colours, times."""

import os
import re
import shlex
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from contactpoint import moments
from contactpoint.cli import output, pairs
from contactpoint.cli.program import COMMANDS, main, program
from linkage.weigh import Weight

PROGRAM = Path(sys.executable).with_name("contactpoint")
HEAVY = {"numba", "pandas", "recordlinkage", "lxml", "sqlalchemy"}


def leaves(group=program, before=()):
    """Every command that does something, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*before, name))
        else:
            yield (*before, name), command


LEAVES = dict(leaves())


def asked(*words, **environment):
    """The program as it is installed, in a process of its own."""
    kept = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **environment}
    return subprocess.run(
        [PROGRAM, *words], env=kept, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_module_is_the_program():
    run = subprocess.run(
        [sys.executable, "-m", "contactpoint", "lod"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == asked("lod").stderr != ""


def completed(*words):
    words = ("contactpoint", *words)
    environment = {
        "_CONTACTPOINT_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    return [line.partition(",")[2] for line in asked(**environment).stdout.splitlines()]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_the_help_of_a_command_has_an_example_that_its_own_parser_takes(words):
    shown = CliRunner().invoke(program, [*words, "--help"]).output
    typed = re.findall(rf"^ +contactpoint {' '.join(words)}\b([^|<\n]*)", shown, re.MULTILINE)
    assert typed, "expected an example"
    for rest in typed:
        LEAVES[words].make_context(words[-1], shlex.split(rest), resilient_parsing=True)
        assert [name for name in asked_for(LEAVES[words]) if name not in rest] == []


def asked_for(command):
    """The options without which a command does nothing."""
    options = [param for param in command.params if isinstance(param, click.Option)]
    return [one.opts[0] for one in options if one.required or "required, and" in str(one.help)]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_json(words):
    assert "--json" in {name for param in LEAVES[words].params for name in param.opts}


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_says_what_it_is(words):
    silent = [
        param.name
        for param in LEAVES[words].params
        if isinstance(param, click.Option) and not param.help
    ]
    assert silent == []


@pytest.mark.parametrize("words", [(), *sorted({words[:-1] for words in LEAVES if words[1:]})])
def test_the_list_of_commands_cuts_no_sentence(words):
    shown = CliRunner().invoke(program, [*words, "--help"], terminal_width=78).output
    _, _, listed = shown.partition("Commands:")
    assert listed
    assert "..." not in listed


def test_no_help_imports_what_only_the_work_needs():
    script = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from contactpoint.cli.program import program\n"
        f"for words in {[list(words) for words in LEAVES]!r}:\n"
        "    assert CliRunner().invoke(program, [*words, '--help']).exit_code == 0, words\n"
        f"sys.exit(str({HEAVY!r} & set(sys.modules)) if {HEAVY!r} & set(sys.modules) else 0)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["laod"], "'load'"),
        (["review", "lst"], "'list'"),
        (["load", "--effectve", "x"], "'--effective'"),
        (["source", "add", "x", "--feed", "school.cenus"], "'school.census'"),
    ],
)
def test_a_misspelt_word_is_a_usage_error_with_a_guess(words, meant):
    run = asked(*words)
    assert run.returncode == 2
    assert meant in run.stderr.partition("id you mean")[2]
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["re"], ["review", "rebuild", "restore", "report"]),
        (["review", "s"], ["show", "split"]),
        (["load", "--fe"], ["--feed"]),
        (["load", "--feed", "school.c"], ["school.census", "school.ctf", "school.census-tables"]),
    ],
)
def test_the_shell_completes_commands_options_and_feeds(words, offered):
    assert completed(*words) == offered


def test_a_wrong_birth_date_is_refused_and_not_repeated():
    run = asked("child", "find", "--dob", "4/3/2015", "--reason", "x")
    assert run.returncode == 2
    assert "YYYY-MM-DD" in run.stderr
    assert "4/3/2015" not in run.stderr


def test_a_folder_in_the_place_of_a_file_is_a_usage_error(tmp_path):
    run = asked("load", str(tmp_path), "--source", "x")
    assert run.returncode == 2
    assert "is a directory" in run.stderr


@pytest.mark.parametrize("name", ["LOG", "KEYS", "READ", "ACCESS", "DATABASE"])
def test_an_address_that_is_none_is_refused_and_not_repeated(name, tmp_path):
    variable = f"CONTACTPOINT_{name}_URL"
    run = asked("status", CONTACTPOINT_HOME=str(tmp_path), **{variable: "mysql://me:secret@x/y"})
    assert run.returncode == 2
    assert variable in run.stderr
    assert "secret" not in run.stderr


def test_an_index_where_a_file_stands_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    run = asked("init", CONTACTPOINT_HOME=str(tmp_path / "file"))
    assert (run.returncode, run.stdout) == (1, "")
    assert "expected a folder" in run.stderr


def test_a_database_that_is_none_is_an_error_and_no_fault(tmp_path):
    home = {"CONTACTPOINT_HOME": str(tmp_path / "home")}
    assert asked("init", **home).returncode == 0
    (tmp_path / "home" / "log.db").write_text("no database")
    run = asked("status", **home)
    assert run.returncode == 1
    assert run.stderr == "contactpoint: a database cannot be used: file is not a database\n"


@click.command()
def tint():
    """Says whether click may colour: True, False, or None where the terminal decides."""
    click.echo(str(click.get_current_context().color))


@pytest.mark.parametrize(("no_color", "may"), [("", "None"), ("1", "False")])
def test_colours_stay_away_where_nobody_wants_them(no_color, may, monkeypatch, capsys):
    monkeypatch.setitem(COMMANDS, "tint", __name__)
    monkeypatch.setenv("NO_COLOR", no_color)
    with pytest.raises(SystemExit):
        main(["tint"])
    assert capsys.readouterr().out.strip() == may


def test_times_are_iso_8601_wherever_they_stand():
    plain = {"value": {"stated": 5_000_000}, "others": [{"seen": 0}], "rows": 7}
    told = moments.with_times(plain)
    assert told == {
        "value": {"stated": "1970-01-01T00:00:05Z"},
        "others": [{"seen": "1970-01-01T00:00:00Z"}],
        "rows": 7,
    }
    assert datetime.fromisoformat(told["value"]["stated"]).timestamp() == 5


def test_a_weight_that_comes_to_nothing_has_no_minus():
    found: Any = SimpleNamespace(weight=Weight(pattern=0, total=-0.04, parts=()))
    assert pairs.total(found) == "weight +0.0 bits, probability 0.4931"


@pytest.mark.parametrize(("count", "said"), [(0, "0 pairs"), (1, "1 pair"), (2_753, "2,753 pairs")])
def test_one_of_something_is_not_many(count, said):
    assert output.many(count, "pair") == said


def test_a_column_and_a_fact_that_say_nothing_are_left_out(capsys):
    output.print_table(("name", "until", "rows"), [("a", "", 0), ("b", None, 1)])
    output.print_facts({"rule": "", "rows": 0, "reason": None})
    shown = capsys.readouterr().out
    assert "name" in shown
    assert "until" not in shown
    assert re.search(r"rows +0", shown)
    assert "rule" not in shown
    assert "reason" not in shown


DELIVERIES = [
    ("b5cd29cfa999015e", "pds", "health.pds-fhir", "2026-01-17", "completed", 2_802, 0, 4),
    ("788a41342229ca22", "la-940", "social-care.csc", "2026-01-17", "completed", 1, 1, 0),
]
LISTED = ("delivery", "source", "feed", "effective", "state", "rows", "new", "changed")


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 140])
def test_a_table_loses_no_value_and_breaks_no_name_however_narrow_the_terminal_is(
    capsys, monkeypatch, columns
):
    monkeypatch.setenv("COLUMNS", str(columns))
    output.print_table(LISTED, DELIVERIES)
    shown = capsys.readouterr().out
    for value in ("b5cd29cfa999015e", "pds", "health.pds-fhir", "2026-01-17", "completed", "2,802"):
        assert value in shown
    lines = [len(line.rstrip()) for line in shown.splitlines()]
    assert max(lines) <= max(columns, len("  delivery   b5cd29cfa999015e"))


def test_words_go_on_below_where_the_terminal_is_narrow(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    rows = [("warning", "the master key lies beside what it protects", "move it elsewhere")]
    output.print_table(("", "what", "what to do"), rows)
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) > len(("names", "line", "row"))
    assert all(len(line) <= 40 for line in shown.splitlines())
    assert "warning" in shown


def test_a_list_that_nobody_looks_at_through_a_terminal_is_as_wide_as_columns_says(
    capsys, monkeypatch
):
    for stated, width in (("", 140), ("none", 140), ("0", 140), ("72", 72)):
        monkeypatch.setenv("COLUMNS", stated)
        assert output.width() == width
    assert capsys.readouterr() == ("", "")


def test_nobody_but_a_terminal_is_shown_progress(capsys):
    with output.progress("linking") as tell:
        assert tell is None
    assert capsys.readouterr() == ("", "")
