from random import Random

import pytest

from contactpoint.synth.agencies.schools import mistyped_upn
from contactpoint.synth.numbers import NhsNumbers, Upns
from person.identifiers import IdentifierError, nhs_number, upn


def test_every_nhs_number_is_valid_and_of_the_range_never_issued():
    numbers = NhsNumbers(3)
    issued = [numbers.issue() for _ in range(5_000)]
    assert len(set(issued)) == 5_000
    assert all(nhs_number(number) == number and number.startswith("9") for number in issued)


def test_every_upn_is_valid_and_a_full_year_goes_on_in_the_next():
    upns = Upns()
    issued = [upns.issue("8012002", 2019) for _ in range(1_200)]
    assert len(set(issued)) == 1_200
    assert all(upn(number).value == number for number in issued)


def test_a_temporary_upn_ends_in_a_letter_and_is_valid():
    number = Upns().issue_temporary("8012002", 2025)
    assert number[-1].isalpha()
    assert upn(number)


def test_a_mistyped_upn_fails_its_check_letter():
    rng = Random(1)
    number = Upns().issue("8012002", 2019)
    for _ in range(50):
        with pytest.raises(IdentifierError, match="1510"):
            upn(mistyped_upn(number, rng))
