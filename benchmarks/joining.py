"""One way of clustering that treats every side's pairs alike."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def one_of_each(
    left: Ints, right: Ints, probability: npt.NDArray[np.float64], once: Ints, *, least: float
) -> Ints:
    """The number of each record's cluster: likeliest pairs first, down to ``least``.

    Two clusters join unless both hold a record of one source that holds a person once (the same
    number in ``once``, not -1). Pairs of one probability are taken in the order of their records.
    """
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low, -probability))
    order = order[probability[order] >= least]
    members = [[record] for record in range(len(once))]
    sources = [{source} - {-1} for source in once.tolist()]
    of = list(range(len(once)))
    for a, b in zip(low[order].tolist(), high[order].tolist(), strict=True):
        kept, gone = of[a], of[b]
        if kept == gone or not sources[kept].isdisjoint(sources[gone]):
            continue
        if len(members[kept]) < len(members[gone]):
            kept, gone = gone, kept
        for record in members[gone]:
            of[record] = kept
        members[kept] += members[gone]
        sources[kept] |= sources[gone]
    return np.array(of, np.int64)
