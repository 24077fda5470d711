"""Sex as recorded."""

from enum import IntEnum

from linkage.comparable import Comparable


class Sex(IntEnum):
    """How far two records agree on the sex."""

    MISSING = 0
    EXACT = 1
    DIFFERENT = 2


def sex(left: Comparable, right: Comparable) -> Sex:
    """The level of the sex; not stated and not known count as missing."""
    if not left.sex or not right.sex:
        return Sex.MISSING
    return Sex.EXACT if left.sex == right.sex else Sex.DIFFERENT
