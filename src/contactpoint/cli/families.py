"""What is recorded for a child and their family: child correct, child consent."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from contactpoint.cli.command import (
    PERSONAL,
    PERSONAL_DAY,
    examples,
    json_option,
    reason_option,
)
from contactpoint.cli.output import print_json, say
from contactpoint.cli.session import opened, token_option
from contactpoint.people.deciding import Act, Purpose

if TYPE_CHECKING:
    from contactpoint.bootstrap import Contactpoint
    from events.correction import Asserted, CorrectionCommand, Kind
    from projections.queries import Found

MISSING = "no child of that number"


@contextmanager
def about_child(
    act: Act, number: str, reason: str, purpose: Purpose = Purpose.DUTY
) -> "Iterator[tuple[Contactpoint, Found]]":
    """The child of a number, for an act that is recorded as a look is.

    Raises NotFoundError where there is none, or none for whoever acts.
    """
    from contactpoint.accesses import required_reason
    from contactpoint.errors import NotFoundError
    from contactpoint.people.deciding import About
    from person.numbers import NumberError, read
    from projections.view import ChildView

    stated = required_reason(reason)
    with opened(act, purpose) as store:
        try:
            wanted = read(number)
        except NumberError:
            wanted = ""
        store.projector.catch_up()
        found = store.queries.child_by_number(wanted) if wanted else None
        store.record_look(
            store.origin(act),
            act,
            reason=stated,
            children=[found.child] if found else [],
            search={"number": number.strip()},
            purpose=purpose,
        )
        if found is None:
            raise NotFoundError(MISSING)
        responsible = store.responsible(found)
        known = responsible.offered if act is Act.ACCEPT else responsible.code
        shielded = not isinstance(found.view, ChildView)
        about = About(
            authorities=frozenset({known} - {""}),
            shielded=shielded,
            family=store.relatives.among(store.actor.subject, [found.child]),
        )
        store.require(act, about, purpose=purpose, missing=MISSING)
        yield store, found


@click.command(
    epilog=examples(
        "child correct 012345678904 --given Asha --family Okonjo --reason 'letter of the mother'",
        "child correct - --dob - --reason 'passport seen' < lines.txt",
        "child correct 012345678904 --withdraw birth --reason 'the mother erred'",
    )
)
@click.argument("number", type=PERSONAL)
@click.option("--given", default="", type=PERSONAL, help="All forenames.")
@click.option("--family", default="", type=PERSONAL, help="Family name.")
@click.option("--dob", "birth", default="", type=PERSONAL_DAY, help="Date of birth.")
@click.option(
    "--sex",
    default="",
    type=click.Choice(["", "F", "M", "X"]),
    metavar="F|M|X",
    help="X: stated as not specified.",
)
@click.option("--address", default="", type=PERSONAL, help="Lines of the address, by commas.")
@click.option("--postcode", default="", type=PERSONAL, help="Postcode of that address.")
@click.option(
    "--withdraw",
    type=click.Choice(["name", "birth", "sex", "address"]),
    help="Let what the family said of this stand no longer.",
)
@reason_option
@token_option
@json_option
def correct(
    number: str, *, withdraw: "Kind | None", reason: str, as_json: bool, **said: str
) -> None:
    """Record what the family says is right.

    Where the records are wrong: a child, or the parents, say so. NUMBER is the child's. It is
    dated, stands beside what the sources say, and no later file overwrites it. A later correction
    of the same kind takes its place.
    """
    from contactpoint.errors import UsageError
    from contactpoint.moments import day_of
    from events.correction import RecordCorrection, WithdrawCorrection
    from person.dates import DateError, not_after

    asserted = _asserted(reason, **said)
    if bool(asserted) is bool(withdraw):
        raise UsageError("expected what is right, or --withdraw with what stands no longer")
    with about_child(Act.CORRECT, number, reason, Purpose.FAMILY) as (store, found):
        try:
            if "birth" in asserted:
                not_after(asserted["birth"].birth, day_of(store.chance.clock()).isoformat())
        except DateError as error:
            raise UsageError(f"--dob: {error}") from None
        commands: list[CorrectionCommand] = [
            RecordCorrection(kind, one) for kind, one in asserted.items()
        ]
        if withdraw:
            commands.append(WithdrawCorrection(withdraw))
        for command in commands:
            store.telling.correct(found.child, command, store.origin("child correct"), found.merged)
        store.checkpoints.write(store.log)
    told = [command.kind for command in commands]
    if as_json:
        print_json({"number": found.view.number, "withdrawn" if withdraw else "corrected": told})
    else:
        say(f"{', '.join(told)}: {'stands no longer' if withdraw else 'recorded'}")


def _asserted(  # noqa: PLR0913 - what may be corrected
    reason: str, *, given: str, family: str, birth: str, sex: str, address: str, postcode: str
) -> "dict[Kind, Asserted]":
    """What is said to be right, by kind; blanks say nothing."""
    from contactpoint.errors import UsageError
    from events.correction import Asserted
    from feeds.values import NO_LINK, is_link
    from person.dates import DateError, iso_date
    from person.names import clean
    from person.places import Address, PlaceError
    from person.places import postcode as read

    try:
        birth = iso_date(birth) if birth else ""
    except DateError as error:
        raise UsageError(f"--dob: {error}") from None
    try:
        postcode = read(postcode) if postcode.strip() else ""
    except PlaceError as error:
        raise UsageError(f"--postcode: {error}") from None
    given, family, address = clean(given), clean(family), clean(address)
    for option, text in (("given", given), ("family", family), ("address", address)):
        if is_link(text):
            raise UsageError(f"--{option}: expected {NO_LINK}")
    lines = tuple(line for part in address.split(",") if (line := clean(part)))
    found: dict[Kind, Asserted] = {}
    if given or family:
        found["name"] = Asserted(tuple(given.split()), family, reason=reason)
    if birth:
        found["birth"] = Asserted(birth=birth, reason=reason)
    if sex:
        found["sex"] = Asserted(sex=sex, reason=reason)
    if lines or postcode:
        found["address"] = Asserted(address=Address(lines, "", postcode), reason=reason)
    return found


@click.command(
    epilog=examples(
        "child consent 012345678904 withdrawn --reason 'the child said so'",
        "child consent 012345678904 given --source camhs --reason 'form of 3 March'",
    )
)
@click.argument("number", type=PERSONAL)
@click.argument("ground", type=click.Choice(["given", "withdrawn", "significant-harm"]))
@click.option("--source", default="", help="Of this source's services alone. Default: of all.")
@reason_option
@token_option
@json_option
def consent(number: str, ground: str, source: str, reason: str, as_json: bool) -> None:
    """Record consent to be told of sensitive services.

    It is given or withdrawn. NUMBER is the child's. Sexual health, mental health and substance
    misuse are told of with consent, or on the ground of significant harm; and then as an
    unspecified sensitive service, with one way to ask. What is withdrawn is gone from the next
    answer on, whatever files repeat.
    """
    from events.consent import Said

    with about_child(Act.CONSENT, number, reason) as (store, found):
        if source:
            store.sources.get(source)  # a name that nobody has would leave all as it was
        said = Said(ground, source, reason)  # type: ignore[arg-type]  # one of the choices
        origin = store.origin("child consent")
        changed = store.telling.consent(found.child, said, origin, found.merged)
        store.checkpoints.write(store.log)
    if as_json:
        print_json({"number": found.view.number, "ground": ground, "changed": changed})
    else:
        say("recorded" if changed else "that is recorded already")
