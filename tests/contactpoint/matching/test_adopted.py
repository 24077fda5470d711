"""What an adopted child was called before finds neither the new identity nor the old."""

import pytest

from tests.contactpoint.matching.people import AtOnce, person, told
from tests.contactpoint.test_adoption import OLD_UPN, adopted, made, office

__all__ = ["adopted", "made", "office"]
BIRTH = "2015-03-04"


@pytest.fixture
def matching(office):
    """A process that answers since before the adoption."""
    with office.opened() as store:
        store.catch_up()
        matcher = store.matching_people(AtOnce())
        assert told(matcher.match(person("Kayleigh", "Dobbs", BIRTH, "", "M9 4XX")))

        def numbers(asked):
            store.catch_up()
            return [number for number, _, _ in told(matcher.match(asked))]

        yield numbers


@pytest.mark.parametrize(
    "asked",
    [
        person("Kayleigh", "Dobbs", BIRTH, ""),
        person("Kayleigh", "Dobbs", BIRTH, "", "M9 4XX"),
        person("", "Dobbs", BIRTH, "", upn=OLD_UPN),
        person("", "", "", "", upn=OLD_UPN),
    ],
)
def test_nobody_is_found_by_what_was_before(matching, adopted, asked):
    assert matching(asked) == []


def test_the_new_identity_is_found_by_what_it_is_called_now(matching, adopted):
    assert matching(person("Kate", "Harrington", BIRTH, "", "BS6 7YY")) == [adopted.new]
    assert matching(person("Kate", "Harrington", BIRTH, "", nhs="9000000009")) == [adopted.new]


def test_the_old_number_is_nobodys(matching, adopted):
    assert matching(person("", "", "", "", number=adopted.old)) == []
