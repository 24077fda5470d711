"""When the last backup was taken and the last drill passed, noted in the home for the doctor."""

import os
import time
from typing import Literal

import msgspec

from contactpoint.settings import Settings

NAME = "kept.json"


class Dates(msgspec.Struct, frozen=True):
    """Moments in microseconds since 1970-01-01 UTC; 0 for never."""

    backup: int = 0
    """When the last backup was taken from here."""
    drill: int = 0
    """When the last drill passed."""


def noted(settings: Settings) -> Dates:
    """What is noted; nothing where the note cannot be read."""
    try:
        return msgspec.json.decode((settings.home / NAME).read_bytes(), type=Dates)
    except (FileNotFoundError, msgspec.MsgspecError):
        return Dates()


def note(settings: Settings, what: Literal["backup", "drill"]) -> None:
    """Note that a backup was taken, or a drill passed, now."""
    new = msgspec.structs.replace(noted(settings), **{what: time.time_ns() // 1000})
    beside = settings.home / f"{NAME}.new"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(new) + b"\n")
    beside.replace(settings.home / NAME)
