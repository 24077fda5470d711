import pytest

from feeds.submission import Fault, FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.services import Involvement

FEED = "school.census"
FIRST = "8012000/K801200024001"


@pytest.fixture
def census(read, samples):
    return read(FEED, samples / "census.xml")


@pytest.fixture
def written(read, tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "census.xml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read(FEED, path)

    return write


def test_the_header_names_the_school_the_day_and_the_serial_number(census):
    header = census.reading.header
    assert (header.scopes, header.effective, header.sequence) == (("8012000",), "2026-01-15", 3)
    assert header.collection == "SC 2026 SPR"


def test_a_pupil_has_every_name_that_the_school_states(census):
    assert census.submissions[FIRST].particulars.names == (
        PersonName(("Jayden", "Chi", "Obi"), "Okafor"),
        PersonName(("Jayden", "Chi", "Obi"), "Okafor-Reid", "preferred"),
        PersonName(("Jayden", "Chi", "Obi"), "Reid", "former"),
    )


def test_a_pupil_has_identifiers_with_their_status(census):
    assert census.submissions[FIRST].particulars.identifiers == (
        Identifier("upn", "K801200024001"),
        Identifier("upn", "X35640002401A", "former"),
        Identifier("uln", "1000000000"),
    )


def test_a_former_upn_that_was_temporary_is_the_key_by_which_the_school_knew_the_pupil(census):
    assert census.submissions[FIRST].former_key == "8012000/X35640002401A"


def test_a_former_upn_that_was_a_true_one_is_no_key_of_this_school(written, samples):
    text = (samples / "census.xml").read_text().replace("X35640002401A", "M213432123007")
    assert written(text).submissions[FIRST].former_key == ""


def test_a_pupil_is_involved_with_the_school_from_entry_to_leaving(census):
    (school,) = census.submissions["8012000/X00180001701A"].particulars.involvements
    assert school == Involvement("school", "8012000", start="2019-09-03", end="2025-12-19")


@pytest.mark.parametrize(("code", "told"), [("C", "C"), ("m", "M"), ("S", "S"), ("X", "")])
def test_how_a_pupil_is_enrolled_is_part_of_the_involvement(written, samples, code, told):
    text = (samples / "census.xml").read_text()
    read = written(text.replace("<EnrolStatus>C<", f"<EnrolStatus>{code}<"))
    assert read.submissions[FIRST].particulars.involvements[0].enrolment == told
    assert "EnrolStatus" not in read.reading.dropped
    assert (("ENROL-STATUS", "EnrolStatus") in read.remarks(FIRST)) == (not told)


def test_elements_bind_in_any_order_and_both_sex_and_gender(census):
    particulars = census.submissions["8012000/A801200024002"].particulars
    assert (particulars.sex, particulars.names[0].given) == ("F", ("Zoë",))


def test_a_value_that_cannot_be_right_is_a_remark_and_the_pupil_is_taken(census):
    key = "8012000/A801200024002"
    assert census.remarks(key) == [
        ("POSTCODE-FORM", "PostCode"),
        ("DATE-IMPOSSIBLE", "DOB"),
        ("1510", "UPN"),
    ]
    assert census.submissions[key].particulars.birth is None
    assert census.submissions[key].particulars.identifiers == ()


def test_no_fixed_abode_is_a_statement_and_no_address(census):
    particulars = census.submissions["8012000/X00180001701A"].particulars
    assert particulars.no_known_address
    assert particulars.addresses == ()


def test_a_pupil_without_a_upn_or_without_any_identity_is_rejected(census):
    assert census.faults == [("1500", 3), ("NO-IDENTITY", 4)]
    assert [each.key for each in census.rows if isinstance(each, Fault)][1].endswith(
        "Z801200024002"
    )


def test_what_is_not_taken_is_counted(census):
    assert census.reading.dropped["SENprovision"] == 1
    assert census.reading.dropped["Ethnicity"] == 1


def test_a_file_without_establishment_speaks_for_its_whole_source(written, samples):
    text = (samples / "census.xml").read_text().replace("<Estab>2000</Estab>", "")
    assert "K801200024001" in written(text).submissions


def test_an_authoritys_file_takes_the_school_from_each_pupil_or_school(written, samples):
    text = (samples / "census.xml").read_text().replace("<Estab>2000</Estab>", "", 1)
    by_pupil = text.replace("<PupilOnRoll>", "<PupilOnRoll><Estab>3000</Estab>", 1)
    assert "8013000/K801200024001" in written(by_pupil).submissions
    by_school = text.replace("<School>", "<School><Estab>4000</Estab>")
    assert "8014000/K801200024001" in written(by_school).submissions


def test_a_second_value_is_of_a_second_address_whatever_holds_it(written, samples):
    text = (samples / "census.xml").read_text()
    second = "<AddressLine1>1 High Street</AddressLine1><PostCode>SE1 1AA</PostCode></Address>"
    read = written(text.replace("</Address>", second, 1))
    first, other = read.submissions[FIRST].particulars.addresses
    assert (first.postcode, other.postcode) == ("SE15 3QN", "SE1 1AA")


def test_a_roll_without_pupils_is_no_error_and_a_return_without_a_roll_is(written, samples):
    head, _, _ = (samples / "census.xml").read_text().partition("<Pupils>")
    assert written(f"{head}<Pupils><PupilsOnRoll/></Pupils></Message>").rows == []
    with pytest.raises(FeedError, match="Message, PupilsOnRoll: expected the pupils"):
        written(f"{head}<Children><Child><UPN>K801200024001</UPN></Child></Children></Message>")


def test_namespaces_are_tolerated(written, samples, census):
    text = (samples / "census.xml").read_text().replace("<Message>", '<Message xmlns="urn:x">')
    assert written(text).rows == census.rows


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_usual_encodings_read_alike(written, samples, census, encoding):
    declared = {"utf-16": "UTF-16", "cp1252": "windows-1252"}.get(encoding, "UTF-8")
    text = (samples / "census.xml").read_text().replace("UTF-8", declared, 1)
    assert written(text, encoding).rows == census.rows


def test_windows_letters_in_a_file_that_declares_utf8_are_read(written, samples, census):
    assert written((samples / "census.xml").read_text(), "cp1252").rows == census.rows


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda text: "<!DOCTYPE Message>" + text.partition("?>")[2], "DOCTYPE"),
        (lambda text: text.replace("Jayden", "&secret;"), "line 13"),
        (lambda text: text[: len(text) // 2], "well-formed"),
        (lambda text: text.replace("Message>", "Other>"), "root element"),
        (lambda text: text.replace(">SC<", ">CIN<"), "Collection"),
        (lambda text: text.replace("2026-01-15<", "2026-02-31<"), "ReferenceDate"),
        (lambda text: text.replace("Header>", "Heading>"), "Header"),
    ],
)
def test_a_file_that_is_no_census_is_refused_whole(written, samples, change, where):
    with pytest.raises(FeedError, match=where):
        written(change((samples / "census.xml").read_text()))
