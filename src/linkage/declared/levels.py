"""How two values agree, for each kind of field: the plain path, and the measure of the compiled."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from linkage.compare.strings import (
    CLOSE,
    NEAR,
    SHORTEST,
    is_beginning,
    is_near,
    one_edit,
    similarity,
)
from linkage.lexicon import one_family_spelling, same_name
from person.declared import Kind

if TYPE_CHECKING:
    from linkage.declared.cells import Cell, Record
    from linkage.declared.shape import Shape


class Exact(IntEnum):
    """Codes and identifiers."""

    MISSING = 0
    DIFFERENT = 1
    NEAR = 2
    """Similar letters, for long codes that are typed by hand."""
    SLIP = 3
    """One typing error apart."""
    EXACT = 4


class Name(IntEnum):
    """Names of people and the like."""

    MISSING = 0
    DIFFERENT = 1
    CLOSE = 2
    """Similar letters."""
    SHORT = 3
    """One is the initial, or the beginning, of the other."""
    PART = 4
    """They have a word in common."""
    NEAR = 5
    """One may be a typing error of the other."""
    VARIANT = 6
    """Another spelling of the name, or a familiar form of it."""
    EXCHANGED = 7
    """The value stands in the field that this one is exchanged with, and the other way round."""
    EXACT = 8


class Text(IntEnum):
    """Lines of several words."""

    MISSING = 0
    DIFFERENT = 1
    SOME = 2
    """They have a word in common, or similar letters."""
    MOST = 3
    """They have at least half of their words in common."""
    NEAR = 4
    """One may be a typing error of the other."""
    EXACT = 5
    """The same words, in whatever order."""


class Date(IntEnum):
    """Days, months or years."""

    MISSING = 0
    DIFFERENT = 1
    NEAR = 2
    """At most about a year apart."""
    OTHER_YEAR = 3
    """The same day and month."""
    OTHER_DAY = 4
    """The same month and year."""
    OTHER_MONTH = 5
    """The same day and year."""
    SLIP = 6
    """One digit differs, or two neighbours are exchanged."""
    SWAPPED = 7
    """Day and month are exchanged."""
    COMPATIBLE = 8
    """One says less than the other, and nothing else."""
    EXACT = 9


class Number(IntEnum):
    """Quantities."""

    MISSING = 0
    DIFFERENT = 1
    SLIP = 2
    """One typing error apart."""
    NEAR = 3
    """Within 1, or within a hundredth."""
    EXACT = 4


Level = Exact | Name | Text | Date | Number

LEVELS: Final[dict[Kind, type[Level]]] = {
    "exact": Exact, "name": Name, "text": Text, "date": Date, "number": Number,
}  # fmt: skip

INITIAL: Final = 1
YEAR: Final = 12 * 31
"""Days of a calendar whose months all have 31."""


def compare(left: "Record", right: "Record", shape: "Shape") -> list[Level]:
    """The level of each field of two records. Symmetric."""
    levels = [
        _level(field.kind, one, other)
        for field, one, other in zip(shape.fields, left, right, strict=True)
    ]
    for first, second in shape.exchanges:
        if _are_exchanged((left[first], left[second]), (right[first], right[second])):
            levels[first], levels[second] = Name.EXCHANGED, Name.MISSING
    return levels


def _level(kind: Kind, one: "Cell", other: "Cell") -> Level:
    levels = LEVELS[kind]
    if not one.key or not other.key:
        return levels.MISSING
    return levels.EXACT if one.key == other.key else _UNEQUAL[kind](one, other)


def _are_exchanged(left: Sequence["Cell"], right: Sequence["Cell"]) -> bool:
    """Whether two values stand in each other's field, one of them written the same."""
    cells = (*left, *right)
    if not all(cell.key for cell in cells):
        return False
    if left[0].key == right[0].key or left[1].key == right[1].key:
        return False
    crossed = (left[0], right[1]), (left[1], right[0])
    equal = [one.key == other.key for one, other in crossed]
    return any(equal) and all(
        same or is_near(one.letters, other.letters)
        for same, (one, other) in zip(equal, crossed, strict=True)
    )


def _exact(one: "Cell", other: "Cell") -> Exact:
    if min(len(one.letters), len(other.letters)) < SHORTEST:
        return Exact.DIFFERENT
    if one_edit(one.letters, other.letters):
        return Exact.SLIP
    return Exact.NEAR if similarity(one.letters, other.letters) >= NEAR else Exact.DIFFERENT


def _name(one: "Cell", other: "Cell") -> Name:
    a, b = one.letters, other.letters
    if same_name(a, b) or one_family_spelling(a) == one_family_spelling(b):
        return Name.VARIANT
    if is_near(a, b):
        return Name.NEAR
    if set(one.words) & set(other.words):
        return Name.PART
    if is_beginning(a, b) or (a[0] == b[0] and INITIAL in (len(a), len(b))):
        return Name.SHORT
    return Name.CLOSE if similarity(a, b) >= CLOSE else Name.DIFFERENT


def _text(one: "Cell", other: "Cell") -> Text:
    if is_near(one.letters, other.letters):
        return Text.NEAR
    shared = len(set(one.words) & set(other.words))
    if 2 * shared >= max(len(one.words), len(other.words)):
        return Text.MOST
    if shared or similarity(one.letters, other.letters) >= CLOSE:
        return Text.SOME
    return Text.DIFFERENT


def _date(one: "Cell", other: "Cell") -> Date:
    a, b = one.key, other.key
    if len(a) < 8 or len(b) < 8:
        stated = min(len(a), len(b))
        if a[:stated] == b[:stated]:
            return Date.COMPATIBLE
        return Date.NEAR if abs(int(a[:4]) - int(b[:4])) <= 1 else Date.DIFFERENT
    year, month, day = a[:4] == b[:4], a[4:6] == b[4:6], a[6:] == b[6:]
    if year and a[4:6] == b[6:] and a[6:] == b[4:6]:
        return Date.SWAPPED
    if one_edit(a, b):
        return Date.SLIP
    if month and (year or day):
        return Date.OTHER_DAY if year else Date.OTHER_YEAR
    if year and day:
        return Date.OTHER_MONTH
    return Date.NEAR if abs(_days(a) - _days(b)) <= YEAR else Date.DIFFERENT


def _days(digits: str) -> int:
    """A day of a calendar whose months all have 31 days: any digits are some day of it."""
    return int(digits[:4]) * YEAR + int(digits[4:6]) * 31 + int(digits[6:])


def _number(one: "Cell", other: "Cell") -> Number:
    x, y = float(one.key), float(other.key)
    if abs(x - y) <= max(1.0, 0.01 * max(abs(x), abs(y))):
        return Number.NEAR
    return Number.SLIP if one_edit(one.letters, other.letters) else Number.DIFFERENT


_UNEQUAL: Final[dict[Kind, Callable[["Cell", "Cell"], Level]]] = {
    "exact": _exact, "name": _name, "text": _text, "date": _date, "number": _number,
}  # fmt: skip
