"""Whose child it is, asked of every route that may show one, for readers of each organisation."""

import json
from urllib.parse import quote

import pytest

from contactpoint.people.actor import Role
from contactpoint.people.deciding import RULES, Purpose
from contactpoint.serving.table import ROUTES
from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA

CHILDREN = {
    ASHA: {"given": "Asha", "family": "Okonjo", "birth": "2015-03-04"},
    BRAM: {"given": "Bram", "family": "Vermeer", "birth": "2014-07-09"},
    CORA: {"given": "Cora", "family": "Danjuma", "birth": "2013-01-30"},
}
WORKS_WITH = {"Y00001": {ASHA}, "Y00002": {BRAM}, "Z99999": set()}
OF_INVOLVEMENT = [
    route for route in ROUTES if route.opens and Purpose.INVOLVEMENT in RULES[route.act].purposes
]
OF_AN_ID = [route for route in ROUTES if "{" in route.path]


def question(route, nhs, number):
    """What asks a route for a child: path, and what is sent; a new route has to be told of here."""
    child = CHILDREN[nhs]
    if "{number" in route.path:
        return route.path.replace("{number:str}", number).replace("{day:str}", "2026-10-01"), {}
    by_words = {"family": child["family"], "birthdate": child["birth"]}
    patient = {
        "resourceType": "Patient",
        "name": [{"family": child["family"], "given": [child["given"]]}],
        "birthDate": child["birth"],
    }
    sent = {
        "child_find": {"json": child},
        "child_lookup": {"json": {"identifiers": [{"system": "nhs", "value": nhs}]}},
        "patient_match": {"json": patient},
        "patient_pix": {"params": {"sourceIdentifier": f"urn:contactpoint:number|{number}"}},
        "patient_search": {"params": by_words},
        "patient_search_posted": {"data": by_words},
        "patient_team": {"params": {"patient": number}},
        "patient_team_posted": {"data": {"patient": number}},
        "patient_related": {"params": {"patient": number}},
        "patient_related_posted": {"data": {"patient": number}},
    }
    return route.path, sent[route.name]


@pytest.fixture(scope="module")
def owned(filled, tmp_path_factory):
    """Two children, each of a practice of their own, and a shielded one of the first's."""
    lent = filled.lent(tmp_path_factory.mktemp("owned"))
    for nhs, practice in ((ASHA, "Y00001"), (BRAM, "Y00002"), (CORA, "Y00001")):
        child = CHILDREN[nhs]
        words = {"given": child["given"], "family": child["family"], "dob": child["birth"]}
        lent.patient(nhs, "2026-09-02", practice=practice, **words)
    with lent.serving():
        yield lent


@pytest.mark.parametrize("route", OF_INVOLVEMENT, ids=lambda one: one.name)
def test_for_involvement_a_route_tells_of_those_alone_with_whom_the_organisation_works(
    owned, route
):
    for organisation, theirs in WORKS_WITH.items():
        by = owned.person(f"gp at {organisation}", organisation=organisation)
        for nhs in CHILDREN:
            number = owned.number("pds", nhs)
            path, sent = question(route, nhs, number)
            answered = owned.ask(path, by=by, purpose="involvement", method=route.method, **sent)
            told = answered.status_code == 200 and number in answered.text
            assert told == (nhs in theirs), (organisation, nhs, answered.text)
            assert answered.status_code in (200, 403)


@pytest.mark.parametrize("route", OF_AN_ID, ids=lambda one: one.name)
def test_an_id_of_another_kind_leads_to_nothing(owned, route):
    by = owned.person("olga", *(role.value for role in Role), override=True)
    asked = {"by": by, "purpose": "duty"}
    shields = owned.ask("/shields", **asked).json()["shields"]
    deliveries = owned.ask("/deliveries", **asked).json()["deliveries"]
    ids = {
        "number": owned.number("pds", ASHA),
        "shield": shields[0]["shield"],
        "delivery": deliveries[0]["delivery"],
        "source": "pds",
        "pair": "00000000-00000000",
        "day": "2026-10-01",
    }
    (kind, *_) = [one for one in ids if f"{{{one}:str}}" in route.path]
    for other, value in ids.items():
        if other != kind:
            path = route.path.replace(f"{{{kind}:str}}", quote(value)).replace("{day:str}", "x")
            answered = owned.ask(path, method=route.method, **asked)
            assert 400 <= answered.status_code < 500, (path, answered.text)
            assert "Okonjo" not in json.dumps(answered.json())
