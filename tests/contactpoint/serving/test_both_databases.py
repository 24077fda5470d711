"""The service on PostgreSQL answers as it does on SQLite."""

import time
from uuid import uuid4

import pytest

from events.access import ActRefused, ChildrenAccessed
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA
from tests.contactpoint.serving.desk import Desk
from tests.contactpoint.serving.test_acting import APPLICATION, act


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def either(request, tmp_path_factory):
    """Three children on either database, Cora shielded; answering."""
    folder = tmp_path_factory.mktemp(request.param)
    places = {}
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        joint = "&" if "?" in url else "?"
        for part in ("log", "keys", "read", "access"):
            schema = f"{part}_{uuid4().hex[:8]}"
            places[f"CONTACTPOINT_{part.upper()}_URL"] = f"{url}{joint}schema={schema}"
    desk = Desk(folder, places)
    desk.patient(ASHA)
    desk.patient(BRAM, given="Bram", family="Vermeer", dob="2014-07-09", postcode="LS1 4AP")
    desk.patient(CORA, given="Cora", family="Danjuma", dob="2013-01-30", postcode="N19 3AA")
    desk.apply(desk.number("pds", CORA))
    with desk.serving():
        yield desk


def test_a_child_is_shown_and_the_look_is_on_record(either):
    told = either.child(either.number("pds", ASHA))
    assert told["name"]["value"]["family"] == "Okonjo"
    assert either.looks(ChildrenAccessed)[-1].act == "child show"


def test_a_known_child_is_found_and_a_hidden_one_is_not(either):
    def found(**asked):
        return either.ask("/children/search", method="POST", json=asked).json()["found"]

    assert len(found(given="Ash*", family="Okonjo", birth="2015-03-04")) == 1
    assert len(found(family="Danjuma", birth="2013-01-30")) == 1
    assert found(postcode="N19 3AA", birth="2013-01-30") == []
    sheaf = {"identifiers": [{"system": "nhs", "value": one} for one in (ASHA, CORA)]}
    results = either.ask("/children/lookup", method="POST", json=sheaf).json()["results"]
    assert [one["outcome"] for one in results] == ["found", "none"]


@pytest.mark.parametrize(
    "path",
    ["/changes", "/deliveries", "/deliveries/x%00y", "/sources", "/sources/pds/quality",
     "/sources/a%00b/quality", "/reviews", "/shields", "/children/x%00", "/reviews/%00-%00"],
)  # fmt: skip
def test_lists_are_answered_and_zero_bytes_are_no_fault(either, path):
    by = either.person("olga", "data-manager", "steward", "shielding-officer")
    answered = either.ask(path, by=by, purpose="duty")
    assert answered.status_code in ((400, 404) if "%00" in path else (200,)), answered.text


def test_deliveries_are_told_page_by_page_also_while_others_come(either):
    def page(cursor="", by="mara", expected=200):
        manager, asked = either.person(by, "data-manager"), {"limit": 1, "cursor": cursor}
        answered = either.ask("/deliveries", by=manager, purpose="duty", params=asked)
        assert answered.status_code == expected, answered.text
        return answered.json()

    told = [first := page()]
    either.patient(ASHA, "2026-10-02", postcode="SE15 3QN")
    while (cursor := told[-1].get("cursor")) and len(told) < 50:
        told.append(page(cursor))
    assert [len(one["deliveries"]) for one in told] == [1] * len(told)
    names = [one["deliveries"][0]["delivery"] for one in told]
    came = [one["deliveries"][0]["first"] for one in told]
    assert len(set(names)) == len(names) >= 3
    assert came == sorted(came, reverse=True)
    assert page()["deliveries"] != first["deliveries"]
    page(first["cursor"], by="mona", expected=422)


def test_a_body_with_a_zero_byte_is_refused(either):
    asked = {"family": "a\0b", "birth": "2015-03-04"}
    assert either.ask("/children/search", method="POST", json=asked).status_code == 400


def test_the_same_request_under_one_key_counts_once_there_too(either):
    olu, number = either.officer(), either.number("pds", BRAM)
    body, key = APPLICATION | {"number": number}, {"Idempotency-Key": uuid4().hex}
    first = act(either, "/shields", body, by=olu, expected=201, headers=key)
    again = act(either, "/shields", body, by=olu, expected=201, headers=key)
    assert first.content == again.content
    assert either.child(number)["view"] == "shielded"


def test_who_is_denied_is_on_record_there_too(either):
    assert either.ask("/shields").status_code == 403
    assert either.looks(ActRefused)[-1].act == "list shields"


@pytest.mark.parametrize("either", ["postgres"], indirect=True)
def test_where_the_server_is_away_it_is_said_soon_and_answered_again_when_it_is_back(either):
    """It fails where a request waits as long as a load does, or where that is a fault of ours."""
    number, log = either.number("pds", ASHA), either.client.app.state.service.store.log
    pool = log._recorder.datastore.pool
    address = dict(pool.kwargs)
    begun = time.monotonic()
    try:
        pool.kwargs["host"] = "/nowhere"
        for connection in pool._pool:
            connection.close()
        away = either.ask(f"/children/{number}")
        assert (away.status_code, away.headers["retry-after"]) == (503, "2")
        in_fhir = either.ask(f"/fhir/R4/Patient/{number}")
        assert (in_fhir.status_code, in_fhir.json()["issue"][0]["code"]) == (503, "transient")
    finally:
        pool.kwargs.update(address)
    assert time.monotonic() - begun < 15
    while (back := either.ask(f"/children/{number}")).status_code == 503:
        assert time.monotonic() - begun < 60
    assert back.status_code == 200
