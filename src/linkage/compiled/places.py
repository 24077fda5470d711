"""What is learnt of a postcode: its length, and the hashes of it and of its district."""
# ruff: noqa: ANN001, ANN201
# numba infers the types.

from linkage.compiled import alone
from linkage.compiled.spelling import hash_of

INWARD = 3
"""Letters behind those of the district."""


@alone
def learn(letters, numbers, hashes):
    """Write the length of each postcode, and its hashes in the order of ``layout.Hashes``."""
    for i in range(len(letters)):
        n = 0
        while n < letters.shape[1] and letters[i, n]:
            n += 1
        numbers[i, 0] = n
        hashes[i, 0] = hash_of(letters[i], n)
        hashes[i, 1] = hash_of(letters[i], max(0, n - INWARD))
