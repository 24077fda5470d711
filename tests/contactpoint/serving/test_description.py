"""What can be asked: one table, from which description and access follow, with nothing left out."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from contactpoint.people.actor import Actor, Role
from contactpoint.people.deciding import RULES, Outcome, Purpose, decide
from contactpoint.serving.app import description
from contactpoint.serving.table import ROUTES
from tests.contactpoint.serving.conftest import ASHA, CORA

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"
VOCABULARIES = ("http://hl7.org/fhir/", "http://terminology.hl7.org/", "https://fhir.nhs.uk/",
                "https://fhir.hl7.org.uk/", "https://profiles.ihe.net/")  # fmt: skip
PUBLIC = {"/openapi.json", "/fhir/R4/metadata"}
"""What tells of no child, and so is answered without a token."""


def test_the_description_that_is_checked_in_is_the_one_that_is_served():
    assert json.loads(KEPT.read_text(encoding="utf-8")) == description(), (
        "expected 'contactpoint serve --describe > docs/openapi.json' after a change of routes"
    )


def headers_of(method, path):
    """The headers that a request takes by the description, and whether each has to be there."""
    told = description()["paths"][path][method]["parameters"]
    return {one["name"]: one["required"] for one in told if one["in"] == "header"}


def test_the_description_names_the_headers_that_are_taken_and_those_that_must_be_there():
    asked = {"Contactpoint-Purpose": True, "Contactpoint-Reason": True, "Contactpoint-For": False,
             "X-Request-ID": False}  # fmt: skip
    own = asked | {"Contactpoint-Purpose": False, "Contactpoint-Reason": False}
    changing = {"Idempotency-Key": False}
    assert headers_of("get", "/children/{number}") == asked | {"If-None-Match": False}
    assert headers_of("post", "/children/search") == asked
    assert headers_of("get", "/changes") == own | {"If-None-Match": False}
    assert headers_of("post", "/reviews/{pair}/claim") == own | changing
    assert headers_of("post", "/reviews/{pair}/undo")["If-Match"] is False
    assert headers_of("post", "/reviews/{pair}/decision") == own | changing | {
        "If-Match": True, "Contactpoint-Second": False,
    }  # fmt: skip
    assert headers_of("post", "/shields/{shield}/lift") == asked | changing | {
        "If-Match": True, "Contactpoint-Second": True,
    }  # fmt: skip


def test_the_description_is_the_same_however_often_it_is_asked_for(desk):
    told = [desk.client.get("/openapi.json").json() for _ in range(2)]
    assert told[0] == told[1] == description()


@pytest.mark.parametrize(
    "path", ["", "/", "/document.json", "/openapi.json", "/openapi.yaml", "/swagger"]
)
def test_there_is_no_other_description_that_tells_less(desk, path):
    answered = desk.client.get(f"/openapi{path}")
    assert answered.status_code == 404
    assert answered.headers["content-type"] == "application/problem+json"


def test_a_body_has_to_be_there_where_something_of_it_has_to_be_said():
    paths = description()["paths"]
    assert not paths["/reviews/{pair}/claim"]["post"]["requestBody"]["required"]
    assert paths["/reviews/{pair}/decision"]["post"]["requestBody"]["required"]
    match = paths["/fhir/R4/Patient/$match"]["post"]["requestBody"]["content"]
    assert match.keys() == {"application/json", "application/fhir+json"}


def answers_of(method, path):
    """The answers of a path by the description."""
    return description()["paths"][path][method]["responses"]


def test_what_a_body_that_is_too_large_and_another_form_are_answered_with_is_described(desk):
    large = {"method": "POST", "content": b" " * 1_100_000}
    for path, operations in description()["paths"].items():
        if "requestBody" in operations.get("post", {}):
            form = next(iter(operations["post"]["requestBody"]["content"]))
            answered = desk.ask(path.format(pair="x", shield="x"), headers={"Content-Type": form},
                                **large)  # fmt: skip
            assert str(answered.status_code) == "413" in answers_of("post", path), path
    odd = desk.client.get("/fhir/R4/metadata", headers={"Accept": "application/fhir+xml"})
    assert str(odd.status_code) == "406" in answers_of("get", "/fhir/R4/metadata")


def test_the_headers_of_an_answer_that_is_known_already_are_described(desk):
    number = desk.number("pds", ASHA)
    for template in ("/children/{number}", "/fhir/R4/Patient/{number}"):
        path = template.format(number=number)
        tag = desk.ask(path).headers["etag"]
        known = desk.ask(path, headers={"If-None-Match": tag})
        assert (known.status_code, known.headers["etag"]) == (304, tag)
        assert "ETag" in answers_of("get", template)["304"]["headers"]


def test_every_answer_is_described_with_the_id_of_its_request(desk):
    told = description()
    for operations in told["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                kept = answer["headers"]["X-Request-ID"]["$ref"].rpartition("/")[2]
                assert told["components"]["headers"][kept]["schema"] == {"type": "string"}
    assert desk.client.get("/fhir/R4/metadata").headers["x-request-id"]


def test_the_form_of_an_answer_is_described_wherever_it_can_be_named(desk):
    number = desk.number("pds", ASHA)
    for template, operations in description()["paths"].items():
        for method, operation in operations.items():
            names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
            path = re.sub(r"\{\w+\}", "x", template.replace("{number}", number))
            asked = desk.ask(f"{path}?_format=xml", method=method.upper())
            assert (names.count("_format"), asked.status_code == 406) in ((1, True), (0, False))


def body_of(path):
    """The schema of the body that is posted to a path."""
    told = description()
    (schema, *_) = [one["schema"] for one in
                    told["paths"][path]["post"]["requestBody"]["content"].values()]  # fmt: skip
    return told["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)


@pytest.mark.parametrize("path", ["/children/search", "/shields", "/fhir/R4/Patient/_search"])
def test_the_description_says_that_unknown_members_are_refused(desk, path):
    assert body_of(path)["additionalProperties"] is False
    form = {"data" if "fhir" in path else "json": {"foo": "1"}}
    by = desk.person("oda", "shielding-officer")
    answered = desk.ask(path, method="POST", by=by, purpose="duty", **form)
    assert answered.status_code == 400


def test_the_description_says_what_has_to_be_said_and_in_which_words():
    def schema(method, path, name):
        told = description()["paths"][path][method]["parameters"]
        (one,) = [one for one in told if one["name"] == name]
        return one["required"], one["schema"]

    assert schema("get", "/fhir/R4/CareTeam", "patient") == (
        True,
        {"type": "string", "minLength": 1},
    )
    _, purpose = schema("get", "/changes", "Contactpoint-Purpose")
    assert purpose["enum"] == ["duty"]
    _, purpose = schema("get", "/children/{number}", "Contactpoint-Purpose")
    assert set(purpose["enum"]) == set(Purpose)
    _, key = schema("post", "/shields", "Idempotency-Key")
    assert re.match(key["pattern"], "ba0c3f1e-77")
    assert not re.match(key["pattern"], "short")
    assert body_of("/fhir/R4/CareTeam/_search")["required"] == ["patient"]
    assert body_of("/fhir/R4/Patient/$match")["required"] == ["resourceType"]


def patterns(told):
    """All patterns of a description."""
    if isinstance(told, dict):
        yield from (one for name, one in told.items() if name == "pattern" and isinstance(one, str))
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    for one in inner:
        yield from patterns(one)


def test_patterns_mean_the_same_to_clients_that_are_made_from_the_description():
    told = set(patterns(description()))
    assert told
    # JSON Schema's patterns are those of ECMAScript, where \\A is the letter.
    assert not [one for one in told if re.search(r"\\[AZz]|\(\?[^:=!]", one)]


def test_every_path_that_answers_is_a_row_of_the_table(desk):
    served = {
        (path.rstrip("/") or "/", method)
        for route in desk.client.app.routes
        for path in [route.path]
        for method in route.methods - {"OPTIONS"}
    }
    rows = {(one.path, one.method) for one in ROUTES}
    extra = {path for path, method in served - rows if not path.startswith("/openapi/")}
    assert extra <= PUBLIC | {"/openapi"}
    assert rows <= served


def test_every_row_has_an_act_with_a_rule_and_a_name_of_its_own():
    assert all(one.act in RULES for one in ROUTES)
    assert len({one.name for one in ROUTES}) == len(ROUTES)


def filled(route):
    """A request of the route about a child, pair or shield that is not there."""
    values = {"number": "123456789012", "pair": "00000000-00000000", "shield": "0" * 32,
              "day": "2026-01-01", "delivery": "0" * 16, "source": "nobody"}  # fmt: skip
    path = route.path
    for name, value in values.items():
        path = path.replace(f"{{{name}:str}}", value)
    return path


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
def test_a_route_answers_each_role_and_purpose_as_the_rule_of_its_act_says(desk, route):
    for role, purpose in product(Role, Purpose):
        actor = Actor("x", frozenset({role}), strong=True)
        rule = decide(actor, route.act, purpose=purpose).outcome
        by = desk.person(f"x-{role}", role.value)
        headers = {"Contactpoint-For": "bram"} if purpose is Purpose.MEDIATION else {}
        answered = desk.ask(
            filled(route), by=by, method=route.method, purpose=purpose.value, headers=headers
        )
        practitioner = role is Role.PRACTITIONER and purpose in (Purpose.DUTY, Purpose.FAMILY)
        if practitioner and route.opens:
            assert answered.status_code in (403, 422), answered.text
        elif rule is Outcome.DENIED:
            assert answered.status_code == 403, answered.text
        elif purpose is Purpose.INVOLVEMENT:
            assert answered.status_code < 500
        else:
            assert answered.status_code not in (401, 403, 500), answered.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
def test_who_is_denied_is_denied_in_the_same_bytes_whoever_it_is_about(desk, route):
    numbers = [desk.number("pds", one) for one in (ASHA, CORA)] + ["123456789012"]
    for role in Role:
        actor = Actor("x", frozenset({role}), strong=True)
        if decide(actor, route.act, purpose=Purpose.ENQUIRY).outcome is not Outcome.DENIED:
            continue
        by, headers = desk.person(f"x-{role}", role.value), {"X-Request-ID": "the-same-1"}
        paths = {filled(route).replace("123456789012", number) for number in numbers}
        answers = [desk.ask(path, by=by, method=route.method, headers=headers) for path in paths]
        assert {answer.status_code for answer in answers} <= {403, 422}
        assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
def test_a_route_answers_nobody_without_a_token(desk, route):
    answered = desk.client.request(route.method, filled(route))
    assert answered.status_code == 401


def test_no_answer_has_a_link_or_a_credential_for_another_system(desk):
    number = desk.number("pds", ASHA)
    for path in ("", "/services", "/history", "/on/2026-10-01"):
        body = desk.ask(f"/children/{number}{path}").text
        assert "http" not in body
        assert "Bearer" not in body
    pix = f"Patient/$ihe-pix?sourceIdentifier=urn:contactpoint:number|{number}"
    for path in (pix, f"Patient/{number}", f"CareTeam?patient={number}", "metadata",
                 f"RelatedPerson?patient={number}", f"Patient?_id={number}"):  # fmt: skip
        body = desk.ask(f"/fhir/R4/{path}").text
        links = re.findall(r"\w+://[^\"]*", body)
        assert [one for one in links if not one.startswith(VOCABULARIES)] == []
        assert not re.search(r"\beyJ|[?&](token|password)=", body)
