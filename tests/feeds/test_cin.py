import pytest

from feeds.catalogue import FEEDS
from feeds.cin import Cin
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.particulars import Assessment, BirthDate
from person.services import Involvement

FEED = "social-care.cin"


@pytest.fixture
def cin(read, samples):
    return read(Cin(clock=lambda: "2026-04-30"), samples / "cin.xml")


def test_the_header_names_the_day_and_the_serial_number_and_no_school(cin):
    header = cin.reading.header
    assert (header.effective, header.sequence, header.scopes) == ("2026-03-31", 2, ())
    assert header.collection == "CIN 2026"


def test_a_child_has_no_name_and_is_known_by_its_authoritys_id(cin):
    particulars = cin.submissions["C1"].particulars
    assert particulars.names == ()
    assert particulars.identifiers == (
        Identifier("la-child", "801/C1"),
        Identifier("upn", "K801200024001"),
        Identifier("upn", "X35640002401A", "former"),
    )


def test_a_source_of_the_feed_is_without_names(cin):
    assert cin.reading.settings.nameless
    assert cin.reading.mode == "snapshot"


def test_each_episode_of_need_is_an_involvement_unless_nothing_followed(cin):
    assert cin.submissions["C1"].particulars.involvements == (
        Involvement("social-work", "801", start="2024-01-11", end="2024-06-01"),
        Involvement("social-work", "801", start="2025-02-03"),
    )


def test_an_answer_that_is_neither_yes_nor_no_is_a_remark(read, samples, tmp_path):
    path = tmp_path / "cin.xml"
    text = (samples / "cin.xml").read_text()
    path.write_text(text.replace("<ReferralNFA>true<", "<ReferralNFA>wrong<"))
    found = read(Cin(clock=lambda: "2026-04-30"), path)
    (asked,) = (key for key in found.submissions if ("YES-NO", "ReferralNFA") in found.remarks(key))
    starts = [each.start for each in found.submissions[asked].particulars.involvements]
    assert "2025-09-01" in starts


def test_that_an_assessment_was_made_is_taken_and_never_what_it_says(cin):
    made = cin.submissions["C1"].particulars.assessment
    assert made == Assessment(organisation="801", date="2024-02-20")
    assert cin.submissions["C2"].particulars.assessment is None


def test_an_assessment_of_a_day_to_come_is_a_remark_and_was_made_all_the_same(
    read, samples, tmp_path
):
    path = tmp_path / "cin.xml"
    path.write_text((samples / "cin.xml").read_text().replace(">2024-02-20<", ">2028-04-28<"))
    found = read(Cin(clock=lambda: "2026-04-30"), path)
    made = found.submissions["C1"].particulars.assessment
    assert made == Assessment(organisation="801", date="2024-03-01")
    assert ("DATE-FUTURE", "AssessmentAuthorisationDate") in found.remarks("C1")


def test_an_unborn_child_has_an_expected_birth_and_should_have_no_sex(cin):
    assert cin.submissions["C2"].particulars.birth == BirthDate("2026-07-24", expected=True)
    assert cin.remarks("C2") == [("8750", "Sex")]


def test_a_birth_expected_too_far_off_is_missing(read, samples):
    early = read(Cin(clock=lambda: "2025-04-30"), samples / "cin.xml")
    assert early.submissions["C2"].particulars.birth is None
    assert ("DATE-FUTURE", "ExpectedPersonBirthDate") in early.remarks("C2")


def test_values_that_break_the_departments_rules_are_remarks(cin):
    assert set(cin.remarks("C3")) == {
        ("UPN-UNKNOWN", "UPNunknown"),
        ("8525Q", "PersonBirthDate"),
        ("1510", "UPN"),
        ("8535Q", "PersonDeathDate"),
        ("DATE-IMPOSSIBLE", "CINreferralDate"),
    }
    assert cin.submissions["C3"].particulars.died == ""


def test_a_reason_in_the_column_of_the_upn_is_no_identifier(cin):
    last = cin.submissions["C5 ?"]
    assert last.particulars.identifiers == ()
    assert cin.remarks("C5 ?") == [("LA-CHILD-FORM", "LAchildID")]
    assert last.particulars.died == "2025-01-01"


def test_a_child_without_its_authoritys_id_is_rejected(cin):
    assert cin.faults == [("8500", 4)]


def test_a_census_of_no_children_is_no_error_and_one_without_their_list_is(read, samples, tmp_path):
    path = tmp_path / "cin.xml"
    head, _, _ = (samples / "cin.xml").read_text().partition("<Children>")
    path.write_text(f"{head}<Children/></Message>")
    assert read(FEED, path).rows == []
    path.write_text(f"{head}</Message>")
    with pytest.raises(FeedError, match="Message, Children: expected the children"):
        read(FEED, path)


def test_what_is_not_taken_is_counted(cin):
    dropped = cin.reading.dropped
    assert dropped["PrimaryNeedCode"] == dropped["InitialCategoryOfAbuse"] == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ((">CIN<", ">SC<"), "Collection"),
        (("Header>", "Heading>"), "Header"),
        (("Message>", "Messages>"), "root element"),
        (("2026-03-31<", "2026-02-31<"), "ReferenceDate"),
    ],
)
def test_a_file_that_is_no_cin_census_is_refused_whole(read, samples, tmp_path, change, where):
    path = tmp_path / "cin.xml"
    path.write_text((samples / "cin.xml").read_text().replace(*change))
    with pytest.raises(FeedError, match=where):
        read(FEED, path)


HEADER = "<Header><CollectionDetails><Collection>CIN</Collection></CollectionDetails>" \
    "<Source><LEA>801</LEA><DateTime>2026-05-02T10:00:00</DateTime></Source></Header>"  # fmt: skip


@pytest.fixture
def told(read, tmp_path):
    """What is taken of one child: its particulars, and the rules of its remarks."""

    def tell(own, episodes=""):
        path = tmp_path / "cin.xml"
        child = f"<Child><ChildIdentifiers><LAchildID>C1</LAchildID>{own}</ChildIdentifiers>"
        whole = f"<Message>{HEADER}<Children>{child}{episodes}</Child></Children></Message>"
        path.write_text(whole)
        (row,) = read(Cin(clock=lambda: "2026-04-30"), path).rows
        return row.particulars, [each.rule for each in row.remarks]

    return tell


def born(day, more=""):
    return f"<PersonBirthDate>{day}</PersonBirthDate>{more}"


def test_a_source_of_the_feed_holds_few_of_all_children(cin):
    assert cin.reading.settings.holds_few


@pytest.mark.parametrize(
    ("day", "effective"), [("2026-03-31", "2026-03-31"), ("", "2026-05-02T10:00:00")]
)
def test_a_census_speaks_for_its_day_and_else_for_the_time_when_it_was_made(
    read, tmp_path, day, effective
):
    path = tmp_path / "cin.xml"
    told = HEADER.replace("</Collection>", f"</Collection><ReferenceDate>{day}</ReferenceDate>")
    path.write_text(f"<Message>{told}<Children/></Message>")
    assert read(FEED, path).reading.header.effective == effective


def test_a_child_that_died_on_the_day_of_its_birth_has_died(told):
    day = "2026-02-03"
    particulars, rules = told(born(day, f"<PersonDeathDate>{day}</PersonDeathDate>"))
    assert (particulars.died, rules) == (day, [])


def test_a_death_to_come_is_none(told):
    particulars, rules = told(born("2026-02-03", "<PersonDeathDate>2026-05-01</PersonDeathDate>"))
    assert (particulars.died, rules) == ("", ["DATE-FUTURE"])


def test_a_child_that_is_not_born_may_die_before_the_birth_that_was_expected(told):
    due = "<ExpectedPersonBirthDate>2026-06-01</ExpectedPersonBirthDate>"
    particulars, rules = told(f"{due}<PersonDeathDate>2026-03-01</PersonDeathDate><Sex>U</Sex>")
    assert (particulars.died, rules) == ("2026-03-01", [])


def test_a_birth_date_that_cannot_be_right_is_not_replaced_by_the_one_expected(told):
    due = "<ExpectedPersonBirthDate>2026-06-01</ExpectedPersonBirthDate>"
    particulars, rules = told(born("2026-02-31", due))
    assert (particulars.birth, sorted(rules)) == (None, ["8525Q", "DATE-IMPOSSIBLE"])
    assert told("")[1] == ["8525Q"]


@pytest.mark.parametrize("element", ["Sex", "GenderCurrent"])
def test_a_sex_is_told_under_the_name_of_either_year(told, element):
    assert told(born("2015-01-02", f"<{element}>F</{element}>"))[0].sex == "F"


def test_of_two_values_the_first_is_the_childs(told):
    assert told(born("2015-01-02", "<Sex>F</Sex><Sex>M</Sex>"))[0].sex == "F"


def assessed(*dates):
    kinds = ("AssessmentActualStartDate", "AssessmentAuthorisationDate")
    parts = [
        "".join(f"<{kind}>{day}</{kind}>" for kind, day in zip(kinds, each, strict=True) if day)
        for each in dates
    ]
    return "<CINdetails><CINreferralDate>2024-01-02</CINreferralDate>" + "".join(
        f"<Assessments>{part}</Assessments>" for part in parts
    ) + "</CINdetails>"  # fmt: skip


@pytest.mark.parametrize(
    ("episodes", "made"),
    [
        (assessed(("2024-05-01", "2024-06-01"), ("2024-02-01", "2024-03-01")), "2024-06-01"),
        (assessed(("2024-05-01", "")), "2024-05-01"),
        (assessed(("2024-05-01", "")) + assessed(("2023-05-01", "")), "2024-05-01"),
    ],
)
def test_the_latest_assessment_is_the_one_that_was_made(told, episodes, made):
    assert told(born("2015-01-02"), episodes)[0].assessment.date == made


@pytest.mark.parametrize(("length", "taken"), [(64, True), (65, False)])
def test_an_id_has_at_most_sixty_four_characters(read, tmp_path, length, taken):
    path = tmp_path / "cin.xml"
    child = f"<Child><LAchildID>{'C' * length}</LAchildID></Child>"
    path.write_text(f"<Message>{HEADER}<Children>{child}</Children></Message>")
    assert read(FEED, path).faults == ([] if taken else [("8500", 1)])


@pytest.mark.parametrize(
    ("beginning", "is_cin"),
    [
        ("<Message><Header><Collection>cin</Collection></Header>", True),
        ("<Message><Header/><Child><ChildIdentifiers><LAchildID>1</LAchildID>", True),
        ("<Message><Header><Collection>SC</Collection></Header>", False),
        ("<Message><Header/><Child>", False),
    ],
)
def test_a_census_is_recognised_by_its_collection_or_by_its_children(beginning, is_cin):
    assert FEEDS[FEED].recognises(beginning.encode(), "x") is is_cin
