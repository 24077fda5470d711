"""How much one reader may ask: requests in a second, and people in a day."""

from uuid import UUID

import pytest

from contactpoint.accesses import Capacity
from contactpoint.people.actor import Actor, Role
from contactpoint.serving.limits import AGAIN, Limits
from contactpoint.serving.problems import TooManyError
from events.access import ActRefused, Asked
from events.message import Origin
from tests.contactpoint.serving.conftest import ASHA, BRAM

ADA = Actor("ada", frozenset({Role.PRACTITIONER}))
DAY = 86_400_000_000
MORNING = 20_000 * DAY + 8 * 3_600_000_000


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accesses(own):
    with own.opened() as store:
        yield store.accesses


def child(n):
    return UUID(int=n)


def limits(accesses, clock, **settings):
    return Limits(accesses, {Role.PRACTITIONER: 3, Role.STEWARD: 5}, clock=clock, **settings)


def test_requests_that_come_too_fast_are_put_off(accesses, clock):
    few = limits(accesses, clock, rate=2, burst=3)
    for _ in range(3):
        few.pass_one("ada")
    with pytest.raises(TooManyError) as refused:
        few.pass_one("ada")
    assert refused.value.after == 1
    few.pass_one("bram")
    clock.now = 0.5
    few.pass_one("ada")
    with pytest.raises(TooManyError):
        few.pass_one("ada")


def test_workers_share_what_a_reader_may_ask(accesses, clock):
    one_of_two = limits(accesses, clock, rate=10, burst=10, workers=2)
    for _ in range(5):
        one_of_two.pass_one("ada")
    with pytest.raises(TooManyError):
        one_of_two.pass_one("ada")


def test_so_many_people_are_shown_on_a_day_and_the_same_ones_again(accesses, clock):
    few = limits(accesses, clock)
    few.admit(ADA, [child(1), child(2)], MORNING)
    few.admit(ADA, [child(2), child(3)], MORNING)
    with pytest.raises(TooManyError) as refused:
        few.admit(ADA, [child(4)], MORNING)
    assert refused.value.after == 16 * 3600
    few.admit(ADA, [child(1)], MORNING)
    few.admit(ADA, [child(4)], MORNING + DAY)


def test_whoever_has_two_roles_may_what_the_greater_allows(accesses, clock):
    both = Actor("ada", frozenset({Role.PRACTITIONER, Role.STEWARD}))
    limits(accesses, clock).admit(both, [child(n) for n in range(5)], MORNING)
    with pytest.raises(TooManyError):
        limits(accesses, clock).admit(Actor("fay", frozenset({Role.FEED_AGENT})), [child(1)], 0)


def test_what_another_process_showed_counts_as_well(accesses, clock):
    few = limits(accesses, clock)
    few.admit(ADA, [child(1)], MORNING)
    shown = (child(2), child(3))
    look = accesses.look(
        Origin(MORNING, "ada", "x"), "x", Capacity(ADA), asked=Asked("why"), children=shown
    )
    accesses.write([look])
    clock.now += AGAIN + 1
    with pytest.raises(TooManyError):
        few.admit(ADA, [child(4)], MORNING)


def test_over_http_the_limit_is_told_recorded_and_shows_nobody(own):
    with own.serving(CONTACTPOINT_PEOPLE="practitioner=1"):
        assert own.ask(f"/children/{own.number('pds', ASHA)}").status_code == 200
        refused = own.ask(f"/children/{own.number('pds', BRAM)}")
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) <= 86_400
        assert b"Vermeer" not in refused.content
        assert own.looks(ActRefused)[-1].act == "show a child"


def test_over_http_a_burst_is_put_off(own):
    with own.serving(CONTACTPOINT_RATE="1", CONTACTPOINT_BURST="2"):
        statuses = [own.ask("/children/1").status_code for _ in range(4)]
        assert statuses[:2] == [404, 404]
        assert statuses[-1] == 429
