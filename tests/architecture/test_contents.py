"""What no file of the tree may hold: real children's numbers, places of one machine, registries."""

import re

import pytest

from person.identifiers import IdentifierError, nhs_number
from tests.architecture.tree import ROOT, texts

TEN_DIGITS = re.compile(r"(?<![\d.])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d.])")
# Put together here, so that this file does not hold what it looks for.
PLACES = re.compile(
    r"(?<![\w.}/<])/(?:" + "|".join(["ro" + "ot", "wo" + "rk", "ho" + "me"]) + r")/"
)
REGISTRIES = re.compile(
    r"(?<!emit-)index-" + "url|python" + "hosted|py" + r"pi\.|/sim" + "ple/?(?:$|\\s)"
)


def test_no_test_holds_an_nhs_number_that_may_be_somebodys():
    found = [
        f"{path.relative_to(ROOT)}: {number}"
        for path, text in texts()
        if "tests" in path.parts
        for number in TEN_DIGITS.findall(text)
        if may_be_issued(number)
    ]
    assert found == [], "expected numbers of the range 900 to 999, which is issued to nobody"


def test_no_file_names_a_place_of_one_machine():
    assert lines_with(PLACES) == []


def test_no_file_names_a_package_registry():
    assert lines_with(REGISTRIES) == []


@pytest.mark.parametrize("number", ["943 476 5919", "9000000009"])
def test_the_never_issued_range_is_not_suspected(number):
    assert not may_be_issued(number)


def test_a_number_that_was_issued_would_be_found():
    made = next(n for n in range(4_000_000_000, 4_000_000_100) if may_be_issued(str(n)))
    assert TEN_DIGITS.findall(f"nhs={made};") == [str(made)]


def may_be_issued(text: str) -> bool:
    """Whether ten digits are a valid NHS number of a range that may be in use.

    Numbers that begin with 0 are telephones here, and those with 9 are never issued.
    """
    digits = re.sub(r"\D", "", text)
    try:
        nhs_number(digits)
    except IdentifierError:
        return False
    return digits[0] not in "09"


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Every line of the tree in which the pattern is found."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
