"""The figures of a period: what is counted, what is left out, and which days are meant."""

import json
from datetime import date

import pytest
from msgspec.structs import replace

from contactpoint.errors import NotFoundError, UsageError
from contactpoint.judging.acts import By
from contactpoint.judging.judging import Judging, Meant
from contactpoint.moments import moment
from contactpoint.reporting import ROUNDED, period
from tests.contactpoint.desk import REASON, Desk
from tests.contactpoint.shields import Refuge

ALWAYS = "2000..2100"
NOTHING = {"link": 0, "apart": 0, "unsure": 0, "refer": 0}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "home").begin()


def figures(desk, of=ALWAYS):
    return json.loads(desk.run("report", of, "--json").stdout)


def referred(desk, *, mark="U", family="Okonjo", numbers=("9000000009", "9000000025")):
    """A pair that no machine may decide: one birth date lacks its day, and no number agrees."""
    desk.patient("north", numbers[0], "2015-03-04", mark=mark, family=family)
    desk.patient("south", numbers[1], "2015-03", family=family)


def linked(desk):
    """A pair that the index makes one child without asking."""
    for source in ("north", "south"):
        desk.patient(source, "9000000009", "2015-03-04")
    return "north:9000000009", "south:9000000009"


def test_an_empty_index_has_nothing_to_report(desk):
    told = figures(desk)
    assert (told["placed"], told["referred"], told["decided"]) == (0, 0, NOTHING)
    assert told["errors"] == {
        "false_links": 0,
        "missed_links": 0,
        "misplaced": 0,
        "misplaced_per_10000": None,
    }


def test_pairs_are_counted_as_referred_decided_reversed_and_waiting(desk):
    referred(desk)
    waiting = figures(desk)
    assert (waiting["placed"], waiting["referred"], waiting["awaiting"]) == (2, 1, 1)
    [pair] = desk.listed()
    desk.decide(pair["pair"], verdict="link")
    decided = figures(desk)
    assert (decided["decided"], decided["awaiting"]) == (NOTHING | {"link": 1}, 0)
    assert decided["errors"]["missed_links"] == 0, "it was referred, and so not missed"
    desk.undo("north:9000000009", "south:9000000025")
    assert figures(desk)["reversed"] == 1


def test_a_link_that_a_steward_takes_apart_is_a_false_link_found(desk):
    desk.decide(*linked(desk), verdict="apart")
    errors = figures(desk)["errors"]
    assert errors["false_links"] == 1
    rate, low, high = errors["misplaced_per_10000"]
    assert low < rate < high


def test_a_record_taken_off_a_child_of_many_is_one_error(desk):
    for source in ("north", "south", "east", "west"):
        desk.patient(source, "9000000009", "2015-03-04")
    number = desk.numbers()[0]["north", "9000000009"]
    words = ("review", "split", number, "--off", "west:9000000009", "--reason", "twins", "--json")
    seen = json.loads(desk.run(*words, "--plan", by=desk.ada).stdout)["seen"]
    desk.run(*words, "--seen", seen, by=desk.ada)
    told = figures(desk)
    errors = told["errors"]
    assert (errors["false_links"], errors["misplaced"]) == (3, 1)
    assert errors["misplaced_per_10000"][0] == 10_000 / told["placed"]


def test_a_pair_that_was_never_referred_and_is_one_child_is_a_missed_link_found(desk):
    desk.patient("north", "9000000009", "2015-03-04", given="Asha")
    desk.patient(
        "south", "9000000025", "2012-11-30", given="Bram", family="Hale", postcode="B1 1AA"
    )
    assert desk.listed() == []
    desk.decide("north:9000000009", "south:9000000025", verdict="link")
    assert figures(desk)["errors"]["missed_links"] == 1


def test_what_a_steward_took_back_proves_no_error(desk):
    pair = linked(desk)
    desk.decide(*pair, verdict="apart")
    desk.undo(*pair)
    told = figures(desk)
    assert (told["decided"]["apart"], told["reversed"]) == (1, 1)
    assert told["errors"]["false_links"] == 0
    desk.decide(*pair, verdict="apart")
    assert figures(desk)["errors"]["false_links"] == 1


def test_nothing_that_happened_on_other_days_is_counted(desk):
    desk.decide(*linked(desk), verdict="apart")
    told = figures(desk, "2001")
    assert (told["placed"], told["decided"], told["looks"]) == (0, NOTHING, 0)
    assert (told["first"], told["last"]) == ("2001-01-01", "2001-12-31")


def test_what_happened_at_midnight_is_of_the_day_that_begins(desk):
    referred(desk)
    with desk.opened() as store:
        judging = Judging(store.log, store.keys, store.master)
        pair = store.pair_named([desk.listed()[0]["pair"]])
        midnight = replace(store.origin("review decide"), recorded=moment("2001-02-03"))
        meant = Meant(pair, "unsure", "too-little", judging.open(pair))
        judging.decide(meant, By("ada"), midnight)
    assert figures(desk, "2001-02-02")["decided"] == NOTHING
    assert figures(desk, "2001-02-03")["decided"] == NOTHING | {"unsure": 1}


def test_looks_and_refusals_are_counted(desk):
    linked(desk)
    desk.run("child", "find", "Okonjo", "--reason", "enquiry 7")
    with pytest.raises(Exception, match="needs the role"):
        desk.run("erase", "123456789012", "--yes", by=desk.ada)
    told = figures(desk)
    assert (told["looks"], told["refused"], told["overrides"]) == (1, 1, 0)


def test_overrides_that_looked_through_a_shield_are_counted_and_no_others(desk):
    desk.patient("north", "9000000009", "2015-03-04")
    number = desk.numbers()[0]["north", "9000000009"]
    olu = desk.run("token", "--subject", "olu", "--role", "shielding-officer", "--strong")
    olu = olu.stdout.strip()
    look = ("child", "show", number, "--override", *REASON)
    desk.run(*look, by=olu)
    with pytest.raises(NotFoundError):
        desk.run("child", "show", "123456789012", "--override", *REASON, by=olu)
    words = ("--criterion", "refuge", "--requester", "duty desk")
    desk.run("shield", "apply", number, *words, by=olu)
    assert figures(desk)["overrides"] == 0
    desk.run(*look, by=olu)
    assert figures(desk)["overrides"] == 1


def test_what_was_decided_of_a_child_who_is_restricted_since_is_in_no_figure(desk):
    """Also where the other record of the pair may be seen."""
    referred(desk)
    for verdict in ("unsure", "apart"):
        desk.decide("north:9000000009", "south:9000000025", verdict=verdict)
    assert figures(desk)["decided"] == NOTHING | {"unsure": 1, "apart": 1}
    desk.undo("north:9000000009", "south:9000000025")
    assert figures(desk)["reversed"] == 1
    desk.patient("north", "9000000009", "2015-03-04", mark="R")
    hidden = figures(desk)
    assert (hidden["decided"], hidden["reversed"], hidden["referred"]) == (NOTHING, 0, 0)


def test_a_shield_that_was_lifted_is_in_force_no_more(tmp_path):
    refuge = Refuge(tmp_path)
    names = ("Okonjo", "Danjuma", "Vermeer", "Smith", "Quy", "Mensah")
    rows = [
        {"key": n, "given": "Asha", "family": name, "dob": f"2015-03-{n + 10}"}
        for n, name in enumerate(names)
    ]
    refuge.load(rows)
    shields = [refuge.apply(refuge.number("club", str(n))) for n in range(len(names))]
    assert figures(refuge)["shields"]["in_force"] == ROUNDED
    for shield in shields[:2]:
        refuge.lift(shield)
    told = figures(refuge)["shields"]
    assert (told["applied"], told["in_force"]) == (ROUNDED, 0)


def test_a_pair_of_a_restricted_child_is_in_no_figure(tmp_path):
    plain, hidden = (Desk(tmp_path / name / "home") for name in ("plain", "hidden"))
    for desk in (plain, hidden):
        desk.home.parent.mkdir()
        desk.begin()
        desk.patient("north", "9000000009", "2015-03-04", mark="R", version="2")
    hidden.patient("south", "9000000025", "2015-03", mark="R", version="2")
    with hidden.opened() as store:
        assert store.workings.open_pairs(), "expected a pair that awaits a steward with clearance"
    assert figures(hidden) == figures(plain)


@pytest.mark.parametrize(
    ("text", "first", "behind"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2026-11-30..2026-12-01", "2026-11-30", "2026-12-02"),
        ("2025-Q4..2026", "2025-10-01", "2027-01-01"),
    ],
)
def test_a_period_is_whole_days(text, first, behind):
    found = period(text)
    assert (found.first, found.behind) == (date.fromisoformat(first), date.fromisoformat(behind))
    assert (found.end - found.begin) == (found.behind - found.first).days * 86_400 * 10**6


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "26",
            "2026-13",
            "2026-Q5",
            "2026-Q1-02",
            "2025-02-29",
            "2026..2025",
            "..",
            "0000",
            "x",
        ),
        *("2026-00", "2026-11-00", "2026-Q4-00", "9999-12-31", "2026..9999-12-31", "٢٠٢٦"),
    ],
)
def test_what_is_no_period_says_what_one_looks_like(text):
    with pytest.raises(UsageError, match="a quarter"):
        period(text)
