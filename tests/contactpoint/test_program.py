"""The program as scripts and newcomers meet it: exit codes, JSON, and what it refuses."""

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import chdir, closing
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from contactpoint.cli import program as program_module
from contactpoint.installing import open_store
from contactpoint.settings import from_environment

PROGRAM = Path(sys.executable).with_name("contactpoint")


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Program:
    """Runs ``contactpoint`` in a home of its own: in this process, so that it starts at once."""

    def __init__(self, folder):
        self.folder = folder
        self.first = {}
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(folder),
            "CONTACTPOINT_HOME": str(folder / "home"),
        }

    def __call__(self, *words, stdin="", **environment):
        runner = CliRunner(env=self.environment | environment)
        with chdir(self.folder), runner.isolation(input=stdin) as (out, err, _):
            code = program_module.run([str(word) for word in words])
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())

    def installed(self, *words):
        """Run the program as it is installed, in a process of its own."""
        return self._run([PROGRAM, *map(str, words)])

    def in_shell(self, words):
        """Run it as a shell does that is given its words, and where its streams lead."""
        return self._run(["/bin/sh", "-c", f"'{PROGRAM}' {words}"], stdin=subprocess.DEVNULL)

    def _run(self, words, **streams):
        ran = subprocess.run(
            words,
            env=self.environment,
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            timeout=120,
            **streams,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def json(self, *words):
        run = self(*words, "--json")
        assert run.stdout, run.stderr
        return json.loads(run.stdout)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Two invented nights, loaded once for the module by the installed program."""
    program = Program(tmp_path_factory.mktemp("night"))
    invent = ("synth", "feeds", "--children", 120, "--nights", 2, "--seed", 5)
    assert program.installed(*invent).returncode == 0
    assert program.installed("init").returncode == 0
    program.first = json.loads(program.installed("nightly", "feeds/night-01", "--json").stdout)
    return program


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


def test_init_makes_stores_that_only_their_owner_may_read(program):
    assert program("init").returncode == 0
    home = program.folder / "home"
    assert home.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in home.rglob("*"))


@pytest.mark.parametrize("words", [["status"], ["verify", "--json"], ["child", "show", "1"]])
def test_the_installed_program_answers_as_the_one_that_is_run_here(night, words):
    assert night.installed(*words) == night(*words)


def test_init_does_nothing_when_the_stores_exist(program):
    program("init")
    key = (program.folder / "home" / "master.key").read_bytes()
    assert program.json("init")["made"] == []
    assert (program.folder / "home" / "master.key").read_bytes() == key


def test_init_makes_no_new_key_beside_databases_that_were_made_with_another(program):
    program("init")
    key = program.folder / "home" / "master.key"
    kept = key.rename(program.folder / "kept.key")
    run = program("init")
    assert run.returncode == 1
    assert "CONTACTPOINT_MASTER_KEY_FILE" in run.stderr
    assert not key.exists()
    assert program("status", CONTACTPOINT_MASTER_KEY_FILE=str(kept)).returncode == 0


@pytest.mark.parametrize(("gone", "left"), [("keys.db", "log.db"), ("log.db", "keys.db")])
def test_init_makes_no_new_log_or_keys_beside_the_other_in_use(program, gone, left):
    """New keys would have the numbers of those that are gone, and a backup would open no more."""
    program("init")
    (program.folder / "one.csv").write_text("key,given,family,dob\n1,Asha,Okonjo,2015-03-04\n")
    program("load", "one.csv", "--source", "club", "--feed", "csv")
    home = program.folder / "home"
    kept = (home / gone).rename(program.folder / gone)
    for end in ("-wal", "-shm"):
        (home / f"{gone}{end}").unlink(missing_ok=True)
    run = program("init")
    assert run.returncode == 1
    assert gone in run.stderr
    assert left in run.stderr
    assert "contactpoint restore" in run.stderr
    assert not (home / gone).exists()
    kept.rename(home / gone)
    assert program("verify").returncode == 0


def test_a_record_of_access_that_was_taken_away_and_begun_anew_is_found(program):
    program("init")
    assert program("audit", "verify").returncode == 0
    home = program.folder / "home"
    for end in ("", "-wal", "-shm"):
        (home / f"access.db{end}").unlink(missing_ok=True)
    assert program("init").returncode == 0
    for words in (("audit", "verify"), ("verify",)):
        run = program(*words)
        assert run.returncode == 1
        assert "was taken away and begun anew" in run.stdout
    (old,) = [name for name in run.stdout.split() if name.endswith(".checkpoints")]
    (home / "checkpoints" / old).rename(program.folder / old)
    assert program("audit", "verify").returncode == 0


def test_another_installations_key_opens_nothing(program):
    program("init")
    other = program.folder / "other"
    program("init", CONTACTPOINT_HOME=str(other))
    run = program("status", CONTACTPOINT_MASTER_KEY_FILE=str(other / "master.key"))
    assert run.returncode == 1
    assert "another master key" in run.stderr


def test_a_key_that_is_not_where_it_was_is_asked_for_and_no_new_index_is_offered(program):
    program("init")
    run = program("status", CONTACTPOINT_MASTER_KEY_FILE="/mnt/nowhere/master.key")
    assert run.returncode == 1
    assert "/mnt/nowhere/master.key: no master key is there" in run.stderr
    assert "init" not in run.stderr


def test_a_changed_log_is_said_to_be_changed_and_no_fault_of_the_program(program):
    program("init")
    program("source", "add", "club", "--feed", "csv")
    with closing(sqlite3.connect(program.folder / "home" / "log.db")) as tool, tool:
        tool.execute("UPDATE log_event SET state = substr(state, 1, 40)")
    run = program("source", "list")
    assert run.returncode == 1
    assert "the log was changed" in run.stderr
    assert "'contactpoint verify'" in run.stderr


def test_what_an_old_alphabet_has_not_is_shown_in_utf8(program):
    program("init")
    (program.folder / "one.csv").write_text(
        "key,given,family,dob\n1,Zoë,Kozłowska,2015-03-04\n", encoding="utf-8"
    )
    program("load", "one.csv", "--source", "club", "--feed", "csv")
    program.environment["PYTHONIOENCODING"] = "latin-1"
    find = ("child", "find", "--dob", "2015-03-04", "--reason", "enquiry 7")
    for words in (find, (*find, "--json")):
        run = program.installed(*words)
        assert run.returncode == 0, run.stderr
        assert "Kozłowska" in run.stdout


TABLE = """
from contactpoint.cli.output import print_table
print_table(("", "left", "right"), [("home", "7 Quill Lane, Islington", "9 Reed Way, Islington")])
"""


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_table_is_no_wider_than_its_terminal(term):
    ours, theirs = os.openpty()
    environment = os.environ | {"TERM": term, "COLUMNS": "40"}
    environment.pop("LINES", None)
    subprocess.run([sys.executable, "-c", TABLE], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        lines = terminal.read1().decode().splitlines()
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines) <= 40


@pytest.mark.parametrize(("words", "code"), [("child show - --reason x <&-", 1), ("feeds >&-", 0)])
def test_a_stream_that_was_closed_fails_nothing(program, words, code):
    program("init")
    ran = program.in_shell(words)
    assert ran.returncode == code
    assert "fault of the program" not in ran.stderr


@pytest.mark.parametrize("words", ["status", "status --json", "score pairs.csv"])
def test_where_standard_output_is_full_it_is_said_once(program, words):
    program("init")
    (program.folder / "pairs.csv").write_text("left_given,right_given\nAsha,Asha\n")
    ran = program.in_shell(f"{words} > /dev/full")
    assert ran.returncode == 1
    assert ran.stderr.count("No space left on device") == 1
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr


def test_a_standard_output_that_is_open_for_reading_alone_is_said_to_be(program):
    program("init")
    ran = program.in_shell("status --json 1</dev/null")
    assert ran.returncode == 1
    assert ran.stderr.endswith("expected a standard output that can be written to\n")


def test_init_says_of_a_store_that_may_not_be_written_what_every_command_says(program):
    program("init")
    log = program.folder / "home" / "log.db"
    log.chmod(0o400)
    if os.access(log, os.W_OK):
        pytest.skip("whoever runs this may write everywhere")
    said = {program(*words).stderr for words in (["init"], ["status"], ["link"])}
    assert said == {f"contactpoint: {log}: may not be read and written\n"}


def test_where_there_is_no_room_for_a_load_it_says_what_to_do(program):
    program("init")
    rows = "".join(f"{n},Asha,Okonjo,2015-03-04\n" for n in range(9000))
    (program.folder / "many.csv").write_text(f"key,given,family,dob\n{rows}")
    load = "load many.csv --source club --feed csv --no-link"
    # Of a file that grows too large the system sends a signal; ignored, it is an error.
    ran = program.in_shell(f"--version; ulimit -f 64; trap '' XFSZ; '{PROGRAM}' {load}")
    assert ran.returncode == 1
    assert ran.stderr.endswith("make room (disk, quota, 'ulimit -f'), and give the command again\n")


def test_a_command_without_a_store_says_how_to_make_one(program):
    run = program("status")
    assert run.returncode == 1
    assert "contactpoint init" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("source", "add", "club", "--feed", "csv", "--guard-share", "nan"),
        ("nightly", ".", "--wait", "nan"),
    ],
)
def test_a_number_that_is_none_is_refused_and_the_log_stays_readable(program, words):
    assert program("init").returncode == 0
    refused = program(*words)
    assert refused.returncode == 2
    assert "'nan' is not a number" in refused.stderr
    assert program("verify").returncode == 0


def test_an_export_into_a_pipe_or_device_is_written_into_it_and_leaves_it_there(program):
    assert program("init").returncode == 0
    pipe = program.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert program("export", "links", "pipe").returncode == 0
    assert os.read(reader, 100) == b"source,record_id,child\n"
    os.close(reader)
    assert pipe.is_fifo()


def test_an_export_through_a_link_leaves_the_link(program):
    assert program("init").returncode == 0
    (program.folder / "link.csv").symlink_to("links.csv")
    assert program("export", "links", "link.csv").returncode == 0
    assert (program.folder / "link.csv").is_symlink()
    assert (program.folder / "links.csv").read_text() == "source,record_id,child\n"


def test_a_dash_is_no_file_to_export_into(program):
    assert program("init").returncode == 0
    refused = program("export", "links", "-")
    assert refused.returncode == 2
    assert "/dev/stdout is standard output" in refused.stderr
    assert not (program.folder / "-").exists()


def test_a_key_that_was_taken_away_is_found_by_verify(program):
    program("init")
    (program.folder / "one.csv").write_text("key,given,family,dob\n1,Asha,Okonjo,2015-03-04\n")
    program("load", "one.csv", "--source", "club", "--feed", "csv")
    with closing(sqlite3.connect(program.folder / "home" / "keys.db")) as tool, tool:
        tool.execute("UPDATE subject_key SET wrapped = x'00' WHERE number = 1")
    run = program("verify")
    assert (run.returncode, run.stdout) == (1, "subject key 1 does not open\n")


def test_a_night_refuses_a_file_with_a_future_date_in_its_name(program):
    """It would outrank every later statement of its records."""
    program("init")
    folder = program.folder / "drop" / "club"
    folder.mkdir(parents=True)
    for date, key in (("2062-01-15", 1), ("2026-01-15", 2)):
        (folder / f"csv.{date}.csv").write_text(
            f"key,given,family,dob\n{key},Asha,Okonjo,2015-03-04\n"
        )
    run = program("nightly", "drop")
    assert run.returncode == 1
    assert "csv.2062-01-15.csv: the date in its name" in run.stderr
    assert program.json("status")["records"] == 1


def test_a_file_whose_name_is_no_utf8_is_loaded_like_any_other(program):
    """It ended the night, and the files behind it were not loaded."""
    program("init")
    folder = program.folder / "drop" / "club"
    folder.mkdir(parents=True)
    for name, row in ((b"M\xfcller-2026-09-01.csv", "1,Asha"), (b"ok-2026-09-02.csv", "2,Bram")):
        path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
        path.write_text(f"key,given,family,dob\n{row},Okonjo,2015-03-04\n")
    done = json.loads(program.installed("nightly", "drop", "--json").stdout)
    assert [each["new"] for each in done["files"]] == [1, 1]


@pytest.mark.parametrize(
    "words",
    [
        ["child", "find", b"Zo\xeb", "--reason", "school asks whom to ring"],
        ["child", "find", "Zed", "--reason", b"Zo\xeb's school asks"],
        ["why", b"club:\xeb", "club:1"],
        ["erase", b"club:\xeb", "--yes", "--reason", "asked"],
        ["delivery", "show", b"\xeb"],
    ],
)
def test_words_that_are_no_utf8_are_no_fault_of_the_program(program, words):
    program("init")
    run = program(*map(os.fsdecode, words))
    assert run.returncode == 2
    assert run.stderr.endswith(
        "expected words in UTF-8, typed or on standard input ('locale' says what they are)\n"
    )


def test_a_misspelt_command_is_a_usage_error_with_a_guess(program):
    for words, meant in ((["laod"], "load"), (["delivery", "aprove"], "approve")):
        run = program(*words)
        assert run.returncode == 2
        assert f"Did you mean '{meant}'?" in run.stderr


def test_a_night_is_loaded_and_linked(night):
    files = night.first["files"]
    assert night.first["exit_code"] in (0, 3)
    assert sum(one["rows"] for one in files) > 150
    for one in files:
        parts = ("new", "changed", "unchanged", "out_of_scope", "held", "rejected")
        assert one["rows"] == sum(one[part] for part in parts)


def test_the_same_night_again_appends_no_event(night):
    events = night.json("status")["events"]
    again = night.json("nightly", "feeds/night-01")
    assert again["exit_code"] == night.first["exit_code"]
    assert night.json("status")["events"] == events


def test_a_file_that_no_source_holds_is_named(night):
    stray = night.folder / "feeds" / "night-02" / "stray.csv"
    stray.write_text("key,given\n")
    run = night("nightly", stray.parent)
    stray.unlink()
    assert "left out: stray.csv" in run.stderr


def test_a_file_that_cannot_be_read_does_not_end_the_night(program):
    program("init")
    for name, content in (
        ("a/odd.2026-01-01.bin", b"\0"),
        ("b/csv.2026-13-45.csv", b"key,given,dob\n1,Ada,2015-02-03\n"),
        ("b/health.pds-fhir.2026-01-01.ndjson", b'{"resourceType":"Patient","id":"1"}\n'),
    ):
        path = program.folder / "drop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    night = program.json("nightly", "drop")
    first, second, third = night["files"]
    assert "expected text without NUL bytes" in first["error"]
    assert (second["rejected"], night["exit_code"], night["rows"]) == (1, 1, 1)
    assert "source 'b' sends health.pds-fhir" in third["error"]


def test_what_is_no_file_is_refused_at_once(program):
    program("init")
    os.mkfifo(program.folder / "pipe")
    for path in ("pipe", "/dev/zero"):
        run = program("load", path, "--source", "a", "--feed", "csv")
        assert (run.returncode, "a folder, a pipe or a device" in run.stderr) == (1, True)
    run = program("load", program.environment["CONTACTPOINT_HOME"] + "/log.db", "--source", "a",
                  "--feed", "csv", "--mapping", "pipe")  # fmt: skip
    assert (run.returncode, "a folder, a pipe or a device" in run.stderr) == (1, True)


def test_link_with_nothing_to_do_appends_no_event(night):
    events = night.json("status")["events"]
    assert night.json("link")["events"] == 0
    assert night.json("link", "--all")["events"] == 0
    assert night.json("status")["events"] == events


def test_a_plan_says_what_would_change_and_changes_nothing(program):
    program("synth", "feeds", "--children", 60, "--seed", 5)
    program("init")
    patients = next((program.folder / "feeds" / "night-01" / "pds").iterdir())
    program("load", patients, "--source", "pds", "--no-link")
    events = program.json("status")["events"]
    plan = program.json("link", "--all", "--plan")
    assert plan["children_registered"] > 50
    assert (plan["events"], program.json("status")["events"]) == (0, events)
    done = program.json("link")
    assert done["children_registered"] == plan["children_registered"]


def test_status_counts_records_and_children(night):
    status = night.json("status")
    assert status["records"] > status["children"] > 0
    assert {one["lag"] for one in status["projections"].values()} == {0}


def test_every_current_record_is_exported_once(night):
    night("export", "links", "links.csv")
    lines = (night.folder / "links.csv").read_text().splitlines()
    assert lines[0] == "source,record_id,child"
    assert len(lines) - 1 == night.json("status")["records"]
    assert lines[1:] == sorted(lines[1:])


def test_pairs_are_exported_with_what_is_decided_of_each(night):
    assert night("export", "pairs", "pairs.csv").returncode == 0
    header, *lines = (night.folder / "pairs.csv").read_text().splitlines()
    assert header == "source_a,record_id_a,source_b,record_id_b,probability,weight,decision"
    assert lines == sorted(lines)
    night("export", "links", "links.csv")
    with (night.folder / "links.csv").open() as file:
        child = {(row["source"], row["record_id"]): row["child"] for row in csv.DictReader(file)}
    decisions: Counter[str] = Counter()
    for row in csv.DictReader([header, *lines]):
        ends = (child[row[f"source_{end}"], row[f"record_id_{end}"]] for end in "ab")
        assert (row["decision"] == "link") == (len(set(ends)) == 1)
        decisions[row["decision"]] += 1
    assert 0 < decisions["review"] <= night.json("status")["reviews"]
    assert decisions.keys() <= {"link", "review", "non_link"}


def test_a_report_of_several_files_sums_their_counts(night):
    report = night.first
    assert report["rows"] == sum(one["rows"] for one in report["files"])
    assert all(isinstance(report[name], int) for name in ("rows", "dropped_fields", "events"))


def test_a_child_is_shown_only_with_a_reason(night):
    number = first_number(night)
    assert night("child", "show", number).returncode == 2
    assert night("child", "show", number, "--reason", " ").returncode == 2
    assert night("child", "show", number, "--reason", "enquiry 7").returncode == 0


def test_the_history_of_a_child_says_what_happened_when_at_which_source_and_by_which_model(night):
    show = ("child", "show", first_number(night), "--reason", "enquiry 7")
    child = night.json(*show, "--history")
    told = child["history"]
    assert told[0]["what"] == "record received"
    registered = next(row for row in told if row["what"] == "child registered")
    assert registered["source"] in {holder["source"] for holder in child["holders"]}
    assert registered["model"]
    assert [row["when"] for row in told] == sorted(row["when"] for row in told)
    assert "child registered" in night(*show, "--history").stdout
    assert "history" not in night.json(*show)
    assert "child registered" not in night(*show).stdout


def test_a_number_may_be_read_from_standard_input(night):
    number = first_number(night)
    assert night("child", "show", "-", "--reason", "enquiry", stdin=f"{number}\n").returncode == 0


def test_a_number_that_is_none_and_one_that_is_unknown_answer_alike(night):
    malformed = night("child", "show", "12", "--reason", "enquiry")
    unknown = night("child", "show", "123456789018", "--reason", "enquiry")
    assert (malformed.returncode, malformed.stderr) == (unknown.returncode, unknown.stderr)
    assert malformed.returncode == 1


def test_each_look_is_in_the_record_of_access(night):
    def looks():
        settings = from_environment(night.environment)
        with open_store(settings) as store:
            return [m.event for m in store.access.decode(store.access.read(0, 1000))]

    before = len(looks())
    night("child", "find", "--name", "Smith", "--reason", "enquiry 8")
    *_, last = looks()
    assert len(looks()) == before + 1
    assert (last.act, last.asked.reason) == ("child find", "enquiry 8")


def test_what_cannot_be_recorded_is_not_shown(night):
    number = first_number(night)
    run = night(
        "child", "show", number, "--reason", "x", CONTACTPOINT_ACCESS_URL="sqlite:////nowhere/a.db"
    )
    assert run.returncode == 1
    assert run.stdout == ""


def test_an_erased_child_is_gone_and_the_log_is_whole(night):
    number = first_number(night)
    assert night("erase", number, "--yes", "--reason", "retention").returncode == 0
    assert night("child", "show", number, "--reason", "enquiry").returncode == 1
    assert night("verify").returncode == 0
    assert night("erase", number, "--yes").returncode == 0


def test_a_rebuild_gives_the_same_index(night):
    night("export", "links", "before.csv")
    assert night("rebuild").returncode == 0
    night("export", "links", "after.csv")
    before, after = (night.folder / name for name in ("before.csv", "after.csv"))
    assert before.read_bytes() == after.read_bytes()


def test_rotated_keys_open_what_was_sealed_before(night):
    assert night("key", "rotate").returncode == 0
    assert night("rebuild").returncode == 0
    assert night("verify").returncode == 0


def test_a_held_delivery_is_approved_and_goes_through(program):
    program("init")
    rows = [f"k{n},Asha{n},Okonjo,2015-01-1{n}" for n in range(10)]
    write = lambda name, lines: (program.folder / name).write_text(  # noqa: E731
        "\n".join(["key,given,family,dob", *lines]) + "\n"
    )
    write("a.csv", rows)
    write("b.csv", rows[:6])
    words = ("--feed", "csv", "--source", "club", "--mode", "snapshot", "--effective")
    assert program("load", "a.csv", *words, "2026-09-01").returncode == 0
    held = program.json("load", "b.csv", *words, "2026-09-02")
    assert (held["state"], held["exit_code"]) == ("held", 3)
    approved = program.json("delivery", "approve", held["delivery"], "--reason", "asked them")
    assert (approved["withdrawn"], approved["state"]) == (4, "completed")
    assert program.json("status")["records"] == 6


def test_times_for_scripts_are_iso_8601(night):
    delivery = night.json("delivery", "list")[0]
    shown = night.json("delivery", "show", delivery["delivery"])
    child = night.json("child", "show", first_number(night), "--reason", "enquiry")
    told = (delivery["first"], shown["latest"], shown["effective"], child["holders"][0]["seen"])
    for time in told:
        assert datetime.fromisoformat(time).tzinfo is not None


def test_empty_facts_of_a_delivery_are_left_out_for_people(night):
    delivery = night.json("delivery", "list")[0]["delivery"]
    shown = night("delivery", "show", delivery).stdout
    assert "effective" in shown
    assert "None" not in shown
    facts = [line for line in shown.splitlines() if line.startswith("  ")]
    assert facts
    assert all(re.fullmatch(r"  \S.*?  +\S.*", line) for line in facts)


def test_personal_values_are_read_in_the_order_in_which_they_are_typed(night):
    number = first_number(night)
    child = night.json("child", "show", number, "--reason", "enquiry")
    birth, family = child["birth"]["value"]["value"], child["name"]["value"]["family"]
    for options, lines in (
        (("--dob", "-", "--name", "-"), (birth, family)),
        (("--name", "-", "--dob", "-"), (family, birth)),
        (("-", "--dob", "-"), (birth, family)),
    ):
        run = night("child", "find", *options, "--reason", "x", stdin="\n".join(lines))
        assert number[:4] in run.stdout, options


def test_a_file_that_is_not_of_its_feed_says_where_and_stores_nothing(program):
    program("init")
    (program.folder / "x.xml").write_text("<Message><Header>")
    run = program("load", "x.xml", "--feed", "school.census", "--source", "s")
    assert run.returncode == 1
    assert "x.xml" in run.stderr
    assert "Traceback" not in run.stderr
    assert program.json("status")["records"] == 0


def first_number(program):
    program("export", "links", "numbers.csv")
    lines = (program.folder / "numbers.csv").read_text().splitlines()[1:]
    return next(line.rsplit(",", 1)[1] for line in lines if not line.endswith(","))


def test_a_pair_is_explained_and_scored_alike(night):
    columns = ["given", "family", "dob", "postcode"]
    header = ",".join(f"{side}_{name}" for side in ("left", "right") for name in columns)
    (night.folder / "pairs.csv").write_text(
        f"{header}\nAsha,Okonjo,2015-03-04,SE15 3QN,Asha,Okonjo,2015-03-04,SE15 3QN\n"
        "Asha,Okonjo,2015-03-04,SE15 3QN,Bram,Tailor,2011-01-09,E8 1GQ\n"
    )
    assert night("score", "pairs.csv", "--out", "scored.csv").returncode == 0
    lines = (night.folder / "scored.csv").read_text().splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == ["decision", "link", "non_link"]


def test_a_fault_of_the_program_says_its_place_and_no_particulars(monkeypatch, capsys):
    def fault():
        raise KeyError("Asha Okonjo")

    monkeypatch.delenv("CONTACTPOINT_TRACEBACK", raising=False)
    monkeypatch.setattr(program_module.program, "main", lambda **_: fault())
    with pytest.raises(SystemExit) as stopped:
        program_module.main(["status"])
    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert "KeyError in contactpoint/test_program.py" in said
    assert "Asha" not in said


def test_a_restricted_child_has_no_history_to_show(program):
    program("init")
    (program.folder / "a.ndjson").write_text(
        '{"resourceType":"Patient","id":"9000000009","identifier":[{"system":'
        '"https://fhir.nhs.uk/Id/nhs-number","value":"9000000009"}],"meta":{"security":'
        '[{"code":"R"}]},"name":[{"use":"usual","given":["Asha"],"family":"Okonjo"}],'
        '"birthDate":"2015-03-04"}\n'
    )
    program("load", "a.ndjson", "--source", "a", "--feed", "health.pds-fhir")
    found = program.json("child", "find", "Okonjo", "--reason", "enquiry 7")["found"]
    show = ("child", "show", found[0]["number"], "--reason", "enquiry 7")
    assert program.json(*show, "--history") == program.json(*show) | {"history": []}
    assert program(*show, "--history").stdout == program(*show).stdout


def test_the_weights_of_a_restricted_child_are_not_explained(program):
    program("init")
    patient = (
        '{"resourceType":"Patient","id":"ID","identifier":[{"system":'
        '"https://fhir.nhs.uk/Id/nhs-number","value":"ID"}],"meta":{"security":[{"code":"MARK"}]},'
        '"name":[{"use":"usual","given":["Asha"],"family":"Okonjo"}],"birthDate":"2015-03-04"}\n'
    )
    for source, number, mark in (("a", "9000000009", "R"), ("b", "9000000025", "U")):
        text = patient.replace("ID", number, 1).replace('"ID"', f'"{number}"')
        # Another child than the restricted one: one of the same child would be hidden with it.
        text = text.replace("Asha", "Bram").replace("2015", "2011") if source == "b" else text
        (program.folder / f"{source}.ndjson").write_text(text.replace("MARK", mark))
        program("load", f"{source}.ndjson", "--source", source, "--feed", "health.pds-fhir")
    assert program("why", "b:9000000025", "b:9000000025").returncode == 0
    hidden = program("why", "a:9000000009", "b:9000000025")
    unknown = program("why", "a:9000000017", "b:9000000025")
    assert (hidden.returncode, hidden.stderr) == (unknown.returncode, unknown.stderr)
    assert hidden.returncode == 1
