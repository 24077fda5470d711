"""What a reader sees of a child, and what of a restricted one."""

from itertools import permutations
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from person.names import PersonName
from person.particulars import BirthDate, Carer, LeadProfessional, Particulars
from person.places import Address
from person.services import Involvement
from projections.survivorship import Stated
from projections.view import FIELDS, ChildView, Name, RestrictedView
from projections.view import view as any_view
from tests.projections.fake_log import nhs, person


def view(number, records) -> Any:
    return any_view(number, records)


def stated(who, *, source="s", key="k", kind="school", when=1):
    return Stated(source, key, kind, when, when, who)


def test_health_is_believed_of_the_name_before_a_later_school():
    seen = view("1", [stated(person(given="Old"), kind="health", when=1), stated(person(), when=9)])
    assert seen.name.value.given == ("Old",)
    assert [told.value.given for told in seen.name.others] == [("Ayesha",)]


def test_a_name_that_has_ended_is_borne_no_more():
    ended = PersonName(("Ayesha",), "Khan", "legal", "2020-01-01", "2024-05-06")
    now = PersonName(("Ayesha",), "Rahman", "preferred")
    seen = view("1", [stated(Particulars(names=(ended, now)))])
    assert seen.name.value == now
    assert [told.value for told in seen.other_names] == [ended]


def test_the_address_told_last_is_believed_whatever_the_agency():
    moved = stated(person(postcode="M1 1AA"), source="b", when=9)
    seen = view("1", [stated(person(), kind="health"), moved])
    assert seen.address.value.address.postcode == "M1 1AA"
    assert seen.address.source == "b"


def test_no_known_address_is_a_statement_and_a_missing_address_is_none():
    assert view("1", [stated(Particulars(no_known_address=True))]).address.value.no_known_address
    assert view("1", [stated(Particulars())]).address is None


def test_a_past_address_is_shown_as_last_known():
    past = Address(postcode="M1 1AA", use="former")
    seen = view("1", [stated(Particulars(addresses=(past,)))])
    assert seen.address.value.last_known


def test_a_full_birth_date_is_believed_before_a_partial_one():
    partial = stated(person(dob="2015"), kind="health", when=9)
    assert view("1", [partial, stated(person())]).birth.value.value == "2015-03-04"


def test_one_agencys_parent_does_not_displace_anothers():
    one = stated(Particulars(carers=(Carer("Ana", "Khan", "mother", nhs="9000000009"),)))
    other = stated(Particulars(carers=(Carer("Bo", "Khan", "father"),)), source="b")
    seen = view("1", [one, other])
    assert {told.value.given for told in seen.parents} == {"Ana", "Bo"}
    assert b"9000000009" not in msgspec.json.encode(seen)


def test_at_most_one_lead_professional_is_current():
    first = stated(Particulars(lead_professional=LeadProfessional("A", start="2024-01-01")))
    later = stated(Particulars(lead_professional=LeadProfessional("B", start="2025-01-01")))
    ended = stated(
        Particulars(lead_professional=LeadProfessional("C", start="2026-01-01", end="2026-02-01"))
    )
    assert view("1", [first, later, ended]).lead_professional.value.name == "B"


def test_a_sensitive_service_is_not_shown_even_among_the_others():
    services = (Involvement("school", name="Hill"), Involvement("mental-health", name="Clinic"))
    seen = view("1", [stated(Particulars(involvements=services))])
    assert [told.value.kind for told in seen.services] == ["school"]


def test_a_restricted_view_has_the_fields_of_the_allow_list_and_no_others():
    assert RestrictedView.__struct_fields__ == FIELDS


words = st.sampled_from(["Ada", "Bea", "Cleo", "Dot", "Eve"])
dates = st.sampled_from(["2015-03-04", "2015", "2016-01-01"])
postcodes = st.sampled_from(["SE15 3QN", "M1 1AA", ""])
people = st.builds(
    lambda given, family, dob, sex, postcode: Particulars(
        names=(PersonName((given,), family),),
        birth=BirthDate(dob),
        sex=sex,
        addresses=(Address(postcode=postcode),),
        carers=(Carer(family, given, "mother"),),
        involvements=(Involvement("school", name=given),),
    ),
    words,
    words,
    dates,
    st.sampled_from(["F", "M", "U", None]),
    postcodes,
)
records = st.lists(
    st.builds(
        lambda who, kind, when: (who, kind, when),
        people,
        st.sampled_from(["health", "school", "social-care", ""]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=4,
)


@given(records)
def test_the_order_of_the_records_does_not_matter(given_records):
    made = [
        stated(who, kind=kind, when=when, source=f"s{n % 2}", key=f"k{n}")
        for n, (who, kind, when) in enumerate(given_records)
    ]
    assert len({msgspec.json.encode(view("1", order)) for order in permutations(made)}) == 1


hidden = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4FFF), min_size=3, max_size=6)


@given(st.lists(hidden, min_size=9, max_size=9, unique=True), st.booleans())
def test_nothing_hidden_of_a_restricted_child_is_in_its_view(secrets, other_marked):
    mark = Particulars(
        names=(PersonName(("Eve",), "Oak"), PersonName((secrets[0],), secrets[1], use="former")),
        birth=BirthDate("2015-03-04"),
        addresses=(Address((secrets[2],), secrets[3]),),
        identifiers=(nhs(),),
        carers=(Carer(secrets[4], secrets[5], "mother"),),
        involvements=(Involvement("school", name=secrets[6]),),
        restricted=not other_marked,
    )
    other = Particulars(
        names=(PersonName((secrets[7],), "Oak", use="alias"),),
        addresses=(Address((secrets[8],)),),
        restricted=other_marked,
    )
    seen = view("1", [stated(mark, source="a"), stated(other, source="hidden-source")])
    text = msgspec.json.encode(seen).decode()
    assert isinstance(seen, RestrictedView)
    assert not any(secret in text for secret in [*secrets, "hidden-source", "9000000009"])
    assert seen.name == Name(("Eve",), "Oak")


def test_without_a_mark_all_of_it_is_seen():
    assert isinstance(view("1", [stated(person())]), ChildView)
