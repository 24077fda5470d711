"""Routes of stewards: the tasks that await them, a pair opened, claimed, decided and undone."""

import re
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from contactpoint.errors import NotFoundError
from contactpoint.judging.judging import LEASE, Meant
from contactpoint.judging.pair import NO_PAIR, Pair
from contactpoint.judging.sight import pair_as_seen, seen_of
from contactpoint.moments import as_time
from contactpoint.opening import find_pair
from contactpoint.people.deciding import Act
from contactpoint.queue import tasks_of
from contactpoint.reasons import checked_reason
from contactpoint.serving.preconditions import IF_MATCH, seen, tag
from contactpoint.serving.problems import PreconditionError
from contactpoint.serving.route import NO_NUL, Route
from contactpoint.serving.seat import Seat, Seated
from contactpoint.tasks import Place
from contactpoint.tasks import place as place_of
from contactpoint.told import opened_pair, task_as_plain
from events.judgement import Seen, Verdict

MOST_TASKS = 1_000
_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}")


class Task(msgspec.Struct, frozen=True):
    """Something that awaits a steward; no particulars are told before it is opened."""

    task: str
    """``potential duplicate``, ``potential linkage``, ``potential overlay``, ``review identifier``
    or ``maximum entity size``."""
    name: str
    pair: str | None
    records: list[str]
    left: str | None
    right: str | None
    probability: float | None
    weight: float | None
    since: str | None
    model: str | None
    size: int | None
    claimed_by: str | None
    said: str | None
    worth: float


class Tasks(msgspec.Struct, frozen=True, omit_defaults=True):
    """What awaits whoever asks, what a decision is worth most for first."""

    tasks: list[Task]
    more: bool
    cursor: str = ""
    """To be sent for those that follow; left out at the end."""


class OpenedPair(msgspec.Struct, frozen=True):
    """Both records of a pair side by side, its weight field by field, and what was judged."""

    pair: str
    seen: str
    since: str | None
    why: str
    left: dict[str, Any]
    right: dict[str, Any]
    weight: float
    probability: float
    decision: str
    reason: str
    same_child: bool
    compared: bool
    blocks: list[str]
    parts: list[dict[str, Any]]
    referred: dict[str, Any] | None
    judged: dict[str, Any] | None
    claimed: dict[str, Any]


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long nobody else may decide."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=480)] = LEASE


USUAL_CLAIM = Claim()


class Claimed(msgspec.Struct, frozen=True):
    """That a pair is taken up, and until when; null when it was put back."""

    pair: str
    until: str | None


class Verdicted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a steward decides of the two records."""

    verdict: Literal["link", "apart", "unsure", "refer"]
    reason: Annotated[str, msgspec.Meta(max_length=40, pattern=NO_NUL)]
    """A reason code; a wrong one is refused with those there are."""
    remarks: Annotated[str, msgspec.Meta(max_length=2000, pattern=NO_NUL)] = ""


class Undone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a judgement is taken back."""

    remarks: Annotated[str, msgspec.Meta(max_length=2000, pattern=NO_NUL)] = ""


UNREMARKED = Undone()


class Decided(msgspec.Struct, frozen=True):
    """What a decision came to."""

    pair: str
    new: bool
    """False where this very judgement was in force already, or taken back already."""
    linked: bool
    """Whether the children have followed already; else they do with the next run of linking."""


def review_list(
    seat: Seated,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_TASKS)] = 20,
) -> Response[bytes]:
    """What awaits whoever asks; with a cursor what follows.

    Others' tasks are neither told nor counted.
    """
    seat.store.projector.catch_up()
    of, reader = "turns", seat.actor.subject
    place = seat.service.cursors.open(cursor, of, reader) if cursor else None
    behind = msgspec.convert(place, Place) if place else None
    told = list(islice(tasks_of(seat.store, behind), limit + 1))
    shown, more = told[:limit], len(told) > limit
    following = seat.service.cursors.seal(place_of(shown[-1]), of, reader) if more else ""
    now = seat.store.chance.clock()
    listed = [msgspec.convert(task_as_plain(task, now), Task) for task in shown]
    return seat.answer(Tasks(listed, more, following))


def review_show(seat: Seated, pair: FromPath[str]) -> Response[bytes]:
    """Open a pair. Its ETag names the versions seen, which a decision states as If-Match."""
    found = find_pair(seat.store, [_named(pair)])
    seat.record(found.found.children if found else (), {"pair": pair})
    if found is None:
        raise NotFoundError(NO_PAIR)
    told = opened_pair(found)
    return seat.answer(told, headers=tag(told["seen"]))


def review_claim(
    seat: Seated, pair: FromPath[str], data: JSONBody[Claim] = USUAL_CLAIM
) -> Response[bytes]:
    """Take a pair up, so that nobody else decides on it meanwhile."""
    found = _taken_up(seat, pair)
    judging = seat.store.judging(Act.CLAIM)
    until = judging.claim(found, seat.store.by, seat.origin(), data.minutes)
    seat.store.projector.catch_up()
    return seat.answer(Claimed(str(found), as_time(until)))


def review_release(seat: Seated, pair: FromPath[str]) -> Response[bytes]:
    """Put a pair back undecided."""
    found = _taken_up(seat, pair)
    seat.store.judging(Act.CLAIM).release(found, seat.store.by, seat.origin())
    seat.store.projector.catch_up()
    return seat.answer(Claimed(str(found), None))


def review_decide(seat: Seated, pair: FromPath[str], data: JSONBody[Verdicted]) -> Response[bytes]:
    """Decide what the two records of a pair are to each other.

    It is refused, with nothing changed, where one has changed since it was seen (412), where
    another steward is at it, or where other judgements in force say otherwise (409).
    """
    verdict: Verdict = data.verdict
    code = checked_reason(verdict, data.reason)
    found = _taken_up(seat, pair, verdict=verdict, reason=code)
    meant = Meant(found, verdict, code, _versions(seat), data.remarks)
    origin = seat.origin()
    is_new = seat.store.judging(Act.JUDGE).decide(meant, seat.store.by, origin)
    return seat.answer(Decided(str(meant.pair), is_new, seat.store.follow(origin)))


def review_undo(
    seat: Seated, pair: FromPath[str], data: JSONBody[Undone] = UNREMARKED
) -> Response[bytes]:
    """Take the judgement on a pair back: grouping and numbers are as they were before it.

    Where If-Match states how the pair was seen, nothing is done if that has changed since.
    """
    found, origin = _taken_up(seat, pair, judged=True), seat.origin()
    if IF_MATCH in seat.headers:
        pair_as_seen(found, _versions(seat), seat.store.log)
    is_new = seat.store.judging(Act.UNDO).undo(found, seat.store.by, origin, data.remarks)
    return seat.answer(Decided(str(found), is_new, seat.store.follow(origin)))


def _taken_up(seat: Seat, name: str, *, judged: bool = False, **said: str) -> Pair:
    """The pair of a name. That something is done to it is recorded, also where it is refused."""
    seat.record((), {"pair": name, **said})
    return seat.store.pair_named([_named(name)], judged=judged)


def _named(name: str) -> str:
    """The name of a pair; what can be none is answered as one that does not exist."""
    if not _NAME.fullmatch(name):
        raise NotFoundError(NO_PAIR)
    return name


def _versions(seat: Seat) -> Seen:
    versions = seen_of(seen(seat))
    if versions is None:
        raise PreconditionError("If-Match: expected the ETag of the pair as it was opened")
    return versions


_PAIR = "/reviews/{pair:str}"
ROUTES = (
    Route("GET", "/reviews", Act.LIST_PAIRS, review_list, Tasks, "What awaits you", opens=False,
          tag="reviews"),
    Route("GET", _PAIR, Act.OPEN_PAIR, review_show, OpenedPair, "Open a pair", refuses=(404,),
          tag="reviews"),
    Route("POST", f"{_PAIR}/claim", Act.CLAIM, review_claim, Claimed, "Take a pair up",
          opens=False, refuses=(404, 409), tag="reviews", repeats=True),
    Route("POST", f"{_PAIR}/release", Act.CLAIM, review_release, Claimed, "Put a pair back",
          opens=False, refuses=(404, 409), tag="reviews", repeats=True),
    Route("POST", f"{_PAIR}/decision", Act.JUDGE, review_decide, Decided, "Decide on a pair",
          opens=False, refuses=(404, 409, 412, 428), tag="reviews", repeats=True),
    Route("POST", f"{_PAIR}/undo", Act.UNDO, review_undo, Decided, "Take a judgement back",
          opens=False, refuses=(404, 409, 412), tag="reviews", repeats=True),
)  # fmt: skip
