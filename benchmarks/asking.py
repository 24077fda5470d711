"""Asks a server over many connections at once, as cheaply as Python can, and times each answer."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    """How long each good answer took."""
    refused: dict[int, int] = field(default_factory=dict)
    """How many answers had another status than 200."""
    wall: float = 0.0

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the good answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0

    @property
    def rate(self) -> float:
        """Good answers in a second."""
        return len(self.seconds) / self.wall if self.wall else 0.0


class _Asking(asyncio.Protocol):
    """One connection: sends a request when the answer to the one before is whole."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, until: float) -> None:
        self._requests, self._answers, self._until = requests, answers, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self._begun = 0.0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        status = int(head[9:12])
        if status == 200:
            self._answers.seconds.append(time.perf_counter() - self._begun)
        else:
            self._answers.refused[status] = self._answers.refused.get(status, 0) + 1
        self._buffer = b""
        self._ask()

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None or time.perf_counter() > self._until:
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 : lower.find(b"\r\n", at) if b"\r\n" in lower[at:] else None])


def ask(
    port: int, requests: Callable[[int], Iterator[bytes]], connections: int, seconds: float
) -> Answers:
    """Ask for so long over so many connections; ``requests`` gives those of each connection."""

    async def run() -> Answers:
        answers = Answers()
        loop = asyncio.get_running_loop()
        begun = time.perf_counter()
        made = [
            await loop.create_connection(
                lambda number=number: _Asking(requests(number), answers, begun + seconds),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            for number in range(connections)
        ]
        await asyncio.gather(*(protocol.done for _, protocol in made))
        answers.wall = time.perf_counter() - begun
        return answers

    return asyncio.run(run())


def request(
    method: str, path: str, token: str, body: bytes = b"", media: str = "application/json"
) -> bytes:
    """The bytes of a request of somebody who states why."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Contactpoint-Purpose: enquiry",
        "Contactpoint-Reason: measure%20of%20speed",
    ]
    if body:
        lines += [f"Content-Type: {media}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
