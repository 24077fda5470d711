"""Routes that find a known child: by what is known of it, or by identifiers, many at once.

Nothing lists a population: a search says enough to name a child, at most twenty answer, and no
total is told.
"""

from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import JSONBody

from contactpoint.errors import UsageError
from contactpoint.people.deciding import Act
from contactpoint.serving.answers import name_of
from contactpoint.serving.expected import not_a_day, not_a_name, not_a_postcode
from contactpoint.serving.route import NO_NUL, Route
from contactpoint.serving.seat import Seat, Seated
from person.particulars import BirthDate
from projections.queries import MOST_FOUND, Found
from projections.search import Search, TooBroadError
from projections.view import ChildView, Name

MOST_LOOKED_UP = 100

Word = Annotated[str, msgspec.Meta(max_length=100, pattern=NO_NUL)]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is known of a child: an identifier, or two of name, birth date and postcode."""

    given: Word = ""
    """A forename; ``*`` behind at least three letters stands for any ending."""
    family: Word = ""
    """A family name, likewise."""
    birth: Annotated[
        str, msgspec.Meta(max_length=10, pattern=NO_NUL, extra_json_schema={"format": "date"})
    ] = ""
    postcode: Annotated[str, msgspec.Meta(max_length=10, pattern=NO_NUL)] = ""
    sex: Literal["", "F", "M", "U", "X"] = ""
    identifier: Annotated[str, msgspec.Meta(max_length=40, pattern=NO_NUL)] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_FOUND)] = MOST_FOUND
    cursor: Annotated[str, msgspec.Meta(max_length=400, pattern=NO_NUL)] = ""
    """What an answer to the same question gave, to go on behind it."""


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """As much of a child as tells it from another; opening it shows the rest."""

    number: str
    name: Name | None = None
    sex: str = "U"
    birth: BirthDate | None = None


class Children(msgspec.Struct, frozen=True, omit_defaults=True):
    """The children that answer to what was asked, by number."""

    found: tuple[Summary, ...]
    cursor: str = ""
    """To be sent with the same question for those that follow; left out at the end."""
    refine: bool = False
    """More than twenty children answer to it: say more of the one that is meant."""


class Sought(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identifier that a caller holds."""

    system: Literal["nhs", "upn", "la-child", "uln"]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=NO_NUL)]


class Sheaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Identifiers to be looked up at once."""

    identifiers: Annotated[list[Sought], msgspec.Meta(min_length=1, max_length=MOST_LOOKED_UP)]


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one identifier came to."""

    outcome: Literal["found", "none", "several"]
    """``several``: it stands with more than one child, and a steward is to look."""
    child: Summary | None = None


class Results(msgspec.Struct, frozen=True):
    """A result for each identifier, in the order in which they were asked."""

    results: tuple[Result, ...]


def child_find(seat: Seated, data: JSONBody[Asked]) -> Response[bytes]:
    """The children for whom all holds that is asked.

    A shielded child answers to name in use, sex and birth date alone: a question that names
    anything else does not find it. For involvement none is told with whom the reader's organisation
    is not known to work.
    """
    _must_be_enough(data)
    _must_be_possible(data)
    question = msgspec.json.encode(msgspec.structs.replace(data, cursor="", limit=1)).decode()
    after, told = _place(seat, data.cursor, question)
    search = Search(
        given=data.given, family=data.family, birth=data.birth, postcode=data.postcode,
        sex=data.sex, identifier=data.identifier, after=after,
    )  # fmt: skip
    limit = min(data.limit, MOST_FOUND - told)
    try:
        answer = seat.store.queries.find(search, limit)
    except TooBroadError as error:
        raise UsageError(str(error)) from None
    shown = seat.may_be_told(answer.found)
    seat.record([one.child for one in shown], _as_recorded(data))
    ended = told + len(answer.found) >= MOST_FOUND
    cursor = ""
    if answer.more and not ended:
        place = [answer.found[-1].view.number, told + len(answer.found)]
        cursor = seat.service.cursors.seal(place, question, seat.actor.subject)
    return seat.answer(Children(tuple(map(summary, shown)), cursor, refine=answer.more and ended))


def child_lookup(seat: Seated, data: JSONBody[Sheaf]) -> Response[bytes]:
    """The child of each identifier, one result for each.

    A shielded child is not found by an identifier, and for involvement none with whom the reader's
    organisation is not known to work.
    """
    wanted = [(one.system, one.value) for one in data.identifiers]
    known = seat.store.queries.by_identifiers(wanted)
    by = {one: seat.may_be_told(found) for one, found in known.items()}
    alone = {asked: found[0] for asked, found in by.items() if len(found) == 1}
    asked = {f"{number}": f"{system} {value}" for number, (system, value) in enumerate(wanted)}
    seat.record(sorted({one.child for one in alone.values()}), asked)
    return seat.answer(
        Results(
            tuple(
                Result("found", summary(alone[one]))
                if one in alone
                else Result("several" if by[one] else "none")
                for one in wanted
            )
        )
    )


def summary(found: Found) -> Summary:
    """What a list tells of a child."""
    view = found.view
    if isinstance(view, ChildView):
        return Summary(
            view.number,
            name_of(view.name.value) if view.name else None,
            view.sex.value if view.sex else "U",
            view.birth.value if view.birth else None,
        )
    return Summary(view.number, view.name, view.sex, view.birth)


def _must_be_enough(asked: Asked) -> None:
    """Raises UsageError where that would browse the index and not name a child."""
    said = (asked.given or asked.family, asked.birth, asked.postcode)
    if not asked.identifier and sum(map(bool, said)) < 2:
        raise UsageError("expected an identifier, or two of name, birth and postcode")


def _must_be_possible(asked: Asked) -> None:
    """Raises UsageError where no child can answer to it: then something was mistyped."""
    amiss = (
        ("given", asked.given, not_a_name),
        ("family", asked.family, not_a_name),
        ("birth", asked.birth, not_a_day),
        ("postcode", asked.postcode, not_a_postcode),
    )
    for field, text, why in amiss:
        if text and (expected := why(text)):
            raise UsageError(f"{field}: expected {expected}")


def _place(seat: Seat, cursor: str, question: str) -> tuple[str, int]:
    """The number after which it goes on, and how many were told before."""
    if not cursor:
        return "", 0
    number, told = msgspec.convert(
        seat.service.cursors.open(cursor, question, seat.actor.subject), tuple[str, int]
    )
    return number, told


def _as_recorded(asked: Asked) -> dict[str, str]:
    plain = msgspec.to_builtins(asked)
    return {name: str(value) for name, value in plain.items() if name != "cursor"}


ROUTES = (
    Route("POST", "/children/search", Act.FIND, child_find, Children, "Find a known child"),
    Route(
        "POST",
        "/children/lookup",
        Act.FIND,
        child_lookup,
        Results,
        "Look identifiers up",
    ),
)
