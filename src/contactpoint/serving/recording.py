"""The record of access as a service writes it: what arrives together is committed together.

Whoever records waits until the commit is on the disk, and only then is an answer made. Where it
cannot be written, everybody who waited gets an error and no answer.

The commit is made between two steps of the event loop and not in a thread beside it: the
interpreter lets one thread work at a time, and a writer that had to wait for its turn at each of
its steps took five times as long (ADR 26).
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from contactpoint.accesses import Accesses, Chosen, Entry, UnrecordedError
from events.store.locks import turn

WINDOW = 0.005
"""Seconds for which a commit waits for others to join it, where others joined the last one."""
MOST = 500
"""Entries from which a commit waits no longer."""
KEPT = 10_000
"""Streams whose keys are held in memory: one for each reader and day."""


class Admission(Protocol):
    """Says, as one commit is made, which of those who wait may not be answered."""

    def refusal(self, entries: Sequence[Entry]) -> Exception | None:
        """Why what one of them asked to be recorded may not be shown; None where it may."""

    def end(self) -> None:
        """What was not refused is on the disk."""


Admitting = Callable[[dict[UUID, int]], Admission]
"""From where the streams stand to what is admitted then."""


class _Waiting(NamedTuple):
    entries: Sequence[Entry]
    done: "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class BatchedAccesses(Accesses):
    """The record of access of one process of a service."""

    _waiting: list[_Waiting] = field(default_factory=list)
    _joined: list[int] = field(default_factory=lambda: [0])
    """How many the last commit was of: who comes alone does not wait for others."""
    _numbers: dict[UUID, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    turn: Path | None = None
    """A file by which processes take turns: the kernel wakes the next one at once, where SQLite
    would sleep for milliseconds and look again."""
    _admitting: list[Admitting] = field(default_factory=list)

    def admit_by(self, admitting: Admitting) -> None:
        """Ask this of all who wait, in each commit: no other process records meanwhile."""
        self._admitting[:] = [admitting]

    async def written(self, entries: Sequence[Entry]) -> None:
        """Return once entries are on the disk, committed with those of others.

        Raises UnrecordedError where they could not be written, and what an admission refused
        them with; then nothing of them was.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append(_Waiting(entries, done))
        if len(self._waiting) == 1:
            loop.call_later(WINDOW if self._joined[0] > 1 else 0.0, self.commit)
        elif len(self._waiting) == MOST:
            self.commit()
        await done

    @property
    def waiting(self) -> int:
        """How many wait for a commit."""
        return len(self._waiting)

    def commit(self) -> None:
        """Write what waits, and let those go on who wait for it."""
        batch, self._waiting[:] = tuple(self._waiting), []
        if not batch:
            return
        self._joined[0] = len(batch)
        try:
            refused = self._admitted(batch)
        except UnrecordedError as error:
            for one in batch:
                _tell(one.done, error)
        else:
            for one, refusal in zip(batch, refused, strict=True):
                _tell(one.done, refusal)

    def _admitted(self, batch: Sequence[_Waiting]) -> list[Exception | None]:
        """Write what of a batch is admitted; of each why it is not, or None."""
        if not self._admitting:
            self.write([entry for one in batch for entry in one.entries])
            return [None] * len(batch)
        refused: list[Exception | None] = []
        admissions: list[Admission] = []

        def chosen(versions: dict[UUID, int]) -> list[Entry]:
            admissions[:] = [self._admitting[0](versions)]
            refused[:] = [admissions[0].refusal(one.entries) for one in batch]
            pairs = zip(batch, refused, strict=True)
            return [entry for one, error in pairs if error is None for entry in one.entries]

        self.write([entry for one in batch for entry in one.entries], chosen)
        admissions[0].end()
        return refused

    def write(self, entries: Sequence[Entry], chosen: Chosen | None = None) -> None:
        """Write entries in one commit; on the disk when this returns. For any thread.

        Raises UnrecordedError where they could not be written.
        """
        with self._lock, turn(self.turn) if self.turn else nullcontext():
            try:
                self._append(entries, chosen)
            except Exception as error:
                raise UnrecordedError from error

    def _keys(self, streams: Sequence[UUID]) -> dict[UUID, int]:
        """The keys of the streams; each is asked of the keys' store once."""
        if len(self._numbers) > KEPT:
            self._numbers.clear()
        missing = [stream for stream in streams if stream not in self._numbers]
        if missing:
            self._numbers.update(Accesses._keys(self, missing))
        return {stream: self._numbers[stream] for stream in streams}


def _tell(done: "asyncio.Future[None]", error: Exception | None = None) -> None:
    """Let somebody go on, unless they have gone: who asked may have hung up."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
