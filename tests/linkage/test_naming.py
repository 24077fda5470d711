"""Naming systems as the words of names tell them."""

import pytest

from linkage.naming import OTHER, group, together, told
from person.names import PersonName


def name(text):
    *given, family = text.split()
    return PersonName(tuple(given), family)


@pytest.mark.parametrize(
    ("written", "system"),
    [
        ("Ayesha Begum", "muslim"),
        ("Mohammed Yusuf Khan", "muslim"),
        ("Gurpreet Kaur", "sikh"),
        ("Diya Patel", "hindu"),
        ("Abinaya Sivakumar", "tamil"),
        ("Zuzanna Wiśniewska", "polish"),
        ("Ioana Popescu", "romanian"),
        ("Oluwaseun Adeyemi", "nigerian"),
        ("Kwame Boateng", "ghanaian"),
        ("Hodan Abdi Warsame", "somali"),
        ("Layla Al-Masri", "arabic"),
        ("Xiaoming Zhang", "chinese"),
        ("Linh Nguyen", "vietnamese"),
        ("Mateo García-López", "iberian"),
        ("Zeynep Öztürk", "turkish"),
    ],
)
def test_a_name_tells_its_system(written, system):
    assert group(told([name(written)])) == system


@pytest.mark.parametrize(
    "written",
    ["Oliver Smith", "Kathleen O'Brien", "Albert Elliott", "Adelaide Chilton", "Baby Jones"],
)
def test_an_english_name_is_told_by_nothing(written):
    assert group(told([name(written)])) == OTHER


def test_names_of_several_records_tell_together():
    """A record with a typing error tells nothing, and its person's other records do."""
    votes = [told([name("Jakub Nowakk")]), told([name("Jakub Nowak")]), told([name("J Nowakk")])]
    assert group(together(votes)) == "polish"


def test_where_two_systems_are_told_alike_none_is():
    assert group({"sikh": 1.0, "hindu": 1.0}) == OTHER


def test_no_name_tells_nothing():
    assert group(told([])) == OTHER
