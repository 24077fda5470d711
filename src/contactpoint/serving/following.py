"""Routes about what happened: a child's services and history, and which children became others."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter

from contactpoint.beside import Sensitive
from contactpoint.errors import NotFoundError, UsageError
from contactpoint.history import happened
from contactpoint.past import view_on
from contactpoint.people.deciding import Act
from contactpoint.serving.answers import AnyChild, Child, Held, Said, child_of, time_of
from contactpoint.serving.children import MISSING, child_body, looked_at, looked_for, moved
from contactpoint.serving.expected import not_a_day
from contactpoint.serving.route import Route
from contactpoint.serving.seat import Seated
from person.particulars import Assessment, LeadProfessional
from person.services import Involvement

MOST_CHANGES = 500


class Services(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who works with a child, and how to reach them."""

    number: str
    services: tuple[Said[Involvement], ...] = ()
    lead_professional: Said[LeadProfessional] | None = None
    assessment: Said[Assessment] | None = None
    sensitive: Sensitive | None = None
    holders: tuple[Held, ...] = ()
    contact: str = ""
    """Of a shielded child: how to reach who brokers contact, and nothing else."""


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened."""

    when: datetime
    what: str
    source: str = ""
    model: str = ""


class History(msgspec.Struct, frozen=True):
    """What happened to a child, the oldest first; of a shielded child nothing is told."""

    number: str
    history: tuple[Happened, ...]


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """That numbers answer otherwise than before."""

    number: str
    what: Literal["merged", "split", "restored"]
    into: str = ""
    """The number with which a merged one answers."""


class Changes(msgspec.Struct, frozen=True):
    """Changes of numbers, the oldest first; who a number is has to be asked."""

    changes: tuple[Change, ...]
    cursor: str
    """Where to go on, also when nothing more has happened yet."""


def child_services(seat: Seated, number: FromPath[str]) -> Response[bytes]:
    """Who works with the child of a number, and how to reach them."""
    found, beside = looked_at(seat, number)
    body = child_body(seat, found, beside)
    if not isinstance(body, Child):
        about = Services(body.number, contact=body.contact)
        return seat.answer(about, headers=moved(number, found))
    return seat.answer(
        Services(
            body.number, body.services, body.lead_professional, body.assessment, body.sensitive,
            body.holders,
        ),
        headers=moved(number, found),
    )  # fmt: skip


def child_past(
    seat: Seated,
    number: FromPath[str],
    day: Annotated[str, PathParameter(schema_extra={"format": "date"})],
) -> Response[bytes]:
    """The child of a number as it was on a day, as far as is known now.

    By the records that are the child's today, and under today's shields. What stands beside the
    records is left out.
    """
    if why := not_a_day(day):
        raise UsageError(f"day: expected {why}")
    found = looked_for(seat, number, day=day)
    view = view_on(seat.store.log, seat.store.queries, found, date.fromisoformat(day))
    if view is None:
        raise NotFoundError(MISSING)
    return seat.answer(child_of(view, None), headers=moved(number, found))


def child_history(seat: Seated, number: FromPath[str]) -> Response[bytes]:
    """What happened to the child of a number and to its records."""
    found = looked_for(seat, number)
    told = seat.store.queries.history_of_child(found.child)
    history = tuple(
        Happened(time_of(one.at), one.what, one.source, one.model)
        for one in happened(found.view, told)
    )
    return seat.answer(History(found.view.number, history), headers=moved(number, found))


def changes_list(
    seat: Seated,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_CHANGES)] = 100,
) -> Response[bytes]:
    """Which children were merged, split or restored since a cursor, from the beginning without one.

    Nothing of children who are shielded, or whose separation is nobody's business. A caller asks
    about a number anew, under its own name. That numbers were told is on record; they are none of
    the children who count in a day.
    """
    of, reader = "changes", seat.actor.subject
    after = msgspec.convert(seat.service.cursors.open(cursor, of, reader), int) if cursor else 0
    told, upto = seat.store.queries.changes(after, limit)
    if told:
        seat.record([], {"changes": f"{len(told)}"})
    return seat.answer(
        Changes(
            tuple(Change(one.number, one.what, one.into) for one in told),
            seat.service.cursors.seal(upto, of, reader),
        )
    )


ROUTES = (
    Route(
        "GET", "/children/{number:str}/services", Act.SHOW, child_services, Services,
        "Who works with a child", refuses=(404,), quick=True,
    ),
    Route(
        "GET", "/children/{number:str}/history", Act.SHOW, child_history, History,
        "What happened to a child", refuses=(404,),
    ),
    Route(
        "GET", "/children/{number:str}/on/{day:str}", Act.SHOW, child_past, AnyChild,
        "A child as it was on a day", refuses=(404,),
    ),
    Route(
        "GET", "/changes", Act.CHANGES, changes_list, Changes,
        "Which numbers answer otherwise than before", opens=False,
    ),
)  # fmt: skip
