"""What is distinct among the cells of a column, and rows made of what each comes to."""
# ruff: noqa: ANN001, ANN201
# numba infers the types.

import numpy as np
from numba import njit

from linkage.compiled.hashing import BASIS, PRIME, mixed


@njit(cache=True, nogil=True)
def distinct(ends, letters, slots, codes, firsts):
    """Number the different cells in the order in which they come; how many there are.

    Cells stand one behind the other; each ends where the next begins. ``firsts`` tells where each
    different cell stands first. It stops where ``slots``, a power of two, are half full: returns
    how many cells it has seen too.
    """
    count, last = 0, np.uint64(len(slots) - 1)
    for i in range(len(codes)):
        start, stop = ends[i], ends[i + 1]
        place = hashed(letters, start, stop) & last
        while slots[place]:
            first = firsts[slots[place] - 1]
            if same(letters, start, stop, ends[first], ends[first + 1]):
                break
            place = place + np.uint64(1) & last
        if slots[place] == 0:
            if 2 * count >= len(slots):
                return count, i
            firsts[count] = i
            count += 1
            slots[place] = count
        codes[i] = slots[place] - 1
    return count, len(codes)


@njit(cache=True, nogil=True)
def hashed(letters, start, stop):
    """A hash of one cell."""
    x = BASIS
    for i in range(start, stop):
        x = (x ^ np.uint64(letters[i])) * PRIME
    return mixed(x)


@njit(cache=True, nogil=True)
def same(letters, start, stop, other, other_stop):
    """Whether two cells are the same."""
    if stop - start != other_stop - other:
        return False
    for i in range(stop - start):  # noqa: SIM110 - numba knows no all()
        if letters[start + i] != letters[other + i]:
            return False
    return True


@njit(cache=True, nogil=True)
def fill(rows, first, cells, made):
    """Write what each cell came to into the columns of the rows from ``first`` on."""
    for i in range(len(rows)):
        part = made[cells[i]]
        for j in range(len(part)):
            rows[i, first + j] = part[j]
