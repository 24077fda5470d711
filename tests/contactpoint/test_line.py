"""The second process of a load speaks to the first without waiting for it, up to a bound."""

import multiprocessing
import threading

import pytest

from contactpoint.intake.line import AHEAD, EndedError, Line

LARGE = b"x" * 5_000_000
"""More than a pipe holds."""


@pytest.fixture
def ends():
    mine, theirs = multiprocessing.Pipe()
    yield mine, Line(theirs, lambda: None)
    mine.close()


def test_answers_wait_for_who_takes_them(ends):
    mine, second = ends
    for number in range(AHEAD // 2):
        second.answer(LARGE + bytes([number]))
    taken = [mine.recv_bytes() for _ in range(AHEAD)]
    assert taken == [b"+", LARGE + b"\0", b"+", LARGE + b"\1"]


def test_no_more_answers_wait_than_the_bound(ends):
    mine, second = ends
    said = []

    def speak():
        for number in range(5 * AHEAD):
            second.answer(LARGE)
            said.append(number)

    speaking = threading.Thread(target=speak)
    speaking.start()
    for taken in range(5 * AHEAD):
        assert (mine.recv_bytes(), len(mine.recv_bytes())) == (b"+", len(LARGE))
        # One that is being sent, and those that wait.
        assert len(said) <= taken + 1 + AHEAD // 2 + 1
    speaking.join()


def test_all_is_taken_before_the_second_process_ends(ends):
    mine, second = ends
    second.answer(LARGE)
    second.say("amiss", well=False)
    ending = threading.Thread(target=second.end)
    ending.start()
    taken = [mine.recv_bytes() for _ in range(3)]
    assert taken == [b"+", LARGE, b"-"]
    assert mine.recv() == "amiss"
    ending.join()


def test_when_the_first_has_let_go_the_second_is_told_whatever_it_does(ends):
    mine, second = ends
    mine.close()
    with pytest.raises(EndedError):
        second.next()

    def answer_until_told():
        for _ in range(5 * AHEAD):
            second.answer(LARGE)

    with pytest.raises(EndedError):
        answer_until_told()
