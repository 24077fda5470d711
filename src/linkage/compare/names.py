"""Given and family names: sets of words in any order, under any of the names a child has borne."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import pairwise, product

from linkage import lexicon
from linkage.comparable import Comparable
from linkage.compare import strings
from linkage.population import Population


class Given(IntEnum):
    """How far two records agree on the forename."""

    MISSING = 0
    EXACT = 1
    EQUIVALENT = 2
    """Another spelling or order, a familiar form, or one of the child's other forenames."""
    TYPO = 3
    """Nearly the same, and one of the two is no forename that is known."""
    NEAR = 4
    """Nearly the same, and both are forenames: as likely two children as one."""
    MIDDLE = 5
    """One record's forename is a further name in the other, or nearly so; or two names that follow
    each other in one are one name in the other."""
    HONORIFIC = 6
    """They share Muhammad or the like, and one of them nothing else; or one has nothing else and
    the other no such name, and family name, birth date and a home are the same: of Muhammad Idris
    one agency keeps the first name and another the one that he is called by."""
    INITIAL = 7
    SWAPPED = 8
    """Forename and family name change places."""
    CLOSE = 9
    """Alike at all: most letters, or all but the vowels."""
    DIFFERENT = 10
    SHORT = 11
    """One is the beginning of the other: Tiff and Tiffany."""
    BARE = 12
    """Both hold Muhammad or the like and nothing else, as brothers and twins may."""
    BESIDE = 13
    """One has nothing but names that are borne beside an English one, and the other none of them
    (Kofi and Samuel, Wei Jun and Jason), and family name, birth date and a home are the same: one
    agency may keep the one name and another the other."""


class Middle(IntEnum):
    """How far two records agree on the names between forename and family name."""

    MISSING = 0
    EXACT = 1
    NEAR = 2
    INITIAL = 3
    DIFFERENT = 4


class Family(IntEnum):
    """How far two records agree on the family name."""

    MISSING = 0
    EXACT = 1
    VARIANT = 2
    """Another spelling, or the other gender of the name."""
    ALTERNATE = 3
    """Another family name of the child (former, preferred, alias)."""
    PART = 4
    """A part in common: hyphenated, one of two family names, or a further name of the other, as in
    a chain of the father's and the grandfather's name."""
    TITLE = 5
    """One stands where a family name should and is none: Kaur, Singh, Begum."""
    NEAR = 6
    SWAPPED = 7
    CLOSE = 8
    DIFFERENT = 9


def given(left: Comparable, right: Comparable, population: Population) -> Given:
    """The level of the forename."""
    if not left.given or not right.given:
        return Given.MISSING
    one, other = left.given[0], right.given[0]
    if are_bare(left, right):
        return Given.BARE
    if one == other or _written_together(left, right):
        return Given.EXACT
    if are_swapped(left, right):
        return Given.SWAPPED
    if any(lexicon.same_name(*pair) for pair in product(forenames(left), forenames(right))):
        return Given.EQUIVALENT
    if _shared(left, right) > 1:
        return Given.EQUIVALENT
    if _is_among_names(left, right) or _is_among_names(right, left):
        return Given.MIDDLE
    if lexicon.one_spelling(one) == right.honorific or lexicon.one_spelling(other) == (
        left.honorific
    ):
        return Given.HONORIFIC
    if 1 in (len(one), len(other)):
        return Given.INITIAL if one[0] == other[0] else Given.DIFFERENT
    return _given_likeness(left, right, population)


def _given_likeness(left: Comparable, right: Comparable, population: Population) -> Given:
    """The level of two forenames that are not one name: by their letters."""
    pairs = list(product(forenames(left), forenames(right)))
    near = [(a, b) for a, b in pairs if strings.is_near(a, b)]
    if near:
        known = all(population.is_forename(a) and population.is_forename(b) for a, b in near)
        return Given.NEAR if known else Given.TYPO
    if _near_middle(left, right) or _near_middle(right, left):
        return Given.MIDDLE
    if any(strings.is_beginning(a, b) for a, b in pairs):
        return Given.SHORT
    alike = any(strings.is_close(a, b) or strings.same_consonants(a, b) for a, b in pairs)
    if alike:
        return Given.CLOSE
    return _unlike(left, right, population)


def _unlike(left: Comparable, right: Comparable, population: Population) -> Given:
    """The level of forenames that are unlike: each may be a name of a child that bears both."""
    sides = ((left, right), (right, left))
    if not _share_all_else(left, right):
        return Given.DIFFERENT
    if any(_may_be_called(*side) for side in sides):
        return Given.HONORIFIC
    beside = any(_may_be_beside(*side, population) for side in sides)
    return Given.BESIDE if beside else Given.DIFFERENT


def _written_together(left: Comparable, right: Comparable) -> bool:
    """Whether the given names are the same when all are written as one: Jun Jie is Junjie."""
    return (left.joined or left.given[0]) == (right.joined or right.given[0])


def _shared(left: Comparable, right: Comparable) -> int:
    """How many names both records hold; two that follow each other may be one in the other."""
    joined = _holds_joined(left.given, right.given) + _holds_joined(right.given, left.given)
    return len(set(left.given) & set(right.given)) + joined


def _is_among_names(one: Comparable, other: Comparable) -> bool:
    """Whether the forename of one, or two of its names that follow each other, are one of other.

    Angela Xiao Ming is Xiaoming, too.
    """
    return one.given[0] in other.given or _holds_joined(one.given, other.given)


def _holds_joined(words: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two words that follow each other are, written together, one of the others."""
    return any(a + b in others for a, b in pairwise(words))


def _near_middle(one: Comparable, other: Comparable) -> bool:
    """Whether a further name of the other may be a typing error of the one's forename."""
    word = one.given[0]
    further = [w for w in other.given[1:] if min(len(w), len(word)) >= strings.SHORTEST]
    return any(strings.is_near(word, w) for w in further)


def are_bare(left: Comparable, right: Comparable) -> bool:
    """Whether both hold the same honorific and no other forename."""
    return left.honorific == right.honorific and _is_bare(left) and _is_bare(right)


def _is_bare(record: Comparable) -> bool:
    alone = len(record.given) == 1 and not record.other_given
    return alone and lexicon.one_spelling(record.given[0]) == record.honorific


def _may_be_called(bare: Comparable, other: Comparable) -> bool:
    """Whether one is a Muhammad and no more, and the other has a name of quite another kind."""
    return _is_bare(bare) and not other.honorific


def _may_be_beside(own: Comparable, other: Comparable, population: Population) -> bool:
    """Whether one has nothing but names borne beside English ones, and the other none of them.

    A letter may stand for either, but not where the forename should.
    """
    return (
        not other.honorific
        and min(len(own.given[0]), len(other.given[0])) > 1
        and all(len(w) == 1 or _is_borne_beside(w, own, population) for w in _all_given(own))
        and all(len(w) == 1 or _is_english(w, other, population) for w in _all_given(other))
    )


def _is_borne_beside(word: str, record: Comparable, population: Population) -> bool:
    """Whether a forename is borne beside an English one: in a family so named, where it asks."""
    kind = lexicon.beside(word)
    if kind == lexicon.WHOLE:
        return True
    if kind in (lexicon.SYLLABLES, lexicon.BEGUN) and population.is_forename(word):
        return False
    if kind == lexicon.BEGUN:
        return True
    families = {lexicon.beside(part) for part in record.parts}
    if kind == lexicon.VIETNAMESE:
        return lexicon.VIETNAMESE in families
    return kind in (lexicon.SYLLABLE, lexicon.SYLLABLES) and lexicon.SYLLABLE in families


def _is_english(word: str, record: Comparable, population: Population) -> bool:
    """Whether a forename is known, and is not one of those that are borne beside such."""
    if lexicon.beside(word) == lexicon.ENGLISH:
        return True
    return population.is_forename(word) and not _is_borne_beside(word, record, population)


def _all_given(record: Comparable) -> Iterable[str]:
    return (*record.given, *record.other_given)


def _share_all_else(left: Comparable, right: Comparable) -> bool:
    """Whether a family name and a whole birth date are stated and the same, and a home is."""
    named = bool(left.family and right.family) and _variant(left.family, right.family)
    return (
        named
        and left.birth == right.birth
        and left.birth % 100 != 0
        and not set(left.postcodes).isdisjoint(right.postcodes)
    )


def given_rarity(left: Comparable, right: Comparable, level: Given, population: Population) -> int:
    """How rare the forename is on which they agree: of two spellings, the commoner; else 0.

    Of forename and family name that change places either may be the forename: the commoner counts.
    """
    if level == Given.MIDDLE:
        return _shared_rarity(left, right, population)
    if level not in (Given.EXACT, Given.EQUIVALENT, Given.TYPO, Given.NEAR, Given.SWAPPED):
        return 0
    return min(population.forename_rarity(r.given[0]) for r in (left, right))


def _shared_rarity(left: Comparable, right: Comparable, population: Population) -> int:
    """How rare a forename is that the other record holds among its names; 0 where it is a slip."""
    found = [
        population.forename_rarity(one.given[0])
        for one, other in ((left, right), (right, left))
        if one.given[0] in other.given or _holds_joined(other.given, one.given[:1])
    ]
    return min(found, default=0)


def middle(left: Comparable, right: Comparable, level: Given) -> Middle:
    """The level of the further given names; missing where the forename was one of them."""
    one, other = left.given[1:], right.given[1:]
    if level in (Given.MISSING, Given.MIDDLE, Given.SWAPPED):
        return Middle.MISSING
    if (one or other) and _written_together(left, right):
        return Middle.EXACT
    if not one or not other:
        return Middle.MISSING
    pairs = list(product(one, other))
    if any(a == b for a, b in pairs) or _shared(left, right) > 1:
        return Middle.EXACT
    if _holds_joined(one, other) or _holds_joined(other, one):
        return Middle.EXACT
    if any(1 in (len(a), len(b)) and a[0] == b[0] for a, b in pairs):
        return Middle.INITIAL
    if any(strings.is_near(a, b) or _same_spelling(a, b) for a, b in pairs):
        return Middle.NEAR
    return Middle.DIFFERENT


def family(left: Comparable, right: Comparable) -> Family:
    """The level of the family name."""
    if not left.family or not right.family:
        return Family.MISSING
    if left.family == right.family:
        return Family.EXACT
    if are_swapped(left, right):
        return Family.SWAPPED
    if _variant(left.family, right.family):
        return Family.VARIANT
    if any(a == b for a, b in product(families(left), families(right))):
        return Family.ALTERNATE
    if any(_variant(a, b) for a, b in product(left.parts, right.parts)):
        return Family.PART
    if _is_further(left, right) or _is_further(right, left):
        return Family.PART
    if left.family in lexicon.TITLES or right.family in lexicon.TITLES:
        return Family.TITLE
    pairs = list(product(_whole_and_parts(left), _whole_and_parts(right)))
    if any(strings.is_near(a, b) for a, b in pairs):
        return Family.NEAR
    return Family.CLOSE if any(strings.is_close(a, b) for a, b in pairs) else Family.DIFFERENT


def family_rarity(
    left: Comparable, right: Comparable, level: Family, population: Population
) -> int:
    """How rare the family name is on which they agree: of two spellings, the commoner; else 0.

    Of several parts any may be what is nearly the same: a whole name of two is always rare.
    """
    if level == Family.NEAR:
        return min(population.family_rarity(w) for r in (left, right) for w in (r.family, *r.parts))
    if level not in (Family.EXACT, Family.VARIANT):
        return 0
    return min(population.family_rarity(r.family) for r in (left, right))


def are_swapped(left: Comparable, right: Comparable) -> bool:
    """Whether each record's forename is the other's family name, and they are not so in order.

    One of the two may have a slip in it, be spelt otherwise, or stand behind another forename: Chan
    Lin is Angela Lin Chan.
    """
    if not (left.given and right.given and left.family and right.family):
        return False
    if left.given[0] == right.given[0] or left.family == right.family:
        return False
    if _crosses(left, right):
        return _nearly_crosses(right, left)
    return _crosses(right, left) and _nearly_crosses(left, right)


def forenames(record: Comparable) -> Iterable[str]:
    """Every word that may be the child's forename."""
    joined = (record.joined,) if record.joined else ()
    return (record.given[0], *joined, *record.other_given)


def families(record: Comparable) -> Iterable[str]:
    """Every family name that the record holds."""
    return (record.family, *record.other_family)


def _crosses(giver: Comparable, bearer: Comparable) -> bool:
    return any(word in (bearer.family, *bearer.parts) for word in (giver.given[0], giver.joined))


def _nearly_crosses(giver: Comparable, bearer: Comparable) -> bool:
    words = [word for word in (*giver.given, giver.joined) if word]
    pairs = product(words, (bearer.family, *bearer.parts))
    return any(_variant(*pair) or strings.is_near(*pair) for pair in pairs)


def _is_further(bearer: Comparable, other: Comparable) -> bool:
    """Whether the family name of one is a further name of the other.

    Behind Muhammad or the like stand further names alone where the first holds no other forename.
    """
    is_called_so = other.honorific == bearer.honorific and _is_bare(bearer)
    further = other.given if is_called_so else other.given[1:]
    return any(_variant(bearer.family, word) for word in further)


def _same_spelling(left: str, right: str) -> bool:
    return lexicon.one_spelling(left) == lexicon.one_spelling(right)


def _variant(left: str, right: str) -> bool:
    return lexicon.one_family_spelling(left) == lexicon.one_family_spelling(right)


def _whole_and_parts(record: Comparable) -> Iterable[str]:
    return (record.family, *record.parts) if len(record.parts) > 1 else (record.family,)
