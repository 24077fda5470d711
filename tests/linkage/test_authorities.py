"""Which authorities know a child, and what that says of homes far apart."""

import msgspec
import pytest

from linkage import authorities
from linkage.compare.places import Place, place
from linkage.population import Population
from linkage.standardise import standardise
from person.authorities import AUTHORITIES
from person.compared import Compared
from person.identifiers import Identifier
from person.particulars import Particulars
from person.places import Address
from person.services import KINDS, Involvement

HERE, THERE, FAR = (
    Address(postcode="SE15 3QN"),
    Address(postcode="B8 1AA"),
    Address(postcode="S1 2AB"),
)
WALES = Address(postcode="CF10 1AA")
BIRMINGHAM = Identifier("upn", "X330200024001")
FORMER = Identifier("upn", "X330200024001", "former")
SOUTHWARK = Identifier("upn", "X210200024001")


def level(left, right):
    one, other = standardise(Particulars(**left)), standardise(Particulars(**right))
    found = place(one, other, Population())
    assert place(other, one, Population()) == found
    return found


def at(*addresses, **more):
    return {"addresses": addresses, **more}


@pytest.mark.parametrize(
    "known",
    [
        {"identifiers": (BIRMINGHAM,)},
        {"identifiers": (SOUTHWARK, FORMER)},
        {"identifiers": (Identifier("la-child", "330/17"),)},
        {"involvements": (Involvement("school", "3302000"),)},
        {"involvements": (Involvement("school", "2102000"), Involvement("school", "3304000"))},
    ],
)
def test_a_child_is_known_where_the_other_lives_or_lived(known):
    assert level(at(HERE, **known), at(THERE)) == Place.KNOWN_THERE
    past = Address(postcode="B8 1AA", use="past", end="2020-01-01")
    assert level(at(HERE, **known), at(FAR, past)) == Place.KNOWN_THERE
    assert level(at(HERE, **known), at(FAR)) == Place.KNOWN_ELSEWHERE
    another = Identifier("upn", "X210200124002")
    assert level(at(HERE, **known), at(FAR, identifiers=(another,))) == Place.KNOWN_THERE


def test_nothing_is_said_where_no_authority_of_england_is_told():
    assert level(at(HERE), at(THERE)) == Place.DIFFERENT
    welsh, pseudo = Identifier("upn", "X660200024001"), Identifier("upn", "X001200024001")
    assert level(at(HERE, identifiers=(welsh,)), at(THERE)) == Place.DIFFERENT
    assert level(at(HERE, identifiers=(pseudo,)), at(THERE)) == Place.DIFFERENT
    assert level(at(HERE, identifiers=(SOUTHWARK,)), at(WALES)) == Place.DIFFERENT
    assert level(at(HERE, identifiers=(SOUTHWARK,)), at()) == Place.MISSING


def test_homes_near_each_other_say_so_themselves():
    assert level(at(HERE, identifiers=(SOUTHWARK,)), at(HERE)) == Place.EXACT
    near = Address(postcode="SE1 1AA")
    assert level(at(HERE, identifiers=(BIRMINGHAM,)), at(near)) == Place.AREA


@pytest.mark.parametrize("number", [BIRMINGHAM, FORMER])
def test_a_upn_that_both_hold_says_it_once(number):
    one, other = at(HERE, identifiers=(BIRMINGHAM,)), at(THERE, identifiers=(number,))
    assert level(one, other) == Place.DIFFERENT


def test_a_case_that_both_hold_says_it_once():
    case = (Identifier("la-child", "330/17"),)
    assert level(at(HERE, identifiers=case), at(THERE, identifiers=case)) == Place.DIFFERENT


def test_what_is_read_to_compare_tells_of_schools_too():
    said = Particulars(involvements=(Involvement("school", "3302000"),))
    read = msgspec.convert(said, Compared, from_attributes=True)
    assert standardise(read).authorities == standardise(said).authorities == (330,)


def test_a_number_of_an_authority_that_was_ended_names_those_in_its_place():
    cumbria = Identifier("upn", "X909200024001")
    assert (
        level(at(HERE, identifiers=(cumbria,)), at(Address(postcode="CA1 1AA")))
        == Place.KNOWN_THERE
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "school"])
def test_of_its_services_none_but_schools_tells_where_a_child_is_known(kind):
    """What only consent may disclose would show in a weight."""
    service = Involvement(kind, "3302000", consent="given")
    assert level(at(HERE, involvements=(service,)), at(THERE)) == Place.DIFFERENT


def test_the_table_holds_englands_authorities_and_no_ended_one():
    codes = [row["code"] for row in authorities.listed()]
    assert len(codes) == len(set(codes)) == 152
    assert set(codes) <= AUTHORITIES
    assert not set(codes) & set(authorities.ENDED)
    successors = {code for taken in authorities.ENDED.values() for code in taken}
    assert successors <= set(codes)
    most = [codes for codes in authorities.by_district().values() if len(codes) > authorities.MOST]
    assert not most
    assert sum(len(codes) == 1 for codes in authorities.by_district().values()) > 1_800
