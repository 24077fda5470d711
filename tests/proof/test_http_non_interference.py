"""Over HTTP an uncleared reader gets the same of two indexes that differ in hidden facts alone.

The worlds are those of ``test_non_interference``. Each is asked by a service that has run all
along: status, every header, length, tag, order and body have to be the same, but for cursors,
whose length has to be.
"""

from contextlib import ExitStack, contextmanager

import pytest
from litestar.testing import TestClient

from contactpoint.chance import Chance
from contactpoint.serving.app import make
from contactpoint.serving.service import opened
from contactpoint.settings import from_environment
from tests.contactpoint.matching.people import AtOnce
from tests.proof.test_non_interference import (
    FEW,
    NEW,
    OLD,
    SEED,
    NeverLinked,
    Sequence,
    Withheld,
    run_asking,
    shielded,
    worlds,
)

__all__ = ["worlds"]
STEPS = 8
FREE = {"CONTACTPOINT_RATE": "100000", "CONTACTPOINT_BURST": "100000", "CONTACTPOINT_WORKERS": "1",
        "CONTACTPOINT_PEOPLE": "practitioner=100000"}  # fmt: skip
CURSOR = "cursor"


def questions(number):
    """All that an uncleared reader may ask that could tell of her: method, path, body."""
    asks: list[tuple[str, str, object]] = [
        ("GET", f"/children/{one}{more}", None)
        for one in (number, "123456789012")
        for more in ("", "/services", "/history", "/on/2026-09-20", "/on/2026-08-31")
    ]
    asks += [("GET", f"/fhir/R4/{what}", None) for what in (
        f"Patient/{number}", f"RelatedPerson?patient={number}", f"CareTeam?patient={number}",
        "Patient?family=Okonjo&birthdate=2015-03-04", "metadata", "Patient/123456789012",
        f"Patient/$ihe-pix?sourceIdentifier=urn:oid:0|{number}",
    )]  # fmt: skip
    searches: list[dict] = [
        {"family": "Okonjo", "birth": "2015-03-04"},
        {"given": "Ash*", "family": "Oko*", "birth": "2015-03-04"},
        {"given": "Asha", "birth": "2015-03-04", "sex": "F"},
        {"family": "Moss", "birth": "2014-05-06"},
        {"family": "Moss", "birth": "2014-05-06", "limit": 1},
    ]
    known: dict = {"name": [{"given": ["Asha"], "family": "Okonjo"}], "birthDate": "2015-03-04"}
    patients = [known]
    values = []
    for nhs, postcode, former in (OLD, NEW):
        searches += [
            {"identifier": nhs},
            {"postcode": postcode, "birth": "2015-03-04"},
            {"postcode": postcode, "family": "Okonjo"},
            {"given": "Asha", "family": former, "birth": "2015-03-04"},
        ]
        number_ = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs}
        patients += [
            {**known, "address": [{"postalCode": postcode}]},
            {**known, "identifier": [number_]},
            {"name": [{"given": ["Asha"], "family": former}], "birthDate": "2015-03-04"},
        ]
        values.append({"system": "nhs", "value": nhs})
        asks.append(("GET", "/fhir/R4/Patient/$ihe-pix?sourceIdentifier="
                     f"https://fhir.nhs.uk/Id/nhs-number|{nhs}", None))  # fmt: skip
    asks += [("POST", "/children/search", one) for one in searches]
    asks.append(("POST", "/children/lookup", {"identifiers": values}))
    asks += [
        ("POST", "/fhir/R4/Patient/$match", {"resourceType": "Patient", **one}) for one in patients
    ]
    asks += [("POST", f"/children/{number}/override", {}), ("GET", "/changes", None)]
    return asks


class Asker:
    """A service over one world, asked by a practitioner and a steward of no clearance."""

    def __init__(self, world, stack):
        settings = from_environment(world.environment | FREE)
        chance = Chance(world._clock, world._run, world._register)
        self.world = world
        app = make(lambda: self.opened(settings, chance))
        self.client = stack.enter_context(TestClient(app, raise_server_exceptions=False))

    @staticmethod
    @contextmanager
    def opened(settings, chance):
        """The service; an index that was written anew is read at once, and not by and by."""
        with opened(settings, chance) as service:
            store = service.store
            store.__dict__["person_matching"] = store.matching_people(AtOnce())
            yield service

    def answers(self, number):
        told = [self.ask("rita", *one) for one in questions(number)]
        told.append(self.ask("stan", "GET", "/reviews", None, "duty"))
        told.append(self.ask("stan", "GET", "/reviews?limit=1", None, "duty"))
        told.append(self.ask("rita", "GET", f"/children/{number}", None, "involvement"))
        return told

    def ask(self, who, method, path, body, purpose="enquiry"):
        headers = {
            "Authorization": f"Bearer {self.world.tokens[who]}",
            "Contactpoint-Purpose": purpose,
            "Contactpoint-Reason": "enquiry",
            "X-Request-ID": "00000000-0000",
        }
        answered = self.client.request(method, path, json=body, headers=headers)
        assert answered.status_code < 500, answered.text
        told = answered.text
        if CURSOR in told:
            # A nonce makes each another; what is sealed is of one length.
            plain = answered.json()
            told = str(plain | {CURSOR: len(plain[CURSOR])})
            kept = {
                k: v for k, v in answered.headers.items() if k not in ("etag", "content-encoding")
            }
            return method, path, answered.status_code, kept.get("content-type"), told
        return method, path, body, answered.status_code, list(answered.headers.multi_items()), told


@pytest.fixture
def ask():
    with ExitStack() as stack:
        askers: dict = {}

        def answers(world, number):
            if world.folder not in askers:
                askers[world.folder] = Asker(world, stack)
            return askers[world.folder].answers(number)

        yield answers


def run(kind, worlds, folder, ask, seed):
    def compare(sequence):
        told = [ask(world, sequence.number) for world in sequence.worlds]
        for first, second in zip(*told, strict=True):
            sequence.same(first[:2], [first, second])

    run_asking(kind, worlds, folder, seed=seed, steps=STEPS, compare=compare, share=1)


@pytest.mark.parametrize("kind", [Sequence, Withheld, NeverLinked])
def test_what_is_hidden_changes_no_answer_over_http(worlds, tmp_path, ask, kind):
    run(kind, worlds, tmp_path, ask, seed=0)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", [Sequence, Withheld, NeverLinked])
def test_what_is_hidden_changes_no_answer_over_http_in_many_sequences(worlds, tmp_path, ask, kind):
    for seed in range(SEED, SEED + FEW):
        run(kind, worlds, tmp_path / str(seed), ask, seed)


def test_once_the_shield_is_lifted_what_was_hidden_shows_over_http(worlds, tmp_path, ask):
    copies, number = shielded(worlds, tmp_path)
    before = [ask(world, number) for world in copies]
    assert before[0] == before[1]
    for world in copies:
        lift = ("shield", "lift", number, "--reason", "home again")
        assert world.answer("olu", *lift, second="ola").code == 0
    after = [ask(world, number) for world in copies]
    differ = [one[1] for one, other in zip(*after, strict=True) if one != other]
    assert {f"/children/{number}", "/children/search", "/children/lookup",
            f"/fhir/R4/Patient/{number}", "/fhir/R4/Patient/$match"} <= set(differ)  # fmt: skip
