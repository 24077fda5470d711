import pytest
from hypothesis import given
from hypothesis import strategies as st

from person.names import clean, is_placeholder, placeholder_birth_order


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("  Anne   Marie ", "Anne Marie"),
        ("Siân\u00a0Rhys", "Siân Rhys"),
        ("Zoe\u0308", "Zoë"),
        ("O\u2019Brien", "O\u2019Brien"),
        ("Li\u200bam\x00", "Liam"),
        ("Jo\nAnn", "Jo Ann"),
        (" \t ", ""),
    ],
)
def test_a_name_is_cleaned_of_what_nobody_sees_and_of_nothing_else(text, value):
    assert clean(text) == value


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    "name",
    [
        "Baby", "BABY BOY", "Baby Girl", "Male Infant", "Female", "Infant", "Twin", "Twin 1",
        "Twin A", "TWIN TWO", "Baby Twin 2", "First Twin", "Unborn", "Unborn Baby", "Unknown",
        "Not Known", "B/O", "B/O Smith", "Baby of Jane", "Unnamed", "N/A", "TBC", "XXTESTPATIENT",
        "Triplet 3", "Boy 2", "BabyGirl", "Twin1", "Triplet2", "N/K", "T.B.C.", "FNU", "-", "?",
        "Not Applicable",
    ],
)  # fmt: skip
def test_placeholders_are_known(name):
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name",
    [
        "Bo", "Na", "Babita", "Tess", "Twinkle", "Malek", "Ann", "Nolan", "Unity", "Girish", "Li",
        "Child", "Boyd", "Bo Smith", "Baby-Jane", "Testa", "O", "Jayden Chi", "Twine", "李", "",
    ],
)  # fmt: skip
def test_real_names_are_no_placeholders(name):
    assert not is_placeholder(name)


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("Twin 2", 2), ("Twin A", 1), ("TWIN B NOLAN", 2), ("First Twin", 1), ("Triplet 3", 3),
        ("Baby 2", 2), ("Baby Boy One", 1), ("Baby", None), ("Twin", None), ("Finn", None),
    ],
)  # fmt: skip
def test_the_order_of_birth_in_a_placeholder_is_read(name, order):
    assert placeholder_birth_order(name) == order


@given(st.text(max_size=30))
def test_any_text_can_be_asked(text):
    assert is_placeholder(text) in (True, False)
    assert placeholder_birth_order(text) in (None, *range(1, 9))
