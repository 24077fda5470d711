"""Roles as people meet them: a token in a variable, a file or a line, and exit 4 without one."""

import dataclasses
import json

import click
import pytest
from click.testing import CliRunner

from contactpoint.cli.program import program
from contactpoint.errors import DeniedError, NotFoundError, UsageError
from contactpoint.people.deciding import Act
from contactpoint.people.issuing import known
from contactpoint.people.tokens import TokenError
from events.access import (
    ActRefused,
    ChildrenAccessed,
    ReaderFacts,
    ReaderSeen,
    TokenIssued,
    TokenRevoked,
)
from tests.contactpoint.installation import Installation

OPEN = {("init",), ("feeds",), ("score",), ("synth",), ("demo",), ("shield", "curve")}
"""Commands that show and change nothing of an index, or make one."""
WORDS = {
    ("load",): ["{file}", "--source", "club"],
    ("nightly",): ["{folder}"],
    ("evaluate",): ["{truth}"],
    ("export", "links"): ["{folder}/out.csv"],
    ("export", "pairs"): ["{folder}/out.csv"],
    ("source", "add"): ["club", "--feed", "csv"],
    ("shield", "apply"): ["123456789012", "--criterion", "harm", "--requester", "desk"],
    ("restore",): ["{backup}", "--drill"],
    ("why",): ["club:1", "club:2"],
    ("child", "correct"): ["123456789012", "--sex", "F"],
    ("child", "consent"): ["123456789012", "given"],
    ("authority", "offer"): ["123456789012", "--to", "213"],
    ("review", "decide"): [
        *("a", "--verdict", "link", "--reason", "same-family", "--seen", "1.1.1.1")
    ],
    ("report",): ["2026"],
    ("audit", "export"): ["{folder}/looks", "--from", "2026-01-01", "--to", "2026-01-02"],
    ("audit", "report"): ["--from", "2026-01-01", "--to", "2026-01-02"],
    ("audit", "alerts", "close"): ["3f9c", "--finding", "unclear"],
    ("audit", "investigations", "close"): ["3f9c", "--finding", "unclear"],
    ("review", "relatives"): ["--none"],
    ("review", "split"): ["123456789012", "--off", "club:k", "--reason", "twins", "--plan"],
    ("never-link", "draw"): [
        *("--left", "club:1", "--right", "club:2", "--kind", "adoption", "--requested-by", "x")
    ],
    ("token",): ["--subject", "eve", "--role", "administrator"],
    ("token", "revoke"): ["--subject", "eve"],
}
"""What a command needs to be understood, where a word and a reason do not do."""


def leaves(group=program, before=()):
    """Every command that does something, with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*before, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*before, name), command


LEAVES = {words: command for words, command in leaves() if words not in OPEN}


class Office(Installation):
    """An index with one child, and tokens for people."""

    def __init__(self, folder):
        super().__init__(folder / "home")
        self.file, self.truth = folder / "club.csv", folder / "truth.csv"
        self.backup = folder / "backup"
        self.issued = {}
        self.run("init")

    def token(self, subject, role, *more):
        if (subject, role) not in self.issued:
            made = self.run("token", "--subject", subject, "--role", role, *more).stdout
            self.issued[subject, role] = made.strip()
        return self.issued[subject, role]

    def asked(self, token, *words, stdin=None):
        """Whether somebody with this token is let through; click's result."""
        environment = {"CONTACTPOINT_TOKEN": token} if token is not None else {}
        typed = [str(word) for word in words]
        return CliRunner(env=self.environment | environment).invoke(
            program, typed, input=stdin, standalone_mode=False
        )

    def accesses(self, kind):
        with self.opened() as store:
            told = store.access.decode(store.access.read(0, 1000))
            return [m.event for m in told if isinstance(m.event, kind)]


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    made.file.write_text("key,given,family,dob\nk,Asha,Okonjo,2015-03-04\n")
    made.truth.write_text("source,record_id,person\nclub,k,p\n")
    made.run("load", made.file, "--source", "club", "--feed", "csv")
    made.run("backup", made.backup)
    return made


def typed(command, words, office):
    """The words of a command that its parser takes."""
    given = WORDS.get(words)
    if given is None:
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        given = ["123456789012" for one in arguments if one.required]
        options = [one for one in command.params if isinstance(one, click.Option) and one.required]
        given += [word for one in options for word in (one.opts[0], "x")]
    if "--reason" in {name for one in command.params for name in one.opts} - {*given}:
        given = [*given, "--reason", "enquiry 7"]
    places = {
        "file": office.file,
        "truth": office.truth,
        "folder": office.home.parent,
        "backup": office.backup,
    }
    return [*words, *(word.format(**places) for word in given)]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_is_denied_to_somebody_who_has_no_such_role(words, office):
    own = words[0] == "child" or words == ("review", "relatives")
    token = office.token("eve", "feed-agent" if own else "practitioner")
    answer = office.asked(token, *typed(LEAVES[words], words, office))
    assert isinstance(answer.exception, DeniedError), answer.output
    assert (answer.exception.exit_code, answer.stdout) == (4, "")


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_takes_a_token_but_the_one_that_issues_them(words):
    named = {name for param in LEAVES[words].params for name in param.opts}
    assert ("--token" in named) is (words != ("token",))


def test_a_token_in_a_file_goes_before_the_variable(office):
    path = office.home.parent / "agent.token"
    path.write_text(office.token("bram", "feed-agent") + "\n")
    auditor = office.token("ada", "auditor")
    assert office.asked(auditor, "source", "list", "--token", path).exception is None
    assert isinstance(office.asked(auditor, "source", "list").exception, DeniedError)


def test_a_token_and_then_a_number_are_read_from_lines_of_standard_input(office):
    lines = office.token("ada", "practitioner") + "\nnobody\n"
    answer = office.asked(None, "child", "show", "-", "--token", "-", "--reason", "x", stdin=lines)
    assert str(answer.exception) == "no child of that number"


def test_an_empty_variable_is_no_shell_of_an_administrator(office):
    answer = office.asked("", "status")
    assert isinstance(answer.exception, DeniedError)
    assert "must be unset" in str(answer.exception)


def test_a_token_of_another_index_is_denied(office, tmp_path):
    other = Office(tmp_path)
    answer = office.asked(other.token("ada", "administrator"), "status")
    assert "not signed by this index" in str(answer.exception)


def test_an_administrator_by_token_issues_no_tokens(office):
    administrator = office.token("ada", "administrator")
    answer = office.asked(administrator, "token", "--subject", "eve", "--role", "auditor")
    assert "in the administrator's shell" in str(answer.exception)


def test_a_shell_without_a_token_is_said_to_be_an_administrators(office):
    answer = office.asked(None, "child", "find", "Okonjo", "--reason", "x")
    assert answer.stderr.startswith("no token: os:")
    assert "acts as administrator" in answer.stderr
    named = office.asked(
        office.token("a", "practitioner"), "child", "find", "Okonjo", "--reason", "x"
    )
    assert named.stderr == ""


def test_the_record_of_access_names_whom_the_token_names(office):
    ada = office.token("ada", "practitioner")
    assert office.asked(ada, "child", "find", "Okonjo", "--reason", "enquiry 7").return_value == 0
    look = office.accesses(ChildrenAccessed)[-1]
    assert (look.reader, look.act, look.behalf) == ("ada", "child find", "")
    assert (look.roles, look.purpose) == (("practitioner",), "duty")


def test_a_look_on_behalf_of_another_is_recorded_with_both(office):
    words = ("child", "find", "Okonjo", "--reason", "enquiry 7", "--for", "bram")
    assert office.asked(office.token("ada", "practitioner"), *words).return_value == 0
    look = office.accesses(ChildrenAccessed)[-1]
    assert (look.reader, look.behalf, look.purpose) == ("ada", "bram", "mediation")


def test_a_readers_day_begins_with_who_they_are_at_home(office):
    home = ("--family-name", "Okonjo", "--postcode", "SE15 3QN")
    nadia = office.token("nadia", "practitioner", *home)
    for _ in range(2):
        office.asked(nadia, "child", "find", "Okonjo", "--reason", "enquiry 7")
    assert office.accesses(ReaderSeen) == [ReaderSeen("nadia", ReaderFacts("Okonjo", "SE15 3QN"))]


def test_who_was_denied_what_is_recorded(office):
    office.asked(office.token("mallory", "auditor"), "erase", "123456789012", "--yes")
    assert office.accesses(ActRefused)[-1] == ActRefused("mallory", "erase", "duty")


def test_a_token_is_recorded_for_whom_and_as_what_and_kept_nowhere(office):
    made = json.loads(
        office.run(
            *("token", "--subject", "cora", "--role", "steward", "--role", "auditor"),
            *("--authority", "213", "--strong", "--days", 2, "--json"),
        ).stdout
    )
    issued = office.accesses(TokenIssued)[-1]
    assert (issued.token, issued.subject) == (made["id"], "cora")
    assert (issued.roles, issued.authority, issued.strong) == (("auditor", "steward"), "213", True)
    kept = b"".join(path.read_bytes() for path in office.home.rglob("*") if path.is_file())
    assert made["token"].rpartition(".")[2].encode() not in kept


def test_denied_by_role_looks_alike_for_a_child_and_for_none(office):
    child = office.run("child", "find", "Okonjo", "--reason", "x", "--json").stdout
    [found] = json.loads(child)["found"]
    agent = office.token("bram", "feed-agent")
    answers = [
        office.asked(agent, "child", "show", number, "--reason", "x")
        for number in (found["number"], "123456789012")
    ]
    assert len({(str(a.exception), a.output) for a in answers}) == 1


def _issue(office, subject, role):
    made = office.run("token", "--subject", subject, "--role", role, "--json").stdout
    told = json.loads(made)
    return told["token"], told["id"]


def test_a_revoked_token_is_refused_from_the_next_act_on_and_no_other_is(office):
    (lost, name), (kept, _) = _issue(office, "dora", "auditor"), _issue(office, "dora", "auditor")
    assert office.asked(lost, "status").exception is None
    told = json.loads(office.run("token", "revoke", name, "--json").stdout)
    assert told == {"revoked": [name]}
    refused = office.asked(lost, "status").exception
    assert (str(refused), refused.exit_code) == (
        "the token was revoked; 'contactpoint token' issues one", 4
    )  # fmt: skip
    assert office.asked(kept, "status").exception is None
    assert office.accesses(TokenRevoked)[-1] == TokenRevoked(name, "dora")


def test_a_session_that_is_under_way_ends_with_its_token(office):
    token, name = _issue(office, "fay", "auditor")
    with office.opened() as store:
        store.settings = dataclasses.replace(store.settings, token=token)
        store.require(Act.STATUS)
        office.run("token", "revoke", name)
        with pytest.raises(TokenError, match="revoked"):
            store.require(Act.STATUS)


def test_a_revoked_token_is_no_second_persons_either(office):
    (first, _), (second, name) = (_issue(office, who, "shielding-officer") for who in "xy")
    words = ("shield", "lift", "123456789012", "--reason", "x")
    environment = office.environment | {
        "CONTACTPOINT_TOKEN": first, "CONTACTPOINT_SECOND_TOKEN": second
    }  # fmt: skip

    def said():
        return CliRunner(env=environment).invoke(program, words, standalone_mode=False).exception

    assert isinstance(said(), NotFoundError)
    office.run("token", "revoke", name)
    assert "revoked" in str(said())


def test_all_tokens_of_a_person_are_revoked_by_name_and_revoking_again_changes_nothing(office):
    made = [_issue(office, "Gus", "steward") for _ in range(2)]
    told = json.loads(office.run("token", "revoke", "--subject", "gus", "--json").stdout)
    assert told["revoked"] == [name for _, name in made]
    before = len(office.accesses(TokenRevoked))
    again = json.loads(office.run("token", "revoke", made[0][1], "--json").stdout)
    assert (again, len(office.accesses(TokenRevoked))) == ({"revoked": []}, before)


def test_a_token_that_was_never_issued_is_not_revoked(office):
    _, name = _issue(office, "hal", "steward")
    with pytest.raises(NotFoundError, match="token list"):
        office.run("token", "revoke", name, "7f3a9c21")
    assert [one for one in _listed(office, "hal") if one["revoked"]] == []


def test_to_revoke_takes_a_name_that_somebody_can_have(office):
    with pytest.raises(UsageError, match="--subject"):
        office.run("token", "revoke", "--subject", "hal ")


def _listed(office, subject):
    return json.loads(office.run("token", "list", "--subject", subject, "--json").stdout)


def test_tokens_are_listed_by_id_with_what_they_say_and_never_themselves(office):
    token, name = _issue(office, "ina", "steward")
    office.run("token", "revoke", name)
    [told] = _listed(office, "INA")
    assert (told["id"], told["roles"], told["revoked"]) == (name, ["steward"], True)
    assert token not in office.run("token", "list").output
    assert office.run("token", "list", "--subject", "nobody").output == "no token is in force\n"


def test_a_token_that_has_expired_is_not_listed(office):
    _issue(office, "jo", "steward")
    with office.opened() as store:
        later = store.chance.clock() // 10**6 + 31 * 86_400
        assert "jo" not in {one.issued.subject for one in known(store.accesses, later)}
        assert "jo" in {one.issued.subject for one in known(store.accesses, later - 2 * 86_400)}


def test_who_looked_at_a_child_is_listed_for_those_who_may_know(office):
    child = office.run("child", "find", "Okonjo", "--reason", "x", "--json").stdout
    [found] = json.loads(child)["found"]
    ada = office.token("ada", "practitioner")
    words = ("child", "show", found["number"], "--reason", "enquiry 9", "--for", "bram")
    assert office.asked(ada, *words).exception is None
    asked = ("child", "accesses", found["number"], "--reason", "a parent asks", "--json")
    told = json.loads(office.asked(office.token("max", "auditor"), *asked).stdout)
    looks = [(one["who"], one["act"], one["reason"], one["for"]) for one in told[-2:]]
    assert looks == [
        ("ada", "child show", "enquiry 9", "bram"),
        ("max", "list who looked at a child", "a parent asks", ""),
    ]
    none = office.asked(office.token("max", "auditor"), "child", "accesses", "1", "--reason", "x")
    assert str(none.exception) == "no child of that number"
    assert isinstance(office.asked(ada, *asked).exception, DeniedError)
