import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.gb import nhs as oracle

from person.authorities import AUTHORITIES, laestab
from person.identifiers import (
    UPN_LETTERS,
    IdentifierError,
    is_upn_unknown,
    la_child_id,
    nhs_number,
    uln,
    upn,
)


@pytest.mark.parametrize(
    "text", ["9434765919", "943 476 5919", "943-476-5870", "9000000009", "9000000025", "9990001006"]
)
def test_an_nhs_number_is_read_bare_or_in_groups(text):
    assert nhs_number(text) == text.replace(" ", "").replace("-", "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("9434765918", "NHS-CHECK"),
        ("943476591", "NHS-FORM"),
        ("943 476-5919", "NHS-FORM"),
        ("94 3476 5919", "NHS-FORM"),
        ("943476591A", "NHS-FORM"),
        ("٩٤٣٤٧٦٥٩١٩", "NHS-FORM"),
        ("", "NHS-FORM"),
        ("0101990008", "NHS-RANGE"),
        ("3200000004", "NHS-RANGE"),
        ("5000000000", "NHS-RANGE"),
        ("8000000008", "NHS-RANGE"),
        ("0011111111", "NHS-RANGE"),
    ],
)
def test_what_cannot_be_an_nhs_number_is_refused_with_its_rule(text, rule):
    with pytest.raises(IdentifierError) as refused:
        nhs_number(text)
    assert refused.value.rule == rule


@pytest.mark.parametrize("digit", "0123456789")
def test_one_digit_repeated_passes_the_check_and_is_refused_all_the_same(digit):
    assert oracle.is_valid(digit * 10)
    with pytest.raises(IdentifierError, match="NHS-REPEATED"):
        nhs_number(digit * 10)


@pytest.mark.parametrize("last", range(10))
def test_a_number_whose_check_would_be_ten_has_no_valid_last_digit(last):
    with pytest.raises(IdentifierError):
        nhs_number(f"999123456{last}")


@given(st.from_regex(r"[4679][0-9]{9}", fullmatch=True))
def test_the_nhs_check_agrees_with_another_implementation(text):
    assert _accepts(nhs_number, text) == (oracle.is_valid(text) and len(set(text)) > 1)


@given(st.text(max_size=14))
def test_any_text_is_an_nhs_number_or_refused(text):
    _accepts(nhs_number, text)


def test_a_refusal_names_the_rule_and_never_the_number():
    with pytest.raises(IdentifierError) as refused:
        nhs_number("9434765918")
    assert str(refused.value).startswith("NHS-CHECK: expected")
    assert "9434765918" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "K801200024001",
        "Z801200024002",
        "M213432123007",
        "U330402322045",
        "H888123424019",
        "X00180001701A",
        "X35640002401A",
        "P20930002301B",
    ],
)
def test_a_upn_with_its_check_letter_is_taken(text):
    assert upn(text).value == text
    assert upn(text).temporary == text[-1].isalpha()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("A950000178301", "1530"),
        ("H243278544154", "1530"),
        ("R247962919251", "1530"),
        ("A801200024001", "1510"),
        ("X428558133462", "1530"),
        ("K80120002400", "1540"),
        ("K8012O0024001", "1540"),
        ("K80120002400I", "1550"),
        ("K80120002400?", "1550"),
        ("I801200024001", "1510"),
        ("UN3", "UPN-UNKNOWN"),
        ("", "1540"),
    ],
)
def test_what_cannot_be_a_upn_is_refused_with_the_departments_rule(text, rule):
    with pytest.raises(IdentifierError) as refused:
        upn(text)
    assert refused.value.rule == rule


@pytest.mark.parametrize("code", ["838", "839", "940", "941", "942", "943", "420", "001"])
def test_new_retired_and_pseudo_authorities_stand_in_a_upn(code):
    digits = f"{code}400012001"
    letter = UPN_LETTERS[sum(n * int(d) for n, d in enumerate(digits, 2)) % 23]
    assert upn(letter + digits).value == letter + digits


@given(st.text(max_size=14))
def test_any_text_is_a_upn_or_refused(text):
    _accepts(upn, text)


@given(st.sampled_from(sorted(AUTHORITIES)), st.integers(0, 10**9 - 1), st.integers(0, 12))
def test_a_wrong_digit_of_a_upn_is_found(code, rest, place):
    digits = f"{code}{rest:09d}"
    right = UPN_LETTERS[sum(n * int(d) for n, d in enumerate(digits, 2)) % 23] + digits
    assert upn(right).value == right
    wrong = right[:place] + ("7" if right[place] != "7" else "8") + right[place + 1 :]
    assert not _accepts(upn, wrong)


def test_reasons_why_a_upn_is_unknown_are_known_for_what_they_are():
    assert [is_upn_unknown(f"UN{n}") for n in range(9)] == [False] + [True] * 7 + [False]


def test_child_ids_of_two_authorities_stay_apart():
    assert la_child_id("201", "77") != la_child_id("202", "77")


@pytest.mark.parametrize(
    ("authority", "child", "rule"),
    [("201", " ", "8500"), ("999", "77", "LA-CODE"), ("201", "a b", "LA-CHILD-FORM")],
)
def test_a_child_id_that_cannot_be_is_refused(authority, child, rule):
    with pytest.raises(IdentifierError) as refused:
        la_child_id(authority, child)
    assert refused.value.rule == rule


@pytest.mark.parametrize("text", ["0123456789", "123", "1000000001", "10000000a0"])
def test_what_cannot_be_a_learner_number_is_refused(text):
    assert not _accepts(uln, text)


def test_a_school_is_seven_digits_or_nothing():
    assert laestab(" 201 ", "2345") == "2012345"
    assert laestab("201", "23A5") == laestab("20", "12345") == ""


def _accepts(check, text):
    try:
        check(text)
    except IdentifierError:
        return False
    return True
