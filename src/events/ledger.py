"""Ledgers outside the databases: what a restored backup must not bring back, and must not uncover.

The database of the keys has a ledger of erasures too, and goes with it: restored to an older day,
it knows nothing of what was erased since; nor does an older log of who was shielded since. So each
is noted beside the checkpoints as it happens, as ids that say nothing without the id key.
"""

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from events.checkpoints import append_line, is_torn
from events.store.heads import ShieldHead
from events.store.locks import turn

PIECE = 1 << 16
"""Bytes of a ledger's end that are read at once."""


class LedgerError(Exception):
    """A ledger is not whole, so nobody can say what must stay erased or shielded."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One note, or the beginning of a ledger, which names nothing."""

    title: ClassVar[bytes]
    log: str
    """Id of the log, 32 hex digits."""
    number: int
    """From 1, without a gap."""
    time: int
    """Microseconds since 1970-01-01 UTC."""
    signature: str = ""
    """Ed25519, 128 hex digits, over the other fields."""

    def signed_text(self) -> bytes:
        """The bytes that the signature is made over."""
        return self.title + msgspec.json.encode(msgspec.structs.replace(self, signature=""))


class ErasureNote(Note, frozen=True, kw_only=True):
    """One erasure."""

    title = b"contactpoint erasure 1\n"
    records: tuple[UUID, ...] = ()
    children: tuple[UUID, ...] = ()
    subjects: tuple[UUID, ...] = ()
    """Whose keys were destroyed: 16 bytes each, written as ids are."""


class ShieldNote(Note, frozen=True, kw_only=True):
    """Records that came under a shield, or out from under it, with one commit."""

    title = b"contactpoint shields 1\n"
    shielded: tuple[tuple[UUID, UUID], ...] = ()
    """Shield and record."""
    freed: tuple[tuple[UUID, UUID], ...] = ()


N = TypeVar("N", bound=Note)


class Ledger(Generic[N]):
    """The notes of one kind and one log, a line each, in a file beside its checkpoints."""

    def __init__(self, kind: type[N], suffix: str, folder: Path, key: Ed25519PrivateKey) -> None:
        """The folder is made when the first note is written."""
        self._kind, self._suffix, self._folder, self._key = kind, suffix, folder, key

    def begin(self, log: bytes) -> None:
        """Write a first note where there is none, so that a ledger that is gone is missed."""
        if not self.path(log).exists():
            self._add(log)

    def _add(self, log: bytes, **facts: Any) -> None:
        """Add a note; on the disk when this returns. Raises LedgerError as ``read`` does."""
        path = self.path(log)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Two processes must not give one number.
        with turn(path):
            number = self.count(log)
            for stated in [facts] if number else [{}, facts] if facts else [{}]:
                number += 1
                self._append(path, log, number, stated)

    def _append(self, path: Path, log: bytes, number: int, facts: dict[str, Any]) -> None:
        now = time.time_ns() // 1000
        note = self._kind(log=log.hex(), number=number, time=now, **facts)
        signed = msgspec.structs.replace(note, signature=self._key.sign(note.signed_text()).hex())
        append_line(path, msgspec.json.encode(signed))

    def count(self, log: bytes) -> int:
        """How many notes there are, by the last of them; those before are not looked at.

        Raises LedgerError where the last is not one of ours.
        """
        path = self.path(log)
        line = _last_line(path) if path.exists() else b""
        return self._ours(line, str(path)).number if line else 0

    def read(self, log: bytes) -> list[N]:
        """Every note, the first one first; none where there is no file.

        Raises LedgerError where a line is not one of ours, or one is missing between others.
        """
        path = self.path(log)
        content = path.read_bytes() if path.exists() else b""
        notes: list[N] = []
        for number, line in enumerate(content.split(b"\n"), 1):
            if line.strip() and not is_torn(line):
                notes.append(self._checked(line, log.hex(), len(notes) + 1, f"{path}:{number}"))
        return notes

    def path(self, log: bytes) -> Path:
        """Where the ledger of a log is."""
        return self._folder / f"{log.hex()}.{self._suffix}"

    def _checked(self, line: bytes, log: str, number: int, place: str) -> N:
        note = self._ours(line, place)
        if (note.log, note.number) != (log, number):
            raise LedgerError(f"{place}: note {note.number} of the ledger; expected {number}")
        return note

    def _ours(self, line: bytes, place: str) -> N:
        try:
            note = msgspec.json.decode(line, type=self._kind)
            self._key.public_key().verify(bytes.fromhex(note.signature), note.signed_text())
        except (msgspec.MsgspecError, InvalidSignature, ValueError):
            raise LedgerError(f"{place}: not a note signed for this index") from None
        return note


class ErasureLedger(Ledger[ErasureNote]):
    """What was erased."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        super().__init__(ErasureNote, "erasures", folder, key)

    def write(
        self,
        log: bytes,
        records: Iterable[UUID],
        children: Iterable[UUID],
        subjects: Iterable[bytes],
    ) -> None:
        """Note an erasure."""
        ids = tuple(UUID(bytes=subject) for subject in subjects)
        self._add(log, records=tuple(records), children=tuple(children), subjects=ids)


class ShieldLedger(Ledger[ShieldNote]):
    """Who came under a shield, and out from under it."""

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        super().__init__(ShieldNote, "shields", folder, key)

    def write(self, log: bytes, heads: Sequence[ShieldHead]) -> None:
        """Note how records stand under shields by the rows that change."""
        rows = {True: list[tuple[UUID, UUID]](), False: list[tuple[UUID, UUID]]()}
        for head in heads:
            rows[head.kind == "shielded"].append((head.shield, head.record))
        self._add(log, shielded=tuple(rows[True]), freed=tuple(rows[False]))

    def standing(self, log: bytes) -> dict[UUID, set[UUID]]:
        """The records that every shield has over it, by the last that was noted of each."""
        under: dict[UUID, set[UUID]] = {}
        for note in self.read(log):
            for shield, record in note.shielded:
                under.setdefault(shield, set()).add(record)
            for shield, record in note.freed:
                under.get(shield, set()).discard(record)
        return {shield: records for shield, records in under.items() if records}


def _last_line(path: Path) -> bytes:
    """The last line that is whole; nothing where there is none."""
    with path.open("rb") as file:
        end, tail = file.seek(0, os.SEEK_END), b""
        while end:
            start = max(0, end - PIECE)
            file.seek(start)
            tail, end = file.read(end - start) + tail, start
            # What stands before the first new line may be the end of a longer line.
            lines = tail.split(b"\n") if not start else tail.split(b"\n")[1:]
            for line in reversed(lines):
                if line.strip() and not is_torn(line):
                    return line
    return b""
