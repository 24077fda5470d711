"""Where one request sits: who asks, what for and why, and what may be done with the answer."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import msgspec
from anyio import to_thread
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import HeaderParameter, SkipValidation

from contactpoint.accesses import Capacity, Entry
from contactpoint.bootstrap import Contactpoint
from contactpoint.errors import DeniedError, UsageError
from contactpoint.matching.person import PersonMatching
from contactpoint.people.actor import Actor, Role
from contactpoint.people.deciding import RULES, About, Act, Outcome, Purpose, decide
from contactpoint.people.tokens import RevokedTokenError, TokenError
from contactpoint.serving.problems import TooManyError, UnauthenticatedError
from contactpoint.serving.route import Route
from contactpoint.serving.service import Service
from events.access import Asked, ChildrenAccessed
from events.message import Origin
from projections.queries import Found
from projections.view import ChildView

LONGEST = 500
"""Characters of a reason, or of whom somebody asks for."""
OF_PRACTITIONERS = (Purpose.INVOLVEMENT, Purpose.ENQUIRY, Purpose.MEDIATION)
"""What a practitioner may look for. Duty is the purpose of those who run the index."""
Asking = ASGIConnection[Any, Any, Any, Any]
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What FHIR has in no text (R4, 2.24.0.1): reasons stand in AuditEvents."""
_ENCODE = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Seat:
    """One request of one reader."""

    service: Service
    route: Route
    store: Contactpoint
    """The installation, for whoever asks."""
    purpose: Purpose
    reason: str
    behalf: str
    request: str
    """The id of the request."""
    headers: Mapping[str, str]
    pending: list[Entry] = field(default_factory=list)
    """What has to be on record before anything is answered."""

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.store.actor

    @property
    def act(self) -> str:
        """As the record of access names what is done here."""
        return self.route.name.replace("_", " ")

    @property
    def shown(self) -> Iterator[UUID]:
        """The children who are about to be shown."""
        for entry in self.pending:
            if isinstance(entry.event, ChildrenAccessed):
                yield from entry.event.children

    @property
    def matching(self) -> PersonMatching:
        """The matcher of described persons, with what whoever asks may read."""
        return self.service.matching.asked_by(self.store.queries)

    def origin(self) -> Origin:
        """Who acts now, by this request."""
        return self.store.origin(self.act)

    def require(self, about: About, act: Act | None = None) -> None:
        """Go on only where whoever asks may do this to what it is about.

        Raises DeniedError, and writes it into the record of access. ``ABSENT`` is the handler's:
        it says the same as of what does not exist.
        """
        decision = decide(self.actor, act or self.route.act, about, self.purpose, self.store.second)
        if decision.outcome is Outcome.DENIED:
            self._refuse()
            raise DeniedError(decision.why)

    def look_for_involvement(self, found: Found | None) -> None:
        """Where the purpose is involvement, see to it that there is one.

        Of a shielded child none is known, nor of one that does not exist.
        """
        if self.purpose is Purpose.INVOLVEMENT:
            self.require(About(involved=found is not None and self._is_involved(found)))

    def may_be_told(self, found: Iterable[Found]) -> list[Found]:
        """Those of whom a list may tell: for involvement, with whom the organisation works."""
        if self.purpose is Purpose.INVOLVEMENT:
            return [one for one in found if self._is_involved(one)]
        return list(found)

    def _is_involved(self, found: Found) -> bool:
        view, today = found.view, self.service.today.isoformat()
        if not isinstance(view, ChildView):
            return False
        own = self.actor.organisation.casefold()
        if own:
            return any(
                own in (told.value.organisation.casefold(), told.value.name.casefold())
                and not (told.value.end and told.value.end < today)
                for told in view.services
            )
        mine = self.actor.authority
        return bool(mine) and self.store.responsible(found).code == mine

    def record(
        self,
        children: Collection[UUID],
        search: dict[str, str] | None = None,
        *further: Entry,
    ) -> None:
        """Ask that these children are about to be shown, with further entries before it.

        It is on the disk before the answer leaves, and where it cannot be, none does. Raises
        TooManyError, where they are more than the reader may be shown on a day; so does ``settle``,
        where they are together with what other processes show meanwhile.
        """
        origin = self.origin()
        try:
            self.service.limits.admit(self.actor, children, origin.recorded)
        except TooManyError:
            self._refuse()
            raise
        look = self.store.accesses.look(
            origin,
            self.act,
            Capacity(self.actor, self.purpose, self.behalf, self.request),
            asked=Asked(self.reason, search or {}),
            children=tuple(children),
        )
        self.pending.extend([*further, look])

    def _refuse(self) -> None:
        self.pending.append(
            self.store.accesses.refusal(self.origin(), self.route.act, self.purpose, self.request)
        )

    def tag_of(self, body: object) -> str:
        """The tag of an answer's body: the same for the same visible facts."""
        return self._tag(_ENCODE.encode(body))

    def _tag(self, content: bytes) -> str:
        return f'"{self.store.master.hashes.content_hash(b"tag" + content).hex()}"'

    async def settle(self) -> None:
        """Return once all that is pending is on the disk.

        Raises UnrecordedError where it cannot be, and TooManyError where it may not: whoever
        answers must not.
        """
        if not self.pending:
            return
        entries, self.pending[:] = tuple(self.pending), []
        try:
            await self.service.accesses.written(entries)
        except TooManyError:
            self._refuse()
            await self.settle()
            raise

    def answer(
        self, body: object, *, status: int = 0, headers: Mapping[str, str] | None = None
    ) -> Response[bytes]:
        """The answer; to GET with a tag of what is visible, without the body where it is known."""
        content, sent = _ENCODE.encode(body), dict(headers or {})
        if self.route.method == "GET":
            tag = self._tag(_ENCODE.encode(_without_seal(body)) if _is_sealed(body) else content)
            sent = {"ETag": tag} | sent
            if not {tag, "*"}.isdisjoint(_tags(self.headers.get("if-none-match", ""))):
                return Response(b"", status_code=304, headers=sent)
        return Response(
            content,
            status_code=status or self.route.status,
            media_type=self.route.media,
            headers=sent,
        )


Seated = NamedDependency[SkipValidation[Seat]]
"""How a handler takes its seat."""


def _is_sealed(body: object) -> bool:
    return bool(getattr(body, "cursor", ""))


def _without_seal(body: Any) -> object:
    """A list with a mark for its cursor, which is sealed anew each time and shows nothing."""
    return msgspec.structs.replace(body, cursor="+")


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


async def named(asking: Asking, _: BaseRouteHandler) -> None:
    """A guard of a route: nothing of a body is read for somebody whom no token names.

    Raises UnauthenticatedError or TooManyError.
    """
    service: Service = asking.app.state.service
    state = asking.scope["state"]
    header = asking.headers.get("authorization")
    state["actor"] = actor = await _named(service, header, state["request_id"])
    state["reader"] = service.short_id(actor.subject)
    service.limits.pass_one(actor.subject)


async def take_seat(
    request: Request[Any, Any, Any],
    purpose: Annotated[
        str | None,
        HeaderParameter(
            name="Contactpoint-Purpose",
            description="What it is for: `involvement` (your organisation works with the child), "
            "`enquiry` (a concern about a child, stated as the reason), `mediation` (for another, "
            "named in Contactpoint-For), `family`, or `duty` (of those who run the index).",
        ),
    ] = None,
    reason: Annotated[
        str | None,
        HeaderParameter(
            name="Contactpoint-Reason",
            description="Why, in your words, recorded as they are; UTF-8, percent-encoded.",
        ),
    ] = None,
    behalf: Annotated[
        str | None,
        HeaderParameter(
            name="Contactpoint-For",
            description="The practitioner for whom you ask, where they have no way in.",
        ),
    ] = None,
) -> Seat:
    """The seat of a request whose caller was named, where they may ask at all.

    Raises UnauthenticatedError, DeniedError or UsageError.
    """
    service: Service = request.app.state.service
    route: Route = request.route_handler.opt["route"]
    headers = request.headers
    request_id = request.scope["state"]["request_id"]
    actor: Actor = request.scope["state"]["actor"]
    second = headers.get("contactpoint-second")
    other = await _second(service, second, request_id) if second else None
    await _known(service, actor.subject)
    store = service.store.acting(actor, other, request_id)
    seat = Seat(
        service,
        route,
        store,
        _purpose(purpose, actor, route),
        _reason(reason, route),
        _said("Contactpoint-For", behalf),
        request_id,
        headers,
    )
    if seat.purpose is Purpose.MEDIATION and not _says(seat.behalf):
        raise UsageError("Contactpoint-For: expected for whom you ask, as the purpose is mediation")
    # Here for want of a role alone: what hangs on the child is decided where the child is known.
    if decide(actor, route.act, About(), seat.purpose, store.second).outcome is Outcome.DENIED:
        try:
            seat.require(About())
        finally:
            await seat.settle()
    return seat


async def _named(service: Service, header: str | None, request: str) -> Actor:
    known = service.identity.known(header)
    if known is not None:
        return known
    found: Actor = await to_thread.run_sync(_of, service, header, request)
    return found


async def _known(service: Service, reader: str) -> None:
    """See to it that what the reader was shown today is known: a long day is read in a thread."""
    limits, now = service.limits, service.store.chance.clock()
    if not limits.knows(reader, now):
        await to_thread.run_sync(limits.learn, reader, now, limiter=service.learning())


async def _second(service: Service, header: str, request: str) -> Actor:
    """The second person. What is amiss with their token is said of their header."""
    try:
        return await _named(service, header, request)
    except (TokenError, UnauthenticatedError) as error:
        kind = getattr(error, "error", "invalid_token")
        raise UnauthenticatedError(f"Contactpoint-Second: {error}", kind) from None


def _of(service: Service, header: str | None, request: str) -> Actor:
    """Whom a header names. That a revoked token was tried is recorded, within the limits."""
    try:
        return service.identity.of(header)
    except RevokedTokenError as error:
        service.limits.pass_one(error.subject)
        service.accesses.refuse_revoked(error.subject, service.store.chance.clock(), request)
        raise


def _purpose(stated: str | None, actor: Actor, route: Route) -> Purpose:
    """The purpose that was stated; for what opens no child it is duty where none is."""
    if not stated and not route.opens:
        return Purpose.DUTY
    practitioner = actor.roles <= {Role.PRACTITIONER}
    may = OF_PRACTITIONERS if practitioner and route.opens else tuple(Purpose)
    try:
        purpose = Purpose((stated or "").strip())
    except ValueError:
        purpose = None
    if purpose not in may:
        fitting = [one for one in may if one in RULES[route.act].purposes] or may
        raise UsageError(f"Contactpoint-Purpose: expected {' or '.join(fitting)}")
    return purpose


def _reason(stated: str | None, route: Route) -> str:
    reason = _said("Contactpoint-Reason", stated)
    if route.opens and not _says(reason):
        raise UsageError("Contactpoint-Reason: expected why it is asked; it is recorded")
    return reason


def _said(header: str, stated: str | None) -> str:
    """The words of a header. Raises UsageError where they could not be recorded as they are."""
    try:
        words = unquote((stated or "").encode("ascii").decode(), errors="strict").strip()
    except UnicodeError:
        raise UsageError(f"{header}: expected UTF-8, percent-encoded") from None
    if len(words) > LONGEST:
        raise UsageError(f"{header}: expected at most {LONGEST} characters")
    if _CONTROL.search(words):
        raise UsageError(f"{header}: expected words without control characters")
    return words


def _says(words: str) -> bool:
    """Whether they say anything: a blank that nobody sees, or a dash, says nothing."""
    return any(map(str.isalnum, words))


def request_id(stated: str | None) -> str:
    """The id that a caller gives a request, where it can be one, else one of ours."""
    return stated if stated and _REQUEST_ID.fullmatch(stated) else str(uuid4())
