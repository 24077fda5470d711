"""One index for all tests that only ask, and one of its own for those that change it."""

import pytest

from tests.contactpoint.serving.desk import Desk

ASHA, BRAM, CORA = "9000000009", "9000000017", "9000000025"


def three_children(desk, asha_at_school):
    """Three children of the health service; Asha is at a school, too, and Cora is shielded."""
    desk.patient(ASHA)
    desk.patient(BRAM, given="Bram", family="Vermeer", dob="2014-07-09", postcode="LS1 4AP")
    desk.patient(CORA, given="Cora", family="Danjuma", dob="2013-01-30", postcode="N19 3AA")
    desk.load([asha_at_school], "school")
    desk.apply(desk.number("pds", CORA))
    return desk


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """They, in an index that nobody asks; copies of it are asked."""
    at_school = {
        "key": "p1", "given": "Asha", "family": "Okonjo", "dob": "2015-03-04", "sex": "F",
        "postcode": "SE15 3QN", "nhs": ASHA, "nhs_status": "01",
    }  # fmt: skip
    return three_children(Desk(tmp_path_factory.mktemp("served")), at_school)


@pytest.fixture(scope="module")
def desk(filled, tmp_path_factory):
    """It, answering."""
    lent = filled.lent(tmp_path_factory.mktemp("desk"))
    with lent.serving():
        yield lent


@pytest.fixture
def own(filled, tmp_path):
    """A copy that a test may change."""
    return filled.lent(tmp_path)
