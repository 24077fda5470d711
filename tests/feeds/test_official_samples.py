"""The authorities' own samples, read where the folder of fixtures is at hand."""

import contextlib
import os
from pathlib import Path

import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.submission import FeedError, Recalled, Submission

ROOT = Path(__file__).parents[2]
FIXTURES = Path(os.environ.get("CONTACTPOINT_FIXTURES", ROOT / ".." / "shared" / "fixtures"))
pytestmark = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the folder of fixtures is missing")


def patients(folder, pattern):
    return sorted((FIXTURES / "health" / folder).glob(pattern))


@pytest.mark.parametrize(
    "path",
    [
        *patients("pds_mocked", "complete-patient*.json"),
        *patients("pds_fhir", "patientResponses__patient_9[67]*.json"),
    ],
    ids=lambda path: path.stem,
)
def test_every_sample_of_a_patient_is_taken(path):
    assert recognise(path) is FEEDS["health.pds-fhir"]
    (patient,) = FEEDS["health.pds-fhir"].open([path])
    assert isinstance(patient, Submission)
    assert patient.particulars.names


def test_the_restricted_sample_is_marked():
    (path,) = patients("pds_fhir", "patientResponses__patient_9000000025.json")
    (patient,) = FEEDS["health.pds-fhir"].open([path])
    assert isinstance(patient, Submission)
    assert patient.particulars.restricted
    assert patient.particulars.addresses == ()


@pytest.mark.parametrize(
    "path", patients("pds_fhir", "errorResponses__*.json"), ids=lambda p: p.stem
)
def test_an_answer_with_an_error_is_no_file_of_patients(path):
    with pytest.raises(FeedError, match="resourceType"):
        FEEDS["health.pds-fhir"].open([path])


@pytest.mark.parametrize(
    "path", patients("pds_fhir", "relatedPersonResponses__*.json"), ids=lambda p: p.stem
)
def test_related_persons_without_their_patient_are_counted(path):
    reading = FEEDS["health.pds-fhir"].open([path])
    assert list(reading) == []
    assert set(reading.dropped) == {"RelatedPerson"}


@pytest.mark.parametrize(
    "path", patients("pds_fhir", "coverageResponses__*.json"), ids=lambda p: p.stem
)
def test_what_only_names_a_patient_is_not_taken_for_one(path):
    assert recognise(path) is None


@pytest.mark.parametrize("feed", FEEDS)
def test_no_sample_of_any_kind_breaks_a_feed(feed):
    for path in sorted(FIXTURES.rglob("*")):
        if path.is_file() and path.stat().st_size < 100_000:
            with contextlib.suppress(FeedError):
                list(FEEDS[feed].open([path]))


def test_the_departments_sample_of_a_cin_census_is_taken():
    path = FIXTURES / "social_care" / "cin" / "BAR_cin_2022.xml"
    assert recognise(path) is FEEDS["social-care.cin"]
    (child,) = FEEDS["social-care.cin"].open([path])
    assert isinstance(child, Submission)
    assert [each.system for each in child.particulars.identifiers] == ["la-child"]
    assert {each.rule for each in child.remarks} == {"8525Q", "1530", "1560Q"}


def test_the_samples_of_trace_responses_verify_the_numbers_that_are_numbers():
    folder = FIXTURES / "health" / "mps_trace" / "00017_mps_scenarios" / "mps"
    path = folder / "response" / "response.csv"
    assert recognise(path) is FEEDS["health.pds-trace"]
    rows = [each.particulars for each in FEEDS["health.pds-trace"].open([path])
            if isinstance(each, Submission)]  # fmt: skip
    assert len(rows) == 5
    assert [len(each.identifiers) for each in rows] == [0, 1, 0, 0, 0]
    with pytest.raises(FeedError):
        FEEDS["health.pds-trace"].open([folder / "request.csv"])


def test_the_invented_903_return_is_joined_whole():
    folder = FIXTURES / "social_care" / "ssda903"
    names = ("header", "episodes", "uasc", "oc2", "oc3", "ad1", "reviews", "missing",
             "previous_permanence", "placed_for_adoption", "DoLo")  # fmt: skip
    paths = [folder / f"{name}.csv" for name in names]
    assert {recognise(path) for path in paths} == {FEEDS["social-care.ssda903"]}
    rows = [
        row for row in FEEDS["social-care.ssda903"].open(paths) if not isinstance(row, Recalled)
    ]
    taken = [row.particulars for row in rows if isinstance(row, Submission)]
    assert len({row.key for row in rows}) == len(rows) >= 2675
    assert sum(bool(each.identifiers) for each in taken) < 200


def test_the_invented_903_return_reads_as_xml_too():
    path = FIXTURES / "social_care" / "ssda903" / "fake_903.xml"
    assert recognise(path) is FEEDS["social-care.ssda903"]
    assert len(list(FEEDS["social-care.ssda903"].open([path]))) == 253


def test_the_tables_of_a_census_are_read_and_their_columns_known():
    folder = FIXTURES / "school" / "census_tables"
    paths = sorted(folder.glob("2024_autumn_*.csv"))
    assert {recognise(path) for path in paths} == {FEEDS["school.census-tables"]}
    read = FEEDS["school.census-tables"].open(paths)
    rows = [row for row in read if isinstance(row, Submission)]
    lines = [len(path.read_text().splitlines()) - 1 for path in paths if "pupil" in path.name]
    assert len(rows) == sum(lines)
    assert all(row.particulars.names and row.particulars.birth for row in rows)
    assert any(row.particulars.addresses for row in rows)
