"""Records of one source that have a number in common, where the source holds each child once.

They are never compared, for they are taken to be two children. Where they state one NHS number or
one UPN, either the source holds one child twice, or one of the two bears another child's number.
"""

import numpy as np
import numpy.typing as npt

from linkage.compiled import layout
from linkage.records import Records

Longs = npt.NDArray[np.int64]

MOST = 10
"""Records of a source with one number beyond which it is a stand-in, and names nobody."""
AT_ONCE = 1 << 16
"""Rows that are unpacked at a time."""
_COLUMNS = [layout.NHS, layout.UPN, *range(layout.FORMER_UPNS, layout.LA_CHILD)]


def sharing(records: Records) -> tuple[Longs, Longs]:
    """The rows of the pairs of records that do, each once."""
    stated, rows = _shared(*_stated(records))
    order = np.argsort(stated, kind="stable")
    stated, rows = stated[order], rows[order]
    left, right = [rows[:0]], [rows[:0]]
    for ahead in range(1, MOST):
        same = stated[:-ahead] == stated[ahead:]
        left.append(rows[:-ahead][same])
        right.append(rows[ahead:][same])
    pairs = np.stack([np.concatenate(left), np.concatenate(right)], axis=1)
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _shared(stated: Longs, rows: Longs) -> tuple[Longs, Longs]:
    """Those of what is stated that a few records state, and these."""
    # Nearly all is stated once: to sort it alone is several times as fast as to sort rows with it.
    ordered = np.sort(stated)
    values, counts = np.unique(ordered[1:][ordered[1:] == ordered[:-1]], return_counts=True)
    here = np.isin(stated, values[counts < MOST])
    return stated[here], rows[here]


def _stated(records: Records) -> tuple[Longs, Longs]:
    """Source and number in one, and the row of the record that states it; both as they come."""
    live = records.live()
    sources = records.sources(live)
    live, sources = live[sources > 0], sources[sources > 0]
    stated, rows = [sources[:0]], [live[:0]]
    for start in range(0, len(live), AT_ONCE):
        part, source = live[start : start + AT_ONCE], sources[start : start + AT_ONCE]
        numbers = records.unpacked(part)[:, _COLUMNS]
        for number in numbers.T:
            here = number > 0
            stated.append(source[here] << 32 | number[here])
            rows.append(part[here])
    return np.concatenate(stated), np.concatenate(rows)
