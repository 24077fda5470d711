"""The ledger of erasures outside the databases: what a restored backup must not bring back.

The database of the keys has a ledger too, and goes with it: restored to an older day, it knows
nothing of what was erased since. So each erasure is noted beside the checkpoints as it happens, as
ids that say nothing without the id key.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.checkpoints import append_line, is_torn

TITLE = b"contactpoint erasure 1\n"


class LedgerError(Exception):
    """The ledger of erasures is not whole, so nobody can say what must stay erased."""


class ErasureNote(msgspec.Struct, frozen=True):
    """One erasure, or the beginning of the ledger, which names none."""

    log: str
    """Id of the log, 32 hex digits."""
    number: int
    """From 1, without a gap."""
    time: int
    """Microseconds since 1970-01-01 UTC."""
    records: tuple[UUID, ...] = ()
    children: tuple[UUID, ...] = ()
    subjects: tuple[UUID, ...] = ()
    """Whose keys were destroyed: 16 bytes each, written as ids are."""
    signature: str = ""
    """Ed25519, 128 hex digits, over the other fields."""

    def signed_text(self) -> bytes:
        """The bytes that the signature is made over."""
        return TITLE + msgspec.json.encode(msgspec.structs.replace(self, signature=""))


class ErasureLedger:
    """The notes of one log, a line each, in a file beside its checkpoints."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        """The folder is made when the first note is written."""
        self._folder, self._key = folder, key

    def begin(self, log: bytes) -> None:
        """Write a first note where there is none, so that a ledger that is gone is missed."""
        if not self.path(log).exists():
            self._write(ErasureNote(log.hex(), 1, _now()))

    def write(
        self,
        log: bytes,
        records: Iterable[UUID],
        children: Iterable[UUID],
        subjects: Iterable[bytes],
    ) -> None:
        """Note an erasure; on the disk when this returns. Raises LedgerError as ``read`` does."""
        self.begin(log)
        ids = tuple(UUID(bytes=subject) for subject in subjects)
        number = len(self.read(log)) + 1
        self._write(ErasureNote(log.hex(), number, _now(), tuple(records), tuple(children), ids))

    def read(self, log: bytes) -> list[ErasureNote]:
        """Every note, the first one first; none where there is no file.

        Raises LedgerError where a line is not one of ours, or one is missing between others.
        """
        path = self.path(log)
        content = path.read_bytes() if path.exists() else b""
        notes: list[ErasureNote] = []
        for number, line in enumerate(content.split(b"\n"), 1):
            if line.strip() and not is_torn(line):
                notes.append(self._checked(line, log.hex(), len(notes) + 1, f"{path}:{number}"))
        return notes

    def path(self, log: bytes) -> Path:
        """Where the ledger of a log is."""
        return self._folder / f"{log.hex()}.erasures"

    def _write(self, note: ErasureNote) -> None:
        signed = msgspec.structs.replace(note, signature=self._key.sign(note.signed_text()).hex())
        append_line(self.path(bytes.fromhex(note.log)), msgspec.json.encode(signed))

    def _checked(self, line: bytes, log: str, number: int, place: str) -> ErasureNote:
        try:
            note = msgspec.json.decode(line, type=ErasureNote)
            self._key.public_key().verify(bytes.fromhex(note.signature), note.signed_text())
        except (msgspec.MsgspecError, InvalidSignature, ValueError):
            raise LedgerError(f"{place}: not a note signed for this index") from None
        if (note.log, note.number) != (log, number):
            raise LedgerError(f"{place}: note {note.number} of the ledger; expected {number}")
        return note


def _now() -> int:
    return time.time_ns() // 1000
