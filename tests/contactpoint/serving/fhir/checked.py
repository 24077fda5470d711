"""Resources as an independent implementation of FHIR reads them (``fhir.resources``, R4B)."""

import importlib
import json
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from fhir.resources import R4B  # noqa: F401

ALLOWED = (
    "https://fhir.hl7.org.uk/",
    "https://fhir.nhs.uk/",
    "http://hl7.org/fhir/",
    "http://terminology.hl7.org/",
    "https://profiles.ihe.net/",
)
"""What an address in an answer may begin with: names of systems and extensions of FHIR."""


def checked(told):
    """The resource, as it was sent, once the other implementation has read it whole."""
    resource = json.loads(told) if isinstance(told, (bytes, str)) else told
    kind = resource["resourceType"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = importlib.import_module(f"fhir.resources.R4B.{kind.lower()}")
        read = getattr(module, kind).model_validate(resource)
        again = json.loads(read.model_dump_json())
    assert again == resource
    must_lead_nowhere(resource)
    return resource


def must_lead_nowhere(value):
    """No address in an answer leads into another system."""
    if isinstance(value, dict):
        for each in value.values():
            must_lead_nowhere(each)
    elif isinstance(value, list):
        for each in value:
            must_lead_nowhere(each)
    elif isinstance(value, str) and "http" in value:
        # What was asked may name a system within it.
        begun = value[value.index("http") :] if value.startswith("Patient?") else value
        assert begun.startswith(ALLOWED), value
