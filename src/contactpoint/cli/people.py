"""The command that issues tokens."""

import click

from contactpoint.cli.command import examples, json_option
from contactpoint.cli.output import as_time, print_json, say
from contactpoint.cli.session import opened
from contactpoint.people.actor import Actor, Role
from contactpoint.people.deciding import Act

DAYS, MOST_DAYS = 30, 366


@click.command(
    epilog=examples(
        "token --subject ada --role steward --authority 213 > ada.token",
        "token --subject bram --role practitioner --organisation 'Elm Surgery' --strong --days 1",
    )
)
@click.option("--subject", required=True, help="Who it names: as the record of access will.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="What they are to the index; may be given again.",
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
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="For how many days from now.",
)
@json_option
def token(  # noqa: PLR0913 - what a token says
    *,
    subject: str,
    roles: tuple[str, ...],
    authority: str,
    organisation: str,
    strong: bool,
    override: bool,
    days: int,
    as_json: bool,
) -> None:
    """Issue a signed token that names a person: who acts, and as what.

    Only in an administrator's shell, and recorded. For development and tests: whoever runs an index
    of real children lets a directory of people vouch for them. A command is told who acts by
    CONTACTPOINT_TOKEN or --token FILE, and who the second person is, where an act needs two, by
    CONTACTPOINT_SECOND_TOKEN or --second FILE.
    """
    from contactpoint.people.issuing import issue

    known = frozenset(map(Role, roles))
    person = Actor(subject, known, authority, organisation, strong, override)
    with opened(Act.TOKEN) as store:
        made = issue(store.accesses, person, days, store.origin("token"))
    if as_json:
        expires = as_time(made.expires * 10**6)
        print_json({"token": made.token, "id": made.id, "subject": subject, "expires": expires})
    else:
        click.echo(made.token)
        say(f"token {made.id} for {subject}, valid for {days:,} days")
