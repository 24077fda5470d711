"""Records packed into one long array of numbers of 32 bits, each in one piece.

A record is a head of ``HEAD`` numbers, the columns of its row that are not 0, and its keys,
ascending. Half of what a record could say, it does not say: a packed one takes some 110 bytes
where row and keys take 300.
"""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types.

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from linkage.compiled import inlined
from linkage.compiled.intrinsics import popcount, prefetch

LOWER = np.uint64(0xFFFFFFFF)
COLUMNS, SOURCE, TIE, HEAD = 0, 2, 3, 4
"""Which columns are not 0, one bit each; source and number of keys; place within a long block."""
KEYS_BITS = 5
"""Bits of the number of keys; the source stands above them."""
LINE = 16
"""Numbers of 32 bits in one line of the cache."""
DEAD = np.uint32(1 << 31)
"""Set where a record begins that is no more: what it said stays until records are gathered."""


@inlined
def place_of(starts, row):
    """Where a record begins."""
    return np.int64(starts[row] & ~DEAD)


@inlined
def is_dead(starts, row):
    """Whether a record is no more."""
    return starts[row] & DEAD != 0


@inlined
def ask(heap, start):
    """Ask memory for a record, as far as most go."""
    prefetch(heap, start)
    prefetch(heap, start + LINE)
    prefetch(heap, start + 2 * LINE)


@inlined
def sizes(rows, keys, out):
    """How many numbers each record takes."""
    for i in range(len(rows)):
        size = HEAD
        for value in rows[i]:
            size += value != 0
        for key in keys[i]:
            size += key != 0
        out[i] = size


@inlined
def pack(rows, keys, sources, ties, starts, heap):
    """Write each record where it begins."""
    for i in range(len(rows)):
        place = np.int64(starts[i]) + HEAD
        columns = np.uint64(0)
        for c in range(rows.shape[1]):
            if rows[i, c]:
                columns |= np.uint64(1) << np.uint64(c)
                heap[place] = np.uint32(rows[i, c])
                place += 1
        filled = 0
        for key in keys[i]:
            if key:
                heap[place + filled] = key
                filled += 1
        head = heap[starts[i] : starts[i] + HEAD]
        head[COLUMNS] = np.uint32(columns & LOWER)
        head[COLUMNS + 1] = np.uint32(columns >> np.uint64(32))
        head[SOURCE] = np.uint32(sources[i] << KEYS_BITS | filled)
        head[TIE] = ties[i]


@inlined
def unpack(heap, start, row):
    """Write a record's row."""
    columns = np.uint64(heap[start]) | np.uint64(heap[start + 1]) << np.uint64(32)
    place = start + HEAD
    row[:] = 0
    while columns:
        row[trailing_zeros(columns)] = np.int32(heap[place])
        place += 1
        columns &= columns - np.uint64(1)


@inlined
def source_and_count(heap, start):
    """A record's source, and how many keys it has."""
    both = np.int64(heap[start + SOURCE])
    return both >> KEYS_BITS, both & ((1 << KEYS_BITS) - 1)


@inlined
def keys_of(heap, start):
    """Where a record's keys begin and end."""
    place = start + HEAD + np.int64(popcount(heap[start]) + popcount(heap[start + 1]))
    return place, place + source_and_count(heap, start)[1]


@inlined
def end(heap, start):
    """Where a record ends."""
    return keys_of(heap, start)[1]


@inlined
def unpacked(heap, starts, wanted, out):
    """Write the rows of these records."""
    for i in range(len(wanted)):
        unpack(heap, place_of(starts, wanted[i]), out[i])


@inlined
def recode(heap, starts, new, codes):
    """Give the columns with codes of one kind their new codes."""
    for i in range(len(starts)):
        start = place_of(starts, i)
        columns = np.uint64(heap[start]) | np.uint64(heap[start + 1]) << np.uint64(32)
        place = start + HEAD
        while columns:
            if codes[trailing_zeros(columns)]:
                heap[place] = new[heap[place]]
            place += 1
            columns &= columns - np.uint64(1)


@inlined
def mark_used(heap, starts, used, codes):
    """Mark the codes that stand in the columns of one kind."""
    for i in range(len(starts)):
        start = place_of(starts, i)
        columns = np.uint64(heap[start]) | np.uint64(heap[start + 1]) << np.uint64(32)
        place = start + HEAD
        while columns:
            if codes[trailing_zeros(columns)]:
                used[heap[place]] = True
            place += 1
            columns &= columns - np.uint64(1)


@inlined
def gather(heap, starts, wanted, new_starts, new_heap):
    """Copy these records, one behind the other; how many numbers they take."""
    place = 0
    for i in range(len(wanted)):
        start = place_of(starts, wanted[i])
        stop = end(heap, start)
        new_heap[place : place + stop - start] = heap[start:stop]
        new_starts[i] = place
        place += stop - start
    return place
