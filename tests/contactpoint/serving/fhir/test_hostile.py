"""Whatever is sent, the answer is FHIR, and never a fault of the service."""

from hypothesis import given, settings
from hypothesis import strategies as st

from contactpoint.serving.fhir.searching import PARAMETERS
from tests.contactpoint.serving.fhir.checked import checked
from tests.contactpoint.serving.fhir.conftest import person

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["2015-03-04", "SE15 3QN", "9000000009", "https://fhir.nhs.uk/Id/nhs-number",
                     "urn:contactpoint:number", "urn:contactpoint:upn", "\x00", "' OR 1=1 --"]),
)  # fmt: skip
NAMES = st.sampled_from(
    ["resourceType", "name", "family", "given", "use", "text", "birthDate", "gender", "address",
     "postalCode", "line", "identifier", "system", "value", "extension", "url", "telecom",
     "contact", "link", "meta", "multipleBirthInteger", "deceasedDateTime", "valueString",
     "parameter", "resource", "valueBoolean", "generalPractitioner", "period", "start"]
)  # fmt: skip
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        TEXTS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, ANYTHING, max_size=5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_patient_is_a_fault(desk, odd, is_wrapped):
    body = person() | odd
    if is_wrapped:
        given_ = [{"name": "resource", "resource": body}]
        body = {"resourceType": "Parameters", "parameter": given_} | odd
    answered = desk.ask("/fhir/R4/Patient/$match", method="POST", json=body)
    assert answered.status_code in (200, 400, 422), answered.text
    checked(answered.json())


@given(st.dictionaries(st.sampled_from([*PARAMETERS, "odd"]), TEXTS, max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_search_is_a_fault(desk, asked):
    for answered in (
        desk.ask("/fhir/R4/Patient", params=asked),
        desk.ask("/fhir/R4/Patient/_search", method="POST", data=asked),
    ):
        fitting = (200, 400, 406, 422) if "_format" in asked else (200, 400, 422)
        assert answered.status_code in fitting, answered.text
        checked(answered.json())


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=100, deadline=None)
def test_no_number_is_a_fault(desk, system, value, target):
    asked = {"sourceIdentifier": f"{system}|{value}", "targetSystem": target}
    answered = desk.ask("/fhir/R4/Patient/$ihe-pix", params=asked)
    assert answered.status_code in (200, 400, 403, 404), answered.text
    checked(answered.json())
