"""A file that shows no feed: what is wrong with it, where no feed could read it.

One that is whole and readable may be of a feed that its beginning does not show. Any other is
refused as a feed would refuse it, with the line and what would be right.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from feeds.elements import Return
from feeds.fhir_file import line_of
from feeds.submission import FeedError
from feeds.text import LIMITS, Limits, byte_lines, encoding_of


def refuse_unreadable(path: Path, limits: Limits = LIMITS) -> None:
    """Raise FeedError where a file is no text, is not whole, or has nothing in it."""
    lines = _lines(path, limits)
    first = next(lines, None)
    if first is None:
        raise FeedError(path.name, "line 1", "", "some content, not blanks alone")
    begins = first[1].lstrip()[:1]
    if begins == b"<":
        for _ in Return(path, limits, (), "an agency").elements("*"):
            pass
    elif begins in (b"{", b"["):
        _refuse_json(path, limits, first, lines)


def _lines(path: Path, limits: Limits) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers."""
    lines = byte_lines(path, encoding_of(path, limits), limits)
    return ((number, line) for number, line in enumerate(lines, start=1) if not line.isspace())


def _refuse_json(
    path: Path, limits: Limits, first: tuple[int, bytes], others: Iterator[tuple[int, bytes]]
) -> None:
    """Raise FeedError where neither each line is a JSON document nor the whole is one."""
    number, line = first
    value = _decoded(path.name, number, line)
    if value is not _BROKEN:
        for number, line in others:
            if _decoded(path.name, number, line) is _BROKEN:
                raise FeedError(path.name, f"line {number}", "", "whole JSON in each line")
    elif path.stat().st_size <= limits.element:
        value = _document(path, limits)
    if not _says_something(value):
        expected = "children with la_child_id, or Patients; there is none in it"
        raise FeedError(path.name, "line 1", "", expected)


_BROKEN: Final = object()


def _decoded(file: str, number: int, line: bytes) -> Any:
    """What a line says; a mark where it is no whole JSON."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return _BROKEN
    except RecursionError:
        raise FeedError(file, f"line {number}", "", "JSON nested less deeply") from None


def _document(path: Path, limits: Limits) -> Any:
    data = b"".join(byte_lines(path, encoding_of(path, limits), limits))
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError as broken:
        where = f"line {line_of(data, str(broken))}"
        raise FeedError(path.name, where, "", "whole, well-formed JSON") from None
    except RecursionError:
        raise FeedError(path.name, "line 1", "", "JSON nested less deeply") from None


def _says_something(value: Any) -> bool:
    """Whether there is any value, however deep, in lists and objects."""
    if isinstance(value, dict | list):
        return any(map(_says_something, value.values() if isinstance(value, dict) else value))
    return True
