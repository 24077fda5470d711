"""An index with a school, a practice and a shielded child, asked in FHIR."""

import pytest

from tests.contactpoint.serving.desk import Desk

ASHA, BRAM, CORA = "9000000009", "9000000017", "9000000025"
ASHA_AT_SCHOOL = {
    "key": "p1", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F",
    "postcode": "SE15 3QN", "nhs": ASHA, "nhs_status": "01", "upn": "K801200024001",
    "guardian_given": "Ngozi", "guardian_family": "Okonjo",
}  # fmt: skip


class FhirDesk(Desk):
    """Asks in FHIR."""

    def fhir(self, path, *, status=200, **asked):
        """The resource that is answered."""
        answered = self.ask(f"/fhir/R4/{path}", **asked)
        assert answered.status_code == status, answered.text
        assert answered.headers["content-type"] == "application/fhir+json"
        return answered.json()

    def match(self, patient, *, only_certain=None, count=None, **asked):
        """What ``$match`` answers."""
        given = [{"name": "resource", "resource": patient}]
        if only_certain is not None:
            given.append({"name": "onlyCertainMatches", "valueBoolean": only_certain})
        if count is not None:
            given.append({"name": "count", "valueInteger": count})
        body = {"resourceType": "Parameters", "parameter": given}
        return self.fhir("Patient/$match", method="POST", json=body, **asked)


def person(given="Asha", family="Okonjo", birth="2015-03-04", gender="female", **more):
    """A Patient as a caller sends it; ``postcode`` and ``nhs`` are taken apart."""
    sent = {"resourceType": "Patient", "name": [{"family": family, "given": [given]}],
            "birthDate": birth, "gender": gender}  # fmt: skip
    if postcode := more.pop("postcode", ""):
        sent["address"] = [{"postalCode": postcode}]
    if nhs := more.pop("nhs", ""):
        sent["identifier"] = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs}]
    return sent | more


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """Asha, at a practice and a school; Bram; and Cora, who is shielded."""
    desk = FhirDesk(tmp_path_factory.mktemp("fhir"))
    desk.patient(ASHA)
    desk.patient(BRAM, given="Bram", family="Vermeer", dob="2014-07-09", postcode="LS1 4AP")
    desk.patient(CORA, given="Cora", family="Danjuma", dob="2013-01-30", postcode="N19 3AA")
    desk.load([ASHA_AT_SCHOOL], "school")
    desk.apply(desk.number("pds", CORA))
    return desk


@pytest.fixture(scope="module")
def desk(filled, tmp_path_factory):
    """It, answering."""
    lent = filled.lent(tmp_path_factory.mktemp("desk"))
    with lent.serving():
        yield lent


@pytest.fixture
def own(filled, tmp_path):
    """A copy that a test may change, answering."""
    lent = filled.lent(tmp_path)
    with lent.serving():
        yield lent
