"""Which records meet: the keys of a record, under rules that survive the errors records have.

Two records are compared when they share a key. Each rule below is one way in which records of one
child still agree; a record has one key for each name word it holds, so order, hyphens and former
names do not part it from its kin.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import jellyfish

from linkage import lexicon
from linkage.comparable import BirthKind, Comparable
from linkage.compare.places import district
from linkage.population import Population

MOST_KEYS = 24
"""Keys that a record is filed under; those of the first rules are kept."""
LONGEST_BLOCK = 2000
"""Records of a block that each record is compared with; what lies beyond is counted."""


class Rule(NamedTuple):
    """One way in which two records meet."""

    name: str
    values: Callable[[Comparable, Population], Iterator[tuple[object, ...]]]


def keys(record: Comparable, population: Population) -> tuple[int, ...]:
    """The keys of a record, ascending, each a whole number below 2 ** 63 and above 0."""
    found = (
        _hash(rule.name, value)
        for rule in RULES
        for value in dict.fromkeys(rule.values(record, population))
    )
    return tuple(sorted(list(dict.fromkeys(found))[:MOST_KEYS]))


def shared_rules(left: Comparable, right: Comparable, population: Population) -> tuple[str, ...]:
    """The names of the rules under which two records meet; none: they are never compared."""
    return tuple(
        rule.name
        for rule in RULES
        if not set(rule.values(left, population)).isdisjoint(rule.values(right, population))
    )


@lru_cache(1 << 18)
def sound(word: str) -> str:
    """How a word begins to sound: Soundex of its common spelling, for blocking only.

    >>> sound("mohammed") == sound("muhammad"), sound("siobhan") == sound("shivaun")
    (True, True)
    """
    return str(jellyfish.soundex(word))


def _identifiers(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    if record.nhs:
        yield ("nhs", record.nhs)
    for number in (record.upn, *record.former_upns):
        if number:
            yield ("upn", number)
    if record.la_child:
        yield ("la", record.la_child)


def _birth_and_name(record: Comparable, population: Population) -> Iterator[tuple[object, ...]]:
    """The birth date and the sound of any name word; two words where the day is a default."""
    if not _has_day(record):
        return
    sounds = _name_sounds(record)
    if population.is_default_day(record.birth):
        yield from ((record.birth, a, b) for a in sounds for b in sounds if a < b)
    else:
        yield from ((record.birth, word) for word in sounds)


def _birth_and_place(record: Comparable, population: Population) -> Iterator[tuple[object, ...]]:
    if _has_day(record):
        yield from ((record.birth, code) for code in _places(record, population))


def _place_and_forename(record: Comparable, population: Population) -> Iterator[tuple[object, ...]]:
    if record.given:
        word = sound(_forename(record))
        yield from ((code, word) for code in _places(record, population))


def _place_and_year(record: Comparable, population: Population) -> Iterator[tuple[object, ...]]:
    if record.birth:
        yield from ((code, record.birth // 10000) for code in _places(record, population))


def _names_and_year(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    """Both names and the year: day or month wrong."""
    if record.birth:
        yield from ((*names, record.birth // 10000) for names in _both_names(record))


def _names_and_day(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    """Both names, day and month: the year wrong."""
    if _has_day(record):
        yield from ((*names, record.birth % 10000) for names in _both_names(record))


def _names_and_district(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    if record.postcodes:
        outward = district(record.postcodes[0])
        yield from ((*names, outward) for names in _both_names(record))


def _mother(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    if record.mother_nhs:
        yield (record.mother_nhs,)


def _carer_and_birth(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    """A carer's name and the month of birth: name and address of the child changed."""
    if record.birth_kind != BirthKind.MISSING:
        month = record.birth // 100
        yield from ((lexicon.one_spelling(given), fam, month) for given, fam in record.carers)


def _contact_and_year(record: Comparable, _: Population) -> Iterator[tuple[object, ...]]:
    if record.birth:
        yield from ((way, record.birth // 10000) for way in record.contacts)


RULES = (
    Rule("an identifier", _identifiers),
    Rule("birth date and the sound of a name", _birth_and_name),
    Rule("birth date and postcode", _birth_and_place),
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
    """Sounds of the words by which the child may be known, forename and family name alike."""
    given = [lexicon.one_spelling(word) for word in (*record.given[:2], *record.other_given[:1])]
    parts = [word for word in record.parts if word not in lexicon.TITLES]
    family = [lexicon.one_family_spelling(w) for w in (*parts[:2], *record.other_family[:1])]
    return tuple(dict.fromkeys(sound(word) for word in (*family, *given)))


def _both_names(record: Comparable) -> Iterator[tuple[str, str]]:
    """Forename and family name in the order of the alphabet, so that their order is no matter."""
    if not record.given or not record.family:
        return
    forenames = dict.fromkeys([_forename(record), *map(lexicon.one_spelling, record.other_given)])
    families = dict.fromkeys(
        lexicon.one_family_spelling(name) for name in (record.family, *record.other_family)
    )
    for given in list(forenames)[:2]:
        for family in list(families)[:2]:
            yield (given, family) if given < family else (family, given)


def _places(record: Comparable, population: Population) -> Iterator[str]:
    """The record's postcodes; a communal one only together with the sound of the forename."""
    for code in record.postcodes[:3]:
        if code not in population.communal_places:
            yield code
        elif record.given:
            yield f"{code} {sound(_forename(record))}"


def _hash(rule: str, value: tuple[object, ...]) -> int:
    text = f"{rule}\x1f{value!r}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest()) >> 1 or 1
