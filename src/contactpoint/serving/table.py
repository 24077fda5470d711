"""All routes of the service, in the order in which its description tells of them."""

from contactpoint.serving import children, delivering, following, reviewing, searching, shielding
from contactpoint.serving.fhir import routes as fhir
from contactpoint.serving.route import Route

ROUTES: tuple[Route, ...] = (
    *children.ROUTES,
    *searching.ROUTES,
    *following.ROUTES,
    *reviewing.ROUTES,
    *shielding.ROUTES,
    *delivering.ROUTES,
    *fhir.ROUTES,
)
