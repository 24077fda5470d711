"""Routes of shielding officers: shields listed, applied, reviewed, and lifted by two."""

from datetime import date
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from contactpoint.aftermath import follow
from contactpoint.errors import NotFoundError, UsageError
from contactpoint.judging.sight import is_version
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act
from contactpoint.serving.children import MISSING, found_by
from contactpoint.serving.preconditions import seen, tag
from contactpoint.serving.problems import PreconditionError
from contactpoint.serving.route import NO_NUL, Route
from contactpoint.serving.seat import Seat, Seated
from contactpoint.shielding.criteria import CRITERIA
from contactpoint.shielding.listing import told
from contactpoint.shielding.officers import Asked
from events.shield import SafeParent

MOST = 200
NO_SHIELD = "no such shield stands"
Words = Annotated[str, msgspec.Meta(max_length=500, pattern=NO_NUL)]


class Parent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parent whose name may be shown."""

    given: Words
    family: Words


class Shield(msgspec.Struct, frozen=True):
    """A shield, and what is under it."""

    shield: str
    children: list[str]
    laid_by: str
    inherited: str
    criterion: str
    requester: str
    """Who asked for it; empty where nobody is named, or the child was erased."""
    safe_parents: list[Parent]
    """Whose names are shown."""
    authority: str
    review: str
    overdue: bool
    records: int
    withheld: int
    standing: str
    since: str | None
    by: str
    reviewed: str | None
    lifted: str | None
    version: int
    """To be stated, in quotation marks, as If-Match where it is reviewed or lifted."""


class Marked(msgspec.Struct, frozen=True):
    """A record that a source still marks although its shield was lifted: it is to be asked."""

    child: str | None
    source: str
    record: str
    stated: str | None


class Shields(msgspec.Struct, frozen=True, omit_defaults=True):
    """The shields that stand, the soonest to be reviewed first; inherited ones apart."""

    shields: list[Shield]
    inherited: list[Shield]
    marked: list[Marked]
    cursor: str = ""
    """To be sent for those that follow of shields and of records; left out at the end of both."""


class Place(NamedTuple):
    """Behind which shield, and which marked record, a list goes on; None: none was told yet."""

    shield: tuple[str, bytes] | None = None
    record: UUID | None = None


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a child is to be shielded, and who asks for it."""

    number: Annotated[str, msgspec.Meta(max_length=20, pattern=NO_NUL)]
    criterion: Annotated[str, msgspec.Meta(max_length=500, extra_json_schema={"enum": CRITERIA})]
    """Why it would be dangerous that the child be found."""
    requester: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=NO_NUL)]
    """Kept sealed."""
    authority: Annotated[str, msgspec.Meta(pattern=r"^(\d{3})?$")] = ""
    review: date | None = None
    safe_parents: list[Parent] = []


class Kin(msgspec.Struct, frozen=True):
    """A child of the household, who is not shielded yet, and what the two share."""

    number: str
    shares: list[str]


class Applied(msgspec.Struct, frozen=True):
    """The shield that stands from now on, and the children who share the household."""

    shield: str
    child: str
    household: list[Kin]


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer says on looking again; what is left out stays as it was."""

    criterion: Words = ""
    requester: Words = ""
    review: date | None = None
    safe_parents: list[Parent] | None = None
    """Of an empty list: no parent is safe any more, whoever was."""


AS_IT_WAS = Reviewed()


class Standing(msgspec.Struct, frozen=True):
    """What became of a shield."""

    shield: str
    standing: Literal["standing", "lifted"]


def shield_list(
    seat: Seated,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 50,
) -> Response[bytes]:
    """The shields that stand, and what sources mark of which one was lifted; at most so many each.

    With a cursor those that follow. The children under them count among the people whom an officer
    is shown in a day.
    """
    seat.store.projector.catch_up()
    of, reader = "shields", seat.actor.subject
    opened = seat.service.cursors.open(cursor, of, reader) if cursor else None
    behind = msgspec.convert(opened, Place) if opened else Place()
    rows = seat.store.lists.standing_shields(behind.shield, limit + 1)
    still = [
        one
        for one in sorted(seat.store.lists.still_marked(), key=lambda one: one.record)
        if behind.record is None or one.record > behind.record
    ]
    shown, marked = rows[:limit], still[:limit]
    seat.record(
        sorted(
            {child for row in shown for child in row["children"]}
            | {one.child for one in marked if one.child}
        )
    )
    shields = _told(seat, shown)
    place = Place(
        (shown[-1]["review"], shown[-1]["shield"]) if shown else behind.shield,
        marked[-1].record if marked else behind.record,
    )
    more = len(rows) > limit or len(still) > limit
    return seat.answer(
        Shields(
            [one for one in shields if not one.inherited],
            [one for one in shields if one.inherited],
            [
                Marked(one.number or None, one.source, one.record.hex[:8], as_time(one.stated))
                for one in marked
            ],
            seat.service.cursors.seal(place, of, reader) if more else "",
        )
    )


def _told(seat: Seat, rows: list[dict[str, Any]]) -> list[Shield]:
    versions = seat.store.log.versions(UUID(bytes=row["shield"]) for row in rows)
    said = {row["shield"]: seat.store.shielding.grounds(UUID(bytes=row["shield"])) for row in rows}
    return [
        Shield(
            shield=row["shield"].hex(),
            children=list(row["numbers"]),
            safe_parents=[Parent(one.given, one.family) for one in said[row["shield"]].safe],
            version=versions.get(UUID(bytes=row["shield"]), 0),
            **told(row, said[row["shield"]], seat.service.today),
        )
        for row in rows
    ]


def shield_apply(seat: Seated, data: JSONBody[Application]) -> Response[bytes]:
    """Shield a child. Every answer obeys before this one is given."""
    seat.store.projector.catch_up()
    found = found_by(seat, data.number)
    household = seat.store.queries.household(found.child) if found else []
    seat.record(
        [found.child, *(kin.child for kin in household)] if found else [],
        {"number": data.number, "criterion": data.criterion, "requester": data.requester},
    )
    if found is None:
        raise NotFoundError(MISSING)
    asked = Asked(
        _criterion(data.criterion),
        _requester(data.requester),
        data.authority or seat.actor.authority,
        data.review,
        _parents(data.safe_parents),
    )
    laid = seat.store.shielding.apply(found.view.number, asked, seat.origin())
    kin = [Kin(one.view.number, list(one.shares)) for one in household]
    return seat.answer(Applied(laid.hex, found.view.number, kin), headers=tag(1))


def shield_review(
    seat: Seated, shield: FromPath[str], data: JSONBody[Reviewed] = AS_IT_WAS
) -> Response[bytes]:
    """Say that a shield was looked at again and is to stand."""
    asked = Asked(
        _criterion(data.criterion) if data.criterion else "",
        data.requester.strip(),
        "",
        data.review,
        _parents(data.safe_parents or []),
        none_safe=data.safe_parents == [],
    )
    name = _named(shield)
    seat.record((), {"shield": name})
    seat.store.shielding.review(name, asked, seat.origin(), _version(seat))
    return seat.answer(Standing(shield, "standing"), headers=_tag_of(seat, name))


def shield_lift(seat: Seated, shield: FromPath[str]) -> Response[bytes]:
    """Take a shield away. Two officers do it: the other's token stands in Contactpoint-Second."""
    second, name = seat.store.second, _named(shield)
    assert second is not None  # or the act was denied
    seat.record((), {"shield": name})
    origin = seat.origin()
    seat.store.shielding.lift(name, second.subject, seat.reason, origin, _version(seat))
    # What it withheld is placed now, and not by chance of the next night.
    follow(seat.store, origin)
    return seat.answer(Standing(shield, "lifted"), headers=_tag_of(seat, name))


def _criterion(stated: str) -> str:
    if stated not in CRITERIA:
        raise UsageError(f"criterion: expected one of {', '.join(CRITERIA)}")
    return stated


def _requester(stated: str) -> str:
    if not stated.strip():
        raise UsageError("requester: expected who asked for the shield")
    return stated.strip()


def _parents(named: list[Parent]) -> tuple[SafeParent, ...]:
    if not all((one.given + one.family).strip() for one in named):
        raise UsageError("safe_parents: expected a name of each")
    return tuple(SafeParent(one.given, one.family) for one in named)


def _named(shield: str) -> str:
    """The id of a shield, in hex. Raises NotFoundError where it can be none."""
    try:
        return UUID(hex=shield).hex
    except ValueError:
        raise NotFoundError(NO_SHIELD) from None


def _version(seat: Seat) -> int:
    stated = seen(seat)
    if not is_version(stated):
        raise PreconditionError("If-Match: expected the version of the shield as it was listed")
    return int(stated)


def _tag_of(seat: Seat, shield: str) -> dict[str, str]:
    stream = UUID(hex=shield)
    return tag(seat.store.log.versions([stream]).get(stream, 0))


ROUTES = (
    Route("GET", "/shields", Act.LIST_SHIELDS, shield_list, Shields, "The shields that stand",
          tag="shields"),
    Route("POST", "/shields", Act.SHIELD, shield_apply, Applied, "Shield a child", status=201,
          refuses=(404, 409), tag="shields", repeats=True),
    Route("POST", "/shields/{shield:str}/review", Act.REVIEW_SHIELD, shield_review, Standing,
          "Say that a shield is to stand", opens=False, refuses=(404, 412, 428), tag="shields",
          repeats=True),
    Route("POST", "/shields/{shield:str}/lift", Act.LIFT_SHIELD, shield_lift, Standing,
          "Take a shield away", refuses=(404, 412, 428), tag="shields", repeats=True),
)  # fmt: skip
