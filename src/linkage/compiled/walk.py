"""The walk over blocks: which pairs meet there, each under the smallest key that it shares."""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types.

import numpy as np

from linkage.compiled import alone, lean
from linkage.compiled.intrinsics import bare, prefetch
from linkage.compiled.packing import ask, is_dead, keys_of, place_of, source_and_count
from linkage.compiled.runs import block_end, first_of, key_of, place_in, row_of, tie_of

AHEAD = 16
"""Entries by which memory is asked for a record; twice that, for where it begins."""


@alone
def within(run, start, stop, bound, heap, starts, out):
    """Meet the entries from ``start`` to ``stop`` with those of their block that follow.

    Returns how many pairs met, the entry at which a full ``out`` made it stop, and how many pairs
    lay beyond the bound.
    """
    run, heap, starts, left, right = bare((run, heap, starts, out[0], out[1]))
    found, beyond, asked, end = np.int64(0), np.int64(0), start, start
    for i in range(start, stop):
        if i >= end:
            end = block_end(run, i)
        if found + bound > len(left):
            return found, i, beyond
        while asked < min(len(run), i + 1):
            look_ahead(run, asked, heap, starts)
            asked += 1
        beyond += max(0, end - 1 - i - bound)
        row = row_of(run[i])
        if end == i + 1 or is_dead(starts, row):
            continue
        one = place_of(starts, row)
        for j in range(i + 1, min(end, i + 1 + bound)):
            other = row_of(run[j])
            if meet(one, other, key_of(run[i]), heap, starts):
                left[found], right[found] = row, other
                found += 1
    return found, stop, beyond


@alone
def against(run, directory, shift, asked, start, stop, marks, bound, heap, starts, out):
    """Meet each asked row from ``start`` to ``stop`` with the blocks of a run that it shares.

    Two asked rows, which are marked, meet once. Returns as ``within`` does.
    """
    run, directory, asked, marks = bare((run, directory, asked, marks))
    heap, starts, left, right = bare((heap, starts, out[0], out[1]))
    found, beyond = np.int64(0), np.int64(0)
    for n in range(start, stop):
        row = asked[n]
        one = place_of(starts, row)
        first, last = keys_of(heap, one)
        if found + (2 * bound + 1) * (last - first) > len(left):
            return found, n, beyond
        for k in range(first, last):
            prefetch(directory, np.int64(heap[k] >> np.uint32(shift)))
        for k in range(first, last):
            prefetch(run, np.int64(directory[heap[k] >> np.uint32(shift)]))
        for k in range(first, last):
            key = np.uint64(heap[k])
            low = first_of(run, directory, shift, key)
            if low == len(run) or key_of(run[low]) != key:
                continue
            high = block_end(run, low)
            if high - low > bound:
                tie = tie_of(heap, starts, np.uint64(row))
                middle = place_in(heap, starts, run, low, high, tie)
                beyond += max(0, middle - bound - low) + max(0, high - middle - bound - 1)
                low, high = max(low, middle - bound), min(high, middle + bound + 1)
            for j in range(low, high):
                ask(heap, place_of(starts, row_of(run[j])))
            for j in range(low, high):
                other = row_of(run[j])
                if other == row or (marks[other] and other < row):
                    continue
                if meet(one, other, key, heap, starts):
                    left[found], right[found] = row, other
                    found += 1
    return found, stop, beyond


@lean
def meet(one, row, key, heap, starts):
    """Whether a live record meets another for the first time under a key that both have.

    Records of one source that holds each child once never meet.
    """
    if is_dead(starts, row):
        return False
    other = place_of(starts, row)
    source, _ = source_and_count(heap, one)
    if source and source == source_and_count(heap, other)[0]:
        return False
    i, i_stop = keys_of(heap, one)
    j, j_stop = keys_of(heap, other)
    while i < i_stop and j < j_stop:
        x, y = heap[i], heap[j]
        if x == y:
            return x == key
        if x < y:
            i += 1
        else:
            j += 1
    return False


@lean
def look_ahead(run, place, heap, starts):
    """Ask memory for what the entries ahead of a place will need, where they stand in a block."""
    far, near = place + 2 * AHEAD, place + AHEAD
    if far < len(run):
        prefetch(starts, row_of(run[far]))
    if near + 1 < len(run):
        key = key_of(run[near])
        if key == key_of(run[near + 1]) or key == key_of(run[near - 1]):
            ask(heap, place_of(starts, row_of(run[near])))
