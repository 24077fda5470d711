"""Consent to sensitive services: given these events, when this command, then these events."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.consent import (
    Consents,
    ConsentStated,
    Said,
    StateConsent,
    decide,
    evolve,
    is_disclosed,
)
from events.message import ERASED

GIVEN, WITHDRAWN, HARM = (Said(ground) for ground in ("given", "withdrawn", "significant-harm"))
CLINIC = Said("given", "clinic")
said = st.builds(
    Said,
    st.sampled_from(["given", "withdrawn", "significant-harm"]),
    st.sampled_from(["", "clinic", "camhs"]),
)


def after(*events):
    return reduce(evolve, map(ConsentStated, events), Consents())


def then(new, *events):
    return list(decide(StateConsent(new), after(*events)))


@pytest.mark.parametrize(
    ("told", "stated", "disclosed"),
    [
        ([], "", False),
        ([], "given", True),
        ([], "withdrawn", False),
        ([], "significant-harm", True),
        ([WITHDRAWN], "given", False),
        ([WITHDRAWN], "significant-harm", True),
        ([WITHDRAWN, GIVEN], "given", True),
        ([WITHDRAWN, HARM], "given", True),
        ([WITHDRAWN, CLINIC], "given", True),
        ([CLINIC, WITHDRAWN], "given", False),
        ([Said("withdrawn", "camhs")], "given", True),
        ([GIVEN, Said("withdrawn", "clinic")], "given", False),
        ([ERASED], "given", False),
    ],
)
def test_a_service_of_the_clinic_is_told_of_only_with_consent_or_harm(told, stated, disclosed):
    assert is_disclosed(after(*told), "clinic", stated) is disclosed


def test_the_same_again_changes_nothing():
    assert then(GIVEN) == [ConsentStated(GIVEN)]
    assert then(GIVEN, GIVEN) == []
    assert then(CLINIC, WITHDRAWN, CLINIC) == []


def test_the_same_after_something_else_changes_what_holds():
    assert then(GIVEN, GIVEN, WITHDRAWN) == [ConsentStated(GIVEN)]
    assert then(WITHDRAWN, WITHDRAWN, CLINIC) == [ConsentStated(WITHDRAWN)]


@given(st.lists(said, max_size=6), said, st.sampled_from(["", "given", "withdrawn"]))
def test_what_was_said_last_holds_for_every_source_that_it_is_about(before, last, stated):
    state = after(*before)
    for event in decide(StateConsent(last), state):
        state = evolve(state, event)
    for source in ("clinic", "camhs"):
        if last.source in ("", source):
            assert is_disclosed(state, source, stated) is (last.ground != "withdrawn")
