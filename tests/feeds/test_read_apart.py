"""A row read apart from its file says what it says in it."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.catalogue import FEEDS
from feeds.csc import Csc
from feeds.pds_fhir import PdsFhir
from feeds.reading import ReadsApart
from feeds.submission import FeedError, Recalled
from person.identifiers import Identifier

FEED = PdsFhir()
BUNDLE = (
    '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"RelatedPerson",'
    '"relationship":[{"coding":[{"code":"MTH"}]}],"name":[{"given":["Ada"],"family":"Reid"}]}},'
    '{"resource":{"resourceType":"Patient","id":"9000000092","photo":1,'
    '"name":[{"given":["Kai"],"family":"Reid"}]}}]}'
)
"""A Bundle in a line, whose mother stands before her child."""


@pytest.fixture
def sample_lines(samples):
    written = (samples / "pds.ndjson").read_text(encoding="utf-8").splitlines()
    return [*(line for line in written if line.strip()), BUNDLE]


def partly_apart(path, chosen, feed=FEED, mapping=None):
    """The rows of a file and what was left out of them, those chosen read apart from it."""
    reading = feed.open([path], mapping=mapping)
    rows = feed.rows(path.name, mapping=mapping)
    asked = []

    def leave(*written):
        asked.append(written)
        return len(asked) in chosen

    reading.recalls = leave
    read = [
        rows.row(row.line, *map(bytes, asked[-1])) if isinstance(row, Recalled) else row
        for row in reading
    ]
    return read, Counter(reading.dropped) + Counter(rows.dropped)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_rows_of_any_file_may_be_read_apart(data, sample_lines, tmp_path):
    path = tmp_path / "patients.ndjson"
    lines = [BUNDLE, *data.draw(st.lists(st.sampled_from(sample_lines), max_size=9))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    reading = FEED.open([path])
    whole = list(reading), Counter(reading.dropped)
    assert partly_apart(path, data.draw(st.sets(st.integers(1, 10)))) == whole


@pytest.mark.parametrize("chosen", [{1, 2, 3}, {4, 5, 6, 7}, set(range(1, 20))])
def test_children_may_be_read_apart(samples, chosen):
    path = samples / "csc.json"
    reading = Csc().open([path])
    whole = list(reading), Counter(reading.dropped)
    assert partly_apart(path, chosen, Csc()) == whole


def test_a_child_read_apart_is_of_the_authority_that_a_mapping_names(tmp_path):
    path, mapping = tmp_path / "cases.json", tmp_path / "authority.toml"
    path.write_text('{"Children":[{"la_child_id":"7","child_details":{"surname":"Reid"}}]}')
    mapping.write_text('authority = "201"\n')
    (row,), _ = partly_apart(path, {1}, Csc(), mapping)
    assert row.particulars.identifiers == (Identifier("la-child", "201/7"),)


def test_what_is_nested_too_deeply_is_refused_apart_as_in_its_file():
    row = b'{"resourceType":"Patient","id":"9","x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    with pytest.raises(FeedError, match="line 4: expected JSON nested less deeply"):
        FEED.rows("night.ndjson").row(4, row)


def test_a_child_nested_too_deeply_is_refused_apart():
    child = b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"
    with pytest.raises(FeedError, match="child 4: expected JSON nested less deeply"):
        Csc().rows("cases.json").row(4, b"201", child)


def test_which_feeds_read_rows_apart():
    apart = [name for name, feed in FEEDS.items() if isinstance(feed, ReadsApart)]
    assert sorted(apart) == ["health.pds-fhir", "social-care.csc"]
