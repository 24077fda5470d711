"""Whatever a file holds: submissions, faults or one FeedError, and nothing that was not asked."""

import json
import os
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.catalogue import FEEDS, JOINT, recognise
from feeds.csc import Csc
from feeds.csv_table import CsvTable
from feeds.pds_fhir import PdsFhir
from feeds.school_census import SchoolCensus
from feeds.submission import Fault, FeedError, Submission
from feeds.text import Limits, encoding_of

FILES = {
    "school.census": "census.xml",
    "health.pds-fhir": "pds.ndjson",
    "social-care.csc": "csc.json",
    "social-care.cin": "cin.xml",
    "school.ctf": "ctf.xml",
    "health.pds-trace": "trace.csv",
    "social-care.ssda903": "ssda903.xml",
    "school.census-tables": "census_tables/pupilonroll.csv",
    "csv": "table.csv",
}
XML = [feed for feed, name in FILES.items() if name.endswith(".xml")]
FOLDERS = {"social-care.ssda903": "ssda903", "school.census-tables": "census_tables"}
"""Samples of several files that are one delivery."""
NAMELESS = {"social-care.cin", "social-care.ssda903"}
"""Returns without names and addresses; those with social workers are of several tables."""
EACH = pytest.mark.parametrize("feed", FILES)
QUICK = settings(max_examples=60)


def attempt(feed, *paths):
    """Read files to their end; only the three lawful outcomes pass."""
    try:
        rows = list(FEEDS[feed].open(paths))
    except FeedError:
        return []
    assert all(isinstance(each, Submission | Fault) for each in rows)
    return rows


@EACH
def test_a_sample_is_recognised_as_what_it_is(feed, samples):
    assert recognise(samples / FILES[feed]) is FEEDS[feed]


@EACH
def test_a_file_cut_off_anywhere_is_read_or_refused(feed, samples, tmp_path):
    whole = (samples / FILES[feed]).read_bytes()
    path = tmp_path / (samples / FILES[feed]).name
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        attempt(feed, path)


@EACH
@QUICK
@given(data=st.data())
def test_a_file_with_bytes_exchanged_is_read_or_refused(feed, samples, tmp_path, data):
    whole = bytearray((samples / FILES[feed]).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(whole)))
        whole[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    path = tmp_path / (samples / FILES[feed]).name
    path.write_bytes(bytes(whole))
    attempt(feed, path)


@EACH
@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(feed, tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    attempt(feed, path)


@EACH
def test_nothing_that_is_not_taken_is_in_a_submission(feed, samples):
    rows = attempt(feed, samples / FILES[feed])
    assert len(rows) >= 4
    assert b"PLANTED" not in msgspec.json.encode(rows)
    assert "PLANTED" in (samples / FILES[feed]).read_text()


@EACH
def test_a_link_into_a_system_is_taken_for_no_value_of_a_child(feed, samples, tmp_path):
    sample = samples / FILES[feed]
    path = tmp_path / sample.name
    rules = set()
    for text in linked(sample.read_text()):
        path.write_text(text)
        rows = [each for each in attempt(feed, path) if isinstance(each, Submission)]
        stated = msgspec.json.encode([(each.particulars, each.sensitive) for each in rows])
        assert b"ecaf" not in stated
        rules |= {one.rule for each in rows for one in each.remarks}
    assert ("LINK" in rules) == (feed not in NAMELESS)


def linked(text):
    """A file once for each of its values, with a link in that one's place."""
    for value in re.finditer(r"(?<=[>,\"\n])[^\s<>,\"{}\[\]:][^<>,\"{}\[\]:\n]*(?=[<,\"\n])", text):
        yield f"{text[: value.start()]}https://ecaf.example/7{text[value.end() :]}"


@EACH
def test_remarks_and_faults_hold_no_value_of_the_file(feed, samples):
    rows = attempt(feed, samples / FILES[feed])
    told = [each for row in rows for each in getattr(row, "remarks", ())]
    told += [(each.rule, each.field, each.expected) for each in rows if isinstance(each, Fault)]
    text = msgspec.json.encode(told).decode()
    assert told
    for value in ("C5 ?", "Okafor", "Hughes", "Nolan", "SEI5", "9000000", "nowhere", "Nowak"):
        assert value not in text


@EACH
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04\x00\x00", b"\x00" * 100, b"\x81\x8d\xff" * 9]
)
def test_empty_and_binary_files_are_refused(feed, tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(FeedError):
        list(FEEDS[feed].open([path]))


@EACH
def test_a_missing_file_is_refused_by_its_base_name(feed, tmp_path):
    with pytest.raises(FeedError, match=r"^gone: "):
        FEEDS[feed].open([tmp_path / "gone"])


@pytest.mark.parametrize(
    ("kind", "sample"),
    [(SchoolCensus, "census.xml"), (PdsFhir, "pds.ndjson"), (CsvTable, "table.csv")],
)
def test_a_file_or_an_element_above_the_limit_is_refused(kind, sample, samples):
    with pytest.raises(FeedError, match="at most 100 bytes"):
        kind(limits=Limits(file=100)).open([samples / sample])
    if kind is not SchoolCensus:
        with pytest.raises(FeedError, match="below 20 bytes"):
            list(kind(limits=Limits(element=20)).open([samples / sample]))


def test_many_small_elements_are_no_endless_one(samples, tmp_path):
    text = (samples / "census.xml").read_text()
    start, end = text.index("<PupilOnRoll>"), text.index("</PupilsOnRoll>")
    many = tmp_path / "c.xml"
    many.write_text(text[:end] + text[start:end] * 1200 + text[end:])
    rows = list(SchoolCensus(limits=Limits(element=100_000)).open([many]))
    assert len(rows) == 1201 * 4 + 1


def test_an_endless_element_is_refused_before_it_fills_the_memory(tmp_path):
    limits = Limits(element=100_000)
    xml = tmp_path / "c.xml"
    head = "<Message><Header/><Pupils><PupilsOnRoll><PupilOnRoll>"
    xml.write_text(head + "<Note>x</Note>" * 300_000)
    with pytest.raises(FeedError, match="elements below"):
        list(SchoolCensus(limits=limits).open([xml]))
    text = tmp_path / "c.json"
    text.write_text('{"la_code": 201, "Children": [{"la_child_id": "1", "x": [' + "1, " * 900_000)
    with pytest.raises(FeedError):
        list(Csc(limits=limits).open([text]))


BOMB = """<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<Message><Header/>&b;</Message>"""
OUTSIDE = """<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><Message><Header>&a;</Header></Message>"""


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, f"<!--{' ' * 9000}-->{OUTSIDE}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_wherever_it_stands(tmp_path, text, encoding):
    path = tmp_path / "c.xml"
    path.write_bytes(text.encode(encoding))
    for feed in XML:
        with pytest.raises(FeedError, match="DOCTYPE"):
            list(FEEDS[feed].open([path]))


def test_a_document_type_is_named_by_its_line(tmp_path):
    path = tmp_path / "c.xml"
    for text, where in (
        (f"<!-- <!DOCTYPE\n-->\n{OUTSIDE}", "line 3"),
        (f"<!--{' ' * 9000}-->\n{OUTSIDE}", "before line 2, root element"),
    ):
        path.write_text(text)
        with pytest.raises(FeedError, match=f"^c.xml: {where}: "):
            SchoolCensus().open([path])


def refusal(feed, path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FeedError) as caught:
        list(FEEDS[feed].open([path]))
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<Message><Header/>" + "<a>" * 100_000, "line 1, after Header 1: .*256 deep"),
        ("<Message><Header/><a>" + "x" * 10_500_000, "line 1, after Header 1: .*below 10 MB"),
        ("<Message>\n<Header/>\n<a>&b;</a></Message>", "line 3, after Header 1: .*no entities"),
        ("<Message><Header/><a>\x01</a></Message>", "line 1, .*characters that XML allows"),
        ("<Message><Header/></Message><b/>", "line 1, .*one root element"),
        ('\n <?xml version="1.0"?><Message/>', "line 1: .*no white space before it"),
        ('<?xml version="1.0" encoding="klingon"?><Message/>', "line 1: .*encoding that is known"),
        ('<?xml version="1.0" encoding="utf-16"?><Message/>', "line 1, encoding: .*UTF-16"),
        ("<Message><Header/><Pupils><PupilsOnRoll><PupilOnRoll>", "line 1, after Header 1: "),
    ],
)
def test_xml_that_cannot_be_read_is_named_by_line_element_and_reason(tmp_path, content, message):
    assert re.search(message, refusal("school.census", tmp_path / "c.xml", content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"key,given\n1,A\x00da\n", "line 2, byte 14: expected text without NUL bytes"),
        ("key,given\n1,Ada\n".encode("utf-16-le"), "line 1, byte 2: .*UTF-16 has its mark"),
        ("key,given\n1,Ada\n".encode("utf-32"), "line 1, byte 1: .*UTF-16 has its mark"),
        ("key,given\n1,Ada".encode("utf-16") + b"x", "line 2, byte 34: .*UTF-16 to the end"),
        (b"key,given\n1,\x81\x8d\n", "line 2, byte 13: .*UTF-8, UTF-16 or Windows-1252"),
        ("key,given\n1,Zoë\n".encode() + b"2,Zo\xeb\n", "line 3, byte 22: .*UTF-8 to the end"),
        (b"\xef\xbb\xbfkey,given\n1,Zo\xeb\n", "line 2, byte 18: .*UTF-8 to the end"),
    ],
)
def test_bytes_that_are_no_text_are_named_by_line_and_byte(tmp_path, content, message):
    assert re.search(message, refusal("csv", tmp_path / "t.csv", content))


@pytest.mark.parametrize("shift", range(4))
def test_a_letter_that_lies_across_two_pieces_is_read(tmp_path, shift):
    path = tmp_path / "t.csv"
    text = "key,given\n1," + "a" * (65_536 - 14 + shift) + "\U00010400" + "\n2,Ada" * 20_000
    path.write_bytes(text.encode())
    assert encoding_of(path, Limits()) == "utf-8"


def test_a_letter_cut_off_between_two_pieces_is_named_where_it_stands(tmp_path):
    line = "key,given\n1,Zoë\n2,".encode()
    content = line + b"a" * (65_535 - len(line)) + b"\xc3" + b"a\n" * 70_000
    message = refusal("csv", tmp_path / "t.csv", content)
    assert message.startswith("t.csv: line 3, byte 65536: expected UTF-8 to the end")


def test_text_of_windows_is_read_where_nothing_is_utf_8(tmp_path, read):
    path = tmp_path / "t.csv"
    path.write_bytes("key,given,family\n1,Zoë,O\u2019Neill\n".encode("cp1252"))
    (row,) = read("csv", path).rows
    assert row.particulars.names[0].given == ("Zoë",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("feed", sorted(FILES.keys() - set(XML)))
def test_a_file_that_is_no_xml_reads_alike_in_the_usual_encodings(
    samples, tmp_path, read, feed, encoding
):
    sample = samples / FILES[feed]
    path = tmp_path / sample.name
    path.write_text(sample.read_text(encoding="utf-8"), encoding=encoding)
    assert read(feed, path).rows == read(feed, sample).rows != []


def test_json_nested_too_deeply_is_named_by_line_or_child(tmp_path):
    deep = '{"la_code": 201, "Children": [{"la_child_id": "1"}, {"la_child_id": "2", "x": '
    for content in (deep + "[" * 50_000, deep + "[" * 50_000 + "]" * 50_000 + "}]}"):
        message = refusal("social-care.csc", tmp_path / "c.json", content)
        assert message == "c.json: child 1: expected JSON nested less deeply"
    first = '{"resourceType": "Patient"}\n'
    for content in ('{"resourceType": "Patient", "x": ' + "[" * 50_000, "[" * 50_000):
        message = refusal("health.pds-fhir", tmp_path / "p.json", f"{first}{content}\n")
        assert message == "p.json: line 2: expected JSON nested less deeply"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_folder_a_pipe_and_a_device_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(FeedError, match="a regular file, because it is read twice"):
            recognise(path)
        for feed in FEEDS.values():
            with pytest.raises(FeedError, match="a regular file, because it is read twice"):
                feed.open([path])


@pytest.mark.parametrize("feed", ["csv", "health.pds-trace", "school.census-tables"])
def test_a_quotation_that_never_ends_cannot_swallow_the_rows_behind_it(feed, samples, tmp_path):
    lines = (samples / FILES[feed]).read_text().splitlines()
    lines[1] = '"' + lines[1]
    message = refusal(feed, tmp_path / "t.csv", "\n".join(lines))
    assert message == "t.csv: line 2: expected a closing quotation mark before the file ends"


def test_a_hundred_thousand_columns_are_no_trouble(tmp_path):
    names = ",".join(f"c{number}" for number in range(100_000))
    path = tmp_path / "t.csv"
    path.write_text(f"UNIQUE REFERENCE,MATCHED_NHS_NO,ERROR/SUCCESS_CODE,{names}\n1\n")
    (fault,) = FEEDS["health.pds-trace"].open([path])
    assert isinstance(fault, Fault)
    assert (fault.rule, fault.key) == ("CELLS", "1")


@pytest.mark.parametrize("feed", ["health.pds-trace", "csv"])
def test_a_table_cut_off_in_its_last_row_is_refused_by_its_line(feed, samples, tmp_path):
    rows = (samples / FILES[feed]).read_text().splitlines()[:3]
    path = tmp_path / "cut.csv"
    path.write_text("\n".join([*rows, rows[-1][:4]]))
    with pytest.raises(FeedError, match="line 4: expected a whole line: the file is cut off"):
        list(FEEDS[feed].open([path]))
    path.write_text("\n".join([*rows, rows[-1][:4], ""]))
    assert [each.rule for each in attempt(feed, path) if isinstance(each, Fault)][-1:] == ["CELLS"]


@pytest.mark.parametrize(
    ("feed", "name"), [("social-care.ssda903", "episodes"), ("school.census-tables", "pupilonroll")]
)
def test_a_table_of_several_cut_off_in_its_last_row_is_refused(feed, name, delivery):
    paths = delivery(feed)
    (path,) = (each for each in paths if each.stem == name)
    path.write_text(path.read_text().rstrip().rpartition(",")[0])
    with pytest.raises(FeedError, match="a whole line: the file is cut off"):
        list(FEEDS[feed].open(paths))


@pytest.mark.parametrize("feed", sorted(FILES.keys() - JOINT))
def test_two_files_are_not_one_delivery(feed, samples):
    with pytest.raises(FeedError, match="one file"):
        FEEDS[feed].open([samples / FILES[feed]] * 2)


@pytest.fixture
def delivery(samples, tmp_path):
    def copy(feed):
        paths = []
        for sample in sorted((samples / FOLDERS[feed]).glob("*.csv")):
            paths.append(tmp_path / sample.name)
            paths[-1].write_bytes(sample.read_bytes())
        return paths

    return copy


@pytest.mark.parametrize("feed", FOLDERS)
@QUICK
@given(data=st.data())
def test_one_table_of_several_with_bytes_exchanged_is_read_or_refused(feed, delivery, data):
    paths = delivery(feed)
    path = data.draw(st.sampled_from(paths))
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        start = data.draw(st.integers(0, len(whole)))
        whole[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    attempt(feed, *paths)


@pytest.mark.parametrize("feed", FOLDERS)
def test_nothing_that_is_not_taken_of_several_tables_is_in_a_submission(feed, delivery):
    rows = attempt(feed, *delivery(feed))
    assert len(rows) >= 4
    assert b"PLANTED" not in msgspec.json.encode(rows)


def dropped_of(path, names):
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "2015-01-02"}
    path.write_text(json.dumps(patient | dict.fromkeys(names, 1)))
    reading = PdsFhir().open([path])
    list(reading)
    return reading.dropped


@pytest.mark.parametrize(
    "name",
    ["9000000009", "Ada 2015-01-02", "Born 02/01/15", "Thora Quince", "Zoë", "a\nb", "x" * 65],
)
def test_a_field_whose_name_is_no_plain_word_is_counted_without_it(tmp_path, name):
    told = {"caseNotes": 1, "case_notes-2.of:all": 1}
    dropped = dropped_of(tmp_path / "p.json", [name, *told])
    assert dropped == {"(other)": 1, **told}


def test_no_more_than_two_hundred_names_of_fields_are_told(tmp_path):
    names = [f"f{n}" for n in range(500)]
    dropped = dropped_of(tmp_path / "p.json", names)
    assert len(dropped) == 201
    assert (dropped["(other)"], dropped.total()) == (300, 500)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_of_utf_16_is_read_in_either_order_of_its_bytes(tmp_path, read, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffkey,given\n1,Zo\u00eb\n".encode(encoding))
    (row,) = read("csv", path).rows
    assert row.particulars.names[0].given == ("Zo\u00eb",)


def test_a_letter_cut_off_at_the_end_of_a_file_is_named_where_it_stands(tmp_path):
    content = "key,given\n1,Zo\u00eb\n2,Zo\u00eb".encode()[:-1]
    message = refusal("csv", tmp_path / "t.csv", content)
    assert message.startswith("t.csv: line 3, byte ")
    assert message.endswith("UTF-8 to the end, as it begins")


@pytest.mark.parametrize(
    "begins", [b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd"]
)
def test_a_packed_file_is_known_for_what_it_is(tmp_path, begins):
    message = refusal("csv", tmp_path / "t.csv", begins + b"key,given\n1,Ada\n")
    assert message == "t.csv: byte 1: expected text, not a compressed file: unpack it first"
