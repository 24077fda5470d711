import pytest

from feeds.catalogue import FEEDS, JOINT, recognise
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.names import PersonName
from person.places import Address
from person.services import Involvement

FEED = "school.census-tables"
FIRST = "8012000/K801200024001"


@pytest.fixture
def paths(samples):
    return sorted((samples / "census_tables").glob("*.csv"))


@pytest.fixture
def tables(read, paths):
    return read(FEED, paths)


@pytest.fixture
def with_schools(paths, tmp_path):
    path = tmp_path / "schoolcensus.csv"
    path.write_text(
        "schoolcensustableid,NativeId,lea,estab,referencedate\n"
        "c1,8012000,801,2000,2026-Jan-15 00:00:00\nc9,SCH5,801,2005,2026-Jan-15 00:00:00\n"
    )
    return [*paths, path]


def test_the_tables_of_a_census_are_one_delivery(tables, paths):
    assert FEED in JOINT
    assert len(tables.submissions) == 4
    assert {recognise(path) for path in paths} == {FEEDS[FEED]}


def test_the_order_of_the_files_changes_nothing(read, paths, tables):
    assert read(FEED, paths[::-1]).rows == tables.rows


def test_the_tables_speak_for_the_schools_that_they_name(tables):
    assert tables.reading.header.scopes == ("8012000", "SCH5")
    assert tables.reading.mode == "snapshot"
    assert tables.reading.settings.dual_registration


def test_a_pupil_is_what_the_census_itself_would_give(read, tables, samples):
    census = read("school.census", samples / "census.xml").submissions[FIRST].particulars
    pupil = tables.submissions[FIRST].particulars
    for field in ("names", "birth", "sex", "identifiers", "involvements"):
        assert getattr(pupil, field) == getattr(census, field)


def test_a_pupil_has_the_addresses_of_another_table(tables):
    assert tables.submissions[FIRST].particulars.addresses == (
        Address(("14", "Copeland Road"), "London", "SE15 3QN", "10000000001"),
        Address(("2", "Low Road"), "London", "N1 9GU"),
    )


def test_equal_ids_on_roll_and_off_roll_are_two_pupils(tables):
    left = tables.submissions["8012000/X00180001701A"].particulars
    assert left.names == (PersonName(("Ola",), "Nowak"),)
    assert left.no_known_address
    assert left.addresses == ()
    assert not tables.submissions[FIRST].particulars.no_known_address
    assert left.involvements == (
        Involvement("school", "8012000", start="2019-09-03", end="2025-12-19"),
    )


def test_a_school_without_its_number_is_known_by_the_id_of_the_tables(tables):
    assert "SCH5/K801200024001" in tables.submissions


def test_the_table_of_censuses_names_the_schools_and_the_day(read, with_schools):
    found = read(FEED, with_schools)
    assert "8012005/K801200024001" in found.submissions
    assert found.reading.header.scopes == ("8012000", "8012005")
    assert found.reading.header.effective == "2026-01-15"


def test_values_that_cannot_be_right_are_remarks(tables):
    key = "8012000/A801200024002"
    assert set(tables.remarks(key)) == {
        ("DATE-IMPOSSIBLE", "DOB"),
        ("1510", "UPN"),
        ("POSTCODE-FORM", "PostCode"),
        ("UPRN-FORM", "UPRN"),
    }
    assert tables.submissions[FIRST].particulars.identifiers[0] == Identifier(
        "upn", "K801200024001"
    )


def test_a_pupil_without_upn_identity_or_some_cells_is_rejected(tables):
    assert sorted(tables.faults) == [("1500", 4), ("CELLS", 7), ("NO-IDENTITY", 5)]


def test_what_is_not_taken_is_counted_in_every_table(tables):
    dropped = tables.reading.dropped
    assert dropped["pupilonroll.senprovision"] == 2
    assert dropped["sentype"] == dropped["addresses of no pupil"] == 1


def test_a_census_without_its_pupils_on_roll_is_refused(read, paths):
    with pytest.raises(FeedError, match="given together"):
        read(FEED, [path for path in paths if path.name != "pupilonroll.csv"])


def test_two_tables_of_a_kind_and_tables_of_others_are_refused(read, paths, samples):
    with pytest.raises(FeedError, match="not two"):
        read(FEED, [*paths, paths[0]])
    with pytest.raises(FeedError, match="NativeId"):
        read(FEED, [*paths, samples / "table.csv"])
    with pytest.raises(FeedError, match="tables of the census"):
        read(FEED, [])
