"""Who was archived six years ago is purged, and nobody else; what was purged stands nowhere."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from contactpoint.chance import CHANCE, Chance
from contactpoint.errors import NotFoundError
from contactpoint.installing import open_store
from contactpoint.moments import day_of
from contactpoint.settings import from_environment
from projections.retention import begun
from tests.contactpoint.shields import Refuge, is_open
from tests.contactpoint.test_on_postgres import database

__all__ = ["database"]

OLD, GONE, LONE, KEPT = "Zebulonix", "Quillfeatherby", "Thistlewick", "Marigoldina"
NHS, KEPT_NHS = "9000000009", "9000000017"


def ago(years, days=0):
    """The day so many years and days before today, as an ISO date."""
    return begun(datetime.now(UTC).date() - timedelta(days=days), years)


BORN = ago(24, 2)
AT_TEN = f"{int(BORN[:4]) + 10}-06-01"


def row(key, given, born, **more):
    return {
        "key": key,
        "given": given,
        "family": "Okonjo",
        "dob": born,
        "postcode": "SE15 3QN",
    } | more


def told(home, *words, **run):
    return json.loads(home.run("purge", *words, "--json", **run).stdout)


def holders(home, *words):
    """The files of the home in which a word stands, in any case."""
    files = [path for path in home.home.rglob("*") if path.is_file()]
    return {
        (word, path.name)
        for path in files
        for word in words
        if word.lower().encode() in path.read_bytes().lower()
    }


def fill(made):
    """Of an age to be purged: a child of two sources, one that its source withdrew, and a record
    that no run of linking has come to. And a child who has two days of archive left."""
    made.patient(NHS, AT_TEN, given=OLD, dob=BORN)
    made.load([row("p1", OLD, BORN, nhs=NHS, nhs_status="01")], "school", AT_TEN)
    leaver = row("c1", GONE, ago(25), family="Vermeer", postcode="LS1 4AP")
    other = row("c2", "Bram", ago(12), family="Danjuma", postcode="N19 3AA")
    made.load([leaver, other], "club", AT_TEN)
    made.load([other], "club", f"{int(AT_TEN[:4]) + 1}-06-01", "--mode", "snapshot")
    made.patient(KEPT_NHS, AT_TEN, given=KEPT, dob=ago(24, -2), postcode="EX1 1HS")
    made.load([row("l1", LONE, ago(30))], "choir", AT_TEN, "--no-link")
    return made


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    return fill(Refuge(tmp_path_factory.mktemp("purged")))


@pytest.fixture
def home(filled, tmp_path):
    return filled.lent(tmp_path)


def later(home, years):
    """The index so many years on, opened by the administrator's shell."""
    passed = timedelta(days=years * 365.25) // timedelta(microseconds=1)
    chance = Chance(lambda: CHANCE.clock() + passed, CHANCE.run, CHANCE.register)
    return open_store(from_environment(home.environment), chance)


def test_a_plan_says_how_much_is_due_and_changes_nothing(home):
    before = home.events()
    assert told(home, "--plan") == {"due": 2, "due_records": 1}
    assert (
        home.run("purge", "--plan").stdout
        == "due to be purged: 2 children, and 1 record of no child\n"
    )
    assert home.events() == before


def test_who_is_due_is_purged_and_stands_nowhere_and_who_is_not_stays(home):
    kept = [home.number("pds", KEPT_NHS), home.number("club", "c2")]
    assert holders(home, OLD, GONE, LONE, KEPT) >= {(name, "read.db") for name in (OLD, LONE, KEPT)}
    purged = told(home, "--yes")
    assert (purged["children"], purged["records"], purged["due"], purged["due_records"]) == (
        2,
        4,
        0,
        0,
    )
    assert holders(home, OLD, GONE, LONE, NHS, BORN) == set()
    folder = home.folder
    home.run("backup", folder / "index", "--keys", folder / "keys")
    for copied in (folder / "index", folder / "keys"):
        files = [path.read_bytes().lower() for path in copied.rglob("*") if path.is_file()]
        assert not any(name.lower().encode() in one for name in (OLD, GONE, LONE) for one in files)
    assert home.findings() == []
    home.run("rebuild")
    assert holders(home, OLD, GONE, LONE) == set()
    assert [home.number("pds", KEPT_NHS), home.number("club", "c2")] == kept
    assert told(home, "--yes") == {**purged, "children": 0, "records": 0}


def test_no_more_is_purged_at_once_than_is_said(home):
    # The lone record is linked by what follows a purge, and is a child then.
    for left in (2, 1, 0):
        purged = told(home, "--yes", "--most", "1")
        assert (purged["children"], purged["due"], purged["due_records"]) == (1, left, 0)


@pytest.mark.parametrize(
    "failpoint",
    ["append.before-commit", "append.after-commit", "keys.destroyed", "projection.rows"],
)
def test_a_purge_that_was_killed_is_finished_by_the_next(home, failpoint):
    home.die("purge", "--yes", at=failpoint)
    told(home, "--yes")
    assert holders(home, OLD, GONE, LONE, NHS) == set()
    with home.opened() as store:
        notes = store.ledger.read(store.log.id)
        subjects = [subject.bytes for note in notes for subject in note.subjects]
        assert len(subjects) > 4
        assert store.keys.live(subjects) == []
        assert OLD not in repr(store.log.decode(store.log.read(0, 1000)))
    assert home.findings() == []


def test_a_child_is_purged_in_its_time_with_those_that_were_merged_into_it(home):
    told(home, "--yes")
    home.load([row("l1", OLD, ago(17)), row("l2", GONE, ago(17, 40), postcode="CB1 2QA")], "band")
    alone = home.number("band", "l1"), home.number("band", "l2")
    pair = "band:l1", "band:l2"
    steward = home.token("ada", "steward")
    opened = home.run("review", "show", *pair, "--reason", "my task", "--json", by=steward)
    said = (
        "--verdict",
        "link",
        "--reason",
        "same-family",
        "--seen",
        json.loads(opened.stdout)["seen"],
    )
    home.run("review", "decide", *pair, *said, by=steward)
    assert home.number("band", "l1") == home.number("band", "l2") in alone
    for years, gone in ((6, [KEPT]), (8, [KEPT, OLD, GONE])):
        with later(home, years) as store:
            assert len(store.erasing.due(day_of(store.chance.clock())).children) == 1
            store.erasing.purge(store.origin("purge"), most=10)
        assert {KEPT, OLD, GONE} - set(gone) == {one for one, _ in holders(home, KEPT, OLD, GONE)}
    for number in alone:
        with pytest.raises(NotFoundError, match="no child of that number"):
            home.run("child", "show", number, "--reason", "enquiry of a court")


def test_after_a_death_a_year_and_six_and_a_wrong_notice_is_taken_back(home):
    born, died = ago(14), ago(7, 2)
    dead = {"given": "Wren", "dob": born, "postcode": "CB1 2QA"}
    number = "9000000025"
    row = home.patient_row(number, ago(6), **dead) | {"deceasedDateTime": died}
    path = home.folder / "death.ndjson"

    def load(one, day):
        path.write_text(json.dumps(one) + "\n")
        home.load(path, "pds", day, feed="health.pds-fhir")
        return home.number("pds", number)

    told(home, "--yes")
    assert load(row, ago(6)) is not None
    assert told(home, "--plan")["due"] == 1
    home_again = home.patient_row(number, ago(0, 1), **dead)
    shown = load(home_again, ago(0, 1))
    assert told(home, "--plan")["due"] == 0
    assert home.show(shown)["retention"]["rule"] == "birthday"


def test_that_a_shielded_child_died_is_hidden_and_so_it_does_not_go(home):
    told(home, "--yes")
    number = "9000000025"
    row = home.patient_row(number, ago(6), given="Wren", dob=ago(14), postcode="CB1 2QA")
    path = home.folder / "death.ndjson"
    path.write_text(json.dumps(row) + "\n")
    home.load(path, "pds", ago(6), feed="health.pds-fhir")
    child = home.number("pds", number)
    home.apply(child)
    before = home.show(child)
    later = home.patient_row(number, ago(5), given="Wren", dob=ago(14), postcode="CB1 2QA")
    path.write_text(json.dumps(later | {"deceasedDateTime": ago(7, 2)}) + "\n")
    home.load(path, "pds", ago(5), feed="health.pds-fhir")
    assert home.show(child) == before
    assert not is_open(before)
    assert told(home, "--plan")["due"] == 0


def test_the_doctor_says_how_much_is_due(home):
    def said():
        return [one["what"] for one in json.loads(home.run("doctor", "--json").stdout)]

    assert "purges are due: 2 of children and 1 of records of no child" in said()
    told(home, "--yes")
    assert "nobody is kept beyond the years of the archive" in said()


def test_on_postgresql_too_the_same_is_due_and_is_gone_when_it_is_purged(tmp_path, database):
    home = fill(Refuge(tmp_path, {"CONTACTPOINT_DATABASE_URL": database}))
    due = home.number("pds", NHS)
    assert told(home, "--plan") == {"due": 2, "due_records": 1}
    with home.opened() as store:
        assert store.queries.child_by_number(due) is None
        found = store.workings.due("9999-01-01")
        assert len(found.children) == 4
    purged = told(home, "--yes")
    assert (purged["children"], purged["records"], purged["due"]) == (2, 4, 0)
    assert home.number("pds", NHS) is None
    assert home.number("pds", KEPT_NHS) is not None
    assert home.findings() == []


def test_a_record_that_its_source_withdrew_goes_with_the_child_whose_others_stay(home):
    told(home, "--yes")
    mistaken = row("x1", KEPT, ago(25, -2), nhs=KEPT_NHS, nhs_status="01", postcode="EX1 1HS")
    home.load([mistaken, row("x2", "Bram", ago(12))], "band", AT_TEN)
    assert home.number("band", "x1") == home.number("pds", KEPT_NHS)
    home.load([row("x2", "Bram", ago(12))], "band", ago(9), "--mode", "snapshot")
    with home.opened() as store:
        withdrawn = store.workings.record(store.record_named("band:x1"))
        assert withdrawn.standing == "withdrawn"
    assert told(home, "--plan") == {"due": 0, "due_records": 0}


def test_a_record_of_no_child_is_archived_by_its_own_dates(home):
    with home.opened() as store:
        store.projector.catch_up()
        lone = store.record_named("choir:l1")
        assert store.workings.record(lone).child is None
        assert store.archive_of_each([lone]) == {lone: 7}
