"""In which form a request is written and wants its answer; what is not spoken here is refused.

FHIR asks for it (R4, 3.1.0.1.11: an answer in another form than the one that was asked for is 406).
Beside FHIR there is one form alone, and ``Accept`` is passed over.
"""

from collections.abc import Iterable, Iterator
from inspect import signature
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.route import Route

JSON = ("application/json", "text/json")
FHIR = (*JSON, MEDIA, "application/json+fhir")
"""With the older name, which clients of FHIR send beside the newer."""
FORM = (RequestEncodingType.URL_ENCODED.value,)
ANY = ("*/*", "application/*")
OF_R4 = ("4.0", "4.0.1")
GZIP = ("gzip", "x-gzip")
UTF_8 = ("utf-8", "utf8", "us-ascii")
FORMATS = ("json", *FHIR, "application/fhir json")
"""What ``_format`` may say; the last is ``application/fhir+json`` where nobody wrote + as %2B."""

Asking = ASGIConnection[Any, Any, Any, Any]


def takes_a_body(route: Route) -> bool:
    """Whether a request of the route has one."""
    return "data" in signature(route.handler).parameters


def takes_a_form(route: Route) -> bool:
    """Whether it is that of a web form, as a search's in FHIR is."""
    return route.path.endswith("/_search")


def spoken(asking: Asking, handler: BaseRouteHandler) -> None:
    """A guard of a route. Raises HTTPException: 415 for the body's form, 406 for the answer's."""
    route: Route = handler.opt["route"]
    if takes_a_body(route) and _has_a_body(asking):
        taken = FORM if takes_a_form(route) else FHIR if route.media == MEDIA else JSON
        _must_be_written_in(asking, taken)
    if route.media == MEDIA:
        told_in_fhir(asking, handler)


def told_in_fhir(asking: Asking, _: BaseRouteHandler) -> None:
    """A guard of what answers in FHIR. Raises HTTPException where another form is wanted."""
    stated = asking.query_params.getall("_format", [])
    fits = stated[0].strip() in FORMATS if stated and stated[0].strip() else _is_accepted(asking)
    if not fits:
        raise HTTPException(status_code=406)


def takes_gzip(stated: Iterable[str]) -> bool:
    """Whether an answer may be compressed, by what ``Accept-Encoding`` says (RFC 9110, 12.5.3).

    >>> takes_gzip(["br, gzip;q=0.5"]), takes_gzip(["gzip;q=0, *"]), takes_gzip([""])
    (True, False, False)
    """
    accepted = map(_parts, ",".join(stated).split(","))
    return any(coding in GZIP and not _is_refused(said) for coding, said in accepted)


def _is_refused(said: dict[str, str]) -> bool:
    """Whether the weight of what is accepted is nothing."""
    return said.get("q", "1").rstrip("0") in ("", ".", "0.")


def _has_a_body(asking: Asking) -> bool:
    headers = asking.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _must_be_written_in(asking: Asking, taken: tuple[str, ...]) -> None:
    media, said = _parts(asking.headers.get("content-type", ""))
    if (
        (media and media not in taken)
        or said.get("charset", UTF_8[0]) not in UTF_8
        or said.get("fhirversion", OF_R4[0]) not in OF_R4
        or asking.headers.get("content-encoding", "identity").lower() != "identity"
    ):
        raise HTTPException(status_code=415)


def _is_accepted(asking: Asking) -> bool:
    """Whether one of the forms that are accepted is that of the answer."""
    return any(
        media in (*ANY, *FHIR)
        and said.get("fhirversion", OF_R4[0]) in OF_R4
        and not _is_refused(said)
        for media, said in _accepted(asking)
    )


def _accepted(asking: Asking) -> Iterator[tuple[str, dict[str, str]]]:
    stated = ",".join(asking.headers.getall("accept", []))
    if not stated.strip():
        yield ANY[0], {}
    for one in stated.split(","):
        yield _parts(one)


def _parts(stated: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, in small letters."""
    media, *parameters = (part.strip() for part in stated.lower().split(";"))
    pairs = (one.partition("=") for one in parameters)
    return media, {name.strip(): value.strip(' "') for name, _, value in pairs}
