"""What is learnt of a postcode: its length, its authorities, its hashes and its district's."""
# ruff: noqa: ANN001, ANN201
# numba infers the types.

import numpy as np

from linkage.compiled import alone
from linkage.compiled.spelling import hash_of

INWARD = 3
"""Letters behind those of the district."""
LENGTH, PLACE = 0, 1
"""Where each stands among a postcode's numbers."""


@alone
def learn(letters, numbers, hashes, districts, authorities):
    """Write what is known of each postcode, and its hashes in the order of ``layout.Hashes``.

    ``districts``: hashes of those that are known, ascending, and the ``authorities`` of each as
    ``layout.Facts.places`` has them.
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
        numbers[i, PLACE] = authorities[at] if known else 0
