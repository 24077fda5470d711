"""The bytes of a file as text: its encoding, and lines and pieces of bounded size."""

import codecs
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from feeds.submission import FeedError

PIECE: Final = 1 << 20
"""Bytes read at a time."""


class Limits(msgspec.Struct, frozen=True):
    """The largest file, and the largest single line or element of it, in bytes."""

    file: int = 64 << 30
    element: int = 10 << 20


LIMITS: Final = Limits()
"""The limits of a feed that is not told others."""


def regular(path: Path) -> Path:
    """Give a path back that is a file; FeedError for a folder, a pipe, a device or nothing."""
    try:
        mode = path.stat().st_mode
    except OSError as problem:
        raise FeedError(path.name, "", "", f"a readable file ({problem.strerror})") from None
    if not stat.S_ISREG(mode):
        # A pipe would be waited for, and a device read for ever.
        expected = "a regular file, because it is read twice: not a folder, a pipe or a device"
        raise FeedError(str(path), "", "", expected)
    return path


def encoding_of(path: Path, limits: Limits) -> str:
    """Give ``utf-8``, ``utf-8-sig``, ``utf-16`` (with its mark) or, failing these, ``cp1252``.

    Reads the whole file once, in pieces. Raises FeedError for a file that is missing, empty, too
    large, binary, or in none of these encodings.
    """
    size = regular(path).stat().st_size
    try:
        with path.open("rb") as file:
            return _encoding(file, size, path.name, limits)
    except OSError as problem:
        raise FeedError(path.name, "", "", f"a readable file ({problem.strerror})") from None


def _encoding(file: BinaryIO, size: int, name: str, limits: Limits) -> str:
    if size == 0:
        raise FeedError(name, "byte 1", "", "some content, not an empty file")
    if size > limits.file:
        raise FeedError(name, "", "", f"at most {limits.file} bytes")
    head = file.read(4)
    if head.startswith(_PACKED):
        raise FeedError(name, "byte 1", "", "text, not a compressed file: unpack it first")
    encoding = _marked(head)
    broken = _broken(file, encoding, name)
    if broken is None:
        return encoding
    if encoding != "utf-8" or broken.began:
        # One stray byte must not make Windows text, and other names, of a whole file of UTF-8.
        began = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise FeedError(name, _where(file, broken.place), "", f"{began} to the end, as it begins")
    broken = _broken(file, "cp1252", name)
    if broken is None:
        return "cp1252"
    expected = "text in UTF-8, UTF-16 or Windows-1252"
    raise FeedError(name, _where(file, broken.place), "", expected)


_PACKED: Final = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd")
"""How files of gzip, zip, bzip2, xz and Zstandard begin."""


def _marked(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8"


_SCANNED: Final = 1 << 16
"""Bytes looked at together; small, so that most hold ASCII alone."""


class _Broken(NamedTuple):
    """The first byte that is not of an encoding, and whether more than ASCII stood before it."""

    place: int
    began: bool


def _broken(file: BinaryIO, encoding: str, name: str) -> _Broken | None:
    """Give where a file leaves an encoding, if it does. Raises FeedError where it is binary."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    read, began = 0, encoding != "utf-8"
    whole = encoding != "utf-16"
    while piece := file.read(_SCANNED):
        if whole and piece.isascii() and b"\0" not in piece:  # most are: nothing to decode
            read += len(piece)
            continue
        try:
            text = decoder.decode(piece)
            whole = encoding != "utf-16" and not decoder.getstate()[0]
        except UnicodeDecodeError as error:
            waiting = len(error.object) - len(piece)
            before = error.object[: error.start]
            return _Broken(read - waiting + error.start, began or not before.isascii())
        if "\0" in text:
            place = max(0, piece.find(b"\0")) if encoding != "utf-16" else 0
            expected = "text without NUL bytes (UTF-16 has its mark at the beginning)"
            raise FeedError(name, _where(file, read + place), "", expected)
        began = began or not text.isascii()
        read += len(piece)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _Broken(read, began)
    return None


def _where(file: BinaryIO, place: int) -> str:
    """Give line and byte of a place in a file."""
    file.seek(0)
    lines, left = 1, place
    while left > 0 and (piece := file.read(min(PIECE, left))):
        lines += piece.count(b"\n")
        left -= len(piece)
    return f"line {lines}, byte {place + 1}"


def head_text(head: bytes) -> str:
    """Give the beginning of a file as text for a look at what it is; never raises."""
    encoding = _marked(head[:4])
    return head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")


def text_lines(path: Path, encoding: str, limits: Limits) -> Iterator[str]:
    """Give the lines of a text with their ends, as ``csv`` wants them."""
    with path.open(encoding=encoding, newline="") as file:
        number = 0
        while line := file.readline(limits.element):
            number += 1
            if len(line) >= limits.element:
                raise _too_long(path, number, limits)
            yield line


def byte_lines(path: Path, encoding: str, limits: Limits) -> Iterator[bytes]:
    """Give the lines of a text in UTF-8, as JSON wants them, without its mark."""
    if encoding not in ("utf-8", "utf-8-sig"):
        for line in text_lines(path, encoding, limits):
            yield line.encode()
        return
    with path.open("rb") as file:
        file.seek(len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0)
        number = 0
        while raw := file.readline(limits.element):
            number += 1
            if len(raw) >= limits.element:
                raise _too_long(path, number, limits)
            yield raw


def _too_long(path: Path, number: int, limits: Limits) -> FeedError:
    return FeedError(path.name, f"line {number}", "", f"a line below {limits.element} bytes")


class Metered:
    """A file that refuses to be read on when no element has ended for too long.

    The one who reads elements calls ``ended`` at the end of each, so that one endless element
    cannot fill the memory.
    """

    def __init__(self, path: Path, encoding: str, limits: Limits) -> None:
        self.name, self._limits, self._since = path.name, limits, 0
        self.place: Callable[[], str] = str
        """Says where the reader is, for errors; nothing unless the reader sets it."""
        self._read = 0
        self._transcodes = encoding not in ("utf-8", "utf-8-sig", "")
        self._file = path.open("rb")
        if encoding == "utf-8-sig":
            self._file.seek(len(codecs.BOM_UTF8))
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")()

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, as UTF-8 unless made with no encoding. May raise FeedError."""
        piece = self._file.read(PIECE if size < 0 else size)
        self._since += len(piece)
        self._read += len(piece)
        if self._since > self._limits.element + PIECE:
            raise self.refusal(f"elements below {self._limits.element} bytes each")
        if not self._transcodes or not piece:
            return piece
        return self._decoder.decode(piece).encode() or self.read(size)

    def refusal(self, expected: str) -> FeedError:
        """Give the error of a file that is not read on."""
        return FeedError(self.name, self.place() or f"up to byte {self._read}", "", expected)

    def ended(self) -> None:
        """Say that an element has ended."""
        self._since = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()
