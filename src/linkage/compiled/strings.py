"""Likeness of two words given as rows of bytes: equal to ``linkage.compare.strings``."""
# ruff: noqa: ANN001, ANN201
# numba infers the types; a level is one list of cases read straight down.

import numpy as np
from numba import njit

from linkage.compare.strings import CLOSE, NEAR, SHORTEST


@njit(cache=True, nogil=True)
def comes_first(a, la, b, lb):
    """Whether word a stands before word b in the alphabet."""
    for i in range(min(la, lb)):
        if a[i] != b[i]:
            return a[i] < b[i]
    return la < lb


@njit(cache=True, nogil=True)
def jaro_winkler(a, la, b, lb):
    """Jaro-Winkler similarity in the arithmetic of jellyfish; words of at most 63 letters."""
    if la == 0 or lb == 0:
        return 0.0
    reach = max(la, lb) // 2 - 1
    reach = max(reach, 0)
    one = np.uint64(1)
    used_a, used_b = np.uint64(0), np.uint64(0)
    common = 0
    for i in range(la):
        for j in range(max(0, i - reach), min(lb, i + reach + 1)):
            if a[i] == b[j] and not used_b >> np.uint64(j) & one:
                used_a |= one << np.uint64(i)
                used_b |= one << np.uint64(j)
                common += 1
                break
    if common == 0:
        return 0.0
    k = 0
    moved = 0
    for i in range(la):
        if used_a >> np.uint64(i) & one:
            while not used_b >> np.uint64(k) & one:
                k += 1
            if a[i] != b[k]:
                moved += 1
            k += 1
    moved //= 2
    weight = (common / la + common / lb + (common - moved) / common) / 3.0
    if weight > 0.7:
        same = 0
        while same < min(4, la, lb) and a[same] == b[same]:
            same += 1
        weight += same * 0.1 * (1.0 - weight)
    return weight


@njit(cache=True, nogil=True)
def similarity(a, la, b, lb):
    """Jaro-Winkler similarity, the word first in the alphabet taken first."""
    if comes_first(a, la, b, lb):
        return jaro_winkler(a, la, b, lb)
    return jaro_winkler(b, lb, a, la)


@njit(cache=True, nogil=True)
def one_edit(a, la, b, lb):
    """Whether a letter was added, left out, mistaken, or exchanged with its neighbour."""
    if la == lb:
        return one_slip(a, la, b, lb) or first_difference(a, la, b, lb) == la
    if la > lb:
        return lb + 1 == la and skips_one(b, lb, a)
    return la + 1 == lb and skips_one(a, la, b)


@njit(cache=True, nogil=True)
def first_difference(a, la, b, lb):
    """Index of the first letter that differs; the length of the shorter where none does."""
    i = 0
    while i < min(la, lb) and a[i] == b[i]:
        i += 1
    return i


@njit(cache=True, nogil=True)
def skips_one(short, length, long):
    """Whether the short word is the long one without one of its letters."""
    i = 0
    while i < length and short[i] == long[i]:
        i += 1
    while i < length and short[i] == long[i + 1]:
        i += 1
    return i == length


@njit(cache=True, nogil=True)
def one_slip(a, la, b, lb):
    """Whether codes of one length differ in one character or in two exchanged neighbours."""
    if la != lb:
        return False
    i = first_difference(a, la, b, lb)
    if i == la:
        return False
    j = la - 1
    while a[j] == b[j]:
        j -= 1
    if i == j:
        return True
    return j == i + 1 and a[i] == b[j] and a[j] == b[i]


@njit(cache=True, nogil=True)
def is_near(a, la, b, lb):
    """Whether one may be a typing error of the other."""
    if similarity(a, la, b, lb) >= NEAR:
        return True
    return min(la, lb) >= SHORTEST and one_edit(a, la, b, lb)


@njit(cache=True, nogil=True)
def is_close(a, la, b, lb):
    """Whether they are alike at all: similar letters, or one the beginning of the other."""
    return similarity(a, la, b, lb) >= CLOSE or is_beginning(a, la, b, lb)


@njit(cache=True, nogil=True)
def is_beginning(a, la, b, lb):
    """Whether one is the beginning of the other, and long enough to be a name of its own."""
    short = min(la, lb)
    return short >= 3 and first_difference(a, la, b, lb) == short
