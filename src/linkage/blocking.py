"""Which records meet: the keys of a record, under rules that survive the errors records have.

Two records are compared when they share a key. Each rule below is one way in which records of one
child still agree; a record has one key for each name word it holds, so order, hyphens and former
names do not part it from its kin.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple, Self

import jellyfish

from linkage import hashing, lexicon
from linkage.comparable import BirthKind, Comparable
from linkage.compare.places import district
from linkage.population import Population

MOST_KEYS = 24
"""Keys that a record is filed under; those of the first rules are kept."""
LONGEST_BLOCK = 2000
"""Records of a block that each record is compared with; what lies beyond is counted."""


class Filed(NamedTuple):
    """A record with what several rules ask of it, found once."""

    record: Comparable
    sounds: tuple[str, ...]
    """Sounds of the words by which the child may be known, forename and family name alike."""
    names: tuple[tuple[str, str], ...]
    """Forename and family name ``in_order``, so that which is which is no matter."""
    places: tuple[tuple[str, ...], ...]
    """Its postcodes; a communal one only together with the sound of the forename."""
    is_default_day: bool

    @classmethod
    def of(cls, record: Comparable, population: Population) -> Self:
        """What the rules ask of a record under a population."""
        return cls(
            record,
            _name_sounds(record),
            _both_names(record),
            _places(record, population),
            population.is_default_day(record.birth),
        )


Values = Iterable[tuple[str | int, ...]]


class Rule(NamedTuple):
    """One way in which two records meet."""

    name: str
    values: Callable[[Filed], Values]


def keys(record: Comparable, population: Population) -> tuple[int, ...]:
    """The keys of a record, ascending, each a whole number below 2 ** 32 and above 0.

    Keys are hashes of what a record says. Where two things have one hash, records meet that need
    not: they are compared as any others are. ``linkage.compiled.keys`` gives the same keys.
    """
    filed = Filed.of(record, population)
    found = [_hash(n, value) for n, rule in enumerate(RULES) for value in rule.values(filed)]
    return tuple(sorted(list(dict.fromkeys(found))[:MOST_KEYS]))


def in_order(one: str, other: str) -> tuple[str, str]:
    """Two words in an order that does not depend on which comes first."""
    return (one, other) if hashing.of_text(one) < hashing.of_text(other) else (other, one)


@lru_cache(1 << 15)
def sound(word: str) -> str:
    """How a word begins to sound: Soundex of its common spelling, for blocking only.

    >>> sound("mohammed") == sound("muhammad"), sound("siobhan") == sound("shivaun")
    (True, True)
    """
    return str(jellyfish.soundex(word))


def _identifiers(filed: Filed) -> Values:
    record = filed.record
    if record.nhs:
        yield ("nhs", record.nhs)
    for number in (record.upn, *record.former_upns):
        if number:
            yield ("upn", number)
    if record.la_child:
        yield ("la", record.la_child)


def _birth_and_name(filed: Filed) -> Values:
    """The birth date and the sound of any name word; two words where the day is a default."""
    birth, sounds = filed.record.birth, filed.sounds
    if not _has_day(filed.record):
        return ()
    if filed.is_default_day:
        return [(birth, *in_order(a, b)) for a, b in combinations(sounds, 2)]
    return [(birth, word) for word in sounds]


def _place_and_day(filed: Filed) -> Values:
    """A postcode, day and month: the year wrong, and a slip in a name."""
    if not _has_day(filed.record):
        return ()
    return [(filed.record.birth % 10000, *place) for place in filed.places]


def _place_and_forename(filed: Filed) -> Values:
    if not filed.record.given:
        return ()
    word = sound(_forename(filed.record))
    return [(*place, word) for place in filed.places]


def _place_and_year(filed: Filed) -> Values:
    year = filed.record.birth // 10000
    return [(*place, year) for place in filed.places] if year else ()


def _names_and_year(filed: Filed) -> Values:
    """Both names and the year: day or month wrong."""
    year = filed.record.birth // 10000
    return [(*names, year) for names in filed.names] if year else ()


def _names_and_day(filed: Filed) -> Values:
    """Both names, day and month: the year wrong."""
    if not _has_day(filed.record):
        return ()
    return [(*names, filed.record.birth % 10000) for names in filed.names]


def _names_and_district(filed: Filed) -> Values:
    if not filed.record.postcodes:
        return ()
    outward = district(filed.record.postcodes[0])
    return [(*names, outward) for names in filed.names]


def _mother(filed: Filed) -> Values:
    return [(filed.record.mother_nhs,)] if filed.record.mother_nhs else ()


def _carer_and_birth(filed: Filed) -> Values:
    """A carer's name and the month of birth: name and address of the child changed."""
    record = filed.record
    if record.birth_kind == BirthKind.MISSING:
        return ()
    month = record.birth // 100
    return [(lexicon.one_spelling(given), fam, month) for given, fam in record.carers]


def _contact_and_year(filed: Filed) -> Values:
    year = filed.record.birth // 10000
    return [(way, year) for way in filed.record.contacts] if year else ()


RULES = (
    Rule("an identifier", _identifiers),
    Rule("birth date and the sound of a name", _birth_and_name),
    Rule("postcode, day and month of birth", _place_and_day),
    Rule("postcode and the sound of the forename", _place_and_forename),
    Rule("postcode and year of birth", _place_and_year),
    Rule("both names and year of birth", _names_and_year),
    Rule("both names, day and month of birth", _names_and_day),
    Rule("both names and district", _names_and_district),
    Rule("mother's NHS number", _mother),
    Rule("a carer's name and month of birth", _carer_and_birth),
    Rule("a telephone number or e-mail address and year of birth", _contact_and_year),
)
"""All rules; a pair meets under any of them. The first ones keep their keys where a record has
more than ``MOST_KEYS``."""


def _has_day(record: Comparable) -> bool:
    return record.birth_kind in (BirthKind.FULL, BirthKind.STAND_IN)


def _forename(record: Comparable) -> str:
    return lexicon.one_spelling(record.given[0])


def _name_sounds(record: Comparable) -> tuple[str, ...]:
    """Titles are left out, as too many bear them.

    Where no other family name is, a forename in two words has the sound of one, too: Har Preet Kaur
    is Harpreet.
    """
    parts = [word for word in record.parts if word not in lexicon.TITLES]
    joined = (record.joined,) if record.joined and record.parts and not parts else ()
    names = (*record.given[:2], *record.other_given[:1], *joined)
    given = [lexicon.one_spelling(word) for word in names]
    family = [lexicon.one_family_spelling(w) for w in (*parts[:2], *record.other_family[:1])]
    return tuple(dict.fromkeys(sound(word) for word in (*family, *given)))


def _both_names(record: Comparable) -> tuple[tuple[str, str], ...]:
    if not record.given or not record.family:
        return ()
    forenames = dict.fromkeys([_forename(record), *map(lexicon.one_spelling, record.other_given)])
    families = dict.fromkeys(
        lexicon.one_family_spelling(name) for name in (record.family, *record.other_family)
    )
    return tuple(
        in_order(given, family) for given in list(forenames)[:2] for family in list(families)[:2]
    )


def _places(record: Comparable, population: Population) -> tuple[tuple[str, ...], ...]:
    found: list[tuple[str, ...]] = []
    for code in record.postcodes[:3]:
        if code not in population.communal_places:
            found.append((code,))
        elif record.given:
            found.append((code, sound(_forename(record))))
    return tuple(found)


def _hash(rule: int, value: tuple[str | int, ...]) -> int:
    whole = hashing.mixed(rule + 1)
    for part in value:
        whole = hashing.joined(whole, hashing.of_text(part) if isinstance(part, str) else part)
    return whole >> 32 or 1
