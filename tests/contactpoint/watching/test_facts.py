"""From what is recorded to looks: what is known of reader and child as each was made."""

from uuid import UUID

import pytest

from contactpoint.watching.facts import GONE, MOURNING, Facts
from contactpoint.watching.watcher import State
from events.access import ActRefused, Asked, ChildrenAccessed, TokenIssued, TokenRevoked
from events.master import Hashes
from events.message import Origin, Recorded
from projections.watched import Watched

DAY = 86_400_000_000
TODAY = 20_710
CHILD, OTHER, RECORD = UUID(int=1), UUID(int=2), UUID(int=11)
NOBODY = frozenset[str]()


def said(event, day=TODAY):
    return Recorded(UUID(int=9), 1, Origin(day * DAY, "ada", "x"), day * DAY, event)


def facts(*, declared=(), hidden=(), **known):
    plain = Watched(CHILD.bytes, NOBODY, NOBODY, NOBODY, NOBODY, (RECORD.bytes,), restricted=False)
    stated = {**{name: getattr(plain, name) for name in plain.__struct_fields__}, **known}
    found = Watched(**stated)
    return Facts(
        State(),
        Hashes(bytes(32), bytes(range(32))),
        lambda children: dict.fromkeys(children, found),
        lambda records: set(records) & set(hidden),
        lambda _: set(declared),
    )


def seen(made):
    """The child of one look."""
    look = ChildrenAccessed("ada", "child show", (CHILD,), asked=Asked("why"))
    (found,) = made.looks([said(look)])
    return found.children[0]


def has_left(made, *messages):
    """Whether the last of what somebody did looks like the act of one whose owner left."""
    return made.looks(messages)[-1].reader.left


def issued(token, days=365):
    return TokenIssued(token, "ada", ("practitioner",), (TODAY + days) * 86_400)


def test_a_child_is_shielded_by_its_mark_or_by_any_record_that_the_guard_hides():
    assert not seen(facts()).shielded
    assert seen(facts(restricted=True)).shielded
    assert seen(facts(hidden=[RECORD])).shielded


@pytest.mark.parametrize(
    ("died", "dead"),
    [(0, False), (TODAY - 1, False), (TODAY - MOURNING, False), (TODAY - MOURNING - 1, True)],
)
def test_after_a_death_work_goes_on_for_a_while(died, dead):
    assert seen(facts(died=died)).dead is dead


@pytest.mark.parametrize("declared", [CHILD, OTHER])
def test_a_declared_child_stays_of_the_family_when_it_is_merged_into_another(declared):
    assert seen(facts(child=OTHER.bytes, declared=[declared])).declared
    assert not seen(facts(child=OTHER.bytes, declared=[UUID(int=3)])).declared


def test_an_account_is_left_when_all_its_tokens_were_revoked_and_none_was_issued_since():
    act, everything = said(ActRefused("ada", "export")), said(TokenRevoked("", "ada"))
    two = [said(issued("t1")), said(issued("t2"))]
    assert not has_left(facts(), *two, act)
    assert not has_left(facts(), *two, said(TokenRevoked("t1", "ada")), act)
    each = [said(TokenRevoked(token, "ada")) for token in ("t1", "t2")]
    assert has_left(facts(), *two, *each, act)
    assert has_left(facts(), *two, everything, act)
    assert not has_left(facts(), *two, everything, said(issued("t3")), act)
    assert has_left(facts(), said(issued("t1")), said(issued("t2", 0)), each[0], act)


def test_that_an_account_was_left_is_a_sign_for_a_month():
    for days, left in ((GONE, True), (GONE + 1, False)):
        revoked, act = said(TokenRevoked("", "ada")), ActRefused("ada", "export")
        assert has_left(facts(), said(issued("t1")), revoked, said(act, TODAY + days)) is left
