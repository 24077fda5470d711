"""The walk over blocks: meet, skip what was met under a smaller key, compare, weigh, keep."""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types; a level is one list of cases read straight down.

import numpy as np
from numba import njit

from linkage.compare.identifiers import LaChild, Nhs, Upn
from linkage.compiled.levels import SHIFTS, pattern
from linkage.pattern import FIELDS, MOST, PLACES, RARITIES

PLAIN = np.array([i for i, name in enumerate(FIELDS) if name not in RARITIES])
RARE = np.array([PLACES[name] for name in RARITIES])
RARITY = np.array([PLACES[f"{name}_rarity"] for name in RARITIES])
AT_NHS, AT_UPN, AT_LA_CHILD = PLACES["nhs"], PLACES["upn"], PLACES["la_child"]
NHS_LAST, UPN_LAST, LA_LAST = int(Nhs.EXACT), int(Upn.FORMER), int(LaChild.EXACT)


@njit(cache=True, nogil=True)
def weight(code, prior, levels, rarities):
    """The total of a pattern: what ``linkage.model.total`` gives, but for rounding."""
    chances = 0.0
    for c in range(len(prior)):
        bits = prior[c]
        for i in range(len(PLAIN)):
            bits += levels[c, PLAIN[i], level(code, PLAIN[i])]
        for i in range(len(RARE)):
            bits += rarities[c, i, level(code, RARE[i]), level(code, RARITY[i])]
        chances += 2.0**-bits
    return -np.log2(chances)


@njit(cache=True, nogil=True)
def level(code, place):
    """The level at one place of a pattern."""
    return np.int64(code >> SHIFTS[place] & np.uint64(MOST))


@njit(cache=True, nogil=True)
def shares_number(code):
    """Whether a pattern holds an identifier in common: kept whatever it weighs."""
    return (
        0 < level(code, AT_NHS) <= NHS_LAST
        or 0 < level(code, AT_UPN) <= UPN_LAST
        or level(code, AT_LA_CHILD) == LA_LAST
    )


@njit(cache=True, nogil=True)
def met_before(a, b, key):
    """Whether two ascending lists of keys share one below this key; 0 ends a list."""
    i, j = 0, 0
    while i < len(a) and j < len(b):
        x, y = a[i], b[j]
        if x == 0 or y == 0 or x >= key or y >= key:
            return False
        if x == y:
            return True
        if x < y:
            i += 1
        else:
            j += 1
    return False


@njit(cache=True, nogil=True)
def judge(i, j, key, table, facts, weights, floor):
    """The pattern of a pair to be kept; 0 for one met before, of one source, or too light."""
    rows, keys, sources = table
    if sources[i] > 0 and sources[i] == sources[j]:
        return np.uint64(0)
    if met_before(keys[i], keys[j], key):
        return np.uint64(0)
    code = pattern(rows[i], rows[j], facts)
    if weight(code, weights[0], weights[1], weights[2]) >= floor or shares_number(code):
        return code
    return np.uint64(0)


@njit(cache=True, nogil=True)
def within(run_keys, run_rows, start, stop, bound, table, facts, weights, floor, out):
    """Compare each entry from ``start`` to ``stop`` with those of its block that follow it.

    Returns the pairs kept, the entry at which a full ``out`` made it stop, and the pairs that
    lay beyond the bound.
    """
    left, right, codes = out
    found, beyond = 0, 0
    for i in range(start, stop):
        if found + bound > len(left):
            return found, i, beyond
        key = run_keys[i]
        j = i + 1
        while j < len(run_keys) and run_keys[j] == key:
            if j - i > bound:
                beyond += block_end(run_keys, j) - j
                break
            code = judge(run_rows[i], run_rows[j], key, table, facts, weights, floor)
            if code:
                left[found], right[found], codes[found] = run_rows[i], run_rows[j], code
                found += 1
            j += 1
    return found, stop, beyond


@njit(cache=True, nogil=True)
def block_end(run_keys, start):
    """The first entry after the block that ``start`` stands in."""
    low, high = start, len(run_keys)
    while low < high:
        middle = (low + high) // 2
        if run_keys[middle] <= run_keys[start]:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def place_of(run_keys, run_ties, key, tie):
    """Where an entry with this key and tie stands, or would stand, in a sorted run."""
    low, high = 0, len(run_keys)
    while low < high:
        middle = (low + high) // 2
        if run_keys[middle] < key or (run_keys[middle] == key and run_ties[middle] < tie):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def against(run, asked, start, stop, is_asked, ties, bound, table, facts, weights, floor, out):
    """Compare each asked row from ``start`` to ``stop`` with the blocks of a run that it shares.

    Of two asked rows the pair is kept once. Returns as ``within`` does.
    """
    run_keys, run_rows, run_ties = run
    left, right, codes = out
    keys = table[1]
    found, beyond = 0, 0
    for n in range(start, stop):
        i = asked[n]
        if found + 2 * bound * keys.shape[1] > len(left):
            return found, n, beyond
        for k in range(keys.shape[1]):
            key = keys[i, k]
            if key == 0:
                break
            middle = place_of(run_keys, run_ties, key, ties[i])
            for direction in (-1, 1):
                j = middle - 1 if direction < 0 else middle
                steps = 0
                while 0 <= j < len(run_keys) and run_keys[j] == key:
                    if steps == bound:
                        beyond += 1
                        break
                    other = run_rows[j]
                    if other != i and not (is_asked[other] and other < i):
                        code = judge(i, other, key, table, facts, weights, floor)
                        if code:
                            left[found], right[found], codes[found] = i, other, code
                            found += 1
                    steps += 1
                    j += direction
    return found, stop, beyond
