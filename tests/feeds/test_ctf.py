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
