"""All routes of the service, in the order in which its description tells of them."""

from contactpoint.serving import children, following, searching
from contactpoint.serving.fhir import routes as fhir
from contactpoint.serving.route import Route

ROUTES: tuple[Route, ...] = (
    *children.ROUTES,
    *searching.ROUTES,
    *following.ROUTES,
    *fhir.ROUTES,
)
