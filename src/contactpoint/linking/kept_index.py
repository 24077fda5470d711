"""The matcher's indexes between two runs: sealed files beside the store, rebuilt from the log.

A file is a whole index and, behind it, what each later run put and took: a run writes what it
changed. Where that has grown to a share of the whole, the next run writes a whole index anew.
"""

import io
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contactpoint.linking.matching import AnyIndex, Matching
from events.failpoints import failpoint
from events.keys import SubjectKeys, UnknownKeyError
from events.master import MasterKey

FRAME = 1 << 26
"""Bytes sealed at once."""
SHARE = 0.25
BEGIN = 8 + 8 + 4 + 12
"""Bytes after the first line up to the end of the first nonce: key, position, length, nonce."""
FORM = 9
"""How what is dumped is laid out; a file of another form is made anew."""
LEFT = "left"
"""Names the array of a part that is no index's."""


Left = list[tuple[int, int]]
"""Records that were near to others, each with the position at which those had changed or gone."""


UNREADABLE = (FileNotFoundError, UnknownKeyError, InvalidTag, ValueError)
"""What a file that is not there, or is not what was written, ends in."""


class _Head(msgspec.Struct, frozen=True):
    """What the file says of itself, in clear: nothing personal."""

    model: str
    form: int = 1


class _Tail(NamedTuple):
    """Where the file that was read or written ends."""

    number: int
    """Of its key."""
    begin: bytes
    """Its first line, the number of its key, and the first frame's nonce: no two files have it."""
    whole: int
    """Where the whole index ends."""
    end: int
    """Where the last part that is complete ends."""
    parts: int


class KeptIndex:
    """An index on disk for children, and one for each other shape.

    They hold names, so they are sealed under a key of their own.
    """

    def __init__(
        self, folder: Path, keys: SubjectKeys, master: MasterKey, *, share: float = SHARE
    ) -> None:
        """``share``: of the whole, that what came after it may take before all is written anew."""
        self._share = share
        self._folder = folder
        self._keys = keys
        self._subject = master.hashes.stream_id("subject", "index").bytes
        self._tails: dict[Path, _Tail] = {}
        self._left: dict[Path, Left] = {}

    def _path(self, matching: Matching) -> Path:
        name = f"matcher-{matching.shape}.index" if matching.shape else "matcher.index"
        return self._folder / name

    def load(self, matching: Matching) -> tuple[AnyIndex, int]:
        """The index as it was kept, and how far of the log it has; empty where there is none.

        So too where the file is damaged, or under a key that is gone: it is made anew.
        """
        path = self._path(matching)
        try:
            return self._loaded(matching, path)
        except UNREADABLE:
            self._tails.pop(path, None)
            self._left[path] = []
            return matching.index(), 0

    def _loaded(self, matching: Matching, path: Path) -> tuple[AnyIndex, int]:
        """The same of a file that can be read."""
        index, position = matching.index(), 0
        self._tails.pop(path, None)
        self._left[path] = []
        with path.open("rb") as file:
            line, begin = file.readline(), file.read(BEGIN)
            number = int.from_bytes(begin[:8])
            cipher = self._keys.openers([number])[number]
            wanted = _Head(matching.model.version, FORM)
            if msgspec.json.decode(line, type=_Head) != wanted or cipher is None:
                return index, 0
            file.seek(len(line) + 8)
            for place, (stored, at) in enumerate(_parts(file, cipher)):
                self._left[path] += _taken_out(stored)
                index.apply(stored)
                position, end = at, file.tell()
                before = self._tails.get(path)
                whole = before.whole if before else end
                self._tails[path] = _Tail(number, line + begin, whole, end, place + 1)
        return index, position

    def under(self, matching: Matching) -> str:
        """The version of the model that the index on disk is under; empty where there is none."""
        try:
            with self._path(matching).open("rb") as file:
                return msgspec.json.decode(file.readline(), type=_Head).model
        except UNREADABLE:
            return ""

    def follow(self, index: AnyIndex, matching: Matching) -> bool:
        """Take in what was written behind what was loaded or followed here.

        False where another whole index stands there, or none. What is still being written is taken
        in the next time.
        """
        path = self._path(matching)
        tail = self._tails.get(path)
        if tail is None or not _is_still(path, tail):
            return False
        if path.stat().st_size > tail.end:
            self._tails[path] = self._take_in(index, path, tail)
        return True

    def _take_in(self, index: AnyIndex, path: Path, tail: _Tail) -> _Tail:
        cipher = self._keys.openers([tail.number])[tail.number]
        if cipher is None:
            return tail
        with path.open("rb") as file:
            if file.read(len(tail.begin)) != tail.begin:
                return tail
            file.seek(tail.end)
            for stored, _ in _parts(file, cipher, tail.parts):
                _taken_out(stored)
                index.apply(stored)
                tail = tail._replace(end=file.tell(), parts=tail.parts + 1)
        return tail

    def stamp(self, matching: Matching) -> tuple[int, int, int]:
        """What is other once anything was written: noughts where there is no index."""
        try:
            stat = self._path(matching).stat()
        except FileNotFoundError:
            return 0, 0, 0
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    def left(self, matching: Matching, since: int) -> set[int]:
        """Records that were near to what changed or went after a position, before it did.

        Of what was loaded or saved here; by ordinal.
        """
        left = self._left.get(self._path(matching), [])
        return {ordinal for at, ordinal in left if at > since}

    def save(
        self,
        index: AnyIndex,
        matching: Matching,
        position: int,
        left: Collection[int] = (),
        since: int = 0,
    ) -> None:
        """Keep the index: what changed since it was loaded or saved here, or all of it.

        ``left``: records that were near to what changed or went, as ``left`` gives them until
        somebody says that all up to ``since`` was linked.
        """
        path = self._path(matching)
        fresh = [(position, ordinal) for ordinal in sorted(left)]
        self._left[path] = [*(one for one in self._left.get(path, []) if one[0] > since), *fresh]
        tail = self._tails.get(path)
        is_short = (
            tail and tail.end - tail.whole <= self._share * tail.whole and _is_still(path, tail)
        )
        changes = index.changes() if is_short else None
        if tail is None or changes is None:
            self._save_whole(index, path, position)
        else:
            self._save_changes(changes | _put_in(fresh), path, position, tail)

    def _save_whole(self, index: AnyIndex, path: Path, position: int) -> None:
        """Write all of it, and put it in the place of the file before."""
        (number,) = self._keys.issue([self._subject])
        cipher = self._keys.sealers([number])[number]
        head = msgspec.json.encode(_Head(index.model.version, FORM)) + b"\n" + number.to_bytes(8)
        beside = path.with_suffix(".new")
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            file.write(head)
            whole = index.dump() | _put_in(self._left.get(path, []))
            _write(file, cipher, whole, position, 0)
            end = file.tell()
            file.seek(0)
            begin = file.readline() + file.read(BEGIN)
        failpoint("index.before-swap")
        beside.replace(path)
        failpoint("index.after-swap")
        self._tails[path] = _Tail(number, begin, end, end, 1)

    def _save_changes(
        self, changes: dict[str, Any], path: Path, position: int, tail: _Tail
    ) -> None:
        """Write what changed behind the last complete part; one cut short is no part."""
        cipher = self._keys.sealers([tail.number])[tail.number]
        with path.open("r+b") as file:
            file.truncate(tail.end)
            file.seek(tail.end)
            _write(file, cipher, changes, position, tail.parts)
            end = file.tell()
        failpoint("index.after-append")
        self._tails[path] = tail._replace(end=end, parts=tail.parts + 1)

    def forget(self) -> None:
        """Drop every file; the next run makes them anew from the read models."""
        for path in self._folder.glob("matcher*.index"):
            path.unlink()


def _is_still(path: Path, tail: _Tail) -> bool:
    """Whether the file is the one that was read or written here."""
    try:
        with path.open("rb") as file:
            return file.read(len(tail.begin)) == tail.begin
    except FileNotFoundError:
        return False


def _write(
    file: BinaryIO, cipher: AESGCM, stored: dict[str, Any], position: int, part: int
) -> None:
    """Write one part: how far of the log it goes, its sealed frames, and a frame of no length."""
    whole = io.BytesIO()
    np.savez(whole, **{name: _array(value) for name, value in stored.items()})
    buffer = whole.getbuffer()
    file.write(position.to_bytes(8))
    for start in range(0, len(buffer), FRAME):
        nonce = os.urandom(12)
        sealed = cipher.encrypt(nonce, buffer[start : start + FRAME], _place(part, position, start))
        file.write(len(sealed).to_bytes(4) + nonce + sealed)
        failpoint("index.frame")
    file.write(bytes(4))
    file.flush()
    os.fsync(file.fileno())


def _parts(file: BinaryIO, cipher: AESGCM, part: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Each complete part of a file, in order, with how far of the log it goes.

    ``part`` is the number of the one at which the file stands.
    """
    while len(begin := file.read(8)) == 8:
        position, whole = int.from_bytes(begin), io.BytesIO()
        while len(begin := file.read(4)) == 4 and (size := int.from_bytes(begin)):
            nonce, sealed = file.read(12), file.read(size)
            try:
                whole.write(cipher.decrypt(nonce, sealed, _place(part, position, whole.tell())))
            except (InvalidTag, ValueError):
                if part:
                    return  # what a killed run left behind the last complete part
                raise
        if len(begin) < 4:
            return
        whole.seek(0)
        arrays = dict(np.load(whole, allow_pickle=False))
        yield {name: _value(array) for name, array in arrays.items()}, position
        part += 1


def _put_in(left: Left) -> dict[str, Any]:
    """As the arrays of a part."""
    return {LEFT: np.array(left, np.int64).reshape(-1, 2)}


def _taken_out(stored: dict[str, Any]) -> Left:
    """Take it from the arrays of a part."""
    return [(int(at), int(ordinal)) for at, ordinal in stored.pop(LEFT)]


def _array(value: Any) -> Any:
    """A list of words as the bytes of its JSON; an array as it is."""
    if isinstance(value, np.ndarray):
        return value
    return np.frombuffer(msgspec.json.encode(value), "S1")


def _value(array: npt.NDArray[Any]) -> Any:
    """What ``_array`` was given."""
    return msgspec.json.decode(array.tobytes()) if array.dtype == "S1" else array


def _place(part: int, position: int, start: int) -> bytes:
    """What a sealed frame is bound to: its place in the file, and what it is said to hold."""
    return part.to_bytes(8) + position.to_bytes(8) + start.to_bytes(8)
