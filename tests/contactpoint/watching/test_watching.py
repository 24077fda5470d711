"""``audit watch`` over a real index: what is new, once; alerts listed, shown and closed."""

import json

import pytest

from contactpoint.watching.watching import Watching
from events.store.locks import LockedError
from events.watching import AlertRaised, RecordWatched
from tests.contactpoint.shields import Refuge

WHY = ("--reason", "enquiry 7")
SCHOOL, CLERK_HOME = "St Quill's", "SE15 4QX"


class Office(Refuge):
    """An index of some children; a clerk who has a rare name and a home; an auditor."""

    clerk = auditor = ""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    rows = [
        {"key": f"k{n}", "given": "Asha", "family": f"Okonjo{chr(97 + n)}", "dob": "2015-03-04",
         "postcode": "SE15 3QN"}
        for n in range(9)
    ]  # fmt: skip
    own = {"key": "own", "given": "Bram", "family": "Thistlewaite", "dob": "2016-05-06"}
    made.load([*rows, {**own, "postcode": CLERK_HOME}])
    words = ("--organisation", SCHOOL, "--authority", "213", "--postcode", CLERK_HOME)
    typed = ("token", "--subject", "ada", "--role", "practitioner", "--family-name", "Thistlewaite")
    made.clerk = made.run(*typed, *words).stdout.strip()
    made.auditor = made.token("max", "auditor")
    return made


@pytest.fixture
def home(made, tmp_path):
    return made.lent(tmp_path)


def watch(home):
    return home.told(home.auditor, "audit", "watch")


def alerts(home, by=None, *words):
    return home.told(by or home.auditor, "audit", "alerts", "list", *words)


def test_a_look_at_the_child_next_door_becomes_an_alert_once(home):
    home.asked(home.clerk, "child", "show", home.number("club", "k1"), *WHY)
    assert watch(home)["alerts"] == []
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    first, again = watch(home), watch(home)
    assert len(first["alerts"]) == 1
    assert (again["alerts"], again["looks"]) == ([], 0)
    (alert,) = alerts(home)
    assert (alert["id"], alert["reader"]) == (first["alerts"][0], "ada")
    assert "own home" in alert["signs"]


def test_a_run_with_nothing_new_appends_nothing(home):
    home.asked(home.clerk, "child", "show", "1", *WHY)
    watch(home)
    with home.opened() as store:
        before = store.access.position()
    watch(home)
    with home.opened() as store:
        assert store.access.position() == before


@pytest.mark.parametrize("damaged", [b"not a state", b"\xff" * 40, b""])
def test_what_was_kept_may_be_lost_and_nothing_is_said_twice(home, damaged):
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    watch(home)
    (home.home / "work" / "watching.state").write_bytes(damaged)
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    assert watch(home)["alerts"] == []
    assert len(alerts(home)) == 1


def test_what_was_kept_and_is_lost_is_made_again_from_the_record(home):
    def ask(place):
        words = ("--name", "Asha Quill", "--postcode", f"LS{place} 4AP")
        home.asked(home.clerk, "child", "find", *words, *WHY)

    for place in (1, 2, 3):
        ask(place)
    watch(home)
    (home.home / "work" / "watching.state").unlink()
    ask(4)
    watch(home)
    assert [one["signs"] for one in alerts(home)] == [["probing"]]


def test_what_was_kept_of_a_record_that_was_set_back_since_counts_no_more(home, tmp_path):
    home.asked(home.clerk, "child", "find", "--name", "Asha Quill", "--postcode", "LS1 4AP", *WHY)
    watch(home)
    ahead = home.lent(tmp_path / "ahead")
    for place in (2, 3):
        words = ("--name", "Asha Quill", "--postcode", f"LS{place} 4AP")
        ahead.asked(home.clerk, "child", "find", *words, *WHY)
    watch(ahead)
    kept = home.home / "work" / "watching.state"
    kept.write_bytes((ahead.home / "work" / "watching.state").read_bytes())
    home.asked(home.clerk, "child", "find", "--name", "Asha Quill", "--postcode", "LS5 4AP", *WHY)
    watch(home)
    assert alerts(home) == []


def test_what_is_kept_holds_nothing_readable(home):
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    watch(home)
    kept = (home.home / "work" / "watching.state").read_bytes()
    assert b"ada" not in kept
    assert b"thistlewaite" not in kept


def test_the_signs_of_an_alert_are_sealed(home):
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    watch(home)
    with home.opened() as store:
        rows = store.access.read(0, 999)
        kinds = {type(m.event) for m in store.access.decode(rows, opened=False)}
    assert {AlertRaised, RecordWatched} <= kinds
    assert not any(b"own home" in row.state for row in rows)


def test_an_alert_is_shown_with_its_child_to_a_reason_and_the_look_is_recorded(home):
    number = home.number("club", "own")
    home.asked(home.clerk, "child", "show", number, *WHY)
    (name,) = watch(home)["alerts"]
    none = home.asked(home.auditor, "audit", "alerts", "show", name)
    assert none.exception.exit_code == 2
    told = home.told(home.auditor, "audit", "alerts", "show", name[:6], *WHY)
    assert told["children"] == [number]
    assert "a child of the reader's own postcode" in told["why"]
    looks = home.told(home.auditor, "child", "accesses", number, *WHY)
    assert [look["act"] for look in looks][:2] == ["child show", "audit alerts show"]


def test_an_alert_is_closed_once_with_a_finding_and_leaves_the_list(home):
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    (name,) = watch(home)["alerts"]
    words = ("audit", "alerts", "close", name, "--finding", "misuse", "--reason", "her nephew")
    home.told(home.auditor, *words)
    assert alerts(home) == []
    (closed,) = alerts(home, None, "--all")
    assert (closed["finding"], closed["by"]) == ("misuse", "max")
    assert home.asked(home.auditor, *words).exception.exit_code == 1
    told = home.told(home.auditor, "audit", "alerts", "show", name, *WHY)
    assert told["remarks"] == "her nephew"


def test_nobody_sees_or_closes_what_is_about_themselves(home):
    both = home.run(
        "token", "--subject", "ADA", "--role", "auditor", "--family-name", "Thistlewaite"
    ).stdout.strip()
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    (name,) = watch(home)["alerts"]
    assert alerts(home, both) == []
    words = ("audit", "alerts", "close", name, "--finding", "in-order", *WHY)
    assert home.asked(both, *words).exception.exit_code == 1


def test_an_alert_about_a_shielded_child_is_for_the_cleared_alone(home):
    number = home.number("club", "own")
    home.asked(home.clerk, "child", "show", number, *WHY)
    (name,) = watch(home)["alerts"]
    home.apply(number)
    cleared = home.token("olga", "auditor", "shielding-officer", strong=True)
    assert alerts(home) == []
    absent = home.asked(home.auditor, "audit", "alerts", "show", name, *WHY).exception
    none = home.asked(home.auditor, "audit", "alerts", "show", "0123456789ab", *WHY).exception
    assert (str(absent), absent.exit_code) == (str(none), none.exit_code)
    assert [one["id"] for one in alerts(home, cleared)] == [name]


def test_an_alert_raised_of_a_shielded_child_is_told_to_nobody_who_is_not_cleared(home):
    number = home.number("club", "own")
    home.apply(number)
    home.asked(home.clerk, "child", "show", number, *WHY)
    assert watch(home)["alerts"] == []
    cleared = home.token("olga", "auditor", "shielding-officer", strong=True)
    assert len(alerts(home, cleared)) == 1


def test_an_override_opens_an_investigation_that_another_closes(home):
    number = home.number("club", "own")
    home.apply(number)
    overriding = home.token("olu", "shielding-officer", strong=True)
    home.told(overriding, "child", "show", number, "--override", "--reason", "police call")
    listed = ("audit", "investigations", "list")
    assert home.told(overriding, *listed) == []
    assert home.told(home.auditor, *listed) == []
    other = home.token("ola", "shielding-officer", strong=True)
    (one,) = home.told(other, *listed)
    told = home.told(other, "audit", "investigations", "show", one["id"], *WHY)
    assert (told["children"], told["reason"], told["reader"]) == ([number], "police call", "olu")
    words = ("close", one["id"], "--finding", "in-order", "--reason", "the call is on file")
    home.told(other, "audit", "investigations", *words)
    assert home.told(other, *listed) == []


def test_a_reader_without_the_role_watches_nothing(home):
    answer = home.asked(home.clerk, "audit", "watch")
    assert answer.exception.exit_code == 4


def test_the_table_for_people_names_signs_and_readers(home):
    home.asked(home.clerk, "child", "show", home.number("club", "own"), *WHY)
    watch(home)
    shown = home.asked(home.auditor, "audit", "alerts", "list").stdout
    assert "ada" in shown
    assert "own home" in shown
    assert home.number("club", "own") not in shown
    assert json.loads(home.asked(home.auditor, "audit", "alerts", "list", "--json").stdout)


def test_a_revoked_token_that_is_tried_is_recorded_and_becomes_an_alert(home):
    home.run("token", "revoke", "--subject", "ada")
    answer = home.asked(home.clerk, "child", "show", "1", *WHY)
    assert answer.exception.exit_code == 4
    (name,) = watch(home)["alerts"]
    told = home.told(home.auditor, "audit", "alerts", "show", name, *WHY)
    assert (told["reader"], told["signs"]) == ("ada", ["left"])


def test_a_place_asked_for_again_and_again_beside_one_name_becomes_an_alert(home):
    for n in range(1, 5):
        words = ("--name", "Asha Quill", "--postcode", f"LS{n} 4AP")
        home.asked(home.clerk, "child", "find", *words, *WHY)
    watch(home)
    assert [one["signs"] for one in alerts(home)] == [["probing"]]


def test_a_childs_rare_name_that_is_the_readers_is_a_sign_in_a_small_index_too(home):
    words = ("--organisation", SCHOOL, "--family-name", "Okonjob")
    token = ("token", "--subject", "bea", "--role", "practitioner", *words)
    bea = home.run(*token).stdout.strip()
    home.asked(bea, "child", "show", home.number("club", "k1"), *WHY)
    watch(home)
    assert [one["signs"][0] for one in alerts(home)] == ["own name"]


def test_two_do_not_watch_at_once(home):
    """Else both would raise what is new."""
    with home.opened() as store, store.access.lock("watching"), pytest.raises(LockedError):
        Watching(store).run(store.origin("audit watch"))
