"""Commands that destroy or renew keys: erase, purge, key rotate."""

import sys
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.judging import say_whether
from contactpoint.cli.output import many, print_json, progress, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from contactpoint.erasing import Erased
    from projections.due import Due

MOST_PURGED = 10_000
"""Children purged at once: in one commit, of some ten events each."""


@click.command(
    epilog=examples(
        "erase 012345678904 --reason 'retention ended'",
        "erase - --yes --reason 'retention ended' < record.txt",
    )
)
@click.argument("what", type=PERSONAL)
@click.option("--reason", default="", help="Why; recorded with the erasure.")
@click.option(
    "--yes", is_flag=True, help="Do not ask whether you mean it, as is asked on a terminal."
)
@token_option
@json_option
def erase(what: str, reason: str, yes: bool, as_json: bool) -> int:
    """Erase a child or a record for ever.

    WHAT is the child's index number, or the record's SOURCE:ID. The keys are destroyed, and every
    trace outside the log is removed. - reads WHAT from standard input. Administrators only. Prints
    the day on which the erasure is final.
    """
    if not yes and sys.stdin.isatty():
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    from person.numbers import NumberError, read

    with opened(Act.ERASE) as store:
        origin = store.origin("erase")
        if ":" in what:
            done = store.erasing.record(store.record_named(what), origin, reason=reason)
        else:
            try:
                number = read(what)
            except NumberError:
                number = ""
            done = store.erasing.child(number, origin, reason=reason)
        follows = store.follow(store.origin("link"))
        store.projector.catch_up()
        store.checkpoints.write(store.log)
    if as_json:
        print_json({"records": done.records, "child": done.child, "final": str(done.final)})
    else:
        say(f"{done.records:,} record{'' if done.records == 1 else 's'} erased")
        say(f"final on {done.final}, when the last older backup of the keys has expired")
    say_whether(follows)
    return 0


@click.command(epilog=examples("purge --plan", "purge --yes"))
@click.option("--plan", is_flag=True, help="Only say how much is due.")
@click.option(
    "--yes", is_flag=True, help="Do not ask whether you mean it, as is asked on a terminal."
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=MOST_PURGED,
    show_default=True,
    metavar="N",
    help="Children and lone records at once; the rest stays due.",
)
@token_option
@json_option
def purge(plan: bool, yes: bool, most: int, as_json: bool) -> None:
    """Erase for ever who was archived six years ago.

    A child is archived on the 18th birthday, a year after its death, three years after it left
    England, or once nobody expects its birth any more. A record that is of no child goes by its
    own dates. Each is erased as 'erase' does it. May be begun again after it was cut short.
    Administrators only.
    """
    from contactpoint.moments import day_of

    with opened(Act.PURGE) as store:
        origin = store.origin("purge")
        if not plan and not yes and sys.stdin.isatty():
            say(_due(store.erasing.due(day_of(origin.recorded))))
            click.confirm("This cannot be undone. Purge?", abort=True, err=True)
        if not plan:
            done = store.erasing.purge(origin, most=most)
            follows = store.follow(store.origin("link"))
            store.checkpoints.write(store.log)
        due = store.erasing.due(day_of(origin.recorded))
    left = {"due": len(due.children), "due_records": len(due.records)}
    if as_json:
        purged = {} if plan else _purged(done)
        print_json({**purged, **left})
        return
    if not plan and (done.children or done.records):
        say(f"{_children(done.children)} purged, {many(done.records, 'record')}")
        say(f"final on {done.final}, when the last older backup of the keys has expired")
        say_whether(follows)
    click.echo(_due(due))


def _purged(done: "Erased") -> dict[str, int | str]:
    return {"children": done.children, "records": done.records, "final": str(done.final)}


def _due(due: "Due") -> str:
    lone = f", and {many(len(due.records), 'record')} of no child" if due.records else ""
    return f"due to be purged: {_children(len(due.children))}{lone}"


def _children(count: int) -> str:
    return f"{count:,} child{'ren' * (count != 1)}"


@click.group()
def key() -> None:
    """The keys of the installation."""


@key.command(epilog=examples("key rotate"))
@token_option
@json_option
def rotate(as_json: bool) -> None:
    """Wrap every subject's key under a new wrapping key.

    May be begun again. Administrators only.
    """
    with opened(Act.ROTATE) as store, progress("wrapping", wanted=not as_json):
        wrapped = store.keys.rotate()
    if as_json:
        print_json({"wrapped": wrapped})
    else:
        say(f"{many(wrapped, 'subject key')} wrapped under a new wrapping key")
        say("older backups of the keys open no more: 'contactpoint backup' takes a new one")
