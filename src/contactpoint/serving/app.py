"""The application: handlers, description and exceptions, all made from the table of routes."""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any

import msgspec
from anyio import to_thread
from litestar import Litestar, Request, Response, Router, get, route
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import (
    ASGIApp,
    HTTPScope,
    Message,
    Receive,
    ReceiveMessage,
    Scope,
    Send,
)

from contactpoint.people.deciding import RULES, Second
from contactpoint.serving import problems
from contactpoint.serving.bodies import StrictRequest
from contactpoint.serving.describing import with_headers
from contactpoint.serving.fhir import capability, faults
from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.fhir.resources import OperationOutcome
from contactpoint.serving.keeping_up import soon
from contactpoint.serving.metrics import Metrics
from contactpoint.serving.preconditions import IF_MATCH
from contactpoint.serving.problems import Problem
from contactpoint.serving.repeats import IDEMPOTENCY_KEY, once
from contactpoint.serving.route import Route
from contactpoint.serving.seat import Seat, named, request_id, take_seat
from contactpoint.serving.service import Service
from contactpoint.serving.speaking import spoken, takes_a_body, takes_gzip
from contactpoint.serving.table import ROUTES
from contactpoint.serving.watching import Watched, beating

SHARED = {
    400: "The request does not fit its description.",
    401: "Nobody is named by a token in force, or not by strong authentication.",
    403: "The reader's role, purpose or involvement does not allow it, whoever the child.",
    422: "What is asked is too little, or cannot be.",
    429: "More than the reader may ask for now; Retry-After says when to ask again.",
    500: "A fault of the service.",
    503: "No answer can be given now; Retry-After says when to ask again.",
}
OWN = {
    404: "There is none; one that may not be seen is answered so, too.",
    409: "It cannot be done as things stand.",
    412: "It is not as it was when it was seen.",
    428: "If-Match is missing: it says how it was seen.",
}
TOO_LARGE = "The body is larger than 1 MiB."
ANOTHER_FORM = "The body is not written in a form that is named here."
LARGEST = 1 << 20
"""Bytes of a body; a look-up of a hundred identifiers has about ten thousand."""
ENCODINGS = b"accept-encoding"
ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def make(
    opening: Callable[[], AbstractContextManager[Service]],
    routes: Sequence[Route] = ROUTES,
    *,
    loads: bool = False,
) -> Litestar:
    """The application; it opens its service when it starts, and closes it when it ends.

    ``loads``: whether it reads the matcher's index at once, and not when somebody first asks.
    """
    counted = Metrics()

    @asynccontextmanager
    async def living(app: Litestar) -> AsyncIterator[None]:
        with opening() as service:
            app.state = State({"service": service})
            async with beating(service, counted, loads=loads):
                yield

    made = Litestar(
        [*_allowing(routes), *map(_handler, routes), _described, capability.metadata],
        lifespan=[living],
        exception_handlers={HTTPException: _refused, Exception: _refused},
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=1_000, gzip_compress_level=5
        ),
        openapi_config=_description(),
        request_max_body_size=LARGEST,
        logging_config=None,
        debug=False,
    )
    # Around all of it: what the router itself refuses has an id and the same headers, too.
    made.asgi_handler = Watched(_Envelope(made.asgi_handler), counted)
    return made


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def _described(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The description of the service: it tells of no child, and so anybody may read it."""
    return Response(_encoded(request.app), media_type="application/json")


def _elsewhere(*_: object) -> None:
    """What Litestar would tell of the routes has no headers: one description is enough."""
    raise NotFoundException


def _encoded(app: Litestar) -> bytes:
    told = with_headers(app.openapi_schema.to_schema(), ROUTES)
    return msgspec.json.encode(told, order="deterministic")


def _refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to an error, in the words of the address that was asked."""
    if isinstance(error, HTTPException) and request.scope["state"].get("cut_off"):
        error = ClientException()  # the body ended before its end, or was cut into no chunks
    is_fhir = request.scope["path"].startswith(faults.PREFIX)
    return faults.answer(request, error) if is_fhir else problems.answer(request, error)


def _handler(one: Route) -> Any:
    """Litestar's handler of a route."""
    fault, media = (OperationOutcome, MEDIA) if one.media == MEDIA else (Problem, problems.MEDIA)
    refused = {status: OWN[status] for status in one.refuses if status in OWN} | SHARED
    refused |= {413: TOO_LARGE, 415: ANOTHER_FORM} if takes_a_body(one) else {}
    refused |= {406: capability.ANOTHER_ANSWER} if one.media == MEDIA else {}
    return route(
        one.path,
        http_method=[one.method],
        name=one.name,
        operation_id=one.name,
        summary=one.summary,
        description=_told(one),
        tags=[one.tag],
        status_code=one.status,
        media_type=one.media,
        dependencies={"seat": Provide(take_seat)},
        guards=[named, spoken],
        request_class=StrictRequest,
        opt={"route": one},
        responses={
            one.status: ResponseSpec(
                one.answers,
                description="The answer.",
                media_type=one.media,
                generate_examples=False,
            ),
            **{
                status: ResponseSpec(
                    fault, description=said, media_type=media, generate_examples=False
                )
                for status, said in sorted(refused.items())
            },
        },
    )(_recorded(one))


def _allowing(routes: Sequence[Route]) -> Iterator[HTTPRouteHandler]:
    """What answers to OPTIONS; Litestar's own answer knows of one method of a path alone."""
    for path in dict.fromkeys(one.path for one in routes):
        allowed = ", ".join(["OPTIONS", *(one.method for one in routes if one.path == path)])
        answer = functools.partial(Response[None], None, headers={"Allow": allowed})
        yield route(path, http_method=["OPTIONS"], status_code=204, include_in_schema=False)(
            _answering(answer)
        )


def _answering(answer: Callable[[], Response[None]]) -> Callable[[], Awaitable[Response[None]]]:
    async def answering() -> Response[None]:
        return answer()

    return answering


def _told(one: Route) -> str:
    """What a route does, and who may ask."""
    rule = RULES[one.act]
    may = [
        f"To {one.act}. Roles: {', '.join(sorted(rule.roles))}.",
        f"Purposes: {', '.join(sorted(rule.purposes))}." if one.opens else "",
        "The token has to allow overriding." if rule.override else "",
        "It takes two persons." if rule.second is Second.ALWAYS else "",
        "Where it is about a shielded child, or large, it takes two persons."
        if rule.second is Second.DANGEROUS
        else "",
    ]
    return "\n\n".join([inspect.getdoc(one.handler) or "", " ".join(filter(None, may))])


def description() -> dict[str, Any]:
    """What can be asked, as OpenAPI 3.1; no service is opened for it."""

    def never() -> AbstractContextManager[Service]:
        raise AssertionError("nothing is asked of it")

    told: dict[str, Any] = msgspec.json.decode(_encoded(make(never)))
    return told


def _recorded(one: Route) -> Callable[..., Any]:
    """The handler of a route; its answer, or error, leaves when what it recorded is on disk."""

    @functools.wraps(one.handler)
    async def answered(**asked: Any) -> Any:
        seat: Seat = asked["seat"]
        work = functools.partial(one.handler, **asked)
        slowly = functools.partial(to_thread.run_sync, limiter=seat.service.threads())

        def afresh() -> Any:
            # What a try recorded that could not be answered yet was shown to nobody.
            seat.pending.clear()
            return work()

        try:
            if one.quick:
                return await soon(afresh, slowly)
            if one.repeats and IDEMPOTENCY_KEY in seat.headers:
                words = {name: value for name, value in asked.items() if name != "seat"}
                whole = msgspec.json.encode([one.name, words, seat.headers.get(IF_MATCH, "")])
                work = functools.partial(once, seat, whole, work)
            return await slowly(work)
        finally:
            await seat.settle()

    return answered


def _description() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="contactpoint",
        version="1",
        description="Who a child is, and which services work with them.",
        openapi_router=Router(
            "/openapi", route_handlers=[], include_in_schema=False, guards=[_elsewhere]
        ),
        render_plugins=[JsonRenderPlugin(path="/document.json")],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")
            }
        ),
        security=[{"bearer": []}],
        create_examples=False,
    )


class _Envelope:
    """Gives each request an id, and each answer the headers that all of them have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        _settle_encoding(scope)
        stated = Request[Any, Any, Any](scope).headers.get("x-request-id")
        scope["state"]["request_id"] = given = request_id(stated)

        unread = _has_a_body(scope)

        async def receiving() -> ReceiveMessage:
            nonlocal unread
            message = await receive()
            if message["type"] == "http.disconnect":
                scope["state"]["cut_off"] = True
            elif not message.get("more_body"):
                unread = False
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [*ALWAYS, (b"x-request-id", given.encode())]
                names = {name for name, _ in own}
                if unread:  # the server closes it, and would not always say so
                    own.append((b"connection", b"close"))
                kept = [pair for pair in message["headers"] if pair[0].lower() not in names]
                message["headers"] = [*kept, *own]
            await send(message)

        await self._app(scope, receiving, sending)


def _has_a_body(scope: HTTPScope) -> bool:
    """Whether a request of HTTP/1 comes with a body; later ones have no connection to close."""
    stated = dict(scope["headers"])
    has_one = stated.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in stated
    return has_one and scope["http_version"].startswith("1")


def _settle_encoding(scope: HTTPScope) -> None:
    """Say of an answer's encoding what is meant: Litestar looks for the word, refused or not."""
    stated = [value.decode("latin-1") for name, value in scope["headers"] if name == ENCODINGS]
    if stated:
        others = [pair for pair in scope["headers"] if pair[0] != ENCODINGS]
        meant = b"gzip" if takes_gzip(stated) else b"identity"
        scope["headers"] = [*others, (ENCODINGS, meant)]
