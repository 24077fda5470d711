import os

import pytest

from contactpoint.nightly import dropped, left_out
from feeds.catalogue import FEEDS

CENSUS = """<Message><Header><CollectionDetails><Collection>SC</Collection>{}</CollectionDetails>
<Source><LEA>201</LEA><Estab>2345</Estab></Source></Header><Pupils/></Message>"""


@pytest.fixture
def folder(tmp_path):
    def fill(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return [f"{one.source}/{one.path.name}" for one in dropped(tmp_path, FEEDS)]

    return fill


def census(date=""):
    return CENSUS.format(f"<ReferenceDate>{date}</ReferenceDate>" if date else "")


def test_a_night_goes_by_the_dates_in_the_names_and_ends_with_files_without_one(folder):
    patient = '{"resourceType":"Patient","id":"1"}'
    names = ["pds/health.pds-fhir.2026-01-15.ndjson", "pds/b.ndjson", "la/csv.2026-01-14.csv"]
    assert folder(dict.fromkeys(names, patient)) == [names[2], names[0], names[1]]


def test_a_files_own_date_goes_before_the_date_in_its_name(folder):
    files = {
        "schools/school.census.2026-01-13.xml": census("2026-01-20"),
        "schools/school.census.2026-01-14.xml": census(),
        "schools/late.xml": census("2025-05-15"),
    }
    assert folder(files) == [
        "schools/late.xml",
        "schools/school.census.2026-01-14.xml",
        "schools/school.census.2026-01-13.xml",
    ]


def test_a_date_in_a_name_counts_only_where_the_file_states_none(tmp_path):
    for name, date in (("school.census.2026-01-13.xml", "2026-01-20"), ("b.2026-01-14.xml", "")):
        path = tmp_path / "schools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(census(date))
    assert {one.path.name: one.effective for one in dropped(tmp_path, FEEDS)} == {
        "school.census.2026-01-13.xml": "",
        "b.2026-01-14.xml": "2026-01-14",
    }


def test_tables_of_one_census_count_together_from_the_day_that_one_of_them_states(folder):
    files = {
        "la/pupilonroll.2026-01-01.csv": "pupilonrolltableid,nativeid,upn,surname\n",
        "la/schoolcensus.2026-01-01.csv": "schoolcensustableid,nativeid,lea,estab,referencedate\n"
        "1,2012345,201,2345,2026-Mar-01\n",
        "pds/csv.2026-02-01.csv": "key,given\n",
    }
    assert folder(files) == [
        "pds/csv.2026-02-01.csv",
        "la/pupilonroll.2026-01-01.csv",
        "la/schoolcensus.2026-01-01.csv",
    ]


def test_files_that_cannot_be_read_keep_their_place_for_the_load_to_refuse(folder):
    files = {"a/school.census.2026-01-13.xml": "<Mess", "a/x.2026-01-12.bin": "", "a/y": "\x00"}
    assert folder(files) == ["a/x.2026-01-12.bin", "a/school.census.2026-01-13.xml", "a/y"]


def test_links_that_lead_nowhere_and_pipes_are_named(tmp_path):
    source = tmp_path / "club"
    source.mkdir()
    (source / "csv.2026-01-01.csv").write_text("key\n")
    (source / "csv.2026-01-02.csv").symlink_to("/mnt/nowhere/csv.2026-01-02.csv")
    os.mkfifo(source / "pipe")
    assert [path.name for path in left_out(tmp_path)] == ["csv.2026-01-02.csv", "pipe"]


@pytest.mark.parametrize("ending", [".part", ".PART", ".filepart", ".tmp", "~"])
def test_a_file_that_is_still_being_written_by_its_name_is_left_out_and_named(
    folder, tmp_path, ending
):
    names = ["club/csv.2026-01-01.csv", f"club/csv.2026-01-02.csv{ending}"]
    assert folder(dict.fromkeys(names, "key,given\n1,Asha\n")) == names[:1]
    assert [path.name for path in left_out(tmp_path)] == [f"csv.2026-01-02.csv{ending}"]
