"""Columns of numbers that grow at their end, as lists do, and stay arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt

SPARE = 0.125
"""Share of a full column that is added to it as spare places."""


class Column:
    """An array that grows at its end; ``all`` is a view of what it holds now."""

    def __init__(self, dtype: npt.DTypeLike, *width: int) -> None:
        self._places = np.zeros((0, *width), dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def all(self) -> npt.NDArray[Any]:
        """Everything in the column."""
        return self._places[: self._count]

    @property
    def places(self) -> npt.NDArray[Any]:
        """All places, spare ones with them: the same array until the column has to grow."""
        return self._places

    @property
    def nbytes(self) -> int:
        """Bytes in memory, spare places with them."""
        return self._places.nbytes

    def extend(self, values: npt.ArrayLike) -> None:
        """Add values at the end."""
        added = np.asarray(values, self._places.dtype)
        self.room(len(added))[:] = added

    def room(self, count: int) -> npt.NDArray[Any]:
        """Add so many places at the end, to be filled by the caller."""
        self.reserve(count)
        self._count += count
        return self._places[self._count - count : self._count]

    def reserve(self, count: int) -> None:
        """Have so many spare places at least."""
        needed = self._count + count
        if needed > len(self._places):
            size = max(needed, int(len(self._places) * (1 + SPARE)))
            grown = np.zeros((size, *self._places.shape[1:]), self._places.dtype)
            grown[: self._count] = self.all
            self._places = grown

    def shorten(self, count: int) -> None:
        """Drop what stands behind the first so many."""
        self._count = count
