"""Which authority the feeds make out to be responsible for a child."""

from person.services import Involvement
from projections.authority import made_out
from projections.survivorship import Told

TODAY = "2026-09-01"
SCHOOL = Involvement("school", "8552001")
WORKER = Involvement("social-work", "213")
GP = Involvement("gp", "A20047")


def told(service, source="one", stated=1):
    return Told(service, source, stated, stated)


def code(*services):
    found = made_out(services, TODAY)
    return found.value if found else None


def test_social_workers_go_before_the_school():
    assert code(told(SCHOOL, stated=9), told(WORKER)) == "213"


def test_the_school_names_the_authority_where_no_social_worker_does():
    assert code(told(GP), told(SCHOOL)) == "855"


def test_of_two_schools_the_one_told_of_last():
    other = Involvement("school", "2012345")
    assert code(told(SCHOOL, stated=1), told(other, stated=2)) == "201"
    assert code(told(SCHOOL, stated=2), told(other, stated=1)) == "855"


def test_a_service_that_has_ended_says_nothing():
    assert code(told(Involvement("social-work", "213", end="2026-08-31")), told(SCHOOL)) == "855"
    assert code(told(Involvement("social-work", "213", end=TODAY)), told(SCHOOL)) == "213"


def test_a_code_that_no_authority_has_says_nothing():
    assert code(told(Involvement("social-work", "999")), told(Involvement("school", "99"))) is None
    assert code(told(GP)) is None
    assert code() is None


def test_the_order_in_which_services_are_given_does_not_matter():
    services = [told(SCHOOL), told(Involvement("school", "2012345"), source="two")]
    assert made_out(services, TODAY) == made_out(services[::-1], TODAY)
