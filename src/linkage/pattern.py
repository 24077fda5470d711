"""All levels of a pair as one whole number, and back: four bits for each field."""

from enum import IntEnum

from linkage.comparable import Comparable
from linkage.compare.carers import Carers, Contact, carers, contact
from linkage.compare.dates import Birth, birth
from linkage.compare.identifiers import LaChild, Nhs, Upn, la_child, nhs, upn
from linkage.compare.life import Life, life
from linkage.compare.names import (
    Family,
    Given,
    Middle,
    family,
    family_rarity,
    given,
    given_rarity,
    middle,
)
from linkage.compare.places import Place, place
from linkage.compare.sex import Sex, sex
from linkage.population import Population

FIELDS: dict[str, type[IntEnum]] = {
    "given": Given,
    "middle": Middle,
    "family": Family,
    "birth": Birth,
    "sex": Sex,
    "place": Place,
    "nhs": Nhs,
    "upn": Upn,
    "la_child": LaChild,
    "carers": Carers,
    "life": Life,
    "contact": Contact,
}
"""The fields that are compared, each with its levels; level 0 means missing in either record."""

RARITIES = ("given", "family")
"""The fields whose agreement weighs more the rarer the name; their classes follow the levels."""

BITS, MOST = 4, 15
PLACES = {name: i for i, name in enumerate((*FIELDS, *(f"{name}_rarity" for name in RARITIES)))}
"""Where each level stands in the code: place i takes bits 4i to 4i + 3."""
_READ = tuple(
    (name, BITS * PLACES[name], {int(one): one for one in levels})
    for name, levels in FIELDS.items()
)
"""Of each field where it begins in the code, and its levels by their numbers."""


def compare(left: Comparable, right: Comparable, population: Population) -> int:
    """The pattern of a pair: every level of agreement as one code. Symmetric."""
    first, second = given(left, right, population), family(left, right)
    levels = {
        "given": first,
        "middle": middle(left, right, first),
        "family": second,
        "birth": birth(left, right, population),
        "sex": sex(left, right),
        "place": place(left, right, population),
        "nhs": nhs(left, right),
        "upn": upn(left, right),
        "la_child": la_child(left, right),
        "carers": carers(left, right),
        "life": life(left, right),
        "contact": contact(left, right),
        "given_rarity": given_rarity(left, right, first, population),
        "family_rarity": family_rarity(left, right, second, population),
    }
    return encode(levels)


def encode(levels: dict[str, int]) -> int:
    """One code from levels by name of place; those not named are 0."""
    return sum(level << BITS * PLACES[name] for name, level in levels.items())


def level(pattern: int, name: str) -> int:
    """The level at one place of a pattern."""
    return pattern >> BITS * PLACES[name] & MOST


def named(pattern: int) -> dict[str, IntEnum]:
    """The levels of all fields of a pattern by name."""
    return {name: levels[pattern >> place & MOST] for name, place, levels in _READ}
