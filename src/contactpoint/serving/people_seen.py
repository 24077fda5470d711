"""Whom a reader was shown on a day: a set of numbers that takes little memory, however large."""

from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

FRESH = 256
"""Numbers that are kept as they come before they are put among the others."""


class PeopleSeen:
    """Numbers of 64 bits: eight bytes each, but for the latest; in a set of Python's, eighty."""

    def __init__(self) -> None:
        self._sorted: npt.NDArray[np.uint64] = np.empty(0, np.uint64)
        self._fresh: set[int] = set()

    def __len__(self) -> int:
        return len(self._sorted) + len(self._fresh)

    def without(self, people: Collection[int]) -> set[int]:
        """Those of the numbers that are not here."""
        new = set(people) - self._fresh
        if not new or not len(self._sorted):
            return new
        asked = np.fromiter(new, np.uint64, len(new))
        places = np.minimum(np.searchsorted(self._sorted, asked), len(self._sorted) - 1)
        return set(asked[self._sorted[places] != asked].tolist())

    def update(self, people: Iterable[int]) -> None:
        """Take these in."""
        self._fresh |= self.without(set(people))
        if len(self._fresh) > max(FRESH, len(self._sorted) // 32):
            fresh = np.fromiter(self._fresh, np.uint64, len(self._fresh))
            self._sorted = np.sort(np.concatenate([self._sorted, fresh]), kind="stable")
            self._fresh = set()
