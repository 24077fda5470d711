"""Everything that the description allows is asked: no fault of the service, and no other answer.

``CONTACTPOINT_EXAMPLES=N`` asks so many questions of each route; ``python3 dev.py soak`` asks more.
"""

import json
import os
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contactpoint.people.actor import Role
from contactpoint.serving.app import description
from contactpoint.serving.table import ROUTES
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA

FEW, MANY = 12, 600
SCHEMA = schemathesis.openapi.from_dict(description())
OPERATIONS = {
    one.definition.raw["operationId"]: one
    for found in SCHEMA.get_all_operations()
    for one in [found.ok()]  # type: ignore[union-attr]  # our own schema is a valid one
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def all_roles(desk):
    """Somebody who may ask everything, and whose organisation may be told all numbers."""
    words = {"system": "nhs", "override": True, "organisation": "Y00001"}
    return desk.person("olga", *(role.value for role in Role), **words)


def asks(desk, name, examples):
    """Ask so many questions that the description of a route allows."""
    operation = OPERATIONS[name]
    by, second = all_roles(desk), desk.person("otto", *(role.value for role in Role))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == FEW,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(),
        purpose=st.sampled_from(["duty", "enquiry"]),
        known=st.sampled_from([None, *(desk.number("pds", one) for one in (ASHA, BRAM, CORA))]),
    )
    def ask(case, purpose, known):
        if known and "number" in case.path_parameters:
            case.path_parameters["number"] = known
        sent = case.as_transport_kwargs(base_url="http://testserver.local")
        headers = {
            **{name: value for name, value in sent["headers"].items() if value is not None},
            "Authorization": f"Bearer {by}",
            "Contactpoint-Purpose": purpose,
            "Contactpoint-Reason": "a%20question",
            "Contactpoint-Second": f"Bearer {second}",
        }
        kept = {name: sent[name] for name in ("json", "params", "data", "content") if name in sent}
        answered = desk.client.request(sent["method"], sent["url"], headers=headers, **kept)
        case.validate_response(answered, checks=CHECKS)

    ask()


@pytest.mark.parametrize("name", [route.name for route in ROUTES])
def test_a_route_answers_as_it_is_described_whatever_is_asked(desk, name):
    asks(desk, name, int(os.environ.get("CONTACTPOINT_EXAMPLES", FEW)))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", [route.name for route in ROUTES])
def test_a_route_answers_as_it_is_described_whatever_is_asked_for_long(desk, name):
    asks(desk, name, int(os.environ.get("CONTACTPOINT_EXAMPLES", MANY)))


DEEP = b"[" * 100_000 + b"]" * 100_000
BODIES = [
    b"", b"{", b"null", b"[]", b"7", b'"x"', DEEP, b'{"family": ' + DEEP + b"}", b"\xff\xfe{}",
    b'{"family": "\xc3\x28"}', b'{"family": "\\ud800", "birth": "2015-03-04"}',
    b'{"family": "a\\u0000b", "birth": "2015-03-04"}', b'{"limit": 1e999}',
    b'{"limit": 99999999999999999999999}', b'{"family": "x", "family": "y"}', b"\x00" * 1000,
    b'{"family": "' + b"x" * 2_000_000 + b'"}', b"<?xml version='1.0'?><!DOCTYPE a><a/>",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize(
    "path", ["/children/search", "/children/lookup", "/shields", "/fhir/R4/Patient/$match"]
)
def test_a_hostile_body_is_refused_and_nothing_of_it_comes_back(desk, path, body):
    headers = {"Content-Type": "application/json"}
    if path.startswith("/fhir"):
        headers = {"Content-Type": "application/fhir+json"}
    answered = desk.ask(path, by=all_roles(desk), method="POST", content=body, headers=headers)
    assert 400 <= answered.status_code < 500, answered.text
    assert len(answered.content) < 1_000
    json.loads(answered.content)


@pytest.mark.parametrize(
    "name",
    ["Robert'); DROP TABLE index_child;--", "%' OR '1'='1", "=cmd|' /C calc'!A0",
     "../../etc/passwd", "{{config}}", "ﷺ" * 30, "\u202eaxu", "<script>alert(1)</script>"],
)  # fmt: skip
def test_hostile_words_are_words(desk, name):
    asked = {"family": name, "birth": "2015-03-04"}
    answered = desk.ask("/children/search", method="POST", json=asked)
    assert answered.json() == {"found": []}
    assert desk.ask(f"/children/{quote(name)}").status_code in (400, 404)


@pytest.mark.parametrize(
    "headers",
    [{"Contactpoint-Reason": "%ff%fe"}, {"Contactpoint-Reason": "a\tb"},
     {"X-Request-ID": "x\" onload=\"y"}, {"X-Request-ID": "a" * 10_000},
     {"If-None-Match": "*, " * 5_000}, {"Accept": "text/html"}, {"Range": "bytes=0-1"},
     {"X-Forwarded-For": "127.0.0.1"}, {"X-HTTP-Method-Override": "DELETE"},
     {"Content-Length": "5"}, {"Contactpoint-Purpose": "duty, enquiry"}],
    ids=repr,
)  # fmt: skip
def test_header_tricks_change_nothing(desk, headers):
    answered = desk.ask("/children/123456789012", headers=headers)
    assert answered.status_code in (404, 422)
    stated = headers.get("X-Request-ID")
    assert stated is None or stated not in answered.headers["x-request-id"]
