"""The log: everything that happened, appended once, read in order, never changed."""

# ruff: noqa: S608 - only names of tables of ours are put into statements

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import StoredEvent
from eventsourcing.utils import Environment
from sqlalchemy.engine import URL, make_url

from events.chain import Link, chain_key, seal
from events.keys import SubjectKeys
from events.mapper import Row, SealingMapper
from events.master import MasterKey
from events.message import Event, Recorded
from events.store import postgres, sqlite
from events.store.appending import Expectations, Names
from events.store.head_reader import Heads
from events.store.heads import NO_HEADS, HeadChanges, ShieldHead
from events.store.locks import file_lock, session_lock

FORMAT = 2
PAGE = 5_000
"""Rows of the log that are read at once."""
S = TypeVar("S")
E = TypeVar("E", bound=Event)
Recorder = sqlite.Recorder | postgres.Recorder


class LogError(Exception):
    """There is no log where one was expected, or not one that this version can read."""


class _Application(Application[UUID]):
    """The library's application, put together from our recorder and mapper."""

    def __init__(
        self, factory: sqlite.Factory | postgres.Factory, mapper: SealingMapper, name: str
    ) -> None:
        self._parts = factory, mapper, name
        super().__init__()

    def construct_env(self, name: str, env: Any = None) -> Environment:  # noqa: ARG002
        """No setting of the library reaches the log from the process's environment."""
        return Environment(self._parts[2], {})

    def construct_factory(self, env: Environment) -> Any:  # noqa: ARG002
        return self._parts[0]

    def construct_mapper(self) -> SealingMapper:
        return self._parts[1]


class Log:
    """One log of events, with its heads and its chain. Safe to use from several threads."""

    def __init__(
        self,
        url: URL,
        keys: SubjectKeys | None,
        names: Names,
        *,
        narrow: bool = False,
        patience: int = sqlite.PATIENCE,
    ) -> None:
        """Open the log at a URL, making its tables where they are missing; see ``open_log``."""
        self._url, self.names = url, names
        self.mapper = SealingMapper(keys)
        factory = _factory(url, names, narrow=narrow, patience=patience)
        self._application = _Application(factory, self.mapper, names.name)
        self._recorder: Recorder = self._application.recorder  # type: ignore[assignment]
        self.heads = Heads(self._recorder)
        self.id = self._identity()
        self.noting: Callable[[Sequence[ShieldHead]], None] | None = None
        """Is told how records come to stand under shields: of new ones before the commit."""

    def append(
        self,
        messages: Sequence[Recorded],
        *,
        ready: Sequence[StoredEvent] = (),
        heads: HeadChanges = NO_HEADS,
        expect: Expectations | None = None,
    ) -> range:
        """Write events, heads and chain in one commit, or nothing; return the events' positions.

        ``ready`` are events that a mapper has sealed already; they come first. Each stream must
        go on where it stands (version 1 begins a new one), and the streams in ``expect`` must
        still be at the version named. Raises StaleError where one is not, and TakenError where a
        head's number or ordinal belongs to another. On the disk when this returns. Without an
        event nothing is written, heads neither.
        """
        stored = [*ready, *self.mapper.to_stored_events(messages)]
        if moved := frozenset(message.event.moves for message in messages) - {""}:
            heads = replace(heads, moved=moved)
        self._note([head for head in heads.shields if head.kind == "shielded"])
        positions = self._recorder.insert_events(stored, heads=heads, expect=expect or {})
        self._note([head for head in heads.shields if head.kind != "shielded"])
        return range(positions[0], positions[-1] + 1) if positions else range(0)

    def _note(self, heads: Sequence[ShieldHead]) -> None:
        if self.noting is not None and heads:
            self.noting(heads)

    def read(
        self,
        after: int,
        limit: int,
        upto: int | None = None,
        types: Sequence[type[Event]] = (),
    ) -> list[Row]:
        """Up to ``limit`` rows after a position, in order; only of some types where named.

        With ``types``, an empty answer says nothing of how far the log goes: ask ``position``
        before reading, and pass it as ``upto``.
        """
        stored = self.mapper.catalogue.stored(*types)
        return self._recorder.select_rows(after, limit, upto, stored)

    def pages(
        self,
        *types: type[Event],
        after: int = 0,
        upto: int | None = None,
        page: int = PAGE,
    ) -> Iterator[list[Row]]:
        """All rows of a stretch, in pages and in order; only of some types where named.

        Without ``upto`` the stretch ends where the log ends when it is begun.
        """
        upto = self.position() if upto is None else upto
        while rows := self.read(after, page, upto, types):
            yield rows
            after = rows[-1].position

    def decode(
        self,
        rows: Sequence[Row],
        types: Iterable[type[Event]] | None = None,
        *,
        opened: bool = True,
        raw: bool = False,
    ) -> list[Recorded]:
        """Rows as events, with all their keys fetched at once; only of some types where named.

        ``opened`` false leaves sealed fields out, and needs no keys; ``raw`` leaves those that
        are opened as their JSON.
        """
        if types is not None:
            wanted = set(self.mapper.catalogue.stored(*types))
            rows = [row for row in rows if row.type in wanted]
        return self.mapper.decode_rows(rows, opened=opened, raw=raw)

    def stream(
        self, stream: UUID, *, after: int = 0, limit: int | None = None, opened: bool = True
    ) -> list[Recorded]:
        """The events of one stream after a version, in order; none for a stream that is not.

        ``opened`` false leaves sealed fields out, and needs no keys.
        """
        stored = self._recorder.select_events(stream, gt=after, limit=limit)
        return self.mapper.decode_rows([_row(event) for event in stored], opened=opened)

    def replay(self, stream: UUID, initial: S, evolve: Callable[[S, E], S]) -> S:
        """The state of a stream: ``evolve`` over its events; ``initial`` for one that is not."""

        def project(_: Any, messages: Iterable[Any]) -> Any:
            state = initial
            for message in messages:
                state = evolve(state, message.event)
            return state

        try:
            found: Any = self._application.repository.get(stream, projector_func=project)
        except AggregateNotFoundError:
            return initial
        state: S = found
        return state

    def versions(self, streams: Iterable[UUID]) -> dict[UUID, int]:
        """The versions of those streams that exist."""
        return self._recorder.versions(streams)

    def position(self) -> int:
        """The position of the last event; 0 in an empty log."""
        return self._recorder.max_notification_id() or 0

    def alien(self, limit: int = 10) -> list[int]:
        """Positions of the first rows that are of no known type, or not of an event's form."""
        known = self.mapper.catalogue.stored(*(kind.event for kind in self.mapper.catalogue))
        return self._recorder.alien(known, limit)

    def damaged(self, limit: int = 10) -> list[str]:
        """What is wrong with the database file itself, so far as the database can tell."""
        return self._recorder.damaged(limit)

    def links(self, after: int = 0, limit: int = 1_000) -> list[Link]:
        """The chain's links whose last position is after one, in order."""
        chain = f"{self._recorder.prefix}{self.names.chain}"
        found = self._recorder.query(
            f"SELECT first, last, recorded, hash FROM {chain} WHERE last > ? ORDER BY last LIMIT ?",
            (after, limit),
        )
        return [Link(first, last, at, bytes(hash_)) for first, last, at, hash_ in found]

    def last_link(self) -> Link | None:
        """The chain's newest link; None in an empty log."""
        chain = f"{self._recorder.prefix}{self.names.chain}"
        for first, last, at, hash_ in self._recorder.query(
            f"SELECT first, last, recorded, hash FROM {chain} ORDER BY last DESC LIMIT 1"
        ):
            return Link(first, last, at, bytes(hash_))
        return None

    def lock(self, name: str, *, wait: float = 0.0) -> AbstractContextManager[None]:
        """Hold a named lock between processes, such as ``load``; it ends with this process.

        Raises LockedError, on entering, when another still holds it after ``wait`` seconds.
        """
        if isinstance(self._recorder, sqlite.Recorder):
            path = _path(self._url)
            return file_lock(path.with_name(f"{path.name}.{name}.lock"), name, wait)
        space = f"{self._recorder.datastore.schema}.{self.names.name}"
        return session_lock(self.session(), space, name, wait)

    def close(self) -> None:
        """Let go of the database."""
        self._application.close()

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_embedded(self) -> bool:
        """Whether the log is an SQLite file."""
        return isinstance(self._recorder, sqlite.Recorder)

    def is_free(self, within: float) -> bool:
        """Whether a writer has its turn within so many seconds; of a server it is not tried."""
        if not isinstance(self._recorder, sqlite.Recorder):
            return True
        return sqlite.is_free(_path(self._url), within)

    def wait_at_most(self, seconds: float) -> None:
        """Wait no longer than this for a connection to a server; a file is always there."""
        if not self.is_embedded:
            self._recorder.datastore.pool.timeout = seconds  # type: ignore[union-attr]

    def session(self) -> psycopg.Connection[tuple[object, ...]]:
        """A new session of the log's PostgreSQL database, apart from its pool."""
        kwargs: Any = self._recorder.datastore.pool.kwargs  # type: ignore[union-attr]
        arguments = dict(kwargs)
        arguments.pop("row_factory", None)
        return psycopg.connect(**arguments, autocommit=True)

    def _identity(self) -> bytes:
        table = f"{self._recorder.prefix}{self.names.identity}"
        found = self._recorder.query(f"SELECT id, format, seal FROM {table}")
        if not found:
            has_commits = self.last_link() is not None
            if has_commits and not self._recorder.query(f"SELECT id FROM {table}"):
                # Under a new id none of the checkpoints would count, and a cut would go unseen.
                raise LogError(
                    f"the {self.names.name} has commits and no id; expected the one that it was "
                    "made with: somebody took it away, and a backup has it"
                )
            drawn = os.urandom(16)
            self._recorder.execute(
                f"INSERT INTO {table} (id, format, seal) SELECT ?, ?, ?"
                f" WHERE NOT EXISTS (SELECT 1 FROM {table})",
                (drawn, FORMAT, seal(self.names.chain_key, drawn)),
            )
            found = self._recorder.query(f"SELECT id, format, seal FROM {table}")
        identity, form, sealed = found[0]
        if form != FORMAT:
            raise LogError(f"the log has format {form}; expected {FORMAT}")
        if bytes(sealed) != seal(self.names.chain_key, bytes(identity)):
            raise LogError(
                f"the {self.names.name} was made with another master key; expected that one: "
                "CONTACTPOINT_MASTER_KEY_FILE says where it is"
            )
        return bytes(identity)


def open_log(  # noqa: PLR0913 - each may differ between the log and the record of access
    url: str,
    keys: SubjectKeys | None,
    master: MasterKey,
    *,
    name: str = "log",
    heads: bool = True,
    create: bool = False,
    narrow: bool = False,
    patience: int = sqlite.PATIENCE,
) -> Log:
    """Open the log at an SQLAlchemy URL: ``sqlite:///PATH`` or ``postgresql+psycopg://...``.

    A ``schema`` in the query of a PostgreSQL URL is the schema of the tables. ``name`` begins
    their names and is bound into the chain's key. ``create`` makes an SQLite file that is
    missing; ``narrow`` keeps little of the file in memory; ``patience``: seconds for which a writer
    waits for the one before it. Raises LogError where there is none to open.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = _path(parsed)
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not path.exists():
            raise LogError(f"{path}: no log there; expected one made by init")
    named = Names(name, chain_key(master.chain, name), heads)
    return Log(parsed, keys, named, narrow=narrow, patience=patience)


def _factory(
    url: URL, names: Names, *, narrow: bool, patience: int
) -> sqlite.Factory | postgres.Factory:
    if url.get_backend_name() == "sqlite":
        return sqlite.Factory(_path(url), names, narrow=narrow, patience=patience)
    return postgres.Factory(url, names, patience=patience)


def _path(url: URL) -> Path:
    return Path(url.database or "")


def _row(event: StoredEvent) -> Row:
    stream = UUID(str(event.originator_id))
    return Row(0, stream, event.originator_version, event.topic, event.state)
