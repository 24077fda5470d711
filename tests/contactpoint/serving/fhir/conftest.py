"""An index with a school, a practice and a shielded child, asked in FHIR."""

import pytest

from tests.contactpoint.serving.conftest import ASHA, BRAM, CORA, three_children
from tests.contactpoint.serving.desk import Desk

__all__ = ["ASHA", "BRAM", "CORA"]
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
    return three_children(FhirDesk(tmp_path_factory.mktemp("fhir")), ASHA_AT_SCHOOL)


@pytest.fixture
def own(filled, tmp_path):
    """A copy that a test may change, answering."""
    lent = filled.lent(tmp_path)
    with lent.serving():
        yield lent
