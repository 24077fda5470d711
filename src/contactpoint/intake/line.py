"""The line from the second process of a load to the first, on which neither waits for the other."""

import pickle
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

AHEAD = 4
"""Messages, two to an answer, that wait for the first process to take them."""


class EndedError(Exception):
    """The first process has let go."""


class Line:
    """The line to the first process; what it sends is taken in at once, and answers wait for it.

    Without the one, each could wait for ever for the other to take what it sends; without the
    other, this process would do nothing whenever the first is busy with an answer.
    """

    def __init__(self, line: Connection, ended: Callable[[], None]) -> None:
        """``ended`` is called when the first process has let go."""
        self._line = line
        self._ended = ended
        self._came: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._going: queue.Queue[bytes | None] = queue.Queue(AHEAD)
        self._let_go = False
        threading.Thread(target=self._listen, daemon=True).start()
        self._sender = threading.Thread(target=self._tell, daemon=True)
        self._sender.start()

    def next(self) -> bytes:
        """The next thing that the first process asks. Raises EndedError when it has let go."""
        came = self._came.get()
        if came is None:
            raise EndedError
        return came

    def unpickled(self) -> Any:
        """The same, of what is not bytes."""
        return pickle.loads(self.next())  # noqa: S301 - the first process's own

    def answer(self, message: bytes) -> None:
        """Give an answer, and announce it. Raises EndedError when nobody takes it any more."""
        self._send(b"+")
        self._send(message)

    def say(self, message: object, *, well: bool = True) -> None:
        """Answer with what is not bytes; ``well``: it is no word of what went wrong."""
        self._send(b"+" if well else b"-")
        self.say_more(message)

    def say_more(self, message: object) -> None:
        """Say what belongs to the last answer."""
        self._send(pickle.dumps(message))

    def end(self) -> None:
        """Wait until the first process has taken all that was said."""
        self._going.put(None)
        self._sender.join()

    def _send(self, message: bytes) -> None:
        if self._let_go:
            raise EndedError
        self._going.put(message)

    def _tell(self) -> None:
        while (message := self._going.get()) is not None:
            with suppress(OSError):
                if not self._let_go:
                    self._line.send_bytes(message)
                    continue
            self._let_go = True

    def _listen(self) -> None:
        while True:
            try:
                self._came.put(self._line.recv_bytes())
            except (EOFError, OSError):
                self._came.put(None)
                self._ended()
                return
