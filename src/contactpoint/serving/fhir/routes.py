"""The rows of the table of routes that speak FHIR."""

from contactpoint.people.deciding import Act
from contactpoint.serving.fhir.matching import patient_match
from contactpoint.serving.fhir.outcomes import MEDIA
from contactpoint.serving.fhir.pix import patient_pix
from contactpoint.serving.fhir.reading import (
    patient_read,
    patient_related,
    patient_related_posted,
    patient_team,
    patient_team_posted,
)
from contactpoint.serving.fhir.resources import Bundle, OperationOutcome, Parameters, Patient
from contactpoint.serving.fhir.searching import patient_search, patient_search_posted
from contactpoint.serving.route import Method, Route

_BASE = "/fhir/R4"


def _route(  # noqa: PLR0913, PLR0917 - what differs between them
    method: Method,
    path: str,
    act: Act,
    handler: object,
    answers: object,
    summary: str,
    refuses: tuple[int, ...] = (),
    *,
    quick: bool = False,
) -> Route:
    return Route(
        method, f"{_BASE}/{path}", act, handler, answers, summary,  # type: ignore[arg-type]
        refuses=refuses, media=MEDIA, tag="FHIR R4", quick=quick,
    )  # fmt: skip


ROUTES = (
    _route(
        "POST", "Patient/$match", Act.FIND, patient_match, Bundle | OperationOutcome,
        "Which child a described person is", quick=True,
    ),
    _route(
        "GET", "Patient", Act.FIND, patient_search, Bundle | OperationOutcome,
        "Find a known child as Patient",
    ),
    _route(
        "POST", "Patient/_search", Act.FIND, patient_search_posted, Bundle | OperationOutcome,
        "Find a known child as Patient, by a body",
    ),
    _route(
        "GET", "Patient/$ihe-pix", Act.FIND, patient_pix, Parameters,
        "The other numbers of a child", (404,), quick=True,
    ),
    _route(
        "GET", "Patient/{number:str}", Act.SHOW, patient_read, Patient,
        "A child by number as Patient", (404,), quick=True,
    ),
    _route(
        "GET", "RelatedPerson", Act.SHOW, patient_related, Bundle,
        "A child's parents and carers", (404,), quick=True,
    ),
    _route(
        "POST", "RelatedPerson/_search", Act.SHOW, patient_related_posted, Bundle,
        "A child's parents and carers, by a body", (404,),
    ),
    _route(
        "GET", "CareTeam", Act.SHOW, patient_team, Bundle,
        "Who works with a child, as CareTeam", (404,), quick=True,
    ),
    _route(
        "POST", "CareTeam/_search", Act.SHOW, patient_team_posted, Bundle,
        "Who works with a child, as CareTeam, by a body", (404,),
    ),
)  # fmt: skip
