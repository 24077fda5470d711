"""What docs/fhir.md shows is FHIR, and is what is answered."""

import json
import re

import pytest

from tests.architecture.tree import ROOT
from tests.contactpoint.serving.fhir.checked import checked
from tests.contactpoint.serving.fhir.conftest import ASHA

TEXT = (ROOT / "docs" / "fhir.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:json|http)\n(.*?)```", TEXT, re.DOTALL)
RESOURCES = [json.loads(block[block.index("{") :]) for block in BLOCKS if "{" in block]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: one["resourceType"])
def test_an_example_is_a_resource(resource):
    checked(resource)


def test_the_request_that_is_shown_gets_the_answer_that_is_shown(desk):
    question, answer, *_ = RESOURCES
    number = desk.number("pds", ASHA)
    told = desk.fhir("Patient/$match", method="POST", json=question)
    assert json.loads(json.dumps(told).replace(number, "012345678904")) == answer
