import pytest

from feeds.catalogue import FEEDS, JOINT, recognise
from feeds.joining import MOST
from feeds.ssda903 import periods
from feeds.submission import FeedError
from person.identifiers import Identifier
from person.particulars import BirthDate
from person.services import Involvement

FEED = "social-care.ssda903"


@pytest.fixture
def paths(samples):
    return sorted((samples / "ssda903").glob("*.csv"))


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "authority.toml"
    path.write_text('authority = "801"\n')
    return path


@pytest.fixture
def tables(read, paths, mapping):
    return read(FEED, paths, mapping)


@pytest.fixture
def xml(read, samples):
    return read(FEED, samples / "ssda903.xml")


def test_the_files_of_a_return_are_one_delivery(tables):
    assert FEED in JOINT
    assert set(tables.submissions) == {"L1", "L2", "L3", "L4", "L5", "L7"}


def test_each_of_its_files_is_recognised_by_its_columns(paths, samples):
    assert len(paths) == 5
    assert {recognise(path) for path in [*paths, samples / "ssda903.xml"]} == {FEEDS[FEED]}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_tables_in_lower_case_and_parted_otherwise_are_the_same(
    read, paths, tables, mapping, delimiter
):
    written = []
    for path in paths:
        names, rows = path.read_text().split("\n", 1)
        written.append(mapping.parent / path.name)
        written[-1].write_text(f"{names.lower()}\n{rows}".replace(",", delimiter))
        assert recognise(written[-1]) is FEEDS[FEED]
    assert read(FEED, written, mapping).submissions == tables.submissions


def test_the_order_of_the_files_changes_nothing(read, paths, tables, mapping):
    assert read(FEED, paths[::-1], mapping).rows == tables.rows


def test_a_child_has_no_name_and_is_known_by_the_authoritys_id(tables):
    assert tables.reading.settings.nameless
    assert tables.submissions["L1"].particulars.identifiers == (
        Identifier("la-child", "801/L1"),
        Identifier("upn", "K801200024001"),
    )


def test_without_an_authority_a_child_has_no_id_that_others_could_share(read, paths):
    untold = read(FEED, paths)
    identifiers = untold.submissions["L1"].particulars.identifiers
    assert [each.system for each in identifiers] == ["upn"]
    assert untold.remarks("L1") == [("LA-CODE", "CHILD")]


def test_episodes_make_whole_periods_that_tell_of_no_placement(tables):
    assert tables.submissions["L1"].particulars.involvements == (
        Involvement("social-work", "801", start="2022-01-05", end="2022-02-10"),
        Involvement("social-work", "801", start="2024-01-05"),
        Involvement("social-work", "801", practitioner="SW9", start="2024-01-06"),
    )


def test_the_15th_is_a_stand_in_day_only_where_a_child_is_unaccompanied(tables):
    assert tables.submissions["L2"].particulars.birth == BirthDate("2010-06-15", default_day=True)
    assert tables.submissions["L4"].particulars.birth == BirthDate("2012-03-15")


def test_what_the_header_lacks_is_taken_of_the_table_of_the_unaccompanied(read, paths, tmp_path):
    def without(path, line, *others):
        copy = tmp_path / path.name
        copy.write_text("\n".join([*(each for each in path.read_text().splitlines()
                                     if not each.startswith(line)), *others, ""]))  # fmt: skip
        return copy

    changes = {"header": ("L2,", "L2,,,PLANTED,UN1,,"), "uasc": ("none", "L8,1,03/04/2011,")}
    written = [
        without(path, *changes[path.stem]) if path.stem in changes else path for path in paths
    ]
    children = read(FEED, written).submissions
    assert (children["L2"].particulars.sex, children["L8"].particulars.sex) == ("F", "M")
    assert children["L2"].particulars.birth == BirthDate("2010-06-15", default_day=True)
    assert children["L8"].particulars.birth == BirthDate("2011-04-03")


def test_a_reason_in_the_column_of_the_upn_is_no_identifier(tables):
    systems = [each.system for each in tables.submissions["L2"].particulars.identifiers]
    assert systems == ["la-child"]
    assert tables.remarks("L2") == []


def test_values_that_cannot_be_right_are_remarks(tables):
    assert set(tables.remarks("L3")) == {("DATE-IMPOSSIBLE", "DOB"), ("1510", "UPN")}


def test_a_child_that_the_header_lacks_is_taken_with_a_remark(tables):
    assert tables.remarks("L5") == [("DATE-FORM", "DEC"), ("NO-HEADER", "CHILD")]


def test_equal_rows_are_one_and_two_that_differ_are_both_given(tables):
    births = [row.particulars.birth.value for row in tables.rows if getattr(row, "key", "") == "L7"]
    assert births == ["2012-03-01", "2012-03-02"]
    assert [row.key for row in tables.rows].count("L1") == 1


def test_a_row_without_its_child_or_with_other_cells_is_rejected(tables):
    assert tables.faults == [("KEY", 6), ("CELLS", 7)]


def test_what_is_not_taken_is_counted_in_every_table(tables):
    dropped = tables.reading.dropped
    assert dropped["episodes.PLACE"] == 5
    assert dropped["SDQ_SCORE"] == dropped["sw_episodes.SW_REASON"] == dropped["header.MC_DOB"] == 1


def test_the_xml_of_the_return_reads_like_its_tables(xml):
    first = xml.submissions["L1"].particulars
    assert first.involvements == (Involvement("social-work", start="2024-01-05"),)
    assert xml.submissions["L2"].particulars.birth == BirthDate("2010-06-15", default_day=True)
    assert xml.faults == [("KEY", 3)]


@pytest.mark.parametrize("missing", ["header.csv", "episodes.csv"])
def test_a_return_without_header_or_episodes_is_refused(read, paths, missing):
    with pytest.raises(FeedError, match="given together"):
        read(FEED, [path for path in paths if path.name != missing])


def test_two_tables_of_a_kind_and_tables_of_others_are_refused(read, paths, samples):
    with pytest.raises(FeedError, match="not two"):
        read(FEED, [*paths, paths[0].parent / "header.csv"])
    with pytest.raises(FeedError, match="CHILD"):
        read(FEED, [*paths, samples / "table.csv"])
    with pytest.raises(FeedError, match="tables of the return"):
        read(FEED, [])


@pytest.mark.parametrize("text", ['authority = "999"', "authority = 801", "x = 1", "[", "\xff"])
def test_a_mapping_says_the_authority_and_nothing_else(read, paths, mapping, text):
    mapping.write_text(text, encoding="latin-1")
    with pytest.raises(FeedError, match=r"authority =|TOML, in UTF-8"):
        read(FEED, paths, mapping)


def test_a_child_of_whom_endless_rows_speak_is_refused(read, paths, tmp_path):
    endless = tmp_path / "sw.csv"
    endless.write_text("CHILD,SW_ID,SW_DECOM\n" + "L1,SW1,06/01/2024\n" * MOST)
    with pytest.raises(FeedError, match="rows for one child"):
        read(FEED, [path for path in paths if path.name != "sw_episodes.csv"] + [endless])


def test_a_source_of_the_feed_tells_of_all_of_its_few_children(tables):
    assert tables.reading.mode == "snapshot"
    assert tables.reading.settings.holds_few


@pytest.mark.parametrize(
    ("episodes", "whole"),
    [
        ([("2024-02-01", "2024-03-01"), ("2024-03-01", "")], [("2024-02-01", "")]),
        ([("2024-02-01", "2024-03-01"), ("2024-03-02", "2024-04-01")], None),
        ([("2024-02-01", "2024-05-01"), ("2024-03-01", "2024-04-01")],
         [("2024-02-01", "2024-05-01")]),
        ([("2024-02-01", ""), ("2024-03-01", "2024-04-01")], [("2024-02-01", "")]),
        ([("2024-02-01", "2024-03-01"), ("2024-02-15", "")], [("2024-02-01", "")]),
        ([("", "2024-03-01"), ("2024-02-01", "2024-04-01")], None),
        ([("", ""), ("", "2024-03-01")], None),
    ],
)  # fmt: skip
def test_episodes_that_touch_or_overlap_make_one_period(episodes, whole):
    expected = episodes if whole is None else whole
    assert periods(episodes) == periods(episodes[::-1]) == expected


def joined(read, tmp_path, mapping, **tables):
    """What is read of tables that are told row by row."""
    paths = []
    for name, text in tables.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(text)
    return read(FEED, paths, mapping)


HEADER = "CHILD,SEX,DOB,UPN\n"
EPISODES = "CHILD,DECOM,DEC\n"


def test_a_social_worker_ends_when_the_table_says(read, tmp_path, mapping):
    workers = "CHILD,SW_ID,SW_DECOM,SW_DEC\nL1,SW9,06/01/2024,07/02/2024\n"
    told = joined(read, tmp_path, mapping, h=HEADER + "L1,1,,\n", e=EPISODES, w=workers)
    assert told.submissions["L1"].particulars.involvements == (
        Involvement("social-work", "801", practitioner="SW9", start="2024-01-06", end="2024-02-07"),
    )


def test_a_row_with_other_cells_names_its_child(tables):
    faults = {each.rule: each.key for each in tables.rows if hasattr(each, "expected")}
    assert faults == {"KEY": "", "CELLS": "L6"}


@pytest.mark.parametrize(("length", "taken"), [(64, True), (65, False)])
def test_a_childs_id_has_at_most_sixty_four_characters(read, tmp_path, mapping, length, taken):
    child = "L" * length
    told = joined(read, tmp_path, mapping, h=f"{HEADER}{child},1,01/02/2015,\n", e=EPISODES)
    assert told.faults == ([] if taken else [("KEY", 2)])
    path = tmp_path / "return.xml"
    path.write_text(
        f"<SSDA903><CHILD><HEADER><CHILDID>{child}</CHILDID></HEADER></CHILD></SSDA903>"
    )
    assert read(FEED, path).faults == ([] if taken else [("KEY", 1)])


@pytest.mark.parametrize(("said", "stand_in"), [("1", True), ("0", False), ("", False)])
def test_the_xml_says_who_is_unaccompanied(read, tmp_path, said, stand_in):
    path = tmp_path / "return.xml"
    own = f"<CHILDID>L1</CHILDID><DOB>15/06/2010</DOB><UASC>{said}</UASC>"
    path.write_text(f"<SSDA903><CHILD><HEADER>{own}</HEADER></CHILD></SSDA903>")
    birth = read(FEED, path).submissions["L1"].particulars.birth
    assert birth == BirthDate("2010-06-15", default_day=stand_in)


def test_episodes_of_the_xml_are_of_the_authority_that_is_told(read, tmp_path, mapping):
    path = tmp_path / "return.xml"
    episodes = "".join(
        f"<EPISODE><DECOM>{begun}</DECOM><DEC>{ended}</DEC></EPISODE>"
        for begun, ended in (("05/01/2022", "10/02/2022"), ("05/01/2024", ""))
    )
    own = f"<HEADER><CHILDID>L1</CHILDID></HEADER>{episodes}"
    path.write_text(f"<SSDA903><CHILD>{own}</CHILD></SSDA903>")
    assert read(FEED, path, mapping).submissions["L1"].particulars.involvements == (
        Involvement("social-work", "801", start="2022-01-05", end="2022-02-10"),
        Involvement("social-work", "801", start="2024-01-05"),
    )
