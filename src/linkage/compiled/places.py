"""What is learnt of a postcode: its length, its district, and the hashes of it and its district."""
# ruff: noqa: ANN001, ANN201
# numba infers the types.

import numpy as np

from linkage.compiled import alone
from linkage.compiled.spelling import hash_of

INWARD = 3
"""Letters behind those of the district."""
LENGTH, COMMUNAL, DISTRICT = 0, 1, 2
"""Where each stands among a postcode's numbers."""


@alone
def learn(letters, numbers, hashes, districts):
    """Write what is known of each postcode, and its hashes in the order of ``layout.Hashes``.

    ``districts``: hashes of those that are known, ascending; the first is number 1, and 0 is none.
    """
    for i in range(len(letters)):
        n = 0
        while n < letters.shape[1] and letters[i, n]:
            n += 1
        numbers[i, LENGTH] = n
        hashes[i, 0] = hash_of(letters[i], n)
        district = hash_of(letters[i], max(0, n - INWARD))
        hashes[i, 1] = district
        at = np.searchsorted(districts, district)
        known = at < len(districts) and districts[at] == district
        numbers[i, DISTRICT] = at + 1 if known else 0
