"""Routes about deliveries: what became of the files that sources sent, and how good they are."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, QueryParameter

from contactpoint.errors import NotFoundError
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act
from contactpoint.serving.route import Route
from contactpoint.serving.seat import Seat, Seated
from events.delivery import Counts

MOST = 200
MOST_NOTES = 5_000
COUNTS = Counts.__struct_fields__


class Delivery(msgspec.Struct, frozen=True):
    """A file that a source sent, and what its rows count as."""

    delivery: str
    source: str
    feed: str
    state: str
    mode: str
    effective: str | None
    first: str | None
    latest: str | None
    counts: dict[str, int]
    exit_code: int | None
    rule: str
    reason: str


class Deliveries(msgspec.Struct, frozen=True, omit_defaults=True):
    """Deliveries, the latest first."""

    deliveries: list[Delivery]
    cursor: str = ""
    """To be sent for those before; left out at the end."""


class Note(msgspec.Struct, frozen=True):
    """A row that was not taken as it stood, or of which something was remarked."""

    line: int
    outcome: str
    rule: str
    field: str
    expected: str
    record: str


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One delivery with its rows that were not taken; no particulars are told."""

    delivery: Delivery
    notes: list[Note]
    """By line."""
    dropped: dict[str, int]
    """Fields that the feed does not take, and how often each held a value."""
    cursor: str = ""
    """To be sent for the notes that follow; left out at the end."""


class Source(msgspec.Struct, frozen=True):
    """A source as it is registered."""

    source: str
    feed: str
    scope: str
    cadence: str
    one_record_each: bool
    guard_share: float


class Sources(msgspec.Struct, frozen=True):
    """All sources."""

    sources: list[Source]


class Fault(msgspec.Struct, frozen=True):
    """What was amiss in a source's rows, and how often."""

    outcome: str
    rule: str
    field: str
    rows: int


class Quality(msgspec.Struct, frozen=True):
    """How good a source's data are, over all that it delivered."""

    source: str
    deliveries: int
    counts: dict[str, int]
    faults: list[Fault]
    """The commonest first, remarks among them."""


def delivery_list(
    seat: Seated,
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 50,
) -> Response[bytes]:
    """The deliveries, the latest first; with a cursor those that came before."""
    seat.store.projector.catch_up()
    of, reader = "deliveries", seat.actor.subject
    place = seat.service.cursors.open(cursor, of, reader) if cursor else None
    behind = msgspec.convert(place, tuple[int, str] | None)
    rows = seat.store.lists.deliveries(behind, limit + 1)
    shown = rows[:limit]
    last = [shown[-1]["first"], shown[-1]["delivery"]] if len(rows) > limit else None
    following = seat.service.cursors.seal(last, of, reader) if last else ""
    return seat.answer(Deliveries([_delivery(row) for row in shown], following))


def delivery_show(
    seat: Seated,
    delivery: FromPath[str],
    cursor: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_NOTES)] = 1_000,
) -> Response[bytes]:
    """One delivery, and the rows that were not taken; with a cursor those that follow."""
    seat.store.projector.catch_up()
    of, reader = f"delivery {delivery}", seat.actor.subject
    start = msgspec.convert(seat.service.cursors.open(cursor, of, reader), int) if cursor else 0
    found = seat.store.lists.delivery(delivery, start, limit + 1)
    if found is None:
        raise NotFoundError("no delivery of that name")
    notes = [_only(Note, note) for note in found["notes"][:limit]]
    more = len(found["notes"]) > limit
    following = seat.service.cursors.seal(start + limit, of, reader) if more else ""
    return seat.answer(Report(_delivery(found), notes, found["dropped"], following))


def source_list(seat: Seated) -> Response[bytes]:
    """The registered sources."""
    seat.store.projector.catch_up()
    return seat.answer(Sources([_only(Source, row) for row in seat.store.lists.sources()]))


def source_quality(seat: Seated, source: FromPath[str]) -> Response[bytes]:
    """What a source's rows came to, and what was amiss in them."""
    seat.store.projector.catch_up()
    _must_be_known(seat, source)
    deliveries, counts, faults = seat.store.lists.quality(source)
    told = [Fault(*fault) for fault in faults]
    return seat.answer(Quality(source, deliveries, counts, told))


def _must_be_known(seat: Seat, source: str) -> None:
    if all(row["source"] != source for row in seat.store.lists.sources()):
        raise NotFoundError("no source of that name")


def _delivery(row: dict[str, Any]) -> Delivery:
    times = {name: as_time(row[name]) for name in ("effective", "first", "latest")}
    counts = {name: row[name] for name in COUNTS}
    told: Delivery = _only(Delivery, {**row, **times, "counts": counts})
    return told


def _only(kind: Any, row: dict[str, Any]) -> Any:
    """A row as one of this kind, with the fields that it has and no others."""
    return kind(**{name: row[name] for name in kind.__struct_fields__})


ROUTES = (
    Route("GET", "/deliveries", Act.DELIVERIES, delivery_list, Deliveries,
          "What became of files that sources sent", opens=False, tag="deliveries"),
    Route("GET", "/deliveries/{delivery:str}", Act.DELIVERIES, delivery_show, Report,
          "One delivery", opens=False, refuses=(404,), tag="deliveries"),
    Route("GET", "/sources", Act.SOURCES, source_list, Sources, "The registered sources",
          opens=False, tag="deliveries"),
    Route("GET", "/sources/{source:str}/quality", Act.SOURCES, source_quality, Quality,
          "How good a source's data are", opens=False, refuses=(404,), tag="deliveries"),
)  # fmt: skip
