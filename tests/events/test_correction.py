"""Corrections by the family: given these events, when this command, then these events."""

from functools import reduce

from events.correction import (
    Asserted,
    CorrectionRecorded,
    Corrections,
    CorrectionWithdrawn,
    RecordCorrection,
    WithdrawCorrection,
    decide,
    evolve,
)
from events.message import ERASED

NAME = Asserted(("Asha",), "Okonjo", reason="letter of the mother")
OTHER = Asserted(("Asha",), "Okonjo-Hale")
BIRTH = Asserted(birth="2015-03-04")
NAMED = CorrectionRecorded("name", NAME)


def after(*given):
    return reduce(evolve, given, Corrections())


def then(command, *given):
    return list(decide(command, after(*given)))


def test_what_the_family_says_stands():
    assert then(RecordCorrection("name", NAME)) == [NAMED]
    assert after(NAMED).standing == {"name": NAME}


def test_the_same_again_changes_nothing_whatever_the_reason():
    again = Asserted(NAME.given, NAME.family, reason="asked again")
    assert then(RecordCorrection("name", again), NAMED) == []


def test_a_later_correction_takes_the_place_of_one_of_its_kind_alone():
    later = CorrectionRecorded("name", OTHER)
    assert then(RecordCorrection("name", OTHER), NAMED) == [later]
    assert after(NAMED, CorrectionRecorded("birth", BIRTH), later).standing == {
        "name": OTHER,
        "birth": BIRTH,
    }


def test_a_correction_is_taken_back_once():
    gone = CorrectionWithdrawn("name")
    assert then(WithdrawCorrection("name"), NAMED) == [gone]
    assert after(NAMED, gone).standing == {}
    assert then(WithdrawCorrection("name"), NAMED, gone) == []
    assert then(WithdrawCorrection("birth"), NAMED) == []


def test_an_erased_correction_stands_no_more():
    erased = CorrectionRecorded("name", ERASED)
    assert after(erased).standing == {}
    assert after(NAMED, erased).standing == {}
    assert then(RecordCorrection("name", NAME), erased) == [NAMED]
