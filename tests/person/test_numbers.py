import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import damm as oracle

from person.numbers import NumberError, check, make, read, written

DIGITS = st.text("0123456789", min_size=11, max_size=11)


@given(DIGITS)
def test_the_check_digit_agrees_with_another_implementation(digits):
    assert make(digits)[-1] == oracle.calc_check_digit(digits)
    assert check(make(digits))


@given(DIGITS, st.integers(0, 11), st.integers(1, 9))
def test_every_wrong_digit_is_found(digits, place, change):
    number = make(digits)
    wrong = str((int(number[place]) + change) % 10)
    assert not check(number[:place] + wrong + number[place + 1 :])


@given(DIGITS, st.integers(0, 10))
def test_every_exchange_of_neighbours_is_found(digits, place):
    number = make(digits)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert swapped == number or not check(swapped)


@given(DIGITS)
def test_a_number_is_read_as_it_is_written(digits):
    assert read(written(make(digits))) == make(digits)


@pytest.mark.parametrize(
    "text", ["", "9000000009", "1234 5678 901", "12345678901٢", "1234x5678901"]
)
def test_what_is_no_number_is_refused(text):
    assert not check(text)
    with pytest.raises(NumberError):
        read(text)


def test_only_eleven_digits_make_a_number():
    with pytest.raises(NumberError):
        make("123")
