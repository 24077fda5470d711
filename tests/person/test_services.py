import msgspec

from person.services import Involvement


def test_an_involvement_that_was_stored_before_enrolment_was_taken_still_reads():
    stored = b'{"kind":"school","organisation":"8012000","start":"2018-09-03"}'
    school = Involvement("school", "8012000", start="2018-09-03")
    assert msgspec.json.decode(stored, type=Involvement) == school
    assert msgspec.json.encode(school) == stored
