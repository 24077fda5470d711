"""Commands about who is responsible for a child: authority offer, accept, decline, list."""

from typing import TYPE_CHECKING

import click
import msgspec

from contactpoint.cli.command import PERSONAL, examples, json_option, reason_option
from contactpoint.cli.families import about_child
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time, day_of
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from events.responsible import ResponsibleCommand


@click.group()
def authority() -> None:
    """The local authority that is responsible for a child."""


@authority.command(epilog=examples("authority offer 012345678904 --to 855 --reason 'moved in May'"))
@click.argument("number", type=PERSONAL)
@click.option("--to", required=True, metavar="CODE", help="Three digits of the other authority.")
@reason_option
@token_option
@json_option
def offer(number: str, to: str, reason: str, as_json: bool) -> None:
    """Ask another authority to take the child of a NUMBER over.

    Until it accepts, nothing changes. A data manager of the responsible authority does so.
    """
    from contactpoint.errors import UsageError
    from events.responsible import OfferChild
    from person.authorities import AUTHORITIES

    if to not in AUTHORITIES:
        raise UsageError("--to: expected the three digits of a local authority, as 213")
    with about_child(Act.TRANSFER, number, reason) as (store, found):
        command = OfferChild(found.child, to, store.responsible(found).code)
        origin = store.origin("authority offer")
        changed = store.telling.authority(command, origin, found.merged)
        store.checkpoints.write(store.log)
    if as_json:
        print_json({"number": found.view.number, "offered": to, "changed": changed})
    else:
        say(f"offered to authority {to}" if changed else "nothing changed: it is theirs or asked")


@authority.command(epilog=examples("authority accept 012345678904 --reason 'lives with us now'"))
@click.argument("number", type=PERSONAL)
@reason_option
@token_option
@json_option
def accept(number: str, reason: str, as_json: bool) -> None:
    """Take over a child that your authority was offered.

    A data manager of the authority that was asked does so, and it is responsible from then on.
    """
    from events.responsible import AcceptChild

    _answer(number, reason, AcceptChild, "accepted", as_json=as_json)


@authority.command(epilog=examples("authority decline 012345678904 --reason 'not known to us'"))
@click.argument("number", type=PERSONAL)
@reason_option
@token_option
@json_option
def decline(number: str, reason: str, as_json: bool) -> None:
    """Do not take over a child that was offered.

    Who was responsible remains so.
    """
    from events.responsible import DeclineChild

    _answer(number, reason, DeclineChild, "declined", as_json=as_json)


def _answer(
    number: str,
    reason: str,
    command: "Callable[..., ResponsibleCommand]",
    done: str,
    *,
    as_json: bool,
) -> None:
    """Answer an offer in the name of the authority of whoever acts."""
    from contactpoint.errors import NotFoundError

    with about_child(Act.ACCEPT, number, reason) as (store, found):
        asked = store.responsible(found).offered
        if not asked:
            raise NotFoundError("that child is offered to no authority")
        origin = store.origin(f"authority {done}")
        store.telling.authority(command(found.child, asked), origin, found.merged)
        store.checkpoints.write(store.log)
    if as_json:
        print_json({"number": found.view.number, done: asked})
    else:
        say(f"{done} for authority {asked}")


@authority.command("list", epilog=examples("authority list"))
@token_option
@json_option
def list_(as_json: bool) -> None:
    """List the children offered to your authority.

    To any authority, where you have none.
    """
    with opened(Act.ACCEPT) as store:
        store.projector.catch_up()
        asked = store.lists.offers(store.actor.authority)
        offers = store.beside.offers(asked, day_of(store.chance.clock()))
        ours = [one for one in offers if store.actor.authority in {"", one.offered}]
    told = [{**msgspec.structs.asdict(one), "asked": as_time(one.asked)} for one in ours]
    if as_json:
        print_json(told)
    elif told:
        print_table(tuple(told[0]), [list(one.values()) for one in told])
    else:
        say("no child is offered")
