"""No answer but by the list of shielded and withheld records, as the log has it at that moment.

The list is written in the transaction that appends the events, so it never lags; the read models
may. An answer made from records that are listed, by a read model that did not know it, is thrown
away: the read model catches up, and the question is put to it again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa

from events.shield import Kind
from events.store.heads import SideRecord, is_across
from projections.positions import PROJECTION
from projections.prepared import Prepared
from projections.projection import Target

T = TypeVar("T")
U = TypeVar("U")
TRIES = 5
Under = Mapping[UUID, Mapping[UUID, Kind]]
"""How each of some records stands under which shields."""
HIDING = frozenset({"shielded", "withheld"})


class Shields(Protocol):
    """What is asked of the log's heads (``events.store.head_reader.Heads``)."""

    def reading(self) -> AbstractContextManager[None]:
        """Answer all that this thread asks meanwhile from one state of the log."""

    def act(self, act: str) -> int:
        """Position of the last event of an act."""

    def sides(self, records: Iterable[UUID]) -> Iterable[SideRecord]:
        """Where any of these records stands on a side of a never-link in force."""

    def shielded(self, records: Iterable[UUID] | None = None) -> Mapping[UUID, Mapping[UUID, Kind]]:
        """How each of these records, or of all, stands under which shields."""

    def moved(self, streams: Iterable[UUID], after: int) -> bool:
        """Whether any event of these streams stands behind a position of the log."""


@dataclass(slots=True)
class _Asked:
    """What the read models have to have passed: where the last act stood when somebody asked."""

    head: int | None = None


_ASKED: ContextVar[_Asked | None] = ContextVar("_ASKED", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """What is asked in this context meanwhile counts as asked when the first of it was.

    For one request that is tried again. Whoever asks before an act may be answered as before it:
    without this, each act beside a try would put the answer off once more. The list itself is
    looked at in every try. Not for a request that lays a shield: it would not see its own.
    """
    token = _ASKED.set(_Asked())
    try:
        yield
    finally:
        _ASKED.reset(token)


class BehindError(Exception):
    """The read models do not know yet of the shields that stand: nothing is shown."""

    def __init__(self) -> None:
        super().__init__("the read models are behind the shields, so there is no answer; try again")


class Guard:
    """Checks every answer against the list. Where the list cannot be read, there is no answer."""

    def __init__(
        self, shields: Shields, catch_up: Callable[[int], object] = lambda _: None
    ) -> None:
        """``catch_up`` brings the read models to a position of the log, or beyond it."""
        self._shields = shields
        self._catch_up = catch_up

    def head(self) -> int:
        """Position of the last event that changed the list."""
        return self._shields.act("shield")

    def hidden(self, records: Iterable[UUID] | None = None) -> set[UUID]:
        """Those of these records, or of all, that are shielded or withheld."""
        found = self._shields.shielded(records)
        return {record for record, kinds in found.items() if HIDING.intersection(kinds.values())}

    def sides(self, records: Iterable[UUID]) -> list[SideRecord]:
        """Where any of these records stands on a side of a never-link."""
        return list(self._shields.sides(records))

    def across(self, records: Iterable[UUID]) -> Callable[[UUID, UUID], bool]:
        """Whether a never-link stands between two of these records."""
        stands: dict[UUID, list[SideRecord]] = {}
        for one in self.sides(records):
            stands.setdefault(one.record, []).append(one)
        return lambda left, right: is_across([*stands.get(left, ()), *stands.get(right, ())])

    def answer(
        self,
        engine: sa.Engine,
        read: Callable[[Target], T],
        shows: Callable[[T], Collection[UUID]] = lambda _: (),
    ) -> T:
        """What ``read`` gives, from read models that have passed the shield head.

        ``shows`` names the records that an answer shows openly: none of them may be listed. Raises
        BehindError where the read models do not come to know what the list says.
        """
        return self.told(engine, read, shows, lambda answer: answer)

    def told(  # noqa: PLR0913 - what is read, and what of it the list has to say
        self,
        engine: sa.Engine,
        read: Callable[[Target], T],
        shows: Callable[[T], Collection[UUID]],
        tell: Callable[[T], U],
        *,
        openly: Callable[[T], bool] = lambda _: False,
        under: Callable[[T], Under | None] = lambda _: None,
    ) -> U:
        """What ``tell`` makes of an answer with what it asks of the log itself.

        It is asked of the state of the log in which the list was looked at, and that was found
        after the read models were: whatever hides a child hides all of it, or comes after.

        ``openly`` says of an answer that it tells nothing but of the records that it shows openly.
        The list itself then says whether it may be shown, wherever the read models stand.

        ``under`` gives the records that an answer tells of, and of no others, with the shields
        under which the read models have them. Where the list has them under the same, and nothing
        was recorded of these shields since, the answer is what it would be of read models that
        have passed the shield head.
        """
        asked = _ASKED.get() or _Asked()
        for _ in range(TRIES):
            with engine.connect() as connection:
                position = _position(connection)
                answer = read(Target(connection))
            with self._shields.reading():
                head = self.head()
                if asked.head is None:
                    asked.head = head
                passed = position >= asked.head
                may = passed or openly(answer) or self._is_as_read(under(answer), position)
                if may and not self.hidden(shows(answer)):
                    return tell(answer)
            # An act since then is on the list and not yet in what was read.
            self._catch_up(head if passed else asked.head)
        raise BehindError

    def _is_as_read(self, under: Under | None, position: int) -> bool:
        """Whether records stand as they were read at a position, and their shields as then."""
        if under is None:
            return False
        listed = self._shields.shielded(under)
        if any(listed.get(record, {}) != kinds for record, kinds in under.items()):
            return False
        return not self._shields.moved({one for kinds in under.values() for one in kinds}, position)


_LEAST = Prepared(sa.select(sa.func.min(PROJECTION.c.position)))


def _position(connection: sa.Connection) -> int:
    """How far the child index has come; what the others show follows from records too."""
    return int(_LEAST.first(connection)[0] or 0)
