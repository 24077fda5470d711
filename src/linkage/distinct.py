"""What is distinct in a column of texts or numbers, found in one pass without sorting."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from linkage.compiled import cells as compiled

Ints = npt.NDArray[np.int32]
FEWEST = 1 << 12
"""Slots, at least, among which different cells are looked for."""


class Cells(NamedTuple):
    """A column: the letters (UTF-8) of its cells, one behind the other, and where each ends."""

    ends: npt.NDArray[np.int64]
    """Where the first begins, then where each ends; one that says nothing has no letters."""
    letters: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Self:
        """The column of these texts."""
        encoded = [(text or "").encode() for text in texts]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(ends, np.frombuffer(b"".join(encoded), np.uint8))

    def __len__(self) -> int:
        return len(self.ends) - 1

    def distinct(self) -> "Distinct":
        """Which of the different cells each is, and those as texts."""
        which, firsts = self.numbered()
        return Distinct(which, [self.text(first) for first in firsts.tolist()])

    def numbered(self) -> tuple[Ints, Ints]:
        """Which of the different cells each is, and where each of those stands first."""
        numbers, size = np.empty(len(self), np.int32), max(FEWEST, len(self) // 4)
        while True:
            slots = np.zeros(1 << size.bit_length(), np.uint32)
            firsts = np.empty(len(slots) // 2, np.int32)
            count, seen = compiled.distinct(self.ends, self.letters, slots, numbers, firsts)
            if seen == len(self):
                return numbers, firsts[:count]
            size *= 4

    def text(self, cell: int) -> str:
        """The text of one cell."""
        return self.letters[self.ends[cell] : self.ends[cell + 1]].tobytes().decode()


class Distinct(NamedTuple):
    """The different cells of a column."""

    which: Ints
    """The number of each cell's text."""
    texts: list[str]


def numbered(values: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Which of the different values each is, and where each of those stands first."""
    ends = np.arange(len(values) + 1) * values.itemsize
    return Cells(ends, np.ascontiguousarray(values).view(np.uint8)).numbered()
