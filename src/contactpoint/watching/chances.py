"""How rarely normal work shows so much: surprise, in powers of ten."""

import math

LEAST = 1e-12


def surprise(chance: float) -> float:
    """How surprising what has this chance is.

    >>> round(surprise(0.001), 6), surprise(1)
    (3.0, 0.0)
    """
    return -math.log10(min(1.0, max(chance, LEAST))) + 0.0


def at_least(hits: int, tries: int, share: float) -> float:
    """The chance of so many hits or more, where each try hits with this share.

    >>> at_least(0, 5, 0.1), round(at_least(2, 2, 0.5), 6)
    (1.0, 0.25)
    """
    if hits <= 0:
        return 1.0
    if share >= 1:
        return 1.0
    chance = math.exp(
        math.lgamma(tries + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(tries - hits + 1)
        + hits * math.log(max(share, LEAST))
        + (tries - hits) * math.log1p(-share)
    )
    total, odds = 0.0, share / (1 - share)
    for count in range(hits, tries + 1):
        total += chance
        chance *= (tries - count) / (count + 1) * odds
        if chance < total * 1e-9:
            break
    return min(total, 1.0)


def so_many(count: int, mean: float, variance: float) -> float:
    """The chance of so many or more in a day, of a mean and a variance: negative binomial.

    Where the variance is no greater than the mean, it is taken as a tenth greater.

    >>> so_many(0, 5, 9), so_many(50, 5, 9) < 1e-6 < so_many(12, 5, 9)
    (1.0, True)
    """
    if count <= 0:
        return 1.0
    variance = max(variance, mean * 1.1)
    share = mean / variance  # of failures among tries
    size = mean * share / (1 - share)
    chance = math.exp(
        math.lgamma(size + count)
        - math.lgamma(count + 1)
        - math.lgamma(size)
        + size * math.log(share)
        + count * math.log1p(-share)
    )
    total = 0.0
    while chance > total * 1e-9 and total < 1:
        total += chance
        chance *= (size + count) / (count + 1) * (1 - share)
        count += 1
    return min(total, 1.0)
