"""A night's drop folder: which file is of which source and feed, and in which order they count.

A file stands in a folder named for its source, and its own name begins with its feed and the date
for which it speaks: ``pds/health.pds-fhir.2026-01-15.ndjson``. Where the name says less, the file
itself is asked for its feed.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass(frozen=True, slots=True, order=True)
class Dropped:
    """One file of a drop folder; files sort by the date for which they speak, then by name."""

    effective: str
    path: Path
    source: str
    feed: str
    """Empty where the name does not say."""


def dropped(folder: Path, feeds: Collection[str]) -> list[Dropped]:
    """The files of a drop folder, each in the folder of its source, in order of effective time.

    Files at the top of the folder belong to no source and are left out.
    """
    found: list[Dropped] = []
    for path in folder.glob("*/*"):
        if not path.is_file() or path.name.startswith("."):
            continue
        named = [feed for feed in feeds if path.name.startswith(f"{feed}.")]
        dates = DATE.findall(path.name)
        found.append(
            Dropped(
                effective=dates[0] if dates else "",
                path=path,
                source=path.parent.name,
                feed=max(named, key=len, default=""),
            )
        )
    return sorted(found)


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


def left_out(folder: Path) -> list[Path]:
    """Files of a drop folder that no source's folder holds: they are named, never passed over."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and (len(path.relative_to(folder).parts) != 2 or path.name.startswith("."))
    )
