"""The records of an index: packed rows by number, and which ordinal stands in which row."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.compiled import packing
from linkage.growing import Column
from linkage.kernel import Rows, Table

Ordinals = npt.NDArray[np.int64]
ABSENT = 0xFFFFFFFF


class Records:
    """Packed records. A row keeps its number until ``gather``; ordinals count up from 0."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._heap = Column(np.uint32)
        self._starts = Column(np.uint32)
        self._ordinals = Column(np.uint32)
        """Of each row."""
        self._row_of = Column(np.uint32)
        """Of each ordinal; ``ABSENT`` where there is none."""
        self._dead = 0
        """Numbers of the heap that belong to dead records."""
        self._live = 0

    def __len__(self) -> int:
        return self._live

    @property
    def next(self) -> int:
        """The ordinal above all that were ever here."""
        return len(self._row_of)

    def __contains__(self, ordinal: int) -> bool:
        return 0 <= ordinal < len(self._row_of) and self._row_of.all[ordinal] != ABSENT

    @property
    def rows(self) -> int:
        """How many rows there are, dead ones with them."""
        return len(self._starts)

    @property
    def table(self) -> Table:
        """The records as the compiled walk sees them."""
        return Table(self._heap.all, self._starts.all, self._width)

    @property
    def wasted(self) -> float:
        """The share of the heap that belongs to dead records."""
        return self._dead / max(1, len(self._heap))

    @property
    def nbytes(self) -> int:
        """Bytes in memory."""
        columns = (self._heap, self._starts, self._ordinals, self._row_of)
        return sum(column.nbytes for column in columns)

    def reserve(self, more: int) -> None:
        """Have room for so many more that are as long as those before."""
        if self.rows:
            self._heap.reserve(len(self._heap) // self.rows * more)

    def take(self, ordinals: Ordinals, starts: Any, heap: Any) -> None:
        """Add packed records, which begin at these places of a heap of their own.

        None of the ordinals may be there.
        """
        if len(self._heap) + len(heap) > packing.DEAD:
            raise OverflowError(f"the index holds {len(self)} records; it has room for no more")
        self._starts.extend(np.asarray(starts, np.uint32) + np.uint32(len(self._heap)))
        self._heap.extend(heap)
        self._register(ordinals)

    def remove(self, ordinals: Iterable[int]) -> npt.NDArray[np.int64]:
        """Take records out; those that are not there are passed over. The rows that died."""
        asked = np.asarray(ordinals if isinstance(ordinals, np.ndarray) else [*ordinals], np.int64)
        known = asked[(asked >= 0) & (asked < len(self._row_of))]
        here = np.unique(known[self._row_of.all[known] != ABSENT])
        gone: npt.NDArray[np.int64] = self._row_of.all[here].astype(np.int64)
        self._row_of.all[here] = ABSENT
        for row in gone:
            start = int(self._starts.all[row])
            self._dead += packing.end(self._heap.all, start) - start
        self._starts.all[gone] |= packing.DEAD
        self._live -= len(gone)
        return gone

    def drop_last(self) -> None:
        """Undo the addition of the last record, whose ordinal was the highest."""
        row = self.rows - 1
        self._row_of.shorten(len(self._row_of) - 1)
        self._heap.shorten(int(self._starts.all[row]))
        self._starts.shorten(row)
        self._ordinals.shorten(row)
        self._live -= 1

    def live(self) -> npt.NDArray[np.int64]:
        """The rows of all records."""
        return np.flatnonzero(self._starts.all & packing.DEAD == 0)

    def rows_of(self, ordinals: Iterable[int]) -> npt.NDArray[np.int64]:
        """The rows of those of these ordinals that are there, ascending."""
        here = np.fromiter((o for o in set(ordinals) if o in self), np.int64)
        return np.sort(self._row_of.all[here]).astype(np.int64)

    def ordinals_of(self, rows: Any) -> Ordinals:
        """The ordinals that stand in these rows."""
        return np.asarray(self._ordinals.all[rows], np.int64)

    def sources(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The number of the source of each of these rows; 0 where it may hold a child twice."""
        starts = self._starts.all[rows].astype(np.int64)
        return self._heap.all[starts + packing.SOURCE].astype(np.int64) >> packing.KEYS_BITS

    def unpacked(self, rows: npt.NDArray[np.int64]) -> Rows:
        """These rows, each column in its place."""
        out = np.empty((len(rows), self._width), np.int32)
        packing.unpacked(self._heap.all, self._starts.all, rows, out)
        return out

    def packed(self, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
        """These records with their ordinals, packed one behind the other, as ``take`` takes."""
        starts, heap = np.empty(len(rows), np.uint32), np.empty(len(self._heap), np.uint32)
        size = packing.gather(self._heap.all, self._starts.all, rows, starts, heap)
        return {"ordinals": self._ordinals.all[rows], "starts": starts, "heap": heap[:size]}

    def used(self, columns: npt.NDArray[np.bool_], codes: int) -> npt.NDArray[np.bool_]:
        """Which of so many codes stand in these columns of the records, dead ones with them."""
        found = np.zeros(codes, np.bool_)
        packing.mark_used(self._heap.all, self._starts.all, found, columns)
        return found

    def recode(self, columns: npt.NDArray[np.bool_], new: Any) -> None:
        """Give the codes in these columns their new numbers."""
        packing.recode(self._heap.all, self._starts.all, np.asarray(new, np.uint32), columns)

    def _register(self, ordinals: Ordinals) -> None:
        first = len(self._ordinals)
        self._ordinals.extend(ordinals)
        if len(ordinals) and (most := int(ordinals.max())) >= len(self._row_of):
            self._row_of.extend(np.full(most + 1 - len(self._row_of), ABSENT, np.uint32))
        self._row_of.all[ordinals] = np.arange(first, len(self._ordinals))
        self._live += len(ordinals)
