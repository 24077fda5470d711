"""A load's work in one process, or shared with a second one.

The second process reads while this one prepares and compares, then seals while this one writes.
It touches no log; keys that it has issued when it is killed harm nobody. Whoever loads is the only
one who writes the log and who answers for the load: the second process ends with it.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import cached_property
from typing import Any, NoReturn, Protocol

import msgspec

from contactpoint.errors import ContactpointError
from contactpoint.intake import second_process
from contactpoint.intake.delivered import About, Delivered, How
from contactpoint.intake.reading import ReadChunk, Reader
from contactpoint.intake.recall import Recall
from contactpoint.intake.sealing import Firsts, SealedFirsts, Sealing
from events.keys import KeyStoreError
from events.master import MasterKey
from feeds.submission import FeedError, Reading


class SecondProcessError(ContactpointError):
    """The second process of a load failed, or ended before its work did."""


class Process(Protocol):
    """Where a delivery is read and its first events are sealed."""

    @property
    def about(self) -> About:
        """Open the delivery. Raises FeedError where it is not what its feed reads."""

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Read the delivery, as often as is asked. Raises FeedError as the feed does."""

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Have first events sealed; call what is returned, in the same order, to have them."""


class Alone:
    """Everything in this process, each thing when it is asked for."""

    def __init__(self, delivered: Delivered, master: MasterKey, sealing: Sealing) -> None:
        self._delivered = delivered
        self._reading: Reading | None = None
        self._master = master
        self._sealing = sealing

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @cached_property
    def about(self) -> About:
        """Open the delivery. Raises FeedError where it is not what its feed reads."""
        self._reading = self._delivered.open()
        return self._delivered.about(self._reading)

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Read, chunk by chunk."""
        reading, self._reading = self._reading or self._delivered.open(), None
        with closing(Recall(how.kept, self._master.hashes.row)) as recall:
            yield from Reader(recall, how.again).chunks(reading, how.size)
        self.about.dropped = Counter(reading.dropped)

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Seal when the events are asked for."""
        return lambda: self._sealing.firsts(firsts)


class Shared:
    """Reading and sealing in a second process."""

    def __init__(self, delivered: Delivered, master: MasterKey, keys_url: str) -> None:
        """Begin the second process and have it open the delivery."""
        spawn = multiprocessing.get_context("spawn")
        self._sealing = False
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=second_process.run,
            args=(theirs, delivered, master.path, keys_url),
            name="contactpoint-second",
            daemon=True,
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.join(timeout=1)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    @cached_property
    def about(self) -> About:
        """What it found when it opened the delivery. Raises FeedError as that does."""
        about: About = self._line.recv() if self._answers() else self._fail()
        return about

    def chunks(self, how: How) -> Iterator[ReadChunk]:
        """Chunks that were read meanwhile."""
        self._say(self._line.send, how)
        decode = msgspec.msgpack.Decoder(ReadChunk).decode
        while self._answers():
            if not (written := self._line.recv_bytes()):
                break
            yield decode(written)
        else:
            self._fail()
        self.about.dropped = Counter(self._line.recv())

    def submit(self, firsts: Firsts) -> Callable[[], SealedFirsts]:
        """Seal there, while this process does something else."""
        if not self._sealing:
            self._say(self._line.send, None)
            self._sealing = True
        self._say(self._line.send_bytes, msgspec.msgpack.encode(firsts))
        return self._sealed

    def _say(self, send: Callable[[Any], None], message: object) -> None:
        """Send; where nobody takes it any more, whoever waits for the answer is told why."""
        with suppress(OSError):
            send(message)

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
