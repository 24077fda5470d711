"""What a source says of its own records, that it has merged two: asked, and never done."""

import json

import pytest

from contactpoint.errors import NotFoundError
from tests.contactpoint.desk import REASON, Desk
from tests.contactpoint.shields import Refuge

OLD = {"key": "1", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "postcode": "SE15 3QN"}
NEW = {"key": "2", "given": "Zebedee", "family": "Quillonby", "dob": "2012-02-03",
       "postcode": "BS6 7YY"}  # fmt: skip
MERGED = OLD | {"merged_into": "2"}


def ada(club):
    return club.token("ada", "steward")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = Refuge(tmp_path_factory.mktemp("merged"))
    ada(made)
    return made


@pytest.fixture
def club(home, tmp_path):
    return home.lent(tmp_path)


def listed(club):
    return club.told(ada(club), "review", "list")


def opened(club, *names):
    return club.told(ada(club), "review", "show", *names, *REASON)


def children(club, *keys):
    return [club.number("club", key) for key in keys]


def test_two_records_that_a_source_merged_await_a_steward_and_neither_moves(club):
    club.load([OLD, NEW])
    before = children(club, "1", "2")
    club.load([MERGED], "club", "2026-09-02")
    club.run("link", "--all")
    assert children(club, "1", "2") == before
    [task] = listed(club)
    assert (task["task"], task["probability"]) == ("potential duplicate", None)
    assert "the source club says that it merged" in opened(club, "club:1", "club:2")["why"]
    assert task["name"] in club.asked(ada(club), "review", "list").stdout
    assert club.findings() == []


def test_a_merge_that_is_told_again_is_asked_about_once(club):
    club.load([OLD, NEW])
    club.load([MERGED], "club", "2026-09-02")
    before = club.events()["contactpoint.PairRaised:1"]
    club.load([MERGED | {"postcode": "LS1 4AP"}], "club", "2026-09-03")
    assert club.events()["contactpoint.PairRaised:1"] == before == 1
    assert len(listed(club)) == 1


@pytest.mark.parametrize("rows", [[MERGED, NEW], [NEW, MERGED]])
def test_a_merge_told_of_records_that_are_new_is_asked_about_in_any_order(club, rows):
    for number, row in enumerate(rows):
        club.load([row], "club", f"2026-09-0{number + 1}")
    [task] = listed(club)
    assert task["task"] == "potential duplicate"
    assert club.findings() == []


def test_both_in_one_file_are_asked_about_too(club):
    club.load([MERGED, NEW])
    assert len(listed(club)) == 1


def test_a_merge_into_a_record_that_nobody_knows_awaits_nobody_until_it_comes(club):
    club.load([MERGED])
    assert listed(club) == []
    club.load([NEW], "club", "2026-09-02")
    assert len(listed(club)) == 1


@pytest.mark.parametrize("rows", [[MERGED, NEW], [MERGED]])
def test_a_merge_is_forgotten_with_an_erased_record(club, rows):
    club.load(rows)
    club.run("erase", "club:1", "--reason", "request", "--yes")
    assert listed(club) == []
    assert club.findings() == []
    club.run("rebuild")
    club.load([NEW | {"postcode": "LS1 4AP"}], "club", "2026-09-05")
    assert listed(club) == []
    assert club.findings() == []


def _decide(club, verdict, reason):
    seen = opened(club, "club:1", "club:2")["seen"]
    words = ("--verdict", verdict, "--reason", reason, "--seen", seen)
    club.told(ada(club), "review", "decide", "club:1", "club:2", *words)


def test_a_steward_who_agrees_joins_them_and_one_who_does_not_is_not_asked_again(club):
    club.load([OLD, NEW])
    club.load([MERGED], "club", "2026-09-02")
    _decide(club, "apart", "twins")
    club.load([MERGED | {"postcode": "LS1 4AP"}], "club", "2026-09-03")
    assert listed(club) == []
    one, other = children(club, "1", "2")
    assert one != other
    club.told(ada(club), "review", "undo", "club:1", "club:2")
    _decide(club, "link", "agency-confirmed")
    one, other = children(club, "1", "2")
    assert one == other


def test_a_merge_across_a_never_link_is_asked_of_nobody_and_shows_in_no_figure(club):
    club.load([OLD, NEW])
    officers = [club.token(name, "adoption-officer") for name in ("ola", "oli")]
    words = ("--left", "club:1", "--right", "club:2", "--kind", "adoption", "--requested-by", "x")
    club.told(officers[0], "never-link", "draw", *words, second=officers[1])
    plain, hidden = (
        club.load([row], "club", day)["events"]
        for row, day in ((OLD | {"postcode": "LS1 4AP"}, "2026-09-02"), (MERGED, "2026-09-03"))
    )
    assert plain == hidden
    assert not club.events()["contactpoint.PairRaised:1"]
    assert listed(club) == []
    with pytest.raises(NotFoundError):
        opened(club, "club:1", "club:2")


def test_a_merge_of_a_shielded_child_is_told_to_nobody_who_is_not_cleared(club):
    club.load([OLD, NEW])
    club.apply(club.number("club", "1"))
    club.load([MERGED], "club", "2026-09-02")
    assert listed(club) == []
    cleared = club.token("cleo", "steward", "shielding-officer")
    assert len(club.told(cleared, "review", "list")) == 1


def shielded(club):
    """A child that is shielded, whom a source merges into a record that is new."""
    club.load([OLD, {"key": "9", "given": "Bram", "family": "Taylor", "dob": "2013-04-05"}])
    club.apply(club.number("club", "1"))
    return club.number("club", "1")


def decided(club, verdict, reason):
    """Two who are cleared decide on the pair of the two records."""
    one, two = (club.token(name, "steward", "shielding-officer") for name in ("cato", "dora"))
    seen = club.told(one, "review", "show", "club:1", "club:2", *REASON)["seen"]
    words = ("--verdict", verdict, "--reason", reason, "--seen", seen)
    return club.asked(one, "review", "decide", "club:1", "club:2", *words, second=two)


@pytest.mark.parametrize("nights", [[[MERGED, NEW]], [[MERGED], [NEW]]])
def test_a_record_into_which_a_shielded_childs_was_merged_is_withheld_until_that_is_judged(
    club, nights
):
    """However unlike the two are: the source says that they are one."""
    number = shielded(club)
    for day, rows in enumerate(nights, start=2):
        club.load(rows, "club", f"2026-09-0{day}")
    club.run("link", "--all")
    assert club.under()["club", "2"] == ["withheld"]
    assert club.find(postcode=NEW["postcode"]) == []
    assert listed(club) == []
    assert decided(club, "link", "agency-confirmed").exit_code == 0
    assert children(club, "1", "2") == [number, number]
    assert club.under()["club", "2"] == ["shielded"]
    assert club.findings() == []


@pytest.mark.parametrize("known", [False, True])
def test_a_record_said_to_be_a_shielded_childs_under_another_key_is_withheld_until_judged(
    club, known
):
    """Its stream goes on under no key whose row has nothing in common, nor one that has its own."""
    number = shielded(club)
    if known:
        club.load([NEW | {"postcode": "LS6 2AB"}], "club", "2026-09-02")
    club.load([NEW | {"former_key": "1"}], "club", "2026-09-03")
    club.run("link", "--all")
    assert club.under()["club", "2"] == ["withheld"]
    assert club.find(postcode=NEW["postcode"]) == []
    assert listed(club) == []
    assert decided(club, "link", "agency-confirmed").exit_code == 0
    assert club.number("club", "2") == number
    assert club.findings() == []


def test_a_withheld_record_is_released_when_two_judge_that_the_source_was_wrong(club):
    number = shielded(club)
    club.load([MERGED, NEW], "club", "2026-09-02")
    assert decided(club, "apart", "different-children").exit_code == 0
    assert ("club", "2") not in club.under()
    assert club.number("club", "2") not in {number, None}
    club.run("link", "--all")
    assert club.find(postcode=NEW["postcode"]) == [club.number("club", "2")]


def test_the_new_number_that_a_shielded_childs_record_was_replaced_by_frees_nobody(club):
    """The two have each a verified number, and the service says that they are of one child."""
    club.patient("9000000009")
    club.apply(club.number("pds", "9000000009"))
    old = club.patient_row("9000000009", "2026-09-02")
    old["link"] = [{"other": {"reference": "Patient/9000000017"}, "type": "replaced-by"}]
    new = club.patient_row("9000000017", "2026-09-02", postcode="LS6 2AB")
    path = club.folder / "merged.ndjson"
    path.write_text(f"{json.dumps(old)}\n{json.dumps(new)}\n")
    club.load(path, "pds", "2026-09-02", feed="health.pds-fhir")
    assert club.under()["pds", "9000000017"] == ["withheld"]
    assert club.find(postcode="LS6 2AB") == []
    club.patient("9000000017", "2026-09-03", postcode="LS7 2AB")
    assert club.under()["pds", "9000000017"] == ["withheld"]
    assert club.find(postcode="LS7 2AB") == []


def test_a_patient_whose_record_was_replaced_by_another_is_asked_about(club):
    club.patient("9000000009")
    club.patient("9000000017", given="Cora", family="Tamworthy", postcode="LS1 4AP")
    before = [club.number("pds", key) for key in ("9000000009", "9000000017")]
    row = club.patient_row("9000000009", "2026-09-02")
    row["link"] = [{"other": {"reference": "Patient/9000000017"}, "type": "replaced-by"}]
    path = club.folder / "merged.ndjson"
    path.write_text(json.dumps(row) + "\n")
    club.load(path, "pds", "2026-09-02", feed="health.pds-fhir")
    assert [club.number("pds", key) for key in ("9000000009", "9000000017")] == before
    [task] = listed(club)
    assert task["task"] == "potential duplicate"
    assert "pds says" in opened(club, "pds:9000000009", "pds:9000000017")["why"]


def test_a_superseded_number_whose_successor_is_held_too_is_asked_about(club):
    club.patient("9000000017")
    club.patient("9000000009", "2026-09-02")
    assert listed(club) == []
    club.patient("9000000017", "2026-09-03", id="9000000009")
    before = [club.number("pds", key) for key in ("9000000009", "9000000017")]
    assert before[0] != before[1]
    [task] = listed(club)
    assert task["task"] == "potential duplicate"


def test_what_somebody_asked_is_shown_with_who_and_why(tmp_path):
    desk = Desk(tmp_path / "home").begin()
    desk.patient("north", "9000000009", "2015-03-04")
    desk.patient("north", "9000000017", "2013-07-08", family="Quillonby", given="Zebedee")
    two = ("north:9000000009", "north:9000000017")
    desk.run("review", "raise", *two, "--reason", "A40 of Monday", by=desk.bram)
    assert desk.opened_pair(*two)["why"] == "bram asked: A40 of Monday"
