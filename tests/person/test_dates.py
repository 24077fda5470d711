import contextlib
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from person.dates import DateError, is_stand_in, iso_date, iso_moment, not_after

DAYS = st.dates(date(1875, 1, 1), date(2100, 12, 31))


@given(DAYS)
def test_every_form_of_a_day_is_the_same_day(day):
    iso = day.isoformat()
    short = f"{day.day}/{day.month}/{day.year}"
    forms = [iso, f"{day:%d/%m/%Y}", f"{day:%Y%m%d}", f"{iso}T00:00:00", f"{iso}T00:00:00+00:00"]
    forms += [short, f"{short} 00:00", f"{iso}Z", f"{iso}+01:00", f"{iso}-05:00"]
    assert {iso_date(form) for form in forms} == {iso}


@given(DAYS)
def test_a_partial_date_keeps_what_is_known(day):
    assert iso_date(f"{day:%Y-%m}") == f"{day:%Y-%m}"
    assert iso_date(f"{day:%Y}") == f"{day:%Y}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("2014-02-30", "DATE-IMPOSSIBLE"),
        ("30/02/2014", "DATE-IMPOSSIBLE"),
        ("2014-13", "DATE-IMPOSSIBLE"),
        ("0000-00-00", "DATE-IMPOSSIBLE"),
        ("1066", "DATE-IMPOSSIBLE"),
        ("9/5/14", "DATE-FORM"),
        ("9 May 2014", "DATE-FORM"),
        ("", "DATE-FORM"),
        ("\u0662\u0660\u0661\u0664-05-09", "DATE-FORM"),
        ("2014-5-9", "DATE-FORM"),
        ("2014--05-9", "DATE-FORM"),
        ("2014-05-09+1", "DATE-FORM"),
    ],
)
def test_what_is_no_date_is_refused_with_its_rule(text, rule):
    with pytest.raises(DateError) as refused:
        iso_date(text)
    assert refused.value.rule == rule


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_refused(text):
    with contextlib.suppress(DateError):
        assert len(iso_date(text)) in (4, 7, 10)


def test_a_date_in_the_future_is_refused_and_today_is_not():
    assert not_after("2026-11-23", "2026-11-23") == "2026-11-23"
    with pytest.raises(DateError, match="DATE-FUTURE"):
        not_after("2026-11-24", "2026-11-23")


def test_a_partial_date_is_future_only_when_all_of_it_is():
    assert not_after("2026-11", "2026-11-23") == "2026-11"
    with pytest.raises(DateError):
        not_after("2026-12", "2026-11-23")


def test_days_written_for_unknown_ones_are_known():
    assert is_stand_in("2011-01-01")
    assert not is_stand_in("2011-01")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-16", "2026-01-16"),
        ("9/5/2026", "2026-05-09"),
        ("2026-01-16T09:30:00+01:00", "2026-01-16T09:30:00+01:00"),
        ("2026-01-16 09:30", "2026-01-16 09:30"),
        ("2026-01-16+01:00", "2026-01-16"),
    ],
)
def test_a_day_or_a_day_with_its_time_is_a_moment(text, moment):
    assert iso_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["2026", "2026-01", "2026-01-16T99:30", "2026-01-16 half past", "16/01/2026 09:30"]
)
def test_a_part_of_a_date_and_a_time_that_is_none_are_no_moment(text):
    with pytest.raises(DateError, match="DATE-FORM: expected a whole date"):
        iso_moment(text)


@given(st.text(max_size=30))
def test_any_moment_can_be_placed_in_time(text):
    with contextlib.suppress(DateError):
        datetime.fromisoformat(iso_moment(text))
