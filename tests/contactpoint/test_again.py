"""What others overtake is tried again, a few times; every other error is told at once."""

from uuid import UUID

import pytest

from contactpoint.again import TRIES, again
from events.store.appending import StaleError


class Overtaken:
    """An act that others overtake so many times before it succeeds, or fails otherwise."""

    def __init__(self, times, error=None):
        self.times, self.tried = times, 0
        self.error = error or StaleError(UUID(int=1), 2, 1)

    def __call__(self):
        self.tried += 1
        if self.tried <= self.times:
            raise self.error
        return "done"


@pytest.mark.parametrize("times", range(TRIES))
def test_an_act_is_tried_until_nobody_overtakes_it(times):
    act = Overtaken(times)
    assert again(act) == "done"
    assert act.tried == times + 1


def test_an_act_that_is_overtaken_each_time_says_so():
    act = Overtaken(TRIES)
    with pytest.raises(StaleError):
        again(act)
    assert act.tried == TRIES > 2


def test_another_error_is_no_reason_to_try_again():
    act = Overtaken(1, ValueError("amiss"))
    with pytest.raises(ValueError, match="amiss"):
        again(act)
    assert act.tried == 1
