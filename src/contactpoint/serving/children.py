"""Routes about children: one by number, what happened to it, and a search for a known child."""

from litestar import Response
from litestar.params import FromPath

from contactpoint.beside import Beside
from contactpoint.errors import NotFoundError
from contactpoint.people.deciding import Act
from contactpoint.serving.answers import AnyChild, Numbered, child_of
from contactpoint.serving.preconditions import must_be_as_seen
from contactpoint.serving.problems import PreconditionError
from contactpoint.serving.route import Route
from contactpoint.serving.seat import Seat, Seated
from person.numbers import NumberError, read
from projections.queries import Found
from projections.view import ChildView

MISSING = "no child of that number"
"""Said in the same words of a child that may not be seen."""


def child_show(seat: Seated, number: FromPath[str]) -> Response[bytes]:
    """The child of a number, and the services involved.

    A number that a merger took away answers with the child that goes on; ``Content-Location`` says
    which. A shielded child shows name, sex, birth date, and how to reach who brokers contact.
    """
    found, beside = looked_at(seat, number)
    return seat.answer(child_body(seat, found, beside), headers=moved(number, found))


def child_override(seat: Seated, number: FromPath[str]) -> Response[bytes]:
    """The child of a number, through its shield, this once.

    ``If-Match`` states the ETag of the child as it was shown shielded: whoever looks through a
    shield has looked at it before. An investigation is opened before the answer. Where no shield
    stands, it is the answer that anybody gets.
    """
    before = found_by(seat, number)
    try:
        must_be_as_seen(seat, _body(seat, before) if before else None)
    except PreconditionError:
        seat.record([], {"number": number})
        raise
    found = found_by(seat, number, override=True)
    own = found is not None and seat.store.relatives.among(seat.actor.subject, [found.child])
    if found is not None and found.overridden and own:
        # Nobody looks through the shield of a child of their own family.
        seat.record([found.child], {"number": number})
        raise NotFoundError(MISSING)
    body = _body(seat, found) if found else None
    opened = (
        [seat.store.accesses.investigation(seat.origin(), found.child, seat.reason)]
        if found and found.overridden
        else []
    )
    seat.record([found.child] if found else [], {"number": number}, *opened)
    if found is None or body is None:
        raise NotFoundError(MISSING)
    return seat.answer(body, headers=moved(number, found))


def looked_for(seat: Seat, number: str, **asked: str) -> Found:
    """The child that a number answers for, the look at it recorded with what else was ``asked``.

    Raises NotFoundError in the same words where there is none and where it may not be seen, and
    DeniedError where it is asked for involvement and none is known.
    """
    return _recorded(seat, found_by(seat, number), number, asked)


def looked_at(seat: Seat, number: str) -> tuple[Found, Beside | None]:
    """Likewise, with what stands beside its records."""
    wanted = _number(number)
    told = seat.store.beside.of_number(wanted, seat.service.today) if wanted else None
    found, beside = told or (None, None)
    return _recorded(seat, found, number, {}), beside


def _recorded(seat: Seat, found: Found | None, number: str, asked: dict[str, str]) -> Found:
    seat.look_for_involvement(found)
    seat.record([found.child] if found else [], {"number": number, **asked})
    if found is None:
        raise NotFoundError(MISSING)
    return found


def found_by(seat: Seat, number: str, *, override: bool = False) -> Found | None:
    """The child that a number answers for; None where there is none, or it is no number."""
    wanted = _number(number)
    return seat.store.queries.child_by_number(wanted, override=override) if wanted else None


def _number(stated: str) -> str | None:
    try:
        return read(stated)
    except NumberError:
        return None


def child_body(seat: Seat, found: Found, beside: Beside | None) -> AnyChild:
    """What the reader is told of a child."""
    return child_of(found.view, beside, identifiers(seat, found))


def _body(seat: Seat, found: Found) -> AnyChild:
    return child_body(seat, found, seat.store.beside.of(found, seat.service.today))


def identifiers(seat: Seat, found: Found) -> list[Numbered]:
    """The child's identifiers of the systems that the reader's organisation allocates."""
    systems = seat.actor.systems
    if not systems or not isinstance(found.view, ChildView) or found.overridden:
        return []
    told = seat.store.queries.identifiers(found)
    return [Numbered(*one) for one in told if one[0] in systems]


def moved(number: str, found: Found) -> dict[str, str]:
    """Where the child is that goes on, if the number asked for is not its own."""
    if read(number) == found.view.number:
        return {}
    return {"Content-Location": f"/children/{found.view.number}"}


ROUTES = (
    Route(
        "GET",
        "/children/{number:str}",
        Act.SHOW,
        child_show,
        AnyChild,
        "A child by number",
        refuses=(404,),
        quick=True,
    ),
    Route(
        "POST",
        "/children/{number:str}/override",
        Act.OVERRIDE,
        child_override,
        AnyChild,
        "A child by number, through its shield",
        refuses=(404, 412, 428),
    ),
)
