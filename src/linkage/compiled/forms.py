"""Neighbourhoods of a whole table as arrays, and the form of each: what resolving it depends on."""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types.

import numpy as np
from numba import njit

MOST_TURNS = 16
"""Pairs from which on a form is not shortened: few have so many, and they are many records."""


@njit(cache=True, nogil=True)
def unite(left, right, lowest):
    """Write the lowest record that each record hangs together with over pairs."""
    for record in range(len(lowest)):
        lowest[record] = record
    for i in range(len(left)):
        one, other = root(lowest, left[i]), root(lowest, right[i])
        lowest[max(one, other)] = min(one, other)
    for record in range(len(lowest)):
        lowest[record] = lowest[lowest[record]]


@njit(cache=True, nogil=True)
def root(lowest, record):
    """The lowest record that a record was found to hang together with."""
    while lowest[record] != record:
        lowest[record] = lowest[lowest[record]]
        record = lowest[record]
    return record


@njit(cache=True, nogil=True)
def gather(lowest, numbers, ends, members):
    """Number the neighbourhoods of several records and list their members; how many there are.

    ``numbers``: of each record's neighbourhood, -1 for one that is alone.
    """
    sizes = np.zeros(len(lowest), np.int32)
    for record in range(len(lowest)):
        sizes[lowest[record]] += 1
    count, end = 0, 0
    for record in range(len(lowest)):
        numbers[record] = -1
        if sizes[record] > 1:
            numbers[record], ends[count + 1] = count, end
            count, end = count + 1, end + sizes[record]
    for record in range(len(lowest)):
        number = numbers[lowest[record]]
        if number >= 0:
            numbers[record] = number
            members[ends[number + 1]] = record
            ends[number + 1] += 1
    return count


@njit(cache=True, nogil=True)
def put_in_order(ends, members, places, source, key_ends, key_letters):
    """Bring the members of each neighbourhood in the order of source and key; where each stands."""
    for number in range(len(ends) - 1):
        start = ends[number]
        for i in range(start, ends[number + 1]):
            record, j = members[i], i
            while j > start and comes_first(record, members[j - 1], source, key_ends, key_letters):
                members[j] = members[j - 1]
                j -= 1
            members[j] = record
        for i in range(start, ends[number + 1]):
            places[members[i]] = i - start


@njit(cache=True, nogil=True)
def comes_first(one, other, source, ends, letters):
    """Whether a record stands before another by source and key."""
    if source[one] != source[other]:
        return source[one] < source[other]
    i, j = ends[one], ends[other]
    while i < ends[one + 1] and j < ends[other + 1]:
        if letters[i] != letters[j]:
            return letters[i] < letters[j]
        i, j = i + 1, j + 1
    return ends[one + 1] - i < ends[other + 1] - j


@njit(cache=True, nogil=True)
def pairs_within(left, right, numbers, ends, out):
    """List the pairs of each neighbourhood; ``out`` has room for all."""
    for i in range(len(left)):
        number = numbers[left[i]]
        if number >= 0 and number == numbers[right[i]]:
            ends[number + 1] += 1
    for number in range(1, len(ends)):
        ends[number] += ends[number - 1]
    filled = ends[:-1].copy()
    for i in range(len(left)):
        number = numbers[left[i]]
        if number >= 0 and number == numbers[right[i]]:
            out[filled[number]] = i
            filled[number] += 1


@njit(cache=True, nogil=True)
def write(
    ends,
    members,
    places,
    pair_ends,
    pairs,
    left,
    right,
    kinds,
    turns,
    alone,
    source,
    few,
    exclusive,
    out,
    form_ends,
):
    """Write the form of each neighbourhood, one behind the other, and where each ends.

    Of each member, in their order: the first of its source, whether that holds few children, the
    first member that it excludes, and whether it excludes any at all; of each pair: its members by
    their places, and its kind. Where nobody has a rival, what is asked of a pair ``alone`` and its
    turn stand for its kind, as a number below nothing.
    """
    end = 0
    for number in range(len(ends) - 1):
        start, begin, beyond = ends[number], pair_ends[number], pair_ends[number + 1]
        beside = 0
        for i in range(start, ends[number + 1]):
            own = source[members[i]]
            same, excluded = i, i
            for j in range(i - 1, start - 1, -1):
                if source[members[j]] == own:
                    same = j
                    beside += 1
                if exclusive[members[i]] and exclusive[members[i]] == exclusive[members[j]]:
                    excluded = j
            once = exclusive[members[i]] > 0
            out[end], out[end + 1] = 2 * (same - start) + few[own], 2 * (excluded - start) + once
            end += 2
        first = end
        for i in range(begin, beyond):
            pair = pairs[i]
            one, other = places[left[pair]], places[right[pair]]
            low, high = min(one, other), max(one, other)
            place = end
            while place > first and (out[place - 3], out[place - 2]) > (low, high):
                out[place : place + 3] = out[place - 3 : place]
                place -= 3
            out[place], out[place + 1], out[place + 2] = low, high, kinds[pair]
            end += 3
        if beyond - begin < MOST_TURNS:
            shorten(out[first:end], members[start:], beside, turns, alone, source, few, exclusive)
        form_ends[number + 1] = end


@njit(cache=True, nogil=True)
def shorten(form, members, beside, turns, alone, source, few, exclusive):
    """Let what is asked of each pair and its turn stand for its kind, if nobody has a rival.

    Nobody has where each two of the members that are of one source (``beside`` of them) link.
    """
    count = len(form) // 3
    numbers = np.empty(count, np.int32)
    for i in range(count):
        low, high, kind = form[3 * i], form[3 * i + 1], form[3 * i + 2]
        asked = alone[kind, sides(members[low], members[high], source, few, exclusive)]
        if asked < 0:
            return
        beside -= source[members[low]] == source[members[high]]
        turn = 0
        for j in range(count):
            other = turns[form[3 * j + 2]]
            turn += other < turns[kind] or (other == turns[kind] and j < i)
        numbers[i] = -1 - MOST_TURNS * asked - turn
    if not beside:
        form[2::3] = numbers


@njit(cache=True, nogil=True)
def sides(one, other, source, few, exclusive):
    """What sources two records are of, as ``linkage.rivals.unrivalled`` has it."""
    if source[one] != source[other]:
        return few[source[one]] + few[source[other]]
    return 3 + (exclusive[one] > 0 and exclusive[other] > 0)


@njit(cache=True, nogil=True)
def label(ends, members, forms, group_ends, groups, labels):
    """Give each member the lowest record of its child, as its form was resolved.

    ``groups``: for each form, of each place the first place of the same child.
    """
    for number in range(len(ends) - 1):
        start, first = ends[number], group_ends[forms[number]]
        for i in range(start, ends[number + 1]):
            lowest = members[i]
            for j in range(start, ends[number + 1]):
                if groups[first + j - start] == groups[first + i - start]:
                    lowest = min(lowest, members[j])
            labels[members[i]] = lowest
