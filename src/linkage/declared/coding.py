"""Records of declared fields as rows of whole numbers, and the meaning of the numbers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from linkage import lexicon
from linkage.declared.cells import LONGEST, NAME_WORDS, TEXT_WORDS, Cell, Record
from linkage.declared.shape import Shape
from person.declared import Kind

Ints = npt.NDArray[np.int32]
Rarity = Callable[[int, str], int]
"""The rarity of a key, by the place of its field."""

WIDTHS: Final[dict[Kind, int]] = {
    "exact": 2, "name": 2 + NAME_WORDS, "text": 3 + TEXT_WORDS, "date": 2, "number": 2,
}  # fmt: skip
"""Numbers of a cell: its key and rarity; words of a name; letters and words of a text."""


class Dictionary:
    """Strings and their codes: 0 is the empty string, the others count up as they are met."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = [""]
        self._codes = _Codes(self.words)
        self.code: Callable[[str], int] = self._codes.__getitem__
        """The code of a word, a new one where it was not met before."""
        for word in words:
            self.code(word)

    def __len__(self) -> int:
        return len(self.words)

    def shorten(self, count: int) -> None:
        """Forget all but the first so many."""
        for word in self.words[count:]:
            del self._codes[word]
        del self.words[count:]


class _Codes(dict[str, int]):
    """The code of each word of a list, which grows by those that are asked for."""

    def __init__(self, words: list[str]) -> None:
        super().__init__({"": 0})
        self._words = words

    def __missing__(self, word: str) -> int:
        found = self[word] = len(self._words)
        self._words.append(word)
        return found


class Facts(NamedTuple):
    """Arrays with one row for each name, then for each other value."""

    name_letters: npt.NDArray[np.uint8]
    name_lengths: Ints
    spelling: Ints
    family_spelling: Ints
    formals: Ints
    letters: npt.NDArray[np.uint8]
    lengths: Ints
    values: npt.NDArray[np.float64]
    """What a number says; 0 for any other value."""


class Coder:
    """Turns records into rows, and keeps what the compiled comparison knows of each value."""

    def __init__(
        self, shape: Shape, rarity: Rarity, names: Sequence[str] = (), codes: Sequence[str] = ()
    ) -> None:
        self.shape = shape
        self.names = Dictionary(names)
        self.codes = Dictionary(codes)
        self._rarity = rarity
        self._facts: Facts | None = None

    def under(self, rarity: Rarity) -> "Coder":
        """The same dictionaries, with the rarities of another model."""
        other = Coder(self.shape, rarity)
        other.names, other.codes, other._facts = self.names, self.codes, self._facts
        return other

    @property
    def at(self) -> tuple[int, ...]:
        """Where each field's cell begins."""
        widths = [WIDTHS[field.kind] for field in self.shape.fields]
        return tuple(sum(widths[:place]) for place in range(len(widths)))

    @property
    def width(self) -> int:
        """Numbers of a row."""
        return sum(WIDTHS[field.kind] for field in self.shape.fields)

    @property
    def named(self) -> list[int]:
        """Columns that hold codes of names."""
        return [n for column, kind in self._columns("name") for n in _words(column, kind)]

    @property
    def coded(self) -> list[int]:
        """Columns that hold codes of other values."""
        kinds: tuple[Kind, ...] = ("exact", "text", "date", "number")
        return [n for column, kind in self._columns(*kinds) for n in _words(column, kind)]

    def _columns(self, *kinds: Kind) -> list[tuple[int, Kind]]:
        fields = zip(self.at, self.shape.fields, strict=True)
        return [(place, field.kind) for place, field in fields if field.kind in kinds]

    def row(self, record: Record) -> list[int]:
        """A record as one row."""
        row: list[int] = []
        for place, (field, cell) in enumerate(zip(self.shape.fields, record, strict=True)):
            if not cell.key:
                row.extend([0] * WIDTHS[field.kind])
                continue
            rarity = self._rarity(place, cell.key)
            row.extend(self._cell(field.kind, cell, rarity))
        return row

    def _cell(self, kind: Kind, cell: Cell, rarity: int) -> list[int]:
        if kind == "name":
            words = _padded(map(self.names.code, cell.words), NAME_WORDS)
            return [self.names.code(cell.key), rarity, *words]
        code = self.codes.code
        if kind == "text":
            words = _padded(map(code, cell.words), TEXT_WORDS)
            return [code(cell.key), rarity, code(cell.letters), *words]
        return [code(cell.key), rarity]

    def facts(self) -> Facts:
        """What is known of every value met so far."""
        names = self.names.words[len(self._facts.name_lengths) if self._facts else 0 :]
        for word in names:
            self._meet_kin(word)
        if self._facts is None:
            self._facts = self._facts_of(self.names.words[:], self.codes.words[:])
        elif names or len(self._facts.lengths) < len(self.codes):
            new = self._facts_of(
                self.names.words[len(self._facts.name_lengths) :],
                self.codes.words[len(self._facts.lengths) :],
            )
            old = self._facts
            self._facts = Facts(
                **{
                    name: np.concatenate([getattr(old, name), getattr(new, name)])
                    for name in Facts._fields
                }
            )
        return self._facts

    def _meet_kin(self, word: str) -> None:
        """Give codes to the spellings and formal names of a name before facts are listed."""
        if word:
            for kin in (lexicon.one_spelling(word), *lexicon.formal_forms(word)):
                self.names.code(kin)
            self.names.code(lexicon.one_family_spelling(word))

    def _facts_of(self, names: Sequence[str], codes: Sequence[str]) -> Facts:
        code = self.names.code
        formals = np.zeros((len(names), lexicon.FORMAL_FORMS), np.int32)
        for i, word in enumerate(names):
            for j, formal in enumerate(lexicon.formal_forms(word)):
                formals[i, j] = code(formal)
        return Facts(
            name_letters=_letters(names),
            name_lengths=_lengths(names),
            spelling=np.array([code(lexicon.one_spelling(w)) for w in names], np.int32),
            family_spelling=np.array(
                [code(lexicon.one_family_spelling(w)) for w in names], np.int32
            ),
            formals=formals,
            letters=_letters(codes),
            lengths=_lengths(codes),
            values=np.array([_number(word) for word in codes], np.float64),
        )


def _words(column: int, kind: Kind) -> list[int]:
    """The columns of a cell that hold codes of words; its rarity is none."""
    return [column, *range(column + 2, column + WIDTHS[kind])]


def _padded(codes: Iterable[int], places: int) -> list[int]:
    found = list(codes)
    return found + [0] * (places - len(found))


def _letters(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Words as rows of bytes, cut or filled up with 0."""
    packed = np.array([word.encode("ascii", "replace")[:LONGEST] for word in words], f"S{LONGEST}")
    return packed.view(np.uint8).reshape(len(words), LONGEST).copy()


def _lengths(words: Sequence[str]) -> Ints:
    return np.array([min(len(word), LONGEST) for word in words], np.int32)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return 0.0
