import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate
from person.places import Address
from person.services import Involvement

FEED = "health.pds-trace"
MPT_ROW = (
    ",9990001006,Obi,Ada,,2,20140509,,,,,,,SE15 3QN,,,20260101,{},,,,"
    ",,,00,9990001006,4,90,0,0,90,90,0"
)


@pytest.fixture
def trace(read, samples):
    return read(FEED, samples / "trace.csv")


@pytest.fixture
def written(read, tmp_path):
    def write(*lines):
        path = tmp_path / "response.csv"
        path.write_text("\n".join(lines) + "\n")
        return read(FEED, path)

    return write


def test_a_record_is_known_by_its_local_id_else_by_the_reference(trace):
    assert list(trace.submissions) == ["H-1", "H-2", "H-3", "4", "H-5", "H-6", "H-7"]


def test_a_match_is_a_verified_number_on_the_local_record(trace):
    particulars = trace.submissions["H-1"].particulars
    assert particulars.identifiers == (Identifier("nhs", "9990001006", "verified"),)
    assert particulars.names == (PersonName(("Jayden", "Chi"), "Okafor"),)


def test_a_source_of_the_feed_makes_no_child(trace):
    assert trace.reading.settings.nameless
    assert trace.reading.mode == "delta"


def test_a_superseded_number_stands_beside_the_one_that_follows_it(trace):
    assert trace.submissions["H-2"].particulars.identifiers == (
        Identifier("nhs", "9000000025", "verified"),
        Identifier("nhs", "9000000009", "superseded"),
    )


def test_a_sensitive_person_is_restricted(trace):
    restricted = [key for key, each in trace.submissions.items() if each.particulars.restricted]
    assert restricted == ["H-2", "H-7"]


def test_no_match_and_many_matches_are_remarks_and_no_number(trace):
    assert ("TRACE-NONE", "MATCHED_NHS_NO") in trace.remarks("H-3")
    assert trace.remarks("4") == [("TRACE-MANY", "MATCHED_NHS_NO")]
    assert trace.submissions["4"].particulars.identifiers == ()


@pytest.mark.parametrize(
    ("code", "number", "rule"),
    [
        ("00", "0000000000", "TRACE-NONE"),
        ("00", "9999999999", "TRACE-MANY"),
        ("91", "9990001006", "TRACE-NONE"),
        ("", "9990001006", "TRACE-NONE"),
    ],
)
def test_only_one_number_with_a_code_of_success_is_a_match(written, code, number, rule):
    read = written("UNIQUE REFERENCE,ERROR/SUCCESS_CODE,MATCHED_NHS_NO", f"a,{code},{number}")
    assert read.submissions["a"].particulars.identifiers == ()
    assert read.remarks("a") == [(rule, "MATCHED_NHS_NO")]


def test_the_services_own_id_or_a_wrong_check_digit_is_no_number(trace):
    assert trace.remarks("H-5") == [("NHS-FORM", "MATCHED_NHS_NO")]
    assert trace.remarks("H-6") == [("NHS-CHECK", "MATCHED_NHS_NO")]


def test_a_partial_birth_date_a_death_and_no_fixed_abode_are_taken(trace):
    assert trace.submissions["H-3"].particulars.birth.value == "2020"
    assert trace.submissions["4"].particulars.died == "2024-03-01"
    assert trace.submissions["H-2"].particulars.no_known_address


def test_a_row_without_a_key_or_with_other_cells_is_rejected(trace):
    assert trace.faults == [("KEY", 9), ("CELLS", 10)]


def test_what_is_not_taken_is_counted(trace):
    assert trace.reading.dropped["INTERNAL_ID"] == 1


FOUND = "UNIQUE REFERENCE,REQ_NHS_NO,POST_CODE,DATE_OF_BIRTH,GP_PRACTICE_CODE," \
    "GP_REGISTRATION_DATE,TELEPHONE_NUMBER,EMAIL_ADDRESS,SENSITIVITY_FLAG,ERROR/SUCCESS_CODE," \
    "MATCHED_NHS_NO"  # fmt: skip


def test_practice_and_how_to_reach_one_who_was_found_are_taken(written):
    row = "a,9000000009,SE15 3QN,201405,Y12345,20140601,01632 960587,a@example.com,,{},9990001006"
    found, missed = (written(FOUND, row.format(code)) for code in ("90", "97"))
    particulars = found.submissions["a"].particulars
    assert particulars.involvements == (Involvement("gp", "Y12345", start="2014-06-01"),)
    assert (particulars.phones, particulars.emails) == (("01632960587",), ("a@example.com",))
    assert particulars.birth == BirthDate("2014-05")
    assert particulars.addresses == (Address(postcode="SE15 3QN"),)
    assert particulars.identifiers[1] == Identifier("nhs", "9000000009", "superseded")
    assert missed.submissions["a"].particulars.involvements == ()
    assert missed.remarks("a") == [("TRACE-MANY", "MATCHED_NHS_NO")]


@pytest.mark.parametrize(
    ("flag", "code", "restricted"),
    [("", "00", False), ("S", "00", True), ("B", "00", True), ("N", "00", False), ("", "92", True)],
)
def test_a_sensitive_match_is_a_match_and_a_restriction(written, flag, code, restricted):
    read = written(FOUND, f"a,,,,,,,,{flag},{code},9990001006")
    particulars = read.submissions["a"].particulars
    assert particulars.restricted is restricted
    assert particulars.identifiers == (Identifier("nhs", "9990001006", "verified"),)


def test_columns_bind_by_name_wherever_they_stand(written):
    read = written(
        "MATCHED_NHS_NO,ERROR_SUCCESS_CODE,UNIQUE_REFERENCE", "9990001006,0,a", "9990001006,,b"
    )
    assert read.submissions["a"].particulars.identifiers[0].status == "verified"


def test_an_older_response_has_a_control_row_and_no_names_of_columns(written):
    row = MPT_ROW.format
    read = written("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,2,00", row("L1"), row("L2"))
    assert list(read.submissions) == ["L1", "L2"]
    assert read.submissions["L1"].particulars.identifiers[0].value == "9990001006"


@pytest.mark.parametrize("rest", ["", ",00"])
def test_a_control_row_may_have_the_time_of_the_request_before_the_count(written, rest):
    control = f"MPTREQ_20261127101010,SPINE_MPTPHASE4_TRACE,20261127101010,2{rest}"
    read = written(control, MPT_ROW.format("L1"), MPT_ROW.format("L2"))
    assert list(read.submissions) == ["L1", "L2"]


@pytest.mark.parametrize(
    ("control", "where"),
    [
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,3,00", "count"),
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,20261127101010,3", "count"),
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,20261127101010,1,04", "code"),
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,20261127101010", "count"),
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,1,04", "code"),
        ("MPTREQ_00003,SPINE_MPTPHASE4_TRACE,many,00", "count"),
        ("UNIQUE REFERENCE,FAMILY_NAME", "MATCHED_NHS_NO"),
        ("UNIQUE REFERENCE,MATCHED_NHS_NO,unique_reference", "column 3"),
    ],
)
def test_a_file_that_is_no_response_is_refused_whole(written, control, where):
    with pytest.raises(FeedError, match=where):
        written(control, MPT_ROW.format("L1"))


def test_a_patient_is_all_that_the_service_says(written):
    names = (
        "UNIQUE REFERENCE,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,ADDRESS_LINE1,"
        "ADDRESS_LINE3,POSTCODE,TELEPHONE_NUMBER,MOBILE_NUMBER,ERROR/SUCCESS_CODE,MATCHED_NHS_NO"
    )
    row = "a,Obi,Ada,Bea Cee,9,1 High St,Peckham,SE15 3QN,01632 960587,07700 900123,00,9990001006"
    particulars = written(names, row).submissions["a"].particulars
    assert particulars.names == (PersonName(("Ada", "Bea", "Cee"), "Obi"),)
    assert particulars.sex == "X"
    assert particulars.addresses == (Address(("1 High St", "Peckham"), postcode="SE15 3QN"),)
    assert particulars.phones == ("01632960587", "07700900123")


def test_one_telephone_told_twice_is_one(written):
    names = "UNIQUE REFERENCE,TELEPHONE_NUMBER,MOBILE_NUMBER,ERROR/SUCCESS_CODE,MATCHED_NHS_NO"
    read = written(names, "a,07700 900123,07700900123,00,9990001006")
    assert read.submissions["a"].particulars.phones == ("07700900123",)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("UNIQUE REFERENCE,SENSITIVTY_FLAG,SUCCESS_CODE,MATCHED_NHS_NO", "00"),
        ("unique_reference,Sensitivity Flag,ERROR_SUCCESS_CODE,MATCHED NHS NO", "0"),
    ],
)
def test_columns_are_known_by_every_name_that_a_publication_gives_them(written, names, code):
    particulars = written(names, f"a,s,{code},9990001006").submissions["a"].particulars
    assert particulars.identifiers == (Identifier("nhs", "9990001006", "verified"),)
    assert particulars.restricted


@pytest.mark.parametrize(
    ("flag", "restricted"), [("u", False), ("n", False), ("s", True), ("?", True)]
)
def test_a_mark_that_is_not_known_may_be_a_restriction(written, flag, restricted):
    read = written(FOUND, f"a,,,,,,,,{flag},00,9990001006")
    assert read.submissions["a"].particulars.restricted is restricted


@pytest.mark.parametrize(
    ("asked", "code", "former"),
    [
        ("9000000009,", "90", "9000000009"),
        (",9000000009", "90", "9000000009"),
        ("9990001006,", "90", None),
        ("9000000009,", "00", None),
    ],
)
def test_the_number_that_was_asked_about_is_superseded_where_another_was_found(
    written, asked, code, former
):
    names = "UNIQUE REFERENCE,REQ_NHS_NUMBER,NHS_NO,ERROR/SUCCESS_CODE,MATCHED_NHS_NO"
    found = written(names, f"a,{asked},{code},9990001006").submissions["a"].particulars.identifiers
    superseded = [each.value for each in found if each.status == "superseded"]
    assert superseded == ([former] if former else [])
    assert found[0] == Identifier("nhs", "9990001006", "verified")


def test_a_death_to_come_is_none(written):
    names = "UNIQUE REFERENCE,DATE_OF_DEATH,ERROR/SUCCESS_CODE,MATCHED_NHS_NO"
    read = written(names, "a,29990101,00,9990001006")
    assert read.submissions["a"].particulars.died == ""
    assert read.remarks("a") == [("DATE-FUTURE", "DATE_OF_DEATH")]


def test_a_row_with_other_cells_names_its_record(trace):
    assert [each.key for each in trace.rows if getattr(each, "rule", "") == "CELLS"] == ["H-9"]


WHOLE = (
    "1,9000000009,Obi,Ada,Bea,2,20140509,20200102,1 High St,,Peckham,,London,SE15 3QN,Y12345,,"
    "20260101,L1,,01632960587,07700900123,ada@example.com,S,M1,90,9990001006,4,90,0,0,90,90,0"
)
NAMES = (
    "UNIQUE REFERENCE,NHS_NO,FAMILY_NAME,GIVEN_NAME,OTHER_GIVEN_NAME,GENDER,DATE_OF_BIRTH,"
    "DATE_OF_DEATH,ADDRESS_LINE1,ADDRESS_LINE2,ADDRESS_LINE3,ADDRESS_LINE4,ADDRESS_LINE5,POSTCODE,"
    "GP_PRACTICE_CODE,NHAIS_POSTING_ID,AS_AT_DATE,LOCAL_PATIENT_ID,INTERNAL_ID,TELEPHONE_NUMBER,"
    "MOBILE_NUMBER,EMAIL_ADDRESS,SENSITIVITY_FLAG,MPS_ID,ERROR/SUCCESS_CODE,MATCHED_NHS_NO,"
    "MATCHED_ALGORITHM_INDICATOR,MATCHED_CONFIDENCE_PERCENTAGE,A,B,C,D,E"
)


def test_an_older_response_says_by_its_order_what_a_newer_one_says_by_names(written, tmp_path):
    control = "MPTREQ_00003,SPINE_MPTPHASE4_TRACE,1,00"
    older = written(control, WHOLE)
    assert recognise(tmp_path / "response.csv") is FEEDS[FEED]
    assert (older.submissions["L1"].line, older.remarks("L1")) == (2, [])
    told = older.submissions["L1"].particulars
    assert (told.died, told.restricted, len(told.phones)) == ("2020-01-02", True, 2)
    assert written(NAMES, WHOLE).submissions["L1"] == older.submissions["L1"]
    named = written(control, NAMES, WHOLE).submissions["L1"]
    assert (named.particulars, named.line) == (told, 3)
