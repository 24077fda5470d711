"""The bytes of a file as text: its encoding, and lines and pieces of bounded size."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

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


def encoding_of(path: Path, limits: Limits) -> str:
    """Give ``utf-8``, ``utf-8-sig``, ``utf-16`` (with its mark) or, failing these, ``cp1252``.

    Reads the whole file once, in pieces. Raises FeedError for a file that is missing, empty, too
    large, binary, or in none of these encodings.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            return _encoding(file, size, path.name, limits)
    except OSError as problem:
        raise FeedError(path.name, "", "", f"a readable file ({problem.strerror})") from None


def _encoding(file: BinaryIO, size: int, name: str, limits: Limits) -> str:
    if size == 0:
        raise FeedError(name, "byte 1", "", "some content, not an empty file")
    if size > limits.file:
        raise FeedError(name, "", "", f"at most {limits.file} bytes")
    encoding = _marked(file.read(4))
    for each in (encoding, "cp1252") if encoding == "utf-8" else (encoding,):
        file.seek(0)
        if _decodes(file, each, name):
            return each
    raise FeedError(name, "", "", "text in UTF-8, UTF-16 or Windows-1252")


def _marked(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8"


def _decodes(file: BinaryIO, encoding: str, name: str) -> bool:
    """Whether all of a file is text in an encoding; FeedError where it holds a NUL."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read = 0
    try:
        while piece := file.read(PIECE):
            if encoding == "utf-16":
                holds_nul = "\0" in decoder.decode(piece)
            else:
                holds_nul = b"\0" in piece
                decoder.decode(piece)
            if holds_nul:
                raise FeedError(name, f"bytes from {read + 1}", "", "text, not binary")
            read += len(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


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
        self._transcodes = encoding not in ("utf-8", "utf-8-sig", "")
        self._file = path.open("rb")
        if encoding == "utf-8-sig":
            self._file.seek(len(codecs.BOM_UTF8))
        self._decoder = codecs.getincrementaldecoder(encoding or "utf-8")()

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, as UTF-8 unless made with no encoding. May raise FeedError."""
        piece = self._file.read(PIECE if size < 0 else size)
        self._since += len(piece)
        if self._since > self._limits.element + PIECE:
            raise FeedError(self.name, "", "", f"elements below {self._limits.element} bytes each")
        if not self._transcodes or not piece:
            return piece
        return self._decoder.decode(piece).encode() or self.read(size)

    def ended(self) -> None:
        """Say that an element has ended."""
        self._since = 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()
