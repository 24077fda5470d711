"""Commands of officers who keep two identities apart: never-link, adopt."""

from typing import TYPE_CHECKING, Any, cast

import click

from contactpoint.cli.command import PERSONAL, examples, json_option
from contactpoint.cli.judging import say_whether
from contactpoint.cli.output import print_json, print_table, say
from contactpoint.cli.session import opened, second_option, token_option
from contactpoint.moments import as_time
from contactpoint.people.deciding import Act

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from uuid import UUID

    from contactpoint.bootstrap import Contactpoint
    from contactpoint.separating import Listed
    from events.never_link import Grounds

KINDS = ("adoption", "protection", "other")


@click.group("never-link")
def never_link() -> None:
    """Two identities that are never one child, whatever they show.

    A secret of adoption and shielding officers, two of whom draw it and lift it.
    """


def _side(name: str) -> "Callable[[Any], Any]":
    return click.option(
        f"--{name}",
        multiple=True,
        required=True,
        type=PERSONAL,
        help="A record as SOURCE:ID, or a child's number for all of theirs; may be given again.",
    )


requested_option = click.option(
    "--requested-by", required=True, type=PERSONAL, help="Who asked for it; sealed."
)
remarks_option = click.option(
    "--remarks", type=PERSONAL, default="", help="In words; sealed. - reads a line."
)


@never_link.command(
    epilog=examples(
        "never-link draw --left 123456789012 --right - --kind other --requested-by 'the court'"
    )
)
@_side("left")
@_side("right")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Why; sealed.")
@requested_option
@remarks_option
@token_option
@second_option
@json_option
def draw(  # noqa: PLR0913, PLR0917 - what it states
    left: tuple[str, ...],
    right: tuple[str, ...],
    kind: str,
    requested_by: str,
    remarks: str,
    as_json: bool,
) -> None:
    """Say that two sets of records are never one child. It takes two officers.

    It outranks identifiers, judgements and models; both sides grow by what is linked to either. A
    record named by itself goes before the child that it is of, so that a child can be parted.
    """
    with opened(Act.NEVER_LINK) as store:
        origin = store.origin("never-link draw")
        sides = _sides(store, left, right)
        grounds = _grounds(kind, requested_by, remarks)
        drawn = store.separating(Act.NEVER_LINK).draw(*sides, store.by, origin, grounds)
        follows = store.follow(origin)
    _tell(drawn, follows, as_json=as_json)


@never_link.command(epilog=examples("never-link lift 7f3a9c21 --remarks 'for the wrong child'"))
@click.argument("name")
@remarks_option
@token_option
@second_option
@json_option
def lift(name: str, remarks: str, as_json: bool) -> None:
    """End a never-link that was drawn in error. It takes two officers.

    What follows is for the matcher and the judgements to say. A number that was retired with it
    answers again.
    """
    with opened(Act.NEVER_LINK) as store:
        origin = store.origin("never-link lift")
        store.projector.catch_up()
        found = _named(store, name)
        store.separating(Act.NEVER_LINK).lift(found, store.by, origin, remarks)
        follows = store.follow(origin)
    _tell(found, follows, as_json=as_json)


@never_link.command("list", epilog=examples("never-link list"))
@token_option
@json_option
def list_(as_json: bool) -> None:
    """List the never-links in force, the oldest first. No particulars are shown."""
    with opened(Act.LIST_NEVER_LINKS) as store:
        found = store.separating(Act.LIST_NEVER_LINKS).listed()
    if as_json:
        print_json([_plain(one) for one in found])
        return
    if not found:
        say("no never-link is in force")
        return
    print_table(
        ("never-link", "since", "kind", "left", "right", "drawn by"),
        [
            (
                one.id.hex[:8],
                (as_time(one.since) or "")[:10],
                _plain(one)["kind"],
                str(len(one.left)),
                str(len(one.right)),
                f"{one.drawn.by}, {one.drawn.second}",
            )
            for one in found
        ],
    )


@click.command(
    epilog=examples(
        "adopt 123456789012 --new pds:9000000009 --requested-by 'the adoption team'",
        "adopt - --new - --new - --requested-by 'the adoption team'",
    )
)
@click.argument("number", type=PERSONAL)
@_side("new")
@requested_option
@remarks_option
@token_option
@second_option
@json_option
def adopt(
    number: str, new: tuple[str, ...], requested_by: str, remarks: str, as_json: bool
) -> None:
    """Give an adopted child a new identity; it takes two officers.

    The new identity is that of the records named, and NUMBER is the old one's. The old number is
    retired: it answers as a number that does not exist, and no other answers for it. Former names
    and former pupil numbers are neither shown nor searched. A never-link stands between the old
    records and the new; both sides grow by what comes.
    """
    from contactpoint.errors import NotFoundError
    from projections.folding import compact

    with opened(Act.ADOPT) as store:
        origin = store.origin("adopt")
        store.projector.catch_up()
        separating = store.separating(Act.ADOPT)
        head = store.child_named(number) or separating.retired(compact(number))
        if head is None:
            raise NotFoundError("no child of that number")
        records = _records(store, new)
        grounds = _grounds("adoption", requested_by, remarks)
        drawn = separating.adopt(head, records, store.by, origin, grounds)
        follows = store.follow(origin)
        numbers = sorted(
            {
                found.number
                for record in records
                if (found := store.workings.record(record)) is not None and found.number
            }
        )
    _tell(drawn, follows, as_json=as_json, numbers=numbers)


def _tell(drawn: "UUID", follows: bool, *, as_json: bool, numbers: "Sequence[str]" = ()) -> None:
    from person.numbers import written

    if as_json:
        told = {"numbers": list(numbers)} if numbers else {}
        print_json({"never_link": drawn.hex[:8], "linked": follows} | told)
        return
    click.echo(f"never-link {drawn.hex[:8]}")
    if numbers:
        click.echo(f"the new number: {', '.join(map(written, numbers))}")
    say_whether(follows)


def _plain(one: "Listed") -> dict[str, Any]:
    from events.never_link import Grounds

    stated = one.drawn.grounds
    grounds = stated if isinstance(stated, Grounds) else Grounds("other", "erased")
    return {
        "never_link": one.id.hex[:8],
        "since": as_time(one.since),
        "kind": grounds.kind,
        "requested_by": grounds.requested_by,
        "left": [record.hex[:8] for record in one.left],
        "right": [record.hex[:8] for record in one.right],
        "drawn_by": [one.drawn.by, one.drawn.second],
    }


def _grounds(kind: str, requested_by: str, remarks: str) -> "Grounds":
    from events.never_link import Grounds

    return Grounds(cast("Any", kind), requested_by, remarks)


def _named(store: "Contactpoint", name: str) -> "UUID":
    from contactpoint.errors import NotFoundError
    from contactpoint.separating import NONE

    known = {one.never_link for one in store.log.heads.all_sides()}
    found = [one for one in known if one.hex[:8] == name.lower()]
    if len(found) != 1:
        raise NotFoundError(NONE)
    return found[0]


def _sides(
    store: "Contactpoint", left: "Sequence[str]", right: "Sequence[str]"
) -> tuple["Collection[UUID]", "Collection[UUID]"]:
    """The records of both sides, those named by themselves taken out of the other's children."""
    one, other = _records(store, left), _records(store, right)
    own, others = ({store.record_named(n) for n in side if ":" in n} for side in (left, right))
    return one - (others - own), other - (own - others)


def _records(store: "Contactpoint", names: "Sequence[str]") -> set["UUID"]:
    """The records that are named, and all of the children that are."""
    from contactpoint.errors import NotFoundError

    found: set[UUID] = set()
    separating = store.separating(Act.NEVER_LINK)
    for name in names:
        if ":" in name:
            found.add(store.record_named(name))
            continue
        child = store.child_named(name)
        if child is None:
            raise NotFoundError("no child of that number")
        found |= separating.belonging(child)
    return found
