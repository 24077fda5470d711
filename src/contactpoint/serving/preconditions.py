"""Conditional requests (RFC 9110, 13): what is changed is named by the version that was seen."""

import re

from contactpoint.serving.problems import PreconditionError
from contactpoint.serving.seat import Seat

_TAG = re.compile(r'(?:W/)?"([0-9.]{1,64})"')


def tag(version: object) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def seen(seat: Seat) -> str:
    """The version that whoever asks saw, as ``If-Match`` states it.

    Raises PreconditionError where it states none.
    """
    stated = seat.headers.get("if-match")
    if stated is None:
        raise PreconditionError("If-Match: expected the ETag of what was seen", missing=True)
    match = _TAG.fullmatch(stated.strip())
    if match is None:
        raise PreconditionError("If-Match: expected the ETag of what was seen")
    return match[1]
