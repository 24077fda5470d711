import gzip

import pytest

from feeds.catalogue import FEEDS, recognise
from feeds.submission import FeedError
from feeds.text import Limits
from feeds.unknown import refuse_unreadable

CENSUS = '<?xml version="1.0"?>\n<Message><Header><Col'
PATIENT = '{"resourceType": "Patient", "id": "1"}'


@pytest.fixture
def shown(tmp_path):
    def look(content):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert recognise(path) is None
        refuse_unreadable(path)

    return look


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 3, byte 9: expected text without NUL bytes"),
        (b"key\n\x81\x8d", "line 2, byte 5: expected text in UTF-8"),
        (gzip.compress(PATIENT.encode(), mtime=0), "byte 1: expected text, not a compressed file"),
        (PATIENT.encode("utf-16-le"), "line 1, byte 2: .*UTF-16 has its mark"),
        ("  \n\t\n", "line 1: expected some content, not blanks alone"),
        ("\n{}", "line 1: expected children with la_child_id, or Patients"),
        ("[]", "line 1: expected children with la_child_id, or Patients"),
        ('{"Children": []}', "line 1: expected children with la_child_id, or Patients"),
        ("[" * 100_000, "line 1: expected JSON nested less deeply"),
        ("[\n" + "[" * 100_000 + "]" * 100_000, "line 1: expected JSON nested less deeply"),
        ('{"a":\n {"b": 1,\n', "line 2: expected whole, well-formed JSON"),
        ('{"a": 1}\n{"b":\n', "line 2: expected whole JSON in each line"),
        (CENSUS, "line 2: expected well-formed XML, whole"),
        ("<a>" * 300, "line 1: expected elements nested at most 256 deep"),
    ],
)
def test_a_file_that_no_feed_could_read_is_refused_with_its_place(shown, content, message):
    with pytest.raises(FeedError, match=rf"^file: ({message})"):
        shown(content)


@pytest.mark.parametrize(
    "content",
    [
        "no,such,columns\n1,2,3\n",
        '{"a": 1}\n{"a": 2}\n',
        '{"a":\n 1}',
        "<Message><a>1</a></Message>",
    ],
)
def test_a_whole_file_of_another_kind_may_be_of_a_feed_that_is_named(shown, content):
    shown(content)


def test_a_document_that_is_too_large_to_look_at_is_not_refused_for_that(tmp_path):
    path = tmp_path / "file"
    path.write_text('{"a": [\n' + '"x",\n' * 100 + '"x"]}')
    refuse_unreadable(path, Limits(element=100))


def test_a_payload_without_children_shows_what_it_is(tmp_path):
    path = tmp_path / "file"
    path.write_text('{"la_code": 801, "Children": []}')
    assert recognise(path) is FEEDS["social-care.csc"]
