"""The one writer of the record of access: what arrives together is committed together.

Whoever records waits until the commit is on the disk, and only then is an answer made. Where it
cannot be written, everybody who waited gets an error and no answer.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from contactpoint.accesses import Accesses, Entry, UnrecordedError

WINDOW = 0.005
"""Seconds for which a commit waits for others to join it."""
MOST = 500
"""Entries in one commit."""
PATIENCE = 10.0
"""Seconds after which whoever waits for the commit is told that there is no answer."""
KEPT_KEYS = 10_000


class _Waiting(NamedTuple):
    entries: Sequence[Entry]
    done: "Future[None]"


@dataclass(frozen=True, slots=True)
class BatchedAccesses(Accesses):
    """The record of access, for many threads at once; ``close`` it to let go of its thread."""

    _queue: "SimpleQueue[_Waiting | None]" = field(default_factory=SimpleQueue)
    _numbers: dict[UUID, int] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to write."""
        thread = threading.Thread(target=self._run, name="record of access", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Write what was asked so far, and end."""
        self._queue.put(None)
        for thread in self._threads:
            thread.join(PATIENCE)

    def write(self, entries: Sequence[Entry]) -> None:
        """Write entries with those of others; on the disk when this returns.

        Raises UnrecordedError where they could not be written.
        """
        done: Future[None] = Future()
        self._queue.put(_Waiting(entries, done))
        try:
            done.result(PATIENCE)
        except FutureTimeoutError:
            raise UnrecordedError from None

    @property
    def waiting(self) -> int:
        """How many wait for a commit."""
        return self._queue.qsize()

    @property
    def is_running(self) -> bool:
        """Whether what is asked will be written."""
        return any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        ending = False
        while not ending:
            first = self._queue.get()
            if first is None:
                return
            batch, ending = self._joined(first)
            self._commit(batch)

    def _joined(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Those who came within the window, and whether the end was called for meanwhile."""
        batch, until = [first], monotonic() + WINDOW
        while len(batch) < MOST:
            try:
                other = self._queue.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            if other is None:
                return batch, True
            batch.append(other)
        return batch, False

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            self._append([entry for one in batch for entry in one.entries])
        except Exception as error:
            for one in batch:
                failed = UnrecordedError()
                failed.__cause__ = error
                one.done.set_exception(failed)
        else:
            for one in batch:
                one.done.set_result(None)

    def _keys(self, streams: Sequence[UUID]) -> dict[UUID, int]:
        """The keys of the streams; they are asked of the keys' store once."""
        missing = [stream for stream in streams if stream not in self._numbers]
        if missing:
            if len(self._numbers) > KEPT_KEYS:
                self._numbers.clear()
            self._numbers.update(Accesses._keys(self, missing))
        return {stream: self._numbers.get(stream) or self._key(stream) for stream in streams}

    def _key(self, stream: UUID) -> int:
        return Accesses._keys(self, [stream])[stream]
