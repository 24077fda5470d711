from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from contactpoint.synth import errors
from person.places import PlaceError, postcode

names = st.text("abcdefghijklmnopqrstuvwxyzABC'-ąż", min_size=3, max_size=20)
days = st.dates(date(2000, 1, 1), date(2026, 12, 31))
chance = st.integers(0, 10_000).map(Random)


@given(names, chance)
def test_a_mistyped_name_is_never_empty_and_differs_little(name, rng):
    typed = errors.mistype(name, rng)
    assert typed
    assert abs(len(typed) - len(name)) <= 1


@given(days, chance)
def test_every_wrong_date_is_a_date_near_the_right_one(day, rng):
    for slip in (errors.wrong_day, errors.wrong_month, errors.wrong_year, errors.default_day):
        assert abs((slip(day, rng) - day).days) <= 366 * 10 + 31


@given(days, chance)
def test_day_and_month_exchanged_twice_are_the_same_day(day, rng):
    once = errors.exchange_day_and_month(day, rng)
    assert errors.exchange_day_and_month(once, rng) == day


def test_a_mistyped_postcode_is_another_or_none_or_the_same_without_its_blank():
    rng = Random(4)
    outcomes: set[bool | None] = set()
    for _ in range(200):
        try:
            outcomes.add(postcode(errors.mistype_postcode("SE15 3QN", rng)) == "SE15 3QN")
        except PlaceError:
            outcomes.add(None)
    assert outcomes == {True, False, None}
