"""Refusals, faults and notes as OperationOutcomes. Nothing of what was asked is repeated."""

from contactpoint.errors import ContactpointError
from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.elements import Coding, Concept
from contactpoint.serving.fhir.resources import Issue, OperationOutcome

MEDIA = "application/fhir+json"
_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    413: "too-long",
    415: "not-supported",
    422: "business-rule",
    429: "throttled",
    503: "transient",
}
"""FHIR's issue type of each status (code system issue-type)."""
_SPINE = {
    "INVALID_VALUE": "Provided value is invalid",
    "MISSING_VALUE": "Required value is missing",
    "ADDITIONAL_PROPERTIES": "Additional properties are invalid",
    "TOO_FEW_VALUES_SUBMITTED": "Too few values submitted",
    "TOO_MANY_MATCHES": "Too Many Matches",
    "RESOURCE_NOT_FOUND": "Resource not found",
    "ACCESS_DENIED": "Access has been denied to process this request",
    "UNSUPPORTED_SERVICE": "Unsupported Service",
}
"""Codes that the Personal Demographics Service answers with, so that its callers know them."""


class FhirError(ContactpointError):
    """A request that cannot be answered, in FHIR's words; ``status`` is the response's."""

    def __init__(
        self, status: int, code: str, message: str, *, spine: str = "", element: str = ""
    ) -> None:
        """``code``: issue type; ``spine``: what PDS calls it; ``element``: where it went wrong."""
        super().__init__(message)
        self.status, self.code, self.spine, self.element = status, code, spine, element

    @property
    def outcome(self) -> OperationOutcome:
        """What is answered."""
        return outcome("error", self.code, str(self), spine=self.spine, element=self.element)


def invalid(element: str, expected: str) -> FhirError:
    """A value that cannot be: which element, and what was expected there."""
    return FhirError(
        400, "value", f"{element}: expected {expected}", spine="INVALID_VALUE", element=element
    )


def missing(element: str, expected: str) -> FhirError:
    """A value that has to be there and is not."""
    return FhirError(
        400, "required", f"{element}: expected {expected}", spine="MISSING_VALUE", element=element
    )


def too_little(expected: str) -> FhirError:
    """Less than tells one child from many."""
    return FhirError(422, "business-rule", expected, spine="TOO_FEW_VALUES_SUBMITTED")


TOO_MANY = "more children than twenty may be meant; say more of the one that is"


def too_many() -> OperationOutcome:
    """The answer, as PDS gives it, to what is true of too many children."""
    return outcome("information", "multiple-matches", TOO_MANY, spine="TOO_MANY_MATCHES")


def outcome(
    severity: str, code: str, message: str = "", *, spine: str = "", element: str = ""
) -> OperationOutcome:
    """One issue."""
    coding = Coding(systems.SPINE, spine, _SPINE[spine], "1") if spine else None
    details = Concept((coding,)) if coding else None
    return OperationOutcome(
        (Issue(severity, code, details, message, (element,) if element else ()),)
    )


def of_status(status: int, detail: str) -> OperationOutcome:
    """What a refusal or fault that is not FHIR's own comes to."""
    spine = {403: "ACCESS_DENIED", 404: "RESOURCE_NOT_FOUND"}.get(status, "")
    return outcome("error", _CODES.get(status, "exception"), detail, spine=spine)
