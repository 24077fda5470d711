"""The pattern of two rows: equal to ``linkage.pattern.compare`` for the records they stand for."""
# ruff: noqa: PLR1714, SIM110, ANN001, ANN201, PLR0913, PLR0917
# numba infers the types; a level is one list of cases read straight down.

import numpy as np

from linkage import lexicon
from linkage.comparable import BirthKind
from linkage.compare.carers import Carers, Contact
from linkage.compare.dates import (
    BORN_EARLY,
    BORN_LATE,
    GUESSED_YEARS,
    MOST_YEARS,
    SAME_PREGNANCY,
    Birth,
)
from linkage.compare.identifiers import LaChild, Nhs, Upn
from linkage.compare.life import Life
from linkage.compare.names import Family, Given, Middle
from linkage.compare.places import Place
from linkage.compare.sex import Sex
from linkage.compare.strings import SHORTEST, VOWELS
from linkage.compiled import alone, lean, written_out
from linkage.compiled import layout as at
from linkage.compiled.strings import is_beginning, is_close, is_near, one_slip
from linkage.pattern import BITS, PLACES

FULL, STAND_IN = int(BirthKind.FULL), int(BirthKind.STAND_IN)
PARTIAL, EXPECTED = int(BirthKind.PARTIAL), int(BirthKind.EXPECTED)
EARLY, LATE, PREGNANCY = BORN_EARLY.days, BORN_LATE.days, SAME_PREGNANCY.days

G_EXACT, G_EQUIVALENT, G_TYPO = int(Given.EXACT), int(Given.EQUIVALENT), int(Given.TYPO)
G_NEAR, G_MIDDLE, G_HONORIFIC = int(Given.NEAR), int(Given.MIDDLE), int(Given.HONORIFIC)
G_INITIAL, G_SWAPPED, G_CLOSE = int(Given.INITIAL), int(Given.SWAPPED), int(Given.CLOSE)
G_DIFFERENT, G_SHORT, G_BARE = int(Given.DIFFERENT), int(Given.SHORT), int(Given.BARE)
G_BESIDE = int(Given.BESIDE)
M_EXACT, M_NEAR = int(Middle.EXACT), int(Middle.NEAR)
M_INITIAL, M_DIFFERENT = int(Middle.INITIAL), int(Middle.DIFFERENT)
F_EXACT, F_VARIANT, F_ALTERNATE = int(Family.EXACT), int(Family.VARIANT), int(Family.ALTERNATE)
F_PART, F_TITLE, F_NEAR = int(Family.PART), int(Family.TITLE), int(Family.NEAR)
F_SWAPPED, F_CLOSE, F_DIFFERENT = int(Family.SWAPPED), int(Family.CLOSE), int(Family.DIFFERENT)
B_EXACT, B_DEFAULT, B_COMPATIBLE = int(Birth.EXACT), int(Birth.DEFAULT), int(Birth.COMPATIBLE)
B_YEAR_ONLY, B_EXPECTED = int(Birth.YEAR_ONLY), int(Birth.EXPECTED)
B_SWAPPED, B_YEAR, B_SLIP = int(Birth.SWAPPED), int(Birth.YEAR), int(Birth.SLIP)
B_PART, B_DIFFERENT = int(Birth.PART), int(Birth.DIFFERENT)
B_DEFAULTED, B_GUESSED = int(Birth.DEFAULTED), int(Birth.GUESSED)
S_EXACT, S_DIFFERENT = int(Sex.EXACT), int(Sex.DIFFERENT)
P_EXACT, P_PAST, P_COMMUNAL = int(Place.EXACT), int(Place.PAST), int(Place.COMMUNAL)
P_SLIP, P_SECTOR, P_DISTRICT = int(Place.SLIP), int(Place.SECTOR), int(Place.DISTRICT)
P_AREA, P_DIFFERENT = int(Place.AREA), int(Place.DIFFERENT)
P_THERE, P_ELSEWHERE = int(Place.KNOWN_THERE), int(Place.KNOWN_ELSEWHERE)
N_VERIFIED, N_EXACT = int(Nhs.VERIFIED), int(Nhs.EXACT)
N_DIFFERENT, N_CONTRADICTED = int(Nhs.DIFFERENT), int(Nhs.CONTRADICTED)
U_EXACT, U_FORMER = int(Upn.EXACT), int(Upn.FORMER)
U_TEMPORARY, U_DIFFERENT = int(Upn.TEMPORARY), int(Upn.DIFFERENT)
L_EXACT, L_DIFFERENT = int(LaChild.EXACT), int(LaChild.DIFFERENT)
C_MOTHER, C_EXACT, C_MAIDEN = int(Carers.MOTHER), int(Carers.EXACT), int(Carers.MAIDEN)
C_FORENAME, C_DIFFERENT = int(Carers.FORENAME), int(Carers.DIFFERENT)
C_OTHER_MOTHER = int(Carers.OTHER_MOTHER)
T_EXACT, T_DIFFERENT = int(Contact.EXACT), int(Contact.DIFFERENT)
LI_EXACT, LI_SINGLE, LI_MULTIPLE = int(Life.EXACT), int(Life.SINGLE), int(Life.MULTIPLE)
LI_CONFLICT, LI_OTHER, LI_ONCE = int(Life.CONFLICT), int(Life.OTHER_ORDER), int(Life.SAID_ONCE)
LI_DEATH = int(Life.BORN_AFTER_DEATH)

ALIKE, BEGINS, NEAR = 1, 2, 3
"""How alike two words are: at all, one the beginning of the other, or perhaps a slip of it."""

WHOLE, SYLLABLE, SYLLABLES = lexicon.WHOLE, lexicon.SYLLABLE, lexicon.SYLLABLES
BEGUN, ENGLISH, LETTER = lexicon.BEGUN, lexicon.ENGLISH, lexicon.LETTER
VIETNAMESE = lexicon.VIETNAMESE
IS_VOWEL = np.array([chr(letter) in VOWELS for letter in range(256)])
SHIFTS = np.array([BITS * place for place in PLACES.values()], np.uint64)


@written_out
def pattern(a, b, facts):
    """All levels of two rows as one code."""
    given = given_level(a, b, facts)
    family = family_level(a, b, facts)
    levels = (
        np.int64(given),
        np.int64(middle_level(a, b, facts, given)),
        np.int64(family),
        np.int64(birth_level(a, b, facts)),
        np.int64(sex_level(a, b)),
        np.int64(place_level(a, b, facts)),
        np.int64(nhs_level(a, b)),
        np.int64(upn_level(a, b)),
        np.int64(la_child_level(a, b)),
        np.int64(carers_level(a, b, facts.spelling)),
        np.int64(life_level(a, b)),
        np.int64(contact_level(a, b)),
        np.int64(given_rarity(a, b, facts, given)),
        np.int64(family_rarity(a, b, facts, family)),
    )
    code = np.uint64(0)
    for i, level in enumerate(levels):
        code |= np.uint64(level) << SHIFTS[i]
    return code


@written_out
def given_level(a, b, facts):
    """The level of the forename: most rows have one word for it, and need few of the cases."""
    one, other = a[at.GIVEN], b[at.GIVEN]
    if one == 0 or other == 0:
        return 0
    if has_several(a) or has_several(b):
        return level_of_several(a, b, facts)
    if are_bare(a, b, facts):
        return G_BARE
    if one == other:
        return G_EXACT
    if (crosses(a, b) or crosses(b, a)) and are_swapped(a, b, facts):
        return G_SWAPPED
    if same_name(one, other, facts):
        return G_EQUIVALENT
    if facts.spelling[one] == b[at.HONORIFIC] or facts.spelling[other] == a[at.HONORIFIC]:
        return G_HONORIFIC
    if facts.lengths[one] == 1 or facts.lengths[other] == 1:
        return G_INITIAL if facts.letters[one, 0] == facts.letters[other, 0] else G_DIFFERENT
    likeness = likeness_of(facts.letters, facts.lengths, one, other)
    if likeness == NEAR:
        return G_NEAR if facts.known[one] == 1 and facts.known[other] == 1 else G_TYPO
    if likeness:
        return G_SHORT if likeness == BEGINS else G_CLOSE
    return unlike_level(a, b, facts) if share_all_else(a, b, facts) else G_DIFFERENT


@lean
def has_several(row):
    """Whether a row has several words that may be the forename, or may hold it."""
    return row[at.GIVEN + 1] != 0 or row[at.JOINED] != 0 or row[at.OTHER_GIVEN] != 0


@alone
def likeness_of(letters, lengths, x, y):
    """How alike two words are by their letters."""
    a, la = letters[x], lengths[x]
    b, lb = letters[y], lengths[y]
    if is_near(a, la, b, lb):
        return NEAR
    if is_beginning(a, la, b, lb):
        return BEGINS
    return ALIKE if is_close(a, la, b, lb) or same_consonants(a, la, b, lb) else 0


@alone
def level_of_several(a, b, facts):
    """The level of the forename of rows of which one has several words for it, or both."""
    one, other = a[at.GIVEN], b[at.GIVEN]
    if are_bare(a, b, facts):
        return G_BARE
    if written_together(a, b):
        return G_EXACT
    if are_swapped(a, b, facts):
        return G_SWAPPED
    for i in range(5):
        x = forename(a, i)
        for j in range(5 if x else 0):
            y = forename(b, j)
            if x and y and same_name(x, y, facts):
                return G_EQUIVALENT
    if shared_given(a, b, facts) > 1:
        return G_EQUIVALENT
    if is_among_names(a, b, facts) or is_among_names(b, a, facts):
        return G_MIDDLE
    if facts.spelling[one] == b[at.HONORIFIC] or facts.spelling[other] == a[at.HONORIFIC]:
        return G_HONORIFIC
    if facts.lengths[one] == 1 or facts.lengths[other] == 1:
        return G_INITIAL if facts.letters[one, 0] == facts.letters[other, 0] else G_DIFFERENT
    return given_likeness(a, b, facts)


@alone
def written_together(a, b):
    """Whether the given names of two rows are the same, alone or when all are written as one."""
    return a[at.GIVEN] == b[at.GIVEN] or as_one(a) == as_one(b)


@alone
def as_one(row):
    """All given names of a row as one word."""
    return row[at.JOINED] or row[at.GIVEN]


@alone
def unlike_level(a, b, facts):
    """The level of unlike forenames of rows that share all else: one child may bear both."""
    if may_be_called(a, b, facts) or may_be_called(b, a, facts):
        return G_HONORIFIC
    beside = may_be_beside(a, b, facts) or may_be_beside(b, a, facts)
    return G_BESIDE if beside else G_DIFFERENT


@alone
def may_be_beside(own, other, facts):
    """Whether one has nothing but names borne beside English ones, and the other none of them."""
    if other[at.HONORIFIC]:
        return False
    if facts.beside[own[at.GIVEN]] == LETTER or facts.beside[other[at.GIVEN]] == LETTER:
        return False
    for i in range(7):
        x, y = any_given(own, i), any_given(other, i)
        if x and facts.beside[x] != LETTER and not is_borne_beside(x, own, facts):
            return False
        if y and facts.beside[y] != LETTER and not is_english(y, other, facts):
            return False
    return True


@alone
def is_borne_beside(x, row, facts):
    """Whether a forename is borne beside an English one: in a family so named, where it asks."""
    kind = facts.beside[x]
    if kind == WHOLE:
        return True
    if kind in (SYLLABLES, BEGUN) and facts.known[x]:
        return False
    if kind == VIETNAMESE:
        return is_of_family(row, VIETNAMESE, facts)
    chinese = kind in (SYLLABLE, SYLLABLES) and is_of_family(row, SYLLABLE, facts)
    return kind == BEGUN or chinese


@alone
def is_english(x, row, facts):
    """Whether a forename is known, and is not one of those that are borne beside such."""
    if facts.beside[x] == ENGLISH:
        return True
    return facts.known[x] != 0 and not is_borne_beside(x, row, facts)


@alone
def is_of_family(row, kind, facts):
    """Whether a part of the family name is such a word: a Chinese syllable, a Vietnamese word."""
    for i in range(at.PARTS, at.PARTS + 3):
        if row[i] and facts.beside[row[i]] == kind:
            return True
    return False


@alone
def any_given(row, i):
    """The i-th of all given names: four, then those of other names."""
    return row[at.GIVEN + i] if i < 4 else row[at.OTHER_GIVEN + i - 4]


@alone
def may_be_called(bare, other, facts):
    """Whether one is a Muhammad and no more, and the other has a name of quite another kind."""
    return is_bare(bare, facts) and other[at.HONORIFIC] == 0


@lean
def share_all_else(a, b, facts):
    """Whether a family name and a whole birth date are stated and the same, and a home is."""
    if a[at.BIRTH] != b[at.BIRTH] or a[at.BIRTH] % 100 == 0:
        return False
    if a[at.FAMILY] == 0 or b[at.FAMILY] == 0:
        return False
    if not shares(a, at.POSTCODES, 4, b, at.POSTCODES, 4):
        return False
    # Last, for spellings are looked up in memory and the rows are at hand.
    return facts.family_spelling[a[at.FAMILY]] == facts.family_spelling[b[at.FAMILY]]


@lean
def are_bare(a, b, facts):
    """Whether both hold the same honorific and no other forename."""
    if a[at.HONORIFIC] == 0 or a[at.HONORIFIC] != b[at.HONORIFIC]:
        return False
    return is_bare(a, facts) and is_bare(b, facts)


@lean
def is_bare(a, facts):
    """Whether all that a row holds for a forename is its honorific."""
    alone = a[at.GIVEN + 1] == 0 and a[at.OTHER_GIVEN] == 0
    return alone and facts.spelling[a[at.GIVEN]] == a[at.HONORIFIC]


@alone
def shared_given(a, b, facts):
    """How many given words of a stand among those of b; one that a holds twice counts once.

    Two that follow each other may be one of the other.
    """
    shared = int(holds_joined(a, b, 0, facts)) + int(holds_joined(b, a, 0, facts))
    for i in range(at.GIVEN, at.GIVEN + 4):
        if not holds(a, at.GIVEN, i - at.GIVEN, a[i]):
            shared += holds(b, at.GIVEN, 4, a[i])
    return shared


@alone
def given_likeness(a, b, facts):
    """The level of two forenames that are not one name: by their letters."""
    near, known, short, close = False, True, False, False
    for i in range(5):
        x = forename(a, i)
        for j in range(5 if x else 0):
            y = forename(b, j)
            if x == 0 or y == 0:
                continue
            likeness = likeness_of(facts.letters, facts.lengths, x, y)
            if likeness == NEAR:
                near = True
                known = known and facts.known[x] == 1 and facts.known[y] == 1
            short = short or likeness == BEGINS
            close = close or likeness == ALIKE
    if near:
        return G_NEAR if known else G_TYPO
    if near_middle(a, b, facts) or near_middle(b, a, facts):
        return G_MIDDLE
    if short:
        return G_SHORT
    if close:
        return G_CLOSE
    return unlike_level(a, b, facts) if share_all_else(a, b, facts) else G_DIFFERENT


@alone
def same_consonants(a, la, b, lb):
    """Whether two words begin alike and differ in nothing but vowels and doubled letters."""
    if a[0] != b[0]:
        return False
    i, j = 0, 0
    while True:
        i, j = next_consonant(a, i, la), next_consonant(b, j, lb)
        if i == la or j == lb:
            return i == la and j == lb
        if a[i] != b[j]:
            return False
        i += 1
        j += 1


@alone
def next_consonant(letters, start, length):
    """The place of the first consonant from a place on that does not repeat the letter before."""
    for i in range(start, length):
        doubled = i > 0 and letters[i] == letters[i - 1]
        if not doubled and not IS_VOWEL[letters[i]]:
            return i
    return length


@alone
def is_among_names(a, b, facts):
    """Whether the forename of a, or two names of a that follow each other, are one name of b."""
    return holds(b, at.GIVEN, 4, a[at.GIVEN]) or holds_joined(a, b, 0, facts)


@alone
def holds_joined(a, b, first, facts):
    """Whether two names of a that follow each other are one of b, from these given names on."""
    for i in range(at.GIVEN + first, at.GIVEN + 3):
        if a[i + 1] == 0:
            break
        for j in range(at.GIVEN + first, at.GIVEN + 4):
            if b[j] and is_joined(a[i], a[i + 1], b[j], facts):
                return True
    return False


@alone
def is_joined(x, y, whole, facts):
    """Whether a word is two others written together."""
    first, length = facts.lengths[x], facts.lengths[whole]
    if first + facts.lengths[y] != length:
        return False
    for i in range(length):
        letter = facts.letters[x, i] if i < first else facts.letters[y, i - first]
        if letter != facts.letters[whole, i]:
            return False
    return True


@alone
def near_middle(a, b, facts):
    """Whether a further name of b may be a typing error of the forename of a."""
    word = a[at.GIVEN]
    for i in range(at.GIVEN + 1, at.GIVEN + 4):
        further = b[i]
        if further == 0 or min(facts.lengths[word], facts.lengths[further]) < SHORTEST:
            continue
        if words_near(word, further, facts):
            return True
    return False


@lean
def middle_level(a, b, facts, given):
    """The level of the further given names."""
    if given in (0, G_MIDDLE, G_SWAPPED):
        return 0
    if a[at.GIVEN + 1] == 0 or b[at.GIVEN + 1] == 0:
        further = a[at.GIVEN + 1] != 0 or b[at.GIVEN + 1] != 0
        return M_EXACT if further and as_one(a) == as_one(b) else 0
    return level_of_further(a, b, facts)


@alone
def level_of_further(a, b, facts):
    """The level of the further given names of two rows that both have some."""
    if as_one(a) == as_one(b) or shared_given(a, b, facts) > 1:
        return M_EXACT
    if holds_joined(a, b, 1, facts) or holds_joined(b, a, 1, facts):
        return M_EXACT
    initial, near = False, False
    for i in range(at.GIVEN + 1, at.GIVEN + 4):
        for j in range(at.GIVEN + 1, at.GIVEN + 4):
            x, y = a[i], b[j]
            if x == 0 or y == 0:
                continue
            if x == y:
                return M_EXACT
            if facts.lengths[x] == 1 or facts.lengths[y] == 1:
                initial = initial or facts.letters[x, 0] == facts.letters[y, 0]
            near = near or facts.spelling[x] == facts.spelling[y] or words_near(x, y, facts)
    if initial:
        return M_INITIAL
    return M_NEAR if near else M_DIFFERENT


@lean
def family_level(a, b, facts):
    """The level of the family name."""
    one, other = a[at.FAMILY], b[at.FAMILY]
    if one == 0 or other == 0:
        return 0
    return F_EXACT if one == other else level_of_families(a, b, facts)


@alone
def level_of_families(a, b, facts):
    """The level of two family names that are not the same."""
    one, other = a[at.FAMILY], b[at.FAMILY]
    if are_swapped(a, b, facts):
        return F_SWAPPED
    if facts.family_spelling[one] == facts.family_spelling[other]:
        return F_VARIANT
    if shares(a, at.OTHER_FAMILY, 3, b, at.OTHER_FAMILY, 3):
        return F_ALTERNATE
    if holds(b, at.OTHER_FAMILY, 3, one) or holds(a, at.OTHER_FAMILY, 3, other):
        return F_ALTERNATE
    for i in range(at.PARTS, at.PARTS + 3):
        if a[i] and holds_spelling(b, at.PARTS, 3, a[i], facts):
            return F_PART
    if is_further(a, b, facts) or is_further(b, a, facts):
        return F_PART
    if facts.title[one] or facts.title[other]:
        return F_TITLE
    return family_likeness(a, b, facts)


@alone
def is_further(bearer, other, facts):
    """Whether the family name of one is a further name of the other."""
    has_honorific = bearer[at.HONORIFIC] != 0 and bearer[at.HONORIFIC] == other[at.HONORIFIC]
    first = 0 if has_honorific and is_bare(bearer, facts) else 1
    return holds_spelling(other, at.GIVEN + first, 4 - first, bearer[at.FAMILY], facts)


@alone
def holds_spelling(row, first, count, word, facts):
    """Whether any of a row's words is the word, as family names are spelled."""
    for i in range(first, first + count):
        if row[i] and facts.family_spelling[row[i]] == facts.family_spelling[word]:
            return True
    return False


@alone
def family_likeness(a, b, facts):
    """The level of two family names by their letters: whole names and, of several, parts."""
    close = False
    for i in range(4):
        x = whole_or_part(a, i)
        for j in range(4 if x else 0):
            y = whole_or_part(b, j)
            if x == 0 or y == 0:
                continue
            if words_near(x, y, facts):
                return F_NEAR
            close = close or words_close(x, y, facts)
    return F_CLOSE if close else F_DIFFERENT


@written_out
def given_rarity(a, b, facts, level):
    """How rare the commoner of two forenames is on which the rows agree."""
    if level == G_MIDDLE:
        return shared_rarity(a, b, facts)
    if level in (G_EXACT, G_EQUIVALENT, G_TYPO, G_NEAR, G_SWAPPED):
        return min(facts.forename_rarity[a[at.GIVEN]], facts.forename_rarity[b[at.GIVEN]])
    return np.int32(0)


@alone
def shared_rarity(a, b, facts):
    """How rare a forename is that the other row holds among its names; 0 where it is a slip."""
    found = np.int32(0)
    if is_held(a[at.GIVEN], b, facts):
        found = facts.forename_rarity[a[at.GIVEN]]
    if is_held(b[at.GIVEN], a, facts):
        other = facts.forename_rarity[b[at.GIVEN]]
        found = min(found, other) if found else other
    return found


@alone
def is_held(word, row, facts):
    """Whether a word is one of a row's given names, or two that follow each other."""
    if holds(row, at.GIVEN, 4, word):
        return True
    for i in range(at.GIVEN, at.GIVEN + 3):
        if row[i + 1] and is_joined(row[i], row[i + 1], word, facts):
            return True
    return False


@lean
def family_rarity(a, b, facts, level):
    """How rare the commoner of two family names is on which the rows agree."""
    if level in (F_EXACT, F_VARIANT, F_NEAR):
        rarity = min(facts.family_rarity[a[at.FAMILY]], facts.family_rarity[b[at.FAMILY]])
        for i in range(at.PARTS, at.PARTS + (3 if level == F_NEAR else 0)):
            for part in (a[i], b[i]):
                if part:
                    rarity = min(rarity, facts.family_rarity[part])
        return rarity
    return np.int32(0)


@lean
def birth_level(a, b, facts):
    """The level of the date of birth."""
    kind_a, kind_b = a[at.BIRTH_KIND], b[at.BIRTH_KIND]
    x, y = a[at.BIRTH], b[at.BIRTH]
    if kind_a == 0 or kind_b == 0:
        return 0
    if kind_a == EXPECTED or kind_b == EXPECTED:
        return expected_level(x, kind_a, y, kind_b)
    if kind_a != FULL or kind_b != FULL:
        return partial_level(x, y)
    if x == y:
        return B_DEFAULT if is_default(x, facts.default_days) else B_EXACT
    return unequal_level(x, y, facts.default_days)


@alone
def unequal_level(x, y, default_days):
    """The level of two full dates that differ."""
    year = x // 10000 == y // 10000
    month_x, month_y = x // 100 % 100, y // 100 % 100
    day_x, day_y = x % 100, y % 100
    if year and month_x == day_y and day_x == month_y:
        return B_SWAPPED
    if year and (is_default(x, default_days) or is_default(y, default_days)):
        return B_DEFAULTED
    if not year and month_x == month_y and day_x == day_y:
        return B_YEAR if abs(x // 10000 - y // 10000) <= MOST_YEARS else B_DIFFERENT
    if digits_slip(x, y):
        return B_SLIP
    few_years = abs(x // 10000 - y // 10000) <= GUESSED_YEARS
    if few_years and (is_default(x, default_days) or is_default(y, default_days)):
        return B_GUESSED
    same = int(year) + int(month_x == month_y) + int(day_x == day_y)
    return B_PART if same == 2 else B_DIFFERENT


@alone
def digits_slip(x, y):
    """Whether numbers of 8 digits differ in one digit or in two exchanged neighbours."""
    count, place, was_x, was_y = 0, -9, 0, 0
    for i in range(8):
        p, q = x % 10, y % 10
        if p != q:
            count += 1
            if count > 2:
                return False
            if count == 2:
                return place == i - 1 and p == was_y and q == was_x and digits_same_above(x, y)
            place, was_x, was_y = i, p, q
        x //= 10
        y //= 10
    return count == 1


@alone
def digits_same_above(x, y):
    """Whether all digits before the last agree."""
    return x // 10 == y // 10


@alone
def partial_level(x, y):
    """The level of two dates of which one says less than the day."""
    if x // 10000 != y // 10000:
        return B_DIFFERENT
    month_x, month_y = x // 100 % 100, y // 100 % 100
    if month_x == 0 or month_y == 0:
        return B_YEAR_ONLY
    return B_COMPATIBLE if month_x == month_y else B_DIFFERENT


@alone
def expected_level(x, kind_x, y, kind_y):
    """The level of two dates of which one is expected."""
    if kind_x == PARTIAL or kind_y == PARTIAL:
        return partial_level(x, y)
    one, other = day_number(x), day_number(y)
    if one < 0 or other < 0:
        return 0
    if kind_x == kind_y:
        return B_EXPECTED if abs(one - other) <= PREGNANCY else B_DIFFERENT
    late = other - one if kind_x == EXPECTED else one - other
    return B_EXPECTED if -EARLY <= late <= LATE else B_DIFFERENT


@alone
def day_number(day):
    """Days since 1 March of year 0 (proleptic Gregorian); -1 where there is no such day."""
    y, m, d = day // 10000, day // 100 % 100, day % 100
    if y < 1 or m < 1 or m > 12 or d < 1 or d > month_length(y, m):
        return -1
    if m < 3:
        y -= 1
        m += 12
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * (m - 3) + 2) // 5 + d - 1


@alone
def month_length(y, m):
    """Days of a month."""
    if m == 2:
        return 29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28
    return 30 if m in (4, 6, 9, 11) else 31


@alone
def is_default(day, default_days):
    """Whether a date falls on a day that forms hold where none is known."""
    for i in range(len(default_days)):
        if default_days[i] == day % 10000:
            return True
    return False


@lean
def sex_level(a, b):
    """The level of the sex."""
    if a[at.SEX] == 0 or b[at.SEX] == 0:
        return 0
    return S_EXACT if a[at.SEX] == b[at.SEX] else S_DIFFERENT


@lean
def place_level(a, b, facts):
    """The level of the postcode."""
    one, other = a[at.POSTCODES], b[at.POSTCODES]
    if one == 0 or other == 0:
        return 0
    shared, home = False, False
    for i in range(at.POSTCODES, at.POSTCODES + 4):
        if a[i] and holds(b, at.POSTCODES, 4, a[i]):
            shared = True
            home = home or not facts.places[a[i]] & at.COMMUNAL
    if shared and not home:
        return P_COMMUNAL
    if one == other and not a[at.MOVED] and not b[at.MOVED]:
        return P_COMMUNAL if facts.places[one] & at.COMMUNAL else P_EXACT
    if shared:
        return P_PAST
    found = nearness(facts.code_letters, facts.code_lengths, one, other)
    if found != P_DIFFERENT or (a[at.AUTHORITIES] == 0 and b[at.AUTHORITIES] == 0):
        return found
    # A number that two records share has said already what its authority would.
    if shares(a, at.UPN, 4, b, at.UPN, 4):
        return found
    return known_where(a, b, facts.places)


@alone
def known_where(a, b, places):
    """What the authorities that know two children say whose homes are far apart."""
    one, other = known_to(a, b, places), known_to(b, a, places)
    if P_THERE in (one, other):
        return P_THERE
    return P_ELSEWHERE if P_ELSEWHERE in (one, other) else P_DIFFERENT


@alone
def known_to(a, b, places):
    """Whether the authorities that know one child are those of the other's homes."""
    found = P_DIFFERENT
    if a[at.AUTHORITIES] == 0:
        return found
    for i in range(at.POSTCODES, at.POSTCODES + 4):
        codes = places[b[i]] >> 1 if b[i] else 0
        while codes:
            if holds(a, at.AUTHORITIES, 4, codes % (1 << at.CODE)):
                return P_THERE
            found, codes = P_ELSEWHERE, codes >> at.CODE
    return found


@alone
def nearness(letters, lengths, one, other):
    """The level of two different postcodes."""
    a, la = letters[one], lengths[one]
    b, lb = letters[other], lengths[other]
    if one_slip(a, min(la, at.POSTCODE), b, min(lb, at.POSTCODE)) and la == lb:
        return P_SLIP
    if same_beginning(a, la - 2, b, lb - 2):
        return P_SECTOR
    if same_beginning(a, la - 3, b, lb - 3):
        return P_DISTRICT
    return P_AREA if same_beginning(a, area(a, la), b, area(b, lb)) else P_DIFFERENT


@alone
def same_beginning(a, la, b, lb):
    """Whether the beginnings of these two lengths are the same."""
    if la != lb:
        return False
    for i in range(la):
        if a[i] != b[i]:
            return False
    return True


@alone
def area(code, length):
    """Letters that a postcode begins with: one or two."""
    return min(length, 2 if length > 1 and 65 <= code[1] <= 90 else 1)


@lean
def nhs_level(a, b):
    """The level of the NHS number."""
    if a[at.NHS] == 0 or b[at.NHS] == 0:
        return 0
    verified = a[at.NHS_VERIFIED] and b[at.NHS_VERIFIED]
    if a[at.NHS] == b[at.NHS]:
        return N_VERIFIED if verified else N_EXACT
    return N_CONTRADICTED if verified else N_DIFFERENT


@lean
def upn_level(a, b):
    """The level of the UPN."""
    return upns_level(a, b) if states_upn(a) and states_upn(b) else 0


@lean
def states_upn(row):
    """Whether a row states any UPN, in force or former."""
    return row[at.UPN] or row[at.FORMER_UPNS] or row[at.FORMER_UPNS + 1]


@alone
def upns_level(a, b):
    """The level of the UPNs of two rows that state any."""
    one, other = a[at.UPN], b[at.UPN]
    temporary = a[at.UPN_TEMPORARY] or b[at.UPN_TEMPORARY]
    if one and one == other:
        return U_TEMPORARY if temporary else U_EXACT
    if shares(a, at.FORMER_UPNS, 2, b, at.FORMER_UPNS, 2):
        return U_FORMER
    if holds(b, at.FORMER_UPNS, 2, one) or holds(a, at.FORMER_UPNS, 2, other):
        return U_FORMER
    return U_DIFFERENT if one and other and not temporary else 0


@lean
def la_child_level(a, b):
    """The level of the authority's child id."""
    if a[at.LA_CHILD] == 0 or b[at.LA_CHILD] == 0 or a[at.AUTHORITY] != b[at.AUTHORITY]:
        return 0
    return L_EXACT if a[at.LA_CHILD] == b[at.LA_CHILD] else L_DIFFERENT


@lean
def carers_level(a, b, spelling):
    """The level of the parents and carers."""
    return stated_carers_level(a, b, spelling) if states_carer(a) and states_carer(b) else 0


@lean
def states_carer(row):
    """Whether a row states any parent: a forename, the maiden name or the mother's number."""
    forename = row[at.CARERS] or row[at.CARERS + 2] or row[at.CARERS + 4]
    return forename or row[at.MAIDEN] or row[at.MOTHER]


@alone
def stated_carers_level(a, b, spelling):
    """The level of the parents and carers of two rows that state any."""
    if a[at.MOTHER] and b[at.MOTHER]:
        return C_MOTHER if a[at.MOTHER] == b[at.MOTHER] else C_OTHER_MOTHER
    any_pair, same = False, False
    for i in range(at.CARERS, at.CARERS + 6, 2):
        for j in range(at.CARERS, at.CARERS + 6, 2):
            if a[i] == 0 or b[j] == 0:
                continue
            any_pair = True
            if spelling[a[i]] == spelling[b[j]]:
                same = True
                if a[i + 1] and a[i + 1] == b[j + 1]:
                    return C_EXACT
    if a[at.MAIDEN] and a[at.MAIDEN] == b[at.MAIDEN]:
        return C_MAIDEN
    if same:
        return C_FORENAME
    return C_DIFFERENT if any_pair else 0


@lean
def life_level(a, b):
    """The level of births, birth order and death."""
    return lives_level(a, b) if states_life(a) or states_life(b) else 0


@lean
def states_life(row):
    """Whether a row states births, birth order or death."""
    return row[at.BIRTHS] or row[at.ORDER] or row[at.DIED]


@alone
def lives_level(a, b):
    """The level of births, birth order and death of two rows of which one states any."""
    if died_before(a, b) or died_before(b, a):
        return LI_DEATH
    multiple_a = a[at.BIRTHS] > 1 or a[at.ORDER] > 1
    multiple_b = b[at.BIRTHS] > 1 or b[at.ORDER] > 1
    if a[at.ORDER] and b[at.ORDER] and (multiple_a or multiple_b):
        return LI_EXACT if a[at.ORDER] == b[at.ORDER] else LI_OTHER
    if a[at.BIRTHS] == 1 or b[at.BIRTHS] == 1:
        return LI_CONFLICT if multiple_a or multiple_b else LI_SINGLE
    if multiple_a and multiple_b:
        return LI_MULTIPLE
    return LI_ONCE if multiple_a or multiple_b else 0


@alone
def died_before(a, b):
    """Whether a had died before b was born."""
    return 0 < a[at.DIED] < b[at.BIRTH] and b[at.BIRTH_KIND] == FULL


@lean
def contact_level(a, b):
    """The level of telephone numbers and e-mail addresses."""
    if a[at.CONTACTS] == 0 or b[at.CONTACTS] == 0:
        return 0
    return T_EXACT if shares(a, at.CONTACTS, 3, b, at.CONTACTS, 3) else T_DIFFERENT


@alone
def are_swapped(a, b, facts):
    """Whether each row's forename is the other's family name, one of them perhaps with a slip."""
    if a[at.GIVEN] == 0 or b[at.GIVEN] == 0 or a[at.FAMILY] == 0 or b[at.FAMILY] == 0:
        return False
    if a[at.GIVEN] == b[at.GIVEN] or a[at.FAMILY] == b[at.FAMILY]:
        return False
    if crosses(a, b):
        return nearly_crosses(b, a, facts)
    return crosses(b, a) and nearly_crosses(a, b, facts)


@lean
def crosses(giver, bearer):
    """Whether the giver's forename, alone or joined, is a family name of the bearer."""
    for column in (at.GIVEN, at.JOINED):
        word = giver[column]
        if word and (word == bearer[at.FAMILY] or holds(bearer, at.PARTS, 3, word)):
            return True
    return False


@alone
def nearly_crosses(giver, bearer, facts):
    """Whether any given name of the giver is nearly a family name of the bearer."""
    for column in range(at.GIVEN, at.JOINED + 1):
        word = giver[column]
        if word == 0:
            continue
        for i in range(at.FAMILY, at.PARTS + 3):
            if bearer[i] and is_same_or_near(word, bearer[i], facts):
                return True
    return False


@alone
def is_same_or_near(x, y, facts):
    """Whether words are nearly the same, or one family name in two spellings."""
    return facts.family_spelling[x] == facts.family_spelling[y] or words_near(x, y, facts)


@lean
def same_name(x, y, facts):
    """Whether two forenames are one name: another spelling, or a familiar form of the other."""
    one, other = facts.spelling[x], facts.spelling[y]
    if one == other:
        return True
    for k in range(facts.formals.shape[1]):
        if facts.formals[x, k] == other or facts.formals[y, k] == one:
            return True
    return False


@alone
def forename(row, i):
    """The i-th word that may be the forename: first, joined, then those of other names."""
    return row[at.GIVEN] if i == 0 else row[at.JOINED + i - 1]


@alone
def whole_or_part(row, i):
    """The whole family name, then its parts where it has several."""
    if i == 0:
        return row[at.FAMILY]
    return row[at.PARTS + i - 1] if row[at.PARTS + 1] else np.int32(0)


@alone
def words_near(x, y, facts):
    """Whether one word may be a typing error of the other."""
    return is_near(facts.letters[x], facts.lengths[x], facts.letters[y], facts.lengths[y])


@alone
def words_close(x, y, facts):
    """Whether two words are alike at all."""
    return is_close(facts.letters[x], facts.lengths[x], facts.letters[y], facts.lengths[y])


@lean
def holds(row, first, count, code):
    """Whether a code stands in these places of a row; 0 never does."""
    if code == 0:
        return False
    for i in range(first, first + count):
        if row[i] == code:
            return True
    return False


@lean
def shares(a, first_a, count_a, b, first_b, count_b):
    """Whether two rows hold a code in common in these places."""
    for i in range(first_a, first_a + count_a):
        if holds(b, first_b, count_b, a[i]):
            return True
    return False
