"""Commands that show a child: child show, child find. Each is recorded before it answers."""

import click
import msgspec

from contactpoint.cli import views
from contactpoint.cli.command import (
    PERSONAL,
    PERSONAL_DAY,
    examples,
    json_option,
    reason_option,
)
from contactpoint.cli.families import about_child, consent, correct
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, token_option
from contactpoint.moments import as_time, with_times
from contactpoint.people.deciding import Act, Purpose

BEHALF = click.option(
    "--for",
    "behalf",
    default="",
    metavar="WHO",
    help="The practitioner for whom you look, where they have no way in; recorded beside you.",
)


@click.group()
def child() -> None:
    """Who a child is, and which services work with them."""


child.add_command(correct)
child.add_command(consent)


@child.command(
    epilog=examples(
        "child show 012345678904 --reason 'school asks whom to ring'",
        "child show - --reason 'enquiry 7' < number.txt",
        "child show 012345678904 --history --reason 'parent asks who was told'",
    )
)
@click.argument("number", type=PERSONAL)
@click.option(
    "--history", "with_history", is_flag=True, help="Show what happened to the child, too."
)
@click.option(
    "--override",
    is_flag=True,
    help="Look through a shield, this once, if you may; an investigation is opened.",
)
@BEHALF
@reason_option
@token_option
@json_option
def show(  # noqa: PLR0913 - what is said of a look
    *, number: str, with_history: bool, override: bool, behalf: str, reason: str, as_json: bool
) -> None:
    """Show the child of a NUMBER, and the services involved.

    Spaces in the number do not matter; - reads it from standard input. The look is recorded before
    the answer. A child that may not be seen answers as a number that nobody has. A shielded child's
    history is not shown.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError
    from contactpoint.moments import day_of
    from person.numbers import NumberError, read

    stated = required_reason(reason)
    act = "child show override" if override else "child show"
    with opened(Act.OVERRIDE if override else Act.SHOW, _purpose(behalf)) as store:
        try:
            wanted = read(number)
        except NumberError:
            wanted = ""
        store.projector.catch_up()
        found = store.queries.child_by_number(wanted, override=override) if wanted else None
        origin = store.origin(act)
        if found is not None and found.overridden:
            store.accesses.investigate(origin, found.child, stated)
            say("a shield is overridden, for this look alone; an investigation was opened")
        store.record_look(
            origin,
            act,
            reason=stated,
            children=[found.child] if found else [],
            search={"number": number.strip()},
            purpose=_purpose(behalf),
            behalf=behalf.strip(),
        )
        if found is None:
            raise NotFoundError("no child of that number")
        told = store.queries.history_of_child(found.child) if with_history else []
        beside = store.beside.of(found, day_of(store.chance.clock()))
    history = views.history(found.view, told)
    if as_json:
        shown = with_times(msgspec.to_builtins(found.view) | views.beside_as_plain(beside))
        print_json(shown | {"history": history} if with_history else shown)
        return
    views.show(found.view)
    views.show_beside(beside)
    if history:
        print_table(tuple(history[0]), [list(row.values()) for row in history])


@child.command(
    epilog=examples(
        "child find --name 'Asha Okonjo' --dob 2015-03-04 --reason 'enquiry 7'",
        "child find --name - --postcode - --reason 'enquiry 7' < lines.txt",
    )
)
@click.argument("words", nargs=-1, metavar="[NAME]...", type=PERSONAL)
@click.option("--name", default="", type=PERSONAL, help="Forename and family name, or the latter.")
@click.option("--dob", default="", type=PERSONAL_DAY, help="Date of birth.")
@click.option("--postcode", default="", type=PERSONAL, help="Of any address that is stated.")
@click.option(
    "--sex",
    default="",
    type=click.Choice(["", "F", "M", "U", "X"]),
    metavar="F|M|U|X",
    help="U: not known; X: stated as not specified.",
)
@click.option("--identifier", default="", type=PERSONAL, help="NHS number, UPN or local number.")
@BEHALF
@reason_option
@token_option
@json_option
def find(words: tuple[str, ...], behalf: str, reason: str, as_json: bool, **asked: str) -> int:
    """Find children for whom all holds that is asked.

    At most twenty are shown. A value given as - is read from standard input, so that it stands in
    no history: a line for each option in the order typed, then one for the NAME. The look is
    recorded before the answer. Exit 1 where no child is found.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError, UsageError
    from projections.search import Search, TooBroadError

    stated = required_reason(reason)
    asked["name"] = " ".join(filter(None, [*words, asked["name"]]))
    birth = asked.pop("dob")
    with opened(Act.FIND, _purpose(behalf)) as store:
        store.projector.catch_up()
        try:
            answer = store.queries.find(Search(birth=birth, **asked))
        except TooBroadError as error:
            raise UsageError(str(error)) from None
        store.record_look(
            store.origin("child find"),
            "child find",
            reason=stated,
            children=[one.child for one in answer.found],
            search={"birth": birth, **asked},
            purpose=_purpose(behalf),
            behalf=behalf.strip(),
        )
    if as_json:
        shown = [with_times(msgspec.to_builtins(one.view)) for one in answer.found]
        print_json({"found": shown, "more": answer.more})
        return 0 if answer.found else 1
    if not answer.found:
        raise NotFoundError("no child found")
    found = [views.identity(one.view) for one in answer.found]
    columns = ("number", "name", "sex", "born")
    print_table(columns, [[facts[column] for column in columns] for facts in found])
    if answer.more:
        say("more children answer to this; say more of the one you mean")
    return 0


@child.command(epilog=examples("child accesses 012345678904 --reason 'the mother asks who looked'"))
@click.argument("number", type=PERSONAL)
@reason_option
@token_option
@json_option
def accesses(number: str, reason: str, as_json: bool) -> None:
    """List who looked at the child of a NUMBER.

    With the time, the act, the reason as it was stated, and for whom they looked. Looks at children
    that were merged into it count too. A reason that was given for a look at other children too is
    left out, as it may tell of them. This look is recorded, and the last of the list.
    """
    from contactpoint.auditing.disclosed import reason as disclosed

    with about_child(Act.ACCESSES, number, reason) as (store, found):
        children = {found.child, *store.workings.merged_into([found.child])}
        told = [
            {
                "when": as_time(look.at),
                "who": look.event.reader,
                "organisation": look.event.organisation,
                "act": look.event.act,
                "purpose": look.event.purpose,
                "reason": disclosed(look, children, found.view.number),
                "for": look.event.behalf,
            }
            for look in store.accesses.looks_at(children)
        ]
    if as_json:
        print_json(told)
        return
    print_table(tuple(told[0]), [list(look.values()) for look in told])


def _purpose(behalf: str) -> Purpose:
    """What a look is for."""
    return Purpose.MEDIATION if behalf.strip() else Purpose.DUTY
