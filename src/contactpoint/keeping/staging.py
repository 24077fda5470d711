"""Where an installation's databases stand, and where a restore fills others before it swaps."""

import dataclasses
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa

from contactpoint.keeping.files import FilePlace
from contactpoint.keeping.place import ACCESS, LOG, READ, SUBJECT_KEYS, Part, Place
from contactpoint.keeping.schemas import schema_of
from contactpoint.settings import Settings
from events.disk import write_private
from events.store.locks import file_lock

BESIDE = "restoring"
"""Names the databases that a restore fills, and the folder of their home."""
SWAPPING = "restore.swapping"
"""A file in the home: while it is there, databases of two indexes may stand side by side."""
ORDER: tuple[Part, ...] = (SUBJECT_KEYS, ACCESS, READ, LOG)
"""In which databases are put in place: without the log there is no index yet."""


def places(settings: Settings) -> Mapping[str, Place]:
    """Where each database of an installation stands, by the name of its part."""
    urls = {
        "log": settings.log_url,
        "keys": settings.keys_url,
        "access": settings.access_url,
        "read": settings.read_url,
    }
    return {name: place_of(url) for name, url in urls.items()}


def place_of(url: str) -> Place:
    """The place that an address names."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return FilePlace(Path(parsed.database or "").absolute())
    return schema_of(parsed)


def beside(settings: Settings) -> Settings:
    """The settings of the installation that a restore fills beside this one."""
    there = {name: place.beside(BESIDE).url for name, place in places(settings).items()}
    home = settings.home / BESIDE
    return dataclasses.replace(
        settings,
        home=home,
        log_url=there["log"],
        keys_url=there["keys"],
        access_url=there["access"],
        read_url=there["read"],
        checkpoints=home / "checkpoints",
    )


def is_swapping(settings: Settings) -> bool:
    """Whether a restore was cut short while it put databases in place."""
    return (settings.home / SWAPPING).exists()


def in_service(settings: Settings, *, shared: bool) -> AbstractContextManager[None]:
    """Hold what services share and a restore takes alone: LockedError where the other has it.

    It tells of services of this machine alone.
    """
    return file_lock(settings.home / "serve.lock", "serve", 0.0, shared=shared)


def close_to_all(settings: Settings) -> None:
    """Keep every command out until ``open_to_all``, also if this process dies."""
    marker = settings.home / SWAPPING
    if not marker.exists():
        write_private(marker, b"")


def open_to_all(settings: Settings) -> None:
    """Let commands in again."""
    (settings.home / SWAPPING).unlink()


def drop_beside(settings: Settings) -> None:
    """Remove what a restore or a drill has filled beside the installation."""
    for part in ORDER:
        places(settings)[part.name].beside(BESIDE).drop(part)
    shutil.rmtree(settings.home / BESIDE, ignore_errors=True)
