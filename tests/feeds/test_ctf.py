import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import Carer
from person.services import Involvement

FEED = "school.ctf"
FIRST = "K801200024001"


@pytest.fixture
def ctf(read, samples):
    return read(FEED, samples / "ctf.xml")


@pytest.fixture
def changed(read, samples, tmp_path):
    def change(old, new):
        path = tmp_path / "8012000_CTF_8014000_001.xml"
        path.write_text((samples / "ctf.xml").read_text().replace(old, new))
        return read(FEED, path)

    return change


def test_the_file_takes_effect_when_it_was_made_and_only_adds(ctf):
    assert ctf.reading.header.effective == "2026-07-20T09:30:00"
    assert ctf.reading.mode == "delta"


def test_a_pupil_has_every_name_that_the_school_states(ctf):
    assert ctf.submissions[FIRST].particulars.names == (
        PersonName(("Jayden", "Chi"), "Okafor"),
        PersonName(("Jay", "Chi"), "Okafor-Reid", "preferred"),
        PersonName(("Jaden", "Chi"), "Reid", "former"),
    )


def test_a_pupil_has_identifiers_with_their_status(ctf):
    assert ctf.submissions[FIRST].particulars.identifiers == (
        Identifier("upn", FIRST),
        Identifier("upn", "X35640002401A", "former"),
        Identifier("uln", "1000000000"),
    )


def test_carers_are_taken_and_other_contacts_are_not(ctf):
    assert ctf.submissions[FIRST].particulars.carers == (
        Carer("Ada", "Reid", "mother", True, "01632960222"),
        Carer("Ben", "Obi", "", True),
    )


def test_a_responsibility_that_is_neither_yes_nor_no_is_a_remark(changed):
    read = changed("<Responsibility>true<", "<Responsibility>perhaps<")
    assert ("YES-NO", "Responsibility") in read.remarks(FIRST)
    assert read.submissions[FIRST].particulars.carers[0].responsibility is None


def test_the_schools_are_those_of_the_history_and_then_of_the_header(ctf):
    assert ctf.submissions[FIRST].particulars.involvements == (
        Involvement(
            *("school", "8012000", "Invented Primary"),
            start="2018-09-03",
            end="2026-07-18",
            enrolment="C",
        ),
        Involvement("school", "8014000"),
    )
    first, second = ctf.submissions["APP-7"].particulars.involvements
    assert (first.organisation, second.organisation) == ("8012000", "8014000")


def test_a_school_that_receives_what_it_sends_is_named_once(changed):
    own = "<DestSchool><LEA>801</LEA><Estab>2000</Estab>"
    read = changed("<DestSchool><LEA>801</LEA><Estab>4000</Estab>", own)
    schools = [
        [one.organisation for one in each.particulars.involvements]
        for each in read.submissions.values()
    ]
    assert all(each.count("8012000") <= 1 for each in schools)
    assert ["8012000"] in schools


def test_a_receiving_school_that_is_not_known_is_none(changed):
    read = changed("<LEA>801</LEA><Estab>4000</Estab>", "<LEA>XXX</LEA><Estab>XXXX</Estab>")
    assert len(read.submissions[FIRST].particulars.involvements) == 1


def test_how_to_reach_the_pupil_is_taken(ctf):
    particulars = ctf.submissions[FIRST].particulars
    assert (particulars.phones, particulars.emails) == (("01632960111",), ("home@example.org",))
    assert particulars.addresses[0].postcode == "SE15 3QN"


def test_an_applicant_without_a_upn_is_known_by_the_application(ctf):
    assert ctf.submissions["APP-7"].particulars.sex == "F"
    assert set(ctf.remarks("APP-7")) == {("DATE-IMPOSSIBLE", "DOB"), ("POSTCODE-FORM", "PostCode")}


def test_a_wrong_upn_is_a_remark_and_still_the_key(ctf):
    assert ctf.submissions["A801200024002"].particulars.no_known_address
    assert ctf.remarks("A801200024002") == [("1510", "UPN")]


def test_a_pupil_without_a_key_or_without_any_identity_is_rejected(ctf):
    assert ctf.faults == [("1500", 3), ("NO-IDENTITY", 4)]


def test_what_is_not_taken_is_counted(ctf):
    dropped = ctf.reading.dropped
    assert dropped["CareAuthority"] == dropped["SENprovision"] == dropped["LeavingReason"] == 1


def test_an_admissions_file_reads_like_a_transfer_file(changed, ctf, tmp_path):
    read = changed("CTf", "ATf")
    assert read.rows == ctf.rows
    assert recognise(tmp_path / "8012000_CTF_8014000_001.xml") is FEEDS[FEED]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("CTfile>", "Message>", "root element"),
        ("Header>", "Heading>", "Header"),
        ("2026-07-20T", "2026-07-40T", "DateTime"),
        ("</CTfile>", "", "well-formed"),
    ],
)
def test_a_file_that_is_no_transfer_file_is_refused_whole(changed, old, new, where):
    with pytest.raises(FeedError, match=where):
        changed(old, new)


HEADER = (
    "<Header><CTFversion>23.0</CTFversion><DateTime>2026-07-20T09:30:00</DateTime><SourceSchool>"
    "<LEA>801</LEA><Estab>2000</Estab></SourceSchool><DestSchool><LEA>801</LEA><Estab>4000</Estab>"
    "</DestSchool></Header>"
)


@pytest.fixture
def told(read, tmp_path):
    """What is read of one pupil of whom this is said."""

    def tell(pupil):
        path = tmp_path / "8012000_CTF_8014000_001.xml"
        pupils = f"<CTFpupilData><Pupil>{pupil}</Pupil></CTFpupilData>"
        path.write_text(f"<CTfile>{HEADER}{pupils}</CTfile>")
        (row,) = read(FEED, path).rows
        return row

    return tell


PUPIL = f"<UPN>{FIRST}</UPN><Surname>Obi</Surname>"


@pytest.mark.parametrize("reason", ["UN1", "un7", ""])
def test_a_pupil_whose_upn_is_not_known_is_known_by_the_application(told, reason):
    numbers = f"<UPN>{reason}</UPN><ApplicationReference>APP-9</ApplicationReference>"
    row = told(f"{numbers}<Surname>Obi</Surname>")
    assert (row.key, row.particulars.identifiers, row.remarks) == ("APP-9", (), ())


def test_a_pupil_without_identity_is_rejected_by_its_key(told):
    fault = told(f"<UPN>{FIRST}</UPN>")
    assert (fault.rule, fault.key) == ("NO-IDENTITY", FIRST)


@pytest.mark.parametrize(("length", "taken"), [(64, True), (65, False)])
def test_a_key_has_at_most_sixty_four_characters(told, length, taken):
    number = f"<ApplicationReference>{'A' * length}</ApplicationReference>"
    row = told(f"{number}<Surname>Obi</Surname>")
    assert getattr(row, "rule", "") == ("" if taken else "1500")


def test_a_temporary_number_of_before_is_the_key_by_which_the_school_knew_the_pupil(ctf):
    assert ctf.submissions[FIRST].former_key == "X35640002401A"


def test_of_two_values_the_first_is_the_pupils_whichever_part_holds_it(told):
    details = "<BasicDetails><Surname>Ray</Surname></BasicDetails>"
    for pupil in (f"<UPN>{FIRST}</UPN>{details}<Surname>Obi</Surname>", f"{PUPIL}{details}"):
        told_first = "Ray" if pupil.index("Ray") < pupil.index("Obi") else "Obi"
        assert told(pupil).particulars.names == (PersonName((), told_first),)


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("PAM", "mother"), ("PAF", "father"), ("STM", "stepmother"), ("STF", "stepfather"),
        ("FOM", "foster mother"), ("FOF", "foster father"), ("CAR", "carer"), ("pam", "mother"),
        ("DOC", None), ("SWR", None), ("", None),
    ],
)  # fmt: skip
def test_a_contact_is_a_carer_by_relationship(told, code, role):
    contact = f"<Surname>Ray</Surname><Relationship>{code}</Relationship>"
    row = told(f"{PUPIL}<Contacts><Contact>{contact}</Contact></Contacts>")
    assert row.particulars.carers == ((Carer("", "Ray", role),) if role else ())


def test_every_address_and_each_telephone_once(told):
    homes = "".join(
        f"<Address><PostCode>{code}</PostCode></Address>" for code in ("SE15 3QN", "N1 9GU")
    )
    phones = "".join(
        f"<Phone><PhoneNo>{n}</PhoneNo></Phone>" for n in ("01632 960111", "01632960111")
    )
    particulars = told(f"{PUPIL}{homes}<Phones>{phones}</Phones>").particulars
    assert [each.postcode for each in particulars.addresses] == ["SE15 3QN", "N1 9GU"]
    assert particulars.phones == ("01632960111",)


def test_how_a_pupil_is_enrolled_is_said_of_the_school_that_sends(told):
    schools = told(f"{PUPIL}<EnrolStatus>M</EnrolStatus>").particulars.involvements
    assert [(each.organisation, each.enrolment) for each in schools] == [
        ("8012000", "M"),
        ("8014000", ""),
    ]


def test_a_link_into_a_system_is_no_name_of_a_carer(told):
    link = "https://ecaf.example/case/7"
    contact = f"<Surname>Ray</Surname><Forename>{link}</Forename><Relationship>PAM</Relationship>"
    row = told(f"{PUPIL}<Contacts><Contact>{contact}</Contact></Contacts>")
    assert [(one.given, one.family) for one in row.particulars.carers] == [("", "Ray")]
    assert [(one.rule, one.field) for one in row.remarks] == [("LINK", "Forename")]
