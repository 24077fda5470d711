"""Reading a child by number, and who is involved with it."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath, QueryParameter

from contactpoint.serving.children import looked_at, looked_for
from contactpoint.serving.fhir.bundles import asked, entry, searchset
from contactpoint.serving.fhir.involved import care_team, related
from contactpoint.serving.fhir.numbers import told
from contactpoint.serving.fhir.outcomes import invalid, missing
from contactpoint.serving.fhir.patients import patient, replaced
from contactpoint.serving.fhir.searching import Form, one_value, stated
from contactpoint.serving.seat import Seat, Seated
from person.numbers import NumberError, read

Of = Annotated[
    str | None,
    QueryParameter(
        name="patient", description="The child: `Patient/` and its number, or the number."
    ),
]


def patient_read(seat: Seated, number: FromPath[str]) -> Response[bytes]:
    """The child of a number as a Patient.

    A number that a merger took away answers with `active` false, and a link to the number that
    replaced it. A shielded child is marked restricted, and has name, gender and birth date alone.
    """
    found = looked_for(seat, number)
    asked = read(number)
    if asked != found.view.number:
        return seat.answer(replaced(asked, found.view.number))
    return seat.answer(patient(found.view, told(seat, found)))


def patient_related(
    seat: Seated, request: Request[Any, Any, Any], patient: Of = None
) -> Response[bytes]:
    """The parents and carers of a child."""
    del patient
    return _related(seat, one_value(stated(request), "patient"))


def patient_related_posted(
    seat: Seated, request: Request[Any, Any, Any], data: Form
) -> Response[bytes]:
    """The parents and carers of a child, whose number stands in the body."""
    return _related(seat, one_value(stated(request, data), "patient"))


def patient_team(
    seat: Seated, request: Request[Any, Any, Any], patient: Of = None
) -> Response[bytes]:
    """Which services and practitioners work with a child, and how to reach them.

    Of a sensitive service the words `unspecified sensitive service` are told, and of a shielded
    child nothing but who brokers contact.
    """
    del patient
    return _team(seat, one_value(stated(request), "patient"))


def patient_team_posted(
    seat: Seated, request: Request[Any, Any, Any], data: Form
) -> Response[bytes]:
    """Which services and practitioners work with a child, whose number stands in the body."""
    return _team(seat, one_value(stated(request, data), "patient"))


def _related(seat: Seat, wanted: str | None) -> Response[bytes]:
    number = _number(wanted)
    people = related(looked_for(seat, number).view)
    link = asked("RelatedPerson", {"patient": number})
    return seat.answer(searchset([entry(one) for one in people], len(people), link))


def _team(seat: Seat, wanted: str | None) -> Response[bytes]:
    number = _number(wanted)
    found, beside = looked_at(seat, number)
    link = asked("CareTeam", {"patient": number})
    return seat.answer(searchset([entry(care_team(found.view, beside))], 1, link))


def _number(wanted: str | None) -> str:
    if not wanted:
        raise missing("patient", "the number of a child")
    bare = wanted.strip().removeprefix("Patient/")
    try:
        return read(bare)
    except NumberError as error:
        raise invalid("patient", error.expected) from None
