"""Conditional requests (RFC 9110, 13): what is changed is named by the version that was seen."""

import re

from contactpoint.serving.problems import PreconditionError
from contactpoint.serving.seat import Seat

IF_MATCH = "if-match"
EXPECTED = "If-Match: expected the ETag of what was seen"
_TAG = re.compile(r'(?:W/)?"([0-9.]{1,64})"')


def tag(version: object) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}


def must_be_as_seen(seat: Seat, body: object) -> None:
    """Raises PreconditionError unless ``If-Match`` states the tag of an answer with this body."""
    stated = seat.headers.get(IF_MATCH)
    if stated is None:
        raise PreconditionError(EXPECTED, missing=True)
    if stated.strip().removeprefix("W/") != seat.tag_of(body):
        raise PreconditionError("If-Match: it is not as it was when it was seen; look again")


def seen(seat: Seat) -> str:
    """The version that whoever asks saw, as ``If-Match`` states it.

    Raises PreconditionError where it states none.
    """
    stated = seat.headers.get(IF_MATCH)
    if stated is None:
        raise PreconditionError(EXPECTED, missing=True)
    match = _TAG.fullmatch(stated.strip())
    if match is None:
        raise PreconditionError(EXPECTED)
    return match[1]
