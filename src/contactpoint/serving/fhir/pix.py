"""``Patient/$ihe-pix``: a child's other numbers, to who is entitled to them (IHE PIXm ITI-83)."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import QueryParameter

from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.described import identified, own_number
from contactpoint.serving.fhir.elements import Reference
from contactpoint.serving.fhir.numbers import told
from contactpoint.serving.fhir.outcomes import FhirError, invalid, missing
from contactpoint.serving.fhir.patients import identifier, number
from contactpoint.serving.fhir.resources import Parameter, Parameters
from contactpoint.serving.fhir.searching import one_value, stated
from contactpoint.serving.seat import Seat, Seated
from person.identifiers import IdentifierError, nhs_number
from projections.queries import Found

UNKNOWN = "sourceIdentifier Patient Identifier not found"
UNKNOWN_SOURCE = "sourceIdentifier Assigning Authority not found"
UNKNOWN_TARGET = "targetSystem not found"
"""The profile's own words."""
LONGEST = 200
"""Characters of a number that is recorded as it was asked for."""

Source = Annotated[
    str | None,
    QueryParameter(name="sourceIdentifier", description="`system|value` of a known number."),
]
Target = Annotated[
    str | None,
    QueryParameter(name="targetSystem", description="The one system whose numbers are wanted."),
]


def patient_pix(
    seat: Seated,
    request: Request[Any, Any, Any],
    source_identifier: Source = None,
    target_system: Target = None,
) -> Response[bytes]:
    """The numbers of the child that a number names, and its id here; the source is not echoed.

    Numbers of systems to which the caller's organisation is not entitled are left out. A shielded
    child is known by its number in this index alone, and has no other numbers to tell.
    """
    del source_identifier, target_system
    said = stated(request)
    system, sent = _source(one_value(said, "sourceIdentifier") or "")
    wanted = _target(one_value(said, "targetSystem"), seat)
    value = _number(system, sent)
    found = _found(seat, system, value) if value else None
    seat.look_for_involvement(found)
    seat.record([found.child] if found else [], {"identifier": f"{system} {value or sent}"})
    if found is None:
        raise FhirError(404, "not-found", UNKNOWN, spine="RESOURCE_NOT_FOUND")
    return seat.answer(Parameters(tuple(_told(seat, found, system, value, wanted))))


def _told(seat: Seat, found: Found, system: str, value: str, wanted: str) -> list[Parameter]:
    own = found.view.number
    answer = []
    if wanted in ("", systems.NUMBER) and (system, value) != (systems.NUMBER, own):
        answer.append(Parameter("targetIdentifier", value_identifier=number(own)))
    for name, number_, status in told(seat, found):
        address = systems.ADDRESSES.get(name, "")
        if address and wanted in ("", address) and (address, number_) != (system, value):
            one = identifier(name, number_, status)
            answer.append(Parameter("targetIdentifier", value_identifier=one))
    if wanted in ("", systems.NUMBER):
        reference = Reference(f"Patient/{own}", "Patient")
        answer.append(Parameter("targetId", value_reference=reference))
    return answer


def _source(token: str) -> tuple[str, str]:
    if not token:
        raise missing("sourceIdentifier", "system|value")
    address, _, value = token.partition("|")
    if address not in (systems.NUMBER, *systems.IDENTIFIERS):
        raise FhirError(400, "code-invalid", UNKNOWN_SOURCE, element="sourceIdentifier")
    if len(value) > LONGEST:
        raise invalid("sourceIdentifier", f"at most {LONGEST} characters")
    return address, value


def _number(system: str, stated: str) -> str:
    """The number as it is kept; empty where it can be none, and so is nobody's."""
    try:
        if system == systems.NUMBER:
            return own_number(stated, "sourceIdentifier")
        if system == systems.NHS:
            return nhs_number(stated)
        return identified(system, stated, "sourceIdentifier").value
    except (FhirError, IdentifierError):
        return ""


def _target(stated: str | None, seat: Seat) -> str:
    """The system that is wanted; one to which the caller is not entitled is as one unknown."""
    if not stated:
        return ""
    entitled = [systems.ADDRESSES[name] for name in seat.actor.systems if name in systems.ADDRESSES]
    if stated not in (systems.NUMBER, *entitled):
        raise FhirError(403, "code-invalid", UNKNOWN_TARGET, element="targetSystem")
    return stated


def _found(seat: Seat, system: str, value: str) -> Found | None:
    """The one child of a number; none where it stands with several, for which of them is asked."""
    queries = seat.store.queries
    if system == systems.NUMBER:
        return queries.child_by_number(value)
    asked = (systems.IDENTIFIERS[system], value)
    found = queries.by_identifiers([asked])[asked]
    return found[0] if len(found) == 1 else None
