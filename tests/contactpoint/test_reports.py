"""What loading reports: counts for scripts, the gravest exit code, files that spoil no others."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contactpoint.cli.program import main
from contactpoint.errors import UsageError
from events.store.locks import LockedError
from tests.contactpoint.installation import Installation

SAMPLES = Path(__file__).parents[1] / "feeds" / "samples"
HEADER = "key,given,family,dob"
ASHA = "k,Asha,Okonjo,2015-03-04"
WORDS = ("--source", "club", "--feed", "csv")
COUNTS = (
    *("rows", "new", "changed", "unchanged", "withdrawn", "out_of_scope", "held", "rejected"),
    *("dropped_fields", "events", "links", "reviews"),
)


class Desk(Installation):
    """An index and a folder of tables beside it."""

    def file(self, name, *lines):
        path = self.home.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return path

    def json(self, *words):
        return json.loads(self.run(*words, "--json", expected=(0, 1, 3)).stdout)

    def status(self, name):
        return self.json("status")[name]


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path / "home")
    made.run("init")
    return made


def test_one_hopeless_file_leaves_the_rest_of_the_night_alone(desk):
    for source in ("club", "school"):
        desk.file(f"drop/{source}/csv.2026-09-01.csv", HEADER, ASHA)
    desk.file("drop/club/README.txt", "what is in this folder")
    desk.file("drop/club/school.census.2026-09-01.xml", "<Message>")
    night = desk.json("nightly", desk.home.parent / "drop")
    assert night["exit_code"] == 1
    errors = {one["file"]: one["error"] for one in night["files"] if "error" in one}
    assert errors.keys() == {"README.txt", "school.census.2026-09-01.xml"}
    assert "does not show its feed" in errors["README.txt"]
    assert desk.status("records") == 2


def test_a_night_waits_for_a_load_then_names_the_file_and_goes_on(desk):
    for source in ("club", "school"):
        desk.file(f"drop/{source}/csv.2026-09-01.csv", HEADER, ASHA)
    with desk.opened() as store, store.log.lock("load"):
        night = desk.json("nightly", desk.home.parent / "drop", "--wait", 0.1)
    assert night["exit_code"] == 1
    assert ["load is under way in process" in one["error"] for one in night["files"]] == [True] * 2
    assert desk.json("nightly", desk.home.parent / "drop")["new"] == 2


@pytest.mark.parametrize("name", ["nightly", "load", "link"])
def test_a_night_goes_on_when_what_it_waited_for_has_ended(desk, name):
    desk.file("drop/club/csv.2026-09-01.csv", HEADER, ASHA)
    with desk.opened() as store, store.log.lock(name):
        night = desk.start("nightly", desk.home.parent / "drop", "--json")
        with pytest.raises(subprocess.TimeoutExpired):
            night.wait(2)
    out, _ = night.communicate()
    assert (night.returncode, json.loads(out)["links"]) == (0, 1)


def test_a_second_night_is_refused_when_it_has_waited_long_enough(desk):
    (desk.home.parent / "drop").mkdir()
    with (
        desk.opened() as store,
        store.log.lock("nightly"),
        pytest.raises(LockedError, match="nightly is under way in process"),
    ):
        desk.run("nightly", desk.home.parent / "drop", "--wait", 0)


def test_a_file_of_another_feed_than_its_source_spoils_no_other(desk):
    desk.file("drop/club/csv.2026-09-01.csv", HEADER, ASHA)
    desk.file("drop/club/health.pds-fhir.2026-09-02.ndjson", '{"resourceType":"Patient"}')
    night = desk.json("nightly", desk.home.parent / "drop")
    assert [one["exit_code"] for one in night["files"]] == [0, 1]
    assert desk.status("children") == 1


def test_of_several_files_the_gravest_exit_code_counts_and_the_good_are_loaded(desk):
    part = desk.file("part.csv", HEADER, "b,,,")
    bad = desk.file("bad.csv", "no,such,columns")
    good = desk.file("good.csv", HEADER, ASHA)
    desk.run("load", part, good, *WORDS, expected=(3,))
    several = desk.json("load", part, bad, good, *WORDS)
    assert several["exit_code"] == 1
    assert [one["exit_code"] for one in several["files"]] == [3, 1, 0]
    desk.run("load", good, *WORDS, expected=(0,))
    assert desk.status("records") == 1


@pytest.mark.parametrize("lines", [("no,such,columns",), (HEADER, ASHA)])
def test_a_load_prints_every_count_that_scripts_rely_on_also_where_it_fails(desk, lines):
    report = desk.json("load", desk.file("a.csv", *lines), *WORDS)
    assert [count for count in COUNTS if type(report.get(count)) is not int] == []
    assert isinstance(report["seconds"], dict)
    assert report["exit_code"] == (1 if len(lines) == 1 else 0)


@pytest.fixture
def asked(desk, tmp_path, monkeypatch, capsys):
    """Gives the exit code of the program, and what it printed for scripts."""
    monkeypatch.chdir(tmp_path)
    for name, value in desk.environment.items():
        monkeypatch.setenv(name, value)

    def ask(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--json"])
        return ended.value.code, json.loads(capsys.readouterr().out)

    return ask


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("load", "empty.csv", "--source", "club"), 1),
        (("load", "void.json", "--source", "club"), 1),
        (("load", "text.csv", "--source", "club"), 2),
        (("load", "text.csv"), 2),
        (("load", "missing.csv", "--source", "club"), 2),
        (("load", "text.csv", "--source", "a\nb", "--feed", "csv"), 2),
        (("child", "show", "12", "--reason", "enquiry"), 1),
    ],
)
def test_a_command_that_fails_prints_its_json_object_too(desk, asked, words, code):
    desk.file("text.csv", "no,such,columns").with_name("empty.csv").write_bytes(b"")
    desk.file("void.json", "{}")
    ended, told = asked(*words)
    assert (ended, told["exit_code"], bool(told["error"])) == (code, code, True)


def test_a_file_without_a_feed_and_an_empty_one_print_every_count(desk, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    for path in (empty, desk.file("text.csv", "no,such,columns")):
        run = desk.run("load", path, "--source", "club", "--json", expected=(1, 2))
        assert [count for count in COUNTS if json.loads(run.stdout).get(count) != 0] == []


@pytest.mark.parametrize("source", ["a\nb", " a", "a ", "", "a\tb", "a\u202eb", "a" * 101])
def test_the_name_of_a_source_is_one_printable_line(desk, source):
    table = desk.file("a.csv", HEADER, ASHA)
    with pytest.raises(UsageError, match="source: expected"):
        desk.run("load", table, "--source", source, "--feed", "csv")
    with pytest.raises(UsageError, match="source: expected"):
        desk.run("source", "add", source, "--feed", "csv")
    assert desk.json("source", "list") == []


def test_the_name_of_a_source_may_hold_colons_and_blanks_within(desk):
    table = desk.file("a.csv", HEADER, ASHA)
    desk.run("load", table, "--source", "north: club 7", "--feed", "csv")
    assert desk.status("records") == 1


def test_an_effective_date_is_at_most_a_day_ahead(desk):
    table = desk.file("a.csv", HEADER, ASHA)
    for ahead in (0, 1):
        day = (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()
        desk.run("load", table, *WORDS, "--effective", day, "--dry-run")
    for ahead in (3, 30_000):
        day = (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()
        with pytest.raises(UsageError, match="--effective: expected a date that is not in the fut"):
            desk.run("load", table, *WORDS, "--effective", day, "--dry-run")


def test_standard_input_is_refused_in_words(desk):
    with pytest.raises(UsageError, match="standard input cannot be; expected a regular file"):
        desk.run("load", "-", *WORDS, stdin="key,given\n")


def test_a_record_that_is_named_without_its_source_is_a_usage_error(desk):
    for pair in (("ab", "c:d"), ("c:d", "e:")):
        with pytest.raises(UsageError, match="expected a record as SOURCE:ID"):
            desk.run("why", *pair, "--reason", "enquiry")


def test_a_child_at_two_schools_is_shown_with_how_it_is_enrolled_at_each(desk):
    census = (SAMPLES / "census.xml").read_text(encoding="utf-8")
    for code, estab in (("M", "2000"), ("S", "2001")):
        sent = census.replace(">C</Enrol", f">{code}</Enrol").replace(">2000</", f">{estab}</")
        desk.run("load", desk.file("c.xml", sent), "--source", "schools", expected=(3,))
    desk.run("export", "links", desk.home.parent / "links.csv")
    links = (desk.home.parent / "links.csv").read_text().splitlines()
    (number,) = {line.rsplit(",", 1)[1] for line in links if "K801200024001" in line}
    shown = desk.run("child", "show", number, "--reason", "enquiry").stdout
    assert "school (main, dual)" in shown
    assert "school (subsidiary, dual)" in shown


def test_the_events_of_a_load_are_all_that_it_appended_linking_too(desk):
    before = desk.status("events")
    report = desk.json("load", desk.file("a.csv", HEADER, ASHA), *WORDS)
    assert report["links"] == 1
    assert desk.status("events") == before + report["events"]
    assert set(report["seconds"]) >= {"read", "append", "link", "project"}


def test_a_delivery_turned_away_says_so_and_offers_no_approval(desk):
    rows = [f"k{n},Asha{n},Okonjo,2015-01-1{n}" for n in range(8)]
    words = (*WORDS, "--mode", "snapshot", "--effective")
    desk.run("load", desk.file("a.csv", HEADER, *rows), *words, "2026-09-01")
    few = desk.file("b.csv", HEADER, *rows[:2])
    held = desk.json("load", few, *words, "2026-09-02")["delivery"]
    assert [one["delivery"] for one in desk.json("delivery", "list", "--state", "held")] == [held]
    desk.run("delivery", "reject", held[:8], "--reason", "sent by mistake")
    again = desk.run("load", few, *words, "2026-09-02", expected=(3,)).output
    assert "turned it away" in again
    assert "approve" not in again
    assert "sent by mistake" in desk.run("delivery", "show", held).stdout
