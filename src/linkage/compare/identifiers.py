"""Numbers that name a child somewhere: NHS number, UPN, an authority's child id."""

from enum import IntEnum

from linkage.comparable import Comparable


class Nhs(IntEnum):
    """How far two records agree on the NHS number."""

    MISSING = 0
    VERIFIED = 1
    """The same, and verified in both."""
    EXACT = 2
    DIFFERENT = 3
    """Different, and not both verified: one may be mistyped or another's."""
    CONTRADICTED = 4
    """Two different verified numbers: two children."""


class Upn(IntEnum):
    """How far two records agree on the unique pupil number."""

    MISSING = 0
    EXACT = 1
    FORMER = 2
    """One record's number is a former one of the other."""
    TEMPORARY = 3
    """The same temporary number, which is unique in one school only."""
    DIFFERENT = 4


class LaChild(IntEnum):
    """How far two records agree on the child id of one authority."""

    MISSING = 0
    EXACT = 1
    DIFFERENT = 2


def nhs(left: Comparable, right: Comparable) -> Nhs:
    """The level of the NHS number."""
    if not left.nhs or not right.nhs:
        return Nhs.MISSING
    verified = left.nhs_verified and right.nhs_verified
    if left.nhs == right.nhs:
        return Nhs.VERIFIED if verified else Nhs.EXACT
    return Nhs.CONTRADICTED if verified else Nhs.DIFFERENT


def upn(left: Comparable, right: Comparable) -> Upn:
    """The level of the UPN; a temporary number that differs says nothing."""
    if left.upn and left.upn == right.upn:
        return Upn.TEMPORARY if left.upn_temporary or right.upn_temporary else Upn.EXACT
    one, other = _upns(left), _upns(right)
    if any(number in other for number in one):
        return Upn.FORMER
    if not left.upn or not right.upn or left.upn_temporary or right.upn_temporary:
        return Upn.MISSING
    return Upn.DIFFERENT


def la_child(left: Comparable, right: Comparable) -> LaChild:
    """The level of the authority's child id; ids of two authorities say nothing."""
    one, other = left.la_child, right.la_child
    if not one or not other or one.partition("/")[0] != other.partition("/")[0]:
        return LaChild.MISSING
    return LaChild.EXACT if one == other else LaChild.DIFFERENT


def _upns(record: Comparable) -> tuple[str, ...]:
    return (record.upn, *record.former_upns) if record.upn else record.former_upns
