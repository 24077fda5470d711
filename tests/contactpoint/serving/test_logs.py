"""Lines of the log: fields that are allowed, and of others' words and of exceptions none."""

import json
import logging
import sys

import pytest

from contactpoint.serving.logs import JsonLines

SECRET = "Zebulonix Quillfeatherby"


def line(name, message, *, error=None, **extra):
    record = logging.LogRecord(name, logging.ERROR, "x.py", 1, message, (), error)
    record.__dict__.update(extra)
    return JsonLines().format(record)


def test_a_line_is_an_object_with_the_fields_that_are_allowed():
    told = json.loads(line("contactpoint.requests", "answered", status=200, path=f"/x?{SECRET}"))
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "error",
        "logger": "contactpoint.requests",
        "event": "answered",
        "status": 200,
    }


@pytest.mark.parametrize("name", ["httpx", "litestar", "asyncio", "sqlalchemy.engine"])
def test_the_words_of_others_are_left_out(name):
    assert SECRET not in line(name, f"request of {SECRET}")


def test_of_an_exception_the_kind_and_the_place_are_told():
    try:
        raise ValueError(SECRET)
    except ValueError:
        told = line("contactpoint.serving", "fault", error=sys.exc_info())
    assert SECRET not in told
    assert json.loads(told)["fault"].startswith("ValueError in serving/test_logs.py line ")
