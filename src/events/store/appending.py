"""What one commit of the log writes, in what order, and when it is refused; for any database."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from events.chain import START, ChainedEvent, Link, link
from events.failpoints import failpoint
from events.store.heads import NO_HEADS, HeadChanges

Expectations = Mapping[UUID, int]
"""Version at which each stream named must still be; 0 for one that must not exist."""


class StaleError(Exception):
    """A stream moved on since it was read; nothing was written. Read it again and decide anew."""

    def __init__(self, stream: UUID, found: int, expected: int) -> None:
        self.stream, self.found, self.expected = stream, found, expected
        super().__init__(f"stream {stream.hex[:8]} is at version {found}, not {expected}")


class ActedError(StaleError):
    """A shield or judgement was laid or lifted since it was read; nothing was written."""

    def __init__(self, act: str, found: int, expected: int) -> None:
        self.act, self.found, self.expected = act, found, expected
        Exception.__init__(self, f"the last {act} is at position {found}, not {expected}")


class TakenError(Exception):
    """A head's number or ordinal belongs to another already; nothing was written."""


@dataclass(frozen=True, slots=True)
class Names:
    """The tables of one log, and what its chain is made with."""

    name: str
    chain_key: bytes
    heads: bool = True
    """Whether the log has head tables."""
    clock: Callable[[], int] = field(default=lambda: time.time_ns() // 1000)

    @property
    def events(self) -> str:
        """Table of events."""
        return f"{self.name}_event"

    @property
    def chain(self) -> str:
        """Table of the chain, one row for each commit."""
        return f"{self.name}_chain"

    @property
    def identity(self) -> str:
        """Table of one row, with the id of the log."""
        return f"{self.name}_identity"


class Kept(threading.local):
    """The cursor of the state that a thread reads from."""

    cursor: Any = None


class AppendingRecorder(ABC):
    """Writes events, heads and chain in one transaction, or nothing."""

    names: Names
    prefix: str
    """Of table names: the quoted schema and a dot, or nothing."""
    _kept: Kept

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Answer all that this thread asks meanwhile from one state: that of its first question.

        To find the state costs more than most questions do.
        """
        before = self._kept.cursor
        with self._state() as cursor:
            self._kept.cursor = cursor
            try:
                yield
            finally:
                self._kept.cursor = before

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that a statement with ``?`` marks gives."""
        if self._kept.cursor is not None:
            return self._rows(self._kept.cursor, statement, parameters)
        with self._cursor() as cursor:
            return self._rows(cursor, statement, parameters)

    def versions(self, streams: Iterable[UUID]) -> dict[UUID, int]:
        """The last versions of those streams that exist."""
        with self._state() as cursor:
            return self._versions(cursor, streams)

    @contextmanager
    def _state(self) -> Iterator[Any]:
        """A cursor on the state that this thread reads from, or else on one for the occasion."""
        if self._kept.cursor is not None:
            yield self._kept.cursor
            return
        with self._snapshot() as cursor:
            yield cursor

    @abstractmethod
    def _cursor(self) -> AbstractContextManager[Any]:
        """A cursor for one statement, which sees one state without a transaction."""

    @abstractmethod
    def _snapshot(self) -> AbstractContextManager[Any]:
        """A cursor in a transaction all of whose statements see one state."""

    @abstractmethod
    def _rows(
        self, cursor: Any, statement: str, parameters: Sequence[Any]
    ) -> list[tuple[Any, ...]]: ...

    def write(
        self,
        cursor: Any,
        stored_events: Sequence[StoredEvent],
        *,
        heads: HeadChanges = NO_HEADS,
        expect: Expectations | None = None,
    ) -> range:
        """Write one commit; return its positions. The caller holds the writer's lock.

        Raises StaleError where a stream is not at the version expected of it, or would not go on
        where it stands; ActedError, which is one, where the head of an act has moved.
        """
        self._check_versions(cursor, _continuing(stored_events, expect or {}))
        self._check_acts(cursor, heads.unmoved)
        previous = self._last_link(cursor)
        first = max(self._last_position(cursor), previous.last) + 1
        positions = range(first, first + len(stored_events))
        self._insert_rows(cursor, positions, stored_events)
        failpoint("append.events")
        if self.names.heads:
            self._write_heads(cursor, heads, positions[-1])
        failpoint("append.heads")
        span = positions[0], positions[-1], max(self.names.clock(), previous.recorded)
        made = link(self.names.chain_key, previous.hash, span, chained(positions, stored_events))
        self._insert_link(cursor, made)
        failpoint("append.chain")
        failpoint("append.before-commit")
        return positions

    def explain(self, cursor: Any, stored_events: Sequence[StoredEvent]) -> range:
        """The positions of these very events, if they are stored already.

        A commit whose acknowledgement was lost looks like a conflict when it is tried again; the
        random nonces in their bytes tell our own events from another writer's. Raises StaleError
        where others are stored in their place, and TakenError where none are.
        """
        found = self._stored(cursor, stored_events)
        if not found:
            raise TakenError("a number or an ordinal is another's already; expected a new one")
        for event in stored_events:
            at = cast(UUID, event.originator_id), event.originator_version
            if at not in found or found[at][1:] != (event.topic, event.state):
                actual = self._versions(cursor, [at[0]]).get(at[0], 0)
                raise StaleError(at[0], actual, at[1] - 1)
        positions = sorted(position for position, _, _ in found.values())
        return range(positions[0], positions[-1] + 1)

    def _check_versions(self, cursor: Any, expected: Mapping[UUID, int]) -> None:
        if not expected:
            return
        versions = self._versions(cursor, list(expected))
        for stream, version in expected.items():
            found = versions.get(stream, 0)
            if found != version:
                raise StaleError(stream, found, version)

    def _check_acts(self, cursor: Any, unmoved: Mapping[str, int]) -> None:
        for act, position in unmoved.items():
            found = self._act(cursor, act)
            if found != position:
                raise ActedError(act, found, position)

    @abstractmethod
    def _act(self, cursor: Any, act: str) -> int: ...

    @abstractmethod
    def _versions(self, cursor: Any, streams: Iterable[UUID]) -> dict[UUID, int]: ...

    @abstractmethod
    def _last_link(self, cursor: Any) -> Link: ...

    @abstractmethod
    def _last_position(self, cursor: Any) -> int: ...

    @abstractmethod
    def _insert_rows(
        self, cursor: Any, positions: range, stored_events: Sequence[StoredEvent]
    ) -> None: ...

    @abstractmethod
    def _write_heads(self, cursor: Any, heads: HeadChanges, position: int) -> None: ...

    @abstractmethod
    def _insert_link(self, cursor: Any, made: Link) -> None: ...

    @abstractmethod
    def _stored(
        self, cursor: Any, stored_events: Sequence[StoredEvent]
    ) -> dict[tuple[UUID, int], tuple[int, str, bytes]]: ...


NO_LINK = Link(0, 0, 0, START)


def chained(positions: Iterable[int], events: Iterable[StoredEvent]) -> Iterator[ChainedEvent]:
    """Stored events as the chain sees them."""
    for position, event in zip(positions, events, strict=True):
        stream = cast(UUID, event.originator_id).bytes
        yield ChainedEvent(position, stream, event.originator_version, event.topic, event.state)


def _continuing(events: Sequence[StoredEvent], expect: Expectations) -> dict[UUID, int]:
    """The version at which each stream must stand.

    A new stream needs no look: the index refuses a second first version.
    """
    expected = dict(expect)
    reached: dict[UUID, int] = {}
    for event in events:
        stream, version = cast(UUID, event.originator_id), event.originator_version
        before = reached.get(stream)
        if before is None:
            if version > 1 and expected.setdefault(stream, version - 1) != version - 1:
                raise StaleError(stream, expected[stream], version - 1)
        elif version != before + 1:
            raise StaleError(stream, before, version - 1)
        reached[stream] = version
    return expected
