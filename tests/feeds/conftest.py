from pathlib import Path

import pytest

from feeds.catalogue import FEEDS
from feeds.submission import Fault, Submission

SAMPLES = Path(__file__).parent / "samples"


class Read:
    """What one pass over a file gave."""

    def __init__(self, reading):
        self.reading = reading
        self.rows = list(reading)
        self.submissions = {each.key: each for each in self.rows if isinstance(each, Submission)}
        self.faults = [(each.rule, each.line) for each in self.rows if isinstance(each, Fault)]

    def remarks(self, key):
        return [(each.rule, each.field) for each in self.submissions[key].remarks]


@pytest.fixture
def read():
    def read_file(feed, path, mapping=None):
        feed = FEEDS[feed] if isinstance(feed, str) else feed
        paths = path if isinstance(path, list) else [path]
        return Read(feed.open(paths, mapping=mapping))

    return read_file


@pytest.fixture
def samples():
    return SAMPLES
