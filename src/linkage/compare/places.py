"""Where children live and have lived, by postcode."""

from enum import IntEnum

from linkage import authorities
from linkage.comparable import Comparable
from linkage.compare import strings
from linkage.population import Population


class Place(IntEnum):
    """How far two records agree on the postcode, history included."""

    MISSING = 0
    EXACT = 1
    PAST = 2
    """One record's present postcode, or both their past ones, agree with the other's past."""
    COMMUNAL = 3
    """The same hostel, home or refuge: strangers live there."""
    SLIP = 4
    SECTOR = 5
    DISTRICT = 6
    AREA = 7
    DIFFERENT = 8
    KNOWN_THERE = 9
    """Different, and an authority that knows one child is that of the other's home, past or
    present: it issued the UPN, has the school, or the social care."""
    KNOWN_ELSEWHERE = 10
    """Different, and authorities that know a child are not those of the other's homes."""


def place(left: Comparable, right: Comparable, population: Population) -> Place:
    """The level of the postcode: the best over all that each record holds."""
    if not left.postcodes or not right.postcodes:
        return Place.MISSING
    one, other = left.postcodes[0], right.postcodes[0]
    shared = [code for code in left.postcodes if code in right.postcodes]
    if shared and all(code in population.communal_places for code in shared):
        return Place.COMMUNAL
    if one == other and not left.moved and not right.moved:
        return Place.COMMUNAL if one in population.communal_places else Place.EXACT
    if shared:
        return Place.PAST
    if strings.one_slip(one, other):
        return Place.SLIP
    found = _nearness(one, other)
    if found != Place.DIFFERENT or _numbers(left) & _numbers(right):
        return found
    return _known(left, right)


def sector(postcode: str) -> str:
    """The postcode without its last two letters: some 3,000 addresses."""
    return postcode[:-2]


def district(postcode: str) -> str:
    """The outward code: ``SE15`` of ``SE153QN``."""
    return postcode[:-3]


def area(postcode: str) -> str:
    """The letters it begins with: ``SE`` of ``SE153QN``."""
    return postcode[: 2 if postcode[1:2].isalpha() else 1]


def _nearness(one: str, other: str) -> Place:
    if sector(one) == sector(other):
        return Place.SECTOR
    if district(one) == district(other):
        return Place.DISTRICT
    return Place.AREA if area(one) == area(other) else Place.DIFFERENT


def _numbers(record: Comparable) -> set[str]:
    """Those that name an authority: one that two records share has said already what that would."""
    return {record.upn, *record.former_upns, record.la_child} - {""}


def _known(left: Comparable, right: Comparable) -> Place:
    """What the authorities that know two children say whose homes are far apart."""
    told = False
    for one, other in ((left, right), (right, left)):
        homes = {code for postcode in other.postcodes for code in authorities.of_postcode(postcode)}
        if homes.intersection(one.authorities):
            return Place.KNOWN_THERE
        told = told or bool(homes and one.authorities)
    return Place.KNOWN_ELSEWHERE if told else Place.DIFFERENT
