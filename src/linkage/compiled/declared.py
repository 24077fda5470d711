"""The comparison of declared fields, compiled: driven by a list of fields, equal to the plain path.

A row holds each field's cell from its own place on: the code of its key, the rarity of that key,
then what its kind needs (``linkage.declared.coding``).
"""
# ruff: noqa: SIM110, ANN001, ANN201, PLR0913, PLR0917
# numba infers the types; a level is one list of cases read straight down.

import numpy as np
from numba import njit

from linkage.compare.strings import CLOSE, NEAR, SHORTEST
from linkage.compiled import alone
from linkage.compiled.strings import is_beginning, is_near, one_edit, similarity
from linkage.declared.cells import NAME_WORDS, TEXT_WORDS
from linkage.declared.levels import YEAR, Date, Exact, Name, Number, Text
from linkage.lexicon import FORMAL_FORMS

EXACT, NAME, TEXT, DATE, NUMBER = range(5)
"""Kinds, in the order of ``person.declared.KINDS``."""
KEY, RARITY, OWN = 0, 1, 2
"""What stands at a field's place, one behind the other."""

E_EXACT, E_SLIP = int(Exact.EXACT), int(Exact.SLIP)
E_NEAR, E_DIFFERENT = int(Exact.NEAR), int(Exact.DIFFERENT)
N_EXACT, N_EXCHANGED, N_VARIANT = int(Name.EXACT), int(Name.EXCHANGED), int(Name.VARIANT)
N_NEAR, N_PART, N_SHORT = int(Name.NEAR), int(Name.PART), int(Name.SHORT)
N_CLOSE, N_DIFFERENT = int(Name.CLOSE), int(Name.DIFFERENT)
T_EXACT, T_NEAR, T_MOST = int(Text.EXACT), int(Text.NEAR), int(Text.MOST)
T_SOME, T_DIFFERENT = int(Text.SOME), int(Text.DIFFERENT)
D_EXACT, D_COMPATIBLE, D_SWAPPED = int(Date.EXACT), int(Date.COMPATIBLE), int(Date.SWAPPED)
D_SLIP, D_NEAR, D_OTHER_YEAR = int(Date.SLIP), int(Date.NEAR), int(Date.OTHER_YEAR)
D_OTHER_DAY, D_OTHER_MONTH = int(Date.OTHER_DAY), int(Date.OTHER_MONTH)
D_DIFFERENT = int(Date.DIFFERENT)
Q_EXACT, Q_NEAR, Q_SLIP = int(Number.EXACT), int(Number.NEAR), int(Number.SLIP)
Q_DIFFERENT = int(Number.DIFFERENT)
EXACTS = np.array([E_EXACT, N_EXACT, T_EXACT, D_EXACT, Q_EXACT])
"""The level of exact agreement of each kind; the rarity is added to it."""


@alone
def pattern(a, b, plan, facts, floor):
    """The code of two rows, or -1 where they weigh less than the floor under the plan's weights.

    The cheap kinds go first, and a pair is left as soon as the best that may follow is too little:
    the total is no more than the bits against any one class of two persons.
    """
    kinds, at, exchanges, places, order, weights, rest = plan
    taken = exchanged(a, b, at, exchanges, facts)
    code = np.int64(0)
    strangers, kin = rest[0, len(order) + 1], rest[-1, len(order) + 1]
    for n in range(len(order)):
        field = order[n]
        state = state_of(a, b, field, kinds, at, exchanges, taken, facts)
        code += state * places[field]
        strangers += weights[0, field, state]
        kin += weights[-1, field, state]
        if strangers + rest[0, n + 1] < floor or kin + rest[-1, n + 1] < floor:
            return np.int64(-1)
    if len(weights) == 1 or -np.log2(2.0**-strangers + 2.0**-kin) >= floor:
        return code
    return np.int64(-1)


@alone
def state_of(a, b, field, kinds, at, exchanges, taken, facts):
    """The state of one field: its level, with the rarity where that is exact agreement."""
    for e in range(len(exchanges)):
        if taken >> e & 1:
            if exchanges[e, 0] == field:
                return N_EXCHANGED
            if exchanges[e, 1] == field:
                return 0
    kind, place = kinds[field], at[field]
    if a[place] == 0 or b[place] == 0:
        return 0
    if a[place] == b[place]:
        return EXACTS[kind] + a[place + RARITY]
    if kind == EXACT:
        return exact_level(a[place], b[place], facts)
    if kind == NAME:
        return name_level(a, b, place, facts)
    if kind == TEXT:
        return text_level(a, b, place, facts)
    if kind == DATE:
        return date_level(a[place], b[place], facts)
    return number_level(a[place], b[place], facts)


@alone
def exchanged(a, b, at, exchanges, facts):
    """A bit for each exchange of two fields whose values stand in each other's place."""
    found = 0
    for e in range(len(exchanges)):
        x, y = a[at[exchanges[e, 0]]], a[at[exchanges[e, 1]]]
        u, v = b[at[exchanges[e, 0]]], b[at[exchanges[e, 1]]]
        if x == 0 or y == 0 or u == 0 or v == 0 or x == u or y == v:
            continue
        if (x == v and (y == u or names_near(y, u, facts))) or (y == u and names_near(x, v, facts)):
            found |= 1 << e
    return found


@alone
def exact_level(x, y, facts):
    """The level of two codes that differ."""
    lx, ly = facts.lengths[x], facts.lengths[y]
    if min(lx, ly) < SHORTEST:
        return E_DIFFERENT
    one, other = facts.letters[x], facts.letters[y]
    if one_edit(one, lx, other, ly):
        return E_SLIP
    return E_NEAR if similarity(one, lx, other, ly) >= NEAR else E_DIFFERENT


@alone
def name_level(a, b, place, facts):
    """The level of two names that differ."""
    x, y = a[place], b[place]
    if same_name(x, y, facts) or facts.family_spelling[x] == facts.family_spelling[y]:
        return N_VARIANT
    if names_near(x, y, facts):
        return N_NEAR
    if shared(a, b, place + OWN, NAME_WORDS):
        return N_PART
    one, lo = facts.name_letters[x], facts.name_lengths[x]
    other, lp = facts.name_letters[y], facts.name_lengths[y]
    if is_beginning(one, lo, other, lp) or (one[0] == other[0] and (lo == 1 or lp == 1)):
        return N_SHORT
    return N_CLOSE if similarity(one, lo, other, lp) >= CLOSE else N_DIFFERENT


@alone
def names_near(x, y, facts):
    """Whether one name may be a typing error of the other."""
    return is_near(
        facts.name_letters[x], facts.name_lengths[x], facts.name_letters[y], facts.name_lengths[y]
    )


@alone
def same_name(x, y, facts):
    """Whether two forenames are one name: another spelling, or a familiar form of the other."""
    one, other = facts.spelling[x], facts.spelling[y]
    if one == other:
        return True
    for i in range(FORMAL_FORMS):
        if facts.formals[x, i] == other or facts.formals[y, i] == one:
            return True
    return False


@alone
def shared(a, b, place, count):
    """How many words of one cell stand in another."""
    found = 0
    for i in range(place, place + count):
        if a[i] == 0:
            break
        for j in range(place, place + count):
            if a[i] == b[j]:
                found += 1
                break
    return found


@alone
def text_level(a, b, place, facts):
    """The level of two lines that differ."""
    x, y = a[place + OWN], b[place + OWN]
    one, lo = facts.letters[x], facts.lengths[x]
    other, lp = facts.letters[y], facts.lengths[y]
    if is_near(one, lo, other, lp):
        return T_NEAR
    same = shared(a, b, place + OWN + 1, TEXT_WORDS)
    if 2 * same >= max(filled(a, place + OWN + 1), filled(b, place + OWN + 1)):
        return T_MOST
    if same or similarity(one, lo, other, lp) >= CLOSE:
        return T_SOME
    return T_DIFFERENT


@alone
def filled(row, place):
    """How many words a line has."""
    found = 0
    while found < TEXT_WORDS and row[place + found]:
        found += 1
    return found


@alone
def date_level(x, y, facts):
    """The level of two dates that differ."""
    one, lo = facts.letters[x], facts.lengths[x]
    other, lp = facts.letters[y], facts.lengths[y]
    year = equal(one, other, 0, 0, 4)
    if lo < 8 or lp < 8:
        if equal(one, other, 0, 0, min(lo, lp)):
            return D_COMPATIBLE
        return D_NEAR if abs(digits(one, 0, 4) - digits(other, 0, 4)) <= 1 else D_DIFFERENT
    month, day = equal(one, other, 4, 4, 2), equal(one, other, 6, 6, 2)
    if year and equal(one, other, 4, 6, 2) and equal(one, other, 6, 4, 2):
        return D_SWAPPED
    if one_edit(one, lo, other, lp):
        return D_SLIP
    if month and (year or day):
        return D_OTHER_DAY if year else D_OTHER_YEAR
    if year and day:
        return D_OTHER_MONTH
    return D_NEAR if abs(days(one) - days(other)) <= YEAR else D_DIFFERENT


@alone
def days(letters):
    """A day of a calendar whose months all have 31 days."""
    return digits(letters, 0, 4) * YEAR + digits(letters, 4, 2) * 31 + digits(letters, 6, 2)


@alone
def digits(letters, i, count):
    """The number that so many digits from a place on make."""
    number = 0
    for k in range(i, i + count):
        number = number * 10 + letters[k] - 48
    return number


@alone
def equal(one, other, i, j, count):
    """Whether so many letters from these places on are the same."""
    for k in range(count):
        if one[i + k] != other[j + k]:
            return False
    return True


@alone
def number_level(x, y, facts):
    """The level of two numbers that differ."""
    p, q = facts.values[x], facts.values[y]
    if abs(p - q) <= max(1.0, 0.01 * max(abs(p), abs(q))):
        return Q_NEAR
    slip = one_edit(facts.letters[x], facts.lengths[x], facts.letters[y], facts.lengths[y])
    return Q_SLIP if slip else Q_DIFFERENT


@alone
def met_before(i, j, rule, keys, crowded):
    """Whether two rows meet under an earlier rule whose block is compared in full."""
    for r in range(rule):
        if keys[i, r] != 0 and keys[i, r] == keys[j, r] and not crowded[i] >> r & 1:
            return True
    return False


@alone
def within(order, rule, start, stop, bound, table, plan, facts, floor, out):
    """Compare each entry of a rule's run with those of its block that follow it.

    Returns the pairs kept, the entry at which a full ``out`` made it stop, and the pairs that lay
    beyond the bound.
    """
    rows, keys, sources, crowded = table
    left, right, codes = out
    found, beyond = 0, 0
    for n in range(start, stop):
        if found + bound > len(left):
            return found, n, beyond
        i = order[n]
        key = keys[i, rule]
        for m in range(n + 1, len(order)):
            j = order[m]
            if keys[j, rule] != key:
                break
            if m - n > bound:
                beyond += 1
                break
            if sources[i] > 0 and sources[i] == sources[j]:
                continue
            if met_before(i, j, rule, keys, crowded):
                continue
            code = pattern(rows[i], rows[j], plan, facts, floor)
            if code >= 0:
                left[found], right[found], codes[found] = i, j, code
                found += 1
    return found, stop, beyond


@alone
def against(order, rule, asked, start, stop, is_asked, bound, table, plan, facts, floor, out):
    """Compare each asked row with the others of its block; of two asked rows once.

    Returns as ``within`` does.
    """
    rows, keys, sources, crowded = table
    left, right, codes = out
    found, beyond = 0, 0
    for n in range(start, stop):
        if found + 2 * bound + 1 > len(left):
            return found, n, beyond
        i = asked[n]
        if keys[i, rule] == 0:
            continue
        first, last = block_of(order, keys, rule, keys[i, rule])
        if last - first > 2 * bound + 1:
            own = first
            while order[own] != i:
                own += 1
            beyond += last - first
            first, last = max(first, own - bound), min(last, own + bound + 1)
        for m in range(first, last):
            j = order[m]
            if j == i or (is_asked[j] and j < i) or (sources[i] > 0 and sources[i] == sources[j]):
                continue
            if met_before(i, j, rule, keys, crowded):
                continue
            code = pattern(rows[i], rows[j], plan, facts, floor)
            if code >= 0:
                left[found], right[found], codes[found] = i, j, code
                found += 1
    return found, stop, beyond


@alone
def block_of(order, keys, rule, key):
    """Where the block of a key begins and ends in a run sorted by key."""
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if keys[order[middle], rule] < key:
            low = middle + 1
        else:
            high = middle
    first = low
    high = len(order)
    while low < high:
        middle = (low + high) // 2
        if keys[order[middle], rule] <= key:
            low = middle + 1
        else:
            high = middle
    return first, low


@njit(cache=True, nogil=True)
def patterns(rows, left, right, plan, facts):
    """The codes of pairs of rows."""
    codes = np.empty(len(left), np.int64)
    for n in range(len(left)):
        codes[n] = pattern(rows[left[n]], rows[right[n]], plan, facts, -np.inf)
    return codes
