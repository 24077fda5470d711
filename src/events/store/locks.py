"""Locks between processes that the operating system or the database session lets go of at death."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

import psycopg

PAUSE = 0.05
"""Seconds between two looks while waiting."""


class LockedError(Exception):
    """Another process does what only one may do at a time."""

    def __init__(self, name: str, holder: str) -> None:
        self.name, self.holder = name, holder
        super().__init__(f"{name} is under way in {holder}; expected it to have ended")


@contextmanager
def file_lock(path: Path, name: str, wait: float, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock on a file; the kernel frees it when this process ends, however it ends.

    Several may hold it ``shared``, and nobody else then. Raises LockedError when another still
    holds it after ``wait`` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait
        while not _taken(descriptor, shared=shared):
            if time.monotonic() >= deadline:
                raise LockedError(name, os.pread(descriptor, 100, 0).decode() or "another process")
            time.sleep(PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold a file against other processes for a moment; who waits goes on as soon as it is free."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def session_lock(
    connection: psycopg.Connection[tuple[object, ...]], space: str, name: str, wait: float
) -> Iterator[None]:
    """Hold an advisory lock of a database session of its own; it ends with the session.

    Raises LockedError when another still holds it after ``wait`` seconds.
    """
    digest = blake2b(f"{space}\0{name}".encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "big", signed=True)
    with connection:
        deadline = time.monotonic() + wait
        while not _granted(connection, key):
            if time.monotonic() >= deadline:
                raise LockedError(name, _holder(connection, key))
            time.sleep(PAUSE)
        try:
            yield
        finally:
            # The server ends a session some time after it was closed; the next one waits for none.
            with suppress(psycopg.Error):
                connection.execute("SELECT pg_advisory_unlock(%s)", (key,))


def _taken(descriptor: int, *, shared: bool) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _granted(connection: psycopg.Connection[tuple[object, ...]], key: int) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
    return bool(row and row[0])


def _holder(connection: psycopg.Connection[tuple[object, ...]], key: int) -> str:
    row = connection.execute(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND (classid::bigint << 32 | objid::bigint) = %s",
        (key,),
    ).fetchone()
    return f"database session {row[0]}" if row else "another session"
