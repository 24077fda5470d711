"""Subject keys: one for each person's record or secret, so that destroying it erases for ever.

They live in a database of their own, wrapped by the master key, and events name them by number.
A key is committed before the first event that uses it: an orphan key harms nobody, an event whose
key is lost is lost.
"""

# ruff: noqa: S608 - only names of tables and columns of ours are put into statements

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import URL, Connection, Engine, make_url

from events.failpoints import failpoint
from events.master import MasterKey
from events.store.locks import file_lock

NONCE = 12
CACHED = 50_000
"""Opened keys held in memory, some 1 kB each."""
BATCH = 5_000
NUMBERS = 1 << 63
"""No key has this number or a higher one, which the column cannot hold: damaged bytes name some."""
PAGE = 20_000
"""Keys that are read at a time where all are read."""
MANY = 1_000
"""Subjects from which their keys are inserted without looking whether there are some."""
AMONG = 500
"""Values in one IN list: SQLite's own limit is far above it, and its planner stays quick."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=10000")
"""A cache that holds the index of random subjects: else each commit writes pages of it twice."""

T = TypeVar("T")
_Row = tuple[int, bytes, bytes | None, int]

METADATA = sa.MetaData()
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""An INTEGER primary key is SQLite's own row number, and needs no index."""
SUBJECT_KEY = sa.Table(
    "subject_key",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("wrapped", sa.LargeBinary),
    sa.Column("wrapping", sa.BigInteger, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("destroyed", sa.BigInteger),
    comment="wrapped is NULL when the key has been destroyed",
)
ERASURE = sa.Table(
    "erasure",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    comment="the ledger that a restored backup replays",
)
STATE = sa.Table(
    "key_state",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("issued", sa.BigInteger, nullable=False),
    sa.Column("erasures", sa.BigInteger, nullable=False),
    sa.Column("wrapping", sa.BigInteger, nullable=False),
    comment="one row; whoever updates it holds the lock of all writers",
)


LOST_COUNTS = "the row of key_state is gone; expected the counts of the subject keys"


class KeyStoreError(Exception):
    """The store of subject keys does not fit the log or the master key."""


class UnknownKeyError(KeyStoreError):
    """An event names a key that was never issued here: the keys are older than the log."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            f"subject key {number} was never issued here; expected keys as new as the log"
        )


class DestroyedKeyError(KeyStoreError):
    """Something was to be sealed under a key that an erasure destroyed."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"subject key {number} was destroyed; expected the key of a live subject")


class SubjectKeys:
    """The keys of all subjects: issued, opened, destroyed, and wrapped anew."""

    def __init__(self, url: str, master: MasterKey, *, create: bool = False) -> None:
        """Open the store at an SQLAlchemy URL; ``create`` makes what is missing.

        A ``schema`` in the query of a PostgreSQL URL is the schema of the tables.
        """
        self.url = url
        self._engine = _engine(make_url(url), create=create)
        self._master = master
        self._opened: dict[int, AESGCM | None] = {}
        self._seen_erasures = -1
        self._wrappers: dict[int, AESGCM] = {}
        if create:
            self._create()

    @property
    def engine(self) -> Engine:
        """The database of the keys."""
        return self._engine

    def close(self) -> None:
        """Let go of the database."""
        self._opened.clear()
        self._engine.dispose()

    def issue(self, subjects: Sequence[bytes]) -> list[int]:
        """The numbers of the subjects' keys, in their order, made where there is none yet.

        A subject is 16 bytes. The keys are committed when this returns. A subject whose key was
        destroyed keeps its number, and nothing more can be sealed under it.
        """
        with self._engine.begin() as connection:
            issued, _, wrapping = self._lock(connection)
            known: dict[bytes, int] = {}
            new = list(dict.fromkeys(subjects))
            keys = self._insert_unlooked(connection, _numbered(new, issued), wrapping)
            if keys is None:
                known = self._numbers(connection, subjects)
                new = [subject for subject in new if subject not in known]
                keys = self._insert(connection, _numbered(new, issued), wrapping)
            if new:
                connection.execute(sa.update(STATE).values(issued=issued + len(new)))
            failpoint("keys.before-commit")
        failpoint("keys.after-commit")
        self._keep(keys)
        known.update((subject, number) for number, subject in _numbered(new, issued))
        return [known[subject] for subject in subjects]

    def for_reason(self, stream: UUID, reason: str) -> tuple[int, ...]:
        """The key numbers of an event of the stream with a reason that somebody typed."""
        return tuple(self.issue([subject_of("reason", stream, self._master)])) if reason else (0,)

    def _insert_unlooked(
        self, connection: Connection, made: list[tuple[int, bytes]], wrapping: int
    ) -> dict[int, AESGCM | None] | None:
        """Insert keys of many subjects that most likely have none yet; None where one has.

        In a first load all are new, but for what a load that was killed has left: to look each up
        in an index of random ids would take as long as to seal what they are for.
        """
        if len(made) < MANY:
            return None
        try:
            with connection.begin_nested():
                return self._insert(connection, made, wrapping)
        except sa.exc.IntegrityError:
            return None

    def numbers(self, subjects: Iterable[bytes]) -> dict[bytes, int]:
        """The numbers of those subjects that have, or had, a key."""
        with self._engine.connect() as connection:
            return self._numbers(connection, list(subjects))

    def live(self, subjects: Iterable[bytes]) -> list[int]:
        """The numbers of those subjects' keys that are not destroyed."""
        asked = "SELECT subject, number FROM {} WHERE wrapped IS NOT NULL AND subject"
        with self._engine.connect() as connection:
            rows = self._among(connection, asked, list(subjects))
            return sorted(number for _, number in rows)

    def sealers(self, numbers: Iterable[int]) -> Mapping[int, AESGCM]:
        """Ciphers to seal with, by number.

        Raises DestroyedKeyError or UnknownKeyError where one cannot be sealed with.
        """
        found = self.openers(numbers)
        ready = {number: cipher for number, cipher in found.items() if cipher is not None}
        for number in found.keys() - ready.keys():
            raise DestroyedKeyError(number)
        return ready

    def openers(self, numbers: Iterable[int]) -> Mapping[int, AESGCM | None]:
        """Ciphers to open with, by number; None where the key has been destroyed.

        Raises UnknownKeyError for a number never issued here.
        """
        wanted = set(numbers)
        if not wanted:
            return {}
        with self._engine.connect() as connection:
            self._forget_if_erased(connection)
            missing = wanted - self._opened.keys()
            fresh = self._fetch(connection, missing) if missing else {}
        found = {number: self._opened[number] for number in wanted - missing} | fresh
        if missing:
            self._keep(fresh)
        for number in wanted - found.keys():
            raise UnknownKeyError(number)
        return found

    def destroy(self, subjects: Iterable[bytes]) -> int:
        """Destroy the keys of these subjects; return how many there were to destroy.

        Given again after it was cut short, it removes what is left of their bytes.
        On SQLite the bytes are gone from the database and its write-ahead log when this returns. On
        PostgreSQL they are gone from live rows and what vacuum leaves of them is still wrapped:
        the next rotation makes it worthless.
        """
        wanted = list(dict.fromkeys(subjects))
        now = _now()
        with self._engine.begin() as connection:
            _, erasures, _ = self._lock(connection)
            gone = self._blank(connection, wanted, now)
            if gone:
                ledger = [
                    {"number": number, "subject": subject, "at": now}
                    for number, subject in enumerate(gone, erasures + 1)
                ]
                connection.execute(sa.insert(ERASURE), ledger)
                connection.execute(sa.update(STATE).values(erasures=erasures + len(gone)))
            # Also those that were destroyed before: that erasure may have died before it scrubbed.
            destroyed = self._numbers(connection, wanted)
        failpoint("keys.destroyed")
        self._opened.clear()
        if destroyed:
            self._scrub()
        return len(gone)

    def erasures(self) -> list[tuple[bytes, int]]:
        """The ledger: every subject whose key was destroyed, and when (microseconds, UTC)."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(ERASURE.c.subject, ERASURE.c.at).order_by(ERASURE.c.number)
            )
            return [(bytes(subject), at) for subject, at in rows]

    def amiss(self) -> Iterator[tuple[int, str]]:
        """Each key that is not as it was left, by number, and what is wrong with it.

        What was sealed under it is lost. Keys issued, erased or wrapped anew meanwhile are well.
        """
        with self._engine.connect() as connection:
            issued, _, _ = _counts(connection)
        destroyed: dict[int, bytes] = {}
        expected = 1
        for number, subject, wrapped, wrapping in self._all():
            yield from ((gone, "is missing") for gone in range(expected, min(number, issued + 1)))
            expected = number + 1
            if wrapped is None:
                destroyed[number] = bytes(subject)
                continue
            try:
                self._open(number, bytes(subject), bytes(wrapped), wrapping)
            except (KeyStoreError, ValueError):  # ValueError: cut too short to be one
                yield number, "does not open"
        yield from ((gone, "is missing") for gone in range(expected, issued + 1))
        erased = {subject for subject, _ in self.erasures()}
        for number, subject in destroyed.items():
            if subject not in erased:
                yield number, "was destroyed, and no erasure says so"

    def miscounted(self) -> Iterator[str]:
        """What of the store's own counts is not as it was left."""
        ledger = sa.select(sa.func.coalesce(sa.func.max(ERASURE.c.number), 0)).scalar_subquery()
        with self._engine.connect() as connection:
            found = connection.execute(
                sa.select(STATE.c.erasures, STATE.c.wrapping, ledger)
            ).first()
        if found is None:
            yield LOST_COUNTS
            return
        erasures, wrapping, last = found
        if erasures != last:
            yield f"the erasures counted are {erasures}, and their ledger ends at {last}"
        try:
            self._wrapper(wrapping)
        except KeyStoreError as error:
            yield f"new keys cannot be wrapped: {error}"

    def damaged(self, limit: int = 10) -> list[str]:
        """What is wrong with the database file itself, so far as the database can tell."""
        if not self._is_sqlite:
            return []
        with self._engine.connect() as connection:
            found = connection.exec_driver_sql(f"PRAGMA integrity_check({limit})")
            return [said for (said,) in found if said != "ok"]

    def _all(self) -> Iterator[_Row]:
        """All keys in the order of their numbers, a page at a time."""
        columns = (SUBJECT_KEY.c[name] for name in ("number", "subject", "wrapped", "wrapping"))
        page = sa.select(*columns).order_by(SUBJECT_KEY.c.number).limit(PAGE)
        last = 0
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(page.where(SUBJECT_KEY.c.number > last)).all()
            if not rows:
                return
            yield from ((*row,) for row in rows)
            last = rows[-1].number

    def rotate(self) -> int:
        """Wrap every key anew under a new wrapping key; return how many were wrapped.

        Killed at any point, the next call goes on where it stopped. The old wrapping key leaves
        the master key file only when nothing is wrapped by it any more. Raises LockedError, with
        nothing changed, while another process rotates.
        """
        path = self._master.path
        with file_lock(path.with_name(f"{path.name}.rotate.lock"), "key rotate", wait=0.0):
            return self._rotate()

    def _rotate(self) -> int:
        self._master.refresh()
        unfinished = len(self._master.wrapping) > 1
        current = max(self._master.wrapping) if unfinished else self._master.add_wrapping()
        failpoint("keys.rotate-added")
        with self._engine.begin() as connection:
            self._lock(connection)
            connection.execute(sa.update(STATE).values(wrapping=current))
        count = 0
        while wrapped := self._rewrap(current):
            count += wrapped
            failpoint("keys.rotate-wrapped")
        self._scrub()
        self._drop_other_wrapping(current)
        self._wrappers.clear()
        return count

    def _drop_other_wrapping(self, current: int) -> None:
        """Take the other wrapping keys out of the master key file, if no key needs them.

        Inside a transaction, so that nobody issues a key between the look and the act: whatever is
        wrapped by a key that is gone is lost, and with it all that was sealed.
        """
        with self._engine.begin() as connection:
            *_, in_force = self._lock(connection)
            needed = connection.execute(
                sa.select(SUBJECT_KEY.c.number).where(_wrapped_by_another(current)).limit(1)
            ).first()
            if needed or in_force != current:
                raise KeyStoreError(
                    f"some subject keys are not wrapped by wrapping key {current}; expected all:"
                    " the other wrapping keys were kept, rotate again"
                )
            self._master.keep_wrapping(current)

    def _create(self) -> None:
        schema = _schema(self._engine)
        with self._engine.begin() as connection:
            if schema:
                connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
            METADATA.create_all(connection)
            if connection.execute(sa.select(STATE.c.id)).first() is None:
                wrapping = max(self._master.wrapping)
                first = {"id": 1, "issued": 0, "erasures": 0, "wrapping": wrapping}
                connection.execute(sa.insert(STATE), first)

    def _lock(self, connection: Connection) -> tuple[int, int, int]:
        """Become the one writer; return keys issued, erasures, and the wrapping key in force.

        The first statement of the transaction writes, so that SQLite waits for the lock here and
        does not fail later with a snapshot that has grown old.
        """
        connection.execute(sa.update(STATE).values(issued=STATE.c.issued))
        return _counts(connection)

    def _numbers(self, connection: Connection, subjects: Sequence[bytes]) -> dict[bytes, int]:
        rows = self._among(connection, "SELECT subject, number FROM {} WHERE subject", subjects)
        return {bytes(subject): number for subject, number in rows}

    def _insert(
        self, connection: Connection, made: list[tuple[int, bytes]], wrapping: int
    ) -> dict[int, AESGCM | None]:
        if not made:
            return {}
        wrap = self._wrapper(wrapping).encrypt
        entropy = os.urandom((32 + NONCE) * len(made))
        now, rows = _now(), []
        ciphers: dict[int, AESGCM | None] = {}
        for place, (number, subject) in enumerate(made):
            start = place * (32 + NONCE)
            key, nonce = entropy[start : start + 32], entropy[start + 32 : start + 32 + NONCE]
            wrapped = nonce + wrap(nonce, key, _bound(number, subject))
            rows.append((number, subject, wrapped, wrapping, now))
            ciphers[number] = AESGCM(key)
        self._insert_rows(connection, rows)
        return ciphers

    def _insert_rows(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        into = (
            f"INSERT INTO {self._name(SUBJECT_KEY)} (number, subject, wrapped, wrapping, created)"
        )
        if self._is_sqlite:
            connection.exec_driver_sql(f"{into} VALUES (?, ?, ?, ?, ?)", rows)
            return
        # One statement with arrays: an executemany would use pipeline mode, which has been seen to
        # hang with large batches (psycopg issue 685).
        arrays = tuple(list(column) for column in zip(*rows, strict=True))
        columns = ("bigint", "bytea", "bytea", "bigint", "bigint")
        unnested = ", ".join(f"%b::{column}[]" for column in columns)
        connection.exec_driver_sql(f"{into} SELECT * FROM unnest({unnested})", arrays)

    def _fetch(self, connection: Connection, numbers: set[int]) -> dict[int, AESGCM | None]:
        rows = self._among(
            connection,
            "SELECT number, subject, wrapped, wrapping FROM {} WHERE number",
            sorted(number for number in numbers if number < NUMBERS),
        )
        return {row[0]: self._unwrap(*row) for row in rows}

    def _unwrap(
        self, number: int, subject: bytes, wrapped: bytes | None, wrapping: int
    ) -> AESGCM | None:
        if wrapped is None:
            return None
        return AESGCM(self._open(number, bytes(subject), bytes(wrapped), wrapping))

    def _open(self, number: int, subject: bytes, wrapped: bytes, wrapping: int) -> bytes:
        cipher = self._wrapper(wrapping)
        try:
            return cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(number, subject))
        except InvalidTag:
            raise KeyStoreError(
                f"subject key {number} does not open; expected one wrapped by this master key"
            ) from None

    def _wrapper(self, number: int) -> AESGCM:
        found = self._wrappers.get(number)
        if found is None:
            if number not in self._master.wrapping:
                self._master.refresh()
            key = self._master.wrapping.get(number)
            if key is None:
                raise KeyStoreError(
                    f"wrapping key {number} is not in {self._master.path}; expected the master key"
                    " that these subject keys were wrapped by"
                )
            found = self._wrappers[number] = AESGCM(key)
        return found

    def _keep(self, ciphers: Mapping[int, AESGCM | None]) -> None:
        self._opened.update(ciphers)
        for number in list(islice(self._opened, max(0, len(self._opened) - CACHED))):
            del self._opened[number]

    def _forget_if_erased(self, connection: Connection) -> None:
        """Drop opened keys when anybody has destroyed some: another process's keys die here too."""
        # In plain words: it is asked before each commit of the record of access.
        asked = f"SELECT erasures FROM {self._name(STATE)}"
        erasures = connection.exec_driver_sql(asked).scalar()
        if erasures is None:
            raise KeyStoreError(LOST_COUNTS)
        if erasures != self._seen_erasures:
            self._opened.clear()
            self._seen_erasures = erasures

    def _blank(self, connection: Connection, subjects: list[bytes], now: int) -> list[bytes]:
        gone = []
        table = SUBJECT_KEY
        for some in _batches(subjects, AMONG):
            live = sa.and_(table.c.subject.in_(some), table.c.wrapped.is_not(None))
            found = connection.execute(
                sa.select(table.c.subject).where(live).order_by(table.c.number)
            )
            gone += [bytes(subject) for (subject,) in found]
            connection.execute(sa.update(table).where(live).values(wrapped=None, destroyed=now))
        return gone

    def _scrub(self) -> None:
        """Have the old bytes of changed rows removed from the database's files.

        On SQLite by writing the whole file anew: ``secure_delete`` blanks the cells of changed
        rows, but not the copies that pages keep of cells that moved when they were split.
        """
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not self._is_sqlite:
                connection.exec_driver_sql(f"VACUUM {self._name(SUBJECT_KEY)}")
                return
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            if busy:
                raise KeyStoreError(
                    "the keys are destroyed, but a reader kept their write-ahead log from being"
                    " truncated; run the erasure again when no other process has the keys open"
                )

    def _rewrap(self, current: int) -> int:
        table = SUBJECT_KEY
        columns = (table.c.number, table.c.subject, table.c.wrapped, table.c.wrapping)
        with self._engine.begin() as connection:
            self._lock(connection)
            rows = connection.execute(
                sa.select(*columns).where(_wrapped_by_another(current)).limit(BATCH)
            ).all()
            if rows:
                connection.execute(
                    sa.update(table)
                    .where(table.c.number == sa.bindparam("which"))
                    .values(wrapped=sa.bindparam("anew"), wrapping=current),
                    [self._wrapped_anew(*row, current) for row in rows],
                )
        return len(rows)

    def _wrapped_anew(
        self, number: int, subject: bytes, wrapped: bytes, wrapping: int, current: int
    ) -> dict[str, object]:
        key = self._open(number, bytes(subject), bytes(wrapped), wrapping)
        nonce = os.urandom(NONCE)
        sealed = self._wrapper(current).encrypt(nonce, key, _bound(number, bytes(subject)))
        return {"which": number, "anew": nonce + sealed}

    def _among(self, connection: Connection, select: str, values: Sequence[Any]) -> Iterator[Any]:
        select = select.format(self._name(SUBJECT_KEY))
        for some in _batches(values, AMONG if self._is_sqlite else BATCH):
            if self._is_sqlite:
                marks = ",".join("?" * len(some))
                yield from connection.exec_driver_sql(f"{select} IN ({marks})", tuple(some))
            else:
                yield from connection.exec_driver_sql(f"{select} = ANY(%b)", (list(some),))

    @property
    def _is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    def _name(self, table: sa.Table) -> str:
        quote = self._engine.dialect.identifier_preparer.quote_identifier
        schema = _schema(self._engine)
        return f"{quote(schema)}.{quote(table.name)}" if schema else quote(table.name)


def _engine(url: URL, *, create: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, create=create)
    schema = str(url.query.get("schema", "")) or None
    engine = sa.create_engine(url.difference_update_query(["schema"]), hide_parameters=True)
    return engine.execution_options(schema_translate_map={None: schema} if schema else {})


def _sqlite_engine(url: URL, *, create: bool) -> Engine:
    path = Path(url.database or "")
    if create:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    elif not path.exists():
        raise KeyStoreError(
            f"{path}: no subject keys there; expected those that the log was sealed with"
        )
    engine = sa.create_engine(url, connect_args={"timeout": 60}, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, _: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _schema(engine: Engine) -> str | None:
    translated = engine.get_execution_options().get("schema_translate_map") or {}
    found = translated.get(None)
    return None if found is None else str(found)


def _counts(connection: Connection) -> tuple[int, int, int]:
    """Keys issued, erasures, and the wrapping key in force. Raises KeyStoreError without them."""
    found = connection.execute(
        sa.select(STATE.c.issued, STATE.c.erasures, STATE.c.wrapping)
    ).first()
    if found is None:
        raise KeyStoreError(LOST_COUNTS)
    issued, erasures, wrapping = found
    return issued, erasures, wrapping


def _wrapped_by_another(wrapping: int) -> sa.ColumnElement[bool]:
    """Of a live key: not wrapped by this wrapping key."""
    return sa.and_(SUBJECT_KEY.c.wrapping != wrapping, SUBJECT_KEY.c.wrapped.is_not(None))


def _bound(number: int, subject: bytes) -> bytes:
    """What a wrapped key is bound to, so that one put in another's place does not open."""
    return number.to_bytes(8, "big") + subject


def _numbered(subjects: Sequence[bytes], issued: int) -> list[tuple[int, bytes]]:
    """The subjects with the numbers that follow those issued."""
    return list(enumerate(subjects, issued + 1))


def _batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _now() -> int:
    return time.time_ns() // 1000


def subject_of(purpose: str, stream: UUID, master: MasterKey) -> bytes:
    """The subject of what is sealed apart from a record's particulars.

    ``subject_of("sensitive", record, master)`` is the key of its sensitive services.
    """
    return master.hashes.stream_id("subject", purpose, stream.bytes).bytes
