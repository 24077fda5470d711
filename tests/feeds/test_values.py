"""The values of a row, whichever feed it is of: each checked, or missing with a remark."""

import pytest

from feeds.submission import Remark
from feeds.values import (
    LONGEST,
    apart,
    date_value,
    effective_time,
    email_address,
    expected_birth,
    former_upn,
    nhs_identifier,
    no_link,
    own_numbers,
    phone_number,
    real_postcode,
    said,
    sex,
    upn_identifier,
    yes_or_no,
)
from person.identifiers import Identifier
from person.particulars import BirthDate, Carer
from person.services import Involvement

TODAY = "2026-04-30"


def told(check, *arguments):
    """What a check gives, and the rules of its remarks."""
    remarks: list[Remark] = []
    return check(remarks, "field", *arguments), [each.rule for each in remarks]


@pytest.mark.parametrize(
    ("value", "text", "rules"),
    [
        (None, "", []),
        ("  Ada  Bea ", "Ada Bea", []),
        (" \t ", "", ["EMPTY"]),
        ("", "", ["EMPTY"]),
        (7, "7", []),
        (10**15 - 1, "9" * 15, []),
        (10**15, "", ["TEXT-FORM"]),
        (True, "", ["TEXT-FORM"]),
        (False, "", ["TEXT-FORM"]),
        (["Ada"], "", ["TEXT-FORM"]),
        ("x" * LONGEST, "x" * LONGEST, []),
        ("x" * (LONGEST + 1), "", ["TEXT-FORM"]),
    ],
)
def test_a_value_of_json_is_a_text_or_a_whole_number(value, text, rules):
    assert told(said, value) == (text, rules)


@pytest.mark.parametrize(
    "link",
    ["https://ecaf.example/case/7", "see HTTP://ecaf.example", "www.ecaf.example", "app://case/7",
     "file:/cases/7", "Elm https:ecaf"],
)  # fmt: skip
def test_what_names_a_person_a_place_or_a_service_is_no_link_into_a_system(link):
    assert told(no_link, link) == ("", ["LINK"])
    for name in ("", "St. Mary's: Infants", "Dr. A. Noor", "Wwww.", "c/o 12 Elm Rd.", "SW399",
                 "O'Neill.com", "File", "Ftps", "Http", "J. R.", "Flat 2: rear"):  # fmt: skip
        assert told(no_link, name) == (name, [])


def test_an_email_address_is_no_link_with_a_password():
    assert told(email_address, "ada@elm.example") == ("ada@elm.example", [])
    for link in ("https://ada:pw@ecaf.example", "mailto:ada@elm.example", "ada@elm.example/case"):
        assert told(email_address, link) == ("", ["EMAIL-FORM"])


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        (("M", "m", "Male", "1"), "M"),
        (("F", " f ", "female", "2"), "F"),
        (("U", "unknown", "Not known", "not stated", "0"), "U"),
        (("X", "other", "I", "indeterminate", "Not specified", "9"), "X"),
        (("", "3", "boy"), None),
    ],
)
def test_a_sex_is_told_by_the_codes_of_any_of_the_authorities(codes, meaning):
    for code in codes:
        known = meaning is not None or not code
        assert told(sex, code) == (meaning, [] if known else ["SEX-CODE"])


@pytest.mark.parametrize(
    ("texts", "answer"),
    [(("true", "TRUE", "1"), True), (("false", "False", "0"), False), (("", "yes"), None)],
)
def test_a_yes_or_a_no_is_written_as_xml_schema_has_it(texts, answer):
    for text in texts:
        assert told(yes_or_no, text) == (answer, ["YES-NO"] if text == "yes" else [])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("01632 960587", "01632960587"),
        ("(01632) 960-587", "01632960587"),
        ("01632.960/587", "01632960587"),
        ("01632 960\u2013587", "01632960587"),
        ("+44 1632 960587", "+441632960587"),
        ("9605870", "9605870"),
        ("960587", ""),
        ("1" * 15, "1" * 15),
        ("1" * 16, ""),
        ("01632 960587 ext 2", ""),
    ],
)
def test_a_telephone_number_is_its_digits_without_the_marks_between(text, number):
    assert told(phone_number, text) == (number, [] if number else ["PHONE-FORM"])


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("ada@example.com", True), ("ada@example", False), ("@example.com", False),
        ("ada@bea@example.com", False), ("ada obi@example.com", False), ("ada.example.com", False),
    ],
)  # fmt: skip
def test_an_email_address_has_one_at_and_a_dot_after_it(text, right):
    assert told(email_address, text) == ((text, []) if right else ("", ["EMAIL-FORM"]))


@pytest.mark.parametrize(
    ("text", "place", "homeless", "rules"),
    [
        ("se153qn", "SE15 3QN", False, []),
        ("ZZ99 3VZ", "", True, []),
        ("ZZ99 3WZ", "", False, []),
        ("ZZ99 3CZ", "", False, []),
        ("nowhere", "", False, ["POSTCODE-FORM"]),
        ("", "", False, []),
    ],
)
def test_a_pseudo_postcode_is_no_place_and_one_of_them_says_no_fixed_abode(
    text, place, homeless, rules
):
    assert told(real_postcode, text) == ((place, homeless), rules)


@pytest.mark.parametrize(
    ("text", "time", "rules"),
    [
        ("2026-04-30T09:30:00", "2026-04-30T09:30:00", []),
        ("2026-05-01T09:30:00", "2026-05-01T09:30:00", []),
        ("2026-05-02T09:30:00", "", ["DATE-FUTURE"]),
        ("2026-02-30", "", ["DATE-IMPOSSIBLE"]),
        ("", "", []),
    ],
)
def test_a_row_takes_effect_by_tomorrow_because_clocks_differ_and_never_later(text, time, rules):
    assert told(effective_time, text, TODAY) == (time, rules)


@pytest.mark.parametrize(
    ("text", "born"),
    [("2026-04-01", True), ("2026-05-01", True), ("2027-03-01", True), ("2027-03-02", False)],
)
def test_a_birth_is_expected_within_ten_months(text, born):
    birth, rules = told(expected_birth, text, TODAY)
    assert birth == (BirthDate(text, expected=True) if born else None)
    assert rules == ([] if born else ["DATE-FUTURE"])


def test_a_date_is_not_after_the_day_that_it_must_not_be_after():
    assert told(date_value, "2026-05-01", TODAY) == ("", ["DATE-FUTURE"])
    assert told(date_value, "2026-04-30", TODAY) == ("2026-04-30", [])
    assert told(date_value, "2026-05-01") == ("2026-05-01", [])


def test_a_reason_why_a_upn_is_not_known_is_no_number_and_no_mistake():
    for reason in ("UN1", "un7", ""):
        assert told(upn_identifier, reason) == (None, [])
    assert told(upn_identifier, "A801200024002") == (None, ["1510"])


def test_a_former_upn_is_known_as_one_and_only_queried_where_it_is_wrong():
    assert told(former_upn, "X35640002401A") == (Identifier("upn", "X35640002401A", "former"), [])
    assert told(former_upn, "A801200024002") == (None, ["1560Q"])


def test_an_nhs_number_has_the_status_that_its_feed_found():
    number = Identifier("nhs", "9000000009", "verified")
    assert told(nhs_identifier, "900 000 0009", "verified") == (number, [])
    assert told(nhs_identifier, "", "verified") == (None, [])


def test_a_mothers_number_is_none_of_the_childs():
    mother = [Carer(relationship="mother", nhs="9000000009"), Carer("Ada", "Obi")]
    numbers = (Identifier("nhs", "9000000009"), Identifier("upn", "9000000009"))
    assert told(own_numbers, numbers, mother) == (numbers[1:], ["NHS-MOTHER"])
    assert told(own_numbers, numbers, mother[1:]) == (numbers, [])


@pytest.mark.parametrize(
    ("consent", "held"),
    [("given", True), ("significant-harm", True), ("refused", False), ("", False)],
)
def test_a_sensitive_service_is_held_by_consent_or_for_significant_harm_alone(consent, held):
    ordinary = Involvement("gp", "Y12345")
    sensitive = Involvement("mental-health", "RX1", consent=consent)
    remarks: list[Remark] = []
    kept = apart(remarks, [ordinary, sensitive])
    assert kept == ((ordinary,), (sensitive,) if held else ())
    assert [each.rule for each in remarks] == ([] if held else ["CONSENT"])
