"""Checkpoints: signed notes of how far the log went, kept where the database cannot reach.

The chain proves a log whole up to its last commit; only a note kept elsewhere proves that the last
commit is still the last one, and that the chain was not written anew by somebody with its key.
"""

import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.disk import sync_folder
from events.failpoints import failpoint
from events.log import Log

LONGEST = 4_096
"""Bytes of which the last line is looked for; a note has some 330."""


class Checkpoint(msgspec.Struct, frozen=True):
    """One signed note: at this time the log's last commit ended here, with this hash."""

    log: str
    """Id of the log, 32 hex digits."""
    position: int
    hash: str
    """Of the chain at the position, 64 hex digits."""
    time: int
    """When it was written: microseconds since 1970-01-01 UTC."""
    signature: str = ""
    """Ed25519, 128 hex digits, over the other fields."""
    restored: bool = False
    """Whether a backup was restored that ended here: earlier notes of what came after are void."""

    def signed_text(self) -> bytes:
        """The bytes that the signature is made over."""
        title = "contactpoint restored 1" if self.restored else "contactpoint checkpoint 1"
        return "\n".join(map(str, (title, self.log, self.position, self.hash, self.time))).encode()


class Checkpoints:
    """The notes of one log, a line each, in a file of a folder outside the database."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        """The folder is made when the first note is written."""
        self._folder, self._key = folder, key

    def write(self, log: Log) -> Checkpoint | None:
        """Note how far the log goes; on the disk when this returns. None for an empty log."""
        last = log.last_link()
        return None if last is None else self._note(log, last.last, last.hash.hex())

    def write_restored(self, log: Log, position: int, hash_: str) -> Checkpoint:
        """Note that a backup was restored whose last commit ended here, with this hash."""
        return self._note(log, position, hash_, restored=True)

    def _note(self, log: Log, position: int, hash_: str, *, restored: bool = False) -> Checkpoint:
        now = time.time_ns() // 1000
        note = Checkpoint(log.id.hex(), position, hash_, now, restored=restored)
        signature = self._key.sign(note.signed_text()).hex()
        note = msgspec.structs.replace(note, signature=signature)
        failpoint("checkpoint.before")
        append_line(self._path(log), msgspec.json.encode(note))
        failpoint("checkpoint.after")
        return note

    def keep_up(self, log: Log, *, after: float = 0.0) -> Checkpoint | None:
        """Note how far the log goes where it has gone on since the last note; None: it has not.

        ``after``: only where the last note is older than so many seconds, so that any number of
        processes may ask as often as they like. A log that ends before its last note has lost its
        tail: that is not noted, and ``verify`` finds it.
        """
        last, note = log.last_link(), self._last(log)
        if last is None or (note is not None and note.position >= last.last):
            return None
        if note is not None and time.time() - note.time / 10**6 < after:
            return None
        return self.write(log)

    def _last(self, log: Log) -> Checkpoint | None:
        """The last note; None where there is none, or none of ours that is whole."""
        lines = _tail(self._path(log)).rstrip(b"\n").split(b"\n")
        return self._checked(lines[-1])

    def read(self, log: Log) -> Iterator[tuple[int, Checkpoint | None]]:
        """Line number and note, oldest first; None for a line that is not one of ours.

        A line that a crash cut short is passed over when it is the last, or was followed by the
        next note's new line.
        """
        path = self._path(log)
        content = path.read_bytes() if path.exists() else b""
        for number, line in enumerate(content.split(b"\n"), 1):
            if line.strip() and not is_torn(line):
                yield number, self._checked(line)

    def of_others(self, known: Collection[str]) -> Iterator[Checkpoint]:
        """The last note of each log of this installation beside those of these ids.

        It signs notes of its own two logs alone: another one is a log that was taken away.
        """
        for path in sorted(self._folder.glob("*.checkpoints")):
            if path.stem not in known:
                lines = _tail(path).rstrip(b"\n").split(b"\n")
                if note := self._checked(lines[-1]):
                    yield note

    def _checked(self, line: bytes) -> Checkpoint | None:
        try:
            note = msgspec.json.decode(line, type=Checkpoint)
            self._key.public_key().verify(bytes.fromhex(note.signature), note.signed_text())
        except (msgspec.MsgspecError, InvalidSignature, ValueError):
            return None
        return note

    def _path(self, log: Log) -> Path:
        return self._folder / f"{log.id.hex()}.checkpoints"


def _tail(path: Path) -> bytes:
    """The end of a file, in which its last line stands whole; nothing where there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LONGEST))
            return file.read()
    except FileNotFoundError:
        return b""


def is_torn(line: bytes) -> bool:
    """Whether a write was cut short: a note begun and not ended."""
    return line.startswith(b"{") and not line.endswith(b"}")


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file of notes; on the disk when this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)
