"""What the second process of a load does: reads, then seals, and ends with the first."""

import os
import pickle
import queue
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from contactpoint.errors import ContactpointError
from contactpoint.intake.delivered import Delivered
from contactpoint.intake.reading import Reader
from contactpoint.intake.recall import Recall
from contactpoint.intake.sealing import Firsts, Sealing
from events.garbage import seldom_collecting
from events.keys import KeyStoreError, SubjectKeys
from events.master import MasterKey
from feeds.submission import FeedError, Reading


def run(line: Connection, delivered: Delivered, master_path: Path, keys_url: str) -> None:
    """Read and seal for the process at the other end of the line, until it lets go.

    Each answer is announced by ``+``, and what went wrong by ``-``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends this one
    asked = _Asked(line)
    try:
        with seldom_collecting():
            _serve(asked, delivered, master_path, keys_url)
    except _EndedError:
        return
    except Exception as error:
        with suppress(OSError, _EndedError):
            asked.say(_what(error), well=False)


def _serve(asked: "_Asked", delivered: Delivered, master_path: Path, keys_url: str) -> None:
    """Read the delivery as often as told, then seal what is sent until nothing more comes."""
    begun = delivered.open()
    left = delivered.rows() is not None
    asked.say(delivered.about(begun))
    reading: Reading | None = begun
    master = MasterKey.load(master_path)
    encode = msgspec.msgpack.Encoder().encode
    while (how := asked.unpickled()) is not None:
        reading = reading or delivered.open()
        with closing(Recall(how.kept, master.hashes.row)) as recall:
            for chunk in Reader(recall, how.again, left=left).chunks(reading, how.size):
                asked.answer(encode(chunk))
        asked.answer(b"")
        asked.say_more(Counter(reading.dropped))
        reading = None
    keys = SubjectKeys(keys_url, master)
    try:
        sealing = Sealing(keys, master)
        while True:
            firsts = msgspec.msgpack.decode(asked.next(), type=Firsts)
            asked.answer(encode(sealing.firsts(firsts)))
    finally:
        keys.close()


class _EndedError(Exception):
    """The first process has let go."""


class _Asked:
    """The line to the first process; what it sends is taken in at once.

    Without that, each could wait for ever for the other to take what it sends.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._came: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def next(self) -> bytes:
        came = self._came.get()
        if came is None:
            raise _EndedError
        return came

    def unpickled(self) -> Any:
        return pickle.loads(self.next())  # noqa: S301 - the first process's own

    def answer(self, message: bytes) -> None:
        self._send(self._line.send_bytes, b"+")
        self._send(self._line.send_bytes, message)

    def say(self, message: object, *, well: bool = True) -> None:
        self._send(self._line.send_bytes, b"+" if well else b"-")
        self.say_more(message)

    def say_more(self, message: object) -> None:
        self._send(self._line.send, message)

    def _send(self, send: Callable[[Any], None], message: object) -> None:
        try:
            send(message)
        except OSError:
            raise _EndedError from None

    def _listen(self) -> None:
        while True:
            try:
                self._came.put(self._line.recv_bytes())
            except (EOFError, OSError):
                self._came.put(None)
                _end_soon()
                return


def _end_soon() -> None:
    """End even in the midst of a long row: nobody waits for it any more."""
    threading.Timer(1.0, os._exit, args=(0,)).start()


def _what(error: Exception) -> tuple[str, tuple[Any, ...]]:
    """An error as it is told; of a fault of ours only its kind and place, as it may hold names."""
    match error:
        case FeedError():
            return "feed", (error.file, error.where, error.field, error.expected)
        case OSError():
            return "file", (error.errno, error.strerror, error.filename)
        case KeyStoreError():
            return "keys", (str(error),)
        case ContactpointError():
            return "fault", (str(error),)
    *_, (frame, at) = traceback.walk_tb(error.__traceback__)
    place = Path(frame.f_code.co_filename)
    return "fault", (
        f"a fault of the program in the second process of a load: {type(error).__name__} in "
        f"{place.parent.name}/{place.name} line {at}; please report it",
    )
