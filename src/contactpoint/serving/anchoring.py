"""Notes outside its database how far the record of access goes, while the service runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from contactpoint.bootstrap import Contactpoint
from contactpoint.serving.threads import beside

EVERY = 60.0
"""Seconds of looks that somebody could take out of the record's end without a note against it."""

logger = logging.getLogger("contactpoint.serving")


@contextmanager
def anchoring(store: Contactpoint, every: float = EVERY) -> Iterator[None]:
    """Note it at regular intervals, and when the service has ended."""
    try:
        with beside(lambda ended: _anchor(store, ended, every), every):
            yield
    finally:
        _note(store)


def _anchor(store: Contactpoint, ended: threading.Event, every: float) -> None:
    while not ended.wait(every):
        _note(store)


def _note(store: Contactpoint) -> None:
    """What was recorded stands whether or not it can be noted: answers go on, and the log says so.

    Broad, for a thread that ended by any error would leave the record without notes unseen.
    """
    try:
        store.checkpoints.keep_up(store.access)
    except Exception:
        logger.exception("no checkpoint of the record of access could be noted")
