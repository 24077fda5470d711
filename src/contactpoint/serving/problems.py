"""Refusals and faults as problem details (RFC 9457). Nothing of what was asked is repeated."""

import logging
import re
import sqlite3
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from eventsourcing import persistence
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from contactpoint.accesses import UnrecordedError
from contactpoint.errors import ContactpointError, DeniedError, NotFoundError, UsageError
from contactpoint.judging.sight import StaleSightError
from contactpoint.people.tokens import TokenError
from contactpoint.shielding.officers import StaleShieldError
from events.store.appending import StaleError
from events.store.locks import LockedError
from projections.guard import BehindError
from projections.positions import AheadError

MEDIA = "application/problem+json"
RETRY = 2
"""Seconds after which it is worth to ask again what could not be answered just now."""

logger = logging.getLogger("contactpoint.serving")


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, in the members of RFC 9457."""

    title: str
    status: int
    detail: str = ""
    type: str = "about:blank"
    request: str = ""
    """The id of the request, by which whoever runs the service finds it."""


class UnauthenticatedError(ContactpointError):
    """Nobody is named by a token that is in force."""

    def __init__(self, message: str, error: str = "invalid_token") -> None:
        """``error``: as RFC 6750 and RFC 9470 call it; none where no token was shown at all."""
        super().__init__(message)
        self.error = error


class TooManyError(ContactpointError):
    """More than a reader may ask for in a stretch of time."""

    def __init__(self, message: str, after: int) -> None:
        """``after``: seconds until asking again may help."""
        super().__init__(message)
        self.after = after


class PreconditionError(ContactpointError):
    """What was to be changed is not as it was seen, or it was not said how it was seen."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class ConflictError(ContactpointError):
    """It cannot be done as things stand."""


OUT_OF_REACH: tuple[type[Exception], ...] = (
    persistence.OperationalError,
    persistence.InterfaceError,
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    psycopg.OperationalError,
    sqlite3.OperationalError,
)
"""What is raised where a database is away, locked or full: it may be there again soon."""
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (UnauthenticatedError, 401),
    (TokenError, 401),
    (DeniedError, 403),
    (NotFoundError, 404),
    (TooManyError, 429),
    (StaleSightError, 412),
    (StaleShieldError, 412),
    (UsageError, 422),
    (UnicodeDecodeError, 400),
    (sa.exc.DataError, 400),
    (psycopg.DataError, 400),
    (AheadError, 503),
    (BehindError, 503),
    (LockedError, 503),
    (StaleError, 503),
    (UnrecordedError, 503),
    *((kind, 503) for kind in OUT_OF_REACH),
    (ContactpointError, 409),
)
"""What each error is answered with; the first that fits counts."""
FAULT = "a fault of the service; its log names the place by the id of the request"
NO_TEXT = "the request holds what can be no text; expected UTF-8 without zero bytes"
LATER = "no answer can be given now; ask again"
WHERE = "the description at /openapi.json says what does"
OF_HTTP = {
    400: "the body: expected JSON in UTF-8, not compressed and not nested deeply",
    404: f"nothing answers at that path; {WHERE}",
    405: "the header Allow says what is answered at that path",
    406: "expected Accept, or _format, to allow application/fhir+json; there is no other form",
    413: "expected a body of at most 1 MiB",
    415: "Content-Type: expected one that the description at /openapi.json names, in UTF-8, not "
    "compressed",
}
"""What is said of requests that reach no handler of ours."""
_ADVICE = re.compile(r"[;.] 'contactpoint [^']*' .*")


def problem_of(error: Exception) -> tuple[Problem, Mapping[str, str]]:
    """The problem that an error is, and the headers that go with it."""
    if isinstance(error, PreconditionError):
        status = 428 if error.missing else 412
    elif isinstance(error, HTTPException):
        status = error.status_code
    elif isinstance(error, RecursionError):
        status = 400  # a body that is nested too deeply to be read
    else:
        status = next((s for kind, s in STATUSES if isinstance(error, kind)), 500)
    return Problem(HTTPStatus(status).phrase, status, _detail(error, status)), _headers(error)


def _detail(error: Exception, status: int) -> str:
    """What is said of it: our own words, or none."""
    if isinstance(error, ValidationException):
        return _invalid(error)
    if isinstance(error, ContactpointError):
        # What the command line is advised to do helps nobody who asks over HTTP.
        return _ADVICE.sub("", str(error))
    if isinstance(error, HTTPException | RecursionError):
        return OF_HTTP.get(status, "")
    return {400: NO_TEXT, 500: FAULT, 503: LATER}.get(status, "")


def _headers(error: Exception) -> dict[str, str]:
    match error:
        case UnauthenticatedError(error=kind):
            return _challenge(kind)
        case TokenError():
            return _challenge("invalid_token")
        case TooManyError(after=after):
            return {"Retry-After": str(after)}
        case BehindError() | LockedError() | StaleError() | UnrecordedError():
            return {"Retry-After": str(RETRY)}
        case _ if isinstance(error, OUT_OF_REACH):
            return {"Retry-After": str(RETRY)}
        case HTTPException(headers=headers):
            return {k: v for k, v in (headers or {}).items() if k.lower() == "allow"}
        case _:
            return {}


def _challenge(kind: str) -> dict[str, str]:
    told = f', error="{kind}"' if kind else ""
    return {"WWW-Authenticate": f'Bearer realm="contactpoint"{told}'}


def _invalid(error: ValidationException) -> str:
    """Which parts of the request do not fit, and what was expected, without what was given."""
    extra = error.extra if isinstance(error.extra, list) else []
    told = [f"{_part(one)}: {_expected(str(one.get('message', '')))}" for one in extra]
    return "; ".join(told) or f"the request does not fit; {WHERE}"


def _part(one: dict[str, Any]) -> str:
    part = str(one.get("key", "data"))
    return "body" if part == "data" else part


def _expected(message: str) -> str:
    """The words of a message that are about what is expected; values are never among them."""
    if message == "'data'":  # so it is said that there is no body
        return "expected JSON, and there is none"
    if message.startswith("Object contains unknown"):  # and the name may say anything
        return "holds an unknown field; the description at /openapi.json names those there are"
    fits = message.startswith(("Expected", "Object", "Missing")) and "regex" not in message
    return message if fits else f"does not fit; {WHERE}"


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to an error; a fault of ours is logged by kind and place alone."""
    problem, headers = problem_of(error)
    request_id = request.scope.get("state", {}).get("request_id", "")
    if problem.status >= 500 and not isinstance(error, ContactpointError | BehindError):
        logger.error("%s", place(error), extra={"request_id": request_id})
    told = msgspec.structs.replace(problem, request=request_id)
    return Response(
        msgspec.json.encode(told),
        status_code=problem.status,
        media_type=MEDIA,
        headers={**headers, "Cache-Control": "no-store"},
    )


def place(error: BaseException) -> str:
    """Kind and place of a fault; its text may hold a child's particulars."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    if not frames:
        return type(error).__name__
    at = Path(frames[-1].f_code.co_filename)
    line = traceback.extract_tb(error.__traceback__)[-1].lineno
    return f"{type(error).__name__} in {at.parent.name}/{at.name} line {line}"
