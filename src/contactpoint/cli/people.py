"""Commands about tokens: token, token list, token revoke."""

from typing import Any

import click

from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.output import many, print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time
from contactpoint.people.actor import Actor, Role
from contactpoint.people.deciding import Act

DAYS, MOST_DAYS = 30, 366


@click.group(
    invoke_without_command=True,
    epilog=examples(
        "token --subject ada --role steward --authority 213 > ada.token",
        "token --subject bram --role practitioner --organisation 'Elm Surgery' --strong --days 1",
        "token revoke 7f3a9c218d1e02ab",
    ),
)
@click.option("--subject", help="Whom it names, as the record of access will; required.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="What they are to the index; required, may be given again.",
)
@click.option(
    "--authority",
    default="",
    metavar="CODE",
    help="Three digits of the local authority they work for. Default: no single one.",
)
@click.option("--organisation", default="", help="Whom they work for.")
@click.option("--strong", is_flag=True, help="They proved who they are by more than one factor.")
@click.option("--override", is_flag=True, help="They may open what a shield hides, with --strong.")
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice(["nhs", "upn"]),
    help="Numbers of it may be told to them, as to a body that allocates them; may be given again.",
)
@click.option(
    "--family-name",
    "family",
    default="",
    type=PERSONAL,
    help="Their own family name: looks at one's own family are found by it.",
)
@click.option("--postcode", default="", type=PERSONAL, help="Of their own home, likewise.")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="For how many days from now.",
)
@json_option
@click.pass_context
def token(  # noqa: PLR0913 - what a token says
    ctx: click.Context,
    *,
    subject: str | None,
    roles: tuple[str, ...],
    authority: str,
    organisation: str,
    strong: bool,
    override: bool,
    systems: tuple[str, ...],
    family: str,
    postcode: str,
    days: int,
    as_json: bool,
) -> None:
    """Issue a signed token that names a person.

    It says who acts, and as what. Only in an administrator's shell, and recorded. For development
    and tests: whoever runs an index of real children lets a directory of people vouch for them. A
    command is told who acts by CONTACTPOINT_TOKEN or --token FILE, and who the second person is,
    where an act needs two, by CONTACTPOINT_SECOND_TOKEN or --second FILE.
    """
    if ctx.invoked_subcommand is not None:
        return
    if subject is None or not roles:
        option = "--subject" if subject is None else "--role"
        raise click.MissingParameter(ctx=ctx, param_type="option", param_hint=f"'{option}'")
    from contactpoint.people.issuing import issue

    known = frozenset(map(Role, roles))
    home = family.strip(), postcode.strip()
    vouched = strong, override, frozenset(systems)
    person = Actor(subject, known, authority, organisation, *vouched, *home)
    with opened(Act.TOKEN) as store:
        made = issue(store.accesses, person, days, store.origin("token"))
    if as_json:
        expires = as_time(made.expires * 10**6)
        print_json({"token": made.token, "id": made.id, "subject": subject, "expires": expires})
    else:
        click.echo(made.token)
        say(f"token {made.id} for {subject}, valid for {many(days, 'day')}")


@token.command("list", epilog=examples("token list", "token list --subject ada"))
@click.option("--subject", default="", help="Those of one person alone.")
@token_option
@json_option
def list_(subject: str, as_json: bool) -> None:
    """List the tokens that have not expired.

    For whom they are, as what, until when, and whether revoked. The tokens themselves are kept
    nowhere.
    """
    from contactpoint.people.issuing import known

    with opened(Act.TOKENS) as store:
        found = known(store.accesses, store.chance.clock() // 10**6)
    wanted = subject.casefold()
    told = [
        {
            "id": one.issued.token,
            "subject": one.issued.subject,
            "roles": list(one.issued.roles),
            "authority": one.issued.authority,
            "strong": one.issued.strong,
            "expires": as_time(one.issued.expires * 10**6),
            "revoked": one.is_revoked,
        }
        for one in found
        if wanted in ("", one.issued.subject.casefold())
    ]
    if as_json:
        print_json(told)
        return
    if not told:
        say("no token is in force")
        return
    columns = ("id", "subject", "roles", "authority", "expires", "")
    print_table(columns, [_line(one) for one in told])


def _line(told: dict[str, Any]) -> tuple[str, ...]:
    marks = [mark for mark in ("strong", "revoked") if told[mark]]
    day = str(told["expires"])[:10]
    roles = ", ".join(told["roles"])
    return told["id"], told["subject"], roles, told["authority"], day, ", ".join(marks)


@token.command(epilog=examples("token revoke 7f3a9c218d1e02ab", "token revoke --subject ada"))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--subject", default="", help="Revoke all tokens of this person.")
@token_option
@json_option
def revoke(ids: tuple[str, ...], subject: str, as_json: bool) -> None:
    """Revoke tokens before they expire.

    By their ids, or by whom they name: with --subject also those that an issuer gave them until
    now. From then on they are refused everywhere, also by a session that is under way, and by an
    act of two as the second. 'token list' names the ids. Revoking again changes nothing.
    Administrators only.
    """
    from contactpoint.errors import UsageError
    from contactpoint.people import issuing
    from contactpoint.people.tokens import is_name

    if bool(ids) == bool(subject):
        raise UsageError("expected the ids of tokens, or --subject")
    if subject and not is_name(subject):
        raise UsageError("--subject: expected a person's name as tokens have it")
    with opened(Act.REVOKE) as store:
        origin, now = store.origin("token revoke"), store.chance.clock() // 10**6
        revoked = issuing.revoke(store.accesses, ids, subject, now, origin)
        if subject:
            store.accesses.revoke_before(origin, subject)
    if as_json:
        print_json({"revoked": [one.token for one in revoked]})
    else:
        click.echo(f"{len(revoked)} tokens revoked that were in force")
