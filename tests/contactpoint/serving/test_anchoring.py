"""Checkpoints of the record of access while the service runs."""

import json
import logging
import time

from contactpoint.serving.anchoring import anchoring
from contactpoint.serving.logs import JsonLines
from tests.contactpoint.shields import Refuge


def noted(store):
    return [note.position for _, note in store.checkpoints.read(store.access)]


def look(store):
    store.record_look(store.origin("child show"), "child show", reason="enquiry", children=[])


class Lines(logging.Handler):
    """Keeps what was logged, as the service writes it."""

    def __init__(self):
        super().__init__()
        self.told = []

    def emit(self, record):
        self.told.append(json.loads(JsonLines().format(record)))


def test_what_was_recorded_is_noted_at_intervals(tmp_path):
    with Refuge(tmp_path).opened() as store, anchoring(store, every=0.01):
        look(store)
        until = time.monotonic() + 30
        while store.access.position() not in noted(store):
            assert time.monotonic() < until
            time.sleep(0.01)


def test_what_was_recorded_last_is_noted_as_the_service_ends(tmp_path):
    with Refuge(tmp_path).opened() as store:
        with anchoring(store, every=3600):
            look(store)
            assert noted(store) == []
        assert noted(store) == [store.access.position()]


def test_where_nothing_can_be_noted_the_service_goes_on_and_says_so_in_a_line(tmp_path):
    home = Refuge(tmp_path)
    file = tmp_path / "a file"
    file.write_text("")
    home.environment["CONTACTPOINT_CHECKPOINTS"] = str(file / "inside")
    lines, logger = Lines(), logging.getLogger("contactpoint.serving")
    logger.addHandler(lines)
    try:
        with home.opened() as store, anchoring(store, every=3600):
            look(store)
    finally:
        logger.removeHandler(lines)
    (line,) = lines.told
    assert line["level"] == "error"
    assert "no checkpoint of the record of access" in line["event"]
    assert str(tmp_path) not in json.dumps(line)
