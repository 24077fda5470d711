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


@pytest.fixture
def told(read, tmp_path):
    """What is read of tables that are told row by row, each by its name."""

    def tell(**tables):
        paths = []
        for name, rows in tables.items():
            paths.append(tmp_path / f"{name}.csv")
            paths[-1].write_text(rows)
        return read(FEED, paths)

    return tell


ON = "pupilonrolltableid,NativeId,surname,upn,formerupn,dob,entrydate,leavingdate,enrolstatus\n"
OFF = ON.replace("pupilonroll", "pupilnolongeronroll")


def test_every_month_of_every_date_is_known(told):
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    rows = [
        f"p{n},8012000,Obi,K8012000{n:05d},,2015-{name}-11 00:00:00,2019-{name}-12 00:00:00,"
        f"2020-{name}-13 00:00:00,C\n"
        for n, name in enumerate(months, 1)
    ]
    found = told(pupilonroll=ON + "".join(rows)).submissions
    for number in range(1, 13):
        pupil = found[f"8012000/K8012000{number:05d}"].particulars
        (school,) = pupil.involvements
        assert pupil.birth.value == f"2015-{number:02d}-11"
        assert (school.start, school.end, school.enrolment) == (
            f"2019-{number:02d}-12",
            f"2020-{number:02d}-13",
            "C",
        )


def test_a_number_that_was_temporary_is_the_key_by_which_the_school_knew_the_pupil(tables):
    assert tables.submissions[FIRST].former_key == "8012000/X35640002401A"


def test_the_key_is_the_upn_however_it_is_written(told):
    rows = "p1,8012000,Obi,k801 200024001,,,,,\np2,8012000,Obi," + "K" * 37 + ",,,,,\n"
    found = told(pupilonroll=ON + rows)
    assert (list(found.submissions), found.faults) == ([FIRST], [("1500", 3)])


def test_the_number_of_a_school_may_have_a_stroke_and_a_school_may_have_left_pupils_alone(told):
    found = told(
        pupilonroll=ON + "p1,801/2000,Obi,K801200024001,,,,,\n",
        pupilnolongeronroll=OFF + "p1,801 3000,Ray,M213432123007,,,,,\n",
    )
    assert found.reading.header.scopes == ("8012000", "8013000")
    assert set(found.submissions) == {FIRST, "8013000/M213432123007"}


def test_pupils_without_an_id_of_the_table_are_each_one_pupil_and_have_no_address_of_others(told):
    found = told(
        pupilonroll=ON + ",8012000,Obi,K801200024001,,,,,\n,8012000,Ray,M213432123007,,,,,\n",
        addressesonroll="pupilonrolltableid,NativeId,postcode\n,8012000,SE15 3QN\n",
    )
    assert [row.particulars.addresses for row in found.submissions.values()] == [(), ()]
    assert found.reading.dropped["addresses of no pupil"] == 1


def test_an_address_off_roll_is_of_a_pupil_off_roll(told):
    found = told(
        pupilonroll=ON + "p1,8012000,Obi,K801200024001,,,,,\n",
        pupilnolongeronroll=OFF + "p1,8012000,Ray,M213432123007,,,,,\n",
        addressesoffroll="pupilnolongeronrolltableid,NativeId,postcode\np1,8012000,SE15 3QN\n",
        addressesonroll="pupilonrolltableid,NativeId,postcode\np1,8012000,N1 9GU\n",
    ).submissions
    homes = {key[8:]: row.particulars.addresses[0].postcode for key, row in found.items()}
    assert homes == {"K801200024001": "N1 9GU", "M213432123007": "SE15 3QN"}


def test_a_row_that_is_not_taken_names_its_school_and_its_record_where_it_can(tables):
    faults = {
        each.rule: (each.key, each.scope) for each in tables.rows if hasattr(each, "expected")
    }
    assert faults == {
        "1500": ("", "8012000"),
        "NO-IDENTITY": ("8012000/Z801200024002", "8012000"),
        "CELLS": ("", "8012000"),
    }


def test_a_row_with_a_cell_too_many_names_its_record(told):
    (fault,) = told(pupilonroll=ON + "p1,8012000,Obi,K801200024001,,,,,C,x\n").rows
    assert (fault.rule, fault.key, fault.scope) == ("CELLS", FIRST, "8012000")


def test_of_several_censuses_the_latest_day_is_that_of_the_delivery(told):
    censuses = "schoolcensustableid,NativeId,lea,estab,referencedate\n" \
        "c1,S1,801,2000,2026-Jan-15\nc2,S2,801,3000,2026-May-15\nc3,S3,801,4000,2025-Oct-15\n" \
        "c4,S4,801,5000,some day\n"  # fmt: skip
    rows = ON.replace("surname", "schoolcensustableid,surname") + \
        "p1,8019999,c2,Obi,K801200024001,,,,,\n"  # fmt: skip
    found = told(pupilonroll=rows, schoolcensus=censuses)
    assert found.reading.header.effective == "2026-05-15"
    assert list(found.submissions) == ["8013000/K801200024001"]


def test_a_census_of_a_day_that_is_far_ahead_is_refused_whole(told):
    censuses = "schoolcensustableid,NativeId,lea,estab,referencedate\nc1,S1,801,2000,2062-Jan-15\n"
    with pytest.raises(FeedError, match=r"ReferenceDate: expected .* a year ahead"):
        told(pupilonroll=ON, schoolcensus=censuses)


def test_ids_of_the_tables_are_not_counted_as_left_out(tables):
    told = {name.rpartition(".")[2] for name in tables.reading.dropped}
    assert not told & {"nativeid", "schoolcensustableid", "pupilonrolltableid"}
