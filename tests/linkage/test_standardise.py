"""Particulars in standard form: what is said twice counts once, and what is not compared not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage import lexicon
from linkage.standardise import standardise, standardise_row
from person.compared import Compared
from person.identifiers import Identifier
from person.names import USES, PersonName
from person.particulars import BirthDate, Carer, Particulars
from person.places import Address

WORDS = ("Mary-Ann", "O'Brien", "Twin 2", "Md", "Begum", "", "Zoë")
NUMBERS = ("9000000009", "9000000025", "201/1", "Z801200024002")


def some(values):
    return st.lists(values, max_size=2).map(tuple)


names = st.builds(
    PersonName,
    given=some(st.sampled_from(WORDS)),
    family=st.sampled_from(WORDS),
    use=st.sampled_from(USES),
)
addresses = st.builds(
    Address,
    lines=some(st.sampled_from(WORDS)),
    postcode=st.sampled_from(("SE15 3QN", "E14 5AA", "ZZ99 3VZ", "")),
    use=st.sampled_from(("home", "former")),
    end=st.sampled_from(("", "2020-01-01")),
)
identifiers = st.builds(
    Identifier,
    system=st.sampled_from(("nhs", "upn", "la-child", "uln")),
    value=st.sampled_from(NUMBERS),
    status=st.sampled_from(("verified", "unverified", "temporary", "former", "superseded")),
)
carers = st.builds(
    Carer,
    given=st.sampled_from(WORDS),
    family=st.sampled_from(WORDS),
    relationship=st.sampled_from(("", "mother")),
    maiden=st.sampled_from(("", "Obi")),
    nhs=st.sampled_from(("", NUMBERS[0])),
)
particulars = st.builds(
    Particulars,
    names=some(names),
    birth=st.none() | st.builds(BirthDate, st.sampled_from(("2014-05-09", "2014-05", "x"))),
    sex=st.sampled_from((None, "F", "U")),
    addresses=some(addresses),
    identifiers=some(identifiers),
    phones=some(st.sampled_from(("020 7946 0001", "02079460002", "0207", "٠٢٠٧٩٤٦٠٠٠١"))),
    emails=some(st.sampled_from(("Ann@example.org", "a@b"))),
    carers=some(carers),
    births=st.none() | st.integers(1, 3),
    birth_order=st.none() | st.integers(1, 3),
    died=st.sampled_from(("", "2015-01-02")),
)


@given(particulars)
def test_what_is_said_twice_counts_once(stated):
    twice = msgspec.structs.replace(
        stated,
        **{
            field: tuple(one for one in getattr(stated, field) for _ in range(2))
            for field in ("names", "addresses", "identifiers", "phones", "emails", "carers")
        },
    )
    assert standardise(twice) == standardise(stated)


@given(particulars)
def test_what_is_read_to_compare_has_the_standard_form_of_all_that_is_stated(stated):
    read = msgspec.json.decode(msgspec.json.encode(stated), type=Compared)
    assert standardise(read) == standardise(stated)


cells = st.tuples(
    st.none() | st.sampled_from(WORDS),
    st.none() | st.sampled_from(WORDS),
    st.sampled_from((None, "", "2014-05-09", "2014", "x")),
    st.sampled_from((None, "F", "M", "U")),
    st.sampled_from((None, "", "SE15 3QN", "zz99 3vz", "ZZ99 3VZ")),
)


def child(given, family, birth, sex, postcode):
    return Particulars(
        names=(PersonName((given,) if given else (), family or ""),),
        birth=BirthDate(birth) if birth else None,
        sex=sex,
        addresses=(Address(postcode=postcode),) if postcode else (),
    )


@given(cells)
def test_a_row_of_a_table_has_the_standard_form_of_what_it_states(row):
    assert standardise_row(*(cell or "" for cell in row)) == standardise(child(*row))


@pytest.mark.parametrize(
    ("given", "family"),
    [("Zhao", "Meilong"), ("Wong", "Ka Wai"), ("WONG", "Ka-Wai"), ("Chan", "Tsz-Ching")],
)
def test_a_name_in_chinese_order_is_that_name_in_english_order(given, family):
    """The child's, under another name too, and its mother's."""
    stated, meant = (
        Particulars(
            names=(PersonName((one,), other), PersonName((one,), other, "former")),
            carers=(Carer(one, other, "mother"),),
        )
        for one, other in ((given, family), (family, given))
    )
    assert standardise(stated) == standardise(meant)
    assert standardise_row(given, family, "", "", "") == standardise_row(family, given, "", "", "")


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("Li", "Wang"),
        ("Wei", "Chan-Wong"),
        ("Lee", "Manning"),
        ("Wong", "Manning"),
        ("Ren", "Young"),
        ("Cai", "King"),
        ("Jia", "Malik"),
        ("Jin", "Honda"),
        ("Mei", "Green"),
        ("Meilong", "Zhao"),
        ("Zhao", ""),
        ("", "Meilong"),
    ],
)
def test_a_name_of_which_nothing_tells_the_order_stays_as_it_is_stated(given, family):
    found = standardise_row(given, family, "", "", "")
    assert (found.joined or "".join(found.given)) == given.lower()
    assert found.family == family.replace("-", "").lower()


@pytest.mark.parametrize(
    ("stated", "words", "honorific"),
    [
        ("MohammadReza", ("reza",), "muhammad"),
        ("Mohammad-Reza", ("reza",), "muhammad"),
        ("Muhamemd Reza", ("reza",), "muhammad"),
        ("Moamed", ("moamed",), "muhammad"),
        ("Mohammadi", ("mohammadi",), ""),
        ("Mohanad", ("mohanad",), ""),
        ("Mohaned", ("mohaned",), ""),
        ("Mahmud", ("mahmud",), ""),
    ],
)
def test_muhammad_is_told_where_it_is_mistyped_or_written_together_with_a_name(
    stated, words, honorific
):
    found = standardise_row(stated, "Karimi", "", "", "")
    assert (found.given, found.honorific) == (words, honorific)


def test_a_slip_in_muhammad_is_told_in_a_family_name_too_and_its_first_letter_stands():
    assert lexicon.one_family_spelling("moahmmed") == lexicon.one_family_spelling("mohammed")
    for other in ("ohamed", "hohamed", "nuhammad"):
        assert lexicon.one_spelling(other) == lexicon.as_heard(other)


def test_a_form_that_says_no_forename_is_known_says_nothing():
    assert standardise_row("FNU", "Stanikzai", "", "", "").given == ()
