"""Codes for short words, each held as a row of numbers of 64 bits: eight letters in each."""
# ruff: noqa: ANN001, ANN201
# numba infers the types.

import numpy as np

from linkage.compiled import inlined
from linkage.compiled.hashing import mixed


@inlined
def hashed(word):
    """A hash of a word; what follows its last letter is 0."""
    found = mixed(word[0])
    for part in range(1, len(word)):
        if word[part] == 0:
            break
        found = mixed(found ^ word[part])
    return found


@inlined
def same(one, other):
    """Whether two words are the same."""
    for part in range(len(one)):  # noqa: SIM110 - numba knows no all()
        if one[part] != other[part]:
            return False
    return True


@inlined
def place_of(slots, words, wanted):
    """The slot that holds the code of a word, or the free one where it belongs."""
    last = np.uint64(len(slots) - 1)
    place = hashed(wanted) & last
    while slots[place] and not same(words[slots[place]], wanted):
        place = place + np.uint64(1) & last
    return place


@inlined
def code_of(slots, words, wanted):
    """The code of a word, or 0 where it has none."""
    return np.int64(slots[place_of(slots, words, wanted)])


@inlined
def encode(wanted, slots, words, count, codes):
    """The code of each word, new ones for those not met before; how many codes there are then.

    The empty word has code 0. ``words`` has room for as many more as are asked for.
    """
    for i in range(len(wanted)):
        codes[i], count = with_code(wanted[i], slots, words, count)
    return count


@inlined
def with_code(wanted, slots, words, count):
    """The code of a word, a new one where it has none; how many codes there are then."""
    if wanted[0] == 0:
        return np.int64(0), count
    place = place_of(slots, words, wanted)
    if slots[place] == 0:
        words[count] = wanted
        slots[place] = count
        count += 1
    return np.int64(slots[place]), count


@inlined
def fill(slots, words):
    """Put the codes of all words but the empty one into empty slots."""
    for code in range(1, len(words)):
        slots[place_of(slots, words, words[code])] = code


@inlined
def empty(slots, words, first):
    """Take the codes from the first given on out again, the newest first."""
    for code in range(len(words) - 1, first - 1, -1):
        slots[place_of(slots, words, words[code])] = 0
