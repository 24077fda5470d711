"""The CapabilityStatement: what of FHIR the index answers, for clients that look first."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.fhir.resources import OperationOutcome
from contactpoint.serving.fhir.searching import PARAMETERS
from contactpoint.serving.speaking import told_in_fhir

PATH = "/fhir/R4/metadata"
WRITTEN = "2026-11-26"
ANOTHER_ANSWER = "Another form of the answer is wanted than there is."
_TYPES = {
    "_id": "token", "identifier": "token", "family": "string", "given": "string", "name": "string",
    "birthdate": "date", "gender": "token", "address-postalcode": "string", "active": "token",
}  # fmt: skip
NOT_SEARCHED = (
    "Searched by POST _search or GET. Not answered: XML; searches by telephone, e-mail or any part "
    "of an address but the postcode, of which no index is kept ($match compares telecom); "
    "_include, _revinclude and _sort. Other parameters than those listed here, _count, _summary, "
    "_elements, _total, _pretty and _format are refused."
)
CHILD_ONLY = "The child: its number, or `Patient/` and its number."


def statement() -> dict[str, Any]:
    """The resource."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": WRITTEN,
        "kind": "instance",
        "implementation": {"description": "contactpoint: a national index of children"},
        "software": {"name": "contactpoint"},
        "fhirVersion": "4.0.1",
        "format": ["json", MEDIA],
        "rest": [
            {
                "mode": "server",
                "documentation": "Every request states its purpose and reason, in the headers "
                "Contactpoint-Purpose and Contactpoint-Reason, and is recorded.",
                "security": {
                    "cors": False,
                    "description": "Bearer tokens of an OpenID Connect issuer, with strong "
                    "authentication.",
                },
                "resource": [_patient(), _about("RelatedPerson"), _about("CareTeam")],
            }
        ],
    }


def _patient() -> dict[str, Any]:
    return {
        "type": "Patient",
        "profile": systems.UKCORE_PATIENT,
        "documentation": NOT_SEARCHED,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            {"name": name, "type": kind, "documentation": PARAMETERS[name]}
            for name, kind in _TYPES.items()
        ],
        "operation": [
            {"name": "match", "definition": systems.MATCH},
            {"name": "ihe-pix", "definition": systems.PIX},
        ],
    }


def _about(kind: str) -> dict[str, Any]:
    parameter = {"name": "patient", "type": "reference", "documentation": CHILD_ONLY}
    return {
        "type": kind,
        "interaction": [{"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [parameter],
    }


@get(
    PATH,
    operation_id="capability",
    summary="What of FHIR is answered",
    tags=["FHIR R4"],
    security=[{}],
    sync_to_thread=False,
    guards=[told_in_fhir],
    responses={
        200: ResponseSpec(
            dict[str, Any],
            description="A CapabilityStatement.",
            media_type=MEDIA,
            generate_examples=False,
        ),
        406: ResponseSpec(
            OperationOutcome,
            description=ANOTHER_ANSWER,
            media_type=MEDIA,
            generate_examples=False,
        ),
    },
)
def metadata() -> Response[bytes]:
    """It tells of no child, and so anybody may read it."""
    return Response(msgspec.json.encode(statement()), media_type=MEDIA)
