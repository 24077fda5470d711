"""What comes near to a few records that must not be missed, and how near."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import pattern as patterns
from linkage.decide import Levels, contradiction
from linkage.index import Index
from linkage.model import Model
from linkage.near import Few, clears, share, untold
from linkage.standardise import standardise
from person.identifiers import Identifier
from person.names import PersonName
from person.particulars import BirthDate, Carer, Particulars
from person.places import Address
from tests.linkage.strategies import comparables

MODEL = Model.shipped()
NHS, OTHER, MOTHER = "9000000009", "9000000017", "9000000025"


def child(given="Asha", family="Okonjo", dob="2015-03-04", postcode="SE15 3QN", **more):
    who = Particulars(
        names=(PersonName((given,), family),),
        birth=BirthDate(dob),
        sex="F",
        addresses=(Address(("7 Quill Lane",), "", postcode),),
        **more,
    )
    return standardise(who)


def near(asked, *known):
    """The pairs of a record, whose ordinal is 9, with the few, from 1 on."""
    index = Index(MODEL)
    index.put([(9, 0, asked), *((n, 0, one) for n, one in enumerate(known, start=1))])
    return Few(index, range(1, len(known) + 1)).pairs([9], float("-inf"))


def at_floor(floor, asked, *known):
    """Those of the pairs that weigh so much."""
    index = Index(MODEL)
    index.put([(9, 0, asked), *((n, 0, one) for n, one in enumerate(known, start=1))])
    return Few(index, range(1, len(known) + 1)).pairs([9], floor)


@given(comparables(), st.lists(comparables(), min_size=1, max_size=4), st.floats(-40, 20))
def test_from_a_weight_on_are_those_of_all_pairs_that_weigh_so_much(asked, known, floor):
    wanted = [pair for pair in near(asked, *known) if pair.weight >= floor]
    assert at_floor(floor, asked, *known) == wanted


def weights(asked, *known):
    return {pair.other: pair.weight for pair in near(asked, *known)}


@pytest.mark.parametrize(
    "changed",
    [
        {"given": "Bela", "family": "Smith", "postcode": "YO1 7HH"},
        {"dob": "2015-04-03", "given": "Bela", "family": "Smith", "postcode": "YO1 7HH"},
        {"dob": "2015-09-30", "family": "Smith", "postcode": "YO1 7HH"},
        {"dob": "2011-09-30", "postcode": "YO1 7HH"},
        {"dob": "2011-09-30", "given": "Bela", "family": "Smith"},
    ],
    ids=["birth date", "day and month exchanged", "forename and year", "both names", "postcode"],
)
def test_one_thing_in_common_is_enough_to_be_compared(changed):
    assert weights(child(**changed), child())


def test_nothing_in_common_is_not_compared():
    stranger = child("Bela", "Smith", "2011-09-30", "YO1 7HH")
    assert weights(stranger, child()) == {}


def stranger(**more):
    return child("Bela", "Smith", "2011-09-30", "YO1 7HH", **more)


UPN = "K801200024001"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        *(
            ({"identifiers": (Identifier(*one),)}, {"identifiers": (Identifier(*other),)})
            for one, other in (
                (("nhs", NHS), ("nhs", NHS)),
                (("upn", UPN), ("upn", UPN)),
                (("upn", UPN), ("upn", UPN, "former")),
                (("upn", UPN, "former"), ("upn", UPN, "former")),
            )
        ),
        (
            {"carers": (Carer("Ada", "Okonjo", "mother", nhs=MOTHER),)},
            {"carers": (Carer("Eve", "Quy", "mother", nhs=MOTHER),)},
        ),
        ({"carers": (Carer("Ada", "Quy"),)}, {"carers": (Carer("Ada", "Quy"),)}),
        ({"phones": ("020 7946 0018",)}, {"phones": ("020 7946 0018",)}),
        ({"emails": ("ada@example.org",)}, {"emails": ("ada@example.org",)}),
    ],
    ids=["NHS number", "UPN", "a former UPN", "two former UPNs", "mother", "carer", "telephone",
         "e-mail"],
)  # fmt: skip
def test_a_number_a_parent_or_a_way_to_reach_them_is_enough_too(left, right):
    assert weights(child(**left), stranger(**right))
    assert weights(stranger(**right), child(**left))
    assert not weights(child(**left), stranger())


def who(*names, dob, postcodes):
    addresses = [Address(("1 Mill Lane",), "", postcode) for postcode in postcodes]
    return standardise(
        Particulars(names=names, birth=BirthDate(dob), sex="F", addresses=tuple(addresses))
    )


def test_a_former_name_or_home_in_common_is_enough_too():
    names = PersonName(("Asha",), "Okonjo"), PersonName(("Asha",), "Danjuma", "former")
    known = who(*names, dob="2015-03-04", postcodes=("SE15 3QN", "LS1 4AP"))
    by_name = who(PersonName(("Bela",), "Danjuma"), dob="2015-09-30", postcodes=("YO1 7HH",))
    by_home = who(PersonName(("Bela",), "Smith"), dob="2011-09-30", postcodes=("LS1 4AP",))
    nothing = who(PersonName(("Bela",), "Smith"), dob="2011-09-30", postcodes=("YO1 7HH",))
    assert set(weights(by_name, known)) == set(weights(by_home, known)) == {1}
    assert weights(nothing, known) == {}


def test_a_stand_in_for_a_birth_date_in_common_is_enough_too():
    birth = BirthDate("2015-01-01", default_day=True)
    one, other = (
        standardise(Particulars(names=(PersonName((given,), family),), birth=birth))
        for given, family in (("Asha", "Okonjo"), ("Bela", "Smith"))
    )
    assert weights(one, other)


def test_what_weighs_less_than_is_asked_for_is_left_out():
    index = Index(MODEL)
    index.put([(1, 0, child()), (2, 0, child()), (3, 0, child("Bela", "Smith", "2011-09-30"))])
    few = Few(index, [1, 2, 3])
    whole = {pair.other: pair.weight for pair in few.pairs([1], float("-inf"))}
    assert set(whole) == {2, 3}
    assert [pair.other for pair in few.pairs([1], (whole[2] + whole[3]) / 2)] == [2]


def test_who_was_born_after_another_had_died_is_not_released_for_that():
    died = child(died="2014-01-01", dob="2013-01-01")
    code = _pattern(died, child(dob="2015-03-04"))
    assert contradiction(Levels.of(code))
    assert not clears(code)


@given(comparables(), comparables())
def test_a_pair_weighs_what_it_weighs_in_the_index_where_no_authority_is_told(left, right):
    left, right = (msgspec.structs.replace(one, authorities=()) for one in (left, right))
    index = Index(MODEL)
    index.put([(1, 0, left), (2, 0, right)])
    usual = index.pairs_of([2], -10.0)
    found = Few(index, [1]).pairs([2], float("-inf"))
    for pair in found:
        assert pair.pattern == patterns.compare(left, right, MODEL.population)
    if found and len(usual.weight):
        assert [pair.weight for pair in found] == usual.weight.tolist()


@given(comparables(), comparables())
def test_a_child_known_elsewhere_is_no_less_near_and_one_known_there_no_nearer(left, right):
    """Who had to flee is known where nobody knew of it; and in one region many are known."""
    found = []
    for told in ((left.authorities, right.authorities), ((), ()), ((210,), (330,))):
        one, other = map(_known, (left, right), told)
        index = Index(MODEL)
        index.put([(1, 0, one), (2, 0, other)])
        few = Few(index, [1])
        found.append((few.pairs([2], float("-inf")), few.against([2], [1])))
    assert found[0] == found[1] == found[2]


@given(comparables(), comparables())
def test_a_rival_weighs_as_if_no_authority_were_told_too(left, right):
    """Else who is known where a child fled to would take its new record from under the shield."""
    told, silent = Index(MODEL), Index(MODEL)
    told.put([(1, 0, left), (2, 0, right)])
    silent.put([(1, 0, _known(left, ())), (2, 0, _known(right, ()))])
    pairs, expected = (index.pairs_of([2], -60.0) for index in (told, silent))
    assert untold(pairs, MODEL).tolist() == expected.weight.tolist()


def _known(record, authorities):
    return msgspec.structs.replace(record, authorities=authorities)


def test_a_record_is_not_near_to_itself_and_the_few_alone_are_met():
    index = Index(MODEL)
    index.put([(1, 0, child()), (2, 0, child("Aisha")), (3, 0, child("Bela"))])
    few = Few(index, [1, 2, 8])
    assert [(pair.asked, pair.other) for pair in few.pairs([1, 7], -99.0)] == [(1, 2)]
    assert {(pair.asked, pair.other) for pair in few.against([3], [2])} == {(3, 2)}


def _pattern(one, other):
    return patterns.compare(one, other, MODEL.population)


def test_two_verified_numbers_clear_and_one_does_not():
    mine, theirs = (
        child(identifiers=(Identifier("nhs", number, "verified"),)) for number in (NHS, OTHER)
    )
    assert clears(_pattern(mine, theirs))
    assert not clears(_pattern(mine, child(identifiers=(Identifier("nhs", OTHER),))))
    assert not clears(_pattern(mine, child()))


def test_another_place_in_a_birth_clears_only_where_the_mother_is_the_same():
    mother = (Carer("Ada", "Okonjo", "mother", nhs=MOTHER),)
    first, second = (child(births=2, birth_order=n, carers=mother) for n in (1, 2))
    assert clears(_pattern(first, second))
    assert not clears(_pattern(first, child(births=2, birth_order=2)))


weight = st.floats(-40, 40)


@given(st.lists(weight, min_size=1, max_size=5), st.lists(weight, max_size=5), weight)
def test_a_rival_takes_away_and_never_adds(near, rivals, another):
    chance = share(near, rivals)
    assert 0 <= share(near, [*rivals, another]) <= chance <= 1
    assert share([*near, another], rivals) >= chance - 1e-12
