"""What is refused says what would be right, in words for somebody who has no shell."""

import sqlite3

import psycopg
import pytest
import sqlalchemy as sa
from eventsourcing import persistence

from contactpoint.serving.problems import problem_of
from tests.contactpoint.serving.conftest import ASHA

SEARCH = "/children/search"
JSON = {"Content-Type": "application/json"}


def refused(desk, path, expected, **asked):
    answered = desk.ask(path, **asked)
    assert answered.status_code == expected, answered.text
    return answered.json().get("detail", "")


@pytest.mark.parametrize(
    "body", [b"{", b"family=Okonjo", b"\x1f\x8b\x08", b'{"family": "\xff"}', b"[" * 9_999]
)
def test_a_body_that_cannot_be_read_is_told_so(desk, body):
    told = refused(desk, SEARCH, 400, method="POST", content=body, headers=JSON)
    assert told.startswith(("the body: expected JSON", "the request holds"))


@pytest.mark.parametrize("body", [b"[" * 9_999, b'{"family": ' * 9_999])
def test_a_body_that_is_nested_too_deeply_is_told_so(desk, body):
    told = refused(desk, SEARCH, 400, method="POST", content=body, headers=JSON)
    assert told == "the body: expected JSON in UTF-8, not compressed and not nested deeply"


@pytest.mark.parametrize("path", [SEARCH, "/shields", "/fhir/R4/Patient/$match"])
def test_nothing_of_a_body_is_read_for_who_is_named_by_no_token(desk, path):
    large = b"[" * 1_100_000
    for body, form in ((b"{", "application/json"), (large, "application/json"), (b"x", "text/x")):
        told = desk.client.post(path, content=body, headers={"Content-Type": form})
        assert told.status_code == 401
        assert told.headers["www-authenticate"].startswith("Bearer ")


def test_a_connection_is_said_to_be_closed_where_a_body_was_left_unread_and_nowhere_else(desk):
    large, small = b"[" * 1_100_000, b'{"family": "Okonjo"}'
    asked = {"method": "POST", "headers": JSON}
    unread = [
        desk.client.post(SEARCH, content=small),
        desk.ask(SEARCH, content=large, **asked),
        desk.ask(SEARCH, method="POST", content=small, headers={"Content-Type": "text/x"}),
        desk.ask("/children/1", content=small, **asked),
        desk.ask("/nowhere", content=small, **asked),
    ]
    assert [one.status_code for one in unread] == [401, 413, 415, 405, 404]
    assert {one.headers.get("connection") for one in unread} == {"close"}
    read = [desk.ask(SEARCH, content=small, **asked), desk.ask(SEARCH, content=b"{", **asked),
            desk.ask("/children/1"), desk.ask("/children/1", method="PUT")]  # fmt: skip
    assert "close" not in {one.headers.get("connection") for one in read}


def test_bodies_that_cannot_be_read_count_among_the_requests_of_a_reader(own):
    with own.serving(CONTACTPOINT_RATE="1", CONTACTPOINT_BURST="2"):
        asked = {"method": "POST", "content": b"{", "headers": JSON}
        statuses = [own.ask(SEARCH, **asked).status_code for _ in range(4)]
        assert (statuses[0], statuses[-1]) == (400, 429)


def test_a_body_that_is_missing_is_asked_for(desk):
    told = refused(desk, SEARCH, 400, method="POST")
    assert told == "body: expected JSON, and there is none"


def test_values_that_do_not_fit_lead_to_the_description(desk):
    told = refused(desk, SEARCH, 400, method="POST", json={"sex": "female"})
    assert told == "sex: does not fit; the description at /openapi.json says what does"
    nul = refused(desk, SEARCH, 400, method="POST", json={"family": "a\0"})
    assert "regex" not in nul
    assert "\\x00" not in nul


def test_a_number_is_none_where_it_is_written_as_words(desk):
    known = {"given": "Asha", "family": "Okonjo"}
    told = refused(desk, SEARCH, 400, method="POST", json=known | {"limit": "5"})
    assert told == "limit: Expected `int`, got `str`"
    asked = {"method": "POST", "purpose": "duty", "json": {"minutes": True}}
    told = refused(desk, "/reviews/00000000-00000000/claim", 400, **asked)
    assert told == "minutes: Expected `int`, got `bool`"
    sheaf = {"identifiers": [{"system": "nhs", "value": one} for one in ("1", 9000000017)]}
    told = refused(desk, "/children/lookup", 400, method="POST", json=sheaf)
    assert told == "identifiers[1].value: Expected `str`, got `int`"


@pytest.mark.parametrize("limit", ["5.0", "0.5e1"])
def test_a_whole_number_may_be_written_with_a_point(desk, limit):
    body = b'{"family": "Okonjo", "birth": "2015-03-04", "limit": %s}' % limit.encode()
    assert desk.ask(SEARCH, method="POST", content=body, headers=JSON).status_code == 200
    half = body.replace(limit.encode(), b"5.5")
    told = refused(desk, SEARCH, 400, method="POST", content=half, headers=JSON)
    assert told == "limit: Expected `int`, got `float`"


def test_a_member_that_is_none_is_refused_and_its_name_not_repeated(desk):
    for body in ({"Asha Okonjo": 1}, {"family": "Okonjo", "Asha Okonjo": 1}):
        told = refused(desk, SEARCH, 400, method="POST", json=body)
        assert told.startswith("body: holds an unknown field")
        assert "Asha" not in told


def test_a_body_may_be_left_out_where_nothing_of_it_has_to_be_said(own):
    with own.serving():
        by = own.person("stella", "steward")
        for path in ("claim", "undo", "release"):
            asked = {"by": by, "purpose": "duty", "method": "POST"}
            told = refused(own, f"/reviews/00000000-00000000/{path}", 404, **asked)
            assert told == "no such pair"


def test_paths_and_methods_that_are_none_are_told_apart_from_children_who_are_not_there(desk):
    assert refused(desk, "/childern/1", 404).startswith("nothing answers at that path")
    assert refused(desk, "/children/1", 404) == "no child of that number"
    for method in ("POST", "DELETE", "PUT"):
        assert "Allow" in refused(desk, "/children/1", 405, method=method)
    for path, methods in {"/shields": {"GET", "POST"}, "/children/1": {"GET"}}.items():
        told = [desk.ask(path, method=method).headers["allow"] for method in ("OPTIONS", "PUT")]
        assert [set(one.split(", ")) for one in told] == [methods | {"OPTIONS"}] * 2
    too_large = {"method": "POST", "content": b"x" * (1 << 20) + b"x", "headers": JSON}
    assert refused(desk, SEARCH, 413, **too_large) == "expected a body of at most 1 MiB"


@pytest.mark.parametrize(
    ("header", "error"),
    [(None, ""), ("Basic YTpi", ""), ("Bearer nonsense", ', error="invalid_token"')],
)
def test_who_shows_no_token_is_asked_for_one_and_a_bad_one_is_called_so(desk, header, error):
    answered = desk.ask("/children/1", headers={"Authorization": header})
    assert answered.status_code == 401
    assert answered.headers["www-authenticate"] == f'Bearer realm="contactpoint"{error}'
    assert "contactpoint token" not in answered.text


@pytest.mark.parametrize("second", ["Bearer nonsense", "nonsense"])
def test_what_is_amiss_with_the_second_token_is_said_of_its_header(desk, second):
    told = refused(desk, "/children/1", 401, headers={"Contactpoint-Second": second})
    assert told.startswith("Contactpoint-Second: ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [("%ff%fe", "UTF-8, percent-encoded"), ("caf\u00e9", "UTF-8, percent-encoded"),
     ("%C3%A9" * 501, "at most 500 characters"),
     ("a%00b", "words without control characters"), ("%1Ba", "words without control characters")],
)  # fmt: skip
@pytest.mark.parametrize("header", ["Contactpoint-Reason", "Contactpoint-For"])
def test_words_that_would_be_recorded_as_others_are_refused(desk, header, words, expected):
    sent = {header: words.encode("utf-8")}
    told = refused(desk, f"/children/{desk.number('pds', ASHA)}", 422, headers=sent)
    assert told == f"{header}: expected {expected}"


@pytest.mark.parametrize(
    ("path", "roles", "expected"),
    [("/children/1", ["practitioner"], "involvement or enquiry or mediation"),
     ("/shields", ["shielding-officer"], "duty"),
     ("/shields", ["practitioner"], "involvement or enquiry or mediation"),
     ("/reviews/00000000-00000000", ["steward"], "duty")],
)  # fmt: skip
def test_a_purpose_that_is_missing_is_asked_for_by_those_that_fit(desk, path, roles, expected):
    by = desk.person(f"a-{roles[0]}", *roles)
    assert refused(desk, path, 422, by=by, purpose=None) == (
        f"Contactpoint-Purpose: expected {expected}"
    )


def test_an_answer_to_post_has_no_tag_that_could_be_taken_for_a_childs(desk):
    asked = {"family": "Okonjo", "birth": "2015-03-04"}
    assert "etag" not in desk.ask(SEARCH, method="POST", json=asked).headers


@pytest.mark.parametrize(
    "form",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=iso-8859-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_body_in_another_form_is_not_guessed_at(desk, form):
    body = b'{"given": "Asha", "family": "Okonjo", "birth": "2015-03-04"}'
    told = refused(desk, SEARCH, 415, method="POST", content=body, headers=form)
    assert told.startswith("Content-Type: expected one that the description")


@pytest.mark.parametrize("form", [{}, {"Content-Type": 'application/json; charset="UTF-8"'}])
def test_json_in_utf_8_is_read_also_where_nothing_says_that_it_is(desk, form):
    body = b'{"family": "Okonjo", "birth": "2015-03-04"}'
    answered = desk.ask(SEARCH, method="POST", content=body, headers=form)
    assert answered.status_code == 200


def test_where_there_is_no_body_its_form_does_not_matter(own):
    with own.serving():
        by, form = own.person("stella", "steward"), {"Content-Type": "text/plain"}
        asked = {"by": by, "purpose": "duty", "method": "POST", "headers": form}
        refused(own, "/reviews/00000000-00000000/claim", 404, **asked)


async def cut_off(desk, path):
    """The status of an answer to a body that ends before its end."""
    headers = [(b"authorization", f"Bearer {desk.reader()}".encode()), (b"content-length", b"99"),
               (b"contactpoint-purpose", b"enquiry"), (b"contactpoint-reason", b"x")]  # fmt: skip
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
             "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers,
             "scheme": "http", "state": {}, "client": None, "server": None,
             "root_path": ""}  # fmt: skip
    told = iter([{"type": "http.request", "body": b"{", "more_body": True},
                 {"type": "http.disconnect"}])  # fmt: skip
    sent = []

    async def receive():
        return next(told)

    async def send(message):
        sent.append(message)

    await desk.client.app(scope, receive, send)
    return sent[0]["status"]


def test_a_body_that_is_cut_off_is_no_fault_of_the_service(desk):
    with desk.client.portal() as portal:
        for path in (SEARCH, "/fhir/R4/Patient/$match"):
            assert portal.call(cut_off, desk, path) == 400


@pytest.mark.parametrize(
    "error",
    [persistence.OperationalError("Okonjo"), persistence.InterfaceError("Okonjo"),
     sa.exc.OperationalError("Okonjo", {}, Exception()), psycopg.OperationalError("Okonjo"),
     sqlite3.OperationalError("database is locked: Okonjo")],
)  # fmt: skip
def test_a_database_that_is_away_is_to_be_asked_again(error):
    problem, headers = problem_of(error)
    assert (problem.status, headers) == (503, {"Retry-After": "2"})
    assert "Okonjo" not in problem.detail
