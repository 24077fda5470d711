"""The keys of a row: equal to ``linkage.blocking.keys`` for the record that it stands for."""
# ruff: noqa: ANN001, ANN201, PLR0913, PLR0917
# numba infers the types; a rule is one list of cases read straight down.

import numpy as np

from linkage import hashing
from linkage.blocking import MOST_KEYS
from linkage.comparable import BirthKind
from linkage.compiled import inlined
from linkage.compiled import layout as at
from linkage.compiled.hashing import joined
from linkage.compiled.intrinsics import bare
from linkage.compiled.levels import is_default

(
    IDENTIFIER, BIRTH_AND_NAME, PLACE_AND_DAY, PLACE_AND_FORENAME, PLACE_AND_YEAR, NAMES_AND_YEAR,
    NAMES_AND_DAY, NAMES_AND_DISTRICT, MOTHER, CARER_AND_BIRTH, CONTACT_AND_YEAR,
) = (np.uint64(hashing.mixed(n + 1)) for n in range(11))  # fmt: skip
"""Hashes of the places of the rules in ``linkage.blocking.RULES``."""
NHS, UPN, LA = (np.uint64(hashing.of_text(text)) for text in ("nhs", "upn", "la"))
FULL, STAND_IN = int(BirthKind.FULL), int(BirthKind.STAND_IN)
MOST_WORDS = 7
"""Name words whose sounds a record is filed under: three of either kind, and forenames joined."""


@inlined
def keys(rows, facts, hashes, out):
    """The keys of each row, ascending; 0 fills up."""
    rows, facts, hashes, out = bare((rows, facts, hashes, out))
    sounds, names = np.empty(MOST_WORDS, np.uint64), np.empty(4, np.uint64)
    places = np.empty((3, 2), np.uint64)
    for i in range(len(rows)):
        row, found = rows[i], out[i]
        n = identifiers(row, hashes, found, 0)
        n = by_birth(row, facts, hashes, sounds, found, n)
        n = by_place(row, facts, hashes, places, found, n)
        n = by_names(row, facts, hashes, names, found, n)
        n = by_others(row, facts, hashes, found, n)
        found[n:] = 0
        found[:n].sort()


@inlined
def add(out, n, hashed):
    """Add the key of a hash, unless it is there or there are enough; how many there are then."""
    key = np.uint32(hashed >> np.uint64(32))
    key = max(key, np.uint32(1))
    if n == MOST_KEYS:
        return n
    for i in range(n):
        if out[i] == key:
            return n
    out[n] = key
    return n + 1


@inlined
def identifiers(row, hashes, out, n):
    """Keys under the identifiers."""
    if row[at.NHS]:
        n = add(out, n, joined(joined(IDENTIFIER, NHS), hashes.numbers[row[at.NHS]]))
    for i in (at.UPN, at.FORMER_UPNS, at.FORMER_UPNS + 1):
        if row[i]:
            n = add(out, n, joined(joined(IDENTIFIER, UPN), hashes.numbers[row[i]]))
    if row[at.LA_CHILD]:
        n = add(out, n, joined(joined(IDENTIFIER, LA), hashes.numbers[row[at.LA_CHILD]]))
    return n


@inlined
def by_birth(row, facts, hashes, sounds, out, n):
    """Keys under the birth date and the sound of a name word, or two where it is a default."""
    if not has_day(row):
        return n
    start = joined(BIRTH_AND_NAME, row[at.BIRTH])
    count = name_sounds(row, facts, hashes, sounds)
    default = is_default(row[at.BIRTH], facts.default_days)
    for i in range(count):
        if default:
            for j in range(i + 1, count):
                n = add(out, n, joined_two(start, sounds[i], sounds[j]))
        else:
            n = add(out, n, joined(start, sounds[i]))
    return n


@inlined
def joined_two(start, one, other):
    """A hash of two hashes in the order of their size."""
    return joined(joined(start, min(one, other)), max(one, other))


@inlined
def name_sounds(row, facts, hashes, out):
    """The different sounds of the words by which a child may be known; how many there are."""
    n, words = 0, 0
    for i in range(at.PARTS, at.PARTS + 3):
        if row[i] and not facts.title[row[i]] and words < 2:
            n, words = add_new(out, n, hashes.words[row[i], at.FAMILY_SOUND]), words + 1
    is_titled = words == 0 and row[at.PARTS] != 0
    if row[at.OTHER_FAMILY]:
        n = add_new(out, n, hashes.words[row[at.OTHER_FAMILY], at.FAMILY_SOUND])
    for i in (at.GIVEN, at.GIVEN + 1, at.OTHER_GIVEN):
        if row[i]:
            n = add_new(out, n, hashes.words[row[i], at.FORENAME_SOUND])
    if is_titled and row[at.JOINED]:
        n = add_new(out, n, hashes.words[row[at.JOINED], at.FORENAME_SOUND])
    return n


@inlined
def add_new(out, n, value):
    """Add a value unless it is there; how many there are then."""
    for i in range(n):
        if out[i] == value:
            return n
    out[n] = value
    return n + 1


@inlined
def has_day(row):
    """Whether a row holds a day of birth, be it a stand-in."""
    return row[at.BIRTH_KIND] == FULL or row[at.BIRTH_KIND] == STAND_IN


@inlined
def by_place(row, facts, hashes, places, out, n):
    """Keys under a postcode with day and month, sound of the forename, or year of birth."""
    count, year = 0, row[at.BIRTH] // 10000
    forename = hashes.words[row[at.GIVEN], at.FORENAME_SOUND]
    for i in range(at.POSTCODES, at.POSTCODES + 3):
        code = row[i]
        communal = facts.places[code] & at.COMMUNAL
        if code and (row[at.GIVEN] or not communal):
            places[count, 0] = hashes.places[code, at.PLACE]
            places[count, 1] = forename if communal else np.uint64(0)
            count += 1
    if has_day(row):
        for i in range(count):
            start = joined(PLACE_AND_DAY, row[at.BIRTH] % 10000)
            n = add(out, n, joined_place(start, places[i]))
    if row[at.GIVEN]:
        for i in range(count):
            n = add(out, n, joined(joined_place(PLACE_AND_FORENAME, places[i]), forename))
    if year:
        for i in range(count):
            n = add(out, n, joined(joined_place(PLACE_AND_YEAR, places[i]), year))
    return n


@inlined
def joined_place(start, place):
    """A hash of a place: its postcode, and where it is communal the sound of the forename."""
    found = joined(start, place[0])
    return joined(found, place[1]) if place[1] else found


@inlined
def by_names(row, facts, hashes, names, out, n):
    """Keys under both names with year, day and month, or district."""
    if not row[at.GIVEN] or not row[at.FAMILY]:
        return n
    givens = two_spellings(row, at.GIVEN, at.OTHER_GIVEN, facts.spelling, hashes, names[:2])
    families = two_spellings(
        row, at.FAMILY, at.OTHER_FAMILY, facts.family_spelling, hashes, names[2:]
    )
    district = hashes.places[row[at.POSTCODES], at.DISTRICT]
    for which in range(3):
        for i in range(givens):
            for j in range(2, 2 + families):
                if which == 0 and row[at.BIRTH] >= 10000:
                    both = joined_two(NAMES_AND_YEAR, names[i], names[j])
                    n = add(out, n, joined(both, row[at.BIRTH] // 10000))
                if which == 1 and has_day(row):
                    both = joined_two(NAMES_AND_DAY, names[i], names[j])
                    n = add(out, n, joined(both, row[at.BIRTH] % 10000))
                if which == 2 and row[at.POSTCODES]:
                    both = joined_two(NAMES_AND_DISTRICT, names[i], names[j])
                    n = add(out, n, joined(both, district))
    return n


@inlined
def two_spellings(row, first, others, spelling, hashes, out):
    """The first two different common spellings of a name and its alternatives; how many."""
    out[0] = hashes.words[spelling[row[first]], at.WORD]
    for i in range(others, others + 3):
        if row[i]:
            other = hashes.words[spelling[row[i]], at.WORD]
            if other != out[0]:
                out[1] = other
                return 2
    return 1


@inlined
def by_others(row, facts, hashes, out, n):
    """Keys under the mother's number, a carer's name, and ways to reach the family."""
    year, month = row[at.BIRTH] // 10000, row[at.BIRTH] // 100
    if row[at.MOTHER]:
        n = add(out, n, joined(MOTHER, hashes.numbers[row[at.MOTHER]]))
    for i in range(at.CARERS, at.CARERS + 6, 2):
        if row[i] and row[at.BIRTH_KIND]:
            carer = joined(CARER_AND_BIRTH, hashes.words[facts.spelling[row[i]], at.WORD])
            n = add(out, n, joined(joined(carer, hashes.words[row[i + 1], at.WORD]), month))
    for i in range(at.CONTACTS, at.CONTACTS + 3):
        if row[i] and year:
            n = add(out, n, joined(joined(CONTACT_AND_YEAR, hashes.numbers[row[i]]), year))
    return n


@inlined
def ties(rows, facts, out):
    """Where each row stands in a long block: alike names side by side, whatever came first."""
    for i in range(len(rows)):
        tie = np.uint32(0)
        for word in (rows[i, at.FAMILY], rows[i, at.GIVEN]):
            for letter in range(3):
                tie = tie << np.uint32(5) | np.uint32(facts.letters[word, letter] & np.uint8(31))
        out[i] = tie
