"""Reading a child by number, and who is involved with it."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, QueryParameter

from contactpoint.serving.children import looked_at, looked_for
from contactpoint.serving.fhir.bundles import entry, searchset
from contactpoint.serving.fhir.involved import care_team, related
from contactpoint.serving.fhir.numbers import told
from contactpoint.serving.fhir.outcomes import invalid, missing
from contactpoint.serving.fhir.patients import patient, replaced
from contactpoint.serving.seat import Seated
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


def patient_related(seat: Seated, patient: Of = None) -> Response[bytes]:
    """The parents and carers of a child."""
    found = looked_for(seat, _number(patient))
    people = related(found.view)
    return seat.answer(searchset([entry(one) for one in people], len(people)))


def patient_team(seat: Seated, patient: Of = None) -> Response[bytes]:
    """Which services and practitioners work with a child, and how to reach them.

    Of a sensitive service the words `unspecified sensitive service` are told, and of a shielded
    child nothing but who brokers contact.
    """
    found, beside = looked_at(seat, _number(patient))
    return seat.answer(searchset([entry(care_team(found.view, beside))], 1))


def _number(stated: str | None) -> str:
    if not stated:
        raise missing("patient", "the number of a child")
    bare = stated.removeprefix("Patient/")
    try:
        return read(bare)
    except NumberError as error:
        raise invalid("patient", error.expected) from None
