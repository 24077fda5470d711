"""A night's drop folder: which file is of which source and feed, and in which order they count.

A file stands in a folder named for its source, and its own name begins with its feed and the date
for which it speaks: ``pds/health.pds-fhir.2026-01-15.ndjson``. Where the name says less, the file
itself is asked for its feed; the date that a file states of itself goes before the one in its name.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from contactpoint.moments import moment
from feeds.catalogue import DATED, JOINT, recognise
from feeds.submission import Feed, FeedError

DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
COMING: Final = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", "~")
"""Endings of names of files that are still being copied, or of an editor's copies."""
_UNDATED: Final = moment("9999-12-31")
"""A file of which nothing says a date takes effect when it is loaded: after all others."""


@dataclass(frozen=True, slots=True, order=True)
class Dropped:
    """One file of a drop folder; files sort by the moment from which they count, then by name."""

    when: int
    effective: str
    """The date in its name; empty where there is none, or the file states its own."""
    source: str
    feed: str
    """Empty where neither its name nor its beginning says."""
    path: Path


def dropped(folder: Path, feeds: Mapping[str, Feed]) -> list[Dropped]:
    """The files of a drop folder, each in the folder of its source, in order of effective time.

    Files at the top of the folder belong to no source and are left out.
    """
    found = sorted(
        _named(path, feeds)
        for path in folder.glob("*/*")
        if path.is_file() and not path.name.startswith(".") and not is_coming(path)
    )
    return sorted(
        one for _, some in groupby(found, key=_delivery) for one in _placed(list(some), feeds)
    )


def _named(path: Path, feeds: Iterable[str]) -> Dropped:
    """What the name of a file says of it, and of its feed its beginning where the name does not."""
    named = [feed for feed in feeds if path.name.startswith(f"{feed}.")]
    feed = max(named, key=len) if named else _recognised(path)
    date = next((date for date in DATE.findall(path.name) if _moment(date) != _UNDATED), "")
    return Dropped(0, date, path.parent.name, feed, path)


def _delivery(one: Dropped) -> tuple[str, str, str]:
    return one.effective, one.source, one.feed


def _recognised(path: Path) -> str:
    try:
        feed = recognise(path)
    except (FeedError, OSError):  # the load says what is wrong with it
        return ""
    return feed.name if feed else ""


def _placed(files: list[Dropped], feeds: Mapping[str, Feed]) -> Iterable[Dropped]:
    """Each file with the moment from which it counts; files that are one delivery count as one.

    Where they state it, the date in their name counts for nothing: loaded without it, under
    another name or by hand, they are the same delivery.
    """
    feed = files[0].feed
    for some in [files] if feed in JOINT else [[one] for one in files]:
        stated = _stated(feeds[feed], [one.path for one in some]) if feed in DATED else None
        for one in some:
            if stated is None:
                yield replace(one, when=_moment(one.effective))
            else:
                yield replace(one, when=stated, effective="")


def _stated(feed: Feed, paths: list[Path]) -> int | None:
    """The moment that files state of themselves; None where they do, or can, not."""
    try:
        effective = feed.open(paths).header.effective
    except FeedError:  # the load says what is wrong with it
        return None
    return moment(effective) if effective else None


def _moment(date: str) -> int:
    try:
        return moment(date)
    except ValueError:  # no date, or one that never was
        return _UNDATED


def unlisted(folder: Path) -> list[tuple[Path, OSError]]:
    """The folders of sources that may not be looked into, and why: they are never passed over."""
    found: list[tuple[Path, OSError]] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            try:
                os.scandir(path).close()
            except OSError as error:
                found.append((path, error))
    return found


def is_coming(path: Path) -> bool:
    """Whether a name is one that programs give to what they are still writing."""
    return path.name.lower().endswith(COMING)


def left_out(folder: Path) -> list[Path]:
    """What of a drop folder is not loaded, as no source's folder holds it or it is no file to read.

    It is named, never passed over: a link may lead to a disk that is not there tonight.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if not path.is_dir()
        and (
            len(path.relative_to(folder).parts) != 2
            or path.name.startswith(".")
            or is_coming(path)
            or not path.is_file()
        )
    )
