"""Records of a source that holds each child once meet where they share a number, and only there."""

from itertools import combinations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from linkage.comparable import Comparable
from linkage.compare.identifiers import Nhs, Upn, nhs, upn
from linkage.index import Index
from linkage.pattern import compare, level
from linkage.twice import MOST
from tests.linkage.strategies import comparables
from tests.linkage.test_index import random_model

NUMBERS = st.sampled_from(["", "9000000009", "9000000017"])
UPNS = st.sampled_from(["", "A801200000001", "B801200000002"])


@st.composite
def stated(draw):
    """Records of three sources, the last of which may hold a child twice, with few numbers."""
    found = []
    for ordinal in range(1, draw(st.integers(2, 8)) + 1):
        record = msgspec.structs.replace(
            draw(comparables()),
            nhs=draw(NUMBERS),
            nhs_verified=draw(st.booleans()),
            upn=draw(UPNS),
            upn_temporary=draw(st.booleans()),
            former_upns=tuple(dict.fromkeys(filter(None, [draw(UPNS), draw(UPNS)]))),
        )
        found.append((ordinal, draw(st.sampled_from([1, 2, 0])), record))
    return found


@given(stated(), st.integers(0, 3))
def test_two_records_of_a_source_that_holds_each_child_once_are_met_by_a_number(records, seed):
    index = Index(random_model(seed))
    index.put([(ordinal, 3 - source if source else 0, one) for ordinal, source, one in records])
    index.put(records)
    found = index.twice()
    wanted = [
        (a, b)
        for (a, one, left), (b, other, right) in combinations(records, 2)
        if one == other != 0
        and (
            nhs(left, right) in (Nhs.VERIFIED, Nhs.EXACT)
            or upn(left, right) in (Upn.EXACT, Upn.FORMER)
        )
    ]
    assert list(zip(found.left.tolist(), found.right.tolist(), strict=True)) == wanted
    known = {ordinal: record for ordinal, _, record in records}
    for left, right, code in zip(found.left, found.right, found.pattern, strict=True):
        pattern = compare(known[left], known[right], index.model.population)
        assert level(int(code), "nhs") == level(pattern, "nhs")


def test_what_another_number_says_is_no_matter_where_the_shared_one_is_temporary():
    one = Comparable(upn="X00180001701A", upn_temporary=True, la_child="201/1")
    index = Index(random_model(1))
    index.put([(1, 1, one), (2, 1, one)])
    assert len(index.twice()) == 0


@given(comparables())
def test_a_number_that_many_records_of_a_source_state_names_nobody(record):
    one = msgspec.structs.replace(record, nhs="9000000009")
    for count, pairs in ((MOST, MOST * (MOST - 1) // 2), (MOST + 1, 0)):
        index = Index(random_model(1))
        index.put([(ordinal, 1, one) for ordinal in range(1, count + 1)])
        assert len(index.twice()) == pairs
