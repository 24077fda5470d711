"""Searching for a known child by parameters (FHIR R4; IHE PDQm ITI-78): GET, and POST ``_search``.

A name matches whole unless ``*`` ends it, as in the Personal Demographics Service; nothing lists a
population, and more than twenty children are too many.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter

from contactpoint.serving.expected import not_a_day, not_a_name
from contactpoint.serving.fhir import systems
from contactpoint.serving.fhir.bundles import asked, entry, searchset
from contactpoint.serving.fhir.described import identified, own_number
from contactpoint.serving.fhir.numbers import told
from contactpoint.serving.fhir.outcomes import FhirError, invalid, too_little, too_many
from contactpoint.serving.fhir.patients import patient
from contactpoint.serving.seat import Seat, Seated
from contactpoint.serving.speaking import FORMATS
from person.identifiers import IdentifierError, nhs_number
from person.places import PlaceError, postcode
from projections.queries import MOST_FOUND, Found
from projections.search import WILDCARD, Search

Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""The parameters of a search that is posted."""
LONGEST = 200
"""Characters of a value."""
GENDERS = {"female": "F", "male": "M", "other": "X", "unknown": "U"}
PARAMETERS = {
    "_id": "The number in this index.",
    "identifier": "`system|value`: a number in this index, an NHS number, a UPN.",
    "family": "The family name; `*` behind three letters stands for any ending.",
    "given": "The first forename, likewise.",
    "name": "Forename and family name in either order, or a family name alone.",
    "birthdate": "The whole date of birth, bare or with `eq`.",
    "gender": "`female`, `male`, `other` or `unknown`.",
    "address-postalcode": "Of any address that is stated; a shielded child is then not found.",
    "active": "`true`: others are not searched.",
    "_count": "At most so many entries; 0 for the total alone.",
    "_summary": "`count` for the total alone; with another the whole is told.",
    "_elements": "Passed over: the whole is told.",
    "_total": "Passed over: the total is always told.",
    "_pretty": "Passed over.",
    "_format": "`json`.",
}
"""The parameters that are known, and what each means. Others are refused, not passed over: without
them the search would ask less, or be answered in another order."""
PASSED_OVER = ("_elements", "_total", "_pretty", "_format")
SUMMARIES = ("count", "true", "false", "text", "data")
WHOLE = [("_summary", one) for one in SUMMARIES[1:]]


class Wanted(msgspec.Struct, frozen=True):
    """What a search asks."""

    number: str = ""
    system: str = ""
    """Of the identifier: the index's own name of it; empty for any."""
    value: str = ""
    search: Search = Search()
    count: int = MOST_FOUND
    used: dict[str, str] = {}
    """The parameters that say so, as they were stated."""

    @property
    def is_enough(self) -> bool:
        """Whether it names a child: an identifier, or two of name, birth date and postcode."""
        search = self.search
        named = search.name or search.given or search.family
        said = (named, search.birth, search.postcode)
        return bool(self.number or self.value) or sum(map(bool, said)) > 1


def _documented(name: str) -> Any:
    return QueryParameter(name=name, description=PARAMETERS[name])


def patient_search(  # noqa: PLR0913, PLR0917 - the parameters, as the description tells them
    seat: Seated,
    request: Request[Any, Any, Any],
    id_: Annotated[str | None, _documented("_id")] = None,
    identifier: Annotated[str | None, _documented("identifier")] = None,
    family: Annotated[str | None, _documented("family")] = None,
    given: Annotated[str | None, _documented("given")] = None,
    name: Annotated[str | None, _documented("name")] = None,
    birthdate: Annotated[str | None, _documented("birthdate")] = None,
    gender: Annotated[str | None, _documented("gender")] = None,
    address_postalcode: Annotated[str | None, _documented("address-postalcode")] = None,
    active: Annotated[str | None, _documented("active")] = None,
    count: Annotated[str | None, _documented("_count")] = None,
    summary: Annotated[str | None, _documented("_summary")] = None,
    elements: Annotated[str | None, _documented("_elements")] = None,
    total: Annotated[str | None, _documented("_total")] = None,
    pretty: Annotated[str | None, _documented("_pretty")] = None,
    format_: Annotated[str | None, _documented("_format")] = None,
) -> Response[bytes]:
    """The children for whom all holds that is asked.

    The query stands in the address, which others may log: `POST /Patient/_search` says the same in
    its body.
    """
    del id_, identifier, family, given, name, birthdate, gender, address_postalcode, active, count
    del summary, elements, total, pretty, format_
    return _answered(seat, stated(request))


def patient_search_posted(
    seat: Seated,
    request: Request[Any, Any, Any],
    data: Form,
) -> Response[bytes]:
    """The children for whom all holds that is asked, by parameters in body and address."""
    return _answered(seat, stated(request, data))


def stated(
    request: Request[Any, Any, Any], form: Mapping[str, Any] | None = None
) -> dict[str, list[str]]:
    """The values of each parameter, in the address and then in a form."""
    query = request.query_params
    said: dict[str, list[str]] = {name: list(query.getall(name)) for name in query}
    for name, value in (form or {}).items():
        said[name] = said.get(name, []) + (value if isinstance(value, list) else [value])
    return said


def one_value(said: Mapping[str, Sequence[Any]], name: str) -> str | None:
    """The value of a parameter; None where it is not stated. Raises FhirError where several are."""
    values = said.get(name, ())
    if len(values) > 1 or not all(isinstance(value, str) for value in values):
        raise invalid(name, "one value")
    return values[0] if values else None


def _answered(seat: Seat, said: Mapping[str, Sequence[str]]) -> Response[bytes]:
    wanted = read_query(said)
    answering, more = _found(seat, wanted)
    found = seat.may_be_told(answering)
    seat.record([one.child for one in found], _as_recorded(wanted))
    if more:
        return seat.answer(too_many())
    shown = [entry(patient(one.view, told(seat, one))) for one in found[: wanted.count]]
    return seat.answer(searchset(shown, len(found), asked("Patient", wanted.used)))


def _as_recorded(wanted: Wanted) -> dict[str, str]:
    """What was asked, by the index's own names of fields."""
    numbers = {"number": wanted.number, "identifier": wanted.value}
    return {**msgspec.to_builtins(wanted.search), **numbers}


def _found(seat: Seat, wanted: Wanted) -> tuple[list[Found], bool]:
    """Who answers to it, by number, and whether they are too many: then nobody is named."""
    queries = seat.store.queries
    if wanted.number and wanted.search == Search():
        one = queries.child_by_number(wanted.number)
        # A number that a merger took away is read, and is not found.
        return [one] if one and one.view.number == wanted.number else [], False
    if wanted.number:
        before = f"{int(wanted.number) - 1:012}"
        first = queries.find(msgspec.structs.replace(wanted.search, after=before), 1).found
        return [one for one in first if one.view.number == wanted.number], False
    if wanted.system and wanted.search == Search():
        number = (wanted.system, wanted.value)
        return queries.by_identifiers([number])[number], False
    answer = queries.find(wanted.search)
    return ([], True) if answer.more else (list(answer.found), False)


def read_query(stated: Mapping[str, Sequence[str]]) -> Wanted:
    """What parameters ask. Raises FhirError that names the one which is not right."""
    said: dict[str, str] = {}
    used: dict[str, str] = {}
    for name, values in stated.items():
        bare = name.removesuffix(":exact")
        if bare not in PARAMETERS:
            raise FhirError(
                400, "not-supported", f"expected no other parameters than {', '.join(PARAMETERS)}",
                spine="ADDITIONAL_PROPERTIES",
            )  # fmt: skip
        if len(values) != 1 or bare in said or not isinstance(values[0], str):
            raise invalid(bare, "one value")
        if len(values[0]) > LONGEST:
            raise invalid(bare, f"at most {LONGEST} characters")
        if values[0].strip():
            said[bare] = values[0].strip()
            if bare not in PASSED_OVER and (bare, said[bare]) not in WHOLE:
                used[name] = said[bare]
    wanted = _wanted(said, used)
    if not wanted.is_enough:
        raise too_little(
            "expected a number or identifier, or two of name, birthdate and address-postalcode"
        )
    return wanted


def _wanted(said: Mapping[str, str], used: dict[str, str]) -> Wanted:
    if said.get("active", "true") != "true":
        raise invalid("active", "true; numbers that were replaced are read one by one")
    if said.get("_format", "json") not in FORMATS:
        raise FhirError(406, "not-supported", "_format: expected json", element="_format")
    if said.get("_summary", SUMMARIES[0]) not in SUMMARIES:
        raise invalid("_summary", " or ".join(SUMMARIES))
    number = own_number(said["_id"], "_id") if "_id" in said else ""
    system, value = _identifier(said.get("identifier", ""))
    if system == systems.NUMBER:
        if number not in ("", value):
            raise invalid("identifier", "the same number as _id")
        number, system, value = value, "", ""
    search = Search(
        name=_whole("name", said.get("name", "")),
        given=_name("given", said.get("given", "")),
        family=_name("family", said.get("family", "")),
        birth=_birth(said.get("birthdate", "")),
        postcode=_postcode(said.get("address-postalcode", "")),
        sex=_gender(said.get("gender", "")),
    )
    alone = search == Search()
    if value and not (system and alone):
        search = msgspec.structs.replace(search, identifier=value)
    count = 0 if said.get("_summary") == "count" else _count(said.get("_count", ""))
    return Wanted(number, system, value, search, count, used)


def _identifier(token: str) -> tuple[str, str]:
    """System, by the index's own name, and value, checked."""
    if not token:
        return "", ""
    address, bar, value = token.rpartition("|")
    if not bar or not address:
        return "", value.strip()
    if address == systems.NUMBER:
        return address, own_number(value, "identifier")
    if address not in systems.IDENTIFIERS:
        raise invalid("identifier", "system|value, of a system that is known here")
    if address != systems.NHS:
        return systems.IDENTIFIERS[address], identified(address, value, "identifier").value
    try:
        return "nhs", nhs_number(value)
    except IdentifierError as error:
        raise invalid("identifier", error.expected) from None


def _whole(parameter: str, text: str) -> str:
    if WILDCARD in text:
        raise invalid(parameter, f"whole names; family and given take {WILDCARD}")
    return _name(parameter, text)


def _name(parameter: str, text: str) -> str:
    if text and (expected := not_a_name(text)):
        raise invalid(parameter, expected)
    return text


def _birth(text: str) -> str:
    day = text.removeprefix("eq")
    if text and (expected := not_a_day(day)):
        raise invalid("birthdate", expected)
    return day


def _postcode(text: str) -> str:
    try:
        return postcode(text) if text else ""
    except PlaceError as error:
        raise invalid("address-postalcode", error.expected) from None


def _gender(text: str) -> str:
    if text and text not in GENDERS:
        raise invalid("gender", ", ".join(GENDERS))
    return GENDERS.get(text, "")


def _count(text: str) -> int:
    if not text:
        return MOST_FOUND
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise invalid("_count", "a whole number")
    return min(int(text), MOST_FOUND)
