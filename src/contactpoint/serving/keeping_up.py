"""Keeps the read models in step with the log while the service runs, out of its workers' way.

A night's load may put a hundred thousand events into the log before anybody projects them. A worker
that did it when an answer hangs on it would keep all others waiting meanwhile: the process that
began the workers does it, all the time, and a worker waits for it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol, TypeVar

from contactpoint.bootstrap import Contactpoint
from contactpoint.serving.threads import beside
from projections.guard import asked_once

EVERY = 0.05
"""Seconds between two looks at where log and read models stand."""
PATIENCE = 5.0
"""Seconds after which a worker no longer waits for the other process."""

T = TypeVar("T")
logger = logging.getLogger("contactpoint.serving")


class NotYetError(Exception):
    """An answer hangs on what the read models do not know yet, and the loop must not wait."""


def keeping_up(store: Contactpoint) -> AbstractContextManager[None]:
    """Project what is new, in a thread of this process, until the context ends."""
    return beside(lambda ended: _follow(store, ended), PATIENCE)


def _follow(store: Contactpoint, ended: threading.Event) -> None:
    """Broad, for a thread that ended by any error would leave the read models behind unseen."""
    known = 0
    while not ended.wait(EVERY):
        try:
            if store.log.position() > known:
                known = store.projector.catch_up()
        except Exception:
            logger.exception("the read models could not be brought to where the log stands")
            ended.wait(PATIENCE)


class Waiting(Protocol):
    """Brings the read models to a position; to the last act on a shield where none is named."""

    def __call__(self, upto: int | None = None) -> None:
        """Return when they are there."""


def waiting_for_it(store: Contactpoint) -> Waiting:
    """What a worker does where read models are behind: wait, or project where that is in vain.

    Called in the event loop, which has others to answer, it raises NotYetError.
    """

    def wait(upto: int | None = None) -> None:
        if is_in_loop():
            raise NotYetError
        goal = store.log.heads.act("shield") if upto is None else upto
        until = time.monotonic() + PATIENCE
        while min(one.position for one in store.projector.standings()) < goal:
            if time.monotonic() > until:
                store.projector.catch_up()
            time.sleep(EVERY)

    return wait


async def soon(work: Callable[[], T], slowly: Callable[[Callable[[], T]], Awaitable[T]]) -> T:
    """What ``work`` gives in the event loop, as soon as it can; else what it gives off it."""
    until = time.monotonic() + PATIENCE
    with asked_once():
        while time.monotonic() < until:
            with suppress(NotYetError):
                return work()
            await asyncio.sleep(EVERY)
        return await slowly(work)


def is_in_loop() -> bool:
    """Whether whoever asks keeps an event loop, and all whom it answers, waiting meanwhile."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
