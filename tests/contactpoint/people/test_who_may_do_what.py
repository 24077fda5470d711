"""Who may do what: every row of ``who_may_do_what.txt`` under every circumstance, and no other."""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pytest

from contactpoint.people.actor import Actor, Role, in_shell
from contactpoint.people.deciding import About, Act, Outcome, Purpose, decide

ALLOWED, DENIED, ABSENT = Outcome.ALLOWED, Outcome.DENIED, Outcome.ABSENT
PURPOSES = {
    "d": Purpose.DUTY,
    "m": Purpose.MEDIATION,
    "f": Purpose.FAMILY,
    "i": Purpose.INVOLVEMENT,
    "e": Purpose.ENQUIRY,
}
COLUMNS = {
    "pr": Role.PRACTITIONER,
    "st": Role.STEWARD,
    "sh": Role.SHIELDING_OFFICER,
    "ao": Role.ADOPTION_OFFICER,
    "dm": Role.DATA_MANAGER,
    "au": Role.AUDITOR,
    "ad": Role.ADMINISTRATOR,
    "fa": Role.FEED_AGENT,
}
CLEARANCES = ({Role.SHIELDING_OFFICER}, {Role.ADOPTION_OFFICER})
ROLES = (set(), *({role} for role in Role), *({r} | c for r in Role for c in CLEARANCES))
HERE, ELSEWHERE = frozenset({"213"}), frozenset({"855"})
PLACES: tuple[frozenset[str], ...] = (frozenset(), HERE, ELSEWHERE, HERE | ELSEWHERE)
ABOUT = tuple(
    About(place, *circumstances)
    for place in PLACES
    for circumstances in product((False, True), repeat=4)
)


@dataclass(frozen=True)
class Row:
    """One act, in the words of the table."""

    roles: frozenset
    purposes: frozenset
    strong: str
    others: str
    family: str
    shield: str
    apart: str
    second: str
    where: str


def table():
    text = (Path(__file__).parent / "who_may_do_what.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    width = lines[0].index("pr ")
    assert lines[0].split()[1:9] == list(COLUMNS)
    found = {}
    for line in lines[1:]:
        marks, (purposes, *words) = line[width:].split()[:8], line[width:].split()[8:]
        roles = {r for r, mark in zip(COLUMNS.values(), marks, strict=True) if mark == "x"}
        act = line[:width].strip()
        assert act not in found, f"two rows of {act!r}"
        found[act] = Row(frozenset(roles), frozenset(PURPOSES[p] for p in purposes), *words)
    return found


TABLE = table()


def expected(row, actor, about, purpose=Purpose.DUTY, second=None):
    """What the table says, read column by column."""
    if not actor.roles & row.roles or purpose not in row.purposes:
        return DENIED
    if row.where == "shell" and not actor.in_shell:
        return DENIED
    if row.strong != "no" and not actor.strong:
        return DENIED
    may_override = actor.override or "shielding-officer" in actor.roles
    if row.strong == "override" and not may_override:
        return DENIED
    reach = {"data-manager": 1, "administrator": 6}
    hidden = (
        about.archived > max(reach.get(role, 0) for role in actor.roles)
        or (row.others == "hidden" and about.authorities == ELSEWHERE and actor.authority)
        or (row.family == "hidden" and about.family)
        or (row.shield == "cleared" and about.shielded and "shielding-officer" not in actor.roles)
        or (row.apart == "cleared" and about.apart and "adoption-officer" not in actor.roles)
    )
    if hidden:
        return ABSENT
    danger = about.shielded or about.apart or about.large
    if row.second == "always" or (row.second == "danger" and danger):
        entitled = second and expected(replace(row, second="never"), second, about, purpose)
        if entitled != ALLOWED or second.subject.casefold() == actor.subject.casefold():
            return DENIED
    return ALLOWED


def test_every_act_has_one_row():
    assert sorted(TABLE) == sorted(act.value for act in Act)


@pytest.mark.parametrize("act", Act)
def test_an_act_is_answered_as_its_row_says_in_every_circumstance(act):
    row = TABLE[act.value]
    for roles, strong, override in product(ROLES, (False, True), (False, True)):
        one = Actor("ada", frozenset(roles), "213", "", strong, override)
        for actor, about in product((one, replace(one, authority="")), ABOUT):
            outcome = decide(actor, act, about, next(iter(row.purposes))).outcome
            assert outcome is expected(row, actor, about, next(iter(row.purposes)))


@pytest.mark.parametrize("act", Act)
def test_an_archived_child_is_there_for_few_whatever_the_act(act):
    row = TABLE[act.value]
    for roles, year in product(ROLES, range(8)):
        actor, about = (
            Actor("ada", frozenset(roles), strong=True, override=True),
            About(archived=year),
        )
        outcome = decide(actor, act, about, next(iter(row.purposes))).outcome
        assert outcome is expected(row, actor, about, next(iter(row.purposes)))


@pytest.mark.parametrize("act", Act)
def test_nobody_may_for_another_purpose_than_its_row_says(act):
    for roles, purpose in product(ROLES, Purpose):
        for actor in (Actor("ada", frozenset(roles), strong=True, override=True), in_admin_shell()):
            outcome = decide(actor, act, About(), purpose).outcome
            assert outcome is expected(TABLE[act.value], actor, About(), purpose)


@pytest.mark.parametrize("act", [act for act in Act if TABLE[act.value].second != "never"])
def test_a_second_person_has_to_be_another_and_entitled(act):
    row, purpose = TABLE[act.value], next(iter(TABLE[act.value].purposes))
    able = [roles for roles in ROLES if roles & row.roles]
    for roles, others, about in product(able, ROLES, ABOUT):
        one = Actor("ada", frozenset(roles), "213", strong=True, override=True)
        for subject in ("ada", "ADA", "bram"):
            second = Actor(subject, frozenset(others), "213", strong=True, override=True)
            outcome = decide(one, act, about, purpose, second).outcome
            assert outcome is expected(row, one, about, purpose, second)


@pytest.mark.parametrize(
    ("name", "other"),
    [("ada", "\N{FULLWIDTH LATIN SMALL LETTER A}da"), ("ad\N{LATIN SMALL LETTER E WITH ACUTE}e",
     "ADe\N{COMBINING ACUTE ACCENT}E")],
)  # fmt: skip
def test_one_name_in_other_letters_is_no_second_person(name, other):
    one, second = (Actor(each, frozenset({Role.SHIELDING_OFFICER})) for each in (name, other))
    assert decide(one, Act.LIFT_SHIELD, second=second).outcome is DENIED


def in_admin_shell():
    return in_shell("os:root", administers=True)


def test_a_user_of_the_shell_who_does_not_administer_may_do_nothing():
    nobody = in_shell("os:mallory", administers=False)
    purposes = product(Act, Purpose)
    assert {decide(nobody, act, purpose=p).outcome for act, p in purposes} == {DENIED}


def test_a_shell_is_neither_of_the_two_persons_of_an_act():
    officer = Actor("ada", frozenset({Role.SHIELDING_OFFICER}))
    shell = Actor("os:root", frozenset(Role))
    for first, second in ((officer, shell), (shell, officer)):
        assert decide(first, Act.LIFT_SHIELD, second=second).outcome is DENIED


def test_what_is_denied_says_what_would_be_right():
    denied = decide(Actor("ada", frozenset({Role.AUDITOR})), Act.JUDGE)
    assert denied.why == "to judge a pair needs the role steward"
