"""A load's work in one process, or shared with a second one.

The second process reads while this one prepares and compares, then seals while this one writes.
It touches no log; keys that it has issued when it is killed harm nobody. Whoever loads is the only
one who writes the log and who answers for the load: the second process ends with it.
"""

import gc
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Protocol

import msgspec

from contactpoint.errors import ContactpointError
from contactpoint.intake.reading import ReadChunk, Reader
from contactpoint.intake.recall import Kept, Recall
from contactpoint.intake.sealing import Firsts, SealedFirsts, Sealing
from events.keys import KeyStoreError, SubjectKeys
from events.master import MasterKey
from feeds.submission import Feed, FeedError, Header, Mode, Reading, Settings


class SecondProcessError(ContactpointError):
    """The second process of a load failed, or ended before its work did."""


def seldom_collecting() -> tuple[int, int, int]:
    """Have cycles looked for seldom: the rows of a chunk are in none, and each look walks them.

    Returns the thresholds that were in force.
    """
    usual = gc.get_threshold()
    gc.set_threshold(1_000_000, *usual[1:])
    return usual


@dataclass(slots=True)
class About:
    """What a reading says of its file and of its feed."""

    header: Header
    settings: Settings
    mode: Mode
    dropped: Counter[str] = field(default_factory=Counter)
    shapes: list[tuple[str, ...]] = field(default_factory=list)
    """Of rows that can be recalled (``Reader.shapes``). Both are whole when all has been read."""


@dataclass(frozen=True, slots=True)
class How:
    """How a delivery is to be read."""

    size: int
    """Rows in each chunk."""
    kept: Kept
    """Rows that were read before."""
    again: frozenset[bytes] = frozenset()
    """Hashes of rows to be read although they are recalled."""


class Process(Protocol):
    """Where a delivery is read and its first events are sealed."""

    about: About

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Read the delivery, as often as is asked. Raises FeedError as the feed does."""

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Have first events sealed; call what is returned, in the same order, to have them."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The files of a delivery, and how they are to be read."""

    feed: Feed
    paths: Sequence[Path]
    mapping: Path | None

    def open(self) -> Reading:
        """Begin a pass over it. Raises FeedError where it is not what its feed reads."""
        return self.feed.open(self.paths, mapping=self.mapping)


class Alone:
    """Everything in this process, each thing when it is asked for."""

    def __init__(self, delivered: Delivered, master: MasterKey, sealing: Sealing) -> None:
        """Open the delivery. Raises FeedError where it is not what its feed reads."""
        self._delivered = delivered
        self._reading: Reading | None = delivered.open()
        self.about = _about(self._reading, delivered.feed)
        self._master = master
        self._sealing = sealing

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Read, chunk by chunk."""
        reading, self._reading = self._reading or self._delivered.open(), None
        with closing(_recall(how, self._master)) as recall:
            reader = Reader(recall, how.again)
            yield from reader.chunks(reading, how.size)
        self.about.dropped, self.about.shapes = Counter(reading.dropped), reader.shapes

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Seal when the events are asked for."""
        return lambda: self._sealing.firsts(firsts)


class Shared:
    """Reading and sealing in a second process."""

    def __init__(self, delivered: Delivered, master: MasterKey, keys_url: str) -> None:
        """Begin the second process and have it open the delivery. Raises FeedError as it does."""
        spawn = multiprocessing.get_context("spawn")
        self._sealing = False
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_second_process,
            args=(theirs, delivered, master.path, keys_url),
            name="contactpoint-second",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        try:
            self.about: About = self._line.recv() if self._answers() else self._fail()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()
        self._process.join(timeout=1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Chunks that were read meanwhile."""
        self._line.send(how)
        decode = msgspec.msgpack.Decoder(ReadChunk).decode
        while self._answers():
            if not (written := self._line.recv_bytes()):
                break
            yield decode(written)
        else:
            self._fail()
        self.about.dropped, self.about.shapes = self._line.recv()

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Seal there, while this process does something else."""
        if not self._sealing:
            self._line.send(None)
            self._sealing = True
        self._line.send_bytes(msgspec.msgpack.encode(firsts))
        return self._sealed

    def _sealed(self) -> SealedFirsts:
        if not self._answers():
            self._fail()
        return msgspec.msgpack.decode(self._line.recv_bytes(), type=SealedFirsts)

    def _answers(self) -> bool:
        """Whether an answer follows; else it is what went wrong. Each answer is announced."""
        try:
            return self._line.recv_bytes() == b"+"
        except (EOFError, OSError):
            self._process.join(timeout=1)
            code = self._process.exitcode
            raise SecondProcessError(
                f"the second process of the load ended early (exit code {code}); load again, or "
                "with CONTACTPOINT_PROCESSES=1"
            ) from None

    def _fail(self) -> NoReturn:
        kind, facts = self._line.recv()
        match kind:
            case "feed":
                raise FeedError(*facts)
            case "file":
                raise OSError(*facts)
            case "keys":
                raise KeyStoreError(*facts)
            case _:
                raise SecondProcessError(*facts)


def _recall(how: How, master: MasterKey) -> Recall:
    return Recall(how.kept, master.hashes.row)


def _about(reading: Any, feed: Feed) -> About:
    settings = getattr(reading, "settings", None) or feed.settings
    return About(reading.header, settings, getattr(reading, "mode", None) or feed.mode)


# What follows runs in the second process.


def _second_process(
    line: Connection, delivered: Delivered, master_path: Path, keys_url: str
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends this one
    seldom_collecting()
    asked = _Asked(line)
    try:
        _serve(asked, delivered, master_path, keys_url)
    except _EndedError:
        return
    except Exception as error:
        with suppress(OSError, _EndedError):
            asked.say(_what(error), well=False)


def _serve(asked: "_Asked", delivered: Delivered, master_path: Path, keys_url: str) -> None:
    """Read the delivery as often as told, then seal what is sent until nothing more comes."""
    reading: Reading | None = delivered.open()
    asked.say(_about(reading, delivered.feed))
    master = MasterKey.load(master_path)
    encode = msgspec.msgpack.Encoder().encode
    while (how := asked.unpickled()) is not None:
        reading = reading or delivered.open()
        with closing(_recall(how, master)) as recall:
            reader = Reader(recall, how.again)
            for chunk in reader.chunks(reading, how.size):
                asked.answer(encode(chunk))
        asked.answer(b"")
        asked.say_more((Counter(reading.dropped), reader.shapes))
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
