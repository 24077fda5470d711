"""Runs of the block index: entries (key above, row below) in order of their keys, and look-ups."""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types.

import numpy as np
from numba import njit

from linkage.compiled import inlined
from linkage.compiled.packing import TIE, is_dead, keys_of, place_of

KEY = np.uint64(32)
"""Bits below the key of an entry."""
ROW = np.uint64(0xFFFFFFFF)
DIGIT = 11
"""Bits that one pass of the sort looks at; three passes see a key."""
FIRST_DIGIT = np.uint32(2 * DIGIT)
"""Bits of a key below the first."""
FEW = 64
"""Entries up to which each is put in its place one by one."""


@inlined
def key_of(entry):
    """The key of an entry."""
    return entry >> KEY


@inlined
def row_of(entry):
    """The row of an entry."""
    return np.int64(entry & ROW)


@inlined
def tally(heap, starts, first, stop, counts):
    """Count the keys of the live records of some rows by their first digit."""
    for row in range(first, stop):
        if not is_dead(starts, row):
            begin, end = keys_of(heap, place_of(starts, row))
            for place in range(begin, end):
                counts[heap[place] >> FIRST_DIGIT] += 1


@inlined
def entries(heap, starts, first, stop, places, out):
    """Write an entry for each key of these records where the next one of its first digit goes."""
    for row in range(first, stop):
        if not is_dead(starts, row):
            begin, end = keys_of(heap, place_of(starts, row))
            for place in range(begin, end):
                digit = heap[place] >> FIRST_DIGIT
                out[places[digit]] = np.uint64(heap[place]) << KEY | np.uint64(row)
                places[digit] += 1


@njit(cache=True, nogil=True)
def sort_pieces(found, after, first, stop):
    """Sort pieces, each of one first digit, by the other two. ``after``: where each piece ends."""
    longest = 0
    for place in range(first, stop):
        longest = max(longest, after[place] - (after[place - 1] if place else 0))
    spare = np.empty(longest, np.uint64)
    for place in range(first, stop):
        begin, end = after[place - 1] if place else 0, after[place]
        piece, other = found[begin:end], spare[: end - begin]
        if end - begin > FEW:
            spread(piece, other, KEY)
            spread(other, piece, KEY + np.uint64(DIGIT))
        else:
            insert(piece)


@njit(cache=True, nogil=True)
def spread(found, out, shift):
    """Sort entries by one digit, those of one as they stood."""
    after = np.zeros((1 << DIGIT) + 1, np.int64)
    last = np.uint64((1 << DIGIT) - 1)
    for i in range(len(found)):
        after[(found[i] >> shift & last) + np.uint64(1)] += 1
    for place in range(1 << DIGIT):
        after[place + 1] += after[place]
    for i in range(len(found)):  # each begins where the one before it ends, and comes to its end
        place = found[i] >> shift & last
        out[after[place]] = found[i]
        after[place] += 1


@njit(cache=True, nogil=True)
def insert(found):
    """Sort few entries by their keys, those of one key as they stood."""
    for i in range(len(found)):
        entry, j = found[i], i
        while j > 0 and key_of(found[j - 1]) > key_of(entry):
            found[j] = found[j - 1]
            j -= 1
        found[j] = entry


@njit(cache=True, nogil=True)
def counted(values, order, most):
    """Places in the order of their values, those of one value as they stood in ``order``."""
    after = np.zeros(most + 2, np.int64)
    for value in values:
        after[value + 1] += 1
    for value in range(most + 1):
        after[value + 1] += after[value]
    out = np.empty(len(order), np.int64)
    for i in order:
        out[after[values[i]]] = i
        after[values[i]] += 1
    return out


@inlined
def merge(one, other, starts, out):
    """Write the entries of two runs in order, dead records left out; how many there are."""
    i, j, found = 0, 0, 0
    while i < len(one) or j < len(other):
        if j == len(other) or (i < len(one) and key_of(one[i]) <= key_of(other[j])):
            entry = one[i]
            i += 1
        else:
            entry = other[j]
            j += 1
        if not is_dead(starts, row_of(entry)):
            out[found] = entry
            found += 1
    return found


@inlined
def direct(run, bits, directory):
    """Write where the entries with each beginning of so many bits of the key begin."""
    shift = np.uint64(64 - bits)
    place = 0
    for beginning in range(len(directory)):
        while place < len(run) and np.int64(run[place] >> shift) < beginning:
            place += 1
        directory[beginning] = place


@inlined
def first_of(run, directory, shift, key):
    """The first entry with a key, or the one that stands where it would."""
    beginning = np.int64(np.uint64(key) >> np.uint64(shift))
    low, high = np.int64(directory[beginning]), np.int64(directory[beginning + 1])
    while low < high:
        middle = (low + high) // 2
        if key_of(run[middle]) < np.uint64(key):
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def block_end(run, start):
    """The first entry after the block that begins at ``start``."""
    key, step = key_of(run[start]), 1
    while start + step < len(run) and key_of(run[start + step]) == key:
        step *= 2
    low, high = start + step // 2, min(start + step, len(run))
    while low < high:
        middle = (low + high) // 2
        if key_of(run[middle]) == key:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def long_blocks(run, bound, out):
    """Where the blocks with more entries than the bound begin and end; how many there are."""
    found, start = 0, 0
    while start + bound < len(run):
        if key_of(run[start + bound]) != key_of(run[start]):
            start += 1
            while start < len(run) and key_of(run[start]) == key_of(run[start - 1]):
                start += 1
            continue
        stop = block_end(run, start)
        if found < len(out):
            out[found, 0], out[found, 1] = start, stop
        found += 1
        start = stop
    return found


@inlined
def ties(heap, starts, block, out):
    """The tie of each entry of a block above its row: what a long block is in order of."""
    for i in range(len(block)):
        out[i] = tie_of(heap, starts, block[i])


@inlined
def tie_of(heap, starts, entry):
    """The tie of an entry above its row."""
    tie = heap[place_of(starts, row_of(entry)) + TIE]
    return np.uint64(tie) << KEY | entry & ROW


@inlined
def place_in(heap, starts, run, start, stop, tie):
    """Where a tie stands in a long block, or would stand."""
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if tie_of(heap, starts, run[middle]) < tie:
            low = middle + 1
        else:
            high = middle
    return low
