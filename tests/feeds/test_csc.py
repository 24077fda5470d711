import json

import pytest

from feeds.catalogue import FEEDS
from feeds.csc import Csc
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.particulars import Assessment, BirthDate, LeadProfessional
from person.services import Involvement

FEED = "social-care.csc"


@pytest.fixture
def csc(read, samples):
    return read(FEED, samples / "csc.json")


@pytest.fixture
def written(read, tmp_path):
    def write(*documents, indent=None):
        path = tmp_path / "csc.json"
        texts = [each if isinstance(each, str) else json.dumps(each, indent=indent)
                 for each in documents]  # fmt: skip
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return read(FEED, path)

    return write


def child(key="C-1"):
    return {"la_child_id": key, "child_details": {"surname": "Obi"}}


def test_a_childs_id_is_known_by_its_authority(csc):
    assert csc.submissions["C-1"].particulars.identifiers == (
        Identifier("la-child", "201/C-1"),
        Identifier("upn", "K801200024001"),
        Identifier("upn", "X35640002401A", "former"),
    )


def test_each_social_worker_is_an_involvement_and_a_purged_episode_is_none(csc):
    assert csc.submissions["C-1"].particulars.involvements == (
        Involvement("social-work", "201", practitioner="W1", start="2024-01-11", end="2024-06-01"),
        Involvement("social-work", "201", practitioner="W2", start="2024-06-01"),
    )


def test_a_worker_who_begins_after_an_episode_closed_did_not_end_with_it(written):
    episode = {
        "referral_date": "2024-01-11",
        "closure_date": "2024-06-01",
        "care_worker_details": [
            {"worker_id": "W1"},
            {"worker_id": "W2", "start_date": "2025-03-10"},
        ],
    }
    read = written({"la_code": 201, "Children": [child() | {"social_care_episodes": [episode]}]})
    assert read.submissions["C-1"].particulars.involvements == (
        Involvement("social-work", "201", practitioner="W1", start="2024-01-11", end="2024-06-01"),
        Involvement("social-work", "201", practitioner="W2", start="2025-03-10"),
    )


@pytest.mark.parametrize(
    ("flag", "involved", "rules"),
    [(True, 0, []), ("true", 0, []), (1, 0, []), (False, 1, []), ("maybe", 1, ["YES-NO"])],
)
def test_that_nothing_followed_a_referral_is_read_however_it_is_said(
    written, flag, involved, rules
):
    episode = {"referral_date": "2024-01-11", "referral_no_further_action_flag": flag}
    read = written({"la_code": 201, "Children": [child() | {"social_care_episodes": [episode]}]})
    assert len(read.submissions["C-1"].particulars.involvements) == involved
    assert [rule for rule, _ in read.remarks("C-1")] == rules


def test_an_assessment_authorised_on_a_day_to_come_stands_with_the_day_it_began(read, tmp_path):
    made = {"start_date": "2026-01-05", "authorisation_date": "2026-05-01"}
    episode = {"referral_date": "2026-01-02", "child_and_family_assessments": [made]}
    path = tmp_path / "csc.json"
    path.write_text(json.dumps(child() | {"la_code": 201, "social_care_episodes": [episode]}))
    found = read(Csc(clock=lambda: "2026-04-30"), path)
    assert found.submissions["C-1"].particulars.assessment == Assessment(
        "", "201", "", "2026-01-05"
    )
    assert found.remarks("C-1") == [("DATE-FUTURE", "authorisation_date")]


def test_that_an_assessment_was_made_is_taken_and_never_what_it_says(csc):
    assert csc.submissions["C-1"].particulars.assessment == Assessment(
        organisation="201", date="2024-02-20"
    )


def test_the_lead_professional_is_taken_where_given(csc):
    lead = LeadProfessional("Sam Lead", "Early Help North", "01632960333")
    assert csc.submissions["C-1"].particulars.lead_professional == lead


def test_a_sensitive_service_stands_apart_and_only_with_consent(csc):
    first = csc.submissions["C-1"]
    assert first.sensitive == (Involvement("mental-health", "RX1", consent="given"),)
    assert ("CONSENT", "service") in csc.remarks("C-1")


def test_an_unborn_child_has_an_expected_birth(csc):
    unborn = csc.submissions["C-2"].particulars
    assert unborn.birth == BirthDate("2026-12-24", expected=True)
    assert unborn.sex == "U"


def test_a_purge_of_the_child_or_of_its_details_carries_nothing_else(csc, written):
    gone = csc.submissions["C-3"]
    assert gone.purge
    assert gone.particulars.names == ()
    details = {"la_child_id": "C-9", "child_details": {"purge": True, "surname": "Obi"}}
    assert written({"la_code": 201, "Children": details}).submissions["C-9"].purge


def test_reasons_are_no_numbers_and_wrong_values_are_remarks(csc):
    assert set(csc.remarks("C-5")) == {
        ("DATE-IMPOSSIBLE", "date_of_birth"),
        ("EMPTY", "unique_pupil_number"),
        ("POSTCODE-FORM", "postcode"),
    }


def test_a_child_without_id_without_identity_or_that_is_no_object_is_rejected(csc):
    assert csc.faults == [("8500", 4), ("NO-IDENTITY", 5), ("JSON", 7)]


def test_what_is_not_taken_is_counted(csc):
    dropped = csc.reading.dropped
    assert dropped["child_details.ethnicity"] == dropped["health_and_wellbeing"] == 1
    assert dropped["social_care_episodes.child_looked_after_placements"] == 1


def test_every_shape_of_the_payload_gives_the_same_children(written):
    one, two = child("1"), child("2")
    payload = {"la_code": 201, "Children": [one, two]}
    shapes = [
        written(payload),
        written(payload, indent=1),
        written({"Children": [one, two], "la_code": "201"}, indent=1),
        written([payload], indent=1),
        written([{"la_code": 201, "children": one}, {"la_code": 201, "children": two}], indent=1),
        written({"la_code": 201, "Children": one}, {"la_code": 201, "Children": two}),
        written({**one, "la_code": 201}, {**two, "la_code": 201}),
    ]
    assert {tuple(each.submissions) for each in shapes} == {("1", "2")}
    assert {tuple(row.line for row in each.rows) for each in shapes} == {(1, 2)}
    for shape in shapes:
        (identifier,) = shape.submissions["2"].particulars.identifiers
        assert identifier.value == "201/2"


def test_payloads_of_two_authorities_in_one_list_keep_theirs(written):
    read = written([{"la_code": 201, "Children": [child("1")]},
                    {"la_code": 202, "Children": [child("2")]}], indent=1)  # fmt: skip
    values = [each.particulars.identifiers[0].value for each in read.rows]
    assert values == ["201/1", "202/2"]


def test_a_child_is_numbered_among_all_of_its_file_and_not_by_its_line(written):
    several = {"la_code": 201, "Children": [child("1"), {}, child("3")]}
    read = written(several, "", "no json", child("5"))
    assert [each.line for each in read.rows] == [1, 2, 3, 4, 5]
    assert read.faults == [("8500", 2), ("JSON", 4)]


def test_an_authority_without_children_is_an_empty_file_and_no_error(written):
    assert written({"la_code": 201, "Children": []}).rows == []
    assert written({"la_code": 201, "Children": []}, indent=1).rows == []


@pytest.mark.parametrize(
    "text",
    [
        '{"la_code": 201, "Children": [{"la_child_id": "1"}, {"la_ch',
        '{"something": "else"}',
        "[" * 100_000,
        '{"la_code": 201, "Children": ' + '[{"a":' * 50_000,
        "key,given\n1,Zoe\n",
    ],
)
def test_what_is_no_payload_is_refused_whole(written, text):
    with pytest.raises(FeedError):
        written(text)


def test_a_file_is_recognised_by_its_beginning(samples):
    assert FEEDS[FEED].recognises((samples / "csc.json").read_bytes(), "x")


def test_an_authority_that_no_payload_names_may_be_told_by_a_mapping(read, tmp_path):
    path, mapping = tmp_path / "csc.json", tmp_path / "authority.toml"
    path.write_text('[{"la_child_id": "A1", "child_details": {"first_name": "Ada"}}]')
    mapping.write_text('authority = "201"')
    (untold,), (told,) = read(FEED, path).rows, read(FEED, path, mapping).rows
    assert [(each.rule, each.field) for each in untold.remarks] == [("LA-CODE", "la_code")]
    assert (untold.particulars.identifiers, told.remarks) == ((), ())
    assert told.particulars.identifiers == (Identifier("la-child", "201/A1"),)
