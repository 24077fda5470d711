"""Parents and carers, and the ways to reach them."""

from enum import IntEnum
from itertools import product

from linkage import lexicon
from linkage.comparable import Comparable


class Carers(IntEnum):
    """How far two records agree on the parents and carers."""

    MISSING = 0
    MOTHER = 1
    """The same mother, by her NHS number."""
    EXACT = 2
    """A carer of the same forename and family name."""
    MAIDEN = 3
    """The mother's family name at birth."""
    FORENAME = 4
    """A carer of the same forename and another family name."""
    DIFFERENT = 5
    OTHER_MOTHER = 6
    """Two mothers, by their NHS numbers."""


class Contact(IntEnum):
    """Whether two records share a telephone number or e-mail address."""

    MISSING = 0
    EXACT = 1
    DIFFERENT = 2


def carers(left: Comparable, right: Comparable) -> Carers:
    """The level of the parents and carers: the best that any two of them reach."""
    if left.mother_nhs and right.mother_nhs:
        return Carers.MOTHER if left.mother_nhs == right.mother_nhs else Carers.OTHER_MOTHER
    pairs = list(product(left.carers, right.carers))
    same = [(a, b) for a, b in pairs if lexicon.one_spelling(a[0]) == lexicon.one_spelling(b[0])]
    if any(a[1] and a[1] == b[1] for a, b in same):
        return Carers.EXACT
    if left.maiden and left.maiden == right.maiden:
        return Carers.MAIDEN
    if same:
        return Carers.FORENAME
    return Carers.DIFFERENT if pairs else Carers.MISSING


def contact(left: Comparable, right: Comparable) -> Contact:
    """The level of telephone numbers and e-mail addresses."""
    if not left.contacts or not right.contacts:
        return Contact.MISSING
    shared = any(way in right.contacts for way in left.contacts)
    return Contact.EXACT if shared else Contact.DIFFERENT
