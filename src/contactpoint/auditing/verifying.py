"""Whether the record of access is as it was written: its chain, its checkpoints, its sealed words.

A checkpoint is noted at the end of each command that wrote to the record, by a service at regular
intervals and as it stops (``Checkpoints.keep_up``), and by each verification that found nothing.
"""

from collections.abc import Iterator, Sequence

from events.checkpoints import Checkpoints
from events.keys import UnknownKeyError
from events.log import Log
from events.mapper import Row
from events.message import Erased, Recorded
from events.verify import Finding, Report
from events.verify import verify as walk

NEVER_ISSUED = "what was asked cannot be read: its key is not among the keys"
DESTROYED = "what was asked cannot be read: its key was destroyed"


def verify(access: Log, checkpoints: Checkpoints) -> Report:
    """Walk the whole record; where nothing is amiss, note how far it goes."""
    report = walk(access, checkpoints)
    if report.is_whole:
        report.findings += _unreadable(access)
    if report.is_whole:
        checkpoints.keep_up(access)
    return report


def _unreadable(access: Log) -> Iterator[Finding]:
    """The first event under each key that is gone.

    No erasure destroys the keys of this record: a reason that is gone was taken away.
    """
    known = set[int]()
    for page in access.pages():
        for row, why in _lost(access, page):
            (message,) = access.decode([row], opened=False)
            if not known.issuperset(message.keys):
                known.update(message.keys)
                yield Finding(why, row.position)


def _lost(access: Log, page: Sequence[Row]) -> list[tuple[Row, str]]:
    try:
        told = access.decode(page)
    except UnknownKeyError:
        if len(page) == 1:
            return [(page[0], NEVER_ISSUED)]
        half = len(page) // 2
        return _lost(access, page[:half]) + _lost(access, page[half:])
    return [(row, DESTROYED) for row, one in zip(page, told, strict=True) if _is_erased(one)]


def _is_erased(message: Recorded) -> bool:
    event = message.event
    return any(isinstance(getattr(event, name), Erased) for name in event.sealed)
