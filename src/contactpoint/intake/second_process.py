"""What the second process of a load does: reads, then seals, and ends with the first."""

import os
import signal
import threading
import traceback
from collections import Counter
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from contactpoint.errors import ContactpointError
from contactpoint.intake.delivered import Delivered
from contactpoint.intake.line import EndedError, Line
from contactpoint.intake.reading import Reader
from contactpoint.intake.recall import Recall
from contactpoint.intake.sealing import Firsts, Sealing
from events.garbage import seldom_collecting
from events.keys import KeyStoreError, SubjectKeys
from events.master import MasterKey
from feeds.submission import FeedError, Reading


def run(connection: Connection, delivered: Delivered, master_path: Path, keys_url: str) -> None:
    """Read and seal for the process at the other end of the line, until it lets go.

    Each answer is announced by ``+``, and what went wrong by ``-``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends this one
    asked = Line(connection, _end_soon)
    try:
        with seldom_collecting():
            _serve(asked, delivered, master_path, keys_url)
    except EndedError:
        return
    except Exception as error:
        with suppress(EndedError):
            asked.say(_what(error), well=False)
            asked.end()


def _serve(asked: Line, delivered: Delivered, master_path: Path, keys_url: str) -> None:
    """Read the delivery as often as told, then seal what is sent until nothing more comes."""
    begun = delivered.open()
    asked.say(delivered.about(begun))
    reading: Reading | None = begun
    master = MasterKey.load(master_path)
    encode = msgspec.msgpack.Encoder().encode
    while (how := asked.unpickled()) is not None:
        reading = reading or delivered.open()
        with closing(Recall(how.kept, master.hashes.row)) as recall:
            for chunk in Reader(recall, how.again).chunks(reading, how.size):
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
