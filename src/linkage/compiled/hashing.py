"""Hashes of texts and numbers, equal to those of ``linkage.hashing``; codes for hashed texts."""
# ruff: noqa: ANN001, ANN201
# numba infers the types; a level is one list of cases read straight down.

import numpy as np

from linkage import hashing
from linkage.compiled import inlined

BASIS, PRIME = np.uint64(hashing.BASIS), np.uint64(hashing.PRIME)
FIRST, SECOND = np.uint64(hashing.FIRST), np.uint64(hashing.SECOND)


@inlined
def mixed(number):
    """A number whose every bit depends on every bit of the one given."""
    x = np.uint64(number)
    x = (x ^ x >> np.uint64(30)) * FIRST
    x = (x ^ x >> np.uint64(27)) * SECOND
    return x ^ x >> np.uint64(31)


@inlined
def joined(one, other):
    """A hash of a hash and what follows it."""
    return mixed(np.uint64(one) ^ np.uint64(other))


@inlined
def texts(letters, out):
    """The hashes of texts that stand one behind the other, a 0 behind each."""
    found, x = 0, BASIS
    for i in range(len(letters)):
        if letters[i]:
            x = (x ^ np.uint64(letters[i])) * PRIME
        else:
            out[found] = mixed(x)
            found, x = found + 1, BASIS


@inlined
def place_of(slots, hashes, wanted):
    """The slot that holds the code of a hash, or the free one where it belongs."""
    last = np.uint64(len(slots) - 1)
    place = wanted & last
    while slots[place] and hashes[slots[place]] != wanted:
        place = place + np.uint64(1) & last
    return place


@inlined
def encode(wanted, slots, hashes, count, codes):
    """The code of each hash, new ones for those not met before; how many codes there are then.

    Hash 0 has code 0. ``hashes`` has room for as many more as are asked for.
    """
    for i in range(len(wanted)):
        if wanted[i] == 0:
            codes[i] = 0
            continue
        place = place_of(slots, hashes, wanted[i])
        if slots[place] == 0:
            hashes[count] = wanted[i]
            slots[place] = count
            count += 1
        codes[i] = slots[place]
    return count


@inlined
def fill(slots, hashes):
    """Put the codes of all hashes but that of code 0 into empty slots."""
    for code in range(1, len(hashes)):
        slots[place_of(slots, hashes, hashes[code])] = code


@inlined
def empty(slots, hashes, first):
    """Take the codes from the first given on out again, the newest first."""
    for code in range(len(hashes) - 1, first - 1, -1):
        slots[place_of(slots, hashes, hashes[code])] = 0
