import pytest
from hypothesis import given
from hypothesis import strategies as st

from person.places import (
    NO_FIXED_ABODE,
    PlaceError,
    is_pseudo,
    postcode,
    postcode_candidates,
    uprn,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SE153QN", "SE15 3QN"),
        ("se15 3qn", "SE15 3QN"),
        ("M1 1AE", "M1 1AE"),
        ("B33 8TH", "B33 8TH"),
        ("CR2 6XH", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"),
        ("W1A 1HQ", "W1A 1HQ"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("GIR 0AA", "GIR 0AA"),
        ("  LS1\t6AE ", "LS1 6AE"),
    ],
)
def test_a_postcode_is_given_in_one_form(text, value):
    assert postcode(text) == value


@pytest.mark.parametrize(
    "text", ["", "SEI5 3QN", "SE15", "Q1 1AA", "SE15 3CN", "Y0 2RV", "SE15 3QNN"]
)
def test_what_no_postcode_can_be_is_refused(text):
    with pytest.raises(PlaceError, match="POSTCODE-FORM"):
        postcode(text)


def test_pseudo_postcodes_are_known_for_what_they_are():
    assert is_pseudo(postcode("zz993wz"))
    assert postcode("ZZ993VZ") == NO_FIXED_ABODE
    assert not is_pseudo(postcode("SE15 3QN"))


def test_a_letter_for_a_digit_is_mended_only_as_a_candidate():
    assert postcode_candidates("SEI5 3QN") == ("SE15 3QN",)
    assert postcode_candidates("SE15 3QN") == ()
    assert postcode_candidates("nonsense") == ()


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ", max_size=9))
def test_a_postcode_given_is_one_that_is_read_again_as_itself(text):
    try:
        value = postcode(text)
    except PlaceError:
        return
    assert postcode(value) == value


@given(st.text(max_size=9))
def test_candidates_are_well_formed(text):
    assert all(postcode(value) == value for value in postcode_candidates(text))


@pytest.mark.parametrize("text", ["", "0", "-1.0", "1234567890123", "12a"])
def test_what_no_property_number_can_be_is_refused(text):
    with pytest.raises(PlaceError, match="UPRN-FORM"):
        uprn(text)
