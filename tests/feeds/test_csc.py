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


def details(**said):
    """A child of whom more is told than a family name."""
    return {"la_child_id": "C-1", "child_details": {"surname": "Obi", **said}}


def alone(written, child):
    """The one child of a payload: its row, and the rules of its remarks."""
    (row,) = written({"la_code": 201, "Children": [child]}).rows
    return row, [each.rule for each in getattr(row, "remarks", ())]


def test_a_source_of_the_feed_sends_what_changed_of_few_children(csc):
    assert csc.reading.mode == "delta"
    assert csc.reading.settings.holds_few


def test_what_is_purged_within_a_child_is_not_taken_and_the_child_is(written):
    day = "2024-01-11"
    episode = {
        "referral_date": day,
        "care_worker_details": [{"worker_id": "W1", "purge": True}, {"worker_id": "W2"}],
        "child_and_family_assessments": [{"start_date": day, "purge": True}],
    }
    row, rules = alone(written, child() | {"social_care_episodes": [episode]})
    (involvement,) = row.particulars.involvements
    assert (involvement.practitioner, involvement.start) == ("W2", day)
    assert (row.particulars.assessment, row.purge, rules) == (None, False, [])


@pytest.mark.parametrize(
    ("said", "is_purged", "rules"),
    [("true", True, []), ("True", True, []), (1, True, []), ("1", True, []), (False, False, []),
     ("false", False, []), (0, False, []), ("yes", False, ["YES-NO"]), ([True], False, ["YES-NO"])],
)  # fmt: skip
def test_a_purge_said_as_a_text_or_a_number_is_one_and_any_other_word_is_a_remark(
    written, said, is_purged, rules
):
    row, found = alone(written, child() | {"purge": said})
    assert (row.purge, found) == (is_purged, rules)


def test_of_several_assessments_the_latest_is_the_one_that_was_made(written):
    made = [{"start_date": f"2024-0{month}-11"} for month in (2, 5, 3)]
    episode = {"referral_date": "2024-01-11", "child_and_family_assessments": made}
    row, _ = alone(written, child() | {"social_care_episodes": [episode]})
    assert row.particulars.assessment == Assessment(organisation="201", date="2024-05-11")


def test_an_assessment_that_begins_on_a_day_to_come_has_no_date_yet(read, tmp_path):
    path = tmp_path / "csc.json"
    made = {"start_date": "2026-05-01"}
    episode = {"referral_date": "2026-01-02", "child_and_family_assessments": made}
    path.write_text(json.dumps(child() | {"la_code": 201, "social_care_episodes": episode}))
    row = read(Csc(clock=lambda: "2026-04-30"), path).submissions["C-1"]
    assert row.particulars.assessment == Assessment(organisation="201")
    assert [each.rule for each in row.remarks] == ["DATE-FUTURE"]


def test_a_worker_who_begins_on_the_day_an_episode_closed_ended_with_it(written):
    episode = {
        "referral_date": "2024-01-11",
        "closure_date": "2024-06-01",
        "care_worker_details": {"worker_id": "W1", "start_date": "2024-06-01"},
    }
    row, _ = alone(written, child() | {"social_care_episodes": episode})
    assert row.particulars.involvements[0].end == "2024-06-01"


def test_a_part_that_is_no_object_is_a_remark(written):
    assert alone(written, child() | {"social_care_episodes": ["W1"]})[1] == ["JSON-FORM"]


def test_a_child_that_lives_nowhere_is_said_to(written):
    row, _ = alone(written, details(postcode="ZZ99 3VZ"))
    assert row.particulars.no_known_address
    assert row.particulars.addresses == ()


def test_a_birth_that_has_been_counts_before_the_one_that_was_expected(written):
    dates = {"date_of_birth": "2024-01-02", "expected_date_of_birth": "2024-01-05"}
    assert alone(written, details(**dates))[0].particulars.birth == BirthDate("2024-01-02")


def test_a_reason_that_is_none_why_the_upn_is_not_known_is_a_remark(written):
    for reason, rules in (("UN7", []), ("lost", ["UPN-UNKNOWN"])):
        assert alone(written, details(unique_pupil_number_unknown_reason=reason))[1] == rules


def test_a_link_into_a_system_is_no_lead_professional_and_no_worker(written):
    link = "https://ecaf.example/case/7"
    episode = {"referral_date": "2026-01-02", "care_worker_details": [{"worker_id": link}]}
    lead = {"name": link, "organisation": link}
    row, _ = alone(
        written, child() | {"lead_professional": lead, "social_care_episodes": [episode]}
    )
    assert row.particulars.lead_professional is None
    assert [one.practitioner for one in row.particulars.involvements] == [""]
    assert [one.rule for one in row.remarks].count("LINK") == 3


def test_a_lead_professional_may_be_a_telephone_alone_and_has_a_time(written):
    lead = {"phone": "01632 960333", "start_date": "2024-01-02", "end_date": "2024-05-06"}
    row, _ = alone(written, child() | {"lead_professional": lead})
    told = LeadProfessional("", "", "01632960333", "2024-01-02", "2024-05-06")
    assert row.particulars.lead_professional == told


def test_a_service_has_who_to_ask_and_its_time_and_is_of_a_kind_that_is_known(written):
    service = {
        "kind": "health-visiting", "organisation": "RX1", "name": "North", "practitioner": "Sam",
        "phone": "01632 960333", "start_date": "2024-01-02", "end_date": "2024-05-06",
    }  # fmt: skip
    row, rules = alone(written, child() | {"services": [service, {"kind": "astrology"}]})
    assert Involvement(
        "health-visiting", "RX1", "North", "Sam", "01632960333",
        start="2024-01-02", end="2024-05-06",
    ) in row.particulars.involvements  # fmt: skip
    assert (len(row.particulars.involvements), rules) == (1, ["SERVICE-KIND"])


@pytest.mark.parametrize(
    ("code", "number"),
    [(1, "001/C-1"), ("201", "201/C-1"), (999, None), (True, None), ("X01", None), (2010, None)],
)
def test_an_authority_is_one_that_is_known(written, code, number):
    (row,) = written({"la_code": code, "Children": [child()]}).rows
    values = [each.value for each in row.particulars.identifiers]
    assert values == ([number] if number else [])
    assert [each.rule for each in row.remarks] == ([] if number else ["LA-CODE"])


def test_a_payloads_own_authority_counts_before_the_one_that_a_mapping_tells(read, tmp_path):
    path, mapping = tmp_path / "csc.json", tmp_path / "authority.toml"
    path.write_text(json.dumps([child("1") | {"la_code": 202}, child("2")]))
    mapping.write_text('authority = "201"')
    rows = read(FEED, path, mapping).rows
    assert [row.particulars.identifiers[0].value for row in rows] == ["202/1", "202/2"]


@pytest.mark.parametrize(("length", "taken"), [(64, True), (65, False)])
def test_an_id_has_at_most_sixty_four_characters(written, length, taken):
    row, _ = alone(written, child("C" * length))
    assert getattr(row, "rule", "") == ("" if taken else "8500")


def test_a_child_without_identity_is_rejected_by_its_id(csc):
    assert [each.key for each in csc.rows if getattr(each, "rule", "") == "NO-IDENTITY"] == ["C-4"]


def test_what_says_nothing_is_not_counted(written):
    empty: dict = {"ethnicity": "", "disabilities": [], "notes": {}, "more": None, "none": 0}
    assert written(child() | {"la_code": 201} | empty).reading.dropped == {"none": 1}


def test_lines_cut_off_in_the_last_are_refused(written, read, tmp_path):
    path = tmp_path / "csc.json"
    line = json.dumps(child() | {"la_code": 201})
    path.write_text(f"{line}\n{line[:20]}")
    with pytest.raises(FeedError, match="line 2: expected a whole line: the file is cut off"):
        read(FEED, path)
