"""What goes wrong on a FHIR address, told as an OperationOutcome."""

from typing import Any

import msgspec
from litestar import Request, Response

from contactpoint.serving import problems
from contactpoint.serving.fhir.outcomes import MEDIA, FhirError, of_status

PREFIX = "/fhir/"


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The response to an error, as everywhere, in FHIR's words."""
    plain = problems.answer(request, error)
    problem = problems.problem_of(error)[0]
    status, told = problem.status, of_status(problem.status, problem.detail)
    if isinstance(error, FhirError):
        status, told = error.status, error.outcome
    return Response(
        msgspec.json.encode(told), status_code=status, media_type=MEDIA, headers=plain.headers
    )
