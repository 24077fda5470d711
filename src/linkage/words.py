"""A dictionary of short words that keeps them packed, not as Python's strings."""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from linkage.compiled import words as compiled
from linkage.growing import Column

Packed = npt.NDArray[np.uint8]
"""Words as rows of letters, filled up with 0."""
RECENT = 1 << 16
"""Words of which the code is kept at hand."""


def packed(texts: Sequence[str], width: int) -> Packed:
    """Words as rows of letters, cut or filled up with 0 to the width."""
    rows = np.array([text.encode("ascii", "replace")[:width] for text in texts], f"S{width}")
    return cast("Packed", rows.view(np.uint8).reshape(len(texts), width))


class Words:
    """Words and their codes: 0 is the empty word, the others count up as they are met.

    A word is of plain letters and no longer than the width, a multiple of 8.
    """

    def __init__(self, width: int, words: Packed | None = None) -> None:
        """``words``: those of the first codes, each once."""
        self.width = width
        self.letters = Column(np.uint8, width)
        """Of each word, by its code."""
        self.letters.room(1)
        self.slots = np.zeros(0, np.uint32)
        """What ``compiled.words`` finds codes by."""
        self._recent: dict[str, int] = {"": 0}
        self.reserve(0)
        if words is not None:
            self.codes(words)

    def __len__(self) -> int:
        return len(self.letters)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays in memory."""
        return self.letters.nbytes + self.slots.nbytes

    def texts(self, first: int = 0, stop: int | None = None) -> list[str]:
        """Every word from one code to another, by its code."""
        joined = self.letters.all[first:stop].view(f"S{self.width}")[:, 0]
        return [word.decode("ascii") for word in joined.tolist()]

    def codes(self, words: Packed) -> npt.NDArray[np.int32]:
        """The code of each word, new ones where they were not met before."""
        codes, known = np.empty(len(words), np.int32), len(self)
        self.reserve(len(words))
        self.letters.room(len(words))
        count = compiled.encode(as_numbers(words), self.slots, self.numbers, known, codes)
        self.letters.shorten(count)
        return codes

    def code(self, word: str) -> int:
        """The code of one word."""
        found = self._recent.get(word)
        return self.learn((word,))[word] if found is None else found

    def codes_of(self, words: Sequence[str]) -> list[int]:
        """The code of each of these words."""
        found = list(map(self._recent.get, words))
        if None in found:
            return list(map(self.learn(words).__getitem__, words))
        return cast("list[int]", found)

    def learn(self, words: Iterable[str]) -> dict[str, int]:
        """The codes of at least these words; what came last is at hand."""
        if len(self._recent) > RECENT:
            self._recent = {"": 0}
        fresh = sorted(word for word in {*words} if word not in self._recent)
        if fresh:
            codes = self.codes(packed(fresh, self.width)).tolist()
            self._recent.update(zip(fresh, codes, strict=True))
        return self._recent

    @property
    def numbers(self) -> npt.NDArray[np.uint64]:
        """The words as the compiled search sees them, spare places with them."""
        return as_numbers(self.letters.places)

    def shorten(self, count: int) -> None:
        """Forget all but the first so many."""
        if count < len(self):
            compiled.empty(self.slots, as_numbers(self.letters.all), count)
            for word in self.texts(count):
                self._recent.pop(word, None)
            self.letters.shorten(count)

    def reserve(self, more: int) -> None:
        """Have room for so many more: at least three slots for two codes."""
        self.letters.reserve(more)
        needed = 3 * (len(self) + more) // 2
        if needed > len(self.slots):
            self.slots = np.zeros(1 << max(10, needed.bit_length()), np.uint32)
            compiled.fill(self.slots, as_numbers(self.letters.all))


def as_numbers(words: Packed) -> npt.NDArray[np.uint64]:
    """Words as rows of numbers of 64 bits."""
    return words.view(np.uint64)
