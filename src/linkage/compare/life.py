"""What is known of a birth and a death: single or multiple, which of several, alive when born."""

from enum import IntEnum

from linkage.comparable import BirthKind, Comparable


class Life(IntEnum):
    """How the statements on births, birth order and death stand to each other."""

    MISSING = 0
    EXACT = 1
    """The same order of one multiple birth."""
    SINGLE = 2
    """One or both state a single birth, and neither another."""
    MULTIPLE = 3
    """Both state a multiple birth; which of the children is not said twice."""
    CONFLICT = 4
    """One states a single birth and the other a multiple one."""
    OTHER_ORDER = 5
    """Two different orders of birth: two children."""
    BORN_AFTER_DEATH = 6
    """One was born after the other had died: two children."""
    SAID_ONCE = 7
    """One states a multiple birth, and the other nothing of it."""


def life(left: Comparable, right: Comparable) -> Life:
    """The level of births, birth order and death."""
    if _died_before(left, right) or _died_before(right, left):
        return Life.BORN_AFTER_DEATH
    orders = (left.birth_order, right.birth_order)
    multiple = (_is_multiple(left), _is_multiple(right))
    if all(orders) and any(multiple):
        return Life.EXACT if orders[0] == orders[1] else Life.OTHER_ORDER
    if 1 in (left.births, right.births):
        return Life.CONFLICT if any(multiple) else Life.SINGLE
    if all(multiple):
        return Life.MULTIPLE
    return Life.SAID_ONCE if any(multiple) else Life.MISSING


def _is_multiple(record: Comparable) -> bool:
    return record.births > 1 or record.birth_order > 1


def _died_before(one: Comparable, other: Comparable) -> bool:
    return 0 < one.died < other.birth and other.birth_kind == BirthKind.FULL
