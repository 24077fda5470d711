"""Values of declared fields in standard form: what is compared, and nothing else."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from anyascii import anyascii

from linkage.declared.shape import Shape
from linkage.standardise import words as name_words
from person.declared import Kind

LONGEST: Final = 63
"""Letters of a value that are compared; what is longer is cut, alike on both sides."""
NAME_WORDS: Final = 3
TEXT_WORDS: Final = 6


class Cell(NamedTuple):
    """One value of one record."""

    key: str = ""
    """Equal where two values say the same; empty where there is none."""
    letters: str = ""
    """What is compared letter by letter."""
    words: tuple[str, ...] = ()
    """Different words of a name in order, or of a text with the longest first."""


Record = tuple[Cell, ...]
"""A cell for each field of a shape, in order."""

MISSING: Final = Cell()


def record_of(values: Mapping[str, str], shape: Shape) -> Record:
    """The record that plain values (``person.declared``) by the names of their fields make."""
    return tuple(
        cell(field.kind, values[field.name]) if values.get(field.name) else MISSING
        for field in shape.fields
    )


@lru_cache(1 << 16)
def cell(kind: Kind, value: str) -> Cell:
    """A value in standard form.

    >>> cell("text", "Flat 2, 14 Mill-Street").words
    ('street', 'flat', 'mill', '14', '2')
    >>> cell("exact", "ab 12-3").key
    'ab123'
    """
    if kind == "name":
        return _name(value)
    plain = _plain(value)
    if kind == "text":
        return _text(plain)
    if kind == "exact":
        plain = "".join(plain.split()) or value.encode().hex()
        return Cell(plain, plain[:LONGEST])
    return Cell(value, value[:LONGEST])


def _name(value: str) -> Cell:
    found = name_words(value)
    whole = "".join(found)[:LONGEST]
    return Cell(whole, whole, tuple(dict.fromkeys(found))[:NAME_WORDS])


def _text(plain: str) -> Cell:
    found = plain.split()
    different = sorted(dict.fromkeys(found), key=lambda word: (-len(word), word))
    letters = "".join(found)[:LONGEST]
    return Cell(" ".join(different), letters, tuple(w[:LONGEST] for w in different[:TEXT_WORDS]))


def _plain(text: str) -> str:
    """Lower-case letters and digits of ASCII, words with single blanks."""
    if not text.isascii():
        text = anyascii(unicodedata.normalize("NFKC", text))
    text = text.replace("'", "").casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())
