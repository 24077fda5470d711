"""``Patient/$match``: which child a described person is (FHIR R4; IHE PDQm ITI-119)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import JSONBody

from contactpoint.matching.described import Described, TooLittleError
from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.bundles import entry, note, searchset
from contactpoint.serving.fhir.described import converted, described, not_compared
from contactpoint.serving.fhir.elements import Extension
from contactpoint.serving.fhir.numbers import told
from contactpoint.serving.fhir.outcomes import invalid, missing, outcome, too_little, too_many
from contactpoint.serving.fhir.patients import patient
from contactpoint.serving.fhir.resources import Bundle, SearchEntry
from contactpoint.serving.seat import Seated
from projections.queries import MOST_FOUND

if TYPE_CHECKING:
    from contactpoint.matching.person import Matched, Matches


class Given(msgspec.Struct, frozen=True, rename="camel"):
    """One parameter of the operation."""

    name: str
    resource: dict[str, Any] | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None


class Asked(msgspec.Struct, frozen=True):
    """What the operation is given."""

    parameter: tuple[Given, ...] = ()


class Question(msgspec.Struct, frozen=True):
    """What it asks."""

    person: Described
    only_certain: bool = False
    count: int = MOST_FOUND
    not_compared: tuple[str, ...] = ()
    """Elements of the Patient that were sent and say nothing to the matcher."""


def patient_match(seat: Seated, data: JSONBody[dict[str, Any]]) -> Response[bytes]:
    """The children that a described person is or may be, the likeliest first.

    The body is `Parameters` (`resource` the Patient, and where wanted `onlyCertainMatches` and
    `count`) or the Patient itself. Each entry has a score, its probability with rivals counted, and
    a grade. Elements that are not compared are named in an outcome beside them. A shielded child is
    a candidate only where nothing is said of the person but names, sex, birth date and number in
    this index. For involvement none is given with whom the caller's organisation is not known to
    work.
    """
    question = _question(data, seat.service.today.isoformat())
    try:
        matches = seat.matching.match(question.person, only_certain=question.only_certain)
    except TooLittleError as error:
        raise too_little(str(error)) from None
    matches = matches.among(seat.may_be_told(one.found for one in matches.matched))
    seat.record(matches.children, recorded(question))
    numbers = {one.found.child: told(seat, one.found) for one in matches.matched}
    if matches.more:
        return seat.answer(too_many())
    return seat.answer(bundle(matches, question, numbers))


def _question(body: dict[str, Any], today: str) -> Question:
    try:
        return asked(body, today)
    except RecursionError:
        raise invalid("resourceType", "a resource that is nested less deeply") from None


def asked(body: dict[str, Any], today: str) -> Question:
    """What a body asks. Raises FhirError that names the element which is not right."""
    kind = body.get("resourceType")
    if kind == "Patient":
        return Question(described(body, today), not_compared=tuple(not_compared(body)))
    if kind != "Parameters":
        raise missing("resourceType", "Parameters, or a Patient alone")
    given: dict[str, Given] = {}
    for place, one in enumerate(converted(body, Asked, "Parameters").parameter):
        if one.name not in ("resource", "onlyCertainMatches", "count"):
            where = f"Parameters.parameter[{place}].name"
            raise invalid(where, "resource, onlyCertainMatches or count")
        if one.name in given:
            raise invalid(f"Parameters.parameter[{place}]", "each parameter once")
        given[one.name] = one
    sent = _resource(given)
    return Question(
        described(sent, today), _only_certain(given), _count(given), tuple(not_compared(sent))
    )


def _resource(given: dict[str, Given]) -> dict[str, Any]:
    one = given.get("resource")
    if one is None or one.resource is None:
        raise missing("Parameters.parameter(resource).resource", "the Patient to be matched")
    return one.resource


def _only_certain(given: dict[str, Given]) -> bool:
    one = given.get("onlyCertainMatches")
    if one is None:
        return False
    if one.value_boolean is None:
        raise missing("Parameters.parameter(onlyCertainMatches).valueBoolean", "true or false")
    return one.value_boolean


def _count(given: dict[str, Given]) -> int:
    one = given.get("count")
    if one is None:
        return MOST_FOUND
    if one.value_integer is None or one.value_integer < 1:
        raise invalid("Parameters.parameter(count).valueInteger", "a whole number from 1")
    return min(one.value_integer, MOST_FOUND)


def bundle(
    matches: "Matches", question: Question, numbers: Mapping[UUID, list[tuple[str, str, str]]]
) -> Bundle:
    """The answer; its total is that of all who match, for it never tells of who may not be seen."""
    entries = [
        entry(patient(one.found.view, numbers.get(one.found.child, ())), _how(one))
        for one in matches.matched[: question.count]
    ]
    if question.not_compared:
        said = f"not compared: {', '.join(question.not_compared)}"
        entries.append(note(outcome("warning", "not-supported", said)))
    return searchset(entries, len(matches.matched))


def _how(one: "Matched") -> SearchEntry:
    grade = Extension(systems.MATCH_GRADE, value_code=one.grade)
    return SearchEntry("match", (grade,), round(one.probability, 4))


def recorded(question: Question) -> dict[str, str]:
    """The question as the record of access keeps it, sealed."""
    person = question.person
    said = {"person": msgspec.json.encode(person.particulars).decode()}
    said |= {"number": person.number} if person.number else {}
    return said | {"onlyCertainMatches": str(question.only_certain), "count": str(question.count)}
