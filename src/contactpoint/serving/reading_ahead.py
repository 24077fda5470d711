"""Has the system read the databases into its memory while the service begins.

An answer needs some twenty pages, from places far apart. Fetched one by one from the disk, as they
are asked for, they make the first minutes over a million children five times as slow as the rest;
read in order, all of them are there in seconds.
"""

import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import sqlalchemy as sa

from contactpoint.serving.threads import beside
from contactpoint.settings import Settings

STEP = 1 << 20
"""Bytes that are asked for at once: of a longer stretch the system reads no more than a part."""
SHARE = 0.5
"""Of the memory that is available, that the databases may take."""
PATIENCE = 5.0

logger = logging.getLogger("contactpoint.serving")


def reading_ahead(settings: Settings) -> AbstractContextManager[None]:
    """Read ahead, in a thread of this process, what fits into memory; ends with the context."""

    def work(ended: threading.Event) -> None:
        """An error costs speed alone: what was not read ahead is read when it is asked for."""
        with suppress(OSError):
            asked = read_ahead(files_of(settings), available() * SHARE, ended)
            logger.info("read ahead", extra={"megabytes": asked // STEP})

    return beside(work, PATIENCE)


def files_of(settings: Settings) -> Iterator[Path]:
    """The databases that are files, those that most answers need first."""
    for url in (settings.read_url, settings.log_url, settings.keys_url):
        place = sa.make_url(url)
        if place.get_backend_name() == "sqlite" and place.database:
            yield Path(place.database)


def read_ahead(files: Iterable[Path], room: float, ended: threading.Event) -> int:
    """Ask the system to read each file whole, as far as there is room; the bytes asked for.

    ``room`` is in bytes; a file for which too little is left is passed over. Asks for nothing
    where the system cannot be asked, and for no more once it has ``ended``.
    """
    asked = 0
    if not hasattr(os, "posix_fadvise"):
        return asked
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            size = os.fstat(descriptor).st_size
            if asked + size > room:
                continue
            for start in range(0, size, STEP):
                if ended.is_set():
                    return asked
                os.posix_fadvise(descriptor, start, STEP, os.POSIX_FADV_WILLNEED)
                asked += min(STEP, size - start)
        finally:
            os.close(descriptor)
    return asked


def available(told: Path = Path("/proc/meminfo")) -> int:
    """Bytes of memory that could be taken without anything else having to go; 0 if unknown."""
    with suppress(OSError):
        for line in told.read_text(encoding="ascii").splitlines():
            name, _, rest = line.partition(":")
            if name == "MemAvailable":
                return int(rest.removesuffix("kB")) * 1024
    return 0
