"""What the description says of headers, which no handler names: those sent and those answered."""

from collections.abc import Iterator, Sequence
from inspect import Parameter, signature
from typing import Any

from contactpoint.people.deciding import RULES, Second
from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.route import Route

NOT_MODIFIED = "What is visible has not changed since the answer with the ETag that was stated."
STATED = ("Contactpoint-Purpose", "Contactpoint-Reason")
"""What has to be stated where a child may be shown."""
ANSWERED: dict[str, tuple[str, str]] = {
    "401": ("WWW-Authenticate", "Whether a token is missing, not in force or not strong enough."),
    "429": ("Retry-After", "Seconds after which to ask again."),
    "503": ("Retry-After", "Seconds after which to ask again."),
}
"""The header that goes with a refusal."""


def with_headers(description: dict[str, Any], routes: Sequence[Route]) -> dict[str, Any]:
    """The description, with the headers of each route."""
    named = {one.name: one for one in routes}
    for operations in description["paths"].values():
        for operation in operations.values():
            if route := named.get(operation["operationId"]):
                _describe(operation, route)
    return description


def _describe(operation: dict[str, Any], route: Route) -> None:
    for parameter in operation["parameters"]:
        if parameter["name"] in STATED:
            parameter["required"] = route.opens
    operation["parameters"].extend(_sent(route))
    answers = operation["responses"]
    for status, header in ANSWERED.items():
        answers[status]["headers"] = _headers(header)
    answers[str(route.status)]["headers"] = _headers(*_told(route))
    if _may_be_unchanged(route):
        answers["304"] = {"description": NOT_MODIFIED}
    if body := operation.get("requestBody"):
        body["required"] = signature(route.handler).parameters["data"].default is Parameter.empty
        if route.media == MEDIA and (plain := body["content"].get("application/json")):
            body["content"][MEDIA] = plain


def _sent(route: Route) -> Iterator[dict[str, Any]]:
    """The headers that a request of the route may or has to have."""
    second = RULES[route.act].second
    yield _parameter("X-Request-ID", "An id of yours: 8 to 64 letters, digits and `-`.")
    if _may_be_unchanged(route):
        yield _parameter("If-None-Match", "The ETag of the answer that you have.")
    if 428 in route.refuses:
        yield _parameter("If-Match", "The ETag of what you saw.", required=True)
    if route.repeats:
        yield _parameter("Idempotency-Key", "8 to 128 visible characters, for a day.")
    if second is not Second.NEVER:
        said = "`Bearer` and the token of the second person."
        yield _parameter("Contactpoint-Second", said, required=second is Second.ALWAYS)


def _told(route: Route) -> Iterator[tuple[str, str]]:
    """The headers that a good answer of the route may have."""
    if route.method == "GET" or route.tag == "shields":
        yield "ETag", "Names what is shown, or its version."
    if "{number" in route.path and route.media != MEDIA:
        yield "Content-Location", "The child that goes on, where a merger took the number away."
    if route.repeats:
        yield "Idempotent-Replayed", "`true`: the answer was given before, under the same key."


def _may_be_unchanged(route: Route) -> bool:
    """Whether its ETag is of all that is visible; that of a pair is of its versions."""
    return route.method == "GET" and "{pair" not in route.path


def _parameter(name: str, said: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name, "in": "header", "description": said, "required": required, "schema": schema,
    }  # fmt: skip


def _headers(*told: tuple[str, str]) -> dict[str, Any]:
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in told}
