import pytest

from feeds.catalogue import FEEDS
from feeds.submission import Fault, FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.places import Address
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
        (lambda text: text.replace(">SC<", ">SWF<"), "Collection"),
        (lambda text: text.replace("2026-01-15<", "2026-02-31<"), "ReferenceDate"),
        (lambda text: text.replace("2026-01-15<", "2062-01-15<"), "ReferenceDate.*a year ahead"),
        (lambda text: text.replace("Header>", "Heading>"), "Header"),
    ],
)
def test_a_file_that_is_no_census_is_refused_whole(written, samples, change, where):
    with pytest.raises(FeedError, match=where):
        written(change((samples / "census.xml").read_text()))


ABOUT = (
    "<Collection>SC</Collection><ReferenceDate>2026-01-15</ReferenceDate>"
    "<LEA>801</LEA><Estab>2000</Estab><DateTime>2026-02-03T10:00:00</DateTime>"
)
PUPIL = "<UPN>K801200024001</UPN><Surname>Obi</Surname>"


@pytest.fixture
def told(written):
    """What is read of one pupil in a census that says this of itself."""

    def tell(pupil=PUPIL, about=ABOUT):
        header = f"<Header><CollectionDetails>{about}</CollectionDetails></Header>"
        roll = f"<PupilsOnRoll><PupilOnRoll>{pupil}</PupilOnRoll></PupilsOnRoll>"
        return written(f"<Message>{header}<Pupils>{roll}</Pupils></Message>")

    return tell


def test_a_census_is_a_snapshot_in_which_a_child_may_stand_twice(census):
    assert census.reading.mode == "snapshot"
    assert census.reading.settings.dual_registration


@pytest.mark.parametrize(
    ("without", "effective"),
    [("", "2026-01-15"), ("<ReferenceDate>2026-01-15</ReferenceDate>", "2026-02-03T10:00:00")],
)
def test_a_census_speaks_for_its_day_and_else_for_the_time_when_it_was_made(
    told, without, effective
):
    assert told(about=ABOUT.replace(without, "")).reading.header.effective == effective


@pytest.mark.parametrize(("digits", "serial"), [(18, 10**18 - 1), (19, 0)])
def test_a_serial_number_that_the_log_cannot_hold_is_none(told, digits, serial):
    about = f"{ABOUT}<SerialNo>{'9' * digits}</SerialNo>"
    assert told(about=about).reading.header.sequence == serial


def test_of_two_values_the_first_is_the_pupils(told):
    (row,) = told(f"{PUPIL}<Sex>F</Sex><Sex>M</Sex><Surname>Ray</Surname>").rows
    assert (row.particulars.sex, row.particulars.names[0].family) == ("F", "Obi")


def test_a_pupil_that_is_not_taken_is_of_its_school(told):
    for pupil, rule in (
        ("<Surname>Obi</Surname>", "1500"),
        ("<UPN>K801200024001</UPN>", "NO-IDENTITY"),
    ):
        (fault,) = told(pupil).rows
        assert (fault.rule, fault.scope) == (rule, "8012000")


@pytest.mark.parametrize(
    ("written_upn", "key"),
    [("k801200024001", "K801200024001"), (" K8012 00024001 ", "K801200024001"),
     ("K" * 36, "K" * 36), ("K" * 37, None), ("un3", None)],
)  # fmt: skip
def test_a_key_is_the_upn_however_it_is_written(told, written_upn, key):
    (row,) = told(f"<UPN>{written_upn}</UPN><Surname>Obi</Surname>").rows
    assert row.key == (f"8012000/{key}" if key else "")


@pytest.mark.parametrize(
    ("place", "school"),
    [
        ("<LAEstab>8013000</LAEstab>", "8013000"),
        ("<LAEstab>801/3000</LAEstab>", "8013000"),
        ("<Estab>3000</Estab>", "8013000"),
        ("<LEA>802</LEA><Estab>3000</Estab>", "8023000"),
        ("", "8012000"),
    ],
)
def test_a_pupil_may_name_its_own_school(told, place, school):
    (row,) = told(PUPIL + place).rows
    assert (row.scope, row.key) == (school, f"{school}/K801200024001")


def test_a_temporary_number_of_before_is_the_key_at_the_same_school(told):
    (row,) = told(f"{PUPIL}<FormerUPN>X35640002401A</FormerUPN><Estab>3000</Estab>").rows
    assert row.former_key == "8013000/X35640002401A"


def test_a_temporary_number_that_is_the_pupils_own_is_no_former_one(told):
    (row,) = told("<UPN>X35640002401A</UPN><Surname>Obi</Surname>").rows
    assert (row.key, row.former_key) == ("8012000/X35640002401A", "")


def test_pupils_stand_in_the_school_that_holds_them_or_that_was_named_before_them(written):
    pupil = "<PupilOnRoll><UPN>{}</UPN><Surname>Obi</Surname></PupilOnRoll>"
    upns = ("K801200024001", "M213432123007", "U330402322045")
    pupils = [f"<PupilsOnRoll>{pupil.format(upn)}</PupilsOnRoll>" for upn in upns]
    header = "<Header><Source><LEA>801</LEA></Source></Header>"
    held = "".join(
        f"<School><Estab>{school}</Estab>{one}</School>"
        for school, one in zip((3000, 4000), pupils, strict=False)
    )
    after = f"<School><Estab>5000</Estab></School>{pupils[2]}"
    found = written(f"<Message>{header}{held}{after}</Message>")
    assert found.reading.header.scopes == ()
    assert [row.scope for row in found.rows] == ["8013000", "8014000", "8015000"]


@pytest.mark.parametrize(
    ("home", "address"),
    [
        ("<SAON>Flat 2</SAON><PAON>14</PAON><Street>Low Road</Street><Locality>Peckham</Locality>"
         "<PostTown>London</PostTown><Town>Camberwell</Town><UPRN>10000000001</UPRN>",
         Address(("Flat 2", "14", "Low Road", "Peckham"), "London", "", "10000000001")),
        ("".join(f"<AddressLine{n}>L{n}</AddressLine{n}>" for n in range(1, 6)),
         Address(("L1", "L2", "L3", "L4", "L5"))),
        ("<Postcode>se153qn</Postcode>", Address(postcode="SE15 3QN")),
        ("<PAON>14</PAON><PostCode>ZZ99 3VZ</PostCode>", None),
        ("<PostCode>ZZ99 3WZ</PostCode>", None),
    ],
)  # fmt: skip
def test_an_address_is_its_lines_in_their_order_its_town_postcode_and_property(told, home, address):
    (row,) = told(f"{PUPIL}<Address>{home}</Address>").rows
    assert row.particulars.addresses == ((address,) if address else ())
    assert row.particulars.no_known_address is ("3VZ" in home)


def test_a_pupil_of_whom_one_address_says_no_fixed_abode_and_one_a_place_has_both(told):
    homes = ("<PostCode>ZZ99 3VZ</PostCode>", "<PostCode>SE15 3QN</PostCode>")
    (row,) = told(PUPIL + "".join(f"<Address>{home}</Address>" for home in homes)).rows
    assert row.particulars.no_known_address
    assert [each.postcode for each in row.particulars.addresses] == ["SE15 3QN"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("<PreferredSurname>Obi</PreferredSurname>", []),
        ("<PreferredForename>Ada</PreferredForename>", []),
        ("<PreferredForename>Addie</PreferredForename>",
         [PersonName(("Addie", "Bea"), "Obi", "preferred")]),
        ("<FormerSurname>Ray</FormerSurname>", [PersonName(("Ada", "Bea"), "Ray", "former")]),
        ("<FormerSurname>Obi</FormerSurname>", []),
    ],
)  # fmt: skip
def test_a_name_that_says_nothing_else_is_not_told_twice(told, said, names):
    own = "<Forename>Ada</Forename><MiddleNames>Bea</MiddleNames>"
    (row,) = told(PUPIL + own + said).rows
    assert list(row.particulars.names) == [PersonName(("Ada", "Bea"), "Obi"), *names]


def test_an_enrolment_is_one_of_the_codes_and_not_a_word_that_begins_like_one(told):
    read = told(f"{PUPIL}<EnrolStatus>Current</EnrolStatus>")
    assert read.remarks(FIRST) == [("ENROL-STATUS", "EnrolStatus")]
    assert read.submissions[FIRST].particulars.involvements[0].enrolment == ""


@pytest.mark.parametrize("odd", ["<!-- was Ray -->", "<?was Ray?>"])
def test_a_comment_within_a_value_is_no_part_of_it_and_cuts_nothing_off(told, odd):
    (row,) = told(PUPIL.replace("Obi", f"Ob{odd}i")).rows
    assert row.particulars.names[0].family == "Obi"


def test_windows_letters_in_a_file_that_declares_nothing_are_read(written, samples, census):
    _, text = (samples / "census.xml").read_text().split("?>", 1)
    assert written(text.lstrip(), "cp1252").rows == census.rows


@pytest.mark.parametrize(
    ("beginning", "is_census"),
    [
        ("<Message><Header/><PupilsOnRoll>", True),
        ("<Message><Header><Collection>sc1</Collection></Header>", True),
        ("<Message><Header><Collection>AP</Collection></Header>", True),
        ("<Message><Header><Collection>PRU</Collection></Header>", True),
        ("<Message><Header><Collection>CIN</Collection></Header>", False),
        ("<Other><PupilsOnRoll>", False),
    ],
)
def test_a_census_is_recognised_by_its_roll_or_by_its_collection(beginning, is_census):
    assert FEEDS[FEED].recognises(beginning.encode(), "x") is is_census


def test_of_two_days_in_a_header_the_first_is_the_one_that_it_speaks_for(told):
    about = f"{ABOUT}<ReferenceDate>2026-05-21</ReferenceDate>"
    assert told(about=about).reading.header.effective == "2026-01-15"


def test_a_pupil_without_a_roll_around_it_is_a_pupil(written, samples, census):
    text = (samples / "census.xml").read_text()
    for roll in ("PupilsOnRoll", "PupilsNoLongerOnRoll"):
        for tag in (f"<{roll}>", f"</{roll}>", f"<{roll}/>"):
            text = text.replace(tag, "")
    read = written(text.replace("PupilOnRoll>", "Pupil>"))
    assert set(read.submissions) == set(census.submissions)
