"""Watches requests from outside: counts them, and logs each without what was asked."""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from anyio import to_thread
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from contactpoint.serving.logs import REQUESTS
from contactpoint.serving.metrics import NO_ROUTE, Metrics
from contactpoint.serving.service import Service

BEAT = 1.0
"""Seconds between two signs of life of a process."""
YOUNG = 50_000
"""Objects made, less those let go, after which garbage is looked for: some fifty requests."""
BROKEN = 500
"""What a request counts as that ended without an answer."""

logger = logging.getLogger(REQUESTS)


class Watched:
    """An application whose requests are counted and logged."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and take note of what became of it."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), BROKEN

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.under_way.inc()
        try:
            await self._app(scope, receive, sending)
        finally:
            self._metrics.under_way.dec()
            self._note(scope, status, time.perf_counter() - begun)

    def _note(self, scope: HTTPScope, status: int, seconds: float) -> None:
        # Set by the router; what nothing answers to has none, whatever its path was.
        route = scope.get("path_template") or NO_ROUTE
        self._metrics.answered(route, scope["method"], status, seconds)
        state = scope.get("state", {})
        said = {
            "request": state.get("request_id", ""),
            "route": route,
            "method": scope["method"] if route != NO_ROUTE else "",
            "status": status,
            "ms": round(seconds * 1000, 1),
            "reader": state.get("reader", ""),
        }
        logger.info("answered", extra=said)


@asynccontextmanager
async def beating(
    service: Service, metrics: Metrics, *, loads: bool = False
) -> AsyncIterator[None]:
    """Give signs of life while the service is open: out of the loop that has to answer.

    With ``loads`` the matcher's index is read meanwhile, and the process is ready when it is.
    """
    loaded = asyncio.Event()
    tasks = [asyncio.create_task(_beat(service, metrics, loaded))]
    if loads:
        tasks.append(asyncio.create_task(_load(service, loaded)))
    else:
        loaded.set()
    try:
        yield
    finally:
        metrics.ready.set(0)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _beat(service: Service, metrics: Metrics, loaded: asyncio.Event) -> None:
    parent = multiprocessing.parent_process()
    while True:
        if parent is not None and not parent.is_alive():
            # Nobody would tell this process to end, and the next service would find its port taken.
            os.kill(os.getpid(), signal.SIGTERM)
        metrics.waiting.set(service.accesses.waiting)
        metrics.ready.set(loaded.is_set())
        metrics.beat.set(time.time())
        await asyncio.sleep(BEAT)


async def _load(service: Service, loaded: asyncio.Event) -> None:
    """Read model and index, so that nobody who asks has to wait for it."""
    try:
        await to_thread.run_sync(lambda: service.matching, abandon_on_cancel=True)
    except Exception:
        logger.exception("the matcher's index could not be read")
    else:
        _keep()
        loaded.set()


def _keep() -> None:
    """Let the collector of garbage pass over all that there is by now.

    The matcher's index is there for good, and to walk it over and over took a third of the
    processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
