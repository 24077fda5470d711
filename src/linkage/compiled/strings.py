"""Likeness of two words given as rows of bytes: equal to ``linkage.compare.strings``."""
# ruff: noqa: ANN001, ANN201
# numba infers the types; a level is one list of cases read straight down.

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from linkage.compare.strings import CLOSE, NEAR, SHORTEST
from linkage.compiled import lean
from linkage.compiled.intrinsics import popcount

WORD = 8
"""Letters that one 64-bit number holds, one in each byte."""
EACH, LOW, HIGH = (np.uint64(0x0101010101010101 * byte) for byte in (0x01, 0x7F, 0x80))
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ROUNDING = 1e-9


@lean
def comes_first(a, la, b, lb):
    """Whether word a stands before word b in the alphabet."""
    for i in range(min(la, lb)):
        if a[i] != b[i]:
            return a[i] < b[i]
    return la < lb


@lean
def jaro_winkler(a, la, b, lb):
    """Jaro-Winkler similarity in the arithmetic of jellyfish; words of at most 63 letters."""
    if la == 0 or lb == 0:
        return 0.0
    if la <= WORD and lb <= WORD:
        common, moved = common_in_words(a, la, b, lb)
    else:
        common, moved = common_in_rows(a, la, b, lb)
    if common == 0:
        return 0.0
    weight = (common / la + common / lb + (common - moved) / common) / 3.0
    if weight > 0.7:
        weight += same_beginning(a, la, b, lb) * 0.1 * (1.0 - weight)
    return weight


@lean
def same_beginning(a, la, b, lb):
    """Letters that two words begin with in common: at most 4, as Winkler counts them."""
    same = 0
    while same < min(4, la, lb) and a[same] == b[same]:
        same += 1
    return same


@lean
def common_in_rows(a, la, b, lb):
    """Letters in common within reach, and half of those that stand in another order."""
    reach = max(max(la, lb) // 2 - 1, 0)
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
    k = 0
    moved = 0
    for i in range(la):
        if used_a >> np.uint64(i) & one:
            while not used_b >> np.uint64(k) & one:
                k += 1
            if a[i] != b[k]:
                moved += 1
            k += 1
    return common, moved // 2


@lean
def common_in_words(a, la, b, lb):
    """As ``common_in_rows``, all letters of b at once; at most ``WORD`` letters in each word.

    A set of letters of b is a number with the highest bit of their bytes set.
    """
    reach = max(max(la, lb) // 2 - 1, 0)
    word = as_number(b)
    used_a, used_b = np.uint64(0), np.uint64(0)
    common = 0
    for i in range(la):
        found = equal_bytes(word, a[i]) & window(i, reach, lb) & ~used_b
        if found:
            used_a |= np.uint64(128) << np.uint64(8 * i)
            used_b |= found & (~found + np.uint64(1))
            common += 1
    moved = 0
    while used_a:
        if a[trailing_zeros(used_a) >> 3] != b[trailing_zeros(used_b) >> 3]:
            moved += 1
        used_a &= used_a - np.uint64(1)
        used_b &= used_b - np.uint64(1)
    return common, moved // 2


@lean
def as_number(letters):
    """The first ``WORD`` letters of a row, the first one lowest."""
    number = np.uint64(0)
    for i in range(WORD):
        number |= np.uint64(letters[i]) << np.uint64(8 * i)
    return number


@lean
def equal_bytes(word, letter):
    """The highest bit of each byte that is this letter."""
    unlike = word ^ (EACH * np.uint64(letter))
    return ~(((unlike & LOW) + LOW) | unlike) & HIGH


@lean
def window(i, reach, length):
    """All bits of the bytes within reach of place i."""
    first, after = max(0, i - reach), min(length, i + reach + 1)
    if first >= after:
        return np.uint64(0)
    return ALL << np.uint64(8 * first) & ALL >> np.uint64(8 * (WORD - after))


@lean
def similarity(a, la, b, lb):
    """Jaro-Winkler similarity, the word first in the alphabet taken first."""
    if comes_first(a, la, b, lb):
        return jaro_winkler(a, la, b, lb)
    return jaro_winkler(b, lb, a, la)


@lean
def reaches(a, la, b, lb, least):
    """Whether the similarity is at least so much; most pairs are told apart before it is found.

    Jaro's measure is at most what it would be if all letters that may be common to both words were
    so, and in order.
    """
    if la == 0 or lb == 0:
        return least <= 0.0
    common = most_common(a, la, b, lb)
    most = (common / la + common / lb + 1.0) / 3.0
    most += same_beginning(a, la, b, lb) * 0.1 * (1.0 - most)
    return most > least - ROUNDING and similarity(a, la, b, lb) >= least


@lean
def most_common(a, la, b, lb):
    """At least as many letters as two words may have in common: each letter stands in for its kin.

    Letters whose numbers agree in the last five bits are taken for one.
    """
    ours, theirs = letters_of(a, la), letters_of(b, lb)
    return min(la - popcount(ours & ~theirs), lb - popcount(theirs & ~ours))


@lean
def letters_of(word, length):
    """The set of a word's letters, one bit for each."""
    found = np.uint32(0)
    for i in range(length):
        found |= np.uint32(1) << np.uint32(word[i] & np.uint8(31))
    return found


@lean
def one_edit(a, la, b, lb):
    """Whether a letter was added, left out, mistaken, or exchanged with its neighbour."""
    if la == lb:
        return one_slip(a, la, b, lb) or first_difference(a, la, b, lb) == la
    if la > lb:
        return lb + 1 == la and skips_one(b, lb, a)
    return la + 1 == lb and skips_one(a, la, b)


@lean
def first_difference(a, la, b, lb):
    """Index of the first letter that differs; the length of the shorter where none does."""
    i = 0
    while i < min(la, lb) and a[i] == b[i]:
        i += 1
    return i


@lean
def skips_one(short, length, long):
    """Whether the short word is the long one without one of its letters."""
    i = 0
    while i < length and short[i] == long[i]:
        i += 1
    while i < length and short[i] == long[i + 1]:
        i += 1
    return i == length


@lean
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


@lean
def is_near(a, la, b, lb):
    """Whether one may be a typing error of the other."""
    if reaches(a, la, b, lb, NEAR):
        return True
    return min(la, lb) >= SHORTEST and one_edit(a, la, b, lb)


@lean
def is_close(a, la, b, lb):
    """Whether they are alike at all: similar letters, or one the beginning of the other."""
    return is_beginning(a, la, b, lb) or reaches(a, la, b, lb, CLOSE)


@lean
def is_beginning(a, la, b, lb):
    """Whether one is the beginning of the other, and long enough to be a name of its own."""
    short = min(la, lb)
    return short >= 3 and first_difference(a, la, b, lb) == short
