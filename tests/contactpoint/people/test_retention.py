"""How long a child is kept: states and the days on which they begin."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from person.particulars import BirthDate, Particulars
from person.services import Involvement
from projections.retention import (
    NEVER,
    archived_of,
    archived_on,
    begun,
    of_view,
    retention,
    year_of_archive,
)
from projections.survivorship import Stated
from projections.view import view

BORN = BirthDate("2010-03-04")
STATES = ["live", "archive year 1", "archive years 2-6", "purge due"]


def state(today, *, birth=BORN, died="", left=""):
    return retention(birth, died, left, date.fromisoformat(today)).state


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2028-03-03", "live"),
        ("2028-03-04", "archive year 1"),
        ("2029-03-03", "archive year 1"),
        ("2029-03-04", "archive years 2-6"),
        ("2034-03-03", "archive years 2-6"),
        ("2034-03-04", "purge due"),
    ],
)
def test_a_child_is_archived_at_eighteen_and_purged_six_years_on(today, expected):
    assert state(today) == expected


def test_a_child_who_died_stays_live_for_a_year():
    assert state("2021-05-05", died="2020-05-06") == "live"
    kept = retention(BORN, "2020-05-06", "", date(2021, 5, 6))
    assert (kept.state, kept.rule, kept.archived) == ("archive year 1", "death", date(2021, 5, 6))


def test_a_child_who_left_stays_live_for_three_years_and_one_who_came_back_to_eighteen():
    assert state("2023-01-09", left="2020-01-10") == "live"
    assert state("2023-01-10", left="2020-01-10") == "archive year 1"
    assert state("2023-01-10", left="") == "live"


def test_whatever_comes_first_ends_the_live_record():
    kept = retention(BORN, "2028-01-01", "2027-12-01", date(2028, 3, 3))
    assert (kept.rule, kept.archived) == ("birthday", date(2028, 3, 4))


def test_a_missing_part_of_a_date_counts_as_its_latest():
    assert state("2028-12-30", birth=BirthDate("2010")) == "live"
    assert state("2028-12-31", birth=BirthDate("2010")) == "archive year 1"
    assert state("2028-02-28", birth=BirthDate("2010-02")) == "archive year 1"


def test_of_a_birth_that_is_expected_or_not_stated_nothing_follows():
    for birth in (None, BirthDate("2010-03-04", expected=True)):
        kept = retention(birth, "", "unknown", date(2050, 1, 1))
        assert (kept.state, kept.purged) == ("unknown", None)


def test_a_child_of_a_leap_day_is_eighteen_on_the_first_of_march():
    leap = retention(BirthDate("2008-02-29"), "", "", date(2026, 2, 28))
    assert (leap.state, leap.archived) == ("live", date(2026, 3, 1))


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(0, 12_000))
def test_a_child_only_ever_goes_on_to_the_next_state(born, days):
    birth, today = BirthDate(born.isoformat()), born + timedelta(days=days)
    before = retention(birth, "", "", today)
    after = retention(birth, "", "", today + timedelta(days=1))
    assert 0 <= STATES.index(after.state) - STATES.index(before.state) <= 1
    assert before.archived
    assert before.restricted
    assert before.purged
    assert before.archived < before.restricted < before.purged


@given(
    archived=st.dates(date(2001, 1, 1), date(2060, 12, 31)),
    days=st.integers(-800, 2800) | st.sampled_from([365, 366, 730, 731, 2191, 2192]),
)
@example(archived=date(2024, 2, 29), days=365)
@example(archived=date(2027, 2, 28), days=366)
def test_the_year_of_archive_is_told_from_the_day_as_the_state_is(archived, days):
    today = archived + timedelta(days=days)
    year = year_of_archive(archived.isoformat(), today)
    born = BirthDate(archived.replace(year=archived.year - 16, day=1).isoformat())
    kept = retention(born, begun(archived, 1), "", today)
    assert kept.archived is not None
    if kept.archived == archived:
        states = {0: "live", 1: "archive year 1", 7: "purge due"}
        assert kept.state == states.get(year, "archive years 2-6")


PLACES = st.sampled_from(["", "2024-02-29", "2023-05", "2022", "unknown"])


@given(
    parted=st.tuples(PLACES.filter(lambda day: day != "unknown"), PLACES),
    began=st.sampled_from(["2020-01-01", "2024-06-01"]),
    born=st.sampled_from([None, BirthDate("2008-02-29"), BirthDate("2011"),
                          BirthDate("2012-01-01", expected=True)]),
    end=st.sampled_from(["", "2024-07-01"]),
    mark=st.sampled_from(["", "shielded"]),
)  # fmt: skip
def test_the_day_that_the_index_keeps_is_the_one_that_the_view_tells(
    parted, began, born, end, mark
):
    died, left = parted
    service = Involvement(kind="school", organisation="2132345", start=began, end=end)
    particulars = Particulars(birth=born, died=died, left_england=left, involvements=(service,))
    records = [Stated("pds", "1", "health", 5, 5, particulars, mark)]
    told = view("", records)
    assert archived_of(records, born) == archived_on(told)
    kept = of_view(told, date(2026, 1, 1))
    assert archived_on(told) == (NEVER if kept.archived is None else kept.archived.isoformat())
    if mark:
        assert kept.rule in ("", "birthday")


EXPECTED = BirthDate("2026-03-01", expected=True)


def unborn(*ends, births=(EXPECTED,)):
    """The state of a birth that was expected on 1 March 2026, once services ended."""
    services = tuple(
        Involvement(kind="social-work", start=f"2026-01-1{n}", end=end)
        for n, end in enumerate(ends)
    )
    records = [
        Stated(
            "care", str(n), "social-care", n, n, Particulars(birth=one, involvements=services), ""
        )
        for n, one in enumerate(births)
    ]
    archived = archived_on(view("", records))
    assert archived == archived_of(records, births[-1])
    return archived


def test_a_birth_that_did_not_come_is_kept_while_a_service_works_with_it():
    assert unborn() == NEVER
    assert unborn("", "2026-02-11") == NEVER
    assert unborn("2026-02-11") == "2026-03-22"
    assert unborn("2026-02-11", "2026-05-06") == "2026-05-06"
    assert unborn("2026-05") == "2026-05-31"


def test_a_child_that_was_born_after_all_is_kept_as_any():
    born = BirthDate("2026-03-04")
    assert unborn("2026-02-11", births=(EXPECTED, born)) == "2044-03-04"
