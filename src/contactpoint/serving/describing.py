"""What the description says that no handler's signature does: headers, and what is refused."""

from collections.abc import Iterator, Sequence
from inspect import Parameter, signature
from typing import Any, get_args, get_type_hints

import msgspec

from contactpoint.people.deciding import RULES, Second
from contactpoint.serving.fhir.faults import PREFIX
from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.fhir.searching import PARAMETERS
from contactpoint.serving.route import Route

NOT_MODIFIED = "What is visible has not changed since the answer with the ETag that was stated."
STATED = ("Contactpoint-Purpose", "Contactpoint-Reason")
"""What has to be stated where a child may be shown."""
KEY = r"^[\x21-\x7e]{8,128}$"
TAG = r'^(W/)?"[^"]+"$'
NEEDED = ("patient", "sourceIdentifier")
"""Parameters that have to be there; their handlers take them as missing to refuse it in FHIR."""
RESOURCES = {
    "type": "object",
    "properties": {"resourceType": {"type": "string", "enum": ["Parameters", "Patient"]}},
    "required": ["resourceType"],
}
CHILD = {
    "type": "object",
    "properties": {"patient": {"type": "string", "minLength": 1}},
    "required": ["patient"],
}
FORMS: dict[str, dict[str, Any]] = {
    "patient_match": RESOURCES,
    "patient_team_posted": CHILD,
    "patient_related_posted": CHILD,
    "patient_search_posted": {
        "type": "object",
        "properties": {
            name: {"type": "string", "description": said} for name, said in PARAMETERS.items()
        }
        | {f"{name}:exact": {"type": "string"} for name in ("family", "given")},
        "additionalProperties": False,
    },
}
"""Bodies that their handlers take apart themselves."""
ANSWERED: dict[str, tuple[str, str]] = {
    "401": ("WWW-Authenticate", "Whether a token is missing, not in force or not strong enough."),
    "429": ("Retry-After", "Seconds after which to ask again."),
    "503": ("Retry-After", "Seconds after which to ask again."),
}
"""The header that goes with a refusal."""
OF_ALL = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
REQUEST_ID = "The id of the request: yours where it is one, else one made up; logs have it."


def with_headers(description: dict[str, Any], routes: Sequence[Route]) -> dict[str, Any]:
    """The description, with the headers of each route."""
    named = {one.name: one for one in routes}
    for path, operations in description["paths"].items():
        for operation in operations.values():
            if route := named.get(operation["operationId"]):
                _describe(operation, route)
                _close(description["components"]["schemas"], route)
            if path.startswith(PREFIX):
                _tell_format(operation)
            for answer in operation["responses"].values():
                answer["headers"] = answer.get("headers", {}) | OF_ALL
    description["components"]["headers"] = _headers(("X-Request-ID", REQUEST_ID))
    return description


def _tell_format(operation: dict[str, Any]) -> None:
    """What names the form of the answer goes before ``Accept`` wherever FHIR is spoken."""
    parameters = operation.setdefault("parameters", [])
    if "_format" not in {one["name"] for one in parameters}:
        said = PARAMETERS["_format"]
        parameters.append(
            {"name": "_format", "in": "query", "description": said, "required": False,
             "schema": {"type": "string"}}
        )  # fmt: skip


def _close(schemas: dict[str, Any], route: Route) -> None:
    """Say of the bodies of a route that members beside theirs are refused."""
    asked = get_type_hints(route.handler).get("data")
    for kind in _closed(asked):
        long = f"{kind.__module__}.{kind.__name__}".replace(".", "_")
        schemas[long if long in schemas else kind.__name__]["additionalProperties"] = False


def _closed(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs of a type, in whatever it is wrapped, that take no unknown members."""
    for inner in get_args(kind):
        yield from _closed(inner)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind.__struct_config__.forbid_unknown_fields:
            yield kind
        for one in msgspec.structs.fields(kind):
            yield from _closed(one.type)


def _describe(operation: dict[str, Any], route: Route) -> None:
    for parameter in operation["parameters"]:
        if parameter["name"] in STATED:
            parameter["required"] = route.opens
            parameter["schema"] = {"type": "string"} | ({"minLength": 1} if route.opens else {})
        if parameter["name"] == "Contactpoint-For":
            parameter["schema"] = {"type": "string"}
        if parameter["name"] == "Contactpoint-Purpose":
            parameter["schema"] = {"type": "string", "enum": sorted(RULES[route.act].purposes)}
        if parameter["name"] in NEEDED:
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1}
    operation["parameters"].extend(_sent(route))
    answers = operation["responses"]
    for status, header in ANSWERED.items():
        answers[status]["headers"] = _headers(header)
    answers[str(route.status)]["headers"] = _headers(*_told(route))
    if _may_be_unchanged(route):
        answers["304"] = {"description": NOT_MODIFIED, "headers": _headers(*_told(route))}
    if body := operation.get("requestBody"):
        body["required"] = signature(route.handler).parameters["data"].default is Parameter.empty
        for form in body["content"].values():
            form["schema"] = FORMS.get(route.name, form["schema"])
        if route.media == MEDIA and (plain := body["content"].get("application/json")):
            body["content"][MEDIA] = plain


def _sent(route: Route) -> Iterator[dict[str, Any]]:
    """The headers that a request of the route may or has to have."""
    second = RULES[route.act].second
    yield _parameter("X-Request-ID", "An id of yours: 8 to 64 letters, digits and `-`.")
    if _may_be_unchanged(route):
        yield _parameter("If-None-Match", "The ETag of the answer that you have.")
    if 412 in route.refuses:
        needed = 428 in route.refuses
        yield _parameter("If-Match", "The ETag of what you saw.", required=needed, pattern=TAG)
    if route.repeats:
        yield _parameter("Idempotency-Key", "8 to 128 visible characters, for a day.", pattern=KEY)
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


def _parameter(
    name: str, said: str, *, required: bool = False, pattern: str = ""
) -> dict[str, Any]:
    schema = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return {
        "name": name, "in": "header", "description": said, "required": required, "schema": schema,
    }  # fmt: skip


def _headers(*told: tuple[str, str]) -> dict[str, Any]:
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in told}
