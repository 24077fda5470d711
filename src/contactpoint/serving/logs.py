"""What the service logs: a JSON object a line, of fields that are allowed and no others.

Never a path, a query, a header or a body: a route's template, an id and a status say what has to be
looked for. The words of other people's loggers may hold any of them, and are left out.
"""

import datetime
import logging
from typing import Any

import msgspec

from contactpoint.serving.problems import place

REQUESTS = "contactpoint.requests"
FIELDS = ("request", "request_id", "route", "method", "status", "ms", "reader", "signal", "workers")
"""What a line may say beside when, how grave, by whom and what."""
OURS = ("contactpoint", "_granian")
"""Loggers whose words are about the program: their lines keep them."""


class JsonLines(logging.Formatter):
    """Makes a JSON object of a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Of an exception it has kind and place; its text may be about a child."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        told: dict[str, Any] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.startswith(OURS):
            told["event"] = record.getMessage()
        told |= {name: vars(record)[name] for name in FIELDS if name in vars(record)}
        if record.exc_info and record.exc_info[1] is not None:
            told["fault"] = place(record.exc_info[1])
        return msgspec.json.encode(told, enc_hook=str).decode()


def configuration(level: str = "INFO") -> dict[str, Any]:
    """How logging is set up in each process of the service: lines on standard error."""
    quiet = {"handlers": ["lines"], "level": "WARNING", "propagate": False}
    loud = {**quiet, "level": level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": f"{__name__}.{JsonLines.__name__}"}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            "contactpoint": loud,
            "_granian": loud,
            # What passes here is written by us, without the path.
            "granian.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
